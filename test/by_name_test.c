/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls by name, with checked arguments, and classes made at run time around any pointer.
 */
#define _DEFAULT_SOURCE
#include "support/animals.h"
#include "support/call_rig.h"

#include <limits.h>

SYN_SYNCHRONIZER_DECLARE(zoo);
SYNCHRONIZER(demo);

static void end_all(void)
{
    finish(&zoo);
    finish(&demo);
    done();
}

#define VALUES(...)                                                                                \
    ((struct syn_values){sizeof((struct syn_value[]){__VA_ARGS__}) / sizeof(struct syn_value),     \
                         (struct syn_value[]){__VA_ARGS__}})
static const struct syn_values nothing = {0, NULL};

/* --- a compiled class --- */

static struct syn_object *a_dog(void)
{
    struct syn_value dog;

    CHECK_INT(syn_method_call(syn_class_find(&dog_class, "born", 2), NULL,
                              VALUES(syn_value_string("Rex"), syn_value_integer(3)), &dog),
              0);
    CHECK_STR(dog.type, "struct dog *");
    CHECK(dog_of(dog.as.pointer) == dog.as.pointer);
    return dog.as.pointer;
}

static void O8_methods_are_called_by_name_and_dispatch(void)
{
    struct syn_object *dog;
    struct syn_value v;

    begin();
    dog = a_dog();
    CHECK_INT(syn_method_call(syn_class_find(&dog_class, "fetch", 1), dog,
                              VALUES(syn_value_integer(2)), &v),
              0);
    CHECK_INT(v.kind, SYN_VALUE_INTEGER);
    CHECK_INT(v.as.integer, 2);
    CHECK_INT(syn_method_call(syn_class_find(&animal_class, "speak", 1), dog,
                              VALUES(syn_value_string("you")), &v),
              0);
    CHECK_STR(v.as.string, "Rex stares at you and barks 3 times");
    free((void *)(uintptr_t)v.as.string);
    CHECK_INT(syn_method_call(syn_class_find(&dog_class, "legs", 0), dog, nothing, &v), 0);
    CHECK_INT(v.as.integer, 4);
    object_release(dog);
    end_all();
}

ASYNC(demo, int, calls_by_name, (struct syn_object *, dog), SYN_LOCAL(union syn_raw, raw))
{
    co_begin;
    CHECK_INT(syn_method_call(syn_class_find(&dog_class, "version", 0), self->dog, nothing, NULL),
              SYN_EINVAL);
    co_try(syn_method_start(syn_class_find(&dog_class, "fetch", 1), self->dog,
                            VALUES(syn_value_integer(9))),
           &self->raw);
    co_return((int)syn_value_of(syn_class_find(&dog_class, "fetch", 1), &self->raw).as.integer);
    co_end;
}

static void O8_a_call_by_name_is_a_future_too(void)
{
    const struct syn_method *fetch = syn_class_find(&dog_class, "fetch", 1);
    struct syn_method_future f[3];
    struct syn_object *dog;
    union syn_raw raw;
    int n = -1;

    begin();
    dog = a_dog();
    for (int i = 0; i < 3; i++)
        f[i] = syn_method_start(fetch, dog, VALUES(syn_value_integer(i)));
    for (int i = 0; i < 3; i++) {
        CHECK_INT(future_get(f[i], &raw), 0);
        CHECK_INT(syn_value_of(fetch, &raw).as.integer, i);
    }
    CHECK_INT(now(), 2 * SECOND); /* born, and all three at once */
    CHECK_INT(calls_by_name(dog, &n), 0);
    CHECK_INT(n, 3);
    object_release(dog);
    end_all();
}

static void O8_what_does_not_fit_is_refused_and_named(void)
{
    const struct syn_method *born = syn_class_find(&dog_class, "born", 2);
    const struct syn_method *fetch = syn_class_find(&dog_class, "fetch", 1);
    struct syn_object *dog;
    union syn_raw raw;

    begin();
    dog = a_dog();
    CHECK_INT(syn_method_call(born, NULL, VALUES(syn_value_integer(1), syn_value_integer(1)), NULL),
              SYN_EINVAL);
    CHECK_SAYS("argument 1 (name) of born is const char *, not an integer");
    CHECK_INT(syn_method_call(fetch, dog, VALUES(syn_value_integer(1LL << 40)), NULL), SYN_EINVAL);
    CHECK_SAYS("argument 1 (sticks) of fetch is int, which 1099511627776 does not fit");
    CHECK_INT(syn_method_call(fetch, dog, VALUES(syn_value_string("2")), NULL), SYN_EINVAL);
    CHECK_SAYS("is int, not a string");
    CHECK_INT(syn_method_call(fetch, dog, nothing, NULL), SYN_EINVAL);
    CHECK_SAYS("fetch takes 1 arguments (int sticks), not 0");
    CHECK_INT(syn_method_call(fetch, NULL, VALUES(syn_value_integer(1)), NULL), SYN_EINVAL);
    CHECK_SAYS("fetch: there is no object");
    CHECK_INT(syn_method_call(NULL, dog, nothing, NULL), SYN_EINVAL);
    CHECK_SAYS("there is no such method");
    CHECK_INT(future_get(syn_method_start(fetch, dog, nothing), &raw), SYN_EINVAL);
    CHECK_INT(channel_next(syn_method_iterate(fetch, dog, VALUES(syn_value_integer(1))), &raw),
              SYN_ENOTSUP);
    object_release(dog);
    end_all();
}

/* --- a class made at run time --- */

struct counter {
    long total;
};

ASYNC(demo, long, add_slowly, (struct counter *, counter), (int, n))
{
    co_begin;
    co_sleep(1.0);
    self->counter->total += self->n;
    co_return(self->counter->total);
    co_end;
}

GENERATOR(demo, unsigned short, counts, (int, n), SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < self->n; self->i++)
        co_yield((unsigned short)(65530 + self->i));
    co_end;
}

static struct syn_future add_by_name(struct syn_object *object, const void *const *arguments)
{
    return add_slowly_future(syn_unwrap(object), *(const int *)arguments[0]).u.handle;
}

static struct syn_channel counts_by_name(struct syn_object *object, const void *const *arguments)
{
    (void)object;
    return counts(*(const int *)arguments[0]).u.handle;
}

static void scaled(struct syn_object *object, const void *const *arguments, void *out_result)
{
    const struct counter *counter = syn_unwrap(object);

    *(double *)out_result =
        (double)counter->total * *(const float *)arguments[0] + *(const unsigned char *)arguments[1];
}

static struct syn_class *make_class(const char *name)
{
    static const struct syn_argument n[] = {{"int", "n", SYN_VALUE_INTEGER, sizeof(int)}};
    static const struct syn_argument factors[] = {
        {"float", "factor", SYN_VALUE_NUMBER, sizeof(float)},
        {"unsigned char", "more", SYN_VALUE_UNSIGNED, sizeof(char)}};
    static const struct syn_argument big[] = {{"struct counter", "by_value", SYN_VALUE_POINTER,
                                               sizeof(struct counter)}};
    static struct syn_method methods[] = {
        {.name = "add", .kind = SYN_KIND_ASYNC, .arguments = n, .n_arguments = 1,
         .result = {"long", "", SYN_VALUE_INTEGER, sizeof(long)}, .future = add_by_name},
        {.name = "counts", .kind = SYN_KIND_GENERATOR, .arguments = n, .n_arguments = 1,
         .result = {"unsigned short", "", SYN_VALUE_UNSIGNED, sizeof(short)},
         .channel = counts_by_name},
        {.name = "scaled", .kind = SYN_KIND_DIRECT, .arguments = factors, .n_arguments = 2,
         .result = {"double", "", SYN_VALUE_NUMBER, sizeof(double)}, .direct = scaled},
        {.name = "takes", .kind = SYN_KIND_ASYNC, .arguments = big, .n_arguments = 1,
         .result = {"void", "", SYN_VALUE_NONE, 0}, .future = add_by_name},
    };
    struct syn_class *class = calloc(1, sizeof *class);

    class->name = name;
    class->methods = methods;
    class->n_methods = sizeof methods / sizeof *methods;
    return class;
}

static void O7_any_pointer_is_wrapped_with_a_class_made_at_run_time(void)
{
    struct syn_class *class = make_class("counter");
    struct counter mine = {10};
    struct syn_object *object, *same;
    struct syn_value v;
    syn_err err;
    int sum = 0;

    begin();
    CHECK_INT(syn_wrap(class, &mine, &demo, &object), 0);
    CHECK_INT(syn_wrap(class, &mine, &demo, &same), 0);
    CHECK_PTR(object, same);
    object_release(same);
    CHECK_INT(syn_method_call(syn_class_find(class, "add", 1), object,
                              VALUES(syn_value_integer(-3)), &v),
              0);
    CHECK_INT(v.as.integer, 7);
    CHECK_INT(mine.total, 7);
    CHECK_INT(now(), SECOND);
    CHECK_INT(syn_method_call(syn_class_find(class, "scaled", 2), object,
                              VALUES(syn_value_number(0.5), syn_value_integer(200)), &v),
              0);
    CHECK(v.kind == SYN_VALUE_NUMBER && v.as.number == 203.5);
    CHECK_INT(syn_method_call(syn_class_find(class, "scaled", 2), object,
                              VALUES(syn_value_integer(2), syn_value_integer(256)), &v),
              SYN_EINVAL);
    CHECK_SAYS("argument 2 (more) of scaled is unsigned char, which 256 does not fit");
    CHECK_INT(syn_method_call(syn_class_find(class, "scaled", 2), object,
                              VALUES(syn_value_integer(2), syn_value_integer(-1)), &v),
              SYN_EINVAL);
    channel_each (union syn_raw, raw,
                  syn_method_iterate(syn_class_find(class, "counts", 1), object,
                                     VALUES(syn_value_integer(3))),
                  &err)
        sum += (int)syn_value_of(syn_class_find(class, "counts", 1), &raw).as.natural;
    CHECK_INT(err, 0);
    CHECK_INT(sum, 65530 + 65531 + 65532);
    CHECK_INT(syn_method_call(syn_class_find(class, "takes", 1), object,
                              VALUES(syn_value_pointer(&mine, NULL)), NULL),
              SYN_ENOTSUP);
    CHECK_SAYS("takes: a struct by value");
    object_release(object);
    end_all();
    free(class);
}

static void O5_what_is_wrapped_as_something_else_is_refused(void)
{
    struct syn_class *base = make_class("base"), *child = make_class("child");
    struct syn_class *stranger = make_class("stranger");
    struct counter mine = {0};
    struct syn_object *object, *other = NULL;

    begin();
    child->parent = base;
    CHECK_INT(syn_wrap(base, &mine, &demo, &object), 0);
    CHECK_INT(syn_wrap(child, &mine, &demo, &other), SYN_EINVAL);
    CHECK_SAYS("it is wrapped already, as a base");
    CHECK_INT(syn_wrap(stranger, &mine, &demo, &other), 0); /* a thing of its own at that address */
    CHECK(other != object);
    object_release(other);
    object_release(object);
    CHECK_INT(syn_wrap(child, &mine, &demo, &object), 0);
    CHECK_INT(syn_wrap(base, &mine, &demo, &other), 0);
    CHECK_PTR(object, other);
    object_release(other);
    object_release(object);
    CHECK_INT(syn_wrap(base, NULL, &demo, &other), SYN_EINVAL);
    CHECK_INT(syn_wrap(NULL, &mine, &demo, &other), SYN_EINVAL);
    end_all();
    free(base);
    free(child);
    free(stranger);
}

static const struct test_case cases[] = {
    TEST(O8_methods_are_called_by_name_and_dispatch),
    TEST(O8_a_call_by_name_is_a_future_too),
    TEST(O8_what_does_not_fit_is_refused_and_named),
    TEST(O7_any_pointer_is_wrapped_with_a_class_made_at_run_time),
    TEST(O5_what_is_wrapped_as_something_else_is_refused),
};
TEST_MAIN_BOTH_MODES("by_name", cases);

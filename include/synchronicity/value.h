/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls by name: for bindings to other languages, and for callers that learn at run time what is to be
 * called.
 *
 *     const struct syn_method *m = syn_class_find(object->object_class, "command", 1);
 *     struct syn_value line = syn_value_string("GET foo"), reply;
 *
 *     err = syn_method_call(m, object, (struct syn_values){1, &line}, &reply);
 *
 * Values are of few kinds; an argument is converted to the C type that the method declares, if
 * it fits: integers to any integer type or to a number, a string to const char *, a pointer to
 * a pointer of the same declared type (or of any, if the value does not say its type). What
 * does not fit is SYN_EINVAL, and the report names the argument. Structs by value cannot be
 * passed or returned by name: SYN_ENOTSUP.
 *
 * A method in a class made by hand is called in the same way; its functions get the addresses
 * of values of the declared types.
 */
#ifndef SYNCHRONICITY_VALUE_H
#define SYNCHRONICITY_VALUE_H

#include <stddef.h>

#include <synchronicity/channel.h>
#include <synchronicity/err.h>
#include <synchronicity/future.h>
#include <synchronicity/object.h>

#ifdef __cplusplus
extern "C" {
#endif

struct syn_value {
    enum syn_value_kind kind;
    const char *type; /* as the method declares it; in an argument also NULL */
    union {
        long long integer;
        unsigned long long natural; /* SYN_VALUE_UNSIGNED */
        double number;
        const char *string;
        void *pointer;
    } as;
};

/* Some in a row. Owner: the caller; they need not outlive a call, but for what pointers point
 * to, and strings that the method does not copy (SYN_COPY). */
struct syn_values {
    size_t n;
    const struct syn_value *at;
};

struct syn_value syn_value_integer(long long integer);
struct syn_value syn_value_number(double number);
struct syn_value syn_value_string(const char *string);
/* TYPE is a declaration, "struct redis *", or NULL. */
struct syn_value syn_value_pointer(void *pointer, const char *type);

/* The method NAME that is called with N arguments: of a property the getter (0) or the setter
 * (1). NULL: there is none. */
const struct syn_method *syn_class_find(const struct syn_class *object_class, const char *name,
                                        size_t n);

/* Calls METHOD of OBJECT (NULL for constructors and static ones), and waits. A result that is
 * an object, or owns something else, is the caller's, as the method says. A direct method runs
 * here and now. Fails: as the method does; SYN_EINVAL; SYN_ENOTSUP also for what gives a channel
 * or a context; SYN_EDEADLK. */
syn_err syn_method_call(const struct syn_method *method, struct syn_object *object,
                        struct syn_values arguments, struct syn_value *out_result);

/* Memory for a result as it is in C, before syn_value_of(); `long` is an int or a long long. */
union syn_raw {
    signed char c;
    short s;
    int i;
    long long ll;
    unsigned char uc;
    unsigned short us;
    unsigned u;
    unsigned long long ull;
    float f;
    double d;
    const char *string;
    void *pointer;
};

struct syn_value syn_value_of(const struct syn_method *method, const union syn_raw *raw);

/* The call as a future, and a generator's channel: for everything that future.h, channel.h and
 * tasks do with those, into a union syn_raw (of which nothing is written for `void`). Never
 * fail themselves: what syn_method_call() would fail with comes out of the handle, and is in
 * this thread's report. */
struct syn_method_future {
    union {
        struct syn_future handle;
        syn_err (*result_is)(union syn_raw *);
    } u;
};
struct syn_method_channel {
    union {
        struct syn_channel handle;
        syn_err (*item_is)(union syn_raw *);
    } u;
};
struct syn_method_future syn_method_start(const struct syn_method *method,
                                          struct syn_object *object, struct syn_values arguments);
struct syn_method_channel syn_method_iterate(const struct syn_method *method,
                                             struct syn_object *object,
                                             struct syn_values arguments);

#ifdef __cplusplus
}
#endif

#endif

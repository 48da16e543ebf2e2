/* SPDX-License-Identifier: Apache-2.0
 *
 * Classes: extending, overriding, looking inside, and making one at run time. The classes are
 * those of support/animals.c; a caller in C++ is in support/animals_caller.cc.
 */
#define _DEFAULT_SOURCE
#include "support/animals.h"
#include "support/call_rig.h"

SYN_SYNCHRONIZER_DECLARE(zoo);
SYNCHRONIZER(demo);

static void end_all(void)
{
    finish(&zoo);
    finish(&demo);
    done();
}

static struct dog *a_dog(const char *name, int size)
{
    struct dog *dog = NULL;

    CHECK_INT(dog_born(name, size, &dog), 0);
    return dog;
}

/* --- extending --- */

static void O5_a_child_has_what_its_parent_has(void)
{
    struct dog *dog;
    int n = -1;

    begin();
    dog = a_dog("Rex", 3);
    CHECK_INT(animal_get_legs(&dog->animal, &n), 0);
    CHECK_INT(n, 4);
    CHECK_INT(dog_fetch(dog, 5, &n), 0);
    CHECK_INT(n, 3);
    dog_release(dog);
    end_all();
}

static void says(struct animal *animal, const char *text)
{
    char *said = NULL;

    CHECK_INT(animal_speak(animal, "you", &said), 0);
    CHECK_STR(said, text);
    free(said);
    said = NULL;
    CHECK_INT(future_get(animal_speak_future(animal, "you"), &said), 0);
    CHECK_STR(said, text);
    free(said);
}

static void O5_the_dynamic_class_decides_and_may_call_its_parents(void)
{
    struct animal *plain = NULL;
    struct puppy *puppy = NULL;
    struct dog *dog;
    int n = -1;

    begin();
    CHECK_INT(animal_born("Ant", &plain), 0);
    CHECK_INT(puppy_born("Bit", &puppy), 0);
    dog = a_dog("Rex", 3);
    says(plain, "Ant stares at you");
    says(&dog->animal, "Rex stares at you and barks 3 times");
    says(&puppy->dog.animal, "Bit stares at you and barks 1 times, softly");
    CHECK_INT(animal_get_legs(&dog->animal, &n), 0);
    CHECK_INT(n, 4);
    CHECK_INT(animal_get_legs(&puppy->dog.animal, &n), 0);
    CHECK_INT(n, 5);
    animal_release(plain);
    dog_release(dog);
    puppy_release(puppy);
    end_all();
}

static void O5_constructors_run_outward_and_destructors_inward(void)
{
    struct puppy *puppy = NULL;

    begin();
    CHECK_INT(puppy_born("Bit", &puppy), 0);
    CHECK_STR(animals_story, "animal dog puppy ");
    CHECK_INT(puppy_close(puppy), 0);
    CHECK_STR(animals_story, "animal dog puppy ~dog ~animal ");
    end_all();
}

ASYNC(demo, void, idles, (double, seconds))
{
    co_begin;
    co_sleep(self->seconds);
    co_end;
}

static void O5_a_constructor_that_fails_undoes_what_the_inherited_one_made(void)
{
    struct puppy *puppy = NULL;
    struct dog *dog = NULL;

    begin();
    CHECK_INT(dog_born("", 1, &dog), SYN_EINVAL);
    CHECK_STR(animals_story, "");
    CHECK_INT(dog_born("Rex", -1, &dog), SYN_EINVAL);
    CHECK_INT(idles(5.0), 0); /* nobody waits for what is undone */
    CHECK_INT(animal_speak(NULL, "you", NULL), SYN_EINVAL);
    CHECK_INT(puppy_born("weak", &puppy), SYN_EIO);
    CHECK_SAYS("it did not live");
    end_all();
    CHECK_STR(animals_story, "animal ~animal animal dog ~dog ~animal ");
}

static void O5_is_a_at_run_time(void)
{
    struct animal *plain = NULL;
    struct dog *dog;

    begin();
    CHECK_INT(animal_born("Ant", &plain), 0);
    dog = a_dog("Rex", 3);
    CHECK_PTR(dog_of(&dog->object), dog);
    CHECK_PTR(animal_of(&dog->object), &dog->animal);
    CHECK_PTR(puppy_of(&dog->object), NULL);
    CHECK_PTR(dog_of(NULL), NULL);
    CHECK(syn_class_is_a(&puppy_class, &animal_class));
    CHECK_PTR(dog_of(&dog->animal.object), dog);
    CHECK(dog_of(&plain->object) == NULL);
    animal_release(plain);
    dog_release(dog);
    end_all();
}

static void O5_wrapping_picks_the_dynamic_class(void)
{
    struct animal *found = NULL;
    struct puppy *puppy = NULL;

    begin();
    CHECK_INT(animal_wrap(animal_stray(), NULL, &found), 0);
    CHECK_STR(found->object.object_class->name, "dog");
    says(found, "Stray stares at you and barks 3 times");
    CHECK_INT(dog_fetch(dog_of(&found->object), 9, NULL), 0);
    CHECK_INT(puppy_wrap((struct puppy_impl *)(void *)animal_stray(), NULL, &puppy), SYN_EINVAL);
    CHECK_SAYS("is a dog, not a puppy");
    CHECK_INT(animal_close(found), 0);
    CHECK_STR(animals_story, "~dog ~animal ");
    end_all();
}

/* --- looking inside --- */

static void O8_a_class_tells_its_methods(void)
{
    static const char *const expected[] = {
        "constructor born(const char * name, int size) struct dog *",
        "async fetch(int sticks) int: Brings sticks back, or some of them.",
        "constructor born(const char * name) struct animal *",
        "async speak(const char * whom) char *: What it says to somebody.",
        "get legs() int",
    };
    const struct syn_method *m;
    char text[200];
    size_t n = 0;

    for (; (m = syn_class_method_at(&dog_class, n)); n++) {
        snprintf(text, sizeof text, "%s %s(%s) %s%s%s", syn_kind_name(m->kind), m->name,
                 m->signature, m->result.type, *m->doc ? ": " : "", m->doc);
        CHECK_STR(text, expected[n]);
    }
    CHECK_INT(n, sizeof expected / sizeof *expected);
    CHECK_PTR(syn_class_find(&dog_class, "legs", 0), syn_class_find(&animal_class, "legs", 0));
    CHECK_INT(syn_class_find(&dog_class, "legs", 0)->kind, SYN_KIND_GET);
    CHECK(syn_class_find(&dog_class, "meow", 0) == NULL);
}

static void O8_arguments_have_types_names_kinds_and_sizes(void)
{
    const struct syn_method *m = syn_class_find(&dog_class, "born", 2);

    CHECK_INT(m->n_arguments, 2);
    CHECK_STR(m->arguments[0].type, "const char *");
    CHECK_STR(m->arguments[0].name, "name");
    CHECK_INT(m->arguments[0].kind, SYN_VALUE_STRING);
    CHECK_INT(m->arguments[1].kind, SYN_VALUE_INTEGER);
    CHECK_INT(m->arguments[1].size, sizeof(int));
    CHECK_INT(m->result.kind, SYN_VALUE_POINTER);
    CHECK_STR(syn_kind_name((enum syn_kind)99), "unknown");
}

#ifdef HAVE_CXX
int animals_from_cxx(void);
#endif

static void K3_a_caller_in_cxx_uses_objects(void)
{
#ifdef HAVE_CXX
    begin();
    CHECK_INT(animals_from_cxx(), 0);
    end_all();
#else
    TEST_SKIP("no C++ compiler");
#endif
}

static const struct test_case cases[] = {
    TEST(O5_a_child_has_what_its_parent_has),
    TEST(O5_the_dynamic_class_decides_and_may_call_its_parents),
    TEST(O5_constructors_run_outward_and_destructors_inward),
    TEST(O5_a_constructor_that_fails_undoes_what_the_inherited_one_made),
    TEST(O5_is_a_at_run_time),
    TEST(O5_wrapping_picks_the_dynamic_class),
    TEST(O8_a_class_tells_its_methods),
    TEST(O8_arguments_have_types_names_kinds_and_sizes),
    TEST(K3_a_caller_in_cxx_uses_objects),
};
TEST_MAIN_BOTH_MODES("class", cases);

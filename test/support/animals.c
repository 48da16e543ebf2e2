/* SPDX-License-Identifier: Apache-2.0
 *
 * The classes of animals.h. The rows of `animal` are here, since its header is in prose.
 */
#define _DEFAULT_SOURCE
#include "support/animals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <synchronicity/short.h>
#include <synchronicity/step.h>

SYNCHRONIZER_DEFINE(zoo);
char animals_story[300];

static void tell(const char *what)
{
    strncat(animals_story, what, sizeof animals_story - strlen(animals_story) - 1);
    strncat(animals_story, " ", sizeof animals_story - strlen(animals_story) - 1);
}

/* --- animal --- */

#define ANIMAL_METHODS(M, C)                                                                       \
    M(C, constructor, born, SYN_COPY(const char *, name))                                          \
    M(C, destructor)                                                                               \
    M(C, async, char *, speak, SYN_COPY(const char *, whom), DOC("What it says to somebody."))     \
    M(C, get, int, legs)

struct animal_impl {
    const struct syn_class *is; /* for code that finds one somewhere */
    char name[20];
};

CONSTRUCTOR(animal, born, SYN_COPY(const char *, name))
{
    co_begin;
    if (!*self->name)
        co_fail(SYN_EINVAL, "an animal has a name");
    co_sleep(1.0);
    me->is = syn_this(self)->object.object_class;
    snprintf(me->name, sizeof me->name, "%s", self->name);
    tell("animal");
    co_end;
}

DESTRUCTOR(animal)
{
    co_begin;
    co_sleep(1.0);
    tell("~animal");
    co_end;
}

METHOD(animal, char *, speak, SYN_COPY(const char *, whom), DESTROY(free))
{
    char text[60];

    snprintf(text, sizeof text, "%s stares at %s", me->name, self->whom);
    return step_return(self, strdup(text));
}

METHOD_GET(animal, int, legs)
{
    return step_return(self, 4);
}

static const struct syn_class *what_it_is(const void *implementation)
{
    return ((const struct animal_impl *)implementation)->is;
}

CLASS_TABLE(zoo, animal, ANIMAL_METHODS, NULL, .class_of = what_it_is);

/* --- dog --- */

struct dog_impl {
    struct animal_impl animal;
    int size;
};

CONSTRUCTOR(dog, born, SYN_COPY(const char *, name), (int, size))
{
    co_begin;
    co_try(animal_born_super(&syn_this(self)->animal, self->name));
    me->size = self->size;
    if (self->size < 0)
        co_fail(SYN_EINVAL, "a dog has a size");
    tell("dog");
    co_end;
}

DESTRUCTOR(dog)
{
    tell("~dog");
    return step_done(self);
}

OVERRIDE(dog, animal, char *, speak, SYN_COPY(const char *, whom), DESTROY(free),
         SYN_LOCAL(char *, before))
{
    char text[80];

    co_begin;
    co_try(animal_speak_super(syn_this(self), self->whom), &self->before);
    snprintf(text, sizeof text, "%s and barks %d times", self->before, me->size);
    co_return(strdup(text));
    co_finally;
    free(self->before);
    co_end;
}

METHOD(dog, int, fetch, (int, sticks))
{
    co_begin;
    co_sleep(1.0);
    co_return(self->sticks < me->size ? self->sticks : me->size);
    co_end;
}

CLASS_TABLE(zoo, dog, DOG_METHODS, &animal_class);

/* --- puppy --- */

struct puppy_impl {
    struct dog_impl dog;
};

CONSTRUCTOR(puppy, born, SYN_COPY(const char *, name))
{
    co_begin;
    co_try(dog_born_super(&syn_this(self)->dog, self->name, 1));
    if (strcmp(self->name, "weak") == 0)
        co_fail(SYN_EIO, "it did not live");
    tell("puppy");
    co_end;
}

OVERRIDE(puppy, animal, char *, speak, SYN_COPY(const char *, whom), DESTROY(free),
         SYN_LOCAL(char *, before))
{
    char text[100];

    co_begin;
    co_try(dog_speak_super(syn_this(self), self->whom), &self->before);
    snprintf(text, sizeof text, "%s, softly", self->before);
    co_return(strdup(text));
    co_finally;
    free(self->before);
    co_end;
}

OVERRIDE(puppy, animal, int, get_legs)
{
    return step_return(self, 5); /* it is a lively one */
}

CLASS_TABLE(zoo, puppy, PUPPY_METHODS, &dog_class);

CONTEXT_DEFINE(zoo, int, animals_asleep, (int, n))
{
    co_begin;
    co_yield(self->n);
    co_finally;
    tell(co_status ? "woken" : "awake");
    co_end;
}

struct animal_impl *animal_stray(void)
{
    static struct dog_impl stray = {{&dog_class, "Stray"}, 3};

    return &stray.animal;
}

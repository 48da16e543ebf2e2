/* SPDX-License-Identifier: Apache-2.0
 *
 * Three classes, as a library would publish them: an animal, and two that extend it. `animal`
 * is in the author's own words, with prototypes; `dog` and `puppy` are rows.
 */
#ifndef ANIMALS_H
#define ANIMALS_H

#include <synchronicity.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An animal. Owner: counted; animal_release(). */
SYN_OBJECT(animal);

/* Makes one; NAME is copied. Fails: SYN_EINVAL for an empty name. */
SYN_ASYNC_TYPES(struct animal *, animal_born);
syn_err animal_born(const char *name, struct animal **out_result);
struct animal_born_future animal_born_future(const char *name);

/* What it says to WHOM, which the caller frees. */
SYN_ASYNC_TYPES(char *, animal_speak);
syn_err animal_speak(struct animal *it, const char *whom, char **out_result);
struct animal_speak_future animal_speak_future(struct animal *it, const char *whom);

/* How many legs it has. */
SYN_ASYNC_TYPES(int, animal_get_legs);
syn_err animal_get_legs(struct animal *it, int *out_result);
struct animal_get_legs_future animal_get_legs_future(struct animal *it);

/* For classes that extend it: its own way, and its constructor in theirs. */
struct animal_speak_future animal_speak_super(struct animal *it, const char *whom);
struct animal_get_legs_future animal_get_legs_super(struct animal *it);
SYN_ASYNC_TYPES(void, animal_born_super);
struct animal_born_super_future animal_born_super(struct animal *it, const char *name);

/* The same, given away: what an animal of unknown kind points to. */
struct animal_impl;
struct animal_impl *animal_stray(void);

#define DOG_METHODS(M, C)                                                                          \
    M(C, constructor, born, SYN_COPY(const char *, name), (int, size))                             \
    M(C, destructor)                                                                               \
    M(C, override, animal, char *, speak, SYN_COPY(const char *, whom))                            \
    M(C, async, int, fetch, (int, sticks), SYN_DOC("Brings sticks back, or some of them."))
SYN_CLASS_EXTENDS(dog, animal, DOG_METHODS);

#define PUPPY_METHODS(M, C)                                                                        \
    M(C, constructor, born, SYN_COPY(const char *, name))                                          \
    M(C, override, animal, char *, speak, SYN_COPY(const char *, whom))                            \
    M(C, override, animal, int, get_legs)
SYN_CLASS_EXTENDS(puppy, dog, PUPPY_METHODS);

/* All of them sleep meanwhile; gives N back. */
SYN_CONTEXT_DECLARE(int, animals_asleep, (int, n));

/* What was constructed and destroyed, in order. */
extern char animals_story[300];

#ifdef __cplusplus
}
#endif

#endif

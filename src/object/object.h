/* SPDX-License-Identifier: Apache-2.0
 *
 * Objects inside: the life of a wrapper. See <synchronicity/object.h>.
 *
 *     MAKING ──constructor ends well, or wrapped──> ALIVE ──last release, or a stop──> ENDING
 *        └──constructor fails──> ENDING or ENDED                 ENDING ──destructors──> ENDED
 *
 * `references` are those of its holders; while it is ENDING the destructor has one. Memory
 * goes when they come to 0 and it is ENDED. Coming to 0 while it is ALIVE is what begins
 * ENDING, and gives the destructor its reference; a stop begins it with a reference more. The last
 * one is given up under the lock.
 * Wrapper, implementation (if a constructor makes it) and the destructor's frame are one piece
 * of memory, so that a release never needs any.
 */
#ifndef SYNI_OBJECT_H
#define SYNI_OBJECT_H

#include <synchronicity/method.h>
#include <synchronicity/object.h>

#include "base/census.h"
#include "call/call.h"
#include "life/resident.h"

enum syni_object_state { SYNI_MAKING, SYNI_ALIVE, SYNI_ENDING, SYNI_OBJECT_ENDED };

/* A waiter for the end. */
struct syni_closer {
    struct syni_closer *next;
    struct syn_promise promise;
};

struct syni_object {
    struct syn_object object;
    struct syni_home *home;
    size_t bytes; /* of all of it */
    unsigned process; /* its process: in a child of that only references and memory are looked at */

    /* any thread */
    atomic_long references;
    _Atomic(enum syni_object_state) state; /* moved under the lock, read without */
#if defined(SYN_CHECKED) && SYN_CHECKED
    struct syni_counted counted; /* object_leaks.c: among all */
    bool told;                   /* by the thread that tells */
    const void *call;            /* to where the constructor's face returned; NULL: it is not known */
    char where[32], made[120];   /* its synchronizer's name, and what made it: copied, as unclaimed.c does */
#endif
    syn_err refusal; /* of calls when it is ENDED: SYN_ECLOSED, or SYN_ELOOPDEAD; written before */

    /* under the lock */
    struct syni_resident resident; /* of its home while ALIVE or ENDING */
    struct syni_object *next_same; /* in the table of identities */
    bool known;                   /* it is in that */
    struct syni_closer *closers;

    /* driver, and before it is ALIVE its maker */
    const struct syn_class *built; /* what a constructor that extends it has made so far */
    const struct syn_class *level; /* the class of the destructor that runs, or is next */
    struct syni_waiter waiter;     /* at that one's core */
    syn_err err;                   /* of the first destructor that failed */
    enum syn_origin origin;
    struct syn_report *report;
    struct syn_strand strand; /* of its blocking methods */
    struct syni_task *frame; /* of the destructor; NULL: the class has none */

    union {
        long double number;
        void *pointer;
        long long integer;
    } places[]; /* the implementation, then that frame */
};

#define SYNI_OBJECT(pointer) ((struct syni_object *)(void *)(pointer))

/* The head of a method's frame, whatever its own type. */
struct __attribute__((may_alias)) syni_method_frame {
    struct syn_task syn;
    struct syn_object *object;
};

/* --- method.c --- */

/* Where a call of OBJECT's runs; why it cannot. */
syn_err syni_method_home(const struct syn_object *object, struct syni_home **out_home);

/* --- object_leaks.c: in checked builds --- */

#if defined(SYN_CHECKED) && SYN_CHECKED
/* OBJECT is there; is about to be freed; FUNCTION makes it, if it is still made. */
void syni_object_count(struct syni_object *object);
void syni_object_uncount(struct syni_object *object);
void syni_object_made_by(struct syn_object *object, const struct syn_function *function);
#else
#define syni_object_count(object) ((void)0)
#define syni_object_uncount(object) ((void)0)
#define syni_object_made_by(object, function) ((void)0)
#endif

/* --- identity.c; each under the residents' lock --- */

/* The object of IMPLEMENTATION on HOME with a class that has BASE's root. */
struct syni_object *syni_identity_find(const struct syn_class *base, const void *implementation,
                                       const struct syni_home *home);
/* Fails: SYN_ENOMEM. */
syn_err syni_identity_add(struct syni_object *object);
void syni_identity_remove(struct syni_object *object);

/* --- object_end.c --- */

/* How much memory the destructors of CLASS need for their frames. */
size_t syni_object_destructors_size(const struct syn_class *object_class);

/* Runs the destructors from LEVEL on up (NULL: none); the caller moved it to ENDING, with a
 * reference for that. Any thread. */
void syni_object_destroy(struct syni_object *object, const struct syn_class *level);

/* Frees one that nobody holds, and that is on no list. */
void syni_object_free(struct syni_object *object);

extern const struct syni_resident_ops syni_object_residence;

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Places that outlive a wait. */
#ifndef SYNI_PLACE_H
#define SYNI_PLACE_H

#include "task/state.h"

/* A sanitizer may keep locals outside of the stack; on some machine it may grow up. */
#if defined(__hppa__)
#define SYNI_LOCALS_ANYWHERE
#elif defined(__SANITIZE_ADDRESS__)
#define SYNI_FAKE_STACK
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SYNI_FAKE_STACK
#endif
#endif

/* PLACE may be a local of a step that the frame at BASE called: a look that needs no frame of its own.
 * The locals of a step have less than this. */
static inline bool syni_place_is_near(const void *place, uintptr_t base)
{
#if defined(SYNI_FAKE_STACK) || defined(SYNI_LOCALS_ANYWHERE)
    (void)base;
    return place;
#else
    const uintptr_t reach = (uintptr_t)1 << 26;

    return base - (uintptr_t)place < reach;
#endif
}

/* TASK, which runs its step here, begins to wait, and WHAT ("its result") will be at PLACE meanwhile.
 * Aborts, by the name of the task and its line, if that is a C local of the step. */
void syni_place_look(const struct syni_task *task, const void *place, const char *what);
static inline void syni_place_check(const struct syni_task *task, const void *place,
                                    const char *what)
{
    if (syni_place_is_near(place, task->home->stack))
        syni_place_look(task, place, what);
}

/* The frame of the calling function. */
#if defined(__GNUC__)
#define SYNI_STACK_HERE ((uintptr_t)__builtin_frame_address(0))
#else
#define SYNI_STACK_HERE ((uintptr_t)(&(volatile char){0}))
#endif

/* In a checked build: overwrites the stack below the caller, where a step that is resumed would find what
 * its locals held before. So a local that should have been SYN_LOCAL is garbage at once and not only
 * some day. */
#if defined(SYN_CHECKED) && SYN_CHECKED
void syni_place_scribble(void);
#else
#define syni_place_scribble() ((void)0)
#endif

#endif

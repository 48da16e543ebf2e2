/* SPDX-License-Identifier: Apache-2.0
 *
 * Places that outlive a wait. */
#ifndef SYNI_PLACE_H
#define SYNI_PLACE_H

#include "task/task.h"

/* TASK, whose step runs here, begins to wait, and WHAT ("its result") will be at PLACE meanwhile.
 * Aborts, by the name of the task and its line, if that is a C local of the step. */
void syni_place_check(const struct syni_task *task, const void *place, const char *what);

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

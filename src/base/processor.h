/* SPDX-License-Identifier: Apache-2.0
 *
 * Processors: how many the process may use, and threads that stay on one.
 *
 * "May use" is as it was when somebody first asked. A thread inherits where it may run from the
 * thread that starts it; so threads of ours that a pinned one starts are let go first (thread.c).
 */
#ifndef SYNI_PROCESSOR_H
#define SYNI_PROCESSOR_H

#include <stdbool.h>

/* How many this process may use, at least 1. */
unsigned syni_processors(void);

/* True for a process that may use more than one. */
bool syni_processors_many(void);

/* The calling thread stays on processor NUMBER of those (from 0) from here on. Where the system has no
 * such thing, or refuses it, the thread stays where it may run. */
void syni_processor_pin(unsigned number);

/* The calling thread stays on one. */
bool syni_processor_is_pinned(void);

/* The calling thread may run on all of them; the thread that started it was pinned. */
void syni_processor_unpin(void);

#endif

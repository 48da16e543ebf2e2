/* SPDX-License-Identifier: Apache-2.0
 *
 * Telling hooks what happens. See <synchronicity/hooks.h>.
 *
 * A place where something happens says `if (SYNI_HOOKED)` and then calls a function that is not
 * part of its hot path, so that a process in which nobody looks pays for one word that is
 * read and a branch that is never taken. What looks: hooks of the program, the trace, the measuring of
 * times (times.h), the watch for slow steps, a tracer outside of the process.
 */
#ifndef SYNI_HOOKS_H
#define SYNI_HOOKS_H

#include <stdatomic.h>
#include <stdbool.h>

#include <synchronicity/hooks.h>

#include "base/self.h"

/* Not 0: somebody looks. One half counts those inside the process, the other is the semaphore of the
 * static tracepoint, which a tracer writes from outside. */
union syni_hooks_lookers {
    atomic_uint any;
    struct {
        _Atomic(unsigned short) outside, inside;
    } half;
};
extern union syni_hooks_lookers syni_hooks_lookers;

/* Something looks. A macro, as it stands in counted functions.
 * relaxed: a thread that begins to look sees what comes soon after, not what is under way */
#define SYNI_HOOKED                                                                                \
    __builtin_expect(atomic_load_explicit(&syni_hooks_lookers.any, memory_order_relaxed) != 0, 0)

/* What runs only while somebody looks, out of the way of what runs always. */
#define SYNI_COLD __attribute__((noinline, cold))

/* One more that looks, and is not told by events; one less. */
void syni_hooks_look(bool on);

/* EVENT, all of which is set but the time and what is 0, is told. Any thread, under no lock but
 * what rank.h allows: none. */
void syni_hooks_tell(struct syn_hook_event *event);

/* What the calling thread runs from here on, for `by`: returns what that was, to be put back. */
static inline struct syni_runs syni_hooks_run(struct syni_runs runs)
{
    struct syni_self *self = syni_self();
    struct syni_runs before = self->runs;

    self->runs = runs;
    return before;
}

/* SELF, the calling thread, begins to sleep for WHAT, at most until DEADLINE, on its clock; that sleep is
 * over. Noted, for a dump, and told. */
void syni_hooks_sleep_begins(struct syni_self *self, const char *what, int64_t deadline);
void syni_hooks_sleep_ended(struct syni_self *self);

#endif

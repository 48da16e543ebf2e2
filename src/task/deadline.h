/* SPDX-License-Identifier: Apache-2.0
 *
 * The deadlines of tasks, and of the calls around which a thread has set one.
 */
#ifndef SYNI_DEADLINE_H
#define SYNI_DEADLINE_H

#include "task/state.h"

/* Now, on the clock of the loop that SELF drives, or on its own; and whether DEADLINE has passed. */
int64_t syni_deadline_now(const struct syni_self *self);
bool syni_deadline_passed(const struct syni_self *self, int64_t deadline);

/* The earlier of DEADLINE and that around the current call, or of the task or job that makes it. */
int64_t syni_deadline_of(const struct syni_self *self, int64_t deadline);
int64_t syni_deadline_here(int64_t deadline);

/* That of the job which SELF runs, if any: the first that is seen. */
int64_t syni_deadline_outermost(const struct syni_self *self);

/* That under which a task of TASK's, or a call that it makes, runs; SYNI_NEVER in
 * clean-up, which is not hurried. TASK may be NULL. */
static inline int64_t syni_task_deadline_for_children(const struct syni_task *task)
{
    if (!task || task->leaving)
        return SYNI_NEVER;
    /* relaxed: a moment, which is seen late at worst */
    return atomic_load_explicit(&task->deadline, memory_order_relaxed);
}

/* DEADLINE becomes *TIGHTER, if that is earlier. Any thread. */
static inline void syni_deadline_tighten(_Atomic(int64_t) *deadline, int64_t tighter)
{
    int64_t before = atomic_load_explicit(deadline, memory_order_relaxed);

    /* Never later, whatever else tightens it (invariant 39). relaxed: as above */
    while (tighter < before &&
           !atomic_compare_exchange_weak_explicit(deadline, &before, tighter,
                                                  memory_order_relaxed, memory_order_relaxed))
        ;
    SYNI_INVARIANT(39, atomic_load_explicit(deadline, memory_order_relaxed) <= tighter);
}

/* TASK shall have ended by DEADLINE, if it did not have to earlier. Any thread. */
static inline void syni_task_tighten(struct syni_task *task, int64_t deadline)
{
    syni_deadline_tighten(&task->deadline, deadline);
}

/* That of what SELF makes without one of its own, in a step of CURRENT, or, NULL, in none. */
static inline int64_t syni_deadline_under(const struct syni_self *self,
                                          const struct syni_task *current)
{
    return self->deadlines.n > self->deadlines.first ? syni_deadline_of(self, SYNI_NEVER)
           : current                               ? syni_task_deadline_for_children(current)
                                                   : SYNI_NEVER;
}

/* Between the two, those deadlines are not seen: the thread drives tasks that they
 * are not meant for. */
int syni_deadlines_shadow(struct syni_self *self);
void syni_deadlines_unshadow(struct syni_self *self, int before);

#endif

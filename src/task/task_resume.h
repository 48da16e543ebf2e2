/* SPDX-License-Identifier: Apache-2.0
 *
 * Bringing a task back to its next step: by the ready queue, or at once.
 */
#ifndef SYNI_TASK_RESUME_H
#define SYNI_TASK_RESUME_H

#include "loop/loop.h"
#include "loop/role.h"
#include "task/state.h"

/* The calling thread drives the loop of TASK: what each function needs that says "driver only". (A step that goes on in
 * a forked child drives nothing, and is ended when it returns: syni_fork_returned().) */
#define SYNI_DRIVEN_FOR(task)                                                                      \
    SYNI_INVARIANT(10, syni_drives(&(task)->home->loop) || (task)->home->process != syni_process())

/* TASK, which waits no more, runs its next step in this turn or the next. */
void syni_task_resume(struct syni_task *task);

/* The same by any thread. TASK waits, and is woken by nobody else. */
void syni_task_wake(struct syni_task *task);
/* The wake by another thread has arrived as a post: TASK is on the ready queue from here on. Driver. */
void syni_task_post_arrived(struct syni_task *task);

/* TASK runs its next step as soon as the step that runs now has returned, if so many did not do so
 * already; else as above. For the step that ends, or waits, so that TASK goes on. */
bool syni_task_may_transfer(const struct syni_task *task);
void syni_task_transfer(struct syni_task *task);
void syni_task_wake_at_once(struct syni_task *task);

/* The home's side of it. */
static inline bool syni_home_may_transfer(const struct syni_home *home)
{
    return home->n_transfers > 0 && !home->next;
}

static inline void syni_home_count_transfer(struct syni_home *home)
{
    SYNI_INVARIANT(141, home->n_transfers > 0 && home->loop.steps_left > 0 && !home->loop.draws);
    home->n_transfers--;
    home->loop.steps_left--;
}

static inline void syni_home_transfer(struct syni_home *home, struct syni_task *task)
{
    SYNI_INVARIANT(141, !home->next);
    home->next = task;
    syni_home_count_transfer(home);
}

/* TASK is what the step that runs on HOME has launched last, and a transfer is left: it is not ready any more. */
static inline bool syni_task_take_newborn(struct syni_home *home, struct syni_task *task)
{
    if (!task || home->newborn != task || !syni_home_may_transfer(home) ||
        !syni_loop_unready_last(&home->loop, &task->core.job, home->newborn_place))
        return false;
    SYNI_INVARIANT(140, !task->arrived);
    return true;
}

/* It begins so, if it is that. */
static inline void syni_task_begin_at_once(struct syni_home *home, struct syni_task *task)
{
    if (syni_task_take_newborn(home, task))
        syni_home_transfer(home, task);
}

/* What was to run so is on the ready queue; by the thread that ends what lives there. */
void syni_task_stop_transfers(struct syni_home *home);

#endif

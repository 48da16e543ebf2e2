/* SPDX-License-Identifier: Apache-2.0
 *
 * How a wait of a task begins, and is left.
 */
#ifndef SYNI_WAIT_H
#define SYNI_WAIT_H

#include "base/report.h"
#include "loop/loop_turn.h"
#include "task/task_cancel.h"
#include "task/task_resume.h"

/* What a step returns that waits. */
extern const struct syn_step syni_suspended;

/* TASK, which runs its step here, begins to wait for WHAT (static, for dumps). False: it was cancelled
 * before. Then it takes nothing, waits for nothing, and leaves (invariant 17). */
bool syni_wait_begin(struct syni_task *task, enum syni_wait wait, const char *what);

/* The same for a wait that takes place also when TASK was cancelled, because it has to
 * (a close), or because it passes the request on (an await). TASK outlives one such wait; at
 * the next one it leaves, whatever that comes to (invariant 17). */
void syni_wait_begin_asked(struct syni_task *task, enum syni_wait wait, const char *what);

/* TASK's step began a wait that is over at once: what the step returns. It goes on, which counts as a
 * transfer to itself, or is resumed. */
struct syn_step syni_wait_is_over(struct syni_task *task);

/* Takes TASK out of its wait, if that can be done now; else it will be woken. */
void syni_wait_interrupt(struct syni_task *task);

/* Leaves whatever TASK waits for, without waking it; if a wake is on its way all the
 * same, it counts as queued. */
void syni_wait_forget(struct syni_task *task);

/* --- for what is too frequent to take a call: wait.c and await.c --- */

/* That TASK waits, from now on. Driver. */
static inline void syni_wait_note(struct syni_task *task, enum syni_wait wait, const char *what)
{
    SYNI_DRIVEN_FOR(task);
    syni_task_set_wait(task, wait);
    task->live.waits_for = what;
    task->live.detail = -1;
    task->live.since = syni_loop_turn_time(&task->home->loop);
}

/* TASK's step begins to wait for WHAT (static, for dumps). Driver. */
static inline void syni_wait_enter(struct syni_task *task, enum syni_wait wait, const char *what)
{
    SYNI_DRIVEN_FOR(task);
    if (syni_task_wait(task) != SYNI_WAIT_NOTHING || task->home->current != task)
        syni_panic("a step waits for two things at once, or for another task");
    syni_wait_note(task, wait, what);
    syni_report_free(task->heard);
    task->heard = NULL;
}

/* As syni_wait_begin_asked(). Driver. */
static inline void syni_wait_enter_asked(struct syni_task *task, enum syni_wait wait, const char *what)
{
    SYNI_DRIVEN_FOR(task);
    syni_wait_enter(task, wait, what);
    if (task->leaving || !syni_task_heeds_request(task))
        return;
    task->interrupted = task->put_off;
    task->put_off = true;
}

/* TASK's step asks for what may be there. If it is, no wait need begin, since there is nothing to heed first, and a
 * transfer is left, which the caller uses up (invariant 230). Driver. */
static inline bool syni_wait_may_be_spared(const struct syni_task *task)
{
    const struct syni_home *home = task->home;

    SYNI_DRIVEN_FOR(task);
    return home->current == task && !task->leaving && !task->heard && !syni_task_request_of(task) &&
           syni_task_wait(task) == SYNI_WAIT_NOTHING && syni_home_accepts(home) && syni_home_may_transfer(home);
}

/* It was there: what the step returns, which goes on. Driver. */
static inline struct syn_step syni_wait_was_spared(struct syni_task *task)
{
    SYNI_DRIVEN_FOR(task);
    SYNI_INVARIANT(230, !task->ops && !task->interrupted);
    syni_home_count_transfer(task->home);
    task->status = SYN_OK;
    return (struct syn_step){SYNI_GOES_ON};
}

#endif

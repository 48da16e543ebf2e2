/* SPDX-License-Identifier: Apache-2.0
 *
 * A first step on top of the step that waits for it. The call that a step made last, and awaits, mostly ends in its first
 * step; then neither the trampoline nor the way out of the awaiting step and back into it is needed.
 *
 * Inline, for await.c, since all of it is walked for each such await. Driver only. What does not end so goes on as after
 * any step: the wait of its awaiter has begun before, so the awaiter suspends, and the trampoline has what comes next.
 * The awaiting step has little on the stack, so that no chain of tasks is a chain of calls: invariant 660.
 * Discarded: a bound of one such step, which says nothing about the stack that a step finds.
 */
#ifndef SYNI_ENGINE_TOP_H
#define SYNI_ENGINE_TOP_H

#include "base/fork.h"
#include "loop/live.h"
#include "task/engine.h"
#include "task/home.h"
#include "task/leave.h"
#include "task/place.h"
#include "task/seen.h"
#include "task/task_cancel.h"
#include "task/task_resume.h"

/* What the awaiting step, with all below it to the trampoline, may have of the stack. */
enum { SYNI_ENGINE_TOP_BYTES = 2048 };

/* The step that is at HERE waits for TASK, which HOME's trampoline has not begun, and nothing forbids TASK to begin on top
 * of it: neither the stack, nor what engine_arrive() in engine.c asks, nor that somebody looks. */
static inline bool syni_engine_may_run_on_top(const struct syni_home *home, const struct syni_task *task, uintptr_t here)
{
    SYNI_DRIVEN_FOR(task);
    return home->stack - here < SYNI_ENGINE_TOP_BYTES && syni_home_accepts(home) && !task->sheltered &&
           !task->copy_failed && !task->in_time && !syni_task_request_of(task) && !task->function->begins &&
           !SYNI_HOOKED;
}

/* TASK, which ends, is known to nobody but its awaiter on its loop, if there is one. Then nothing is
 * on its way to it, and nothing will be (invariant 142). */
static inline bool syni_engine_ends_alone(struct syni_task *task)
{
    SYNI_DRIVEN_FOR(task);
    if (syni_task_request_of(task) || !syni_core_close_alone(&task->core))
        return false;
    if (syni_task_request_of(task)) { /* by a holder of a reference a moment ago */
        syni_core_reopen(&task->core);
        return false;
    }
    /* relaxed: nobody else knows it */
    atomic_store_explicit(&task->request, SYNI_CLOSED, memory_order_relaxed);
    return true;
}

/* TASK, of HOME, which is about to run its first step, has arrived. */
static inline void syni_engine_begin(struct syni_home *home, struct syni_task *task)
{
    SYNI_DRIVEN_FOR(task);
    task->arrived = true;
    syni_live_add(&home->loop, &task->live);
    syni_count(&home->started);
}

/* TASK, on its way to which is nothing, leaves HOME. */
static inline void syni_engine_leave(struct syni_home *home, struct syni_task *task)
{
    SYNI_DRIVEN_FOR(task);
    SYNI_INVARIANT(32, !task->scopes);
    syni_live_remove(&home->loop, &task->live);
    syni_count(&home->ended);
    if (SYNI_HOOKED)
        syni_seen_end(task);
    if (task->function->ended)
        task->function->ended((struct syn_task *)(void *)task);
}

/* What TASK's step says, of HOME. */
static inline struct syn_step syni_engine_step(const struct syni_home *home, struct syni_task *task)
{
    struct syn_step step;

    SYNI_DRIVEN_FOR(task);
    do {
        syni_place_scribble();
        step = task->function->run((struct syn_task *)(void *)task);
        if (home->process != syni_process())
            syni_fork_astray(task->function->name);
    } while (step.what == SYNI_GOES_ON);
    return step;
}

/* TASK, which was taken as the newborn of HOME, runs its first step on top of that of AWAITER, which waits for it. True:
 * it ended, and AWAITER, which is not told, has it alone. False: AWAITER suspends. */
static inline bool syni_engine_run_on_top(struct syni_home *home, struct syni_task *awaiter, struct syni_task *task)
{
    struct syn_step step;

    SYNI_DRIVEN_FOR(task);
    SYNI_INVARIANT(660, home->current == awaiter && !home->next && syni_task_wait(awaiter) == SYNI_WAIT_RESULT);
    home->newborn = NULL;
    syni_home_count_transfer(home);
    atomic_store_explicit(&home->running, task->function->name, memory_order_relaxed);
    syni_engine_begin(home, task);
    task->begun = true;
    home->current = task;
    step = syni_engine_step(home, task);
    if (step.what == SYNI_LEFT && !task->owns)
        step = task->function->leave((struct syn_task *)(void *)task);
    if (step.what == SYNI_ENDED && !task->owns && !task->ops && !task->heard && syni_engine_ends_alone(task)) {
        syni_engine_leave(home, task);
        syni_core_end_alone(&task->core);
    } else {
        syni_engine_settle(task, step);
        task = NULL;
    }
    home->current = awaiter;
    atomic_store_explicit(&home->running, awaiter->function->name, memory_order_relaxed);
    return task;
}

#endif

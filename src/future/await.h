/* SPDX-License-Identifier: Apache-2.0
 *
 * Awaiting one result, and what its beginning and its end share.
 */
#ifndef SYNI_AWAIT_H
#define SYNI_AWAIT_H

#include "base/report.h"
#include "task/frame.h"
#include "task/state.h"
#include "task/task_resume.h"

/* --- await.c --- */

/* WAITER, or a copy of one, is that of a task's await. */
bool syni_await_wakes(const struct syni_waiter *waiter);

/* As syni_step_await(), for a core that the caller consumed. False: somebody else waits for it at
 * this moment, and TASK has its turn again, to try once more. Driver. */
bool syni_await_core(struct syni_task *task, struct syni_core *child, void *out, int64_t deadline);

/* --- await_kinds.c --- */

/* The usual kind, and the one of a plain await; with the wakes of either. */
extern const struct syni_wait_ops syni_await_result_ops, syni_await_plain_ops;
void syni_await_wake(struct syni_waiter *waiter);
void syni_await_wake_by_own(struct syni_waiter *waiter); /* by the driver */

/* TASK's await comes to ERR, SYN_ECONSUMED and the like: there is nothing to collect. Driver. */
void syni_await_refused(struct syni_task *task, syn_err err);

/* TASK asks the child that it waits for to end. Driver. */
void syni_await_ask_child(struct syni_task *task, enum syn_origin origin);

/* TASK waits no more, since that would close a circle: REPORT says it. MARKED: for a step that blocks. Driver. */
void syni_await_give_up(struct syni_task *task, struct syn_report *report, bool marked);

/* The same, if its result is not there. Driver. */
void syni_await_refuse(struct syni_task *task, struct syn_report *report);

/* TASK waits for CHILD, and the first step of that runs on top of its own, or did just now: from here on it has used up the
 * future, and is told. False: somebody else came first, and TASK is resumed with that error. Driver. */
bool syni_await_attach_known(struct syni_task *task, struct syni_task *child); /* others have, or had, a reference */
static inline bool syni_await_attach(struct syni_task *task, struct syni_task *child)
{
    SYNI_DRIVEN_FOR(task);
    SYNI_INVARIANT(770, child->on_top && syni_task_wait(task) == SYNI_WAIT_RESULT && !syni_core_done(&child->core));
    child->on_top = false;
    if (!syni_core_consume_alone(syni_core_handle(&child->core)))
        return syni_await_attach_known(task, child);
    syni_core_wait_here(&child->core, &task->on.result.waiter);
    return true;
}

/* --- await_collect.c --- */

/* CHILD ended alone, with a value, which TASK takes. Driver. */
static inline void syni_await_take(struct syni_task *task, struct syni_core *child)
{
    SYNI_DRIVEN_FOR(task);
    SYNI_INVARIANT(142, syni_core_task(child)->home == task->home && !task->on.result.given_up);
    task->status = SYN_OK;
    if (task->on.result.out)
        syni_core_fetch(child, task->on.result.out);
    else if (child->type->destroy)
        syni_core_discard(child);
    syni_report_free(child->report);
    syni_frame_free_here(task->home, SYNI_CONTAINER(child, struct syni_task, core));
}

/* TASK, which was resumed, takes what its await came to. True: it leaves, since it was asked to. Driver. */
bool syni_await_collect(struct syni_task *task);

/* The same where mostly the child ended with a value, and nobody else knows it. Driver. */
bool syni_await_collect_plainly(struct syni_task *task);

#endif

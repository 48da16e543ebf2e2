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

/* SPDX-License-Identifier: Apache-2.0
 *
 * What an await comes to: the result of the child, how it failed, or why the task gave it up.
 *
 * Driver only.
 */
#include "future/await.h"

#include <stddef.h>

#include "base/report.h"
#include "task/frame.h"
#include "task/task_cancel.h"
#include "task/task_resume.h"

/* The child did not end by itself: nobody could be asked. */
static bool collect_nothing(struct syni_task *task)
{
    bool by_us = !task->on.result.expired && !task->on.result.cancels && !task->on.result.refused;
    enum syn_origin origin = by_us                     ? syni_task_asked_by(task)
                             : task->on.result.expired ? SYN_BY_DEADLINE
                                                       : SYN_BY_REQUEST;

    SYNI_DRIVEN_FOR(task);
    task->status = task->on.result.refused ? SYN_EDEADLK : syni_task_code(origin);
    task->heard = task->on.result.refused ? task->on.result.refusal
                                          : syni_report_new(task->status, origin, NULL);
    return by_us;
}

static bool collect_failure(struct syni_task *task, struct syni_core *child)
{
    SYNI_DRIVEN_FOR(task);
    SYNI_INVARIANT(18, syni_core_done(child));
    task->status = child->err;
    task->heard = child->report;
    child->report = NULL;
    child->seen = true;
    /* A stop may have reached the child first: it is coming here too. */
    return syni_task_origin_is_request(child->origin) && syni_task_heeds_request(task);
}

static __attribute__((noinline)) bool collect_other_than_value(struct syni_task *task, struct syni_core *child)
{
    bool by_us = task->on.result.given_up ? collect_nothing(task) : collect_failure(task, child);

    SYNI_DRIVEN_FOR(task);
    syni_core_let_go(child);
    return by_us;
}

bool syni_await_collect(struct syni_task *task)
{
    struct syni_core *child = task->on.result.child;

    SYNI_DRIVEN_FOR(task);
    syni_timer_stop(&task->home->loop, &task->timer);
    if (task->on.result.given_up || child->err)
        return collect_other_than_value(task, child);
    task->status = SYN_OK;
    if (!task->interrupted)
        syni_core_fetch(child, task->on.result.out);
    syni_core_let_go(child);
    return false;
}

bool syni_await_collect_plainly(struct syni_task *task)
{
    struct syni_core *child = task->on.result.child;

    SYNI_DRIVEN_FOR(task);
    if (!child->alone || child->err || task->interrupted)
        return syni_await_collect(task);
    syni_await_take(task, child);
    return false;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines: tasks that wait for their turn at something.
 *
 * Driver only, so without locks. A task that was served goes on through the ready queue;
 * when it is cancelled in between, its collect() gives back what it was handed, so that
 * what a cancelled task held for a moment is not lost for the others.
 */
#include "task/place.h"
#include "sync/sync.h"

#include <stddef.h>

#include "base/report.h"
#include "task/home.h"
#include "task/task_cancel.h"
#include "task/task_resume.h"
#include "task/wait.h"

static void line_time_is_up(struct syni_timer *timer)
{
    struct syni_task *task = SYNI_CONTAINER(timer, struct syni_task, timer);

    SYNI_DRIVEN_FOR(task);
    task->on.line.expired = true;
    task->ops->interrupt(task);
}

void syni_line_join(struct syni_line *line, struct syni_task *task, struct syn_deadline deadline)
{
    SYNI_DRIVEN_FOR(task);
    SYNI_INVARIANT(35, !line->first == !line->last);
    SYNI_INVARIANT(35, !task->on.line.listed);
    task->on.line.next = NULL;
    task->on.line.before = line->last;
    task->on.line.listed = true;
    if (line->last)
        line->last->on.line.next = task;
    else
        line->first = task;
    line->last = task;
    if (deadline.ns != SYNI_NEVER)
        syni_timer_start(&task->home->loop, &task->timer, deadline.ns, line_time_is_up);
}

bool syni_line_leave(struct syni_line *line, struct syni_task *task)
{
    struct syni_task *next = task->on.line.next, *before = task->on.line.before;

    SYNI_DRIVEN_FOR(task);
    if (!task->on.line.listed)
        return false;
    SYNI_INVARIANT(35, before ? before->on.line.next == task : line->first == task);
    SYNI_INVARIANT(35, next ? next->on.line.before == task : line->last == task);
    if (before)
        before->on.line.next = next;
    else
        line->first = next;
    if (next)
        next->on.line.before = before;
    else
        line->last = before;
    task->on.line.listed = false;
    return true;
}

struct syni_task *syni_line_take(struct syni_line *line)
{
    struct syni_task *task = line->first;

    if (!task)
        return NULL;
    SYNI_DRIVEN_FOR(task);
    SYNI_INVARIANT(35, task->on.line.listed);
    syni_line_leave(line, task);
    return task;
}

bool syni_line_begin(struct syni_task *task, void *thing, const struct syni_wait_ops *ops,
                     const char *what)
{
    SYNI_DRIVEN_FOR(task);
    syni_place_check(task, thing, what);
    if (!syni_wait_begin(task, ops->leads ? SYNI_WAIT_OTHER : SYNI_WAIT_OUTSIDE, what))
        return false;
    task->ops = ops;
    task->on.line.thing = thing;
    task->on.line.listed = false;
    task->on.line.left = false;
    task->on.line.expired = false;
    return true;
}

struct syn_step syni_line_refuse(struct syni_task *task, syn_err err, struct syn_report *report)
{
    SYNI_DRIVEN_FOR(task);
    SYNI_INVARIANT(35, !task->on.line.listed);
    task->ops = NULL;
    task->status = err;
    task->heard = report;
    syni_task_resume(task);
    return syni_suspended;
}

struct syn_step syni_line_refuse_home(struct syni_task *task, const struct syni_home *user)
{
    SYNI_DRIVEN_FOR(task);
    return syni_line_refuse(
        task, SYN_EWRONGLOOP,
        syni_report_format(SYN_EWRONGLOOP, SYN_BY_LIBRARY,
                           "%s is in use on '%s', and %s runs on '%s'; share it by a "
                           "promise or a channel",
                           task->live.waits_for, user->loop.name, task->function->name,
                           task->home->loop.name));
}

struct syn_step syni_line_refuse_own(struct syni_task *task)
{
    SYNI_DRIVEN_FOR(task);
    return syni_line_refuse(task, SYN_EDEADLK,
                       syni_report_format(SYN_EDEADLK, SYN_BY_LIBRARY,
                                          "%s waits for %s that it holds itself",
                                          task->function->name, task->live.waits_for));
}

struct syn_step syni_line_refuse_circle(struct syni_task *task, const struct syni_task *holder)
{
    SYNI_DRIVEN_FOR(task);
    return syni_line_refuse(
        task, SYN_EDEADLK,
        syni_report_format(SYN_EDEADLK, SYN_BY_LIBRARY,
                           "%s waits for %s that %s holds, which waits, perhaps through "
                           "others, for %s; unlock it before that wait, or lock in one "
                           "order everywhere",
                           task->function->name, task->live.waits_for, holder->function->name,
                           task->function->name));
}

void syni_line_interrupt(struct syni_task *task)
{
    SYNI_DRIVEN_FOR(task);
    if (!syni_line_leave(task->on.line.thing, task))
        return;
    task->on.line.left = true;
    syni_task_resume(task);
}

void syni_line_forget(struct syni_task *task)
{
    SYNI_DRIVEN_FOR(task);
    if (syni_line_leave(task->on.line.thing, task))
        task->on.line.left = true;
}

bool syni_line_collect(struct syni_task *task, bool *out_leaves)
{
    enum syn_origin origin;

    SYNI_DRIVEN_FOR(task);
    SYNI_INVARIANT(35, !task->on.line.listed);
    syni_timer_stop(&task->home->loop, &task->timer);
    task->status = SYN_OK;
    if (!task->on.line.left) {
        *out_leaves = syni_task_heeds_request(task);
        return true;
    }
    origin = task->on.line.expired ? SYN_BY_DEADLINE : syni_task_asked_by(task);
    task->status = syni_task_code(origin);
    task->heard = syni_report_new(task->status, origin, NULL);
    *out_leaves = !task->on.line.expired;
    return false;
}

struct syni_task *syni_line_here(const struct syni_home *home, bool in_use)
{
    struct syni_home *here = syni_home_now();

    return here && (!in_use || home == here) ? here->current : NULL;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * What a step can wait for: time, its turn, and, of await.c and of higher modules, other things.
 *
 * Each begins when the step says so, at once; each ends in syni_task_resume(), or in
 * syni_wait_is_over(), which the call that began it returns. Driver only.
 */
#include "task/wait.h"

#include <stddef.h>

#include "task/leave.h"
#include "task/task_cancel.h"
#include "task/task_resume.h"

const struct syn_step syni_suspended = {1};

bool syni_wait_begin(struct syni_task *task, enum syni_wait wait, const char *what)
{
    SYNI_DRIVEN_FOR(task);
    syni_wait_enter(task, wait, what);
    if (task->leaving || !syni_task_heeds_request(task))
        return true;
    task->interrupted = true;
    syni_task_resume(task);
    return false;
}

void syni_wait_begin_asked(struct syni_task *task, enum syni_wait wait, const char *what)
{
    syni_wait_enter_asked(task, wait, what);
}

struct syn_step syni_wait_is_over(struct syni_task *task)
{
    const struct syni_wait_ops *ops = task->ops;
    struct syni_home *home = task->home;
    enum syn_origin origin;

    SYNI_DRIVEN_FOR(task);
    if (task->leaving || syni_task_is_asked(task) || !syni_home_may_transfer(home)) {
        syni_task_transfer(task);
        return syni_suspended;
    }
    SYNI_INVARIANT(230, home->current == task && ops && !task->interrupted);
    syni_home_count_transfer(home);
    syni_task_set_wait(task, SYNI_WAIT_NOTHING);
    task->live.waits_for = "";
    task->ops = NULL;
    if (!ops->collect(task))
        return (struct syn_step){SYNI_GOES_ON};
    origin = syni_task_asked_by(task); /* by a stop, just now */
    return syni_leave_begin(task, syni_task_code(origin), origin, NULL);
}

static void wait_time_is_up(struct syni_timer *timer)
{
    struct syni_task *task = SYNI_CONTAINER(timer, struct syni_task, timer);

    SYNI_SURE(syni_task_wait(task) == SYNI_WAIT_TIME);
    task->status = SYN_OK;
    syni_task_resume(task);
}

struct syn_step syni_step_until(struct syn_task *public_task, struct syn_deadline deadline)
{
    struct syni_task *task = SYNI_TASK(public_task);

    if (!syni_wait_begin(task, SYNI_WAIT_TIME, "time"))
        return syni_suspended;
    syni_timer_start(&task->home->loop, &task->timer, deadline.ns, wait_time_is_up);
    return syni_suspended;
}

struct syn_step syni_step_sleep(struct syn_task *task, double seconds)
{
    return syni_step_until(task, syn_after(seconds));
}

struct syn_step syni_step_pass(struct syn_task *public_task)
{
    struct syni_task *task = SYNI_TASK(public_task);

    if (!syni_wait_begin(task, SYNI_WAIT_TURN, "its turn"))
        return syni_suspended;
    task->status = SYN_OK;
    syni_task_resume(task);
    syni_task_set_wait(task, SYNI_WAIT_TURN);
    return syni_suspended;
}

void syni_wait_interrupt(struct syni_task *task)
{
    SYNI_DRIVEN_FOR(task);
    SYNI_INVARIANT(13, syni_task_is_asked(task));
    switch (syni_task_wait(task)) {
    case SYNI_WAIT_TIME:
        syni_timer_stop(&task->home->loop, &task->timer);
        break;
    case SYNI_WAIT_TURN: /* it is on the ready queue: seen when it comes up */
        task->interrupted = true;
        return;
    case SYNI_WAIT_RESULT:
    case SYNI_WAIT_OTHER:
    case SYNI_WAIT_OUTSIDE:
        task->ops->interrupt(task);
        return;
    case SYNI_WAIT_NOTHING: /* runs, or is about to: at its next suspension */
        return;
    }
    task->interrupted = true;
    syni_task_resume(task);
}

void syni_wait_forget(struct syni_task *task)
{
    enum syni_wait wait = syni_task_wait(task);

    SYNI_DRIVEN_FOR(task);
    SYNI_SURE(task->abandoned);
    syni_timer_stop(&task->home->loop, &task->timer);
    if (wait == SYNI_WAIT_RESULT || wait == SYNI_WAIT_OTHER || wait == SYNI_WAIT_OUTSIDE)
        task->ops->forget(task);
    syni_task_set_wait(task, SYNI_WAIT_NOTHING);
}

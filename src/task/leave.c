/* SPDX-License-Identifier: Apache-2.0
 *
 * Steps that leave: with a value, with an error, from clean-up, and one that is lost.
 *
 * Driver only.
 */
#include "task/leave.h"

#include <stdio.h>

#include "task/outcome.h"
#include "task/shelter.h"
#include "task/task_resume.h"

struct syn_step syni_leave_begin(struct syni_task *task, syn_err err, enum syn_origin origin,
                                 const char *message)
{
    struct syn_step left = {SYNI_LEFT};

    SYNI_DRIVEN_FOR(task);
    SYNI_INVARIANT(14, !task->leaving);
    syni_shelter_leaving(task);
    task->leaving = true;
    task->interrupted = false;
    syni_outcome_first(task, err, origin, message);
    task->status = err;
    task->line = -1;
    return left;
}

/* TASK leaves with an error, or has a ring, or leaves already. */
static __attribute__((noinline)) struct syn_step leave_any(struct syni_task *task, syn_err err, const char *message)
{
    struct syn_step ended = {SYNI_ENDED};

    SYNI_DRIVEN_FOR(task);
    if (!task->leaving)
        return syni_leave_begin(task, err, SYN_BY_TASK, message);
    syni_outcome_amend(task, err, message);
    return ended;
}

struct syn_step syni_step_leave(struct syn_task *public_task, syn_err err, const char *message)
{
    struct syni_task *task = SYNI_TASK(public_task);

    if (err || task->leaving || task->in_ring)
        return leave_any(task, err, message);
    task->leaving = true;
    task->interrupted = false;
    task->core.origin = SYN_BY_TASK; /* `err` and `report` are 0 */
    task->status = SYN_OK;
    task->line = -1;
    return (struct syn_step){SYNI_LEFT};
}

struct syn_step syni_step_fail(struct syn_task *task, syn_err err, const char *message)
{
    if (err)
        return syni_step_leave(task, err, message);
    return syni_step_leave(task, SYN_EINVAL,
                           "co_fail or step_fail was given 0, which is no error; to end well write "
                           "co_return or step_done");
}

struct syn_step syni_step_end(struct syn_task *public_task)
{
    struct syn_step ended = {SYNI_ENDED};

    if (!SYNI_TASK(public_task)->leaving)
        return syni_step_leave(public_task, SYN_OK, NULL);
    return ended;
}

struct syn_step syni_step_lost(struct syn_task *public_task)
{
    const struct syn_function *function = public_task->function;
    struct syn_step ended = {SYNI_ENDED};
    char what[SYN_MESSAGE_MAX];

    if (public_task->line == -1)
        return ended; /* it has no clean-up */
    snprintf(what, sizeof what, "a coroutine waited inside a switch of its own: %s (%s:%d)",
             function->name, function->file, public_task->at);
    syni_panic(what);
}

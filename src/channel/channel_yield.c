/* SPDX-License-Identifier: Apache-2.0
 *
 * Tasks that produce what a channel carries: a generator at its yield. channel_task.c has the others.
 *
 * Driver only.
 */
#include "channel/channel.h"

#include <stddef.h>

#include "task/task_cancel.h"
#include "task/task_resume.h"
#include "task/wait.h"

/* The next consumer wakes it by the door, or drives. Clean-up has a limit to keep. */
static void fall_asleep(struct syni_task *task)
{
    SYNI_DRIVEN_FOR(task);
    task->dormant = !task->leaving;
    if (task->dormant)
        task->home->loop.n_dormant++;
    SYNI_INVARIANT(9, task->home->loop.n_dormant <= task->home->loop.n_live);
}

static void rouse(struct syni_task *task)
{
    SYNI_DRIVEN_FOR(task);
    SYNI_INVARIANT(9, !task->dormant || task->home->loop.n_dormant > 0);
    if (task->dormant)
        task->home->loop.n_dormant--;
    task->dormant = false;
}

static void yield_interrupted(struct syni_task *task)
{
    SYNI_DRIVEN_FOR(task);
    if (syni_channel_stop_yielding(task->on.port.channel))
        syni_task_resume(task);
}

static bool yield_collected(struct syni_task *task)
{
    struct syni_channel *channel = task->on.port.channel;

    SYNI_DRIVEN_FOR(task);
    rouse(task);
    /* Said under the lock while we waited, and not again before we yield again. */
    task->status = channel->thrown;
    task->heard = channel->thrown_report;
    channel->thrown = SYN_OK;
    channel->thrown_report = NULL;
    return syni_task_heeds_request(task);
}

static void yield_forgotten(struct syni_task *task)
{
    SYNI_DRIVEN_FOR(task);
    rouse(task);
    if (!syni_channel_stop_yielding(task->on.port.channel))
        task->queued = true;
}

/* rouse: also at the end of one that was woken and is abandoned before it goes on. */
static const struct syni_wait_ops yield_ops = {yield_interrupted, yield_collected, yield_forgotten,
                                               rouse, NULL, NULL, NULL, false, NULL, NULL};

struct syn_step syni_step_yield(struct syn_task *public_task, struct syni_channel *channel,
                                void *item)
{
    struct syni_task *task = SYNI_TASK(public_task);

    SYNI_DRIVEN_FOR(task);
    syni_wait_begin_asked(task, SYNI_WAIT_OUTSIDE, "the next demand");
    task->on.port.channel = channel;
    task->dormant = false;
    task->ops = &yield_ops;
    if (channel->hear)
        channel->hear(public_task, NULL);
    if (syni_channel_yield(channel, item, syni_task_is_asked(task)))
        return syni_wait_is_over(task);
    fall_asleep(task);
    return syni_suspended;
}

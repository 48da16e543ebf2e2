/* SPDX-License-Identifier: Apache-2.0
 *
 * Tasks that produce what a channel carries: a generator at its yield. channel_task.c has the others.
 *
 * Driver only.
 */
#include "channel/channel_task.h"

#include <stddef.h>

#include "task/task_cancel.h"
#include "task/task_resume.h"

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

/* ITEM goes in, and there is demand for the next: nobody waits, and nothing else is to be done. */
static __attribute__((noinline)) struct syn_step yield_puts(struct syni_task *task, struct syni_channel *channel,
                                                            const void *item)
{
    SYNI_DRIVEN_FOR(task);
    syni_ring_push(&channel->ring, item);
    return syni_wait_was_spared(task);
}

/* The port that alone waits for an item of CHANNEL, which is its loop's own and has no room, so that there is no demand for
 * another: of a task of that loop, or of a thread that drives it; NULL: it is not so. */
static inline struct syni_port *yield_consumer(const struct syni_channel *channel)
{
    const struct syni_list *receivers = &channel->receivers;
    struct syni_port *port = SYNI_CONTAINER(receivers->next, struct syni_port, link);

    SYNI_HOLDS_CHANNEL(channel);
    if (channel->capacity > 0 || syni_list_empty(receivers) || receivers->next != receivers->prev ||
        (port->wake != syni_channel_task_wake && port->wake != syni_channel_wake_thread))
        return NULL;
    return port;
}

static struct syn_step yield_falls_asleep(struct syni_task *task, struct syni_channel *channel)
{
    SYNI_DRIVEN_FOR(task);
    task->on.port.channel = channel;
    task->ops = &yield_ops;
    fall_asleep(task);
    return syni_suspended;
}

/* CONSUMER gets ITEM and goes on, a task next, and TASK sleeps until it asks for another. */
static __attribute__((noinline)) struct syn_step yield_hands_over(struct syni_task *task, struct syni_channel *channel,
                                                                  const void *item, struct syni_port *consumer)
{
    SYNI_DRIVEN_FOR(task);
    SYNI_HOLDS_CHANNEL(channel);
    syni_port_unlist(consumer);
    syni_copy(consumer->item, item, channel->item->size);
    consumer->status = SYN_OK;
    channel->yielded = true;
    syni_wait_note(task, SYNI_WAIT_OUTSIDE, "the next demand");
    if (consumer->wake == syni_channel_task_wake)
        syni_task_transfer(SYNI_CONTAINER(consumer, struct syni_task, on.port));
    else
        syni_channel_wake_thread(consumer);
    return yield_falls_asleep(task, channel);
}

static __attribute__((noinline)) struct syn_step yield_generally(struct syni_task *task, struct syni_channel *channel,
                                                                 void *item)
{
    SYNI_DRIVEN_FOR(task);
    syni_wait_begin_asked(task, SYNI_WAIT_OUTSIDE, "the next demand");
    task->on.port.channel = channel;
    task->dormant = false;
    task->ops = &yield_ops;
    if (channel->hear)
        channel->hear((struct syn_task *)(void *)task, NULL);
    if (syni_channel_yield(channel, item, syni_task_is_asked(task)))
        return syni_wait_is_over(task);
    return yield_falls_asleep(task, channel);
}

/* What is not the loop's own. */
static __attribute__((noinline)) struct syn_step yield_flows(struct syni_task *task, struct syni_channel *channel,
                                                             void *item)
{
    SYNI_DRIVEN_FOR(task);
    if (channel->capacity > 1 && syni_wait_may_be_spared(task) && syni_ring_try_push_below(&channel->ring, item))
        return syni_wait_was_spared(task);
    return yield_generally(task, channel, item);
}

struct syn_step syni_step_yield(struct syn_task *public_task, struct syni_channel *channel,
                                void *item)
{
    struct syni_task *task = SYNI_TASK(public_task);
    struct syni_port *consumer;

    SYNI_DRIVEN_FOR(task);
    if (!syni_channel_is_of(channel, &task->home->loop))
        return yield_flows(task, channel, item);
    if (!syni_wait_may_be_spared(task))
        return yield_generally(task, channel, item);
    if (syni_channel_count(channel) + 1 < channel->capacity && syni_list_empty(&channel->receivers))
        return syni_ring_push_quickly(&channel->ring, item) ? syni_wait_was_spared(task)
                                                            : yield_puts(task, channel, item);
    consumer = yield_consumer(channel);
    return consumer ? yield_hands_over(task, channel, item, consumer) : yield_generally(task, channel, item);
}

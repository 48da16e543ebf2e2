/* SPDX-License-Identifier: Apache-2.0
 *
 * Tasks that ask for an item: what is there, and what a generator of their loop makes at once.
 *
 * Driver only. What is there is taken and no wait begins; of a generator that sleeps at its yield the wait begins
 * and nothing else does: it runs next. Both only where nothing is to be heeded first. Everything else goes the general
 * way (channel_task.c), which is a function of its own, so that the usual ones save no registers.
 */
#include "channel/channel_task.h"

#include <stddef.h>

#include "task/place.h"

static struct syn_step ask_refused(struct syni_task *task, syn_err err)
{
    SYNI_DRIVEN_FOR(task);
    if (!syni_wait_begin(task, SYNI_WAIT_OTHER, "an item"))
        return syni_suspended;
    return syni_channel_task_refuse(task, err, syni_channel_refusal(err));
}

/* Of a channel that is not the loop's own, or perhaps not there. */
static struct syn_step ask_others(struct syni_task *task, struct syn_channel handle,
                                  void *out_item, struct syn_deadline deadline)
{
    struct syni_channel *channel;
    syn_err err = syni_channel_pin(handle, &channel);

    SYNI_DRIVEN_FOR(task);
    if (err)
        return ask_refused(task, err);
    if (out_item && syni_wait_may_be_spared(task) && syni_ring_try_pop(&channel->ring, out_item)) {
        syni_channel_unpin(channel);
        return syni_wait_was_spared(task);
    }
    return syni_channel_task_next(task, channel, out_item, deadline);
}

/* An item is there, that is no number: nothing else is to be done. */
static __attribute__((noinline)) struct syn_step ask_takes(struct syni_task *task, struct syni_channel *channel,
                                                           void *out_item)
{
    SYNI_DRIVEN_FOR(task);
    syni_ring_pop(&channel->ring, out_item);
    return syni_wait_was_spared(task);
}

/* The generator of CHANNEL, which sleeps at its yield, runs next, and TASK waits for what it yields. */
static __attribute__((noinline)) struct syn_step ask_generator(struct syni_task *task, struct syni_channel *channel,
                                                               void *out_item)
{
    SYNI_DRIVEN_FOR(task);
    SYNI_HOLDS_CHANNEL(channel);
    SYNI_INVARIANT(59, syni_channel_count(channel) == 0);
    syni_wait_note(task, SYNI_WAIT_OTHER, "an item");
    channel->n_own++;
    syni_channel_task_ready(task, channel, out_item, true);
    task->own_channel = true;
    task->on.port.listed = false;
    syni_port_list(&task->on.port, &channel->receivers);
    channel->yielded = false;
    syni_task_transfer(syni_core_task(channel->generator));
    return syni_suspended;
}

/* Any other than those of step_next(). */
static __attribute__((noinline)) struct syn_step ask_generally(struct syni_task *task, struct syn_channel handle,
                                                               void *out_item, struct syn_deadline deadline)
{
    struct syni_channel *own = syni_channel_own(handle, &task->home->loop);

    SYNI_DRIVEN_FOR(task);
    syni_place_check(task, out_item, "an item");
    if (!own)
        return ask_others(task, handle, out_item, deadline);
    own->n_own++;
    return syni_channel_task_next(task, own, out_item, deadline);
}

struct syn_step syni_step_next(struct syn_task *public_task, struct syn_channel handle,
                               void *out_item, struct syn_deadline deadline)
{
    struct syni_task *task = SYNI_TASK(public_task);
    struct syni_channel *channel = syni_channel_own(handle, &task->home->loop);
    size_t n;

    SYNI_DRIVEN_FOR(task);
    if (!channel || !out_item || syni_place_is_near(out_item, task->home->stack) || !syni_wait_may_be_spared(task))
        return ask_generally(task, handle, out_item, deadline);
    n = syni_channel_count(channel);
    if (n > 0 && !(channel->yielded && n - 1 <= channel->capacity / 2)) /* or the generator is to be woken, too */
        return syni_ring_pop_quickly(&channel->ring, out_item) ? syni_wait_was_spared(task)
                                                               : ask_takes(task, channel, out_item);
    if (n == 0 && channel->yielded && deadline.ns == SYNI_NEVER)
        return ask_generator(task, channel, out_item);
    return ask_generally(task, handle, out_item, deadline);
}

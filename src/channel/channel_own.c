/* SPDX-License-Identifier: Apache-2.0
 *
 * Channels that are one loop's own, and how they become everybody's.
 *
 * A generator that is consumed where it runs needs neither a lock nor a reference: all of it
 * happens on one thread. So its channel begins as its loop's own when a task of that loop
 * asks first, or a thread that drives it (thread_port.c). It ends being so for good when somebody else comes
 * (by a job, which runs between two steps), when it is closed, or with the generator.
 *
 *     nobody's ─── its loop's driver asks ──> the loop's own ── upgrade, close, end ──┐
 *        │                                                                             ▼
 *        └────────────────────── anybody else asks ───────────────────────────> everybody's
 *
 * Any other thread or task that comes meanwhile takes the lock and touches only what is always under it.
 * Discarded: waiting for the owner, since the other may drive a loop itself; and a lock that
 * the owner has for less, since each needs an exchange or a fence.
 */
#include "channel/thread_port.h"

#include <stddef.h>

#include "loop/loop_inbox.h"
#include "loop/role.h"

void syni_channel_own_locked(struct syni_channel *channel, struct syni_loop *loop)
{
    SYNI_HOLDS_CHANNEL(channel);
    SYNI_DRIVEN(loop);
    /* one reference, for the tasks of the loop; each consumer holds one of its own */
    if (!syni_slot_take(channel->slot, syni_slot_generation(channel->slot), SYNI_SLOT_PIN))
        return;
    atomic_store_explicit(&channel->owner, loop, memory_order_relaxed);
    syni_slot_own(channel->slot, loop);
}

bool syni_channel_disown_locked(struct syni_channel *channel)
{
    SYNI_HOLDS_CHANNEL(channel);
    /* relaxed: the lock passes on what the owner did */
    if (!atomic_load_explicit(&channel->owner, memory_order_relaxed))
        return false;
    atomic_store_explicit(&channel->owner, NULL, memory_order_relaxed);
    syni_slot_own(channel->slot, NULL);
    while (!syni_list_empty(&channel->incoming)) {
        struct syni_list *node = channel->incoming.next;

        syni_list_remove(node);
        syni_list_append(&channel->receivers, node);
    }
    return channel->n_own == 0;
}

void syni_channel_wake_thread(struct syni_port *port)
{
    syni_thread_told(&SYNI_CONTAINER(port, struct syni_thread_port, port)->wait.waiter);
}

/* --- what comes from elsewhere --- */

void syni_channel_ask_for_locked(struct syni_channel *channel, struct syni_channel_after *after)
{
    SYNI_HOLDS_CHANNEL(channel);
    if (channel->asked_for)
        return;
    channel->asked_for = true;
    after->upgrade = atomic_load_explicit(&channel->owner, memory_order_relaxed);
    /* It ends only after its generator, which takes our lock when it ends; but it may, once that is free. */
    syni_loop_pin(after->upgrade);
    /* the job's; the caller holds one, so there is one to add to, used up or not */
    syni_slot_take(channel->slot, syni_slot_generation(channel->slot), SYNI_SLOT_PIN_ANY);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Channels: items in, items out.
 *
 * Any thread, under the channel's lock, which is held for a few instructions: copying one
 * item. Results of users' types are destroyed outside it, and a port that was served is woken
 * outside it: it is off its list, and its waiter waits for that. A port is
 * taken off its list by the thread that serves it, under the lock; that is the one place where it is
 * decided which port gets an item, so that a consumer that gives up has either got it or has
 * touched nothing. While nobody waits items flow past the lock; see channel.h.
 */
#include "channel/channel.h"

#include <stddef.h>

#include "loop/loop_inbox.h"
#include "task/home.h"
#include "task/task_resume.h"

/* Nobody waits, nobody owns it, and nothing has ended. */
static bool may_flow(const struct syni_channel *channel)
{
    SYNI_HOLDS_CHANNEL(channel);
    /* relaxed: under the lock, where others see it */
    return channel->capacity > 1 && !atomic_load_explicit(&channel->owner, memory_order_relaxed) &&
           !channel->closed && !channel->ended && syni_list_empty(&channel->receivers) &&
           syni_list_empty(&channel->senders) &&
           (!channel->is_generator || channel->started);
}

void syni_channel_lock(struct syni_channel *channel)
{
    syni_self()->in_channels++;
    syni_mutex_lock(&channel->lock);
    syni_ring_stop(&channel->ring);
    SYNI_INVARIANT(68, syni_ring_is_stopped(&channel->ring));
}

void syni_channel_unlock(struct syni_channel *channel)
{
    SYNI_HOLDS_CHANNEL(channel);
    SYNI_SURE(syni_self()->in_channels > 0);
    if (may_flow(channel) && channel->yielded) /* until half was fetched: then it is to be woken */
        syni_ring_flow_out(&channel->ring, channel->capacity / 2);
    else if (may_flow(channel))
        syni_ring_flow(&channel->ring);
    syni_mutex_unlock(&channel->lock);
    syni_self()->in_channels--;
}

/* A consumer waits (then nothing is in it), or there is room. */
static bool demand(const struct syni_channel *channel)
{
    SYNI_HOLDS_CHANNEL(channel);
    return syni_channel_count(channel) < channel->capacity || !syni_list_empty(&channel->receivers);
}

/* The same for a generator that ran full: it sleeps until half of it was fetched, so that
 * it is woken once for many items. */
static bool renewed_demand(const struct syni_channel *channel)
{
    SYNI_HOLDS_CHANNEL(channel);
    return !syni_list_empty(&channel->receivers) ||
           (channel->capacity > 0 && syni_channel_count(channel) <= channel->capacity / 2);
}

/* A thread asks which drives the generator's loop meanwhile; and what flows would not come to it past the lock. */
static bool is_asked_by_driver(const struct syni_channel *channel)
{
    const struct syni_list *first = channel->receivers.next;

    SYNI_HOLDS_CHANNEL(channel);
    return channel->capacity < 2 && !syni_list_empty(&channel->receivers) &&
           SYNI_CONTAINER(first, const struct syni_port, link)->wake == syni_channel_wake_thread;
}

/* The generator's loop asks, by a task or its driver, and it cannot be talked to. */
static bool begins_as_own(const struct syni_channel *channel)
{
    struct syni_home *here = syni_home_now();

    SYNI_HOLDS_CHANNEL(channel);
    if (channel->mailbox || channel->hear)
        return false;
    return here && here == channel->home && (here->current || is_asked_by_driver(channel));
}

/* Room came, or a consumer: the generator may go on. */
static void stir(struct syni_channel *channel, struct syni_channel_after *after)
{
    SYNI_HOLDS_CHANNEL(channel);
    if (!channel->generator)
        return;
    if (!channel->started && demand(channel)) {
        channel->started = true;
        after->start = true;
        if (begins_as_own(channel))
            syni_channel_own_locked(channel, &channel->home->loop);
    } else if (channel->yielded && renewed_demand(channel)) {
        channel->yielded = false;
        after->resume = channel->generator;
    }
}

static bool receive(struct syni_channel *channel, struct syni_port *port,
                    struct syni_channel_after *after)
{
    struct syni_port *sender;

    SYNI_HOLDS_CHANNEL(channel);
    port->status = SYN_OK;
    if (channel->closed) {
        port->status = SYN_ECLOSED;
    } else if (!port->item) { /* there is no place for it */
        port->status = SYN_EINVAL;
    } else if (syni_channel_count(channel) > 0) {
        syni_ring_pop(&channel->ring, port->item);
        if ((sender = syni_port_take(&channel->senders))) {
            syni_ring_push(&channel->ring, sender->item);
            syni_port_serve(&after->served, sender, SYN_OK);
        }
    } else if ((sender = syni_port_take(&channel->senders))) {
        syni_copy(port->item, sender->item, channel->item->size);
        syni_port_serve(&after->served, sender, SYN_OK);
    } else if (channel->ended) {
        port->status = syni_channel_tell_end(channel);
    } else {
        return false;
    }
    return true;
}

static bool channel_put(struct syni_channel *channel, struct syni_port *port,
                        struct syni_channel_after *after)
{
    struct syni_port *receiver;

    SYNI_HOLDS_CHANNEL(channel);
    port->status = SYN_OK;
    if (channel->closed || channel->ended) {
        port->status = SYN_ECLOSED;
    } else if (!port->item) {
        port->status = SYN_EINVAL;
    } else if ((receiver = syni_port_take(&channel->receivers))) {
        syni_copy(receiver->item, port->item, channel->item->size);
        syni_port_serve(&after->served, receiver, SYN_OK);
    } else if (syni_channel_count(channel) < channel->capacity) {
        syni_ring_push(&channel->ring, port->item);
        SYNI_INVARIANT(65, syni_channel_count(channel) <= channel->capacity);
    } else {
        return false;
    }
    return true;
}

bool syni_channel_serve_locked(struct syni_channel *channel, struct syni_port *port,
                               struct syni_channel_after *after)
{
    bool served;

    SYNI_HOLDS_CHANNEL(channel);
    if (syni_channel_is_anothers(channel)) /* a generator's: PORT receives */
        return false;
    served = port->receives ? receive(channel, port, after) : channel_put(channel, port, after);
    if (served && port->receives)
        stir(channel, after);
    return served;
}

void syni_channel_list_locked(struct syni_channel *channel, struct syni_port *port,
                              struct syni_channel_after *after)
{
    SYNI_HOLDS_CHANNEL(channel);
    if (syni_channel_is_anothers(channel)) {
        syni_port_list(port, &channel->incoming);
        syni_channel_ask_for_locked(channel, after);
        return;
    }
    SYNI_INVARIANT(59, !port->receives || syni_channel_count(channel) == 0);
    SYNI_INVARIANT(59, port->receives || syni_channel_count(channel) >= channel->capacity);
    SYNI_INVARIANT(68, syni_ring_is_stopped(&channel->ring));
    syni_port_list(port, port->receives ? &channel->receivers : &channel->senders);
    if (port->receives)
        stir(channel, after);
}

/* LOOP is pinned. */
static void post_upgrade(struct syni_channel *channel, struct syni_loop *loop)
{
    bool taken = syni_loop_post(loop, &channel->upgrade);

    syni_loop_unpin(loop);
    if (!taken)
        channel->upgrade.run(&channel->upgrade); /* the generator has ended by now */
}

/* A port that is woken here was taken off its list, and its waiter waits for that. */
void syni_channel_do_after(struct syni_channel *channel, const struct syni_channel_after *after)
{
    SYNI_DELAY(channel_after);
    if (after->upgrade)
        post_upgrade(channel, after->upgrade);
    syni_port_tell(after->served);
    if (after->resume && syni_core_task(after->resume) && after->waits)
        syni_task_wake_at_once(syni_core_task(after->resume));
    else if (after->resume)
        channel->go_on(after->resume);
    if (after->start)
        channel->start(channel);
}

/* True: it is this thread's own, and not locked; nor is it when it was given up meanwhile. */
static bool channel_lock(struct syni_channel *channel)
{
    bool mine = syni_channel_is_mine(channel);

    if (!mine)
        syni_channel_lock(channel);
    return mine;
}

static void unlock(struct syni_channel *channel, bool mine)
{
    if (!mine)
        syni_channel_unlock(channel);
}

bool syni_channel_flow(struct syni_channel *channel, struct syni_port *port)
{
    port->status = SYN_OK;
    if (!port->item)
        return false;
    return port->receives ? syni_ring_try_pop(&channel->ring, port->item)
                          : syni_ring_try_push(&channel->ring, port->item);
}

bool syni_channel_pass(struct syni_channel *channel, struct syni_port *port, bool may_wait)
{
    struct syni_channel_after after = {.served = NULL};
    bool mine, served;

    port->listed = false;
    if (syni_channel_flow(channel, port))
        return true;
    SYNI_DELAY(channel_comes);
    mine = channel_lock(channel);
    served = syni_channel_serve_locked(channel, port, &after);
    if (!served)
        syni_channel_list_locked(channel, port, &after);
    if (!may_wait && port->listed) {
        syni_port_unlist(port);
        if (port->receives && syni_channel_is_anothers(channel))
            channel->tried = true;
    }
    after.waits = port->listed;
    unlock(channel, mine);
    if (after.upgrade || after.served || after.resume || after.start)
        syni_channel_do_after(channel, &after);
    return served;
}

bool syni_channel_take(struct syni_channel *channel, struct syni_port *port, bool *out_stir)
{
    struct syni_channel_after after = {.served = NULL};
    bool served;

    port->listed = false;
    *out_stir = false;
    if (syni_channel_flow(channel, port))
        return true;
    syni_channel_lock(channel);
    served = !syni_channel_is_anothers(channel) && receive(channel, port, &after);
    *out_stir = syni_channel_is_anothers(channel) ||
                (channel->generator && (!served || (channel->yielded && renewed_demand(channel))));
    syni_channel_unlock(channel);
    syni_channel_do_after(channel, &after);
    return served;
}

void syni_channel_stir(struct syni_channel *channel)
{
    struct syni_channel_after after = {.served = NULL};

    syni_channel_lock(channel);
    if (!syni_channel_is_anothers(channel))
        stir(channel, &after);
    syni_channel_unlock(channel);
    syni_channel_do_after(channel, &after);
}

bool syni_channel_runs(struct syni_channel *channel)
{
    bool runs;

    syni_channel_lock(channel);
    runs = channel->home && (syni_channel_is_anothers(channel) || channel->generator);
    syni_channel_unlock(channel);
    return runs;
}

void syni_channel_settle_locked(struct syni_channel *channel, struct syni_channel_after *after)
{
    struct syni_port *port;

    SYNI_HOLDS_CHANNEL(channel);
    /* once it is closed the ring belongs to the thread that closed it */
    while (!channel->closed && syni_channel_count(channel) > 0 &&
           (port = syni_port_take(&channel->receivers))) {
        syni_ring_pop(&channel->ring, port->item);
        syni_port_serve(&after->served, port, SYN_OK);
    }
    while ((channel->ended || channel->closed) && (port = syni_port_take(&channel->receivers)))
        syni_port_serve(&after->served, port,
                        channel->closed ? SYN_ECLOSED : syni_channel_tell_end(channel));
    stir(channel, after);
}

#if SYNI_CHECKED
static bool list_has(const struct syni_list *head, const struct syni_port *port)
{
    for (const struct syni_list *node = head->next; node != head; node = node->next)
        if (node == &port->link)
            return true;
    return false;
}

/* PORT, which is listed, is among those that came, or wish to close, while CHANNEL was owned. For checks. */
static bool waits_for_owner(const struct syni_channel *channel, const struct syni_port *port)
{
    SYNI_HOLDS(&channel->lock);
    return list_has(&channel->incoming, port) || list_has(&channel->closers, port);
}
#endif

bool syni_channel_withdraw(struct syni_channel *channel, struct syni_port *port)
{
    bool listed;

    syni_mutex_lock(&channel->lock);
    listed = port->listed;
#if SYNI_CHECKED
    SYNI_INVARIANT(750, !listed || !syni_channel_is_anothers(channel) || waits_for_owner(channel, port));
#endif
    if (listed)
        syni_port_unlist(port);
    syni_mutex_unlock(&channel->lock);
    return listed;
}

bool syni_channel_yield(struct syni_channel *channel, void *item, bool asked)
{
    struct syni_port *receiver, *served = NULL;
    bool goes_on, lost, mine;

    if (!asked && syni_ring_try_push_below(&channel->ring, item))
        return true;
    mine = channel_lock(channel);
    /* Nobody takes the items of a cancelled generator, and its yields do not wait for room. */
    lost = asked || channel->closed;
    if (!lost && (receiver = syni_port_take(&channel->receivers))) {
        syni_copy(receiver->item, item, channel->item->size);
        syni_port_serve(&served, receiver, SYN_OK);
    } else if (!lost) { /* the consumer that demanded it has given up */
        syni_ring_push(&channel->ring, item);
    }
    SYNI_INVARIANT(65, syni_channel_count(channel) <= (channel->capacity ? channel->capacity : 1));
    goes_on = lost || demand(channel);
    channel->yielded = !goes_on;
    if (served) /* the generator sleeps, or runs ahead */
        served->at_once = !goes_on;
    unlock(channel, mine);
    SYNI_DELAY(channel_after);
    syni_port_tell(served);
    if (lost && channel->item->destroy)
        channel->item->destroy(item);
    return goes_on;
}

bool syni_channel_is_closed(struct syni_channel *channel)
{
    bool closed;

    if (!syni_ring_is_stopped(&channel->ring))
        return false;
    syni_mutex_lock(&channel->lock);
    closed = channel->closed;
    syni_mutex_unlock(&channel->lock);
    return closed;
}

bool syni_channel_stop_yielding(struct syni_channel *channel)
{
    bool yielded;

    syni_mutex_lock(&channel->lock);
    yielded = channel->yielded;
    channel->yielded = false;
    syni_mutex_unlock(&channel->lock);
    return yielded;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Channels: items in, items out.
 *
 * Any thread, under the channel's lock, which is held for a few instructions: copying one
 * item and waking one waiter. Results of users' types are destroyed outside it. A port is
 * taken off its list by who serves it, under the lock; that is the one place where it is
 * decided who gets an item, so that a consumer who gives up has either got it or has
 * touched nothing. Discarded: a lock-free ring for the general case; with many producers,
 * many consumers, closing and cancelling it would need the lock for everybody who waits.
 */
#include "task/channel.h"

#include <stddef.h>
#include <string.h>

#include "base/report.h"

static void push(struct syni_channel *channel, const void *item)
{
    memcpy(syni_channel_place(channel, channel->count), item, channel->item->size);
    channel->count++;
}

static void pop(struct syni_channel *channel, void *out)
{
    memcpy(out, syni_channel_place(channel, 0), channel->item->size);
    channel->first = (channel->first + 1) % channel->places;
    channel->count--;
}

/* Room came, or a consumer: the generator may go on. True: it is to be started. */
static bool stir(struct syni_channel *channel)
{
    if (!channel->generator || channel->count >= channel->capacity + channel->n_receivers)
        return false;
    if (!channel->started) {
        channel->started = true;
        return true;
    }
    if (channel->yielded) {
        channel->yielded = false;
        syni_task_wake(channel->generator);
    }
    return false;
}

static bool receive(struct syni_channel *channel, struct syni_port *port)
{
    struct syni_port *sender = syni_port_first(&channel->senders);

    port->status = SYN_OK;
    if (channel->closed) {
        port->status = SYN_ECLOSED;
    } else if (channel->count > 0) {
        pop(channel, port->item);
        if (sender) {
            push(channel, sender->item);
            syni_port_serve(sender, SYN_OK);
        }
    } else if (sender) {
        memcpy(port->item, sender->item, channel->item->size);
        syni_port_serve(sender, SYN_OK);
    } else if (channel->ended) {
        port->status = syni_channel_tell_end(channel);
    } else {
        return false;
    }
    return true;
}

bool syni_channel_receive(struct syni_channel *channel, struct syni_port *port, bool may_wait)
{
    bool served, start;

    syni_list_init(&port->link);
    syni_mutex_lock(&channel->lock);
    served = receive(channel, port);
    if (!served) {
        syni_list_append(&channel->receivers, &port->link);
        channel->n_receivers++;
    }
    start = stir(channel);
    if (!served && !may_wait) {
        syni_list_remove(&port->link);
        channel->n_receivers--;
    }
    syni_mutex_unlock(&channel->lock);
    if (start)
        channel->start(channel);
    return served;
}

/* The generator waits at the yield whose item the one consumer has. */
static syn_err may_say(const struct syni_channel *channel)
{
    if (!channel->hear)
        return SYN_ENOTSUP;
    if (channel->closed || !channel->generator) /* a consumer is told why */
        return SYN_OK;
    if (!channel->started)
        return SYN_EINVAL;
    return channel->yielded && channel->count == 0 && channel->n_receivers == 0 ? SYN_OK
                                                                                 : SYN_EBUSY;
}

static void say(struct syni_channel *channel, const struct syni_saying *saying,
                struct syn_report *report)
{
    if (!saying->err)
        channel->hear((struct syn_task *)(void *)channel->generator, saying->value);
    channel->thrown = saying->err;
    channel->thrown_report = report;
}

syn_err syni_channel_say(struct syni_channel *channel, const struct syni_saying *saying,
                         struct syni_port *port, bool *out_served)
{
    struct syn_report *report =
        saying->err ? syni_report_new(saying->err, SYN_BY_TASK, saying->message) : NULL;
    syn_err err;

    syni_list_init(&port->link);
    syni_mutex_lock(&channel->lock);
    err = may_say(channel);
    if (!err && !channel->closed && channel->generator) {
        say(channel, saying, report);
        report = NULL;
    }
    if (!err && !(*out_served = receive(channel, port))) {
        syni_list_append(&channel->receivers, &port->link);
        channel->n_receivers++;
        stir(channel);
    }
    syni_mutex_unlock(&channel->lock);
    syni_report_free(report);
    return err;
}

static bool put(struct syni_channel *channel, struct syni_port *port)
{
    struct syni_port *receiver;

    port->status = SYN_OK;
    if (channel->closed || channel->ended) {
        port->status = SYN_ECLOSED;
    } else if ((receiver = syni_channel_next_receiver(channel))) {
        memcpy(receiver->item, port->item, channel->item->size);
        syni_port_serve(receiver, SYN_OK);
    } else if (channel->count < channel->capacity) {
        push(channel, port->item);
    } else {
        return false;
    }
    return true;
}

bool syni_channel_put(struct syni_channel *channel, struct syni_port *port, bool may_wait)
{
    bool served;

    syni_list_init(&port->link);
    syni_mutex_lock(&channel->lock);
    served = put(channel, port);
    if (!served && may_wait)
        syni_list_append(&channel->senders, &port->link);
    syni_mutex_unlock(&channel->lock);
    return served;
}

bool syni_channel_withdraw(struct syni_channel *channel, struct syni_port *port)
{
    bool listed;

    syni_mutex_lock(&channel->lock);
    listed = !syni_list_empty(&port->link);
    if (listed && port->receives)
        channel->n_receivers--;
    syni_list_remove(&port->link);
    syni_mutex_unlock(&channel->lock);
    return listed;
}

bool syni_channel_yield(struct syni_channel *channel, void *item)
{
    struct syni_port *receiver;
    bool goes_on, lost;

    syni_mutex_lock(&channel->lock);
    lost = channel->closed;
    if (!lost && (receiver = syni_channel_next_receiver(channel))) {
        memcpy(receiver->item, item, channel->item->size);
        syni_port_serve(receiver, SYN_OK);
    } else if (!lost) { /* whoever asked may have given up: that is the place too many */
        push(channel, item);
    }
    goes_on = lost || channel->count < channel->capacity + channel->n_receivers;
    channel->yielded = !goes_on;
    syni_mutex_unlock(&channel->lock);
    if (lost && channel->item->destroy)
        channel->item->destroy(item);
    return goes_on;
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

/* SPDX-License-Identifier: Apache-2.0
 *
 * Consumers in plain threads.
 *
 * Any thread. A generator that waits to be asked is no reason for anybody to drive, so that where
 * callers may drive the role is free again for the next item (thread_port.c).
 */
#include "channel/thread_port.h"

#include "base/report.h"
#include "loop/role.h"
#include "task/deadline.h"

static syn_err channel_next_next(struct syni_channel *channel, void *out_item,
                                 struct syn_deadline deadline)
{
    struct syni_thread_port port;

    if (out_item && syni_thread_port_flows() && syni_ring_try_pop(&channel->ring, out_item))
        return SYN_OK;
    syni_thread_port_init(&port, channel, out_item, true);
    return syni_thread_port_pass(&port, deadline, "co_next(channel, &item)");
}

syn_err syni_channel_fetch(struct syn_channel handle, void *out_item, struct syn_deadline deadline)
{
    struct syni_channel *channel;
    syn_err err = syni_channel_pin(handle, &channel);

    if (err)
        return syni_thread_port_refuse(err);
    err = channel_next_next(channel, out_item, deadline);
    syni_channel_unpin(channel);
    return err;
}

static syn_err end_or_error(syn_err err, const void *item)
{
    return err == SYN_EEND ? syni_answer(err) : syni_thread_port_name_missing(err, item);
}

syn_err syni_channel_next(struct syn_channel handle, void *out_item, struct syn_deadline deadline)
{
    return end_or_error(syni_channel_fetch(handle, out_item, deadline), out_item);
}

/* A thread that says something to a generator, and asks for its next item. */
struct talk {
    struct syni_thread_port port;
    const struct syni_saying *saying;
    syn_err err; /* nothing was said */
};

static bool channel_next_say(struct syni_thread_wait *wait)
{
    struct talk *talk =
        SYNI_CONTAINER(SYNI_CONTAINER(wait, struct syni_thread_port, wait), struct talk, port);
    bool served = false;

    talk->err = syni_channel_say(talk->port.channel, talk->saying, &talk->port.port, &served);
    return !talk->err && !served;
}

/* As channel_next_next(); what would have to wait where it must not is refused before anything is said. */
static syn_err talk(struct syni_channel *channel, const struct syni_saying *saying, void *out_item,
                    struct syn_deadline deadline)
{
    static const struct syni_thread_wait_ops ops = {channel_next_say, syni_thread_port_withdraw,
                                                    NULL, NULL};
    struct talk talk = {.port.wait = {.deadline = syni_deadline_here(deadline.ns),
                                      .begins = true,
                                      .may_drive = syni_channel_runs(channel)},
                        .saying = saying};
    syn_err err;

    if (syni_role_driving_now())
        return syni_thread_port_refuse_wait("co_generator_send(channel, &value, &item)");
    syni_thread_port_init(&talk.port, channel, out_item, true);
    err = syni_thread_port_wait(&talk.port, &ops);
    return talk.err ? syni_refuse(talk.err, "%s", syni_channel_say_refusal(talk.err)) : err;
}

syn_err syni_generator_say(struct syn_channel handle, struct syni_saying saying, void *out_item,
                           struct syn_deadline deadline)
{
    struct syni_channel *channel;
    syn_err err = syni_channel_pin(handle, &channel);

    if (err)
        return syni_thread_port_refuse(err);
    err = talk(channel, &saying, out_item, deadline);
    syni_channel_unpin(channel);
    return end_or_error(err, out_item);
}

static syn_err try_next(struct syn_channel handle, void *out_item)
{
    struct syni_channel *channel;
    struct syni_thread_port port;
    syn_err err = syni_channel_pin(handle, &channel);

    if (err)
        return syni_thread_port_refuse(err);
    syni_thread_port_init(&port, channel, out_item, true);
    err = syni_channel_pass(channel, &port.port, false) ? syni_thread_port_answer(&port)
                                                        : syni_answer(SYN_EAGAIN);
    syni_channel_unpin(channel);
    return end_or_error(err, out_item);
}

/* See syni_channel_try_send(). */
syn_err syni_channel_try_next(struct syn_channel handle, void *out_item)
{
    struct syni_self *self = syni_self();
    syn_err err;

    if (self->in_channels)
        return SYN_EDEADLK;
    self->in_channels++;
    err = try_next(handle, out_item);
    self->in_channels--;
    return err;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Channels in plain threads: waiting for an item, for room, for the end.
 *
 * Any thread. Who would have to wait on a thread that drives a loop is refused, whatever
 * is at the other end of the channel: that may be a task of the very loop.
 */
#include "facade/blocked.h"
#include "task/channel.h"

#include "base/report.h"
#include "pool/pool.h"

struct thread_port {
    struct syni_port port;
    struct syni_thread_waiter waiter;
};

static void wake_port(struct syni_port *port)
{
    struct thread_port *thread = SYNI_CONTAINER(port, struct thread_port, port);

    thread->waiter.waiter.wake(&thread->waiter.waiter);
}

static void ready_port(struct thread_port *port, void *item, bool receives)
{
    port->port.item = item;
    port->port.receives = receives;
    port->port.select = NULL;
    port->port.wake = wake_port;
    syni_thread_waiter_init(&port->waiter);
}

static syn_err refuse_handle(syn_err err)
{
    return syni_refuse(err, "%s", syni_channel_refusal(err));
}

/* What PORT was told, with its report, for this thread. */
static syn_err answer(struct syni_channel *channel, struct thread_port *port)
{
    syn_err err = port->port.status;
    enum syn_origin origin;
    struct syn_report *report;

    if (!err || err == SYN_EEND)
        return err;
    if (err == SYN_ECLOSED)
        return refuse_handle(err);
    report = syni_channel_report(channel, err, &origin);
    return syni_report_keep(err, origin, report);
}

/* PORT is listed: sleeps until it was served, or time is up. */
static syn_err wait_served(struct syni_channel *channel, struct thread_port *port,
                           int64_t deadline)
{
    bool in_time;

    syni_worker_block();
    in_time = syni_clock_sleep(&port->waiter.done, deadline);
    syni_worker_unblock();
    if (!in_time) {
        if (syni_channel_withdraw(channel, &port->port))
            return syni_report_keep(SYN_ETIMEDOUT, SYN_BY_DEADLINE,
                                    syni_report_new(SYN_ETIMEDOUT, SYN_BY_DEADLINE, NULL));
        syni_clock_sleep(&port->waiter.done, SYNI_NEVER);
    }
    return answer(channel, port);
}

static syn_err refuse_wait(const char *what)
{
    return syni_refuse(SYN_EDEADLK,
                       "waiting at a channel on a thread that drives '%s' could wait for itself; "
                       "write %s there",
                       syni_driving_now()->loop->name, what);
}

syn_err syni_channel_new(const struct syn_type *item, size_t capacity,
                         struct syn_channel *out_channel)
{
    return syni_channel_make(item, capacity, 0, out_channel) ? SYN_OK : SYN_ENOMEM;
}

static syn_err next(struct syni_channel *channel, void *out_item, struct syn_deadline deadline)
{
    bool may_wait = !syni_driving_now();
    struct thread_port port;

    ready_port(&port, out_item, true);
    if (syni_channel_pass(channel, &port.port, may_wait))
        return answer(channel, &port);
    if (!may_wait)
        return refuse_wait("co_next(channel, &item)");
    return wait_served(channel, &port, syni_deadline_here(deadline.ns));
}

syn_err syni_channel_next(struct syn_channel handle, void *out_item, struct syn_deadline deadline)
{
    struct syni_channel *channel;
    syn_err err = syni_channel_pin(handle, &channel);

    if (err)
        return refuse_handle(err);
    err = next(channel, out_item, deadline);
    syni_channel_unpin(channel);
    return err;
}

/* As next(); what would have to wait where it must not is refused before anything is said. */
static syn_err talk(struct syni_channel *channel, const struct syni_saying *saying, void *out_item,
                   struct syn_deadline deadline)
{
    struct thread_port port;
    bool served = false;
    syn_err err;

    if (syni_driving_now())
        return refuse_wait("co_generator_send(channel, &value, &item)");
    ready_port(&port, out_item, true);
    err = syni_channel_say(channel, saying, &port.port, &served);
    if (err)
        return syni_refuse(err, "%s", syni_saying_refusal(err));
    return served ? answer(channel, &port)
                  : wait_served(channel, &port, syni_deadline_here(deadline.ns));
}

syn_err syni_generator_say(struct syn_channel handle, struct syni_saying saying, void *out_item,
                           struct syn_deadline deadline)
{
    struct syni_channel *channel;
    syn_err err = syni_channel_pin(handle, &channel);

    if (err)
        return refuse_handle(err);
    err = talk(channel, &saying, out_item, deadline);
    syni_channel_unpin(channel);
    return err;
}

syn_err syni_channel_try_next(struct syn_channel handle, void *out_item)
{
    struct syni_channel *channel;
    struct thread_port port;
    syn_err err = syni_channel_pin(handle, &channel);

    if (err)
        return refuse_handle(err);
    ready_port(&port, out_item, true);
    err = syni_channel_pass(channel, &port.port, false) ? answer(channel, &port) : SYN_EAGAIN;
    syni_channel_unpin(channel);
    return err;
}

static syn_err send(struct syni_channel *channel, const void *item, struct syn_deadline deadline)
{
    bool may_wait = !syni_driving_now();
    struct thread_port port;

    ready_port(&port, (void *)(uintptr_t)item, false);
    if (syni_channel_pass(channel, &port.port, may_wait))
        return answer(channel, &port);
    if (!may_wait)
        return refuse_wait("co_send(channel, &self->item)");
    return wait_served(channel, &port, syni_deadline_here(deadline.ns));
}

syn_err syni_channel_send(struct syn_channel handle, const void *item,
                          struct syn_deadline deadline)
{
    struct syni_channel *channel;
    syn_err err = syni_channel_pin(handle, &channel);

    if (err)
        return refuse_handle(err);
    err = channel->is_generator
              ? syni_refuse(SYN_ENOTSUP, "only its generator sends into this channel")
              : send(channel, item, deadline);
    syni_channel_unpin(channel);
    return err;
}

syn_err syni_channel_try_send(struct syn_channel handle, const void *item)
{
    struct syni_channel *channel;
    struct thread_port port;
    syn_err err = syni_channel_pin(handle, &channel);

    if (err)
        return refuse_handle(err);
    ready_port(&port, (void *)(uintptr_t)item, false);
    if (channel->is_generator)
        err = syni_refuse(SYN_ENOTSUP, "only its generator sends into this channel");
    else if (syni_channel_pass(channel, &port.port, false))
        err = answer(channel, &port);
    else
        err = SYN_EAGAIN;
    syni_channel_unpin(channel);
    return err;
}

syn_err syni_channel_end(struct syn_channel handle, syn_err code, const char *message)
{
    struct syni_channel *channel;
    syn_err err = syni_channel_pin(handle, &channel);

    if (err)
        return err == SYN_ECLOSED ? SYN_EALREADY : refuse_handle(err);
    if (channel->is_generator)
        err = syni_refuse(SYN_ENOTSUP, "a generator ends its channel itself");
    else if (!syni_channel_finish(channel, code, SYN_BY_TASK,
                                  code ? syni_report_new(code, SYN_BY_TASK, message) : NULL))
        err = SYN_EALREADY;
    syni_channel_unpin(channel);
    return err;
}

syn_err syni_channel_prefetch(struct syn_channel handle, size_t capacity)
{
    struct syni_channel *channel;
    syn_err err = syni_channel_pin(handle, &channel);

    if (err)
        return refuse_handle(err);
    err = syni_channel_resize(channel, capacity);
    syni_channel_unpin(channel);
    if (err == SYN_EBUSY)
        return syni_refuse(err, "the channel is in use already");
    if (err == SYN_ENOTSUP)
        return syni_refuse(err, "a generator that asks has capacity 0");
    return err ? syni_refuse(err, "no memory for a channel's items") : SYN_OK;
}

static syn_err wait_closed(struct syni_channel *channel, struct syn_deadline deadline)
{
    struct thread_port port;
    struct syni_blocked blocked;
    const char *name = channel->name;
    bool done = true;

    ready_port(&port, NULL, false);
    if ((channel->home && syni_drives(&channel->home->loop)) ||
        syni_blocked_enter(&blocked, channel->home, channel->name))
        return syni_channel_shut(channel, NULL) ? SYN_EAGAIN : SYN_OK;
    if (syni_channel_shut(channel, &port.port)) {
        struct syni_blocking blocking = syni_block(name);

        done = syni_clock_sleep(&port.waiter.done, deadline.ns);
        syni_unblock(&blocking);
    }
    syni_blocked_leave(&blocked);
    if (done)
        return answer(channel, &port);
    if (syni_channel_withdraw(channel, &port.port))
        return syni_report_keep(SYN_ETIMEDOUT, SYN_BY_DEADLINE,
                                syni_report_format(SYN_ETIMEDOUT, SYN_BY_DEADLINE,
                                                   "%s still cleans up; it was left to itself",
                                                   name));
    syni_clock_sleep(&port.waiter.done, SYNI_NEVER);
    return answer(channel, &port);
}

syn_err syni_channel_close(struct syn_channel handle, struct syn_deadline deadline)
{
    struct syni_channel *channel =
        handle.slot ? syni_slot_take(handle.slot, handle.generation, SYNI_SLOT_PIN_ANY) : NULL;
    syn_err err;

    if (!channel)
        return SYN_OK;
    if (syni_slot_take(handle.slot, handle.generation, SYNI_SLOT_CONSUME))
        syni_channel_unpin(channel); /* the handle's; we hold ours */
    err = wait_closed(channel, deadline);
    syni_channel_unpin(channel);
    return err;
}

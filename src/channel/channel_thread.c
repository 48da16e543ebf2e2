/* SPDX-License-Identifier: Apache-2.0
 *
 * Channels in plain threads: making them, waiting for room and for the end.
 *
 * Any thread.
 */
#include "channel/thread_port.h"

#include "base/report.h"

syn_err syni_channel_new(const struct syn_type *item, size_t capacity, struct syni_channel_site site,
                         struct syn_channel *out_channel)
{
    struct syni_channel *channel;

    if (item->abi != SYNI_ABI_OF(syn_type)) {
        *out_channel = (struct syn_channel){NULL, SYN_EABI, 0};
        return syni_refuse(SYN_EABI, "a channel: compiled against another version of the headers");
    }
    channel = syni_channel_make(item, capacity, 0, out_channel);
    if (!channel)
        return syni_refuse(SYN_ENOMEM, "no memory for a channel");
    syni_channel_made_at(channel, site.file, site.line);
    return SYN_OK;
}

static syn_err channel_call_send(struct syni_channel *channel, const void *item,
                                 struct syn_deadline deadline)
{
    struct syni_thread_port port;

    if (item && syni_thread_port_flows() && syni_ring_try_push(&channel->ring, item))
        return SYN_OK;
    syni_thread_port_init(&port, channel, (void *)(uintptr_t)item, false);
    return syni_thread_port_pass(&port, deadline, "co_send(channel, &self->item)");
}

syn_err syni_channel_send(struct syn_channel handle, const void *item,
                          struct syn_deadline deadline)
{
    struct syni_channel *channel;
    syn_err err = syni_channel_pin(handle, &channel);

    if (err)
        return syni_thread_port_refuse(err);
    err = channel->is_generator ? syni_thread_port_refuse(SYN_ENOTSUP)
                                : channel_call_send(channel, item, deadline);
    syni_channel_unpin(channel);
    return syni_thread_port_name_missing(err, item);
}

static syn_err try_send(struct syn_channel handle, const void *item)
{
    struct syni_channel *channel;
    struct syni_thread_port port;
    syn_err err = syni_channel_pin(handle, &channel);

    if (err)
        return syni_thread_port_refuse(err);
    syni_thread_port_init(&port, channel, (void *)(uintptr_t)item, false);
    if (channel->is_generator)
        err = syni_thread_port_refuse(SYN_ENOTSUP);
    else if (syni_channel_pass(channel, &port.port, false))
        err = syni_thread_port_answer(&port);
    else
        err = syni_answer(SYN_EAGAIN);
    syni_channel_unpin(channel);
    return syni_thread_port_name_missing(err, item);
}

/* A signal handler that calls it all the same finds its own thread inside, perhaps with the lock;
 * the code comes without words, since that thread may hold their store, too. */
syn_err syni_channel_try_send(struct syn_channel handle, const void *item)
{
    struct syni_self *self = syni_self();
    syn_err err;

    if (self->in_channels)
        return SYN_EDEADLK;
    self->in_channels++;
    err = try_send(handle, item);
    self->in_channels--;
    return err;
}

syn_err syni_channel_end(struct syn_channel handle, syn_err code, const char *message)
{
    struct syni_channel *channel;
    syn_err err = syni_channel_pin(handle, &channel);

    if (err)
        return err == SYN_ECLOSED ? syni_answer(SYN_EALREADY) : syni_thread_port_refuse(err);
    if (channel->is_generator)
        err = syni_refuse(SYN_ENOTSUP, "a generator ends its channel itself");
    else if (!syni_channel_finish(channel, code, SYN_BY_TASK,
                                  code ? syni_report_new(code, SYN_BY_TASK, message) : NULL))
        err = syni_answer(SYN_EALREADY);
    syni_channel_unpin(channel);
    return err;
}

syn_err syni_channel_fail(struct syn_channel handle, syn_err code, const char *message)
{
    if (code)
        return syni_channel_end(handle, code, message);
    return syni_channel_end(handle, SYN_EINVAL,
                            "channel_fail was given 0, which is no error; to end it well write "
                            "channel_end");
}

syn_err syni_channel_prefetch(struct syn_channel handle, size_t capacity)
{
    struct syni_channel *channel;
    syn_err err = syni_channel_pin(handle, &channel);

    if (err)
        return syni_thread_port_refuse(err);
    err = syni_channel_resize(channel, capacity);
    syni_channel_unpin(channel);
    if (err == SYN_EBUSY)
        return syni_refuse(err, "the channel is in use already");
    if (err == SYN_ENOTSUP)
        return syni_refuse(err, "a generator that asks has capacity 0");
    return err ? syni_refuse(err, "no memory for a channel's items") : SYN_OK;
}

syn_err syni_channel_look(struct syn_channel handle, const struct syn_type **out_item)
{
    struct syni_channel *channel;
    syn_err err = syni_channel_pin(handle, &channel);

    if (err)
        return syni_thread_port_refuse(err);
    *out_item = channel->item;
    syni_channel_unpin(channel);
    return SYN_OK;
}

static syn_err refuse_close(const char *name)
{
    return syni_refuse(SYN_EAGAIN, "%s was closed on a thread that must not wait for its end; "
                                   "write co_close(channel) there", name);
}

static bool shut(struct syni_thread_wait *wait)
{
    struct syni_thread_port *port = SYNI_CONTAINER(wait, struct syni_thread_port, wait);

    return syni_channel_shut(port->channel, &port->port);
}

/* In a step: the generator, which cleans up, must not wait for this thread. */
static syn_err depend_on_generator(struct syni_thread_wait *wait, uint64_t id,
                                   struct syn_report **out_report)
{
    struct syni_thread_port *port = SYNI_CONTAINER(wait, struct syni_thread_port, wait);

    return syni_channel_depend(port->channel, id, out_report);
}

static syn_err wait_closed(struct syni_channel *channel, struct syn_deadline deadline)
{
    static const struct syni_thread_wait_ops ops = {shut, syni_thread_port_withdraw, NULL, NULL};
    struct syni_thread_port port = {.wait = {.depend = depend_on_generator,
                                             .deadline = deadline.ns,
                                             .instead = "co_close",
                                             .may_drive = syni_channel_runs(channel),
                                             .acts = true}};
    const char *name = channel->name;
    syn_err err;

    syni_thread_port_init(&port, channel, NULL, false);
    err = syni_thread_port_wait(&port, &ops);
    if (!port.wait.failed)
        return err;
    if (port.wait.refused)
        return err;
    if (err == SYN_EDEADLK)
        return syni_channel_shut(channel, NULL) ? refuse_close(name) : SYN_OK;
    return syni_report_keep(err, port.self->origin,
                            syni_report_format(err, port.self->origin,
                                               "%s still cleans up; it was left to itself", name));
}

syn_err syni_channel_close(struct syn_channel handle, struct syn_deadline deadline)
{
    struct syni_channel *channel =
        handle.slot ? syni_slot_take(handle.slot, handle.generation, SYNI_SLOT_PIN_ANY) : NULL;
    syn_err err;

    if (!channel)
        return handle.slot && syni_slot_refusal(handle.slot, SYN_OK)
                   ? syni_thread_port_refuse(SYN_EFORKED)
                   : SYN_OK;
    if (syni_slot_take(handle.slot, handle.generation, SYNI_SLOT_CONSUME))
        syni_channel_unpin(channel); /* the handle's; we hold ours */
    err = wait_closed(channel, deadline);
    syni_channel_unpin(channel);
    return err;
}

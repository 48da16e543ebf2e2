/* SPDX-License-Identifier: Apache-2.0
 *
 * Channels: the end, by its producers, by a close, by its generator.
 *
 * Any thread, under the channel's lock. Destructors run outside it: once a channel is
 * closed nobody looks at its ring any more but who closed it.
 */
#include "task/channel.h"

#include <stddef.h>

#include "base/report.h"

struct syn_report *syni_channel_report(struct syni_channel *channel, syn_err status,
                                       enum syn_origin *out_origin)
{
    struct syn_report *report = NULL;

    *out_origin = SYN_BY_TASK;
    syni_mutex_lock(&channel->lock);
    if (status && status == channel->err) {
        *out_origin = channel->origin;
        report = syni_report_copy(channel->report);
    }
    syni_mutex_unlock(&channel->lock);
    return report;
}

static void end_locked(struct syni_channel *channel, syn_err err, enum syn_origin origin,
                       struct syn_report *report)
{
    struct syni_port *port;

    channel->ended = true;
    channel->err = err;
    channel->origin = origin;
    channel->report = report;
    while ((port = syni_port_take(&channel->receivers))) { /* then there is no item left */
        syni_port_serve(port, syni_channel_tell_end(channel));
    }
    while ((port = syni_port_take(&channel->senders)))
        syni_port_serve(port, SYN_ECLOSED);
}

bool syni_channel_finish(struct syni_channel *channel, syn_err err, enum syn_origin origin,
                         struct syn_report *report)
{
    bool first;

    syni_mutex_lock(&channel->lock);
    first = !channel->ended && !channel->closed;
    if (first)
        end_locked(channel, err, origin, report);
    syni_mutex_unlock(&channel->lock);
    if (!first)
        syni_report_free(report);
    return first;
}

/* What a close comes to: an error that was said to nobody yet, unless it is that of being
 * asked to end. */
static void tell_closed(struct syni_channel *channel, struct syni_port *port)
{
    bool failed = channel->is_generator && channel->err && !channel->told &&
                  !syni_origin_is_request(channel->origin);

    port->status = failed ? channel->err : SYN_OK;
    channel->told = true;
}

/* It shall end; one that never began is the caller's to free. */
static struct syni_task *end_generator(struct syni_channel *channel)
{
    struct syni_task *unstarted = NULL;

    if (channel->generator && !channel->started) {
        unstarted = channel->generator;
        channel->generator = NULL;
        channel->ended = true;
    } else if (channel->generator) {
        syni_task_request(channel->generator, SYN_BY_REQUEST);
        if (channel->yielded) { /* in its clean-up, where no request wakes it */
            channel->yielded = false;
            syni_task_wake(channel->generator);
        }
    }
    return unstarted;
}

static void free_unstarted(struct syni_channel *channel, struct syni_task *task)
{
    syni_core_unpin(&task->core); /* the producer's, and ours */
    syni_core_unpin(&task->core);
    syni_channel_unpin(channel);
}

bool syni_channel_shut(struct syni_channel *channel, struct syni_port *port)
{
    struct syni_task *unstarted = NULL;
    struct syni_port *waiting;
    bool first, waits;

    syni_mutex_lock(&channel->lock);
    first = !channel->closed;
    channel->closed = true;
    while ((waiting = syni_port_take(&channel->receivers)))
        syni_port_serve(waiting, SYN_ECLOSED);
    while ((waiting = syni_port_take(&channel->senders)))
        syni_port_serve(waiting, SYN_ECLOSED);
    if (first)
        unstarted = end_generator(channel);
    waits = channel->generator != NULL;
    if (port) {
        syni_list_init(&port->link);
        tell_closed(channel, port);
        if (waits)
            syni_list_append(&channel->closers, &port->link);
    }
    syni_mutex_unlock(&channel->lock);
    if (first)
        syni_channel_empty(channel);
    if (unstarted)
        free_unstarted(channel, unstarted);
    return waits;
}

/* Called by who completes the generator's core: its driver, or who could not launch it. */
static void generator_ended(struct syni_waiter *waiter)
{
    struct syni_channel *channel = SYNI_CONTAINER(waiter, struct syni_channel, end);
    struct syni_core *core = &channel->generator->core;
    struct syni_port *closer;

    syni_mutex_lock(&channel->lock);
    channel->generator = NULL;
    end_locked(channel, core->err, core->origin, core->report);
    core->report = NULL;
    core->seen = true; /* the channel has it now */
    while ((closer = syni_port_take(&channel->closers))) {
        tell_closed(channel, closer);
        syni_port_serve(closer, closer->status);
    }
    syni_mutex_unlock(&channel->lock);
    syni_core_unpin(core);
    syni_channel_unpin(channel);
}

void syni_channel_adopt(struct syni_channel *channel, struct syni_task *task,
                        const struct syn_generator *generator,
                        void (*start)(struct syni_channel *channel))
{
    channel->is_generator = true;
    channel->generator = task;
    channel->home = task->home;
    channel->name = generator->function.name;
    channel->hear = generator->hear;
    channel->start = start;
    channel->end.wake = generator_ended;
    atomic_store_explicit(&task->core.waiter, &channel->end, memory_order_relaxed);
    /* one reference more, the generator's: nobody else knows the channel yet */
    syni_slot_take(channel->slot, syni_slot_generation(channel->slot), SYNI_SLOT_PIN);
}

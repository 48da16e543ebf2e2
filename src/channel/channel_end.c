/* SPDX-License-Identifier: Apache-2.0
 *
 * Channels: the end, by its producers, by a close, by its generator.
 *
 * Any thread, under the channel's lock. What takes another lock, or a system call, is left for when
 * it is free: waking those that waited, cancelling the generator. Destructors run outside it, too:
 * once a channel is closed only the thread that closed it looks at its ring.
 */
#include "channel/channel.h"
#include "circle/circle.h"

#include <stddef.h>

#include "base/report.h"
#include "task/home.h"
#include "task/task_cancel.h"
#include "task/task_resume.h"

struct syn_report *syni_channel_report(struct syni_channel *channel, syn_err status,
                                       enum syn_origin *out_origin)
{
    const struct syn_report *report = NULL, *late;
    struct syn_report *copy;

    *out_origin = SYN_BY_TASK;
    syni_mutex_lock(&channel->lock);
    late = syni_report_of_clean_up(channel->report);
    if (status && status == channel->err) {
        *out_origin = channel->origin;
        report = channel->report;
    } else if (late && status == late->code) {
        report = late;
    }
    copy = syni_report_copy(report);
    syni_mutex_unlock(&channel->lock);
    return copy;
}

static void end_locked(struct syni_channel *channel, syn_err err, enum syn_origin origin,
                       struct syn_report *report, struct syni_channel_after *after)
{
    struct syni_port *port;

    SYNI_HOLDS_CHANNEL(channel);
    channel->ended = true;
    channel->err = err;
    channel->origin = origin;
    channel->report = report;
    while ((port = syni_port_take(&channel->receivers))) /* then there is no item left */
        syni_port_serve(&after->served, port, syni_channel_tell_end(channel));
    while ((port = syni_port_take(&channel->senders)))
        syni_port_serve(&after->served, port, SYN_ECLOSED);
}

bool syni_channel_finish(struct syni_channel *channel, syn_err err, enum syn_origin origin,
                         struct syn_report *report)
{
    struct syni_channel_after after = {.served = NULL};
    bool first;

    syni_channel_lock(channel);
    first = !channel->ended && !channel->closed;
    if (first)
        end_locked(channel, err, origin, report, &after);
    syni_channel_unlock(channel);
    syni_channel_do_after(channel, &after);
    if (!first)
        syni_report_free(report);
    return first;
}

void syni_channel_close_locked(struct syni_channel *channel, struct syni_channel_after *after)
{
    struct syni_port *waiting;

    SYNI_HOLDS_CHANNEL(channel);
    channel->closed = true;
    while ((waiting = syni_port_take(&channel->receivers)))
        syni_port_serve(&after->served, waiting, SYN_ECLOSED);
    while ((waiting = syni_port_take(&channel->senders)))
        syni_port_serve(&after->served, waiting, SYN_ECLOSED);
}

/* The result of a close: an error that nobody got yet; of being cancelled, only
 * that with which the clean-up failed. */
static void tell_closed(struct syni_channel *channel, struct syni_port *port)
{
    const struct syn_report *late = syni_report_of_clean_up(channel->report);

    SYNI_HOLDS_CHANNEL(channel);
    port->status = SYN_OK;
    if (!channel->told && channel->is_generator) {
        if (!syni_task_origin_is_request(channel->origin))
            port->status = channel->err;
        else if (late)
            port->status = late->code;
    }
    channel->told = true;
}

/* How a generator is to end, once the lock is free. */
struct ending {
    struct syni_core *unstarted; /* it never began, and is to be freed */
    struct syni_core *job;       /* held; to be asked: it may end inside that, which takes our lock */
    struct syni_task *task;      /* its request is to be sent, and it does not end before */
};

static struct ending end_generator_locked(struct syni_channel *channel,
                                          struct syni_channel_after *after)
{
    struct syni_core *generator = channel->generator;
    struct ending ending = {NULL, NULL, NULL};

    SYNI_HOLDS_CHANNEL(channel);
    if (!generator)
        return ending;
    if (!channel->started) {
        channel->generator = NULL;
        channel->ended = true;
        ending.unstarted = generator;
        return ending;
    }
    if (!syni_core_task(generator)) {
        ending.job = generator;
        syni_slot_take(generator->slot, syni_slot_generation(generator->slot),
                       SYNI_SLOT_PIN_ANY);
    } else if (syni_task_claim_request(syni_core_task(generator), SYN_BY_REQUEST)) {
        ending.task = syni_core_task(generator);
    }
    if (channel->yielded) { /* in its clean-up, where no request wakes it */
        channel->yielded = false;
        after->resume = generator;
    }
    return ending;
}

static void free_unstarted(struct syni_channel *channel, struct syni_core *generator)
{
    syni_core_unpin(generator); /* the producer's, and ours */
    syni_core_unpin(generator);
    syni_channel_unpin(channel);
}

static void channel_end_ask(struct syni_core *job)
{
    SYNI_SURE(!syni_core_task(job));
    syni_core_ask(job, SYN_BY_REQUEST);
    syni_core_unpin(job);
}

static void end_generator(struct syni_channel *channel, const struct ending *ending)
{
    if (ending->unstarted)
        free_unstarted(channel, ending->unstarted);
    if (ending->job)
        channel_end_ask(ending->job);
    if (ending->task)
        syni_task_send_request(ending->task);
}

/* Another loop's own: that shall close it; PORT is told then, as below. */
static void wish_to_close_locked(struct syni_channel *channel, struct syni_port *port,
                                 struct syni_channel_after *after)
{
    SYNI_HOLDS_CHANNEL(channel);
    channel->close_wanted = true;
    syni_channel_ask_for_locked(channel, after);
    if (port)
        syni_port_list(port, &channel->closers);
}

bool syni_channel_shut(struct syni_channel *channel, struct syni_port *port)
{
    struct syni_channel_after after = {.served = NULL};
    struct ending ending = {NULL, NULL, NULL};
    bool first, waits, last;

    if (port)
        port->listed = false;
    syni_channel_lock(channel);
    if (syni_channel_is_anothers(channel)) {
        wish_to_close_locked(channel, port, &after);
        syni_channel_unlock(channel);
        syni_channel_do_after(channel, &after);
        return true;
    }
    first = !channel->closed;
    last = syni_channel_disown_locked(channel);
    syni_channel_close_locked(channel, &after);
    if (first)
        ending = end_generator_locked(channel, &after);
    waits = channel->generator != NULL;
    if (port) {
        if (waits)
            syni_port_list(port, &channel->closers);
        else
            tell_closed(channel, port);
    }
    syni_channel_unlock(channel);
    if (first)
        syni_channel_empty(channel);
    end_generator(channel, &ending);
    syni_channel_do_after(channel, &after);
    if (last)
        syni_channel_unpin(channel);
    return waits;
}

/* Called by the completer of the generator's core: its driver, or a thread that could not launch it. */
static void generator_ended(struct syni_waiter *waiter)
{
    struct syni_channel *channel = SYNI_CONTAINER(waiter, struct syni_channel, end);
    struct syni_core *core = channel->generator;
    struct syni_channel_after after = {.served = NULL};
    struct syni_port *closer;
    bool last, close;

    SYNI_INVARIANT(18, core && syni_core_done(core));
    syni_channel_lock(channel);
    channel->generator = NULL;
    last = syni_channel_disown_locked(channel);
    syni_channel_settle_locked(channel, &after); /* what came from elsewhere */
    end_locked(channel, core->err, core->origin, core->report, &after);
    core->report = NULL;
    core->seen = true; /* the channel has it now */
    close = channel->close_wanted && !channel->closed;
    if (close)
        syni_channel_close_locked(channel, &after);
    syni_channel_unlock(channel);
    syni_channel_do_after(channel, &after);
    if (close)
        syni_channel_empty(channel); /* before its closers return */
    after.served = NULL;
    syni_channel_lock(channel);
    while ((closer = syni_port_take(&channel->closers))) {
        tell_closed(channel, closer);
        syni_port_serve(&after.served, closer, closer->status);
    }
    syni_channel_unlock(channel);
    syni_channel_do_after(channel, &after);
    syni_core_unpin(core);
    if (last)
        syni_channel_unpin(channel);
    syni_channel_unpin(channel);
}

/* As if the one that tried, and left, had asked at this moment, if nothing came meanwhile. */
static void go_on_if_tried_locked(struct syni_channel *channel, struct syni_channel_after *after)
{
    SYNI_HOLDS(&channel->lock);
    if (channel->tried && channel->yielded && channel->generator && syni_channel_count(channel) == 0) {
        channel->yielded = false;
        after->resume = channel->generator;
    }
    channel->tried = false;
}

void syni_channel_give_up(struct syni_channel *channel)
{
    struct syni_channel_after after = {.served = NULL};
    bool close, last;

    syni_channel_lock(channel);
    last = syni_channel_disown_locked(channel);
    syni_channel_settle_locked(channel, &after);
    go_on_if_tried_locked(channel, &after);
    close = channel->close_wanted;
    syni_channel_unlock(channel);
    syni_channel_do_after(channel, &after);
    if (close)
        syni_channel_shut(channel, NULL);
    if (last)
        syni_channel_unpin(channel);
}

/* On the owner's loop; or anywhere, if that is shut, and then the owner has given up. */
static void upgrade_arrives(struct syni_job *job)
{
    struct syni_channel *channel = SYNI_CONTAINER(job, struct syni_channel, upgrade);

    syni_channel_give_up(channel);
    syni_channel_unpin(channel);
}

static void channel_end_wake_task(struct syni_core *generator)
{
    syni_task_wake(syni_core_task(generator));
}

void syni_channel_adopt_task(struct syni_channel *channel, struct syni_task *task,
                             const struct syn_generator *generator,
                             void (*start)(struct syni_channel *channel))
{
    channel->home = task->home;
    syni_home_hold(channel->home);
    channel->hear = generator->hear;
    syni_channel_adopt(channel, &task->core, start, channel_end_wake_task);
}

void syni_channel_adopt(struct syni_channel *channel, struct syni_core *generator,
                        void (*start)(struct syni_channel *channel),
                        void (*go_on)(struct syni_core *generator))
{
    SYNI_SURE(!channel->is_generator && !channel->started);
    channel->is_generator = true;
    channel->generator = generator;
    channel->name = syni_core_name(generator);
    channel->start = start;
    channel->go_on = go_on;
    channel->end.wake = generator_ended;
    channel->upgrade.run = upgrade_arrives;
    atomic_store_explicit(&generator->waiter, &channel->end, memory_order_relaxed);
    /* one reference more, the generator's: nobody else knows the channel yet */
    syni_slot_take(channel->slot, syni_slot_generation(channel->slot), SYNI_SLOT_PIN);
}

const struct syn_mailbox *syni_channel_mailbox(struct syni_channel *channel)
{
    const struct syn_mailbox *mailbox;

    syni_mutex_lock(&channel->lock);
    mailbox = channel->mailbox;
    syni_mutex_unlock(&channel->lock);
    return mailbox;
}

void syni_channel_open_to(struct syni_channel *channel, const struct syn_mailbox *mailbox)
{
    bool last = false;

    syni_channel_lock(channel);
    channel->mailbox = mailbox;
    if (!syni_channel_is_anothers(channel))
        last = syni_channel_disown_locked(channel);
    syni_channel_unlock(channel);
    if (last)
        syni_channel_unpin(channel);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Tasks at channels: asking, sending, closing, yielding.
 *
 * Driver only, but for the wake, which comes from the server. A port lies in the frame
 * of the task that waits, and the task holds the channel meanwhile.
 */
#include "channel/channel_task.h"

#include <stddef.h>

#include "base/report.h"
#include "circle/search.h"
#include "loop/loop_turn.h"
#include "task/place.h"
#include "task/task_cancel.h"
#include "task/task_resume.h"

void syni_channel_task_wake(struct syni_port *port)
{
    struct syni_task *task = SYNI_CONTAINER(port, struct syni_task, on.port);

    if (port->at_once)
        syni_task_wake_at_once(task);
    else
        syni_task_wake(task);
}

/* Takes TASK out of the wait, unless it was served. */
static bool channel_wait_withdraw(struct syni_task *task)
{
    SYNI_DRIVEN_FOR(task);
    if (!syni_channel_withdraw(task->on.port.channel, &task->on.port))
        return false;
    task->port_withdrawn = true;
    return true;
}

static void channel_wait_interrupt(struct syni_task *task)
{
    SYNI_DRIVEN_FOR(task);
    if (channel_wait_withdraw(task))
        syni_task_resume(task);
}

static void channel_wait_time_is_up(struct syni_timer *timer)
{
    struct syni_task *task = SYNI_CONTAINER(timer, struct syni_task, timer);

    SYNI_DRIVEN_FOR(task);
    if (!channel_wait_withdraw(task))
        return;
    task->port_expired = true;
    syni_task_resume(task);
}

static void channel_wait_release(struct syni_task *task)
{
    struct syni_channel *channel = task->on.port.channel;

    SYNI_DRIVEN_FOR(task);
    syni_timer_stop(&task->home->loop, &task->timer);
    task->on.port.channel = NULL;
    if (task->own_channel)
        syni_channel_leave_own(channel);
    else
        syni_channel_unpin(channel);
}

static bool channel_wait_collect(struct syni_task *task)
{
    struct syni_port *port = &task->on.port;
    bool withdrawn = task->port_withdrawn, expired = task->port_expired;
    bool refused = task->port_refused;

    SYNI_DRIVEN_FOR(task);
    if (!port->status && !withdrawn && !expired && !refused) {
        task->status = SYN_OK;
    } else if (refused) {
        task->status = SYN_EDEADLK;
    } else if (withdrawn) {
        enum syn_origin origin = expired ? SYN_BY_DEADLINE : syni_task_asked_by(task);

        task->status = syni_task_code(origin);
        task->heard = syni_report_new(task->status, origin, NULL);
    } else {
        enum syn_origin origin;

        task->status = port->status;
        if (port->status && port->status != SYN_EEND)
            task->heard = syni_channel_report(task->on.port.channel, port->status, &origin);
    }
    channel_wait_release(task);
    return withdrawn && !expired && !refused;
}

static void channel_wait_forget(struct syni_task *task)
{
    SYNI_DRIVEN_FOR(task);
    if (!channel_wait_withdraw(task))
        task->queued = true; /* the wake is on its way */
}

/* TASK was abandoned: an item that it was given is nobody's. */
static void channel_wait_drop(struct syni_task *task)
{
    struct syni_port *port = &task->on.port;
    const struct syn_type *item = task->on.port.channel->item;

    SYNI_DRIVEN_FOR(task);
    if (!task->port_withdrawn && port->receives && !port->status && item->destroy)
        item->destroy(port->item);
    channel_wait_release(task);
}

/* TASK, which waits, would close a circle: REPORT says which. */
static void channel_wait_refuse_circle(struct syni_task *task, struct syn_report *report)
{
    SYNI_DRIVEN_FOR(task);
    if (!channel_wait_withdraw(task)) {
        syni_report_free(report); /* it was served */
        return;
    }
    task->port_refused = true;
    syni_report_free(task->heard);
    task->heard = report;
    syni_task_resume(task);
}

static void channel_wait_implicate(struct syni_task *task, uint64_t id)
{
    struct syn_report *report = NULL;

    SYNI_DRIVEN_FOR(task);
    if (syni_channel_depend_by(task->on.port.channel, &task->on.port, id, &report))
        channel_wait_refuse_circle(task, report);
}

static bool channel_wait_leads(const struct syni_task *task, struct syni_walk *walk)
{
    return syni_channel_leads(task->on.port.channel, walk);
}

static void channel_wait_refused(struct syni_task *task, const struct syni_search *search)
{
    channel_wait_refuse_circle(task, syni_search_say(search, "", ""));
}

const struct syni_wait_ops syni_channel_task_ops = {channel_wait_interrupt, channel_wait_collect,
                                                    channel_wait_forget,    channel_wait_drop,
                                                    channel_wait_implicate, channel_wait_leads,
                                                    channel_wait_refused, false, syni_search_again, NULL};

/* The channel is there no more, or never was. */
struct syn_step syni_channel_task_refuse(struct syni_task *task, syn_err err, const char *why)
{
    SYNI_DRIVEN_FOR(task);
    task->status = err;
    if (err && err != SYN_ECLOSED)
        task->heard = syni_report_new(err, SYN_BY_LIBRARY, why);
    syni_task_resume(task);
    return syni_suspended;
}

static struct syn_step after(struct syni_task *task, bool served)
{
    return served ? syni_wait_is_over(task) : syni_suspended;
}

static void channel_wait_refuse_circles(struct syni_task *task, struct syni_channel *channel)
{
    struct syni_walk walk = SYNI_WALK_TO(task);

    if (!syni_chain_holds(task))
        return;
    if (syni_channel_leads(channel, &walk))
        channel_wait_refuse_circle(task, syni_chain_say(task, channel->name));
    else if (walk.far)
        syni_search_begin(task, walk.number);
}

/* The same for a task that asks CHANNEL, and must not if its generator, which does not run, waits for it. */
static struct syn_step after_asking(struct syni_task *task, struct syni_channel *channel, bool served)
{
    const struct syni_core *ours = task->own_channel ? channel->generator : NULL;

    if (!served && channel->is_generator && !(ours && syni_core_task(ours)->queued))
        channel_wait_refuse_circles(task, channel);
    return after(task, served);
}

static bool channel_wait_is_late(const struct syni_task *task, struct syn_deadline deadline)
{
    return deadline.ns != SYNI_NEVER && syni_loop_now(&task->home->loop) >= deadline.ns;
}

/* The deadline has passed: what was SERVED at once is taken, and nothing begins. */
static struct syn_step channel_wait_glance(struct syni_task *task, bool served)
{
    task->port_withdrawn = task->port_expired = !served;
    return after(task, true);
}

/* Before it is listed: from then on another thread may serve it. */
static void start_timer(struct syni_task *task, struct syn_deadline deadline)
{
    SYNI_DRIVEN_FOR(task);
    if (deadline.ns != SYNI_NEVER)
        syni_timer_start(&task->home->loop, &task->timer, deadline.ns, channel_wait_time_is_up);
}

/* TASK must not wait, since what it would wait for waits for TASK. SHUTS: it is closed, and left to itself. */
static bool channel_wait_closes_circle(struct syni_task *task, bool shuts)
{
    SYNI_DRIVEN_FOR(task);
    /* relaxed: a mark that is given later is one too late for this wait */
    uint64_t mark = atomic_load_explicit(&task->mark, memory_order_relaxed);
    struct syn_report *report;

    if (!mark || !syni_channel_depend_by(task->on.port.channel, &task->on.port, mark, &report))
        return false;
    task->ops = NULL;
    if (shuts)
        syni_channel_shut(task->on.port.channel, NULL);
    channel_wait_release(task);
    task->status = SYN_EDEADLK;
    task->heard = report;
    syni_task_resume(task);
    return true;
}

struct syn_step syni_channel_task_next(struct syni_task *task, struct syni_channel *channel, void *out_item,
                                       struct syn_deadline deadline)
{
    bool stir, begun = syni_wait_begin(task, SYNI_WAIT_OTHER, "an item");

    SYNI_DRIVEN_FOR(task);
    syni_channel_task_ready(task, channel, out_item, true);
    task->own_channel = syni_channel_is_of(channel, &task->home->loop);
    if (!begun) {
        task->ops = NULL;
        channel_wait_release(task);
        return syni_suspended;
    }
    if (channel_wait_closes_circle(task, false))
        return syni_suspended;
    if (channel_wait_is_late(task, deadline))
        return channel_wait_glance(task, syni_channel_take(channel, &task->on.port, &stir));
    start_timer(task, deadline);
    return after_asking(task, channel, syni_channel_pass(channel, &task->on.port, true));
}

struct syn_step syni_step_say(struct syn_task *public_task, struct syn_channel handle,
                              struct syni_saying saying, void *out_item)
{
    struct syni_task *task = SYNI_TASK(public_task);
    struct syni_channel *channel;
    bool served = false;
    syn_err err;

    SYNI_DRIVEN_FOR(task);
    syni_place_check(task, out_item, "an item");
    if (!syni_wait_begin(task, SYNI_WAIT_OTHER, "an item"))
        return syni_suspended;
    err = syni_channel_pin(handle, &channel);
    if (err)
        return syni_channel_task_refuse(task, err, syni_channel_refusal(err));
    syni_channel_task_ready(task, channel, out_item, true);
    if (channel_wait_closes_circle(task, false))
        return syni_suspended;
    err = syni_channel_say(channel, &saying, &task->on.port, &served);
    if (!err)
        return after_asking(task, channel, served);
    task->ops = NULL;
    channel_wait_release(task);
    return syni_channel_task_refuse(task, err, syni_channel_say_refusal(err));
}

struct syn_step syni_step_send(struct syn_task *public_task, struct syn_channel handle,
                               const void *item, struct syn_deadline deadline)
{
    struct syni_task *task = SYNI_TASK(public_task);
    struct syni_channel *channel;
    syn_err err;

    SYNI_DRIVEN_FOR(task);
    syni_place_check(task, item, "what it sends");
    if (!syni_wait_begin(task, SYNI_WAIT_OTHER, "room in a channel"))
        return syni_suspended;
    err = syni_channel_pin(handle, &channel);
    if (!err && channel->is_generator) {
        syni_channel_unpin(channel);
        err = SYN_ENOTSUP;
    }
    if (err)
        return syni_channel_task_refuse(task, err, syni_channel_refusal(err));
    syni_channel_task_ready(task, channel, (void *)(uintptr_t)item, false);
    if (channel_wait_closes_circle(task, false))
        return syni_suspended;
    if (channel_wait_is_late(task, deadline))
        return channel_wait_glance(task, syni_channel_pass(channel, &task->on.port, false));
    start_timer(task, deadline);
    return after(task, syni_channel_pass(channel, &task->on.port, true));
}

struct syn_step syni_step_close(struct syn_task *public_task, struct syn_channel handle,
                                struct syn_deadline deadline)
{
    struct syni_task *task = SYNI_TASK(public_task);
    struct syni_channel *channel =
        handle.slot ? syni_slot_take(handle.slot, handle.generation, SYNI_SLOT_PIN_ANY) : NULL;

    SYNI_DRIVEN_FOR(task);
    syni_wait_begin_asked(task, SYNI_WAIT_OTHER, "a generator's clean-up");
    if (!channel)
        return syni_channel_task_refuse(
            task, handle.slot ? syni_slot_refusal(handle.slot, SYN_OK) : SYN_OK, NULL);
    if (syni_slot_take(handle.slot, handle.generation, SYNI_SLOT_CONSUME))
        syni_channel_unpin(channel); /* the handle's; we hold ours */
    syni_channel_task_ready(task, channel, NULL, false);
    if (channel_wait_closes_circle(task, true))
        return syni_suspended;
    start_timer(task, deadline);
    if (!syni_channel_shut(channel, &task->on.port))
        return after(task, true);
    channel_wait_refuse_circles(task, channel);
    return syni_suspended;
}

struct syn_step syni_step_each_ends(struct syn_task *public_task, struct syn_channel *channel)
{
    struct syni_task *task = SYNI_TASK(public_task);
    syn_err err = task->status == SYN_EEND ? SYN_OK : task->status;
    struct syn_report *heard;

    SYNI_DRIVEN_FOR(task);
    syni_place_check(task, channel, "the channel of a loop");
    if (channel->each == 2) /* left by a break */
        return syni_step_close(public_task, *channel, syn_after(SYNI_CLOSE_LIMIT_S));
    heard = task->heard;
    task->heard = NULL;
    syni_channel_drop(*channel); /* it ended, or is closed: there is nothing to wait for */
    syni_wait_begin_asked(task, SYNI_WAIT_TURN, "its turn");
    task->status = err;
    task->heard = heard;
    syni_task_resume(task);
    return syni_suspended;
}

void syni_channel_drop(struct syn_channel handle)
{
    struct syni_channel *channel =
        handle.slot ? syni_slot_take(handle.slot, handle.generation, SYNI_SLOT_CONSUME) : NULL;

    if (!channel)
        return;
    syni_channel_shut(channel, NULL);
    syni_channel_unpin(channel);
}

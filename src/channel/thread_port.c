/* SPDX-License-Identifier: Apache-2.0
 *
 * Plain threads at channels: told in their parker, or through the door of the loop that
 * they drive meanwhile.
 *
 * Any thread. A call that would have to wait on a thread that drives a loop is refused, whatever
 * is at the other end of the channel: that may be a task of the very loop.
 */
#include "channel/thread_port.h"

#include "base/report.h"
#include "loop/role.h"
#include "task/deadline.h"
#include "task/task_resume.h"

static struct syni_thread_port *thread_port_port_of(struct syni_thread_wait *wait)
{
    return SYNI_CONTAINER(wait, struct syni_thread_port, wait);
}

void syni_thread_port_init(struct syni_thread_port *port, struct syni_channel *channel, void *item,
                           bool receives)
{
    port->port.item = item;
    port->port.receives = receives;
    port->port.choice = 0;
    port->port.wake = syni_channel_wake_thread;
    port->self = syni_self();
    port->channel = channel;
}

/* The thread drives the loop that owns the channel, and the generator sleeps at its yield: it runs next. False: it is not
 * so. As ask_generator() in channel_ask.c. */
static bool thread_port_rouses(struct syni_thread_port *port)
{
    struct syni_channel *channel = port->channel;

    if (!port->port.receives || !port->port.item || !syni_channel_is_mine(channel) || !channel->yielded ||
        syni_channel_count(channel) > 0)
        return false;
    SYNI_HOLDS_CHANNEL(channel);
    port->port.listed = false;
    syni_port_list(&port->port, &channel->receivers);
    channel->yielded = false;
    syni_task_resume(syni_core_task(channel->generator));
    return true;
}

static bool thread_port_list(struct syni_thread_wait *wait)
{
    struct syni_thread_port *port = thread_port_port_of(wait);

    if (thread_port_rouses(port))
        return true;
    return !syni_channel_pass(port->channel, &port->port, true);
}

/* From here on the port is under the lock, as this thread drives no more. */
static void thread_port_leave(struct syni_thread_wait *wait)
{
    struct syni_channel *channel = thread_port_port_of(wait)->channel;

    if (syni_channel_is_mine(channel))
        syni_channel_give_up(channel);
}

bool syni_thread_port_withdraw(struct syni_thread_wait *wait, enum syn_origin origin)
{
    struct syni_thread_port *port = thread_port_port_of(wait);

    (void)origin;
    return syni_channel_withdraw(port->channel, &port->port);
}

/* A consumer that found that the generator is wanted, and may run it: it was SERVED before, or
 * not. */
static bool list_and_stir(struct syni_thread_wait *wait)
{
    struct syni_thread_port *port = thread_port_port_of(wait);

    if (!port->served)
        return thread_port_list(wait);
    syni_channel_stir(port->channel);
    return false;
}

static bool thread_port_leads(struct syni_thread_wait *wait, struct syni_walk *walk)
{
    return syni_channel_leads(thread_port_port_of(wait)->channel, walk);
}

static const struct syni_thread_wait_ops thread_port_ops = {thread_port_list,
                                                            syni_thread_port_withdraw, NULL, NULL};
static const struct syni_thread_wait_ops stir_ops = {list_and_stir, syni_thread_port_withdraw, NULL, NULL};

/* PORT is passed without the channel's lock, now or in a little while; false: nothing happened. */
static bool flow(struct syni_thread_port *port)
{
    struct syni_ring *ring = &port->channel->ring;
    bool (*may)(void *) = port->port.receives ? syni_ring_may_pop : syni_ring_may_push;

    if (syni_channel_flow(port->channel, &port->port))
        return true;
    return !may(ring) && syni_spin(&syni_parker_of(port->self)->patience, may, ring) &&
           syni_channel_flow(port->channel, &port->port);
}

/* PORT is passed if it need not wait, and nothing begins. */
static bool thread_port_glance(struct syni_thread_port *port)
{
    bool stir;

    return port->port.receives ? syni_channel_take(port->channel, &port->port, &stir)
                               : syni_channel_pass(port->channel, &port->port, false);
}

/* Nothing is in it, so that its generator is wanted, if it has not ended: it is asked under the lock, if it must be. Only a
 * look; what a thread begins that runs a job, or is in a callback, may be refused. */
static bool thread_port_sees_nothing(const struct syni_thread_port *port)
{
    return port->port.receives && syni_channel_count(port->channel) == 0 && !port->self->worker &&
           !port->self->draining;
}

/* Where callers may drive, a caller that must wait for a generator, or finds it half empty, takes the role
 * of its loop and runs it: no other thread is involved. */
static syn_err thread_port_ask(struct syni_thread_port *port, int64_t deadline)
{
    bool stir = thread_port_sees_nothing(port);

    port->served = !stir && syni_channel_take(port->channel, &port->port, &stir);
    if (port->served && !stir)
        return syni_thread_port_answer(port);
    port->wait.may_drive = stir;
    port->wait.runs_ahead = true;
    port->wait.deadline = deadline;
    return syni_thread_port_wait(port, &stir_ops);
}

static syn_err pass(struct syni_thread_port *port, int64_t deadline)
{
    if (syni_deadline_passed(port->self, deadline))
        return thread_port_glance(port) ? syni_thread_port_answer(port)
                                        : syni_job_timed_out(port->self);
    syni_thread_wait_init(&port->wait);
    port->wait.deadline = deadline;
    port->served = false;
    if (port->channel->home)
        return thread_port_ask(port, deadline);
    return syni_thread_port_wait(port, &thread_port_ops);
}

/* In a callback of the mailbox that consumes what the thread sends. */
static bool is_drained_here(struct syni_thread_port *port)
{
    const struct syni_draining *here = port->self->draining;
    const struct syn_mailbox *mailbox =
        here && !port->port.receives ? syni_channel_mailbox(port->channel) : NULL;

    while (here && here->mailbox != mailbox)
        here = here->outer;
    return mailbox && here;
}

static syn_err refuse_in_drain(const struct syni_thread_port *port)
{
    return syni_refuse(SYN_EDEADLK,
                       "waiting for room in a channel that the mailbox '%s' consumes, in a callback of "
                       "that, would wait for itself; write channel_try_send(channel, &item) there",
                       port->self->draining->name);
}

syn_err syni_thread_port_pass(struct syni_thread_port *port, struct syn_deadline deadline,
                              const char *instead)
{
    struct syni_self *self = port->self;
    syn_err err;

    if (self->driving) {
        if (syni_channel_pass(port->channel, &port->port, false))
            return syni_thread_port_answer(port);
        return syni_thread_port_refuse_wait(instead);
    }
    err = self->worker ? syni_job_heeds(self) : SYN_OK;
    if (err || flow(port))
        return err;
    if (is_drained_here(port))
        return syni_channel_pass(port->channel, &port->port, false) ? syni_thread_port_answer(port)
                                                                    : refuse_in_drain(port);
    return pass(port, syni_deadline_of(self, deadline.ns));
}

syn_err syni_thread_port_wait(struct syni_thread_port *port, const struct syni_thread_wait_ops *how)
{
    const struct syni_channel *channel = port->channel;
    syn_err err;

    port->wait.ops = how;
    port->wait.leave = thread_port_leave;
    port->wait.reason = SYN_BY_DEADLINE;
    port->wait.source.home = channel->home;
    port->wait.source.name = channel->name ? channel->name : "a channel";
    port->wait.source.is_job = channel->is_generator && !channel->home;
    if (channel->is_generator && (port->port.receives || !port->port.item)) /* an item, or a close */
        port->wait.leads = thread_port_leads;
    err = syni_thread_wait(port->self, &port->wait);
    return err ? err : syni_thread_port_answer(port);
}

syn_err syni_thread_port_refuse(syn_err err)
{
    return syni_refuse(err, "%s", syni_channel_refusal(err));
}

syn_err syni_thread_port_name_missing(syn_err err, const void *item)
{
    return err == SYN_EINVAL && !item ? syni_refuse(err, "there is no place for an item: NULL")
                                      : err;
}

syn_err syni_thread_port_outcome(struct syni_channel *channel, syn_err err)
{
    enum syn_origin origin;
    struct syn_report *report;

    if (!err || err == SYN_EEND)
        return err;
    if (err == SYN_ECLOSED)
        return syni_thread_port_refuse(err);
    report = syni_channel_report(channel, err, &origin);
    return syni_report_keep(err, origin, report);
}

syn_err syni_thread_port_answer(struct syni_thread_port *port)
{
    return syni_thread_port_outcome(port->channel, port->port.status);
}

syn_err syni_thread_port_refuse_wait(const char *what)
{
    return syni_refuse(SYN_EDEADLK,
                       "waiting at a channel on a thread that drives '%s' could wait for itself; "
                       "write %s there",
                       syni_role_driving_now()->loop->name, what);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Plain threads at channels: told in their parker, or through the door of the loop that
 * they drive meanwhile.
 *
 * Any thread. Who would have to wait on a thread that drives a loop is refused, whatever
 * is at the other end of the channel: that may be a task of the very loop.
 */
#include "facade/thread_port.h"

#include "base/report.h"
#include "pool/pool.h"

static void arrives(struct syni_job *job)
{
    struct syni_thread_port *thread = SYNI_CONTAINER(job, struct syni_thread_port, told);

    syni_parker_wake(thread->parker, &thread->waiter.done);
}

static void wake_port(struct syni_port *port)
{
    struct syni_thread_port *thread = SYNI_CONTAINER(port, struct syni_thread_port, port);

    if (!thread->drives || syni_drives(thread->drives))
        thread->waiter.waiter.wake(&thread->waiter.waiter);
    else if (!syni_loop_post(thread->drives, &thread->told))
        arrives(&thread->told); /* it died meanwhile, and he left it */
}

void syni_thread_port_init(struct syni_thread_port *port, void *item, bool receives)
{
    port->port.item = item;
    port->port.receives = receives;
    port->port.select = NULL;
    port->port.wake = wake_port;
    syni_thread_waiter_init(&port->waiter);
    port->parker = port->waiter.parker;
    port->drives = NULL;
    port->told.run = arrives;
}

bool syni_thread_port_flow(struct syni_channel *channel, struct syni_thread_port *port)
{
    bool (*may)(void *) = port->port.receives ? syni_ring_may_pop : syni_ring_may_push;

    if (syni_channel_flow(channel, &port->port))
        return true;
    return !may(&channel->ring) && syni_spin(&port->parker->patience, may, &channel->ring) &&
           syni_channel_flow(channel, &port->port);
}

syn_err syni_refuse_channel(syn_err err)
{
    return syni_refuse(err, "%s", syni_channel_refusal(err));
}

syn_err syni_name_missing_item(syn_err err, const void *item)
{
    return err == SYN_EINVAL && !item ? syni_refuse(err, "there is no place for an item: NULL")
                                      : err;
}

syn_err syni_thread_port_answer(struct syni_channel *channel, struct syni_thread_port *port)
{
    syn_err err = port->port.status;
    enum syn_origin origin;
    struct syn_report *report;

    if (!err || err == SYN_EEND)
        return err;
    if (err == SYN_ECLOSED)
        return syni_refuse_channel(err);
    report = syni_channel_report(channel, err, &origin);
    return syni_report_keep(err, origin, report);
}

syn_err syni_timed_out(void)
{
    return syni_report_keep(SYN_ETIMEDOUT, SYN_BY_DEADLINE,
                            syni_report_new(SYN_ETIMEDOUT, SYN_BY_DEADLINE, NULL));
}

syn_err syni_thread_port_wait(struct syni_channel *channel, struct syni_thread_port *port,
                              int64_t deadline)
{
    bool in_time;

    syni_worker_block();
    in_time = syni_clock_sleep(&port->waiter.done, deadline);
    syni_worker_unblock();
    if (!in_time) {
        SYNI_DELAY(deadline_passed);
        if (syni_channel_withdraw(channel, &port->port))
            return syni_timed_out();
        syni_clock_sleep(&port->waiter.done, SYNI_NEVER);
    }
    return syni_thread_port_answer(channel, port);
}

syn_err syni_refuse_wait(const char *what)
{
    return syni_refuse(SYN_EDEADLK,
                       "waiting at a channel on a thread that drives '%s' could wait for itself; "
                       "write %s there",
                       syni_driving_now()->loop->name, what);
}

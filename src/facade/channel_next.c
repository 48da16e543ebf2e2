/* SPDX-License-Identifier: Apache-2.0
 *
 * Consumers in plain threads.
 *
 * Any thread. Where callers may drive, and nobody does, a thread that must wait for a
 * generator takes the role of its loop and runs it: no other thread is involved. A
 * generator that waits to be asked is no reason for anybody to drive, so the role is free
 * again for the next item.
 */
#include "facade/driver.h"
#include "facade/thread_port.h"

#include "base/report.h"
#include "pool/pool.h"

/* Runs the generator of CHANNEL by turns of its loop, which this thread drives, until PORT,
 * which is listed, was served. False: it was withdrawn, time is up. */
static bool turn_until_served(struct syni_channel *channel, struct syni_thread_port *port,
                              int64_t deadline)
{
    struct syni_loop *loop = port->drives;

    while (!port->waiter.done && !loop->died) {
        syni_loop_turn(loop, deadline);
        if (deadline == SYNI_NEVER || port->waiter.done || syni_loop_now(loop) < deadline)
            continue;
        if (syni_channel_withdraw(channel, &port->port))
            return false;
        deadline = SYNI_NEVER; /* it is being served */
    }
    return true;
}

/* The loop died: whoever serves PORT from now on wakes a thread that sleeps. */
static void fall_back(struct syni_channel *channel, struct syni_thread_port *port)
{
    syni_mutex_lock(&channel->lock);
    if (!syni_list_empty(&port->port.link)) {
        port->drives = NULL;
        port->waiter.parker = port->parker;
    }
    syni_mutex_unlock(&channel->lock);
}

/* The generator runs ahead on this thread for about as long as it takes to hand the role to
 * the dedicated one, which has the rest. The count is for a virtual clock, which stands. */
static void run_ahead(struct syni_loop *loop)
{
    enum { HAND_OVER_NS = 20000, TURNS = 16 };
    int64_t until;

    if (!loop->ready.first)
        return;
    until = syni_deadline_in(syni_loop_now(loop), HAND_OVER_NS);
    for (int i = 0; i < TURNS && loop->ready.first && !loop->died; i++) {
        syni_loop_turn(loop, 0);
        if (syni_loop_now(loop) >= until)
            return;
    }
}

/* This thread took the role of the generator's loop. If PORT is SERVED already, it is to
 * fill the channel again. */
static syn_err drive(struct syni_channel *channel, struct syni_thread_port *port, bool served,
                     int64_t deadline)
{
    struct syni_loop *loop = &channel->home->loop;
    struct syni_drive drive;
    bool in_time = true;

    port->waiter.parker = NULL;
    port->waiter.loop = loop;
    port->drives = loop;
    syni_drive_begin(&drive, loop);
    if (served) {
        syni_channel_stir(channel);
    } else if (!syni_channel_pass(channel, &port->port, true)) {
        syni_worker_block();
        in_time = turn_until_served(channel, port, deadline);
        syni_worker_unblock();
        if (in_time && !port->waiter.done)
            fall_back(channel, port);
        served = !in_time || port->waiter.done;
    } else {
        served = true;
    }
    run_ahead(loop);
    syni_drive_end(&drive);
    if (!served)
        syni_clock_sleep(&port->waiter.done, SYNI_NEVER);
    return in_time ? syni_thread_port_answer(channel, port) : syni_timed_out();
}

/* Of a generator: who may drive its loop, and must wait or finds it half empty, does. */
static syn_err ask(struct syni_channel *channel, struct syni_thread_port *port, int64_t deadline)
{
    bool stir, served = syni_channel_take(channel, &port->port, &stir);

    if (stir && syni_loop_try_drive(&channel->home->loop))
        return drive(channel, port, served, deadline);
    if (served && stir)
        syni_channel_stir(channel);
    if (served || syni_channel_pass(channel, &port->port, true))
        return syni_thread_port_answer(channel, port);
    return syni_thread_port_wait(channel, port, deadline);
}

static syn_err next(struct syni_channel *channel, void *out_item, struct syn_deadline deadline)
{
    bool may_wait = !syni_driving_now();
    struct syni_thread_port port;

    syni_thread_port_init(&port, out_item, true);
    if (may_wait && syni_thread_port_flow(channel, &port))
        return SYN_OK;
    if (channel->home && may_wait)
        return ask(channel, &port, syni_deadline_here(deadline.ns));
    if (syni_channel_pass(channel, &port.port, may_wait))
        return syni_thread_port_answer(channel, &port);
    if (!may_wait)
        return syni_refuse_wait("co_next(channel, &item)");
    return syni_thread_port_wait(channel, &port, syni_deadline_here(deadline.ns));
}

syn_err syni_channel_fetch(struct syn_channel handle, void *out_item, struct syn_deadline deadline)
{
    struct syni_channel *channel;
    syn_err err = syni_channel_pin(handle, &channel);

    if (err)
        return syni_refuse_channel(err);
    err = next(channel, out_item, deadline);
    syni_channel_unpin(channel);
    return err;
}

static syn_err end_or_error(syn_err err, const void *item)
{
    return err == SYN_EEND ? syni_answer(err) : syni_name_missing_item(err, item);
}

syn_err syni_channel_next(struct syn_channel handle, void *out_item, struct syn_deadline deadline)
{
    return end_or_error(syni_channel_fetch(handle, out_item, deadline), out_item);
}

/* As next(); what would have to wait where it must not is refused before anything is said. */
static syn_err talk(struct syni_channel *channel, const struct syni_saying *saying, void *out_item,
                    struct syn_deadline deadline)
{
    struct syni_thread_port port;
    bool served = false;
    syn_err err;

    if (syni_driving_now())
        return syni_refuse_wait("co_generator_send(channel, &value, &item)");
    syni_thread_port_init(&port, out_item, true);
    err = syni_channel_say(channel, saying, &port.port, &served);
    if (err)
        return syni_refuse(err, "%s", syni_saying_refusal(err));
    return served ? syni_thread_port_answer(channel, &port)
                  : syni_thread_port_wait(channel, &port, syni_deadline_here(deadline.ns));
}

syn_err syni_generator_say(struct syn_channel handle, struct syni_saying saying, void *out_item,
                           struct syn_deadline deadline)
{
    struct syni_channel *channel;
    syn_err err = syni_channel_pin(handle, &channel);

    if (err)
        return syni_refuse_channel(err);
    err = talk(channel, &saying, out_item, deadline);
    syni_channel_unpin(channel);
    return end_or_error(err, out_item);
}

syn_err syni_channel_try_next(struct syn_channel handle, void *out_item)
{
    struct syni_channel *channel;
    struct syni_thread_port port;
    syn_err err = syni_channel_pin(handle, &channel);

    if (err)
        return syni_refuse_channel(err);
    syni_thread_port_init(&port, out_item, true);
    err = syni_channel_pass(channel, &port.port, false) ? syni_thread_port_answer(channel, &port)
                                                        : syni_answer(SYN_EAGAIN);
    syni_channel_unpin(channel);
    return end_or_error(err, out_item);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * A plain thread at a channel, and how it is woken.
 */
#ifndef SYNI_THREAD_PORT_H
#define SYNI_THREAD_PORT_H

#include "thread/thread_waits.h"
#include "channel/channel.h"

/* Lies on the thread's stack. */
struct syni_thread_port {
    struct syni_port port;
    struct syni_thread_wait wait;
    struct syni_self *self;
    struct syni_channel *channel;
    bool served; /* before it waits */
};

/* ITEM comes to the thread, or goes from it to CHANNEL, until DEADLINE. */
void syni_thread_port_init(struct syni_thread_port *port, struct syni_channel *channel, void *item,
                           bool receives);

/* The calling thread has nothing to look at before an item flows, and needs no port for that. */
static inline bool syni_thread_port_flows(void)
{
    const struct syni_self *self = syni_self();

    return !self->driving && !self->worker;
}

/* Passes PORT, waiting until DEADLINE if it must, and tells how that ended. A step, which must not
 * wait, is told to write INSTEAD. */
syn_err syni_thread_port_pass(struct syni_thread_port *port, struct syn_deadline deadline,
                              const char *instead);

/* Waits by OPS until PORT was served, and tells how that ended; what OPS says by port->wait. */
syn_err syni_thread_port_wait(struct syni_thread_port *port,
                              const struct syni_thread_wait_ops *ops);

/* PORT is withdrawn, for struct syni_thread_wait_ops. */
bool syni_thread_port_withdraw(struct syni_thread_wait *wait, enum syn_origin origin);

/* STATUS, which a port at CHANNEL was told, with its report, for this thread. */
syn_err syni_thread_port_outcome(struct syni_channel *channel, syn_err status);

/* What PORT was told, with its report, for this thread. */
syn_err syni_thread_port_answer(struct syni_thread_port *port);

/* As syn_channel_next(), for a loop: its end is none of the thread's errors. */
syn_err syni_channel_fetch(struct syn_channel handle, void *out_item, struct syn_deadline deadline);

/* In words. */
syn_err syni_thread_port_refuse(syn_err err);
/* ERR, and if it came of ITEM being NULL a report that says so. */
syn_err syni_thread_port_name_missing(syn_err err, const void *item);
syn_err syni_thread_port_refuse_wait(const char *what);

#endif

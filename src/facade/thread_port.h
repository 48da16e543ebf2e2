/* SPDX-License-Identifier: Apache-2.0
 *
 * A plain thread at a channel, and how it hears of it.
 */
#ifndef SYNI_THREAD_PORT_H
#define SYNI_THREAD_PORT_H

#include "facade/home.h"
#include "task/channel.h"

/* Lies on the thread's stack. */
struct syni_thread_port {
    struct syni_port port;
    struct syni_thread_waiter waiter;
    struct syni_parker *parker; /* of the thread, also while it drives */
    struct syni_loop *drives;   /* a loop, while it waits; NULL: it sleeps */
    struct syni_job told;       /* to it, by another thread */
};

/* ITEM comes to the thread, or from it. */
void syni_thread_port_init(struct syni_thread_port *port, void *item, bool receives);

/* PORT is listed: sleeps until it was served, or time is up. */
syn_err syni_thread_port_wait(struct syni_channel *channel, struct syni_thread_port *port,
                              int64_t deadline);

/* PORT is passed without the channel's lock, now or in a little while; false: nothing happened. */
bool syni_thread_port_flow(struct syni_channel *channel, struct syni_thread_port *port);

/* What PORT was told, with its report, for this thread. */
syn_err syni_thread_port_answer(struct syni_channel *channel, struct syni_thread_port *port);

/* As syn_channel_next(), for a loop: its end is none of the thread's errors. */
syn_err syni_channel_fetch(struct syn_channel handle, void *out_item, struct syn_deadline deadline);

/* In words. */
syn_err syni_timed_out(void);
syn_err syni_refuse_channel(syn_err err);
/* ERR, and if it came of ITEM being NULL a report that says so. */
syn_err syni_name_missing_item(syn_err err, const void *item);
syn_err syni_refuse_wait(const char *what);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * A task's port at a channel, for the files that have tasks wait there.
 */
#ifndef SYNI_CHANNEL_TASK_H
#define SYNI_CHANNEL_TASK_H

#include "channel/channel.h"
#include "task/wait.h"

/* How such a wait is left and collected; and how its port is woken. */
extern const struct syni_wait_ops syni_channel_task_ops;
void syni_channel_task_wake(struct syni_port *port);

/* TASK, which runs its step, asks CHANNEL, which it holds. Driver. */
struct syn_step syni_channel_task_next(struct syni_task *task, struct syni_channel *channel, void *out_item,
                                       struct syn_deadline deadline);

/* A wait of TASK that ends at once, since there is no channel: ERR, because of WHY. Driver. */
struct syn_step syni_channel_task_refuse(struct syni_task *task, syn_err err, const char *why);

/* TASK, which holds CHANNEL, has its port ready to be listed there. Driver. */
static inline void syni_channel_task_ready(struct syni_task *task, struct syni_channel *channel, void *item,
                                           bool receives)
{
    SYNI_DRIVEN_FOR(task);
    task->on.port.channel = channel;
    task->own_channel = false;
    task->port_withdrawn = false;
    task->port_expired = false;
    task->port_refused = false;
    task->on.port.item = item;
    task->on.port.receives = receives;
    task->on.port.choice = 0;
    task->on.port.wake = syni_channel_task_wake;
    task->ops = &syni_channel_task_ops;
}

#endif

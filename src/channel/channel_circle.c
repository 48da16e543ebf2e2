/* SPDX-License-Identifier: Apache-2.0
 *
 * Channels in circles of waiting: what a wait at one depends on. See circle.h and chain.h.
 *
 * Any thread, but for the two that look at chains, which are the driver's.
 */
#include "circle/chain.h"
#include "channel/channel.h"
#include "circle/circle.h"

#include <stddef.h>

#include "base/report.h"

/* NULL: it has none, or that has ended. */
static struct syni_core *hold_generator(struct syni_channel *channel)
{
    struct syni_core *generator;

    if (!channel->is_generator)
        return NULL;
    syni_mutex_lock(&channel->lock);
    generator = channel->generator;
    if (generator)
        syni_core_hold(generator);
    syni_mutex_unlock(&channel->lock);
    return generator;
}

/* The same only if it does not live on HOME. One that does, *OUT_OURS, does not end now. */
static struct syni_core *hold_generator_elsewhere(struct syni_channel *channel,
                                                  const struct syni_home *home,
                                                  const struct syni_task **out_ours)
{
    struct syni_core *generator;
    const struct syni_task *task;

    syni_mutex_lock(&channel->lock);
    generator = channel->generator;
    task = generator ? syni_core_task(generator) : NULL;
    *out_ours = task && task->home == home ? task : NULL;
    if (generator && !*out_ours)
        syni_core_hold(generator);
    syni_mutex_unlock(&channel->lock);
    return *out_ours ? NULL : generator;
}

bool syni_channel_leads(struct syni_channel *channel, struct syni_walk *walk)
{
    const struct syni_task *ours;
    struct syni_core *generator;
    bool leads;

    if (!channel->is_generator)
        return false;
    generator = hold_generator_elsewhere(channel, walk->home, &ours);
    if (!generator)
        return ours && syni_chain_leads(ours, walk);
    leads = syni_chain_core_leads(generator, walk);
    syni_core_unpin(generator);
    return leads;
}

syn_err syni_channel_depend(struct syni_channel *channel, uint64_t mark,
                            struct syn_report **out_report)
{
    struct syni_core *generator = mark ? hold_generator(channel) : NULL;
    syn_err err = SYN_OK;

    if (generator) {
        err = syni_circle_depend(mark, generator, out_report);
        syni_core_unpin(generator);
    }
    return err;
}

static syn_err channel_depend_on_room(struct syni_channel *channel, uint64_t mark,
                                      struct syn_report **out_report)
{
    const struct syn_mailbox *mailbox = syni_channel_mailbox(channel);
    const char *name, *function;

    if (!mailbox || !syni_circle_is_drained(mark, mailbox, &name, &function))
        return SYN_OK;
    *out_report = syni_report_format(SYN_EDEADLK, SYN_BY_LIBRARY,
                                     "room is made by drains of the mailbox '%s', and a callback in one "
                                     "waits for %s, which waits for that room; write future_then(...) "
                                     "there",
                                     name, function);
    return SYN_EDEADLK;
}

syn_err syni_channel_depend_by(struct syni_channel *channel, const struct syni_port *port,
                               uint64_t mark, struct syn_report **out_report)
{
    return port->receives || !port->item ? syni_channel_depend(channel, mark, out_report)
                                         : channel_depend_on_room(channel, mark, out_report);
}

syn_err syni_channel_look_at(struct syni_channel *channel, uint64_t mark,
                          struct syn_report **out_report)
{
    struct syni_core *generator = mark ? hold_generator(channel) : NULL;
    syn_err err = SYN_OK;

    if (generator) {
        err = syni_circle_look_at(mark, generator, out_report);
        syni_core_unpin(generator);
    }
    return err;
}

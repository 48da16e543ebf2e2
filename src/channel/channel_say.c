/* SPDX-License-Identifier: Apache-2.0
 *
 * Talking back to a generator.
 *
 * Any thread, under the channel's lock. A saying goes into the generator's frame at once,
 * and only while that waits at its yield and nobody else asks; so there is never one that
 * nobody hears, and the next item is the answer to it. Discarded: a saying that waits in
 * line with its port. After one that gave up, the items and the sayings would no longer
 * belong together.
 */
#include "channel/channel.h"

#include <stddef.h>

#include "base/report.h"

const char *syni_channel_say_refusal(syn_err err)
{
    if (err == SYN_EINVAL)
        return "no yield waits for it yet: ask for the first item with channel_next";
    if (err == SYN_EBUSY)
        return "another consumer waits, or an answer is still to be fetched with channel_next";
    return "this generator does not declare SYN_SENDS";
}

/* There is a generator, though maybe not at its yield; else consumers are told why. */
static bool hears(const struct syni_channel *channel)
{
    SYNI_HOLDS_CHANNEL(channel);
    return !channel->closed && channel->generator;
}

static syn_err may_say(const struct syni_channel *channel)
{
    SYNI_HOLDS_CHANNEL(channel);
    if (!channel->hear)
        return SYN_ENOTSUP;
    if (!hears(channel))
        return SYN_OK;
    if (!channel->started)
        return SYN_EINVAL;
    return channel->yielded && syni_channel_count(channel) == 0 ? SYN_OK : SYN_EBUSY;
}

static void channel_say_say(struct syni_channel *channel, const struct syni_saying *saying,
                            struct syn_report *report)
{
    SYNI_HOLDS_CHANNEL(channel);
    SYNI_SURE(channel->yielded && syni_channel_count(channel) == 0);
    if (!saying->err)
        channel->hear((struct syn_task *)(void *)syni_core_task(channel->generator), saying->value);
    channel->thrown = saying->err;
    channel->thrown_report = report;
}

syn_err syni_channel_say(struct syni_channel *channel, const struct syni_saying *saying,
                         struct syni_port *port, bool *out_served)
{
    struct syn_report *report =
        saying->err ? syni_report_new(saying->err, SYN_BY_TASK, saying->message) : NULL;
    struct syni_channel_after after = {.served = NULL};
    syn_err err;

    port->listed = false;
    syni_channel_lock(channel);
    err = may_say(channel);
    if (!err && hears(channel)) {
        channel_say_say(channel, saying, report);
        report = NULL;
    }
    *out_served = !err && syni_channel_serve_locked(channel, port, &after);
    if (!err && !*out_served)
        syni_channel_list_locked(channel, port, &after);
    after.waits = port->listed;
    syni_channel_unlock(channel);
    syni_channel_do_after(channel, &after);
    syni_report_free(report);
    return err;
}

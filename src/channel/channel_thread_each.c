/* SPDX-License-Identifier: Apache-2.0
 *
 * syn_channel_each(): a loop over a channel in a plain thread.
 *
 * A thread's own. The macro's two `for` statements ask here before, between and after.
 */
#include <synchronicity/channel.h>

#include "channel/thread_port.h"
#include "channel/channel.h"

enum { CHANNEL_EACH_BEFORE, CHANNEL_EACH_INSIDE, RAN_OUT, CLOSED };

struct syni_each syni_each_begin(struct syn_channel channel, syn_err *out_err, int open)
{
    struct syni_each each = {channel, out_err, open, CHANNEL_EACH_BEFORE};

    if (out_err)
        *out_err = SYN_OK;
    return each;
}

static void channel_each_say(struct syni_each *each, syn_err err)
{
    if (each->out_err)
        *each->out_err = err;
}

int syni_each_goes_on(struct syni_each *each)
{
    syn_err err;

    if (each->state == CHANNEL_EACH_BEFORE) {
        each->state = CHANNEL_EACH_INSIDE;
        return 1;
    }
    if (each->open) {
        each->state = CLOSED;
        return 0;
    }
    if (each->state == CHANNEL_EACH_INSIDE) { /* left by a break */
        err = syni_channel_close(each->channel, syn_after(SYNI_CLOSE_LIMIT_S));
        channel_each_say(each, err == SYN_EAGAIN ? SYN_OK : err);
    } else {
        syni_channel_drop(each->channel);
    }
    each->state = CLOSED;
    return 0;
}

int syni_each_next(struct syni_each *each, void *out_item)
{
    syn_err err = syni_channel_fetch(each->channel, out_item, syn_never());

    if (!err)
        return 1;
    each->state = RAN_OUT;
    channel_each_say(each, err == SYN_EEND ? SYN_OK : err);
    return 0;
}

void syni_each_leave(struct syni_each *each)
{
    if (each->state == CHANNEL_EACH_INSIDE)
        syni_each_goes_on(each);
}

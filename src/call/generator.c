/* SPDX-License-Identifier: Apache-2.0
 *
 * Making a generator: a frame, and the channel that owns it.
 *
 * Any thread. The task is launched by the channel, when it is first asked.
 */
#include "call/call.h"
#include "channel/channel.h"

#include "base/report.h"

/* Its synchronizer is closed by now: as a call that was accepted too late. */
static void generator_start(struct syni_channel *channel)
{
    struct syni_task *task = syni_core_task(channel->generator);

    if (!syni_call_launch(task))
        syni_call_refused(task);
}

syn_err syni_generator_new_on(const struct syn_generator *generator, struct syni_home *home,
                              struct syn_channel *out_channel, struct syni_channel **out_own,
                              struct syni_task **out_task)
{
    struct syn_future future;
    struct syni_channel *channel;

    if (generator->item.abi != SYNI_ABI_OF(syn_generator))
        return SYN_EABI;
    channel = syni_channel_make(&generator->item, 0, 1, out_channel);
    if (!channel)
        return SYN_ENOMEM;
    *out_task = syni_call_new_on(&generator->function, home, &future);
    if (!*out_task) {
        syni_channel_unpin(channel);
        return SYN_ENOMEM;
    }
    syni_channel_adopt_task(channel, *out_task, generator, generator_start);
    channel->made_call = syni_core_call(&(*out_task)->core);
    syni_channel_made_at(channel, generator->function.file, generator->function.line);
    *out_own = channel;
    return SYN_OK;
}

struct syn_task *syni_generator_new(const struct syn_generator *generator,
                                    struct syn_channel *out_channel,
                                    struct syni_channel **out_own)
{
    struct syni_home *home;
    struct syni_task *task;
    syn_err err = syni_call_home(&generator->function, &home);

    if (!err)
        err = syni_generator_new_on(generator, home, out_channel, out_own, &task);
    if (!err)
        return (struct syn_task *)(void *)task;
    *out_channel = (struct syn_channel){NULL, (uint32_t)err, 0};
    return NULL;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocking generators: a job that is the producer of a channel.
 *
 * The channel starts it when it is first asked, and ends with its core, as with a task's.
 * The job holds the channel until its body has returned, which may be after it was abandoned
 * and the channel has ended. A yield sleeps on the worker's thread, told by the channel
 * or by the canceller of the job: by that one of the two that ended its wait for demand.
 */
#include <synchronicity/blocking_generator.h>

#include "job/job.h"
#include "thread/thread_waits.h"
#include "channel/channel.h"
#include "pool/pool_post.h"

static struct syni_pool_job *producer(struct syni_channel *channel)
{
    return SYNI_CONTAINER(channel->generator, struct syni_pool_job, core);
}

/* By the first consumer, and in the middle of its call: it has a deadline of its own, or does not
 * wait at all; and if it ran the job it could not fetch what that yields. */
static void job_generator_start(struct syni_channel *channel)
{
    syni_job_post(producer(channel), false);
}

static void job_generator_go_on(struct syni_core *core)
{
    syni_thread_told(SYNI_CONTAINER(core, struct syni_pool_job, core)->yields);
}

struct syn_job *syni_job_generator_new(const struct syn_blocking_generator *generator,
                                       struct syn_pool *pool, struct syn_channel *out_channel)
{
    struct syn_future future;
    struct syni_channel *channel;
    struct syni_pool_job *job = NULL;

    if (generator->blocking.abi != SYNI_ABI_OF(syn_blocking) ||
        generator->item.abi != SYNI_ABI_OF(syn_blocking_generator)) {
        *out_channel = (struct syn_channel){NULL, SYN_EABI, 0};
        return NULL;
    }
    channel = syni_channel_make(&generator->item, 0, 1, out_channel);
    if (channel)
        job = syni_job_make(&generator->blocking, pool, &future);
    if (channel && !job) {
        syni_channel_unpin(channel);
        *out_channel = (struct syn_channel){NULL, future.generation, 0};
    }
    if (!job)
        return NULL;
    job->channel = channel;
    job->work.pool = syni_pool_of(job->pool); /* it may be asked before it is posted */
    job->work.known = true; /* a close of the channel cancels it, while another's demand posts it */
    syni_slot_take(channel->slot, syni_slot_generation(channel->slot), SYNI_SLOT_PIN);
    syni_channel_adopt(channel, &job->core, job_generator_start, job_generator_go_on);
    channel->made_call = syni_core_call(&job->core);
    syni_channel_made_at(channel, generator->blocking.file, generator->blocking.line);
    return (struct syn_job *)(void *)job;
}

void syni_job_generator_ready(struct syn_job *job, struct syn_strand *strand)
{
    SYNI_JOB(job)->work.strand = strand;
}

/* The worker's thread, in a yield: until there is demand, or the job is to end. */
struct yield {
    struct syni_thread_wait wait;
    struct syni_pool_job *job;
};

static bool stop_yielding(struct syni_thread_wait *wait, enum syn_origin origin)
{
    (void)origin;
    return syni_channel_stop_yielding(SYNI_CONTAINER(wait, struct yield, wait)->job->channel);
}

int syni_job_yield(struct syn_job *public_job, void *item)
{
    static const struct syni_thread_wait_ops ops = {NULL, stop_yielding, NULL, NULL};
    struct syni_pool_job *job = SYNI_JOB(public_job);
    struct yield yield = {.wait = {.ops = &ops,
                                   .source = {.name = "demand for its next item"},
                                   .deadline = SYNI_NEVER},
                          .job = job};
    struct syni_self *self = syni_self();

    syni_thread_waiter_init(self, &yield.wait.waiter);
    /* cppcheck-suppress autoVariables ; nobody knows it any more when we return */
    job->yields = &yield.wait.waiter;
    if (!syni_channel_yield(job->channel, item, syn_pool_job_cancelled()))
        syni_thread_wait(self, &yield.wait);
    return syn_pool_job_cancelled() || syni_channel_is_closed(job->channel);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Jobs in circles of waiting. See circle/search.h and circle.h.
 *
 * A job waits in its thread, and what it waits for is looked at by any thread: the wait lies on that thread's
 * stack, is known to the job's work from the moment when it is listed, and a thread that looks holds the work
 * meanwhile (pool.h), so that the wait is not left. A job that waits for its turn at a strand waits for the job
 * that has the turn.
 *
 * A wait becomes known first, then draws a number, and then looks, as a task's does. A thread that looks at it meanwhile lets
 * it finish that, which a task does in one step of its loop: or two that close a circle would both be
 * refused, since the one could not see yet that the other searches. That of a call becomes known
 * before its task begins, which so waits later, and closes what there is to close: so a call, which could
 * not be left before its task has ended, is never refused. A free becomes known before it asks what lives there
 * to end, so that the request is found to go round; and looks afterwards, for what cleans up and waits for the
 * job.
 *
 * Nobody waits for a thread of the program that runs no job, so that it is in no circle; nobody in
 * particular serves a yield. Discarded: a mark that a job passes on, as those of steps that block do: a task
 * has one, and many jobs may wait for it at once.
 */
#include "thread/job_wait.h"
#include "thread/thread_waits.h"

#include <stddef.h>

#include "base/report.h"
#include "circle/search.h"
#include "task/task_cancel.h"

bool syni_job_wait_leads(struct syni_thread_wait *wait, struct syni_walk *walk)
{
    if (wait->leads)
        return wait->leads(wait, walk);
    return wait->source.core && syni_chain_core_leads(wait->source.core, walk);
}

/* Nobody waits for JOB: see search_is_idle(). One that was asked to end may have been so by who ends its pool. */
static bool job_is_idle(const struct syni_pool_job *job)
{
    return job->work.asked == 0 && !job->work.strand && !job->channel && !job->work.pool->all_wait &&
           !syni_core_is_awaited(&job->core);
}

/* A wait that no request ends, a call or a free, becomes known before it begins. */
void syni_job_wait_begins(struct syni_thread_wait *wait)
{
    wait->watched = syni_pool_job_from(wait->self->worker->work);
    if (!wait->watched || !(wait->leads || wait->source.core)) {
        wait->watched = NULL;
        return;
    }
    if (wait->ops->withdraw && !wait->stays)
        return;
    atomic_store(&wait->detail, syni_chain_detail(syni_chain_number(), 0));
    atomic_store(&wait->watched->work.wait, wait);
}

/* WAIT of JOB is known by now, and looks. */
static void job_wait_looks(struct syni_thread_wait *wait, struct syni_pool_job *job)
{
    struct syni_walk walk = {.left = SYNI_CHAIN_FAR};
    int detail = syni_chain_detail(syni_chain_number(), 0);
    bool searches;

    syni_job_wait_leads(wait, &walk);
    searches = walk.far && !job_is_idle(job);
    if (searches)
        detail = syni_chain_detail(walk.number, SYNI_SEARCHES);
    atomic_store(&wait->detail, detail);
    if (searches)
        syni_search_begin_job(&job->core, detail, false);
}

void syni_job_wait_listed(struct syni_thread_wait *wait)
{
    struct syni_pool_job *job = wait->watched;
    bool looks = wait->ops->withdraw && wait->deadline == SYNI_NEVER;

    if (!looks && atomic_load(&job->work.wait)) /* a call, which became known */
        return;
    atomic_store(&wait->detail,
                 looks ? SYNI_JOB_LOOKS : syni_chain_detail(syni_chain_number(), 0));
    atomic_store(&job->work.wait, wait);
    if (looks)
        job_wait_looks(wait, job);
}

bool syni_job_wait_list(struct syni_thread_wait *wait)
{
    bool waits = !wait->ops->list || wait->ops->list(wait);

    if (waits && wait->watched)
        syni_job_wait_listed(wait);
    return waits;
}

bool syni_job_wait_withdraw(struct syni_thread_wait *wait, enum syn_origin origin)
{
    wait->detail = 0; /* before: a thread that looks from here on does not take it for a wait */
    return wait->ops->withdraw(wait, origin);
}

syn_err syni_job_wait_refused(struct syni_thread_wait *wait)
{
    struct syn_report *report = atomic_exchange(&wait->refusal, NULL);
    bool late = wait->ending && report; /* something else ends it */

    if (late || !syni_job_wait_withdraw(wait, wait->ending ? wait->ended_by : SYN_BY_LIBRARY)) {
        syni_report_free(report);
        return SYN_OK;
    }
    if (wait->ending) /* its request went round */
        return syni_task_code(wait->ended_by);
    wait->refused = true;
    return syni_report_keep(SYN_EDEADLK, SYN_BY_LIBRARY, report);
}

void syni_job_wait_asked(struct syni_thread_wait *wait)
{
    struct syni_walk walk = {.left = SYNI_CHAIN_FAR, .asked = true};
    struct syni_pool_job *job = wait->watched;
    int detail;

    if (!wait->watched || !wait->ops->withdraw || wait->stays || atomic_load(&wait->detail) == 0)
        return;
    syni_job_wait_leads(wait, &walk);
    if (!walk.far) /* whatever waits for it: that may be a stop of its pool */
        return;
    detail = syni_chain_detail(walk.number, SYNI_SEARCHES_ASKED);
    atomic_store(&wait->detail, detail);
    syni_search_begin_job(&job->core, detail, true);
}

/* --- marks --- */

/* What carries the mark ID depends on what WAIT waits for. */
syn_err syni_job_circle_depend(struct syni_thread_wait *wait, uint64_t id)
{
    struct syn_report *report;
    syn_err err = SYN_OK;

    if (wait->depend)
        err = wait->depend(wait, id, &report);
    else if (wait->source.core)
        err = syni_circle_depend(id, wait->source.core, &report);
    else
        err = syni_circle_look(id, wait->source.home, wait->source.name, &report);
    return err ? syni_report_keep(err, SYN_BY_LIBRARY, report) : SYN_OK;
}

/* The thread that marks the job sees where it waits, or we see the mark: both are written before the other is
 * read, sequentially consistent. */
syn_err syni_job_wait_implicate(struct syni_thread_wait *wait, struct syni_work *work)
{
    uint64_t mark;

    atomic_store(&work->waits_on, wait->source.home);
    mark = atomic_load(&work->mark);
    return mark ? syni_job_circle_depend(wait, mark) : SYN_OK;
}

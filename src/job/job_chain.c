/* SPDX-License-Identifier: Apache-2.0
 *
 * What a job waits for, looked at and refused from elsewhere, by any thread that holds its core: see job_circle.c
 * and circle/chain.h. And marks of steps that block, on their way through it (circle.h).
 */
#include "job/job.h"
#include "thread/thread_waits.h"

#include <stddef.h>

#include "base/report.h"
#include "circle/search.h"
#include "pool/pool_options.h"
#include "pool/work_wait.h"

/* That of WAIT, which does not look any more. */
static int job_wait_detail(struct syni_thread_wait *wait)
{
    int detail;

    while ((detail = atomic_load(&wait->detail)) == SYNI_JOB_LOOKS)
        syni_thread_yield(); /* for a few instructions */
    return detail;
}

static struct syni_pool_job *job_chain_job(const struct syni_core *core)
{
    return SYNI_CONTAINER((struct syni_core *)(uintptr_t)core, struct syni_pool_job, core);
}

static bool job_chain_waits(const struct syni_core *core)
{
    return syni_work_may_wait(&job_chain_job(core)->work);
}

static bool job_chain_is_asked(const struct syni_core *core)
{
    return atomic_load(&job_chain_job(core)->work.asked) != 0;
}

/* WAIT, of CORE's job, ends by the request that reached that. Not one that stays, nor one of a clean-up. */
static bool job_wait_heeds(const struct syni_thread_wait *wait, const struct syni_core *core)
{
    return wait->asks && job_chain_is_asked(core);
}

/* WAIT is not over. A wait that was cancelled, or is past its deadline, and has cancelled in turn, waits on. */
static bool job_wait_holds(struct syni_thread_wait *wait, const struct syni_core *core, const struct syni_walk *walk)
{
    if (*wait->done || wait->waiter.is_told || atomic_load(&wait->detail) == 0)
        return false;
    if (wait->waits_on)
        return true;
    if (job_wait_heeds(wait, core))
        return walk->asked && wait->ops->ask;
    return wait->deadline == SYNI_NEVER;
}

/* A wait for BEFORE, that what is queued behind it is in. */
static bool job_before_leads(struct syni_work *before, void *walk)
{
    struct syni_pool_job *job = syni_pool_job_from(before);

    return job && syni_chain_core_leads(&job->core, walk);
}

static bool job_chain_leads(struct syni_core *core, struct syni_walk *walk, struct syni_stand *out)
{
    struct syni_pool_job *job = job_chain_job(core);
    struct syni_thread_wait *wait = syni_work_hold_wait(&job->work);
    bool leads;

    out->name = job->function->name;
    out->where = syni_pool_name(job->work.pool);
    out->endures = !wait || wait->stays || !(wait->refuse || wait->ops->withdraw);
    if (!wait)
        return syni_work_before(&job->work, &walk->first, job_before_leads, walk);
    out->wait = job_wait_detail(wait);
    leads = job_wait_holds(wait, core, walk) && syni_job_wait_leads(wait, walk);
    syni_work_let_go(&job->work);
    return leads;
}

/* A search of those that were asked is for a wait that asked in turn, too. */
static bool job_wait_may_refuse(const struct syni_thread_wait *wait, const struct syni_core *core,
                                const struct syni_search *search)
{
    bool asked = job_wait_heeds(wait, core);

    return syni_search_is_of_asked(search) ? asked || wait->waits_on : !asked;
}

static void job_chain_refuse(struct syni_core *core, int detail, const struct syni_search *search)
{
    struct syni_pool_job *job = job_chain_job(core);
    struct syni_thread_wait *wait = syni_work_hold_wait(&job->work);

    if (!wait)
        return;
    if (atomic_load(&wait->detail) == detail && job_wait_may_refuse(wait, core, search)) {
        if (wait->refuse) {
            wait->refuse(wait, search);
        } else {
            if (!syni_search_is_of_asked(search)) /* else it is given up, as asked */
                syni_report_free(
                    atomic_exchange(&wait->refusal, syni_search_say(search, "", "")));
            syni_thread_interrupt(wait, SYNI_THREAD_REFUSED);
        }
    }
    syni_work_let_go(&job->work);
}

static int job_chain_renew(struct syni_core *core, int detail, bool *out_asked)
{
    struct syni_pool_job *job = job_chain_job(core);
    struct syni_thread_wait *wait = syni_work_hold_wait(&job->work);
    int renewed;

    if (!wait)
        return 0;
    *out_asked = wait->waits_on || job_wait_heeds(wait, core);
    renewed = syni_chain_detail(syni_chain_number(), *out_asked ? SYNI_SEARCHES_ASKED : SYNI_SEARCHES);
    if (!atomic_compare_exchange_strong(&wait->detail, &detail, renewed))
        renewed = 0;
    syni_work_let_go(&job->work);
    return renewed;
}

const struct syni_chain_ops syni_job_chain = {job_chain_waits, job_chain_is_asked, job_chain_leads,
                                              job_chain_refuse, job_chain_renew};

/* --- marks --- */

/* What JOB waits for gets the mark ID. */
static syn_err pass_mark(struct syni_pool_job *job, uint64_t id, struct syn_report **out_report)
{
    struct syni_thread_wait *wait = syni_work_hold_wait(&job->work);
    syn_err err = SYN_OK;

    if (!wait)
        return SYN_OK;
    if (wait->depend)
        err = wait->depend(wait, id, out_report);
    else if (wait->source.core)
        err = syni_circle_depend_soon(id, wait->source.core, out_report);
    syni_work_let_go(&job->work);
    return err;
}

syn_err syni_job_implicate(struct syni_core *core, uint64_t id, struct syn_report **out_report)
{
    struct syni_pool_job *job = job_chain_job(core);
    /* before we look: see job_circle.c */
    uint64_t before = atomic_exchange(&job->work.mark, id);
    syn_err err = syni_circle_look(id, atomic_load(&job->work.waits_on), "a synchronizer", out_report);

    return err || before == id ? err : pass_mark(job, id, out_report);
}

const void *syni_job_call(const struct syni_core *core)
{
    const struct syni_pool_job *job = SYNI_CONTAINER(core, const struct syni_pool_job, core);
    unsigned made = job->function->made;

    return made ? *(void *const *)(const void *)((const char *)job + made) : NULL;
}

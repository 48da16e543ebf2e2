/* SPDX-License-Identifier: Apache-2.0
 *
 * What a job's body says and asks: that it failed, whether it was cancelled, by when it must end. By the
 * worker that runs it.
 */
#include "job/job.h"

#include "base/report.h"
#include "call/call.h"
#include "pool/work_cancel.h"
#include "pool/workers.h"

static void job_add_site(const struct syni_pool_job *job, struct syn_report *report)
{
    struct syn_site site = {job->function->name, job->function->file, job->function->line,
                            job->function->library};

    syni_report_site(report, &site);
}

void syni_job_fail(struct syn_job *public_job, syn_err err, const char *message)
{
    struct syni_pool_job *job = SYNI_JOB(public_job);

    syni_report_free(job->report);
    if (!err) {
        err = SYN_EINVAL;
        message = "job_fail was given 0, which is no error; to end well return the result";
    }
    job->failed = true;
    job->err = err;
    job->report = syni_report_new(err, SYN_BY_TASK, message);
    job_add_site(job, job->report);
}

static struct syni_work *work_here(void)
{
    struct syni_worker *worker = syni_worker_now();

    return worker ? worker->work : NULL;
}

int syn_pool_job_cancelled(void)
{
    struct syni_work *work = work_here();

    /* relaxed: a flag that is looked at again */
    if (!work || atomic_load_explicit(&work->asked, memory_order_relaxed) == 0)
        return 0;
    work->heard = true;
    return 1;
}

syn_err syn_pool_on_cancel(void (*fn)(void *user), void *user)
{
    struct syni_work *work = work_here();
    syn_err err;

    if (!work)
        return syni_refuse(SYN_EINVAL, "a hook for a cancelled job was set outside of jobs");
    err = syni_work_hook(work, SYNI_HOOK_OF_USER, fn, user);
    if (err)
        work->heard = true;
    return err;
}

struct syn_deadline syn_pool_job_deadline(void)
{
    struct syni_work *work = work_here();
    struct syn_deadline deadline = syn_never();

    if (syni_pool_job_from(work))
        deadline.ns = syni_pool_job_from(work)->deadline;
    return deadline;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Waits of jobs: how a cancel that reaches a job ends the wait that it is in.
 *
 * The job's own thread, but for the hook. A request is for one wait: that which it meets, or the
 * next. What comes after that is the job's clean-up. One that meets a wait which ends well all the
 * same is not lost: such a wait counts, and the second tells the job (invariant 77).
 */
#include "thread/thread_waits.h"

#include <stddef.h>

#include "base/report.h"
#include "pool/work_cancel.h"
#include "task/deadline.h"
#include "task/task_cancel.h"

syn_err syni_job_wait_failed(syn_err err, enum syn_origin origin)
{
    return syni_report_keep(err, origin, syni_report_new(err, origin, NULL));
}

/* On a loop that the worker drives it is a step's wait, and not the job's. */
static struct syni_work *work_of(const struct syni_self *self)
{
    return self->worker && !self->driving ? self->worker->work : NULL;
}

/* If it was cancelled before, and has not seen that, it does by this wait, as a task would; if it
 * has, or its deadline ended a wait before, this is its clean-up, and may take its time. */
static void watch_job(struct syni_thread_wait *wait, void (*asked)(void *wait))
{
    struct syni_work *work = work_of(wait->self);

    if (wait->stays || (work && work->heard && !work->asked))
        return;
    wait->work = wait->asks = work;
    if (!work || !syni_work_hook(work, SYNI_HOOK_OF_LIBRARY, asked, wait))
        return;
    wait->work = NULL;
    if (atomic_exchange(&work->heard, true))
        wait->asks = NULL; /* its clean-up */
    else
        syni_clock_interrupt(wait->self, work->asked);
}

/* WAIT ended well in spite of the request: the job sees it by its next wait, unless the
 * outcome says so (note_outcome). */
static void put_off(struct syni_thread_wait *wait)
{
    struct syni_work *work = wait->asks;

    if (!work || work->asked == 0)
        return;
    work->put_off++;
    work->heard = false;
}

void syni_job_served(struct syni_self *self)
{
    struct syni_work *work = work_of(self);

    /* relaxed: seen late, the next wait counts */
    if (work && atomic_load_explicit(&work->asked, memory_order_relaxed) && !work->heard)
        work->put_off++;
}

syn_err syni_job_overdue(struct syni_self *self)
{
    struct syni_work *work = work_of(self);

    return work && work->put_off > 1 ? syni_job_heeds(self) : SYN_OK;
}

syn_err syni_job_heeds(struct syni_self *self)
{
    struct syni_work *work = work_of(self);
    enum syn_origin origin;

    /* relaxed: a look; seen late, the wait is interrupted */
    if (!work || atomic_load_explicit(&work->asked, memory_order_relaxed) == 0 ||
        atomic_exchange(&work->heard, true))
        return SYN_OK;
    origin = (enum syn_origin)(work->asked - 1);
    return syni_job_wait_failed(syni_task_code(origin), origin);
}

/* If it is the job's own deadline that ended a wait, a request for that reason is no news. */
static void note_deadline(struct syni_self *self)
{
    struct syni_work *work = work_of(self);

    if (work && syni_deadline_now(self) >= syni_deadline_outermost(self))
        work->heard = true;
}

void syni_job_note_outcome(struct syni_self *self, enum syn_origin origin)
{
    struct syni_work *work = work_of(self);

    if (!work || !syni_task_origin_is_request(origin))
        return;
    if (work->asked)
        work->heard = true;
    else if (origin == SYN_BY_DEADLINE)
        note_deadline(self);
}

syn_err syni_job_timed_out(struct syni_self *self)
{
    note_deadline(self);
    return syni_job_wait_failed(SYN_ETIMEDOUT, SYN_BY_DEADLINE);
}

syn_err syni_job_too_late(struct syni_self *self, const char *name)
{
    note_deadline(self);
    return syni_report_keep(SYN_ETIMEDOUT, SYN_BY_DEADLINE,
                            syni_report_format(SYN_ETIMEDOUT, SYN_BY_DEADLINE,
                                               "%s: " SYNI_TOO_LATE, name));
}

/* It need not be begun. */
static bool can_be_left_alone(const struct syni_thread_wait *wait)
{
    return !wait->stays && !wait->acts && (wait->begins || !wait->ops->ask);
}

syn_err syni_job_wait_begin(struct syni_thread_wait *wait, void (*asked)(void *wait))
{
    struct syni_work *work = work_of(wait->self);

    if (work && work->put_off && can_be_left_alone(wait) && !atomic_exchange(&work->heard, true)) {
        wait->ended_by = (enum syn_origin)(work->asked - 1);
        return syni_task_code(wait->ended_by);
    }
    watch_job(wait, asked);
    return SYN_OK;
}

void syni_job_wait_over(struct syni_thread_wait *wait)
{
    struct syni_work *work = wait->work ? wait->work : wait->watched ? work_of(wait->self) : NULL;

    SYNI_INVARIANT(391, wait->detail == 0);
    if (work)
        syni_work_hook(work, SYNI_HOOK_OF_LIBRARY, NULL, NULL);
    if (wait->watched)
        syni_report_free(wait->refusal); /* which came too late */
}

void syni_job_wait_end(struct syni_thread_wait *wait, syn_err err, bool late)
{
    if (!err && (late || wait->ending))
        put_off(wait);
    else if (wait->ending && wait->ended_by == SYN_BY_DEADLINE)
        note_deadline(wait->self);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of a job, from its call to the end of its body. See <synchronicity/blocking.h>.
 *
 * Made and posted by any thread; run by a worker; ended by the worker, or by what withdrew or abandoned
 * it. Each completes the core, once: src/pool decides which, under the pool's lock. No loop is involved.
 */
#include "job/job.h"

#include "base/report.h"
#include "call/call.h"
#include "channel/channel.h"
#include "inspect/slow_watch.h"
#include "life/stop_everything.h"
#include "loop/role.h"
#include "pool/pool_post.h"
#include "pool/work_cancel.h"
#include "pool/workers.h"
#include "task/deadline.h"
#include "task/frame.h"
#include "task/home.h"
#include "task/task_cancel.h"
#include "thread/thread_waits.h"

static const struct syni_core_ops job_core_ops;
static const struct syni_work_ops job_work_ops, never_abandoned_ops;

struct syn_clock *syni_job_clock_here(void)
{
    struct syni_driving *driving = syni_role_driving_now();

    if (driving)
        return driving->loop->clock;
    return syni_clock_mine() ? syni_clock_mine() : syni_clock_default();
}

static struct syni_pool_job *job_of(struct syni_core *core)
{
    return SYNI_CONTAINER(core, struct syni_pool_job, core);
}

/* --- making --- */

static void init(struct syni_pool_job *job, const struct syn_blocking *function)
{
    struct syni_self *self = syni_self();
    int64_t deadline = syni_deadline_of(self, SYNI_NEVER);

    job->function = function;
    SYNI_NOTE_MADE(self, job, function->made);
    job->core.type = &function->type;
    syni_core_place(&job->core, (char *)job + function->result_offset);
    job->core.ops = &job_core_ops;
    job->work.ops = function->never_abandoned ? &never_abandoned_ops : &job_work_ops;
    job->work.name = function->name;
    job->work.core = &job->core;
    job->work.made = function->made <= 0xffff ? (unsigned short)function->made : 0;
    job->work.is_job = true;
    job->work.urgent = function->urgent;
    job->work.let_go = function->abandoned_at_once;
    job->work.nested = syni_home_nested_here();
    job->locals = syni_local_inherit(self);
    atomic_init(&job->deadline, deadline);
    job->late = syni_deadline_passed(self, deadline);
}

struct syni_pool_job *syni_job_make(const struct syn_blocking *function, struct syn_pool *pool,
                                    struct syn_future *out_future)
{
    struct syni_slot *slot;
    struct syni_pool_job *job = NULL;
    syn_err err = SYN_EABI;

    if (function->abi == SYNI_ABI_OF(syn_blocking) && function->job_size == sizeof(struct syn_job)) {
        job = syni_frame_new(syni_self(), function->frame_size, &slot);
        err = SYN_ENOMEM;
    }
    if (!job) {
        *out_future = (struct syn_future){NULL, (uint32_t)err};
        return NULL;
    }
    init(job, function);
    syni_core_publish(&job->core, slot, 2);
    job->pool = pool ? pool : function->pool ? function->pool : syn_default_pool();
    *out_future = syni_core_handle(&job->core);
    return job;
}

struct syn_job *syni_job_new(const struct syn_blocking *function, struct syn_pool *pool,
                             struct syn_future *out_future)
{
    return (struct syn_job *)(void *)syni_job_make(function, pool, out_future);
}

const char *syni_job_copy(struct syn_job *job, const char *text)
{
    const char *copy = syni_call_text_copy(text);

    if (text && !copy)
        SYNI_JOB(job)->copy_failed = true;
    return copy;
}

void *syni_job_copy_bytes(struct syn_job *job, const void *bytes, size_t size)
{
    void *copy = syni_call_bytes_copy(bytes, size);

    if (bytes && !copy)
        SYNI_JOB(job)->copy_failed = true;
    return copy;
}

/* Frees what JOB took over, once, if it never began and never will. By the thread that ends it. */
static void drop_arguments(struct syni_pool_job *job)
{
    if (job->begun)
        return;
    job->begun = true;
    if (job->function->drop)
        job->function->drop((struct syn_job *)(void *)job);
}

static void free_job(struct syni_core *core)
{
    struct syni_pool_job *job = job_of(core);

    drop_arguments(job); /* a generator that nobody asked */
    syni_local_release(job->locals);
    if (job->function->release)
        job->function->release((struct syn_job *)(void *)job);
    if (job->channel)
        syni_channel_unpin(job->channel);
    syni_frame_free(job, job->function->frame_size, core->slot);
}

/* --- ending --- */

static void complete(struct syni_pool_job *job, syn_err err, enum syn_origin origin,
                     struct syn_report *report)
{
    job->core.err = err;
    job->core.origin = origin;
    job->core.report = report;
    syni_core_complete(&job->core);
}

/* It ends by the request of ORIGIN, in whatever state its body is. */
static void end_asked(struct syni_pool_job *job, enum syn_origin origin, const char *message)
{
    complete(job, syni_task_code(origin), origin,
             syni_report_new(syni_task_code(origin), origin, message));
}

static enum syn_origin asked_by(const struct syni_pool_job *job)
{
    /* relaxed: a reader of it learned of it under the pool's lock, or does not need to know yet */
    return (enum syn_origin)(atomic_load_explicit(&job->work.asked, memory_order_relaxed) - 1);
}

/* It was not taken. SYN_ECANCELED: since it was cancelled before. */
static void job_refuse(struct syni_pool_job *job, syn_err err, bool taken)
{
    enum syn_origin origin = err == SYN_ETIMEDOUT ? SYN_BY_DEADLINE : SYN_BY_LIBRARY;

    drop_arguments(job);
    if (err == SYN_ECANCELED)
        end_asked(job, asked_by(job), NULL);
    else
        complete(job, err, origin,
                 syni_job_refusal(job->work.pool, job->function->name, err, taken));
}

/* Its deadline, which the calls that it made inherited, has passed, on the clock that this thread,
 * which ran it, lives by. */
static bool job_is_late(const struct syni_pool_job *job)
{
    return job->deadline != SYNI_NEVER && syn_clock_now(syni_clock_mine()) >= job->deadline;
}

/* The body returned, and somebody waits. */
static void end_ran(struct syni_pool_job *job)
{
    enum syn_origin origin = SYN_BY_TASK;
    struct syn_report *report = job->report;
    syn_err err = job->failed ? job->err : SYN_OK;

    job->report = NULL;
    if (err && job->work.asked && (err == SYN_ECANCELED || err == syni_task_code(asked_by(job)))) {
        origin = asked_by(job);
        err = syni_task_code(origin);
    } else if (err == SYN_ETIMEDOUT && job_is_late(job)) {
        origin = SYN_BY_DEADLINE; /* a moment before the waiter cancelled it */
    }
    if (report) {
        report->code = err;
        report->origin = origin;
    }
    complete(job, err, origin, report);
}

/* The body returned, and nobody waits any more: abandon_work() held the frame for it. */
static void end_late(struct syni_pool_job *job)
{
    SYNI_INVARIANT(780, syni_slot_life(job->core.slot) & SYNI_SLOT_REFERENCES);
    if (!job->failed && job->core.type->destroy)
        job->core.type->destroy(syni_core_value(&job->core));
    if (job->failed && !(job->err == SYN_ECANCELED || job->err == SYN_ETIMEDOUT))
        syni_core_unobserved(job->function->name, job->err, SYN_BY_TASK, job->report);
    syni_report_free(job->report);
    syni_core_unpin(&job->core);
}

static void end_work(struct syni_work *work, enum syni_work_end how, syn_err err)
{
    struct syni_pool_job *job = SYNI_CONTAINER(work, struct syni_pool_job, work);

    if (how == SYNI_WORK_RAN) {
        end_ran(job);
    } else if (how == SYNI_WORK_LATE) {
        end_late(job);
    } else if (err != SYN_ECANCELED) {
        job_refuse(job, err, true);
    } else {
        drop_arguments(job);
        end_asked(job, SYN_BY_STOP, "its pool was stopped before it began");
    }
}

static void abandon_work(struct syni_work *work)
{
    static const char why[] =
        "abandoned: it was cancelled and still runs; its result will be destroyed";
    struct syni_pool_job *job = SYNI_CONTAINER(work, struct syni_pool_job, work);

    syni_core_hold(&job->core); /* the producer's goes with the end, and the body runs on: invariant 780 */
    if (job->channel) /* its close returns the error */
        complete(job, SYN_EABANDONED, SYN_BY_LIBRARY,
                 syni_report_new(SYN_EABANDONED, SYN_BY_LIBRARY, why));
    else
        end_asked(job, asked_by(job), why);
}

/* --- running --- */

static void run_work(struct syni_work *work)
{
    struct syni_pool_job *job = SYNI_CONTAINER(work, struct syni_pool_job, work);
    struct syni_self *self = syni_self();
    int shadow;
    struct syn_deadline deadline = {job->deadline};
    struct syni_bindings *before;

    if (!job->channel && job_is_late(job)) { /* a generator is made to be asked later */
        drop_arguments(job);
        job->failed = true;
        job->err = SYN_ETIMEDOUT;
        job->report = syni_job_refusal(job->work.pool, job->function->name, SYN_ETIMEDOUT, false);
        return;
    }
    shadow = syni_deadlines_shadow(self);
    before = syni_local_swap(job->locals);
    syni_frame_keep();
    if (deadline.ns != SYNI_NEVER)
        syni_deadline_push(deadline);
    job->begun = true;
    job->function->run((struct syn_job *)(void *)job);
    if (deadline.ns != SYNI_NEVER)
        syni_deadline_pop(SYN_OK);
    job->locals = syni_local_swap(before);
    syni_deadlines_unshadow(self, shadow);
}

static const struct syni_work_ops job_work_ops = {run_work, end_work, abandon_work};
static const struct syni_work_ops never_abandoned_ops = {run_work, end_work, NULL};

void syni_job_start(struct syn_job *job, struct syn_strand *strand)
{
    SYNI_JOB(job)->work.strand = strand;
    /* What a call in a loop, or in a job, must not do: wait for room, or compute for others. */
    syni_job_post(SYNI_JOB(job), !syni_role_driving_now() && !syni_worker_now());
}

void syni_job_post(struct syni_pool_job *job, bool patient)
{
    struct syni_pool *pool = syni_pool_of(job->pool);
    syn_err err = job->copy_failed ? SYN_ENOMEM : job->late ? SYN_ETIMEDOUT : SYN_OK;

    job->work.pool = pool;
    syni_stop_everything_at_exit();
    /* relaxed: one that is set at this moment is for later jobs */
    syni_slow_job(atomic_load_explicit(&pool->job_limit_ns, memory_order_relaxed));
    job->work.clock.clock = syni_job_clock_here();
    if (!err)
        err = syni_pool_post(pool, &job->work,
                             patient ? syni_thread_wait_for_flag : NULL, job->deadline);
    if (err)
        job_refuse(job, err, false);
}

syn_err syni_job_may_wait(const struct syn_blocking *function)
{
    if (!syni_role_driving_now())
        return SYN_OK;
    return syni_refuse(SYN_EDEADLK,
                       "%s blocks, and this thread drives '%s', which would stand still; write "
                       "co_await(%s_future(...)) there",
                       function->name, syni_role_driving_now()->loop->name, function->name);
}

/* --- from outside: what a core that is a job can do --- */

static void cancel_job(struct syni_core *core, enum syn_origin origin)
{
    struct syni_pool_job *job = job_of(core);

    if (syni_core_done(core) || syni_work_ask(&job->work, (int)origin + 1) != SYNI_ASKED_WITHDRAWN)
        return;
    drop_arguments(job);
    end_asked(job, origin, NULL);
}

static void tighten_job(struct syni_core *core, int64_t deadline)
{
    syni_deadline_tighten(&job_of(core)->deadline, deadline);
}

static const char *name_job(const struct syni_core *core)
{
    return SYNI_CONTAINER(core, const struct syni_pool_job, core)->function->name;
}

static const void *owner_of_job(const struct syni_core *core)
{
    return SYNI_CONTAINER(core, const struct syni_pool_job, core)->work.pool;
}

static const struct syni_core_ops job_core_ops = {.free = free_job,
                                                  .cancel = cancel_job,
                                                  .tighten = tighten_job,
                                                  .name = name_job,
                                                  .implicate = syni_job_implicate,
                                                  .is_job = true,
                                                  .call = syni_job_call,
                                                  .chain = &syni_job_chain,
                                                  .owner = owner_of_job};

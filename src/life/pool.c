/* SPDX-License-Identifier: Apache-2.0
 *
 * Pools as their users see them; src/pool does the work. Any thread.
 */
#include "life/pool.h"

#include <synchronicity/pool.h>

#include "base/mem.h"
#include "base/report.h"
#include "inspect/unclaimed.h"
#include "life/home_stop.h"
#include "loop/role.h"
#include "pool/pool_life.h"
#include "pool/pool_options.h"
#include "pool/pool_post.h"
#include "pool/pool_stop.h"
#include "pool/workers.h"
#include "task/deadline.h"
#include "thread/job_wait.h"
#include "thread/thread_waits.h"

static struct syn_pool default_pool = {.options = {.name = "default-pool"}};

struct syn_pool *syn_default_pool(void)
{
    return &default_pool;
}

static const char *pool_name_of(struct syn_pool *pool)
{
    return syni_pool_name(syni_pool_of(pool));
}

static syn_err check(const struct syn_pool_options *options)
{
    char why[SYNI_DOUBT_SIZE];
    syn_err err = syni_pool_doubt(options, why);

    return err ? syni_refuse(err, "a pool's %s", why) : SYN_OK;
}

syn_err syn_pool_new(const struct syn_pool_options *options, struct syn_pool **out_new)
{
    struct syn_pool *pool;
    syn_err err = options ? check(options) : SYN_OK;

    if (!out_new)
        return syni_refuse(SYN_EINVAL, "nowhere to put the pool");
    if (err)
        return err;
    pool = syni_alloc(sizeof *pool);
    if (!pool)
        return syni_refuse(SYN_ENOMEM, "no memory for a pool");
    if (options)
        pool->options = *options;
    pool->allocated = 1;
    *out_new = pool;
    return SYN_OK;
}

syn_err syn_pool_configure(struct syn_pool *pool, const struct syn_pool_options *options)
{
    syn_err err;

    if (!pool || !options)
        return syni_refuse(SYN_EINVAL, "no pool to configure, or nothing to configure it with");
    err = check(options);
    if (err)
        return err;
    if (syni_pool_configure(syni_pool_of(pool), options))
        return syni_refuse(SYN_EBUSY,
                           "%s is at work; configure it before its first job, or stop "
                           "it first",
                           pool_name_of(pool));
    return SYN_OK;
}

/* --- stopping --- */

static const char pool_what[] = "syn_pool_stop()";

static syn_err refuse_stop(struct syn_pool *pool)
{
    struct syni_worker *worker = syni_worker_now();

    if (worker && worker->pool->owner == pool)
        return syni_refuse(SYN_EDEADLK,
                           "%s: stopped in a job of its own, which would wait for "
                           "itself; stop it in a thread that is none of its own",
                           pool_name_of(pool));
    if (syni_role_driving_now())
        return syni_refuse(SYN_EDEADLK,
                           "%s: stopped on the thread that drives '%s', which its "
                           "jobs may need; stop it in another thread, or in a job of "
                           "another pool, which a task can await",
                           pool_name_of(pool), syni_role_driving_now()->loop->name);
    return SYN_OK;
}

/* A thread that waits until no work of a pool runs. */
struct pool_stop {
    struct syni_thread_wait wait;
    struct syni_pool *pool;
    struct syni_pool_stopper here;
    int64_t *latest;   /* see syni_pool_stop_by() */
    const char *stuck; /* what did not end */
};

static struct pool_stop *pool_stop_of(struct syni_thread_wait *wait)
{
    return SYNI_CONTAINER(wait, struct pool_stop, wait);
}

static bool pool_enter(struct syni_thread_wait *wait)
{
    syni_pool_stop(pool_stop_of(wait)->pool, &pool_stop_of(wait)->here, SYN_BY_STOP + 1);
    return true;
}

static bool pool_withdraw(struct syni_thread_wait *wait, enum syn_origin origin)
{
    struct pool_stop *stop = pool_stop_of(wait);

    (void)origin;
    if (syni_deadline_now(wait->self) < wait->deadline) /* it was interrupted */
        return !stop->here.calm;
    if (*stop->latest == 0)
        *stop->latest = syni_deadline_in(syni_now(), SYNI_STOP_LATE_NS);
    stop->stuck = syni_pool_give_up(stop->pool, &stop->here);
    return stop->stuck != NULL;
}

/* No job runs. Threads leave without delay, but a hook may hold them up. */
static syn_err await_threads(struct pool_stop *stop)
{
    int64_t until = stop->wait.deadline == SYNI_NEVER || stop->wait.stays
                        ? SYNI_NEVER
                        : syni_deadline_in(syni_now(), SYNI_STOP_LATE_NS);

    if (stop->latest && *stop->latest && *stop->latest < until)
        until = *stop->latest;
    if (syni_thread_await_flag(&stop->here.over, until, pool_what))
        return SYN_OK;
    stop->stuck = "a thread (on_thread)";
    return SYN_ETIMEDOUT;
}

static bool pool_leads(struct syni_thread_wait *wait, struct syni_walk *walk)
{
    struct syni_pool *pool = pool_stop_of(wait)->pool;
    bool leads = false;

    syni_mutex_lock(&pool->lock);
    SYNI_LIST_EACH (node, &pool->workers) {
        struct syni_pool_job *job =
            syni_pool_job_from(SYNI_CONTAINER(node, struct syni_worker, link)->work);

        leads = (job && syni_chain_core_leads(&job->core, walk)) || leads;
    }
    syni_mutex_unlock(&pool->lock);
    return leads;
}

/* LATEST: as syni_pool_stop_by(); NULL: it is not left before all has ended. */
static syn_err stop_pool(struct syn_pool *pool, struct syn_deadline deadline, int64_t *latest)
{
    static const struct syni_thread_wait_ops ops = {pool_enter, pool_withdraw, NULL, NULL};
    struct pool_stop stop = {.wait = {.ops = &ops,
                                      .source = {.name = pool_what},
                                      .leads = pool_leads,
                                      .deadline = deadline.ns,
                                      .reason = SYN_BY_DEADLINE,
                                      .acts = true,
                                      .stays = !latest,
                                      .done = &stop.here.calm},
                             .pool = syni_pool_of(pool),
                             .latest = latest};
    syn_err err = refuse_stop(pool);
    int cancel_state;

    if (err)
        return err;
    cancel_state = syni_thread_hold_cancel();
    err = syni_thread_wait(syni_self(), &stop.wait);
    if (!err)
        err = await_threads(&stop);
    if (stop.here.tells) /* once for each end, and while POOL stays */
        syni_unclaimed_note(stop.pool, pool_name_of(pool));
    syni_pool_leave(stop.pool, &stop.here);
    syni_thread_let_cancel(cancel_state);
    if (stop.stuck)
        return syni_refuse(SYN_ETIMEDOUT, "%s: %s did not end in time; its thread stays behind",
                           pool_name_of(pool), stop.stuck);
    return err;
}

syn_err syni_pool_stop_by(struct syn_pool *pool, struct syn_deadline deadline, int64_t *latest)
{
    return stop_pool(pool, deadline, latest);
}

syn_err syn_pool_stop(struct syn_pool *pool, struct syn_deadline deadline)
{
    int64_t latest = 0;

    return pool ? stop_pool(pool, deadline, &latest) : syni_refuse(SYN_EINVAL, "no pool to stop");
}

syn_err syn_pool_free(struct syn_pool *pool)
{
    int cancel_state;
    syn_err err;

    if (!pool)
        return SYN_OK;
    cancel_state = syni_thread_hold_cancel();
    do {
        err = stop_pool(pool, syn_never(), NULL);
        if (!err)
            err = syni_pool_fini(syni_pool_of(pool));
    } while (err == SYN_EBUSY); /* it was started again meanwhile */
    if (!err)
        syni_thread_join_retired();
    syni_thread_let_cancel(cancel_state);
    if (!err && pool->allocated)
        syni_free(pool, sizeof *pool);
    return err;
}

syn_err syn_pool_start(struct syn_pool *pool)
{
    syn_err err = pool ? syni_pool_open(syni_pool_of(pool)) : SYN_OK;

    return err ? syni_refuse(err, "%s is being stopped; start it when that is over",
                             pool_name_of(pool))
               : SYN_OK;
}

struct syn_pool_stats syn_pool_stats(struct syn_pool *pool)
{
    struct syn_pool_stats stats = {0};

    if (pool) {
        stats = syni_pool_look(syni_pool_of(pool));
        stats.unclaimed = syni_unclaimed_count(syni_pool_of(pool));
    }
    return stats;
}

struct syn_pool_stats syn_pool_stats_since(struct syn_pool_stats later,
                                           struct syn_pool_stats earlier)
{
    later.submitted -= earlier.submitted;
    later.ended -= earlier.ended;
    later.ran_here -= earlier.ran_here;
    later.cancelled -= earlier.cancelled;
    later.abandoned -= earlier.abandoned;
    later.refused -= earlier.refused;
    later.queue_time = syn_histogram_since(later.queue_time, earlier.queue_time);
    later.run_time = syn_histogram_since(later.run_time, earlier.run_time);
    return later;
}

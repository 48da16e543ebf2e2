/* SPDX-License-Identifier: Apache-2.0
 *
 * Pools as their users see them; src/pool does the work. Any thread.
 */
#include <synchronicity/pool.h>

#include "base/mem.h"
#include "base/report.h"
#include "facade/thread_wait.h"

static struct syn_pool default_pool = {.options = {.name = "default-pool"}};

struct syn_pool *syn_default_pool(void)
{
    return &default_pool;
}

static const char *name_of(struct syn_pool *pool)
{
    return syni_pool_name(syni_pool_of(pool));
}

static syn_err check(const struct syn_pool_options *options)
{
    char why[SYNI_DOUBT_SIZE];

    return syni_pool_doubt(options, why) ? syni_refuse(SYN_EINVAL, "a pool's %s", why) : SYN_OK;
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

syn_err syn_pool_free(struct syn_pool *pool)
{
    syn_err err;

    if (!pool)
        return SYN_OK;
    err = syn_pool_stop(pool, syn_never());
    if (!err)
        err = syni_pool_fini(syni_pool_of(pool));
    if (err == SYN_EBUSY)
        syni_refuse(err, "%s: threads stayed behind in jobs that were abandoned", name_of(pool));
    if (!err && pool->allocated)
        syni_free(pool, sizeof *pool);
    return err;
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
        return syni_refuse(SYN_EBUSY, "%s is at work; configure it before its first job, or stop "
                                      "it first", name_of(pool));
    return SYN_OK;
}

static syn_err refuse_stop(struct syn_pool *pool)
{
    struct syni_worker *worker = syni_worker_now();

    if (worker && worker->pool->owner == pool)
        return syni_refuse(SYN_EDEADLK, "%s: stopped in a job of its own, which would wait for "
                                        "itself", name_of(pool));
    if (syni_driving_now())
        return syni_refuse(SYN_EDEADLK, "%s: stopped on the thread that drives '%s', which its "
                                        "jobs may need", name_of(pool),
                           syni_driving_now()->loop->name);
    return SYN_OK;
}

syn_err syn_pool_stop(struct syn_pool *pool, struct syn_deadline deadline)
{
    const char *stuck;
    syn_err err;
    bool open;

    if (!pool)
        return syni_refuse(SYN_EINVAL, "no pool to stop");
    err = refuse_stop(pool);
    if (err)
        return err;
    open = syni_pool_is_open(syni_pool_of(pool));
    stuck = syni_pool_stop(syni_pool_of(pool), deadline.ns, SYN_BY_STOP + 1,
                           syni_thread_wait_for_flag);
    if (open)
        syni_unclaimed_tell(syni_pool_of(pool), name_of(pool));
    if (!stuck)
        return SYN_OK;
    return syni_refuse(SYN_ETIMEDOUT, "%s: %s would not end in time; its thread stays behind",
                       name_of(pool), stuck);
}

void syn_pool_start(struct syn_pool *pool)
{
    if (pool)
        syni_pool_open(syni_pool_of(pool));
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

/* SPDX-License-Identifier: Apache-2.0
 *
 * The settings of a pool: what they mean, and which make no sense. Any thread.
 *
 * A pool that is static cannot be refused when it is made, so it is when it gets its first job,
 * and each other until it is configured; running with settings that were guessed was discarded.
 * Its inbox opens for nobody, as it has no thread.
 */
#include "pool/pool_options.h"

#include <stddef.h>
#include <stdio.h>

#include "base/processor.h"
#include "base/reserved.h"

enum { HARD_LIMIT = 4096, LEAST_THREADS = 4 };
static const int64_t idle_ns = INT64_C(2000000000), grace_ns = INT64_C(1000000000);

syn_err syni_pool_doubt(const struct syn_pool_options *options, char why[SYNI_DOUBT_SIZE])
{
    if (!syni_options_are_known(options->struct_bytes, sizeof *options, options->reserved)) {
        snprintf(why, SYNI_DOUBT_SIZE, "options are of another version: " SYNI_OPTION_UNKNOWN);
        return SYN_EABI;
    }
    if ((unsigned)options->when_full > SYN_WHEN_FULL_RUN_HERE)
        snprintf(why, SYNI_DOUBT_SIZE, "when_full is %u, which is none of SYN_WHEN_FULL_...",
                 (unsigned)options->when_full);
    else if (options->max_threads && options->min_threads > options->max_threads)
        snprintf(why, SYNI_DOUBT_SIZE, "min_threads is %u, and max_threads only %u",
                 options->min_threads, options->max_threads);
    else if (options->idle_ns < 0)
        snprintf(why, SYNI_DOUBT_SIZE, "idle_ns is negative");
    else
        return SYN_OK;
    return SYN_EINVAL;
}

syn_err syni_pool_doubt_own(struct syni_pool *pool, char why[SYNI_DOUBT_SIZE])
{
    syn_err doubt;

    syni_mutex_lock(&pool->lock);
    doubt = syni_pool_doubt(&pool->owner->options, why);
    syni_mutex_unlock(&pool->lock);
    return doubt;
}

void syni_pool_size_locked(struct syni_pool *pool)
{
    const struct syn_pool_options *options = &pool->owner->options;
    unsigned processors = syni_processors();
    char why[SYNI_DOUBT_SIZE];
    size_t bound = options->queue_bound < PTRDIFF_MAX ? options->queue_bound : PTRDIFF_MAX;

    SYNI_HOLDS(&pool->lock);
    pool->max_threads = options->max_threads ? options->max_threads
                        : processors > LEAST_THREADS ? processors : LEAST_THREADS;
    syni_pool_want_all_locked(pool);
    pool->hard_limit = options->hard_limit ? options->hard_limit : HARD_LIMIT;
    pool->idle_ns = options->idle_ns ? options->idle_ns : idle_ns;
    pool->grace_ns = options->grace_ns ? options->grace_ns : grace_ns;
    atomic_store_explicit(&pool->job_limit_ns, options->job_limit_ns, memory_order_relaxed);
    /* Not set to the bound: a post that will be refused may have a place already. */
    atomic_fetch_add(&pool->room, (ptrdiff_t)bound - (ptrdiff_t)pool->bound);
    pool->bound = bound;
    pool->doubt = syni_pool_doubt(options, why);
}

unsigned syni_pool_max_threads(struct syni_pool *pool)
{
    unsigned max_threads;

    syni_mutex_lock(&pool->lock);
    max_threads = pool->max_threads;
    syni_mutex_unlock(&pool->lock);
    return max_threads;
}

const char *syni_pool_name(struct syni_pool *pool)
{
    const char *name;

    syni_mutex_lock(&pool->lock);
    name = pool->owner->options.name;
    syni_mutex_unlock(&pool->lock);
    return name ? name : "pool";
}

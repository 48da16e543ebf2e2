/* SPDX-License-Identifier: Apache-2.0
 *
 * The way in: a work is taken, or refused. Any thread.
 */
#include "pool/pool.h"

#include <stddef.h>

enum { HARD_LIMIT = 4096, LEAST_THREADS = 4 };
static const int64_t idle_ns = INT64_C(2000000000), grace_ns = INT64_C(1000000000);

/* Making the inside of a pool, which may be static and is not made before it is used. */
static struct syni_mutex making = SYNI_MUTEX_INIT;

void syni_pool_size_locked(struct syni_pool *pool)
{
    const struct syn_pool_options *options = &pool->owner->options;
    unsigned processors = syni_processors();

    pool->max_threads = options->max_threads ? options->max_threads
                        : processors > LEAST_THREADS ? processors : LEAST_THREADS;
    pool->hard_limit = options->hard_limit ? options->hard_limit : HARD_LIMIT;
    pool->idle_ns = options->idle_ns ? options->idle_ns : idle_ns;
    pool->grace_ns = options->grace_ns ? options->grace_ns : grace_ns;
}

static void make(struct syni_pool *pool, struct syn_pool *owner)
{
    struct syni_list *const lists[] = {&pool->urgent,  &pool->others, &pool->strands,
                                       &pool->workers, &pool->idle,   &pool->submitters};

    pool->owner = owner;
    pool->main = syni_worker_main;
    syni_mutex_init(&pool->lock);
    syni_cond_init(&pool->changed);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        syni_list_init(lists[i]);
    syni_pool_size_locked(pool);
}

struct syni_pool *syni_pool_of(struct syn_pool *owner)
{
    struct syni_pool *pool = (struct syni_pool *)(void *)&owner->inside;

    /* acquire: pairs with the release below */
    if (atomic_load_explicit(&pool->made, memory_order_acquire))
        return pool;
    syni_mutex_lock(&making);
    if (!atomic_load_explicit(&pool->made, memory_order_relaxed)) {
        make(pool, owner);
        /* release: who sees it made sees what it is made of */
        atomic_store_explicit(&pool->made, true, memory_order_release);
    }
    syni_mutex_unlock(&making);
    return pool;
}

static bool never_pending(struct syni_sleeper *sleeper)
{
    (void)sleeper;
    return false;
}

static syn_err find_room_locked(struct syni_pool *pool, bool patient, int64_t deadline,
                                bool *out_here)
{
    const struct syn_pool_options *options = &pool->owner->options;

    if (pool->closed)
        return SYN_ECLOSED;
    if (!options->queue_bound || pool->stats.queued < options->queue_bound)
        return SYN_OK;
    if (options->when_full == SYN_WHEN_FULL_FAIL)
        return SYN_EAGAIN;
    if (!patient)
        return SYN_OK;
    if (options->when_full == SYN_WHEN_FULL_WAIT)
        return syni_room_wait_locked(pool, deadline);
    *out_here = true;
    return SYN_OK;
}

static syn_err enter_locked(struct syni_pool *pool, struct syni_work *work,
                            struct syni_calling *out_calling)
{
    struct syn_clock *clock = work->clock.clock;
    syn_err err = syni_queue_put_locked(pool, work);

    if (err)
        return err;
    work->clock.pending = never_pending;
    syni_clock_enter(clock, &work->clock);
    if (!syni_queue_is_empty_locked(pool))
        syni_worker_choose_locked(pool, out_calling);
    return SYN_OK;
}

syn_err syni_pool_post(struct syni_pool *pool, struct syni_work *work, bool patient,
                       int64_t deadline)
{
    struct syni_calling calling = {NULL, false};
    bool here = false, hopeless = false;
    syn_err err;

    work->pool = pool;
    syni_mutex_lock(&pool->lock);
    pool->stats.submitted++;
    err = find_room_locked(pool, patient, deadline, &here);
    if (!err && work->asked)
        err = SYN_ECANCELED;
    here = here && !work->strand;
    if (!err && !here)
        err = enter_locked(pool, work, &calling);
    if (!err && here) {
        pool->n_here++;
        pool->n_works++;
        pool->stats.ran_here++;
    }
    if (err) {
        work->state = SYNI_WORK_OVER;
        pool->stats.refused++;
        syni_room_tell_locked(pool, false); /* its place, if it was told of one */
    }
    /* One that stands in line waits for its strand, and for no thread. */
    hopeless = pool->n_threads == pool->n_blocked && !syni_queue_is_empty_locked(pool);
    syni_mutex_unlock(&pool->lock);
    /* From here on WORK may be over. */
    if (err)
        work->clock.clock = NULL;
    else if (here)
        syni_worker_run_here(pool, work);
    else if (hopeless && !calling.start)
        syni_worker_refuse_hopeless(pool, SYN_EDEADLK);
    else
        syni_worker_call(pool, &calling);
    return err;
}

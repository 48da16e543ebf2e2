/* SPDX-License-Identifier: Apache-2.0
 *
 * Works that are over at once: one thread runs them all.
 *
 * Two threads that run works of less than a microsecond stand in line at the pool's lock, and take
 * longer for a work, together, than one of them alone. So each worker measures, once in so many
 * works, how long a work took it. Where all that run are quick, one thread is WANTED instead of
 * max_threads, and the others, which find that too many run, go to sleep.
 *
 * The next work may run for long, or wait for one behind it. So one of the sleepers is the WATCHER:
 * it looks once a millisecond whether works wait and too few have ended since. If so it takes part, and calls as
 * many as may run. It also ends that state when nothing was to be done for a millisecond, so that
 * an idle pool sleeps. There is a watcher as long as fewer are wanted than may run, but for the moment until
 * the first of the others has ended its work: a thread that takes it off the list of the idle, or blocks before
 * there is one, wants all again, and calls those that are missing. Real time, as for threads that
 * grow old.
 *
 * Discarded: works taken several at once, which then wait behind each other though threads are idle, and
 * cannot be withdrawn by unlinking them; a queue for each worker, for the same reason. Measured: docs/performance.md.
 */
#include "pool/quick.h"

#include <stddef.h>

#include "pool/pool_inbox.h"
#include "pool/queue.h"

enum {
    WORKS = 64,         /* that a worker measures together */
    QUICK_NS = 2000,    /* a work takes less */
    NOT_QUICK_NS = 3000 /* and more, when it is not quick any more */
};
static const int64_t watch_ns = 1000000;

/* One that has no work, and is not idle, may be about to leave; and one that counts, and is not listed yet, may never
 * be, since the system has no thread. Then nobody would watch. */
static bool all_are_quick_locked(const struct syni_pool *pool)
{
    unsigned n = 0;

    SYNI_HOLDS(&pool->lock);
    SYNI_LIST_EACH (node, &pool->workers) {
        const struct syni_worker *worker = SYNI_CONTAINER(node, struct syni_worker, link);
        bool runs = !worker->here && worker->out == 0 && syni_list_empty(&worker->idle);

        if (runs && !(worker->work && worker->quick))
            return false;
        n += !worker->here;
    }
    return n == pool->n_threads;
}

void syni_quick_count_locked(struct syni_worker *me)
{
    struct syni_pool *pool = me->pool;
    int64_t now;

    SYNI_HOLDS(&me->pool->lock);
    if (++me->n_measured < WORKS)
        return;
    now = syni_now();
    me->quick = me->since && now - me->since < WORKS * QUICK_NS;
    me->since = now;
    me->n_measured = 0;
    if (!me->quick || pool->wanted == 1 || syni_running_locked(pool) < 2 ||
        !all_are_quick_locked(pool))
        return;
    pool->wanted = 1;
    syni_pool_inbox_tend_locked(pool);
}

int64_t syni_quick_watch_locked(struct syni_worker *me)
{
    struct syni_pool *pool = me->pool;

    SYNI_HOLDS(&me->pool->lock);
    if (!pool->watcher && pool->wanted < pool->max_threads) {
        pool->watcher = me;
        pool->watched = pool->stats.ended;
    }
    return pool->watcher == me ? watch_ns : SYNI_NEVER;
}

bool syni_quick_block_locked(struct syni_pool *pool)
{
    SYNI_HOLDS(&pool->lock);
    if (pool->watcher || pool->wanted == pool->max_threads)
        return false;
    syni_pool_want_all_locked(pool);
    return true;
}

bool syni_quick_leave_locked(struct syni_worker *worker)
{
    SYNI_HOLDS(&worker->pool->lock);
    if (worker->pool->watcher != worker)
        return false;
    syni_pool_want_all_locked(worker->pool);
    return true;
}

bool syni_quick_look_locked(struct syni_pool *pool)
{
    unsigned long n_ended = pool->stats.ended - pool->watched;
    bool waits;

    SYNI_HOLDS(&pool->lock);
    pool->watched = pool->stats.ended;
    syni_pool_inbox_empty_locked(pool);
    waits = !syni_queue_is_empty_locked(pool);
    if (n_ended >= (waits ? (unsigned long)(watch_ns / NOT_QUICK_NS) : 1))
        return false;
    syni_pool_want_all_locked(pool);
    syni_pool_inbox_tend_locked(pool); /* which finds what was posted until it is shut */
    return !syni_queue_is_empty_locked(pool);
}

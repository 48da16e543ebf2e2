/* SPDX-License-Identifier: Apache-2.0
 *
 * The end of a pool, and its settings.
 *
 * Any thread but the pool's own. Stopping: 1. it is closed, and its inbox shut: posts are
 * refused. 2. What waits never begins. 3. What runs is cancelled. 4. The stopper waits until
 * nothing runs, on the clock that it lives by; works may need time to pass. 5. Threads leave one
 * after the other; the last tells the stopper, which waits for that in real time. When the deadline
 * passes what still runs is abandoned; its threads stay behind, and retire. A second
 * stopper does the same: there is nothing left to do, and it waits by its own deadline.
 */
#include "pool/pool_stop.h"

#include <stddef.h>

#include "pool/bound.h"
#include "pool/pool_inbox.h"
#include "pool/pool_life.h"
#include "pool/pool_options.h"
#include "pool/pool_post.h"
#include "pool/queue.h"
#include "pool/work_cancel.h"
#include "pool/work_seen.h"

/* Asks those works that run and were not asked before; and holds them. Only the thread that asks a work uses its link. */
static void hold_running_locked(struct syni_pool *pool, int reason, struct syni_list *list)
{
    SYNI_HOLDS(&pool->lock);
    syni_list_init(list);
    SYNI_LIST_EACH (node, &pool->workers) {
        struct syni_work *work = SYNI_CONTAINER(node, struct syni_worker, link)->work;

        if (!work || work->state != SYNI_WORK_RUNNING || work->asked)
            continue;
        work->holders++;
        work->asked = reason;
        syni_list_append(list, &work->link);
    }
}

/* The next work that was asked, still runs and can be abandoned; held. NULL: there is none. Several stops may do so at
 * the same time, so what they found is in no list. */
static struct syni_work *hold_next_locked(struct syni_pool *pool)
{
    SYNI_HOLDS(&pool->lock);
    SYNI_LIST_EACH (node, &pool->workers) {
        struct syni_work *work = SYNI_CONTAINER(node, struct syni_worker, link)->work;

        if (!work || work->state != SYNI_WORK_RUNNING || !work->asked || work->abandoned || !work->ops->abandon)
            continue;
        work->holders++;
        return work;
    }
    return NULL;
}

static void end_all(struct syni_pool *pool, int reason)
{
    struct syni_list waiting, running;

    syni_list_init(&waiting);
    syni_mutex_lock(&pool->lock);
    pool->stats.cancelled += pool->stats.queued;
    syni_queue_empty_locked(pool, &waiting);
    hold_running_locked(pool, reason, &running);
    while (!syni_list_empty(&pool->idle)) {
        struct syni_worker *worker = SYNI_CONTAINER(pool->idle.next, struct syni_worker, idle);

        syni_list_remove(&worker->idle);
        pool->n_idle--;
        syni_parker_wake(worker->parker, &worker->called);
    }
    syni_pool_want_all_locked(pool);
    syni_bound_tell_locked(pool, true);
    syni_mutex_unlock(&pool->lock);
    syni_queue_end_all(&waiting, SYN_ECANCELED);
    while (!syni_list_empty(&running)) {
        struct syni_work *work = SYNI_CONTAINER(running.next, struct syni_work, link);

        syni_list_remove(&work->link);
        syni_work_tell(work);
    }
}

void syni_pool_stop(struct syni_pool *pool, struct syni_pool_stopper *here, int reason)
{
    syni_mutex_lock(&pool->lock);
    syni_pool_close_locked(pool, here);
    syni_mutex_unlock(&pool->lock);
    SYNI_DELAY(pool_stop);
    end_all(pool, reason);
}

void syni_pool_ask(struct syni_pool *pool, int reason)
{
    syni_mutex_lock(&pool->lock);
    if (pool->life == SYNI_POOL_OPEN)
        pool->life = SYNI_POOL_STOPPING;
    syni_pool_inbox_tend_locked(pool);
    syni_pool_tell_locked(pool);
    syni_mutex_unlock(&pool->lock);
    end_all(pool, reason);
}

const char *syni_pool_give_up(struct syni_pool *pool, struct syni_pool_stopper *here)
{
    const char *name = NULL;
    struct syni_work *next;

    syni_mutex_lock(&pool->lock);
    SYNI_LIST_EACH (node, &pool->workers) {
        struct syni_work *work = SYNI_CONTAINER(node, struct syni_worker, link)->work;

        name = work ? work->name : name;
    }
    if (here->calm)
        name = NULL;
    while ((next = hold_next_locked(pool))) {
        syni_mutex_unlock(&pool->lock);
        syni_work_give_up(next);
        syni_mutex_lock(&pool->lock);
    }
    syni_mutex_unlock(&pool->lock);
    return name;
}

syn_err syni_pool_configure(struct syni_pool *pool, const struct syn_pool_options *options)
{
    bool used;

    syni_mutex_lock(&pool->lock);
    used = syni_pool_is_used_locked(pool);
    if (!used) {
        pool->owner->options = *options;
        syni_pool_size_locked(pool);
    }
    syni_mutex_unlock(&pool->lock);
    return used ? SYN_EBUSY : SYN_OK;
}

syn_err syni_pool_fini(struct syni_pool *pool)
{
    syni_census_remove(&syni_pools, &pool->counted);
    if (!syni_pool_await_stoppers(pool)) {
        syni_census_add(&syni_pools, &pool->counted);
        return SYN_EBUSY;
    }
    syni_work_await_askers();
    syni_work_seen_forget(pool);
    syni_mutex_fini(&pool->lock);
    syni_cond_fini(&pool->changed);
    pool->made = 0;
    return SYN_OK;
}

syn_err syni_pool_forget(struct syni_pool *pool)
{
    syn_err err = syni_pool_fini(pool);

    if (!err)
        pool->life = SYNI_POOL_OPEN;
    return err;
}

struct syn_pool_stats syni_pool_look(struct syni_pool *pool)
{
    struct syn_pool_stats stats = {0};
    struct syni_pool_counts counts;

    syni_mutex_lock(&pool->lock);
    syni_pool_inbox_empty_locked(pool);
    counts = pool->stats;
    stats.threads = pool->n_threads;
    stats.blocked = pool->n_blocked;
    stats.idle = pool->n_idle;
    syni_mutex_unlock(&pool->lock);
    stats.peak_threads = counts.peak_threads;
    stats.queued = counts.queued;
    stats.submitted = counts.submitted;
    stats.ended = counts.ended;
    stats.ran_here = counts.ran_here;
    stats.cancelled = counts.cancelled;
    stats.abandoned = counts.abandoned;
    stats.refused = counts.refused;
    syni_work_seen_read(pool, &stats);
    return stats;
}

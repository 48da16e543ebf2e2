/* SPDX-License-Identifier: Apache-2.0
 *
 * The end of a pool, and its settings.
 *
 * Any thread but the pool's own. Stopping: 1. it is closed, and its tray shut: posts are
 * refused. 2. What waits never begins. 3. What runs is asked to end. 4. Who stops waits until
 * nothing runs, on the clock that he lives by; works may need time to pass. 5. Threads leave one
 * after the other; he is told by the last, and waits for that in real time. When the deadline
 * passes what still runs is abandoned; its threads stay behind, and detach themselves.
 */
#include "pool/pool.h"

#include <stddef.h>

/* Holds those works that run and were asked already, or, with a REASON, were not, and are
 * from here on. */
static void hold_running_locked(struct syni_pool *pool, int reason, struct syni_list *list)
{
    syni_list_init(list);
    SYNI_LIST_EACH (node, &pool->workers) {
        struct syni_work *work = SYNI_CONTAINER(node, struct syni_worker, link)->work;

        if (!work || work->state != SYNI_WORK_RUNNING || (work->asked == 0) != (reason != 0))
            continue;
        work->holders++;
        if (reason)
            work->asked = reason;
        syni_list_append(list, &work->link);
    }
}

static void for_each_held(struct syni_list *list, void (*fn)(struct syni_work *work))
{
    while (!syni_list_empty(list)) {
        struct syni_work *work = SYNI_CONTAINER(list->next, struct syni_work, link);

        syni_list_remove(&work->link);
        fn(work);
    }
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
    syni_room_tell_locked(pool, true);
    syni_mutex_unlock(&pool->lock);
    syni_queue_end_all(&waiting, SYN_ECANCELED);
    for_each_held(&running, syni_work_tell);
}

static const char *abandon_all(struct syni_pool *pool)
{
    struct syni_list running;
    const char *name = NULL;

    syni_mutex_lock(&pool->lock);
    hold_running_locked(pool, 0, &running);
    SYNI_LIST_EACH (node, &pool->workers) {
        struct syni_work *work = SYNI_CONTAINER(node, struct syni_worker, link)->work;

        name = work ? work->name : name;
    }
    syni_mutex_unlock(&pool->lock);
    for_each_held(&running, syni_work_give_up);
    return name ? name : "a thread";
}

/* The last that left, if anybody did. */
static void join_last(struct syni_pool *pool)
{
    struct syni_thread last;
    bool joins;

    syni_mutex_lock(&pool->lock);
    last = pool->last;
    joins = pool->has_last;
    pool->has_last = false;
    pool->stopping = false;
    pool->stopper = NULL;
    syni_cond_broadcast(&pool->changed);
    syni_mutex_unlock(&pool->lock);
    if (joins)
        syni_thread_join(&last);
}

const char *syni_pool_stop(struct syni_pool *pool, int64_t deadline, int reason,
                           syni_pool_sleep_fn *sleep)
{
    struct syni_parker *parker = syni_parker_mine();
    const char *stuck = NULL;

    syni_mutex_lock(&pool->lock);
    while (pool->stopping)
        syni_cond_wait(&pool->changed, &pool->lock);
    pool->closed = true;
    syni_tray_tend_locked(pool);
    pool->stopping = true;
    pool->calm = pool->gone = false;
    pool->stopper = parker;
    syni_worker_tell_stopper_locked(pool);
    syni_mutex_unlock(&pool->lock);
    SYNI_DELAY(pool_stop);
    end_all(pool, reason);
    if (!sleep(&pool->calm, deadline, "the end of a pool's jobs"))
        stuck = abandon_all(pool);
    while (!stuck && !pool->gone)
        syni_parker_sleep(parker, SYNI_NEVER);
    join_last(pool);
    return stuck;
}

void syni_pool_open(struct syni_pool *pool)
{
    syni_mutex_lock(&pool->lock);
    while (pool->stopping)
        syni_cond_wait(&pool->changed, &pool->lock);
    pool->closed = false;
    syni_mutex_unlock(&pool->lock);
}

static bool is_used_locked(const struct syni_pool *pool)
{
    return pool->n_threads > 0 || pool->n_here > 0 || pool->stats.queued > 0 || pool->stopping;
}

syn_err syni_pool_configure(struct syni_pool *pool, const struct syn_pool_options *options)
{
    bool used;

    syni_mutex_lock(&pool->lock);
    used = is_used_locked(pool);
    if (!used) {
        pool->owner->options = *options;
        syni_pool_size_locked(pool);
    }
    syni_mutex_unlock(&pool->lock);
    return used ? SYN_EBUSY : SYN_OK;
}

syn_err syni_pool_fini(struct syni_pool *pool)
{
    bool used;

    syni_mutex_lock(&pool->lock);
    used = is_used_locked(pool);
    syni_mutex_unlock(&pool->lock);
    if (used)
        return SYN_EBUSY;
    syni_work_await_askers();
    syni_mutex_fini(&pool->lock);
    syni_cond_fini(&pool->changed);
    pool->made = false;
    return SYN_OK;
}

struct syn_pool_stats syni_pool_look(struct syni_pool *pool)
{
    struct syn_pool_stats stats;

    syni_mutex_lock(&pool->lock);
    syni_tray_empty_locked(pool);
    stats = pool->stats;
    stats.threads = pool->n_threads;
    stats.blocked = pool->n_blocked;
    stats.idle = pool->n_idle;
    syni_mutex_unlock(&pool->lock);
    return stats;
}

bool syni_pool_is_open(struct syni_pool *pool)
{
    bool open;

    syni_mutex_lock(&pool->lock);
    open = !pool->closed;
    syni_mutex_unlock(&pool->lock);
    return open;
}

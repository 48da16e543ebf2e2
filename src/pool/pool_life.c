/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of a pool: the one place that moves its state, under its lock. pool_stop.c has what a stop does
 * besides; docs/design.md has the table of what each state takes and refuses.
 *
 *     OPEN ──the first stop──> STOPPING ──the last thread leaves──> REAPING ──it was joined──> STOPPED
 *      ▲                          │  └──────────────────────────────────────no stop waits──────> │
 *      └──start, when no stop waits for it───────────────────────────────start───────────────────┘
 *
 * A stopper is listed until it is told, twice: CALM, no work runs any more; OVER, no thread is left.
 * While one is listed each thread that leaves joins the one that left before it, and the first
 * stopper joins the last, and tells the others. Threads that leave when nobody stops retire
 * themselves: so do those of works that a stop abandoned.
 */
#include "pool/pool_life.h"

#include <stddef.h>

#include "base/fork.h"
#include "pool/pool_inbox.h"

/* Taken inside a pool's lock. */
static struct syni_mutex all_lock = SYNI_MUTEX_INIT(POOLS);
static struct syni_list pool_list = {&pool_list, &pool_list};

static struct syni_pool_stopper *stopper_of(struct syni_list *node)
{
    return SYNI_CONTAINER(node, struct syni_pool_stopper, link);
}

static void take_last_locked(struct syni_pool *pool, struct syni_pool_stopper *here)
{
    SYNI_HOLDS(&pool->lock);
    here->joins = pool->has_last;
    here->last = pool->last;
    pool->has_last = false;
}

static void tell_over(struct syni_pool_stopper *here)
{
    SYNI_INVARIANT(86, !here->over);
    syni_list_remove(&here->link);
    syni_parker_wake(here->parker, &here->over);
}

/* Pools of the parent process are not stopped here. */
static void pool_life_forked(void)
{
    syni_list_init(&pool_list);
}

static struct syni_fork_call pool_life_fork_call = {.lock = &all_lock, .child = pool_life_forked};

/* Nothing is left of it. */
static void is_stopped_locked(struct syni_pool *pool)
{
    SYNI_HOLDS(&pool->lock);
    SYNI_INVARIANT(71, pool->n_threads == 0 && pool->n_here == 0 && pool->n_works == 0);
    SYNI_INVARIANT(86, pool->life != SYNI_POOL_OPEN && !pool->has_last);
    pool->life = SYNI_POOL_STOPPED;
    syni_mutex_lock(&all_lock);
    syni_list_remove(&pool->registered);
    syni_mutex_unlock(&all_lock);
}

static void tell_all_over_locked(struct syni_pool *pool)
{
    SYNI_HOLDS(&pool->lock);
    while (!syni_list_empty(&pool->stoppers))
        tell_over(stopper_of(pool->stoppers.next));
}

void syni_pool_tell_locked(struct syni_pool *pool)
{
    struct syni_pool_stopper *first;

    SYNI_HOLDS(&pool->lock);
    if (pool->life == SYNI_POOL_OPEN)
        return;
    if (pool->n_works == 0)
        SYNI_LIST_EACH (node, &pool->stoppers)
            if (!stopper_of(node)->calm)
                syni_parker_wake(stopper_of(node)->parker, &stopper_of(node)->calm);
    if (pool->n_threads > 0 || pool->n_here > 0 || pool->life == SYNI_POOL_REAPING)
        return;
    if (syni_list_empty(&pool->stoppers))
        is_stopped_locked(pool);
    if (pool->life == SYNI_POOL_STOPPED) {
        tell_all_over_locked(pool);
        return;
    }
    pool->life = SYNI_POOL_REAPING;
    first = stopper_of(pool->stoppers.next);
    first->tells = true;
    take_last_locked(pool, first);
    tell_over(first);
}

void syni_pool_close_locked(struct syni_pool *pool, struct syni_pool_stopper *here)
{
    SYNI_HOLDS(&pool->lock);
    *here = (struct syni_pool_stopper){.parker = syni_parker_mine()};
    pool->n_inside++;
    if (pool->life == SYNI_POOL_OPEN)
        pool->life = SYNI_POOL_STOPPING;
    syni_pool_inbox_tend_locked(pool);
    syni_list_append(&pool->stoppers, &here->link);
    syni_pool_tell_locked(pool);
}

void syni_pool_leave(struct syni_pool *pool, struct syni_pool_stopper *here)
{
    syni_mutex_lock(&pool->lock);
    syni_list_remove(&here->link); /* also one that was not told */
    if (syni_list_empty(&pool->stoppers) && pool->has_last)
        take_last_locked(pool, here); /* the next one to leave retires */
    syni_mutex_unlock(&pool->lock);
    if (here->joins)
        syni_thread_join(&here->last);
    syni_mutex_lock(&pool->lock);
    if (here->tells) {
        is_stopped_locked(pool);
        tell_all_over_locked(pool);
    }
    SYNI_SURE(pool->n_inside > 0);
    pool->n_inside--;
    syni_cond_broadcast(&pool->changed);
    syni_mutex_unlock(&pool->lock);
}

void syni_pool_register(struct syni_pool *pool)
{
    syni_fork_watch(&pool_life_fork_call);
    syni_mutex_lock(&all_lock);
    if (syni_list_empty(&pool->registered))
        syni_list_append(&pool_list, &pool->registered);
    syni_mutex_unlock(&all_lock);
}

const struct syni_list *syni_pool_list(void)
{
    return &pool_list;
}

struct syni_pool *syni_pool_pin(unsigned i)
{
    struct syni_pool *found = NULL;

    syni_mutex_lock(&all_lock);
    SYNI_LIST_EACH (node, &pool_list) {
        if (i-- > 0)
            continue;
        found = SYNI_CONTAINER(node, struct syni_pool, registered);
        found->n_pins++;
        break;
    }
    syni_mutex_unlock(&all_lock);
    return found;
}

void syni_pool_unpin(struct syni_pool *pool)
{
    pool->n_pins--;
}

syn_err syni_pool_open(struct syni_pool *pool)
{
    syn_err err = SYN_OK;

    syni_mutex_lock(&pool->lock);
    while (pool->life == SYNI_POOL_REAPING) /* for a moment */
        syni_cond_wait(&pool->changed, &pool->lock);
    if (pool->life == SYNI_POOL_STOPPING && pool->n_inside > 0)
        err = SYN_EBUSY;
    else
        pool->life = SYNI_POOL_OPEN;
    if (!err)
        syni_pool_register(pool);
    syni_mutex_unlock(&pool->lock);
    return err;
}

bool syni_pool_thread_leaves_locked(struct syni_pool *pool, struct syni_thread *out_before)
{
    bool joins = pool->has_last;

    SYNI_HOLDS(&pool->lock);
    if (pool->life == SYNI_POOL_OPEN || syni_list_empty(&pool->stoppers))
        return syni_thread_retire(out_before);
    *out_before = pool->last;
    pool->last = syni_thread_self();
    pool->has_last = true;
    return joins;
}

bool syni_pool_is_used_locked(const struct syni_pool *pool)
{
    SYNI_HOLDS(&pool->lock);
    return pool->n_threads > 0 || pool->n_here > 0 || pool->stats.queued > 0 ||
           pool->life == SYNI_POOL_REAPING;
}

bool syni_pool_await_stoppers(struct syni_pool *pool)
{
    bool used;

    while (pool->n_pins > 0) /* one looks at it */
        syni_thread_yield();
    syni_mutex_lock(&pool->lock);
    while (pool->n_inside > 0)
        syni_cond_wait(&pool->changed, &pool->lock);
    used = syni_pool_is_used_locked(pool);
    syni_mutex_unlock(&pool->lock);
    return !used;
}

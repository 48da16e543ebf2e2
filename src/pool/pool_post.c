/* SPDX-License-Identifier: Apache-2.0
 *
 * The way in: a work is taken, or refused. Any thread.
 *
 * Two ways: into the inbox, without the lock, while that is open; or under the lock, where what is
 * in the inbox goes first, so that the works of one thread stay in order whichever way they take.
 * By the lock goes always what may be refused when it is looked at (a strand may be
 * another pool's); what others may cancel meanwhile: on its way to the inbox nobody would
 * find it; and what is urgent: the inbox is looked at when the queue is empty.
 */
#include "pool/pool_post.h"

#include <stddef.h>
#include <string.h>

#include "base/exits.h"
#include "base/fork.h"
#include "pool/bound.h"
#include "pool/pool_inbox.h"
#include "pool/pool_life.h"
#include "pool/pool_options.h"
#include "pool/queue.h"
#include "pool/work_seen.h"
#include "pool/worker.h"
#include "pool/workers.h"

/* Making the inside of a pool, which may be static and is not made before it is used. */
static struct syni_mutex making = SYNI_MUTEX_INIT(MAKING);

static struct syni_fork_call post_fork_call = {.lock = &making};

struct syni_census syni_pools = SYNI_CENSUS_INIT(syni_pools);

/* In a child it was made by the parent, and is made anew. */
static void post_make(struct syni_pool *pool, struct syn_pool *owner)
{
    struct syni_list *const lists[] = {&pool->urgent,  &pool->others, &pool->strands, &pool->nested,
                                       &pool->workers, &pool->idle,   &pool->submitters,
                                       &pool->stoppers, &pool->registered};

    if (atomic_load_explicit(&pool->made, memory_order_relaxed) != 0)
        memset(&pool->owner, 0, sizeof *pool - offsetof(struct syni_pool, owner));
    pool->owner = owner;
    pool->main = syni_worker_main;
    syni_mutex_init(&pool->lock, SYNI_RANK_POOL);
    syni_cond_init(&pool->changed);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        syni_list_init(lists[i]);
    syni_mutex_lock(&pool->lock); /* for the sake of those two */
    syni_pool_size_locked(pool);
    if (syni_exits())
        pool->life = SYNI_POOL_STOPPED;
    syni_pool_inbox_tend_locked(pool);
    syni_mutex_unlock(&pool->lock);
    if (pool->life == SYNI_POOL_OPEN) /* a static one stays stopped when it was freed */
        syni_pool_register(pool);
    syni_census_add(&syni_pools, &pool->counted);
}

struct syni_pool *syni_pool_of(struct syn_pool *owner)
{
    struct syni_pool *pool = (struct syni_pool *)(void *)&owner->inside;

    /* acquire: pairs with the release below */
    if (atomic_load_explicit(&pool->made, memory_order_acquire) == syni_process())
        return pool;
    syni_fork_watch(&post_fork_call);
    syni_mutex_lock(&making);
    if (atomic_load_explicit(&pool->made, memory_order_relaxed) != syni_process()) {
        post_make(pool, owner);
        /* release: a thread that sees it made sees what it is made of */
        atomic_store_explicit(&pool->made, syni_process(), memory_order_release);
    }
    syni_mutex_unlock(&making);
    return pool;
}

static bool never_pending(struct syni_sleeper *sleeper)
{
    (void)sleeper;
    return false;
}

/* From here on it is on its clock, before any worker can see it. */
static void enter_clock(struct syni_work *work)
{
    if (!work->clock.clock || work->clock.pending)
        return;
    work->clock.pending = never_pending;
    syni_clock_enter(work->clock.clock, &work->clock);
}

/* It was not taken. */
static void leave_clock(struct syni_work *work)
{
    if (work->clock.pending)
        syni_clock_leave(&work->clock);
    work->clock.clock = NULL;
}

/* False: it must go by the lock; it may have a place, and be on its clock, already. */
static bool post_freely(struct syni_pool *pool, struct syni_work *work)
{
    if (work->strand || work->known || work->urgent || !syni_pool_inbox_is_open(pool) ||
        !syni_bound_take(pool, work))
        return false;
    enter_clock(work);
    SYNI_DELAY(pool_inbox_put);
    return syni_pool_inbox_put(pool, work);
}

static syn_err find_room_locked(struct syni_pool *pool, struct syni_work *work,
                                syni_pool_sleep_fn *sleep, int64_t deadline)
{
    enum syn_when_full when_full = pool->owner->options.when_full;

    SYNI_HOLDS(&pool->lock);
    if (pool->life != SYNI_POOL_OPEN)
        return SYN_ECLOSED;
    if (pool->doubt)
        return pool->doubt;
    if (syni_bound_take_locked(pool, work))
        return SYN_OK;
    if (when_full == SYN_WHEN_FULL_FAIL)
        return SYN_EAGAIN;
    if (sleep && when_full == SYN_WHEN_FULL_WAIT)
        return syni_bound_wait_locked(pool, work, deadline, sleep);
    if (!sleep || work->strand)
        syni_bound_exceed_locked(pool, work);
    return SYN_OK;
}

static syn_err enter_locked(struct syni_pool *pool, struct syni_work *work,
                            struct syni_calling *out_calling)
{
    syn_err err;

    SYNI_HOLDS(&pool->lock);
    syni_pool_inbox_empty_locked(pool); /* what this thread posted before comes first */
    err = syni_queue_put_locked(pool, work);
    if (err)
        return err;
    enter_clock(work);
    if (!syni_queue_is_empty_locked(pool))
        syni_worker_choose_locked(pool, out_calling);
    return SYN_OK;
}

static void refuse_locked(struct syni_pool *pool, struct syni_work *work)
{
    SYNI_HOLDS(&pool->lock);
    syni_work_move_locked(work, SYNI_WORK_OVER);
    pool->stats.refused++;
    syni_bound_give_locked(pool, work);
    syni_bound_tell_locked(pool, false); /* its place, if it had one or was told of one */
}

/* By the lock. */
static syn_err post_work(struct syni_pool *pool, struct syni_work *work, syni_pool_sleep_fn *sleep,
                         int64_t deadline)
{
    struct syni_calling calling = {NULL, false, false};
    struct syni_worker me;
    bool here, hopeless;
    syn_err err;

    syni_mutex_lock(&pool->lock);
    pool->stats.submitted++;
    err = find_room_locked(pool, work, sleep, deadline);
    if (!err && work->asked)
        err = SYN_ECANCELED;
    here = !err && pool->bound && !work->placed; /* there is no room, and no need of it */
    if (here)
        syni_worker_begin_here_locked(&me, pool, work);
    else if (!err)
        err = enter_locked(pool, work, &calling);
    if (err)
        refuse_locked(pool, work);
    /* One that stands in line waits for its strand, and for no thread. */
    hopeless = pool->n_threads == pool->n_blocked && !syni_queue_is_empty_locked(pool);
    syni_mutex_unlock(&pool->lock);
    /* From here on WORK may be over. */
    if (err)
        leave_clock(work);
    else if (here)
        syni_worker_run_here(&me);
    else if (hopeless && !calling.start)
        syni_worker_refuse_hopeless(pool, SYN_EDEADLK);
    else
        syni_worker_call(pool, &calling);
    return err;
}

syn_err syni_pool_post(struct syni_pool *pool, struct syni_work *work, syni_pool_sleep_fn *sleep,
                       int64_t deadline)
{
    syn_err err;

    work->pool = pool;
    if (SYNI_HOOKED)
        syni_work_seen_posted(work);
    if (post_freely(pool, work))
        return SYN_OK;
    err = post_work(pool, work, sleep, deadline);
    if (err && SYNI_HOOKED)
        syni_work_seen_unbegun(work, err);
    return err;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Places in a bounded queue, and waiting for one.
 *
 * What is left is the bound, less the works that wait, are in the inbox, or are about to be. It is counted in two
 * parts. `room` is what threads take from without the lock, since works are posted without it. A place that is given
 * back, under the lock, goes to `n_returned`, so that a worker does not take the line of `room` from the threads
 * that post for each work; a thread that finds no room looks again under the lock, and first moves there what was
 * returned. So does a worker that takes the last work of the queue: it looks at the inbox next, which lies beside
 * it. A submitter waits under the lock, and while one does all is in `room`, so that no place is missed. Accesses of
 * `room` are relaxed: a place says nothing but that it is there.
 *
 * Waiters are told when the queue is half empty, and then as many as there are
 * places: telling each at the first place would cost two changes of thread for each work. But the
 * next work may run for long, or until one that waits here goes on. So a submitter
 * that was not told for a moment looks for itself, and from then on is told at the first place.
 */
#include "pool/bound.h"

#include <stddef.h>

enum { ROOM_MOMENT_NS = 1000000 };

struct submitter {
    struct syni_list link;
    struct syni_parker *parker;
    _Atomic(bool) done;
    bool hasty; /* wants the first place */
};

static ptrdiff_t bound_of(const struct syni_pool *pool)
{
    return (ptrdiff_t)atomic_load_explicit(&pool->bound, memory_order_relaxed);
}

void syni_bound_collect_locked(struct syni_pool *pool)
{
    SYNI_HOLDS(&pool->lock);
    if (pool->n_returned == 0)
        return;
    SYNI_INVARIANT(75, atomic_load_explicit(&pool->room, memory_order_relaxed) + pool->n_returned <= bound_of(pool));
    atomic_fetch_add_explicit(&pool->room, pool->n_returned, memory_order_relaxed);
    pool->n_returned = 0;
}

bool syni_bound_take(struct syni_pool *pool, struct syni_work *work)
{
    ptrdiff_t room;

    if (work->placed || bound_of(pool) == 0)
        return true;
    room = atomic_load_explicit(&pool->room, memory_order_relaxed);
    while (!work->placed && room > 0)
        work->placed = atomic_compare_exchange_weak_explicit(
            &pool->room, &room, room - 1, memory_order_relaxed, memory_order_relaxed);
    return work->placed;
}

bool syni_bound_take_locked(struct syni_pool *pool, struct syni_work *work)
{
    SYNI_HOLDS(&pool->lock);
    if (syni_bound_take(pool, work))
        return true;
    syni_bound_collect_locked(pool);
    return syni_bound_take(pool, work);
}

void syni_bound_exceed_locked(struct syni_pool *pool, struct syni_work *work)
{
    SYNI_HOLDS(&pool->lock);
    if (syni_bound_take_locked(pool, work))
        return;
    atomic_fetch_sub_explicit(&pool->room, 1, memory_order_relaxed);
    work->placed = true;
}

void syni_bound_give_locked(struct syni_pool *pool, struct syni_work *work)
{
    SYNI_HOLDS(&pool->lock);
    if (!work->placed)
        return;
    work->placed = false;
    pool->n_returned++;
    SYNI_INVARIANT(75, atomic_load_explicit(&pool->room, memory_order_relaxed) + pool->n_returned <= bound_of(pool));
}

/* Sleeps, without the lock, until ME is told. False: time is up. */
static bool sleep_locked(struct syni_pool *pool, struct submitter *me, int64_t until,
                         syni_pool_sleep_fn *sleep)
{
    bool in_time;

    SYNI_HOLDS(&pool->lock);
    if (syni_list_empty(&me->link)) {
        me->done = false;
        syni_list_append(&pool->submitters, &me->link);
    }
    syni_mutex_unlock(&pool->lock);
    SYNI_DELAY(pool_room);
    in_time = sleep(&me->done, until, "room in a pool");
    syni_mutex_lock(&pool->lock);
    return in_time;
}

syn_err syni_bound_wait_locked(struct syni_pool *pool, struct syni_work *work, int64_t deadline,
                               syni_pool_sleep_fn *sleep)
{
    SYNI_HOLDS(&pool->lock);
    /* A virtual clock would not know what such a moment is for. */
    struct submitter me = {.parker = syni_parker_mine(), .hasty = syni_clock_mine() != NULL};
    int64_t soon = syni_deadline_in(syni_now(), ROOM_MOMENT_NS);
    bool in_time = true;

    syni_list_init(&me.link);
    while (in_time && pool->life == SYNI_POOL_OPEN && !syni_bound_take_locked(pool, work)) {
        bool waits_on = !me.hasty && soon < deadline;

        in_time = sleep_locked(pool, &me, waits_on ? soon : deadline, sleep) || waits_on;
        me.hasty = true;
    }
    syni_list_remove(&me.link);
    if (pool->life != SYNI_POOL_OPEN)
        return SYN_ECLOSED;
    if (!syni_bound_take_locked(pool, work))
        return SYN_ETIMEDOUT;
    syni_bound_tell_locked(pool, false); /* there may be more, for one behind us */
    return SYN_OK;
}

void syni_bound_tell_locked(struct syni_pool *pool, bool all)
{
    ptrdiff_t places, bound = bound_of(pool);
    bool is_half_empty;

    SYNI_HOLDS(&pool->lock);
    if (syni_list_empty(&pool->submitters))
        return;
    syni_bound_collect_locked(pool);
    places = atomic_load_explicit(&pool->room, memory_order_relaxed);
    is_half_empty = places >= bound - bound / 2;
    while (!syni_list_empty(&pool->submitters) && (all || places-- > 0)) {
        struct submitter *submitter =
            SYNI_CONTAINER(pool->submitters.next, struct submitter, link);

        if (!all && !is_half_empty && !submitter->hasty)
            return;
        syni_list_remove(&submitter->link);
        syni_parker_wake(submitter->parker, &submitter->done);
    }
}

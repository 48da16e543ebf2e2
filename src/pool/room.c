/* SPDX-License-Identifier: Apache-2.0
 *
 * Places in a bounded queue, and waiting for one.
 *
 * `room` is what is left: the bound, less the works that wait, are on the tray, or are about to
 * be. It is counted without the lock, since works are posted without it; who waits
 * for a place does so under the lock, and so does who gives one back, so that none is missed.
 * Its accesses are relaxed: a place says nothing but that it is there.
 *
 * Those who wait are told when the queue is half empty, and then as many as there are
 * places: telling each at the first place would cost two changes of thread for each work.
 */
#include "pool/pool.h"

#include <stddef.h>

struct submitter {
    struct syni_list link;
    struct syni_parker *parker;
    _Atomic(bool) done;
};

bool syni_room_take(struct syni_pool *pool, struct syni_work *work)
{
    ptrdiff_t room;

    if (work->placed || atomic_load_explicit(&pool->bound, memory_order_relaxed) == 0)
        return true;
    room = atomic_load_explicit(&pool->room, memory_order_relaxed);
    while (!work->placed && room > 0)
        work->placed = atomic_compare_exchange_weak_explicit(
            &pool->room, &room, room - 1, memory_order_relaxed, memory_order_relaxed);
    return work->placed;
}

void syni_room_exceed(struct syni_pool *pool, struct syni_work *work)
{
    if (syni_room_take(pool, work))
        return;
    atomic_fetch_sub_explicit(&pool->room, 1, memory_order_relaxed);
    work->placed = true;
}

void syni_room_give_locked(struct syni_pool *pool, struct syni_work *work)
{
    if (!work->placed)
        return;
    work->placed = false;
    atomic_fetch_add_explicit(&pool->room, 1, memory_order_relaxed);
}

syn_err syni_room_wait_locked(struct syni_pool *pool, struct syni_work *work, int64_t deadline)
{
    while (!pool->closed && !syni_room_take(pool, work)) {
        struct submitter me = {.parker = syni_parker_mine()};
        bool in_time;

        syni_list_append(&pool->submitters, &me.link);
        syni_mutex_unlock(&pool->lock);
        in_time = syni_clock_sleep(&me.done, deadline);
        syni_mutex_lock(&pool->lock);
        syni_list_remove(&me.link);
        if (!in_time && !syni_room_take(pool, work))
            return SYN_ETIMEDOUT;
    }
    return pool->closed ? SYN_ECLOSED : SYN_OK;
}

void syni_room_tell_locked(struct syni_pool *pool, bool all)
{
    ptrdiff_t bound = (ptrdiff_t)atomic_load_explicit(&pool->bound, memory_order_relaxed);
    ptrdiff_t places = atomic_load_explicit(&pool->room, memory_order_relaxed);

    if (syni_list_empty(&pool->submitters) || (!all && places < bound - bound / 2))
        return;
    while (!syni_list_empty(&pool->submitters) && (all || places-- > 0)) {
        struct submitter *submitter =
            SYNI_CONTAINER(pool->submitters.next, struct submitter, link);

        syni_list_remove(&submitter->link);
        syni_parker_wake(submitter->parker, &submitter->done);
    }
}

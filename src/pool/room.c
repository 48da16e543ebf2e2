/* SPDX-License-Identifier: Apache-2.0
 *
 * Waiting for a place in a full queue. Under the pool's lock.
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

syn_err syni_room_wait_locked(struct syni_pool *pool, int64_t deadline)
{
    size_t bound = pool->owner->options.queue_bound;

    while (!pool->closed && pool->stats.queued >= bound) {
        struct submitter me = {.parker = syni_parker_mine()};
        bool in_time;

        syni_list_append(&pool->submitters, &me.link);
        syni_mutex_unlock(&pool->lock);
        in_time = syni_clock_sleep(&me.done, deadline);
        syni_mutex_lock(&pool->lock);
        syni_list_remove(&me.link);
        if (!in_time && pool->stats.queued >= bound)
            return SYN_ETIMEDOUT;
    }
    return pool->closed ? SYN_ECLOSED : SYN_OK;
}

void syni_room_tell_locked(struct syni_pool *pool, bool all)
{
    size_t bound = pool->owner->options.queue_bound;
    size_t places = bound - pool->stats.queued;

    if (syni_list_empty(&pool->submitters) || (!all && pool->stats.queued > bound / 2))
        return;
    while (!syni_list_empty(&pool->submitters) && (all || places-- > 0)) {
        struct submitter *submitter =
            SYNI_CONTAINER(pool->submitters.next, struct submitter, link);

        syni_list_remove(&submitter->link);
        syni_parker_wake(submitter->parker, &submitter->done);
    }
}

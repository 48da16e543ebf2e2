/* SPDX-License-Identifier: Apache-2.0
 *
 * The inbox: works that were posted without the pool's lock.
 *
 * A stack (base/stack.h); its owner is the thread that holds the lock. It is open only while as many
 * workers run as are wanted: then a post has nobody to call, and one of those that run looks here before
 * it sleeps. A thread that makes them fewer shuts it under the lock, and sees to what it finds as
 * if that had been posted at that moment. A post that was taken does not look at the pool afterwards,
 * which may be gone.
 */
#include "pool/pool_inbox.h"

#include <stddef.h>

#include "pool/queue.h"

bool syni_pool_inbox_is_open(struct syni_pool *pool)
{
    return syni_stack_is_open(&pool->inbox);
}

bool syni_pool_inbox_put(struct syni_pool *pool, struct syni_work *work)
{
    return syni_stack_push(&pool->inbox, &work->in_inbox) != SYNI_PUSH_REFUSED;
}

static void queue_all_locked(struct syni_pool *pool, struct syni_link *link)
{
    SYNI_HOLDS(&pool->lock);
    while (link) {
        struct syni_work *work = SYNI_CONTAINER(link, struct syni_work, in_inbox);
        syn_err err;

        link = link->next;
        SYNI_INVARIANT(72, work->state == SYNI_WORK_NEW && !work->strand && !work->urgent);
        pool->stats.submitted++;
        err = syni_queue_put_locked(pool, work);
        SYNI_INVARIANT(72, !err);
        (void)err;
    }
}

void syni_pool_inbox_empty_locked(struct syni_pool *pool)
{
    SYNI_HOLDS(&pool->lock);
    queue_all_locked(pool, syni_stack_take(&pool->inbox));
}

void syni_pool_inbox_tend_locked(struct syni_pool *pool)
{
    bool opens = pool->life == SYNI_POOL_OPEN && syni_running_locked(pool) >= pool->wanted;

    SYNI_HOLDS(&pool->lock);
    if (opens == syni_stack_is_open(&pool->inbox))
        return;
    SYNI_INVARIANT(73, !opens || pool->n_threads > pool->n_blocked + pool->n_idle);
    if (opens)
        syni_stack_open(&pool->inbox);
    else
        queue_all_locked(pool, syni_stack_shut(&pool->inbox));
}

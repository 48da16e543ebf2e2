/* SPDX-License-Identifier: Apache-2.0
 *
 * The tray: works that were posted without the pool's lock.
 *
 * A stack that any thread pushes onto with one compare-and-exchange, and that whoever holds the
 * lock takes whole and turns round (Treiber, 1986), as the inbox of a loop. It is open only
 * while as many workers run as may: then a post has nobody to call, and one of those who run
 * looks here before it sleeps. Whoever makes them fewer shuts it under the lock, and sees to
 * what he finds as if it had been posted at that moment.
 *
 * Open or shut is told by the same word that holds the works. So a post finds out in one step
 * that it needs no lock and that it is done; it does not look at the pool afterwards, which may be
 * gone. Discarded: a flag beside an inbox that is always open. The post would have to push
 * first and look at it afterwards, and to be waited for by who frees the pool.
 */
#include "pool/pool.h"

#include <assert.h>
#include <stddef.h>

/* What the tray holds while it is shut. */
static struct syni_list shut;

bool syni_tray_is_open(struct syni_pool *pool)
{
    /* relaxed: a guess; syni_tray_put() finds out */
    return atomic_load_explicit(&pool->tray, memory_order_relaxed) != &shut;
}

bool syni_tray_put(struct syni_pool *pool, struct syni_work *work)
{
    struct syni_list *head = atomic_load_explicit(&pool->tray, memory_order_relaxed);

    do {
        if (head == &shut)
            return false;
        work->link.next = head;
        /* release: what WORK carries; pairs with the acquire of who takes it out */
    } while (!atomic_compare_exchange_weak_explicit(&pool->tray, &head, &work->link,
                                                    memory_order_release, memory_order_relaxed));
    return true;
}

static struct syni_list *in_order(struct syni_list *stack)
{
    struct syni_list *first = NULL;

    while (stack) {
        struct syni_list *next = stack->next;

        stack->next = first;
        first = stack;
        stack = next;
    }
    return first;
}

/* The works go into the queue, and the tray holds NEXT. */
static void empty_locked(struct syni_pool *pool, struct syni_list *next)
{
    /* acquire: pairs with the release in syni_tray_put() */
    struct syni_list *node =
        in_order(atomic_exchange_explicit(&pool->tray, next, memory_order_acquire));

    while (node) {
        struct syni_work *work = SYNI_CONTAINER(node, struct syni_work, link);
        syn_err err;

        node = node->next;
        pool->stats.submitted++;
        err = syni_queue_put_locked(pool, work);
        assert(!err); /* invariant 63: it has no strand */
        (void)err;
    }
}

void syni_tray_empty_locked(struct syni_pool *pool)
{
    /* relaxed: what was posted before the caller heard of it, or by himself, he sees in any
     * case; only who holds the lock opens and shuts */
    struct syni_list *head = atomic_load_explicit(&pool->tray, memory_order_relaxed);

    if (head && head != &shut)
        empty_locked(pool, NULL);
}

void syni_tray_tend_locked(struct syni_pool *pool)
{
    bool opens = !pool->closed && syni_running_locked(pool) >= pool->max_threads;

    if (opens == syni_tray_is_open(pool))
        return;
    if (opens)
        /* relaxed: who finds it open learns nothing else from it */
        atomic_store_explicit(&pool->tray, NULL, memory_order_relaxed);
    else
        empty_locked(pool, &shut);
}

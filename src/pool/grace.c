/* SPDX-License-Identifier: Apache-2.0
 *
 * Works that were cancelled, by when they are to be abandoned. Real time, whatever clock
 * their posters live by: what a thread does outside of this library takes real time.
 *
 * Discarded: leaving it to the waiter. A loop would need a timer for each, and the waiter
 * changes.
 */
#include "pool/grace.h"

#include <stddef.h>

#include "base/fork.h"

static struct syni_mutex grace_lock = SYNI_MUTEX_INIT(GRACE);
static struct syni_cond changed; /* made with the first thread */
static bool grace_made;
/* under lock */
static struct syni_heap doomed; /* by when they are due */
static struct syni_work *current; /* is being abandoned */
static void (*give_up)(struct syni_work *work); /* all works have one */
static bool runs, begun; /* the grace thread's thread; it holds memory until it begins */

/* Its thread is the parent's, and so are the works. */
static void grace_forked(void)
{
    doomed = (struct syni_heap){0};
    current = NULL;
    grace_made = runs = begun = false;
}

static struct syni_fork_call grace_fork_call = {.lock = &grace_lock, .child = grace_forked};

static struct syni_work *grace_earliest_locked(void)
{
    struct syni_heap_node *first = syni_heap_first(&doomed);

    SYNI_HOLDS(&grace_lock);
    return first ? SYNI_CONTAINER(first, struct syni_work, doomed) : NULL;
}

static void give_up_locked(struct syni_work *work)
{
    void (*fn)(struct syni_work *) = give_up;

    SYNI_HOLDS(&grace_lock);
    syni_heap_remove(&doomed, &work->doomed);
    current = work;
    syni_mutex_unlock(&grace_lock);
    fn(work);
    syni_mutex_lock(&grace_lock);
    current = NULL;
    syni_cond_broadcast(&changed);
}

static void keep(void *unused)
{
    struct syni_work *work;
    struct syni_thread before;
    bool joins;

    (void)unused;
    syni_mutex_lock(&grace_lock);
    begun = true;
    syni_cond_broadcast(&changed);
    while ((work = grace_earliest_locked())) {
        int64_t due = work->doomed.key; /* WORK may be forgotten while we sleep */

        if (due <= syni_now())
            give_up_locked(work);
        else
            syni_cond_wait_until(&changed, &grace_lock, due);
    }
    runs = false;
    joins = syni_thread_retire(&before);
    syni_cond_broadcast(&changed);
    syni_mutex_unlock(&grace_lock);
    if (joins)
        syni_thread_join(&before);
}

void syni_grace_await(void)
{
    syni_mutex_lock(&grace_lock);
    while (runs && !current && !grace_earliest_locked())
        syni_cond_wait(&changed, &grace_lock);
    syni_mutex_unlock(&grace_lock);
}

static syn_err grace_start_locked(void)
{
    struct syni_thread thread;
    syn_err err = syni_fork_watch(&grace_fork_call);

    SYNI_HOLDS(&grace_lock);
    if (err)
        return err;
    if (!grace_made) {
        syni_cond_init(&changed);
        grace_made = true;
    }
    if (runs)
        return SYN_OK;
    err = syni_thread_start(&thread, "pool-grace", 0, keep, NULL);
    if (!err) {
        runs = true;
        begun = false;
    }
    return err;
}

syn_err syni_grace_add(struct syni_work *work, int64_t due, void (*fn)(struct syni_work *work))
{
    syn_err err;

    syni_mutex_lock(&grace_lock);
    err = grace_start_locked();
    if (!err) {
        give_up = fn;
        syni_heap_insert(&doomed, &work->doomed, due);
        if (grace_earliest_locked() == work)
            syni_cond_broadcast(&changed);
    }
    syni_mutex_unlock(&grace_lock);
    return err;
}

void syni_grace_forget(struct syni_work *work)
{
    syni_mutex_lock(&grace_lock);
    syni_heap_remove(&doomed, &work->doomed);
    while (current == work || !begun)
        syni_cond_wait(&changed, &grace_lock);
    if (!grace_earliest_locked())
        syni_cond_broadcast(&changed);
    syni_mutex_unlock(&grace_lock);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * How a thread that waits is told that it need not any more, or shall not. By any thread.
 */
#include "thread/thread_waits.h"

#include "loop/loop_inbox.h"
#include "loop/role.h"

static void told_by_post(struct syni_job *job)
{
    struct syni_thread_waiter *waiter = SYNI_CONTAINER(job, struct syni_thread_waiter, told);
    struct syni_loop *loop = waiter->thread == syni_self() ? waiter->loop : NULL;

    if (loop)
        loop->hurry = true;
    syni_parker_wake(waiter->thread->parker, &waiter->done);
}

/* A thread that drives a loop is told by itself, or through the door of that loop; when the loop
 * died it sleeps, and the driver is another thread then. */
void syni_thread_told(struct syni_thread_waiter *waiter)
{
    struct syni_loop *loop = waiter->loop;

    /* relaxed: it is this thread that looks */
    if ((loop || atomic_load_explicit(&waiter->hosts, memory_order_relaxed)) &&
        waiter->thread == syni_self()) {
        atomic_store_explicit(&waiter->done, true, memory_order_relaxed);
        if (loop)
            loop->hurry = true;
        for (struct syni_driving *d = waiter->thread->driving; d && !loop; d = d->outer)
            d->loop->hurry = true; /* as a host, which turns several */
        return;
    }
    if (waiter->follows) /* it goes on as soon as it is told: it has nothing to do with the loop any more */
        syni_role_unfollow(waiter->follows, &waiter->follower);
    if (loop)
        waiter->is_told = true;
    if (!loop || syni_drives(loop) || !syni_loop_post(loop, &waiter->told))
        syni_parker_wake(waiter->thread->parker, &waiter->done);
}

static void thread_told_tell(struct syni_waiter *waiter)
{
    syni_thread_told(SYNI_CONTAINER(waiter, struct syni_thread_waiter, waiter));
}

void syni_thread_waiter_init(struct syni_self *self, struct syni_thread_waiter *waiter)
{
    waiter->waiter.wake = thread_told_tell;
    waiter->thread = self;
    atomic_init(&waiter->loop, NULL);
    waiter->follows = NULL;
    atomic_init(&waiter->hosts, false);
    waiter->told.run = told_by_post;
    if (!self->parker)
        syni_parker_of(self);
}

void syni_thread_tell_all(struct syni_list *list)
{
    while (!syni_list_empty(list)) {
        struct syni_awaits *first = SYNI_CONTAINER(list->next, struct syni_awaits, link);

        syni_list_remove(&first->link);
        syni_parker_wake(first->parker, &first->told); /* the last touch */
    }
}

/* --- interrupting a wait --- */

static void nudge(struct syni_job *job)
{
    struct syni_thread_wait *wait = SYNI_CONTAINER(job, struct syni_thread_wait, nudge);

    if (wait->self != syni_self()) { /* it does not drive any more, and is woken without us */
        syni_parker_wake(wait->self->parker, &wait->nudge_ran);
        return;
    }
    atomic_load(&wait->waiter.loop)->hurry = true;
    wait->nudge_ran = true;
    wait->nudged = false; /* seq_cst: a thread that interrupts from here on nudges again, or is seen by the next look */
}

void syni_thread_interrupt(struct syni_thread_wait *wait, int reason)
{
    struct syni_loop *loop;

    syni_clock_interrupt(wait->self, reason);
    /* seq_cst: here the interrupt is written and then the loop read, in thread_wait_drive() and turn() the
     * loop is written and then the interrupt read: one of the two sees the other. */
    loop = atomic_load(&wait->waiter.loop);
    if (!loop || atomic_exchange(&wait->nudged, true))
        return;
    wait->nudge_ran = false;
    wait->nudge.run = nudge;
    /* its memory stays until the thread returns: it is in a call there, or holds a channel from there; a host is
     * known by no loop */
    if (!syni_loop_post(loop, &wait->nudge))
        wait->nudge_ran = true;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * How a thread that waits is told that it need not any more, or shall not, by any thread; and how it heeds that.
 */
#include "thread/thread_waits.h"

#include "loop/hosted.h"
#include "loop/loop_inbox.h"
#include "loop/role.h"
#include "task/task_cancel.h"
#include "thread/driver.h"

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
    atomic_init(&waiter->done, false);
    atomic_init(&waiter->is_told, false);
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

/* Time is up, or an interrupt came. 0: it will be told all the same. */
static syn_err thread_told_end_early(struct syni_thread_wait *wait)
{
    int interrupt = syni_clock_heed_interrupt(wait->self);
    enum syn_origin origin = interrupt ? (enum syn_origin)(interrupt - 1) : wait->reason;

    if (wait->ending && interrupt == SYN_BY_INTERRUPT + 1)
        return syni_interrupt_give_up(wait);
    if (interrupt == SYNI_THREAD_REFUSED)
        return syni_job_wait_refused(wait);
    if (interrupt && wait->ending) /* it receives it again */
        syni_job_wait_asked(wait);
    if (wait->ending || (interrupt && wait->stays))
        return SYN_OK;
    wait->ending = true;
    wait->ended_by = origin;
    SYNI_DELAY(deadline_passed);
    if (wait->ops->ask && wait->ops->ask(wait, origin)) {
        wait->waits_on = true;
        syni_job_wait_asked(wait);
        return SYN_OK;
    }
    if (!syni_job_wait_withdraw(wait, origin))
        return SYN_OK;
    return syni_task_code(origin);
}

/* The same. A second signal that came before the thread heard the first is one interrupt with that: then it gives up, too.
 * seq_cst: `times` is written before `interrupt`, which was taken before. */
syn_err syni_thread_told_heed(struct syni_thread_wait *wait)
{
    syn_err err = thread_told_end_early(wait);

    return !err && atomic_load(&wait->interruptible.times) > 1 ? syni_interrupt_give_up(wait) : err;
}

/* Waits until what was posted to LOOP has run, and so *RAN. If SELF hosts that, nobody else turns it; if not,
 * it may be gone. */
static void thread_told_await(struct syni_self *self, struct syni_loop *loop, _Atomic(bool) *ran)
{
    struct syni_drive drive;

    if (syni_hosted_is_by(self, loop) && !syni_drives(loop)) {
        syni_driver_begin(self, &drive, loop);
        while (!*ran && !syni_hosted_has_ended(loop))
            syni_hosted_turn(loop, 0, true);
        syni_driver_end(self, &drive);
        syni_hosted_knock(self);
    }
    while (!*ran)
        syni_clock_sleep(ran, SYNI_NEVER);
}

/* What was posted lies in WAIT. */
void syni_thread_told_settle(struct syni_thread_wait *wait)
{
    if (wait->nudged && !wait->nudge_ran)
        thread_told_await(wait->self, wait->waiter.loop, &wait->nudge_ran);
    if (wait->abandoning && !wait->abandon_ran)
        thread_told_await(wait->self, &wait->source.home->loop, &wait->abandon_ran);
    SYNI_INVARIANT(510, (!wait->nudged || wait->nudge_ran) && (!wait->abandoning || wait->abandon_ran));
}

void syni_thread_signal_came(struct syni_interruptible *interruptible)
{
    syni_thread_interrupt(SYNI_CONTAINER(interruptible, struct syni_thread_wait, interruptible),
                          SYN_BY_INTERRUPT + 1);
}

void syni_thread_job_is_asked(void *user)
{
    struct syni_thread_wait *wait = user;

    syni_thread_interrupt(wait, wait->work->asked);
}

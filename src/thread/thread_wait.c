/* SPDX-License-Identifier: Apache-2.0
 *
 * The one way in which a thread waits. See thread_waits.h.
 *
 * Any thread. In this order, and back in the reverse one: the thread may not be cancelled any
 * more; its wait joins the graph of blocked threads, or is refused; its job passes requests on to
 * the wait; it counts as blocked in its pool and on its virtual clock; it takes the role of the
 * loop that brings what it waits for, if that is free; it is listed; it sleeps, or turns that loop.
 *
 * An interrupt does not end the wait itself: it wakes the thread, which asks or withdraws. So each
 * kind's operations run on the waiting thread only, and need no lock against another. Discarded:
 * asking from the thread that interrupts, which saves a change of thread when a job is cancelled,
 * and needs operations that any thread may call at any moment of the wait.
 */
#include "thread/thread_waits.h"

#include <stddef.h>

#include "base/exits.h"
#include "base/report.h"
#include "loop/hosted.h"
#include "loop/loop_drive.h"
#include "loop/loop_turn.h"
#include "loop/role.h"
#include "pool/workers.h"
#include "task/deadline.h"
#include "task/task_cancel.h"
#include "thread/driver.h"

/* The loop that WAIT's thread drives brings nothing any more: another ends what lives there, or it
 * has ended. */
static bool thread_wait_is_over(const struct syni_thread_wait *wait, struct syni_loop *loop)
{
    return syni_hosts(wait->self, loop) ? syni_hosted_has_ended(loop) : loop->died != SYN_OK;
}

/* Turns the loop that the thread drives. False: time is up, an interrupt came, or it is over. */
static bool turn(struct syni_thread_wait *wait, int64_t deadline)
{
    struct syni_loop *loop = wait->turns;
    struct syni_thread_sleeper *me = &wait->self->clock;
    bool hosts = wait->self->hosted && syni_hosts(wait->self, loop);

    if (hosts)
        syni_parker_sleeps_elsewhere(wait->self->parker);
    /* seq_cst: pairs with syni_thread_interrupt() */
    while (!*wait->done && !(hosts ? syni_hosted_has_ended(loop) : loop->died != SYN_OK) &&
           !atomic_load(&me->interrupt)) {
        if (deadline != SYNI_NEVER && syni_loop_now(loop) >= deadline)
            return false;
        if (hosts && wait->self->hosted->next_hosted)
            syni_hosted_turn_all(wait->self, loop, deadline);
        else if (hosts)
            syni_hosted_turn(loop, deadline, false);
        else
            syni_loop_turn(loop, deadline);
        if (hosts)
            syni_parker_sleeps_elsewhere(wait->self->parker);
    }
    return *wait->done;
}

static syn_err thread_wait_lead(struct syni_thread_wait *wait);

static void thread_wait_note(struct syni_thread_wait *wait)
{
    wait->self->sleeps_at = wait->source.core;
    syni_hooks_sleep_begins(wait->self, wait->source.name, wait->deadline);
}

static syn_err thread_wait_sleep(struct syni_thread_wait *wait)
{
    syn_err err = SYN_OK;

    thread_wait_note(wait);
    while (!err && !syni_clock_sleep(wait->done, wait->ending ? SYNI_NEVER : wait->deadline))
        err = wait->waiter.follows && syni_role_was_called(wait->self) ? thread_wait_lead(wait)
                                                                       : syni_thread_told_heed(wait);
    syni_hooks_sleep_ended(wait->self);
    return err;
}

/* The thread drives LOOP by DRIVE, and WAITS: until it is told, or must leave the role; or, as a host, *OUT_WAITS: that has
 * ended, and the thread waits on. */
static syn_err thread_wait_turn(struct syni_thread_wait *wait, struct syni_drive *drive, bool waits, bool *out_waits)
{
    struct syni_loop *loop = drive->loop;
    syn_err err = SYN_OK;

    while (waits && !err && !turn(wait, wait->ending ? SYNI_NEVER : wait->deadline) &&
           !thread_wait_is_over(wait, loop))
        err = syni_thread_told_heed(wait);
    waits = waits && !err && !*wait->done; /* if a loop died its own thread ends what lives there */
    if (waits && wait->leave)
        wait->leave(wait);
    if (wait->runs_ahead)
        syni_loop_run_ahead(loop);
    syni_driver_end(wait->self, drive);
    wait->turns = NULL;
    if (!out_waits)
        return waits ? thread_wait_sleep(wait) : err;
    *out_waits = waits;
    return err;
}

/* The thread has the role of LOOP, which brings what it waits for; or hosts it. */
static syn_err thread_wait_drive(struct syni_thread_wait *wait, struct syni_loop *loop, bool *out_waits)
{
    struct syni_drive drive;
    bool waits;

    wait->turns = loop;
    if (!out_waits)
        wait->waiter.loop = loop;
    syni_driver_begin(wait->self, &drive, loop);
    waits = wait->listed || !wait->ops->list || wait->ops->list(wait);
    if (waits && wait->watched)
        syni_job_wait_listed(wait);
    return thread_wait_turn(wait, &drive, waits, out_waits);
}

/* The thread, which follows, was called: it has the role. */
static syn_err thread_wait_lead(struct syni_thread_wait *wait)
{
    struct syni_loop *loop = wait->waiter.follows;
    syn_err err;

    wait->waiter.follows = NULL;
    syni_hooks_sleep_ended(wait->self);
    syni_clock_rouse(&loop->sleeper);
    err = thread_wait_drive(wait, loop, NULL);
    thread_wait_note(wait);
    return err;
}

/* Another thread drives: it, and the next driver, has what is waited for, and may pass the role on to us. What listing it
 * does not post wakes nobody, so we look at the role once more (invariant 710); if we have it nobody has called us. */
static syn_err thread_wait_follow(struct syni_thread_wait *wait)
{
    struct syni_loop *loop = &wait->source.home->loop;
    syn_err err;

    SYNI_DELAY(wait_is_led);
    wait->waiter.follows = loop;
    syni_role_follow(loop, &wait->waiter.follower, wait->self);
    SYNI_DELAY(wait_follows);
    wait->listed = syni_job_wait_list(wait);
    if (wait->listed && syni_loop_try_drive(loop)) {
        syni_role_unfollow(loop, &wait->waiter.follower); /* we may have been told */
        wait->waiter.follows = NULL;
        return thread_wait_drive(wait, loop, NULL);
    }
    err = wait->listed ? thread_wait_sleep(wait) : SYN_OK;
    if (!wait->listed || (err && wait->waiter.follows)) /* nobody tells it */
        syni_loop_stop_following(loop, &wait->waiter.follower);
    return err;
}

/* The loop that WAIT's thread hosts and turns meanwhile: that of what it waits for, or else any, unless
 * it is inside a step; NULL: there is none. */
static struct syni_loop *hosted_for(const struct syni_thread_wait *wait)
{
    struct syni_loop *loop = wait->source.home ? &wait->source.home->loop : NULL;

    if (loop && syni_hosted_is_by(wait->self, loop) && !syni_drives(loop))
        return loop;
    return wait->self->driving ? NULL : wait->self->hosted;
}

/* Another thread may stop and free what is hosted meanwhile, also if this one waits for something else, and so waits on: nobody
 * knows the loop by the wait, which is told, and interrupted, by a wake of the thread that knocks at the loop. */
static syn_err drive_as_host(struct syni_thread_wait *wait, struct syni_loop *loop, bool *out_waits)
{
    struct syni_home *home = SYNI_CONTAINER(loop, struct syni_home, loop);
    syn_err err;

    home->ops->stay(home);
    syni_parker_go_elsewhere(wait->self->parker, syni_hosted_rouse, loop);
    err = thread_wait_drive(wait, loop, out_waits);
    syni_parker_go_elsewhere(wait->self->parker, NULL, NULL);
    home->ops->leave(home);
    syni_hosted_knock(wait->self);
    return err;
}

/* By what it hosts, as long as it hosts anything. */
static syn_err block_as_host(struct syni_thread_wait *wait, struct syni_loop *loop)
{
    bool waits = true;
    syn_err err = SYN_OK;

    atomic_store_explicit(&wait->waiter.hosts, true, memory_order_relaxed);
    for (; waits && loop; loop = hosted_for(wait)) {
        err = drive_as_host(wait, loop, &waits);
        wait->listed = true;
    }
    return waits ? thread_wait_sleep(wait) : err;
}

static syn_err block(struct syni_thread_wait *wait)
{
    struct syni_loop *hosted = wait->self->hosted ? hosted_for(wait) : NULL;

    if (hosted)
        return block_as_host(wait, hosted);
    if (wait->may_drive && syni_loop_try_drive(&wait->source.home->loop))
        return thread_wait_drive(wait, &wait->source.home->loop, NULL);
    if (wait->may_follow && /* relaxed: a start that follows a stop may be writing it */
        atomic_load_explicit(&wait->source.home->loop.callers_drive, memory_order_relaxed))
        return thread_wait_follow(wait);
    return syni_job_wait_list(wait) ? thread_wait_sleep(wait) : SYN_OK;
}

/* On a thread that drives loops: they stand still meanwhile. */
static syn_err block_in_step(struct syni_thread_wait *wait)
{
    struct syni_self *self = wait->self;
    struct syni_driving *drives = self->driving;
    struct syni_stand_in before;
    syn_err err;

    syni_blocked_tell(self, wait->source.name);
    before = syni_clock_stand_in(self, drives->loop->clock);
    for (struct syni_driving *d = drives; d; d = d->outer)
        syni_loop_block(d->loop);
    err = block(wait);
    for (struct syni_driving *d = drives; d; d = d->outer)
        syni_loop_unblock(d->loop);
    syni_clock_stand_back(self, before);
    return err;
}

/* A thread of the program, which a signal may interrupt. */
static syn_err block_interruptibly(struct syni_thread_wait *wait)
{
    syn_err err;

    wait->interruptible.interrupt = syni_thread_signal_came;
    syni_interrupt_enter(wait);
    err = block(wait);
    SYNI_DELAY(wait_leaves);
    syni_interrupt_leave(wait, err);
    syni_clock_heed_interrupt(wait->self);
    syni_thread_told_settle(wait);
    return err;
}

static syn_err block_in_job(struct syni_thread_wait *wait)
{
    struct syni_worker *worker = wait->self->worker;
    struct syni_work *work = wait->self->driving ? NULL : worker->work;
    syn_err err = syni_job_wait_begin(wait, syni_thread_job_is_asked);
    bool late;

    if (err)
        return err;
    syni_worker_step_out(worker);
    if (work)
        syni_job_wait_begins(wait);
    err = work ? syni_job_wait_implicate(wait, work) : SYN_OK;
    if (!err)
        err = wait->self->driving ? block_in_step(wait) : block(wait);
    wait->detail = 0;
    if (work)
        atomic_store(&work->waits_on, NULL);
    syni_worker_step_in(worker);
    syni_job_wait_over(wait);
    late = syni_clock_heed_interrupt(wait->self) != 0;
    syni_thread_told_settle(wait);
    syni_job_wait_end(wait, err, late);
    return err;
}

/* A thread that drives loops joins the graph of blocked threads, or is refused. */
static syn_err wait_in_step(struct syni_thread_wait *wait)
{
    struct syni_blocked blocked;
    syn_err err;

    if (syni_blocked_is_own(wait->self, &wait->source))
        return syni_blocked_refuse_own(wait);
    err = syni_circle_enter(&blocked, wait->source.home, wait->source.name);
    if (err)
        return err;
    err = syni_job_circle_depend(wait, blocked.id);
    if (!err)
        err = wait->self->worker ? block_in_job(wait) : block_in_step(wait);
    syni_circle_leave(&blocked);
    return err;
}

/* In a callback of a mailbox: what the thread waits for must not wait for a drain of that. */
static syn_err wait_in_drain(struct syni_thread_wait *wait)
{
    struct syni_blocked blocked;
    syn_err err = syni_circle_enter(&blocked, wait->source.home, wait->source.name);

    if (err)
        return err;
    err = syni_job_circle_depend(wait, blocked.id);
    if (!err)
        err = wait->self->worker ? block_in_job(wait)
              : syni_interrupts_are_caught() && !wait->stays ? block_interruptibly(wait)
                                                             : block(wait);
    syni_circle_leave(&blocked);
    return err;
}

/* Any wait but the plain one, below. */
static __attribute__((noinline)) syn_err thread_wait_generally(struct syni_self *self, struct syni_thread_wait *wait)
{
    return self->driving    ? wait_in_step(wait)
           : self->draining ? wait_in_drain(wait)
           : self->worker   ? block_in_job(wait)
           : syni_interrupts_are_caught() && !wait->stays ? block_interruptibly(wait)
                                                          : block(wait);
}

/* WAIT is plain, and the thread has taken the role of LOOP. */
static inline __attribute__((always_inline)) syn_err thread_wait_plainly(struct syni_thread_wait *wait, struct syni_loop *loop)
{
    struct syni_self *self = wait->self;
    struct syni_drive drive;
    bool waits;

    wait->turns = loop;
    /* relaxed: an interrupt comes only where signals are caught, or to a job */
    atomic_store_explicit(&wait->waiter.loop, loop, memory_order_relaxed);
    syni_driver_begin(self, &drive, loop);
    waits = !wait->ops->list || wait->ops->list(wait);
    while (waits && !atomic_load_explicit(wait->done, memory_order_acquire) && !loop->died &&
           !atomic_load_explicit(&self->clock.interrupt, memory_order_relaxed))
        syni_loop_turn(loop, SYNI_NEVER);
    if (waits && !atomic_load_explicit(wait->done, memory_order_acquire))
        return thread_wait_turn(wait, &drive, true, NULL);
    if (wait->runs_ahead)
        syni_loop_run_ahead(loop);
    syni_driver_end(self, &drive);
    wait->turns = NULL;
    return SYN_OK;
}

/* PLAIN is a wait without a limit, outside of everything: nothing is to be asked but whether the role is free, and nothing ends
 * it but that it is told, as long as the loop lives. */
syn_err syni_thread_wait(struct syni_self *self, struct syni_thread_wait *wait)
{
    bool plain = wait->may_drive && wait->deadline == SYNI_NEVER && !self->driving && !self->draining && !self->worker &&
                 !self->hosted && !syni_interrupts_are_caught();
    int cancel_state;
    syn_err err;

    if (wait->begins && wait->deadline != SYNI_NEVER && syni_deadline_passed(self, wait->deadline)) {
        wait->failed = true;
        return syni_job_too_late(self, wait->source.name);
    }
    wait->self = self;
    if (!wait->waiter.thread)
        syni_thread_waiter_init(self, &wait->waiter);
    if (!wait->done)
        wait->done = &wait->waiter.done;
    cancel_state = syni_thread_hold_cancel();
    SYNI_DELAY(wait_drives);
    err = plain && syni_loop_try_drive(&wait->source.home->loop) ? thread_wait_plainly(wait, &wait->source.home->loop)
                                                                 : thread_wait_generally(self, wait);
    /* relaxed: a hint */
    if (atomic_load_explicit(&syni_exited_in, memory_order_relaxed) && !self->driving && !self->worker)
        syni_exit_await();
    syni_thread_let_cancel(cancel_state);
    wait->failed = err != SYN_OK;
    return err == SYN_OK || err == SYN_EDEADLK ? err : syni_job_wait_failed(err, wait->ended_by);
}

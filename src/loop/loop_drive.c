/* SPDX-License-Identifier: Apache-2.0
 *
 * Driving: the dedicated thread, callers that drive in its place, and how the role
 * (role.c) goes from one to the other.
 */
#include "loop/loop_drive.h"

#include <stddef.h>

#include "base/fork.h"
#include "base/signals.h"
#include "loop/loop_inbox.h"
#include "loop/loop_turn.h"
#include "loop/role.h"
#include "loop/role_follow.h"

static bool nothing_to_do(struct syni_loop *loop)
{
    return syni_loop_dormant(loop) && !loop->ready.first && !loop->taken &&
           syni_stack_is_empty(&loop->inbox);
}

static bool ending(const struct syni_loop *loop)
{
    return loop->died || loop->closing;
}

/* The role goes to nobody. False: a post came meanwhile, and we hold it again. */
static bool drive_let_go(struct syni_loop *loop)
{
    SYNI_INVARIANT(9, loop->callers_drive && syni_loop_dormant(loop) && !loop->ready.first);
    SYNI_INVARIANT(1, syni_loop_role(loop) == SYNI_ROLE_AWAKE);
    SYNI_DELAY(role_idle);
    if (loop->clock)
        syni_clock_doze(&loop->sleeper, SYNI_NEVER, 0);
    atomic_store(&loop->role, SYNI_ROLE_FREE);
    SYNI_DELAY(role_free);
    /* Only the inbox: the rest is the next driver's, which may be there already. */
    if (syni_stack_is_empty(&loop->inbox) || !syni_role_take(loop, SYNI_ROLE_FREE))
        return true;
    syni_clock_rouse(&loop->sleeper);
    return false;
}

bool syni_loop_try_drive(struct syni_loop *loop)
{
    /* Where callers may not drive the role is never free. (Their option is not looked
     * at: a start that follows a stop may be writing it at this moment.)
     * seq_cst: the look of one that follows (invariant 710); the move decides. */
    enum syni_role role = atomic_load(&loop->role);

    if (!syni_role_take(loop, role))
        return false;
    if (loop->clock)
        syni_clock_rouse(&loop->sleeper);
    return true;
}

/* Nothing is ready or posted: the driver would sleep. */
static bool drive_idles(struct syni_loop *loop)
{
    return !loop->ready.first && !syni_loop_has_posts(loop);
}

/* --- the role is left open ---
 *
 * While it is, or callers hold it one after the other, the dedicated thread ticks: it sleeps for half of the grace,
 * and takes the role if it was open all that time, or if nobody looked at the kernel meanwhile. So a caller that
 * leaves makes no system call, and a background event is late by the grace at most. Where the thread finds callers
 * that drive without ever looking at the kernel (their calls wait for nothing), it wants the role from the next that
 * leaves. It stops ticking when a number of ticks found no open role: then the next that leaves it open wakes it. */

enum { QUIET_TICKS = 16 };

struct drive_tick {
    unsigned long opens, waits; /* at the last one */
    int quiet;
};

/* What a driver that has left the role open looks at: seq_cst, as it left it before. */
static bool drive_is_wanted(struct syni_loop *loop)
{
    return !syni_stack_is_empty(&loop->inbox) || atomic_load(&loop->n_followers) > 0;
}

/* The role is nobody's for a while. False: a post or a follower came meanwhile, and we hold it again. */
static bool drive_leave_open(struct syni_loop *loop)
{
    SYNI_INVARIANT(1, syni_loop_role(loop) == SYNI_ROLE_AWAKE);
    SYNI_INVARIANT(380, loop->callers_drive && !loop->clock && !loop->ready.first);
    syni_count(&loop->counts.opens);
    SYNI_DELAY(role_idle);
    /* seq_cst, as are the looks at the inbox, at those that follow, and at `ticks`: invariants 2, 710 and 381 */
    atomic_store(&loop->role, SYNI_ROLE_OPEN);
    SYNI_DELAY(role_open);
    if (drive_is_wanted(loop) && syni_role_move(loop, SYNI_ROLE_OPEN, SYNI_ROLE_AWAKE))
        return false;
    syni_role_watch_open(loop);
    return true;
}

/* Something is waited for, and a dedicated thread is there to watch after the grace. relaxed: `lazy` becomes false
 * once; `wanted` is for the next that looks, whichever that is. */
static bool drive_may_leave_open(struct syni_loop *loop)
{
    return loop->grace_ns > 0 && drive_idles(loop) &&
           atomic_load_explicit(&loop->n_followers, memory_order_relaxed) == 0 &&
           !atomic_load_explicit(&loop->lazy, memory_order_relaxed) &&
           !atomic_exchange_explicit(&loop->wanted, false, memory_order_relaxed);
}

/* True: the dedicated thread has taken the role. Under the lock, after half of a grace. */
static bool drive_tick(struct syni_loop *loop, struct drive_tick *last)
{
    enum syni_role role = atomic_load(&loop->role);
    /* relaxed: sums that others count */
    unsigned long opens = atomic_load_explicit(&loop->counts.opens, memory_order_relaxed);
    unsigned long waits = atomic_load_explicit(&loop->counts.waits, memory_order_relaxed);
    bool idle = opens == last->opens, starves = waits == last->waits;

    SYNI_HOLDS(&loop->lock);
    last->opens = opens;
    last->waits = waits;
    if (role == SYNI_ROLE_OPEN && (idle || starves) && syni_role_move(loop, SYNI_ROLE_OPEN, SYNI_ROLE_AWAKE)) {
        atomic_fetch_add_explicit(&loop->counts.hand_overs, 1, memory_order_relaxed);
        return true;
    }
    if (role == SYNI_ROLE_AWAKE && starves && !idle)
        atomic_store_explicit(&loop->wanted, true, memory_order_relaxed);
    last->quiet = idle ? last->quiet + 1 : 0;
    if (role != SYNI_ROLE_OPEN && last->quiet >= QUIET_TICKS) {
        last->quiet = 0;
        atomic_store(&loop->ticks, false);
        if (atomic_load(&loop->role) == SYNI_ROLE_OPEN)
            atomic_store(&loop->ticks, true);
    }
    return false;
}

static void await_role(struct syni_loop *loop)
{
    struct drive_tick last = {0};
    bool taken = false;

    syni_mutex_lock(&loop->lock);
    while (!loop->handed && !taken) {
        int64_t moment_ns = syni_signals_sleep();
        bool ticks = atomic_load_explicit(&loop->ticks, memory_order_relaxed);

        if (ticks && moment_ns > loop->grace_ns / 2)
            moment_ns = loop->grace_ns / 2;
        if (moment_ns == SYNI_NEVER)
            syni_cond_wait(&loop->standby, &loop->lock);
        else if (!syni_cond_wait_until(&loop->standby, &loop->lock, syni_deadline_in(syni_now(), moment_ns)) &&
                 ticks && !loop->handed)
            taken = drive_tick(loop, &last);
    }
    loop->handed = false;
    syni_mutex_unlock(&loop->lock);
    syni_signals_wake();
    syni_signals_open();
}

/* --- coming and going --- */

/* As long as there is something ready. The count is for a virtual clock, which stands. */
void syni_loop_run_ahead(struct syni_loop *loop)
{
    enum { HAND_OVER_NS = 20000, TURNS = 16 };
    int64_t until;

    if (!loop->ready.first)
        return;
    until = syni_deadline_in(syni_loop_now(loop), HAND_OVER_NS);
    for (int i = 0; i < TURNS && loop->ready.first && !loop->died; i++) {
        syni_loop_turn(loop, 0);
        if (syni_loop_now(loop) >= until)
            return;
    }
}

void syni_loop_stop_driving(struct syni_loop *loop)
{
    bool ends = ending(loop) || loop->moves_out;

    SYNI_INVARIANT(1, syni_loop_role(loop) == SYNI_ROLE_AWAKE);
    if (!ends && ((nothing_to_do(loop) && drive_let_go(loop)) || syni_role_pass(loop) ||
                  (drive_may_leave_open(loop) && drive_leave_open(loop))))
        return;
    syni_role_hand_over(loop, !ends);
}

void syni_loop_stop_following(struct syni_loop *loop, struct syni_follower *follower)
{
    if (!syni_role_unfollow(loop, follower) && syni_role_was_called(follower->self))
        syni_loop_stop_driving(loop);
}

static bool drive_retired(struct syni_loop *loop)
{
    /* Only the driver retires the loop, and that is us. */
    return atomic_load_explicit(&loop->role, memory_order_relaxed) == SYNI_ROLE_GONE;
}

/* The dedicated thread has let the role go; or passed it to a caller that would wait for it otherwise, or left it
 * open for the next of those that it has served. */
static bool drive_may_stop(struct syni_loop *loop, bool followed)
{
    if (!loop->callers_drive || ending(loop) || loop->moves_out)
        return false;
    return (nothing_to_do(loop) && drive_let_go(loop)) ||
           (followed && drive_idles(loop) &&
            (syni_role_pass(loop) || (drive_may_leave_open(loop) && drive_leave_open(loop))));
}

/* Drives until there is nothing to do, or a caller does (true), or the loop ended or goes to a host (false). Asks whether
 * it is ending before the first turn too: the caller that drove before us may have
 * seen the reason, and nobody may come to wake us. */
static bool drive_on(struct syni_loop *loop)
{
    SYNI_DRIVEN(loop);
    syni_clock_rouse(&loop->sleeper);
    while (!loop->moves_out) {
        /* relaxed: one that is listed after this posts, and ends the sleep, or has what it waits for brought by it. While the
         * loop ends it is passed to nobody. */
        bool followed = !ending(loop) && syni_role_few_follow(loop);

        if (ending(loop))
            loop->on_closing(loop);
        if (drive_retired(loop))
            return false;
        syni_loop_turn(loop, followed ? 0 : SYNI_NEVER);
        syni_depth_measure(&loop->depth);
        if (drive_may_stop(loop, followed))
            return true;
    }
    return false;
}

/* Runs when the dedicated thread ends, by whatever way. A step that called
 * pthread_exit() must not leave everybody waiting. */
static void drive_thread_ends(struct syni_self *self)
{
    struct syni_loop *loop = self->dedicated.loop;

    if (syni_drives(loop) && !drive_retired(loop)) {
        loop->died = SYN_ELOOPDEAD;
        loop->on_closing(loop);
    }
}

static void dedicated(void *argument)
{
    struct syni_self *self = syni_self();
    struct syni_loop *loop = argument;

    syni_self_owns(self, SYNI_OWNS_LOOP, drive_thread_ends);
    syni_depth_begin(&loop->depth);
    do {
        syni_role_leave(self, &self->dedicated);
        await_role(loop);
        if (SYNI_HOOKED)
            syni_loop_tell_role(loop, SYN_HOOK_DRIVE_HANDED);
        syni_role_enter(self, &self->dedicated, loop);
    } while (drive_on(loop));
    syni_role_leave(self, &self->dedicated);
    syni_mutex_lock(&loop->lock); /* the loop stays until this thread was joined, or has left */
    loop->thread_left = true;
    syni_cond_broadcast(&loop->standby);
    syni_mutex_unlock(&loop->lock);
}

syn_err syni_loop_start_thread_locked(struct syni_loop *loop)
{
    syn_err err =
        syni_thread_start(&loop->thread, loop->name, loop->stack_size_bytes, dedicated, loop);

    SYNI_HOLDS(&loop->lock);
    SYNI_INVARIANT(255, !loop->has_thread);
    loop->thread_left = false;
    loop->has_thread = !err;
    if (!err)
        atomic_store_explicit(&loop->lazy, false, memory_order_relaxed);
    return err;
}

syn_err syni_loop_keep_thread(struct syni_loop *loop)
{
    syn_err err = SYN_OK;

    /* relaxed: a look, since it is false for good from the first time on; the lock decides */
    if (!atomic_load_explicit(&loop->lazy, memory_order_relaxed))
        return SYN_OK;
    syni_mutex_lock(&loop->lock);
    if (loop->lazy)
        err = syni_loop_start_thread_locked(loop);
    syni_mutex_unlock(&loop->lock);
    return err;
}

syn_err syni_loop_start(struct syni_loop *loop)
{
    static struct syni_fork_call forked = {.child = syni_signals_forked};
    syn_err err = syni_fork_watch(&forked);

    if (err)
        return err;
    loop->handed = !loop->callers_drive;
    if (loop->callers_drive)
        syni_clock_doze(&loop->sleeper, SYNI_NEVER, 0);
    atomic_store(&loop->role, loop->handed ? SYNI_ROLE_AWAKE : SYNI_ROLE_FREE);
    loop->start_thread = syni_loop_start_thread_locked;
    syni_mutex_lock(&loop->lock);
    atomic_store_explicit(&loop->lazy, loop->callers_drive, memory_order_relaxed);
    if (!loop->lazy)
        err = syni_loop_start_thread_locked(loop);
    syni_mutex_unlock(&loop->lock);
    if (err)
        atomic_store(&loop->role, SYNI_ROLE_GONE);
    else
        syni_loop_open_inbox(loop);
    return err;
}

void syni_loop_retire(struct syni_loop *loop)
{
    SYNI_DRIVEN(loop);
    SYNI_INVARIANT(4, !syni_stack_is_open(&loop->inbox));
    atomic_store(&loop->role, SYNI_ROLE_GONE);
    SYNI_DELAY(loop_retire);
    /* A thread that pinned the loop may still be about to wake the poller. None does so from here on but
     * those with a push that is refused, and they are waited for by what they push. */
    while (atomic_load(&loop->knockers) != 0) {
        SYNI_DELAY(loop_retire_waits);
        syni_thread_yield();
    }
}

void syni_loop_join_thread(struct syni_loop *loop)
{
    struct syni_thread thread;
    bool has_thread;

    syni_mutex_lock(&loop->lock); /* it may run before its starter has noted it */
    has_thread = loop->has_thread;
    thread = loop->thread;
    loop->has_thread = false;
    atomic_store_explicit(&loop->lazy, false, memory_order_relaxed); /* none is started for what has ended */
    syni_mutex_unlock(&loop->lock);
    if (has_thread)
        syni_thread_join(&thread);
}

struct syni_thread syni_loop_take_thread(struct syni_loop *loop)
{
    struct syni_thread thread;

    syni_mutex_lock(&loop->lock);
    SYNI_INVARIANT(255, loop->has_thread);
    while (!loop->thread_left) /* for a moment */
        syni_cond_wait(&loop->standby, &loop->lock);
    thread = loop->thread;
    loop->has_thread = false;
    syni_mutex_unlock(&loop->lock);
    return thread;
}

void syni_loop_join(struct syni_loop *loop)
{
    syni_loop_join_thread(loop);
    syni_mutex_lock(&loop->lock);
    while (atomic_load_explicit(&loop->host, memory_order_relaxed)) /* under the lock */
        syni_cond_wait(&loop->standby, &loop->lock);
    syni_mutex_unlock(&loop->lock);
}

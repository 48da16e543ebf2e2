/* SPDX-License-Identifier: Apache-2.0
 *
 * Driving: the dedicated thread, callers that drive in its place, and how the role
 * (role.c) goes from one to the other.
 */
#include "loop/loop.h"

#include <stddef.h>

#include "base/fork.h"
#include "base/signals.h"

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
    /* Only the inbox: the rest is the next driver's, who may be there already. */
    if (syni_stack_is_empty(&loop->inbox) || !syni_role_move(loop, SYNI_ROLE_FREE, SYNI_ROLE_AWAKE))
        return true;
    syni_clock_rouse(&loop->sleeper);
    return false;
}

bool syni_loop_try_drive(struct syni_loop *loop)
{
    /* Where callers may not drive the role is never free. (Their option is not looked
     * at: a start that follows a stop may be writing it at this moment.)
     * relaxed: a look; the move decides. */
    if (atomic_load_explicit(&loop->role, memory_order_relaxed) != SYNI_ROLE_FREE ||
        !syni_role_move(loop, SYNI_ROLE_FREE, SYNI_ROLE_AWAKE))
        return false;
    if (loop->clock)
        syni_clock_rouse(&loop->sleeper);
    return true;
}

void syni_loop_stop_driving(struct syni_loop *loop)
{
    if (ending(loop) || loop->moves_out || !nothing_to_do(loop) || !drive_let_go(loop))
        syni_role_hand_over(loop);
}

static void await_role(struct syni_loop *loop)
{
    syni_mutex_lock(&loop->lock);
    while (!loop->handed) {
        int64_t moment_ns = syni_signals_sleep();

        if (moment_ns == SYNI_NEVER)
            syni_cond_wait(&loop->standby, &loop->lock);
        else
            syni_cond_wait_until(&loop->standby, &loop->lock,
                                 syni_deadline_in(syni_now(), moment_ns));
    }
    loop->handed = false;
    syni_mutex_unlock(&loop->lock);
    syni_signals_wake();
    syni_signals_open();
}

static bool drive_retired(struct syni_loop *loop)
{
    /* Only the driver retires the loop, and that is us. */
    return atomic_load_explicit(&loop->role, memory_order_relaxed) == SYNI_ROLE_GONE;
}

/* Drives until there is nothing to do (true), or the loop ended or goes to a host (false). Asks whether
 * it is ending before the first turn too: the caller who drove before us may have
 * seen the reason, and nobody may come to wake us. */
static bool drive_on(struct syni_loop *loop)
{
    syni_clock_rouse(&loop->sleeper);
    while (!loop->moves_out) {
        if (ending(loop))
            loop->on_closing(loop);
        if (drive_retired(loop))
            return false;
        syni_loop_turn(loop, SYNI_NEVER);
        syni_depth_measure(&loop->depth);
        if (loop->callers_drive && !ending(loop) && !loop->moves_out && nothing_to_do(loop) &&
            drive_let_go(loop))
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
        syni_driving_leave(self, &self->dedicated);
        await_role(loop);
        if (SYNI_HOOKED)
            syni_role_tell(loop, SYN_HOOK_DRIVE_HANDED);
        syni_driving_enter(self, &self->dedicated, loop);
    } while (drive_on(loop));
    syni_driving_leave(self, &self->dedicated);
}

syn_err syni_loop_start_thread_locked(struct syni_loop *loop)
{
    syn_err err =
        syni_thread_start(&loop->thread, loop->name, loop->stack_size_bytes, dedicated, loop);

    SYNI_INVARIANT(255, !loop->has_thread);
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
    /* Whoever pinned the loop may still be about to wake the poller. Nobody does so from here on but
     * those whose push is refused, and they are waited for by what they push. */
    while (atomic_load(&loop->knockers) != 0) {
        SYNI_DELAY(loop_retire_waits);
        syni_thread_yield();
    }
}

void syni_loop_join_thread(struct syni_loop *loop)
{
    struct syni_thread thread;
    bool has_thread;

    syni_mutex_lock(&loop->lock); /* it may run before who started it has noted it */
    has_thread = loop->has_thread;
    thread = loop->thread;
    loop->has_thread = false;
    atomic_store_explicit(&loop->lazy, false, memory_order_relaxed); /* none is started for what has ended */
    syni_mutex_unlock(&loop->lock);
    if (has_thread)
        syni_thread_join(&thread);
}

void syni_loop_join(struct syni_loop *loop)
{
    syni_loop_join_thread(loop);
    syni_mutex_lock(&loop->lock);
    while (atomic_load_explicit(&loop->host, memory_order_relaxed)) /* under the lock */
        syni_cond_wait(&loop->standby, &loop->lock);
    syni_mutex_unlock(&loop->lock);
}

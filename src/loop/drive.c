/* SPDX-License-Identifier: Apache-2.0
 *
 * The driving role: who holds it, how it is given on, who is woken.
 *
 * `role` is one word:
 *
 *     GONE ──start──> AWAKE <──────────> ASLEEP         the driver, around the kernel
 *                      │ ▲                 │
 *        nothing to do │ │ a caller takes  │ a poster: AWAKE, and wake()
 *                      ▼ │ it, or a poster ▼
 *                      FREE hands it to    AWAKE
 *                           the dedicated thread
 *
 * Only the driver moves it to ASLEEP and FREE; whoever moves it from FREE to AWAKE
 * by compare-and-exchange holds the role and must drive or hand it over. A poster
 * who finds ASLEEP moves it to AWAKE, so that of many posters one makes the system
 * call. Both ways the pattern is the same: the poster pushes, then looks at the
 * role; the driver changes the role, then looks at the inbox; all four are seq_cst,
 * so one sees the other.
 *
 * The dedicated thread gets the role only by being handed it (`handed`, under the
 * lock): there is no race to be the driver, and no thread wakes in vain. Where
 * callers may not drive it gets the role at the start and keeps it.
 */
#include "loop/loop.h"

#include <stdlib.h>

static _Thread_local struct syni_driving *driving;

struct syni_driving *syni_driving_now(void)
{
    return driving;
}

bool syni_drives(const struct syni_loop *loop)
{
    for (struct syni_driving *d = driving; d; d = d->outer)
        if (d->loop == loop)
            return true;
    return false;
}

static bool move_role(struct syni_loop *loop, enum syni_role from, enum syni_role to)
{
    return atomic_compare_exchange_strong(&loop->role, &from, to);
}

/* The caller holds the role; from here on the dedicated thread does. */
static void hand_over(struct syni_loop *loop)
{
    atomic_fetch_add_explicit(&loop->counts.hand_overs, 1, memory_order_relaxed);
    syni_mutex_lock(&loop->lock);
    loop->handed = true;
    syni_cond_signal(&loop->standby);
    syni_mutex_unlock(&loop->lock);
}

void syni_loop_knock(struct syni_loop *loop)
{
    /* While this is counted the poller stays open: see syni_loop_retire(). */
    atomic_fetch_add(&loop->knockers, 1);
    switch (atomic_load(&loop->role)) {
    case SYNI_ROLE_ASLEEP:
        if (move_role(loop, SYNI_ROLE_ASLEEP, SYNI_ROLE_AWAKE)) {
            atomic_fetch_add_explicit(&loop->counts.wakes, 1, memory_order_relaxed);
            loop->backend->wake(loop->poller);
        }
        break;
    case SYNI_ROLE_FREE:
        if (move_role(loop, SYNI_ROLE_FREE, SYNI_ROLE_AWAKE))
            hand_over(loop);
        break;
    case SYNI_ROLE_AWAKE: /* it looks into the inbox before it sleeps */
    case SYNI_ROLE_GONE:
        break;
    }
    atomic_fetch_sub(&loop->knockers, 1);
}

static bool nothing_to_do(struct syni_loop *loop)
{
    return loop->n_live == 0 && !loop->ready.first && !syni_loop_has_posts(loop);
}

static bool ending(const struct syni_loop *loop)
{
    return loop->died || loop->closing;
}

/* The role goes to nobody. False: a post came meanwhile, and we hold it again. */
static bool let_go(struct syni_loop *loop)
{
    syni_clock_doze(&loop->sleeper, SYNI_NEVER, 0);
    atomic_store(&loop->role, SYNI_ROLE_FREE);
    /* Only the inbox: the rest is the next driver's, who may be there already. */
    if (syni_loop_inbox_empty(loop) || !move_role(loop, SYNI_ROLE_FREE, SYNI_ROLE_AWAKE))
        return true;
    syni_clock_rouse(&loop->sleeper);
    return false;
}

bool syni_loop_try_drive(struct syni_loop *loop)
{
    if (!loop->callers_drive || !move_role(loop, SYNI_ROLE_FREE, SYNI_ROLE_AWAKE))
        return false;
    syni_clock_rouse(&loop->sleeper);
    return true;
}

void syni_loop_stop_driving(struct syni_loop *loop)
{
    if (ending(loop) || !nothing_to_do(loop) || !let_go(loop))
        hand_over(loop);
}

static void await_role(struct syni_loop *loop)
{
    syni_mutex_lock(&loop->lock);
    while (!loop->handed)
        syni_cond_wait(&loop->standby, &loop->lock);
    loop->handed = false;
    syni_mutex_unlock(&loop->lock);
}

static bool retired(struct syni_loop *loop)
{
    /* Only the driver retires the loop, and that is us. */
    return atomic_load_explicit(&loop->role, memory_order_relaxed) == SYNI_ROLE_GONE;
}

/* Drives until there is nothing to do (true) or the loop ended (false). Asks whether
 * it is ending before the first turn too: the caller who drove before us may have
 * seen the reason, and nobody may come to wake us. */
static bool drive(struct syni_loop *loop)
{
    syni_clock_rouse(&loop->sleeper);
    for (;;) {
        if (ending(loop))
            loop->on_closing(loop);
        if (retired(loop))
            return false;
        syni_loop_turn(loop, SYNI_NEVER);
        if (loop->callers_drive && !ending(loop) && nothing_to_do(loop) && let_go(loop))
            return true;
    }
}

/* Runs when the dedicated thread ends, by whatever way. A step that called
 * pthread_exit() must not leave everybody waiting. */
static void thread_ends(void *argument)
{
    struct syni_loop *loop = argument;

    if (driving && !retired(loop)) {
        loop->died = SYN_ELOOPDEAD;
        loop->on_closing(loop);
    }
}

static void dedicated(void *argument)
{
    static _Thread_local struct syni_exit_call at_exit;
    static _Thread_local struct syni_driving here;
    struct syni_loop *loop = argument;

    here.loop = loop;
    at_exit.fn = thread_ends;
    at_exit.argument = loop;
    syni_thread_at_exit(&at_exit);
    do {
        driving = NULL;
        await_role(loop);
        driving = &here;
    } while (drive(loop));
    driving = NULL;
}

syn_err syni_loop_start(struct syni_loop *loop)
{
    syn_err err;

    loop->handed = !loop->callers_drive;
    if (loop->callers_drive)
        syni_clock_doze(&loop->sleeper, SYNI_NEVER, 0);
    atomic_store(&loop->role, loop->handed ? SYNI_ROLE_AWAKE : SYNI_ROLE_FREE);
    err = syni_thread_start(&loop->thread, loop->name, loop->stack_size_bytes, dedicated, loop);
    if (err)
        atomic_store(&loop->role, SYNI_ROLE_GONE);
    else
        syni_loop_open_inbox(loop, true);
    return err;
}

void syni_loop_retire(struct syni_loop *loop)
{
    atomic_store(&loop->role, SYNI_ROLE_GONE);
    /* A poster that saw the role before may still be about to wake the poller. */
    while (atomic_load(&loop->knockers) != 0)
        syni_thread_yield();
}

void syni_loop_join(struct syni_loop *loop)
{
    syni_thread_join(&loop->thread);
}

void syni_driving_enter(struct syni_driving *here, struct syni_loop *loop)
{
    here->loop = loop;
    here->outer = driving;
    driving = here;
}

void syni_driving_leave(struct syni_driving *here)
{
    driving = here->outer;
}

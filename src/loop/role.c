/* SPDX-License-Identifier: Apache-2.0
 *
 * The driving role: one word, which thread may change it, which is woken. loop_drive.c has what its
 * holders do.
 *
 * `role` is one word:
 *
 *     GONE ──start──> AWAKE <──────────> ASLEEP         the driver, around the kernel
 *                    │ │ ▲ ▲               │
 *      nothing to do │ │ │ │               │ a poster: AWAKE, and wake()
 *                    │ │ │ │               ▼
 *                    ▼ │ │ │               AWAKE
 *                   FREE│ │ OPEN ◄── a caller leaves, and something is waited for
 *      a caller takes ──┘ └── a caller takes it, or a poster hands it over;
 *      it, or a poster         after its grace the dedicated thread takes it
 *      hands it over,
 *      or leaves it OPEN, for itself (role_keep.c)
 *
 * Only the driver moves it to ASLEEP, FREE and, but for that poster, OPEN; the thread that moves it from FREE or OPEN to AWAKE
 * by compare-and-exchange holds the role and must drive or hand it over: to the first caller that follows (it
 * blocks on what this loop brings), else to the dedicated thread. A poster
 * that finds ASLEEP moves it to AWAKE, so that of many posters one makes the system
 * call. Both ways the pattern is the same: the poster pushes, then looks at the
 * role; the driver changes the role, then looks at the inbox; all four are seq_cst,
 * so one sees the other.
 *
 * The dedicated thread gets the role only by being handed it (`handed`, under the
 * lock): there is no race to be the driver, and no thread wakes in vain. Where
 * callers may not drive it gets the role at the start and keeps it; where they may it is started
 * when the role is first handed to it, so a program that makes only blocking calls has no thread of ours.
 */
#include "loop/role.h"

#include <stddef.h>

#include "base/say.h"
#include "loop/role_follow.h"

struct syni_driving *syni_role_driving_now(void)
{
    return syni_self()->driving;
}

bool syni_role_drives_outside(const struct syni_driving *driving, const struct syni_loop *loop)
{
    for (; driving; driving = driving->outer)
        if (driving->loop == loop)
            return true;
    return false;
}

bool syni_role_move(struct syni_loop *loop, enum syni_role from, enum syni_role to)
{
    return atomic_compare_exchange_strong(&loop->role, &from, to);
}

/* Again if it was FREE, and somebody left it open meanwhile. */
bool syni_role_take(struct syni_loop *loop, enum syni_role role)
{
    while (role == SYNI_ROLE_FREE || role == SYNI_ROLE_OPEN)
        if (atomic_compare_exchange_strong(&loop->role, &role, SYNI_ROLE_AWAKE))
            return true;
    return false;
}

enum { TRIES = 100, NAP_NS = 1000000 };

/* False: there is no dedicated thread, and the system has none to give; after a nap. */
static bool role_give(struct syni_loop *loop)
{
    bool has_thread;

    syni_mutex_lock(&loop->lock);
    SYNI_INVARIANT(1, !loop->handed);
    has_thread = !loop->lazy || loop->start_thread(loop) == SYN_OK;
    if (has_thread) {
        loop->handed = true;
        syni_cond_broadcast(&loop->standby);
    } else {
        syni_cond_wait_until(&loop->standby, &loop->lock, syni_deadline_in(syni_now(), NAP_NS));
    }
    syni_mutex_unlock(&loop->lock);
    return has_thread;
}

/* The role, which is FREE, is ours again, since a caller follows: it came after the last try, and saw us hold the role as
 * it posted. One that comes from here on sees that it is FREE, and takes it. */
static bool role_take_back(struct syni_loop *loop)
{
    bool followed;

    syni_mutex_lock(&loop->lock);
    followed = !syni_list_empty(&loop->followers);
    syni_mutex_unlock(&loop->lock);
    return followed && syni_role_take(loop, SYNI_ROLE_FREE);
}

/* Without a thread the role is nobody's, though there is something to do: for the next that posts, or
 * calls. Code that starts what nobody waits for has made sure of a thread before (syni_loop_keep_thread()), so
 * this is for what a step left to itself. A caller that follows drives even where the loop ends: what it waits for ends, too. */
static void role_abandon(struct syni_loop *loop)
{
    SYNI_INVARIANT(1, syni_loop_role(loop) == SYNI_ROLE_AWAKE);
    syni_print("the system gives no thread for the loop of '%s'; what runs there goes on when it does",
               loop->name);
    if (loop->clock)
        syni_clock_doze(&loop->sleeper, SYNI_NEVER, 0);
    do {
        SYNI_DELAY(role_abandon);
        atomic_store(&loop->role, SYNI_ROLE_FREE); /* seq_cst: invariant 411 */
    } while (role_take_back(loop) && !syni_role_pass_always(loop));
}

void syni_role_hand_over(struct syni_loop *loop, bool to_a_caller)
{
    bool given = false;

    SYNI_INVARIANT(1, syni_loop_role(loop) == SYNI_ROLE_AWAKE);
    if (to_a_caller && syni_role_pass(loop))
        return;
    atomic_fetch_add_explicit(&loop->counts.hand_overs, 1, memory_order_relaxed);
    for (int i = 0; !given && i < TRIES; i++)
        given = role_give(loop) || (to_a_caller && syni_role_pass_always(loop));
    if (!given)
        role_abandon(loop);
}

void syni_role_wake(struct syni_loop *loop)
{
    int cancel_state = syni_thread_hold_cancel(); /* write() is a cancellation point */

    if (SYNI_HOOKED)
        syni_loop_tell_role(loop, SYN_HOOK_LOOP_WAKES);
    loop->backend->wake(loop->poller);
    syni_thread_let_cancel(cancel_state);
}

void syni_role_knock(struct syni_loop *loop)
{
    enum syni_role role;

    SYNI_INVARIANT(4, atomic_load(&loop->knockers) > 0);
    role = atomic_load(&loop->role);
    SYNI_DELAY(knock_role);
    switch (role) {
    case SYNI_ROLE_ASLEEP:
        if (syni_role_move(loop, SYNI_ROLE_ASLEEP, SYNI_ROLE_AWAKE)) {
            atomic_fetch_add_explicit(&loop->counts.wakes, 1, memory_order_relaxed);
            syni_role_wake(loop);
        }
        break;
    case SYNI_ROLE_FREE:
    case SYNI_ROLE_OPEN:
        /* Empty: a driver took what was posted, and has left (invariant 470). */
        if (!syni_stack_is_empty(&loop->inbox) && syni_role_take(loop, role))
            syni_role_hand_over(loop, true);
        break;
    case SYNI_ROLE_AWAKE: /* it looks into the inbox before it sleeps */
    case SYNI_ROLE_GONE:
        break;
    }
}

void syni_role_watch_open(struct syni_loop *loop)
{
    if (atomic_load(&loop->ticks))
        return;
    syni_mutex_lock(&loop->lock);
    atomic_store(&loop->ticks, true);
    syni_cond_broadcast(&loop->standby);
    syni_mutex_unlock(&loop->lock);
}

bool syni_role_keep(struct syni_loop *loop)
{
    /* seq_cst, as the push before it, and as the look at `ticks`: invariants 711 and 381 */
    enum syni_role role = atomic_load(&loop->role);

    SYNI_INVARIANT(4, atomic_load(&loop->knockers) > 0);
    SYNI_DELAY(knock_role);
    if (role != SYNI_ROLE_FREE)
        return role == SYNI_ROLE_OPEN;
    if (loop->grace_ns <= 0 || !syni_role_move(loop, SYNI_ROLE_FREE, SYNI_ROLE_OPEN))
        return false;
    atomic_fetch_add_explicit(&loop->counts.opens, 1, memory_order_relaxed);
    syni_role_watch_open(loop);
    return true;
}

void syni_role_enter(struct syni_self *self, struct syni_driving *here, struct syni_loop *loop)
{
    here->loop = loop;
    here->outer = self->driving;
    self->driving = here;
    loop->now = -1; /* nobody may have driven for long */
    if (SYNI_HOOKED)
        syni_loop_tell_role(loop, SYN_HOOK_DRIVE_BEGINS);
}

void syni_role_leave(struct syni_self *self, struct syni_driving *here)
{
    SYNI_SURE(self->driving == here || !self->driving);
    self->driving = here->outer;
    if (here->loop && SYNI_HOOKED)
        syni_loop_tell_role(here->loop, SYN_HOOK_DRIVE_ENDS);
}

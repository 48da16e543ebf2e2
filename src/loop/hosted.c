/* SPDX-License-Identifier: Apache-2.0
 *
 * A loop that is driven by a thread of the program, its host, inside a loop of that.
 *
 * The host holds the role from its entering to its leaving, and no dedicated thread exists. Inside a
 * turn the role is AWAKE as with any driver. Between two turns it is ASLEEP as if the host were in
 * the kernel, which its own loop is: a post moves it to AWAKE and wakes the poller, and that makes the
 * poller's descriptor readable. Where work is left after a turn the host wakes the poller itself and
 * leaves the role AWAKE, so that posters save the call. A turn looks at the kernel first, which takes
 * the wake away, so the descriptor is readable while, and only while, there is something to do.
 *
 * All by the host's thread. That a loop has a host is read by others under its lock.
 */
#include "loop/hosted.h"

#include <stddef.h>

#include "backend/several.h"
#include "base/signals.h"
#include "loop/loop_drive.h"
#include "loop/loop_inbox.h"
#include "loop/loop_turn.h"
#include "loop/role.h"
#include "loop/role_follow.h"

static void hosted_thread_ends(struct syni_self *self);

static void host_is_roused(struct syni_job *job)
{
    struct syni_loop *loop = SYNI_CONTAINER(job, struct syni_loop, rouse);

    SYNI_DRIVEN(loop);
    loop->hurry = true;
    loop->roused = false;
}

static void hosted_enter(struct syni_loop *loop, struct syni_self *self)
{
    const struct syni_self *before = atomic_load_explicit(&loop->host, memory_order_relaxed);

    SYNI_INVARIANT(210, !loop->has_thread && !syni_hosted_has_ended(loop));
    SYNI_INVARIANT(210, !before || before == self); /* that could not move out */
    (void)before;
    loop->next_hosted = self->hosted;
    self->hosted = loop;
    loop->rouse.run = host_is_roused;
    atomic_store_explicit(&loop->host, self, memory_order_relaxed);
    syni_self_owns(self, SYNI_OWNS_HOST, hosted_thread_ends);
    syni_clock_step_aside(self); /* between turns it waits for what its loops wait for */
}

static void hosted_unlist(struct syni_loop *loop)
{
    struct syni_self *self = syni_self();
    struct syni_loop **link = &self->hosted;

    syni_clock_step_back(self);
    while (*link != loop)
        link = &(*link)->next_hosted;
    *link = loop->next_hosted;
}

static void hosted_leave(struct syni_loop *loop)
{
    hosted_unlist(loop);
    syni_mutex_lock(&loop->lock);
    atomic_store_explicit(&loop->host, NULL, memory_order_relaxed);
    syni_cond_broadcast(&loop->standby); /* the thread that reaps the loop */
    syni_mutex_unlock(&loop->lock);
}

bool syni_hosted_has_ended(const struct syni_loop *loop)
{
    /* relaxed: only the driver retires the loop, and that is us */
    return atomic_load_explicit(&loop->role, memory_order_relaxed) == SYNI_ROLE_GONE;
}

bool syni_hosted_turn(struct syni_loop *loop, int64_t until, bool at_once)
{
    SYNI_DRIVEN(loop);
    SYNI_INVARIANT(210, syni_hosts(syni_self(), loop));
    atomic_store(&loop->role, SYNI_ROLE_AWAKE);
    syni_clock_rouse(&loop->sleeper);
    if (at_once)
        syni_loop_turn_at_once(loop);
    else
        syni_loop_turn(loop, until);
    if (loop->closing || loop->died)
        loop->on_closing(loop);
    return !syni_hosted_has_ended(loop);
}

static bool has_work(struct syni_loop *loop)
{
    return loop->died || loop->ready.first || syni_loop_has_posts(loop) ||
           syni_loop_may_have_ended(loop);
}

/* Invariant 211. */
void syni_hosted_settle(struct syni_loop *loop, int64_t until)
{
    int64_t next = syni_timer_next(loop);

    SYNI_INVARIANT(210, syni_hosts(syni_self(), loop));
    if (syni_hosted_has_ended(loop)) {
        hosted_leave(loop);
        return;
    }
    if (!has_work(loop)) {
        syni_clock_doze(&loop->sleeper, next < until ? next : until, SYNI_DOZE_OUTSIDE);
        /* seq_cst: "asleep" comes before the look at the inbox; see role.c */
        atomic_store(&loop->role, SYNI_ROLE_ASLEEP);
        SYNI_DELAY(loop_asleep);
        if (!syni_loop_has_posts(loop) ||
            !syni_role_move(loop, SYNI_ROLE_ASLEEP, SYNI_ROLE_AWAKE))
            return;
        syni_clock_rouse(&loop->sleeper);
    }
    syni_role_wake(loop);
}

int64_t syni_hosted_patience(struct syni_loop *loop)
{
    int64_t next = syni_timer_next(loop), now;

    /* relaxed: a post that comes at this moment wakes the poller */
    if (atomic_load_explicit(&loop->role, memory_order_relaxed) == SYNI_ROLE_AWAKE)
        return 0;
    if (next == SYNI_NEVER || loop->clock) /* a virtual clock that jumps wakes it */
        return SYNI_NEVER;
    now = syni_loop_now(loop);
    return next > now ? next - now : 0;
}

void syni_hosted_knock(struct syni_self *self)
{
    for (struct syni_loop *l = self->hosted; l; l = l->next_hosted)
        if (syni_timer_next(l) != SYNI_NEVER)
            syni_role_wake(l);
}

bool syni_hosted_is_by(const struct syni_self *self, const struct syni_loop *loop)
{
    const struct syni_loop *hosted = self->hosted;

    while (hosted && hosted != loop)
        hosted = hosted->next_hosted;
    return hosted != NULL;
}

void syni_hosted_rouse(void *loop)
{
    struct syni_loop *roused = loop;
    int cancel_state = syni_thread_hold_cancel(); /* write() is a cancellation point */

    syni_loop_pin(roused); /* invariant 4: it retires before this, or after */
    /* as a post, but that no hook hears of it: so a virtual clock does not take the host for one that waits */
    if (!atomic_exchange(&roused->roused, true)) {
        if (syni_stack_push(&roused->inbox, &roused->rouse.link) == SYNI_PUSH_REFUSED)
            roused->roused = false; /* it has ended */
        else if (syni_role_move(roused, SYNI_ROLE_ASLEEP, SYNI_ROLE_AWAKE))
            roused->backend->wake(roused->poller);
    }
    syni_loop_unpin(roused);
    syni_thread_let_cancel(cancel_state);
}

/* --- coming and going --- */

syn_err syni_hosted_start(struct syni_loop *loop, struct syni_self *self)
{
    atomic_store(&loop->role, SYNI_ROLE_AWAKE);
    syni_loop_open_inbox(loop);
    hosted_enter(loop, self);
    syni_hosted_settle(loop, SYNI_NEVER);
    return SYN_OK;
}

bool syni_hosted_adopt(struct syni_loop *loop, struct syni_self *self)
{
    bool adopts = false;

    /* relaxed: a look; the lock decides */
    if (!atomic_load_explicit(&loop->lazy, memory_order_relaxed) || !syni_loop_try_drive(loop))
        return false;
    if (loop->n_live == 0) {
        syni_mutex_lock(&loop->lock);
        adopts = loop->lazy;
        if (adopts)
            atomic_store_explicit(&loop->lazy, false, memory_order_relaxed);
        syni_mutex_unlock(&loop->lock);
    }
    if (!adopts) {
        syni_loop_stop_driving(loop);
        return false;
    }
    hosted_enter(loop, self);
    syni_hosted_settle(loop, SYNI_NEVER);
    return true;
}

/* By the driver. If it may come the dedicated thread leaves after this turn. */
static void comes(struct syni_job *job)
{
    struct syni_newcomer *here = SYNI_CONTAINER(job, struct syni_newcomer, job);
    struct syni_loop *loop = here->loop;

    SYNI_DRIVEN(loop);
    if (loop->died || loop->closing)
        here->err = SYN_ECLOSED;
    else if (loop->moves_out || atomic_load_explicit(&loop->host, memory_order_relaxed))
        here->err = SYN_EBUSY;
    else
        loop->moves_out = loop->hurry = true;
    here->told(here);
}

bool syni_hosted_ask(struct syni_loop *loop, struct syni_newcomer *here,
                     void (*told)(struct syni_newcomer *here))
{
    *here = (struct syni_newcomer){.job.run = comes, .loop = loop, .told = told};
    return syni_loop_post(loop, &here->job);
}

void syni_hosted_move_in(struct syni_newcomer *here, struct syni_self *self)
{
    struct syni_loop *loop = here->loop;
    struct syni_thread before;

    SYNI_INVARIANT(255, !loop->lazy); /* the asker made sure of a thread */
    before = syni_loop_take_thread(loop); /* nobody else does: without a driver the loop is not retired */
    loop->moves_out = false;
    hosted_enter(loop, self);
    syni_hosted_settle(loop, SYNI_NEVER);
    syni_thread_join(&before); /* what it does at its end may call into the loop */
}

syn_err syni_hosted_move_out(struct syni_loop *loop)
{
    syn_err err;

    SYNI_INVARIANT(210, syni_hosts(syni_self(), loop));
    hosted_unlist(loop); /* from the start of the thread on another host may come */
    syni_mutex_lock(&loop->lock);
    atomic_store(&loop->role, SYNI_ROLE_AWAKE);
    loop->handed = true;
    err = syni_loop_start_thread_locked(loop);
    loop->handed = !err;
    if (!err)
        atomic_store_explicit(&loop->host, NULL, memory_order_relaxed);
    syni_mutex_unlock(&loop->lock);
    if (!err)
        return SYN_OK;
    hosted_enter(loop, syni_self());
    syni_hosted_settle(loop, SYNI_NEVER);
    return err;
}

/* A host's thread ends: what it hosts gets a thread of its own. */
static void hosted_thread_ends(struct syni_self *self)
{
    while (self->hosted)
        if (syni_hosted_move_out(self->hosted) != SYN_OK)
            syni_panic("a thread ended that hosts a synchronizer, and there is no thread to go on: "
                       "syn_host_end() first, or stop it");
}

/* --- several --- */

/* Until one of the loops that SELF hosts has something to do, for at most LIMIT_NS. */
static void sleep_for_all(struct syni_self *self, int64_t limit_ns)
{
    struct syni_several several = {.n = 0};
    int64_t moment_ns;

    for (struct syni_loop *l = self->hosted; l; l = l->next_hosted) {
        int64_t patience = syni_hosted_patience(l);

        limit_ns = patience < limit_ns ? patience : limit_ns;
        syni_several_add(&several, l->backend, l->poller);
    }
    moment_ns = syni_signals_sleep();
    limit_ns = moment_ns < limit_ns ? moment_ns : limit_ns;
    syni_several_wait(&several, limit_ns == SYNI_NEVER ? -1 : limit_ns);
    if (limit_ns != moment_ns || moment_ns == SYNI_NEVER)
        syni_signals_wake();
}

/* One that was not turned in ROUND, and may be. */
static struct syni_loop *next_to_turn(struct syni_self *self, unsigned round)
{
    struct syni_loop *l = self->hosted;

    while (l && (l->host_round == round || syni_drives(l)))
        l = l->next_hosted;
    return l;
}

void syni_hosted_turn_all(struct syni_self *self, struct syni_loop *loop, int64_t until)
{
    unsigned round = loop->host_round + 1;
    int64_t now = syni_loop_now(loop);
    struct syni_loop *l;

    syni_hosted_turn(loop, until, true);
    loop->host_round = round;
    while ((l = next_to_turn(self, round))) {
        struct syni_driving here;

        l->host_round = round;
        syni_role_enter(self, &here, l);
        syni_hosted_turn(l, SYNI_NEVER, true);
        syni_role_leave(self, &here);
        syni_hosted_settle(l, SYNI_NEVER);
    }
    if (loop->hurry || syni_hosted_has_ended(loop))
        return;
    syni_hosted_settle(loop, until);
    sleep_for_all(self, until == SYNI_NEVER || loop->clock ? SYNI_NEVER : until > now ? until - now : 0);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The virtual clock of tests, simple before fast: a number under a lock and a ring of its users.
 *
 * Threads: any. Lock order: a clock's lock is the innermost but one; wake()
 * functions called under it take only a parker's lock or write to a descriptor.
 */
#include "base/clock.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/align.h"
#include "base/fork.h"
#include "base/mem.h"
#include "base/report.h"
#include "base/say.h"
#include "base/self.h"
#include "base/thread.h"

struct syn_clock {
    unsigned process; /* all that live by it are of this one */
    struct syni_mutex mutex;
    SYNI_ALIGNED_8 _Atomic(int64_t) now; /* written under mutex */
    /* under mutex */
    struct syni_list sleepers;
    int busy; /* how many of them are not idle */
    void (*on_all_blocked)(void *user);
    void *user;
};

static _Atomic(struct syn_clock *) default_clock;
static void (*_Atomic clock_explain)(int fd);
static struct syni_mutex renewing = SYNI_MUTEX_INIT(CLOCKS);

/* In a child: of all that lived by it only the calling thread is there. */
static void clock_renew(struct syn_clock *clock)
{
    syni_mutex_init(&clock->mutex, SYNI_RANK_CLOCK);
    syni_list_init(&clock->sleepers);
    clock->busy = 0;
    clock->process = syni_process();
}

static void clock_lock(struct syn_clock *clock)
{
    syni_mutex_lock(&renewing); /* clocks are for tests */
    if (clock->process != syni_process())
        clock_renew(clock);
    syni_mutex_unlock(&renewing);
    syni_mutex_lock(&clock->mutex);
}

/* It takes part as before, as itself. */
static void clock_forked(void)
{
    struct syni_thread_sleeper *mine = &syni_self()->clock;
    struct syn_clock *clock = mine->sleeper.clock;

    syni_sleeper_renew(mine);
    if (clock)
        syni_clock_enter(clock, &mine->sleeper);
}

static struct syni_fork_call clock_fork_call = {.lock = &renewing, .child = clock_forked};

static void all_blocked_default(void *user)
{
    (void)user;
    syni_print("all blocked: everybody waits, and no deadline is pending");
    clock_explain(STDERR_FILENO);
    abort();
}

static bool any_pending_locked(struct syn_clock *clock)
{
    SYNI_HOLDS(&clock->mutex);
    SYNI_LIST_EACH (node, &clock->sleepers) {
        struct syni_sleeper *sleeper = SYNI_CONTAINER(node, struct syni_sleeper, link);
        if (sleeper->pending(sleeper))
            return true;
    }
    return false;
}

/* The earliest deadline among the idle; *OUT_WHY: what all of them wait for. */
static int64_t clock_earliest_locked(struct syn_clock *clock, unsigned *out_why)
{
    int64_t first = SYNI_NEVER;

    SYNI_HOLDS(&clock->mutex);
    *out_why = 0;
    SYNI_LIST_EACH (node, &clock->sleepers) {
        struct syni_sleeper *sleeper = SYNI_CONTAINER(node, struct syni_sleeper, link);

        *out_why |= sleeper->why;
        if (sleeper->deadline < first)
            first = sleeper->deadline;
    }
    return first;
}

/* Everybody waits: time jumps. Returns true when a thread is blocked that nobody
 * can ever wake; loops that merely have nothing to do are no reason to complain. */
static bool jump_locked(struct syn_clock *clock)
{
    unsigned why;
    int64_t next = clock_earliest_locked(clock, &why);

    SYNI_INVARIANT(27, clock->busy == 0);
    if (next == SYNI_NEVER)
        return why == SYNI_DOZE_BLOCKED;
    /* relaxed: the lock orders its writers. release: what its readers see of the time before is there */
    if (next > atomic_load_explicit(&clock->now, memory_order_relaxed))
        atomic_store_explicit(&clock->now, next, memory_order_release);
    SYNI_LIST_EACH (node, &clock->sleepers) {
        struct syni_sleeper *sleeper = SYNI_CONTAINER(node, struct syni_sleeper, link);

        if (sleeper->deadline <= next) {
            sleeper->idle = false;
            sleeper->deadline = SYNI_NEVER;
            clock->busy++;
            sleeper->wake(sleeper);
        }
    }
    return false;
}

void syni_clock_enter(struct syn_clock *clock, struct syni_sleeper *sleeper)
{
    sleeper->clock = clock;
    sleeper->deadline = SYNI_NEVER;
    sleeper->idle = false;
    sleeper->why = 0;
    if (!clock)
        return;
    clock_lock(clock);
    syni_list_append(&clock->sleepers, &sleeper->link);
    clock->busy++;
    syni_mutex_unlock(&clock->mutex);
}

/* Unlocks, and reports from outside the lock if all are blocked. */
static void settle_unlock(struct syn_clock *clock)
{
    void (*report)(void *) = clock->on_all_blocked ? clock->on_all_blocked : all_blocked_default;
    void *user = clock->user;
    bool stuck = clock->busy == 0 && !any_pending_locked(clock) && jump_locked(clock);

    syni_mutex_unlock(&clock->mutex);
    if (stuck)
        report(user);
}

void syni_clock_leave(struct syni_sleeper *sleeper)
{
    struct syn_clock *clock = sleeper->clock;

    if (!clock)
        return;
    clock_lock(clock);
    syni_list_remove(&sleeper->link);
    if (!sleeper->idle)
        clock->busy--;
    sleeper->clock = NULL;
    settle_unlock(clock);
}

void syni_clock_doze(struct syni_sleeper *sleeper, int64_t deadline, unsigned why)
{
    struct syn_clock *clock = sleeper->clock;

    if (!clock)
        return;
    clock_lock(clock);
    if (!sleeper->idle)
        clock->busy--;
    sleeper->idle = true;
    sleeper->deadline = deadline;
    sleeper->why = why;
    settle_unlock(clock);
}

void syni_clock_rouse(struct syni_sleeper *sleeper)
{
    struct syn_clock *clock = sleeper->clock;

    if (!clock)
        return;
    clock_lock(clock);
    if (sleeper->idle) {
        sleeper->idle = false;
        sleeper->why = 0;
        sleeper->deadline = SYNI_NEVER;
        clock->busy++;
    }
    syni_mutex_unlock(&clock->mutex);
}

struct syn_clock *syni_clock_default(void)
{
    return default_clock;
}

struct syn_clock *syni_clock_mine(void)
{
    return syni_self()->clock.sleeper.clock;
}

/* The thread is not idle any more, unless it drives a loop, which is busy in its place. */
static void clock_go_on(struct syni_thread_sleeper *me)
{
    if (!me->sleeper.clock)
        return;
    if (me->aside > 0)
        syni_clock_doze(&me->sleeper, SYNI_NEVER, SYNI_DOZE_BLOCKED);
    else
        syni_clock_rouse(&me->sleeper);
}

static bool is_interrupted(const struct syni_thread_sleeper *me)
{
    /* acquire: pairs with syni_clock_interrupt(), and syni_role_was_called() */
    return atomic_load_explicit(&me->interrupt, memory_order_acquire) != 0 ||
           atomic_load_explicit(&me->called, memory_order_acquire);
}

static void sleep_on_clock(struct syni_thread_sleeper *me, _Atomic(bool) *done, int64_t deadline)
{
    me->done = done;
    while (!*done && !is_interrupted(me) && syn_clock_now(me->sleeper.clock) < deadline) {
        syni_clock_doze(&me->sleeper, deadline, SYNI_DOZE_BLOCKED);
        syni_parker_sleep(me->parker, SYNI_NEVER);
        clock_go_on(me);
    }
    me->done = NULL;
}

bool syni_clock_sleep(_Atomic(bool) *done, int64_t deadline)
{
    struct syni_self *self = syni_self();
    struct syni_thread_sleeper *me = &self->clock;
    struct syni_parker *parker = syni_parker_of(self);

    if (me->sleeper.clock)
        sleep_on_clock(me, done, deadline);
    else
        while (!*done && !is_interrupted(me) && syni_parker_sleep(parker, deadline))
            ;
    if (!*done)
        return false;
    syni_parker_settle(parker);
    return true;
}

void syni_clock_interrupt(struct syni_self *self, int reason)
{
    int none = 0;

    /* seq_cst: a thread that drives is told by its loop, see syni_thread_interrupt() */
    if (atomic_compare_exchange_strong(&self->clock.interrupt, &none, reason))
        syni_parker_wake(self->parker, NULL);
}

int syni_clock_heed_interrupt(struct syni_self *self)
{
    return atomic_exchange_explicit(&self->clock.interrupt, 0, memory_order_acquire);
}

void syni_clock_step_aside(struct syni_self *self)
{
    if (self->clock.done) /* not of a host, which is idle: others look at that */
        self->clock.done = NULL;
    self->clock.aside++;
    clock_go_on(&self->clock);
}

void syni_clock_step_back(struct syni_self *self)
{
    self->clock.aside--;
    clock_go_on(&self->clock);
}

struct syni_stand_in syni_clock_stand_in(struct syni_self *self, struct syn_clock *clock)
{
    struct syni_thread_sleeper *me = &self->clock;
    struct syni_stand_in before = {clock && !me->sleeper.clock, me->aside};

    if (me->done)
        me->done = NULL;
    me->aside = 0;
    if (before.joined)
        syn_clock_join(clock);
    else
        clock_go_on(me);
    return before;
}

void syni_clock_stand_back(struct syni_self *self, struct syni_stand_in before)
{
    self->clock.aside = before.aside;
    if (before.joined)
        syn_clock_join(NULL);
    else
        clock_go_on(&self->clock);
}

syn_err syni_clock_make(void (*explain)(int fd), struct syn_clock **out_clock)
{
    struct syn_clock *clock;

    if (!out_clock)
        return syni_refuse(SYN_EINVAL, "there is nowhere to put the clock: NULL");
    clock = syni_fork_watch(&clock_fork_call) ? NULL : syni_alloc(sizeof *clock);
    if (!clock)
        return syni_refuse(SYN_ENOMEM, "no memory for a clock");
    clock_explain = explain;
    clock_renew(clock);
    *out_clock = clock;
    return SYN_OK;
}

syn_err syn_clock_free(struct syn_clock *clock)
{
    bool used;

    if (!clock)
        return SYN_OK;
    clock_lock(clock);
    used = !syni_list_empty(&clock->sleepers) || default_clock == clock;
    syni_mutex_unlock(&clock->mutex);
    if (used)
        return syni_refuse(SYN_EBUSY, "the clock is in use; stop what lives by it, or leave it");
    syni_mutex_fini(&clock->mutex);
    syni_free(clock, sizeof *clock);
    return SYN_OK;
}

static bool thread_pending(struct syni_sleeper *sleeper)
{
    const struct syni_thread_sleeper *me = SYNI_CONTAINER(sleeper, struct syni_thread_sleeper, sleeper);

    return me->done && (*me->done || is_interrupted(me));
}

static void clock_wake_thread(struct syni_sleeper *sleeper)
{
    syni_parker_wake(SYNI_CONTAINER(sleeper, struct syni_thread_sleeper, sleeper)->parker, NULL);
}

static void leave_place(struct syni_self *self)
{
    syni_clock_leave(&self->clock.sleeper);
}

void syn_clock_join(struct syn_clock *clock)
{
    struct syni_self *self = syni_self();
    struct syni_thread_sleeper *me = &self->clock;

    if (me->sleeper.clock == clock)
        return;
    syni_clock_leave(&me->sleeper);
    if (!clock)
        return;
    me->parker = syni_parker_of(self);
    me->sleeper.wake = clock_wake_thread;
    me->sleeper.pending = thread_pending;
    syni_clock_enter(clock, &me->sleeper);
    syni_self_owns(self, SYNI_OWNS_PLACE, leave_place);
}

void syn_clock_use(struct syn_clock *clock)
{
    default_clock = clock;
    syn_clock_join(clock);
}

int64_t syn_clock_now(struct syn_clock *clock)
{
    /* acquire: see jump_locked(). It stands while the caller, which lives by it, is not idle: no lock is needed */
    return clock ? atomic_load_explicit(&clock->now, memory_order_acquire) : syni_now();
}

const void *syni_clock_time(const struct syn_clock *clock)
{
    return &clock->now;
}

void syn_clock_on_all_blocked(struct syn_clock *clock, void (*fn)(void *user), void *user)
{
    clock_lock(clock);
    clock->on_all_blocked = fn;
    clock->user = user;
    syni_mutex_unlock(&clock->mutex);
}

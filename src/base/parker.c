/* SPDX-License-Identifier: Apache-2.0
 *
 * Parkers: where threads sleep. Any thread.
 *
 *     EMPTY ── the sleeper, under the lock ──> SLEEPS ── a waker ──> WOKEN
 *       ▲ └───────────────── a waker ──────────────────────────────> │
 *       └──────────────────────── the sleeper goes on ───────────────┘
 *
 * A waker of one that does not sleep yet needs one exchange; and a sleeper first looks a
 * little for that (spin.h). A waker that finds it asleep takes the lock for a moment, so that the
 * sleeper waits for the condition by then.
 *
 * A parker outlives its thread, so that a waker may touch it after *DONE is set, and signals it
 * after letting go of its lock: a thread that is woken while the lock is held runs into it, which
 * costs two changes of thread more, and made a call one and a half times to twice as slow.
 * Parkers are static, since getting one must not fail; a thread that finds none left has one
 * in its own storage, and a waker of that one holds its lock.
 */
#include "base/parker.h"

#include "base/fork.h"
#include "base/probe.h"
#include "base/self.h"
#include "base/signals.h"
#include "base/thread.h"
#include "base/time.h"

enum { LASTING = 64 };
static struct syni_mutex spare_lock = SYNI_MUTEX_INIT(SPARE);
static struct syni_parker lasting[LASTING];
static struct syni_parker *spare; /* under spare_lock, as the next */
static int n_lasting;             /* that were handed out ever */

static void parker_give_back(struct syni_self *self)
{
    struct syni_parker *parker = self->parker;

    SYNI_DELAY(parker_ends);
    self->parker = NULL;
    if (parker == &self->own_parker) { /* its waker holds its lock, and may still be in there: invariant 26 */
        syni_mutex_lock(&parker->mutex);
        syni_mutex_unlock(&parker->mutex);
        return;
    }
    syni_mutex_lock(&spare_lock);
    parker->next_spare = spare;
    spare = parker;
    syni_mutex_unlock(&spare_lock);
}

static void parker_prepare(struct syni_parker *parker)
{
    syni_mutex_init(&parker->mutex, SYNI_RANK_PARKER);
    syni_cond_init(&parker->cond);
    parker->made = true;
    atomic_store_explicit(&parker->state, SYNI_PARKER_EMPTY, memory_order_relaxed);
}

/* In a child all but the calling thread's are nobody's; and the thread that was about to wake that is gone. */
static void parker_forked(void)
{
    struct syni_parker *mine = syni_self()->parker;

    spare = NULL;
    for (int i = 0; i < n_lasting; i++) {
        lasting[i].made = false;
        lasting[i].next_spare = spare;
        if (&lasting[i] != mine)
            spare = &lasting[i];
    }
    if (mine)
        parker_prepare(mine);
}

static struct syni_fork_call parker_fork_call = {.lock = &spare_lock, .child = parker_forked};

static struct syni_parker *take_lasting(void)
{
    struct syni_parker *parker;

    syni_fork_watch(&parker_fork_call);
    syni_mutex_lock(&spare_lock);
    parker = spare;
    if (parker)
        spare = parker->next_spare;
    else if (n_lasting < LASTING)
        parker = &lasting[n_lasting++];
    syni_mutex_unlock(&spare_lock);
    return parker;
}

static struct syni_parker *parker_make(struct syni_self *self)
{
    struct syni_parker *parker = take_lasting();

    if (parker)
        parker->lasts = true;
    else
        parker = &self->own_parker;
    if (!parker->made)
        parker_prepare(parker);
    /* relaxed: a wake for its former owner may come later still; it is for no reason */
    atomic_store_explicit(&parker->state, SYNI_PARKER_EMPTY, memory_order_relaxed);
    self->parker = parker;
    syni_self_owns(self, SYNI_OWNS_PARKER, parker_give_back);
    return parker;
}

struct syni_parker *syni_parker_of(struct syni_self *self)
{
    return self->parker ? self->parker : parker_make(self);
}

struct syni_parker *syni_parker_mine(void)
{
    return syni_parker_of(syni_self());
}

static bool is_woken(void *parker)
{
    /* relaxed: a look; the exchange below decides */
    return atomic_load_explicit(&((struct syni_parker *)parker)->state, memory_order_relaxed) ==
           SYNI_PARKER_WOKEN;
}

/* The state becomes EMPTY again; true: it was WOKEN. Acquire, with the release of the waker:
 * the sleeper sees what it was woken for. */
static bool end_sleep(struct syni_parker *parker)
{
    return atomic_exchange_explicit(&parker->state, SYNI_PARKER_EMPTY, memory_order_acquire) ==
           SYNI_PARKER_WOKEN;
}

/* Until it is woken (true) or DEADLINE_NS. Under its lock. */
static bool await_wake(struct syni_parker *parker, int64_t deadline_ns)
{
    bool in_time = true;

    while (in_time && !is_woken(parker)) {
        if (deadline_ns == SYNI_NEVER)
            syni_cond_wait(&parker->cond, &parker->mutex);
        else
            in_time = syni_cond_wait_until(&parker->cond, &parker->mutex, deadline_ns);
    }
    return is_woken(parker);
}

/* At first with the signals that it has open, for a moment (signals.h). */
static void sleep_parked(struct syni_parker *parker, int64_t deadline_ns)
{
    int64_t moment_ns = syni_signals_sleep();
    int64_t soon = moment_ns == SYNI_NEVER ? SYNI_NEVER : syni_deadline_in(syni_now(), moment_ns);

    if (soon < deadline_ns && !await_wake(parker, soon))
        syni_signals_sleep();
    await_wake(parker, deadline_ns);
}

bool syni_parker_sleep(struct syni_parker *parker, int64_t deadline_ns)
{
    enum syni_parked empty = SYNI_PARKER_EMPTY;
    bool woken;

    if (syni_spin(&parker->patience, is_woken, parker)) {
        syni_parker_settle(parker);
        return end_sleep(parker);
    }
    syni_mutex_lock(&parker->mutex);
    /* relaxed: the lock passes on what there is */
    if (atomic_compare_exchange_strong_explicit(&parker->state, &empty, SYNI_PARKER_SLEEPS,
                                                memory_order_relaxed, memory_order_relaxed))
        sleep_parked(parker, deadline_ns);
    woken = end_sleep(parker);
    syni_mutex_unlock(&parker->mutex);
    syni_signals_wake();
    return woken;
}

/* True: it sleeps. Release: pairs with the acquire in end_sleep(). */
static bool set_woken(struct syni_parker *parker)
{
    return atomic_exchange_explicit(&parker->state, SYNI_PARKER_WOKEN, memory_order_release) ==
           SYNI_PARKER_SLEEPS;
}

/* It may be gone as soon as the lock is free: the sleeper takes it before it goes on. */
static void wake_passing(struct syni_parker *parker, _Atomic(bool) *done)
{
    syni_mutex_lock(&parker->mutex);
    if (done)
        *done = true;
    set_woken(parker);
    syni_cond_signal(&parker->cond);
    if (parker->knock)
        parker->knock(parker->door);
    syni_mutex_unlock(&parker->mutex);
}

void syni_parker_wake(struct syni_parker *parker, _Atomic(bool) *done)
{
    if (!parker->lasts) {
        wake_passing(parker, done);
        return;
    }
    if (done)
        *done = true;
    SYNI_DELAY(parker_done);
    if (!set_woken(parker))
        return;
    SYNI_DELAY(parker_woken);
    syni_mutex_lock(&parker->mutex); /* it waits for the condition by now, or it is elsewhere */
    if (parker->knock)
        parker->knock(parker->door);
    syni_mutex_unlock(&parker->mutex);
    syni_cond_signal(&parker->cond);
}

void syni_parker_go_elsewhere(struct syni_parker *parker, void (*knock)(void *door), void *door)
{
    if (!knock)
        end_sleep(parker);
    syni_mutex_lock(&parker->mutex);
    parker->knock = knock;
    parker->door = door;
    syni_mutex_unlock(&parker->mutex);
}

void syni_parker_sleeps_elsewhere(struct syni_parker *parker)
{
    /* acquire: as end_sleep(); a waker that comes later knocks */
    atomic_exchange_explicit(&parker->state, SYNI_PARKER_SLEEPS, memory_order_acquire);
}

void syni_parker_settle(struct syni_parker *parker)
{
    if (parker->lasts)
        return;
    syni_mutex_lock(&parker->mutex);
    syni_mutex_unlock(&parker->mutex);
}

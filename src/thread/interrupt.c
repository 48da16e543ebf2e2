/* SPDX-License-Identifier: Apache-2.0
 *
 * The waits that may be interrupted, and interrupting them. See interrupt.h; the signal is interrupt_catch.c's, which a
 * static program that catches none is linked without.
 */
#include "thread/interrupt.h"

#include "base/fork.h"
#include "loop/loop_inbox.h"
#include "loop/role.h"
#include "thread/thread_waits.h"

atomic_bool syni_interrupts;
static void (*_Atomic interrupt_release)(void); /* NULL: none was ever caught */

static struct syni_mutex interrupt_lock = SYNI_MUTEX_INIT(INTERRUPT);
/* under lock */
static struct syni_list waits; /* of struct syni_interruptible */
static bool interrupt_made;    /* the list */
static int pending; /* a signal that no wait has heard, for the next one; 0: none */
static int latest_signal;
static unsigned n_met; /* waits that it, or one before, interrupted, and that are on */
static bool is_heard;  /* by one of those */

static void interrupt_forked(void)
{
    interrupt_made = false;
    pending = 0;
    n_met = 0;
    syni_interrupts = false;
}

static struct syni_fork_call interrupt_fork_call = {.lock = &interrupt_lock,
                                                    .child = interrupt_forked};

syn_err syni_interrupt_prepare(void (*release)(void))
{
    interrupt_release = release;
    return syni_fork_watch(&interrupt_fork_call);
}

void syni_interrupt_end(void)
{
    void (*release)(void) = interrupt_release;

    if (release)
        release();
}

static void interrupt_list_locked(void)
{
    SYNI_HOLDS(&interrupt_lock);
    if (!interrupt_made)
        syni_list_init(&waits);
    interrupt_made = true;
}

static void interrupt_locked(struct syni_thread_wait *wait)
{
    SYNI_HOLDS(&interrupt_lock);
    if (wait->interruptible.times++ == 0 && n_met++ == 0)
        is_heard = false;
    wait->interruptible.interrupt(&wait->interruptible);
    SYNI_DELAY(interrupt_pressed);
}

void syni_interrupt_enter(struct syni_thread_wait *wait)
{
    syni_mutex_lock(&interrupt_lock);
    interrupt_list_locked();
    wait->interruptible.times = 0;
    syni_list_append(&waits, &wait->interruptible.link);
    if (pending)
        interrupt_locked(wait);
    pending = 0;
    syni_mutex_unlock(&interrupt_lock);
}

/* The latest signal goes to waits that began after it, or to the next one. */
static void pass_on_locked(void)
{
    bool passed = false;

    SYNI_HOLDS(&interrupt_lock);
    SYNI_LIST_EACH (node, &waits) {
        struct syni_thread_wait *wait =
            SYNI_CONTAINER(node, struct syni_thread_wait, interruptible.link);

        if (wait->interruptible.times > 0)
            continue;
        interrupt_locked(wait);
        passed = true;
    }
    if (!passed && syni_interrupts)
        pending = latest_signal;
}

/* WAIT, which is over with ERR, has ended by a signal that came, or what it waits for has, which was asked. */
static bool interrupt_was_heard(const struct syni_thread_wait *wait, syn_err err)
{
    bool asked = (wait->ending && wait->ended_by == SYN_BY_INTERRUPT) || wait->abandoning;

    if (err || !asked)
        return asked;
    return wait->source.core ? wait->source.core->err != SYN_OK : wait->ops->ask != NULL;
}

void syni_interrupt_leave(struct syni_thread_wait *wait, syn_err err)
{
    syni_mutex_lock(&interrupt_lock);
    if (interrupt_made) /* else in a child, where none is on it */
        syni_list_remove(&wait->interruptible.link);
    SYNI_INVARIANT(450, !pending || n_met == 0);
    if (wait->interruptible.times > 0 && n_met > 0) {
        is_heard = is_heard || interrupt_was_heard(wait, err);
        if (--n_met == 0 && !is_heard)
            pass_on_locked();
    }
    syni_mutex_unlock(&interrupt_lock);
}

static void run_abandon(struct syni_job *job)
{
    struct syni_thread_wait *wait = SYNI_CONTAINER(job, struct syni_thread_wait, abandon);

    wait->ops->abandon(wait);
    if (wait->self == syni_self() && syni_thread_wait_drives(wait))
        wait->turns->hurry = true;
    syni_parker_wake(wait->self->parker, &wait->abandon_ran);
}

syn_err syni_interrupt_give_up(struct syni_thread_wait *wait)
{
    struct syni_loop *loop;

    if (wait->ops->abandon && !wait->abandoning) {
        loop = &wait->source.home->loop;
        wait->abandon.run = run_abandon;
        wait->abandoning = true;
        if (syni_drives(loop))
            syni_loop_ready(loop, &wait->abandon);
        else if (!syni_loop_post(loop, &wait->abandon))
            wait->abandon_ran = true;
        return SYN_OK;
    }
    if (wait->ops->abandon || !wait->ops->withdraw ||
        !wait->ops->withdraw(wait, SYN_BY_INTERRUPT))
        return SYN_OK;
    wait->ended_by = SYN_BY_INTERRUPT;
    return SYN_EABANDONED;
}

/* How many were interrupted for the first time, and for the second. */
static void interrupt_all_locked(unsigned out_n[2])
{
    SYNI_LIST_EACH (node, &waits) {
        struct syni_thread_wait *wait =
            SYNI_CONTAINER(node, struct syni_thread_wait, interruptible.link);
        int times = wait->interruptible.times;

        if (times > 1)
            continue;
        interrupt_locked(wait);
        out_n[times]++;
    }
}

bool syni_interrupt_press(int number, unsigned *out_n_abandoned)
{
    unsigned n[2] = {0, 0};
    bool waited, passes;

    syni_mutex_lock(&interrupt_lock);
    interrupt_list_locked();
    latest_signal = number;
    interrupt_all_locked(n);
    waited = !syni_list_empty(&waits);
    passes = pending || (waited && !n[0] && !n[1]);
    pending = !waited && !passes ? number : 0;
    syni_mutex_unlock(&interrupt_lock);
    *out_n_abandoned = n[1];
    return passes;
}

int syni_interrupt_forget(void)
{
    int kept;

    syni_mutex_lock(&interrupt_lock);
    kept = pending;
    pending = 0;
    syni_mutex_unlock(&interrupt_lock);
    return kept;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Circles of synchronizers that block on each other.
 *
 * Whoever blocks while he drives a loop is listed here with what he waits for. A wait is
 * refused if from its target, along those who drive that and what they wait for in turn, one
 * comes back to a loop that the caller drives. The list is short: it has only threads that
 * do what a step should not do. Discarded: finding the circle in the loops, which would ask
 * every other driver for what only he may look at.
 *
 * Any thread, under one lock, so that of those who close a circle at the same time one is
 * last, and sees the others.
 */
#include "facade/blocked.h"

#include <stdatomic.h>

#include "base/report.h"

static struct syni_mutex lock = SYNI_MUTEX_INIT;
static struct syni_list blocked = {&blocked, &blocked};

static bool drives(const struct syni_driving *chain, const struct syni_home *home)
{
    for (; chain; chain = chain->outer)
        if (chain->loop == &home->loop)
            return true;
    return false;
}

static bool leads_on_locked(const struct syni_home *home)
{
    bool found = false;

    SYNI_LIST_EACH (node, &blocked) {
        struct syni_blocked *b = SYNI_CONTAINER(node, struct syni_blocked, link);

        if (b->reached || !drives(b->drives, home))
            continue;
        b->reached = true;
        found = true;
    }
    return found;
}

/* Marks all that TARGET waits for. */
static void reach_locked(const struct syni_home *target)
{
    bool more;

    SYNI_LIST_EACH (node, &blocked)
        SYNI_CONTAINER(node, struct syni_blocked, link)->reached = false;
    more = leads_on_locked(target);
    while (more) {
        more = false;
        SYNI_LIST_EACH (node, &blocked) {
            struct syni_blocked *b = SYNI_CONTAINER(node, struct syni_blocked, link);

            if (b->reached && leads_on_locked(b->target))
                more = true;
        }
    }
}

/* Who closes the circle with a wait of HERE's thread for TARGET; NULL: nobody. Where the thread
 * drives several of the loops on the way, the wait for the one whose step runs. */
static const struct syni_blocked *circle_locked(const struct syni_blocked *here)
{
    const struct syni_blocked *found = NULL;

    reach_locked(here->target);
    SYNI_LIST_EACH (node, &blocked) {
        struct syni_blocked *b = SYNI_CONTAINER(node, struct syni_blocked, link);

        if (!b->reached || !drives(here->drives, b->target))
            continue;
        if (!found || here->drives->loop == &b->target->loop)
            found = b;
    }
    return found;
}

syn_err syni_blocked_enter(struct syni_blocked *here, struct syni_home *target,
                           const char *function)
{
    const struct syni_blocked *other;
    const char *other_function = NULL, *other_target = NULL;

    here->drives = target ? syni_driving_now() : NULL;
    here->target = target;
    here->function = function;
    if (!here->drives)
        return SYN_OK;
    syni_mutex_lock(&lock); /* for both: looking, and joining the list (invariant 31) */
    other = circle_locked(here);
    if (other) {
        other_function = other->function;
        other_target = other->target->loop.name;
    } else {
        syni_list_append(&blocked, &here->link);
    }
    syni_mutex_unlock(&lock);
    if (!other_function)
        return SYN_OK;
    return syni_refuse(SYN_EDEADLK,
                       "waiting for %s on '%s' would close a circle: that waits for %s on '%s', "
                       "which this thread drives; co_await one of the two",
                       function, target->loop.name, other_function, other_target);
}

void syni_blocked_leave(struct syni_blocked *here)
{
    if (!here->drives)
        return;
    syni_mutex_lock(&lock);
    syni_list_remove(&here->link);
    syni_mutex_unlock(&lock);
}

syn_err syni_blocked_own(struct syni_home *home, const char *function)
{
    struct syni_blocked here;
    syn_err err = syni_blocked_enter(&here, home, function);

    if (!err)
        syni_blocked_leave(&here);
    return err;
}

struct syni_blocking syni_block(const char *function)
{
    struct syni_blocking blocking = {syni_driving_now(), {false, 0}};
    const struct syn_options *options;

    syni_worker_block();
    if (!blocking.drives)
        return blocking;
    options = &syni_home_now()->synchronizer->options;
    if (options->on_blocked)
        options->on_blocked(options->user, blocking.drives->loop->name, function);
    blocking.before = syni_clock_stand_in(blocking.drives->loop->clock);
    for (struct syni_driving *d = blocking.drives; d; d = d->outer)
        syni_loop_block(d->loop);
    return blocking;
}

void syni_unblock(const struct syni_blocking *blocking)
{
    syni_worker_unblock();
    if (!blocking->drives)
        return;
    for (struct syni_driving *d = blocking->drives; d; d = d->outer)
        syni_loop_unblock(d->loop);
    syni_clock_stand_back(blocking->before);
}

static void pass_on(void *user)
{
    struct syni_relay *relay = user;

    syni_core_ask(relay->core, (enum syn_origin)(relay->work->asked - 1));
}

void syni_relay_begin(struct syni_relay *relay, struct syni_core *core)
{
    struct syni_worker *worker = syni_worker_now();

    relay->core = core;
    /* On a loop that the worker drives it is a step's wait, and not the job's. */
    relay->work = worker && !syni_driving_now() ? worker->work : NULL;
    if (!relay->work || !syni_work_hook(relay->work, SYNI_HOOK_OF_LIBRARY, pass_on, relay))
        return;
    /* It was asked before. If it has not heard of that, it does by this wait, as a task would;
     * if it has, this is its clean-up, and may take its time. */
    if (!atomic_exchange(&relay->work->heard, true))
        pass_on(relay);
    relay->work = NULL;
}

void syni_relay_end(const struct syni_relay *relay)
{
    if (relay->work)
        syni_work_hook(relay->work, SYNI_HOOK_OF_LIBRARY, NULL, NULL);
}

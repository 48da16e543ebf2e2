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

static struct syni_mutex lock = SYNI_MUTEX_INIT(BLOCKED);
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

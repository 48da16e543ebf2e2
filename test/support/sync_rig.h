/* SPDX-License-Identifier: Apache-2.0
 *
 * What the suites of mutex, semaphore, event and condition share.
 */
#ifndef SYNC_RIG_H
#define SYNC_RIG_H

#include "support/pair_rig.h"
#include "support/story.h"

static struct syn_mutex mutex;
static struct syn_semaphore semaphore;
static struct syn_event event;
static struct syn_condition condition;

/* --- users of each --- */

ASYNC(demo, void, locks, (int, who), (double, holds), SYN_LOCAL(int, is_in))
{
    co_begin;
    co_lock(&mutex);
    self->is_in = 1;
    tell("in", self->who);
    co_sleep(self->holds);
    tell("out", self->who);
    co_finally;
    CHECK_INT(syn_mutex_is_mine(&mutex), self->is_in); /* a cancelled task took nothing */
    if (syn_mutex_is_mine(&mutex))
        syn_mutex_unlock(&mutex);
    co_end;
}

static int inside, most;

ASYNC(demo, void, enters, (double, seconds))
{
    co_begin;
    co_acquire(&semaphore);
    inside++;
    most = inside > most ? inside : most;
    co_sleep(self->seconds);
    inside--;
    syn_semaphore_release(&semaphore, 1);
    co_end;
}

ASYNC(demo, void, awaits_event)
{
    co_begin;
    co_wait_on(&event);
    tell("woken", 0);
    co_end;
}

static int items;

ASYNC(demo, void, consumes, (int, who), (double, limit))
{
    co_begin;
    co_lock(&mutex);
    while (items == 0) {
        co_attempt_by(&condition, &mutex, self->limit > 0 ? syn_after(self->limit) : syn_never());
        co_check;
        CHECK(syn_mutex_is_mine(&mutex));
    }
    items--;
    tell("got", self->who);
    co_finally;
    CHECK(syn_mutex_is_mine(&mutex)); /* also when it was cancelled in the wait */
    syn_mutex_unlock(&mutex);
    co_end;
}

#endif

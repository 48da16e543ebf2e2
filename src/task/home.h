/* SPDX-License-Identifier: Apache-2.0
 *
 * Homes: which one a thread drives, and what one takes.
 */
#ifndef SYNI_HOME_H
#define SYNI_HOME_H

#include "loop/role.h"
#include "task/state.h"

/* All homes, by syni_home.counted. */
extern struct syni_census syni_homes;

/* The memory of HOME, which is there, stays until it is let go, though the home is stopped and freed
 * meanwhile: then it refuses whatever comes. Any thread. */
void syni_home_hold(struct syni_home *home);
void syni_home_let_go(struct syni_home *home);
/* The same for one that may have been freed: false, and nothing is held. */
bool syni_home_find(struct syni_home *home);

/* What the calling thread makes here is on behalf of a job of a pool. */
bool syni_home_nested_here(void);

/* The home that the calling thread drives innermost; NULL: none. */
static inline struct syni_home *syni_home_of(const struct syni_self *self)
{
    const struct syni_driving *here = self->driving;

    return here ? SYNI_CONTAINER(here->loop, struct syni_home, loop) : NULL;
}

static inline struct syni_home *syni_home_now(void)
{
    return syni_home_of(syni_self());
}

/* Tells on_stuck of tasks that clean up for too long, from now on. */
void syni_home_watch_cleanup(struct syni_home *home, struct syni_task *task);

/* The last task of a home where some were watched ended: none cleans up. */
void syni_home_end_watch(struct syni_home *home);

/* Calls from outside are taken. Any thread. */
static inline bool syni_home_accepts(const struct syni_home *home)
{
    /* acquire: a thread that sees it run sees its loop */
    return atomic_load_explicit(&home->life, memory_order_acquire) == SYNI_LIFE_RUNNING;
}

/* Nothing begins there any more, not even what clean-up needs. Driver. */
static inline bool syni_home_gave_up(const struct syni_home *home)
{
    SYNI_DRIVEN(&home->loop);
    /* relaxed: seen late, it is abandoned a little later */
    enum syni_life life = atomic_load_explicit(&home->life, memory_order_relaxed);

    return life == SYNI_LIFE_GIVING_UP || life == SYNI_LIFE_STUCK || life == SYNI_LIFE_DYING;
}

#endif

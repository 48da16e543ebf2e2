/* SPDX-License-Identifier: Apache-2.0
 *
 * The watch for slow steps: a thread that looks at what runs. See <synchronicity/inspect.h>.
 *
 * Nobody tells it that a step begins. It looks, by peek.h, at what a loop and a worker have anyway: the number of
 * the turn, what is left of its batch, the task. Two looks that see the same see the same step, since each of
 * these only goes one way in a turn. So a step costs nothing, whether it is watched or not. Discarded: a time
 * noted at each step, which is a look at the clock for each; and a timer for each loop.
 */
#ifndef SYNI_SLOW_WATCH_H
#define SYNI_SLOW_WATCH_H

#include <stdatomic.h>

#include "task/state.h"

/* A home while it runs. Lies beside it. */
struct syni_slow_watched {
    struct syni_list link; /* under the watch's lock */
    struct syni_home *home;
    int64_t limit_ns; /* as in the options */
};

/* HOME runs from here on; its thread was joined: it is not told of when this returns. */
void syni_slow_add(struct syni_slow_watched *watched, struct syni_home *home);
void syni_slow_remove(struct syni_slow_watched *watched);

/* The limit of those that set none, in milliseconds; 0: there is none. */
extern atomic_uint syni_slow_default_ms;
void syni_slow_set_default(unsigned ms);

/* A limit of LIMIT_NS is to be kept from here on, by a pool that is registered. */
void syni_slow_want(int64_t limit_ns);

/* What LIMIT_NS, of options, means; 0: no limit. */
static inline int64_t syni_slow_limit(int64_t limit_ns)
{
    if (limit_ns != 0)
        return limit_ns > 0 ? limit_ns : 0;
    /* relaxed: the thread that sets it makes the watch look */
    return (int64_t)atomic_load_explicit(&syni_slow_default_ms, memory_order_relaxed) * 1000000;
}

/* A job comes to a pool with the option JOB_LIMIT_NS. */
static inline void syni_slow_job(int64_t job_limit_ns)
{
    int64_t limit_ns = syni_slow_limit(job_limit_ns);

    if (limit_ns)
        syni_slow_want(limit_ns);
}

/* Waits for the end of the thread, if nothing is watched any more. */
void syni_slow_await(void);

/* One look at all, at the time NOW. Returns when to look again at the latest, from then on; 0: nothing is
 * watched. Any thread. */
int64_t syni_slow_round(int64_t now);

#endif

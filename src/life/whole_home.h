/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of a home, for threads that start, stop and free one; docs/design.md draws it.
 */
#ifndef SYNI_WHOLE_HOME_H
#define SYNI_WHOLE_HOME_H

#include <synchronicity/pool.h>

#include "base/census.h"
#include "thread/thread_waits.h"
#include "inspect/slow_watch.h"
#include "life/home_abandon.h"

/* A home, and what its life needs besides. */
struct syni_whole_home {
    struct syni_home home;
    struct syni_job stop_job, abandon_job; /* posted once in a run, under the lock */
    struct syni_list running; /* among all that run, until their threads were joined; under the lock */
    struct syni_slow_watched watched; /* while it runs */
    struct syni_list stoppers; /* of struct syni_stopper; under the lock */
    unsigned n_inside;         /* threads in a stop; under the lock */
    bool freed;                /* under the lock */
    struct syni_names abandoned; /* the driver's */
};

/* A thread that waits for the end of a home. Lies on its stack. */
struct syni_stopper {
    struct syni_list link; /* under the lock, until it is told */
    struct syni_parker *parker;
    _Atomic(bool) told;          /* HOME is over */
    bool reaps;                  /* it is the one that joins the loop's thread */
    struct syni_names abandoned; /* what did not end by itself; it is told with that */
};

#endif

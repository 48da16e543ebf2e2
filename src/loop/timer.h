/* SPDX-License-Identifier: Apache-2.0
 *
 * Timers of a loop. Embedded in what they are for, so that starting one cannot fail.
 *
 * Thread: the driver.
 */
#ifndef SYNI_TIMER_H
#define SYNI_TIMER_H

#include <stdint.h>

#include "base/heap.h"

struct syni_loop;

/* Zero, or node.link zero: not set. */
struct syni_timer {
    struct syni_heap_node node; /* node.key: when, on the loop's clock */
    void (*fire)(struct syni_timer *timer);
};

/* FIRE is called once at DEADLINE or a little later. */
void syni_timer_start(struct syni_loop *loop, struct syni_timer *timer, int64_t deadline,
                      void (*fire)(struct syni_timer *timer));
/* TIMER, which is set, does not fire any more. */
void syni_timer_remove(struct syni_loop *loop, struct syni_timer *timer);
/* The same; fine when it is not set. */
static inline void syni_timer_stop(struct syni_loop *loop, struct syni_timer *timer)
{
    if (syni_heap_holds(&timer->node))
        syni_timer_remove(loop, timer);
}
/* When the first timer is due; SYNI_NEVER: there is none. Also by a host between turns. */
int64_t syni_timer_next(struct syni_loop *loop);
/* Step 2 of a turn. */
void syni_timer_fire_due(struct syni_loop *loop);

#endif

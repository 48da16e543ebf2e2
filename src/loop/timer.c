/* SPDX-License-Identifier: Apache-2.0
 *
 * Timers: a pairing heap by deadline (base/heap.h says why not a wheel).
 *
 * Never early: a deadline is computed from a clock read at that moment, and fires
 * only when the clock shows it. Only the driver.
 */
#include "loop/loop.h"

void syni_timer_start(struct syni_loop *loop, struct syni_timer *timer, int64_t deadline,
                      void (*fire)(struct syni_timer *timer))
{
    timer->fire = fire;
    syni_heap_insert(&loop->timers, &timer->node, deadline);
}

void syni_timer_stop(struct syni_loop *loop, struct syni_timer *timer)
{
    syni_heap_remove(&loop->timers, &timer->node);
}

int64_t syni_timer_next(const struct syni_loop *loop)
{
    const struct syni_heap_node *first = syni_heap_first(&loop->timers);

    return first ? first->key : SYNI_NEVER;
}

void syni_timer_fire_due(struct syni_loop *loop)
{
    for (int i = 0; i < SYNI_LOOP_BATCH; i++) {
        struct syni_heap_node *first = syni_heap_first(&loop->timers);
        struct syni_timer *timer;

        if (!first || first->key > loop->now)
            return;
        timer = SYNI_CONTAINER(first, struct syni_timer, node);
        syni_heap_remove(&loop->timers, first);
        timer->fire(timer);
    }
}

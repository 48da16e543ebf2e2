/* SPDX-License-Identifier: Apache-2.0
 *
 * Timers: a wheel by deadline (base/wheel.h).
 *
 * Never early: a deadline is computed from a clock read at that moment, and fires
 * only when the clock shows it. Only the driver.
 */
#include "loop/hosted.h"

#include "loop/role.h"

void syni_timer_start(struct syni_loop *loop, struct syni_timer *timer, int64_t deadline,
                      void (*fire)(struct syni_timer *timer))
{
    SYNI_DRIVEN(loop);
    timer->fire = fire;
    syni_wheel_insert(&loop->timers, &timer->node, deadline);
    loop->n_timers++;
}

void syni_timer_remove(struct syni_loop *loop, struct syni_timer *timer)
{
    SYNI_DRIVEN(loop);
    SYNI_INVARIANT(161, loop->n_timers > 0);
    syni_wheel_remove(&loop->timers, &timer->node);
    loop->n_timers--;
}

int64_t syni_timer_next(struct syni_loop *loop)
{
    int64_t next = loop->n_timers ? syni_wheel_next(&loop->timers) : SYNI_NEVER;

    SYNI_DRIVEN_OR_HOSTED(loop);
    SYNI_INVARIANT(161, loop->n_timers || !syni_heap_first(&loop->timers.near));
    return next;
}

void syni_timer_fire_due(struct syni_loop *loop)
{
    SYNI_DRIVEN(loop);
    for (int i = 0; i < SYNI_LOOP_BATCH; i++) {
        struct syni_heap_node *first = syni_wheel_take(&loop->timers, loop->now);
        struct syni_timer *timer;

        if (!first)
            return;
        loop->n_timers--;
        if (SYNI_HOOKED && syni_measured())
            syni_times_add(&loop->times.lag, loop->now - first->key);
        timer = SYNI_CONTAINER(first, struct syni_timer, node);
        timer->fire(timer);
    }
}

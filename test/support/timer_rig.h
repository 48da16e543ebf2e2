/* SPDX-License-Identifier: Apache-2.0
 *
 * What the suites of timers share: a loop that is driven by hand, under the virtual clock, and
 * timers that note when they fire.
 */
#ifndef TIMER_RIG_H
#define TIMER_RIG_H

#include "loop/loop_turn.h"
#include "support/loop_rig.h"

struct noted {
    struct syni_timer timer;
    int number;
    int64_t deadline;
};

static struct rig rig;
static struct syn_clock *virtual;
static struct noted timers[3000];
static int order[3000], n_order;

static inline void note(struct syni_timer *timer)
{
    struct noted *noted = SYNI_CONTAINER(timer, struct noted, timer);

    CHECK(syni_loop_now(&rig.loop) >= noted->deadline);
    rig.loop.hurry = true; /* no sleep in this turn: the case wants to look */
    order[n_order++] = noted->number;
}

static inline void set(int i, int64_t deadline, void (*fire)(struct syni_timer *timer))
{
    timers[i].number = i;
    timers[i].deadline = deadline;
    syni_timer_start(&rig.loop, &timers[i].timer, deadline, fire);
}

static inline void begin(void)
{
    CHECK_INT(syn_clock_new(&virtual), SYN_OK);
    rig_by_hand(&rig, NULL, virtual);
}

static inline void end(void)
{
    rig_end(&rig);
    CHECK_INT(syn_clock_free(virtual), SYN_OK);
}

static inline void turn(void)
{
    syni_loop_turn(&rig.loop, SYNI_NEVER);
}

#endif

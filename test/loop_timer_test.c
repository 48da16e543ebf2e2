/* SPDX-License-Identifier: Apache-2.0
 *
 * Timers (src/loop/timer.c) of a loop that is driven by hand, under the virtual
 * clock: a turn that has nothing to do lets time jump. Very many: loop_many_timers_test.c.
 */
#include "loop/loop_turn.h"
#include "support/timer_rig.h"

enum { SECOND = 1000000000 };

static void I1_timer_is_never_early_and_not_late_either(void)
{
    begin();
    set(0, 5, note);
    set(1, INT64_C(86400) * SECOND, note);
    rig_turns(&rig, 3);
    CHECK_INT(n_order, 0);
    turn(); /* sleeps */
    turn();
    CHECK_INT(n_order, 1);
    CHECK_INT(syn_clock_now(virtual), 5);
    turn();
    turn();
    CHECK_INT(n_order, 2);
    CHECK_INT(syn_clock_now(virtual), INT64_C(86400) * SECOND);
    end();
}

static void I1_turn_does_not_sleep_longer_than_it_was_told(void)
{
    begin();
    set(0, 100, note);
    syni_loop_turn(&rig.loop, 40);
    CHECK_INT(syn_clock_now(virtual), 40);
    syni_loop_turn(&rig.loop, 40);
    CHECK_INT(syn_clock_now(virtual), 40);
    syni_timer_stop(&rig.loop, &timers[0].timer);
    end();
}

static void I1_timers_on_the_real_clock_are_never_early(void)
{
    int64_t now = syni_now();

    rig_by_hand(&rig, NULL, NULL);
    for (int i = 0; i < 50; i++)
        set(i, now + i * 50000, note); /* 2.5 ms in all */
    while (n_order < 50)
        turn();
    rig_end(&rig);
}

static void I1_equal_deadlines_fire_in_the_order_they_were_set(void)
{
    begin();
    for (int i = 0; i < 1000; i++)
        set(i, i % 2 ? 200 : 100, note);
    while (n_order < 1000)
        turn();
    for (int i = 0; i < 1000; i++)
        CHECK_INT(order[i], i < 500 ? 2 * i : 2 * (i - 500) + 1);
    end();
}

static void stop_the_next(struct syni_timer *timer)
{
    note(timer);
    syni_timer_stop(&rig.loop, &timers[1].timer);
    syni_timer_stop(&rig.loop, &timers[1].timer); /* twice is fine */
    syni_timer_stop(&rig.loop, timer);            /* and of the one that fires */
}

static void I1_timer_stopped_in_anothers_fire_does_not_fire(void)
{
    begin();
    set(0, 10, stop_the_next);
    set(1, 10, note);
    set(2, 10, note);
    turn();
    turn();
    CHECK_INT(n_order, 2);
    CHECK_INT(order[1], 2);
    end();
}

static void start_others(struct syni_timer *timer)
{
    note(timer);
    set(1, 15, note);
    set(2, 3, note); /* in the past */
    set(3, 10, note);
}

static void I1_timer_set_in_a_fire_fires_in_its_turn(void)
{
    static const int expected[] = {0, 2, 4, 3, 1};

    begin();
    set(0, 10, start_others);
    set(4, 10, note);
    for (int i = 0; i < 4; i++)
        turn();
    CHECK_INT(n_order, 5);
    for (int i = 0; i < 5; i++)
        CHECK_INT(order[i], expected[i]);
    CHECK_INT(syn_clock_now(virtual), 15);
    end();
}

static void restart(struct syni_timer *timer)
{
    struct noted *noted = SYNI_CONTAINER(timer, struct noted, timer);

    note(timer);
    if (n_order < 1000)
        set(noted->number, noted->deadline + 7, restart);
}

static void I1_interval_does_not_drift(void)
{
    begin();
    set(0, 7, restart);
    while (n_order < 1000)
        turn();
    CHECK_INT(syn_clock_now(virtual), 7000);
    end();
}

static void I1_absurd_deadlines_fire_at_once_or_never(void)
{
    begin();
    set(0, SYNI_NEVER, note);
    set(1, 0, note);
    set(2, -1, note);
    set(3, INT64_MIN, note);
    rig_turns(&rig, 2);
    CHECK_INT(n_order, 3);
    CHECK_INT(order[0] * 100 + order[1] * 10 + order[2], 321);
    CHECK_INT(syni_timer_next(&rig.loop), SYNI_NEVER);
    set(4, SYNI_NEVER - 1, note);
    turn();
    turn();
    CHECK_INT(n_order, 4);
    syni_timer_stop(&rig.loop, &timers[0].timer);
    end();
}

static const struct test_case cases[] = {
    TEST(I1_timer_is_never_early_and_not_late_either),
    TEST(I1_turn_does_not_sleep_longer_than_it_was_told),
    TEST(I1_timers_on_the_real_clock_are_never_early),
    TEST(I1_equal_deadlines_fire_in_the_order_they_were_set),
    TEST(I1_timer_stopped_in_anothers_fire_does_not_fire),
    TEST(I1_timer_set_in_a_fire_fires_in_its_turn),
    TEST(I1_interval_does_not_drift),
    TEST(I1_absurd_deadlines_fire_at_once_or_never),
};
TEST_MAIN("loop_timer", cases);

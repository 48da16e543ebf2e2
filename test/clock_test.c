/* SPDX-License-Identifier: Apache-2.0
 *
 * The virtual clock (src/base/clock.c) with sleepers made by hand: when time
 * jumps, to where, which one is woken, and when it is said that all are blocked. With
 * threads on it: clock_thread_test.c; with loops: loop_timer_test.c.
 */
#define _POSIX_C_SOURCE 200809L
#include <time.h>

#include "base/clock.h"
#include "test.h"

/* A sleeper by the clock, without any thread: it dozes, and is woken. */
struct dozer {
    struct syni_sleeper sleeper;
    int woken;
    bool pending;
};

static struct syn_clock *virtual;
static struct dozer a, b, c;

static struct dozer *dozer_of(struct syni_sleeper *sleeper)
{
    return SYNI_CONTAINER(sleeper, struct dozer, sleeper);
}

static void count_wake(struct syni_sleeper *sleeper)
{
    dozer_of(sleeper)->woken++;
}

static bool is_pending(struct syni_sleeper *sleeper)
{
    return dozer_of(sleeper)->pending;
}

static void enter(struct dozer *dozer)
{
    dozer->sleeper.wake = count_wake;
    dozer->sleeper.pending = is_pending;
    syni_clock_enter(virtual, &dozer->sleeper);
}

static void doze(struct dozer *dozer, int64_t deadline)
{
    syni_clock_doze(&dozer->sleeper, deadline, 0);
}

static void make_clock(int n_dozers)
{
    struct dozer *all[] = {&a, &b, &c};

    CHECK_INT(syn_clock_new(&virtual), SYN_OK);
    CHECK_INT(syn_clock_now(virtual), 0);
    for (int i = 0; i < n_dozers; i++)
        enter(all[i]);
}

static void end_clock(void)
{
    syni_clock_leave(&a.sleeper);
    syni_clock_leave(&b.sleeper);
    syni_clock_leave(&c.sleeper);
    CHECK_INT(syn_clock_free(virtual), SYN_OK);
}

static void T1_time_jumps_when_the_last_one_waits_and_to_the_first_deadline(void)
{
    make_clock(3);
    doze(&a, 300);
    doze(&b, 100);
    CHECK_INT(syn_clock_now(virtual), 0);
    doze(&c, 200);
    CHECK_INT(syn_clock_now(virtual), 100);
    CHECK_INT(a.woken * 100 + b.woken * 10 + c.woken, 10);
    doze(&b, SYNI_NEVER);
    CHECK_INT(syn_clock_now(virtual), 200);
    CHECK_INT(a.woken * 100 + b.woken * 10 + c.woken, 11);
    doze(&c, SYNI_NEVER);
    CHECK_INT(syn_clock_now(virtual), 300);
    CHECK_INT(a.woken, 1);
    end_clock();
}

static void T1_all_whose_deadline_it_is_are_woken_together(void)
{
    make_clock(3);
    doze(&a, 100);
    doze(&b, 100);
    doze(&c, 101);
    CHECK_INT(a.woken * 100 + b.woken * 10 + c.woken, 110);
    doze(&a, SYNI_NEVER);
    CHECK_INT(syn_clock_now(virtual), 100); /* b is busy still */
    doze(&b, SYNI_NEVER);
    CHECK_INT(syn_clock_now(virtual), 101);
    end_clock();
}

static void T1_work_under_way_prevents_a_jump(void)
{
    make_clock(2);
    b.pending = true;
    doze(&b, SYNI_NEVER);
    doze(&a, 100);
    CHECK_INT(syn_clock_now(virtual), 0);
    CHECK_INT(a.woken, 0);
    syni_clock_rouse(&b.sleeper);
    syni_clock_rouse(&b.sleeper); /* twice is fine */
    b.pending = false;
    CHECK_INT(syn_clock_now(virtual), 0);
    doze(&b, SYNI_NEVER);
    CHECK_INT(syn_clock_now(virtual), 100);
    end_clock();
}

static void T1_who_leaves_is_not_waited_for(void)
{
    make_clock(2);
    doze(&a, 100);
    CHECK_INT(syn_clock_now(virtual), 0);
    syni_clock_leave(&b.sleeper);
    CHECK_INT(syn_clock_now(virtual), 100);
    syni_clock_leave(&b.sleeper); /* twice is fine */
    end_clock();
}

static void T1_time_never_goes_back_and_takes_absurd_deadlines(void)
{
    make_clock(1);
    doze(&a, 1000);
    CHECK_INT(syn_clock_now(virtual), 1000);
    doze(&a, 5);
    CHECK_INT(syn_clock_now(virtual), 1000);
    CHECK_INT(a.woken, 2);
    doze(&a, INT64_MIN);
    CHECK_INT(syn_clock_now(virtual), 1000);
    CHECK_INT(a.woken, 3);
    doze(&a, SYNI_NEVER - 1);
    CHECK_INT(syn_clock_now(virtual), SYNI_NEVER - 1);
    end_clock();
}

static void I1_deadlines_do_not_overflow(void)
{
    struct timespec spec;

    CHECK_INT(syni_deadline_in(5, 7), 12);
    CHECK_INT(syni_deadline_in(5, 0), 5);
    CHECK_INT(syni_deadline_in(5, -7), 5);
    CHECK_INT(syni_deadline_in(5, INT64_MIN), 5);
    CHECK_INT(syni_deadline_in(5, INT64_MAX), SYNI_NEVER);
    CHECK_INT(syni_deadline_in(SYNI_NEVER, 1), SYNI_NEVER);
    CHECK_INT(syni_deadline_in(SYNI_NEVER - 1, 1), SYNI_NEVER);
    syni_timespec(&spec, 1999999999);
    CHECK_INT(spec.tv_sec, 1);
    CHECK_INT(spec.tv_nsec, 999999999);
    syni_timespec(&spec, INT64_MAX);
    CHECK_INT(spec.tv_sec, INT32_MAX);
    CHECK(spec.tv_nsec >= 0 && spec.tv_nsec < 1000000000);
}

static int n_stuck;

static void count_stuck(void *user)
{
    CHECK_PTR(user, &n_stuck);
    n_stuck++;
}

static void T3_blocked_thread_that_nobody_can_wake_is_noticed(void)
{
    make_clock(2);
    syn_clock_on_all_blocked(virtual, count_stuck, &n_stuck);
    doze(&b, SYNI_NEVER);
    syni_clock_doze(&a.sleeper, SYNI_NEVER, SYNI_DOZE_BLOCKED);
    CHECK_INT(n_stuck, 1);
    syni_clock_rouse(&a.sleeper);
    syni_clock_doze(&a.sleeper, 10, SYNI_DOZE_BLOCKED); /* it wakes by itself */
    CHECK_INT(n_stuck, 1);
    end_clock();
}

static void T3_loops_with_nothing_to_do_are_no_reason_to_complain(void)
{
    make_clock(2);
    syn_clock_on_all_blocked(virtual, count_stuck, &n_stuck);
    doze(&a, SYNI_NEVER);
    doze(&b, SYNI_NEVER);
    CHECK_INT(n_stuck, 0);
    end_clock();
}

static void T3_who_waits_for_the_world_outside_is_not_blocked(void)
{
    make_clock(2);
    syn_clock_on_all_blocked(virtual, count_stuck, &n_stuck);
    syni_clock_doze(&b.sleeper, SYNI_NEVER, SYNI_DOZE_OUTSIDE);
    syni_clock_doze(&a.sleeper, SYNI_NEVER, SYNI_DOZE_BLOCKED);
    CHECK_INT(n_stuck, 0);
    syni_clock_rouse(&b.sleeper);
    doze(&b, SYNI_NEVER); /* not any more: now it is */
    CHECK_INT(n_stuck, 1);
    end_clock();
}

/* The clock that the header names. */
static void I1_real_time_is_the_monotonic_clock(void)
{
    for (int i = 0; i < 100; i++) {
        struct timespec before, after;
        int64_t now;

        CHECK_INT(clock_gettime(CLOCK_MONOTONIC, &before), 0);
        now = syn_clock_now(NULL);
        CHECK_INT(clock_gettime(CLOCK_MONOTONIC, &after), 0);
        CHECK(now >= before.tv_sec * INT64_C(1000000000) + before.tv_nsec);
        CHECK(now <= after.tv_sec * INT64_C(1000000000) + after.tv_nsec);
    }
}

static const struct test_case cases[] = {
    TEST(T1_time_jumps_when_the_last_one_waits_and_to_the_first_deadline),
    TEST(T1_all_whose_deadline_it_is_are_woken_together),
    TEST(T1_work_under_way_prevents_a_jump),
    TEST(T1_who_leaves_is_not_waited_for),
    TEST(T1_time_never_goes_back_and_takes_absurd_deadlines),
    TEST(I1_deadlines_do_not_overflow),
    TEST(I1_real_time_is_the_monotonic_clock),
    TEST(T3_blocked_thread_that_nobody_can_wake_is_noticed),
    TEST(T3_loops_with_nothing_to_do_are_no_reason_to_complain),
    TEST(T3_who_waits_for_the_world_outside_is_not_blocked),
};
TEST_MAIN("clock", cases);

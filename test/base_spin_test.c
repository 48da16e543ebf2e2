/* SPDX-License-Identifier: Apache-2.0
 *
 * Looking a little before one sleeps (src/base/spin.c): how often, and when not. On a
 * machine with one processor the cases that look are skipped.
 */
#if defined(__linux__)
#define _GNU_SOURCE
#include <sched.h>
#endif

#include "base/clock.h"
#include "base/spin.h"
#include "base/processor.h"
#include "base/thread.h"
#include "test.h"

struct watched {
    int looks;
    int comes_after; /* so many looks; negative: never */
};

static bool come(void *argument)
{
    struct watched *watched = argument;

    return watched->looks++ == watched->comes_after;
}

/* One sleep of a waiter for what never comes. */
static int looks_in_vain(struct syni_patience *patience)
{
    struct watched watched = {.comes_after = -1};

    CHECK(!syni_spin(patience, come, &watched));
    return watched.looks;
}

static void C3_what_comes_soon_is_seen_without_a_sleep(void)
{
    struct syni_patience patience = {0};

    if (!syni_processors_many())
        TEST_SKIP("one processor");
    for (int i = 0; i < 100; i++) {
        struct watched watched = {.comes_after = i % 40};

        CHECK(syni_spin(&patience, come, &watched));
        CHECK_INT(watched.looks, i % 40 + 1);
    }
}

static void C3_who_looks_in_vain_looks_ever_less_often(void)
{
    struct syni_patience patience = {0};
    bool crowd = false;
    int looked = 0;

    if (!syni_processors_many())
        TEST_SKIP("one processor");
    for (int i = 0; i < 3200; i++) {
        looked += looks_in_vain(&patience) > 1;
        crowd |= patience.left_out > 31;
    }
    CHECK(looked >= (crowd ? 1 : 100));
    CHECK(looked <= 3200 / 32 + 5);
}

static void C3_a_look_by_system_calls_ends_with_its_time(void)
{
    struct syni_patience patience = {0};
    struct watched never = {.comes_after = -1}, soon = {.comes_after = 0};

    CHECK(!syni_spin_for(&patience, 1, come, &never));
    CHECK(never.looks <= 2); /* a nanosecond is over after the first */
    CHECK(patience.left_out > 0);
    CHECK(!syni_spin_for(&patience, 1, come, &soon)); /* it is left out */
    CHECK_INT(soon.looks, 0);
    patience = (struct syni_patience){0};
    CHECK(syni_spin_for(&patience, SYNI_NEVER, come, &soon));
    CHECK_INT(soon.looks, 1);
}

static void C3_one_success_restores_the_patience(void)
{
    struct syni_patience patience = {0};
    struct watched watched = {.comes_after = 3};

    if (!syni_processors_many())
        TEST_SKIP("one processor");
    while (looks_in_vain(&patience) > 1 || patience.left_out > 0)
        ;
    CHECK(syni_spin(&patience, come, &watched));
    CHECK_INT((long)(patience.in_vain + patience.left_out), 0);
    CHECK(looks_in_vain(&patience) > 1);
}

/* As if each yield took so long. */
struct slow {
    int64_t ns;
    int looks;
};

static bool come_slowly(void *of)
{
    struct slow *slow = of;
    int64_t until = syni_now() + slow->ns;

    slow->looks++;
    while (syni_now() < until)
        ;
    return false;
}

/* A yield costs each sleep after it 100 ns at most, however long it took. */
static void C3_in_a_crowd_nobody_looks_for_long(void)
{
    static const int64_t took_ns[] = {250000, 5000000};

    if (!syni_processors_many())
        TEST_SKIP("one processor");
    for (int i = 0; i < 2; i++) {
        struct syni_patience patience = {0};
        struct slow slow = {.ns = took_ns[i]};
        long left_out = 0;

        CHECK(!syni_spin(&patience, come_slowly, &slow));
        CHECK(slow.looks > 1);
        while (left_out < 1000000 && looks_in_vain(&patience) == 1)
            left_out++;
        CHECK(left_out >= took_ns[i] / 100);
    }
}

#if defined(__linux__)
/* Each case has a process of its own: this one has not asked before how many there are. */
static void C3_with_one_processor_nobody_looks(void)
{
    struct syni_patience patience = {0};
    cpu_set_t all, one;
    int first = 0;

    CHECK_INT(sched_getaffinity(0, sizeof all, &all), 0);
    while (!CPU_ISSET(first, &all))
        first++;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    CHECK_INT(sched_setaffinity(0, sizeof one, &one), 0);
    CHECK_INT(looks_in_vain(&patience), 1);
}
#endif

static const struct test_case cases[] = {
#if defined(__linux__)
    TEST(C3_with_one_processor_nobody_looks),
#endif
    TEST(C3_what_comes_soon_is_seen_without_a_sleep),
    TEST(C3_who_looks_in_vain_looks_ever_less_often),
    TEST(C3_in_a_crowd_nobody_looks_for_long),
    TEST(C3_a_look_by_system_calls_ends_with_its_time),
    TEST(C3_one_success_restores_the_patience),
};
TEST_MAIN("base_spin", cases);

/* SPDX-License-Identifier: Apache-2.0
 *
 * How threads sleep and wake each other (src/base/parker.c). Two cases measure
 * milliseconds of real time, since that is what they are about.
 */
#include "base/clock.h"
#include "base/thread.h"
#include "test.h"

enum { MS = 1000000 };

static void P3_wake_before_the_sleep_is_kept_and_only_once(void)
{
    struct syni_parker *parker = syni_parker_mine();

    CHECK_PTR(syni_parker_mine(), parker);
    syni_parker_wake(parker, NULL);
    syni_parker_wake(parker, NULL);
    CHECK(syni_parker_sleep(parker, SYNI_NEVER));
    CHECK(!syni_parker_sleep(parker, 0));
}

static void P3_sleep_ends_at_its_deadline_and_never_early(void)
{
    int64_t deadline = syni_now() + 3 * MS;

    CHECK(!syni_parker_sleep(syni_parker_mine(), deadline));
    CHECK(syni_now() >= deadline);
    CHECK(!syni_parker_sleep(syni_parker_mine(), deadline));
}

static void P3_sleep_takes_absurd_deadlines(void)
{
    static const int64_t past[] = {0, 1, -1, -1000000001, INT64_MIN};
    struct syni_parker *parker = syni_parker_mine();

    for (int i = 0; i < 5; i++)
        CHECK(!syni_parker_sleep(parker, past[i]));
    syni_parker_wake(parker, NULL);
    CHECK(syni_parker_sleep(parker, SYNI_NEVER - 1));
    syni_parker_wake(parker, NULL);
    CHECK(syni_parker_sleep(parker, INT64_MIN)); /* the wake was there first */
}

struct pair {
    struct syni_parker *parkers[2];
    _Atomic(bool) done[2];
};

static void wake_and_sleep(void *argument)
{
    struct pair *pair = argument;

    pair->parkers[1] = syni_parker_mine();
    for (int i = 0; i < 2000; i++) {
        syni_parker_wake(pair->parkers[0], &pair->done[0]);
        CHECK(syni_clock_sleep(&pair->done[1], SYNI_NEVER));
        pair->done[1] = false;
    }
}

static void P3_two_threads_wake_each_other_and_no_wake_is_lost(void)
{
    struct pair pair = {.parkers = {syni_parker_mine()}};
    struct syni_thread thread;

    CHECK_INT(syni_thread_start(&thread, "other", 0, wake_and_sleep, &pair), SYN_OK);
    for (int i = 0; i < 2000; i++) {
        CHECK(syni_clock_sleep(&pair.done[0], SYNI_NEVER));
        pair.done[0] = false;
        syni_parker_wake(pair.parkers[1], &pair.done[1]);
    }
    syni_thread_join(&thread);
}

/* The word lies on the sleeper's stack, which is another one each time: it may be
 * gone as soon as the sleeper has seen it. */
static void wake_once(void *argument)
{
    struct pair *pair = argument;

    syni_parker_wake(pair->parkers[0], &pair->done[0]);
}

static void sleep_on_the_stack(void *unused)
{
    struct pair pair = {.parkers = {syni_parker_mine()}};
    struct syni_thread waker;

    (void)unused;
    CHECK_INT(syni_thread_start(&waker, "waker", 0, wake_once, &pair), SYN_OK);
    CHECK(syni_clock_sleep(&pair.done[0], SYNI_NEVER));
    pthread_detach(waker.raw); /* it may still be in the wake when this thread is gone */
}

static void P3_sleeper_and_its_thread_may_be_gone_right_after_the_wake(void)
{
    for (int i = 0; i < 200; i++) {
        struct syni_thread thread;

        CHECK_INT(syni_thread_start(&thread, "sleeper", 0, sleep_on_the_stack, NULL), SYN_OK);
        syni_thread_join(&thread);
    }
}

static const struct test_case cases[] = {
    TEST(P3_wake_before_the_sleep_is_kept_and_only_once),
    TEST(P3_sleep_ends_at_its_deadline_and_never_early),
    TEST(P3_sleep_takes_absurd_deadlines),
    TEST(P3_two_threads_wake_each_other_and_no_wake_is_lost),
    TEST(P3_sleeper_and_its_thread_may_be_gone_right_after_the_wake),
};
TEST_MAIN("base_parker", cases);

/* SPDX-License-Identifier: Apache-2.0
 *
 * A signal that ends the blocking calls of the process, and meets waits which end otherwise: the next wait ends by
 * it, or the program's own action is due (X6).
 */
#define _GNU_SOURCE
#include <sched.h>

#include "support/interrupt_rig.h"

CHANNEL(int, ints);

/* The case, in which the main thread, or whichever comes first, is held at POINT; FN runs on another. */
static pthread_t start_held_at(const char *point, void *(*fn)(void *), void *argument)
{
    pthread_t thread;

    points_needed();
    start_case();
    CHECK_INT(syn_test_hold(point, 1), 0);
    CHECK_INT(pthread_create(&thread, NULL, fn, argument), 0);
    return thread;
}

/* The main thread stands at the end of a wait, and is interrupted. */
static void interrupts_held(void)
{
    AWAIT_HELD("wait_leaves");
    signal_process(SIGINT);
    while (!syn_test_passes("interrupt_pressed"))
        sched_yield();
}

static void *interrupts_too_late(void *unused)
{
    (void)unused;
    interrupts_held();
    syn_test_release("wait_leaves");
    return NULL;
}

static void X6_a_signal_that_meets_a_wait_which_is_over_ends_the_next_one(void)
{
    pthread_t thread = start_held_at("wait_leaves", interrupts_too_late, NULL);
    int y = 0;

    CHECK_INT(adds(6, &y), 0);
    CHECK_INT(y, 7);
    CHECK_INT(pthread_join(thread, NULL), 0);
    begun = 0;
    CHECK_INT(sleeps(2, &y), SYN_EINTR);
    CHECK_INT(adds(6, &y), 0);
    end_case();
}

static void *sleeps_until_interrupted(void *unused)
{
    int y = 0;

    (void)unused;
    CHECK_INT(sleeps(2, &y), SYN_EINTR);
    return NULL;
}

static void *interrupts_before_another_waits(void *unused)
{
    pthread_t thread;

    (void)unused;
    interrupts_held();
    begun = 0;
    CHECK_INT(pthread_create(&thread, NULL, sleeps_until_interrupted, NULL), 0);
    while (!begun)
        sched_yield();
    syn_test_release("wait_leaves");
    pthread_join(thread, NULL);
    return NULL;
}

static void X6_or_one_that_began_meanwhile(void)
{
    pthread_t thread = start_held_at("wait_leaves", interrupts_before_another_waits, NULL);
    int y = 0;

    CHECK_INT(adds(6, &y), 0);
    CHECK_INT(pthread_join(thread, NULL), 0);
    CHECK_INT(adds(6, &y), 0);
    end_case();
}

static void *is_over_when_interrupted(void *unused)
{
    int y = 0;

    (void)unused;
    CHECK_INT(adds(6, &y), 0);
    CHECK_INT(adds(7, &y), 0);
    return NULL;
}

static void X6_none_if_another_wait_has_heard_it(void)
{
    pthread_t thread = start_held_at("wait_leaves", is_over_when_interrupted, NULL);
    int y = 0;

    AWAIT_HELD("wait_leaves");
    begun = 0;
    CHECK_INT(sleeps(1, &y), SYN_EINTR);
    syn_test_release("wait_leaves");
    CHECK_INT(pthread_join(thread, NULL), 0);
    CHECK_INT(adds(6, &y), 0);
    end_case();
}

static void *sends_at_the_last_moment(void *argument)
{
    AWAIT_HELD("deadline_passed");
    CHECK_INT(channel_send(*(struct ints_channel *)argument, &(int){7}), 0);
    syn_test_release("deadline_passed");
    return NULL;
}

/* What came is not lost, nor is the signal. */
static void X6_so_does_one_that_meets_a_wait_which_is_served(void)
{
    struct ints_channel channel;
    pthread_t thread;
    int y = 0;

    points_needed();
    start_case();
    CHECK_INT(channel_new(ints, 1, &channel), 0);
    CHECK_INT(syn_test_hold("deadline_passed", 1), 0);
    CHECK_INT(pthread_create(&thread, NULL, sends_at_the_last_moment, &channel), 0);
    raise(SIGINT);
    CHECK_INT(channel_next(channel, &y), 0);
    CHECK_INT(y, 7);
    CHECK_INT(pthread_join(thread, NULL), 0);
    CHECK_INT(channel_next(channel, &y), SYN_EINTR);
    channel_drop(channel);
    end_case();
}

BLOCKING(pool, int, job_does_not_heed)
{
    signal_process(SIGINT);
    while (!pool_job_cancelled())
        sched_yield();
    return 7;
}

static void X6_so_does_one_that_a_job_does_not_heed(void)
{
    int y = 0;

    start_case();
    CHECK_INT(job_does_not_heed(&y), 0);
    CHECK_INT(y, 7);
    begun = 0;
    CHECK_INT(sleeps(2, &y), SYN_EINTR);
    CHECK_INT(adds(6, &y), 0);
    CHECK_INT(pool_stop(&pool, syn_never()), SYN_OK);
    CHECK_INT(syn_pool_free(&pool), 0);
    end_case();
}

/* Whether its thread looked at it already or not. */
static void X6_one_that_no_wait_got_goes_to_the_program_at_the_release(void)
{
    int y = 0;

    begin_in_real_time();
    signal(SIGINT, on_interrupt);
    for (int i = 1; i <= 20; i++) {
        CHECK_INT(syn_catch_interrupt(SIGINT), 0);
        raise(SIGINT);
        syn_release_interrupt();
        while (handled < i)
            sched_yield();
        CHECK_INT(handled, i);
    }
    CHECK_INT(syn_catch_interrupt(SIGINT), 0);
    begun = 0;
    CHECK_INT(sleeps(1, &y), SYN_EINTR);
    syn_release_interrupt();
    CHECK_INT(handled, 20);
    signal(SIGINT, SIG_DFL);
    end_case();
}

static void *interrupts_thrice(void *unused)
{
    interrupts_held();
    signal_process(SIGINT);
    while (syn_test_passes("interrupt_pressed") < 2)
        sched_yield();
    signal_process(SIGINT);
    while (!handled)
        sched_yield();
    syn_test_release("wait_leaves");
    return unused;
}

static void X6_the_third_goes_to_the_program(void)
{
    pthread_t thread;
    int y = 0;

    signal(SIGINT, on_interrupt);
    thread = start_held_at("wait_leaves", interrupts_thrice, NULL);
    CHECK_INT(adds(6, &y), 0);
    CHECK_INT(pthread_join(thread, NULL), 0);
    CHECK_INT(handled, 1);
    begun = 0;
    CHECK_INT(sleeps(2, &y), SYN_EINTR); /* the wait was over when the others came */
    syn_release_interrupt();
    CHECK_INT(handled, 1);
    signal(SIGINT, SIG_DFL);
    end_case();
}

static const struct test_case cases[] = {
    TEST_MODES(X6_a_signal_that_meets_a_wait_which_is_over_ends_the_next_one),
    TEST_MODES(X6_or_one_that_began_meanwhile),
    TEST_MODES(X6_none_if_another_wait_has_heard_it),
    TEST_MODES(X6_so_does_one_that_meets_a_wait_which_is_served),
    TEST_MODES(X6_so_does_one_that_a_job_does_not_heed),
    TEST_MODES(X6_the_third_goes_to_the_program),
    TEST_MODES(X6_one_that_no_wait_got_goes_to_the_program_at_the_release),
};

TEST_MAIN("interrupt_late", cases);

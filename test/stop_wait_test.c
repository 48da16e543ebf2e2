/* SPDX-License-Identifier: Apache-2.0
 *
 * A stop is a wait as any other: in a step, in a job, on a virtual clock.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

SYNCHRONIZER(a);
SYNCHRONIZER(b);
POOL(pool, .max_threads = 1, .hard_limit = 4);

static void end_all(void)
{
    finish(&a);
    finish(&b);
    CHECK_INT(pool_free(&pool), 0);
    done();
}

static _Atomic(bool) b_blocks, goes;

ASYNC(a, int, on_a, (int, x))
{
    return step_return(self, self->x);
}

/* The code that the blocking call in its step gave. */
ASYNC(b, int, blocks_on_a)
{
    b_blocks = true;
    return step_return(self, on_a(1, NULL));
}

/* A step that stops B; the code that this gave. */
ASYNC(a, int, stops_b)
{
    spin_until(&goes);
    return step_return(self, synchronizer_stop(&b, syn_never()));
}

static void C8_a_circle_of_a_stop_and_a_blocking_call_is_refused_once(void)
{
    struct stops_b_future stop;
    struct blocks_on_a_future call;
    int stopped = 0, called = 0;
    syn_err err;

    begin_in_real_time();
    stop = stops_b_future();
    call = blocks_on_a_future();
    spin_until(&b_blocks);
    goes = true;
    err = future_get(call, &called);
    CHECK_INT(future_get(stop, &stopped), 0);
    /* The one that comes last closes it and is told; the other goes on. */
    CHECK(err == 0 && (called == SYN_EDEADLK) + (stopped == SYN_EDEADLK) == 1);
    CHECK((called == 0) + (stopped == 0) == 1);
    end_all();
}

BLOCKING(pool, int, adds_one, (int, x))
{
    return x + 1;
}

ASYNC(b, void, cleans_up_by_a_job, SYN_LOCAL(int, y))
{
    co_begin;
    co_sleep(1e9);
    co_finally;
    co_await(adds_one_future(1), &self->y);
    CHECK_INT(self->y, 2);
    co_end;
}

BLOCKING(pool, int, stops_b_in_a_job)
{
    return synchronizer_stop(&b, syn_never());
}

static void L7_a_stop_in_a_job_gives_its_room_to_the_jobs_of_a_clean_up(void)
{
    struct cleans_up_by_a_job_future f;
    int stopped = -1;

    begin();
    f = cleans_up_by_a_job_future();
    while (synchronizer_stats(&b).started < 1)
        usleep(100);
    CHECK_INT(stops_b_in_a_job(&stopped), 0);
    CHECK_INT(stopped, 0);
    CHECK_INT(future_get(f), SYN_ECANCELED);
    end_all();
}

ASYNC(b, void, cleans_up_for, (double, seconds))
{
    co_begin;
    co_sleep(1e9);
    co_finally;
    co_sleep(self->seconds);
    co_end;
}

static void L7_a_job_that_is_asked_to_end_leaves_its_stop_which_goes_on(void)
{
    struct cleans_up_for_future f;
    struct stops_b_in_a_job_future g;
    int stopped = -1;

    begin();
    f = cleans_up_for_future(7.0);
    while (synchronizer_stats(&b).started < 1)
        usleep(100);
    g = stops_b_in_a_job_future();
    while (synchronizer_start(&b) != SYN_EBUSY)
        usleep(100);
    CHECK_INT(future_request_cancel(g), 0);
    CHECK_INT(future_get(g, &stopped), 0);
    CHECK_INT(stopped, SYN_ECANCELED);
    CHECK_INT(now(), 0);
    CHECK_INT(synchronizer_start(&b), SYN_EBUSY);
    CHECK_INT(synchronizer_stop(&b, syn_never()), 0);
    CHECK_INT(now(), 7 * SECOND);
    CHECK_INT(future_get(f), SYN_ECANCELED);
    end_all();
}

static void L7_time_goes_on_while_a_step_stops_another_synchronizer(void)
{
    struct cleans_up_for_future f;
    int stopped = -1;

    begin();
    f = cleans_up_for_future(7.0);
    while (synchronizer_stats(&b).started < 1)
        usleep(100);
    goes = true;
    CHECK_INT(stops_b(&stopped), 0);
    CHECK_INT(stopped, 0);
    CHECK_INT(future_get(f), SYN_ECANCELED);
    CHECK_INT(now(), 7 * SECOND);
    end_all();
}

static void stops(int number, void *argument)
{
    (void)number;
    (void)argument;
    CHECK_INT(synchronizer_stop(&b, syn_never()), 0);
}

static void L7_time_goes_on_while_several_threads_stop_one_synchronizer(void)
{
    struct cleans_up_for_future f;

    begin();
    f = cleans_up_for_future(7.0);
    while (synchronizer_stats(&b).started < 1)
        usleep(100);
    crew_run(4, stops, NULL);
    CHECK_INT(future_get(f), SYN_ECANCELED);
    CHECK_INT(now(), 7 * SECOND);
    end_all();
}

static const struct test_case cases[] = {
    TEST(C8_a_circle_of_a_stop_and_a_blocking_call_is_refused_once),
    TEST(L7_a_stop_in_a_job_gives_its_room_to_the_jobs_of_a_clean_up),
    TEST(L7_a_job_that_is_asked_to_end_leaves_its_stop_which_goes_on),
    TEST(L7_time_goes_on_while_a_step_stops_another_synchronizer),
    TEST(L7_time_goes_on_while_several_threads_stop_one_synchronizer),
};
TEST_MAIN_BOTH_MODES("stop_wait", cases);

/* SPDX-License-Identifier: Apache-2.0
 *
 * Stops of pools: each by its own deadline, beside others, in jobs, on a virtual clock.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"
#include "support/points.h"

SYNCHRONIZER(demo);
POOL(pool, .max_threads = 2, .grace_ns = -1);
POOL(other, .max_threads = 2, .grace_ns = -1);

POOL(sleepy, .max_threads = 2, .idle_ns = INT64_C(3600000000000));

BLOCKING(pool, int, holds, (struct hold *, hold))
{
    hold_here(hold);
    return 5;
}

BLOCKING(pool, int, adds_one, (int, x))
{
    return x + 1;
}

BLOCKING(sleepy, int, adds_two, (int, x))
{
    return x + 2;
}

/* They would sleep for an hour. */
static void L7_a_stop_wakes_the_threads_that_sleep(void)
{
    int y = 0;

    begin_in_real_time();
    CHECK_INT(adds_two(5, &y), 0);
    CHECK_INT(y, 7);
    while (pool_stats(&sleepy).idle < 1)
        usleep(100);
    CHECK_INT(pool_stop(&sleepy, syn_never()), 0);
    CHECK_INT(pool_stats(&sleepy).threads, 0);
    CHECK_INT(pool_free(&sleepy), 0);
}

static void end_all(void)
{
    CHECK_INT(pool_free(&pool), 0);
    CHECK_INT(pool_free(&other), 0);
    finish(&demo);
    done();
}

/* What the program does at the end of a worker takes a while. */
static pthread_key_t key;
static _Atomic(bool) has_ended;

static void ends_slowly(void *unused)
{
    (void)unused;
    usleep(20000);
    has_ended = true;
}

BLOCKING(pool, int, has_something)
{
    return pthread_setspecific(key, &key);
}

BLOCKING(pool, int, has_something_and_holds, (struct hold *, hold))
{
    int err = pthread_setspecific(key, &key);

    hold_here(hold);
    return err;
}

static void L8_a_free_waits_for_threads_that_left_for_lack_of_work(void)
{
    begin_in_real_time();
    CHECK_INT(pthread_key_create(&key, ends_slowly), 0);
    CHECK_INT(pool_configure(&pool, &(struct syn_pool_options){.idle_ns = 1}), 0);
    CHECK_INT(has_something(NULL), 0);
    while (pool_stats(&pool).threads > 0)
        usleep(100);
    CHECK_INT(pool_free(&pool), 0);
    CHECK(has_ended);
    CHECK_INT(pthread_key_delete(key), 0);
    CHECK_INT(syn_memory_use().outstanding, 0);
}

/* The stop joins it: what the program does at its end is over. */
static void L8_a_stop_waits_for_the_thread_that_leaves_last(void)
{
    begin_in_real_time();
    CHECK_INT(pthread_key_create(&key, ends_slowly), 0);
    CHECK_INT(has_something(NULL), 0);
    CHECK_INT(pool_stop(&pool, syn_never()), 0);
    CHECK(has_ended);
    CHECK_INT(pthread_key_delete(key), 0);
    CHECK_INT(pool_free(&pool), 0);
    CHECK_INT(syn_memory_use().outstanding, 0);
}

/* Without a limit, and each with a deadline of its own. */
static void stops(int number, void *argument)
{
    atomic_int *n_timed_out = argument;
    syn_err err = pool_stop(&pool, number ? syn_after(0.001 * number) : syn_never());

    if (number) {
        CHECK_INT(err, SYN_ETIMEDOUT);
        CHECK_SAYS("holds did not end in time");
        ++*n_timed_out;
    } else {
        CHECK_INT(err, 0);
    }
}

static void L7_each_stop_of_a_pool_ends_by_its_own_deadline(void)
{
    static atomic_int n_timed_out;
    struct hold hold = {.held = false};
    struct holds_future f;
    struct crew_at_work *crew;
    syn_err err;

    begin_in_real_time();
    f = holds_future(&hold);
    spin_until(&hold.held);
    crew = crew_start(4, stops, &n_timed_out);
    while (n_timed_out < 3)
        usleep(100);
    while (!(err = pool_start(&pool))) /* the first one is about to stop it */
        usleep(100);
    CHECK_INT(err, SYN_EBUSY); /* it waits */
    CHECK_SAYS("pool is being stopped");
    CHECK_INT(future_get(adds_one_future(1), NULL), SYN_ECLOSED);
    hold.released = true;
    crew_join(crew);
    CHECK_INT(future_get(f, NULL), SYN_ECANCELED);
    CHECK_INT(pool_start(&pool), 0);
    CHECK_INT(adds_one(1, NULL), 0);
    end_all();
}

static void L7_a_pool_whose_stop_gave_up_takes_jobs_again_beside_the_old_one(void)
{
    struct hold hold = {.held = false};
    struct holds_future f;
    int y = 0;

    begin_in_real_time();
    f = holds_future(&hold);
    spin_until(&hold.held);
    CHECK_INT(pool_stop(&pool, syn_after(0.0)), SYN_ETIMEDOUT);
    CHECK_INT(pool_start(&pool), 0);
    CHECK_INT(adds_one(1, &y), 0);
    CHECK_INT(y, 2);
    CHECK_INT(future_get(f, NULL), SYN_ECANCELED);
    hold.released = true;
    end_all();
}

/* Each job stops the other one's pool. */
BLOCKING(other, int, stops_the_pool, (struct hold *, hold))
{
    hold_here(hold);
    return pool_stop(&pool, syn_never());
}

BLOCKING(pool, int, stops_the_other, (struct hold *, hold))
{
    hold_here(hold);
    return pool_stop(&other, syn_never());
}

static void C8_two_jobs_that_stop_each_others_pools_end_each_others_stop(void)
{
    struct hold hold[2] = {{.held = false}, {.held = false}};
    struct stops_the_pool_future f;
    struct stops_the_other_future g;

    begin_in_real_time();
    f = stops_the_pool_future(&hold[0]);
    g = stops_the_other_future(&hold[1]);
    spin_until(&hold[0].held);
    spin_until(&hold[1].held);
    hold[0].released = hold[1].released = true;
    /* Both end; a stop that its job's cancel ends is cancelled, and goes on without it. */
    CHECK_INT(future_wait(f), 0);
    CHECK_INT(future_wait(g), 0);
    future_get(f, NULL);
    future_get(g, NULL);
    end_all();
}

/* It left while nobody stopped, and so its stopper did not wait for it. */
static void L7_a_free_waits_for_a_thread_that_left_by_itself_before(void)
{
    struct hold hold = {.held = false};
    struct has_something_and_holds_future f;

    points_needed();
    begin_in_real_time();
    CHECK_INT(pthread_key_create(&key, ends_slowly), 0);
    f = has_something_and_holds_future(&hold);
    spin_until(&hold.held);
    CHECK_INT(pool_stop(&pool, syn_after(0.0)), SYN_ETIMEDOUT);
    CHECK_INT(future_get(f, NULL), SYN_ECANCELED);
    CHECK_INT(syn_test_delay("pool_left", 1, 0.1), 0);
    hold.released = true;
    while (syn_test_passes("pool_left") == 0)
        usleep(100);
    CHECK_INT(pool_free(&pool), 0);
    CHECK(has_ended);
    CHECK_INT(pthread_key_delete(key), 0);
    syn_test_delay_clear();
    end_all();
}

static void *stops_at_once(void *unused)
{
    CHECK_INT(pool_stop(&pool, syn_after(0.0)), SYN_ETIMEDOUT);
    return unused;
}

/* One is held as it gives the first of them up; the other finds the other. */
static void L7_stops_that_give_up_together_give_each_job_up_once(void)
{
    struct hold hold[2] = {{.held = false}, {.held = false}};
    struct holds_future f[2];
    pthread_t thread;

    points_needed();
    begin_in_real_time();
    for (int i = 0; i < 2; i++) {
        f[i] = holds_future(&hold[i]);
        spin_until(&hold[i].held);
    }
    CHECK_INT(syn_test_hold("pool_abandon", 1), 0);
    CHECK_INT(pthread_create(&thread, NULL, stops_at_once, NULL), 0);
    AWAIT_HELD("pool_abandon");
    CHECK_INT(pool_stop(&pool, syn_after(0.0)), SYN_ETIMEDOUT);
    CHECK_INT(future_get(f[1], NULL), SYN_ECANCELED);
    syn_test_release("pool_abandon");
    pthread_join(thread, NULL);
    CHECK_INT(future_get(f[0], NULL), SYN_ECANCELED);
    CHECK_INT(pool_stats(&pool).abandoned, 2);
    for (int i = 0; i < 2; i++)
        hold[i].released = true;
    end_all();
}

static void L7_stops_that_come_too_early_by_a_moment_leave_a_pool_that_can_be_started(void)
{
    int threads = count_threads();

    begin_in_real_time();
    for (int i = 0; i < 500 / TEST_SLOWNESS; i++) {
        struct adds_one_future f;
        syn_err err;

        CHECK_INT(pool_start(&pool), 0);
        CHECK_INT(adds_one(1, NULL), 0);
        f = adds_one_future(1);
        err = pool_stop(&pool, syn_after(0.0));
        if (err) {
            CHECK_INT(err, SYN_ETIMEDOUT);
            CHECK_SAYS("adds_one did not end in time");
        }
        future_get(f, NULL);
    }
    CHECK_INT(pool_stop(&pool, syn_never()), 0);
    CHECK_THREADS(threads);
    CHECK_INT(pool_start(&pool), 0);
    end_all();
}

/* The second comes when the first is inside. */
static void stops_or_frees(int number, void *argument)
{
    struct hold *hold = argument;

    if (number == 0) {
        CHECK_INT(pool_stop(&pool, syn_never()), 0);
        return;
    }
    while (pool_start(&pool) != SYN_EBUSY)
        usleep(10);
    hold->released = true;
    CHECK_INT(pool_free(&pool), 0);
}

static void L8_a_free_waits_for_a_stop_that_is_under_way(void)
{
    int threads = count_threads();

    begin_in_real_time();
    for (int i = 0; i < 300 / TEST_SLOWNESS; i++) {
        struct hold hold = {.held = false};
        struct holds_future f;

        CHECK_INT(pool_start(&pool), 0);
        f = holds_future(&hold);
        spin_until(&hold.held);
        crew_run(2, stops_or_frees, &hold);
        CHECK_INT(future_get(f, NULL), 0);
    }
    CHECK_THREADS(threads);
    end_all();
}

ASYNC(demo, int, slow, (double, seconds))
{
    co_begin;
    co_sleep(1000.0);
    co_finally;
    co_sleep(self->seconds);
    co_end;
}

/* Asked to end it passes that on, and waits for the clean-up. */
BLOCKING(pool, int, calls_slow)
{
    return slow(7.0, NULL);
}

static void stops_in_time(int number, void *argument)
{
    (void)number;
    (void)argument;
    CHECK_INT(pool_stop(&pool, syn_never()), 0);
}

static void L7_time_goes_on_while_several_threads_stop_a_pool(void)
{
    struct calls_slow_future f;

    begin();
    f = calls_slow_future();
    while (synchronizer_stats(&demo).started < 1)
        usleep(100);
    crew_run(4, stops_in_time, NULL);
    future_get(f, NULL);
    CHECK_INT(now(), 7 * SECOND);
    end_all();
}

static const struct test_case cases[] = {
    TEST(L7_a_stop_wakes_the_threads_that_sleep),
    TEST(L7_each_stop_of_a_pool_ends_by_its_own_deadline),
    TEST(L7_a_pool_whose_stop_gave_up_takes_jobs_again_beside_the_old_one),
    TEST(C8_two_jobs_that_stop_each_others_pools_end_each_others_stop),
    TEST(L7_a_free_waits_for_a_thread_that_left_by_itself_before),
    TEST(L7_stops_that_give_up_together_give_each_job_up_once),
    TEST(L7_stops_that_come_too_early_by_a_moment_leave_a_pool_that_can_be_started),
    TEST(L8_a_free_waits_for_a_stop_that_is_under_way),
    TEST(L8_a_free_waits_for_threads_that_left_for_lack_of_work),
    TEST(L8_a_stop_waits_for_the_thread_that_leaves_last),
    TEST(L7_time_goes_on_while_several_threads_stop_a_pool),
};
TEST_MAIN_BOTH_MODES("pool_stop", cases);

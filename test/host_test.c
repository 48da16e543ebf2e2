/* SPDX-License-Identifier: Apache-2.0
 *
 * Synchronizers that are hosted by a thread of the program: turns, and blocking on that thread.
 */
#define _DEFAULT_SOURCE
#include <sched.h>
#include <signal.h>

#include "life/home_start.h"
#include "loop/hosted.h"
#include "support/host_rig.h"
#include "support/points.h"
#include "support/signal_process.h"

#include <synchronicity/step.h>

/* --- turns --- */

static void M3_a_hosted_synchronizer_has_no_thread(void)
{
    int before = n_threads(), y = 0;
    struct square_future f;

    begin_in_real_time();
    begin_host(&app);
    CHECK_INT(square(0.001, 3, &y), 0);
    CHECK_INT(y, 9);
    f = square_future(0.001, 4);
    while (future_poll(f) == SYN_EAGAIN)
        wait_and_turn(&app);
    CHECK_INT(future_get(f, &y), 0);
    CHECK_INT(y, 16);
    CHECK_INT(n_threads(), before);
    end_all();
}

static atomic_int n_called;

static void is_called(void *user, syn_err err, int *result)
{
    (void)user;
    CHECK_INT(err, 0);
    CHECK_INT(*result, 25);
    CHECK(pthread_equal(pthread_self(), host));
    n_called++;
}

static void asks_for_callbacks(int number, void *argument)
{
    struct syn_synchronizer *where = argument;

    (void)number;
    for (int i = 0; i < 50; i++)
        CHECK_INT(future_then(square_future(0.0, 5), where, is_called, NULL), 0);
}

static void M3_callbacks_run_on_the_host_whoever_asks_for_them(void)
{
    struct crew_at_work *crew;

    begin_in_real_time();
    n_called = 0;
    begin_host(&app);
    crew = crew_start(4, asks_for_callbacks, &app);
    while (n_called < 200)
        wait_and_turn(&app);
    crew_join(crew);
    end_all_after(512);
}

static void M3_descriptors_and_timers_are_waited_for_by_poll_too(void)
{
    int ends[2], y = 0;
    struct reads_future f;

    begin_in_real_time();
    CHECK_INT(pipe(ends), 0);
    begin_host(&by_poll);
    CHECK_INT(syn_host_fd(&by_poll), -1);
    f = reads_future(ends[0]);
    for (int i = 0; i < 5; i++)
        if (future_poll(f) == SYN_EAGAIN && syn_host_timeout_ms(&by_poll) >= 0)
            wait_and_turn(&by_poll);
    CHECK_INT(write(ends[1], "q", 1), 1);
    while (future_poll(f) == SYN_EAGAIN)
        wait_and_turn(&by_poll);
    CHECK_INT(future_get(f, &y), 0);
    CHECK_INT(y, 'q');
    end_all();
    close(ends[0]);
    close(ends[1]);
}

ASYNC(app, void, counts)
{
    n_run++;
    return step_done(self);
}

/* More than a turn does. */
static void M3_while_work_is_left_the_descriptor_says_so(void)
{
    enum { MANY = 300 };
    int n_turns = 0;

    begin_in_real_time();
    begin_host(&app);
    CHECK(!is_readable(&app));
    CHECK_INT(syn_host_timeout_ms(&app), -1);
    n_run = 0;
    for (int i = 0; i < MANY; i++)
        CHECK_INT(future_detach(counts_future()), 0);
    for (int before = 0; n_run < MANY; before = n_run, n_turns++) {
        CHECK(is_readable(&app));
        CHECK(is_readable(&app)); /* a level */
        CHECK_INT(syn_host_turn(&app), 0);
        CHECK(n_run - before <= 130);
    }
    CHECK(n_turns >= MANY / 130);
    turn_until_quiet(&app);
    CHECK(!is_readable(&app));
    CHECK_INT(syn_host_timeout_ms(&app), -1);
    CHECK_INT(syn_host_turn(&app), 0); /* one too many */
    end_all_after(512);
}

static void M3_the_time_of_the_next_timer_is_told(void)
{
    struct square_future far, near;

    begin_in_real_time();
    begin_host(&app);
    far = square_future(3600.0, 1);
    turn_until_quiet(&app);
    CHECK(syn_host_timeout_ms(&app) > 3500 * 1000 && syn_host_timeout_ms(&app) <= 3600 * 1000);
    near = square_future(50.0, 1);
    turn_until_quiet(&app);
    CHECK(syn_host_timeout_ms(&app) > 20 * 1000 && syn_host_timeout_ms(&app) <= 50 * 1000);
    CHECK_INT(future_cancel(near), SYN_ECANCELED);
    CHECK_INT(future_cancel(far), SYN_ECANCELED);
    turn_until_quiet(&app);
    CHECK_INT(syn_host_timeout_ms(&app), -1);
    end_all();
}

/* --- blocking on the host's thread --- */

/* Else it would make turns in which nothing is due. */
static void M3_that_time_is_told_in_whole_milliseconds_that_reach_it(void)
{
    begin_in_real_time();
    begin_host(&app);
    for (int i = 0; i < 20; i++) {
        struct square_future f = square_future(1000.0 + i / 7.0, 1);
        struct syni_loop *loop = &syni_home_peek(&app)->loop;
        int64_t before, after;
        int ms;

        turn_until_quiet(&app);
        before = syni_hosted_patience(loop);
        ms = syn_host_timeout_ms(&app);
        after = syni_hosted_patience(loop);
        CHECK(ms * MS >= after && ms * MS < before + MS);
        CHECK_INT(future_cancel(f), SYN_ECANCELED);
    }
    end_all();
}

static void M3_the_host_may_block_on_anything(void)
{
    struct number_promise promise;
    struct number_future future;
    struct square_future slow;
    struct crew_at_work *crew;
    int y = 0;

    begin_in_real_time();
    begin_host(&app);
    CHECK_INT(square(0.001, 2, &y), 0);
    CHECK_INT(call_by(syn_after(0.002), square(100.0, 2, &y)), SYN_ETIMEDOUT);
    CHECK_INT(elsewhere(3, &y), 0); /* needs the hosted one */
    CHECK_INT(y, 10);
    CHECK_INT(future_get(elsewhere_future(4), &y), 0);
    CHECK_INT(y, 17);
    slow = square_future(0.001, 6);
    CHECK_INT(promise_new(number, &promise, &future), 0);
    crew = crew_start(1, completes, &promise);
    CHECK_INT(future_get(future, &y), 0);
    CHECK_INT(y, 7);
    crew_join(crew);
    CHECK_INT(future_get(slow, &y), 0);
    CHECK_INT(y, 36);
    end_all();
}

POOL(narrow, .max_threads = 1, .queue_bound = 1);

BLOCKING(narrow, int, opens_late, (_Atomic(bool) *, gate))
{
    (void)job;
    spin_until(gate);
    return 1;
}

static void opens(int number, void *argument)
{
    (void)number;
    usleep(20000); /* by then the host waits, mostly */
    *(_Atomic(bool) *)argument = true;
}

/* What is below the loops tells a thread by its parker, where a host does not sleep. */
static void M3_the_host_may_wait_for_a_place_in_a_pool_and_for_the_end_of_one(void)
{
    _Atomic(bool) gate = false;
    struct opens_late_future f[4];
    struct crew_at_work *crew;
    syn_err err;

    begin_in_real_time();
    begin_host(&app);
    crew = crew_start(1, opens, &gate);
    for (int i = 0; i < 4; i++)
        f[i] = opens_late_future(&gate);
    crew_join(crew);
    for (int i = 0; i < 4; i++)
        CHECK_INT(future_get(f[i], NULL), 0);
    gate = false;
    f[0] = opens_late_future(&gate);
    crew = crew_start(1, opens, &gate);
    CHECK_INT(pool_stop(&narrow, syn_never()), 0);
    crew_join(crew);
    err = future_get(f[0], NULL); /* it had begun, or not */
    CHECK(!err || err == SYN_ECANCELED);
    CHECK_INT(pool_free(&narrow), 0);
    CHECK_INT(elsewhere(3, NULL), 0);
    CHECK_INT(synchronizer_stop(&other, syn_never()), 0);
    end_all();
}

/* --- interrupts: what tells the host lies in its wait, and in the loop that only the host turns --- */

/* When this returns the one wait that is on was interrupted, and its thread woken. */
static void interrupts_the_host(void)
{
    unsigned long before = syn_test_passes("interrupt_pressed");

    signal_process(SIGINT);
    while (syn_test_passes("interrupt_pressed") == before)
        sched_yield();
}

static void begin_to_interrupt(void)
{
    points_needed();
    begin_in_real_time();
    CHECK_INT(syn_test_hold("interrupt_pressed", 1000000), 0); /* so that its passes are counted */
    CHECK_INT(syn_catch_interrupt(SIGINT), 0);
    begin_host(&app);
}

static void end_interrupts(void)
{
    CHECK_INT(square(0.0, 3, NULL), 0); /* nothing is left for it */
    syn_release_interrupt();
    syn_test_delay_clear();
    end_all();
}

ASYNC(app, int, interrupts_and_returns)
{
    interrupts_the_host();
    return step_return(self, 1);
}

static void M3_an_interrupt_that_comes_with_the_result_is_for_the_next_wait_of_the_host(void)
{
    int y = 0;

    begin_to_interrupt();
    for (int i = 0; i < 20; i++) {
        CHECK_INT(interrupts_and_returns(&y), 0);
        CHECK_INT(y, 1);
        CHECK_INT(square(1000.0, 3, &y), SYN_EINTR);
    }
    end_interrupts();
}

/* Sends the first while it runs, and the second in its clean-up, which GOES_ON or was the last of it. */
ASYNC(app, int, interrupts_twice, (bool, goes_on))
{
    co_begin;
    interrupts_the_host();
    co_sleep(1000.0);
    co_finally;
    interrupts_the_host();
    if (self->goes_on)
        co_sleep(1000.0);
    co_end;
}

static void M3_a_second_one_that_comes_with_the_end_of_the_clean_up_is_one_with_the_first(void)
{
    begin_to_interrupt();
    for (int i = 0; i < 20; i++) {
        CHECK_INT(interrupts_twice(false, NULL), SYN_EINTR);
        CHECK_INT(square(0.0, 3, NULL), 0);
    }
    end_interrupts();
}

static void M3_a_second_one_in_a_clean_up_that_goes_on_abandons_what_the_host_waits_for(void)
{
    begin_to_interrupt();
    for (int i = 0; i < 20; i++) {
        CHECK_INT(interrupts_twice(true, NULL), SYN_EABANDONED);
        CHECK_INT(square(0.0, 3, NULL), 0);
    }
    end_interrupts();
}

static void starts_a_timer(int number, void *argument)
{
    struct square_future *f = argument;

    (void)number;
    *f = square_future(0.02, 3);
}

/* Its host knows a far timer only. */
static void M3_a_timer_that_was_set_while_the_host_blocked_is_not_late(void)
{
    struct square_future far, near = {0};
    struct crew_at_work *crew;

    begin_in_real_time();
    begin_host(&app);
    far = square_future(3600.0, 1);
    turn_until_quiet(&app);
    crew = crew_start(1, starts_a_timer, &near);
    CHECK_INT(square(0.01, 2, NULL), 0);
    crew_join(crew);
    CHECK(is_readable(&app));
    while (future_poll(near) == SYN_EAGAIN)
        wait_and_turn(&app);
    CHECK_INT(future_get(near, NULL), 0);
    CHECK_INT(future_cancel(far), SYN_ECANCELED);
    end_all();
}

static syn_err blocked, turned, ended, begun;

ASYNC(app, void, tries_all)
{
    co_begin;
    blocked = square(0.0, 2, NULL);
    turned = syn_host_turn(&app);
    ended = syn_host_end(&app);
    begun = syn_host_begin(&other);
    co_end;
}

static void M3_in_a_step_blocking_and_turning_are_refused(void)
{
    begin_in_real_time();
    begin_host(&app);
    CHECK_INT(tries_all(), 0);
    CHECK_INT(blocked, SYN_EDEADLK);
    CHECK_INT(turned, SYN_EDEADLK);
    CHECK_INT(ended, SYN_EDEADLK);
    CHECK_INT(begun, SYN_EDEADLK);
    end_all();
}

ASYNC(other, int, needs_app_twice, SYN_LOCAL(int, y))
{
    int y = 0;

    co_begin;
    CHECK_INT(square(0.001, 5, &y), 0); /* blocks in a step, for the loop of the same host */
    co_return(y);
    co_end;
}

static void M3_a_thread_may_host_several(void)
{
    int y = 0;

    begin_in_real_time();
    begin_host(&app);
    begin_host(&other);
    CHECK_INT(elsewhere(3, &y), 0); /* both are turned meanwhile */
    CHECK_INT(y, 10);
    CHECK_INT(needs_app_twice(&y), 0);
    CHECK_INT(y, 25);
    end_all();
}

static const struct test_case cases[] = {
    TEST_MODES(M3_a_hosted_synchronizer_has_no_thread),
    TEST_MODES(M3_callbacks_run_on_the_host_whoever_asks_for_them),
    TEST(M3_descriptors_and_timers_are_waited_for_by_poll_too),
    TEST_MODES(M3_while_work_is_left_the_descriptor_says_so),
    TEST_MODES(M3_the_time_of_the_next_timer_is_told),
    TEST_MODES(M3_that_time_is_told_in_whole_milliseconds_that_reach_it),
    TEST_MODES(M3_the_host_may_block_on_anything),
    TEST_MODES(M3_the_host_may_wait_for_a_place_in_a_pool_and_for_the_end_of_one),
    TEST(M3_an_interrupt_that_comes_with_the_result_is_for_the_next_wait_of_the_host),
    TEST(M3_a_second_one_that_comes_with_the_end_of_the_clean_up_is_one_with_the_first),
    TEST(M3_a_second_one_in_a_clean_up_that_goes_on_abandons_what_the_host_waits_for),
    TEST_MODES(M3_a_timer_that_was_set_while_the_host_blocked_is_not_late),
    TEST_MODES(M3_in_a_step_blocking_and_turning_are_refused),
    TEST_MODES(M3_a_thread_may_host_several),
};
TEST_MAIN("host", cases);

/* SPDX-License-Identifier: Apache-2.0
 *
 * Starting, stopping, and what becomes of those in the middle of it. Both
 * modes; real time where a stop has to give up on somebody.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

SYNCHRONIZER(demo);

ASYNC(demo, int, square, (double, seconds), (int, x))
{
    co_begin;
    co_sleep(self->seconds);
    co_return(self->x * self->x);
    co_end;
}

static void L1_it_is_stopped_and_started_again(void)
{
    int y = 0;

    begin();
    for (int i = 0; i < 50; i++) {
        CHECK_INT(synchronizer_start(&demo), 0);
        CHECK_INT(synchronizer_start(&demo), 0);
        CHECK_INT(square(1.0, i, &y), 0);
        CHECK_INT(y, i * i);
        CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
        CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
        CHECK_INT(square(1.0, i, &y), SYN_ECLOSED);
        CHECK_SAYS("square: its synchronizer 'demo' was stopped and takes no calls");
        CHECK_INT(future_get(square_future(1.0, i), &y), SYN_ECLOSED);
        CHECK_SAYS("square: its synchronizer 'demo' was stopped and takes no calls");
    }
    CHECK_INT(now(), 50 * SECOND);
    finish(&demo);
    CHECK_INT(square(1.0, 3, &y), 0); /* freed, it is as new */
    finish(&demo);
    done();
}

static atomic_int n_called;

static void counts_call(void *user, syn_err err, int *result)
{
    (void)user;
    (void)err;
    (void)result;
    n_called++;
}

static void create_use_destroy(void)
{
    struct syn_synchronizer *s;

    CHECK_INT(synchronizer_new(NULL, &s), 0);
    CHECK_INT(future_then(square_future(0.0, 3), s, counts_call, NULL), 0);
    CHECK_INT(synchronizer_free(s), 0);
}

static void L1_ten_thousand_are_made_and_freed_without_growth(void)
{
    unsigned long outstanding;
    int threads, descriptors;

    begin_in_real_time();
    for (int i = 0; i < 100; i++)
        create_use_destroy();
    CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
    CHECK_INT(synchronizer_start(&demo), 0);
    CHECK_INT(future_get(square_future(0.0, 2), NULL), 0); /* now it has its thread, in either mode */
    outstanding = syn_memory_use().outstanding;
    threads = count_threads();
    descriptors = count_entries("/dev/fd");
    for (int i = 0; i < 10000 / TEST_SLOWNESS; i++)
        create_use_destroy();
    CHECK_INT(n_called, 100 + 10000 / TEST_SLOWNESS);
    CHECK_THREADS(threads);
    CHECK_INT(count_entries("/dev/fd"), descriptors);
    CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
    CHECK_INT(synchronizer_start(&demo), 0);
    CHECK(syn_memory_use().outstanding <= outstanding + 4); /* places of futures, in pieces */
    finish(&demo);
    done_after(1000);
}

static void starts(int number, void *argument)
{
    (void)number;
    (void)argument;
    CHECK_INT(synchronizer_start(&demo), 0);
}

static void stops(int number, void *argument)
{
    (void)number;
    (void)argument;
    CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
}

static void L1_eight_threads_start_and_eight_threads_stop_it(void)
{
    int threads = count_threads();

    begin();
    for (int i = 0; i < 20; i++) {
        crew_run(8, starts, NULL);
        crew_run(8, stops, NULL);
        CHECK_THREADS(threads);
    }
    finish(&demo);
    done();
}

/* L2 */

ASYNC(demo, void, never_cleans_up, (_Atomic(bool) *, begun))
{
    co_begin;
    *self->begun = true;
    co_sleep(1e9);
    co_finally;
    co_sleep(1e9);
    co_sleep(1e9);
    co_end;
}

static void waits_for_it(int number, void *argument)
{
    (void)number;
    CHECK_INT(never_cleans_up(argument), SYN_EABANDONED);
    CHECK_INT(syn_last_origin(), SYN_BY_STOP);
}

static void L2_a_stop_names_what_would_not_end_and_lets_its_callers_go(void)
{
    static _Atomic(bool) begun[2];
    struct crew_at_work *blocked;
    struct never_cleans_up_future f;

    begin();
    f = never_cleans_up_future(&begun[0]);
    blocked = crew_start(1, waits_for_it, &begun[1]);
    spin_until(&begun[0]);
    spin_until(&begun[1]);
    CHECK_INT(synchronizer_stop(&demo, syn_after(5.0)), SYN_ETIMEDOUT);
    CHECK_SAYS("did not end in time: never_cleans_up (waits for time), never_cleans_up");
    CHECK_INT(now(), 5 * SECOND);
    CHECK_INT(future_get(f), SYN_EABANDONED);
    crew_join(blocked);
    CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
    CHECK_INT(synchronizer_start(&demo), 0);
    CHECK_INT(square(1.0, 3, NULL), 0);
    finish(&demo);
    done();
}

ASYNC(demo, int, holds_the_loop, (struct hold *, hold))
{
    hold_here(self->hold);
    return step_return(self, 5);
}

static void gives_up_stopping(int number, void *argument)
{
    (void)number;
    (void)argument;
    CHECK_INT(synchronizer_stop(&demo, syn_after(0.05)), SYN_ETIMEDOUT);
    CHECK_SAYS("a step of holds_the_loop still runs");
}

static void L2_a_step_that_never_returns_is_named_and_may_return_after_all(void)
{
    static struct hold hold;
    struct holds_the_loop_future f;
    int y = 0;

    begin_in_real_time();
    f = holds_the_loop_future(&hold);
    spin_until(&hold.held);
    crew_run(1, gives_up_stopping, NULL); /* by a thread that is gone afterwards */
    CHECK_INT(square(0.0, 3, &y), SYN_ELOOPDEAD);
    CHECK_INT(synchronizer_start(&demo), SYN_ELOOPDEAD);
    CHECK_INT(synchronizer_free(&demo), SYN_ELOOPDEAD);
    CHECK_INT(future_poll(f), SYN_EAGAIN);
    hold.released = true;
    CHECK_INT(future_get(f, &y), 0);
    CHECK_INT(y, 5);
    while (synchronizer_free(&demo))
        usleep(1000);
    done();
}

static void L2_a_stopped_synchronizer_refuses_callbacks_and_leaves_the_future(void)
{
    struct square_future f;
    struct syn_synchronizer *s;
    int y;

    begin();
    CHECK_INT(synchronizer_new(&(struct syn_synchronizer_options){.name = "callbacks"}, &s), 0);
    CHECK_INT(synchronizer_start(s), 0);
    CHECK_INT(synchronizer_stop(s, syn_never()), 0);
    f = square_future(1.0, 3);
    CHECK_INT(future_then(f, s, counts_call, NULL), SYN_ECLOSED);
    CHECK_INT(future_get(f, &y), 0);
    CHECK_INT(n_called, 0);
    CHECK_INT(synchronizer_free(s), 0);
    finish(&demo);
    done();
}

/* L3 */

struct stampede {
    atomic_int n_running;
    atomic_int n_ended[3]; /* well, closed, cancelled */
};

static void check_end(struct stampede *s, syn_err err, int y, int expected)
{
    CHECK(err == 0 || err == SYN_ECLOSED || err == SYN_ECANCELED);
    CHECK(err || y == expected);
    s->n_ended[err == 0 ? 0 : err == SYN_ECLOSED ? 1 : 2]++;
}

static void calls_until_closed(int number, void *argument)
{
    struct stampede *s = argument;
    syn_err err = 0;

    s->n_running++;
    for (int i = 0; err != SYN_ECLOSED; i++) {
        int y = -1;

        if (number % 2)
            err = square(i % 3 ? 0.0 : 0.0005, number, &y);
        else
            err = future_get(square_future(i % 3 ? 0.0 : 0.0005, number), &y);
        check_end(s, err, y, number * number);
    }
}

static void L3_a_stop_that_races_with_calls_of_eight_threads_leaves_none_behind(void)
{
    struct stampede s = {.n_running = 0};

    begin_in_real_time();
    for (int i = 0; i < 200 / TEST_SLOWNESS; i++) {
        struct crew_at_work *crew;

        CHECK_INT(synchronizer_start(&demo), 0);
        s.n_running = 0;
        crew = crew_start(8, calls_until_closed, &s);
        while (s.n_running < 8)
            usleep(10);
        usleep((useconds_t)(i % 10) * 100);
        CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
        crew_join(crew);
    }
    CHECK(s.n_ended[0] > 0 && s.n_ended[1] > 0);
    finish(&demo);
    done_after(100000);
}

static void check_failing_starts(const char *what)
{
    int descriptors = count_entries("/dev/fd"), threads = count_threads();
    unsigned long n = 0, hits;

    do {
        syn_err err;

        syn_fault_set(what, ++n, 1, ENOMEM);
        err = synchronizer_start(&demo);
        hits = syn_fault_hits();
        syn_fault_clear();
        CHECK_INT(err, hits < n ? 0 : SYN_ENOMEM);
        if (err) {
            CHECK_SAYS("'demo' could not be started");
            CHECK_INT(count_entries("/dev/fd"), descriptors);
            CHECK_THREADS(threads);
            CHECK_INT(square(0.0, 3, NULL), 0); /* a later start succeeds */
        }
        finish(&demo);
    } while (hits >= n);
}

static void L1_a_start_that_fails_in_each_place_leaves_nothing_and_may_succeed_later(void)
{
    static const char *const calls[] = {"alloc", "epoll_create1", "eventfd", "epoll_ctl", "kqueue",
                                        "pipe2", "pipe", "fcntl", "pthread_create"};

    begin();
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        check_failing_starts(calls[i]);
    done();
}

static const struct test_case cases[] = {
    TEST(L1_it_is_stopped_and_started_again),
    TEST(L1_ten_thousand_are_made_and_freed_without_growth),
    TEST(L1_eight_threads_start_and_eight_threads_stop_it),
    TEST(L1_a_start_that_fails_in_each_place_leaves_nothing_and_may_succeed_later),
    TEST(L2_a_stop_names_what_would_not_end_and_lets_its_callers_go),
    TEST(L2_a_step_that_never_returns_is_named_and_may_return_after_all),
    TEST(L2_a_stopped_synchronizer_refuses_callbacks_and_leaves_the_future),
    TEST(L3_a_stop_that_races_with_calls_of_eight_threads_leaves_none_behind),
};
TEST_MAIN_BOTH_MODES("synchronizer", cases);

/* SPDX-License-Identifier: Apache-2.0
 *
 * Synchronizers that are hosted: the host, how hosting begins and ends, stops, children, time, and
 * what is short.
 */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include <synchronicity/process.h>

#include "support/host_rig.h"
#include "support/signal_process.h"

/* --- the host --- */

static void tries_to_host(int number, void *argument)
{
    int *codes = argument;

    codes[number] = syn_host_begin(&app);
    if (codes[number] == 0) {
        usleep(20000);
        CHECK_INT(syn_host_end(&app), 0);
    }
}

static void M3_one_thread_hosts_at_a_time(void)
{
    int codes[4], n_hosts = 0;

    begin_in_real_time();
    CHECK_INT(square(0.0, 2, NULL), 0);
    crew_run(4, tries_to_host, codes);
    for (int i = 0; i < 4; i++) {
        CHECK(codes[i] == 0 || codes[i] == SYN_EBUSY);
        n_hosts += codes[i] == 0;
    }
    CHECK(n_hosts >= 1);
    begin_host(&app);
    CHECK_INT(syn_host_begin(&app), SYN_EBUSY);
    CHECK_SAYS("syn_host_begin: this thread hosts 'app' already");
    CHECK_INT(syn_host_turn(&other), SYN_EINVAL);
    CHECK_SAYS("syn_host_turn: this thread does not host 'other': syn_host_begin() first");
    CHECK_INT(syn_host_fd(&other), -1);
    CHECK_INT(syn_host_timeout_ms(&other), -1);
    end_all();
}

static atomic_bool enough;
static atomic_long n_calls;

static void keeps_calling(int number, void *argument)
{
    int y;

    (void)argument;
    while (!enough) {
        CHECK_INT(square(number == 0 ? 0.0001 : 0.0, number, &y), 0);
        CHECK_INT(y, number * number);
        n_calls++;
    }
}

static void M3_hosts_come_and_go_while_others_call(void)
{
    struct crew_at_work *crew;
    int y;

    begin_in_real_time();
    enough = false;
    crew = crew_start(3, keeps_calling, NULL);
    for (int i = 0; i < 100; i++) {
        begin_host(&app);
        for (int j = 0; j < i % 5; j++)
            CHECK_INT(syn_host_turn(&app), 0);
        if (i % 3 == 0)
            CHECK_INT(square(0.0, 8, &y), 0);
        CHECK_INT(syn_host_end(&app), 0);
        if (i % 4 == 0)
            CHECK_INT(square(0.0, 8, &y), 0);
    }
    enough = true;
    crew_join(crew);
    CHECK(n_calls > 0);
    end_all();
}

static void hosts_and_ends(int number, void *argument)
{
    struct square_future *f = argument;

    (void)number;
    CHECK_INT(syn_host_begin(&app), 0);
    *f = square_future(0.001, 3);
}

static void M3_what_lives_there_goes_on_when_the_hosts_thread_ends(void)
{
    struct square_future f = {0};
    int y = 0;

    begin_in_real_time();
    crew_run(1, hosts_and_ends, &f);
    CHECK_INT(future_get(f, &y), 0);
    CHECK_INT(y, 9);
    end_all();
}

/* --- ends --- */

ASYNC(app, void, cleans_up)
{
    co_begin;
    co_sleep(1e6);
    co_finally;
    co_sleep(0.001);
    n_run++;
    co_end;
}

static void *hosts_two_and_ends(void *unused)
{
    begin_host(&other);
    begin_host(&app);
    return unused;
}

static void M3_so_does_all_of_a_host_of_several(void)
{
    pthread_t thread;
    int y = 0;

    begin_in_real_time();
    CHECK_INT(pthread_create(&thread, NULL, hosts_two_and_ends, NULL), 0);
    CHECK_INT(pthread_join(thread, NULL), 0);
    CHECK_INT(elsewhere(3, &y), 0); /* by both */
    CHECK_INT(y, 10);
    end_all();
}

static void M3_the_host_stops_it(void)
{
    struct cleans_up_future f;

    begin_in_real_time();
    n_run = 0;
    begin_host(&app);
    f = cleans_up_future();
    turn_until_quiet(&app);
    CHECK_INT(synchronizer_stop(&app, syn_never()), 0);
    CHECK_INT(n_run, 1);
    CHECK_INT(future_get(f), SYN_ECANCELED);
    CHECK_INT(syn_host_turn(&app), SYN_ECLOSED);
    CHECK_INT(syn_host_begin(&app), SYN_ECLOSED);
    CHECK_INT(synchronizer_start(&app), 0);
    CHECK_INT(syn_host_begin(&app), 0);
    CHECK_INT(square(0.0, 1, NULL), 0);
    end_all();
}

ASYNC(app, void, never_ends)
{
    co_begin;
    co_sleep(1e6);
    co_finally;
    co_sleep(1e6);
    co_end;
}

/* It turns it meanwhile, and afterwards nothing is left to do. */
static void M3_the_host_stops_by_a_deadline_what_does_not_end(void)
{
    struct never_ends_future f;

    begin_in_real_time();
    begin_host(&app);
    f = never_ends_future();
    turn_until_quiet(&app);
    CHECK_INT(synchronizer_stop(&app, syn_after(0.01)), SYN_ETIMEDOUT);
    CHECK_SAYS("did not end in time: never_ends (waits for time)");
    CHECK_INT(future_get(f), SYN_EABANDONED);
    CHECK_INT(syn_host_turn(&app), SYN_ECLOSED);
    CHECK_INT(synchronizer_start(&app), 0);
    CHECK_INT(square(0.0, 1, NULL), 0);
    end_all();
}

static void stops(int number, void *argument)
{
    (void)number;
    (void)argument;
    CHECK_INT(synchronizer_stop(&app, syn_never()), 0);
}

static void M3_another_thread_stops_it(void)
{
    for (int round = 0; round < 20; round++) {
        struct crew_at_work *crew;
        syn_err err = 0;

        begin_in_real_time();
        n_run = 0;
        begin_host(&app);
        CHECK_INT(future_detach(cleans_up_future()), 0);
        crew = crew_start(1, stops, NULL);
        while (!err) {
            struct pollfd fds[8];

            poll(fds, (nfds_t)syn_host_fds(&app, fds, 8), syn_host_timeout_ms(&app));
            err = syn_host_turn(&app);
        }
        CHECK_INT(err, SYN_ECLOSED);
        crew_join(crew);
        CHECK_INT(synchronizer_free(&app), 0);
    }
    end_all();
}

/* The host waits for what comes after the free. */
static void frees_then_completes(int number, void *argument)
{
    struct number_promise *promise = argument;

    (void)number;
    CHECK_INT(synchronizer_stop(&app, syn_never()), 0);
    CHECK_INT(synchronizer_free(&app), 0);
    CHECK_INT(promise_complete(*promise, &(int){7}), 0);
}

static void M3_it_is_stopped_and_freed_while_the_host_waits_for_something_else(void)
{
    struct number_promise promise;
    struct number_future future;
    struct crew_at_work *other_thread;
    int y = 0;

    begin_in_real_time();
    for (int i = 0; i < 3; i++) {
        begin_host(&app);
        CHECK_INT(promise_new(number, &promise, &future), 0);
        other_thread = crew_start(1, frees_then_completes, &promise);
        CHECK_INT(future_get(future, &y), 0);
        CHECK_INT(y, 7);
        crew_join(other_thread);
    }
    end_all();
}

ASYNC(other, int, doubles, (double, seconds), (int, x))
{
    co_begin;
    co_sleep(self->seconds);
    co_return(2 * self->x);
    co_end;
}

/* Whichever of the two the host turned for its wait: what it still hosts has turns. */
static void frees_one_of_two(int number, void *argument)
{
    struct number_promise *promise = argument;
    int y = 0, z = 0;

    CHECK_INT(synchronizer_free(number == 0 ? &app : &other), 0);
    CHECK_INT(number == 0 ? doubles(0.001, 4, &y) : square(0.001, 3, &z), 0);
    CHECK_INT(y + z, number == 0 ? 8 : 9);
    CHECK_INT(promise_complete(*promise, &(int){7}), 0);
}

static void frees_the_second_of_two(int number, void *argument)
{
    frees_one_of_two(number + 1, argument);
}

static void M3_a_host_of_two_turns_the_other_one_when_one_is_freed_in_its_wait(void)
{
    struct number_promise promise;
    struct number_future future;
    struct crew_at_work *other_thread;
    int y = 0;

    begin_in_real_time();
    for (int i = 0; i < 4; i++) {
        begin_host(i & 1 ? &app : &other);
        begin_host(i & 1 ? &other : &app);
        CHECK_INT(promise_new(number, &promise, &future), 0);
        other_thread = crew_start(1, i & 2 ? frees_the_second_of_two : frees_one_of_two, &promise);
        CHECK_INT(future_get(future, &y), 0);
        CHECK_INT(y, 7);
        crew_join(other_thread);
        CHECK_INT(synchronizer_free(&app), 0);
        CHECK_INT(synchronizer_free(&other), 0);
    }
    end_all();
}

static void frees_then_interrupts(int number, void *argument)
{
    (void)number;
    (void)argument;
    CHECK_INT(synchronizer_free(&app), 0);
    signal_process(SIGINT);
}

static void M3_a_wait_of_a_host_is_interrupted_after_what_it_hosts_was_freed(void)
{
    struct number_promise promise;
    struct number_future future;
    struct crew_at_work *other_thread;
    int y = 0;

    begin_in_real_time();
    CHECK_INT(syn_catch_interrupt(SIGINT), 0);
    for (int i = 0; i < 3; i++) {
        begin_host(&app);
        CHECK_INT(promise_new(number, &promise, &future), 0);
        other_thread = crew_start(1, frees_then_interrupts, NULL);
        CHECK_INT(future_get(future, &y), SYN_EINTR);
        crew_join(other_thread);
        promise_drop(promise);
    }
    syn_release_interrupt();
    end_all();
}

static void gives_up_stopping(int number, void *argument)
{
    (void)number;
    (void)argument;
    CHECK_INT(synchronizer_stop(&app, syn_after(0.01)), SYN_ETIMEDOUT);
    CHECK_SAYS("its host has made no turn; what lives there ends in its next one");
}

static void M3_a_stop_does_not_wait_longer_for_a_host_that_makes_no_turn(void)
{
    struct cleans_up_future f;

    begin_in_real_time();
    begin_host(&app);
    f = cleans_up_future();
    turn_until_quiet(&app);
    crew_run(1, gives_up_stopping, NULL);
    while (syn_host_turn(&app) == 0)
        ;
    CHECK_INT(future_get(f), SYN_EABANDONED);
    CHECK_INT(synchronizer_stop(&app, syn_never()), 0);
    CHECK_INT(synchronizer_free(&app), 0);
    end_all();
}

static void M3_a_child_does_not_host(void)
{
    int status = 0;
    pid_t pid;

#if defined(__SANITIZE_ADDRESS__)
    TEST_SKIP("a child inherits the locks of the address sanitizer");
#endif
    begin_in_real_time();
    begin_host(&app);
    CHECK_INT(square(0.0, 2, NULL), 0);
    pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        int y = 0, ok = syn_host_turn(&app) == SYN_EFORKED && square(0.0, 3, &y) == 0 && y == 9;

        _exit(ok ? 0 : 1);
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK_INT(status, 0);
    CHECK_INT(square(0.0, 2, NULL), 0);
    end_all();
}

static void M3_time_that_jumps_wakes_the_host(void)
{
    struct square_future f;
    int y = 0;

    begin();
    begin_host(&app);
    f = square_future(1000.0, 3);
    while (future_poll(f) == SYN_EAGAIN)
        wait_and_turn(&app);
    CHECK_INT(future_get(f, &y), 0);
    CHECK_INT(now(), 1000 * SECOND);
    CHECK_INT(square(500.0, 3, &y), 0);
    CHECK_INT(now(), 1500 * SECOND);
    finish(&app);
    done();
}

static void M3_where_something_is_short_hosting_fails_and_can_be_tried_again(void)
{
    begin_in_real_time();
    for (unsigned long n = 1;; n++) {
        unsigned long hits;
        syn_err err;

        syn_fault_set(NULL, n, 1, ENOMEM);
        err = syn_host_begin(&app);
        hits = syn_fault_hits();
        syn_fault_clear();
        if (err)
            CHECK_INT(syn_host_begin(&app), 0);
        CHECK_INT(square(0.0, 2, NULL), 0);
        CHECK_INT(synchronizer_stop(&app, syn_never()), 0);
        CHECK_INT(synchronizer_free(&app), 0);
        if (hits < n)
            break;
    }
    begin_host(&app);
    syn_fault_set("pthread_create", 1, 1, EAGAIN);
    CHECK_INT(syn_host_end(&app), EAGAIN);
    CHECK_INT((int)syn_fault_hits(), 1);
    syn_fault_clear();
    CHECK_INT(square(0.0, 2, NULL), 0);
    CHECK_INT(syn_host_end(&app), 0);
    CHECK_INT(square(0.0, 2, NULL), 0);
    end_all();
}

static const struct test_case cases[] = {
    TEST_MODES(M3_one_thread_hosts_at_a_time),
    TEST_MODES(M3_hosts_come_and_go_while_others_call),
    TEST_MODES(M3_what_lives_there_goes_on_when_the_hosts_thread_ends),
    TEST_MODES(M3_so_does_all_of_a_host_of_several),
    TEST_MODES(M3_the_host_stops_it),
    TEST_MODES(M3_the_host_stops_by_a_deadline_what_does_not_end),
    TEST_MODES(M3_another_thread_stops_it),
    TEST_MODES(M3_it_is_stopped_and_freed_while_the_host_waits_for_something_else),
    TEST_MODES(M3_a_host_of_two_turns_the_other_one_when_one_is_freed_in_its_wait),
    TEST_MODES(M3_a_wait_of_a_host_is_interrupted_after_what_it_hosts_was_freed),
    TEST_MODES(M3_a_stop_does_not_wait_longer_for_a_host_that_makes_no_turn),
    TEST_MODES(M3_a_child_does_not_host),
    TEST_MODES(M3_time_that_jumps_wakes_the_host),
    TEST_MODES(M3_where_something_is_short_hosting_fails_and_can_be_tried_again),
};
TEST_MAIN("host_life", cases);

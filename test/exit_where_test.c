/* SPDX-License-Identifier: Apache-2.0
 *
 * Exits, wherever they are called (L4): in a step, a job, a callback, a handler, two threads, beside and
 * as a host. exit_test.c says what an exit does.
 */
#define _GNU_SOURCE
#include "support/exit_rig.h"

ASYNC(demo, void, step_exits)
{
    co_begin;
    co_sleep(0.001);
    exit(3);
    co_end;
}

ASYNC(driven, void, driven_step_exits)
{
    co_begin;
    co_sleep(0.001);
    exit(3);
    co_end;
}

BLOCKING(pool, void, job_exits)
{
    exit(3);
}

static void callback_exits(void *user, syn_err err, int *result)
{
    (void)user;
    (void)err;
    (void)result;
    exit(3);
}

/* Not further: once the library has let a thread go that waited for what exits, that thread's own exit() would come after the
 * library's part in the first, and which status counts is the C library's to say. */
static void stay(void)
{
    for (;;)
        pause();
}

/* As begin_things(); no machine is so busy that the exit gives up. */
static void begin_in_no_hurry(void)
{
    syn_exit_limit(60.0);
    begin_things();
}

static void exit_in_a_step(void)
{
    begin_in_no_hurry();
    step_exits();
    stay();
}

static void exit_in_a_driven_step(void)
{
    begin_in_no_hurry();
    driven_step_exits();
}

static void exit_in_a_job(void)
{
    begin_in_no_hurry();
    job_exits();
    stay();
}

static void exit_in_a_callback(void)
{
    begin_in_no_hurry();
    CHECK_INT(future_then(twice_future(0.001, 1), &driven, callback_exits, NULL), 0);
    stay();
}

static void *exits_too(void *unused)
{
    (void)unused;
    exit(3);
}

static void exit_in_two_threads(void)
{
    pthread_t thread;

    begin_things();
    pthread_create(&thread, NULL, exits_too, NULL);
    exit(3);
}

static void L4_exit_may_be_called_anywhere(void)
{
    begin_in_real_time();
    /* its loop stands still, so nothing there cleans up */
    ends_with(3, exit_in_a_step);
    SAYS(says("asked") && says("exit() was called on its thread"));
    ends_with(3, exit_in_a_driven_step);
    SAYS(says("cleaned up") && says("asked") && !says("left behind"));
    ends_with(3, exit_in_a_job);
    SAYS(says("cleaned up") && says("asked") && !says("left behind"));
    ends_with(3, exit_in_a_callback);
    SAYS(says("cleaned up") && says("asked"));
    ends_with(3, exit_in_two_threads);
}

ASYNC(demo, void, cleans_up_slowly)
{
    co_begin;
    co_sleep(3600);
    co_finally;
    co_sleep(0.3);
    fprintf(stderr, "cleaned up slowly\n");
    co_end;
}

/* Its call is cancelled by the exit of the other thread, and then it returns from main(). */
static void return_while_another_exits(void)
{
    pthread_t thread;

    future_detach(cleans_up_slowly_future());
    CHECK_INT(twice(0.0, 1, NULL), 0);
    pthread_create(&thread, NULL, exits_too, NULL);
    CHECK(twice(3600.0, 1, NULL) != 0);
}

static void L4_a_second_exit_waits_for_the_first_whose_status_counts(void)
{
    begin_in_real_time();
    ends_with(3, return_while_another_exits);
    SAYS(says("cleaned up slowly"));
}

/* --- hosts --- */

SYNCHRONIZER(hosted);
static _Atomic(bool) hosts;

ASYNC(hosted, void, hosted_task_cleans_up)
{
    co_begin;
    co_sleep(3600);
    co_finally;
    co_sleep(0.01);
    fprintf(stderr, "hosted: cleaned up\n");
    co_end;
}

ASYNC(hosted, void, hosted_step_exits)
{
    co_begin;
    co_sleep(0.001);
    exit(3);
    co_end;
}

static void host(void)
{
    CHECK_INT(syn_host_begin(&hosted), 0);
    CHECK_INT(future_detach(hosted_task_cleans_up_future()), 0);
    CHECK_INT(syn_host_turn(&hosted), 0);
    hosts = true;
}

static void exit_as_a_host(void)
{
    host();
    begin_things();
}

static void exit_in_a_step_of_its_host(void)
{
    host();
    begin_things();
    hosted_step_exits();
    stay();
}

static void *makes_turns(void *unused)
{
    struct pollfd fds[8];

    host();
    do {
        poll(fds, (nfds_t)syn_host_fds(&hosted, fds, 8), syn_host_timeout_ms(&hosted));
    } while (syn_host_turn(&hosted) == 0);
    pause();
    return unused;
}

static void *makes_no_turns(void *unused)
{
    host();
    pause();
    return unused;
}

static void begin_beside(void *(*fn)(void *))
{
    pthread_t thread;

    CHECK_INT(pthread_create(&thread, NULL, fn, NULL), 0);
    spin_until(&hosts);
    begin_things();
}

static void exit_beside_a_host(void)
{
    begin_beside(makes_turns);
}

static void exit_beside_a_host_that_makes_no_turns(void)
{
    syn_exit_limit(0.4);
    begin_beside(makes_no_turns);
}

static void L4_what_is_hosted_is_stopped_too(void)
{
    begin_in_real_time();
    ends_with(0, exit_as_a_host);
    SAYS(says("hosted: cleaned up") && says("asked") && !says("left behind"));
    ends_with(3, exit_in_a_step_of_its_host);
    SAYS(says("'hosted' stands still, exit() was called on its thread") && says("asked"));
    ends_with(0, exit_beside_a_host);
    SAYS(says("hosted: cleaned up") && says("asked") && !says("left behind"));
    ENDS_AND_SAYS(0, exit_beside_a_host_that_makes_no_turns,
                  says("'hosted' is left behind: its host has made no turn") && says("asked"));
}

/* --- exit() in a handler of the program --- */

static void exits_again(void)
{
    fprintf(stderr, "again\n");
    exit(3);
}

static void exit_in_an_earlier_handler(void)
{
    begin_things();
    atexit(exits_again);
}

static void exit_in_a_later_handler(void)
{
    atexit(exits_again);
    begin_things();
}

ASYNC(demo, void, clean_up_exits)
{
    co_begin;
    co_sleep(3600);
    co_finally;
    exit(0);
    co_end;
}

/* Both exit with 0: which status counts is the C library's to say, where one exit() waits for another. */
static void exit_in_clean_up(void)
{
    syn_exit_limit(0.4);
    future_detach(clean_up_exits_future());
    CHECK_INT(thrice(1, NULL), 0);
    CHECK_INT(twice(0.0, 1, NULL), 0);
}

static void L4_exit_may_be_called_in_a_handler_and_in_clean_up(void)
{
    begin_in_real_time();
    ends_with(3, exit_in_an_earlier_handler);
    SAYS(says("again") && says("cleaned up") && says("asked"));
    ends_with(3, exit_in_a_later_handler);
    SAYS(says("again") && says("cleaned up") && says("asked"));
    ENDS_AND_SAYS(0, exit_in_clean_up, says("'demo' is left behind: a step of clean_up_exits still runs"));
}

static const struct test_case cases[] = {
    TEST(L4_exit_may_be_called_anywhere),
    TEST(L4_a_second_exit_waits_for_the_first_whose_status_counts),
    TEST(L4_what_is_hosted_is_stopped_too),
    TEST(L4_exit_may_be_called_in_a_handler_and_in_clean_up),
};
TEST_MAIN("exit_where", cases);

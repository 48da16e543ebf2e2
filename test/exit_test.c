/* SPDX-License-Identifier: Apache-2.0
 *
 * How a process ends: what runs is stopped within the limit, wherever exit() is called (L4).
 *
 * Each case forks a child, which begins afresh, and looks at how that ends and at what it said.
 */
#define _GNU_SOURCE
#include "support/exit_rig.h"

static volatile bool for_ever = true;

ASYNC(demo, void, swallows)
{
    co_begin;
    co_finally;
    while (for_ever)
        co_sleep(0.001);
    co_end;
}

ASYNC(demo, void, loops_for_ever)
{
    co_begin;
    while (for_ever)
        usleep(1000);
    co_end;
}

BLOCKING(pool, void, blocks_for_ever)
{
    for (;;)
        pause();
}

static void L4_what_runs_at_exit_is_cancelled_and_cleans_up(void)
{
    begin_in_real_time();
    ends_with(0, begin_things);
    SAYS(says("cleaned up") && says("asked") && !says("left behind"));
}

static void begin_endless_things(void)
{
    syn_exit_limit(0.4);
    future_detach(swallows_future());
    begin_things();
}

static void loop_for_ever(void)
{
    syn_exit_limit(0.2);
    future_detach(loops_for_ever_future());
}

static void block_for_ever(void)
{
    syn_exit_limit(0.2);
    future_detach(blocks_for_ever_future());
    CHECK_INT(thrice(1, NULL), 0);
}

static void L4_what_would_not_end_is_named_and_the_process_ends(void)
{
    begin_in_real_time();
    ENDS_AND_SAYS(0, begin_endless_things, says("left behind") && says("swallows") && says("cleaned up"));
    ENDS_AND_SAYS(0, loop_for_ever, says("left behind") && says("loops_for_ever"));
    ENDS_AND_SAYS(0, block_for_ever, says("left behind") && says("blocks_for_ever"));
}

static void leave_at_once(void)
{
    syn_exit_limit(0);
    begin_things();
    future_detach(swallows_future());
}

static void L4_without_a_limit_it_leaves_at_once(void)
{
    begin_in_real_time();
    ends_with(0, leave_at_once);
    SAYS(!says("cleaned up") && !says("left behind"));
}

/* --- calls during and after it --- */

static void calls_afterwards(void)
{
    struct sleeps_and_cleans_up_future f;

    fprintf(stderr, "demo %d driven %d job %d start %d\n", twice(0.0, 1, NULL),
            twice_driven(1, NULL), thrice(1, NULL), synchronizer_start(&demo));
    f = sleeps_and_cleans_up_future();
    fprintf(stderr, "future %d\n", future_get(f));
}

static void calls_before(void)
{
    fprintf(stderr, "before %d\n", twice(0.0, 1, NULL));
}

static void register_and_run(void)
{
    atexit(calls_afterwards); /* before the library does: it comes after it */
    CHECK_INT(twice(0.0, 1, NULL), 0);
    CHECK_INT(thrice(1, NULL), 0);
    atexit(calls_before);
}

static void L4_calls_before_it_work_and_those_after_it_are_refused(void)
{
    char expected[200];

    begin_in_real_time();
    ends_with(0, register_and_run);
    SAYS(says("before 0\n"));
    snprintf(expected, sizeof expected, "demo %d driven %d job %d start", SYN_ECLOSED, SYN_ECLOSED,
             SYN_ECLOSED);
    SAYS(says(expected));
    snprintf(expected, sizeof expected, "future %d\n", SYN_ECLOSED);
    SAYS(says(expected));
}

static atomic_bool n_refused;

static void *keeps_calling(void *unused)
{
    while (twice(0.0, 1, NULL) == 0)
        ;
    n_refused = true;
    return unused;
}

static void exit_while_others_call(void)
{
    pthread_t threads[3];

    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, keeps_calling, NULL);
    begin_things();
}

static void L4_it_ends_while_other_threads_call(void)
{
    begin_in_real_time();
    for (int i = 0; i < 10; i++)
        ends_with(0, exit_while_others_call);
}

/* --- interrupts --- */

/* The signal comes while the exit waits for its clean-up. */
ASYNC(demo, void, is_interrupted_in_clean_up)
{
    co_begin;
    co_sleep(3600);
    co_finally;
    kill(getpid(), SIGINT);
    co_sleep(3600);
    co_end;
}

static void is_action_back(void)
{
    struct sigaction action;

    if (sigaction(SIGINT, NULL, &action) == 0 && action.sa_handler == SIG_DFL)
        fprintf(stderr, "the action is back\n");
}

static void exit_while_interrupts_are_caught(void)
{
    atexit(is_action_back); /* after the library's */
    CHECK_INT(syn_catch_interrupt(SIGINT), 0);
    begin_things();
}

static void interrupt_an_exit(void)
{
    syn_exit_limit(3600);
    CHECK_INT(syn_catch_interrupt(SIGINT), 0);
    future_detach(is_interrupted_in_clean_up_future());
    begin_things();
}

static void L4_an_interrupt_means_that_no_time_is_left(void)
{
    begin_in_real_time();
    ends_with(0, exit_while_interrupts_are_caught);
    SAYS(says("the action is back") && says("cleaned up") && says("asked"));
    ends_with(0, interrupt_an_exit);
    SAYS(says("'demo' is left behind: did not end in time: is_interrupted_in_clean_up"));
}

/* --- one limit for all --- */

static atomic_int n_loops;

#define LOOPS_FOR_EVER(number)                                                                     \
    SYNCHRONIZER(loop_##number);                                                                   \
    ASYNC(loop_##number, void, loops_##number)                                                     \
    {                                                                                              \
        co_begin;                                                                                  \
        n_loops++;                                                                                 \
        while (for_ever)                                                                           \
            usleep(1000);                                                                          \
        co_end;                                                                                    \
    }
#define ALL_LOOPS(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11)
ALL_LOOPS(LOOPS_FOR_EVER)

static int64_t begun_at;

/* After the library's handler. */
static void says_whether_in_time(void)
{
    if (syn_clock_now(NULL) - begun_at < SECOND)
        fprintf(stderr, "in time\n");
}

static void have_many_that_do_not_end(void)
{
#define BEGIN(number) future_detach(loops_##number##_future());
    atexit(says_whether_in_time);
    syn_exit_limit(0.4);
    ALL_LOOPS(BEGIN)
    while (n_loops < 12)
        usleep(1000);
    begun_at = syn_clock_now(NULL);
}

/* Each may be waited for, a tenth of a second, after the deadline: together they would take a second
 * longer than the limit. */
static void L4_the_limit_is_that_of_all_together(void)
{
    bool in_time = false;

    begin_in_real_time();
    for (int i = 0; i < 20 && !in_time; i++) { /* a busy machine is no excuse for all */
        ends_with(0, have_many_that_do_not_end);
        SAYS(says("'loop_0' is left behind: a step of loops_0 still runs"));
        SAYS(says("'loop_11' is left behind: a step of loops_11 still runs"));
        in_time = says("in time");
    }
    CHECK(in_time);
}

static const struct test_case cases[] = {
    TEST(L4_what_runs_at_exit_is_cancelled_and_cleans_up),
    TEST(L4_what_would_not_end_is_named_and_the_process_ends),
    TEST(L4_without_a_limit_it_leaves_at_once),
    TEST(L4_calls_before_it_work_and_those_after_it_are_refused),
    TEST(L4_it_ends_while_other_threads_call),
    TEST(L4_an_interrupt_means_that_no_time_is_left),
    TEST(L4_the_limit_is_that_of_all_together),
};
TEST_MAIN("exit", cases);

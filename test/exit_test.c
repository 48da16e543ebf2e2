/* SPDX-License-Identifier: Apache-2.0
 *
 * How a process ends: what runs is stopped within the limit, whoever calls exit() wherever (L4).
 *
 * Each case forks a child, which begins afresh, and looks at how that ends and at what it said.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "support/fork_rig.h"

static char said[4000];

/* What a child that runs FN, and then returns from main(), says; it must end with STATUS. */
static void ends_with(int status, void (*fn)(void))
{
    int out[2], got;
    ssize_t n;
    size_t length = 0;
    pid_t pid;

    CHECK_INT(pipe(out), 0);
    pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        alarm(20);
        dup2(out[1], STDERR_FILENO);
        close(out[0]);
        close(out[1]);
        fn();
        exit(0);
    }
    close(out[1]);
    while ((n = read(out[0], said + length, sizeof said - 1 - length)) > 0)
        length += (size_t)n;
    said[length] = '\0';
    close(out[0]);
    while (waitpid(pid, &got, 0) < 0)
        CHECK_INT(errno, EINTR);
    if (!WIFEXITED(got) || WEXITSTATUS(got) != status)
        test_fail(__FILE__, __LINE__, "it ended with 0x%x, and said: %s", got, said);
}

#define SAYS(condition)                                                                            \
    ((condition) ? (void)0 : test_fail(__FILE__, __LINE__, "%s, but it said: %s", #condition, said))

static bool says(const char *text)
{
    return strstr(said, text) != NULL;
}

ASYNC(demo, void, sleeps_and_cleans_up)
{
    co_begin;
    co_sleep(3600);
    co_finally;
    co_sleep(0.01);
    fprintf(stderr, "cleaned up\n");
    co_end;
}

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

BLOCKING(pool, void, waits_to_be_asked)
{
    while (!syn_pool_job_cancelled())
        usleep(1000);
    fprintf(stderr, "asked\n");
}

static void begin_things(void)
{
    future_detach(sleeps_and_cleans_up_future());
    future_detach(waits_to_be_asked_future());
    CHECK_INT(twice(0.001, 1, NULL), 0);
    CHECK_INT(thrice(1, NULL), 0);
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
    ends_with(0, begin_endless_things);
    SAYS(says("left behind") && says("swallows") && says("cleaned up"));
    ends_with(0, loop_for_ever);
    SAYS(says("left behind") && says("loops_for_ever"));
    ends_with(0, block_for_ever);
    SAYS(says("left behind") && says("blocks_for_ever"));
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

/* --- where exit() is called --- */

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

static void exit_in_a_step(void)
{
    begin_things();
    step_exits();
}

static void exit_in_a_driven_step(void)
{
    begin_things();
    driven_step_exits();
}

static void exit_in_a_job(void)
{
    begin_things();
    job_exits();
}

static void exit_in_a_callback(void)
{
    begin_things();
    CHECK_INT(future_then(twice_future(0.001, 1), &driven, callback_exits, NULL), 0);
    for (;;)
        pause();
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
    ends_with(3, exit_in_a_step); /* whose loop stands still, so nothing there cleans up */
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

static const struct test_case cases[] = {
    TEST(L4_what_runs_at_exit_is_cancelled_and_cleans_up),
    TEST(L4_what_would_not_end_is_named_and_the_process_ends),
    TEST(L4_without_a_limit_it_leaves_at_once),
    TEST(L4_exit_may_be_called_anywhere),
    TEST(L4_a_second_exit_waits_for_the_first_whose_status_counts),
    TEST(L4_calls_before_it_work_and_those_after_it_are_refused),
    TEST(L4_it_ends_while_other_threads_call),
};
TEST_MAIN("exit", cases);

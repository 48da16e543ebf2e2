/* SPDX-License-Identifier: Apache-2.0
 *
 * Slow steps (<synchronicity/inspect.h>): reported while they run, with those that await them. A gate holds
 * each; no case waits for time to pass but for what a report needs to come. Both modes where it matters.
 */
#define _DEFAULT_SOURCE
#include "support/fork_begin.h"

#include <sys/wait.h>

#include "inspect/slow_watch.h"
#include "support/slow_rig.h"

#include <synchronicity/step.h>

SYNCHRONIZER(demo, .step_limit_ns = 2 * MS, .on_slow = on_slow);
SYNCHRONIZER(patient, .step_limit_ns = 7200 * SECOND, .on_slow = on_slow);
SYNCHRONIZER(plain);
static struct syn_pool jobs = {.options = {.name = "jobs",
                                           .max_threads = 20,
                                           .job_limit_ns = 7200 * SECOND,
                                           .on_slow = on_slow}};

ASYNC(demo, int, stuck)
{
    co_begin;
    pass_gate();
    co_return(1);
    co_end;
}

ASYNC(demo, int, middle)
{
    co_begin;
    co_try(stuck_future(), &self->result);
    co_return_result;
    co_end;
}

ASYNC(demo, int, outermost)
{
    co_begin;
    co_try(middle_future(), &self->result);
    co_return_result;
    co_end;
}

static void *call_outermost(void *unused)
{
    int y;

    (void)unused;
    CHECK_INT(outermost(&y), 0);
    return NULL;
}

static void V4_a_step_is_reported_while_it_runs_with_those_that_await_it(void)
{
    pthread_t thread;

    begin_in_real_time();
    CHECK_INT(pthread_create(&thread, NULL, call_outermost, NULL), 0);
    await_report_of("stuck");
    CHECK_INT(may_leave, 0);
    CHECK_REPORT("synchronicity: a step of stuck holds 'demo' for ");
    CHECK_REPORT("\n  stuck: runs");
    CHECK_REPORT("\n  middle: waits for stuck");
    CHECK_REPORT("\n  outermost: waits for middle");
    CHECK_REPORT("slow_test.c:");
    CHECK_REPORT("\nthread ");
#if defined(__linux__)
    pthread_mutex_lock(&report_lock); /* a later one may find that its thread has left */
    CHECK(report_thread > 0);
    pthread_mutex_unlock(&report_lock);
#endif
    may_leave = 1;
    CHECK_INT(pthread_join(thread, NULL), 0);
    finish(&demo); /* after which none comes */
    CHECK_STR(report_where, "demo");
    CHECK(report_held >= 2 * MS);
}

/* --- the system's view of the thread --- */

static int gate_pipe[2];

ASYNC(demo, int, reads_pipe)
{
    char byte;

    entered++;
    CHECK_INT(read(gate_pipe[0], &byte, 1), 1);
    self->result = 1;
    return step_done(self);
}

static void V4_what_the_thread_does_in_the_kernel_is_said_where_the_system_shows_it(void)
{
    struct reads_pipe_future f;
    FILE *stat = fopen("/proc/thread-self/stat", "r");
    int y;

    if (!stat)
        TEST_SKIP("this system has no /proc that shows threads");
    fclose(stat);
    begin_in_real_time();
    CHECK_INT(pipe(gate_pipe), 0);
    f = reads_pipe_future();
    do /* its first report may come before it is in the kernel: then the next one is waited for */
        await_report_of("reads_pipe");
    while (pthread_mutex_lock(&report_lock), y = !strstr(report_text, "sleeps in the kernel"),
           pthread_mutex_unlock(&report_lock), y);
    CHECK_INT(write(gate_pipe[1], "", 1), 1);
    CHECK_INT(future_get(f, &y), 0);
    close(gate_pipe[0]);
    close(gate_pipe[1]);
    finish(&demo);
}

/* --- callbacks --- */

static void slow_callback(void *unused, syn_err err, int *y)
{
    (void)unused, (void)y;
    CHECK_INT(err, 0);
    pass_gate();
}

ASYNC(plain, int, quick)
{
    co_begin;
    co_return(1);
    co_end;
}

static void V4_a_callback_that_does_not_return_is_reported(void)
{
    begin_in_real_time();
    CHECK_INT(future_then(quick_future(), &demo, slow_callback, NULL), 0);
    await_report_of("callback");
    CHECK_REPORT("a step of callback holds 'demo'");
    may_leave = 1;
    finish(&plain);
    finish(&demo);
}

/* --- rounds at times of our own --- */

ASYNC(patient, int, at_once)
{
    co_begin;
    co_return(1);
    co_end;
}

/* Both steps are of one turn: the call runs in between, by a transfer. */
ASYNC(patient, int, passes_twice)
{
    co_begin;
    pass_gate();
    co_try(at_once_future(), &self->result);
    pass_gate();
    co_return_result;
    co_end;
}

static void V4_two_steps_of_one_task_are_not_taken_for_one(void)
{
    struct passes_twice_future f;
    int64_t at = syn_clock_now(NULL);
    int y;

    begin_in_real_time();
    f = passes_twice_future();
    await_entered_and_seen(1);
    CHECK(syni_slow_round(at) > 0);
    may_leave = 1;
    await_entered(2);
    syni_slow_round(at + 8000 * SECOND);
    CHECK_INT(n_reports, 0);
    syni_slow_round(at + 15100 * SECOND); /* not so long, for the second step */
    CHECK_INT(n_reports, 0);
    syni_slow_round(at + 15300 * SECOND);
    CHECK_INT(n_reports, 1);
    CHECK_STR(report_function, "passes_twice");
    CHECK_INT(report_held / SECOND, 7300);
    may_leave = 2;
    CHECK_INT(future_get(f, &y), 0);
    finish(&patient);
}

static void V4_one_step_is_reported_less_and_less_often(void)
{
    static const struct {
        int seconds, reports;
    } rounds[] = {{0, 0}, {7100, 0}, {8000, 1}, {15900, 1}, {16100, 2}, {32000, 2}, {32300, 3}};
    struct passes_twice_future f;
    int64_t at = syn_clock_now(NULL);
    int y;

    begin_in_real_time();
    f = passes_twice_future();
    await_entered_and_seen(1);
    for (size_t i = 0; i < sizeof rounds / sizeof *rounds; i++) {
        syni_slow_round(at + rounds[i].seconds * SECOND);
        CHECK_INT(n_reports, rounds[i].reports);
    }
    may_leave = 2;
    CHECK_INT(future_get(f, &y), 0);
    finish(&patient);
}

BLOCKING(jobs, int, holds_thread, (int, x))
{
    pass_gate();
    return x;
}

static void V4_jobs_are_reported_and_of_very_many_the_first_eight(void)
{
    struct holds_thread_future f[20];
    int64_t at = syn_clock_now(NULL);
    int y;

    begin_in_real_time();
    for (int i = 0; i < 20; i++)
        f[i] = holds_thread_future(i);
    await_entered_and_seen(20);
    syni_slow_round(at);
    CHECK_INT(n_reports, 0);
    syni_slow_round(at + 7300 * SECOND);
    CHECK_INT(n_reports, 8);
    CHECK_REPORT("synchronicity: the job holds_thread holds a thread of 'jobs' for 7");
    CHECK_STR(report_where, "jobs");
    syni_slow_round(at + 14600 * SECOND);
    CHECK_INT(n_reports, 16);
    syni_slow_round(at + 14600 * SECOND + 11 * SECOND); /* none is due */
    CHECK_INT(n_reports, 16);
    may_leave = 20;
    for (int i = 0; i < 20; i++)
        CHECK_INT(future_get(f[i], &y), 0);
    CHECK_INT(pool_stop(&jobs, syn_never()), 0);
}

static void V4_reports_that_were_left_out_are_counted_in_the_next(void)
{
    struct holds_thread_future f[20];
    struct passes_twice_future late;
    int64_t at = syn_clock_now(NULL);
    int y;

    begin_in_real_time();
    for (int i = 0; i < 20; i++)
        f[i] = holds_thread_future(i);
    await_entered_and_seen(20);
    syni_slow_round(at);
    syni_slow_round(at + 7300 * SECOND);
    late = passes_twice_future();
    await_entered_and_seen(21);
    syni_slow_round(at + 7311 * SECOND);
    syni_slow_round(at + 14590 * SECOND);
    CHECK_INT(n_reports, 9);
    CHECK_STR(report_function, "passes_twice");
    CHECK_INT(report_omitted, 12);
    CHECK_REPORT("left out: 12\n");
    may_leave = 22;
    CHECK_INT(future_get(late, &y), 0);
    for (int i = 0; i < 20; i++)
        CHECK_INT(future_get(f[i], &y), 0);
    CHECK_INT(pool_stop(&jobs, syn_never()), 0);
    finish(&patient);
}

BLOCKING(jobs, int, waits_for_step, (int, x))
{
    int y;

    (void)job;
    CHECK_INT(future_get(passes_twice_future(), &y), 0);
    return x;
}

static void V4_a_job_that_waits_for_something_of_the_library_is_not_reported(void)
{
    struct waits_for_step_future f;
    int64_t at = syn_clock_now(NULL);
    int y;

    begin_in_real_time();
    f = waits_for_step_future(1);
    await_entered_and_seen(1);
    while (pool_stats(&jobs).blocked == 0)
        usleep(200);
    syni_slow_round(at);
    syni_slow_round(at + 7300 * SECOND);
    CHECK_INT(n_reports, 1); /* of the step for which it waits */
    CHECK_STR(report_where, "patient");
    may_leave = 2;
    CHECK_INT(future_get(f, &y), 0);
    CHECK_INT(pool_stop(&jobs, syn_never()), 0);
    finish(&patient);
}

/* --- the watch's thread --- */

static bool thread_named(const char *name)
{
    char path[300], found[32];
    struct dirent *entry;
    DIR *tasks = opendir("/proc/self/task");
    bool is_there = false;

    if (!tasks)
        TEST_SKIP("this system has no /proc that names threads");
    while ((entry = readdir(tasks))) {
        FILE *comm;

        snprintf(path, sizeof path, "/proc/self/task/%s/comm", entry->d_name);
        comm = fopen(path, "r");
        if (!comm)
            continue;
        if (fgets(found, sizeof found, comm) && strncmp(found, name, strlen(name)) == 0)
            is_there = true;
        fclose(comm);
    }
    closedir(tasks);
    return is_there;
}

static void V4_the_watch_has_a_thread_while_something_has_a_limit(void)
{
    int y;

    begin_in_real_time();
    CHECK_INT(quick(&y), 0);
    CHECK(!thread_named("slow-steps"));
    CHECK_INT(synchronizer_start(&patient), 0);
    while (!thread_named("slow-steps")) /* it is on its way */
        usleep(200);
    CHECK_INT(synchronizer_stop(&patient, syn_never()), 0);
    while (thread_named("slow-steps"))
        usleep(200);
    CHECK_INT(synchronizer_start(&patient), 0);
    while (!thread_named("slow-steps"))
        usleep(200);
    finish(&patient);
    finish(&plain);
    CHECK_INT(syn_stop_everything(syn_never()), 0);
    while (thread_named("slow-steps")) /* one that was joined may be listed a moment longer */
        usleep(200);
}

static void V4_the_watch_looks_twice_in_the_time_of_the_tightest_limit(void)
{
    begin_in_real_time();
    CHECK_INT(synchronizer_start(&demo), 0);
    CHECK_INT(synchronizer_start(&patient), 0);
    CHECK_INT(syni_slow_round(syn_clock_now(NULL)), 1 * MS);
    finish(&demo);
    CHECK_INT(syni_slow_round(syn_clock_now(NULL)), 3600 * SECOND);
    finish(&patient);
    CHECK_INT(syni_slow_round(syn_clock_now(NULL)), 0);
    CHECK_INT(syn_stop_everything(syn_never()), 0);
}

static atomic_bool telling, told;

static void tells_slowly(void *user, const struct syn_slow *slow)
{
    (void)user, (void)slow;
    telling = true;
    usleep(20000); /* not for the case's sake: so that a stop which does not wait is seen */
    told = true;
}

SYNCHRONIZER(told_slowly, .step_limit_ns = 1 * MS, .on_slow = tells_slowly);

ASYNC(told_slowly, int, until_told)
{
    while (!telling)
        usleep(100);
    self->result = 1;
    return step_done(self);
}

static void V4_a_stop_waits_for_the_report_that_is_under_way(void)
{
    int y;

    begin_in_real_time();
    CHECK_INT(until_told(&y), 0);
    CHECK_INT(synchronizer_stop(&told_slowly, syn_never()), 0);
    CHECK(told);
    CHECK_INT(synchronizer_free(&told_slowly), 0);
}

static void V4_a_forked_child_watches_its_own(void)
{
    int status;
    pid_t pid;

    begin_to_fork();
    CHECK_INT(synchronizer_start(&patient), 0);
    CHECK_INT(synchronizer_start(&demo), 0);
    pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        struct stuck_future f = stuck_future();
        int y;

        await_report_of("stuck");
        may_leave = 1;
        CHECK_INT(future_get(f, &y), 0);
        _exit(0);
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK_INT(status, 0);
    finish(&demo);
    finish(&patient);
}

static const struct test_case cases[] = {
    TEST_MODES(V4_a_step_is_reported_while_it_runs_with_those_that_await_it),
    TEST(V4_what_the_thread_does_in_the_kernel_is_said_where_the_system_shows_it),
    TEST(V4_a_callback_that_does_not_return_is_reported),
    TEST(V4_two_steps_of_one_task_are_not_taken_for_one),
    TEST(V4_one_step_is_reported_less_and_less_often),
    TEST(V4_jobs_are_reported_and_of_very_many_the_first_eight),
    TEST(V4_reports_that_were_left_out_are_counted_in_the_next),
    TEST(V4_a_job_that_waits_for_something_of_the_library_is_not_reported),
    TEST(V4_the_watch_has_a_thread_while_something_has_a_limit),
    TEST(V4_the_watch_looks_twice_in_the_time_of_the_tightest_limit),
    TEST(V4_a_stop_waits_for_the_report_that_is_under_way),
    TEST(V4_a_forked_child_watches_its_own),
};
TEST_MAIN("slow", cases);

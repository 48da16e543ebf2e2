/* SPDX-License-Identifier: Apache-2.0
 *
 * The environment variables: read when the program allows it, and then only these. Each case sets them in a
 * process of its own.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <synchronicity/inspect.h>

SYNCHRONIZER(demo);
SYNCHRONIZER(never, .step_limit_ns = -1);

static int go_pipe[2];

ASYNC(demo, int, holds_loop)
{
    char byte;

    CHECK_INT(read(go_pipe[0], &byte, 1), 1);
    self->result = 1;
    return step_done(self);
}

ASYNC(never, int, may_hold_loop)
{
    char byte;

    CHECK_INT(read(go_pipe[0], &byte, 1), 1);
    self->result = 1;
    return step_done(self);
}

/* A child that does FN, and its standard error in TEXT, up to WHAT; then its steps may go on, and the rest is
 * read. */
static char text[20000];

static void read_until(int fd, const char *what)
{
    size_t n = strlen(text);
    ssize_t more;

    while (!what || !strstr(text, what)) {
        more = read(fd, text + n, sizeof text - 1 - n);
        if (more <= 0)
            break;
        text[n += (size_t)more] = '\0';
    }
    if (what && !strstr(text, what))
        test_fail(__FILE__, __LINE__, "it never says \"%s\":\n%s", what, text);
}

static void run_child(void (*fn)(void), const char *what)
{
    int ends[2], status;
    pid_t pid;

    text[0] = '\0';
    CHECK_INT(pipe(ends), 0);
    CHECK_INT(pipe(go_pipe), 0);
    pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        CHECK_INT(dup2(ends[1], 2), 2);
        close(ends[0]);
        close(ends[1]);
        fn();
        exit(0);
    }
    close(ends[1]);
    if (what)
        read_until(ends[0], what);
    CHECK_INT(write(go_pipe[1], "xx", 2), 2); /* a byte for each step that waits */
    read_until(ends[0], NULL);
    CHECK(waitpid(pid, &status, 0) == pid);
    if (status != 0)
        test_fail(__FILE__, __LINE__, "it ended with %d:\n%s", status, text);
    close(ends[0]);
    close(go_pipe[0]);
    close(go_pipe[1]);
}

static void call_slowly(void)
{
    int y;

    CHECK_INT(setenv("SYN_SLOW_STEP_MS", "1", 1), 0);
    CHECK_INT(syn_environment_allow(), 0);
    CHECK_INT(holds_loop(&y), 0);
}

static void V4_the_environment_sets_the_limit_of_steps(void)
{
    begin_in_real_time();
    run_child(call_slowly, "a step of holds_loop holds 'demo' for ");
}

static void call_late(void)
{
    struct holds_loop_future f = holds_loop_future();
    int y;

    CHECK_INT(setenv("SYN_SLOW_STEP_MS", "1", 1), 0);
    CHECK_INT(syn_environment_allow(), 0);
    CHECK_INT(future_get(f, &y), 0);
}

static void V4_the_limit_holds_for_what_runs_already(void)
{
    begin_in_real_time();
    run_child(call_late, "a step of holds_loop holds 'demo' for ");
}

/* The other loop is reported; by then this one would have been, too, which is held for as long. */
static void call_both(void)
{
    struct may_hold_loop_future f = may_hold_loop_future();
    int y;

    call_slowly();
    CHECK_INT(future_get(f, &y), 0);
}

static void V4_who_says_never_is_not_reported(void)
{
    begin_in_real_time();
    run_child(call_both, "holds_loop holds 'demo' for ");
    CHECK(!strstr(text, "'never'"));
}

static void call_without_leave(void)
{
    int y;

    CHECK_INT(setenv("SYN_SLOW_STEP_MS", "1", 1), 0);
    CHECK_INT(setenv("SYN_DUMP_SIGNAL", "10", 1), 0);
    CHECK_INT(setenv("SYN_TRACE", "/nowhere/trace.json", 1), 0);
    CHECK_INT(holds_loop(&y), 0);
    CHECK(signal(SIGUSR1, SIG_DFL) == SIG_DFL);
}

static void V4_without_leave_no_variable_is_read(void)
{
    begin_in_real_time();
    run_child(call_without_leave, NULL);
    CHECK_STR(text, "");
}

static void dump_by_signal(void)
{
    char number[16];

    snprintf(number, sizeof number, "%d", SIGUSR1);
    CHECK_INT(setenv("SYN_DUMP_SIGNAL", number, 1), 0);
    CHECK_INT(syn_environment_allow(), 0);
    CHECK_INT(synchronizer_start(&demo), 0);
    CHECK_INT(raise(SIGUSR1), 0);
}

static void V1_the_environment_sets_the_signal_of_dumps(void)
{
    begin_in_real_time();
    run_child(dump_by_signal, "synchronizer demo, driver ");
}

static char trace_path[] = "/tmp/environment_test.XXXXXX";

static void trace_by_environment(void)
{
    int y;

    CHECK_INT(setenv("SYN_TRACE", trace_path, 1), 0);
    CHECK_INT(syn_environment_allow(), 0);
    CHECK_INT(holds_loop(&y), 0);
}

static void V3_the_environment_names_the_file_of_a_trace(void)
{
    static char json[100000];
    int fd = mkstemp(trace_path);
    ssize_t n;

    CHECK(fd >= 0);
    begin_in_real_time();
    run_child(trace_by_environment, NULL);
    n = read(fd, json, sizeof json - 1);
    unlink(trace_path);
    close(fd);
    CHECK(n > 0);
    json[n] = '\0';
    CHECK(strstr(json, "holds_loop"));
    CHECK(strcmp(json + n - 2, "]\n") == 0);
}

static void V4_values_that_make_no_sense_are_refused_by_name(void)
{
    static const char *const odd[] = {"0", "-1", "1.5", "fifty", "99999999999999"};

    begin_in_real_time();
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        CHECK_INT(setenv("SYN_SLOW_STEP_MS", odd[i], 1), 0);
        CHECK_INT(syn_environment_allow(), SYN_EINVAL);
        CHECK(strstr(syn_last_report()->message, "SYN_SLOW_STEP_MS"));
        CHECK(strstr(syn_last_report()->message, odd[i]));
    }
    CHECK_INT(setenv("SYN_SLOW_STEP_MS", "", 1), 0);
    CHECK_INT(syn_environment_allow(), 0);
    CHECK_INT(setenv("SYN_DUMP_SIGNAL", "999", 1), 0);
    CHECK_INT(syn_environment_allow(), SYN_EINVAL);
    CHECK_INT(setenv("SYN_TRACE", "/nowhere/at/all", 1), 0);
    CHECK_INT(syn_environment_allow(), SYN_EINVAL); /* the first */
    CHECK(strstr(syn_last_report()->message, "999"));
    CHECK_INT(unsetenv("SYN_DUMP_SIGNAL"), 0);
    CHECK_INT(syn_environment_allow(), (syn_err)ENOENT);
}

static const struct test_case cases[] = {
    TEST_MODES(V4_the_environment_sets_the_limit_of_steps),
    TEST(V4_the_limit_holds_for_what_runs_already),
    TEST(V4_who_says_never_is_not_reported),
    TEST(V4_without_leave_no_variable_is_read),
    TEST(V1_the_environment_sets_the_signal_of_dumps),
    TEST(V3_the_environment_names_the_file_of_a_trace),
    TEST(V4_values_that_make_no_sense_are_refused_by_name),
};
TEST_MAIN("environment", cases);

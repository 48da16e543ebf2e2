/* SPDX-License-Identifier: Apache-2.0
 *
 * Child processes: ended by force, waited for by others too, by the thousand, and when something is
 * short.
 */
#define _DEFAULT_SOURCE
#include "base/process_watch.h"
#include "support/child_rig.h"

SYNCHRONIZER(other);

static void X3_a_run_that_is_cancelled_ends_its_child(void)
{
    struct syn_child_options polite = {.arguments = (const char *const[]){"sleep", "1000", NULL}};
    struct syn_child_options deaf = *SHELL("trap '' TERM; echo ready; exec sleep 1000");
    struct syn_child *child;
    struct syn_exit exit;
    char text[10];
    size_t n;

    begin_here();
    CHECK_INT(call_by(syn_after(0.05), syn_child_run(&polite, &exit)), SYN_ETIMEDOUT);
    deaf.grace = 0.05;
    deaf.out = SYN_CHILD_PIPE;
    CHECK_INT(syn_child_start(&deaf, &child), SYN_OK);
    CHECK_INT(syn_stream_read(syn_child_stream(child, 1), text, sizeof text, &n), SYN_OK);
    CHECK_INT(syn_child_close(child, &exit), SYN_OK);
    CHECK_INT(exit.signal, SIGKILL);
    end_here();
}

/* Asked first: what it does then is its own. */
static void X3_a_child_has_its_grace(void)
{
    struct syn_child_options options =
        *SHELL("trap 'exit 3' TERM; echo ready; while :; do sleep 0.01; done");
    struct syn_child *child;
    struct syn_exit exit;
    char text[10];
    size_t n;

    begin_here();
    options.out = SYN_CHILD_PIPE;
    options.grace = 1000;
    CHECK_INT(syn_child_start(&options, &child), SYN_OK);
    CHECK_INT(syn_stream_read(syn_child_stream(child, 1), text, sizeof text, &n), SYN_OK);
    CHECK_INT(syn_child_close(child, &exit), SYN_OK);
    CHECK_INT(exit.code, 3);
    end_here();
}

static void C11_a_child_that_nobody_fetches_is_killed(void)
{
    struct syn_child_options options = {.arguments = (const char *const[]){"sleep", "1000", NULL},
                                        .out = SYN_CHILD_PIPE};
    struct syn_child_start_future f;
    int status;

    begin_here();
    f = syn_child_start_future(&options);
    CHECK_INT(future_wait(f), SYN_OK);
    CHECK_INT(future_detach(f), SYN_OK);
    while (waitpid(-1, &status, WNOHANG) != -1) /* until it was reaped */
        usleep(1000);
    end_here();
}

static void X2_a_stream_in_use_or_a_wait_refuses_the_close(void)
{
    struct syn_child_options options = *SHELL("exec sleep 1000");
    struct syn_child *child;
    struct syn_child_wait_future waits;
    struct syn_stream_bytes_future reads;
    char text[10];

    begin_here();
    options.out = SYN_CHILD_PIPE;
    CHECK_INT(syn_child_start(&options, &child), SYN_OK);
    waits = syn_child_wait_future(child);
    CHECK_INT(future_wait_by(waits, syn_after(0.02)), SYN_ETIMEDOUT);
    CHECK_INT(syn_child_wait(child, NULL), SYN_EBUSY);
    CHECK_INT(syn_child_close(child, NULL), SYN_EBUSY);
    CHECK_INT(future_cancel(waits), SYN_ECANCELED);
    reads = syn_stream_read_future(syn_child_stream(child, 1), text, sizeof text);
    CHECK_INT(future_wait_by(reads, syn_after(0.02)), SYN_ETIMEDOUT);
    CHECK_INT(syn_child_close(child, NULL), SYN_EBUSY);
    CHECK_INT(future_cancel(reads), SYN_ECANCELED);
    CHECK_INT(syn_child_close(child, NULL), SYN_OK);
    end_here();
}

/* --- a program that waits for its children itself --- */

static volatile sig_atomic_t handled;

static void count_signal(int signal)
{
    (void)signal;
    handled = handled + 1;
}

static void H1_the_programs_handler_of_SIGCHLD_is_left_alone(void)
{
    struct sigaction mine = {.sa_handler = count_signal}, now;
    struct syn_exit exit;

    begin_here();
    CHECK_INT(sigaction(SIGCHLD, &mine, NULL), 0);
    CHECK_INT(syn_child_run(SHELL("exit 3"), &exit), SYN_OK);
    CHECK_INT(exit.code, 3);
    CHECK_INT(sigaction(SIGCHLD, NULL, &now), 0);
    CHECK(now.sa_handler == count_signal);
    while (!handled)
        usleep(1000);
    end_here();
}

static void I6_a_status_that_the_program_took_is_an_error(void)
{
    struct syn_child *child;
    struct syn_child_wait_future waits;
    struct syn_exit exit;
    int status;

    begin_here();
    CHECK_INT(syn_child_start(SHELL("exec sleep 1000"), &child), SYN_OK);
    CHECK_INT(kill(syn_child_id(child), SIGKILL), 0);
    CHECK_INT(waitpid(-1, &status, 0), syn_child_id(child));
    waits = syn_child_wait_future(child);
    CHECK_INT(future_get(waits, &exit), SYN_ECHILD);
    CHECK_INT(syn_child_close(child, NULL), SYN_OK);
    end_here();
}

static atomic_bool waits_for_any;
static atomic_int taken;

static void *wait_for_any(void *unused)
{
    int status;

    while (waits_for_any) {
        if (waitpid(-1, &status, 0) > 0)
            taken++;
        else
            usleep(100); /* there is none */
    }
    return unused;
}

/* Sometimes it is first, and sometimes we are; then each call ends with what is left to be known. */
static void I6_beside_a_thread_that_waits_for_any_child_no_call_hangs(void)
{
    pthread_t thread;
    int lost = 0;

    begin_here();
    waits_for_any = true;
    CHECK_INT(pthread_create(&thread, NULL, wait_for_any, NULL), 0);
    for (int i = 0; i < 100 / TEST_SLOWNESS; i++) {
        struct syn_exit exit;
        syn_err err = syn_child_run(SHELL("exit 3"), &exit);

        CHECK(err == SYN_ECHILD || (!err && exit.code == 3));
        lost += err == SYN_ECHILD;
    }
    waits_for_any = false;
    pthread_join(thread, NULL);
    CHECK_INT(taken, lost);
    end_here();
}

/* Then the system keeps no status. */
static void I6_where_the_program_ignores_SIGCHLD_the_status_is_an_error(void)
{
    struct syn_exit exit;

    begin_here();
    signal(SIGCHLD, SIG_IGN);
    CHECK_INT(syn_child_run(SHELL("exit 3"), &exit), SYN_ECHILD);
    CHECK(strstr(syn_last_report()->message, "itself"));
    end_here();
}

static bool has_process_descriptors(void)
{
    struct syni_process_watch watch;
    syn_err err = syni_process_watch_open(&watch, getpid());

    syni_process_watch_close(&watch);
    return !err;
}

/* What was called before has taken its first steps: a watch is open before its process is killed. */
static void await_first_steps(void)
{
    for (int i = 0; i < 2; i++)
        CHECK_INT(syn_process_ended(-1), SYN_EINVAL);
}

/* Its parent is not us. */
static void I6_a_process_that_somebody_else_started_can_be_watched(void)
{
    struct syn_child_options options = *SHELL("sleep 1000 >/dev/null & echo $!");
    struct syn_process_ended_future ends;
    struct syn_child *child;
    char text[20] = "";
    pid_t id;
    size_t n;

    begin_here();
    if (!has_process_descriptors())
        TEST_SKIP("here a process that its parent has not waited for looks alive");
    options.out = SYN_CHILD_PIPE;
    CHECK_INT(syn_child_start(&options, &child), SYN_OK);
    CHECK_INT(syn_stream_read(syn_child_stream(child, 1), text, sizeof text - 1, &n), SYN_OK);
    CHECK_INT(syn_child_close(child, NULL), SYN_OK);
    id = atoi(text);
    CHECK(id > 0);
    ends = syn_process_ended_future(id);
    await_first_steps();
    CHECK_INT(future_wait_by(ends, syn_after(0.02)), SYN_ETIMEDOUT);
    CHECK_INT(kill(id, SIGKILL), 0);
    CHECK_INT(future_get(ends), SYN_OK);
    end_here();
}

static void I6_any_process_can_be_watched(void)
{
    struct syn_process_ended_future ends;
    pid_t id;
    int status;

    begin_here();
    id = fork();
    if (id == 0) {
        pause();
        _exit(0);
    }
    ends = syn_process_ended_future(id);
    await_first_steps();
    CHECK_INT(future_wait_by(ends, syn_after(0.02)), SYN_ETIMEDOUT);
    CHECK_INT(kill(id, SIGKILL), 0);
    CHECK_INT(waitpid(id, &status, 0), id);
    CHECK_INT(future_get(ends), SYN_OK);
    end_here();
}

/* --- many --- */

ASYNC(SYN_FREE, void, runs_many, (int, n), SYN_LOCAL(struct syn_child_options, options),
      SYN_LOCAL(const char *, words[2]), SYN_LOCAL(int, i), SYN_LOCAL(struct syn_exit, exit),
      SYN_LOCAL(struct syn_child_run_future, runs[100]))
{
    co_begin;
    self->words[0] = "true";
    self->options.arguments = self->words;
    for (self->i = 0; self->i < self->n; self->i++)
        self->runs[self->i] = syn_child_run_future(&self->options);
    for (self->i = 0; self->i < self->n; self->i++) {
        co_try(self->runs[self->i], &self->exit);
        CHECK_INT(self->exit.code, 0);
    }
    co_end;
}

ASYNC(other, void, runs_there, (int, rounds), SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < self->rounds; self->i++)
        co_try(runs_many_future(100 / TEST_SLOWNESS));
    co_end;
}

static void I6_a_thousand_children_on_two_synchronizers(void)
{
    struct runs_there_future there;

    begin_here();
    there = runs_there_future(5);
    for (int i = 0; i < 5; i++)
        CHECK_INT(runs_many(100 / TEST_SLOWNESS), SYN_OK);
    CHECK_INT(future_get(there), SYN_OK);
    finish(&other);
    end_here();
}

static void I6_much_output_waits_for_a_slow_reader(void)
{
    enum { SIZE = 50000000 / TEST_SLOWNESS };
    static char buffer[100000];
    char command[60];
    struct syn_child_options options = *SHELL(command);
    struct syn_child *child;
    size_t n = 1, size = 0;

    begin_here();
    snprintf(command, sizeof command, "head -c %d /dev/zero", (int)SIZE);
    options.out = SYN_CHILD_PIPE;
    CHECK_INT(syn_child_start(&options, &child), SYN_OK);
    usleep(20000); /* it fills the pipe */
    while (n > 0) {
        CHECK_INT(syn_stream_read(syn_child_stream(child, 1), buffer, sizeof buffer, &n), SYN_OK);
        size += n;
    }
    CHECK_INT(size, SIZE);
    CHECK_INT(syn_child_close(child, NULL), SYN_OK);
    end_here();
}

/* --- what is short --- */

static syn_err one_round(void)
{
    struct syn_child_options options = *SHELL("echo x");
    struct syn_child *child = NULL;
    syn_err err, closed;
    char text[10];
    size_t n;

    options.out = SYN_CHILD_PIPE;
    options.in = SYN_CHILD_NULL;
    err = syn_child_start(&options, &child);
    if (err)
        return err;
    err = syn_stream_read(syn_child_stream(child, 1), text, sizeof text, &n);
    if (!err)
        err = syn_child_wait(child, NULL);
    do
        closed = syn_child_close(child, NULL);
    while (closed);
    return err;
}

static void fail_each(const char *what, int error)
{
    int before = count_open();
    bool all_well = false;

    for (unsigned long n = 1; !all_well; n++) {
        syn_err err;

        CHECK(n < 400);
        syn_fault_set(what, n, 1, error);
        err = one_round();
        all_well = syn_fault_hits() < n;
        syn_fault_clear();
        CHECK(all_well ? !err : !err || err == error || err == SYN_ENOMEM);
        CHECK_INT(count_open(), before);
    }
}

static void H8_each_failure_is_an_error_and_leaves_nothing(void)
{
    static const char *const calls[] = {"posix_spawn", "pidfd_open", "process_watch",
                                        "pipe2",       "open",       NULL};

    begin_here();
    CHECK_INT(one_round(), SYN_OK);
    fail_each("alloc", ENOMEM);
    for (int i = 0; calls[i]; i++)
        fail_each(calls[i], EMFILE);
    end_here();
}

static const struct test_case cases[] = {
    TEST(X3_a_run_that_is_cancelled_ends_its_child),
    TEST(X3_a_child_has_its_grace),
    TEST(C11_a_child_that_nobody_fetches_is_killed),
    TEST(X2_a_stream_in_use_or_a_wait_refuses_the_close),
    TEST(H1_the_programs_handler_of_SIGCHLD_is_left_alone),
    TEST(I6_a_status_that_the_program_took_is_an_error),
    TEST(I6_beside_a_thread_that_waits_for_any_child_no_call_hangs),
    TEST(I6_where_the_program_ignores_SIGCHLD_the_status_is_an_error),
    TEST(I6_a_process_that_somebody_else_started_can_be_watched),
    TEST(I6_any_process_can_be_watched),
    TEST(I6_a_thousand_children_on_two_synchronizers),
    TEST(I6_much_output_waits_for_a_slow_reader),
    TEST(H8_each_failure_is_an_error_and_leaves_nothing),
};

TEST_MAIN_BOTH_MODES("child_end", cases);

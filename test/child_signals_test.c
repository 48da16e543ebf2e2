/* SPDX-License-Identifier: Apache-2.0
 *
 * Children that a step or a job starts have the signals of the program, and no handler of the
 * program runs on a thread of the library (H1).
 *
 * A child sends itself a signal: it dies by it, or, if it inherited a mask that blocks it, says so by
 * its exit status.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include "base/signals.h"
#include "base/time.h"
#include "support/call_rig.h"

extern char **environ;

SYNCHRONIZER(demo);
SYNCHRONIZER(driven, .caller_may_drive = 1);
POOL(pool, .max_threads = 1); /* so that what one job sees holds for the next */

enum how { SPAWN, POPEN, SYSTEM, FORK_EXEC, WAYS };
enum { IGNORED = 7 };

static pid_t start(enum how how, char *command)
{
    char *arguments[] = {"sh", "-c", command, NULL};
    pid_t pid = -1;

    if (how == SPAWN) {
        CHECK_INT(posix_spawn(&pid, "/bin/sh", NULL, NULL, arguments, environ), 0);
        return pid;
    }
    pid = fork();
    if (pid == 0) {
        execv("/bin/sh", arguments);
        _exit(99);
    }
    return pid;
}

/* What a child that sends itself SIGNAL comes to: minus the signal, or its exit status. */
static int ends_by(enum how how, int signal)
{
    char command[100];
    int status = -1;

    snprintf(command, sizeof command, "kill -%d $$; exit %d", signal, IGNORED);
    if (how == POPEN) {
        FILE *stream = popen(command, "r");

        CHECK(stream != NULL);
        status = pclose(stream);
    } else if (how == SYSTEM) {
        status = system(command);
    } else {
        pid_t pid = start(how, command);

        CHECK(pid > 0);
        while (waitpid(pid, &status, 0) < 0)
            CHECK_INT(errno, EINTR);
    }
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

ASYNC(demo, int, step_spawns, (enum how, how), (int, signal))
{
    co_begin;
    co_return(ends_by(self->how, self->signal));
    co_end;
}

ASYNC(driven, int, driven_step_spawns, (enum how, how), (int, signal))
{
    co_begin;
    co_return(ends_by(self->how, self->signal));
    co_end;
}

BLOCKING(pool, int, job_spawns, (enum how, how), (int, signal))
{
    return ends_by(how, signal);
}

/* After it waited, in the library, as a job and as a task. */
BLOCKING(pool, int, job_waits_and_spawns, (enum how, how), (int, signal))
{
    int y = 0;

    if (step_spawns(how, signal, &y) != SYN_OK)
        return 0;
    return y == -signal ? ends_by(how, signal) : 0;
}

ASYNC(demo, int, step_sleeps_and_spawns, (enum how, how), (int, signal))
{
    co_begin;
    co_sleep(0.001);
    co_return(ends_by(self->how, self->signal));
    co_end;
}

ASYNC(demo, int, step_says_so_and_spawns, (enum how, how), (int, signal))
{
    int by;

    co_begin;
    syn_spawn_begin();
    syn_spawn_begin();
    syn_spawn_end();
    by = ends_by(self->how, self->signal);
    syn_spawn_end();
    co_return(by);
    co_end;
}

static void end_all(void)
{
    CHECK_INT(pool_stop(&pool, syn_never()), 0);
    CHECK_INT(syn_pool_free(&pool), 0);
    finish(&demo);
    finish(&driven);
}

static void H1_children_of_steps_and_jobs_die_by_what_is_sent_to_them(void)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGALRM, SIGUSR1};

    begin_in_real_time();
    alarm(0); /* which the harness handles */
    signal(SIGALRM, SIG_DFL);
    for (enum how how = 0; how < WAYS; how++)
        for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
            int s = signals[i], y = 0;

            CHECK_INT(step_spawns(how, s, &y), 0);
            CHECK_INT(y, -s);
            CHECK_INT(job_spawns(how, s, &y), 0);
            CHECK_INT(y, -s);
            CHECK_INT(driven_step_spawns(how, s, &y), 0);
            CHECK_INT(y, -s);
        }
    end_all();
}

static void H1_they_do_after_their_thread_has_slept(void)
{
    begin_in_real_time();
    for (enum how how = 0; how < WAYS; how++) {
        int y = 0;

        CHECK_INT(job_waits_and_spawns(how, SIGTERM, &y), 0);
        CHECK_INT(y, -SIGTERM);
        CHECK_INT(step_sleeps_and_spawns(how, SIGTERM, &y), 0);
        CHECK_INT(y, -SIGTERM);
    }
    end_all();
}

/* --- a program that handles signals --- */

static pthread_t handled_by;
static volatile sig_atomic_t n_handled;

static void handle(int signal)
{
    (void)signal;
    handled_by = pthread_self();
    n_handled++;
}

static void handle_signal(int signal)
{
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};

    CHECK_INT(sigaction(signal, &action, NULL), 0);
}

static void H1_where_the_program_handles_a_signal_spawning_says_so(void)
{
    begin_in_real_time();
    handle_signal(SIGTERM);
    for (enum how how = 0; how < WAYS; how++) {
        int y = 0;

        CHECK_INT(step_says_so_and_spawns(how, SIGTERM, &y), 0);
        CHECK_INT(y, -SIGTERM);
        CHECK_INT(step_says_so_and_spawns(how, SIGPIPE, &y), 0);
        CHECK_INT(y, -SIGPIPE);
        /* and is shut again afterwards, but for what fork() sees to */
        CHECK_INT(step_spawns(how, SIGTERM, &y), 0);
        CHECK_INT(y, how == FORK_EXEC ? -SIGTERM : IGNORED);
    }
    CHECK_INT(n_handled, 0);
    end_all();
}

static void signal_myself(int signal)
{
    sigset_t pending;

    CHECK_INT(kill(getpid(), signal), 0);
    sigpending(&pending);
    CHECK(sigismember(&pending, signal) == 1);
}

ASYNC(demo, void, step_signals, (int, signal))
{
    co_begin;
    signal_myself(self->signal);
    co_end;
}

BLOCKING(pool, void, job_signals, (int, signal))
{
    signal_myself(signal);
}

static bool is_blocked(int signal)
{
    sigset_t mask;

    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    return sigismember(&mask, signal) == 1;
}

ASYNC(demo, bool, step_blocks, (int, signal))
{
    co_begin;
    co_return(is_blocked(self->signal));
    co_end;
}

BLOCKING(pool, bool, job_blocks, (int, signal))
{
    return is_blocked(signal);
}

static void only_main_handles(int signal)
{
    sigset_t one;
    int before = n_handled;

    sigemptyset(&one);
    sigaddset(&one, signal);
    pthread_sigmask(SIG_BLOCK, &one, NULL);
    CHECK_INT(step_signals(signal), 0);
    CHECK_INT(job_signals(signal), 0);
    CHECK_INT(n_handled, before);
    pthread_sigmask(SIG_UNBLOCK, &one, NULL);
    CHECK_INT(n_handled, before + 1);
    CHECK(pthread_equal(handled_by, pthread_self()));
}

static void H1_no_handler_runs_on_a_thread_of_ours(void)
{
    begin_in_real_time();
    handle_signal(SIGUSR1);
    only_main_handles(SIGUSR1);
    end_all();
}

/* Installed while they sleep: they see it when they wake, and a sleeper takes nothing. */
static void H1_nor_one_that_was_installed_later(void)
{
    sigset_t one;
    bool step = false, job = false;
    int y = 0;

    begin_in_real_time();
    CHECK_INT(step_spawns(SYSTEM, SIGUSR2, &y), 0);
    CHECK_INT(job_spawns(SYSTEM, SIGUSR2, &y), 0);
    CHECK_INT(y, -SIGUSR2);
    handle_signal(SIGUSR2);
    sigemptyset(&one);
    sigaddset(&one, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &one, NULL);
    while (!step || !job) { /* until they look again */
        CHECK_INT(step_blocks(SIGUSR2, &step), 0);
        CHECK_INT(job_blocks(SIGUSR2, &job), 0);
    }
    CHECK_INT(kill(getpid(), SIGUSR2), 0);
    CHECK_INT(n_handled, 0);
    pthread_sigmask(SIG_UNBLOCK, &one, NULL);
    CHECK_INT(n_handled, 1);
    only_main_handles(SIGUSR2);
    end_all();
}

/* The threads of both sleep, and have blocked all. */
static void await_shut(void)
{
    CHECK_INT(step_blocks(SIGUSR2, NULL), 0);
    CHECK_INT(job_blocks(SIGUSR2, NULL), 0);
    while (syni_signals_count().shut < 2)
        usleep(1000);
}

static void H1_one_that_slept_sees_at_once_what_was_installed_meanwhile(void)
{
    bool blocks = false;
    sigset_t one;

    begin_in_real_time();
    await_shut();
    handle_signal(SIGUSR2);
    sigemptyset(&one);
    sigaddset(&one, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &one, NULL);
    CHECK_INT(kill(getpid(), SIGUSR2), 0); /* it stays pending: threads that sleep take nothing */
    CHECK_INT(n_handled, 0);
    CHECK_INT(step_blocks(SIGUSR2, &blocks), 0);
    CHECK(blocks);
    CHECK_INT(job_blocks(SIGUSR2, &blocks), 0);
    CHECK(blocks);
    CHECK_INT(n_handled, 0);
    pthread_sigmask(SIG_UNBLOCK, &one, NULL);
    CHECK_INT(n_handled, 1);
    end_all();
}

/* Each round both threads sleep, and are woken. Looks are one a second at last, a thread. */
static void H1_threads_that_sleep_shortly_make_no_call_for_their_signals(void)
{
    enum { ROUNDS = 300, FIRST_LOOKS = 16 };
    static const int64_t long_ns = INT64_C(3600000000000), second_ns = 1000000000;
    struct syni_signals_counts before, after;
    int64_t start;

    begin_in_real_time();
    syni_signals_set_doze(long_ns); /* all sleeps are short */
    CHECK_INT(step_blocks(SIGUSR2, NULL), 0);
    CHECK_INT(job_blocks(SIGUSR2, NULL), 0);
    before = syni_signals_count();
    start = syni_now();
    for (int i = 0; i < ROUNDS; i++) {
        CHECK_INT(step_blocks(SIGUSR2, NULL), 0);
        CHECK_INT(job_blocks(SIGUSR2, NULL), 0);
    }
    after = syni_signals_count();
    CHECK_INT(after.changes, before.changes);
    CHECK(after.looks - before.looks <=
          FIRST_LOOKS + 2 * (unsigned long)((syni_now() - start) / second_ns));
    end_all();
}

/* What the program waits for with sigwait() is not taken by a thread of ours, where the default action
 * would end the process. */
static void H1_what_was_blocked_before_the_first_call_stays_blocked(void)
{
    sigset_t term;
    int got = 0;

    begin_in_real_time();
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &term, NULL);
    CHECK_INT(step_signals(SIGTERM), 0);
    CHECK_INT(job_signals(SIGTERM), 0);
    CHECK_INT(sigwait(&term, &got), 0);
    CHECK_INT(got, SIGTERM);
    end_all();
}

ASYNC(demo, int, step_writes_to_nobody)
{
    int ends[2];
    ssize_t n;

    co_begin;
    CHECK_INT(pipe(ends), 0);
    close(ends[0]);
    n = write(ends[1], "x", 1);
    CHECK_INT(n, -1);
    n = errno;
    close(ends[1]);
    co_return((int)n);
    co_end;
}

static void H2_a_step_that_writes_to_nobody_gets_EPIPE(void)
{
    int y = 0;

    begin_in_real_time();
    CHECK_INT(step_writes_to_nobody(&y), 0);
    CHECK_INT(y, EPIPE);
    finish(&demo);
}

static const struct test_case cases[] = {
    TEST(H1_children_of_steps_and_jobs_die_by_what_is_sent_to_them),
    TEST(H1_they_do_after_their_thread_has_slept),
    TEST(H1_where_the_program_handles_a_signal_spawning_says_so),
    TEST(H1_no_handler_runs_on_a_thread_of_ours),
    TEST(H1_nor_one_that_was_installed_later),
    TEST(H1_one_that_slept_sees_at_once_what_was_installed_meanwhile),
    TEST(H1_threads_that_sleep_shortly_make_no_call_for_their_signals),
    TEST(H1_what_was_blocked_before_the_first_call_stays_blocked),
    TEST(H2_a_step_that_writes_to_nobody_gets_EPIPE),
};
TEST_MAIN("child_signals", cases);

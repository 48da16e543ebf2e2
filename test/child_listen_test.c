/* SPDX-License-Identifier: Apache-2.0
 *
 * Children without a descriptor that says their end: SIGCHLD does, and the program's handler for it runs as ever.
 * A look without a signal comes after an hour here, so that a case which needs one never ends.
 */
#define _DEFAULT_SOURCE
#include "io/child.h"
#include "support/child_rig.h"

#include <synchronicity/signal.h>

static volatile sig_atomic_t handled, last_id;

static void begin_without_descriptors(void)
{
    begin_here();
    syni_child_set_look(3600);
    syn_fault_set("process_watch", 1, 1000000, ENOSYS);
}

static void end_all(void)
{
    CHECK(syn_fault_hits() > 0);
    syn_fault_clear();
    end_here();
}

static void count_signal(int signal)
{
    (void)signal;
    handled = handled + 1;
}

static void note_signal(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)context;
    last_id = info->si_pid;
    handled = handled + 1;
}

static bool is_handled_by(void (*handler)(int))
{
    struct sigaction now;

    CHECK_INT(sigaction(SIGCHLD, NULL, &now), 0);
    return now.sa_handler == handler;
}

static struct syn_child *start_sleeper(void)
{
    struct syn_child *child = NULL;

    CHECK_INT(syn_child_start(SHELL("exec sleep 1000"), &child), SYN_OK);
    return child;
}

/* FUTURE's wait listens: the handler is not the program's any more. */
static void await_listening(void (*handler)(int))
{
    while (is_handled_by(handler))
        usleep(100);
}

static void I6_without_a_descriptor_SIGCHLD_says_the_end(void)
{
    struct syn_child *child;
    struct syn_child_wait_future waits;
    struct syn_exit exit;

    begin_without_descriptors();
    child = start_sleeper();
    waits = syn_child_wait_future(child);
    await_listening(SIG_DFL);
    CHECK_INT(syn_child_kill(child, SIGKILL), SYN_OK);
    CHECK_INT(future_get(waits, &exit), SYN_OK);
    CHECK_INT(exit.signal, SIGKILL);
    CHECK(is_handled_by(SIG_DFL));
    CHECK_INT(syn_child_close(child, NULL), SYN_OK);
    CHECK_INT(syn_child_run(SHELL("exit 3"), &exit), SYN_OK);
    CHECK_INT(exit.code, 3);
    end_all();
}

/* All end at once, so the kernel says it less often than there are. */
static void I6_a_signal_that_stands_for_several_ends_all_waits(void)
{
    enum { N = 20 };
    struct syn_child *child[N];
    struct syn_child_wait_future waits[N];
    struct syn_exit exit;

    begin_without_descriptors();
    for (int i = 0; i < N; i++) {
        child[i] = start_sleeper();
        waits[i] = syn_child_wait_future(child[i]);
    }
    await_listening(SIG_DFL);
    for (int i = 0; i < N; i++)
        CHECK_INT(syn_child_kill(child[i], SIGKILL), SYN_OK);
    for (int i = 0; i < N; i++) {
        CHECK_INT(future_get(waits[i], &exit), SYN_OK);
        CHECK_INT(exit.signal, SIGKILL);
        CHECK_INT(syn_child_close(child[i], NULL), SYN_OK);
    }
    CHECK(is_handled_by(SIG_DFL));
    end_all();
}

static void run_with(struct sigaction action)
{
    struct syn_exit exit;
    struct syn_child *child;
    struct syn_child_wait_future waits;
    struct sigaction now;

    handled = 0;
    CHECK_INT(sigaction(SIGCHLD, &action, NULL), 0);
    CHECK_INT(sigaction(SIGCHLD, NULL, &action), 0); /* with what the system adds */
    child = start_sleeper();
    waits = syn_child_wait_future(child);
    await_listening(action.sa_handler);
    last_id = syn_child_id(child);
    CHECK_INT(syn_child_kill(child, SIGKILL), SYN_OK);
    CHECK_INT(future_get(waits, &exit), SYN_OK);
    CHECK_INT(exit.signal, SIGKILL);
    while (!handled) /* on whichever thread */
        usleep(100);
    CHECK_INT(last_id, syn_child_id(child));
    CHECK_INT(sigaction(SIGCHLD, NULL, &now), 0);
    if (action.sa_flags & SA_RESETHAND)
        CHECK(now.sa_handler == SIG_DFL);
    else
        CHECK(now.sa_handler == action.sa_handler && now.sa_flags == action.sa_flags);
    CHECK_INT(syn_child_close(child, NULL), SYN_OK);
}

static void H1_the_programs_handler_runs_meanwhile_and_is_restored(void)
{
    begin_without_descriptors();
    run_with((struct sigaction){.sa_handler = count_signal, .sa_flags = SA_RESTART});
    run_with((struct sigaction){.sa_sigaction = note_signal, .sa_flags = SA_SIGINFO | SA_RESTART});
    run_with((struct sigaction){.sa_handler = count_signal, .sa_flags = SA_RESETHAND | SA_RESTART});
    CHECK_INT(handled, 1); /* it is for one signal */
    end_all();
}

/* Then the system keeps no status; a handler of ours would change that for all children. */
static void I6_ignored_SIGCHLD_stays_ignored(void)
{
    struct syn_child *child;
    struct syn_child_wait_future waits;

    begin_without_descriptors();
    signal(SIGCHLD, SIG_IGN);
    child = start_sleeper();
    waits = syn_child_wait_future(child);
    CHECK_INT(future_wait_by(waits, syn_after(0.02)), SYN_ETIMEDOUT);
    CHECK(is_handled_by(SIG_IGN));
    CHECK_INT(syn_child_kill(child, SIGKILL), SYN_OK);
    CHECK_INT(future_get(waits, NULL), SYN_ECHILD);
    CHECK_INT(syn_child_close(child, NULL), SYN_OK);
    end_all();
}

/* From there on nothing says it, and it is looked for. */
static void I6_a_program_that_sets_its_own_handler_meanwhile_is_looked_for(void)
{
    struct sigaction mine = {.sa_handler = count_signal, .sa_flags = SA_RESTART};
    struct syn_child *child;
    struct syn_child_wait_future waits;
    struct syn_exit exit;

    begin_without_descriptors();
    syni_child_set_look(0.01);
    child = start_sleeper();
    waits = syn_child_wait_future(child);
    await_listening(SIG_DFL);
    CHECK_INT(sigaction(SIGCHLD, &mine, NULL), 0);
    CHECK_INT(syn_child_kill(child, SIGKILL), SYN_OK);
    CHECK_INT(future_get(waits, &exit), SYN_OK);
    CHECK(is_handled_by(count_signal));
    CHECK_INT(syn_child_close(child, NULL), SYN_OK);
    end_all();
}

static atomic_bool waits_for_any;

static void *wait_for_any(void *unused)
{
    int status;

    while (waits_for_any)
        if (waitpid(-1, &status, 0) <= 0)
            usleep(100); /* there is none */
    return unused;
}

static void I6_beside_a_thread_that_waits_for_any_child_SIGCHLD_ends_the_wait(void)
{
    pthread_t thread;
    struct syn_exit exit;

    begin_without_descriptors();
    waits_for_any = true;
    CHECK_INT(pthread_create(&thread, NULL, wait_for_any, NULL), 0);
    for (int i = 0; i < 100 / TEST_SLOWNESS; i++) {
        syn_err err = syn_child_run(SHELL("exit 3"), &exit);

        CHECK(err == SYN_ECHILD || (!err && exit.code == 3));
    }
    waits_for_any = false;
    pthread_join(thread, NULL);
    end_all();
}

/* A program that takes SIGCHLD as a channel has it alone, and the wait ends. */
static void I6_a_channel_of_SIGCHLD_gets_it_too(void)
{
    static const int numbers[] = {SIGCHLD, 0};
    struct sigaction mine = {.sa_handler = count_signal, .sa_flags = SA_RESTART};
    struct syn_signals *signals;
    struct syn_signal signal;

    begin_without_descriptors();
    CHECK_INT(sigaction(SIGCHLD, &mine, NULL), 0);
    CHECK_INT(syn_signals_open(numbers, &signals), SYN_OK);
    CHECK_INT(syn_child_run(SHELL("exit 3"), NULL), SYN_OK);
    CHECK_INT(syn_signals_next(signals, &signal), SYN_OK);
    CHECK_INT(signal.number, SIGCHLD);
    CHECK_INT(handled, 0);
    CHECK_INT(syn_signals_close(signals), SYN_OK);
    CHECK(is_handled_by(count_signal));
    end_all();
}

static void L5_in_a_forked_child_the_programs_handler_is_back(void)
{
    struct sigaction mine = {.sa_handler = count_signal, .sa_flags = SA_RESTART};
    struct syn_child *child;
    struct syn_child_wait_future waits;
    pid_t forked;
    int status = 0;

    begin_without_descriptors();
    CHECK_INT(sigaction(SIGCHLD, &mine, NULL), 0);
    child = start_sleeper();
    waits = syn_child_wait_future(child);
    await_listening(count_signal);
    forked = fork();
    if (forked == 0)
        _exit(is_handled_by(count_signal) ? 0 : 1);
    CHECK_INT(waitpid(forked, &status, 0), forked);
    CHECK_INT(status, 0);
    CHECK_INT(syn_child_kill(child, SIGKILL), SYN_OK);
    CHECK_INT(future_get(waits, NULL), SYN_OK);
    CHECK_INT(syn_child_close(child, NULL), SYN_OK);
    end_all();
}

static const struct test_case cases[] = {
    TEST(I6_without_a_descriptor_SIGCHLD_says_the_end),
    TEST(I6_a_signal_that_stands_for_several_ends_all_waits),
    TEST(H1_the_programs_handler_runs_meanwhile_and_is_restored),
    TEST(I6_ignored_SIGCHLD_stays_ignored),
    TEST(I6_a_program_that_sets_its_own_handler_meanwhile_is_looked_for),
    TEST(I6_beside_a_thread_that_waits_for_any_child_SIGCHLD_ends_the_wait),
    TEST(I6_a_channel_of_SIGCHLD_gets_it_too),
    TEST(L5_in_a_forked_child_the_programs_handler_is_back),
};

TEST_MAIN_BOTH_MODES("child_listen", cases);

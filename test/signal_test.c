/* SPDX-License-Identifier: Apache-2.0
 *
 * What a signal handler may call, and signals one after the other (synchronicity/signal.h).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>

#include <synchronicity/signal.h>

#include "support/call_rig.h"
#include "support/points.h"

SYNCHRONIZER(demo);
SYNCHRONIZER(other);
CHANNEL(int, ints);

static struct syn_notice notice;
static struct ints_channel channel;
static volatile sig_atomic_t errno_was_kept = 1, handled, sent;

static void on_signal(int number)
{
    int saved = errno;

    (void)number;
    errno = EDOM;
    syn_notice_send(&notice);
    if (errno != EDOM)
        errno_was_kept = 0;
    errno = saved;
    handled++;
}

static void on_signal_send(int number)
{
    int saved = errno;

    handled++;
    if (channel_try_send(channel, &number) == SYN_OK)
        sent++;
    errno = saved;
}

static void handle(int number, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};

    CHECK_INT(sigaction(number, &action, NULL), 0);
}

static bool is_handled_by(int number, void (*handler)(int))
{
    struct sigaction action;

    CHECK_INT(sigaction(number, NULL, &action), 0);
    return action.sa_handler == handler;
}

ASYNC(demo, int, waits_for, (struct syn_notice *, notice), (int, times))
{
    co_begin;
    for (; self->result < self->times; self->result++)
        co_try(syn_notice_wait_future(self->notice));
    co_return_result;
    co_end;
}

ASYNC(demo, bool, gives_up, (struct syn_notice *, notice))
{
    co_begin;
    co_await_by(syn_notice_wait_future(self->notice), syn_after(0));
    co_return(co_status == SYN_ETIMEDOUT);
    co_end;
}

/* The wait is on when the signal comes, or not yet: both end it. */
static void I6_a_handler_ends_a_wait(void)
{
    struct waits_for_future f;
    int n = 0;

    begin_in_real_time();
    CHECK_INT(syn_notice_open(&notice), 0);
    handle(SIGUSR1, on_signal);
    for (int i = 0; i < 50; i++) {
        f = waits_for_future(&notice, 1);
        raise(SIGUSR1);
        CHECK_INT(future_get(f, &n), 0);
    }
    CHECK_INT(handled, 50);
    CHECK(errno_was_kept);
    CHECK_INT(syn_notice_close(&notice), 0);
    raise(SIGUSR1);
    finish(&demo);
}

static void I6_a_thread_is_told_in_the_blocking_face(void)
{
    begin_in_real_time();
    CHECK_INT(syn_notice_open(&notice), 0);
    handle(SIGUSR1, on_signal);
    raise(SIGUSR1);
    CHECK_INT(syn_notice_wait(&notice), 0);
    CHECK_INT(syn_call_by(syn_after(0.001), syn_notice_wait(&notice)), SYN_ETIMEDOUT);
    CHECK_INT(syn_notice_close(&notice), 0);
    finish(syn_default_synchronizer());
}

static void I6_notices_coalesce_and_none_is_lost(void)
{
    bool gave_up = false;
    int n = 0;

    begin_in_real_time();
    CHECK_INT(syn_notice_open(&notice), 0);
    handle(SIGUSR1, on_signal);
    for (int i = 0; i < 1000; i++)
        raise(SIGUSR1);
    CHECK_INT(waits_for(&notice, 1, &n), 0);
    CHECK_INT(gives_up(&notice, &gave_up), 0);
    CHECK(gave_up);
    raise(SIGUSR1);
    CHECK_INT(waits_for(&notice, 1, &n), 0);
    CHECK_INT(syn_notice_close(&notice), 0);
    finish(&demo);
}

/* By a timer of the process: at any instruction of the loop, of the caller, of the wait. */
static void I6_it_may_interrupt_anything(void)
{
    struct itimerval every = {{0, 100}, {0, 100}}, never = {{0, 0}, {0, 0}};
    int n = 0;

    begin_in_real_time();
    CHECK_INT(syn_notice_open(&notice), 0);
    handle(SIGPROF, on_signal);
    setitimer(ITIMER_PROF, &every, NULL);
    while (handled < 50) {
        syn_notice_send(&notice);
        CHECK_INT(waits_for(&notice, 1, &n), 0);
    }
    setitimer(ITIMER_PROF, &never, NULL);
    CHECK_INT(syn_notice_close(&notice), 0);
    finish(&demo);
}

static void I6_what_cannot_be_waited_for_says_why(void)
{
    struct waits_for_future f;
    int n = 0;

    begin_in_real_time();
    CHECK_INT(waits_for(&notice, 1, &n), SYN_EINVAL);
    CHECK(strstr(syn_last_report()->message, "syn_notice_open") != NULL);
    CHECK_INT(syn_notice_open(&notice), 0);
    CHECK_INT(syn_notice_open(&notice), SYN_EALREADY);
    f = waits_for_future(&notice, 1);
    CHECK_INT(waits_for(&notice, 1, &n), SYN_EBUSY);
    CHECK_INT(syn_notice_close(&notice), SYN_EBUSY);
    syn_notice_send(&notice);
    CHECK_INT(future_get(f, &n), 0);
    CHECK_INT(syn_notice_close(&notice), 0);
    CHECK_INT(syn_notice_close(&notice), 0);
    finish(&demo);
}

/* A misuse: it is refused where it would wait for its own thread for ever. */
static void I6_a_channel_in_a_handler_does_not_hang(void)
{
    struct itimerval every = {{0, 50}, {0, 50}}, never = {{0, 0}, {0, 0}};
    int item = 0;

    begin_in_real_time();
    CHECK_INT(channel_new(ints, 4, &channel), 0);
    handle(SIGVTALRM, on_signal_send);
    setitimer(ITIMER_VIRTUAL, &every, NULL);
    while (handled < 100)
        channel_try_next(channel, &item);
    setitimer(ITIMER_VIRTUAL, &never, NULL);
    while (channel_try_next(channel, &item) == 0)
        ;
    sent = 0;
    raise(SIGVTALRM); /* its thread is in no channel */
    CHECK_INT(sent, 1);
    CHECK_INT(channel_try_next(channel, &item), 0);
    channel_drop(channel);
}

/* --- signals --- */

ASYNC(other, struct syn_signal, fetches, (struct syn_signals *, signals))
{
    co_begin;
    co_try(syn_signals_next_future(self->signals), &self->result);
    co_return_result;
    co_end;
}

ASYNC(demo, bool, finds_none, (struct syn_signals *, signals),
      SYN_LOCAL(struct syn_signal, signal))
{
    co_begin;
    co_await_by(syn_signals_next_future(self->signals), &self->signal, syn_after(0));
    co_return(co_status == SYN_ETIMEDOUT);
    co_end;
}

static void check_next(struct syn_signals *signals, int number, unsigned count)
{
    struct syn_signal s = {0, 0};

    CHECK_INT(fetches(signals, &s), 0);
    CHECK_INT(s.number, number);
    CHECK_INT(s.count, count);
}

static const int two[] = {SIGUSR1, SIGUSR2, 0}, one[] = {SIGUSR2, 0};

static void I6_signals_come_one_after_the_other_with_their_count(void)
{
    struct syn_signals *signals;
    bool none = false;

    begin_in_real_time();
    CHECK_INT(syn_signals_open(two, &signals), 0);
    raise(SIGUSR2);
    raise(SIGUSR1);
    raise(SIGUSR1);
    check_next(signals, SIGUSR1, 2);
    check_next(signals, SIGUSR2, 1);
    CHECK_INT(finds_none(signals, &none), 0);
    CHECK(none);
    CHECK_INT(syn_signals_close(signals), 0);
    CHECK(is_handled_by(SIGUSR1, SIG_DFL));
    finish(&demo);
    finish(&other);
}

static void I6_each_of_several_listeners_gets_it(void)
{
    struct syn_signals *a, *b;

    begin_in_real_time();
    handle(SIGUSR2, on_signal);
    CHECK_INT(syn_signals_open(two, &a), 0);
    CHECK_INT(syn_signals_open(one, &b), 0);
    raise(SIGUSR2);
    check_next(a, SIGUSR2, 1);
    check_next(b, SIGUSR2, 1);
    CHECK_INT(syn_signals_close(a), 0);
    raise(SIGUSR2);
    check_next(b, SIGUSR2, 1);
    CHECK_INT(handled, 0);
    CHECK_INT(syn_signals_close(b), 0);
    CHECK(is_handled_by(SIGUSR2, on_signal));
    raise(SIGUSR2);
    CHECK_INT(handled, 1);
    finish(&other);
}

static void I6_an_action_that_the_program_sets_meanwhile_stays(void)
{
    struct syn_signals *signals;

    begin_in_real_time();
    CHECK_INT(syn_signals_open(one, &signals), 0);
    handle(SIGUSR2, on_signal);
    CHECK_INT(syn_signals_close(signals), 0);
    CHECK(is_handled_by(SIGUSR2, on_signal));
}

static void I6_signals_are_a_channel(void)
{
    struct syn_signals *signals;
    syn_err err = 0;
    int n = 0;

    begin_in_real_time();
    CHECK_INT(syn_signals_open(two, &signals), 0);
    raise(SIGUSR1);
    channel_each (struct syn_signal, s, syn_signals_each(signals), &err) {
        CHECK_INT(s.number, n % 2 ? SIGUSR2 : SIGUSR1);
        if (++n == 10)
            break;
        raise(n % 2 ? SIGUSR2 : SIGUSR1);
    }
    CHECK_INT(err, 0);
    CHECK_INT(n, 10);
    CHECK_INT(syn_signals_close(signals), 0);
    finish(syn_default_synchronizer());
}

static void I6_what_cannot_be_listened_to_is_refused(void)
{
    static const int none[] = {0}, fault[] = {SIGUSR1, SIGSEGV, 0}, kill[] = {SIGUSR1, SIGKILL, 0};
    struct syn_signals *signals = NULL;

    begin_in_real_time();
    CHECK_INT(syn_signals_open(none, &signals), SYN_EINVAL);
    CHECK_INT(syn_signals_open(fault, &signals), SYN_EINVAL);
    CHECK_INT(syn_signals_open(kill, &signals), SYN_EINVAL);
    CHECK(signals == NULL);
    CHECK(is_handled_by(SIGUSR1, SIG_DFL));
    CHECK_INT(syn_signals_close(NULL), 0);
}

/* The child dies by the signal, since nobody listens there; the parent hears nothing of it. */
static void I6_in_a_forked_child_nobody_listens(void)
{
    struct syn_signals *signals;
    bool none = false;
    int status = 0;
    pid_t pid;

    begin_in_real_time();
    CHECK_INT(syn_signals_open(one, &signals), 0);
    CHECK_INT(syn_notice_open(&notice), 0);
    pid = fork();
    if (pid == 0) {
        syn_notice_send(&notice);
        if (syn_signals_close(signals) || syn_notice_close(&notice))
            _exit(1);
        raise(SIGUSR2);
        _exit(2);
    }
    CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR2);
    CHECK_INT(finds_none(signals, &none), 0);
    CHECK(none);
    CHECK_INT(gives_up(&notice, &none), 0);
    CHECK(none);
    CHECK_INT(syn_notice_close(&notice), 0);
    CHECK_INT(syn_signals_close(signals), 0);
    finish(&demo);
}

static void *raises_between(void *unused)
{
    AWAIT_HELD("signals_looked");
    raise(SIGUSR2);
    syn_test_release("signals_looked");
    return unused;
}

static void I6_a_signal_that_comes_between_the_look_and_the_wait_is_not_slept_over(void)
{
    struct syn_signals *signals;
    pthread_t thread;

    points_needed();
    begin_in_real_time();
    CHECK_INT(syn_signals_open(one, &signals), 0);
    CHECK_INT(syn_test_hold("signals_looked", 1), 0);
    CHECK_INT(pthread_create(&thread, NULL, raises_between, NULL), 0);
    check_next(signals, SIGUSR2, 1);
    CHECK_INT(pthread_join(thread, NULL), 0);
    CHECK_INT(syn_signals_close(signals), 0);
    finish(&other);
}

/* Handlers run on another thread while listeners come and go: nothing is touched after its end. */
static atomic_bool over;

static void *signals_itself(void *argument)
{
    (void)argument;
    while (!over)
        raise(SIGUSR2);
    return NULL;
}

static void I6_listeners_come_and_go_under_signals(void)
{
    struct syn_signals *stays, *comes;
    pthread_t thread;

    begin_in_real_time();
    CHECK_INT(syn_signals_open(one, &stays), 0);
    CHECK_INT(pthread_create(&thread, NULL, signals_itself, NULL), 0);
    for (int i = 0; i < 300; i++) {
        CHECK_INT(syn_signals_open(one, &comes), 0);
        CHECK_INT(syn_signals_close(comes), 0);
    }
    over = true;
    pthread_join(thread, NULL);
    CHECK_INT(syn_signals_close(stays), 0);
    CHECK_INT(syn_memory_use().outstanding, 0);
}

static void *sends_cancelled(void *unused)
{
    pthread_cancel(pthread_self());
    syn_notice_send(&notice);
    sent = 1;
    pthread_testcancel();
    return unused;
}

static void C19_a_thread_that_is_cancelled_as_it_sends_a_notice_sends_it(void)
{
    pthread_t thread;
    void *result;

    CHECK_INT(syn_notice_open(&notice), 0);
    CHECK_INT(pthread_create(&thread, NULL, sends_cancelled, NULL), 0);
    pthread_join(thread, &result);
    CHECK(result == PTHREAD_CANCELED);
    CHECK_INT(sent, 1);
    CHECK_INT(syn_notice_wait(&notice), 0);
    CHECK_INT(syn_notice_close(&notice), 0);
    CHECK_INT(synchronizer_free(NULL), 0);
}

/* The first that the process does with the library. */
static void I6_a_child_does_not_wait_at_its_parents_notice(void)
{
    int status;
    pid_t pid;

    CHECK_INT(syn_notice_open(&notice), 0);
    pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        alarm(100);
        _exit(syn_notice_wait(&notice) == SYN_EFORKED ? 7 : 1);
    }
    CHECK_INT(waitpid(pid, &status, 0), pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    CHECK_INT(syn_notice_close(&notice), 0);
}

static const struct test_case cases[] = {
    TEST_MODES(I6_a_handler_ends_a_wait),
    TEST_MODES(I6_a_thread_is_told_in_the_blocking_face),
    TEST_MODES(I6_notices_coalesce_and_none_is_lost),
    TEST_MODES(I6_it_may_interrupt_anything),
    TEST_MODES(I6_what_cannot_be_waited_for_says_why),
    TEST(I6_a_channel_in_a_handler_does_not_hang),
    TEST_MODES(I6_signals_come_one_after_the_other_with_their_count),
    TEST_MODES(I6_each_of_several_listeners_gets_it),
    TEST(I6_an_action_that_the_program_sets_meanwhile_stays),
    TEST_MODES(I6_signals_are_a_channel),
    TEST(I6_what_cannot_be_listened_to_is_refused),
    TEST_MODES(I6_in_a_forked_child_nobody_listens),
    TEST(I6_a_signal_that_comes_between_the_look_and_the_wait_is_not_slept_over),
    TEST(I6_listeners_come_and_go_under_signals),
    TEST(C19_a_thread_that_is_cancelled_as_it_sends_a_notice_sends_it),
    TEST(I6_a_child_does_not_wait_at_its_parents_notice),
};
TEST_MAIN("signal", cases);

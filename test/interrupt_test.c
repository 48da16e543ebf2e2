/* SPDX-License-Identifier: Apache-2.0
 *
 * A signal that ends the blocking calls of the process (X6). A task that sends it does so when its
 * caller is in its wait; a signal that is raised before a call meets it, or is kept for it.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

#include <synchronicity/tcp.h>

#include "base/self.h"
#include "support/fake_net.h"
#include "support/interrupt_rig.h"
#include "task/state.h"

CHANNEL(int, ints);
PROMISE(int, number);

enum { THREADS = 4 };

ASYNC(demo, int, awaits)
{
    co_begin;
    co_try(sleeps_future(1), &self->result);
    co_return_result;
    co_end;
}

static void X6_a_signal_ends_a_call_which_cleans_up(void)
{
    int y = 0;

    start_case();
    for (int i = 1; i <= 20; i++) {
        begun = 0;
        CHECK_INT(awaits(&y), SYN_EINTR);
        CHECK_INT(syn_last_report()->origin, SYN_BY_INTERRUPT);
        CHECK(syn_last_report()->n_sites >= 2);
        CHECK_INT(cleaned_up, i);
    }
    end_case();
}

static void *calls(void *unused)
{
    int y = 0;

    (void)unused;
    CHECK_INT(sleeps(THREADS, &y), SYN_EINTR);
    return NULL;
}

static void X6_it_ends_those_of_every_thread(void)
{
    pthread_t threads[THREADS];

    start_case();
    for (int i = 1; i < THREADS; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, calls, NULL), 0);
    calls(NULL);
    for (int i = 1; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    CHECK_INT(cleaned_up, THREADS);
    end_case();
}

BLOCKING(pool, int, job_waits)
{
    while (!pool_job_cancelled())
        sched_yield();
    return job_fail(job, SYN_ECANCELED);
}

static void X6_every_kind_of_wait_is_ended(void)
{
    struct ints_channel channel, full;
    struct number_promise promise;
    struct number_future future;
    struct sleeps_future child;
    int y = 0;

    start_case();
    CHECK_INT(channel_new(ints, 1, &channel), 0);
    CHECK_INT(channel_new(ints, 1, &full), 0);
    CHECK_INT(channel_send(full, &y), 0);
    raise(SIGINT);
    CHECK_INT(channel_next(channel, &y), SYN_EINTR);
    raise(SIGINT);
    CHECK_INT(channel_send(full, &y), SYN_EINTR);
    CHECK_INT(promise_new(number, &promise, &future), 0);
    raise(SIGINT);
    CHECK_INT(future_wait(future), SYN_EINTR);
    raise(SIGINT);
    CHECK_INT(future_get(future, &y), SYN_EINTR);
    promise_drop(promise);
    child = sleeps_future(100);
    raise(SIGINT);
    CHECK_INT(future_get(child, &y), SYN_EINTR);
    raise(SIGINT);
    CHECK_INT(job_waits(&y), SYN_EINTR);
    channel_drop(channel);
    channel_drop(full);
    CHECK_INT(pool_stop(&pool, syn_never()), 0);
    CHECK_INT(syn_pool_free(&pool), 0);
    end_case();
}

/* A handle of a promise that nobody completes. */
static struct number_future never(struct number_promise *out_promise)
{
    struct number_future future;

    CHECK_INT(promise_new(number, out_promise, &future), 0);
    return future;
}

static void X6_so_are_a_select_a_shared_future_and_a_join(void)
{
    struct number_promise promise;
    struct number_future future;
    struct number_shared shared;
    struct ints_channel channel;
    struct syn_scope scope = SYN_SCOPE;
    syn_err err = SYN_OK;
    int y = 0;

    start_case();
    CHECK_INT(channel_new(ints, 1, &channel), 0);
    future = never(&promise);
    raise(SIGINT);
    CHECK_INT(channel_select(&err, ON_NEXT(channel, &y), ON_FUTURE(future, &y)), -1);
    CHECK_INT(err, SYN_EINTR);
    CHECK_INT(future_share(future, &shared), 0);
    raise(SIGINT);
    CHECK_INT(shared_get(shared, &y), SYN_EINTR);
    shared_release(shared);
    promise_drop(promise);
    begun = 0;
    CHECK_INT(scope_spawn(&scope, sleeps_future(2), &y), 0);
    CHECK_INT(scope_spawn(&scope, sleeps_future(2), &y), 0); /* sends it */
    CHECK_INT(scope_join(&scope), SYN_EINTR);
    CHECK_INT(cleaned_up, 2);
    scope_limit(&scope, 1);
    begun = 0;
    CHECK_INT(scope_spawn(&scope, sleeps_future(1), &y), 0);
    CHECK_INT(scope_spawn(&scope, sleeps_future(5), &y), SYN_EINTR); /* waits for room */
    CHECK_INT(scope_join(&scope), SYN_EINTR);
    channel_drop(channel);
    end_case();
}

static void X6_so_is_the_look_up_of_a_name(void)
{
    struct syn_stream *stream = NULL;

    start_case();
    fake_hold(NULL);
    raise(SIGINT);
    CHECK_INT(syn_tcp_connect("slow.example", 80, &stream), SYN_EINTR);
    CHECK(!stream);
    fake_release();
    CHECK_INT(synchronizer_stop(syn_default_synchronizer(), syn_after(10)), SYN_OK);
    CHECK_INT(pool_stop(syn_lookup_pool(), syn_after(20)), SYN_OK);
    end_case();
}

/* Its clean-up, after the first, sends the second and does not end. */
ASYNC(demo, int, swallows)
{
    co_begin;
    signal_process(SIGINT);
    co_sleep(1000);
    co_finally;
    signal_process(SIGINT);
    co_sleep(1000);
    co_end;
}

static void X6_the_second_abandons_what_did_not_heed_the_first(void)
{
    int y = 0;

    start_case();
    CHECK_INT(swallows(&y), SYN_EABANDONED);
    CHECK_INT(syn_last_report()->origin, SYN_BY_INTERRUPT);
    end_case();
}

static _Atomic(struct syni_self *) caller;

/* A signal was heard for CALLER's wait, which has not heeded it; and the loop that it drives is woken. */
static void await_interrupt(void)
{
    struct syni_home *home = demo.home;

    while (!atomic_load(&caller->clock.interrupt) || syni_stack_is_empty(&home->loop.inbox))
        sched_yield();
}

/* Its clean-up does not end; its driver is held as it falls asleep then. */
ASYNC(demo, int, is_held_in_clean_up)
{
    co_begin;
    signal_process(SIGINT);
    co_sleep(1000);
    co_finally;
    CHECK_INT(syn_test_hold("loop_asleep", 1), 0);
    co_sleep(1000);
    co_end;
}

static void *sends_the_second(void *unused)
{
    (void)unused;
    AWAIT_HELD("loop_asleep");
    signal_process(SIGINT);
    if (test_driving) /* else the caller heeds it at once */
        await_interrupt();
    syn_test_release("loop_asleep");
    return NULL;
}

/* A thread that drives heard the first by a wake of its loop, and needs another one for the second. */
static void X6_the_second_wakes_a_thread_that_fell_asleep_after_the_first(void)
{
    pthread_t thread;
    int y = 0;

    points_needed();
    start_case();
    caller = syni_self();
    CHECK_INT(pthread_create(&thread, NULL, sends_the_second, NULL), 0);
    CHECK_INT(is_held_in_clean_up(&y), SYN_EABANDONED);
    CHECK_INT(syn_last_report()->origin, SYN_BY_INTERRUPT);
    CHECK_INT(pthread_join(thread, NULL), 0);
    end_case();
}

/* Both signals are there before its caller, which drives, hears of one. */
ASYNC(demo, int, sends_both)
{
    co_begin;
    CHECK_INT(syn_test_hold("interrupt_pressed", 2), 0);
    signal_process(SIGINT);
    while (!syn_test_passes("interrupt_pressed"))
        sched_yield();
    signal_process(SIGINT);
    AWAIT_HELD("interrupt_pressed");
    syn_test_release("interrupt_pressed");
    co_sleep(1000);
    co_finally;
    co_sleep(1000);
    co_end;
}

static void X6_two_that_come_before_a_thread_hears_of_one_are_two(void)
{
    int y = 0;

    points_needed();
    start_case();
    CHECK_INT(sends_both(&y), SYN_EABANDONED);
    CHECK_INT(syn_last_report()->origin, SYN_BY_INTERRUPT);
    end_case();
}

/* Its task cleans up without the thread, until a stop gives it up. */
static void X6_a_future_whose_task_did_not_heed_the_first_is_left(void)
{
    int y = 0;

    start_case();
    CHECK_INT(future_get(swallows_future(), &y), SYN_EABANDONED);
    CHECK_INT(syn_last_report()->origin, SYN_BY_INTERRUPT);
    CHECK_INT(synchronizer_stop(&demo, syn_after(0)), SYN_ETIMEDOUT);
    end_case();
}

static void X6_so_is_the_join_of_what_did_not_heed_the_first(void)
{
    struct syn_scope scope = SYN_SCOPE;
    int y = 7;

    start_case();
    CHECK_INT(scope_spawn(&scope, swallows_future(), &y), 0);
    CHECK_INT(scope_join(&scope), SYN_EABANDONED);
    scope_close(&scope); /* nothing is left in it */
    CHECK_INT(synchronizer_stop(&demo, syn_after(0)), SYN_ETIMEDOUT);
    CHECK_INT(y, 7);
    end_case();
}

/* What begins afterwards is not touched: one signal ends each wait once. */
static void X6_what_begins_afterwards_runs(void)
{
    int y = 0;

    start_case();
    for (int i = 0; i < 50; i++) {
        begun = 0;
        CHECK_INT(sleeps(1, &y), SYN_EINTR);
        CHECK_INT(adds(i, &y), 0);
        CHECK_INT(y, i + 1);
    }
    end_case();
}

/* Nobody waits: the first is kept, the second goes to the program's own handler. */
static void X6_the_last_one_is_the_programs_own(void)
{
    struct sigaction own = {.sa_handler = on_interrupt}, now;

    begin_in_real_time();
    CHECK_INT(sigaction(SIGINT, &own, NULL), 0);
    CHECK_INT(syn_catch_interrupt(SIGINT), 0);
    raise(SIGINT);
    CHECK_INT(handled, 0);
    raise(SIGINT);
    while (!handled)
        poll(NULL, 0, 1); /* a call at which a sanitizer delivers signals */
    syn_release_interrupt();
    CHECK_INT(sigaction(SIGINT, NULL, &now), 0);
    CHECK(now.sa_handler == on_interrupt);
}

static void X6_without_a_handler_of_its_own_the_process_ends(void)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        if (syn_catch_interrupt(SIGINT))
            _exit(1);
        raise(SIGINT);
        raise(SIGINT);
        for (;;)
            sched_yield();
    }
    CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
}

static void X6_what_cannot_be_caught_is_refused(void)
{
    begin_in_real_time();
    CHECK_INT(syn_catch_interrupt(SIGKILL), SYN_EINVAL);
    CHECK_INT(syn_catch_interrupt(0), SYN_EINVAL);
    CHECK_INT(syn_catch_interrupt(SIGINT), 0);
    CHECK_INT(syn_catch_interrupt(SIGINT), SYN_EALREADY);
    CHECK_INT(syn_catch_interrupt(SIGKILL), SYN_EINVAL);
    syn_release_interrupt();
    CHECK_INT(syn_catch_interrupt(SIGTERM), 0);
    syn_release_interrupt();
}

/* Nobody waits: the first of either is kept, the second goes to its own action. */
static void X6_several_signals_count_together(void)
{
    struct sigaction own = {.sa_handler = on_interrupt}, now;
    int y = 0;

    begin_in_real_time();
    CHECK_INT(sigaction(SIGTERM, &own, NULL), 0);
    CHECK_INT(syn_catch_interrupt(SIGINT), 0);
    CHECK_INT(syn_catch_interrupt(SIGTERM), 0);
    raise(SIGTERM);
    CHECK_INT(sleeps(100, &y), SYN_EINTR);
    raise(SIGINT);
    CHECK_INT(sleeps(100, &y), SYN_EINTR);
    raise(SIGINT);
    CHECK_INT(handled, 0);
    raise(SIGTERM);
    while (!handled)
        poll(NULL, 0, 1);
    syn_release_interrupt();
    CHECK_INT(sigaction(SIGTERM, NULL, &now), 0);
    CHECK(now.sa_handler == on_interrupt);
    CHECK_INT(sigaction(SIGINT, NULL, &now), 0);
    CHECK(now.sa_handler == SIG_DFL);
    finish(&demo);
}

static double processor_time(void)
{
    struct timespec used;

    CHECK_INT(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used), 0);
    return (double)used.tv_sec + (double)used.tv_nsec * 1e-9;
}

/* Other code closes the two descriptors, and has files under their numbers. */
static void X6_descriptors_that_other_code_closes_are_replaced(void)
{
    bool open_before[64];
    char content;
    double before;
    int n = 0, files[64], zero, y = 0;

    begin_in_real_time();
    for (int fd = 0; fd < 64; fd++)
        open_before[fd] = fcntl(fd, F_GETFD) != -1;
    CHECK_INT(syn_catch_interrupt(SIGINT), 0);
    for (int fd = 0; fd < 64; fd++)
        if (!open_before[fd] && fcntl(fd, F_GETFD) != -1)
            files[n++] = fd;
    CHECK_INT(n, 2);
    zero = open("/dev/zero", O_RDWR | O_CLOEXEC);
    for (int i = 0; i < n; i++) /* the thread replaces them meanwhile */
        CHECK_INT(dup2(zero, files[i]), files[i]);
    close(zero);
    before = processor_time();
    poll(NULL, 0, 200);
    CHECK(processor_time() - before < 0.15); /* nobody spins */
    raise(SIGINT);
    CHECK_INT(sleeps(100, &y), SYN_EINTR);
    for (int i = 0; i < n; i++) {
        CHECK_INT(read(files[i], &content, 1), 1); /* still the file */
        close(files[i]);
    }
    syn_release_interrupt();
    finish(&demo);
}

static const struct test_case cases[] = {
    TEST_MODES(X6_a_signal_ends_a_call_which_cleans_up),
    TEST_MODES(X6_it_ends_those_of_every_thread),
    TEST_MODES(X6_every_kind_of_wait_is_ended),
    TEST_MODES(X6_so_are_a_select_a_shared_future_and_a_join),
    TEST_MODES(X6_so_is_the_look_up_of_a_name),
    TEST_MODES(X6_the_second_abandons_what_did_not_heed_the_first),
    TEST_MODES(X6_two_that_come_before_a_thread_hears_of_one_are_two),
    TEST_MODES(X6_the_second_wakes_a_thread_that_fell_asleep_after_the_first),
    TEST_MODES(X6_so_is_the_join_of_what_did_not_heed_the_first),
    TEST_MODES(X6_a_future_whose_task_did_not_heed_the_first_is_left),
    TEST_MODES(X6_what_begins_afterwards_runs),
    TEST(X6_the_last_one_is_the_programs_own),
    TEST(X6_without_a_handler_of_its_own_the_process_ends),
    TEST(X6_what_cannot_be_caught_is_refused),
    TEST_MODES(X6_several_signals_count_together),
    TEST_MODES(X6_descriptors_that_other_code_closes_are_replaced),
};
TEST_MAIN("interrupt", cases);

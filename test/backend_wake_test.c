/* SPDX-License-Identifier: Apache-2.0
 *
 * The contract of src/backend/poller.h, second part: wake-ups from threads and
 * signal handlers, signals, and time, over every backend that this build has.
 *
 * Real time, a few milliseconds of it: whether a kernel's wait is early cannot be
 * asked of a virtual clock. No case fails because the machine is slow.
 */
#define _GNU_SOURCE /* pipe2 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>

#include <synchronicity/testing.h>

#include "support/backend_rig.h"

/* Waking. */

static void wake_before_wait_is_not_lost(struct rig *rig)
{
    rig->backend->wake(rig->poller);
    look_for(rig, ROOM, -1);
    CHECK_INT(rig->count, 0);
}

static void many_wakes_make_one_return(struct rig *rig)
{
    errno = 77;
    for (int i = 0; i < 100000; i++) /* more than a pipe holds */
        rig->backend->wake(rig->poller);
    CHECK_INT(errno, 77);
    look_for(rig, ROOM, -1);
    CHECK_INT(rig->count, 0);
    int64_t start = now_ns();
    look_for(rig, ROOM, 20 * MS);
    CHECK(now_ns() - start >= 20 * MS);
}

static void *wake_later(void *arg)
{
    struct rig *rig = arg;
    poll(NULL, 0, 20);
    rig->backend->wake(rig->poller);
    return NULL;
}

static void expect_wake_from_thread(struct rig *rig, int64_t timeout_ns)
{
    pthread_t thread;
    int64_t start = now_ns();
    CHECK_INT(pthread_create(&thread, NULL, wake_later, rig), 0);
    look_for(rig, ROOM, timeout_ns);
    CHECK(now_ns() - start >= 20 * MS);
    CHECK_INT(rig->count, 0);
    pthread_join(thread, NULL);
}

static void wakes_from_another_thread(struct rig *rig)
{
    expect_wake_from_thread(rig, -1);
    expect_wake_from_thread(rig, INT64_C(60000) * MS);
}

static void wake_does_not_hide_events(struct rig *rig)
{
    int ends[2];
    make_pipe(ends);
    put(ends[1]);
    watch(rig, ends[0], 3, SYNI_READ | SYNI_ONCE);
    rig->backend->wake(rig->poller);
    unsigned seen = 0;
    for (int turn = 0; turn < 3; turn++) {
        look_for(rig, 1, 0);
        seen += rig->count;
    }
    CHECK_INT(seen, 1);
    close_both(ends);
}

static struct rig *_Atomic signalled;

static void wake_in_handler(int signal)
{
    (void)signal;
    struct rig *rig = signalled;
    rig->backend->wake(rig->poller);
}

static void catch_signal(int signal, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler}; /* no SA_RESTART */
    CHECK_INT(sigaction(signal, &action, NULL), 0);
}

static void *raise_later(void *unused)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    poll(NULL, 0, 20);
    raise(SIGUSR1);
    return unused;
}

/* Once in the thread that will wait, once in another, while this one is blind to
 * the signal and can only be woken by the wake. */
static void wakes_from_a_signal_handler(struct rig *rig)
{
    signalled = rig;
    catch_signal(SIGUSR1, wake_in_handler);
    raise(SIGUSR1);
    look_for(rig, ROOM, -1);
    CHECK_INT(rig->count, 0);

    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    pthread_t thread;
    CHECK_INT(pthread_create(&thread, NULL, raise_later, NULL), 0);
    look_for(rig, ROOM, -1);
    CHECK_INT(rig->count, 0);
    pthread_join(thread, NULL);
}

static void ignore_signal(int signal)
{
    (void)signal;
}

static void signals_never_reach_the_caller(struct rig *rig)
{
    int ends[2];
    make_sockets(ends);
    catch_signal(SIGALRM, ignore_signal);
    struct itimerval storm = {{0, 300}, {0, 300}}, calm = {{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &storm, NULL);
    for (uint32_t i = 0; i < 300; i++) {
        watch(rig, ends[0], i, i % 3 ? SYNI_READ : BOTH | SYNI_ONCE);
        watch(rig, ends[0], i, i % 2 ? SYNI_READ : 0);
        look_for(rig, ROOM, i % 4 ? 5 * MS : 0);
        CHECK_INT(rig->count, 0);
    }
    setitimer(ITIMER_REAL, &calm, NULL);
    close_both(ends);
}

/* Time. */

static void is_not_early(struct rig *rig)
{
    static const int64_t limits[] = {1, 999, 400000, MS, MS + 1, 1500000, 2999999, 20 * MS};
    for (unsigned i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        int64_t start = now_ns();
        look_for(rig, ROOM, limits[i]);
        CHECK(now_ns() - start >= limits[i]);
        CHECK_INT(rig->count, 0);
    }
}

static void takes_absurd_limits(struct rig *rig)
{
    static const int64_t limits[] = {INT64_MAX, INT64_MAX - 999, INT64_MAX / 1000000,
                                     (INT64_C(1) << 32) * MS, INT64_MIN};
    for (unsigned i = 0; i < sizeof limits / sizeof limits[0]; i++)
        expect_wake_from_thread(rig, limits[i]);
}

static void zero_looks_and_returns(struct rig *rig)
{
    int64_t start = now_ns();
    for (int i = 0; i < 100; i++)
        look(rig);
    CHECK(now_ns() - start < INT64_C(5000) * MS);
}

static void without_epoll_pwait2(struct rig *rig)
{
    static const int errors[] = {ENOSYS, EPERM}; /* the kernel's, and a sandbox's */
    for (int i = 0; i < 2; i++) {
        struct rig other = *rig;
        CHECK_INT(other.backend->open(&other.poller), SYN_OK);
        syn_fault_set("epoll_pwait2", 1, ULONG_MAX, errors[i]);
        is_not_early(&other);
        CHECK(syn_fault_hits() <= 1); /* remembered; 0: built without it */
        syn_fault_clear();
        other.backend->close(other.poller);
    }
}

#define CASES(X)                      \
    X(wake_before_wait_is_not_lost)   \
    X(many_wakes_make_one_return)     \
    X(wakes_from_another_thread)      \
    X(wake_does_not_hide_events)      \
    X(wakes_from_a_signal_handler)    \
    X(signals_never_reach_the_caller) \
    X(is_not_early)                   \
    X(takes_absurd_limits)            \
    X(zero_looks_and_returns)

CASES(CASE_FUNCTIONS)

static void I7_epoll_lives_without_epoll_pwait2(void)
{
    run("epoll", without_epoll_pwait2);
}

static const struct test_case cases[] = {
    CASES(CASE_ROWS)
    TEST(I7_epoll_lives_without_epoll_pwait2),
};
TEST_MAIN("backend_wake", cases);

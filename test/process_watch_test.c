/* SPDX-License-Identifier: Apache-2.0
 *
 * The end of a process as a descriptor, by each way that this build has: the best, and the one that is
 * taken where the system lacks that.
 */
#define _DEFAULT_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <synchronicity/testing.h>

#include "base/process_watch.h"
#include "support/child_rig.h"

SYNCHRONIZER(demo);

ASYNC(demo, int, nothing)
{
    co_begin;
    co_return(1);
    co_end;
}

/* After the first call the library knows of forks. */
static void begin_with(bool the_next_best)
{
    struct syni_process_watch watch;
    int y = 0;

    begin_in_real_time();
    CHECK_INT(nothing(&y), 0);
    if (the_next_best)
        syn_fault_set("pidfd_open", 1, 1000000, ENOSYS);
    if (syni_process_watch_open(&watch, getpid()) == ENOSYS)
        TEST_SKIP("this build has no other way to watch a process");
    syni_process_watch_close(&watch);
}

static void end_all(void)
{
    syn_fault_clear();
    finish(&demo);
    finish(syn_default_synchronizer());
}

static pid_t start_sleeper(void)
{
    pid_t id = fork();

    if (id == 0) {
        for (;;)
            pause();
    }
    CHECK(id > 0);
    return id;
}

static void reap(pid_t id)
{
    int status;

    CHECK_INT(waitpid(id, &status, 0), id);
}

static bool is_readable(const struct syni_process_watch *watch, int timeout_ms)
{
    struct pollfd waited = {.fd = watch->fd, .events = POLLIN};

    return poll(&waited, 1, timeout_ms) == 1 && waited.revents & POLLIN;
}

/* Also for a second one that watches it, and after it was waited for. */
static void says_the_end(void)
{
    pid_t id = start_sleeper();
    struct syni_process_watch a, b;

    CHECK_INT(syni_process_watch_open(&a, id), SYN_OK);
    CHECK_INT(syni_process_watch_open(&b, id), SYN_OK);
    CHECK(fcntl(a.fd, F_GETFD) & FD_CLOEXEC);
    CHECK(!is_readable(&a, 0));
    CHECK_INT(syni_process_watch_signal(&a, id, SIGKILL), SYN_OK);
    CHECK(is_readable(&a, -1));
    CHECK(is_readable(&a, 0)); /* it stays so */
    reap(id);
    CHECK(is_readable(&b, -1));
    syni_process_watch_close(&a);
    syni_process_watch_close(&b);
    syni_process_watch_close(&b);
}

/* Systems differ: it is readable at once, or there is no such process. */
static void knows_what_has_ended(void)
{
    struct syni_process_watch watch;
    pid_t id = start_sleeper();
    siginfo_t info;
    syn_err err;

    CHECK_INT(kill(id, SIGKILL), 0);
    CHECK_INT(waitid(P_PID, (id_t)id, &info, WEXITED | WNOWAIT), 0);
    err = syni_process_watch_open(&watch, id);
    CHECK(err ? err == ESRCH : is_readable(&watch, 0));
    syni_process_watch_close(&watch);
    reap(id);
    CHECK_INT(syni_process_watch_open(&watch, id), ESRCH);
    CHECK_INT(watch.fd, -1);
    syni_process_watch_close(&watch);
}

/* In the child its number may be another file's. */
static void is_nobodys_in_a_forked_child(void)
{
    struct syni_process_watch watch;
    pid_t id = start_sleeper(), forked;
    int status = 0;

    CHECK_INT(syni_process_watch_open(&watch, id), SYN_OK);
    forked = fork();
    if (forked == 0) {
        int fd = watch.fd;

        if (fcntl(fd, F_GETFD) >= 0)
            _exit(1);
        if (dup2(0, fd) != fd)
            _exit(2);
        syni_process_watch_close(&watch);
        _exit(fcntl(fd, F_GETFD) >= 0 ? 0 : 3);
    }
    CHECK_INT(waitpid(forked, &status, 0), forked);
    CHECK_INT(status, 0);
    CHECK(!is_readable(&watch, 0));
    CHECK_INT(kill(id, SIGKILL), 0);
    CHECK(is_readable(&watch, -1));
    syni_process_watch_close(&watch);
    reap(id);
}

static void I6_the_end_of_a_process_is_an_event(void)
{
    begin_with(false);
    says_the_end();
    end_all();
}

static void I6_and_by_the_next_best_way(void)
{
    begin_with(true);
    says_the_end();
    end_all();
}

static void I6_what_has_ended_is_known(void)
{
    begin_with(false);
    knows_what_has_ended();
    end_all();
}

static void I6_what_has_ended_is_known_by_the_next_best_way(void)
{
    begin_with(true);
    knows_what_has_ended();
    end_all();
}

static void L5_a_watch_is_not_used_in_a_forked_child(void)
{
    begin_with(false);
    is_nobodys_in_a_forked_child();
    end_all();
}

static void L5_nor_one_of_the_next_best_way(void)
{
    begin_with(true);
    is_nobodys_in_a_forked_child();
    end_all();
}

static void H8_a_watch_that_fails_leaves_nothing(void)
{
    static const char *const calls[] = {"pidfd_open", "kqueue", "kevent", "process_watch", NULL};
    struct syni_process_watch watch;
    int before;

    begin_with(false);
    before = count_open();
    for (int i = 0; calls[i]; i++) {
        syn_err err;

        syn_fault_set(calls[i], 1, 1, EMFILE);
        err = syni_process_watch_open(&watch, getpid());
        CHECK_INT(err, syn_fault_hits() ? EMFILE : SYN_OK);
        syn_fault_clear();
        syni_process_watch_close(&watch);
        CHECK_INT(count_open(), before);
    }
    end_all();
}

static const struct test_case cases[] = {
    TEST(I6_the_end_of_a_process_is_an_event),
    TEST(I6_and_by_the_next_best_way),
    TEST(I6_what_has_ended_is_known),
    TEST(I6_what_has_ended_is_known_by_the_next_best_way),
    TEST(L5_a_watch_is_not_used_in_a_forked_child),
    TEST(L5_nor_one_of_the_next_best_way),
    TEST(H8_a_watch_that_fails_leaves_nothing),
};
TEST_MAIN("process_watch", cases);

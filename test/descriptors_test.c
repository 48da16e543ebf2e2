/* SPDX-License-Identifier: Apache-2.0
 *
 * Which numbers the library's descriptors have, and what becomes of a program that is short
 * of them. Each case works in a child of its own: one has its standard streams closed, the
 * other a limit that grows from what it has.
 */
#define _DEFAULT_SOURCE
#include <sys/resource.h>
#if defined(__linux__)
#include <sys/syscall.h>
#endif
#include <sys/wait.h>

#include <synchronicity/file.h>

#include "support/io_rig.h"

SYNCHRONIZER(by_epoll, .backend = "epoll");
SYNCHRONIZER(by_kqueue, .backend = "kqueue");
SYNCHRONIZER(by_poll, .backend = "poll");

#define WAITS_ON(backend)                                                                          \
    ASYNC(by_##backend, int, waits_on_##backend, (int, fd))                                        \
    {                                                                                              \
        co_begin;                                                                                  \
        co_readable(self->fd);                                                                     \
        co_check;                                                                                  \
        co_return(self->fd);                                                                       \
        co_end;                                                                                    \
    }
WAITS_ON(epoll)
WAITS_ON(kqueue)
WAITS_ON(poll)

/* The first that is not as it should be ends the child, with its line: nobody hears it speak. */
#define MUST(holds) ((holds) ? (void)0 : _exit(__LINE__ % 200 + 1))

static void in_a_child(void (*fn)(void))
{
    pid_t child = fork();
    int status = 0;

    if (child == 0) {
        begin_in_real_time();
        fn();
        _exit(0);
    }
    CHECK_INT(waitpid(child, &status, 0), child);
    if (!WIFEXITED(status) || WEXITSTATUS(status))
        test_fail(__FILE__, __LINE__, "the child ended with status %x: line %d modulo 200", status,
                  WEXITSTATUS(status) - 1);
}

static void stop_all(void)
{
    MUST(synchronizer_stop(syn_default_synchronizer(), syn_never()) == SYN_OK);
    MUST(synchronizer_free(syn_default_synchronizer()) == SYN_OK);
    MUST(pool_stop(syn_default_pool(), syn_never()) == SYN_OK);
    MUST(pool_stop(syn_lookup_pool(), syn_never()) == SYN_OK);
}

/* --- H7 --- */

static bool the_standard_ones_are_free(void)
{
    return fcntl(0, F_GETFD) < 0 && fcntl(1, F_GETFD) < 0 && fcntl(2, F_GETFD) < 0;
}

/* A pipe of the case's own with a byte in it, above the standard numbers. */
static int readable_pipe(void)
{
    int low[2], fd;

    MUST(pipe(low) == 0);
    MUST(write(low[1], "x", 1) == 1);
    fd = fcntl(low[0], F_DUPFD, 3);
    close(low[0]);
    close(low[1]);
    return fd;
}

static void look_at_backends(void)
{
    int fd = readable_pipe(), got;
    syn_err err;

    MUST(waits_on_poll(fd, &got) == SYN_OK);
    MUST(the_standard_ones_are_free());
    err = waits_on_epoll(fd, &got);
    MUST(err == SYN_OK || err == SYN_EINVAL); /* not every build has it */
    MUST(the_standard_ones_are_free());
    err = waits_on_kqueue(fd, &got);
    MUST(err == SYN_OK || err == SYN_EINVAL);
    MUST(the_standard_ones_are_free());
    close(fd);
}

static void look_at_connections(void)
{
    struct syn_tcp_accept_future f;
    struct syn_listener *l;
    struct syn_stream *here, *there;

    MUST(syn_tcp_listen("127.0.0.1", 0, &l) == SYN_OK);
    MUST(the_standard_ones_are_free());
    f = syn_tcp_accept_future(l);
    MUST(syn_tcp_connect("localhost", syn_listener_port(l), &here) == SYN_OK);
    MUST(future_get(f, &there) == SYN_OK);
    MUST(the_standard_ones_are_free());
    MUST(syn_stream_close(here) == SYN_OK);
    MUST(syn_stream_close(there) == SYN_OK);
    MUST(syn_listener_close(l) == SYN_OK);
}

static void look_at_files(void)
{
    struct syn_directory_list_channel list = syn_directory_list("/");
    struct syn_directory_entry entry;
    int fd;

    MUST(syn_file_open("/", O_RDONLY, 0, &fd) == SYN_OK);
    MUST(channel_next(list, &entry) == SYN_OK);
    MUST(the_standard_ones_are_free());
    MUST(syn_file_close(fd) == SYN_OK);
    MUST(channel_close(list) == SYN_OK);
}

static void without_standard_streams(void)
{
    for (int fd = 0; fd < 3; fd++)
        close(fd);
    look_at_backends();
    look_at_connections();
    look_at_files();
    stop_all();
    MUST(the_standard_ones_are_free());
}

static void H7_no_descriptor_of_the_library_is_a_standard_one(void)
{
    in_a_child(without_standard_streams);
}

/* With a low number given out, and no higher one to be had. */
static void H7_a_descriptor_that_cannot_be_moved_is_EMFILE_and_closed(void)
{
    struct syn_listener *l = NULL;
    int open = count_open(), standard = dup(0);

    begin();
    close(0);
    syn_fault_set("dupfd", 1, 1, EINVAL);
    CHECK_INT(syn_tcp_listen("127.0.0.1", 0, &l), EMFILE);
    syn_fault_clear();
    CHECK_INT(fcntl(0, F_GETFD), -1);
    CHECK_INT(dup2(standard, 0), 0);
    close(standard);
    CHECK_INT(count_open(), open);
    finish_default();
}

/* --- H8 --- */

static void set_limit(rlim_t n)
{
    struct rlimit limit;

    MUST(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = n < limit.rlim_max ? n : limit.rlim_max;
    MUST(setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

static bool is_clear(syn_err err)
{
    return err == SYN_OK || err == EMFILE;
}

/* Made without a loop, and no descriptors for one that closes it: closed later. */
static struct syn_listener *unclosed;

static int listen_and_close(void)
{
    struct syn_listener *l;
    syn_err err = syn_tcp_listen(NULL, 0, &l);

    MUST(is_clear(err));
    if (err)
        return 0;
    err = syn_listener_close(l);
    MUST(is_clear(err));
    if (err)
        unclosed = l;
    return !err;
}

/* One of everything; each is right, or says what is short. Returns how many were right. */
static int one_of_each(int port)
{
    struct syn_directory_list_channel list = syn_directory_list("/");
    struct syn_directory_entry entry;
    struct syn_stream *s = NULL;
    int fd = -1, got, right = 0, pipes[2];
    syn_err err;

    MUST(is_clear(err = syn_tcp_connect("127.0.0.1", port, &s)));
    right += !err && !syn_stream_close(s);
    MUST(is_clear(err = syn_tcp_connect("localhost", port, &s)));
    right += !err && !syn_stream_close(s);
    right += listen_and_close();
    MUST(is_clear(err = syn_file_open("/", O_RDONLY, 0, &fd)));
    right += !err && !syn_file_close(fd);
    MUST(is_clear(err = channel_next(list, &entry)));
    right += !err;
    MUST(is_clear(err = channel_close(list)));
    if (pipe(pipes) == 0) {
        MUST(write(pipes[1], "x", 1) == 1);
        MUST(is_clear(err = waits_on_poll(pipes[0], &got)));
        right += !err;
        close(pipes[0]);
        close(pipes[1]);
        MUST(synchronizer_stop(&by_poll, syn_never()) == SYN_OK);
        MUST(synchronizer_free(&by_poll) == SYN_OK);
    }
    return right;
}

static void with_ever_more_descriptors(void)
{
    enum { ALL = 6 };
    struct syn_listener *l;
    struct rlimit before;
    int port, open, right = 0;

    MUST(syn_tcp_listen("127.0.0.1", 0, &l) == SYN_OK);
    port = syn_listener_port(l);
    open = count_open();
    MUST(getrlimit(RLIMIT_NOFILE, &before) == 0);
    for (rlim_t n = 3; n < (rlim_t)open + 20; n++) {
        set_limit(n);
        right = one_of_each(port);
        set_limit(before.rlim_cur);
        MUST(syn_listener_close(unclosed) == SYN_OK);
        unclosed = NULL;
        MUST(one_of_each(port) == ALL); /* what is back works again */
        stop_all();
        MUST(count_open() == open);
        syn_pool_start(syn_default_pool());
        syn_pool_start(syn_lookup_pool());
    }
    MUST(right == ALL);
}

static void H8_short_of_descriptors_each_call_says_so_and_all_works_again(void)
{
    in_a_child(with_ever_more_descriptors);
}

/* The system's resolver would call the host unknown. */
static void H8_a_name_that_descriptors_lack_for_is_EMFILE(void)
{
    static const int errors[] = {EMFILE, ENFILE};
    struct syn_stream *s;

    begin();
    for (int i = 0; i < 2; i++)
        for (unsigned long nth = 1; nth <= 2; nth++) {
            CHECK(syn_tcp_connect("127.0.0.1", 1, &s) != SYN_OK); /* its loop runs */
            syn_fault_set("pipe2", nth, 1, errors[i]);
            CHECK_INT(syn_tcp_connect("localhost", 1, &s), errors[i]);
            CHECK_SAYS("localhost");
            CHECK_SAYS(strerror(errors[i]));
            syn_fault_clear();
        }
    syn_fault_set("getaddrinfo", 1, 1, EIO);
    CHECK_INT(syn_tcp_connect("localhost", 1, &s), EIO);
    syn_fault_clear();
    CHECK_INT(pool_stop(syn_lookup_pool(), syn_never()), SYN_OK);
    finish_default();
}

/* --- closed by others --- */

/* As programs do that become daemons. Not by close(), which thread sanitizers take for a race with
 * the thread that uses FD: that is what it is. */
static void close_all_but_standard(void)
{
    for (int fd = 3; fd < 200; fd++)
#if defined(__linux__)
        syscall(SYS_close, fd);
#else
        close(fd);
#endif
}

static void check_cause(void)
{
    const struct syn_report *report = syn_last_report();

    MUST(report && strstr(report->message, "other code closed the loop's own descriptors"));
}

/* A loop with nothing to do sleeps, and no call can reach it. */
static void closed_while_it_sleeps(struct syn_synchronizer *synchronizer,
                                   syn_err (*call)(int, int *), syn_err (*sleeps)(double))
{
    int fd = readable_pipe(), got;
    syn_err err;

    MUST(call(fd, &got) == SYN_OK);
    close_all_but_standard();
    if (test_driving) {
        err = syn_call_by(syn_after(0.01), sleeps(3600)); /* it returns, a little late */
        MUST(err == SYN_ELOOPDEAD || err == SYN_ETIMEDOUT);
    } else {
        MUST(sleeps(3600) == SYN_ELOOPDEAD);
        check_cause();
    }
    MUST(sleeps(3600) == SYN_ELOOPDEAD);
    MUST(synchronizer_stop(synchronizer, syn_never()) == SYN_OK); /* its thread has ended */
}

ASYNC(by_epoll, void, sleeps_on_epoll, (double, seconds))
{
    co_begin;
    co_sleep(self->seconds);
    co_end;
}

ASYNC(by_poll, void, sleeps_on_poll, (double, seconds))
{
    co_begin;
    co_sleep(self->seconds);
    co_end;
}

static void closed_under_epoll(void)
{
    closed_while_it_sleeps(&by_epoll, waits_on_epoll, sleeps_on_epoll);
}

static void closed_under_poll(void)
{
    closed_while_it_sleeps(&by_poll, waits_on_poll, sleeps_on_poll);
}

static void E3_a_loop_whose_descriptors_others_closed_dies_and_says_so(void)
{
#if defined(__linux__)
    in_a_child(closed_under_epoll);
#endif
    in_a_child(closed_under_poll);
}

static const struct test_case cases[] = {
    TEST(H7_no_descriptor_of_the_library_is_a_standard_one),
    TEST(H7_a_descriptor_that_cannot_be_moved_is_EMFILE_and_closed),
    TEST(H8_short_of_descriptors_each_call_says_so_and_all_works_again),
    TEST(H8_a_name_that_descriptors_lack_for_is_EMFILE),
    TEST(E3_a_loop_whose_descriptors_others_closed_dies_and_says_so),
};
TEST_MAIN_BOTH_MODES("descriptors", cases);

/* SPDX-License-Identifier: Apache-2.0
 *
 * Streams and the system: calls and allocations that fail, signals. Both modes.
 */
#define _DEFAULT_SOURCE
#include <signal.h>

#include "support/io_rig.h"

static void H2_an_interrupted_call_is_made_again(void)
{
    struct link l;
    size_t n;
    char c;

    begin();
    l = local_link();
    put(l.peer, "a");
    syn_fault_set("read", 1, 3, EINTR);
    CHECK_INT(syn_stream_read(l.stream, &c, 1, &n), SYN_OK);
    CHECK(syn_fault_hits() > 3);
    syn_fault_set("send", 1, 3, EINTR);
    CHECK_INT(syn_stream_write(l.stream, "b", 1, &n), SYN_OK);
    CHECK_INT(syn_fault_hits(), 4);
    syn_fault_clear();
    unlink_link(&l);
    finish_default();
}

static void I3_a_failed_call_is_reported_and_the_next_one_works(void)
{
    struct link l;
    size_t n;
    char c;

    begin();
    l = local_link();
    put(l.peer, "a");
    CHECK_INT(syn_stream_write(l.stream, "b", 1, &n), SYN_OK);
    syn_fault_set("read", 1, 9, EIO);
    CHECK_INT(syn_stream_read(l.stream, &c, 1, &n), SYN_EIO);
    syn_fault_set("send", 1, 1, ENOBUFS);
    CHECK_INT(syn_stream_write(l.stream, "b", 1, &n), ENOBUFS);
    syn_fault_clear();
    CHECK_READS(l.stream, "a");
    unlink_link(&l);
    finish_default();
}

/* The frames that earlier calls left to be used again are not asked for again; so
 * each round begins with a synchronizer of its own. */
static void fail_each(const char *what, int error)
{
    int open = count_open();

    for (unsigned long n = 1;; n++) {
        struct syn_stream *s = NULL;
        int fds[2];

        CHECK(n < 200);
        CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
        syn_fault_set(what, n, 1, error);
        if (syn_stream_from_descriptor(fds[0], &s) == SYN_OK) {
            size_t got;
            char c;

            put(fds[1], "a");
            if (syn_stream_read(s, &c, 1, &got) || c != 'a')
                CHECK(n > 0);
            syn_stream_write_all(s, "bytes", 5);
            while (syn_stream_close(s))
                CHECK(syn_fault_hits() < 1000);
        }
        close(fds[1]);
        CHECK_INT(synchronizer_stop(syn_default_synchronizer(), syn_never()), SYN_OK);
        CHECK_INT(synchronizer_free(syn_default_synchronizer()), SYN_OK);
        CHECK_INT(count_open(), open);
        CHECK_INT(syn_memory_use().outstanding, 1); /* the clock */
        if (syn_fault_hits() < n)
            break;
    }
    syn_fault_clear();
}

static void T4_each_allocation_and_each_call_failing_leaves_nothing_behind(void)
{
    static const char *const calls[] = {"alloc", "read", "send", "epoll_ctl", "fstat", NULL};

    begin();
    for (int i = 0; calls[i]; i++)
        fail_each(calls[i], i == 0 ? ENOMEM : EIO);
    done();
}

static atomic_int n_signals;

static void on_signal(int number)
{
    (void)number;
    n_signals++;
}

struct storm {
    pthread_t target;
    atomic_bool over;
};

static void *send_signals(void *argument)
{
    struct storm *storm = argument;

    while (!storm->over) {
        pthread_kill(storm->target, SIGUSR1);
        usleep(50);
    }
    return NULL;
}

static void H2_signals_do_not_disturb_whoever_drives(void)
{
    struct sigaction action = {.sa_handler = on_signal}; /* without SA_RESTART */
    struct storm storm = {.target = pthread_self()};
    struct link l;
    pthread_t thread;
    char c;
    size_t n;

    begin();
    sigaction(SIGUSR1, &action, NULL);
    l = tcp_link();
    CHECK_INT(pthread_create(&thread, NULL, send_signals, &storm), 0);
    while (n_signals < 200) {
        put(l.peer, "x");
        CHECK_INT(syn_stream_read(l.stream, &c, 1, &n), SYN_OK);
        CHECK_INT(syn_stream_write_all(l.stream, "y", 1), SYN_OK);
        call_by(syn_after(0.001), syn_stream_read(l.stream, &c, 1, &n));
    }
    storm.over = true;
    pthread_join(thread, NULL);
    unlink_link(&l);
    finish_default_after(512);
}

static const struct test_case cases[] = {
    TEST(H2_an_interrupted_call_is_made_again),
    TEST(I3_a_failed_call_is_reported_and_the_next_one_works),
    TEST(T4_each_allocation_and_each_call_failing_leaves_nothing_behind),
    TEST(H2_signals_do_not_disturb_whoever_drives),
};
TEST_MAIN_BOTH_MODES("stream_faults", cases);

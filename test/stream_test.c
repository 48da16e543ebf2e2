/* SPDX-License-Identifier: Apache-2.0
 *
 * Streams of descriptors: what a read, a write and a shutdown come to, also when the
 * other side goes away. One end is the library's, the other an ordinary socket in the
 * hands of the case. Both modes.
 */
#define _DEFAULT_SOURCE
#include <signal.h>

#include "support/io_rig.h"

#include <synchronicity/step.h>

enum { MUCH = 10000000 };

static char big[1 << 20];

/* --- reading and writing --- */

static void I3_a_read_returns_what_is_there_and_zero_at_the_end(void)
{
    struct link l;
    size_t n = 7;
    char c;

    begin();
    l = tcp_link();
    put(l.peer, "hello");
    CHECK_READS(l.stream, "hello");
    put(l.peer, "x");
    close(l.peer);
    l.peer = -1;
    CHECK_READS(l.stream, "x");
    for (int i = 0; i < 3; i++) { /* the end stays the end */
        CHECK_INT(syn_stream_read(l.stream, &c, 1, &n), SYN_OK);
        CHECK_INT(n, 0);
    }
    unlink_link(&l);
    finish_default();
}

/* Takes MUCH bytes from the peer, slowly at first. */
static void *drain(void *argument)
{
    static unsigned char buffer[1 << 16];
    int fd = *(int *)argument;
    size_t done = 0;
    ssize_t n;

    while ((n = read(fd, buffer, done < 200000 ? 1000 : sizeof buffer)) > 0) {
        check_bytes(buffer, done, (size_t)n);
        done += (size_t)n;
        if (done < 200000)
            usleep(100);
    }
    CHECK_INT(done, MUCH);
    return NULL;
}

static void I3_write_all_goes_through_a_full_socket_buffer_to_a_slow_reader(void)
{
    char *data = malloc(MUCH);
    pthread_t thread;
    struct link l;

    begin();
    fill_bytes(data, 0, MUCH);
    l = tcp_link();
    CHECK_INT(pthread_create(&thread, NULL, drain, &l.peer), 0);
    CHECK_INT(syn_stream_write_all(l.stream, data, MUCH), SYN_OK);
    CHECK_INT(syn_stream_shutdown(l.stream), SYN_OK);
    pthread_join(thread, NULL);
    unlink_link(&l);
    free(data);
    finish_default();
}

static void I3_write_all_of_nothing_is_done_at_once(void)
{
    struct link l;

    begin();
    l = local_link();
    CHECK_INT(syn_stream_write_all(l.stream, NULL, 0), SYN_OK);
    unlink_link(&l);
    finish_default();
}

/* Also where there is something to read, and where the other side has left. */
static void I3_a_read_or_write_of_nothing_is_done_at_once_and_no_end(void)
{
    struct link l;
    size_t n = 9;

    begin();
    l = local_link();
    CHECK_INT(syn_stream_read(l.stream, NULL, 0, &n), SYN_OK);
    CHECK_INT(n, 0);
    put(l.peer, "x");
    n = 9;
    CHECK_INT(syn_stream_read(l.stream, NULL, 0, &n), SYN_OK);
    CHECK_INT(n, 0);
    n = 9;
    CHECK_INT(syn_stream_write(l.stream, NULL, 0, &n), SYN_OK);
    CHECK_INT(n, 0);
    CHECK_READS(l.stream, "x");
    unlink_link(&l);
    CHECK_INT(syn_stream_read(NULL, NULL, 0, &n), SYN_EINVAL);
    finish_default();
}

static void I3_half_closed_each_direction_goes_on_alone(void)
{
    struct link out, in;
    char buffer[8];
    size_t n;

    begin();
    out = tcp_link(); /* we end first, and go on reading */
    CHECK_INT(syn_stream_shutdown(out.stream), SYN_OK);
    CHECK_INT(read(out.peer, buffer, sizeof buffer), 0);
    put(out.peer, "late");
    CHECK_READS(out.stream, "late");
    CHECK_INT(syn_stream_write(out.stream, "x", 1, &n), SYN_EPIPE);
    in = tcp_link(); /* they end first, and we go on writing */
    shutdown(in.peer, SHUT_WR);
    CHECK_INT(syn_stream_read(in.stream, buffer, sizeof buffer, &n), SYN_OK);
    CHECK_INT(n, 0);
    CHECK_INT(syn_stream_write_all(in.stream, "still", 5), SYN_OK);
    CHECK_INT(recv(in.peer, buffer, 5, MSG_WAITALL), 5);
    CHECK_MEM(buffer, "still", 5);
    unlink_link(&out);
    unlink_link(&in);
    finish_default();
}

static void I3_a_stream_that_cannot_be_half_closed_says_so(void)
{
    struct syn_stream *s;
    int ends[2];

    begin();
    CHECK_INT(pipe(ends), 0);
    CHECK_INT(syn_stream_from_descriptor(ends[1], &s), SYN_OK);
    CHECK_INT(syn_stream_shutdown(s), SYN_ENOTSUP);
    CHECK_INT(syn_stream_close(s), SYN_OK);
    close(ends[0]);
    finish_default();
}

/* --- the other side goes away --- */

/* SIGPIPE would end the case, above all where this thread drives. */
static void H2_writing_to_who_has_left_is_EPIPE_and_no_signal(void)
{
    struct link l;
    int ends[2];
    size_t n;

    begin();
    signal(SIGPIPE, SIG_DFL); /* our parent may ignore it */
    l = local_link();
    close(l.peer);
    l.peer = -1;
    CHECK_INT(syn_stream_write_all(l.stream, "x", 1), SYN_EPIPE);
    CHECK_INT(syn_stream_write(l.stream, "x", 1, &n), SYN_EPIPE);
    CHECK_INT(syn_stream_write_all(l.stream, "x", 1), SYN_EPIPE);
    unlink_link(&l);

    CHECK_INT(pipe(ends), 0);
    CHECK_INT(syn_stream_from_descriptor(ends[1], &l.stream), SYN_OK);
    close(ends[0]);
    CHECK_INT(syn_stream_write(l.stream, "x", 1, &n), SYN_EPIPE);
    CHECK_INT(syn_stream_write_all(l.stream, "x", 1), SYN_EPIPE);
    unlink_link(&l);
    finish_default();
}

static void on_pipe(int number)
{
    (void)number;
}

/* What the program had pending or blocked of SIGPIPE is as before. */
static void H2_the_programs_own_SIGPIPE_is_left_alone(void)
{
    struct sigaction action = {.sa_handler = on_pipe}, after;
    struct link l = {.peer = -1};
    sigset_t pipe_only, mask;
    int ends[2];

    begin();
    sigaction(SIGPIPE, &action, NULL);
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_only, NULL);
    raise(SIGPIPE);
    CHECK_INT(pipe(ends), 0);
    CHECK_INT(syn_stream_from_descriptor(ends[1], &l.stream), SYN_OK);
    close(ends[0]);
    CHECK_INT(syn_stream_write_all(l.stream, "x", 1), SYN_EPIPE);
    unlink_link(&l);
    sigpending(&mask);
    CHECK_INT(sigismember(&mask, SIGPIPE), 1);
    pthread_sigmask(SIG_UNBLOCK, &pipe_only, &mask);
    CHECK_INT(sigismember(&mask, SIGPIPE), 1);
    sigaction(SIGPIPE, NULL, &after);
    CHECK(after.sa_handler == on_pipe);
    finish_default();
}

static void reset(int *peer)
{
    struct linger now = {1, 0};

    setsockopt(*peer, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(*peer);
    *peer = -1;
}

/* A machine that is busy with its network hands it on a moment later. */
static void wait_for_reset(struct syn_stream *s)
{
    struct pollfd p = {.fd = syn_tcp_descriptor(s)};

    CHECK_INT(poll(&p, 1, 10000), 1);
    CHECK(p.revents & POLLERR);
}

static void I3_a_reset_by_the_peer_is_ECONNRESET(void)
{
    struct syn_stream_bytes_future f;
    struct link l;
    size_t n;
    char c;

    begin();
    l = tcp_link();
    f = syn_stream_read_future(l.stream, &c, 1); /* one that waits */
    reset(&l.peer);
    CHECK_INT(future_get(f, &n), ECONNRESET);
    CHECK_INT(syn_stream_write(l.stream, "x", 1, &n), SYN_EPIPE);
    unlink_link(&l);
    l = tcp_link();
    put(l.peer, "x");
    reset(&l.peer);
    wait_for_reset(l.stream);
    CHECK_INT(syn_stream_write(l.stream, "x", 1, &n), ECONNRESET);
    unlink_link(&l);
    finish_default();
}

static void I2_a_hang_up_wakes_who_waits_to_write(void)
{
    struct syn_stream_write_all_future f;
    struct link l;
    syn_err err;

    begin();
    l = local_link();
    f = syn_stream_write_all_future(l.stream, big, sizeof big);
    CHECK_INT(future_wait_by(f, syn_after(1)), SYN_ETIMEDOUT); /* it is full */
    close(l.peer);
    l.peer = -1;
    err = future_get(f);
    CHECK(err == SYN_EPIPE || err == ECONNRESET);
    unlink_link(&l);
    finish_default();
}

/* --- descriptors --- */

static void H2_a_descriptor_that_is_taken_over_becomes_close_on_exec_and_its_file_stays(void)
{
    int fds[2];
    struct link l;

    begin();
    tcp_sockets(fds);
    CHECK_INT(fcntl(fds[0], F_GETFL) & O_NONBLOCK, 0);
    l = link_of(fds);
    CHECK_INT(syn_tcp_descriptor(l.stream), fds[0]);
    CHECK(fcntl(fds[0], F_GETFD) & FD_CLOEXEC);
    CHECK_INT(fcntl(fds[0], F_GETFL) & O_NONBLOCK, 0); /* others may have the file as well */
    CHECK_INT(call_by(syn_after(1), syn_stream_read(l.stream, big, 1, &(size_t){0})),
              SYN_ETIMEDOUT); /* and it does not block */
    unlink_link(&l);
    CHECK_INT(fcntl(fds[0], F_GETFD), -1);
    finish_default();
}

static void I3_what_is_no_descriptor_is_EBADF(void)
{
    struct syn_stream *s = NULL;

    begin();
    CHECK_INT(syn_stream_from_descriptor(-1, &s), SYN_EBADF);
    CHECK_INT(syn_stream_from_descriptor(1999, &s), SYN_EBADF);
    CHECK_PTR(s, NULL);
    finish_default();
}

static void I2_pipes_are_streams_too(void)
{
    struct syn_stream *in, *out;
    struct syn_stream_write_all_future w;
    size_t done = 0, n = 1;
    int ends[2];
    char *buffer = malloc(sizeof big);

    begin();
    fill_bytes(big, 0, sizeof big);
    CHECK_INT(pipe(ends), 0);
    CHECK_INT(syn_stream_from_descriptor(ends[0], &in), SYN_OK);
    CHECK_INT(syn_stream_from_descriptor(ends[1], &out), SYN_OK);
    w = syn_stream_write_all_future(out, big, sizeof big);
    while (done < sizeof big) {
        CHECK_INT(syn_stream_read(in, buffer + done, sizeof big - done, &n), SYN_OK);
        CHECK(n > 0);
        done += n;
    }
    check_bytes(buffer, 0, sizeof big);
    CHECK_INT(future_get(w), SYN_OK);
    CHECK_INT(syn_stream_close(out), SYN_OK);
    CHECK_INT(syn_stream_read(in, buffer, 1, &n), SYN_OK);
    CHECK_INT(n, 0); /* a hang-up, and nothing else, says that it is over */
    CHECK_INT(syn_stream_close(in), SYN_OK);
    free(buffer);
    finish_default();
}

static struct syn_stream_bytes_future no_bytes(struct syn_stream *s, void *buffer, size_t size)
{
    (void)s, (void)buffer, (void)size;
    return (struct syn_stream_bytes_future){0};
}

static void I8_what_only_sockets_have_is_refused_by_other_streams(void)
{
    static const struct syn_stream_class class = {
        .struct_bytes = sizeof(struct syn_stream_class), .name = "nothing", .read = no_bytes};
    struct syn_stream s = {&class};
    struct link l;
    int on;
    socklen_t size = sizeof on;
    size_t n;

    begin();
    CHECK_INT(syn_tcp_descriptor(&s), -1);
    CHECK_INT(syn_tcp_set_nodelay(&s, 1), SYN_ENOTSUP);
    CHECK_INT(syn_tcp_set_keepalive(&s, 1), SYN_ENOTSUP);
    CHECK_INT(syn_stream_read(&s, &on, 1, &n), SYN_EINVAL); /* what its future says */
    l = tcp_link();
    CHECK_INT(syn_tcp_set_nodelay(l.stream, 0), SYN_OK);
    getsockopt(syn_tcp_descriptor(l.stream), IPPROTO_TCP, TCP_NODELAY, &on, &size);
    CHECK_INT(on, 0);
    CHECK_INT(syn_tcp_set_keepalive(l.stream, 30), SYN_OK);
    getsockopt(syn_tcp_descriptor(l.stream), SOL_SOCKET, SO_KEEPALIVE, &on, &size);
    CHECK(on != 0);
    CHECK_INT(syn_tcp_set_keepalive(l.stream, 0), SYN_OK);
    unlink_link(&l);
    finish_default();
}

ASYNC(SYN_FREE, size_t, writes_nothing)
{
    return step_return(self, 0);
}

static struct syn_stream_bytes_future write_nothing(struct syn_stream *s, const void *data,
                                                    size_t size)
{
    (void)s, (void)data, (void)size;
    return SYN_STREAM_FUTURE(bytes, writes_nothing_future());
}

static void I8_write_all_ends_when_a_stream_writes_nothing(void)
{
    static const struct syn_stream_class class = {
        .struct_bytes = sizeof(struct syn_stream_class), .name = "full", .write = write_nothing};
    struct syn_stream s = {&class};

    begin();
    CHECK_INT(syn_stream_write_all(&s, "data", 4), SYN_EIO);
    finish_default();
}

static void I3_closing_no_stream_is_fine(void)
{
    begin();
    CHECK_INT(syn_stream_close(NULL), SYN_OK);
    CHECK_INT(future_get(syn_stream_close_future(NULL)), SYN_OK);
    finish_default();
}

static const struct test_case cases[] = {
    TEST(I3_a_read_returns_what_is_there_and_zero_at_the_end),
    TEST(I3_write_all_goes_through_a_full_socket_buffer_to_a_slow_reader),
    TEST(I3_write_all_of_nothing_is_done_at_once),
    TEST(I3_a_read_or_write_of_nothing_is_done_at_once_and_no_end),
    TEST(I3_half_closed_each_direction_goes_on_alone),
    TEST(I3_a_stream_that_cannot_be_half_closed_says_so),
    TEST(H2_writing_to_who_has_left_is_EPIPE_and_no_signal),
    TEST(H2_the_programs_own_SIGPIPE_is_left_alone),
    TEST(I3_a_reset_by_the_peer_is_ECONNRESET),
    TEST(I2_a_hang_up_wakes_who_waits_to_write),
    TEST(H2_a_descriptor_that_is_taken_over_becomes_close_on_exec_and_its_file_stays),
    TEST(I3_what_is_no_descriptor_is_EBADF),
    TEST(I2_pipes_are_streams_too),
    TEST(I8_what_only_sockets_have_is_refused_by_other_streams),
    TEST(I8_write_all_ends_when_a_stream_writes_nothing),
    TEST(I3_closing_no_stream_is_fine),
};
TEST_MAIN_BOTH_MODES("stream", cases);

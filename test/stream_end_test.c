/* SPDX-License-Identifier: Apache-2.0
 *
 * How a connection ends: never in good order before all was written, and so that the peer gets
 * all of it. Both modes.
 */
#define _DEFAULT_SOURCE
#include "support/io_rig.h"

enum { MUCH = 8 << 20 };

static char data[MUCH], sink[1 << 16];

/* Reads FD to its end; the error that it ended with. */
static int drain(int fd, size_t *out_total)
{
    ssize_t n;

    *out_total = 0;
    while ((n = read(fd, sink, sizeof sink)) > 0)
        *out_total += (size_t)n;
    return n < 0 ? errno : 0;
}

/* Lets the call under way come as far as it comes, with nobody reading. */
static void let_it_fill(struct link *l)
{
    struct pollfd p = {.fd = l->peer, .events = POLLIN};

    CHECK_INT(poll(&p, 1, 10000), 1);
    CHECK_INT(call_by(syn_after(1), syn_stream_read(l->stream, sink, 1, &(size_t){0})),
              SYN_ETIMEDOUT);
}

static void I3_no_end_comes_between_the_pieces_of_a_write(void)
{
    struct syn_stream_write_all_future w;
    struct link l;
    size_t total;

    begin();
    for (int tcp = 0; tcp < 2; tcp++) {
        l = tcp ? tcp_link() : local_link();
        w = syn_stream_write_all_future(l.stream, data, MUCH);
        let_it_fill(&l);
        CHECK_INT(syn_stream_shutdown(l.stream), SYN_EBUSY);
        CHECK_INT(syn_stream_close(l.stream), SYN_EBUSY);
        CHECK_INT(syn_stream_finish(l.stream, syn_after(1)), SYN_EBUSY);
        for (total = 0; total < MUCH;) { /* between any two of them */
            ssize_t n = read(l.peer, sink, sizeof sink);
            syn_err err;

            CHECK(n > 0);
            total += (size_t)n;
            err = syn_stream_shutdown(l.stream);
            CHECK(err == SYN_EBUSY || (err == SYN_OK && future_poll(w) == SYN_OK));
            if (err == SYN_OK)
                break;
        }
        if (total < MUCH && syn_stream_shutdown(l.stream) == SYN_OK) {
            size_t rest;

            CHECK_INT(drain(l.peer, &rest), 0);
            total += rest;
        }
        CHECK_INT(total, MUCH);
        CHECK_INT(future_get(w), SYN_OK);
        unlink_link(&l);
    }
    finish_default();
}

/* Given up in its middle, the stream ends in no good order. */
static void I3_a_connection_that_ends_in_the_middle_of_a_write_is_reset(void)
{
    struct link l;
    size_t total;

    begin();
    l = tcp_link();
    CHECK_INT(call_by(syn_after(1), syn_stream_write_all(l.stream, data, MUCH)), SYN_ETIMEDOUT);
    CHECK_INT(syn_stream_shutdown(l.stream), SYN_EPIPE);
    CHECK_SAYS("can only be closed");
    CHECK_INT(syn_stream_close(l.stream), SYN_OK);
    CHECK_INT(drain(l.peer, &total), ECONNRESET);
    CHECK(total < MUCH);
    close(l.peer);
    l = tcp_link(); /* one that was given up before its first byte has nothing to hide */
    CHECK_INT(future_cancel(syn_stream_read_future(l.stream, sink, 1)), SYN_ECANCELED);
    CHECK_INT(syn_stream_close(l.stream), SYN_OK);
    CHECK_INT(drain(l.peer, &total), 0);
    close(l.peer);
    finish_default();
}

/* What has come by then does not make the kernel reset the connection. */
static void I3_a_close_with_unread_input_gives_the_peer_all_that_was_written(void)
{
    struct link l;
    size_t total;

    begin();
    for (int tcp = 0; tcp < 2; tcp++) {
        l = tcp ? tcp_link() : local_link();
        put(l.peer, "a request with a body that nobody reads");
        wait_readable(syn_tcp_descriptor(l.stream));
        CHECK_INT(syn_stream_write_all(l.stream, "answer", 6), SYN_OK);
        CHECK_INT(syn_stream_close(l.stream), SYN_OK);
        CHECK_INT(drain(l.peer, &total), 0);
        CHECK_INT(total, 6);
        close(l.peer);
    }
    finish_default();
}

/* --- finish --- */

static void *drain_in_a_thread(void *argument)
{
    size_t total;

    CHECK_INT(drain(*(int *)argument, &total), 0);
    CHECK_INT(total, MUCH);
    shutdown(*(int *)argument, SHUT_RDWR);
    return NULL;
}

/* A kernel would answer a close with a reset, and the peer would lose the answer. */
static void I3_finish_gives_the_peer_all_though_its_own_bytes_are_unread(void)
{
    struct link l;
    pthread_t reader;

    begin_in_real_time();
    l = tcp_link();
    put(l.peer, "a request with a body that nobody reads");
    wait_readable(syn_tcp_descriptor(l.stream));
    CHECK_INT(pthread_create(&reader, NULL, drain_in_a_thread, &l.peer), 0);
    CHECK_INT(syn_stream_write_all(l.stream, data, MUCH), SYN_OK);
    CHECK_INT(syn_stream_finish(l.stream, syn_after(20)), SYN_OK);
    pthread_join(reader, NULL);
    close(l.peer);
    finish(syn_default_synchronizer());
}

static void I3_finish_closes_at_its_deadline_and_when_it_is_given_up(void)
{
    struct syn_stream_finish_future f;
    int open = count_open();
    struct link l;

    begin();
    l = local_link();
    CHECK_INT(syn_stream_finish(l.stream, syn_after(2)), SYN_ETIMEDOUT);
    CHECK_INT(now(), 2 * SECOND);
    close(l.peer);
    l = local_link();
    f = syn_stream_finish_future(l.stream, syn_never());
    CHECK_INT(future_wait_by(f, syn_after(1)), SYN_ETIMEDOUT);
    CHECK_INT(future_cancel(f), SYN_ECANCELED);
    close(l.peer);
    finish(syn_default_synchronizer());
    CHECK_INT(count_open(), open);
    done();
}

static atomic_bool flooding;

static void *flood(void *argument)
{
    while (flooding && send(*(int *)argument, data, 1000, MSG_NOSIGNAL) > 0)
        ;
    return NULL;
}

static void I3_finish_bounds_a_peer_that_never_ends(void)
{
    pthread_t sender;
    struct link l;

    begin_in_real_time();
    l = local_link();
    flooding = true;
    CHECK_INT(pthread_create(&sender, NULL, flood, &l.peer), 0);
    CHECK_INT(syn_stream_finish(l.stream, syn_after(0.05)), SYN_ETIMEDOUT);
    flooding = false;
    pthread_join(sender, NULL);
    close(l.peer);
    finish(syn_default_synchronizer());
}

static void I3_finish_of_anything_is_its_close(void)
{
    struct syn_stream_bytes_future reading;
    struct syn_stream *s;
    struct link l;
    int ends[2];

    begin();
    CHECK_INT(syn_stream_finish(NULL, syn_never()), SYN_OK);
    CHECK_INT(pipe(ends), 0);
    CHECK_INT(syn_stream_from_descriptor(ends[1], &s), SYN_OK);
    CHECK_INT(syn_stream_finish(s, syn_never()), SYN_OK); /* it has no other direction */
    CHECK_INT(read(ends[0], sink, 1), 0);
    close(ends[0]);
    l = local_link(); /* somebody reads: nothing is closed */
    reading = syn_stream_read_future(l.stream, sink, 1);
    CHECK_INT(call_by(syn_after(1), syn_stream_read(l.stream, sink, 1, &(size_t){0})), SYN_EBUSY);
    CHECK_INT(syn_stream_finish(l.stream, syn_after(1)), SYN_EBUSY);
    put(l.peer, "x");
    CHECK_INT(future_get(reading, &(size_t){0}), SYN_OK);
    unlink_link(&l);
    finish_default();
}

static const struct test_case cases[] = {
    TEST(I3_no_end_comes_between_the_pieces_of_a_write),
    TEST(I3_a_connection_that_ends_in_the_middle_of_a_write_is_reset),
    TEST(I3_a_close_with_unread_input_gives_the_peer_all_that_was_written),
    TEST(I3_finish_gives_the_peer_all_though_its_own_bytes_are_unread),
    TEST(I3_finish_closes_at_its_deadline_and_when_it_is_given_up),
    TEST(I3_finish_bounds_a_peer_that_never_ends),
    TEST(I3_finish_of_anything_is_its_close),
};
TEST_MAIN_BOTH_MODES("stream_end", cases);

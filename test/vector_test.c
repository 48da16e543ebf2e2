/* SPDX-License-Identifier: Apache-2.0
 *
 * Several pieces as one write: whole, in order, over every kind of stream.
 */
#define _DEFAULT_SOURCE
#include "support/io_rig.h"

#include <pthread.h>

#include "support/chop_stream.h"

enum { MANY = 300, LONGEST = 5000 };

static char bytes[MANY * LONGEST];
static struct syn_span pieces[MANY];

/* MANY pieces, some of them empty, the first and the last as well; how many bytes in all. */
static size_t make_pieces(void)
{
    size_t at = 0;

    fill_bytes(bytes, 0, sizeof bytes);
    for (size_t i = 0; i < MANY; i++) {
        size_t size = i % 7 == 0 || i == MANY - 1 ? 0 : i * 37 % LONGEST;

        pieces[i] = (struct syn_span){bytes + at, size};
        at += size;
    }
    return at;
}

struct sink {
    int fd;
    size_t expected;
};

/* Reads to the end, slowly at first, so that the writer finds no room. */
static void *drain(void *argument)
{
    struct sink *sink = argument;
    static char room[70000];
    size_t at = 0;
    ssize_t n;

    while ((n = read(sink->fd, room, at < 1000 ? 100 : sizeof room)) > 0) {
        check_bytes(room, at, (size_t)n);
        at += (size_t)n;
    }
    CHECK_INT(n, 0);
    CHECK_INT(at, sink->expected);
    return NULL;
}

static void check_arrives(struct syn_stream *stream, int peer)
{
    struct sink sink = {peer, make_pieces()};
    pthread_t thread;

    CHECK_INT(pthread_create(&thread, NULL, drain, &sink), 0);
    CHECK_INT(syn_stream_write_vector(stream, pieces, MANY), SYN_OK);
    CHECK_INT(syn_stream_close(stream), SYN_OK);
    CHECK_INT(pthread_join(thread, NULL), 0);
    close(peer);
}

static void I3_pieces_arrive_whole_and_in_order_by_a_socket(void)
{
    struct link link;

    begin();
    link = tcp_link();
    check_arrives(link.stream, link.peer);
    link = local_link();
    check_arrives(link.stream, link.peer);
    finish_default();
}

static void I8_and_by_what_is_no_socket(void)
{
    struct syn_stream *stream;
    struct link link;
    int ends[2];

    begin();
    CHECK_INT(pipe(ends), 0);
    CHECK_INT(syn_stream_from_descriptor(ends[1], &stream), SYN_OK);
    check_arrives(stream, ends[0]);
    CHECK_INT(pipe(ends), 0);
    CHECK_INT(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
    CHECK_INT(syn_stream_from_descriptor(ends[1], &stream), SYN_OK);
    check_arrives(stream, ends[0]);
    link = local_link();
    stream = chop_stream_new(link.stream, 5);
    chop_stream_most(stream, 900);
    check_arrives(stream, link.peer);
    finish_default_after(512);
}

static void I3_nothing_to_write_is_done_at_once_and_null_is_refused(void)
{
    struct link link;
    struct syn_span empty[2] = {{"", 0}, {"", 0}};

    begin();
    link = local_link();
    CHECK_INT(syn_stream_write_vector(link.stream, NULL, 0), SYN_OK);
    CHECK_INT(syn_stream_write_vector(link.stream, empty, 2), SYN_OK);
    CHECK_INT(syn_stream_write_vector(link.stream, NULL, 1), SYN_EINVAL);
    CHECK_INT(syn_stream_write_vector(NULL, empty, 2), SYN_EINVAL);
    unlink_link(&link);
    finish_default();
}

/* One that is cut in its middle leaves the stream good for closing only. */
static void X3_a_cancelled_write_of_pieces_tears_the_stream(void)
{
    struct syn_stream_write_vector_future f;
    struct link link;
    size_t n;

    begin();
    link = tcp_link();
    for (size_t i = 0; i < MANY; i++)
        pieces[i] = (struct syn_span){bytes, sizeof bytes};
    f = syn_stream_write_vector_future(link.stream, pieces, MANY);
    wait_readable(link.peer);
    CHECK_INT(syn_stream_write(link.stream, "x", 1, &n), SYN_EBUSY);
    CHECK_INT(syn_stream_shutdown(link.stream), SYN_EBUSY);
    CHECK_INT(future_cancel(f), SYN_ECANCELED);
    CHECK_INT(syn_stream_shutdown(link.stream), SYN_EPIPE);
    unlink_link(&link);
    finish_default();
}

static const struct test_case cases[] = {
    TEST(I3_pieces_arrive_whole_and_in_order_by_a_socket),
    TEST(I8_and_by_what_is_no_socket),
    TEST(I3_nothing_to_write_is_done_at_once_and_null_is_refused),
    TEST(X3_a_cancelled_write_of_pieces_tears_the_stream),
};
TEST_MAIN_BOTH_MODES("vector", cases);

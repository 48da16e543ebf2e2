/* SPDX-License-Identifier: Apache-2.0
 *
 * Buffered writing, copying from stream to stream, and what a connection's close does.
 */
#define _DEFAULT_SOURCE
#include "support/io_rig.h"

#include <pthread.h>

#include <synchronicity/testing.h>

#include "support/chop_stream.h"

static void check_peer(int peer, const char *text)
{
    char room[100] = "";
    size_t n = 0, size = strlen(text);

    while (n < size) {
        ssize_t got = read(peer, room + n, size - n);

        CHECK(got > 0);
        n += (size_t)got;
    }
    CHECK_STR(room, text);
}

static bool is_silent(int peer)
{
    struct pollfd p = {.fd = peer, .events = POLLIN};

    return poll(&p, 1, 0) == 0;
}

static void I8_small_pieces_are_written_together(void)
{
    struct link link;
    struct syn_writer w;

    begin();
    link = local_link();
    syn_writer_init(&w, link.stream, 16);
    CHECK_INT(syn_writer_put(&w, "one ", 4), SYN_OK);
    CHECK_INT(syn_writer_write(&w, "two ", 4), SYN_OK);
    CHECK_INT(syn_writer_printf(&w, "%d", 345), SYN_OK);
    CHECK(is_silent(link.peer));
    CHECK_INT(syn_writer_flush(&w), SYN_OK);
    check_peer(link.peer, "one two 345");
    CHECK_INT(syn_writer_flush(&w), SYN_OK); /* nothing to do */
    CHECK(is_silent(link.peer));
    syn_writer_fini(&w);
    unlink_link(&link);
    finish_default();
}

static void I8_what_finds_no_room_waits_or_goes_by_itself(void)
{
    struct link link;
    struct syn_writer w;

    begin();
    link = local_link();
    syn_writer_init(&w, link.stream, 8);
    CHECK_INT(syn_writer_put(&w, "12345", 5), SYN_OK);
    CHECK_INT(syn_writer_put(&w, "6789", 4), SYN_EAGAIN); /* all or nothing */
    CHECK_INT(syn_writer_printf(&w, "%s", "678"), SYN_EAGAIN);
    CHECK_INT(syn_writer_printf(&w, "%s", "67"), SYN_OK);
    CHECK_INT(syn_writer_put(&w, "123456789", 9), SYN_EINVAL); /* never */
    CHECK_INT(syn_writer_write(&w, "89abcdefghij", 12), SYN_OK);
    check_peer(link.peer, "123456789abcdefghij");
    CHECK_INT(w.size, 0);
    CHECK_INT(syn_writer_put(&w, "again", 5), SYN_OK);
    CHECK_INT(syn_writer_flush(&w), SYN_OK);
    check_peer(link.peer, "again");
    syn_writer_fini(&w);
    unlink_link(&link);
    finish_default();
}

static void I8_a_write_that_failed_stays_the_answer(void)
{
    struct link link;
    struct syn_writer w;
    struct syn_writer_flush_future f;

    begin();
    link = local_link();
    close(link.peer);
    link.peer = -1;
    syn_writer_init(&w, link.stream, 0);
    CHECK_INT(syn_writer_put(&w, "lost", 4), SYN_OK);
    CHECK_INT(syn_writer_flush(&w), SYN_EPIPE);
    CHECK_INT(syn_writer_flush(&w), SYN_EPIPE);
    CHECK_INT(syn_writer_put(&w, "more", 4), SYN_EPIPE);
    CHECK_INT(syn_writer_write(&w, "more", 4), SYN_EPIPE);
    CHECK_INT(syn_writer_put(NULL, "more", 4), SYN_EINVAL);
    syn_writer_fini(&w);
    unlink_link(&link);

    link = local_link();
    syn_writer_init(&w, link.stream, 1 << 20); /* more than the kernel takes */
    for (int i = 0; i < 1 << 10; i++) {
        char kilobyte[1 << 10] = "";

        CHECK_INT(syn_writer_put(&w, kilobyte, sizeof kilobyte), SYN_OK);
    }
    f = syn_writer_flush_future(&w);
    wait_readable(link.peer);
    CHECK_INT(syn_writer_write(&w, "x", 1), SYN_EBUSY);
    CHECK_INT(syn_writer_flush(&w), SYN_EBUSY);
    CHECK_INT(future_cancel(f), SYN_ECANCELED);
    CHECK_INT(syn_writer_put(&w, "x", 1), SYN_ECANCELED);
    syn_writer_fini(&w);
    unlink_link(&link);
    finish_default();
}

static void I8_a_write_that_did_not_begin_keeps_the_bytes(void)
{
    struct link link;
    struct syn_writer w;

    begin();
    link = local_link();
    syn_writer_init(&w, link.stream, 0);
    syn_fault_set("alloc", 1, 1, ENOMEM);
    CHECK_INT(syn_writer_put(&w, "kept", 4), SYN_ENOMEM);
    syn_fault_clear();
    for (unsigned long n = 1;; n++) {
        syn_err err;

        CHECK(n < 100);
        if (w.size == 0)
            CHECK_INT(syn_writer_put(&w, "kept", 4), SYN_OK);
        syn_fault_set("alloc", n, 1, ENOMEM);
        err = syn_writer_flush(&w);
        syn_fault_clear();
        if (!err)
            break;
        CHECK_INT(err, SYN_ENOMEM);
        CHECK_INT(w.size, 4);
    }
    check_peer(link.peer, "kept");
    syn_writer_fini(&w);
    unlink_link(&link);
    finish_default();
}

/* --- copies --- */

static char bytes[300000];

static void *feed(void *argument)
{
    int fd = *(int *)argument;
    size_t at = 0;

    while (at < sizeof bytes) {
        ssize_t n = write(fd, bytes + at, sizeof bytes - at);

        CHECK(n > 0);
        at += (size_t)n;
    }
    close(fd);
    return NULL;
}

static void *drain(void *argument)
{
    int fd = *(int *)argument;
    static char room[50000];
    size_t at = 0;
    ssize_t n;

    while ((n = read(fd, room, sizeof room)) > 0) {
        check_bytes(room, at, (size_t)n);
        at += (size_t)n;
    }
    CHECK_INT(at, sizeof bytes);
    close(fd);
    return NULL;
}

static void I8_a_copy_takes_all_to_the_end(void)
{
    struct syn_stream *to;
    struct link from, sink;
    pthread_t threads[2];
    uint64_t n = 0;

    begin();
    fill_bytes(bytes, 0, sizeof bytes);
    from = local_link();
    sink = tcp_link();
    CHECK_INT(pthread_create(&threads[0], NULL, feed, &from.peer), 0);
    CHECK_INT(pthread_create(&threads[1], NULL, drain, &sink.peer), 0);
    to = chop_stream_new(sink.stream, 3);
    chop_stream_most(to, 2000);
    CHECK_INT(syn_stream_copy(from.stream, to, &n), SYN_OK);
    CHECK_INT(n, sizeof bytes);
    CHECK_INT(syn_stream_close(to), SYN_OK);
    CHECK_INT(syn_stream_close(from.stream), SYN_OK);
    for (int i = 0; i < 2; i++)
        CHECK_INT(pthread_join(threads[i], NULL), 0);
    CHECK_INT(syn_stream_copy(NULL, NULL, &n), SYN_EINVAL);
    finish_default_after(512);
}

static void X3_a_copy_is_cancelled_and_leaves_nothing(void)
{
    struct syn_stream_copy_future f;
    struct link from, to;
    uint64_t n;

    begin();
    from = local_link();
    to = local_link();
    f = syn_stream_copy_future(from.stream, to.stream);
    put(from.peer, "some");
    check_peer(to.peer, "some");
    CHECK_INT(future_cancel(f), SYN_ECANCELED);
    close(to.peer);
    to.peer = -1;
    put(from.peer, "more");
    CHECK_INT(syn_stream_copy(from.stream, to.stream, &n), SYN_EPIPE);
    syn_fault_set("alloc", 1, 1, ENOMEM);
    CHECK_INT(syn_stream_copy(from.stream, to.stream, &n), SYN_ENOMEM);
    syn_fault_clear();
    unlink_link(&from);
    unlink_link(&to);
    finish_default();
}

/* --- options --- */

static void I3_a_close_resets_where_that_was_said(void)
{
    struct link link;
    char room[8];

    begin();
    link = tcp_link();
    CHECK_INT(syn_tcp_set_linger(link.stream, 5), SYN_EINVAL);
    CHECK(strstr(syn_last_report()->message, "syn_stream_finish"));
    CHECK_INT(syn_tcp_set_linger(link.stream, 0), SYN_OK);
    CHECK_INT(syn_tcp_set_linger(link.stream, -1), SYN_OK);
    CHECK_INT(syn_stream_close(link.stream), SYN_OK);
    CHECK_INT(read(link.peer, room, sizeof room), 0);
    close(link.peer);
    link = tcp_link();
    CHECK_INT(syn_tcp_set_linger(link.stream, 0), SYN_OK);
    CHECK_INT(syn_stream_close(link.stream), SYN_OK);
    wait_readable(link.peer);
    CHECK(read(link.peer, room, sizeof room) < 0);
    CHECK_INT(errno, ECONNRESET);
    close(link.peer);
    link = local_link();
    link.stream = chop_stream_new(link.stream, 1);
    CHECK_INT(syn_tcp_set_linger(link.stream, 0), SYN_ENOTSUP);
    unlink_link(&link);
    finish_default();
}

static const struct test_case cases[] = {
    TEST(I8_small_pieces_are_written_together),
    TEST(I8_what_finds_no_room_waits_or_goes_by_itself),
    TEST(I8_a_write_that_failed_stays_the_answer),
    TEST(I8_a_write_that_did_not_begin_keeps_the_bytes),
    TEST(I8_a_copy_takes_all_to_the_end),
    TEST(X3_a_copy_is_cancelled_and_leaves_nothing),
    TEST(I3_a_close_resets_where_that_was_said),
};
TEST_MAIN_BOTH_MODES("writer", cases);

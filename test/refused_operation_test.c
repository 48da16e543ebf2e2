/* SPDX-License-Identifier: Apache-2.0
 *
 * What operations of streams and sockets say when they are refused, and what an answer that has no
 * words leaves behind. Virtual time, both modes.
 */
#define _DEFAULT_SOURCE
#include <synchronicity/broadcast.h>
#include <synchronicity/stream.h>
#include <synchronicity/udp.h>

#include "support/call_rig.h"

SYNCHRONIZER(demo);
CHANNEL(int, ints);
SYN_BROADCAST(int, news);

static struct syn_stream *stream;
static int task_end; /* of a pipe */

/* The operations of streams and sockets, in a task. */
ASYNC(demo, void, operates, SYN_LOCAL(struct syn_stream_bytes_future, reading), SYN_LOCAL(char, byte))
{
    co_begin;
    CHECK_INT(syn_stream_from_descriptor(dup(task_end), &stream), 0);
    self->reading = syn_stream_read_future(stream, &self->byte, 1);
    co_pass;
    co_pass;
    co_await(syn_stream_close_future(stream));
    CHECK_INT(co_status, SYN_EBUSY);
    CHECK(strstr(co_report->message, "is under way") != NULL);
    co_cancel(self->reading);
    co_await(syn_stream_shutdown_future(stream));
    CHECK_INT(co_status, SYN_ENOTSUP);
    CHECK(strstr(co_report->message, "only a socket") != NULL);
    co_await(syn_stream_close_future(stream));
    CHECK_INT(co_status, SYN_OK);
    co_await(syn_udp_connect_future(NULL, "127.0.0.1", 1));
    CHECK(strstr(co_report->message, "no socket") != NULL);
    co_end;
}

static void E5_operations_that_are_refused_say_why(void)
{
    int ends[2];

    begin();
    CHECK_INT(pipe(ends), 0);
    task_end = ends[0];
    CHECK_INT(operates(), 0);
    close(ends[0]);
    close(ends[1]);
    finish(&demo);
    finish(syn_default_synchronizer());
    done();
}

/* "Not now" has no words, and hides those of an older error. */
static void E5_not_now_leaves_no_older_report(void)
{
    struct ints_channel c, never_made = {0};
    struct news_broadcast b;
    struct syn_reader reader;
    struct syn_span span;
    int item = 0;

    begin();
    CHECK_INT(channel_new(ints, 1, &c), 0);
    CHECK_INT(syn_broadcast_new(news, 1, &b), 0);
    syn_reader_init(&reader, NULL, 100);
    CHECK_INT(channel_send(never_made, &item), SYN_EINVAL);
    CHECK_INT(syn_reader_take(&reader, 1, &span), SYN_EAGAIN);
    CHECK(syn_last_report() == NULL);
    CHECK_INT(channel_send(never_made, &item), SYN_EINVAL);
    CHECK_INT(syn_reader_line(&reader, &span), SYN_EAGAIN);
    CHECK(syn_last_report() == NULL);
    CHECK_INT(channel_send(never_made, &item), SYN_EINVAL);
    CHECK_INT(channel_try_next(c, &item), SYN_EAGAIN);
    CHECK(syn_last_report() == NULL);
    CHECK_INT(channel_send(never_made, &item), SYN_EINVAL);
    CHECK_INT(syn_broadcast_latest(b, &item), SYN_EAGAIN);
    CHECK(syn_last_report() == NULL);
    syn_reader_fini(&reader);
    syn_broadcast_close(b);
    CHECK_INT(channel_close(c), 0);
    done();
}

static const struct test_case cases[] = {
    TEST(E5_operations_that_are_refused_say_why),
    TEST(E5_not_now_leaves_no_older_report),
};
TEST_MAIN_BOTH_MODES("refused_operation", cases);

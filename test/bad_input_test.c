/* SPDX-License-Identifier: Apache-2.0
 *
 * What careless callers hand in. Each gets an answer: a code with a sentence, or a
 * sensible meaning; nobody gets a crash. Virtual time, both modes.
 */
#define _DEFAULT_SOURCE
#include <float.h>
#include <limits.h>
#include <math.h>
#include <signal.h>

#include <synchronicity/child.h>
#include <synchronicity/mailbox.h>
#include <synchronicity/signal.h>
#include <synchronicity/tcp.h>
#include <synchronicity/udp.h>

#include "support/call_rig.h"

SYNCHRONIZER(demo);
PROMISE(int, number);
CHANNEL(int, ints);

static void L1_a_synchronizer_that_is_not_there_is_refused(void)
{
    struct syn_synchronizer_options bad = {.name = "bad", .backend = "no such kernel"};
    struct syn_synchronizer *s;

    begin();
    CHECK_INT(synchronizer_start(NULL), SYN_EINVAL);
    CHECK_SAYS("no synchronizer to start");
    CHECK_INT(synchronizer_stop(NULL, syn_never()), SYN_EINVAL);
    CHECK_SAYS("no synchronizer to stop");
    CHECK_INT(synchronizer_new(NULL, NULL), SYN_EINVAL);
    CHECK_SAYS("nowhere to put");
    CHECK_INT(synchronizer_free(NULL), 0);
    CHECK_INT(synchronizer_stats(NULL).turns, 0);
    CHECK_INT(synchronizer_new(&bad, &s), 0);
    CHECK_INT(synchronizer_start(s), SYN_EINVAL);
    CHECK_SAYS("'bad' could not be started");
    CHECK_INT(synchronizer_free(s), 0);
    done();
}

ASYNC(demo, int, naps, (double, seconds))
{
    co_begin;
    co_sleep(self->seconds);
    co_return(7);
    co_end;
}

static void I1_odd_times_are_now_or_never(void)
{
    static const double soon[] = {0.0, -0.0, -1.0, -1e300, -INFINITY, NAN, 1e-300};
    static const double late[] = {INFINITY, 1e300, 9.3e9, DBL_MAX};
    int y;

    begin();
    for (size_t i = 0; i < sizeof soon / sizeof *soon; i++) {
        CHECK_INT(naps(soon[i], &y), 0);
        CHECK_INT(y, 7);
        CHECK_INT(syn_after(soon[i]).ns, 0);
        CHECK_INT(future_get_by(naps_future(1.0), &y, syn_after(soon[i])), SYN_ETIMEDOUT);
        CHECK_INT(now(), 0);
    }
    for (size_t i = 0; i < sizeof late / sizeof *late; i++) {
        CHECK_INT(syn_after(late[i]).ns, syn_never().ns);
        CHECK_INT(future_get_by(naps_future(late[i]), &y, syn_after(1.0)), SYN_ETIMEDOUT);
        CHECK_INT(future_get_by(naps_future(1.0), &y, syn_after(late[i])), 0);
        CHECK_INT(now(), (int64_t)(i + 1) * 2 * SECOND);
    }
    finish(&demo);
    done();
}

ASYNC(demo, void, reads, (int, fd))
{
    co_begin;
    co_readable(self->fd);
    co_end;
}

ASYNC(demo, void, writes, (int, fd))
{
    co_begin;
    co_writable(self->fd);
    co_end;
}

static void I2_descriptors_that_cannot_be_waited_for_are_refused(void)
{
    static const int none[] = {-1, INT_MIN, INT_MAX, 1 << 20};
    FILE *file = tmpfile();
    int ends[2];

    begin();
    CHECK_INT(synchronizer_start(&demo), 0); /* or its descriptors take those places */
    CHECK(file != NULL);
    CHECK_INT(pipe(ends), 0);
    close(ends[0]);
    close(ends[1]);
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        CHECK_INT(reads(none[i]), SYN_EBADF);
        CHECK_INT(writes(none[i]), SYN_EBADF);
    }
    CHECK_INT(reads(ends[0]), SYN_EBADF);
    CHECK_INT(reads(fileno(file)), SYN_ENOTSUP);
    CHECK_INT(writes(fileno(file)), SYN_ENOTSUP);
    CHECK_INT(syn_last_origin(), SYN_BY_TASK);
    fclose(file);
    finish(&demo);
    done();
}

static void I2_a_second_task_on_one_direction_is_refused_and_hang_up_wakes_the_first(void)
{
    struct reads_future f;
    int ends[2];

    begin();
    CHECK_INT(pipe(ends), 0);
    f = reads_future(ends[0]);
    CHECK_INT(reads(ends[0]), SYN_EBUSY);
    close(ends[1]);
    CHECK_INT(future_get(f), 0);
    CHECK_INT(reads(ends[0]), 0);
    close(ends[0]);
    finish(&demo);
    done();
}

static void P4_odd_promises_are_refused(void)
{
    struct number_promise none = {.u = {.handle = {NULL, 0}}}, p;
    struct number_future f;
    int y = -1;

    begin();
    CHECK_INT(promise_complete(none, &y), SYN_EINVAL);
    CHECK_SAYS("never made");
    CHECK_INT(promise_fail(none, SYN_EIO, NULL), SYN_EINVAL);
    CHECK_INT(promise_drop(none), SYN_EINVAL);
    CHECK_INT(promise_new(number, &p, &f), 0);
    CHECK_INT(promise_complete(p, &(int){3}), 0);
    CHECK_INT(promise_complete(p, &(int){4}), SYN_EALREADY);
    CHECK_INT(promise_fail(p, SYN_EIO, "late"), SYN_EALREADY);
    CHECK_INT(promise_drop(p), SYN_EALREADY);
    CHECK_INT(future_get(f, &y), 0);
    CHECK_INT(y, 3);
    done();
}

static void P3_a_shared_future_that_was_never_made_is_refused(void)
{
    struct number_shared none = {.u = {.handle = NULL}};
    struct number_future f;
    const int *peeked;
    int y;

    begin();
    CHECK_INT(shared_get(none, &y), SYN_EINVAL);
    CHECK_SAYS("never made");
    CHECK_INT(shared_get_by(none, &y, syn_after(1.0)), SYN_EINVAL);
    CHECK_INT(shared_peek(none, &peeked), SYN_EINVAL);
    syn_shared_future(none, &f);
    CHECK_INT(future_get(f, &y), SYN_EINVAL);
    shared_release(none);
    done();
}

static void C1_results_may_go_nowhere_and_messages_be_missing_or_endless(void)
{
    static char endless[5000];
    struct number_promise p;
    struct number_future f;
    int y;

    begin();
    CHECK_INT(naps(0.0, NULL), 0);
    CHECK_INT(future_get(naps_future(0.0), NULL), 0);
    memset(endless, 'x', sizeof endless - 1);
    CHECK_INT(promise_new(number, &p, &f), 0);
    CHECK_INT(promise_fail(p, -7, endless), 0);
    CHECK_INT(future_get(f, &y), -7);
    CHECK_INT(strlen(last_message()), SYN_MESSAGE_MAX - 1);
    CHECK(syn_strerror(-7) && syn_strerror(INT_MAX) && syn_strerror(SYN_EUSER + 9));
    syn_perror(NULL);
    CHECK_INT(promise_new(number, &p, &f), 0);
    CHECK_INT(promise_fail(p, SYN_EIO, NULL), 0);
    CHECK_INT(future_get(f, &y), SYN_EIO);
    CHECK_STR(last_message(), "");
    finish(&demo);
    done();
}

static void after_the_stop(void *user, syn_err err, int *result)
{
    (void)user;
    (void)err;
    (void)result;
    CHECK(!"called by a synchronizer that is stopped");
}

static void L2_everything_said_to_a_stopped_synchronizer_is_answered(void)
{
    struct number_promise p;
    struct number_future f;
    struct naps_future g;
    int y;

    begin();
    CHECK_INT(naps(1.0, &y), 0);
    g = naps_future(2.0);
    CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
    CHECK_INT(naps(1.0, &y), SYN_ECLOSED);
    CHECK_INT(future_get(g, &y), SYN_ECANCELED); /* it outlives the loop */
    g = naps_future(2.0);
    CHECK_INT(future_wait(g), SYN_ECLOSED);
    CHECK_INT(future_cancel(g), SYN_ECLOSED);
    CHECK_INT(promise_new(number, &p, &f), 0);
    CHECK_INT(future_then(f, &demo, after_the_stop, NULL), SYN_ECLOSED);
    CHECK_INT(promise_complete(p, &(int){3}), 0);
    CHECK_INT(future_get(f, &y), 0);
    CHECK_INT(y, 3);
    finish(&demo);
    done();
}

/* A coroutine that waits inside a switch over something wide, where the compiler
 * cannot tell, is stopped and does not go on in some other place. */

ASYNC(demo, int, waits_in_a_wide_switch, (long long, x))
{
    co_begin;
    switch (self->x) {
    case 1:
        co_sleep(1.0);
        break;
    default:
        co_return(2);
    }
    co_return(1);
    co_end;
}

static void C1_waiting_in_a_wide_switch_is_a_panic(void)
{
    int y = 0;

    begin();
    CHECK_INT(waits_in_a_wide_switch(2, &y), 0);
    CHECK_INT(y, 2);
    waits_in_a_wide_switch(1, &y);
}

static void I8_no_stream_no_reader_and_no_listener_are_refused(void)
{
    struct syn_reader nowhere;
    struct syn_stream *s = NULL;
    struct syn_span span;
    char byte = 0;
    size_t n;

    begin();
    syn_reader_init(&nowhere, NULL, 0);
    CHECK_INT(syn_stream_read(NULL, &byte, 1, &n), SYN_EINVAL);
    CHECK_SAYS("there is no stream");
    CHECK_INT(syn_stream_write(NULL, &byte, 1, &n), SYN_EINVAL);
    CHECK_INT(syn_stream_write_all(NULL, &byte, 1), SYN_EINVAL);
    CHECK_INT(syn_stream_shutdown(NULL), SYN_EINVAL);
    CHECK_INT(syn_stream_close(NULL), 0);
    CHECK_INT(syn_read_line(&nowhere, &span), SYN_EINVAL);
    CHECK_INT(syn_read_line(NULL, &span), SYN_EINVAL);
    CHECK_SAYS("there is no reader");
    CHECK_INT(syn_read_exactly(NULL, 1, &span), SYN_EINVAL);
    CHECK_INT(syn_read_until(NULL, ';', &span), SYN_EINVAL);
    CHECK_INT(syn_reader_fill(NULL), SYN_EINVAL);
    CHECK_INT(syn_tcp_accept(NULL, &s), SYN_EINVAL);
    CHECK_SAYS("there is no listener");
    CHECK_INT(syn_listener_port(NULL), 0);
    syn_reader_fini(&nowhere);
    finish(syn_default_synchronizer());
    done();
}

ASYNC(demo, void, forgets_the_place, (struct ints_channel, ch), SYN_LOCAL(int *, nowhere))
{
    co_begin;
    co_next(self->ch, self->nowhere);
    CHECK_INT(co_status, SYN_EINVAL);
    co_send(self->ch, self->nowhere);
    CHECK_INT(co_status, SYN_EINVAL);
    co_end;
}

static void G2_an_item_needs_a_place(void)
{
    struct ints_channel ch;
    int *nowhere = NULL, v = 0;

    begin();
    CHECK_INT(channel_new(ints, 1, &ch), 0);
    CHECK_INT(channel_send(ch, nowhere), SYN_EINVAL);
    CHECK_INT(channel_try_send(ch, nowhere), SYN_EINVAL);
    CHECK_INT(channel_send(ch, &(int){4}), 0);
    CHECK_INT(channel_next(ch, nowhere), SYN_EINVAL);
    CHECK_INT(channel_try_next(ch, nowhere), SYN_EINVAL);
    CHECK_INT(forgets_the_place(ch), 0);
    CHECK_INT(channel_next(ch, &v), 0); /* it is there still */
    CHECK_INT(v, 4);
    CHECK_INT(channel_close(ch), 0);
    finish(&demo);
    done();
}

static void P2_nothing_to_call_back_and_nothing_to_join_are_refused(void)
{
    void (*nobody)(void *, syn_err, int *) = NULL;
    struct naps_future f;
    int y;

    begin();
    f = naps_future(1.0);
    CHECK_INT(future_then(f, &demo, nobody, NULL), SYN_EINVAL);
    CHECK_SAYS("no function to call back");
    CHECK_INT(scope_join(NULL), SYN_EINVAL);
    CHECK_INT(future_get(f, &y), 0); /* it was left as it was */
    CHECK_INT(y, 7);
    finish(&demo);
    CHECK_INT(syn_pool_stats(NULL).threads, 0);
    syn_pool_start(NULL);
    done();
}

ASYNC(demo, void, falls_off, (int, x))
{
    struct syn_step none = {0};

    (void)self;
    return none;
}

static void C1_a_step_that_does_not_say_what_comes_next_is_a_panic(void)
{
    begin();
    falls_off(1);
}

/* What the library made, and is not there. */
static void E1_ending_nothing_is_fine(void)
{
    struct syn_exit exit;

    begin();
    CHECK_INT(synchronizer_free(NULL), 0);
    CHECK_INT(syn_pool_free(NULL), 0);
    CHECK_INT(syn_clock_free(NULL), 0);
    CHECK_INT(syn_mailbox_close(NULL), 0);
    syn_mailbox_release(NULL);
    syn_object_release(NULL);
    CHECK_INT(syn_signals_close(NULL), 0);
    CHECK_INT(syn_listener_close(NULL), 0);
    CHECK_INT(syn_stream_close(NULL), 0);
    CHECK_INT(syn_udp_close(NULL), 0);
    CHECK_INT(syn_child_close(NULL, &exit), 0);
    CHECK_INT(pool_stop(syn_default_pool(), syn_never()), 0);
    finish(syn_default_synchronizer());
    done();
}

static const struct test_case cases[] = {
    TEST(L1_a_synchronizer_that_is_not_there_is_refused),
    TEST(L2_everything_said_to_a_stopped_synchronizer_is_answered),
    TEST(I1_odd_times_are_now_or_never),
    TEST(I2_descriptors_that_cannot_be_waited_for_are_refused),
    TEST(I2_a_second_task_on_one_direction_is_refused_and_hang_up_wakes_the_first),
    TEST(P4_odd_promises_are_refused),
    TEST(P3_a_shared_future_that_was_never_made_is_refused),
    TEST(I8_no_stream_no_reader_and_no_listener_are_refused),
    TEST(G2_an_item_needs_a_place),
    TEST(P2_nothing_to_call_back_and_nothing_to_join_are_refused),
    TEST(C1_results_may_go_nowhere_and_messages_be_missing_or_endless),
    TEST_DIES(C1_waiting_in_a_wide_switch_is_a_panic, SIGABRT, "inside a switch of its own: waits_in_a_wide_switch ("),
    TEST_DIES(C1_a_step_that_does_not_say_what_comes_next_is_a_panic, SIGABRT,
              "without saying what comes next"),
    TEST(E1_ending_nothing_is_fine),
};
TEST_MAIN_BOTH_MODES("bad_input", cases);

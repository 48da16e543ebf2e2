/* SPDX-License-Identifier: Apache-2.0
 *
 * Streams under pressure: deadlines and cancelling in the middle, and users that do what
 * is not allowed. Both modes.
 */
#define _DEFAULT_SOURCE
#include "support/io_rig.h"

#include <synchronicity/step.h>

SYNCHRONIZER(other);

static char big[1 << 20];

/* --- deadlines and cancelling --- */

static void X3_a_read_ends_at_its_deadline_and_the_stream_goes_on(void)
{
    struct link l;
    char buffer[10];
    size_t n;

    begin();
    l = tcp_link();
    CHECK_INT(call_by(syn_after(3600), syn_stream_read(l.stream, buffer, 10, &n)), SYN_ETIMEDOUT);
    CHECK_INT(syn_last_origin(), SYN_BY_DEADLINE);
    CHECK(now() >= 3600 * SECOND && now() < 3601 * SECOND);
    put(l.peer, "after");
    CHECK_READS(l.stream, "after");
    unlink_link(&l);
    finish_default();
}

static void X3_a_cancelled_read_loses_no_byte(void)
{
    unsigned char buffer[16], next = 0, sent = 0;
    uint32_t random = 7;
    struct link l;

    begin();
    l = tcp_link();
    for (int i = 0; i < 2000 / TEST_SLOWNESS; i++) {
        struct syn_stream_bytes_future f = syn_stream_read_future(l.stream, buffer, 16);
        size_t n = 0;

        if (next_random(&random) % 2)
            CHECK_INT(write(l.peer, &(unsigned char){sent++}, 1), 1);
        for (unsigned pause = next_random(&random) % 64; pause > 0; pause--)
            future_poll(f);
        future_request_cancel(f);
        if (future_get(f, &n) == SYN_OK)
            for (size_t j = 0; j < n; j++)
                CHECK_INT(buffer[j], next++);
    }
    while (next != sent) {
        size_t n;

        CHECK_INT(syn_stream_read(l.stream, buffer, 16, &n), SYN_OK);
        for (size_t j = 0; j < n; j++)
            CHECK_INT(buffer[j], next++);
    }
    unlink_link(&l);
    finish_default_after(512);
}

static size_t drain_now(int peer)
{
    static char buffer[1 << 16];
    size_t done = 0;
    ssize_t n;

    while ((n = recv(peer, buffer, sizeof buffer, MSG_DONTWAIT)) > 0) {
        check_bytes(buffer, done, (size_t)n);
        done += (size_t)n;
    }
    return done;
}

/* Writes BIG's bytes until no more go in; how many did. */
static size_t fill_up(struct syn_stream *s)
{
    size_t done = 0, n;
    syn_err err;

    do {
        n = 0;
        CHECK(done < sizeof big);
        err = call_by(syn_after(10), syn_stream_write(s, big + done, sizeof big - done, &n));
        done += n;
    } while (!err);
    CHECK_INT(err, SYN_ETIMEDOUT);
    return done;
}

static void X3_a_cancelled_write_reports_all_that_it_wrote_and_the_stream_goes_on(void)
{
    struct syn_stream_bytes_future f;
    struct link l;
    size_t done, n = 0;

    begin();
    fill_bytes(big, 0, sizeof big);
    l = local_link();
    done = fill_up(l.stream);
    f = syn_stream_write_future(l.stream, big + done, 1);
    CHECK_INT(future_wait_by(f, syn_after(10)), SYN_ETIMEDOUT);
    future_request_cancel(f);
    CHECK_INT(future_get(f, &n), SYN_ECANCELED);
    CHECK_INT(drain_now(l.peer), done);
    CHECK_INT(syn_stream_write(l.stream, "x", 1, &n), SYN_OK);
    CHECK_INT(n, 1);
    unlink_link(&l);
    finish_default();
}

static void X3_a_cancelled_write_all_leaves_a_stream_that_can_be_closed(void)
{
    struct syn_stream_write_all_future f;
    struct link l;

    begin();
    l = local_link();
    CHECK_INT(call_by(syn_after(5), syn_stream_write_all(l.stream, big, sizeof big)),
              SYN_ETIMEDOUT);
    f = syn_stream_write_all_future(l.stream, big, sizeof big);
    CHECK_INT(future_cancel(f), SYN_ECANCELED);
    unlink_link(&l);
    finish_default();
}

/* --- misuse --- */

static void I2_one_reads_while_another_writes_and_a_second_of_a_kind_is_EBUSY(void)
{
    struct syn_stream_write_all_future w;
    struct syn_stream_bytes_future r;
    struct link l;
    size_t n;
    char c;

    begin();
    l = local_link();
    r = syn_stream_read_future(l.stream, &c, 1);
    CHECK_INT(syn_stream_read(l.stream, &c, 1, &n), SYN_EBUSY);
    w = syn_stream_write_all_future(l.stream, big, sizeof big);
    CHECK_INT(future_wait_by(w, syn_after(1)), SYN_ETIMEDOUT);
    CHECK_INT(syn_stream_write(l.stream, "x", 1, &n), SYN_EBUSY);
    put(l.peer, "y");
    CHECK_INT(future_get(r, &n), SYN_OK);
    CHECK_INT(c, 'y');
    CHECK_INT(future_cancel(w), SYN_ECANCELED);
    unlink_link(&l);
    finish_default();
}

static void I3_close_while_reading_or_writing_is_EBUSY_and_closes_nothing(void)
{
    struct syn_stream_write_all_future w;
    struct syn_stream_bytes_future r;
    struct link l;
    size_t n;
    char c;

    begin();
    l = local_link();
    r = syn_stream_read_future(l.stream, &c, 1);
    CHECK_INT(syn_stream_close(l.stream), SYN_EBUSY);
    put(l.peer, "y");
    CHECK_INT(future_get(r, &n), SYN_OK);
    w = syn_stream_write_all_future(l.stream, big, sizeof big);
    CHECK_INT(future_wait_by(w, syn_after(1)), SYN_ETIMEDOUT);
    CHECK_INT(syn_stream_close(l.stream), SYN_EBUSY);
    CHECK_INT(future_cancel(w), SYN_ECANCELED);
    unlink_link(&l);
    finish_default();
}

ASYNC(other, void, strangers_try, (struct syn_stream *, s), SYN_LOCAL(char, c),
      SYN_LOCAL(size_t, n))
{
    co_begin;
    co_await(syn_stream_read_future(self->s, &self->c, 1), &self->n);
    CHECK_INT(co_status, SYN_EWRONGLOOP);
    co_await(syn_stream_write_future(self->s, "x", 1), &self->n);
    CHECK_INT(co_status, SYN_EWRONGLOOP);
    co_await(syn_stream_write_all_future(self->s, "x", 1));
    CHECK_INT(co_status, SYN_EWRONGLOOP);
    co_await(syn_stream_shutdown_future(self->s));
    CHECK_INT(co_status, SYN_EWRONGLOOP);
    co_await(syn_stream_close_future(self->s));
    CHECK_INT(co_status, SYN_EWRONGLOOP);
    co_end;
}

static void C15_a_stream_used_on_another_synchronizer_is_EWRONGLOOP_and_unharmed(void)
{
    struct link l;
    char buffer[8];
    size_t n;

    begin();
    l = tcp_link();
    CHECK_INT(syn_stream_write(l.stream, "a", 1, &n), SYN_OK); /* here it lives */
    for (int i = 0; i < 100; i++) {
        struct syn_stream_bytes_future f = syn_stream_read_future(l.stream, buffer, 8);

        CHECK_INT(strangers_try(l.stream), SYN_OK); /* while its own loop works on it */
        put(l.peer, "b");
        CHECK_INT(future_get(f, &n), SYN_OK);
        CHECK_INT(n, 1);
    }
    CHECK_INT(recv(l.peer, buffer, 8, MSG_DONTWAIT), 1); /* nothing of the stranger's */
    unlink_link(&l);
    finish(&other);
    finish_default();
}

struct contest {
    struct syn_stream *stream;
    atomic_int right, wrong;
};

ASYNC(other, syn_err, write_elsewhere, (struct syn_stream *, s), SYN_LOCAL(size_t, n))
{
    co_begin;
    co_await(syn_stream_write_future(self->s, "x", 1), &self->n);
    co_return(co_status);
    co_end;
}

ASYNC(other, void, close_elsewhere, (struct syn_stream *, s))
{
    co_begin;
    co_try(syn_stream_close_future(self->s));
    co_end;
}

static void contend(int number, void *argument)
{
    struct contest *c = argument;
    syn_err err;
    size_t n;

    if (number % 2)
        err = syn_stream_write(c->stream, "x", 1, &n);
    else if (write_elsewhere(c->stream, &err))
        err = SYN_EIO;
    CHECK(err == SYN_OK || err == SYN_EBUSY || err == SYN_EWRONGLOOP);
    atomic_fetch_add(err == SYN_OK ? &c->right : &c->wrong, 1);
}

static void C15_two_loops_race_for_a_new_stream_and_one_has_it(void)
{
    char buffer[64];

    begin();
    for (int i = 0; i < 40; i++) {
        struct contest c = {0};
        struct link l = local_link();

        c.stream = l.stream;
        crew_run(4, contend, &c);
        CHECK(c.right >= 1 && c.right <= 2 && c.right + c.wrong == 4);
        CHECK_INT(recv(l.peer, buffer, sizeof buffer, MSG_DONTWAIT), c.right);
        close(l.peer);
        if (syn_stream_close(l.stream) == SYN_EWRONGLOOP)
            CHECK_INT(close_elsewhere(l.stream), SYN_OK);
    }
    finish(&other);
    finish_default_after(256);
}

ASYNC(SYN_FREE, void, block_on_own_loop, (struct syn_stream *, s), (char *, buffer))
{
    size_t n = 0;

    CHECK_INT(syn_stream_read(self->s, self->buffer, 8, &n), SYN_EDEADLK);
    CHECK_INT(syn_stream_write(self->s, "x", 1, &n), SYN_EDEADLK);
    CHECK_INT(syn_stream_shutdown(self->s), SYN_EDEADLK);
    CHECK_INT(syn_stream_close(self->s), SYN_EDEADLK);
    return step_done(self);
}

static void C7_a_blocking_read_on_its_own_loop_is_EDEADLK_and_takes_nothing_later(void)
{
    char buffer[8] = "";
    struct link l;

    begin();
    l = tcp_link();
    CHECK_INT(block_on_own_loop(l.stream, buffer), SYN_OK);
    CHECK_INT(call_by(syn_after(1), syn_stream_read(l.stream, big, 1, &(size_t){0})),
              SYN_ETIMEDOUT); /* not EBUSY: nobody reads */
    put(l.peer, "mine");
    CHECK_READS(l.stream, "mine");
    CHECK_STR(buffer, "");
    CHECK_INT(recv(l.peer, buffer, 8, MSG_DONTWAIT), -1); /* nor was anything written */
    unlink_link(&l);
    finish_default();
}

static const struct test_case cases[] = {
    TEST(X3_a_read_ends_at_its_deadline_and_the_stream_goes_on),
    TEST(X3_a_cancelled_read_loses_no_byte),
    TEST(X3_a_cancelled_write_reports_all_that_it_wrote_and_the_stream_goes_on),
    TEST(X3_a_cancelled_write_all_leaves_a_stream_that_can_be_closed),
    TEST(I2_one_reads_while_another_writes_and_a_second_of_a_kind_is_EBUSY),
    TEST(I3_close_while_reading_or_writing_is_EBUSY_and_closes_nothing),
    TEST(C15_a_stream_used_on_another_synchronizer_is_EWRONGLOOP_and_unharmed),
    TEST(C15_two_loops_race_for_a_new_stream_and_one_has_it),
    TEST(C7_a_blocking_read_on_its_own_loop_is_EDEADLK_and_takes_nothing_later),
};
TEST_MAIN_BOTH_MODES("stream_limits", cases);

/* SPDX-License-Identifier: Apache-2.0
 *
 * A deadline that has passed already, at what waits and at what ends something: what is there is
 * taken, nothing is waited for, and an end is done. The rule is in call.h ("DEADLINES"). Both modes.
 */
#define _DEFAULT_SOURCE
#include <errno.h>

#include <synchronicity/child.h>
#include <synchronicity/file.h>
#include <synchronicity/readiness.h>
#include <synchronicity/step.h>
#include <synchronicity/stream.h>
#include <synchronicity/tcp.h>
#include <synchronicity/udp.h>

#include "support/pool_rig.h"

SYNCHRONIZER(demo);
POOL(workers, .max_threads = 4, .grace_ns = -1);
CHANNEL(int, ints);
PROMISE(int, answer);

static struct syn_deadline past(void)
{
    struct syn_deadline deadline = {syn_after(0).ns - SECOND};

    return deadline;
}

/* Runs until it is cancelled. */
ASYNC(demo, int, nap)
{
    co_begin;
    co_sleep(3600);
    co_return(1);
    co_end;
}

ASYNC(demo, int, at_once)
{
    return step_return(self, 7);
}

/* --- a wait takes what is there, and does not wait --- */

static void takes_results(void)
{
    struct at_once_future f = at_once_future();
    struct answer_promise p;
    struct answer_future a;
    int y = 0;

    CHECK_INT(future_wait(f), SYN_OK);
    CHECK_INT(future_wait_by(f, past()), SYN_OK);
    CHECK_INT(future_get_by(f, &y, past()), SYN_OK);
    CHECK_INT(y, 7);
    CHECK_INT(promise_new(answer, &p, &a), SYN_OK);
    CHECK_INT(future_wait_by(a, past()), SYN_ETIMEDOUT);
    CHECK_INT(future_get_by(a, &y, past()), SYN_ETIMEDOUT);
    CHECK_INT(promise_complete(p, &y), SYN_EUNWANTED);
    CHECK_INT(future_get_by(nap_future(), &y, past()), SYN_ETIMEDOUT); /* asked to end */
}

static void takes_items(void)
{
    struct ints_channel c;
    syn_err err;
    int i = 5;

    CHECK_INT(channel_new(ints, 1, &c), SYN_OK);
    CHECK_INT(channel_next_by(c, &i, past()), SYN_ETIMEDOUT);
    CHECK_INT(channel_send_by(c, &i, past()), SYN_OK);
    CHECK_INT(channel_send_by(c, &i, past()), SYN_ETIMEDOUT);
    i = 0;
    CHECK_INT(call_by(past(), channel_next(c, &i)), SYN_OK);
    CHECK_INT(i, 5);
    CHECK_INT(channel_select(&err, SYN_ON_NEXT(c, &i), SYN_ON_TIME(past())), 1);
    CHECK_INT(err, SYN_ETIMEDOUT);
    CHECK_INT(channel_send(c, &i), SYN_OK);
    CHECK_INT(call_by(past(), channel_select(&err, SYN_ON_NEXT(c, &i))), 0);
    CHECK_INT(err, SYN_OK);
    CHECK_INT(call_by(past(), channel_close(c)), SYN_OK); /* what ends something is done */
}

BLOCKING(workers, void, takes)
{
    (void)job;
    takes_results();
    takes_items();
}

static void X2_a_wait_whose_deadline_has_passed_takes_what_is_there(void)
{
    begin();
    takes_results();
    takes_items();
    CHECK_INT(takes(), SYN_OK);
    CHECK_INT(pool_stop(&workers, syn_never()), SYN_OK);
    CHECK_INT(pool_free(&workers), SYN_OK);
    finish(&demo);
    done();
}

/* --- in a task --- */

static struct syn_mutex mutex;
static struct syn_semaphore semaphore;
static struct syn_event event;
static int ends[2];

ASYNC(demo, void, holds)
{
    co_begin;
    co_lock(&mutex);
    co_sleep(3600);
    co_finally;
    syn_mutex_unlock(&mutex);
    co_end;
}

ASYNC(demo, void, waits, SYN_LOCAL(struct at_once_future, f), SYN_LOCAL(struct ints_channel, c),
      SYN_LOCAL(int, i), SYN_LOCAL(struct holds_future, holder),
      SYN_LOCAL(struct syn_choice, on[2]))
{
    co_begin;
    self->f = at_once_future();
    co_pass;
    co_pass;
    co_await_by(self->f, &self->i, past());
    CHECK_INT(co_status, SYN_OK);
    CHECK_INT(self->i, 7);
    co_await_by(nap_future(), &self->i, past());
    CHECK_INT(co_status, SYN_ETIMEDOUT);
    CHECK_INT(channel_new(ints, 1, &self->c), SYN_OK);
    co_send_by(self->c, &self->i, past());
    CHECK_INT(co_status, SYN_OK);
    co_send_by(self->c, &self->i, past());
    CHECK_INT(co_status, SYN_ETIMEDOUT);
    co_next_by(self->c, &self->i, past());
    CHECK_INT(co_status, SYN_OK);
    co_next_by(self->c, &self->i, past());
    CHECK_INT(co_status, SYN_ETIMEDOUT);
    co_select(self->on, SYN_ON_NEXT(self->c, &self->i), SYN_ON_TIME(past()));
    CHECK_INT(syn_chosen(self->on), 1);
    CHECK_INT(co_status, SYN_ETIMEDOUT);
    co_close(self->c);
    co_attempt_by(&mutex, past());
    CHECK_INT(co_status, SYN_OK);
    syn_mutex_unlock(&mutex);
    self->holder = holds_future();
    co_pass;
    co_pass;
    co_attempt_by(&mutex, past());
    CHECK_INT(co_status, SYN_ETIMEDOUT);
    co_cancel(self->holder);
    co_attempt_by(&semaphore, past());
    CHECK_INT(co_status, SYN_OK);
    co_attempt_by(&semaphore, past());
    CHECK_INT(co_status, SYN_ETIMEDOUT);
    co_attempt_by(&event, past());
    CHECK_INT(co_status, SYN_ETIMEDOUT);
    syn_event_set(&event);
    co_attempt_by(&event, past());
    CHECK_INT(co_status, SYN_OK);
    co_poll_by(ends[0], SYN_READABLE, &self->i, past());
    CHECK_INT(self->i, 0);
    CHECK_INT((int)write(ends[1], "x", 1), 1);
    co_poll_by(ends[0], SYN_READABLE, &self->i, past());
    CHECK_INT(self->i, SYN_READABLE);
    co_sleep(-1.0);
    CHECK_INT(co_status, SYN_OK);
    co_end;
}

static void X2_a_wait_of_a_task_whose_deadline_has_passed_takes_what_is_there(void)
{
    int64_t before;

    begin();
    CHECK_INT(pipe(ends), 0);
    syn_semaphore_init(&semaphore, 1);
    before = now();
    CHECK_INT(waits(), SYN_OK);
    CHECK_INT(now() - before, 0);
    close(ends[0]);
    close(ends[1]);
    finish(&demo);
    done();
}

/* --- what ends something is done in any case --- */

static void note_error(void *user, syn_err err, int *result)
{
    (void)result;
    *(_Atomic(syn_err) *)user = err;
}

static void X2_a_callback_is_called_whatever_the_deadline(void)
{
    static _Atomic(syn_err) told;

    begin();
    CHECK_INT(call_by(past(), future_then(nap_future(), &demo, note_error, &told)), SYN_OK);
    for (int i = 0; !told && i < 1000; i++)
        CHECK_INT(at_once(NULL), SYN_OK); /* behind it on the loop */
    finish(&demo);
    CHECK_INT(told, SYN_ETIMEDOUT);
    done();
}

static void X2_what_ends_something_is_done_whatever_the_deadline(void)
{
    static const char *const nothing[] = {"true", NULL};
    struct syn_child_options options = {.arguments = nothing};
    struct syn_listener *listener;
    struct syn_stream *stream;
    struct syn_child *child;
    struct syn_file_close_future closes;
    struct syn_udp *udp;
    char byte;
    size_t n;

    begin_in_real_time();
    CHECK_INT(pipe(ends), 0);
    CHECK_INT(syn_stream_from_descriptor(ends[0], &stream), SYN_OK);
    CHECK_INT((int)write(ends[1], "x", 1), 1);
    CHECK_INT(call_by(past(), syn_stream_read(stream, &byte, 1, &n)), SYN_ETIMEDOUT);
    CHECK_INT(call_by(past(), syn_stream_close(stream)), SYN_OK);
    close(ends[1]);
    CHECK_INT(pipe(ends), 0);
    CHECK_INT(call_by(past(), syn_file_close(ends[0])), SYN_OK);
    (void)call_by(past(), (closes = syn_file_close_future(ends[1]), 0));
    CHECK_INT(future_get(closes), SYN_OK);
    CHECK_INT(write(ends[1], "x", 1), -1);
    CHECK_INT(errno, EBADF);
    CHECK_INT(syn_tcp_listen("127.0.0.1", 0, &listener), SYN_OK);
    CHECK_INT(call_by(past(), syn_listener_close(listener)), SYN_OK);
    CHECK_INT(syn_udp_open("127.0.0.1", 0, &udp), SYN_OK);
    CHECK_INT(call_by(past(), syn_udp_close(udp)), SYN_OK);
    CHECK_INT(syn_child_start(&options, &child), SYN_OK);
    CHECK_INT(call_by(past(), syn_child_close(child, NULL)), SYN_OK);
    CHECK_INT(call_by(past(), synchronizer_stop(syn_default_synchronizer(), syn_never())), SYN_OK);
}

static const struct test_case cases[] = {
    TEST(X2_a_wait_whose_deadline_has_passed_takes_what_is_there),
    TEST(X2_a_wait_of_a_task_whose_deadline_has_passed_takes_what_is_there),
    TEST(X2_a_callback_is_called_whatever_the_deadline),
    TEST(X2_what_ends_something_is_done_whatever_the_deadline),
};
TEST_MAIN_BOTH_MODES("expired_wait", cases);

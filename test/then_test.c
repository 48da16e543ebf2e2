/* SPDX-License-Identifier: Apache-2.0
 *
 * The callback face: its deadline, its cancelling, what the callback knows of an error, and
 * futures that are refused. Virtual time, both modes.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

SYNCHRONIZER(demo);
SYNCHRONIZER(other);
PROMISE(int, number);

ASYNC(demo, int, square, (double, seconds), (int, x))
{
    co_begin;
    co_sleep(self->seconds);
    if (self->x < 0)
        co_fail(SYN_EIO, "there is no such square");
    co_return(self->x * self->x);
    co_end;
}

ASYNC(demo, void, naps, (double, seconds))
{
    co_begin;
    co_sleep(self->seconds);
    co_end;
}

struct heard {
    atomic_int calls;
    int value;
    syn_err err;
    enum syn_origin origin;
    int64_t at;
    char text[500];
};

static void hear(void *user, syn_err err, int *value)
{
    struct heard *heard = user;

    heard->err = err;
    heard->value = value ? *value : -1;
    heard->origin = syn_last_origin();
    heard->at = now();
    if (err)
        syn_report_text(syn_last_report(), heard->text, sizeof heard->text);
    heard->calls++;
}

/* It was called, with ERR, after SECONDS. */
static void check(struct heard *heard, syn_err err, double seconds)
{
    CHECK_INT(naps(9.0), 0);
    CHECK_INT(heard->calls, 1);
    CHECK_INT(heard->err, err);
    CHECK_INT(heard->at, (int64_t)(seconds * 1e9));
}

static void P6_a_callback_has_a_deadline(void)
{
    struct heard heard = {.calls = 0};

    begin();
    CHECK_INT(call_by(syn_after(1.0), future_then(square_future(60.0, 3), &demo, hear, &heard)), 0);
    check(&heard, SYN_ETIMEDOUT, 1.0);
    CHECK_INT(heard.origin, SYN_BY_DEADLINE);
    heard.calls = 0;
    CHECK_INT(call_by(syn_after(5.0), future_then(square_future(2.0, 3), &other, hear, &heard)), 0);
    check(&heard, 0, 11.0);
    CHECK_INT(heard.value, 9);
    finish(&demo);
    finish(&other);
    done();
}

static void P6_a_callback_inherits_the_deadline_around_it(void)
{
    struct square_future f;
    struct heard heard = {.calls = 0};

    begin();
    f = square_future(60.0, 3);
    CHECK_INT(call_by(syn_after(2.0), future_then(f, &demo, hear, &heard)), 0);
    check(&heard, SYN_ETIMEDOUT, 2.0);
    heard.calls = 0;
    f = square_future(60.0, 3);
    CHECK_INT(call_by(syn_after(1.0), call_by(syn_after(5.0), future_then(f, &demo, hear, &heard))),
              0);
    check(&heard, SYN_ETIMEDOUT, 10.0);
    finish(&demo);
    done();
}

static void P6_a_deadline_reaches_a_promise_that_nobody_completes(void)
{
    struct number_promise p;
    struct number_future f;
    struct heard heard = {.calls = 0};

    begin();
    CHECK_INT(promise_new(number, &p, &f), 0);
    CHECK_INT(call_by(syn_after(1.0), future_then(f, &demo, hear, &heard)), 0);
    check(&heard, SYN_ETIMEDOUT, 1.0);
    CHECK_INT(promise_is_wanted(p), 0);
    CHECK_INT(promise_complete(p, &(int){3}), SYN_EUNWANTED);
    CHECK_INT(heard.calls, 1);
    finish(&demo);
    done();
}

static void P6_a_callback_is_cancelled_by_its_future(void)
{
    struct square_future f;
    struct heard heard = {.calls = 0};

    begin();
    f = square_future(60.0, 3);
    CHECK_INT(future_then(f, &demo, hear, &heard), 0);
    CHECK_INT(future_get(f, NULL), SYN_ECONSUMED);
    CHECK_INT(naps(1.0), 0);
    CHECK_INT(future_request_cancel(f), 0);
    check(&heard, SYN_ECANCELED, 1.0);
    CHECK_INT(heard.origin, SYN_BY_REQUEST);
    finish(&demo);
    done();
}

static void E5_a_callback_can_read_message_and_trace_of_its_error(void)
{
    struct heard heard = {.calls = 0};

    begin();
    CHECK_INT(future_then(square_future(1.0, -3), &other, hear, &heard), 0);
    check(&heard, SYN_EIO, 1.0);
    CHECK_INT(heard.origin, SYN_BY_TASK);
    CHECK(strstr(heard.text, "there is no such square") != NULL);
    CHECK(strstr(heard.text, "in square (") != NULL);
    finish(&demo);
    finish(&other);
    done();
}

static void E5_a_callback_that_a_stop_ends_is_told_why(void)
{
    struct heard heard = {.calls = 0};

    begin();
    CHECK_INT(synchronizer_start(&other), 0);
    CHECK_INT(future_then(square_future(60.0, 3), &other, hear, &heard), 0);
    finish(&other);
    CHECK_INT(heard.calls, 1);
    CHECK_INT(heard.err, SYN_ECANCELED);
    CHECK(strstr(heard.text, "cancelled") != NULL);
    finish(&demo);
    done();
}

static void never_called(void *user, syn_err err, int *value)
{
    (void)user;
    (void)err;
    (void)value;
    CHECK(!"called back for a future that was refused");
}

/* While somebody waits for it a future takes no callback, and is as it was. */
ASYNC(demo, void, waits_in_a_select, (struct number_future, f), SYN_LOCAL(struct syn_choice, on[2]),
      SYN_LOCAL(int, y))
{
    co_begin;
    co_select(self->on, ON_FUTURE(self->f, &self->y), ON_TIME(syn_after(5.0)));
    CHECK_INT(syn_chosen(self->on), 1);
    co_end;
}

static void P2_a_future_that_a_select_waits_for_is_busy_and_not_used_up(void)
{
    struct waits_in_a_select_future w;
    struct number_promise p;
    struct number_future f;
    struct number_shared s;
    struct syn_scope scope = SYN_SCOPE;
    int y = 0;

    begin();
    CHECK_INT(promise_new(number, &p, &f), 0);
    w = waits_in_a_select_future(f);
    CHECK_INT(naps(1.0), 0);
    CHECK_INT(future_poll(f), SYN_EAGAIN);
    CHECK_INT(future_get(f, &y), SYN_EBUSY);
    CHECK_SAYS("share it");
    CHECK_INT(future_detach(f), SYN_EBUSY);
    CHECK_INT(future_share(f, &s), SYN_EBUSY);
    CHECK_SAYS("share it");
    CHECK_INT(future_then(f, &demo, never_called, NULL), SYN_EBUSY);
    CHECK_SAYS("share it");
    CHECK_INT(scope_spawn(&scope, f, &y), 0);
    CHECK_INT(scope_join(&scope), SYN_EBUSY);
    CHECK_SAYS("share it");
    CHECK_INT(promise_is_wanted(p), 1);
    CHECK_INT(future_get(w), 0);
    CHECK_INT(promise_complete(p, &(int){3}), 0);
    CHECK_INT(future_get(f, &y), 0);
    CHECK_INT(y, 3);
    CHECK_INT(future_get(f, &y), SYN_ECONSUMED);
    finish(&demo);
    done();
}

ASYNC(demo, int, awaits, (struct number_future, f))
{
    co_begin;
    co_try(self->f, &self->result);
    co_return_result;
    co_end;
}

static void E5_a_future_that_serves_no_more_says_why(void)
{
    struct number_future none = {{{NULL, 0}}}, f;
    struct number_promise p;
    struct number_shared s;
    int y = 0;

    begin();
    CHECK_INT(awaits(none, &y), SYN_EINVAL);
    CHECK_SAYS("was never made");
    CHECK_INT(future_get(none, &y), SYN_EINVAL);
    CHECK_SAYS("was never made");
    CHECK_INT(future_share(none, &s), SYN_EINVAL);
    CHECK_SAYS("was never made");
    CHECK_INT(future_then(none, &demo, never_called, NULL), SYN_EINVAL);
    CHECK_SAYS("was never made");
    CHECK_INT(promise_new(number, &p, &f), 0);
    CHECK_INT(future_detach(f), 0);
    CHECK_INT(promise_drop(p), 0);
    CHECK_INT(awaits(f, &y), SYN_ECONSUMED);
    CHECK_SAYS("used up before");
    CHECK_INT(future_then(f, &demo, never_called, NULL), SYN_ECONSUMED);
    CHECK_SAYS("used up before");
    finish(&demo);
    done();
}

static void E5_a_call_on_a_stopped_synchronizer_says_which_and_how_to_begin_anew(void)
{
    static const char why[] = "its synchronizer 'demo' was stopped";
    struct syn_scope scope = SYN_SCOPE;
    struct square_shared s;
    struct square_future f;
    int y = 0;

    begin();
    CHECK_INT(square(1.0, 3, &y), 0);
    CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
    CHECK_INT(square(1.0, 3, &y), SYN_ECLOSED);
    CHECK_SAYS(why);
    CHECK_SAYS("syn_synchronizer_start");
    f = square_future(1.0, 3);
    CHECK_INT(future_poll(f), SYN_ECLOSED);
    CHECK_SAYS(why);
    CHECK_INT(future_wait(f), SYN_ECLOSED);
    CHECK_INT(future_request_cancel(f), SYN_ECLOSED);
    CHECK_INT(future_get(f, &y), SYN_ECLOSED);
    CHECK_SAYS(why);
    CHECK_INT(future_get(f, &y), SYN_ECONSUMED);
    CHECK_INT(future_then(square_future(1.0, 3), &other, never_called, NULL), SYN_ECLOSED);
    CHECK_SAYS(why);
    CHECK_INT(future_share(square_future(1.0, 3), &s), SYN_ECLOSED);
    CHECK_SAYS(why);
    f = square_future(1.0, 3);
    CHECK_INT(future_detach(f), SYN_ECLOSED);
    CHECK_SAYS(why);
    CHECK_INT(future_detach(f), SYN_ECONSUMED);
    CHECK_INT(scope_spawn(&scope, square_future(1.0, 3), &y), 0);
    CHECK_INT(scope_join(&scope), SYN_ECLOSED);
    CHECK_SAYS(why);
    finish(&demo);
    finish(&other);
    done();
}

GENERATOR(demo, int, numbers)
{
    co_begin;
    co_yield(1);
    co_end;
}

static void E5_a_generator_of_a_stopped_synchronizer_says_how_to_begin_anew(void)
{
    struct numbers_channel ch;
    int y = 0;

    begin();
    CHECK_INT(naps(1.0), 0);
    CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
    ch = numbers();
    CHECK_INT(channel_next(ch, &y), SYN_ECLOSED);
    CHECK_SAYS("its synchronizer was stopped; syn_synchronizer_start()");
    finish(&demo);
    done();
}

static void E5_where_no_thread_can_be_had_a_call_says_so(void)
{
    int y = 0;

    begin();
    syn_fault_set("pthread_create", 1, 1000, EAGAIN);
    if (test_driving) /* it needs none */
        CHECK_INT(square(0.0, 3, &y), 0);
    else
        CHECK_INT(square(0.0, 3, &y), SYN_EAGAIN);
    CHECK_INT(future_get(square_future(0.0, 3), &y), SYN_EAGAIN);
    CHECK_SAYS("square: its synchronizer 'demo' could not be started");
    CHECK(strstr(syn_last_report()->cause->message, "no thread") != NULL);
    syn_fault_clear();
    CHECK_INT(square(0.0, 3, &y), 0);
    finish(&demo);
    done();
}

static const struct test_case cases[] = {
    TEST(P6_a_callback_has_a_deadline),
    TEST(P6_a_callback_inherits_the_deadline_around_it),
    TEST(P6_a_deadline_reaches_a_promise_that_nobody_completes),
    TEST(P6_a_callback_is_cancelled_by_its_future),
    TEST(E5_a_callback_can_read_message_and_trace_of_its_error),
    TEST(E5_a_callback_that_a_stop_ends_is_told_why),
    TEST(P2_a_future_that_a_select_waits_for_is_busy_and_not_used_up),
    TEST(E5_a_future_that_serves_no_more_says_why),
    TEST(E5_a_call_on_a_stopped_synchronizer_says_which_and_how_to_begin_anew),
    TEST(E5_a_generator_of_a_stopped_synchronizer_says_how_to_begin_anew),
    TEST(E5_where_no_thread_can_be_had_a_call_says_so),
};
TEST_MAIN_BOTH_MODES("then", cases);

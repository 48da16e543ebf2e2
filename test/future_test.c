/* SPDX-License-Identifier: Apache-2.0
 *
 * The reading end: every verb on futures that run, that are done, that are used up
 * and that never were; callbacks; results that own something. Virtual time, both
 * modes.
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
    co_return(self->x * self->x);
    co_end;
}

static void P1_ten_thousand_sleeps_end_together(void)
{
    enum { N = 10000 };
    static struct square_future f[N];
    int y;

    begin();
    for (int i = 0; i < N; i++)
        f[i] = square_future(1.0, i);
    CHECK_INT(now(), 0);
    for (int i = 0; i < N; i++) {
        CHECK_INT(future_get(f[i], &y), 0);
        CHECK_INT(y, i * i);
    }
    CHECK_INT(now(), SECOND);
    finish(&demo);
    done_after(N);
}

static void P2_get_takes_the_result_and_get_by_cancels_at_its_deadline(void)
{
    int y = -1;

    begin();
    CHECK_INT(future_get(square_future(1.0, 3), &y), 0);
    CHECK_INT(y, 9);
    CHECK_INT(future_get(square_future(1.0, 3), NULL), 0);
    CHECK_INT(future_get_by(square_future(1.0, 4), &y, syn_after(2.0)), 0);
    CHECK_INT(y, 16);
    CHECK_INT(now(), 3 * SECOND);
    CHECK_INT(future_get_by(square_future(9.0, 5), &y, syn_after(1.0)), SYN_ETIMEDOUT);
    CHECK_INT(syn_last_origin(), SYN_BY_DEADLINE);
    CHECK_INT(y, 16);
    CHECK_INT(now(), 4 * SECOND);
    finish(&demo);
    done();
}

static void P2_wait_and_poll_leave_the_future_as_it_is(void)
{
    struct square_future f;
    int y = 0;

    begin();
    f = square_future(2.0, 3);
    CHECK_INT(future_poll(f), SYN_EAGAIN);
    CHECK_INT(future_wait_by(f, syn_after(1.0)), SYN_ETIMEDOUT);
    CHECK_INT(syn_last_origin(), SYN_BY_DEADLINE);
    CHECK(syn_last_report() != NULL);
    CHECK_INT(syn_last_report()->code, SYN_ETIMEDOUT);
    CHECK_INT(now(), SECOND);
    CHECK_INT(future_wait(f), 0);
    CHECK_INT(future_wait(f), 0);
    CHECK_INT(future_poll(f), 0);
    CHECK_INT(now(), 2 * SECOND);
    CHECK_INT(future_get(f, &y), 0);
    CHECK_INT(y, 9);
    finish(&demo);
    done();
}

static void P2_cancel_waits_for_the_end_and_tells_the_outcome(void)
{
    struct square_future f;
    int y = 0;

    begin();
    CHECK_INT(future_cancel(square_future(1.0, 3)), SYN_ECANCELED);
    CHECK_INT(syn_last_origin(), SYN_BY_REQUEST);
    CHECK_INT(now(), 0);
    f = square_future(0.0, 3);
    CHECK_INT(future_wait(f), 0);
    CHECK_INT(future_cancel(f), 0); /* it had ended well */
    f = square_future(1.0, 3);
    CHECK_INT(future_request_cancel(f), 0);
    CHECK_INT(future_request_cancel(f), 0);
    CHECK_INT(future_get(f, &y), SYN_ECANCELED);
    CHECK_INT(y, 0);
    finish(&demo);
    done();
}

static void P2_a_detached_call_runs_on(void)
{
    int y = 0;

    begin();
    CHECK_INT(future_detach(square_future(1.0, 3)), 0);
    CHECK_INT(square(2.0, 3, &y), 0);
    CHECK_INT(synchronizer_stats(&demo).ended, 2);
    finish(&demo);
    done();
}

/* C15 */

static void never_called(void *user, syn_err err, int *result)
{
    (void)user;
    (void)err;
    (void)result;
    CHECK(!"called for a future that was no good");
}

static void check_every_verb_refuses(struct square_future f, syn_err err, const char *text)
{
    struct square_shared s;
    int y = -1;

    CHECK_INT(future_get(f, &y), err);
    CHECK_SAYS(text);
    CHECK_INT(future_get_by(f, &y, syn_after(1.0)), err);
    CHECK_INT(future_wait(f), err);
    CHECK_INT(future_wait_by(f, syn_after(1.0)), err);
    CHECK_INT(future_poll(f), err);
    CHECK_INT(future_cancel(f), err);
    CHECK_INT(future_detach(f), err);
    CHECK_INT(future_then(f, &demo, never_called, NULL), err);
    CHECK_INT(future_share(f, &s), err);
    CHECK_SAYS(err == SYN_EINVAL ? "never made" : "used up");
    CHECK_INT(syn_last_origin(), SYN_BY_LIBRARY);
    CHECK_INT(y, -1);
}

ASYNC(demo, void, awaits_used_ones, (struct square_future, used), (struct square_future, none))
{
    co_begin;
    co_await(self->used, NULL);
    CHECK_INT(co_status, SYN_ECONSUMED);
    co_await_by(self->used, NULL, syn_after(1.0));
    CHECK_INT(co_status, SYN_ECONSUMED);
    co_await(self->none, NULL);
    CHECK_INT(co_status, SYN_EINVAL);
    co_sleep(2.0);
    CHECK_INT(co_status, 0);
    co_end;
}

/* Also while its call runs, and is known to its producer only. */
static void P2_a_detached_future_is_used_up_at_once(void)
{
    struct square_future f;
    int y = 0;

    begin();
    f = square_future(1.0, 3);
    CHECK_INT(future_detach(f), 0);
    check_every_verb_refuses(f, SYN_ECONSUMED, "used up");
    CHECK_INT(square(2.0, 3, &y), 0);
    CHECK_INT(y, 9);
    CHECK_INT(synchronizer_stats(&demo).ended, 2);
    check_every_verb_refuses(f, SYN_ECONSUMED, "used up");
    finish(&demo);
    done();
}

static void C15_a_future_used_twice_is_an_error_also_when_its_place_was_used_again(void)
{
    struct square_future none = {.u = {.handle = {NULL, 0}}}, f;
    int y;

    begin();
    check_every_verb_refuses(none, SYN_EINVAL, "never made");
    f = square_future(0.0, 3);
    CHECK_INT(future_get(f, &y), 0);
    check_every_verb_refuses(f, SYN_ECONSUMED, "used up");
    CHECK_INT(awaits_used_ones(f, none), 0);
    for (int i = 0; i < 100000 / TEST_SLOWNESS; i++)
        CHECK_INT(future_get(square_future(0.0, 3), &y), 0);
    check_every_verb_refuses(f, SYN_ECONSUMED, "used up");
    CHECK_INT(future_request_cancel(f), SYN_ECONSUMED);
    finish(&demo);
    done_after(2048); /* a place is free again a little after its get */
}

/* The very place, and somebody else lives there: promises come from this thread's own
 * store, last in, first out. */
static void C15_a_used_future_is_refused_while_another_has_its_place(void)
{
    struct number_promise p, old;
    struct number_future f, used;
    int y, n_same = 0;

    begin();
    CHECK_INT(square(0.0, 3, &y), 0); /* something runs, so places are kept */
    CHECK_INT(promise_new(number, &old, &used), 0);
    CHECK_INT(promise_complete(old, &y), 0);
    CHECK_INT(future_get(used, &y), 0);
    for (int i = 0; i < 1000; i++) {
        CHECK_INT(promise_new(number, &p, &f), 0);
        n_same += f.u.handle.slot == used.u.handle.slot;
        CHECK_INT(future_poll(used), SYN_ECONSUMED);
        CHECK_INT(future_cancel(used), SYN_ECONSUMED);
        CHECK_INT(promise_complete(old, &y), SYN_EALREADY);
        CHECK_INT(promise_complete(p, &i), 0);
        CHECK_INT(future_get(used, &y), SYN_ECONSUMED);
        CHECK_INT(future_get(f, &y), 0);
        CHECK_INT(y, i);
    }
    CHECK(n_same > 0);
    finish(&demo);
    done();
}

/* P6 */

struct heard {
    pthread_t thread;
    _Atomic(bool) registered, called;
    int calls, value;
    syn_err err;
};

static void hear(void *user, syn_err err, int *result)
{
    struct heard *heard = user;

    CHECK(heard->registered);
    heard->thread = pthread_self();
    heard->calls++;
    heard->err = err;
    heard->value = result ? *result : -1;
    heard->called = true;
}

/* On a loop with its thread at work, so that no callback can come too early. */
ASYNC(other, void, registers, (struct square_future, f), (struct heard *, heard))
{
    CHECK_INT(future_then(self->f, &other, hear, self->heard), 0);
    CHECK_INT(self->heard->calls, 0);
    self->heard->registered = true;
    return step_done(self);
}

static void check_heard(struct square_future f, syn_err err, int value)
{
    struct heard heard = {.registered = false};

    CHECK_INT(registers(f, &heard), 0);
    spin_until(&heard.called);
    CHECK_INT(synchronizer_stop(&other, syn_never()), 0);
    CHECK_INT(heard.calls, 1);
    CHECK_INT(heard.err, err);
    CHECK_INT(heard.value, value);
    if (!test_driving)
        CHECK(!pthread_equal(heard.thread, pthread_self()));
    CHECK_INT(synchronizer_start(&other), 0);
}

static void P6_a_callback_runs_once_later_on_its_loop(void)
{
    struct square_future f;

    begin_in_real_time();
    check_heard(square_future(0.01, 3), 0, 9);
    f = square_future(0.0, 4);
    CHECK_INT(future_wait(f), 0);
    check_heard(f, 0, 16);
    f = square_future(60.0, 5);
    CHECK_INT(future_request_cancel(f), 0);
    check_heard(f, SYN_ECANCELED, -1);
    finish(&demo);
    finish(&other);
    done();
}

static void P6_a_callback_hears_of_it_when_its_loop_is_stopped(void)
{
    struct heard heard = {.registered = true};

    begin();
    CHECK_INT(synchronizer_start(&other), 0);
    CHECK_INT(future_then(square_future(60.0, 5), &other, hear, &heard), 0);
    finish(&other);
    CHECK_INT(heard.calls, 1);
    CHECK_INT(heard.err, SYN_ECANCELED);
    finish(&demo);
    done();
}

/* C11: results that own something. */

static atomic_int n_made, n_destroyed;

static void destroy(char *text)
{
    n_destroyed++;
    free(text);
}

static char *made(void)
{
    n_made++;
    return calloc(1, 10);
}

ASYNC(demo, char *, owned, (double, seconds), SYN_DESTROY(destroy))
{
    co_begin;
    co_sleep(self->seconds);
    co_return(made());
    co_end;
}

static void check_counts(int n_made_more, int n_destroyed_more)
{
    CHECK_INT(n_made, n_made_more);
    CHECK_INT(n_destroyed, n_destroyed_more);
    n_made = n_destroyed = 0;
}

static void keep_text(void *user, syn_err err, char **text)
{
    CHECK_INT(err, 0);
    *(char **)user = *text;
}

static void C11_a_result_nobody_fetched_is_destroyed_once(void)
{
    struct owned_future f;
    char *text, *kept = NULL;

    begin();
    CHECK_INT(owned(1.0, &text), 0);
    free(text);
    CHECK_INT(future_get(owned_future(1.0), &text), 0);
    free(text);
    check_counts(2, 0);
    CHECK_INT(owned(1.0, NULL), 0);
    CHECK_INT(future_get(owned_future(1.0), NULL), 0);
    check_counts(2, 2);
    CHECK_INT(future_cancel(owned_future(1.0)), SYN_ECANCELED);
    check_counts(0, 0);
    f = owned_future(0.0);
    CHECK_INT(future_wait(f), 0);
    CHECK_INT(future_cancel(f), 0);
    check_counts(1, 1);
    CHECK_INT(future_detach(owned_future(1.0)), 0);
    CHECK_INT(future_then(owned_future(1.0), &demo, keep_text, &kept), 0);
    CHECK_INT(owned(2.0, NULL), 0);
    CHECK(kept != NULL);
    free(kept);
    finish(&demo);
    check_counts(3, 2);
    done();
}

static const struct test_case cases[] = {
    TEST(P1_ten_thousand_sleeps_end_together),
    TEST(P2_get_takes_the_result_and_get_by_cancels_at_its_deadline),
    TEST(P2_wait_and_poll_leave_the_future_as_it_is),
    TEST(P2_cancel_waits_for_the_end_and_tells_the_outcome),
    TEST(P2_a_detached_call_runs_on),
    TEST(P2_a_detached_future_is_used_up_at_once),
    TEST(C15_a_future_used_twice_is_an_error_also_when_its_place_was_used_again),
    TEST(C15_a_used_future_is_refused_while_another_has_its_place),
    TEST(P6_a_callback_runs_once_later_on_its_loop),
    TEST(P6_a_callback_hears_of_it_when_its_loop_is_stopped),
    TEST(C11_a_result_nobody_fetched_is_destroyed_once),
};
TEST_MAIN_BOTH_MODES("future", cases);

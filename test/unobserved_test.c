/* SPDX-License-Identifier: Apache-2.0
 *
 * Failures that nobody looked at: each is told once, and what was looked at is not.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

SYNCHRONIZER(demo);
PROMISE(int, number);

static struct {
    int n;
    syn_err err;
    char function[40], message[SYN_MESSAGE_MAX];
} told;

static void hook(void *user, const char *function, syn_err err, const struct syn_report *report)
{
    CHECK_PTR(user, &told);
    told.n++;
    told.err = err;
    snprintf(told.function, sizeof told.function, "%s", function);
    snprintf(told.message, sizeof told.message, "%s", report ? report->message : "");
}

static void start(void)
{
    begin();
    syn_on_unobserved(hook, &told);
}

static void end_all(void)
{
    finish(&demo);
    done();
}

ASYNC(demo, int, fails, (double, seconds))
{
    co_begin;
    co_sleep(self->seconds);
    co_fail(SYN_EIO, "on fire");
    co_end;
}

ASYNC(demo, void, naps, (double, seconds))
{
    co_begin;
    co_sleep(self->seconds);
    co_end;
}

static void P7_a_detached_failure_is_told_once_with_its_report(void)
{
    start();
    CHECK_INT(future_detach(fails_future(1.0)), 0);
    CHECK_INT(naps(2.0), 0);
    CHECK_INT(told.n, 1);
    CHECK_INT(told.err, SYN_EIO);
    CHECK_STR(told.function, "fails");
    CHECK_STR(told.message, "on fire");
    end_all();
    CHECK_INT(told.n, 1);
}

static void P7_a_wait_or_a_poll_is_not_a_look(void)
{
    struct fails_future f;

    start();
    f = fails_future(1.0);
    CHECK_INT(future_wait(f), 0);
    CHECK_INT(future_poll(f), 0);
    CHECK_INT(told.n, 0);
    CHECK_INT(future_detach(f), 0);
    CHECK_INT(naps(0.0), 0); /* the task's own reference may be the last */
    CHECK_INT(told.n, 1);
    end_all();
}

ASYNC(demo, void, awaits)
{
    co_begin;
    co_await(fails_future(1.0), NULL);
    co_end;
}

static void nothing(void *user, syn_err err, int *result)
{
    (void)result;
    *(syn_err *)user = err;
}

static void P7_what_was_looked_at_is_not_told(void)
{
    struct fails_future f;
    struct fails_shared s;
    struct syn_scope scope = SYN_SCOPE;
    syn_err err = 0;

    start();
    CHECK_INT(fails(1.0, NULL), SYN_EIO);
    CHECK_INT(future_get(fails_future(1.0), NULL), SYN_EIO);
    CHECK_INT(awaits(), 0);
    CHECK_INT(future_then(fails_future(1.0), &demo, nothing, &err), 0);
    CHECK_INT(naps(2.0), 0);
    CHECK_INT(err, SYN_EIO);
    f = fails_future(1.0);
    CHECK_INT(future_share(f, &s), 0);
    CHECK_INT(shared_get(s, NULL), SYN_EIO);
    shared_release(s);
    CHECK_INT(scope_spawn(&scope, fails_future(1.0), NULL), 0);
    CHECK_INT(scope_join(&scope), SYN_EIO);
    CHECK_INT(future_cancel(fails_future(1.0)), SYN_ECANCELED);
    f = fails_future(1.0);
    CHECK_INT(future_request_cancel(f), 0);
    CHECK_INT(future_detach(f), 0); /* to be cancelled is no failure */
    CHECK_INT(naps(2.0), 0);
    end_all();
    CHECK_INT(told.n, 0);
}

static void P7_the_second_failure_of_a_scope_is_told(void)
{
    struct syn_scope scope = SYN_SCOPE;

    start();
    scope_keep_going(&scope);
    CHECK_INT(scope_spawn(&scope, fails_future(1.0), NULL), 0);
    CHECK_INT(scope_spawn(&scope, fails_future(2.0), NULL), 0);
    CHECK_INT(scope_join(&scope), SYN_EIO);
    CHECK_INT(naps(0.0), 0);
    CHECK_INT(told.n, 1);
    end_all();
}

static void P7_a_promise_that_failed_is_told(void)
{
    struct number_promise p;
    struct number_future f;

    start();
    CHECK_INT(promise_new(number, &p, &f), 0);
    CHECK_INT(promise_drop(p), 0);
    CHECK_INT(told.n, 0);
    CHECK_INT(future_detach(f), 0);
    CHECK_INT(told.n, 1);
    CHECK_INT(told.err, SYN_EBROKEN);
    CHECK_STR(told.function, "a promise");
    end_all();
}

GENERATOR(demo, int, breaks)
{
    co_begin;
    co_yield(1);
    co_fail(SYN_EIO, "on fire");
    co_end;
}

static void P7_a_generators_error_that_nobody_heard_is_told(void)
{
    struct breaks_channel ch;
    int v;

    start();
    ch = breaks();
    CHECK_INT(channel_prefetch(ch, 3), 0);
    CHECK_INT(channel_next(ch, &v), 0);
    CHECK_INT(naps(1.0), 0);
    channel_drop(ch);
    CHECK_INT(naps(0.0), 0);
    CHECK_INT(told.n, 1);
    CHECK_STR(told.function, "breaks");
    ch = breaks();
    CHECK_INT(channel_next(ch, &v), 0);
    CHECK_INT(channel_next(ch, &v), SYN_EIO);
    CHECK_INT(channel_close(ch), 0);
    CHECK_INT(told.n, 1);
    end_all();
}

static const struct test_case cases[] = {
    TEST(P7_a_detached_failure_is_told_once_with_its_report),
    TEST(P7_a_wait_or_a_poll_is_not_a_look),
    TEST(P7_what_was_looked_at_is_not_told),
    TEST(P7_the_second_failure_of_a_scope_is_told),
    TEST(P7_a_promise_that_failed_is_told),
    TEST(P7_a_generators_error_that_nobody_heard_is_told),
};
TEST_MAIN_BOTH_MODES("unobserved", cases);

/* SPDX-License-Identifier: Apache-2.0
 *
 * The outcome of a task, and what learns of it: errors of clean-ups that replace no outcome, values
 * of tasks that were abandoned, and reports that a task reads while it handles an error.
 */
#define _DEFAULT_SOURCE
#include "support/pair_rig.h"
#include "support/unobserved_rig.h"

#include <synchronicity/step.h>

enum { ROLLBACK = SYN_EUSER + 4 };

static void begin_listening(void)
{
    begin();
    unobserved[0] = '\0';
    syn_on_unobserved(note_unobserved, NULL);
}

ASYNC(demo, void, transaction, (syn_err, fails))
{
    co_begin;
    co_sleep(1.0);
    if (self->fails)
        co_fail(self->fails, "the disk is on fire");
    co_sleep(1000.0);
    co_finally;
    co_sleep(1.0);
    co_fail(ROLLBACK, "the rollback failed");
    co_end;
}

static void check_report(syn_err code, const struct syn_report *report)
{
    char text[600];

    CHECK(report && report->code == code && report->cause);
    CHECK_INT(report->cause->code, ROLLBACK);
    CHECK_INT(report->cause->in_clean_up, 1);
    CHECK_STR(report->cause->sites[0].function, "transaction");
    syn_report_text(report, text, sizeof text);
    CHECK(strstr(text, "and its clean-up failed: error 65540: the rollback failed") != NULL);
    CHECK_STR(unobserved, "");
}

static void E1_a_clean_up_that_fails_is_in_the_report_of_the_outcome(void)
{
    struct transaction_future f;

    begin_listening();
    CHECK_INT(call_by(syn_after(0.5), transaction(0)), SYN_ETIMEDOUT);
    check_report(SYN_ETIMEDOUT, syn_last_report());
    f = transaction_future(0);
    CHECK_INT(future_wait_by(f, syn_after(0.5)), SYN_ETIMEDOUT);
    CHECK_INT(future_cancel(f), SYN_ECANCELED);
    check_report(SYN_ECANCELED, syn_last_report());
    CHECK_INT(transaction(SYN_EIO), SYN_EIO);
    check_report(SYN_EIO, syn_last_report());
    finish(&demo);
    done();
}

/* When nobody gets the outcome the hook is called. */

ASYNC(demo, void, cancels_in_a_scope, SYN_LOCAL(struct syn_scope, scope))
{
    co_begin;
    co_spawn(&self->scope, transaction_future(0));
    co_sleep(0.5);
    syn_scope_cancel(&self->scope);
    co_join(&self->scope);
    CHECK_INT(co_status, SYN_ECANCELED);
    co_end;
}

static void check_told(syn_err err, const char *text)
{
    CHECK_STR(unobserved, text);
    CHECK_INT(unobserved_err, err);
    unobserved[0] = '\0';
}

static void P7_a_clean_up_that_fails_unheard_is_told(void)
{
    struct transaction_future f;

    begin_listening();
    f = transaction_future(0);
    CHECK_INT(future_wait_by(f, syn_after(0.5)), SYN_ETIMEDOUT);
    CHECK_INT(future_request_cancel(f), 0);
    CHECK_INT(future_detach(f), 0);
    CHECK_INT(naps(5.0), 0);
    check_told(ROLLBACK, "transaction the rollback failed");
    CHECK_INT(cancels_in_a_scope(), 0);
    check_told(ROLLBACK, "transaction the rollback failed");
    CHECK_INT(future_detach(transaction_future(0)), 0);
    CHECK_INT(naps(0.5), 0);
    finish(&demo);
    check_told(ROLLBACK, "transaction the rollback failed");
    done();
}

ASYNC(demo, void, stands_by_its_outcome)
{
    co_begin;
    co_sleep(1000.0);
    co_finally;
    co_check; /* with the outcome itself, which adds nothing */
    co_end;
}

static void E1_leaving_clean_up_with_the_outcome_adds_nothing(void)
{
    begin_listening();
    CHECK_INT(call_by(syn_after(1.0), stands_by_its_outcome()), SYN_ETIMEDOUT);
    CHECK(syn_last_report()->cause == NULL);
    finish(&demo);
    CHECK_STR(unobserved, "");
    done();
}

/* --- generators --- */

GENERATOR(demo, int, rows, SYN_LOCAL(int, i))
{
    co_begin;
    for (;;)
        co_yield(self->i++);
    co_finally;
    co_sleep(0.1);
    co_fail(ROLLBACK, "the cursor could not be closed");
    co_end;
}

ASYNC(demo, void, closes_rows, SYN_LOCAL(struct rows_channel, ch), SYN_LOCAL(int, v))
{
    co_begin;
    self->ch = rows();
    co_next(self->ch, &self->v);
    co_check;
    co_close(self->ch);
    CHECK_INT(co_status, ROLLBACK);
    CHECK_STR(co_report->message, "the cursor could not be closed");
    self->ch = rows();
    co_each (self->ch, &self->v)
        break;
    CHECK_INT(co_status, ROLLBACK);
    co_check;
    co_end;
}

ASYNC(other, void, closes_rows_from_elsewhere, SYN_LOCAL(struct rows_channel, ch),
      SYN_LOCAL(int, v))
{
    co_begin;
    self->ch = rows();
    co_next(self->ch, &self->v);
    co_check;
    co_close(self->ch);
    co_check;
    co_end;
}

static void G5_a_close_tells_what_the_clean_up_failed_with(void)
{
    struct rows_channel ch;
    syn_err left = SYN_OK;
    int v;

    begin_listening();
    ch = rows();
    CHECK_INT(channel_next(ch, &v), 0);
    CHECK_INT(channel_close(ch), ROLLBACK);
    CHECK_SAYS("the cursor could not be closed");
    CHECK_INT(syn_last_origin(), SYN_BY_TASK);
    CHECK_INT(channel_close(ch), 0);
    channel_each (int, row, rows(), &left)
        if (row == 1)
            break;
    CHECK_INT(left, ROLLBACK);
    CHECK_INT(closes_rows(), ROLLBACK);
    CHECK_SAYS("the cursor could not be closed");
    CHECK_INT(closes_rows_from_elsewhere(), ROLLBACK);
    CHECK_STR(unobserved, "");
    end_all();
}

static void P7_a_generator_that_is_dropped_and_fails_in_its_clean_up_is_told(void)
{
    struct rows_channel ch;
    int v;

    begin_listening();
    ch = rows();
    CHECK_INT(channel_next(ch, &v), 0);
    channel_drop(ch);
    finish(&demo);
    check_told(ROLLBACK, "rows the cursor could not be closed");
    done();
}

/* --- values of tasks that are abandoned --- */

static int n_destroyed;

static void destroy(char *text)
{
    n_destroyed++;
    free(text);
}

ASYNC(demo, char *, returns_and_cleans, (double, cleans), DESTROY(destroy))
{
    co_begin;
    co_pass;
    co_return(strdup("x"));
    co_finally;
    co_sleep(self->cleans);
    co_end;
}

static void C11_the_result_of_a_task_that_is_abandoned_in_its_clean_up_is_destroyed_once(void)
{
    struct returns_and_cleans_future f, g;
    char *text = NULL;

    begin_listening();
    f = returns_and_cleans_future(1000.0);
    g = returns_and_cleans_future(1000.0);
    CHECK_INT(naps(0.1), 0);
    CHECK_INT(synchronizer_stop(&demo, syn_after(1.0)), SYN_ETIMEDOUT);
    CHECK_INT(future_get(f, &text), SYN_EABANDONED);
    CHECK_INT(future_detach(g), 0);
    CHECK(text == NULL);
    CHECK_INT(n_destroyed, 2);
    CHECK_INT(synchronizer_free(&demo), 0);
    done();
}

/* The body ends with ERR, the clean-up with CLEANS: each may return a text, and nobody fetches one
 * though another outcome stands. */
ASYNC(demo, char *, returns_twice, (syn_err, err), (syn_err, cleans), DESTROY(destroy))
{
    co_begin;
    co_sleep(0.1);
    if (self->err)
        co_fail(self->err, "the disk is on fire");
    co_return(strdup("the body's"));
    co_finally;
    co_sleep(0.1);
    if (self->cleans)
        co_fail(self->cleans, "the rollback failed");
    co_return(strdup("the clean-up's"));
    co_end;
}

static void C11_a_value_that_no_outcome_carries_is_destroyed(void)
{
    char *text = NULL;

    begin_listening();
    CHECK_INT(returns_twice(SYN_EIO, 0, &text), SYN_EIO); /* the clean-up's */
    CHECK_INT(n_destroyed, 1);
    CHECK_INT(returns_twice(0, ROLLBACK, &text), ROLLBACK); /* the body's */
    CHECK_INT(n_destroyed, 2);
    CHECK_INT(returns_twice(SYN_EIO, ROLLBACK, &text), SYN_EIO); /* there is none */
    CHECK_INT(n_destroyed, 2);
    CHECK(text == NULL);
    end_all();
    CHECK_INT(n_destroyed, 2);
}

static void E1_an_abandoned_task_that_had_failed_has_both_errors_in_its_report(void)
{
    struct transaction_future f;

    begin_listening();
    f = transaction_future(SYN_EIO);
    CHECK_INT(future_wait_by(f, syn_after(1.5)), SYN_ETIMEDOUT); /* it cleans up */
    CHECK_INT(synchronizer_stop(&demo, syn_after(0.1)), SYN_ETIMEDOUT);
    CHECK_INT(future_get(f), SYN_EABANDONED);
    CHECK(syn_last_report()->cause != NULL);
    CHECK_STR(syn_last_report()->cause->message, "the disk is on fire");
    CHECK_INT(synchronizer_free(&demo), 0);
    done();
}

/* --- reports that a task reads --- */

ASYNC(demo, int, fails, (int, i))
{
    co_begin;
    co_sleep(0.1);
    co_fail(SYN_EUSER + self->i, "the disk is on fire");
    co_end;
}

ASYNC(demo, void, handles, SYN_LOCAL(int, v), SYN_LOCAL(struct syn_scope, scope),
      SYN_LOCAL(struct syn_mutex, mutex))
{
    co_begin;
    CHECK(co_report == NULL);
    co_await(fails_future(1), &self->v);
    CHECK_INT(co_report->code, SYN_EUSER + 1);
    CHECK_STR(co_report->message, "the disk is on fire");
    CHECK_STR(co_report->sites[0].function, "fails");
    co_sleep(0.1);
    CHECK(co_report == NULL);
    co_all(&self->scope, (fails_future(2), &self->v), (naps_future(1.0)));
    CHECK_INT(co_report->code, SYN_EUSER + 2);
    co_await_by(naps_future(10.0), syn_after(1.0));
    CHECK_INT(co_report->code, SYN_ETIMEDOUT);
    CHECK_INT(co_report->origin, SYN_BY_DEADLINE);
    co_await(fails_future(3), &self->v);
    co_fail(SYN_EIO, "gave up");
    co_finally;
    CHECK_INT(co_report->code, SYN_EIO);
    CHECK_STR(co_report->message, "gave up");
    CHECK_INT(co_report->cause->code, SYN_EUSER + 3);
    co_sleep(0.1);
    CHECK(co_report == NULL);
    co_end;
}

struct steps_handle;
static struct syn_step steps_on(struct steps_handle *self);

ASYNC(demo, void, steps_handle, SYN_LOCAL(int, v))
{
    return step_await(self, fails_future(1), &self->v, steps_on);
}

static struct syn_step steps_on(struct steps_handle *self)
{
    CHECK_STR(syn_task_report(&self->syn)->message, "the disk is on fire");
    return step_done(self);
}

static void E5_a_task_reads_message_cause_and_trace_of_what_it_handles(void)
{
    begin();
    CHECK_INT(handles(), SYN_EIO);
    CHECK_STR(syn_last_report()->cause->message, "the disk is on fire");
    CHECK_INT(steps_handle(), 0);
    finish(&demo);
    done();
}

static const struct test_case cases[] = {
    TEST(E1_a_clean_up_that_fails_is_in_the_report_of_the_outcome),
    TEST(P7_a_clean_up_that_fails_unheard_is_told),
    TEST(E1_leaving_clean_up_with_the_outcome_adds_nothing),
    TEST(G5_a_close_tells_what_the_clean_up_failed_with),
    TEST(P7_a_generator_that_is_dropped_and_fails_in_its_clean_up_is_told),
    TEST(C11_the_result_of_a_task_that_is_abandoned_in_its_clean_up_is_destroyed_once),
    TEST(C11_a_value_that_no_outcome_carries_is_destroyed),
    TEST(E1_an_abandoned_task_that_had_failed_has_both_errors_in_its_report),
    TEST(E5_a_task_reads_message_cause_and_trace_of_what_it_handles),
};
TEST_MAIN_BOTH_MODES("outcome", cases);

/* SPDX-License-Identifier: Apache-2.0
 *
 * Deadlines, what a request may and may not change about an outcome, long chains, and
 * clean-up that takes too long. Virtual time, both modes.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

SYNCHRONIZER(demo);
SYNCHRONIZER(other);

/* X2: what the task returned is what is told. */

ASYNC(demo, int, commits, (bool, in_cleanup))
{
    co_begin;
    co_sleep(1.0);
    if (!self->in_cleanup)
        co_return(7);
    co_sleep(1000.0);
    co_finally;
    if (self->in_cleanup)
        co_return(8);
    co_end;
}

ASYNC(demo, int, awaits_commit, SYN_LOCAL(int, y))
{
    co_begin;
    co_await(commits_future(true), &self->y);
    co_check;
    self->result = self->y;
    co_sleep(0.0); /* here the request is delivered */
    co_return(-1);
    co_finally;
    CHECK_INT(co_status, SYN_ETIMEDOUT);
    if (self->y == 8)
        co_return(self->y + 1);
    co_end;
}

static void X2_a_commit_that_went_through_is_reported_as_gone_through(void)
{
    struct commits_future f;
    struct awaits_commit_future g;
    int y = 0;

    begin();
    f = commits_future(false);
    CHECK_INT(future_wait(f), 0);
    CHECK_INT(future_request_cancel(f), 0); /* too late */
    CHECK_INT(future_get(f, &y), 0);
    CHECK_INT(y, 7);
    CHECK_INT(future_get_by(commits_future(true), &y, syn_after(5.0)), 0);
    CHECK_INT(y, 8); /* its clean-up returned a value */
    g = awaits_commit_future();
    CHECK_INT(future_get_by(g, &y, syn_after(5.0)), 0);
    CHECK_INT(y, 9);
    finish(&demo);
    done();
}

/* C12 */

static int n_cleaned;

ASYNC(demo, int, square, (double, seconds), (int, x))
{
    co_begin;
    co_sleep(self->seconds);
    co_return(self->x * self->x);
    co_finally;
    co_sleep(1.0);
    n_cleaned++;
    co_end;
}

static void C12_a_blocking_call_with_a_deadline_returns_after_the_clean_up(void)
{
    int y = -1;

    begin();
    CHECK_INT(call_by(syn_after(2.0), square(9.0, 3, &y)), SYN_ETIMEDOUT);
    CHECK_INT(syn_last_origin(), SYN_BY_DEADLINE);
    CHECK_INT(n_cleaned, 1);
    CHECK_INT(now(), 3 * SECOND);
    CHECK_INT(y, -1);
    CHECK_INT(call_by(syn_after(4.0), square(2.0, 3, &y)), 0);
    CHECK_INT(y, 9);
    CHECK_INT(call_by(syn_never(), square(2.0, 4, &y)), 0);
    CHECK_INT(square(100.0, 5, &y), 0); /* no deadline is left behind */
    CHECK_INT(call_by(syn_after(2.0), future_get(square_future(9.0, 3), &y)), SYN_ETIMEDOUT);
    finish(&demo);
    done();
}

static syn_err two_calls(double first, double second)
{
    syn_err err = square(first, 1, NULL);

    return err ? err : square(second, 1, NULL);
}

static syn_err nested(double seconds, double call)
{
    return call_by(syn_after(seconds), two_calls(call, call));
}

static void C12_nested_deadlines_tighten(void)
{
    begin();
    CHECK_INT(call_by(syn_after(2.0), nested(100.0, 3.0)), SYN_ETIMEDOUT);
    CHECK_INT(now(), 3 * SECOND);
    CHECK_INT(call_by(syn_after(100.0), nested(2.0, 3.0)), SYN_ETIMEDOUT);
    CHECK_INT(now(), 6 * SECOND);
    CHECK_INT(call_by(syn_after(100.0), (nested(2.0, 3.0), two_calls(3.0, 3.0))), 0);
    CHECK_INT(call_by(syn_after(6.0), two_calls(3.0, 9.0)), SYN_ETIMEDOUT);
    finish(&demo);
    done();
}

/* What is started under no deadline has none, nor has what it calls. */

static double seconds_left(struct syn_deadline deadline)
{
    return deadline.ns == syn_never().ns ? -1.0 : (double)(deadline.ns - syn_after(0).ns) / 1e9;
}

static double of_task, of_job, of_generator, of_shorter;

BLOCKING(DEFAULT_POOL, double, left_to_a_job)
{
    (void)job;
    return seconds_left(syn_pool_job_deadline());
}

ASYNC(demo, void, lives_on)
{
    co_begin;
    co_sleep(5.0);
    of_task = seconds_left(syn_task_deadline(&self->syn));
    co_try(left_to_a_job_future(), &of_job);
    co_end;
}

ASYNC(demo, void, lives_shorter)
{
    of_shorter = seconds_left(syn_task_deadline(&self->syn));
    return step_done(self);
}

GENERATOR(demo, double, lefts)
{
    co_begin;
    co_yield(seconds_left(syn_task_deadline(&self->syn)));
    co_end;
}

ASYNC(demo, void, opens, SYN_LOCAL(struct lives_on_future, background),
      SYN_LOCAL(struct lefts_channel, ch), SYN_LOCAL(double, left))
{
    co_begin;
    syn_without_deadline(future_detach(lives_on_future()));
    syn_without_deadline(self->ch = lefts());
    syn_without_deadline(call_by(syn_after(3.0), future_detach(lives_shorter_future())));
    co_next(self->ch, &of_generator);
    co_close(self->ch);
    CHECK(seconds_left(syn_task_deadline(&self->syn)) == 2.0);
    co_try(left_to_a_job_future(), &self->left);
    CHECK(self->left > 0.0 && self->left <= 2.0);
    co_end;
}

static void X4_what_is_started_under_no_deadline_has_none(void)
{
    of_task = of_job = of_generator = of_shorter = 0;
    begin();
    CHECK_INT(call_by(syn_after(2.0), opens()), 0);
    CHECK_INT(square(10.0, 1, NULL), 0);
    CHECK(of_task == -1.0);
    CHECK(of_job == -1.0);
    CHECK(of_generator == -1.0);
    CHECK(of_shorter == 3.0);
    CHECK_INT(pool_stop(syn_default_pool(), syn_never()), 0);
    finish(&demo);
    done();
}

static void X4_a_thread_starts_under_no_deadline_too(void)
{
    struct lives_on_future f;

    of_task = of_job = 0;
    begin();
    CHECK_INT(call_by(syn_after(2.0), (syn_without_deadline(f = lives_on_future()), SYN_OK)), 0);
    CHECK_INT(future_get(f), 0);
    CHECK(of_task == -1.0 && of_job == -1.0);
    CHECK_INT(pool_stop(syn_default_pool(), syn_never()), 0);
    finish(&demo);
    done();
}

/* The deadline of a caller that drives is not that of the other tasks that it runs, and
 * theirs is not its own. Its own task has it, and what that calls. */

ASYNC(other, void, times, (double, seconds))
{
    co_begin;
    co_sleep(self->seconds);
    co_end;
}

static syn_err told;

ASYNC(demo, void, blocks_elsewhere, (double, seconds))
{
    told = call_by(syn_after(1.0), times(self->seconds));
    return step_done(self);
}

ASYNC(demo, void, naps)
{
    co_begin;
    co_sleep(0.1);
    co_end;
}

static syn_err calls_both(void)
{
    syn_err err = blocks_elsewhere(0.0);

    return err ? err : times(1.1);
}

static void C13_deadlines_of_a_caller_who_drives_stay_his(void)
{
    struct blocks_elsewhere_future f;
    syn_err err;

    begin();
    told = -1;
    f = blocks_elsewhere_future(0.05);
    CHECK_INT(call_by(syn_after(0.02), naps()), SYN_ETIMEDOUT);
    CHECK_INT(future_get(f), 0);
    CHECK_INT(told, 0);
    told = -1;
    err = call_by(syn_after(0.02), blocks_elsewhere(60.0));
    /* it never suspends, but its own call has the deadline too */
    CHECK(told == SYN_ETIMEDOUT ? err == 0 : told == -1 && err == SYN_ETIMEDOUT);
    CHECK_INT(call_by(syn_after(100.0), calls_both()), 0); /* not the 1 s from inside */
    finish(&demo);
    finish(&other);
    done();
}

/* A chain of tasks that await each other: no recursion, wherever it is cut. */

enum { CHAIN = 100000 / TEST_SLOWNESS };
static _Atomic(bool) chain_is_made;

ASYNC_DECLARE(int, ring, (int, depth));
ASYNC_DEFINE(demo, int, ring, (int, depth))
{
    co_begin;
    if (self->depth == 0) {
        chain_is_made = true;
        co_sleep(1000.0);
    } else {
        co_try(ring_future(self->depth - 1), &self->result);
    }
    co_return(self->result + 1);
    co_end;
}

static void X1_a_chain_of_a_hundred_thousand_awaiting_tasks_is_cancelled(void)
{
    struct ring_future f;
    int y = 0;

    begin();
    f = ring_future(CHAIN);
    spin_until(&chain_is_made);
    CHECK_INT(future_cancel(f), SYN_ECANCELED);
    CHECK_INT(syn_last_report()->n_sites, CHAIN + 1);
    CHECK_INT(now(), 0);
    CHECK_INT(ring(CHAIN, &y), 0); /* and ends well, if it may */
    CHECK_INT(y, CHAIN + 1);
    CHECK_INT(synchronizer_stats(&demo).ended, 2 * (CHAIN + 1));
    finish(&demo);
    done_after(CHAIN + 1000);
}

/* X5: the limit. */

struct stuck {
    int n;
    int64_t at;
    char synchronizer[20], task[20];
};

static void is_stuck(void *user, const char *synchronizer, const char *task)
{
    struct stuck *stuck = user;

    stuck->n++;
    stuck->at = now();
    snprintf(stuck->synchronizer, sizeof stuck->synchronizer, "%s", synchronizer);
    snprintf(stuck->task, sizeof stuck->task, "%s", task);
}

static struct stuck stuck;
static struct syn_synchronizer slow = {
    .options = {.name = "slow", .cleanup_limit_ns = 3 * SECOND, .on_stuck = is_stuck,
                .user = &stuck}};

ASYNC(slow, void, cleans_for, (double, seconds))
{
    co_begin;
    co_sleep(1000.0);
    co_finally;
    co_sleep(self->seconds);
    co_end;
}

static void X5_clean_up_beyond_the_limit_is_told_once_and_goes_on(void)
{
    struct cleans_for_future f, g;

    begin();
    f = cleans_for_future(2.0);
    CHECK_INT(future_get_by(f, syn_after(1.0)), SYN_ETIMEDOUT);
    CHECK_INT(stuck.n, 0);
    f = cleans_for_future(20.0);
    g = cleans_for_future(20.0);
    CHECK_INT(future_wait_by(f, syn_after(1.0)), SYN_ETIMEDOUT);
    CHECK_INT(future_request_cancel(f), 0); /* at 4 s */
    CHECK_INT(future_get_by(g, syn_after(1.0)), SYN_ETIMEDOUT); /* at 5 s */
    CHECK_INT(future_get(f), SYN_ECANCELED);
    CHECK_INT(now(), 25 * SECOND);
    CHECK_INT(stuck.n, 2);
    CHECK_INT(stuck.at, 8 * SECOND);
    CHECK_STR(stuck.synchronizer, "slow");
    CHECK_STR(stuck.task, "cleans_for");
    finish(&slow);
    done();
}

static const struct test_case cases[] = {
    TEST(X2_a_commit_that_went_through_is_reported_as_gone_through),
    TEST(C12_a_blocking_call_with_a_deadline_returns_after_the_clean_up),
    TEST(C12_nested_deadlines_tighten),
    TEST(X4_what_is_started_under_no_deadline_has_none),
    TEST(X4_a_thread_starts_under_no_deadline_too),
    TEST(C13_deadlines_of_a_caller_who_drives_stay_his),
    TEST(X1_a_chain_of_a_hundred_thousand_awaiting_tasks_is_cancelled),
    TEST(X5_clean_up_beyond_the_limit_is_told_once_and_goes_on),
};
TEST_MAIN_BOTH_MODES("deadline", cases);

/* SPDX-License-Identifier: Apache-2.0
 *
 * Circles that a deadline or a request keeps open: what asks their tasks and jobs to end goes round, and
 * the one that receives it again gives up, over any number of loops and pools.
 */
#define _DEFAULT_SOURCE
#include "support/circle_rig.h"

enum { FAILS = -1000 };
enum kind { AWAIT, JOIN, KINDS };
enum who { ON_A, ON_B, JOB, WHO };

static struct c_naps_future of[3]; /* of each of the circle */
static _Atomic(int64_t) over_at;

static void is_over(void)
{
    n_over++;
    over_at = now();
}

/* Waits for number NEXT, from the second SECONDS on, for FOR_SECONDS at most, if that is not 0. */
ASYNC(SYN_FREE, int, goes_round, (enum kind, kind), (int, next), (double, seconds), (double, for_seconds),
      SYN_LOCAL(struct syn_scope, scope))
{
    co_begin;
    co_sleep(self->seconds);
    self->scope = (struct syn_scope)SYN_SCOPE;
    if (self->kind == AWAIT) {
        co_await_by(of[self->next], &self->result,
                    self->for_seconds > 0 ? syn_after(self->for_seconds) : syn_never());
    } else {
        if (self->for_seconds > 0)
            scope_deadline(&self->scope, syn_after(self->for_seconds));
        co_spawn(&self->scope, of[self->next], &self->result);
        co_join(&self->scope);
    }
    co_return(1);
    co_finally;
    is_over();
    co_end;
}

ASYNC(a, int, a_goes_round, (enum kind, kind), (int, next), (double, seconds), (double, for_seconds))
{
    co_begin;
    co_try(goes_round_future(self->kind, self->next, self->seconds, self->for_seconds), &self->result);
    co_return_result;
    co_end;
}

ASYNC(b, int, b_goes_round, (enum kind, kind), (int, next), (double, seconds), (double, for_seconds))
{
    co_begin;
    co_try(goes_round_future(self->kind, self->next, self->seconds, self->for_seconds), &self->result);
    co_return_result;
    co_end;
}

BLOCKING(workers, int, job_goes_round, (enum kind, kind), (int, next), (double, seconds), (double, for_seconds))
{
    struct syn_scope scope = SYN_SCOPE;
    syn_err err;
    int y = 0;

    CHECK_INT(c_naps(seconds, &y), SYN_OK);
    if (kind == AWAIT) {
        err = future_get_by(of[next], &y, for_seconds > 0 ? syn_after(for_seconds) : syn_never());
    } else {
        if (for_seconds > 0)
            scope_deadline(&scope, syn_after(for_seconds));
        CHECK_INT(scope_spawn(&scope, of[next], &y), SYN_OK);
        err = scope_join(&scope);
    }
    CHECK(err == SYN_OK || err == SYN_ETIMEDOUT || err == SYN_ECANCELED || err == SYN_EDEADLK ||
          err == FAILS);
    is_over();
    return 1;
}

static struct syn_future begins(enum who who, enum kind kind, int next, double seconds, double for_seconds)
{
    return who == JOB    ? job_goes_round_future(kind, next, seconds, for_seconds).u.handle
           : who == ON_A ? a_goes_round_future(kind, next, seconds, for_seconds).u.handle
                         : b_goes_round_future(kind, next, seconds, for_seconds).u.handle;
}

/* A circle of N, all by KIND but for the first; the wait of number LIMITED has a deadline of 3 seconds. */
static void go_round(int n, const enum who *who, enum kind first, enum kind others, int limited)
{
    int64_t began = now();
    int y;

    n_over = 0;
    for (int i = 0; i < n; i++) /* the next is known when it waits */
        of[i].u.handle = begins(who[i], i == 0 ? first : others, (i + 1) % n, 0.5 + 0.1 * i, i == limited ? 3 : 0);
    CHECK_INT(future_get(c_naps_future(6), &y), SYN_OK);
    if (n_over != n && (syn_dump(2), 1))
        test_fail(__FILE__, __LINE__, "%d of %d: the first, by %d, is %d, the second %d, limited is %d", n_over, n,
                  first, who[0], who[1], limited);
    CHECK_INT(over_at - began, 3 * SECOND + 500 * MS + limited * 100 * MS);
}

static void rounds_of(int n, const enum who *who)
{
    for (enum kind first = 0; first < KINDS; first++)
        for (enum kind others = 0; others < KINDS; others++)
            for (int limited = 0; limited < n; limited++)
                go_round(n, who, first, others, limited);
}

static void X2_a_circle_of_one_loop_that_a_deadline_keeps_open_ends_by_it(void)
{
    begin();
    rounds_of(2, (enum who[]){ON_A, ON_A});
    rounds_of(3, (enum who[]){ON_A, ON_A, ON_A});
    end_all();
}

static void X2_so_does_one_of_several_loops(void)
{
    begin();
    rounds_of(2, (enum who[]){ON_A, ON_B});
    rounds_of(3, (enum who[]){ON_A, ON_B, ON_A});
    rounds_of(3, (enum who[]){ON_A, ON_B, ON_B});
    end_all();
}

static void X2_so_does_one_with_jobs(void)
{
    begin();
    rounds_of(2, (enum who[]){ON_A, JOB});
    rounds_of(2, (enum who[]){JOB, ON_A});
    rounds_of(2, (enum who[]){JOB, JOB});
    rounds_of(3, (enum who[]){JOB, ON_A, ON_B});
    end_all();
}

/* --- what is asked to end waits, in its clean-up, for who asked --- */

enum asker { BY_DEADLINE, BY_REQUEST, ASKERS }; /* by its own deadline, or when it is asked, too */

/* Asks what waits for number NEXT to end, after 3 seconds. */
ASYNC(a, int, a_asks, (enum kind, kind), (int, next), SYN_LOCAL(struct syn_scope, scope))
{
    co_begin;
    scope_deadline(&self->scope, syn_after(3.5));
    co_spawn(&self->scope, goes_round_future(self->kind, self->next, 0.5, 30), &self->result);
    co_join(&self->scope);
    co_end;
}

static _Atomic(syn_err) clean_up_got;

static void in_clean_up(syn_err err)
{
    if (err)
        clean_up_got = err;
    is_over();
}

ASYNC(SYN_FREE, int, cleans_up, (enum kind, kind), (int, next), (double, seconds), SYN_LOCAL(struct syn_scope, scope))
{
    co_begin;
    co_sleep(self->seconds);
    co_fail(FAILS);
    co_finally;
    self->scope = (struct syn_scope)SYN_SCOPE;
    if (self->kind == AWAIT) {
        co_await(of[self->next], &self->result);
    } else {
        co_spawn(&self->scope, of[self->next], &self->result);
        co_join(&self->scope);
    }
    in_clean_up(co_status);
    co_end;
}

ASYNC(a, int, a_cleans_up, (enum kind, kind), (int, next), (double, seconds))
{
    co_begin;
    co_try(cleans_up_future(self->kind, self->next, self->seconds), &self->result);
    co_return_result;
    co_end;
}

ASYNC(b, int, b_cleans_up, (enum kind, kind), (int, next), (double, seconds))
{
    co_begin;
    co_try(cleans_up_future(self->kind, self->next, self->seconds), &self->result);
    co_return_result;
    co_end;
}

BLOCKING(workers, int, job_cleans_up, (enum kind, kind), (int, next))
{
    struct syn_scope scope = SYN_SCOPE;
    syn_err err;
    int y = 0;

    CHECK(c_naps(1000, &y) != SYN_OK); /* by the request, or by the deadline that came with it */
    if (kind == AWAIT) {
        err = future_get(of[next], &y);
    } else {
        CHECK_INT(scope_spawn(&scope, of[next], &y), SYN_OK);
        err = scope_join(&scope);
    }
    in_clean_up(err);
    return 1;
}

/* The first asks the other to end after 3 seconds, and waits for it; the other's clean-up, which begins by that, or
 * after SECONDS, waits for the first. */
static void asks_and_waits(const enum who *who, enum kind first, enum kind other, enum asker asker, double seconds)
{
    int64_t began = now();
    int y;

    n_over = 0;
    clean_up_got = SYN_OK;
    of[0].u.handle = asker == BY_REQUEST ? a_asks_future(first, 1).u.handle : begins(who[0], first, 1, 0.5, 3);
    of[1].u.handle = who[1] == JOB    ? job_cleans_up_future(other, 0).u.handle
                     : who[1] == ON_A ? a_cleans_up_future(other, 0, seconds).u.handle
                                      : b_cleans_up_future(other, 0, seconds).u.handle;
    CHECK_INT(future_get(c_naps_future(6), &y), SYN_OK);
    if (n_over != 2)
        test_fail(__FILE__, __LINE__, "%d of 2: the first, of %d, by %d, the other, of %d, by %d", n_over, who[0],
                  first, who[1], other);
    /* a job, or one that was asked, may give up before it sees that the other waits */
    if (clean_up_got != SYN_EDEADLK && who[0] != JOB && asker == BY_DEADLINE)
        test_fail(__FILE__, __LINE__, "the clean-up got %d: the first, of %d, by %d, the other, of %d, by %d",
                  clean_up_got, who[0], first, who[1], other);
    CHECK_INT(over_at - began, 3 * SECOND + 500 * MS);
}

static void ask_and_wait(size_t n, const enum who (*who)[2], enum asker asker, double seconds)
{
    for (size_t i = 0; i < n; i++)
        for (enum kind first = 0; first < KINDS; first++)
            for (enum kind other = 0; other < KINDS; other++)
                asks_and_waits(who[i], first, other, asker, seconds);
}

static void C8_a_clean_up_that_waits_for_what_cancelled_it_is_refused(void)
{
    static const enum who who[][2] = {{ON_A, ON_A}, {ON_A, ON_B}, {ON_A, JOB}, {JOB, ON_A}, {JOB, JOB}};

    begin();
    ask_and_wait(5, who, BY_DEADLINE, 1000);
    ask_and_wait(2, who, BY_REQUEST, 1000);
    end_all();
}

static void C8_so_is_one_that_has_begun_before_it_is_cancelled(void)
{
    static const enum who who[][2] = {{ON_A, ON_A}, {ON_A, ON_B}, {JOB, ON_A}};

    begin();
    ask_and_wait(3, who, BY_DEADLINE, 1);
    ask_and_wait(2, who, BY_REQUEST, 1);
    end_all();
}

/* --- clean-ups that wait for each other, each for a time --- */

ASYNC(SYN_FREE, int, cleans_up_by, (int, next), (double, seconds))
{
    co_begin;
    co_sleep(1000);
    co_finally;
    co_await_by(of[self->next], &self->result, syn_after(self->seconds));
    is_over();
    co_end;
}

ASYNC(a, int, a_cleans_up_by, (int, next), (double, seconds))
{
    co_begin;
    co_try(cleans_up_by_future(self->next, self->seconds), &self->result);
    co_return_result;
    co_end;
}

ASYNC(b, int, b_cleans_up_by, (int, next), (double, seconds))
{
    co_begin;
    co_try(cleans_up_by_future(self->next, self->seconds), &self->result);
    co_return_result;
    co_end;
}

/* The first whose time is over asks the other, which was asked already, and waits on: its deadline helps no more, and
 * that of the other would not either. */
static void C8_clean_ups_that_wait_for_each_other_end_by_the_first_of_their_deadlines(void)
{
    int64_t began;
    int y;

    begin();
    for (int on_b = 0; on_b < 2; on_b++) {
        n_over = 0;
        of[0].u.handle = a_cleans_up_by_future(1, 500).u.handle;
        of[1].u.handle = on_b ? b_cleans_up_by_future(0, 1).u.handle : a_cleans_up_by_future(0, 1).u.handle;
        CHECK_INT(c_naps(0.5, &y), SYN_OK);
        began = now();
        for (int i = 0; i < 2; i++)
            CHECK_INT(future_request_cancel(of[i]), 0);
        CHECK_INT(c_naps(3, &y), SYN_OK);
        CHECK_INT(n_over, 2);
        CHECK_INT(over_at - began, SECOND);
    }
    end_all();
}

static const struct test_case cases[] = {
    TEST(X2_a_circle_of_one_loop_that_a_deadline_keeps_open_ends_by_it),
    TEST(X2_so_does_one_of_several_loops),
    TEST(X2_so_does_one_with_jobs),
    TEST(C8_a_clean_up_that_waits_for_what_cancelled_it_is_refused),
    TEST(C8_so_is_one_that_has_begun_before_it_is_cancelled),
    TEST(C8_clean_ups_that_wait_for_each_other_end_by_the_first_of_their_deadlines),
};
TEST_MAIN_BOTH_MODES("circle_round", cases);

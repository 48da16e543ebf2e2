/* SPDX-License-Identifier: Apache-2.0
 *
 * All, any, race: over mixed types and arrays, in tasks and threads; losers. And scopes in
 * plain threads.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

SYNCHRONIZER(demo);
SYNCHRONIZER(other);
PROMISE(int, number);

static int cleaned, destroyed;

static void end_all(void)
{
    finish(&demo);
    finish(&other);
    done();
}

/* Ends after SECONDS with X, or with the error -X; its clean-up takes a tenth of a second. */
ASYNC(demo, int, after, (double, seconds), (int, x))
{
    co_begin;
    co_sleep(self->seconds);
    if (self->x < 0)
        co_fail(-self->x, "it failed");
    self->result = self->x;
    co_finally;
    co_sleep(0.1);
    cleaned++;
    co_end;
}

ASYNC(other, double, after_there, (double, seconds), (double, x))
{
    co_begin;
    co_sleep(self->seconds);
    co_return(self->x);
    co_end;
}

ASYNC(demo, void, nothing, (double, seconds))
{
    co_begin;
    co_sleep(self->seconds);
    co_end;
}

static void destroy(char *text)
{
    destroyed++;
    free(text);
}

/* Will not be cancelled: what it made in spite of that is in its result. */
ASYNC(demo, char *, stubborn, SYN_DESTROY(destroy), (double, seconds))
{
    co_begin;
    co_sleep(100.0);
    co_finally;
    co_sleep(self->seconds);
    co_return(strcpy(malloc(8), "late"));
    co_end;
}

/* --- in threads --- */

static void P5_all_of_mixed_types(void)
{
    struct syn_scope scope = SYN_SCOPE;
    int a = 0;
    double b = 0;

    begin();
    CHECK_INT(syn_all(&scope, (after_future(1.0, 7), &a), (after_there_future(2.0, 2.5), &b),
                      (nothing_future(3.0)), (after_future(0.0, 9), NULL)),
              0);
    CHECK_INT(a, 7);
    CHECK(b == 2.5);
    CHECK_INT(now(), 3 * SECOND);
    CHECK_INT(scope_winner(&scope), -1);
    a = 0;
    CHECK_INT(syn_all(&scope, (after_future(1.0, -SYN_EIO), &a), (after_future(5.0, 1), &a)),
              SYN_EIO);
    CHECK_SAYS("it failed");
    CHECK_INT(a, 0);
    CHECK_INT(now(), 4200 * MS);
    CHECK_INT(syn_all(&scope, (nothing_future(0))), 0);
    end_all();
}

static void P5_a_race_takes_the_first_outcome(void)
{
    struct syn_scope scope = SYN_SCOPE;
    int a = 0, b = 0;

    begin();
    CHECK_INT(syn_race(&scope, (after_future(3.0, 7), &a), (after_future(1.0, 8), &b)), 0);
    CHECK_INT(scope_winner(&scope), 1);
    CHECK_INT(a, 0);
    CHECK_INT(b, 8);
    CHECK_INT(cleaned, 2); /* the loser has ended, too */
    CHECK_INT(now(), 1200 * MS);
    CHECK_INT(syn_race(&scope, (after_future(3.0, 7), &a), (after_future(1.0, -SYN_EIO), &b)),
              SYN_EIO);
    CHECK_SAYS("it failed");
    CHECK_INT(scope_winner(&scope), 1);
    CHECK_INT(syn_race(&scope, (after_future(1.0, 3), &a)), 0);
    CHECK_INT(scope_winner(&scope), 0);
    end_all();
}

static void P5_any_takes_the_first_that_is_well(void)
{
    struct syn_scope scope = SYN_SCOPE;
    int a = 0, b = 0, c = 0;

    begin();
    CHECK_INT(syn_any(&scope, (after_future(1.0, -SYN_EIO), &a), (after_future(2.0, 5), &b),
                      (after_future(3.0, 6), &c)),
              0);
    CHECK_INT(scope_winner(&scope), 1);
    CHECK_INT(a + c, 0);
    CHECK_INT(b, 5);
    CHECK_INT(syn_any(&scope, (after_future(2.0, -SYN_EIO), &a),
                      (after_future(1.0, -SYN_EPIPE), &b)),
              SYN_EPIPE);
    CHECK_INT(scope_winner(&scope), -1);
    end_all();
}

static void P5_a_deadline_ends_all_of_them(void)
{
    struct syn_scope scope = SYN_SCOPE;
    int a = 0;

    begin();
    CHECK_INT(call_by(syn_after(1.0), syn_race(&scope, (after_future(3.0, 7), &a),
                                               (nothing_future(4.0)))),
              SYN_ETIMEDOUT);
    CHECK_INT(syn_last_origin(), SYN_BY_DEADLINE);
    CHECK_INT(now(), 1100 * MS);
    scope_deadline(&scope, syn_after(1.0));
    CHECK_INT(syn_all(&scope, (after_future(3.0, 7), &a), (nothing_future(0.5))), SYN_ETIMEDOUT);
    CHECK_INT(now(), 2200 * MS);
    CHECK_INT(syn_all(&scope, (after_future(3.0, 7), &a)), 0); /* it was forgotten */
    end_all();
}

static void P5_a_losers_value_is_destroyed_or_delivered_where_asked(void)
{
    struct syn_scope scope = SYN_SCOPE;
    char *text = NULL;
    syn_err status = -1;

    begin();
    CHECK_INT(syn_race(&scope, (stubborn_future(1.0), &text), (nothing_future(1.0))), 0);
    CHECK(text == NULL);
    CHECK_INT(destroyed, 1);
    CHECK_INT(syn_race(&scope, (stubborn_future(1.0), &text, &status),
                       (nothing_future(1.0))),
              0);
    CHECK_INT(scope_winner(&scope), 1);
    CHECK_INT(status, 0);
    CHECK_STR(text, "late");
    free(text);
    CHECK_INT(destroyed, 1);
    end_all();
}

static void P5_arrays_of_one_type(void)
{
    struct syn_scope scope = SYN_SCOPE;
    struct after_future f[20];
    struct nothing_future g[5];
    int out[20] = {0};

    begin();
    for (int i = 0; i < 20; i++)
        f[i] = after_future(20.0 - i, i);
    CHECK_INT(syn_all_of(&scope, 20, f, out), 0);
    for (int i = 0; i < 20; i++)
        CHECK_INT(out[i], i);
    for (int i = 0; i < 20; i++)
        f[i] = after_future(i == 13 ? 1.0 : 2.0, i);
    memset(out, 0, sizeof out);
    CHECK_INT(syn_race_of(&scope, 20, f, out), 0);
    CHECK_INT(scope_winner(&scope), 13);
    for (int i = 0; i < 20; i++)
        CHECK_INT(out[i], i == 13 ? 13 : 0);
    for (int i = 0; i < 20; i++)
        f[i] = after_future(1.0 + i, i < 5 ? -SYN_EIO : i);
    CHECK_INT(syn_any_of(&scope, 20, f, out), 0);
    CHECK_INT(scope_winner(&scope), 5);
    for (int i = 0; i < 5; i++)
        g[i] = nothing_future(i);
    CHECK_INT(syn_all_of(&scope, 5, g), 0);
    CHECK_INT(syn_race_of(&scope, 0, f, out), SYN_EINVAL);
    CHECK_SAYS("of nothing");
    CHECK_INT(syn_all_of(&scope, 0, f, out), 0);
    end_all();
}

static void P5_the_scope_must_be_empty(void)
{
    struct syn_scope scope = SYN_SCOPE;
    int a = 0;

    begin();
    CHECK_INT(scope_spawn(&scope, nothing_future(5.0)), 0);
    CHECK_INT(syn_race(&scope, (after_future(1.0, 1), &a)), SYN_EBUSY);
    CHECK_INT(syn_scope_live(&scope), 0);
    end_all();
}

/* --- in tasks --- */

ASYNC(demo, void, combines, SYN_LOCAL(struct syn_scope, scope), SYN_LOCAL(int, a),
      SYN_LOCAL(int, b), SYN_LOCAL(double, c), SYN_LOCAL(struct after_future, f[3]),
      SYN_LOCAL(int, out[3]))
{
    co_begin;
    co_all(&self->scope, (after_future(1.0, 1), &self->a), (after_there_future(1.0, 2.5), &self->c),
           (nothing_future(1.0)));
    CHECK_INT(co_status, 0);
    CHECK(self->a == 1 && self->c == 2.5);
    co_race(&self->scope, (after_future(1.0, 2), &self->a), (nothing_future(9.0)));
    CHECK_INT(co_status, 0);
    CHECK_INT(self->a, 2);
    CHECK_INT(scope_winner(&self->scope), 0);
    co_any(&self->scope, (after_future(1.0, -SYN_EIO), &self->a), (after_future(2.0, 3), &self->b));
    CHECK_INT(co_status, 0);
    CHECK_INT(self->b, 3);
    scope_deadline(&self->scope, syn_after(1.0));
    co_race(&self->scope, (after_future(3.0, 4), &self->a), (nothing_future(4.0)));
    CHECK_INT(co_status, SYN_ETIMEDOUT);
    for (int i = 0; i < 3; i++)
        self->f[i] = after_future(3.0 - i, i + 1);
    co_all_of(&self->scope, 3, self->f, self->out);
    CHECK_INT(self->out[0] + 10 * self->out[1] + 100 * self->out[2], 321);
    for (int i = 0; i < 3; i++)
        self->f[i] = after_future(3.0 - i, i + 1);
    co_race_of(&self->scope, 3, self->f, self->out);
    CHECK_INT(scope_winner(&self->scope), 2);
    for (int i = 0; i < 3; i++)
        self->f[i] = after_future(3.0 - i, i ? -SYN_EIO : 1);
    co_any_of(&self->scope, 3, self->f, self->out);
    CHECK_INT(scope_winner(&self->scope), 0);
    co_end;
}

static void P5_all_any_and_race_in_a_task(void)
{
    begin();
    CHECK_INT(combines(), 0);
    end_all();
}

ASYNC(demo, void, races_for_ever, SYN_LOCAL(struct syn_scope, scope), SYN_LOCAL(int, a))
{
    co_begin;
    co_race(&self->scope, (after_future(100.0, 2), &self->a), (nothing_future(100.0)));
    CHECK(!"not reached");
    co_end;
}

static void X3_a_race_is_cancelled_and_its_children_end(void)
{
    struct races_for_ever_future f;

    begin();
    f = races_for_ever_future();
    CHECK_INT(nothing(1.0), 0);
    CHECK_INT(future_cancel(f), SYN_ECANCELED);
    CHECK_INT(now(), 1100 * MS);
    CHECK_INT(cleaned, 1);
    end_all();
}

/* --- scopes of threads --- */

static void S1_a_threads_scope_joins_limits_and_fails(void)
{
    struct syn_scope scope = SYN_SCOPE;
    int out[10] = {0};

    begin();
    scope_limit(&scope, 3);
    for (int i = 0; i < 9; i++)
        CHECK_INT(scope_spawn(&scope, after_future(1.0, i), &out[i]), 0);
    CHECK_INT(now(), 2200 * MS);
    CHECK_INT(scope_join(&scope), 0);
    CHECK_INT(now(), 3300 * MS);
    for (int i = 0; i < 9; i++)
        CHECK_INT(out[i], i);
    for (int i = 0, err = 0; i < 9 && !err; i++) {
        err = scope_spawn(&scope, after_future(1.0 + i, i == 1 ? -SYN_EIO : i), &out[i]);
        CHECK_INT(err, i < 4 ? 0 : SYN_EIO);
    }
    CHECK_INT(scope_join(&scope), SYN_EIO);
    CHECK_INT(syn_scope_live(&scope), 0);
    scope_collect(&scope);
    for (int i = 0; i < 3; i++)
        CHECK_INT(scope_spawn(&scope, after_future(1.0, -SYN_EUSER - i), NULL), 0);
    CHECK_INT(scope_join(&scope), SYN_EUSER);
    for (unsigned i = 0; i < 3; i++) {
        struct syn_failure failure;

        CHECK_INT(scope_failure(&scope, i, &failure), 1);
        CHECK_INT(failure.err, SYN_EUSER + (int)i);
        CHECK_INT(failure.child, i);
    }
    scope_close(&scope);
    end_all();
}

#if defined(__GNUC__)
static void leaves_early(void)
{
    SYN_SCOPE_GUARD struct syn_scope scope = SYN_SCOPE;

    CHECK_INT(scope_spawn(&scope, after_future(100.0, 1), NULL), 0);
    CHECK_INT(nothing(1.0), 0);
}
#endif

static void S1_a_guarded_scope_closes_when_it_goes(void)
{
#if defined(__GNUC__)
    begin();
    leaves_early();
    CHECK_INT(cleaned, 1);
    CHECK_INT(now(), 1100 * MS);
    end_all();
#else
    TEST_SKIP("the compiler has no cleanup attribute");
#endif
}

static void cancels(int unused, void *scope)
{
    (void)unused;
    CHECK_INT(nothing(1.0), 0);
    scope_cancel(scope);
}

static void X1_a_threads_scope_is_cancelled_by_another_thread(void)
{
    struct syn_scope scope = SYN_SCOPE;
    struct crew_at_work *crew;

    begin();
    CHECK_INT(scope_spawn(&scope, after_future(100.0, 1), NULL), 0);
    CHECK_INT(scope_spawn(&scope, nothing_future(100.0)), 0);
    crew = crew_start(1, cancels, &scope);
    CHECK_INT(scope_join(&scope), SYN_ECANCELED);
    CHECK_INT(syn_last_origin(), SYN_BY_REQUEST);
    CHECK_INT(cleaned, 1);
    crew_join(crew);
    end_all();
}

ASYNC(demo, syn_err, waits_for_itself, SYN_LOCAL(struct nothing_future, f))
{
    struct syn_scope scope = SYN_SCOPE;
    syn_err err;

    self->f = nothing_future(1.0);
    err = scope_spawn(&scope, self->f);
    CHECK_INT(scope_join(&scope), 0); /* it has none */
    future_detach(self->f);           /* which was not used up */
    return step_return(self, err);
}

ASYNC(demo, syn_err, joins_blocking, SYN_LOCAL(struct syn_scope, scope))
{
    co_begin;
    CHECK_INT(scope_spawn(&self->scope, nothing_future(1.0)), 0);
    self->result = scope_join(&self->scope);
    co_join(&self->scope);
    CHECK_INT(co_status, 0);
    co_return_result;
    co_end;
}

static void C7_a_step_that_would_wait_for_its_own_children_is_refused(void)
{
    syn_err err = 0;

    begin();
    CHECK_INT(waits_for_itself(&err), 0);
    CHECK_INT(err, SYN_EDEADLK);
    CHECK_INT(joins_blocking(&err), 0);
    CHECK_INT(err, SYN_EDEADLK);
    end_all();
}

static void completes(int i, void *promises)
{
    CHECK_INT(nothing(i * 0.01), 0);
    CHECK_INT(promise_complete(((struct number_promise *)promises)[i], &i), 0);
}

static void P3_children_complete_from_many_threads(void)
{
    enum { N = 50 };
    struct syn_scope scope = SYN_SCOPE;
    struct number_promise p[N];
    struct number_future f[N];
    struct crew_at_work *crew;
    int out[N];

    begin();
    for (int i = 0; i < N; i++)
        CHECK_INT(promise_new(number, &p[i], &f[i]), 0);
    crew = crew_start(N, completes, p);
    CHECK_INT(syn_all_of(&scope, N, f, out), 0);
    for (int i = 0; i < N; i++)
        CHECK_INT(out[i], i);
    crew_join(crew);
    end_all();
}

static const struct test_case cases[] = {
    TEST(P5_all_of_mixed_types),
    TEST(P5_a_race_takes_the_first_outcome),
    TEST(P5_any_takes_the_first_that_is_well),
    TEST(P5_a_deadline_ends_all_of_them),
    TEST(P5_a_losers_value_is_destroyed_or_delivered_where_asked),
    TEST(P5_arrays_of_one_type),
    TEST(P5_the_scope_must_be_empty),
    TEST(P5_all_any_and_race_in_a_task),
    TEST(X3_a_race_is_cancelled_and_its_children_end),
    TEST(S1_a_threads_scope_joins_limits_and_fails),
    TEST(S1_a_guarded_scope_closes_when_it_goes),
    TEST(X1_a_threads_scope_is_cancelled_by_another_thread),
    TEST(C7_a_step_that_would_wait_for_its_own_children_is_refused),
    TEST(P3_children_complete_from_many_threads),
};
TEST_MAIN_BOTH_MODES("combine", cases);

/* SPDX-License-Identifier: Apache-2.0
 *
 * Scopes in plain threads.
 */
#define _DEFAULT_SOURCE
#include "support/scope_rig.h"

#include <synchronicity/step.h>

static void S1_a_threads_scope_joins_limits_and_fails(void)
{
    struct syn_scope scope = SYN_SCOPE;
    int out[10] = {0};

    begin();
    scope_limit(&scope, 3);
    for (int i = 0; i < 9; i++)
        CHECK_INT(scope_spawn(&scope, work_future(1.0, i), &out[i]), 0);
    CHECK_INT(now(), 2500 * MS);
    CHECK_INT(scope_join(&scope), 0);
    CHECK_INT(now(), 3750 * MS);
    for (int i = 0; i < 9; i++)
        CHECK_INT(out[i], i);
    for (int i = 0, err = 0; i < 9 && !err; i++) {
        err = scope_spawn(&scope, work_future(1.0 + i, i == 1 ? -SYN_EIO : i), &out[i]);
        CHECK_INT(err, i < 4 ? 0 : SYN_EIO);
    }
    CHECK_INT(scope_join(&scope), SYN_EIO);
    CHECK_INT(syn_scope_live(&scope), 0);
    scope_collect(&scope);
    for (int i = 0; i < 3; i++)
        CHECK_INT(scope_spawn(&scope, work_future(1.0 + i, -SYN_EUSER - i), NULL), 0);
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

    CHECK_INT(scope_spawn(&scope, work_future(100.0, 1), NULL), 0);
    CHECK_INT(naps(1.0), 0);
}
#endif

static void S1_a_guarded_scope_closes_when_it_goes(void)
{
#if defined(__GNUC__)
    begin();
    leaves_early();
    CHECK_INT(cleaned, 1);
    CHECK_INT(now(), 1250 * MS);
    end_all();
#else
    TEST_SKIP("the compiler has no cleanup attribute");
#endif
}

static void cancels(int unused, void *scope)
{
    (void)unused;
    CHECK_INT(naps(1.0), 0);
    scope_cancel(scope);
}

static void X1_a_threads_scope_is_cancelled_by_another_thread(void)
{
    struct syn_scope scope = SYN_SCOPE;
    struct crew_at_work *crew;

    begin();
    CHECK_INT(scope_spawn(&scope, work_future(100.0, 1), NULL), 0);
    CHECK_INT(scope_spawn(&scope, naps_future(100.0)), 0);
    crew = crew_start(1, cancels, &scope);
    CHECK_INT(scope_join(&scope), SYN_ECANCELED);
    CHECK_INT(syn_last_origin(), SYN_BY_REQUEST);
    CHECK_INT(cleaned, 1);
    crew_join(crew);
    end_all();
}

ASYNC(demo, syn_err, waits_for_itself, SYN_LOCAL(struct naps_future, f))
{
    struct syn_scope scope = SYN_SCOPE;
    syn_err err;

    self->f = naps_future(1.0);
    err = scope_spawn(&scope, self->f);
    CHECK_INT(scope_join(&scope), 0); /* it has none */
    future_detach(self->f);           /* which was not used up */
    return step_return(self, err);
}

ASYNC(demo, syn_err, joins_blocking, SYN_LOCAL(struct syn_scope, scope))
{
    co_begin;
    CHECK_INT(scope_spawn(&self->scope, naps_future(1.0)), 0);
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
    CHECK_INT(naps(i * 0.01), 0);
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

/* A copy of a shared future ends inside the call that asks it to. */
static void X1_children_that_end_while_they_are_asked_do_not_lock_up(void)
{
    struct syn_scope scope = SYN_SCOPE;
    struct work_future f[3];
    struct work_shared s;
    int out[3] = {-1, -1, -1};

    begin();
    CHECK_INT(future_share(work_future(5.0, 1), &s), 0);
    for (int i = 0; i < 3; i++) {
        syn_shared_future(s, &f[i]);
        CHECK_INT(scope_spawn(&scope, f[i], &out[i]), 0);
    }
    scope_cancel(&scope);
    CHECK_INT(scope_join(&scope), SYN_ECANCELED);
    CHECK_INT(out[0] + out[1] + out[2], -3);
    shared_release(s);
    end_all();
}

static const struct test_case cases[] = {
    TEST(S1_a_threads_scope_joins_limits_and_fails),
    TEST(S1_a_guarded_scope_closes_when_it_goes),
    TEST(X1_a_threads_scope_is_cancelled_by_another_thread),
    TEST(C7_a_step_that_would_wait_for_its_own_children_is_refused),
    TEST(P3_children_complete_from_many_threads),
    TEST(X1_children_that_end_while_they_are_asked_do_not_lock_up),
};
TEST_MAIN_BOTH_MODES("scope_thread", cases);

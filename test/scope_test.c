/* SPDX-License-Identifier: Apache-2.0
 *
 * Scopes in tasks: what comes out, and what can be a child.
 */
#define _DEFAULT_SOURCE
#include "support/scope_rig.h"

/* --- all go well --- */

ASYNC(demo, int, spawns, (int, n), (unsigned, limit), SYN_LOCAL(struct syn_scope, scope),
      SYN_LOCAL(int, i), SYN_LOCAL(int, out[20]))
{
    co_begin;
    scope_limit(&self->scope, self->limit);
    for (self->i = 0; self->i < self->n; self->i++)
        /* later ones are faster: the order of ending is not that of spawning */
        co_spawn(&self->scope, work_future(10.0 - self->i, self->i), &self->out[self->i]);
    co_join(&self->scope);
    co_check;
    CHECK_INT(running, 0);
    for (int i = 0; i < self->n; i++)
        CHECK_INT(self->out[i], i);
    co_return(self->n);
    co_end;
}

static void S1_a_scope_waits_for_all_and_results_have_their_order(void)
{
    begin();
    CHECK_INT(spawns(10, 0, NULL), 0);
    CHECK_INT(now(), 10250 * MS);
    CHECK_INT(spawns(0, 0, NULL), 0);
    end_all();
}

static void S2_no_more_than_the_limit_run_at_once(void)
{
    for (unsigned limit = 1; limit <= 11; limit += 2) {
        begin();
        most = 0;
        CHECK_INT(spawns(10, limit, NULL), 0);
        CHECK_INT(most, limit < 10 ? limit : 10);
        end_all();
    }
}

/* --- one fails --- */

ASYNC(demo, int, one_fails, (int, bad), SYN_LOCAL(struct syn_scope, scope), SYN_LOCAL(int, i),
      SYN_LOCAL(int, out[6]), SYN_LOCAL(syn_err, status[6]))
{
    co_begin;
    for (self->i = 0; self->i < 6; self->i++)
        co_spawn(&self->scope,
                 work_future(self->i + 1.0, self->i == self->bad ? -SYN_EIO : self->i + 10),
                 &self->out[self->i], &self->status[self->i]);
    co_join(&self->scope);
    CHECK_INT(co_status, SYN_EIO);
    for (int i = 0; i < 6; i++) {
        CHECK_INT(self->out[i], i < self->bad ? i + 10 : 0);
        CHECK_INT(self->status[i], i < self->bad ? 0 : i == self->bad ? SYN_EIO : SYN_ECANCELED);
    }
    co_fail(co_status);
    co_end;
}

static void S1_the_first_error_ends_the_others_and_is_the_scopes(void)
{
    for (int bad = 0; bad < 5; bad++) {
        begin();
        CHECK_INT(one_fails(bad, NULL), SYN_EIO);
        CHECK_SAYS("a worker failed");
        CHECK_INT(syn_last_report()->n_sites, 2);
        CHECK_INT(now(), (bad + 1) * SECOND + 500 * MS);
        CHECK_INT(began, 6);
        end_all();
        began = cleaned = 0;
    }
}

ASYNC(demo, void, spawns_on, SYN_LOCAL(struct syn_scope, scope), SYN_LOCAL(int, i))
{
    co_begin;
    scope_limit(&self->scope, 2);
    for (self->i = 0; self->i < 100; self->i++)
        co_spawn(&self->scope, work_future(1.0, self->i == 5 ? -SYN_EPIPE : 1), NULL);
    CHECK(!"not reached");
    co_finally;
    CHECK_INT(co_status, SYN_EPIPE);
    CHECK_INT(running, 0); /* the children ended before the clean-up */
    CHECK_INT(syn_scope_live(&self->scope), 0);
    co_end;
}

static void S1_a_spawn_into_a_scope_that_failed_leaves(void)
{
    begin();
    CHECK_INT(spawns_on(), SYN_EPIPE);
    CHECK(began <= 8);
    end_all();
}

ASYNC(demo, void, keeps_going, (int, collects), SYN_LOCAL(struct syn_scope, scope),
      SYN_LOCAL(int, i), SYN_LOCAL(struct syn_failure, failure))
{
    co_begin;
    if (self->collects)
        scope_collect(&self->scope);
    else
        scope_keep_going(&self->scope);
    for (self->i = 0; self->i < 6; self->i++)
        co_spawn(&self->scope, work_future(6.0 - self->i, self->i % 2 ? -(SYN_EUSER + self->i) : 1),
                 NULL);
    co_join(&self->scope);
    CHECK_INT(co_status, SYN_EUSER + 5); /* it ends first */
    CHECK_INT(cleaned, 6);
    for (unsigned i = 0; i < 3; i++) {
        CHECK_INT(scope_failure(&self->scope, i, &self->failure), self->collects != 0);
        if (!self->collects)
            continue;
        CHECK_INT(self->failure.child, 5 - 2 * i);
        CHECK_INT(self->failure.err, SYN_EUSER + 5 - 2 * (int)i);
        CHECK_STR(self->failure.report->message, "a worker failed");
    }
    CHECK_INT(scope_failure(&self->scope, 3, &self->failure), 0);
    co_end;
}

static void S1_keeping_going_ends_nobody_and_collecting_keeps_all_errors(void)
{
    begin();
    CHECK_INT(keeps_going(0), 0);
    cleaned = began = 0;
    CHECK_INT(keeps_going(1), 0);
    end_all();
}

/* --- other kinds of children --- */

ASYNC(demo, void, waits_for_promises, (struct number_future, f), (struct number_future, g),
      SYN_LOCAL(struct syn_scope, scope), SYN_LOCAL(int, a), SYN_LOCAL(int, b))
{
    co_begin;
    co_all(&self->scope, (self->f, &self->a), (self->g, &self->b));
    co_check;
    CHECK_INT(self->a + self->b, 3);
    co_end;
}

static void P5_promises_are_children_and_are_let_go(void)
{
    struct number_promise p, q;
    struct number_future f, g;
    struct waits_for_promises_future w;

    begin();
    CHECK_INT(promise_new(number, &p, &f), 0);
    CHECK_INT(promise_new(number, &q, &g), 0);
    w = waits_for_promises_future(f, g);
    CHECK_INT(promise_complete(p, &(int){1}), 0);
    CHECK_INT(promise_complete(q, &(int){2}), 0);
    CHECK_INT(future_get(w), 0);
    CHECK_INT(promise_new(number, &p, &f), 0);
    CHECK_INT(promise_new(number, &q, &g), 0);
    w = waits_for_promises_future(f, g);
    CHECK_INT(promise_fail(p, SYN_EIO, "no"), 0);
    CHECK_INT(future_get(w), SYN_EIO);
    CHECK_INT(promise_complete(q, &(int){2}), SYN_EUNWANTED); /* nobody waits for it any more */
    CHECK_INT(promise_new(number, &p, &f), 0);
    CHECK_INT(promise_new(number, &q, &g), 0);
    w = waits_for_promises_future(f, g);
    CHECK_INT(naps(1.0), 0);
    CHECK_INT(future_cancel(w), SYN_ECANCELED);
    CHECK_INT(promise_drop(p), 0);
    CHECK_INT(promise_drop(q), 0);
    end_all();
}

ASYNC(demo, void, spawns_into, (struct syn_scope *, scope))
{
    co_begin;
    co_sleep(1.0);
    CHECK_INT(scope_spawn(self->scope, work_future(2.0, 5), NULL), 0);
    co_end;
}

ASYNC(demo, void, lends_its_scope, SYN_LOCAL(struct syn_scope, scope))
{
    co_begin;
    co_spawn(&self->scope, spawns_into_future(&self->scope));
    co_join(&self->scope);
    co_check;
    CHECK_INT(cleaned, 1);
    co_end;
}

static void S1_a_child_may_spawn_into_the_scope_it_is_in(void)
{
    begin();
    CHECK_INT(lends_its_scope(), 0);
    CHECK_INT(now(), 3250 * MS);
    end_all();
}

ASYNC(demo, void, has_bad_children, (struct work_future, used), SYN_LOCAL(struct syn_scope, scope))
{
    co_begin;
    co_spawn(&self->scope, work_future(5.0, 1), NULL);
    CHECK_INT(scope_spawn(&self->scope, self->used, NULL), 0);
    co_join(&self->scope);
    CHECK_INT(co_status, SYN_ECONSUMED);
    CHECK_INT(running, 0);
    co_end;
}

static void S1_a_future_that_is_no_good_is_a_child_that_failed(void)
{
    struct work_future f;

    begin();
    f = work_future(1.0, 1);
    CHECK_INT(future_get(f, NULL), 0);
    CHECK_INT(has_bad_children(f), 0);
    end_all();
}

static const struct test_case cases[] = {
    TEST(S1_a_scope_waits_for_all_and_results_have_their_order),
    TEST(S2_no_more_than_the_limit_run_at_once),
    TEST(S1_the_first_error_ends_the_others_and_is_the_scopes),
    TEST(S1_a_spawn_into_a_scope_that_failed_leaves),
    TEST(S1_keeping_going_ends_nobody_and_collecting_keeps_all_errors),
    TEST(P5_promises_are_children_and_are_let_go),
    TEST(S1_a_child_may_spawn_into_the_scope_it_is_in),
    TEST(S1_a_future_that_is_no_good_is_a_child_that_failed),
};
TEST_MAIN_BOTH_MODES("scope", cases);

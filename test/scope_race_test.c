/* SPDX-License-Identifier: Apache-2.0
 *
 * A thread's scope while its children end on a loop: what its owner sees is in order, and what
 * it may free is used no more. Real time; the windows are held open by the points of delay of
 * checked builds.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

SYNCHRONIZER(demo);

static atomic_int n_made, n_destroyed;

static void destroy(char *text)
{
    n_destroyed++;
    free(text);
}

ASYNC(demo, char *, makes, DESTROY(destroy))
{
    co_begin;
    co_pass;
    n_made++;
    co_return(strdup("x"));
    co_end;
}

ASYNC(demo, int, fails_if_odd, (int, x))
{
    co_begin;
    co_pass;
    if (self->x % 2)
        co_fail(SYN_EIO, "odd");
    co_return(self->x);
    co_end;
}

static void begin_with(syn_err points)
{
    begin_in_real_time();
    if (points == SYN_ENOTSUP)
        TEST_SKIP("this build has no points of delay");
    CHECK_INT(points, 0);
}

static void end_with(struct syn_scope *scope)
{
    CHECK_INT(n_made, 1);
    CHECK_INT(n_destroyed, 1);
    scope_close(scope);
    syn_test_delay_clear();
    finish(&demo);
}

/* The thread that tells the scope stays for a while where it has decided that the child is over,
 * and has not destroyed yet what that made. */
static void S1_a_join_returns_when_unwanted_results_have_been_destroyed(void)
{
    struct syn_scope scope = SYN_SCOPE;

    begin_with(syn_test_delay("scope_drop", 1, 0.1));
    CHECK_INT(scope_spawn(&scope, makes_future(), NULL), 0);
    CHECK_INT(scope_join(&scope), 0);
    end_with(&scope);
}

static void S1_a_close_returns_when_unwanted_results_have_been_destroyed(void)
{
    struct syn_scope scope = SYN_SCOPE;

    begin_with(syn_test_delay("scope_drop", 1, 0.1));
    CHECK_INT(scope_spawn(&scope, makes_future(), NULL), 0);
    while (n_made == 0)
        sched_yield();
    scope_close(&scope);
    end_with(&scope);
}

static void spawns(int number, void *scope)
{
    (void)number;
    CHECK_INT(scope_spawn(scope, makes_future(), NULL), 0);
}

static void S1_a_child_lives_until_its_unwanted_result_has_been_destroyed(void)
{
    struct syn_scope scope = SYN_SCOPE;
    struct crew_at_work *crew;

    begin_with(syn_test_hold("scope_drop", 1));
    crew = crew_start(1, spawns, &scope); /* it may be this thread that is held */
    CHECK_INT(syn_test_await_held("scope_drop", 60), 0);
    CHECK_INT(n_made, 1);
    CHECK_INT(n_destroyed, 0);
    CHECK_INT(scope_live(&scope), 1);
    syn_test_release("scope_drop");
    while (scope_live(&scope) > 0)
        sched_yield();
    crew_join(crew);
    end_with(&scope);
}

/* For the thread sanitizer, and for the results: those of children that are over can be read. */
static void S1_an_owner_may_look_while_children_end(void)
{
    enum { N = 50 };
    struct syn_scope scope = SYN_SCOPE;
    int results[N], seen = 0;

    begin_in_real_time();
    for (int r = 0; r < 200 / TEST_SLOWNESS; r++) {
        struct syn_failure failure;

        scope_collect(&scope);
        for (int i = 0; i < N; i++) {
            results[i] = -1;
            CHECK_INT(scope_spawn(&scope, fails_if_odd_future(i), &results[i]), 0);
        }
        while (scope_live(&scope) > 0)
            seen += scope_failure(&scope, 0, &failure);
        for (int i = 0; i < N; i++)
            CHECK_INT(results[i], i % 2 ? -1 : i);
        CHECK_INT(scope_failure(&scope, N / 2 - 1, &failure), 1);
        CHECK_INT(scope_failure(&scope, N / 2, &failure), 0);
        CHECK_INT(scope_join(&scope), SYN_EIO);
    }
    CHECK(seen >= 0);
    scope_close(&scope);
    finish(&demo);
}

static _Atomic(bool) released;

static void cancels(int number, void *argument)
{
    struct syn_scope *scope = argument;

    (void)number;
    while (!released) {
        scope_cancel(scope);
        sched_yield();
    }
}

/* Any thread may cancel it at any time, also while its owner begins with it or ends it. */
static void X1_a_scope_may_be_cancelled_while_it_is_begun_and_joined(void)
{
    struct syn_scope scope = SYN_SCOPE;
    struct crew_at_work *crew;
    int winner;

    begin_in_real_time();
    crew = crew_start(1, cancels, &scope);
    for (int r = 0; r < 2000 / TEST_SLOWNESS; r++) {
        syn_err err = syn_race(&scope, (fails_if_odd_future(0), NULL), (fails_if_odd_future(2), NULL));

        winner = scope_winner(&scope);
        CHECK(err == SYN_ECANCELED ? winner == -1 || winner <= 1 : err == 0 && winner >= 0);
    }
    released = true;
    crew_join(crew);
    scope_close(&scope);
    finish(&demo);
}

static const struct test_case cases[] = {
    TEST(S1_a_join_returns_when_unwanted_results_have_been_destroyed),
    TEST(S1_a_child_lives_until_its_unwanted_result_has_been_destroyed),
    TEST(S1_a_close_returns_when_unwanted_results_have_been_destroyed),
    TEST(S1_an_owner_may_look_while_children_end),
    TEST(X1_a_scope_may_be_cancelled_while_it_is_begun_and_joined),
};
TEST_MAIN_BOTH_MODES("scope_race", cases);

/* SPDX-License-Identifier: Apache-2.0
 *
 * Scopes in tasks: what is cancelled, when, and that nothing is left.
 */
#define _DEFAULT_SOURCE
#include "support/scope_rig.h"

#include <synchronicity/step.h>

/* --- the owner leaves --- */

ASYNC(demo, void, leaves, (int, how), SYN_LOCAL(struct syn_scope, a),
      SYN_LOCAL(struct syn_scope, b))
{
    co_begin;
    co_spawn(&self->a, work_future(100.0, 1), NULL);
    co_spawn(&self->a, work_there_future(100.0));
    co_spawn(&self->b, work_future(100.0, 1), NULL);
    if (self->how == 0)
        co_fail(SYN_EIO);
    if (self->how == 1)
        co_done;
    if (self->how == 2)
        co_sleep(1000.0);
    if (self->how == 3)
        co_join(&self->b);
    if (self->how == 4)
        co_await(naps_future(1000.0));
    co_finally;
    CHECK_INT(running, 0);
    CHECK_INT(there, 0);
    CHECK_INT(cleaned, began);
    co_end;
}

static void S1_children_end_before_the_clean_up_of_who_leaves(void)
{
    begin();
    CHECK_INT(leaves(0), SYN_EIO);
    CHECK_INT(leaves(1), 0);
    CHECK_INT(leaves(5), 0); /* falls into its clean-up */
    CHECK(now() <= SECOND);
    end_all();
}

static void X1_children_end_when_the_owner_is_asked_to(void)
{
    begin();
    for (int how = 2; how <= 4; how++) {
        struct leaves_future f = leaves_future(how);

        CHECK_INT(naps(1.0), 0);
        CHECK_INT(future_cancel(f), SYN_ECANCELED);
        CHECK_INT(running, 0);
        CHECK_INT(call_by(syn_after(1.0), leaves(how)), SYN_ETIMEDOUT);
        CHECK_INT(running, 0);
    }
    for (int how = 2; how <= 4; how++) {
        struct leaves_future f = leaves_future(how);

        CHECK_INT(naps(1.0), 0);
        CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
        CHECK_INT(future_get(f), SYN_ECANCELED);
        CHECK_INT(syn_last_origin(), SYN_BY_STOP);
        CHECK_INT(running, 0);
        CHECK_INT(synchronizer_start(&demo), 0);
    }
    end_all();
}

ASYNC(demo, void, wants_room, SYN_LOCAL(struct syn_scope, scope), SYN_LOCAL(int, i))
{
    co_begin;
    scope_limit(&self->scope, 1);
    for (self->i = 0; self->i < 3; self->i++)
        co_spawn(&self->scope, work_future(100.0, self->i), NULL);
    CHECK(!"not reached");
    co_finally;
    CHECK_INT(self->i, 1);
    CHECK_INT(running, 0);
    co_end;
}

static void X3_a_wait_for_room_is_cancelled(void)
{
    struct wants_room_future f;

    begin();
    f = wants_room_future();
    CHECK_INT(naps(1.0), 0);
    CHECK_INT(future_cancel(f), SYN_ECANCELED);
    CHECK_INT(now(), 1250 * MS);
    CHECK_INT(began, 1); /* the second was not called */
    CHECK_INT(call_by(syn_after(1.0), wants_room()), SYN_ETIMEDOUT);
    CHECK_INT(began, 2);
    end_all();
}

ASYNC(demo, void, spawns_in_clean_up, SYN_LOCAL(struct syn_scope, scope))
{
    co_begin;
    co_sleep(1000.0);
    co_finally;
    co_spawn(&self->scope, work_future(1.0, 7), NULL);
    co_join(&self->scope);
    CHECK_INT(co_status, 0);
    scope_spawn(&self->scope, work_future(1.0, 7), NULL); /* and one that nobody joins */
    co_sleep(0.5);
    CHECK_INT(running, 1);
    co_end;
}

static void S1_clean_up_may_spawn_and_its_children_end_too(void)
{
    begin();
    CHECK_INT(call_by(syn_after(1.0), spawns_in_clean_up()), SYN_ETIMEDOUT);
    CHECK_INT(running, 0);
    CHECK_INT(now(), 3 * SECOND);
    end_all();
}

ASYNC(demo, void, will_not_end)
{
    co_begin;
    co_sleep(1000.0);
    co_finally;
    co_sleep(100.0);
    co_end;
}

ASYNC(other, void, will_not_end_there)
{
    co_begin;
    co_sleep(1000.0);
    co_finally;
    co_sleep(100.0);
    co_end;
}

ASYNC(demo, void, owns_the_stubborn, SYN_LOCAL(struct syn_scope, scope))
{
    co_begin;
    co_spawn(&self->scope, will_not_end_future());
    co_spawn(&self->scope, will_not_end_there_future());
    co_join(&self->scope);
    co_end;
}

static void L2_an_abandoned_owner_lets_go_of_its_children(void)
{
    struct owns_the_stubborn_future f;

    begin();
    f = owns_the_stubborn_future();
    CHECK_INT(naps(1.0), 0);
    CHECK_INT(synchronizer_stop(&demo, syn_after(1.0)), SYN_ETIMEDOUT);
    CHECK_INT(future_get(f), SYN_EABANDONED);
    end_all();
}

/* --- deadlines --- */

ASYNC(demo, void, has_deadline, (double, first), (double, second), SYN_LOCAL(struct syn_scope, s))
{
    co_begin;
    scope_deadline(&self->s, syn_after(self->first));
    co_spawn(&self->s, work_future(5.0, 1), NULL);
    co_spawn(&self->s, work_there_future(5.0));
    scope_deadline(&self->s, syn_after(self->second));
    co_join(&self->s);
    co_check;
    co_end;
}

static void X4_a_scopes_deadline_ends_its_children_and_only_tightens(void)
{
    begin();
    CHECK_INT(has_deadline(2.0, 100.0), SYN_ETIMEDOUT);
    CHECK_INT(now(), 2250 * MS);
    CHECK_INT(has_deadline(100.0, 3.0), SYN_ETIMEDOUT);
    CHECK_INT(now(), 5500 * MS);
    CHECK_INT(has_deadline(10.0, 100.0), 0);
    CHECK_INT(now(), 10750 * MS);
    end_all();
}

static int64_t seen[4];

/* In its first step: the call was made under the deadline. */
ASYNC(other, void, sees_there, (int, i))
{
    seen[self->i] = syn_task_deadline(&self->syn).ns;
    return step_done(self);
}

ASYNC(demo, void, sees, (int, i), SYN_LOCAL(struct syn_scope, scope))
{
    co_begin;
    seen[0] = syn_task_deadline(&self->syn).ns;
    co_await(sees_there_future(1));
    scope_deadline(&self->scope, syn_after(1.0));
    co_spawn(&self->scope, sees_there_future(2));
    co_join(&self->scope);
    co_check;
    co_finally;
    seen[3] = syn_task_deadline(&self->syn).ns;
    co_end;
}

static void X4_deadlines_are_inherited_and_seen(void)
{
    begin();
    CHECK_INT(sees(0), 0);
    CHECK_INT(seen[0], syn_never().ns);
    CHECK_INT(seen[1], syn_never().ns);
    CHECK_INT(seen[2], SECOND);
    CHECK_INT(call_by(syn_after(5.0), sees(0)), 0);
    CHECK_INT(seen[0], 5 * SECOND);
    CHECK_INT(seen[1], 5 * SECOND);
    CHECK_INT(seen[2], SECOND);
    CHECK_INT(seen[3], syn_never().ns); /* clean-up is not hurried */
    CHECK_INT(call_by(syn_after(0.5), sees(0)), 0);
    CHECK_INT(seen[2], 500 * MS);
    end_all();
}

ASYNC(other, void, sees_later_there, (int, i))
{
    co_begin;
    co_sleep(1e-3);
    seen[self->i] = syn_task_deadline(&self->syn).ns;
    co_end;
}

ASYNC(demo, void, spawns_given, (struct sees_later_there_future, f),
      SYN_LOCAL(struct syn_scope, scope))
{
    co_begin;
    scope_deadline(&self->scope, syn_after(1.0));
    co_spawn(&self->scope, self->f);
    co_join(&self->scope);
    co_check;
    co_end;
}

static void X4_a_call_made_before_it_is_spawned_inherits_then(void)
{
    begin();
    CHECK_INT(spawns_given(sees_later_there_future(0)), 0);
    CHECK_INT(seen[0], SECOND);
    end_all();
}

/* Memory runs out at every moment of a program of scopes: no child outlives its scope. */

ASYNC(demo, void, many, (int, depth), SYN_LOCAL(struct syn_scope, scope), SYN_LOCAL(int, i))
{
    co_begin;
    running++;
    if (self->depth == 0)
        co_sleep(1.0);
    else
        for (self->i = 0; self->i < 3; self->i++)
            co_spawn(&self->scope, many_future(self->depth - 1));
    co_join(&self->scope);
    co_check;
    co_finally;
    running--;
    co_end;
}

static syn_err a_task_spawns(void)
{
    return many(3);
}

static syn_err a_thread_spawns(void)
{
    struct syn_scope scope = SYN_SCOPE;

    for (int i = 0; i < 3; i++)
        if (scope_spawn(&scope, many_future(2)))
            break;
    return scope_join(&scope);
}

static syn_err a_thread_races(void)
{
    struct syn_scope scope = SYN_SCOPE;

    return syn_race(&scope, (many_future(3)), (many_future(2)), (many_future(3)));
}

/* COUNT allocations fail, from the 1st, the 2nd ... on, until the program needs none of them. */
static void without_memory(unsigned long count, syn_err (*program)(void))
{
    unsigned long n, hits;
    bool failed = false;

    for (n = 1;; n++) {
        syn_err err;

        begin();
        CHECK_INT(synchronizer_start(&demo), 0);
        syn_fault_set("alloc", n, count, ENOMEM);
        err = program();
        hits = syn_fault_hits();
        syn_fault_clear();
        CHECK(err == 0 || err == SYN_ENOMEM);
        CHECK_INT(running, 0); /* at this moment, and not only after the stop */
        failed = failed || err;
        end_all();
        if (hits < n)
            break;
    }
    CHECK(failed && n > 10);
}

static void S1_memory_that_runs_out_while_spawning_leaves_nobody(void)
{
    without_memory(1, a_task_spawns);
    without_memory(1000000, a_task_spawns);
    without_memory(1, a_thread_spawns);
    without_memory(1000000, a_thread_spawns);
    without_memory(1, a_thread_races);
    without_memory(1000000, a_thread_races);
}

static const struct test_case cases[] = {
    TEST(S1_children_end_before_the_clean_up_of_who_leaves),
    TEST(X1_children_end_when_the_owner_is_asked_to),
    TEST(X3_a_wait_for_room_is_cancelled),
    TEST(S1_clean_up_may_spawn_and_its_children_end_too),
    TEST(L2_an_abandoned_owner_lets_go_of_its_children),
    TEST(X4_a_scopes_deadline_ends_its_children_and_only_tightens),
    TEST(X4_deadlines_are_inherited_and_seen),
    TEST(X4_a_call_made_before_it_is_spawned_inherits_then),
    TEST(S1_memory_that_runs_out_while_spawning_leaves_nobody),
};
TEST_MAIN_BOTH_MODES("scope_end", cases);

/* SPDX-License-Identifier: Apache-2.0
 *
 * Several synchronizers: awaiting across them, and blocking across them.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

struct hears {
    int n;
    char synchronizer[20], function[20];
};
static struct hears heard;

static void is_blocked(void *user, const char *synchronizer, const char *function)
{
    struct hears *h = user;

    h->n++;
    snprintf(h->synchronizer, sizeof h->synchronizer, "%s", synchronizer);
    snprintf(h->function, sizeof h->function, "%s", function);
}

SYNCHRONIZER(a, .on_blocked = is_blocked, .user = &heard);
SYNCHRONIZER(b);
SYNCHRONIZER(c);

static void end_all(void)
{
    finish(&a);
    finish(&b);
    finish(&c);
    done();
}

ASYNC(b, int, slow, (double, seconds), (int, x))
{
    co_begin;
    co_sleep(self->seconds);
    if (self->x < 0)
        co_fail(SYN_EIO, "negative");
    co_return(self->x);
    co_end;
}

ASYNC(a, int, over, (double, seconds), (int, x))
{
    co_begin;
    co_try(slow_future(self->seconds, self->x), &self->result);
    co_return_result;
    co_end;
}

ASYNC(a, void, naps, (double, seconds))
{
    co_begin;
    co_sleep(self->seconds);
    co_end;
}

static void C6_awaiting_another_synchronizer_blocks_nobody(void)
{
    struct over_future f;
    int v = -1;

    begin();
    f = over_future(5.0, 7);
    CHECK_INT(naps(1.0), 0);
    CHECK_INT(now(), SECOND);
    CHECK_INT(future_get(f, &v), 0);
    CHECK_INT(v, 7);
    CHECK_INT(now(), 5 * SECOND);
    CHECK_INT(heard.n, 0);
    end_all();
}

static pthread_t seen_on[2];

ASYNC(a, int, leaf, (int, x))
{
    seen_on[1] = pthread_self();
    return step_return(self, self->x);
}

ASYNC(a, int, sums, (int, n), SYN_LOCAL(int, i), SYN_LOCAL(int, x))
{
    co_begin;
    seen_on[0] = pthread_self();
    for (self->i = 0; self->i < self->n; self->i++) {
        co_try(leaf_future(self->i), &self->x);
        CHECK(pthread_equal(seen_on[0], seen_on[1]));
        self->result += self->x;
    }
    co_return_result;
    co_end;
}

static void C6_an_await_in_the_loop_takes_no_hop(void)
{
    struct syn_synchronizer_stats before, after;
    int v = 0;

    begin();
    CHECK_INT(naps(0.0), 0);
    before = synchronizer_stats(&a);
    CHECK_INT(sums(1000, &v), 0);
    after = synchronizer_stats(&a);
    CHECK_INT(v, 499500);
    CHECK_INT(after.started - before.started, 1001);
    CHECK(after.wakes - before.wakes <= 1); /* the call's own */
    CHECK(after.waits - before.waits <= 3);
    end_all();
}

static void C6_errors_and_traces_cross(void)
{
    begin();
    CHECK_INT(over(1.0, -1, NULL), SYN_EIO);
    CHECK_SAYS("negative");
    CHECK_INT(syn_last_report()->n_sites, 2);
    CHECK_STR(syn_last_report()->sites[0].function, "slow");
    CHECK_STR(syn_last_report()->sites[1].function, "over");
    end_all();
}

static int cleaned;

ASYNC(b, void, cleans)
{
    co_begin;
    co_sleep(1000.0);
    co_finally;
    co_sleep(1.0);
    cleaned++;
    co_end;
}

ASYNC(a, void, awaits_cleans)
{
    co_begin;
    co_try(cleans_future());
    co_end;
}

static void C6_cancels_and_deadlines_cross(void)
{
    struct awaits_cleans_future f;

    begin();
    f = awaits_cleans_future();
    CHECK_INT(naps(1.0), 0);
    CHECK_INT(future_cancel(f), SYN_ECANCELED);
    CHECK_INT(cleaned, 1);
    CHECK_INT(now(), 2 * SECOND);
    CHECK_INT(call_by(syn_after(3.0), awaits_cleans()), SYN_ETIMEDOUT);
    CHECK_INT(cleaned, 2);
    CHECK_INT(now(), 6 * SECOND);
    end_all();
}

/* --- blocking --- */

ASYNC(a, syn_err, blocks, (double, seconds))
{
    return step_return(self, slow(self->seconds, 1, NULL));
}

static void C9_blocking_another_loop_is_told_once_and_goes_on(void)
{
    syn_err err = -1;

    begin();
    CHECK_INT(blocks(2.0, &err), 0);
    CHECK_INT(err, 0);
    CHECK_INT(heard.n, 1);
    CHECK_STR(heard.synchronizer, "a");
    CHECK_STR(heard.function, "slow");
    CHECK_INT(now(), 2 * SECOND);
    CHECK_INT(slow(1.0, 1, NULL), 0); /* a plain thread may */
    CHECK_INT(heard.n, 1);
    end_all();
}

/* While a step blocks, what is posted to its loop has to wait; time goes on. */
static void T1_time_passes_while_a_step_blocks(void)
{
    struct blocks_future f;
    struct naps_future g;
    syn_err err = -1;

    begin();
    f = blocks_future(2.0);
    g = naps_future(1.0);
    CHECK_INT(future_get(f, &err), 0);
    CHECK_INT(err, 0);
    CHECK_INT(future_get(g), 0);
    CHECK(now() >= 2 * SECOND && now() <= 3 * SECOND);
    end_all();
}

ASYNC(a, syn_err, blocks_until, (double, limit))
{
    return step_return(self, call_by(syn_after(self->limit), slow(50.0, 1, NULL)));
}

static void C12_the_deadline_of_a_call_from_a_step_is_on_its_clock(void)
{
    syn_err err = -1;

    begin();
    CHECK_INT(blocks_until(2.0, &err), 0);
    CHECK_INT(err, SYN_ETIMEDOUT);
    CHECK_INT(now(), 2 * SECOND);
    CHECK_INT(call_by(syn_after(3.0), blocks_until(20.0, &err)), 0);
    CHECK_INT(err, SYN_ETIMEDOUT); /* X4: the step's call inherited the caller's */
    CHECK_INT(now(), 5 * SECOND);
    end_all();
}

ASYNC(a, int, back_home)
{
    return step_return(self, 5);
}

ASYNC(b, syn_err, scope_on_a)
{
    struct syn_scope scope = SYN_SCOPE;
    syn_err err;

    scope_spawn(&scope, back_home_future(), NULL);
    err = scope_join(&scope);
    if (err == SYN_EDEADLK) { /* it cannot be waited for here: let it run */
        scope_cancel(&scope);
        while (syn_scope_live(&scope))
            ;
        scope_close(&scope);
    }
    return step_return(self, err);
}

static void C9_a_scope_of_a_step_over_another_loop_waits(void)
{
    syn_err err = -1;

    begin();
    CHECK_INT(scope_on_a(&err), 0);
    CHECK_INT(err, 0);
    end_all();
}

/* --- deadlines --- */

static int64_t seen[3];

/* What is seen a moment later, since the deadline of the awaiter may come after the call. */
ASYNC(c, void, at_c, (double, seconds))
{
    co_begin;
    co_sleep(1e-3);
    seen[2] = syn_task_deadline(&self->syn).ns;
    co_sleep(self->seconds);
    co_end;
}

ASYNC(b, void, at_b, (double, limit), (double, seconds))
{
    co_begin;
    co_sleep(1e-3);
    seen[1] = syn_task_deadline(&self->syn).ns;
    co_try_by(at_c_future(self->seconds), syn_after(self->limit));
    co_end;
}

ASYNC(a, void, at_a, (double, limit), (double, limit_of_b), (double, seconds))
{
    co_begin;
    co_sleep(1e-3);
    seen[0] = syn_task_deadline(&self->syn).ns;
    co_try_by(at_b_future(self->limit_of_b, self->seconds), syn_after(self->limit));
    co_end;
}

static int64_t in(double seconds)
{
    return now() + (int64_t)(seconds * 1e9);
}

static void X4_deadlines_cross_two_synchronizers_and_only_tighten(void)
{
    int64_t first;

    begin();
    CHECK_INT(at_a(5e8, 6e8, 0.0), 0); /* nobody hurries */
    CHECK_INT(seen[0], syn_never().ns);
    first = in(10.0);
    CHECK_INT(call_by(syn_after(10.0), at_a(20.0, 30.0, 0.0)), 0);
    for (int i = 0; i < 3; i++) /* the later ones are no extension */
        CHECK_INT(seen[i], first);
    first = in(10.0);
    CHECK_INT(call_by(syn_after(10.0), at_a(5.0, 2.0, 100.0)), SYN_ETIMEDOUT);
    CHECK_INT(seen[0], first);
    CHECK_INT(seen[1], first - 5 * SECOND + MS);
    CHECK_INT(seen[2], first - 8 * SECOND + 2 * MS);
    CHECK_INT(now(), seen[2]); /* the tightest of them ended it */
    CHECK_INT(call_by(syn_after(1.0), at_a(5.0, 2.0, 100.0)), SYN_ETIMEDOUT);
    CHECK_INT(syn_last_origin(), SYN_BY_DEADLINE);
    CHECK_INT(now(), seen[0]);
    CHECK_INT(seen[2], seen[0]);
    end_all();
}

ASYNC(a, void, awaits_given, (struct at_b_future, f))
{
    co_begin;
    co_try(self->f);
    co_end;
}

static void X4_who_is_awaited_later_inherits_then(void)
{
    struct at_b_future f;

    begin();
    f = at_b_future(1e9, 100.0); /* by a thread that has no deadline */
    CHECK_INT(call_by(syn_after(2.0), awaits_given(f)), SYN_ETIMEDOUT);
    CHECK_INT(seen[1], 2 * SECOND);
    CHECK_INT(now(), 2 * SECOND);
    end_all();
}

static const struct test_case cases[] = {
    TEST(C6_awaiting_another_synchronizer_blocks_nobody),
    TEST(C6_an_await_in_the_loop_takes_no_hop),
    TEST(C6_errors_and_traces_cross),
    TEST(C6_cancels_and_deadlines_cross),
    TEST(C9_blocking_another_loop_is_told_once_and_goes_on),
    TEST(T1_time_passes_while_a_step_blocks),
    TEST(C12_the_deadline_of_a_call_from_a_step_is_on_its_clock),
    TEST(C9_a_scope_of_a_step_over_another_loop_waits),
    TEST(X4_deadlines_cross_two_synchronizers_and_only_tighten),
    TEST(X4_who_is_awaited_later_inherits_then),
};
TEST_MAIN_BOTH_MODES("between", cases);

/* SPDX-License-Identifier: Apache-2.0
 *
 * Several synchronizers: awaiting across them, blocking across them, and the circles that
 * must not close.
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

/* --- circles --- */

static char message[SYN_MESSAGE_MAX];

static syn_err note(syn_err err)
{
    if (err == SYN_EDEADLK)
        snprintf(message, sizeof message, "%s", last_message());
    return err;
}

ASYNC(a, int, back_home)
{
    return step_return(self, 5);
}

ASYNC(b, syn_err, asks_a)
{
    return step_return(self, note(back_home(NULL)));
}

ASYNC(a, syn_err, circle_of_two)
{
    syn_err inner = -1, err = asks_a(&inner);

    return step_return(self, err ? err : inner);
}

static void C8_a_circle_of_two_is_refused_and_names_both_ends(void)
{
    syn_err err = -1;

    begin();
    CHECK_INT(circle_of_two(&err), 0);
    CHECK_INT(err, SYN_EDEADLK);
    CHECK(strstr(message, "back_home") || strstr(message, "co_await(back_home_future"));
    CHECK(strstr(message, "'a'") != NULL);
    CHECK_INT(asks_a(&err), 0); /* no circle, no error */
    CHECK_INT(err, 0);
    end_all();
}

ASYNC(c, syn_err, c_asks_a)
{
    return step_return(self, note(back_home(NULL)));
}

ASYNC(b, syn_err, b_asks_c)
{
    syn_err inner = -1, err = c_asks_a(&inner);

    return step_return(self, err ? err : inner);
}

ASYNC(a, syn_err, circle_of_three)
{
    syn_err inner = -1, err = b_asks_c(&inner);

    return step_return(self, err ? err : inner);
}

static void C8_a_circle_of_three_is_refused(void)
{
    syn_err err = -1;

    begin();
    CHECK_INT(circle_of_three(&err), 0);
    CHECK_INT(err, SYN_EDEADLK);
    CHECK(strstr(message, "back_home") != NULL);
    end_all();
}

ASYNC(b, syn_err, gets_from_a, (struct back_home_future, f))
{
    syn_err err = note(future_wait(self->f));

    if (!err)
        err = note(future_get(self->f, NULL));
    return step_return(self, err);
}

ASYNC(a, syn_err, circle_by_future, SYN_LOCAL(struct back_home_future, f))
{
    syn_err inner = -1, err;

    self->f = back_home_future();
    err = gets_from_a(self->f, &inner);
    future_detach(self->f);
    return step_return(self, err ? err : inner);
}

static void C8_a_circle_closed_by_a_future_is_refused_and_uses_up_nothing(void)
{
    syn_err err = -1;

    begin();
    CHECK_INT(circle_by_future(&err), 0);
    CHECK_INT(err, SYN_EDEADLK);
    end_all();
}

ASYNC(b, syn_err, scope_on_a)
{
    struct syn_scope scope = SYN_SCOPE;
    syn_err err;

    scope_spawn(&scope, back_home_future(), NULL);
    err = note(scope_join(&scope));
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

ASYNC(b, syn_err, in_clean_up, SYN_LOCAL(syn_err, err))
{
    co_begin;
    co_finally;
    self->err = note(back_home(NULL));
    co_return(self->err);
    co_end;
}

ASYNC(a, syn_err, circle_in_clean_up)
{
    syn_err inner = -1, err = in_clean_up(&inner);

    return step_return(self, err ? err : inner);
}

static void C8_a_circle_closed_by_clean_up_is_refused(void)
{
    begin();
    circle_in_clean_up(NULL);
    CHECK(strstr(message, "back_home") != NULL);
    end_all();
}

/* Two loops that start to block on each other at one moment: whoever is last is refused,
 * and neither hangs. */

ASYNC(b, syn_err, b_asks_a)
{
    return step_return(self, back_home(NULL));
}

ASYNC(b, int, back_at_b)
{
    return step_return(self, 6);
}

ASYNC(a, syn_err, a_asks_b)
{
    return step_return(self, back_at_b(NULL));
}

static void C8_who_closes_it_last_is_refused_in_a_race(void)
{
    int refused = 0;

    begin_in_real_time();
    for (int i = 0; i < 2000 / TEST_SLOWNESS; i++) {
        struct b_asks_a_future f = b_asks_a_future();
        struct a_asks_b_future g = a_asks_b_future();
        syn_err err_f = -1, err_g = -1;

        CHECK_INT(future_get(f, &err_f), 0);
        CHECK_INT(future_get(g, &err_g), 0);
        CHECK(err_f == 0 || err_f == SYN_EDEADLK);
        CHECK(err_g == 0 || err_g == SYN_EDEADLK);
        CHECK(err_f == 0 || err_g == 0);
        refused += err_f != 0 || err_g != 0;
    }
    finish(&a);
    finish(&b);
    done_after(1024);
    printf("%d refused\n", refused);
}

static const struct test_case cases[] = {
    TEST(C6_awaiting_another_synchronizer_blocks_nobody),
    TEST(C6_errors_and_traces_cross),
    TEST(C6_cancels_and_deadlines_cross),
    TEST(C9_blocking_another_loop_is_told_once_and_goes_on),
    TEST(T1_time_passes_while_a_step_blocks),
    TEST(C12_the_deadline_of_a_call_from_a_step_is_on_its_clock),
    TEST(C8_a_circle_of_two_is_refused_and_names_both_ends),
    TEST(C8_a_circle_of_three_is_refused),
    TEST(C8_a_circle_closed_by_a_future_is_refused_and_uses_up_nothing),
    TEST(C9_a_scope_of_a_step_over_another_loop_waits),
    TEST(C8_a_circle_closed_by_clean_up_is_refused),
    TEST(C8_who_closes_it_last_is_refused_in_a_race),
};
TEST_MAIN_BOTH_MODES("between", cases);

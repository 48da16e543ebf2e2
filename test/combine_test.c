/* SPDX-License-Identifier: Apache-2.0
 *
 * All, any, race: over mixed types and arrays, in tasks and threads; losers.
 */
#define _DEFAULT_SOURCE
#include "support/pair_rig.h"
#include "support/random.h"

PROMISE(int, number);

static int cleaned, destroyed;

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

static void P5_who_is_over_before_it_is_added_ends_the_others(void)
{
    struct syn_scope scope = SYN_SCOPE;
    struct nothing_future f;
    struct after_future g;
    int a = 0;

    begin();
    f = nothing_future(0);
    g = after_future(0, -SYN_EIO);
    CHECK_INT(nothing(1.0), 0);
    CHECK_INT(syn_race(&scope, (f), (after_future(100.0, 1), &a), (nothing_future(100.0))), 0);
    CHECK_INT(scope_winner(&scope), 0);
    CHECK_INT(syn_all(&scope, (g, &a), (nothing_future(100.0))), SYN_EIO);
    CHECK(now() < 2 * SECOND);
    CHECK_INT(a, 0);
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

/* Losers that wait for something which many want: an item, a promise. What comes goes to what is
 * left, or is delivered where a status was asked for; nothing is swallowed. */

CHANNEL(int, ints);

ASYNC(demo, int, takes, (struct ints_channel, ch))
{
    co_begin;
    co_next(self->ch, &self->result);
    co_check;
    co_return_result;
    co_end;
}

ASYNC(other, void, sends_at, (struct ints_channel, ch), (int, n), (uint32_t, random),
      SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < self->n; self->i++) {
        if (next_random(&self->random) % 2)
            co_sleep(next_random(&self->random) % 4 * 1e-3);
        co_send(self->ch, &self->i);
        CHECK_INT(co_status, 0);
    }
    CHECK_INT(channel_end(self->ch), 0);
    co_end;
}

static void P5_a_loser_consumes_nothing(void)
{
    enum { ITEMS = 2000 / TEST_SLOWNESS };
    struct syn_scope scope = SYN_SCOPE;
    struct ints_channel ch;
    struct sends_at_future sender;
    uint32_t random = 7;
    int expected = 0, lost = 0, won = 0;

    begin();
    CHECK_INT(channel_new(ints, 0, &ch), 0);
    sender = sends_at_future(ch, ITEMS, 11);
    while (expected < ITEMS) {
        int v = -1;
        syn_err status = -1;

        CHECK_INT(syn_race(&scope, (takes_future(ch), &v, &status),
                           (nothing_future(next_random(&random) % 4 * 1e-3))),
                  0);
        CHECK(status == 0 || status == SYN_ECANCELED);
        if (status == 0)
            CHECK_INT(v, expected++);
        won += scope_winner(&scope) == 0;
        lost += scope_winner(&scope) != 0;
    }
    CHECK(won > 10 && lost > 10);
    CHECK_INT(future_get(sender), 0);
    CHECK_INT(channel_close(ch), 0);
    finish(&demo);
    finish(&other);
    done_after(1024); /* a loop keeps the frames of ended calls for its own */
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
    CHECK_SAYS("needs at least one child");
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

static const struct test_case cases[] = {
    TEST(P5_all_of_mixed_types),
    TEST(P5_a_race_takes_the_first_outcome),
    TEST(P5_who_is_over_before_it_is_added_ends_the_others),
    TEST(P5_any_takes_the_first_that_is_well),
    TEST(P5_a_deadline_ends_all_of_them),
    TEST(P5_a_losers_value_is_destroyed_or_delivered_where_asked),
    TEST(P5_a_loser_consumes_nothing),
    TEST(P5_arrays_of_one_type),
    TEST(P5_the_scope_must_be_empty),
    TEST(P5_all_any_and_race_in_a_task),
    TEST(X3_a_race_is_cancelled_and_its_children_end),
};
TEST_MAIN_BOTH_MODES("combine", cases);

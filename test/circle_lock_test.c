/* SPDX-License-Identifier: Apache-2.0
 *
 * Circles of tasks on one loop that a lock closes: it is refused, and names the holder of each. What time
 * or a request may end is no circle.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

SYNCHRONIZER(demo);

static struct syn_mutex one, two, three;

static void end_all(void)
{
    finish(&demo);
    done();
}

/* The latest error is a refusal that names both. */
static void names(const char *who, const char *holder)
{
    char said[2000];

    syn_report_text(syn_last_report(), said, sizeof said);
    if (!strstr(said, who) || !strstr(said, holder) || !strstr(said, "a mutex"))
        test_fail(__FILE__, __LINE__, "the report says \"%s\"", said);
}

static void let_go(struct syn_mutex *mutex)
{
    if (syn_mutex_is_mine(mutex))
        syn_mutex_unlock(mutex);
}

ASYNC(demo, void, locks_two, (struct syn_mutex *, first), (struct syn_mutex *, second))
{
    co_begin;
    co_lock(self->first);
    co_sleep(1);
    co_lock(self->second);
    co_finally;
    let_go(self->second);
    let_go(self->first);
    co_end;
}

/* How many of N were refused: the last that locks, in whatever order they run. The others have what
 * they want when it has let go. */
static int n_refused(struct locks_two_future *f, int n)
{
    int n_refused = 0;

    for (int i = 0; i < n; i++) {
        syn_err err = future_get(f[i]);

        if (!err)
            continue;
        CHECK_INT(err, SYN_EDEADLK);
        names("locks_two", "a mutex that locks_two");
        n_refused++;
    }
    return n_refused;
}

static void C8_locks_in_two_orders_are_refused_to_the_last(void)
{
    struct locks_two_future f[2];

    begin();
    f[0] = locks_two_future(&one, &two);
    f[1] = locks_two_future(&two, &one);
    CHECK_INT(n_refused(f, 2), 1);
    CHECK_INT(now(), SECOND);
    end_all();
}

static void C8_so_are_locks_of_three(void)
{
    struct locks_two_future f[3];

    begin();
    f[0] = locks_two_future(&one, &two);
    f[1] = locks_two_future(&two, &three);
    f[2] = locks_two_future(&three, &one);
    CHECK_INT(n_refused(f, 3), 1);
    end_all();
}

ASYNC(demo, int, locks_one)
{
    co_begin;
    co_lock(&one);
    co_return(1);
    co_finally;
    let_go(&one);
    co_end;
}

ASYNC(demo, int, calls_locks_one)
{
    co_begin;
    co_pass;
    co_try(locks_one_future(), &self->result);
    co_return_result;
    co_end;
}

ASYNC(demo, int, awaits_while_it_holds)
{
    co_begin;
    co_lock(&one);
    co_try(calls_locks_one_future(), &self->result);
    co_return_result;
    co_finally;
    let_go(&one);
    co_end;
}

static void C8_a_lock_that_who_awaits_holds_is_refused(void)
{
    begin();
    CHECK_INT(awaits_while_it_holds(NULL), SYN_EDEADLK);
    names("locks_one waits for a mutex", "that awaits_while_it_holds holds");
    CHECK_INT(calls_locks_one(NULL), SYN_OK); /* it is free again */
    end_all();
}

ASYNC(demo, int, joins_while_it_holds, SYN_LOCAL(struct syn_scope, scope))
{
    co_begin;
    self->scope = (struct syn_scope)SYN_SCOPE;
    co_lock(&one);
    co_spawn(&self->scope, calls_locks_one_future(), NULL);
    co_spawn(&self->scope, calls_locks_one_future(), NULL);
    co_join(&self->scope);
    co_check;
    co_return(1);
    co_finally;
    let_go(&one);
    co_end;
}

static void C8_a_lock_that_who_joins_holds_is_refused(void)
{
    begin();
    CHECK_INT(joins_while_it_holds(NULL), SYN_EDEADLK);
    names("locks_one waits for a mutex", "that joins_while_it_holds holds");
    end_all();
}

/* --- what is none --- */

ASYNC(demo, void, locks_by, (struct syn_mutex *, first), (struct syn_mutex *, second),
      (double, seconds))
{
    co_begin;
    co_lock(self->first);
    co_sleep(1);
    co_attempt_by(self->second, syn_after(self->seconds));
    co_check;
    co_finally;
    let_go(self->second);
    let_go(self->first);
    co_end;
}

static void C8_a_lock_that_time_ends_closes_no_circle(void)
{
    struct locks_two_future f;
    struct locks_by_future g;

    begin();
    f = locks_two_future(&one, &two);
    g = locks_by_future(&two, &one, 5);
    CHECK_INT(future_get(g), SYN_ETIMEDOUT);
    CHECK_INT(future_get(f), SYN_OK);
    CHECK_INT(now(), 6 * SECOND);
    g = locks_by_future(&two, &one, 5); /* waits first */
    f = locks_two_future(&one, &two);
    CHECK_INT(future_get(f), SYN_OK);
    CHECK_INT(future_get(g), SYN_ETIMEDOUT);
    CHECK_INT(now(), 12 * SECOND);
    end_all();
}

ASYNC(demo, void, holds, (double, seconds))
{
    co_begin;
    co_lock(&one);
    co_sleep(self->seconds);
    co_finally;
    let_go(&one);
    co_end;
}

ASYNC(demo, int, awaits_who_locks, (struct calls_locks_one_future, f))
{
    co_begin;
    co_lock(&two);
    co_try(self->f, &self->result);
    co_return_result;
    co_finally;
    let_go(&two);
    co_end;
}

static void C8_a_line_at_a_mutex_is_no_circle(void)
{
    struct holds_future f[3];
    struct awaits_who_locks_future g;
    int y = 0;

    begin();
    for (int i = 0; i < 3; i++)
        f[i] = holds_future(1);
    g = awaits_who_locks_future(calls_locks_one_future());
    for (int i = 0; i < 3; i++)
        CHECK_INT(future_get(f[i]), SYN_OK);
    CHECK_INT(future_get(g, &y), SYN_OK);
    CHECK_INT(y, 1);
    end_all();
}

/* One that is too long to be walked while the wait begins is left to a search. */
static void C8_a_circle_of_very_many_locks_is_refused_soon(void)
{
    enum { MANY = 150 };
    static struct syn_mutex ring[MANY];
    struct locks_two_future f[MANY];

    begin();
    for (int i = 0; i < MANY; i++)
        f[i] = locks_two_future(&ring[i], &ring[(i + 1) % MANY]);
    CHECK_INT(n_refused(f, MANY), 1);
    CHECK_INT(now(), SECOND);
    end_all();
}

static const struct test_case cases[] = {
    TEST(C8_locks_in_two_orders_are_refused_to_the_last),
    TEST(C8_so_are_locks_of_three),
    TEST(C8_a_lock_that_who_awaits_holds_is_refused),
    TEST(C8_a_lock_that_who_joins_holds_is_refused),
    TEST(C8_a_lock_that_time_ends_closes_no_circle),
    TEST(C8_a_line_at_a_mutex_is_no_circle),
    TEST(C8_a_circle_of_very_many_locks_is_refused_soon),
};
TEST_MAIN_BOTH_MODES("circle_lock", cases);

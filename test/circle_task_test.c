/* SPDX-License-Identifier: Apache-2.0
 *
 * Circles of tasks of one loop, closed by each kind of wait (circle_lock_test.c has those that a lock
 * closes): it is refused, and names both ends. A wait for the first of several closes one only if each would.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

SYNCHRONIZER(demo);
SYNCHRONIZER(other);

static struct syn_mutex one;
static char said[2000];
static syn_err heard;

static void end_all(void)
{
    finish(&demo);
    finish(&other);
    done();
}

/* The task's latest error, in words. */
static syn_err note(struct syn_task *task, syn_err err)
{
    heard = err;
    said[0] = 0;
    if (err)
        syn_report_text(syn_task_report(task), said, sizeof said);
    return err;
}
#define NOTE note(&self->syn, co_status)

static void closed_by(const char *who, const char *what)
{
    CHECK_INT(heard, SYN_EDEADLK);
    if (!strstr(said, who) || !strstr(said, what))
        test_fail(__FILE__, __LINE__, "the report says \"%s\"", said);
}

static void unlock(void)
{
    if (syn_mutex_is_mine(&one))
        syn_mutex_unlock(&one);
}

ASYNC(demo, int, locks)
{
    co_begin;
    co_sleep(0.5);
    co_lock(&one);
    co_return(1);
    co_finally;
    unlock();
    co_end;
}

ASYNC(demo, int, naps, (double, seconds))
{
    co_begin;
    co_sleep(self->seconds);
    co_return(7);
    co_end;
}

/* --- an await --- */

ASYNC(demo, int, awaits_who_locks, (struct locks_future, f))
{
    co_begin;
    co_lock(&one);
    co_sleep(1); /* now F's task is in the line */
    co_await(self->f, &self->result);
    NOTE;
    co_return(5);
    co_finally;
    unlock();
    co_end;
}

static void C8_an_await_of_who_waits_for_our_lock_is_refused(void)
{
    struct awaits_who_locks_future g;
    struct locks_future f;
    int y = 0;

    begin();
    g = awaits_who_locks_future((f = locks_future()));
    CHECK_INT(future_get(g, &y), SYN_OK);
    CHECK_INT(y, 5);
    closed_by("awaits_who_locks would wait for locks", "for awaits_who_locks");
    CHECK_INT(now(), SECOND);
    CHECK_INT(locks(&y), SYN_OK); /* nobody holds it */
    end_all();
}

ASYNC(demo, int, awaits_a_copy, (struct locks_shared, s), SYN_LOCAL(struct locks_future, f))
{
    co_begin;
    co_lock(&one);
    co_sleep(1);
    syn_shared_future(self->s, &self->f);
    co_await(self->f, &self->result);
    NOTE;
    co_return(5);
    co_finally;
    unlock();
    co_end;
}

static void C8_so_is_an_await_of_a_copy_of_its_future(void)
{
    struct locks_shared s;
    int y = 0;

    begin();
    CHECK_INT(future_share(locks_future(), &s), SYN_OK);
    CHECK_INT(awaits_a_copy(s, &y), SYN_OK);
    CHECK_INT(y, 5);
    closed_by("awaits_a_copy would wait for locks", "for awaits_a_copy");
    shared_release(s);
    end_all();
}

ASYNC(demo, int, awaits_it, (struct locks_future, f))
{
    co_begin;
    co_sleep(2);
    co_await(self->f, &self->result);
    NOTE;
    co_return(6);
    co_end;
}

static struct awaits_it_future late;

ASYNC(demo, int, holds_and_awaits_it)
{
    co_begin;
    co_lock(&one);
    co_sleep(1); /* no time passes before the case waits */
    co_try(late, &self->result);
    co_return_result;
    co_finally;
    unlock();
    co_end;
}

/* Three: one holds and awaits, one locks, and the last awaits that, and holds nothing. */
static void C8_so_is_one_through_a_third_task(void)
{
    struct holds_and_awaits_it_future g;
    int y = 0;

    begin();
    late = (struct awaits_it_future){0};
    g = holds_and_awaits_it_future();
    late = awaits_it_future(locks_future());
    CHECK_INT(future_get(g, &y), SYN_OK);
    CHECK_INT(y, 6);
    closed_by("awaits_it would wait for locks", "for awaits_it");
    end_all();
}

/* Each has the future of the other. */
ASYNC(demo, int, gets, (struct naps_future *, f), (double, seconds))
{
    co_begin;
    co_sleep(self->seconds);
    co_await(*self->f, &self->result);
    if (co_status)
        NOTE;
    co_return(8);
    co_end;
}

static void C8_two_tasks_that_await_each_other_are_refused(void)
{
    struct naps_future of_first, of_second; /* what they hold is a future as any other */
    struct gets_future f, g;
    int y = 0;

    begin();
    f = gets_future(&of_second, 1);
    of_first.u.handle = f.u.handle;
    g = gets_future(&of_first, 2);
    of_second.u.handle = g.u.handle;
    CHECK_INT(future_get(naps_future(5), &y), SYN_OK);
    closed_by("gets would wait for gets", "for gets");
    CHECK_INT(now(), 5 * SECOND);
    end_all();
}

ASYNC(demo, int, gets_by, (struct naps_future *, f), (double, seconds))
{
    co_begin;
    co_sleep(1);
    co_await_by(*self->f, &self->result, syn_after(self->seconds));
    co_end;
}

/* A circle that a deadline keeps open: what cancels its tasks goes round, and the one that receives it again gives up. */
static void await_each_other(double first, double second)
{
    static struct naps_future of_first, of_second;
    struct gets_by_future f, g;

    f = gets_by_future(&of_second, first);
    of_first.u.handle = f.u.handle;
    g = gets_by_future(&of_first, second);
    of_second.u.handle = g.u.handle;
    CHECK_INT(naps(2, NULL), SYN_OK);
    CHECK_INT(future_poll(f), SYN_ECONSUMED);
}

static void X2_a_circle_that_a_deadline_keeps_open_ends_by_it(void)
{
    const double waits[][2] = {{3, 1000}, {1000, 3}, {3, 3}};

    begin();
    for (int i = 0; i < 3; i++) {
        await_each_other(waits[i][0], waits[i][1]);
        CHECK_INT(naps(2.5, NULL), SYN_OK); /* 4.5: it was at 4 */
        CHECK_INT(synchronizer_stats(&demo).started, synchronizer_stats(&demo).ended);
    }
    end_all();
}

static void L2_so_does_one_by_a_stop(void)
{
    begin();
    await_each_other(1000, 1000);
    CHECK_INT(synchronizer_stop(&demo, syn_never()), SYN_OK);
    CHECK_INT(now(), 2 * SECOND);
    end_all();
}

/* --- a join, and room --- */

ASYNC(demo, int, joins, SYN_LOCAL(struct syn_scope, scope))
{
    co_begin;
    self->scope = (struct syn_scope)SYN_SCOPE;
    co_lock(&one);
    co_spawn(&self->scope, naps_future(3), NULL);
    co_spawn(&self->scope, locks_future(), NULL);
    co_sleep(1);
    co_join(&self->scope);
    NOTE;
    co_return(5);
    co_finally;
    unlock();
    co_end;
}

static void C8_a_join_of_who_waits_for_our_lock_is_refused(void)
{
    int y = 0;

    begin();
    CHECK_INT(joins(&y), SYN_OK);
    closed_by("joins would wait for locks", "for joins");
    CHECK_INT(now(), SECOND); /* the first failure ended its sibling */
    end_all();
}

ASYNC(demo, int, spawns_two, (int, first_naps), SYN_LOCAL(struct syn_scope, scope))
{
    co_begin;
    self->scope = (struct syn_scope)SYN_SCOPE;
    scope_limit(&self->scope, 2);
    co_lock(&one);
    if (self->first_naps)
        co_spawn(&self->scope, naps_future(3), NULL);
    else
        co_spawn(&self->scope, locks_future(), NULL);
    co_spawn(&self->scope, locks_future(), NULL);
    co_sleep(1);
    co_spawn(&self->scope, naps_future(0), NULL); /* when one of the two has ended */
    syn_mutex_unlock(&one);
    co_join(&self->scope);
    co_check;
    co_return(5);
    co_finally;
    unlock();
    co_end;
}

static void C8_room_that_only_who_waits_for_our_lock_makes_is_refused(void)
{
    int y = 0;

    begin();
    CHECK_INT(spawns_two(0, &y), SYN_EDEADLK);
    heard = SYN_EDEADLK;
    syn_report_text(syn_last_report(), said, sizeof said);
    closed_by("spawns_two would wait for locks", "for spawns_two");
    CHECK_INT(now(), SECOND);
    CHECK_INT(spawns_two(1, &y), SYN_OK); /* the other makes room */
    CHECK_INT(now(), 4 * SECOND);
    end_all();
}

/* --- a generator --- */

GENERATOR(demo, int, yields_locked)
{
    co_begin;
    co_lock(&one);
    co_yield(1);
    co_finally;
    unlock();
    co_end;
}

ASYNC(demo, int, asks, (struct yields_locked_channel, ch))
{
    co_begin;
    co_lock(&one);
    channel_try_next(self->ch, &self->result); /* starts it */
    co_sleep(1);
    co_next(self->ch, &self->result);
    NOTE;
    syn_mutex_unlock(&one);
    co_next(self->ch, &self->result);
    co_close(self->ch);
    co_return_result;
    co_finally;
    unlock();
    co_end;
}

static void C8_asking_a_generator_that_waits_for_our_lock_is_refused(void)
{
    int y = 0;

    begin();
    CHECK_INT(asks(yields_locked(), &y), SYN_OK);
    CHECK_INT(y, 1);
    closed_by("asks would wait for yields_locked", "for asks");
    CHECK_INT(now(), SECOND);
    end_all();
}

/* --- the first of several --- */

ASYNC(demo, int, selects, (struct locks_future, f), (struct locks_future, g), (double, seconds),
      SYN_LOCAL(int, y), SYN_LOCAL(struct syn_choice, on[3]))
{
    co_begin;
    co_lock(&one);
    co_sleep(1);
    if (self->seconds > 0)
        co_select(self->on, ON_FUTURE(self->f, &self->y), ON_FUTURE(self->g, &self->y),
                  ON_FUTURE(naps_future(self->seconds), &self->y));
    else
        co_select(self->on, ON_FUTURE(self->f, &self->y), ON_FUTURE(self->g, &self->y));
    NOTE;
    syn_mutex_unlock(&one);
    future_detach(self->f);
    future_detach(self->g);
    co_return(syn_chosen(self->on));
    co_finally;
    unlock();
    co_end;
}

static void C8_a_select_is_refused_if_each_of_its_choices_closes_a_circle(void)
{
    int y = 0;

    begin();
    CHECK_INT(selects(locks_future(), locks_future(), 0, &y), SYN_OK);
    CHECK_INT(y, -1);
    closed_by("selects would wait for the first of several", "for selects");
    CHECK_INT(now(), SECOND);
    CHECK_INT(selects(locks_future(), locks_future(), 2, &y), SYN_OK);
    CHECK_INT(heard, SYN_OK);
    CHECK_INT(y, 2);
    CHECK_INT(now(), 4 * SECOND);
    end_all();
}

ASYNC(demo, int, races, (double, seconds), SYN_LOCAL(struct syn_scope, scope), SYN_LOCAL(int, y))
{
    co_begin;
    self->scope = (struct syn_scope)SYN_SCOPE;
    co_lock(&one);
    if (self->seconds > 0)
        co_race(&self->scope, (locks_future(), &self->y), (naps_future(self->seconds), &self->y));
    else
        co_race(&self->scope, (locks_future(), &self->y), (locks_future(), &self->y));
    NOTE;
    co_return(self->y);
    co_finally;
    unlock();
    co_end;
}

/* The race waits first, so that the last of its children that locks closes the circle. */
static void C8_a_race_is_a_circle_if_each_of_its_children_leads_back(void)
{
    int y = 0;

    begin();
    CHECK_INT(races(2, &y), SYN_OK);
    CHECK_INT(heard, SYN_OK);
    CHECK_INT(y, 7);
    CHECK_INT(now(), 2 * SECOND);
    CHECK_INT(races(0, &y), SYN_OK);
    CHECK_INT(heard, SYN_EDEADLK); /* that one's error, which is the first outcome */
    CHECK_INT(now(), 2 * SECOND + SECOND / 2);
    end_all();
}

/* --- across loops: a step that blocks --- */

ASYNC(other, int, selects_there, (struct naps_future, f), (double, seconds), SYN_LOCAL(int, y),
      SYN_LOCAL(struct naps_future, g), SYN_LOCAL(struct syn_choice, on[2]))
{
    co_begin;
    self->g = naps_future(0);
    if (self->seconds > 0)
        co_select(self->on, ON_FUTURE(self->f, &self->y), ON_TIME(syn_after(self->seconds)));
    else
        co_select(self->on, ON_FUTURE(self->f, &self->y), ON_FUTURE(self->g, &self->y));
    if (co_status != SYN_ETIMEDOUT)
        NOTE;
    future_detach(self->f);
    future_detach(self->g);
    co_return(11);
    co_end;
}

ASYNC(demo, int, blocks_on_a_select, (double, seconds))
{
    syn_err err = selects_there(naps_future(1), self->seconds, &self->result);

    return err ? step_fail(self, err) : step_done(self);
}

static void C8_a_select_behind_a_step_that_blocks_is_refused_if_all_lead_to_its_loop(void)
{
    int y = 0;

    begin();
    CHECK_INT(blocks_on_a_select(0, &y), SYN_OK);
    CHECK_INT(y, 11);
    closed_by("on 'demo' would close a circle", "selects_there on 'other'");
    heard = SYN_OK;
    CHECK_INT(blocks_on_a_select(2, &y), SYN_OK); /* time is another way out */
    CHECK_INT(y, 11);
    CHECK_INT(heard, SYN_OK);
    end_all();
}

ASYNC(other, int, races_there, (double, seconds), SYN_LOCAL(struct syn_scope, scope), SYN_LOCAL(int, y))
{
    co_begin;
    self->scope = (struct syn_scope)SYN_SCOPE;
    co_race(&self->scope, (naps_future(1), &self->y), (naps_future(2), &self->y));
    NOTE;
    co_return(12);
    co_end;
}

ASYNC(demo, int, blocks_on_a_race)
{
    syn_err err = races_there(0, &self->result);

    return err ? step_fail(self, err) : step_done(self);
}

static void C8_so_is_a_race(void)
{
    int y = 0;

    begin();
    CHECK_INT(blocks_on_a_race(&y), SYN_OK);
    CHECK_INT(y, 12);
    closed_by("on 'demo' would close a circle", "races_there on 'other'");
    end_all();
}

static const struct test_case cases[] = {
    TEST(C8_an_await_of_who_waits_for_our_lock_is_refused),
    TEST(C8_so_is_an_await_of_a_copy_of_its_future),
    TEST(C8_so_is_one_through_a_third_task),
    TEST(C8_two_tasks_that_await_each_other_are_refused),
    TEST(X2_a_circle_that_a_deadline_keeps_open_ends_by_it),
    TEST(L2_so_does_one_by_a_stop),
    TEST(C8_a_join_of_who_waits_for_our_lock_is_refused),
    TEST(C8_room_that_only_who_waits_for_our_lock_makes_is_refused),
    TEST(C8_asking_a_generator_that_waits_for_our_lock_is_refused),
    TEST(C8_a_select_is_refused_if_each_of_its_choices_closes_a_circle),
    TEST(C8_a_race_is_a_circle_if_each_of_its_children_leads_back),
    TEST(C8_a_select_behind_a_step_that_blocks_is_refused_if_all_lead_to_its_loop),
    TEST(C8_so_is_a_race),
};
TEST_MAIN_BOTH_MODES("circle_task", cases);

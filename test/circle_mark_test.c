/* SPDX-License-Identifier: Apache-2.0
 *
 * Circles behind a mutex or a job that a step blocks for, and behind a child that comes while its scope is
 * joined.
 */
#define _DEFAULT_SOURCE
#include "support/circle_rig.h"
#include "support/points.h"

#include <synchronicity/step.h>

static struct syn_mutex mutex;

static void unlock(void)
{
    if (syn_mutex_is_mine(&mutex))
        syn_mutex_unlock(&mutex);
}

ASYNC(a, int, a_gives)
{
    co_begin;
    co_return(42);
    co_end;
}

/* Locks at once, and asks `a` after SECONDS; or, if it is a PLAIN one, does not ask. */
ASYNC(b, int, b_holds, (double, seconds), (bool, plain))
{
    co_begin;
    co_lock(&mutex);
    co_sleep(self->seconds);
    if (!self->plain) {
        co_await(a_gives_future(), &self->result);
        NOTE;
    }
    co_return(1);
    co_finally;
    unlock();
    co_end;
}

ASYNC(b, int, b_locks, (double, seconds))
{
    co_begin;
    co_sleep(self->seconds);
    co_lock(&mutex);
    co_return(2);
    co_finally;
    unlock();
    co_end;
}

static struct b_locks_future waits_already;

/* A step that blocks. */
ASYNC(a, int, a_blocks, (bool, later))
{
    int y = 0;
    syn_err err;

    if (self->later)
        err = future_get(waits_already, &y);
    else
        err = b_locks(0.5, &y);
    CHECK_INT(err, SYN_OK);
    return step_return(self, y);
}

static void is_refused(const char *one, const char *other)
{
    REFUSED(one, other);
    forget();
}

static void C8_a_step_that_blocks_on_who_waits_for_a_lock_depends_on_its_holder(void)
{
    struct b_holds_future f;
    struct a_blocks_future g;
    int y;

    begin();
    for (int later = 0; later < 2; later++) {
        f = b_holds_future(1, false);
        if (later)
            waits_already = b_locks_future(0);
        CHECK_INT(c_naps(0.1, &y), SYN_OK);
        g = a_blocks_future(later);
        CHECK_INT(future_get(f, &y), SYN_OK);
        CHECK_INT(future_get(g, &y), SYN_OK);
        CHECK_INT(y, 2);
        is_refused("a_gives on 'a'", "b_locks on 'b'");
    }
    end_all();
}

static void C8_so_it_does_on_who_stands_in_line_before_it(void)
{
    struct b_holds_future f, h;
    struct a_blocks_future g;
    int y;

    begin();
    f = b_holds_future(1, true);
    CHECK_INT(c_naps(0.1, &y), SYN_OK);
    h = b_holds_future(1, false); /* in line, and asks `a` when it has the mutex */
    CHECK_INT(c_naps(0.1, &y), SYN_OK);
    g = a_blocks_future(false);
    CHECK_INT(future_get(f, &y), SYN_OK);
    CHECK_INT(future_get(h, &y), SYN_OK);
    CHECK_INT(future_get(g, &y), SYN_OK);
    is_refused("a_gives on 'a'", "b_locks on 'b'");
    end_all();
}

/* --- a job behind a job --- */

static struct c_naps_future of_task, of_job;

ASYNC(b, int, b_asks_a)
{
    co_begin;
    co_sleep(1);
    co_await(a_gives_future(), &self->result);
    NOTE;
    co_return(3);
    co_end;
}

BLOCKING(workers, int, job_gets, (struct c_naps_future, f))
{
    int y = 0;

    CHECK_INT(future_get(f, &y), SYN_OK);
    return y;
}

ASYNC(b, int, b_awaits, (struct c_naps_future, f))
{
    co_begin;
    co_await(self->f, &self->result);
    co_return_result;
    co_end;
}

/* A step that blocks. */
ASYNC(a, int, a_blocks_on, (struct c_naps_future, f))
{
    int y = 0;

    CHECK_INT(b_awaits(self->f, &y), SYN_OK);
    return step_return(self, y);
}

static void C8_so_it_does_on_what_a_job_waits_for_that_a_job_waits_for(void)
{
    struct a_blocks_on_future g;
    int y;

    begin();
    of_task.u.handle = b_asks_a_future().u.handle;
    of_job.u.handle = job_gets_future(of_task).u.handle;
    of_job.u.handle = job_gets_future(of_job).u.handle;
    CHECK_INT(c_naps(0.1, &y), SYN_OK); /* the two jobs wait by then */
    g = a_blocks_on_future(of_job);
    CHECK_INT(future_get(g, &y), SYN_OK);
    CHECK_INT(y, 3);
    is_refused("a_gives on 'a'", "b_awaits on 'b'");
    end_all();
}

/* --- a child that comes later --- */

ASYNC(b, int, b_joins, SYN_LOCAL(struct syn_scope, scope), (struct syn_scope **, out_scope))
{
    co_begin;
    self->scope = (struct syn_scope)SYN_SCOPE;
    *self->out_scope = &self->scope;
    co_lock(&mutex);
    co_spawn(&self->scope, c_naps_future(5), NULL);
    co_join(&self->scope);
    NOTE;
    co_return(1);
    co_finally;
    unlock();
    co_end;
}

ASYNC(b, int, b_adds, (struct syn_scope **, scope), (struct b_locks_future, f))
{
    co_begin;
    co_sleep(1);
    CHECK_INT(scope_spawn(*self->scope, self->f, NULL), SYN_OK);
    co_return(1);
    co_end;
}

static void C8_a_join_that_gains_a_child_which_waits_for_us_is_refused(void)
{
    static struct syn_scope *scope;
    struct b_joins_future f;
    struct b_adds_future g;
    int64_t began;
    int y;

    begin();
    began = now();
    f = b_joins_future(&scope);
    g = b_adds_future(&scope, b_locks_future(0.5));
    CHECK_INT(future_get(f, &y), SYN_OK);
    CHECK_INT(now() - began, SECOND);
    CHECK_INT(future_get(g, &y), SYN_OK);
    is_refused("b_joins would wait for b_locks", "for b_joins");
    end_all();
}

/* --- a race in a step that blocks waits for those that lose, too --- */

ASYNC(a, int, a_is_called)
{
    co_begin;
    co_return(3);
    co_end;
}

ASYNC(b, int, b_takes, (double, seconds))
{
    co_begin;
    co_sleep(self->seconds);
    co_return(1);
    co_end;
}

/* Its clean-up, after SECONDS or when it has lost, waits for the loop of the step. */
ASYNC(b, int, b_loses, (double, seconds), SYN_LOCAL(int, y))
{
    co_begin;
    co_sleep(self->seconds);
    co_return(2);
    co_finally;
    co_await(a_is_called_future(), &self->y);
    NOTE;
    co_end;
}

ASYNC(a, void, a_races, (double, seconds))
{
    struct syn_scope scope = SYN_SCOPE;
    int y = 0;

    co_begin;
    CHECK_INT(syn_race(&scope, (b_takes_future(1.0), &y), (b_loses_future(self->seconds), &y)), SYN_OK);
    co_end;
}

static void C8_a_race_in_a_step_refuses_what_a_loser_waits_for_in_its_clean_up(void)
{
    static const double seconds[] = {1000, 0.5};

    begin();
    for (int i = 0; i < 2; i++) {
        forget();
        CHECK_INT(a_races(seconds[i]), SYN_OK);
        REFUSED("a_is_called", "a step waits for");
    }
    end_all();
}

/* --- a step that blocks on many children --- */

ASYNC(b, void, b_naps)
{
    co_begin;
    co_sleep(0.001);
    co_end;
}

ASYNC(a, void, a_joins_many, (int, n))
{
    struct syn_scope scope = SYN_SCOPE;

    co_begin;
    for (int i = 0; i < self->n; i++)
        CHECK_INT(scope_spawn(&scope, b_naps_future()), SYN_OK);
    syn_test_steps();
    CHECK_INT(scope_join(&scope), SYN_OK);
    co_end;
}

/* Ten times as many children take ten times as many steps, and not a hundred times. */
static void C8_a_step_blocks_on_many_children(void)
{
    enum { FEW = 60, MANY = 10 * FEW };
    unsigned long few, many;

    points_needed();
    begin();
    CHECK_INT(a_joins_many(FEW), SYN_OK);
    few = syn_test_steps();
    CHECK_INT(a_joins_many(MANY), SYN_OK);
    many = syn_test_steps();
    if (many > 20 * few + 20 * MANY)
        test_fail(__FILE__, __LINE__, "%lu steps for %d, %lu for %d", few, FEW, many, MANY);
    end_all_after(2 * MANY);
}

static const struct test_case cases[] = {
    TEST(C8_a_step_blocks_on_many_children),
    TEST(C8_a_race_in_a_step_refuses_what_a_loser_waits_for_in_its_clean_up),
    TEST(C8_a_step_that_blocks_on_who_waits_for_a_lock_depends_on_its_holder),
    TEST(C8_so_it_does_on_who_stands_in_line_before_it),
    TEST(C8_so_it_does_on_what_a_job_waits_for_that_a_job_waits_for),
    TEST(C8_a_join_that_gains_a_child_which_waits_for_us_is_refused),
};
TEST_MAIN_BOTH_MODES("circle_mark", cases);

/* SPDX-License-Identifier: Apache-2.0
 *
 * Circles that are not closed by a blocking call: by an await, a scope, a channel, a job, or by a
 * step that blocks on what waits for it already.
 */
#define _DEFAULT_SOURCE
#include "support/circle_rig.h"

#include <synchronicity/step.h>

static void names(const char *one, const char *other)
{
    REFUSED(one, other);
    forget();
}

ASYNC(a, int, a_gives, (double, seconds))
{
    co_begin;
    co_sleep(self->seconds);
    co_return(42);
    co_end;
}

/* --- by an await --- */

ASYNC(b, int, b_asks)
{
    co_begin;
    co_try(a_gives_future(0), &self->result);
    co_return_result;
    co_end;
}

ASYNC(a, int, a_blocks)
{
    syn_err err = noted(b_asks(&self->result));

    return err ? step_fail(self, err) : step_done(self);
}

static void C8_an_await_that_closes_a_circle_is_refused(void)
{
    int y = 0;

    begin();
    CHECK_INT(a_blocks(&y), SYN_EDEADLK);
    names("a_gives on 'a'", "b_asks on 'b'");
    CHECK_INT(b_asks(&y), SYN_OK); /* no circle, no error */
    CHECK_INT(y, 42);
    end_all();
}

static syn_err of_itself;

ASYNC(a, void, awaits_itself, (void *, future))
{
    co_begin;
    co_await(*(struct awaits_itself_future *)self->future);
    of_itself = co_status;
    co_end;
}

ASYNC(a, void, makes_one, SYN_LOCAL(struct awaits_itself_future, f))
{
    co_begin;
    self->f = awaits_itself_future(&self->f); /* which that task uses up */
    co_sleep(1);
    co_end;
}

static void C8_a_task_that_awaits_itself_is_refused(void)
{
    of_itself = SYN_OK;
    begin();
    CHECK_INT(makes_one(), SYN_OK);
    CHECK_INT(of_itself, SYN_EDEADLK);
    end_all();
}

ASYNC(b, int, b_asks_b)
{
    co_begin;
    co_try(b_asks_future(), &self->result);
    co_return_result;
    co_end;
}

ASYNC(c, int, c_asks_b)
{
    co_begin;
    co_try(b_asks_b_future(), &self->result);
    co_return_result;
    co_end;
}

ASYNC(a, int, a_blocks_on_a_chain)
{
    syn_err err = noted(c_asks_b(&self->result));

    return err ? step_fail(self, err) : step_done(self);
}

static void C8_so_is_one_at_the_end_of_a_chain_of_awaits(void)
{
    begin();
    CHECK_INT(a_blocks_on_a_chain(NULL), SYN_EDEADLK);
    names("a_gives on 'a'", "c_asks_b on 'c'");
    end_all();
}

/* Started before by somebody else; it waits for a task of a by the time that a's step blocks. */
ASYNC(b, int, b_waits_long)
{
    co_begin;
    co_try(a_gives_future(10), &self->result);
    co_return_result;
    co_end;
}

ASYNC(c, int, c_waits_for, (struct b_waits_long_future, f))
{
    co_begin;
    co_try(self->f, &self->result);
    co_return_result;
    co_end;
}

ASYNC(a, int, a_gets, (struct c_waits_for_future, f))
{
    syn_err err = noted(future_get(self->f, &self->result));

    return err ? step_fail(self, err) : step_done(self);
}

static void C8_a_step_that_blocks_on_what_waits_for_its_loop_already(void)
{
    struct b_waits_long_future f;
    struct c_waits_for_future g;

    begin();
    f = b_waits_long_future();
    g = c_waits_for_future(f);
    CHECK_INT(a_gives(1, NULL), SYN_OK); /* time passed: all wait */
    CHECK_INT(a_gets(g, NULL), SYN_EDEADLK);
    names("a_gives on 'a'", "on 'c'");
    end_all();
}

/* --- by other waits --- */

ASYNC(b, int, b_joins, SYN_LOCAL(struct syn_scope, scope))
{
    co_begin;
    self->scope = (struct syn_scope)SYN_SCOPE;
    co_spawn(&self->scope, a_gives_future(0), NULL);
    co_join(&self->scope);
    co_check;
    co_return(1);
    co_end;
}

ASYNC(a, int, a_blocks_on_a_join)
{
    syn_err err = noted(b_joins(&self->result));

    return err ? step_fail(self, err) : step_done(self);
}

static void C8_a_scope_that_closes_a_circle_is_refused(void)
{
    begin();
    CHECK_INT(a_blocks_on_a_join(NULL), SYN_EDEADLK);
    names("a_gives on 'a'", "b_joins on 'b'");
    end_all();
}

GENERATOR(a, int, a_counts)
{
    co_begin;
    co_yield(1);
    co_yield(2);
    co_end;
}

ASYNC(b, int, b_iterates, SYN_LOCAL(struct a_counts_channel, ch))
{
    co_begin;
    self->ch = a_counts();
    co_next(self->ch, &self->result);
    co_check;
    co_return_result;
    co_finally;
    channel_drop(self->ch);
    co_end;
}

ASYNC(a, int, a_blocks_on_a_consumer)
{
    syn_err err = noted(b_iterates(&self->result));

    return err ? step_fail(self, err) : step_done(self);
}

static void C8_a_channel_that_closes_a_circle_is_refused(void)
{
    begin();
    CHECK_INT(a_blocks_on_a_consumer(NULL), SYN_EDEADLK);
    names("a_counts on 'a'", "b_iterates on 'b'");
    end_all();
}

BLOCKING(workers, int, job_asks, (double, seconds))
{
    int y = 0;
    syn_err err = a_gives(seconds, &y);

    if (err != SYN_ECANCELED) /* which is for a job that nobody waits for since a's step was refused */
        noted(err);
    return err ? job_fail(job, err) : y;
}

ASYNC(b, int, b_waits_for_a_job)
{
    co_begin;
    co_try(job_asks_future(0), &self->result);
    co_return_result;
    co_end;
}

ASYNC(a, int, a_blocks_on_a_job)
{
    syn_err err = noted(b_waits_for_a_job(&self->result));

    return err ? step_fail(self, err) : step_done(self);
}

static void C8_a_job_that_closes_a_circle_is_refused(void)
{
    begin();
    CHECK_INT(a_blocks_on_a_job(NULL), SYN_EDEADLK);
    names("on 'a'", "b_waits_for_a_job on 'b'");
    end_all();
}

/* --- by waits that are on when a's step blocks on the waiter --- */

ASYNC(b, int, b_joins_long, SYN_LOCAL(struct syn_scope, scope))
{
    co_begin;
    self->scope = (struct syn_scope)SYN_SCOPE;
    co_spawn(&self->scope, a_gives_future(10), NULL);
    co_spawn(&self->scope, a_gives_future(10), NULL);
    co_join(&self->scope);
    co_check;
    co_return(1);
    co_end;
}

GENERATOR(a, int, a_counts_slowly)
{
    co_begin;
    co_sleep(10);
    co_yield(1);
    co_yield(2);
    co_finally;
    co_sleep(10);
    co_end;
}

ASYNC(b, int, b_iterates_long, SYN_LOCAL(struct a_counts_slowly_channel, ch))
{
    co_begin;
    self->ch = a_counts_slowly();
    co_next(self->ch, &self->result);
    co_check;
    co_return_result;
    co_finally;
    channel_drop(self->ch);
    co_end;
}

ASYNC(b, int, b_closes, (struct a_counts_slowly_channel, ch))
{
    co_begin;
    co_close(self->ch);
    co_check;
    co_return(1);
    co_end;
}

ASYNC(a, int, a_gets_joiner, (struct b_joins_long_future, f))
{
    syn_err err = noted(future_get(self->f, &self->result));

    return err ? step_fail(self, err) : step_done(self);
}

ASYNC(a, int, a_gets_consumer, (struct b_iterates_long_future, f))
{
    syn_err err = noted(future_get(self->f, &self->result));

    return err ? step_fail(self, err) : step_done(self);
}

ASYNC(a, int, a_gets_closer, (struct b_closes_future, f))
{
    syn_err err = noted(future_get(self->f, &self->result));

    return err ? step_fail(self, err) : step_done(self);
}

static void C8_a_join_that_is_on_already_lets_go_of_what_closes_a_circle(void)
{
    struct b_joins_long_future f;

    begin();
    f = b_joins_long_future();
    CHECK_INT(a_gives(1, NULL), SYN_OK); /* time passed: it waits */
    CHECK_INT(a_gets_joiner(f, NULL), SYN_EDEADLK);
    names("a_gives on 'a'", "b_joins_long on 'b'");
    CHECK_INT(a_gives(20, NULL), SYN_OK);
    end_all();
}

static void C8_so_does_a_consumer_of_a_generator(void)
{
    struct b_iterates_long_future f;

    begin();
    f = b_iterates_long_future();
    CHECK_INT(a_gives(1, NULL), SYN_OK);
    CHECK_INT(a_gets_consumer(f, NULL), SYN_EDEADLK);
    names("a_counts_slowly on 'a'", "b_iterates_long on 'b'");
    CHECK_INT(a_gives(40, NULL), SYN_OK);
    end_all();
}

static void C8_so_does_who_closes_a_generator(void)
{
    struct a_counts_slowly_channel c;
    struct b_closes_future f;
    int y;

    begin();
    c = a_counts_slowly();
    CHECK_INT(channel_next(c, &y), SYN_OK);
    f = b_closes_future(c);
    CHECK_INT(a_gives(1, NULL), SYN_OK);
    CHECK_INT(a_gets_closer(f, NULL), SYN_EDEADLK);
    names("a_counts_slowly on 'a'", "b_closes on 'b'");
    CHECK_INT(a_gives(40, NULL), SYN_OK);
    end_all();
}

ASYNC(a, int, a_blocks_on_a_closer, (struct a_counts_slowly_channel, ch))
{
    syn_err err = noted(b_closes(self->ch, &self->result));

    return err ? step_fail(self, err) : step_done(self);
}

static void C8_a_close_that_closes_a_circle_is_not_waited_for(void)
{
    struct a_counts_slowly_channel c;
    int y;

    begin();
    c = a_counts_slowly();
    CHECK_INT(channel_next(c, &y), SYN_OK);
    CHECK_INT(a_blocks_on_a_closer(c, NULL), SYN_EDEADLK);
    names("a_counts_slowly on 'a'", "b_closes on 'b'");
    CHECK_INT(a_gives(40, NULL), SYN_OK); /* it is closed all the same */
    end_all();
}

/* --- by a second step --- */

ASYNC(c, syn_err, c_blocks_on_a)
{
    return step_return(self, a_gives(0, NULL));
}

ASYNC(b, syn_err, b_asks_c)
{
    co_begin;
    co_try(c_blocks_on_a_future(), &self->result);
    co_return_result;
    co_end;
}

ASYNC(a, syn_err, a_blocks_on_two)
{
    syn_err err = noted(b_asks_c(&self->result));

    return err ? step_fail(self, err) : step_done(self);
}

static void C8_a_blocking_call_behind_an_await_that_closes_a_circle(void)
{
    syn_err inner = SYN_OK, err;

    begin();
    err = a_blocks_on_two(&inner); /* the await, if the call was first */
    CHECK_INT(err ? err : inner, SYN_EDEADLK);
    end_all();
}

/* --- what is none --- */

ASYNC(b, int, b_naps)
{
    co_begin;
    co_sleep(2);
    co_return(7);
    co_end;
}

ASYNC(a, int, a_blocks_for_a_while)
{
    syn_err err = b_naps(&self->result);

    return err ? step_fail(self, err) : step_done(self);
}

/* B waits for A, and a step of A waits for another task of B: it takes longer, and that is all. */
static void C8_a_wait_for_a_loop_that_stands_is_no_circle(void)
{
    struct a_blocks_for_a_while_future f;
    struct b_asks_future g;
    int y = 0;

    begin();
    f = a_blocks_for_a_while_future();
    while (synchronizer_stats(&b).started == 0)
        usleep(100);
    g = b_asks_future();
    CHECK_INT(future_get(g, &y), SYN_OK);
    CHECK_INT(y, 42);
    CHECK_INT(future_get(f, &y), SYN_OK);
    CHECK_INT(y, 7);
    end_all();
}

static const struct test_case cases[] = {
    TEST(C8_an_await_that_closes_a_circle_is_refused),
    TEST(C8_a_task_that_awaits_itself_is_refused),
    TEST(C8_so_is_one_at_the_end_of_a_chain_of_awaits),
    TEST(C8_a_step_that_blocks_on_what_waits_for_its_loop_already),
    TEST(C8_a_scope_that_closes_a_circle_is_refused),
    TEST(C8_a_channel_that_closes_a_circle_is_refused),
    TEST(C8_a_job_that_closes_a_circle_is_refused),
    TEST(C8_a_join_that_is_on_already_lets_go_of_what_closes_a_circle),
    TEST(C8_so_does_a_consumer_of_a_generator),
    TEST(C8_so_does_who_closes_a_generator),
    TEST(C8_a_close_that_closes_a_circle_is_not_waited_for),
    TEST(C8_a_blocking_call_behind_an_await_that_closes_a_circle),
    TEST(C8_a_wait_for_a_loop_that_stands_is_no_circle),
};
TEST_MAIN_BOTH_MODES("circle_await", cases);

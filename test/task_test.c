/* SPDX-License-Identifier: Apache-2.0
 *
 * Bodies: steps and coroutines, what clean-up does to an outcome, and what happens
 * to a task that waits for itself. Virtual time, both modes.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

SYNCHRONIZER(demo);

ASYNC(demo, int, square, (double, seconds), (int, x))
{
    co_begin;
    co_sleep(self->seconds);
    co_return(self->x * self->x);
    co_end;
}

/* A body in steps that waits in every way. */

struct tour;
static struct syn_step tour_slept(struct tour *self);
static struct syn_step tour_passed(struct tour *self);
static struct syn_step tour_written(struct tour *self);
static struct syn_step tour_read(struct tour *self);
static struct syn_step tour_awaited(struct tour *self);
static struct syn_step tour_refused(struct tour *self);
static struct syn_step tour_cleans(struct tour *self);
static struct syn_step tour_cleaned(struct tour *self);

static char trail[80];

ASYNC(demo, int, tour, (const int *, ends), SYN_LOCAL(int, y))
{
    step_finally(self, tour_cleans);
    return step_sleep(self, 1.0, tour_slept);
}

static struct syn_step tour_slept(struct tour *self)
{
    CHECK_INT(now(), SECOND);
    strcat(trail, "slept ");
    return step_until(self, syn_after(1.0), tour_passed);
}

static struct syn_step tour_passed(struct tour *self)
{
    CHECK_INT(now(), 2 * SECOND);
    return step_sleep(self, 0, tour_written); /* 0: for a turn */
}

static struct syn_step tour_written(struct tour *self)
{
    CHECK_INT(step_status(self), SYN_OK);
    strcat(trail, "passed ");
    if (write(self->ends[1], "x", 1) == 1)
        return step_writable(self, self->ends[1], tour_read);
    return step_fail(self, SYN_EIO, "cannot write");
}

static struct syn_step tour_read(struct tour *self)
{
    CHECK_INT(step_status(self), SYN_OK);
    strcat(trail, "wrote ");
    return step_readable(self, self->ends[0], tour_awaited);
}

static struct syn_step tour_awaited(struct tour *self)
{
    CHECK_INT(step_status(self), SYN_OK);
    strcat(trail, "read ");
    return step_await(self, square_future(1.0, 6), &self->y, tour_refused);
}

static struct syn_step tour_refused(struct tour *self)
{
    CHECK_INT(step_status(self), SYN_OK);
    strcat(trail, "awaited ");
    return step_return(self, self->y);
}

static struct syn_step tour_cleans(struct tour *self)
{
    CHECK_INT(step_status(self), SYN_OK);
    strcat(trail, "cleans ");
    return step_await_by(self, square_future(10.0, 6), &self->y, syn_after(1.0), tour_cleaned);
}

static struct syn_step tour_cleaned(struct tour *self)
{
    CHECK_INT(step_status(self), SYN_ETIMEDOUT);
    strcat(trail, "cleaned");
    return step_done(self);
}

static void a_body_in_steps_waits_in_every_way(void)
{
    int ends[2], y = 0;

    begin();
    CHECK_INT(pipe(ends), 0);
    CHECK_INT(tour(ends, &y), 0);
    CHECK_INT(y, 36);
    CHECK_STR(trail, "slept passed wrote read awaited cleans cleaned");
    CHECK_INT(now(), 4 * SECOND);
    close(ends[0]);
    close(ends[1]);
    finish(&demo);
    done();
}

/* Which outcome stands, by how the body and then its clean-up end. */

enum way { FALLS, RETURNS, FAILS, SWALLOWS };

static int n_cleanups;

ASYNC(demo, int, leaves, (enum way, body), (enum way, cleanup))
{
    co_begin;
    co_sleep(1.0);
    if (self->body == RETURNS)
        co_return(1);
    if (self->body == FAILS)
        co_fail(SYN_EIO, "the body");
    self->result = 7;
    co_finally;
    n_cleanups++;
    if (self->body == FAILS)
        CHECK_INT(co_status, SYN_EIO);
    co_sleep(1.0);
    CHECK_INT(co_status, 0);
    if (self->cleanup == FAILS)
        co_fail(SYN_EPIPE, "the clean-up");
    if (self->cleanup == SWALLOWS)
        co_return(2);
    co_end;
}

static void check_way(enum way body, enum way cleanup, syn_err err, int value)
{
    int y = 0;

    n_cleanups = 0;
    CHECK_INT(leaves(body, cleanup, &y), err);
    CHECK_INT(y, value);
    CHECK_INT(n_cleanups, 1);
    n_cleanups = 0;
    y = 0;
    CHECK_INT(future_get(leaves_future(body, cleanup), &y), err);
    CHECK_INT(y, value);
    CHECK_INT(n_cleanups, 1);
}

static void X2_the_first_outcome_stands_except_success_before_a_failed_clean_up(void)
{
    begin();
    check_way(FALLS, FALLS, 0, 7);
    check_way(RETURNS, FALLS, 0, 1);
    check_way(FAILS, FALLS, SYN_EIO, 0);
    CHECK_SAYS("the body");
    check_way(FALLS, FAILS, SYN_EPIPE, 0);
    check_way(RETURNS, FAILS, SYN_EPIPE, 0);
    CHECK_SAYS("the clean-up");
    check_way(FAILS, FAILS, SYN_EIO, 0);
    CHECK_SAYS("the body");
    check_way(FAILS, SWALLOWS, SYN_EIO, 0);
    finish(&demo);
    done();
}

/* C7: everything that would wait for itself says so at once. */

enum { GET, GET_BY, WAIT, WAIT_BY, CANCEL, SHARED, COPY, BLOCK, N_SELVES };

static syn_err waits_for_itself(int how)
{
    struct square_future f = square_future(1.0, 3), copy;
    struct square_shared s;
    syn_err err = 0;
    int y = 0;

    if (how == GET)
        err = future_get(f, &y);
    else if (how == GET_BY)
        err = future_get_by(f, &y, syn_after(1.0));
    else if (how == WAIT)
        err = future_wait(f);
    else if (how == WAIT_BY)
        err = future_wait_by(f, syn_after(1.0));
    else if (how == CANCEL)
        err = future_cancel(f);
    else if (how == BLOCK)
        err = square(1.0, 3, &y);
    if (how != SHARED && how != COPY) {
        CHECK_INT(future_detach(f), 0); /* it was left as it was */
        return err;
    }
    CHECK_INT(future_share(f, &s), 0);
    syn_shared_future(s, &copy);
    err = how == SHARED ? shared_get(s, &y) : future_get(copy, &y);
    CHECK_INT(future_detach(copy), 0);
    shared_release(s);
    return err;
}

static void check_refusals(void)
{
    for (int how = 0; how < N_SELVES; how++) {
        CHECK_INT(waits_for_itself(how), SYN_EDEADLK);
        CHECK_SAYS("would wait for itself");
        CHECK_SAYS("'demo'");
        CHECK_SAYS(how == SHARED ? "syn_shared_future()"
                   : how == BLOCK ? "co_await(square_future(...))"
                   : how == CANCEL ? "co_cancel(future)"
                                   : "co_await(future)");
        CHECK_INT(syn_last_origin(), SYN_BY_LIBRARY);
    }
}

ASYNC(demo, void, refused_in_a_task)
{
    co_begin;
    check_refusals();
    co_pass;
    check_refusals();
    co_finally;
    check_refusals();
    co_pass;
    check_refusals();
    co_end;
}

static void C7_waiting_for_itself_is_refused_in_tasks_and_clean_up(void)
{
    begin();
    CHECK_INT(refused_in_a_task(), 0);
    CHECK_INT(future_detach(refused_in_a_task_future()), 0);
    finish(&demo);
    done();
}

static _Atomic(bool) called;

static void refused_in_a_callback(void *user, syn_err err, int *result)
{
    (void)user;
    CHECK_INT(err, 0);
    CHECK_INT(*result, 9);
    check_refusals();
    called = true;
}

static void C7_waiting_for_itself_is_refused_in_callbacks(void)
{
    begin();
    CHECK_INT(future_then(square_future(0.0, 3), &demo, refused_in_a_callback, NULL), 0);
    spin_until(&called);
    finish(&demo);
    done();
}

ASYNC(demo, void, keeps_its_future, SYN_LOCAL(struct square_future, f), SYN_LOCAL(int, y))
{
    co_begin;
    self->f = square_future(1.0, 3);
    CHECK_INT(future_get(self->f, &self->y), SYN_EDEADLK);
    CHECK_INT(future_wait(self->f), SYN_EDEADLK);
    CHECK_INT(future_cancel(self->f), SYN_EDEADLK);
    CHECK_INT(future_poll(self->f), SYN_EAGAIN);
    co_try(self->f, &self->y);
    CHECK_INT(self->y, 9);
    self->f = square_future(0.0, 4);
    co_sleep(1.0);
    CHECK_INT(future_get(self->f, &self->y), 0); /* no wait, no deadlock */
    CHECK_INT(self->y, 16);
    co_end;
}

static void C7_the_refused_future_is_good_afterwards(void)
{
    begin();
    CHECK_INT(keeps_its_future(), 0);
    finish(&demo);
    done();
}

static void stop_it_from_itself(void *user, syn_err err, int *result)
{
    (void)user;
    (void)result;
    CHECK_INT(err, 0);
    CHECK_INT(synchronizer_stop(&demo, syn_never()), SYN_EDEADLK);
    CHECK_SAYS("stop it from another one");
    CHECK_INT(synchronizer_free(&demo), SYN_EDEADLK);
    called = true;
}

static void L2_stopping_a_synchronizer_on_its_own_thread_is_refused(void)
{
    begin();
    CHECK_INT(future_then(square_future(0.0, 3), &demo, stop_it_from_itself, NULL), 0);
    spin_until(&called);
    finish(&demo);
    done();
}

/* Several waits on one line, as a program's own macro makes them. */

GENERATOR(demo, int, counts, (int, n), SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 1; self->i <= self->n; self->i++)
        co_yield(self->i);
    co_end;
}

CONTEXT(demo, int, lends, (int, x))
{
    co_begin;
    co_yield(self->x);
    co_sleep(1.0);
    co_end;
}

#define SQUARE_OF(x) co_pass; co_try(square_future(1.0, x), &self->y); self->sum += self->y
#define SUM_OF(ch) co_each (ch, &self->y) { co_pass; self->sum += self->y; } co_check
#define WITH(s) co_with (s, &self->y) { co_pass; self->sum += self->y; } co_check

ASYNC(demo, int, waits_in_a_line, SYN_LOCAL(int, y), SYN_LOCAL(int, sum),
      SYN_LOCAL(struct counts_channel, ch[2]), SYN_LOCAL(struct lends_context, lent[2]))
{
    co_begin;
    SQUARE_OF(3); SQUARE_OF(4);
    CHECK_INT(self->sum, 25);
    self->ch[0] = counts(3), self->ch[1] = counts(4);
    SUM_OF(self->ch[0]); SUM_OF(self->ch[1]);
    CHECK_INT(self->sum, 25 + 6 + 10);
    self->lent[0] = lends(100), self->lent[1] = lends(200);
    WITH(self->lent[0]); WITH(self->lent[1]);
    co_return(self->sum);
    co_finally;
    co_pass; self->sum = 0; co_pass; self->sum = 7;
    CHECK_INT(self->sum, 7);
    co_end;
}

static void X2_several_waits_stand_on_one_line(void)
{
    int y = 0;

    begin();
    CHECK_INT(waits_in_a_line(&y), 0);
    CHECK_INT(y, 25 + 6 + 10 + 300);
    CHECK_INT(now(), 4 * SECOND);
    finish(&demo);
    done();
}

static const struct test_case cases[] = {
    TEST(a_body_in_steps_waits_in_every_way),
    TEST(X2_the_first_outcome_stands_except_success_before_a_failed_clean_up),
    TEST(C7_waiting_for_itself_is_refused_in_tasks_and_clean_up),
    TEST(C7_waiting_for_itself_is_refused_in_callbacks),
    TEST(C7_the_refused_future_is_good_afterwards),
    TEST(L2_stopping_a_synchronizer_on_its_own_thread_is_refused),
    TEST(X2_several_waits_stand_on_one_line),
};
TEST_MAIN_BOTH_MODES("task", cases);

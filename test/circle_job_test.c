/* SPDX-License-Identifier: Apache-2.0
 *
 * Circles through jobs of a pool, in which no step blocks: whichever wait of a job or of a task closes one,
 * that is refused, and both ends are named; whatever is none is left alone.
 */
#define _DEFAULT_SOURCE
#include "support/circle_kinds_rig.h"

/* How a job waits for what a task produces. */
enum of_job { GET, LOOK, SHARED, GATHER, CHOOSE, CALL, NEXT, CLOSE, ANOTHER_JOB, JOB_WAITS };

ASYNC(b, int, b_helps, (struct c_naps_future, f))
{
    co_begin;
    co_try(self->f, &self->result);
    co_return_result;
    co_end;
}

GENERATOR(b, int, b_yields, (struct c_naps_future, f), SYN_LOCAL(int, y))
{
    co_begin;
    co_try(self->f, &self->y);
    co_yield(self->y);
    co_end;
}

/* Waits for F when it cleans up: a close waits for that. */
GENERATOR(b, int, yields_and_waits, (struct c_naps_future, f), SYN_LOCAL(int, y))
{
    co_begin;
    co_yield(1);
    co_finally;
    co_await(self->f, &self->y);
    NOTE;
    co_end;
}

BLOCKING(workers, int, job_gets, (struct c_naps_future, f))
{
    int y = 0;
    syn_err err = noted(future_get(f, &y));

    return err ? job_fail(job, err) : y;
}

/* Leaves nothing. */
static void waits_by(enum of_job kind, struct c_naps_future f, const struct wanted *wanted)
{
    struct syn_scope scope = SYN_SCOPE;
    struct b_yields_channel ch;
    struct yields_and_waits_channel closed;
    int y = 0;
    syn_err err = SYN_OK;

    if (kind == GET) {
        noted(future_get(f, &y));
    } else if (kind == LOOK) {
        noted(future_wait(f));
        future_detach(f);
    } else if (kind == SHARED) {
        noted(shared_get(wanted->s, &y));
        future_detach(f);
    } else if (kind == GATHER) {
        CHECK_INT(scope_spawn(&scope, f, &y), SYN_OK);
        noted(scope_join(&scope));
    } else if (kind == CHOOSE) {
        if (channel_select(&err, ON_FUTURE(f, &y)) < 0 && noted(err))
            future_detach(f);
    } else if (kind == CALL) {
        noted(b_helps(f, &y));
    } else if (kind == NEXT) {
        ch = b_yields(f);
        noted(channel_next(ch, &y));
        channel_drop(ch);
    } else if (kind == CLOSE) {
        closed = yields_and_waits(f);
        CHECK_INT(channel_next(closed, &y), SYN_OK);
        noted(channel_close_by(closed, syn_never()));
    } else {
        noted(future_get(job_gets_future(f), &y));
    }
}

BLOCKING(workers, int, job_waits, (enum of_job, kind), (double, seconds), (const struct wanted *, wanted))
{
    struct c_naps_future f;
    int y;

    CHECK_INT(c_naps(0.1, &y), SYN_OK);
    f = wanted->f;
    if (kind != GET)
        syn_shared_future(wanted->s, &f);
    CHECK_INT(c_naps(seconds - 0.1, &y), SYN_OK);
    waits_by(kind, f, wanted);
    n_over++;
    return 9;
}

/* A task and a job that wait for each other, the task after ON_A seconds. */
static void two_wait(enum kind of_task, double on_a, enum of_job of_job, double on_job)
{
    struct wanted by_task = {0}, by_job = {0};
    struct a_waits_future f;
    struct job_waits_future g;
    int64_t began = now();
    int y = 0;

    forget();
    f = a_waits_future(of_task, on_a, &by_task);
    g = job_waits_future(of_job, on_job, &by_job);
    give(f.u.handle, of_job != GET, &by_job);
    give(g.u.handle, of_task != AWAIT, &by_task);
    CHECK_INT(future_get(c_naps_future(10), &y), SYN_OK);
    if (refused.count < 1 || n_over != 2)
        test_fail(__FILE__, __LINE__, "%d at %g and %d at %g: %d refused, %d over: %s", of_task, on_a, of_job,
                  on_job, refused.count, n_over, refused.said);
    CHECK_INT(refused.at - began, 2 * SECOND); /* when the second of the two waited */
    REFUSED("would wait for ", "which waits, perhaps through others, for ");
    take_back(of_task != AWAIT, &by_task);
    take_back(of_job != GET, &by_job);
}

static void C8_each_kind_of_wait_of_a_task_closes_a_circle_with_each_of_a_job(void)
{
    begin();
    for (enum kind i = 0; i < KINDS; i++)
        for (enum of_job j = 0; j < JOB_WAITS; j++)
            two_wait(i, 2, j, 1);
    end_all();
}

static void C8_each_kind_of_wait_of_a_job_closes_a_circle_with_each_of_a_task(void)
{
    begin();
    for (enum kind i = 0; i < KINDS; i++)
        for (enum of_job j = 0; j < JOB_WAITS; j++)
            two_wait(i, 1, j, 2);
    end_all();
}

static const struct test_case cases[] = {
    TEST(C8_each_kind_of_wait_of_a_task_closes_a_circle_with_each_of_a_job),
    TEST(C8_each_kind_of_wait_of_a_job_closes_a_circle_with_each_of_a_task),
};
TEST_MAIN_BOTH_MODES("circle_job", cases);

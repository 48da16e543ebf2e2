/* SPDX-License-Identifier: Apache-2.0
 *
 * Jobs that stop or free a synchronizer, or another pool, where something waits for them.
 */
#define _DEFAULT_SOURCE
#include "support/circle_rig.h"

POOL(others, .max_threads = 2, .grace_ns = -1);

static struct c_naps_future of_job;
static syn_err heard, ended;

/* Stops or frees `b`, or the pool of the others, after SECONDS. */
BLOCKING(workers, int, job_ends, (bool, a_pool), (bool, frees), (double, seconds))
{
    int y;

    CHECK_INT(c_naps(seconds, &y), SYN_OK);
    if (a_pool)
        ended = frees ? pool_free(&others) : pool_stop(&others, syn_never());
    else
        ended = frees ? synchronizer_free(&b) : synchronizer_stop(&b, syn_never());
    if (ended != SYN_ECANCELED)
        noted(ended);
    return 7;
}

ASYNC(b, int, b_awaits)
{
    co_begin;
    co_await(of_job, &self->result);
    co_finally;
    heard = co_status;
    co_end;
}

static void C8_a_job_that_ends_a_synchronizer_where_it_is_awaited_waits_for_no_circle(void)
{
    int y;

    begin();
    for (int frees = 0; frees < 2; frees++) {
        heard = SYN_OK;
        of_job.u.handle = job_ends_future(false, frees, 1).u.handle;
        future_detach(b_awaits_future());
        CHECK_INT(c_naps(3, &y), SYN_OK);
        CHECK_INT(heard, frees ? SYN_ECANCELED : SYN_OK); /* what it waits for goes on, or it gives up */
        CHECK_INT(ended, frees ? SYN_OK : SYN_ECANCELED); /* the request goes round to the job */
        CHECK_INT(pool_stats(&workers).blocked, 0);
        finish(&b);
    }
    end_all();
}

BLOCKING(others, int, other_gets)
{
    int y = 0;

    heard = future_get(of_job, &y);
    return y;
}

static void C8_so_does_one_that_ends_a_pool_whose_job_waits_for_it(void)
{
    int y;

    begin();
    for (int frees = 0; frees < 2; frees++) {
        heard = SYN_OK;
        if (frees)
            CHECK_INT(syn_pool_start(&others), SYN_OK);
        of_job.u.handle = job_ends_future(true, frees, 1).u.handle;
        future_detach(other_gets_future());
        CHECK_INT(c_naps(3, &y), SYN_OK);
        if (frees)
            CHECK_INT(heard, SYN_ECANCELED);
        CHECK_INT(ended, frees ? SYN_OK : SYN_ECANCELED);
        CHECK_INT(pool_stats(&workers).blocked, 0);
        CHECK_INT(pool_stop(&others, syn_never()), SYN_OK);
    }
    end_all();
}

/* --- what waits for the job in its clean-up --- */

/* The job's end was refused at once, and names both ends. */
static void is_refused(int64_t at, const char *one, const char *other)
{
    CHECK_INT(ended, SYN_EDEADLK);
    CHECK_INT(refused.at, at);
    REFUSED(one, other);
}

enum way { BY_ITSELF, BY_A_CALL, OVER_ANOTHER_LOOP, WAYS };

static void in_clean_up(syn_err err)
{
    n_over++;
    if (err)
        heard = err;
}

ASYNC(c, int, c_awaits_whatever)
{
    co_begin;
    co_await(of_job, &self->result);
    if (co_status)
        heard = co_status;
    co_return(7);
    co_end;
}

ASYNC(b, int, b_awaits_whatever)
{
    co_begin;
    co_await(of_job, &self->result);
    if (co_status)
        heard = co_status;
    co_return(7);
    co_end;
}

/* Its clean-up, which begins after SECONDS or when it is stopped, waits for the job AFTER seconds more. */
ASYNC(b, int, b_cleans_up, (enum way, way), (double, seconds), (double, after))
{
    co_begin;
    co_sleep(self->seconds);
    co_finally;
    if (self->after > 0)
        co_sleep(self->after);
    if (self->way == BY_ITSELF)
        co_await(of_job, &self->result);
    if (self->way == BY_A_CALL)
        co_await(b_awaits_whatever_future(), &self->result);
    if (self->way == OVER_ANOTHER_LOOP)
        co_await(c_awaits_whatever_future(), &self->result);
    in_clean_up(co_status);
    co_end;
}

static void C8_its_end_is_refused_where_a_clean_up_waits_for_the_job(void)
{
    int64_t began;
    int y;

    begin();
    for (int i = 0; i < 2 * WAYS; i++) {
        forget();
        heard = SYN_OK;
        began = now();
        of_job.u.handle = job_ends_future(false, i % 2, 2).u.handle;
        future_detach(b_cleans_up_future((enum way)(i / 2), 1, 0));
        CHECK_INT(c_naps(3, &y), SYN_OK);
        CHECK_INT(n_over, 1);
        CHECK_INT(heard, SYN_OK);
        is_refused(began + 2 * SECOND, "job_ends on 'workers' would wait for the end of 'b', where b_cleans_up",
                   "for job_ends");
        CHECK_INT(pool_stats(&workers).blocked, 0);
        finish(&b);
    }
    end_all();
}

/* The clean-up begins by the end: where it waits at once, either may be the last to wait. */
static void C8_a_clean_up_that_waits_for_the_job_that_ends_it_is_refused(void)
{
    int y;

    begin();
    for (int i = 0; i < 4 * WAYS; i++) {
        bool at_once = i >= 2 * WAYS;

        forget();
        heard = SYN_OK;
        of_job.u.handle = job_ends_future(false, i % 2, 2).u.handle;
        future_detach(b_cleans_up_future((enum way)(i / 2 % WAYS), 1000, at_once ? 0 : 1));
        CHECK_INT(c_naps(4, &y), SYN_OK);
        CHECK_INT(n_over, 1);
        CHECK(heard == SYN_EDEADLK || (at_once && ended == SYN_EDEADLK));
        CHECK(ended == SYN_OK || at_once);
        finish(&b);
    }
    end_all();
}

/* The same with a pool. */
BLOCKING(others, int, other_cleans_up)
{
    int y = 0;

    CHECK_INT(c_naps(1000, &y), SYN_ECANCELED);
    CHECK_INT(c_naps(0.5, &y), SYN_OK);
    in_clean_up(future_get(of_job, &y));
    return y;
}

static void C8_so_is_the_end_of_a_pool_where_a_job_cleans_up(void)
{
    struct other_cleans_up_future f;
    int64_t began;
    int y;

    begin();
    for (int i = 0; i < 4; i++) {
        bool asked_before = i < 2;

        CHECK_INT(syn_pool_start(&others), SYN_OK);
        forget();
        heard = SYN_OK;
        began = now();
        of_job.u.handle = job_ends_future(true, i % 2, 2).u.handle;
        f = other_cleans_up_future();
        CHECK_INT(c_naps(1, &y), SYN_OK);
        if (asked_before)
            CHECK_INT(future_cancel(f), SYN_OK);
        future_detach(f);
        CHECK_INT(c_naps(2, &y), SYN_OK);
        CHECK_INT(n_over, 1);
        CHECK_INT(heard, asked_before ? SYN_OK : SYN_EDEADLK);
        if (asked_before)
            is_refused(began + 2 * SECOND, "job_ends on 'workers' would wait for other_cleans_up", "for job_ends");
        else
            CHECK_INT(ended, SYN_OK);
        CHECK_INT(pool_stop(&others, syn_never()), SYN_OK);
    }
    end_all();
}

static const struct test_case cases[] = {
    TEST(C8_a_job_that_ends_a_synchronizer_where_it_is_awaited_waits_for_no_circle),
    TEST(C8_so_does_one_that_ends_a_pool_whose_job_waits_for_it),
    TEST(C8_its_end_is_refused_where_a_clean_up_waits_for_the_job),
    TEST(C8_a_clean_up_that_waits_for_the_job_that_ends_it_is_refused),
    TEST(C8_so_is_the_end_of_a_pool_where_a_job_cleans_up),
};
TEST_MAIN_BOTH_MODES("circle_stop", cases);

/* SPDX-License-Identifier: Apache-2.0
 *
 * Jobs that stop or free a synchronizer, or another pool, where something waits for them.
 */
#define _DEFAULT_SOURCE
#include "support/pool_rig.h"

SYNCHRONIZER(b);
SYNCHRONIZER(c);
POOL(workers, .max_threads = 2, .grace_ns = -1);
POOL(others, .max_threads = 2, .grace_ns = -1);

static void end_all(void)
{
    finish_pool(&workers);
    finish(&c);
    done();
}

ASYNC(c, int, c_naps, (double, seconds))
{
    co_begin;
    co_sleep(self->seconds);
    co_return(7);
    co_end;
}

static struct c_naps_future of_job;
static syn_err heard;

ASYNC(b, int, b_awaits)
{
    co_begin;
    co_await(of_job, &self->result);
    co_finally;
    heard = co_status;
    co_end;
}

BLOCKING(workers, int, job_ends, (bool, frees))
{
    int y;

    CHECK_INT(c_naps(1, &y), SYN_OK);
    if (frees)
        return synchronizer_free(&b);
    return synchronizer_stop(&b, syn_never());
}

static void C8_a_job_that_ends_a_synchronizer_where_it_is_awaited_waits_for_no_circle(void)
{
    int y;

    begin();
    for (int frees = 0; frees < 2; frees++) {
        heard = SYN_OK;
        of_job.u.handle = job_ends_future(frees).u.handle;
        future_detach(b_awaits_future());
        CHECK_INT(c_naps(3, &y), SYN_OK);
        CHECK_INT(heard, frees ? SYN_ECANCELED : SYN_OK); /* what it waits for goes on, or it gives up */
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

BLOCKING(workers, int, job_ends_pool, (bool, frees))
{
    int y;

    CHECK_INT(c_naps(1, &y), SYN_OK);
    return frees ? pool_free(&others) : pool_stop(&others, syn_never());
}

static void C8_so_does_one_that_ends_a_pool_whose_job_waits_for_it(void)
{
    int y;

    begin();
    for (int frees = 0; frees < 2; frees++) {
        heard = SYN_OK;
        if (frees)
            CHECK_INT(syn_pool_start(&others), SYN_OK);
        of_job.u.handle = job_ends_pool_future(frees).u.handle;
        future_detach(other_gets_future());
        CHECK_INT(c_naps(3, &y), SYN_OK);
        if (frees)
            CHECK_INT(heard, frees ? SYN_ECANCELED : SYN_OK);
        CHECK_INT(pool_stats(&workers).blocked, 0);
        CHECK_INT(pool_stop(&others, syn_never()), SYN_OK);
    }
    end_all();
}

/* --- what waits for the job in its clean-up --- */

static char said[2000];
static syn_err ended;
static int64_t ended_at;
static int n_over;

static syn_err ends_with(syn_err err)
{
    ended = err;
    ended_at = now();
    syn_report_text(syn_last_report(), said, sizeof said);
    return SYN_OK;
}

/* Its end was refused at once, and names both ends. */
static void is_refused(int64_t at, const char *where, const char *other)
{
    CHECK_INT(ended, SYN_EDEADLK);
    CHECK_INT(ended_at, at);
    if (!strstr(said, where) || !strstr(said, other))
        test_fail(__FILE__, __LINE__, "the report says \"%s\", not %s and %s", said, where, other);
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

BLOCKING(workers, int, job_ends_what_cleans_up, (bool, frees))
{
    int y;

    CHECK_INT(c_naps(2, &y), SYN_OK);
    if (frees)
        ends_with(synchronizer_free(&b));
    else
        ends_with(synchronizer_stop(&b, syn_never()));
    return 7;
}

static void C8_its_end_is_refused_where_a_clean_up_waits_for_the_job(void)
{
    int64_t began;
    int y;

    begin();
    for (int i = 0; i < 2 * WAYS; i++) {
        n_over = 0;
        heard = SYN_OK;
        began = now();
        of_job.u.handle = job_ends_what_cleans_up_future(i % 2).u.handle;
        future_detach(b_cleans_up_future((enum way)(i / 2), 1, 0));
        CHECK_INT(c_naps(3, &y), SYN_OK);
        CHECK_INT(n_over, 1);
        CHECK_INT(heard, SYN_OK);
        is_refused(began + 2 * SECOND,
                   "job_ends_what_cleans_up on 'workers' would wait for the end of 'b', where b_cleans_up",
                   "for job_ends_what_cleans_up");
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

        n_over = 0;
        heard = SYN_OK;
        of_job.u.handle = job_ends_what_cleans_up_future(i % 2).u.handle;
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

BLOCKING(workers, int, job_ends_pool_that_cleans_up, (bool, frees))
{
    int y;

    CHECK_INT(c_naps(2, &y), SYN_OK);
    if (frees)
        ends_with(pool_free(&others));
    else
        ends_with(pool_stop(&others, syn_never()));
    return 7;
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
        n_over = 0;
        heard = SYN_OK;
        began = now();
        of_job.u.handle = job_ends_pool_that_cleans_up_future(i % 2).u.handle;
        f = other_cleans_up_future();
        CHECK_INT(c_naps(1, &y), SYN_OK);
        if (asked_before)
            CHECK_INT(future_cancel(f), SYN_OK);
        future_detach(f);
        CHECK_INT(c_naps(2, &y), SYN_OK);
        CHECK_INT(n_over, 1);
        CHECK_INT(heard, asked_before ? SYN_OK : SYN_EDEADLK);
        if (asked_before)
            is_refused(began + 2 * SECOND, "job_ends_pool_that_cleans_up on 'workers' would wait for other_cleans_up",
                       "for job_ends_pool_that_cleans_up");
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

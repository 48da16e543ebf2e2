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

static const struct test_case cases[] = {
    TEST(C8_a_job_that_ends_a_synchronizer_where_it_is_awaited_waits_for_no_circle),
    TEST(C8_so_does_one_that_ends_a_pool_whose_job_waits_for_it),
};
TEST_MAIN_BOTH_MODES("circle_stop", cases);

/* SPDX-License-Identifier: Apache-2.0
 *
 * Slow jobs (<synchronicity/inspect.h>): reported with those that await them, over synchronizers.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

#include "inspect/slow.h"
#include "support/slow_rig.h"

SYNCHRONIZER(demo);
SYNCHRONIZER(plain);
static struct syn_pool jobs = {
    .options = {.name = "jobs", .max_threads = 2, .job_limit_ns = 7200 * SECOND, .on_slow = on_slow}};

BLOCKING(jobs, int, holds_thread, (int, x))
{
    (void)job;
    pass_gate();
    return x;
}

ASYNC(plain, int, awaits_job, (int, x))
{
    co_begin;
    co_try(holds_thread_future(self->x), &self->result);
    co_return_result;
    co_end;
}

ASYNC(demo, int, awaits_task, (int, x))
{
    co_begin;
    co_try(awaits_job_future(self->x), &self->result);
    co_return_result;
    co_end;
}

static void V4_a_job_is_reported_with_those_that_await_it(void)
{
    struct awaits_task_future f;
    int64_t at = syn_clock_now(NULL);
    int y;

    begin_in_real_time();
    f = awaits_task_future(1);
    await_entered_and_seen(1);
    syni_slow_round(at);
    syni_slow_round(at + 7300 * SECOND);
    CHECK_REPORT("synchronicity: the job holds_thread holds a thread of 'jobs' for 7");
    CHECK_REPORT("\n  awaits_job: waits for holds_thread");
    CHECK_REPORT("on plain");
    CHECK_REPORT("\n  awaits_task: waits for awaits_job");
    CHECK_REPORT("on demo");
    may_leave = 1;
    CHECK_INT(future_get(f, &y), 0);
    CHECK_INT(pool_stop(&jobs, syn_never()), 0);
    finish(&demo);
    finish(&plain);
}

static const struct test_case cases[] = {
    TEST(V4_a_job_is_reported_with_those_that_await_it),
};
TEST_MAIN("slow_job", cases);

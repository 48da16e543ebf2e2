/* SPDX-License-Identifier: Apache-2.0
 *
 * Slow jobs (<synchronicity/inspect.h>): reported with those that await them, over synchronizers.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

#include "inspect/slow_watch.h"
#include "support/dump_rig.h"
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
    await_dump("awaits_task: waits for awaits_job"); /* the job may run before they wait */
    await_dump("awaits_job: waits for holds_thread");
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

static void *waits_for_the_job(void *unused)
{
    int y;

    CHECK_INT(holds_thread(1, &y), 0);
    return unused;
}

static void V4_a_job_is_reported_with_the_thread_that_waits_for_it(void)
{
    int64_t at = syn_clock_now(NULL);
    pthread_t thread, other;

    begin_in_real_time();
    CHECK_INT(pthread_create(&other, NULL, waits_for_the_job, NULL), 0);
    await_entered(1);
    CHECK_INT(pthread_create(&thread, NULL, waits_for_the_job, NULL), 0);
    await_entered_and_seen(2);
    do /* both sleep */
        await_dump(": waits for holds_thread");
    while (!strstr(strstr(text, ": waits for holds_thread") + 1, ": waits for holds_thread"));
    syni_slow_round(at);
    syni_slow_round(at + 7300 * SECOND);
    CHECK_REPORT("synchronicity: the job holds_thread holds a thread of 'jobs' for 7");
    CHECK_REPORT("\nthread ");
    CHECK_REPORT(": waits for holds_thread, for ");
    pthread_mutex_lock(&report_lock); /* of each of the two jobs only its own */
    CHECK(!strstr(strstr(report_text, ": waits for holds_thread") + 1, ": waits for holds_thread"));
    pthread_mutex_unlock(&report_lock);
    may_leave = 2;
    CHECK_INT(pthread_join(thread, NULL), 0);
    CHECK_INT(pthread_join(other, NULL), 0);
    CHECK_INT(pool_stop(&jobs, syn_never()), 0);
}

static const struct test_case cases[] = {
    TEST(V4_a_job_is_reported_with_those_that_await_it),
    TEST(V4_a_job_is_reported_with_the_thread_that_waits_for_it),
};
TEST_MAIN("slow_job", cases);

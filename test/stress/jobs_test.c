/* SPDX-License-Identifier: Apache-2.0
 *
 * Jobs in real time: many threads and tasks submit, cancel, wait with deadlines, let go, stop
 * and start, at any moment. Each job that began has ended, each result was fetched or
 * destroyed once, strands let in one at a time, each future comes to an end.
 */
#define _DEFAULT_SOURCE
#include "support/pool_rig.h"
#include "support/random.h"

SYNCHRONIZER(demo);
POOL(workers, .max_threads = 3, .queue_bound = 16, .grace_ns = 200000, .idle_ns = 300000);
POOL(others, .max_threads = 2, .grace_ns = -1, .hard_limit = 40);

enum { STRANDS = 3, THREADS = 4, ROUNDS = 1500 / TEST_SLOWNESS };

static struct {
    struct syn_strand strand;
    atomic_int inside;
} lines[STRANDS];

static atomic_int running, made, gone;

static void destroy(int *result)
{
    gone++;
    free(result);
}

BLOCKING(workers, int *, work, (uint32_t, random), (int, line), DESTROY(destroy),
         STRAND(line < STRANDS ? &lines[line].strand : NULL))
{
    int *result;

    running++;
    if (line < STRANDS)
        CHECK_INT(lines[line].inside++, 0);
    for (uint32_t i = random % 8; i > 0 && !pool_job_cancelled(); i--)
        usleep(random % 200);
    if (line < STRANDS)
        lines[line].inside--;
    running--;
    if (random % 13 == 0)
        return job_fail(job, SYN_EIO);
    if (pool_job_cancelled() && random % 2)
        return job_fail(job, SYN_ECANCELED);
    result = malloc(sizeof *result);
    made++;
    return result;
}

/* A task that awaits jobs of both pools, one of them through a job that waits. */
ASYNC(demo, void, back_and_forth, (uint32_t, random), (int, depth), SYN_LOCAL(int *, out))
{
    co_begin;
    co_try_by(work_future(self->random, (int)(self->random % (STRANDS + 2))), &self->out,
              syn_after(self->random % 300 * 1e-5));
    destroy(self->out);
    co_end;
}

BLOCKING(others, void, calls_back, (uint32_t, random), (int, depth))
{
    running++;
    back_and_forth(random, depth);
    if (depth > 0)
        calls_back(random >> 3, depth - 1);
    running--;
}

BLOCKING_GENERATOR(others, int, numbers, (int, n))
{
    running++;
    for (int i = 0; i < n && !job_yield(job, i); i++)
        ;
    running--;
}

static void use(struct work_future f, uint32_t random)
{
    int *result;

    switch (random % 5) {
    case 0:
        future_detach(f);
        return;
    case 1:
        if (random % 3)
            usleep(random % 100);
        CHECK(future_cancel(f) != SYN_EDEADLK);
        return;
    case 2:
        future_request_cancel(f);
        break;
    case 3:
        if (future_get_by(f, &result, syn_after(random % 100 * 1e-5)) == SYN_OK)
            destroy(result);
        return;
    default:
        break;
    }
    if (future_get(f, &result) == SYN_OK)
        destroy(result);
}

static void works(int thread, void *seed)
{
    uint32_t random = *(uint32_t *)seed + (uint32_t)thread * 7919 + 1;
    syn_err err;

    for (int i = 0; i < ROUNDS; i++) {
        uint32_t r = next_random(&random);

        if (r % 31 == 0 && thread == 0) {
            pool_stop(&workers, syn_after(r % 10 * 1e-4));
            pool_start(&workers);
        } else if (r % 5 == 0) {
            CHECK(future_cancel(back_and_forth_future(r >> 4, 0)) != SYN_EDEADLK);
        } else if (r % 7 == 0) {
            call_by(syn_after(r % 500 * 1e-5), calls_back(r >> 4, 3));
        } else if (r % 11 == 0) {
            channel_each (int, v, numbers(20), &err)
                if (v == (int)(r % 40))
                    break;
        } else {
            use(work_future(r >> 4, (int)(r % (STRANDS + 3))), next_random(&random));
        }
    }
}

static void W4_jobs_of_many_threads_end_and_leave_nothing(void)
{
    const char *asked = getenv("TEST_SEED");
    uint32_t seed = asked ? (uint32_t)strtoul(asked, NULL, 10)
                          : (uint32_t)(syn_clock_now(NULL) / 1000) | 1;

    printf("seed %u\n", (unsigned)seed);
    begin_in_real_time();
    crew_run(THREADS, works, &seed);
    finish_pool(&others);
    finish_pool(&workers);
    finish(&demo);
    CHECK_INT(running, 0);
    CHECK_INT(made, gone);
}

static const struct test_case cases[] = {
    TEST(W4_jobs_of_many_threads_end_and_leave_nothing),
};
TEST_MAIN_BOTH_MODES("jobs", cases);

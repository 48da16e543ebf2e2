/* SPDX-License-Identifier: Apache-2.0
 *
 * What becomes of jobs that nobody has seen yet: they are cancelled, waited for, stopped and
 * counted like all others.
 */
#define _DEFAULT_SOURCE
#include "pool/pool_post.h"
#include "pool/work_cancel.h"
#include "support/pool_inbox_rig.h"

POOL(single, .max_threads = 1);
POOL(bounded, .max_threads = 1, .queue_bound = 2, .when_full = SYN_WHEN_FULL_FAIL);

/* --- what becomes of it there --- */

static void run_never(struct syni_work *work)
{
    (void)work;
    ran++;
}

static void end_never(struct syni_work *work, enum syni_work_end how, syn_err err)
{
    (void)work;
    (void)how;
    (void)err;
    ran++;
}

static void X1_a_work_that_was_asked_to_end_before_its_post_is_not_taken(void)
{
    static const struct syni_work_ops ops = {run_never, end_never, NULL};
    struct syni_work work = {.ops = &ops, .name = "generator", .known = true};
    struct standing_future f[2];

    begin();
    occupy(&workers, 2, f);
    work.pool = inside(&workers);
    CHECK_INT(syni_work_ask(&work, SYN_BY_REQUEST + 1), SYNI_ASKED_RUNS);
    CHECK_INT(syni_pool_post(work.pool, &work, NULL, syn_never().ns), SYN_ECANCELED);
    release(2, f);
    over(&workers);
    CHECK_INT(ran, 0);
}

static void X3_a_job_that_nobody_has_seen_yet_is_cancelled_and_never_runs(void)
{
    struct standing_future f[2];
    struct counting_future waits;

    begin();
    occupy(&workers, 2, f);
    waits = counting_future(1);
    CHECK(is_in_inbox(&workers));
    CHECK_INT(future_cancel(waits), SYN_ECANCELED);
    CHECK_INT(syn_last_origin(), SYN_BY_REQUEST);
    CHECK_INT(pool_stats(&workers).queued, 0);
    release(2, f);
    over(&workers);
    CHECK_INT(ran, 0);
}

PROMISE(int, answer);

BLOCKING(single, int, waits_for, (struct gate *, at), (struct answer_future, f))
{
    int y = 0;

    gate_pass(at);
    CHECK_INT(future_get(f, &y), SYN_OK);
    return y;
}

BLOCKING(single, void, answers, (struct answer_promise, p))
{
    CHECK_INT(promise_complete(p, &(int){6}), SYN_OK);
}

static void W4_a_job_that_waits_leaves_its_place_to_one_that_nobody_has_seen_yet(void)
{
    struct answer_promise p;
    struct answer_future f;
    struct waits_for_future first;
    struct answers_future second;
    int y;

    begin();
    gate_init(&gate);
    CHECK_INT(promise_new(answer, &p, &f), SYN_OK);
    first = waits_for_future(&gate, f);
    gate_await(&gate, 1);
    second = answers_future(p);
    CHECK(is_in_inbox(&single));
    gate_open(&gate);
    CHECK_INT(future_get(first, &y), SYN_OK);
    CHECK_INT(y, 6);
    CHECK_INT(future_get(second), SYN_OK);
    CHECK_INT(pool_stats(&single).peak_threads, 2);
    finish_pool(&single);
    over(&workers);
}

static void L2_a_stop_ends_jobs_that_nobody_has_seen_yet(void)
{
    struct standing_future f[2];
    struct counting_future waits[10];
    int y;

    begin_in_real_time();
    occupy(&workers, 2, f);
    for (int i = 0; i < 10; i++)
        waits[i] = counting_future(i);
    CHECK(is_in_inbox(&workers));
    CHECK_INT(pool_stop(&workers, syn_after(0)), SYN_ETIMEDOUT);
    for (int i = 0; i < 10; i++) {
        CHECK_INT(future_get(waits[i], &y), SYN_ECANCELED);
        CHECK_INT(syn_last_origin(), SYN_BY_STOP);
    }
    CHECK_INT(counting(1, &y), SYN_ECLOSED);
    gate_open(&gate);
    for (int i = 0; i < 2; i++)
        CHECK_INT(future_get(f[i], &y), SYN_ECANCELED); /* abandoned */
    CHECK_INT(ran, 0);
    CHECK_INT(pool_stop(&workers, syn_never()), SYN_OK);
    pool_start(&workers);
    CHECK_INT(counting(1, &y), SYN_OK);
    occupy(&workers, 2, f);
    waits[0] = counting_future(1);
    CHECK(is_in_inbox(&workers)); /* again */
    release(2, f);
    CHECK_INT(future_get(waits[0], &y), SYN_OK);
    finish_pool(&workers);
}

static void *opens_soon(void *unused)
{
    usleep(2000); /* time that passes outside of the clock */
    gate_open(&gate);
    return unused;
}

static void T1_time_stands_still_while_nobody_has_seen_a_job_yet(void)
{
    struct standing_future f[1];
    struct counting_future waits;
    pthread_t thread;
    int y;

    begin_in_real_time();
    occupy(&single, 1, f); /* a thread that takes no part in the clock */
    begin();
    waits = pool_submit(&single, counting, 1);
    CHECK(is_in_inbox(&single));
    CHECK_INT(pthread_create(&thread, NULL, opens_soon, NULL), 0);
    CHECK_INT(future_get_by(waits, &y, syn_after(3600)), SYN_OK);
    CHECK_INT(now(), 0);
    CHECK_INT(pthread_join(thread, NULL), 0);
    release(1, f);
    finish_pool(&single);
    over(&workers);
}

/* --- many at once --- */

enum { ROUNDS = 4000 / TEST_SLOWNESS };
static atomic_int ended_well, refused, stopped;

static void submits_and_waits(int number, void *unused)
{
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        struct counting_future f[8];

        for (int k = 0; k < 8; k++)
            f[k] = pool_submit(number % 2 ? &workers : &bounded, counting, k);
        for (int k = 0; k < 8; k++) {
            syn_err err = future_get(f[k], NULL);

            CHECK(err == SYN_OK || err == SYN_ECLOSED || err == SYN_EAGAIN ||
                  err == SYN_ECANCELED);
            *(err == SYN_OK ? &ended_well : err == SYN_ECANCELED ? &stopped : &refused) += 1;
        }
    }
}

static void L3_pools_are_stopped_while_threads_submit_and_no_job_is_lost(void)
{
    struct crew_at_work *crew;
    struct syn_pool_stats a, b;

    begin_in_real_time();
    crew = crew_start(4, submits_and_waits, NULL);
    for (int i = 0; i < 100; i++) {
        usleep(200);
        CHECK_INT(pool_stop(i % 2 ? &workers : &bounded, syn_never()), SYN_OK);
        pool_start(i % 2 ? &workers : &bounded);
    }
    crew_join(crew);
    finish_pool(&workers);
    finish_pool(&bounded);
    CHECK_INT(inside(&bounded)->room + inside(&bounded)->n_returned, 2);
    a = pool_stats(&workers);
    b = pool_stats(&bounded);
    CHECK_INT(a.submitted + b.submitted, 4 * 8 * ROUNDS);
    CHECK_INT(a.ended + b.ended, ran);
    CHECK_INT(ran, ended_well);
    CHECK_INT(a.cancelled + b.cancelled, stopped);
    CHECK_INT(a.refused + b.refused, refused);
}

POOL_MAP(workers, int, int, same)
{
    *out = *in;
    return SYN_OK;
}

static void maps_and_submits(int number, void *unused)
{
    (void)unused;
    for (int i = 0; i < ROUNDS / 4; i++) {
        int in[3] = {1, 2, 3}, out[3];
        syn_err err = number % 2 ? pool_map(&workers, same, in, 3, out) : counting(1, &out[2]);

        CHECK(err == SYN_OK || err == SYN_ECLOSED || err == SYN_ECANCELED);
        CHECK(err || out[2] == (number % 2 ? 3 : 1));
        if (err == SYN_ECLOSED && number % 2 == 0)
            CHECK_SAYS("the pool 'workers' takes no jobs");
    }
}

static void W6_the_size_is_set_while_threads_submit(void)
{
    struct crew_at_work *crew;
    struct syn_pool_options options = workers.options;

    begin_in_real_time();
    crew = crew_start(4, maps_and_submits, NULL);
    for (int i = 0; i < 100; i++) {
        CHECK_INT(pool_stop(&workers, syn_never()), SYN_OK);
        options.max_threads = (unsigned)i % 3 + 1;
        CHECK_INT(pool_configure(&workers, &options), SYN_OK);
        pool_start(&workers);
        usleep(200);
    }
    crew_join(crew);
    finish_pool(&workers);
}

static const struct test_case cases[] = {
    TEST(X1_a_work_that_was_asked_to_end_before_its_post_is_not_taken),
    TEST(X3_a_job_that_nobody_has_seen_yet_is_cancelled_and_never_runs),
    TEST(W4_a_job_that_waits_leaves_its_place_to_one_that_nobody_has_seen_yet),
    TEST(L2_a_stop_ends_jobs_that_nobody_has_seen_yet),
    TEST(T1_time_stands_still_while_nobody_has_seen_a_job_yet),
    TEST(W6_the_size_is_set_while_threads_submit),
    TEST(L3_pools_are_stopped_while_threads_submit_and_no_job_is_lost),
};
TEST_MAIN("pool_inbox_end", cases);

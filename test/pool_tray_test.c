/* SPDX-License-Identifier: Apache-2.0
 *
 * Jobs that are submitted while all threads of their pool are busy, which takes no lock: they
 * keep their order and their places, and are cancelled, stopped and counted like all others.
 *
 * A case that holds the lock of a pool meanwhile shows that nobody wants it; and nobody can be
 * called then.
 */
#define _DEFAULT_SOURCE
#include "pool/pool.h"
#include "support/pool_rig.h"

SYNCHRONIZER(demo);
POOL(workers, .max_threads = 2);
POOL(single, .max_threads = 1);
POOL(bounded, .max_threads = 1, .queue_bound = 2, .when_full = SYN_WHEN_FULL_FAIL);

static struct gate gate;
static atomic_int ran;
static int order[64], n_order;

BLOCKING(workers, int, standing, (struct gate *, at))
{
    gate_pass(at);
    return 0;
}

BLOCKING(workers, int, counting, (int, x))
{
    ran++;
    return x;
}

/* On SINGLE: by its one thread. */
BLOCKING(single, int, noting, (int, x))
{
    order[n_order++] = x;
    return x;
}

BLOCKING(single, int, hurrying, (int, x), SYN_URGENT)
{
    order[n_order++] = x;
    return x;
}

static struct syn_strand strand;

BLOCKING(single, int, noting_in_line, (int, x), STRAND(&strand))
{
    order[n_order++] = x;
    return x;
}

static struct syni_pool *inside(struct syn_pool *pool)
{
    return syni_pool_of(pool);
}

static bool is_on_tray(struct syn_pool *pool)
{
    return !syni_stack_is_empty(&inside(pool)->tray);
}

/* All N threads of POOL stand at the gate. */
static void occupy(struct syn_pool *pool, int n, struct standing_future f[])
{
    gate_init(&gate);
    for (int i = 0; i < n; i++)
        f[i] = pool_submit(pool, standing, &gate);
    gate_await(&gate, n);
}

static void release(int n, struct standing_future f[])
{
    gate_open(&gate);
    for (int i = 0; i < n; i++)
        CHECK_INT(future_get(f[i], NULL), SYN_OK);
}

static void over(struct syn_pool *pool)
{
    finish_pool(pool);
    finish(&demo);
    done_after(256);
}

/* --- without the lock --- */

static struct counting_future many[100];

ASYNC(demo, int, submits, SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < 100; self->i++)
        many[self->i] = counting_future(self->i);
    co_return(self->i);
    co_end;
}

static void check_many_ran(void)
{
    int y;

    for (int i = 0; i < 100; i++) {
        CHECK_INT(future_get(many[i], &y), SYN_OK);
        CHECK_INT(y, i);
    }
    CHECK_INT(ran, 100);
}

static void W1_a_loop_submits_to_busy_threads_without_their_lock(void)
{
    struct standing_future f[2];
    int y;

    begin();
    occupy(&workers, 2, f);
    syni_mutex_lock(&inside(&workers)->lock);
    CHECK_INT(submits(&y), SYN_OK);
    syni_mutex_unlock(&inside(&workers)->lock);
    CHECK(is_on_tray(&workers));
    CHECK_INT(pool_stats(&workers).queued, 100);
    CHECK_INT(pool_stats(&workers).submitted, 102);
    CHECK_INT(ran, 0);
    release(2, f);
    check_many_ran();
    over(&workers);
}

static void submit_25(int number, void *unused)
{
    (void)unused;
    for (int i = 25 * number; i < 25 * number + 25; i++)
        many[i] = counting_future(i);
}

static void W1_threads_submit_to_busy_threads_without_their_lock(void)
{
    struct standing_future f[2];

    begin();
    occupy(&workers, 2, f);
    syni_mutex_lock(&inside(&workers)->lock);
    crew_run(4, submit_25, NULL);
    syni_mutex_unlock(&inside(&workers)->lock);
    CHECK(is_on_tray(&workers));
    release(2, f);
    check_many_ran();
    over(&workers);
}

static void W3_places_are_taken_without_the_lock_and_counted(void)
{
    struct standing_future f[1];
    struct counting_future waits[3];
    int y;

    begin();
    occupy(&bounded, 1, f);
    syni_mutex_lock(&inside(&bounded)->lock);
    for (int i = 0; i < 2; i++)
        waits[i] = pool_submit(&bounded, counting, i);
    syni_mutex_unlock(&inside(&bounded)->lock);
    CHECK_INT(future_get(pool_submit(&bounded, counting, 9), &y), SYN_EAGAIN);
    CHECK_INT(future_cancel(waits[0]), SYN_ECANCELED);
    waits[2] = pool_submit(&bounded, counting, 2); /* its place */
    CHECK_INT(future_get(pool_submit(&bounded, counting, 9), &y), SYN_EAGAIN);
    release(1, f);
    for (int i = 1; i < 3; i++)
        CHECK_INT(future_get(waits[i], &y), SYN_OK);
    CHECK_INT(inside(&bounded)->room, 2);
    finish_pool(&bounded);
    over(&workers);
}

static void W6_another_bound_holds_after_a_stop(void)
{
    static const size_t bounds[] = {1, 0, 3, 2};

    begin();
    for (int i = 0; i < 4; i++) {
        struct syn_pool_options options = bounded.options;
        struct standing_future f[1];
        size_t n = bounds[i] ? bounds[i] : 10;

        CHECK_INT(pool_stop(&bounded, syn_never()), SYN_OK);
        options.queue_bound = bounds[i];
        CHECK_INT(pool_configure(&bounded, &options), SYN_OK);
        pool_start(&bounded);
        occupy(&bounded, 1, f);
        for (size_t k = 0; k < n; k++)
            future_detach(pool_submit(&bounded, counting, 0));
        CHECK_INT(pool_stats(&bounded).queued, n);
        if (bounds[i])
            CHECK_INT(future_get(pool_submit(&bounded, counting, 9), NULL), SYN_EAGAIN);
        release(1, f);
    }
    finish_pool(&bounded);
    CHECK_INT(inside(&bounded)->room, 2);
    over(&workers);
}

/* --- order --- */

static void submit_in_turn(void)
{
    for (int i = 0; i < 30; i++) /* by the tray, and by the lock */
        if (i % 3 == 1)
            future_detach(noting_in_line_future(i));
        else
            future_detach(noting_future(i));
}

ASYNC(demo, int, submits_in_turn)
{
    co_begin;
    submit_in_turn();
    co_return(0);
    co_end;
}

/* Those in line join the queue when the one before them has ended, so: the order among them, and
 * that among the others. */
static void check_order(int first, int n)
{
    int last[2] = {-1, -1};

    CHECK_INT(n_order, first + n);
    for (int i = first; i < n_order; i++) {
        bool in_line = order[i] % 3 == 1;

        CHECK(order[i] > last[in_line]);
        last[in_line] = order[i];
    }
}

static void W1_jobs_of_one_thread_keep_their_order_whichever_way_they_take(void)
{
    struct standing_future f[1];
    int y;

    begin();
    occupy(&single, 1, f);
    submit_in_turn();
    release(1, f);
    CHECK_INT(noting(30, &y), SYN_OK);
    while (pool_stats(&single).ended < 32) /* those in line */
        usleep(100);
    check_order(0, 31);
    occupy(&single, 1, f);
    CHECK_INT(submits_in_turn(&y), SYN_OK);
    release(1, f);
    while (pool_stats(&single).ended < 63)
        usleep(100);
    check_order(31, 30);
    finish_pool(&single);
    over(&workers);
}

static void W1_a_job_that_takes_the_lock_does_not_overtake(void)
{
    struct standing_future f[1];
    struct noting_future on_tray;
    struct noting_in_line_future by_lock;

    begin();
    occupy(&single, 1, f);
    on_tray = noting_future(1);
    CHECK(is_on_tray(&single));
    by_lock = noting_in_line_future(2);
    release(1, f);
    CHECK_INT(future_get(on_tray, NULL), SYN_OK);
    CHECK_INT(future_get(by_lock, NULL), SYN_OK);
    CHECK(order[0] == 1 && order[1] == 2);
    finish_pool(&single);
    over(&workers);
}

static void W3_an_urgent_job_that_nobody_has_seen_yet_goes_ahead(void)
{
    struct standing_future f[1];
    struct noting_future in_queue;
    struct hurrying_future on_tray;

    begin();
    occupy(&single, 1, f);
    in_queue = noting_future(1);
    future_detach(noting_future(2));
    CHECK_INT(pool_stats(&single).queued, 2);
    on_tray = hurrying_future(3);
    CHECK(is_on_tray(&single));
    release(1, f);
    CHECK_INT(future_get(on_tray, NULL), SYN_OK);
    CHECK_INT(future_get(in_queue, NULL), SYN_OK);
    CHECK(order[0] == 3 && order[1] == 1);
    finish_pool(&single);
    over(&workers);
}

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
    CHECK_INT(syni_pool_post(work.pool, &work, false, syn_never().ns), SYN_ECANCELED);
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
    CHECK(is_on_tray(&workers));
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
    CHECK(is_on_tray(&single));
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
    CHECK(is_on_tray(&workers));
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
    CHECK(is_on_tray(&workers)); /* again */
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
    CHECK(is_on_tray(&single));
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
    CHECK_INT(inside(&bounded)->room, 2);
    a = pool_stats(&workers);
    b = pool_stats(&bounded);
    CHECK_INT(a.submitted + b.submitted, 4 * 8 * ROUNDS);
    CHECK_INT(a.ended + b.ended, ran);
    CHECK_INT(ran, ended_well);
    CHECK_INT(a.cancelled + b.cancelled, stopped);
    CHECK_INT(a.refused + b.refused, refused);
}

static const struct test_case cases[] = {
    TEST_MODES(W1_a_loop_submits_to_busy_threads_without_their_lock),
    TEST(W1_threads_submit_to_busy_threads_without_their_lock),
    TEST(W3_places_are_taken_without_the_lock_and_counted),
    TEST(W6_another_bound_holds_after_a_stop),
    TEST_MODES(W1_jobs_of_one_thread_keep_their_order_whichever_way_they_take),
    TEST(W1_a_job_that_takes_the_lock_does_not_overtake),
    TEST(W3_an_urgent_job_that_nobody_has_seen_yet_goes_ahead),
    TEST(X1_a_work_that_was_asked_to_end_before_its_post_is_not_taken),
    TEST(X3_a_job_that_nobody_has_seen_yet_is_cancelled_and_never_runs),
    TEST(W4_a_job_that_waits_leaves_its_place_to_one_that_nobody_has_seen_yet),
    TEST(L2_a_stop_ends_jobs_that_nobody_has_seen_yet),
    TEST(T1_time_stands_still_while_nobody_has_seen_a_job_yet),
    TEST(L3_pools_are_stopped_while_threads_submit_and_no_job_is_lost),
};
TEST_MAIN("pool_tray", cases);

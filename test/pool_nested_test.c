/* SPDX-License-Identifier: Apache-2.0
 *
 * Jobs that wait for jobs, calls back and forth between pool and loop, and pools that are
 * stopped meanwhile.
 */
#define _DEFAULT_SOURCE
#include "support/pool_rig.h"

SYNCHRONIZER(demo);
POOL(workers, .max_threads = 2);
POOL(tight, .max_threads = 1, .hard_limit = 3);
POOL(hasty, .max_threads = 2, .grace_ns = 1000000);

static struct gate gate;

BLOCKING_DECLARE(int, down, (struct syn_pool *, pool), (int, depth));

/* A task on the loop that calls back into the pool. */
ASYNC(demo, int, callback, (struct syn_pool *, pool), (int, depth))
{
    co_begin;
    co_try(pool_submit(self->pool, down, self->pool, self->depth), &self->result);
    co_return_result;
    co_end;
}

BLOCKING_DEFINE(workers, int, down, (struct syn_pool *, pool), (int, depth))
{
    int below = 0;
    syn_err err = depth > 0 ? callback(pool, depth - 1, &below) : SYN_OK;

    if (err)
        return job_fail(job, err, syn_last_report()->message);
    return below + 1;
}

BLOCKING_DECLARE(int, straight_down, (struct syn_pool *, pool), (int, depth));
BLOCKING_DEFINE(workers, int, straight_down, (struct syn_pool *, pool), (int, depth))
{
    int below = 0;
    syn_err err = SYN_OK;

    if (depth > 0)
        err = future_get(pool_submit(pool, straight_down, pool, depth - 1), &below);
    return err ? job_fail(job, err, syn_last_report()->message) : below + 1;
}

static void over(struct syn_pool *pool)
{
    finish_pool(pool);
    finish(&demo);
    done_after(1000);
}

static void W4_a_thousand_callbacks_one_inside_the_other(void)
{
    int y;

    begin();
    CHECK_INT(down(&workers, 1000, &y), SYN_OK);
    CHECK_INT(y, 1001);
    CHECK_INT(pool_stats(&workers).blocked, 0);
    over(&workers);
}

static void W4_jobs_that_wait_for_jobs_of_their_own_pool(void)
{
    int y;

    begin();
    CHECK_INT(callback(&workers, 0, &y), SYN_OK);
    CHECK_INT(straight_down(&workers, 200, &y), SYN_OK);
    CHECK_INT(y, 201);
    over(&workers);
}

static void W4_at_the_hard_limit_an_error_says_so(void)
{
    int y;

    begin();
    CHECK_INT(future_get(pool_submit(&tight, down, &tight, 2), &y), SYN_OK);
    CHECK_INT(y, 3);
    CHECK_INT(future_get(pool_submit(&tight, down, &tight, 3), &y), SYN_EDEADLK);
    CHECK_SAYS("hard_limit");
    CHECK_INT(future_get(pool_submit(&tight, straight_down, &tight, 7), &y), SYN_EDEADLK);
    CHECK_SAYS("all threads of the pool 'tight' wait");
    CHECK_INT(future_get(pool_submit(&tight, straight_down, &tight, 2), &y), SYN_OK);
    over(&tight);
}

PROMISE(int, answer);
POOL(single, .max_threads = 1, .hard_limit = 1);

BLOCKING(single, int, waits_for, (struct answer_future, f))
{
    int y = 0;

    CHECK_INT(future_get(f, &y), SYN_OK);
    return y;
}

static void W4_at_the_hard_limit_jobs_of_nobody_who_waits_only_wait(void)
{
    struct waits_for_future first;
    struct down_future second;
    struct answer_promise p;
    struct answer_future f;
    int y;

    begin();
    CHECK_INT(promise_new(answer, &p, &f), SYN_OK);
    first = waits_for_future(f);
    while (pool_stats(&single).blocked < 1)
        usleep(100);
    second = pool_submit(&single, down, &single, 0);
    CHECK_INT(future_poll(second), SYN_EAGAIN);
    CHECK_INT(pool_stats(&single).queued, 1);
    CHECK_INT(promise_complete(p, &(int){6}), SYN_OK);
    CHECK_INT(future_get(first, &y), SYN_OK);
    CHECK_INT(y, 6);
    CHECK_INT(future_get(second, &y), SYN_OK);
    finish_pool(&single);
    over(&workers);
}

static void W5_a_thread_that_cannot_be_had_for_a_nested_job_is_an_error(void)
{
    int y;

    begin();
    syn_fault_set("pthread_create", 4, 1000, EAGAIN); /* the loop's, and two of the pool */
    CHECK_INT(down(&workers, 10, &y), SYN_EAGAIN);
    syn_fault_clear();
    CHECK_INT(down(&workers, 10, &y), SYN_OK);
    over(&workers);
}

POOL(lasting, .max_threads = 1, .idle_ns = 3600 * SECOND);

/* The memory for the second thread of LASTING is asked for, by the submitter: the first one, which
 * waits, goes on, finds that another runs in its place, and sleeps. Then there is none. */
static void *allocate_in_vain(void *promise, size_t size)
{
    static atomic_bool failed;

    if (failed || pool_stats(&lasting).threads < 2)
        return malloc(size);
    failed = true;
    CHECK_INT(promise_complete(*(struct answer_promise *)promise, &(int){6}), SYN_OK);
    while (pool_stats(&lasting).idle < 1)
        usleep(100);
    return NULL;
}

static void release_memory(void *unused, void *memory, size_t size)
{
    (void)unused;
    (void)size;
    free(memory);
}

static void W5_who_sleeps_is_called_instead_of_a_thread_that_cannot_be_had(void)
{
    struct answer_promise p;
    struct syn_allocator allocator = {.allocate = allocate_in_vain, .release = release_memory,
                                      .context = &p};
    struct answer_future f;
    struct waits_for_future first;
    struct down_future second;
    int y;

    begin_in_real_time();
    CHECK_INT(syn_set_allocator(&allocator), SYN_OK);
    CHECK_INT(promise_new(answer, &p, &f), SYN_OK);
    first = pool_submit(&lasting, waits_for, f);
    while (pool_stats(&lasting).blocked < 1)
        usleep(100);
    second = pool_submit(&lasting, down, &lasting, 0);
    CHECK_INT(future_get(second, &y), SYN_OK); /* not after an hour */
    CHECK_INT(y, 1);
    CHECK_INT(future_get(first, &y), SYN_OK);
    CHECK_INT(pool_stats(&lasting).threads, 1);
    finish_pool(&lasting);
}

BLOCKING(workers, int, stands_then_waits, (struct gate *, at))
{
    int y = 0;

    gate_pass(at);
    return down(&workers, 0, &y) ? -1 : y;
}

static void W4_running_jobs_keep_their_place_and_waiting_ones_make_it(void)
{
    struct stands_then_waits_future f[2];
    struct down_future third;
    int y;

    begin();
    gate_init(&gate);
    f[0] = stands_then_waits_future(&gate);
    f[1] = stands_then_waits_future(&gate);
    gate_await(&gate, 2);
    third = down_future(&workers, 0);
    CHECK_INT(pool_stats(&workers).threads, 2);
    CHECK_INT(pool_stats(&workers).queued, 1);
    gate_open(&gate);
    CHECK_INT(future_get(f[0], &y), SYN_OK);
    CHECK_INT(y, 1);
    CHECK_INT(future_get(f[1], &y), SYN_OK);
    CHECK_INT(y, 1);
    CHECK_INT(future_get(third, &y), SYN_OK);
    over(&workers);
}

/* --- W2: callbacks of users, from a loop --- */

static struct gate all_four;
static atomic_int most_at_once, at_once;

BLOCKING(workers, int, user_code, (int, n))
{
    int y = 0, now_running = ++at_once;

    while (now_running > most_at_once)
        most_at_once = now_running;
    gate_pass(&all_four); /* opens when all are here */
    at_once--;
    if (n == 3)
        CHECK_INT(callback(&workers, 0, &y), SYN_OK); /* and calls back in */
    return n + y;
}

ASYNC(demo, int, calls_out, SYN_LOCAL(struct syn_scope, all), SYN_LOCAL(int, out[4]),
      SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < 4; self->i++)
        co_spawn(&self->all, user_code_future(self->i), &self->out[self->i]);
    co_join(&self->all);
    co_check;
    co_return(self->out[0] + self->out[1] + self->out[2] + self->out[3]);
    co_end;
}

static void W2_four_callbacks_overlap_and_one_calls_back_in(void)
{
    struct syn_pool_options options = {.name = "workers", .max_threads = 4};
    struct calls_out_future f;
    int y;

    begin();
    gate_init(&all_four);
    CHECK_INT(pool_configure(&workers, &options), SYN_OK);
    f = calls_out_future();
    gate_await(&all_four, 4); /* never returns if one keeps out another */
    gate_open(&all_four);
    CHECK_INT(future_get(f, &y), SYN_OK);
    CHECK_INT(y, 7);
    CHECK_INT(most_at_once, 4);
    over(&workers);
}

/* --- the end of a pool --- */

BLOCKING(hasty, int, standing, (struct gate *, at))
{
    gate_pass(at);
    return pool_job_cancelled();
}

static void L2_a_stop_cancels_what_waits_and_asks_what_runs(void)
{
    struct standing_future f[4];
    int y, stopped = 0;

    begin();
    gate_init(&gate);
    for (int i = 0; i < 4; i++)
        f[i] = standing_future(&gate);
    gate_await(&gate, 2);
    CHECK_INT(future_request_cancel(f[0]), SYN_OK);
    CHECK_INT(future_get(f[0], &y), SYN_ECANCELED); /* abandoned: its thread stands there */
    gate_open(&gate);
    finish_pool(&hasty);
    for (int i = 1; i < 4; i++) {
        syn_err err = future_get(f[i], &y);

        CHECK(err == SYN_OK || err == SYN_ECANCELED);
        stopped += err == SYN_ECANCELED && syn_last_origin() == SYN_BY_STOP;
    }
    CHECK_INT(standing(&gate, &y), SYN_ECLOSED);
    CHECK_SAYS("takes no jobs");
    CHECK_INT(pool_stats(&hasty).cancelled + pool_stats(&hasty).abandoned, stopped + 1);
    pool_start(&hasty);
    CHECK_INT(standing(&gate, &y), SYN_OK);
    over(&hasty);
}

static void L2_a_stop_in_vain_names_what_would_not_end(void)
{
    struct standing_future f;
    int y;

    begin_in_real_time();
    gate_init(&gate);
    f = standing_future(&gate);
    gate_await(&gate, 1);
    CHECK_INT(pool_stop(&hasty, syn_after(0.01)), SYN_ETIMEDOUT);
    CHECK_SAYS("standing");
    CHECK_INT(future_get(f, &y), SYN_ECANCELED);
    CHECK_INT(syn_last_origin(), SYN_BY_STOP);
    CHECK_INT(pool_stats(&hasty).threads, 1);
    gate_open(&gate);
    finish_pool(&hasty);
}

BLOCKING(hasty, int, stops_itself)
{
    return pool_stop(&hasty, syn_never());
}

ASYNC(demo, int, stops_it)
{
    co_begin;
    co_return(pool_stop(&hasty, syn_never()));
    co_end;
}

static void L6_stopping_a_pool_in_its_own_job_or_on_a_loop_is_an_error(void)
{
    int y;

    begin();
    CHECK_INT(stops_itself(&y), SYN_OK);
    CHECK_INT(y, SYN_EDEADLK);
    CHECK_INT(stops_it(&y), SYN_OK);
    CHECK_INT(y, SYN_EDEADLK);
    over(&hasty);
}

static const struct test_case cases[] = {
    TEST_MODES(W4_a_thousand_callbacks_one_inside_the_other),
    TEST_MODES(W4_jobs_that_wait_for_jobs_of_their_own_pool),
    TEST(W4_at_the_hard_limit_an_error_says_so),
    TEST(W4_at_the_hard_limit_jobs_of_nobody_who_waits_only_wait),
    TEST(W5_a_thread_that_cannot_be_had_for_a_nested_job_is_an_error),
    TEST(W5_who_sleeps_is_called_instead_of_a_thread_that_cannot_be_had),
    TEST(W4_running_jobs_keep_their_place_and_waiting_ones_make_it),
    TEST_MODES(W2_four_callbacks_overlap_and_one_calls_back_in),
    TEST(L2_a_stop_cancels_what_waits_and_asks_what_runs),
    TEST(L2_a_stop_in_vain_names_what_would_not_end),
    TEST_MODES(L6_stopping_a_pool_in_its_own_job_or_on_a_loop_is_an_error),
};
TEST_MAIN("pool_nested", cases);

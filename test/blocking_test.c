/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocking functions: their faces, what goes in and out, how they are cancelled.
 */
#define _DEFAULT_SOURCE
#include "support/worker_rig.h"

POOL(others);

BLOCKING(DEFAULT_POOL, void, nothing)
{
}

BLOCKING(workers, int, failing, SYN_COPY(const char *, why))
{
    return job_fail(job, SYN_EIO, why);
}

BLOCKING(workers, void, failing_at_nothing)
{
    job_fail(job, SYN_EPIPE);
}

BLOCKING(workers, size_t, length, SYN_COPY(const char *, text), (struct gate *, at))
{
    gate_pass(at);
    return strlen(text);
}

BLOCKING_DECLARE(int, declared, (int, x));
BLOCKING_DEFINE(workers, int, declared, (int, x))
{
    return x + 1;
}

static void W1_a_blocking_function_has_every_face(void)
{
    struct nothing_future f;
    int y = 0;

    begin();
    CHECK_INT(twice(21, &y), SYN_OK);
    CHECK_INT(y, 42);
    CHECK_INT(future_get(twice_future(4), &y), SYN_OK);
    CHECK_INT(y, 8);
    CHECK_INT(future_get(pool_submit(&others, twice, 5), &y), SYN_OK);
    CHECK_INT(y, 10);
    CHECK_INT(pool_stats(&others).ended, 1);
    CHECK_INT(nothing(), SYN_OK);
    f = pool_submit(&others, nothing);
    CHECK_INT(future_get(f), SYN_OK);
    CHECK_INT(future_get(f), SYN_ECONSUMED);
    CHECK_INT(declared(1, &y), SYN_OK);
    CHECK_INT(y, 2);
    finish_pool(&others);
    over(&workers);
}

static void W1_a_failed_job_says_why_and_where(void)
{
    int y = 7;

    begin();
    CHECK_INT(failing("the disk is on fire", &y), SYN_EIO);
    CHECK_INT(y, 7);
    CHECK_SAYS("the disk is on fire");
    CHECK_INT(syn_last_origin(), SYN_BY_TASK);
    CHECK_STR(syn_last_report()->sites[0].function, "failing");
    CHECK_INT(failing_at_nothing(), SYN_EPIPE);
    over(&workers);
}

static void W1_copied_strings_outlive_the_statement(void)
{
    char text[] = "four";
    struct length_future f;
    size_t n;

    begin();
    gate_init(&gate);
    f = length_future(text, &gate);
    memset(text, 'x', sizeof text - 1);
    gate_open(&gate);
    CHECK_INT(future_get(f, &n), SYN_OK);
    CHECK_INT(n, 4);
    over(&workers);
}

ASYNC(demo, int, opener, (struct gate *, at))
{
    co_begin;
    gate_await(self->at, 1);
    gate_open(self->at);
    co_return(1);
    co_end;
}

ASYNC(demo, int, awaiter, (struct gate *, at), SYN_LOCAL(struct opener_future, f),
      SYN_LOCAL(int, y))
{
    co_begin;
    self->f = opener_future(self->at);
    co_try(standing_future(self->at, 5), &self->result);
    co_try(self->f, &self->y);
    co_return_result;
    co_end;
}

static void W1_a_task_awaits_a_job_and_its_loop_goes_on(void)
{
    int y;

    begin();
    gate_init(&gate);
    CHECK_INT(awaiter(&gate, &y), SYN_OK);
    CHECK_INT(y, 5);
    over(&workers);
}

ASYNC(demo, void, blocks_on_a_loop, SYN_LOCAL(struct standing_future, f), SYN_LOCAL(int, y))
{
    co_begin;
    CHECK_INT(twice(1, &self->y), SYN_EDEADLK);
    CHECK_SAYS("co_await(twice_future(...))");
    gate_init(&gate);
    self->f = standing_future(&gate, 3);
    CHECK_INT(future_get(self->f, &self->y), SYN_EDEADLK);
    CHECK_SAYS("co_await(future)");
    gate_open(&gate);
    co_try(self->f, &self->y);
    CHECK_INT(self->y, 3);
    co_end;
}

static void C7_the_blocking_face_on_a_loop_is_an_error_and_runs_nothing(void)
{
    begin();
    CHECK_INT(blocks_on_a_loop(), SYN_OK);
    CHECK_INT(pool_stats(&workers).submitted, 1);
    over(&workers);
}

static void C11_a_result_that_nobody_fetched_is_destroyed_once(void)
{
    int *n;

    begin();
    gate_init(&gate);
    gate_open(&gate);
    CHECK_INT(future_detach(owned_future(&gate)), SYN_OK);
    CHECK_INT(owned(&gate, NULL), SYN_OK);
    CHECK_INT(owned(&gate, &n), SYN_OK);
    free(n);
    over(&workers);
    CHECK_INT(made, 3);
    CHECK_INT(destroyed, 2);
}

ASYNC(demo, void, hour)
{
    co_begin;
    co_sleep(3600);
    co_end;
}

static void T1_time_stands_still_while_a_job_runs_or_waits_for_a_thread(void)
{
    struct standing_future f[3];
    struct hour_future h;
    int y;

    begin();
    gate_init(&gate);
    for (int i = 0; i < 3; i++)
        f[i] = standing_future(&gate, i);
    h = hour_future();
    gate_await(&gate, 2);
    CHECK_INT(future_wait_by(f[0], syn_after(0)), SYN_ETIMEDOUT);
    CHECK_INT(now(), 0);
    gate_open(&gate);
    for (int i = 0; i < 3; i++)
        CHECK_INT(future_get(f[i], &y), SYN_OK);
    CHECK_INT(now(), 0);
    CHECK_INT(future_get(h), SYN_OK);
    CHECK_INT(now(), 3600 * SECOND);
    over(&workers);
}

TASK_LOCAL(int, request);
BLOCKING(workers, int, request_of)
{
    return request_get() ? *request_get() : -1;
}

static void S4_a_job_inherits_task_local_values(void)
{
    int mine = 3, y;

    begin();
    CHECK_INT(request_set(&mine), SYN_OK);
    CHECK_INT(request_of(&y), SYN_OK);
    CHECK_INT(y, 3);
    CHECK_INT(request_set(NULL), SYN_OK);
    CHECK_INT(request_of(&y), SYN_OK);
    CHECK_INT(y, -1);
    over(&workers);
}

static void W5_with_any_allocation_or_thread_failing_the_future_says_so(void)
{
    unsigned long n = 0, hits;
    int y = 0;

    begin();
    do {
        syn_err err;

        syn_fault_set(NULL, ++n, 1, EAGAIN);
        err = twice(3, &y);
        hits = syn_fault_hits();
        syn_fault_clear();
        CHECK(err == SYN_OK || err == SYN_ENOMEM || err == SYN_EAGAIN);
        CHECK(err || y == 6);
        finish_pool(&workers);
        pool_start(&workers);
    } while (hits >= n);
    CHECK(n >= 3);
    over(&workers);
}

static const struct test_case cases[] = {
    TEST(W1_a_blocking_function_has_every_face),
    TEST(W1_a_failed_job_says_why_and_where),
    TEST(W1_copied_strings_outlive_the_statement),
    TEST(W1_a_task_awaits_a_job_and_its_loop_goes_on),
    TEST(C7_the_blocking_face_on_a_loop_is_an_error_and_runs_nothing),
    TEST(C11_a_result_that_nobody_fetched_is_destroyed_once),
    TEST(T1_time_stands_still_while_a_job_runs_or_waits_for_a_thread),
    TEST(S4_a_job_inherits_task_local_values),
    TEST(W5_with_any_allocation_or_thread_failing_the_future_says_so),
};
TEST_MAIN_BOTH_MODES("blocking", cases);

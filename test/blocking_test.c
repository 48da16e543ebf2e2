/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocking functions: their faces, what goes in and out, how they are cancelled.
 */
#define _DEFAULT_SOURCE
#include "support/pool_rig.h"

SYNCHRONIZER(demo);
POOL(workers, .max_threads = 2, .grace_ns = 1000000);
POOL(others);

static struct gate gate;

BLOCKING(workers, int, twice, (int, x), DOC("doubles it"))
{
    return 2 * x;
}

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

BLOCKING(workers, int, standing, (struct gate *, at), (int, x))
{
    gate_pass(at);
    return x;
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

static void over(struct syn_pool *pool)
{
    finish_pool(pool);
    finish_pool(syn_default_pool());
    finish(&demo);
    done();
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

static atomic_int made, destroyed;

static void destroy_int(int *n)
{
    destroyed++;
    free(n);
}

BLOCKING(workers, int *, owned, (struct gate *, at), DESTROY(destroy_int))
{
    int *n = malloc(sizeof *n);

    gate_pass(at);
    made++;
    *n = 1;
    return n;
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

static void X3_a_queued_job_that_is_cancelled_never_runs(void)
{
    struct standing_future a, b;
    struct owned_future c;
    int y;

    begin();
    gate_init(&gate);
    a = standing_future(&gate, 1);
    b = standing_future(&gate, 2);
    gate_await(&gate, 2); /* both threads */
    c = owned_future(&gate);
    CHECK_INT(future_cancel(c), SYN_ECANCELED);
    CHECK_INT(syn_last_origin(), SYN_BY_REQUEST);
    CHECK_INT(pool_stats(&workers).queued, 0);
    gate_open(&gate);
    CHECK_INT(future_get(a, &y), SYN_OK);
    CHECK_INT(future_get(b, &y), SYN_OK);
    over(&workers);
    CHECK_INT(made, 0);
}

static void wake_it(void *user)
{
    gate_open(user);
}

POOL(patient, .grace_ns = -1);
BLOCKING(patient, int, heeding, (struct gate *, at), (bool, gives_in))
{
    CHECK_INT(pool_job_cancelled(), 0);
    CHECK_INT(pool_on_cancel(wake_it, at), SYN_OK);
    gate_pass(at);
    CHECK_INT(pool_on_cancel(NULL, NULL), SYN_OK);
    CHECK_INT(pool_job_cancelled(), 1);
    CHECK_INT(pool_on_cancel(wake_it, at), SYN_ECANCELED);
    if (gives_in)
        return job_fail(job, SYN_ECANCELED);
    return 9;
}

static void X3_a_running_job_is_told_by_flag_and_hook_and_its_outcome_stands(void)
{
    struct heeding_future f;
    int y = 0;

    begin();
    gate_init(&gate);
    f = heeding_future(&gate, true);
    gate_await(&gate, 1);
    CHECK_INT(future_cancel(f), SYN_ECANCELED);
    CHECK_INT(syn_last_origin(), SYN_BY_REQUEST);
    gate_init(&gate);
    f = heeding_future(&gate, false);
    gate_await(&gate, 1);
    CHECK_INT(future_request_cancel(f), SYN_OK);
    CHECK_INT(future_get(f, &y), SYN_OK);
    CHECK_INT(y, 9);
    CHECK_INT(pool_job_cancelled(), 0);
    CHECK_INT(pool_on_cancel(wake_it, NULL), SYN_EINVAL);
    finish_pool(&patient);
    over(&workers);
}

static void X3_a_running_job_is_abandoned_after_its_grace_and_its_late_result_destroyed(void)
{
    struct owned_future f;

    begin();
    gate_init(&gate);
    f = owned_future(&gate);
    gate_await(&gate, 1);
    CHECK_INT(future_cancel(f), SYN_ECANCELED); /* returns though it runs */
    CHECK_SAYS("abandoned");
    CHECK_INT(destroyed, 0);
    CHECK_INT(pool_stats(&workers).abandoned, 1);
    CHECK_INT(pool_stats(&workers).blocked, 1);
    gate_open(&gate);
    over(&workers);
    CHECK_INT(made, 1);
    CHECK_INT(destroyed, 1);
}

BLOCKING(workers, int, lent, (struct gate *, at), (int *, place), TO_THE_END)
{
    gate_pass(at);
    *place = 7;
    return 8;
}

static void X3_a_job_to_the_end_is_not_abandoned_with_others_that_are(void)
{
    struct lent_future f;
    struct owned_future other;
    int place = 0, y = 0;

    begin();
    gate_init(&gate);
    f = lent_future(&gate, &place);
    other = owned_future(&gate);
    gate_await(&gate, 2);
    CHECK_INT(future_request_cancel(f), SYN_OK);
    CHECK_INT(future_cancel(other), SYN_ECANCELED); /* its grace ended after that of the first */
    CHECK_SAYS("abandoned");
    CHECK_INT(future_poll(f), SYN_EAGAIN);
    CHECK_INT(pool_stats(&workers).abandoned, 1);
    gate_open(&gate);
    CHECK_INT(future_get(f, &y), SYN_OK);
    CHECK_INT(place, 7);
    CHECK_INT(y, 8);
    over(&workers);
}

static void X3_a_job_to_the_end_outlives_the_deadline_of_a_stop(void)
{
    struct lent_future f;
    int place = 0, y = 0;

    begin_in_real_time();
    gate_init(&gate);
    f = lent_future(&gate, &place);
    gate_await(&gate, 1);
    CHECK_INT(pool_stop(&workers, syn_after(0)), SYN_ETIMEDOUT);
    CHECK_SAYS("lent");
    CHECK_INT(future_poll(f), SYN_EAGAIN);
    gate_open(&gate);
    CHECK_INT(future_get(f, &y), SYN_OK);
    CHECK_INT(place, 7);
    finish_pool(&workers);
}

ASYNC(demo, int, waits_for_ever, (struct gate *, at))
{
    co_begin;
    co_try(standing_future(self->at, 5), &self->result);
    co_return_result;
    co_end;
}

static void X3_a_task_whose_job_is_abandoned_leaves_by_the_request(void)
{
    struct waits_for_ever_future f;

    begin();
    gate_init(&gate);
    f = waits_for_ever_future(&gate);
    gate_await(&gate, 1);
    CHECK_INT(future_cancel(f), SYN_ECANCELED);
    CHECK_INT(syn_last_origin(), SYN_BY_REQUEST);
    CHECK_SAYS("abandoned");
    gate_open(&gate);
    over(&workers);
}

BLOCKING(patient, int, deadline_seen, (struct gate *, at))
{
    int y;

    CHECK(pool_job_deadline().ns < syn_never().ns);
    CHECK_INT(waits_for_ever(at, &y), SYN_ETIMEDOUT); /* inherits it */
    return job_fail(job, SYN_ETIMEDOUT);
}

static void X4_a_deadline_reaches_a_job_and_the_calls_that_it_makes(void)
{
    int y;

    begin_in_real_time();
    gate_init(&gate);
    CHECK_INT(call_by(syn_after(0.01), deadline_seen(&gate, &y)), SYN_ETIMEDOUT);
    CHECK_INT(syn_last_origin(), SYN_BY_DEADLINE);
    gate_open(&gate);
    finish_pool(&patient);
    finish_pool(&workers);
    finish(&demo);
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
    TEST(X3_a_queued_job_that_is_cancelled_never_runs),
    TEST(X3_a_running_job_is_told_by_flag_and_hook_and_its_outcome_stands),
    TEST(X3_a_running_job_is_abandoned_after_its_grace_and_its_late_result_destroyed),
    TEST(X3_a_job_to_the_end_is_not_abandoned_with_others_that_are),
    TEST(X3_a_job_to_the_end_outlives_the_deadline_of_a_stop),
    TEST(X3_a_task_whose_job_is_abandoned_leaves_by_the_request),
    TEST(X4_a_deadline_reaches_a_job_and_the_calls_that_it_makes),
    TEST(T1_time_stands_still_while_a_job_runs_or_waits_for_a_thread),
    TEST(S4_a_job_inherits_task_local_values),
    TEST(W5_with_any_allocation_or_thread_failing_the_future_says_so),
};
TEST_MAIN_BOTH_MODES("blocking", cases);

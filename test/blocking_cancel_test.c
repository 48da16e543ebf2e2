/* SPDX-License-Identifier: Apache-2.0
 *
 * Jobs that are cancelled: before they begin, while they run, and when they will not.
 */
#define _DEFAULT_SOURCE
#include "support/worker_rig.h"

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

BLOCKING(workers, int, lent, (struct gate *, at), (int *, place), NEVER_ABANDONED)
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

BLOCKING(patient, int, calls_for_ever, (struct gate *, at))
{
    int y;
    syn_err err = future_get(waits_for_ever_future(at), &y);

    CHECK_INT(err, SYN_ECANCELED);
    CHECK_INT(twice(4, &y), SYN_OK); /* its clean-up may wait */
    CHECK_INT(y, 8);
    return job_fail(job, err);
}

BLOCKING(patient, int, blocks_for_ever, (struct gate *, at))
{
    int y;
    syn_err err = waits_for_ever(at, &y);

    CHECK_INT(err, SYN_ECANCELED);
    return job_fail(job, err);
}

static void X3_a_job_that_waits_passes_the_request_on_to_what_it_waits_for(void)
{
    struct calls_for_ever_future f;
    struct blocks_for_ever_future g;
    static struct gate gates[2];

    begin();
    for (int i = 0; i < 2; i++)
        gate_init(&gates[i]);
    f = calls_for_ever_future(&gates[0]);
    g = blocks_for_ever_future(&gates[1]);
    gate_await(&gates[0], 1);
    gate_await(&gates[1], 1);
    CHECK_INT(future_cancel(f), SYN_ECANCELED); /* never abandoned: it would hang */
    CHECK_INT(future_cancel(g), SYN_ECANCELED);
    CHECK_INT(syn_last_origin(), SYN_BY_REQUEST);
    gate_open(&gates[0]);
    gate_open(&gates[1]);
    finish_pool(&patient);
    over(&workers);
}

/* Asked while it does not wait. */
BLOCKING(patient, int, waits_late, (struct gate *, at), (struct gate *, never), (bool, looks))
{
    int y = 0;
    syn_err err;

    gate_pass(at);
    if (looks) {
        CHECK(pool_job_cancelled());
        err = SYN_ECANCELED;
    } else {
        err = waits_for_ever(never, &y);
        CHECK_INT(err, SYN_ECANCELED);
    }
    CHECK_INT(twice(4, &y), SYN_OK); /* its clean-up */
    return job_fail(job, err);
}

static void X3_a_job_that_was_asked_before_hears_of_it_by_its_next_wait_and_once(void)
{
    static struct gate gates[2][2];

    begin();
    for (int looks = 0; looks < 2; looks++) {
        struct waits_late_future f;
        int y;

        gate_init(&gates[looks][0]);
        gate_init(&gates[looks][1]);
        f = waits_late_future(&gates[looks][0], &gates[looks][1], looks);
        gate_await(&gates[looks][0], 1);
        CHECK_INT(future_request_cancel(f), SYN_OK);
        gate_open(&gates[looks][0]);
        CHECK_INT(future_get(f, &y), SYN_ECANCELED);
        gate_open(&gates[looks][1]);
    }
    finish_pool(&patient);
    over(&workers);
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

static const struct test_case cases[] = {
    TEST(X3_a_queued_job_that_is_cancelled_never_runs),
    TEST(X3_a_running_job_is_told_by_flag_and_hook_and_its_outcome_stands),
    TEST(X3_a_running_job_is_abandoned_after_its_grace_and_its_late_result_destroyed),
    TEST(X3_a_job_to_the_end_is_not_abandoned_with_others_that_are),
    TEST(X3_a_job_to_the_end_outlives_the_deadline_of_a_stop),
    TEST(X3_a_job_that_waits_passes_the_request_on_to_what_it_waits_for),
    TEST(X3_a_job_that_was_asked_before_hears_of_it_by_its_next_wait_and_once),
    TEST(X3_a_task_whose_job_is_abandoned_leaves_by_the_request),
    TEST(X4_a_deadline_reaches_a_job_and_the_calls_that_it_makes),
};
TEST_MAIN_BOTH_MODES("blocking_cancel", cases);

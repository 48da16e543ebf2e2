/* SPDX-License-Identifier: Apache-2.0
 *
 * Many of a kind: ten times as many things take ten times as many steps along the library's lists,
 * in whatever order they come and go. Steps are counted (syn_test_steps()), not timed; skipped in
 * builds that count none.
 */
#define _DEFAULT_SOURCE
#include "support/pool_rig.h"
#include "support/points.h"
#include "support/random.h"
#include "support/sync_rig.h"

enum { FEW = 60, MANY = 10 * FEW };

enum order { OLDEST_FIRST, YOUNGEST_FIRST, AT_RANDOM, N_ORDERS };

/* A permutation of N. */
static const int *in_order(enum order order, int n)
{
    static int numbers[MANY];
    uint32_t random = 4711;

    for (int i = 0; i < n; i++)
        numbers[i] = order == YOUNGEST_FIRST ? n - 1 - i : i;
    for (int i = n - 1; order == AT_RANDOM && i > 0; i--) {
        int j = (int)(next_random(&random) % (unsigned)(i + 1)), before = numbers[i];

        numbers[i] = numbers[j];
        numbers[j] = before;
    }
    return numbers;
}

/* Ten times as many took MANY_STEPS: more than n log n, with some for each thing, allows. With the
 * square of n it would be a hundred times as many. */
static bool grew_too_fast(unsigned long few_steps, unsigned long many_steps)
{
    return many_steps > 20 * few_steps + 20 * MANY;
}

/* RUN(n, order) returns how many steps its part took. */
static void check_growth(unsigned long (*run)(int n, enum order order))
{
    points_needed();
    for (enum order order = OLDEST_FIRST; order < N_ORDERS; order++) {
        unsigned long few = run(FEW, order), many = run(MANY, order);

        if (grew_too_fast(few, many))
            test_fail(__FILE__, __LINE__, "order %d: %lu steps for %d, %lu for %d", (int)order,
                      few, FEW, many, MANY);
    }
}

static void T5_what_grows_with_the_square_is_noticed(void)
{
    CHECK(!grew_too_fast(0, 0));
    CHECK(!grew_too_fast(FEW * 6, MANY * 10));
    CHECK(grew_too_fast(0, (unsigned long)MANY * MANY / 8));
    CHECK(grew_too_fast(FEW * FEW / 2, (unsigned long)MANY * MANY / 2));
}

/* --- tasks in line --- */

static enum { MUTEX, SEMAPHORE, EVENT, CONDITION } what;

ASYNC(demo, void, waits_in_line)
{
    co_begin;
    if (what == MUTEX) {
        co_lock(&mutex);
    } else if (what == SEMAPHORE) {
        co_acquire(&semaphore);
    } else if (what == EVENT) {
        co_wait_on(&event);
    } else {
        co_lock(&mutex);
        co_wait_on(&condition, &mutex);
    }
    co_finally;
    if (syn_mutex_is_mine(&mutex))
        syn_mutex_unlock(&mutex);
    co_end;
}

ASYNC(demo, void, keeps_the_mutex)
{
    co_begin;
    co_lock(&mutex);
    co_sleep(1000);
    co_finally;
    syn_mutex_unlock(&mutex);
    co_end;
}

static unsigned long give_up(int n, enum order order)
{
    static struct waits_in_line_future waiting[MANY];
    struct keeps_the_mutex_future holder = {0};
    const int *numbers = in_order(order, n);
    unsigned long steps;

    begin();
    if (what == MUTEX)
        holder = keeps_the_mutex_future();
    for (int i = 0; i < n; i++)
        waiting[i] = waits_in_line_future();
    CHECK_INT(naps(1), 0); /* they stand in line */
    syn_test_steps();
    for (int i = 0; i < n; i++)
        CHECK_INT(future_request_cancel(waiting[numbers[i]]), 0);
    for (int i = 0; i < n; i++)
        CHECK_INT(future_get(waiting[i]), SYN_ECANCELED);
    steps = syn_test_steps();
    if (what == MUTEX)
        CHECK_INT(future_cancel(holder), SYN_ECANCELED);
    finish(&demo);
    done_after(2 * MANY);
    return steps;
}

static void S3_many_give_up_a_mutex(void)
{
    what = MUTEX;
    check_growth(give_up);
}

static void S3_many_give_up_a_semaphore(void)
{
    what = SEMAPHORE;
    check_growth(give_up);
}

static void S3_many_give_up_an_event(void)
{
    what = EVENT;
    check_growth(give_up);
}

static void S3_many_give_up_a_condition(void)
{
    what = CONDITION;
    check_growth(give_up);
}

static struct syn_mutex mutexes[MANY];

ASYNC(demo, void, holds_many, (int, n), (const int *, numbers), SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < self->n; self->i++)
        co_lock(&mutexes[self->i]);
    for (self->i = 0; self->i < self->n; self->i++)
        syn_mutex_unlock(&mutexes[self->numbers[self->i]]);
    co_end;
}

static unsigned long hold_many(int n, enum order order)
{
    unsigned long steps;

    begin();
    syn_test_steps();
    CHECK_INT(holds_many(n, in_order(order, n)), 0);
    steps = syn_test_steps();
    finish(&demo);
    done();
    return steps;
}

static void S3_many_mutexes_of_one_task_are_unlocked_in_any_order(void)
{
    check_growth(hold_many);
}

/* --- jobs --- */

POOL(one, .max_threads = 1);
static struct gate gate;
static struct syn_strand strand;

BLOCKING(one, void, stands, (int, at_gate), STRAND(&strand))
{
    if (at_gate)
        gate_pass(&gate);
}

static unsigned long cancel_jobs(int n, enum order order)
{
    static struct stands_future jobs[MANY];
    const int *numbers = in_order(order, n);
    struct stands_future first;
    unsigned long steps;

    begin_in_real_time();
    gate_init(&gate);
    first = stands_future(1);
    gate_await(&gate, 1);
    for (int i = 0; i < n; i++)
        jobs[i] = stands_future(0);
    syn_test_steps();
    for (int i = 0; i < n; i++)
        CHECK_INT(future_cancel(jobs[numbers[i]]), SYN_ECANCELED);
    steps = syn_test_steps();
    gate_open(&gate);
    CHECK_INT(future_get(first), 0);
    CHECK_INT(pool_stop(&one, syn_never()), 0);
    gate_fini(&gate);
    pool_start(&one);
    return steps;
}

static void X3_many_jobs_of_a_strand_are_cancelled_in_any_order(void)
{
    check_growth(cancel_jobs);
}

/* Each time that the only thread waits it is looked which jobs nobody can take any more. */
POOL(tight, .max_threads = 1, .hard_limit = 1);

BLOCKING(tight, void, waits_often, (int, n))
{
    gate_pass(&gate);
    for (int i = 0; i < n; i++)
        CHECK_INT(naps(0), 0);
}

BLOCKING(tight, void, does_nothing)
{
}

static unsigned long wait_before_many(int n, enum order order)
{
    static struct does_nothing_future jobs[MANY];
    struct waits_often_future first;
    unsigned long steps;

    (void)order;
    begin_in_real_time();
    gate_init(&gate);
    first = waits_often_future(n);
    gate_await(&gate, 1);
    for (int i = 0; i < n; i++)
        jobs[i] = does_nothing_future();
    syn_test_steps();
    gate_open(&gate);
    CHECK_INT(future_get(first), 0);
    steps = syn_test_steps();
    for (int i = 0; i < n; i++)
        CHECK_INT(future_get(jobs[i]), 0);
    CHECK_INT(pool_stop(&tight, syn_never()), 0);
    CHECK_INT(synchronizer_free(&demo), 0);
    gate_fini(&gate);
    pool_start(&tight);
    return steps;
}

static void W4_a_job_waits_often_before_many_others(void)
{
    check_growth(wait_before_many);
}

/* --- scopes --- */

PROMISE(int, number);

static unsigned long look_at_failures(int n, enum order order)
{
    const int *numbers = in_order(order, n);
    struct syn_scope scope = SYN_SCOPE;
    struct syn_failure failure;
    unsigned long steps;

    begin_in_real_time();
    scope_collect(&scope);
    for (int i = 0; i < n; i++) {
        struct number_promise promise;
        struct number_future future;

        CHECK_INT(promise_new(number, &promise, &future), 0);
        scope_spawn(&scope, future, NULL);
        CHECK_INT(promise_fail(promise, SYN_EUSER + i, NULL), 0);
    }
    CHECK_INT(scope_join(&scope), SYN_EUSER);
    syn_test_steps();
    for (int i = 0; i < n; i++) {
        CHECK_INT(scope_failure(&scope, (unsigned)numbers[i], &failure), 1);
        CHECK_INT(failure.err, SYN_EUSER + numbers[i]);
        CHECK_INT(failure.child, (unsigned)numbers[i]);
    }
    steps = syn_test_steps();
    CHECK_INT(scope_failure(&scope, (unsigned)n, &failure), 0);
    scope_close(&scope);
    return steps;
}

static void S1_each_of_many_failures_is_found(void)
{
    check_growth(look_at_failures);
}

/* The scopes of a task end one after the other while it leaves. */
ASYNC(demo, void, ends_slowly, (double, seconds))
{
    co_begin;
    co_sleep(1000);
    co_finally;
    co_sleep(self->seconds);
    co_end;
}

ASYNC(demo, void, opens_many, (int, n), (const int *, numbers), (int, joins), SYN_LOCAL(int, i),
      SYN_LOCAL(struct syn_scope, scopes[MANY]))
{
    co_begin;
    for (self->i = 0; self->i < self->n; self->i++)
        scope_spawn(&self->scopes[self->i],
                    ends_slowly_future(self->joins ? 0 : 0.001 * (1 + self->numbers[self->i])));
    co_sleep(1); /* they have begun */
    for (self->i = 0; self->joins && self->i < self->n; self->i++) {
        scope_cancel(&self->scopes[self->numbers[self->i]]);
        co_join(&self->scopes[self->numbers[self->i]]);
    }
    co_end;
}

static int joins;

static unsigned long open_many(int n, enum order order)
{
    unsigned long steps;

    begin();
    syn_test_steps();
    CHECK_INT(opens_many(n, in_order(order, n), joins), 0);
    steps = syn_test_steps();
    finish(&demo);
    done_after(2 * MANY);
    return steps;
}

static void S1_many_scopes_of_one_task_are_joined_in_any_order(void)
{
    joins = 1;
    check_growth(open_many);
}

static void S1_many_open_scopes_end_with_their_task(void)
{
    joins = 0;
    check_growth(open_many);
}

/* --- stops --- */

enum { SLEEPING, UNSTARTED, STAYING } at_stop;

ASYNC(demo, void, lives, (double, stays), SYN_LOCAL(int, i))
{
    co_begin;
    co_sleep(1000);
    co_finally;
    co_sleep(self->stays);
    co_end;
}

static _Atomic(bool) holds;

ASYNC(demo, void, holds_the_loop)
{
    co_begin;
    holds = true;
    while (holds)
        usleep(100);
    co_end;
}

static void lets_go(int unused, void *unused_too)
{
    (void)unused;
    (void)unused_too;
    holds = false;
}

static unsigned long stop_many(int n, enum order order)
{
    struct crew_at_work *crew = NULL;
    unsigned long steps;

    (void)order;
    begin();
    if (at_stop == UNSTARTED) {
        CHECK_INT(future_detach(holds_the_loop_future()), 0);
        spin_until(&holds);
    }
    for (int i = 0; i < n; i++)
        CHECK_INT(future_detach(lives_future(at_stop == STAYING ? 1000 : 0)), 0);
    if (at_stop == UNSTARTED)
        crew = crew_start(1, lets_go, NULL);
    else
        CHECK_INT(naps(1), 0);
    syn_test_steps();
    CHECK_INT(synchronizer_stop(&demo, syn_after(2)), at_stop == STAYING ? SYN_ETIMEDOUT : SYN_OK);
    steps = syn_test_steps();
    if (crew)
        crew_join(crew);
    CHECK_INT(synchronizer_free(&demo), 0);
    done_after(2 * MANY);
    return steps;
}

static void L2_many_tasks_are_stopped(void)
{
    at_stop = SLEEPING;
    check_growth(stop_many);
}

static void L2_many_calls_that_did_not_begin_are_stopped(void)
{
    at_stop = UNSTARTED;
    check_growth(stop_many);
}

static void L2_many_tasks_that_stay_are_abandoned(void)
{
    at_stop = STAYING;
    check_growth(stop_many);
}

/* --- all that there is --- */

/* N pools, and a tenth as many synchronizers, since these have threads and descriptors. */
static unsigned long stop_everything(int n, enum order order)
{
    static struct syn_synchronizer *homes[MANY / 10];
    static struct syn_pool *pools[MANY];
    unsigned long steps;

    (void)order;
    for (int i = 0; i < n; i++) {
        CHECK_INT(syn_pool_new(NULL, &pools[i]), 0);
        CHECK_INT(syn_pool_start(pools[i]), 0);
    }
    for (int i = 0; i < n / 10; i++) {
        CHECK_INT(synchronizer_new(NULL, &homes[i]), 0);
        CHECK_INT(synchronizer_start(homes[i]), 0);
    }
    syn_test_steps();
    CHECK_INT(syn_stop_everything(syn_after(60)), 0);
    steps = syn_test_steps();
    for (int i = 0; i < n; i++)
        CHECK_INT(syn_pool_free(pools[i]), 0);
    for (int i = 0; i < n / 10; i++)
        CHECK_INT(synchronizer_free(homes[i]), 0);
    return steps;
}

static void L9_many_synchronizers_and_pools_are_stopped_by_one_call(void)
{
    check_growth(stop_everything);
}

static const struct test_case cases[] = {
    TEST(L9_many_synchronizers_and_pools_are_stopped_by_one_call),
    TEST(L2_many_tasks_are_stopped),
    TEST(L2_many_calls_that_did_not_begin_are_stopped),
    TEST(L2_many_tasks_that_stay_are_abandoned),
    TEST(T5_what_grows_with_the_square_is_noticed),
    TEST_MODES(S3_many_give_up_a_mutex),
    TEST_MODES(S3_many_give_up_a_semaphore),
    TEST_MODES(S3_many_give_up_an_event),
    TEST_MODES(S3_many_give_up_a_condition),
    TEST_MODES(S3_many_mutexes_of_one_task_are_unlocked_in_any_order),
    TEST(X3_many_jobs_of_a_strand_are_cancelled_in_any_order),
    TEST(W4_a_job_waits_often_before_many_others),
    TEST(S1_each_of_many_failures_is_found),
    TEST_MODES(S1_many_scopes_of_one_task_are_joined_in_any_order),
    TEST_MODES(S1_many_open_scopes_end_with_their_task),
};
TEST_MAIN("many", cases);

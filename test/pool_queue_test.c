/* SPDX-License-Identifier: Apache-2.0
 *
 * The queue of a pool: what waits, what is refused, what goes ahead.
 */
#define _DEFAULT_SOURCE
#include "support/worker_rig.h"

POOL(bounded, .max_threads = 1, .queue_bound = 2);

static int order[64], n_order;

static void note(int x)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

    pthread_mutex_lock(&lock);
    order[n_order++] = x;
    pthread_mutex_unlock(&lock);
}

BLOCKING(bounded, int, noting, (int, x))
{
    note(x);
    return x;
}

BLOCKING(bounded, int, hurrying, (int, x), SYN_URGENT)
{
    note(x);
    return x;
}

/* Fills BOUNDED's only thread and its two places. */
static struct standing_future fill(struct noting_future f[2])
{
    struct standing_future standing = pool_submit(&bounded, standing, &gate, 0);

    gate_await(&gate, 1);
    f[0] = noting_future(1);
    f[1] = noting_future(2);
    CHECK_INT(pool_stats(&bounded).queued, 2);
    return standing;
}

static void get_all(struct standing_future standing, struct noting_future f[2])
{
    int y;

    CHECK_INT(future_get(standing, &y), SYN_OK);
    CHECK_INT(future_get(f[0], &y), SYN_OK);
    CHECK_INT(future_get(f[1], &y), SYN_OK);
}

static void set_when_full(enum syn_when_full when_full)
{
    struct syn_pool_options options = bounded.options;

    options.when_full = when_full;
    CHECK_INT(pool_configure(&bounded, &options), SYN_OK);
}

static void W3_a_full_queue_fails_who_submits_if_it_is_to(void)
{
    struct standing_future standing;
    struct noting_future f[2];
    int y = 5;

    begin();
    gate_init(&gate);
    set_when_full(SYN_WHEN_FULL_FAIL);
    standing = fill(f);
    CHECK_INT(noting(3, &y), SYN_EAGAIN);
    CHECK_INT(y, 5);
    CHECK_SAYS("the pool 'bounded' is full: its queue_bound is reached");
    CHECK_INT(pool_stats(&bounded).refused, 1);
    gate_open(&gate);
    get_all(standing, f);
    over(&bounded);
}

static pthread_t ran_on;

BLOCKING(bounded, int, placing)
{
    ran_on = pthread_self();
    return pool_job_cancelled();
}

static void W3_a_full_queue_runs_a_job_in_who_submits_if_it_is_to(void)
{
    struct standing_future standing;
    struct noting_future f[2];
    int y = 5;

    begin();
    gate_init(&gate);
    set_when_full(SYN_WHEN_FULL_RUN_HERE);
    standing = fill(f);
    CHECK_INT(placing(&y), SYN_OK);
    CHECK(pthread_equal(ran_on, pthread_self()));
    CHECK_INT(pool_stats(&bounded).ran_here, 1);
    gate_open(&gate);
    get_all(standing, f);
    over(&bounded);
}

static void submit_third(int number, void *unused)
{
    int y;

    (void)number;
    (void)unused;
    CHECK_INT(noting(3, &y), SYN_OK);
    CHECK_INT(y, 3);
}

static void W3_a_full_queue_makes_who_submits_wait_for_room_or_his_deadline(void)
{
    struct standing_future standing;
    struct noting_future f[2];
    struct crew_at_work *crew;
    int y = 5;

    begin_in_real_time(); /* it shall pass though a job runs */
    gate_init(&gate);
    standing = fill(f);
    CHECK_INT(call_by(syn_after(0.001), noting(9, &y)), SYN_ETIMEDOUT);
    CHECK_INT(y, 5);
    crew = crew_start(1, submit_third, NULL);
    while (pool_stats(&bounded).submitted < 5) /* it waits, or is about to */
        usleep(100);
    gate_open(&gate);
    crew_join(crew);
    get_all(standing, f);
    CHECK_INT(n_order, 3);
    finish_pool(&bounded);
}

ASYNC(demo, int, submits_much, SYN_LOCAL(struct noting_future, f[8]), SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < 8; self->i++)
        self->f[self->i] = noting_future(self->i);
    gate_open(&gate);
    for (self->i = 0; self->i < 8; self->i++)
        co_try(self->f[self->i], &self->result);
    co_return_result;
    co_end;
}

static void W3_a_loop_never_waits_for_room(void)
{
    struct standing_future standing;
    struct noting_future f[2];
    int y;

    begin();
    gate_init(&gate);
    standing = fill(f);
    CHECK_INT(submits_much(&y), SYN_OK);
    CHECK_INT(y, 7);
    get_all(standing, f);
    over(&bounded);
}

static void W3_urgent_jobs_go_ahead_and_the_others_are_not_forgotten(void)
{
    struct standing_future standing;
    struct hurrying_future f[40];
    struct noting_future g;
    int y;

    begin();
    gate_init(&gate);
    bounded.options.queue_bound = 0;
    standing = pool_submit(&bounded, standing, &gate, 0);
    gate_await(&gate, 1);
    g = noting_future(100);
    for (int i = 0; i < 40; i++)
        f[i] = hurrying_future(i);
    gate_open(&gate);
    CHECK_INT(future_get(standing, &y), SYN_OK);
    for (int i = 0; i < 40; i++)
        CHECK_INT(future_get(f[i], &y), SYN_OK);
    CHECK_INT(future_get(g, &y), SYN_OK);
    CHECK_INT(order[0], 0);
    CHECK_INT(order[15], 100); /* after fifteen of the others */
    CHECK_INT(order[40], 39);
    over(&bounded);
}

POOL(patient, .max_threads = 1, .queue_bound = 1, .when_full = SYN_WHEN_FULL_WAIT);

static struct syn_strand strand;

BLOCKING(workers, int, keeps_strand, (struct gate *, at), STRAND(&strand))
{
    gate_pass(at);
    return 0;
}

BLOCKING(patient, int, misplaced, (int, x), STRAND(&strand))
{
    return x;
}

BLOCKING(patient, int, placed, (int, x))
{
    return x;
}

static void *submits_misplaced(void *unused)
{
    (void)unused;
    CHECK_INT(misplaced(1, NULL), SYN_EINVAL);
    return NULL;
}

static void *submits_placed(void *unused)
{
    (void)unused;
    CHECK_INT(placed(1, NULL), SYN_OK);
    return NULL;
}

static void W3_a_place_that_was_offered_in_vain_goes_to_the_next(void)
{
    struct keeps_strand_future keeper;
    struct standing_future f[2];
    struct gate other;
    pthread_t threads[2];

    begin();
    gate_init(&gate);
    gate_init(&other);
    keeper = keeps_strand_future(&other);
    gate_await(&other, 1);
    f[0] = pool_submit(&patient, standing, &gate, 0);
    gate_await(&gate, 1);
    f[1] = pool_submit(&patient, standing, &gate, 1);
    CHECK_INT(pthread_create(&threads[0], NULL, submits_misplaced, NULL), 0);
    while (pool_stats(&patient).submitted < 3)
        usleep(100);
    CHECK_INT(pthread_create(&threads[1], NULL, submits_placed, NULL), 0);
    while (pool_stats(&patient).submitted < 4)
        usleep(100);
    gate_open(&gate);
    CHECK_INT(pthread_join(threads[0], NULL), 0);
    CHECK_INT(pthread_join(threads[1], NULL), 0);
    gate_open(&other);
    for (int i = 0; i < 2; i++)
        CHECK_INT(future_get(f[i], NULL), SYN_OK);
    CHECK_INT(future_get(keeper, NULL), SYN_OK);
    finish_pool(&patient);
    over(&workers);
}

POOL(roomy, .max_threads = 1, .queue_bound = 4);

static void *submits_and_opens(void *other)
{
    future_detach(pool_submit(&roomy, standing, other, 5));
    gate_open(other);
    return NULL;
}

/* The next job is one that waits for the task that waits for room. */
static void W3_who_waits_for_room_gets_the_only_place_there_is(void)
{
    struct standing_future f[5];
    struct gate other;
    pthread_t thread;

    begin_in_real_time();
    gate_init(&gate);
    gate_init(&other);
    f[0] = pool_submit(&roomy, standing, &gate, 0);
    gate_await(&gate, 1);
    for (int i = 1; i < 5; i++)
        f[i] = pool_submit(&roomy, standing, &other, i);
    CHECK_INT(pthread_create(&thread, NULL, submits_and_opens, &other), 0);
    while (pool_stats(&roomy).submitted < 6)
        usleep(100);
    gate_open(&gate);
    CHECK_INT(pthread_join(thread, NULL), 0);
    for (int i = 0; i < 5; i++)
        CHECK_INT(future_get(f[i], NULL), SYN_OK);
    finish_pool(&roomy);
}

static const struct test_case cases[] = {
    TEST(W3_a_full_queue_fails_who_submits_if_it_is_to),
    TEST(W3_a_full_queue_runs_a_job_in_who_submits_if_it_is_to),
    TEST(W3_a_full_queue_makes_who_submits_wait_for_room_or_his_deadline),
    TEST(W3_a_place_that_was_offered_in_vain_goes_to_the_next),
    TEST(W3_who_waits_for_room_gets_the_only_place_there_is),
    TEST_MODES(W3_a_loop_never_waits_for_room),
    TEST(W3_urgent_jobs_go_ahead_and_the_others_are_not_forgotten),
};
TEST_MAIN("pool_queue", cases);

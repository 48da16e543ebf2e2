/* SPDX-License-Identifier: Apache-2.0
 *
 * Jobs that are submitted while all threads of their pool are busy, which takes no lock: they
 * keep their order and their places.
 *
 * A case that holds the lock of a pool meanwhile shows that nobody wants it; and nobody can be
 * called then.
 */
#define _DEFAULT_SOURCE
#include "support/pool_inbox_rig.h"

POOL(single, .max_threads = 1);
POOL(bounded, .max_threads = 1, .queue_bound = 2, .when_full = SYN_WHEN_FULL_FAIL);

static int order[64], n_order;

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

/* The case holds the lock of POOL, so that a thread that needs it waits for ever. Past the check of the
 * order of locks: what the case does meanwhile takes others. */
static void hold_lock(struct syn_pool *pool)
{
    CHECK_INT(pthread_mutex_lock(&inside(pool)->lock.raw), 0);
}

static void free_lock(struct syn_pool *pool)
{
    CHECK_INT(pthread_mutex_unlock(&inside(pool)->lock.raw), 0);
}

static void W1_a_loop_submits_to_busy_threads_without_their_lock(void)
{
    struct standing_future f[2];
    int y;

    begin();
    occupy(&workers, 2, f);
    hold_lock(&workers);
    CHECK_INT(submits(&y), SYN_OK);
    free_lock(&workers);
    CHECK(is_in_inbox(&workers));
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
    hold_lock(&workers);
    crew_run(4, submit_25, NULL);
    free_lock(&workers);
    CHECK(is_in_inbox(&workers));
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
    hold_lock(&bounded);
    for (int i = 0; i < 2; i++)
        waits[i] = pool_submit(&bounded, counting, i);
    free_lock(&bounded);
    CHECK_INT(future_get(pool_submit(&bounded, counting, 9), &y), SYN_EAGAIN);
    CHECK_INT(future_cancel(waits[0]), SYN_ECANCELED);
    waits[2] = pool_submit(&bounded, counting, 2); /* its place */
    CHECK_INT(future_get(pool_submit(&bounded, counting, 9), &y), SYN_EAGAIN);
    release(1, f);
    for (int i = 1; i < 3; i++)
        CHECK_INT(future_get(waits[i], &y), SYN_OK);
    CHECK_INT(inside(&bounded)->room + inside(&bounded)->n_returned, 2);
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
    CHECK_INT(inside(&bounded)->room + inside(&bounded)->n_returned, 2);
    over(&workers);
}

/* --- order --- */

static void submit_in_turn(void)
{
    for (int i = 0; i < 30; i++) /* by the inbox, and by the lock */
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
    struct noting_future in_inbox;
    struct noting_in_line_future by_lock;

    begin();
    occupy(&single, 1, f);
    in_inbox = noting_future(1);
    CHECK(is_in_inbox(&single));
    by_lock = noting_in_line_future(2);
    release(1, f);
    CHECK_INT(future_get(in_inbox, NULL), SYN_OK);
    CHECK_INT(future_get(by_lock, NULL), SYN_OK);
    CHECK(order[0] == 1 && order[1] == 2);
    finish_pool(&single);
    over(&workers);
}

static void W3_an_urgent_job_goes_ahead_of_those_that_nobody_has_seen_yet(void)
{
    struct standing_future f[1];
    struct noting_future in_queue, in_inbox;

    begin();
    occupy(&single, 1, f);
    in_queue = noting_future(1);
    CHECK_INT(pool_stats(&single).queued, 1);
    in_inbox = noting_future(2);
    CHECK(is_in_inbox(&single));
    future_detach(hurrying_future(3));
    release(1, f);
    CHECK_INT(future_get(in_inbox, NULL), SYN_OK);
    CHECK_INT(future_get(in_queue, NULL), SYN_OK);
    CHECK(order[0] == 3 && order[1] == 1 && order[2] == 2);
    finish_pool(&single);
    over(&workers);
}

/* Else the next submitter would leave its job there, and call nobody. */
static void W1_the_inbox_is_shut_when_those_who_would_look_at_it_sleep(void)
{
    struct standing_future f[2];

    begin();
    occupy(&workers, 2, f);
    CHECK(syni_stack_is_open(&inside(&workers)->inbox));
    release(2, f);
    while (pool_stats(&workers).idle < 2)
        syni_thread_yield();
    CHECK(!syni_stack_is_open(&inside(&workers)->inbox));
    CHECK_INT(future_get(counting_future(1), NULL), SYN_OK);
    over(&workers);
}

static const struct test_case cases[] = {
    TEST(W1_the_inbox_is_shut_when_those_who_would_look_at_it_sleep),
    TEST_MODES(W1_a_loop_submits_to_busy_threads_without_their_lock),
    TEST(W1_threads_submit_to_busy_threads_without_their_lock),
    TEST(W3_places_are_taken_without_the_lock_and_counted),
    TEST(W6_another_bound_holds_after_a_stop),
    TEST_MODES(W1_jobs_of_one_thread_keep_their_order_whichever_way_they_take),
    TEST(W1_a_job_that_takes_the_lock_does_not_overtake),
    TEST(W3_an_urgent_job_goes_ahead_of_those_that_nobody_has_seen_yet),
};
TEST_MAIN("pool_inbox", cases);

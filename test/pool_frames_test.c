/* SPDX-License-Identifier: Apache-2.0
 *
 * The memory of jobs (src/task/frame.c): kept while a pool has threads, given back when it has
 * none. In no case are more than 256 futures out: their places need no memory.
 */
#define _DEFAULT_SOURCE
#include <synchronicity/mem.h>

#include "support/pool_rig.h"

enum { MANY = 60 };

SYNCHRONIZER(demo);
POOL(workers, .min_threads = 1, .max_threads = 2);
POOL(restless, .max_threads = 2, .idle_ns = 1);
POOL(calm, .max_threads = 2); /* whose threads need no memory again and again */

BLOCKING(workers, int, same, (int, x))
{
    return x;
}

BLOCKING(workers, void, nothing)
{
}

ASYNC(demo, int, same_in_a_loop, (int, x))
{
    co_begin;
    co_return(self->x);
    co_end;
}

/* Fetched: the reader frees most of them. */
static void fetch_many(struct syn_pool *pool)
{
    struct same_future f[MANY];
    int y;

    for (int i = 0; i < MANY; i++)
        f[i] = pool_submit(pool, same, i);
    for (int i = 0; i < MANY; i++) {
        CHECK_INT(future_get(f[i], &y), SYN_OK);
        CHECK_INT(y, i);
    }
}

static void until_ended(struct syn_pool *pool, unsigned long n)
{
    while (pool_stats(pool).ended < n)
        usleep(100);
}

/* Detached: the workers free most of them. */
static void detach_many(struct syn_pool *pool)
{
    unsigned long before = pool_stats(pool).ended;

    for (int i = 0; i < MANY; i++)
        future_detach(pool_submit(pool, nothing));
    until_ended(pool, before + MANY);
}

static void W1_a_warm_pool_takes_jobs_without_asking_for_memory(void)
{
    struct syn_memory_use before = syn_memory_use();

    for (int i = 0; i < 20; i++) {
        fetch_many(&workers);
        detach_many(&workers);
    }
    /* For those out at a time; what each of two workers keeps, which is 64 or fewer; and what a
     * thread needs for itself, three threads at most two pieces each. */
    CHECK(syn_memory_use().allocations - before.allocations <= MANY + 2 * 64 + 3 * 2);
    finish_pool(&workers);
    CHECK_INT(syn_memory_use().outstanding, before.outstanding);
}

static void W1_a_loop_that_stops_leaves_the_frames_to_the_pool(void)
{
    unsigned long outstanding = syn_memory_use().outstanding, kept;
    int y;

    CHECK_INT(same_in_a_loop(1, &y), SYN_OK);
    fetch_many(&workers);
    kept = syn_memory_use().outstanding;
    CHECK_INT(synchronizer_stop(&demo, syn_never()), SYN_OK);
    CHECK_INT(synchronizer_free(&demo), SYN_OK);
    CHECK(syn_memory_use().outstanding > outstanding);
    CHECK(syn_memory_use().outstanding <= kept);
    fetch_many(&workers);
    finish_pool(&workers);
    CHECK_INT(syn_memory_use().outstanding, outstanding);
}

static void W1_a_pool_that_stops_leaves_the_frames_to_the_loop(void)
{
    unsigned long outstanding = syn_memory_use().outstanding, warm;
    int y;

    CHECK_INT(same_in_a_loop(1, &y), SYN_OK);
    fetch_many(&workers);
    detach_many(&workers);
    finish_pool(&workers);
    warm = syn_memory_use().allocations;
    fetch_many(&calm);
    /* Of which there are enough, but for what the last of its threads may have kept. */
    CHECK(syn_memory_use().allocations - warm <= MANY);
    finish_pool(&calm);
    CHECK_INT(synchronizer_stop(&demo, syn_never()), SYN_OK);
    CHECK_INT(synchronizer_free(&demo), SYN_OK);
    CHECK_INT(syn_memory_use().outstanding, outstanding);
}

/* No stop: those threads end by themselves. */
static void W4_threads_that_leave_for_lack_of_work_give_all_back(void)
{
    unsigned long outstanding = syn_memory_use().outstanding;

    for (int i = 0; i < 3; i++) {
        fetch_many(&restless);
        detach_many(&restless);
        while (syn_memory_use().outstanding != outstanding)
            usleep(200);
    }
    finish_pool(&restless);
}

static const struct test_case cases[] = {
    TEST(W1_a_warm_pool_takes_jobs_without_asking_for_memory),
    TEST(W1_a_loop_that_stops_leaves_the_frames_to_the_pool),
    TEST(W1_a_pool_that_stops_leaves_the_frames_to_the_loop),
    TEST(W4_threads_that_leave_for_lack_of_work_give_all_back),
};
TEST_MAIN("pool_frames", cases);

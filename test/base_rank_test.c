/* SPDX-License-Identifier: Apache-2.0
 *
 * The order of locks, as a checked build holds each lock against it (src/base/rank.h).
 */
#include "base/thread.h"

#include <signal.h>

#include "test.h"

static struct syni_mutex pool, virtual, channels[2], life;
static struct syni_cond cond;

static void make(void)
{
#if !defined(SYN_CHECKED) || !SYN_CHECKED
    TEST_SKIP("this build does not check the order of locks (SYN_CHECKED)");
#endif
    syni_mutex_init(&life, SYNI_RANK_LIFE);
    syni_mutex_init(&pool, SYNI_RANK_POOL);
    syni_mutex_init(&virtual, SYNI_RANK_CLOCK);
    syni_mutex_init(&channels[0], SYNI_RANK_CHANNEL);
    syni_mutex_init(&channels[1], SYNI_RANK_CHANNEL);
    syni_cond_init(&cond);
}

static void lock_two(struct syni_mutex *first, struct syni_mutex *second)
{
    make();
    syni_mutex_lock(first);
    syni_mutex_lock(second);
    syni_mutex_unlock(first); /* in any order */
    syni_mutex_unlock(second);
}

static void T5_locks_are_taken_in_the_order_of_their_ranks(void)
{
    lock_two(&pool, &virtual);
    lock_two(&life, &pool);
    lock_two(&channels[0], &channels[1]);
    syni_mutex_lock(&life); /* nothing is held any more */
    syni_mutex_unlock(&life);
}

static void T5_a_lock_against_the_order_is_a_panic(void)
{
    lock_two(&virtual, &pool);
}

/* In the order, but a channel's lock has no other inside. */
static void T5_a_lock_inside_of_one_that_allows_none_is_a_panic(void)
{
    lock_two(&channels[0], &pool);
}

static void T5_two_locks_of_one_rank_are_a_panic(void)
{
    static struct syni_mutex other;

    make();
    syni_mutex_init(&other, SYNI_RANK_POOL);
    lock_two(&pool, &other);
}

static void T5_two_channels_against_their_addresses_are_a_panic(void)
{
    lock_two(&channels[1], &channels[0]);
}

static void T5_waiting_with_another_lock_is_a_panic(void)
{
    make();
    syni_mutex_lock(&life);
    syni_mutex_lock(&pool);
    syni_cond_wait_until(&cond, &pool, 0);
}

static const struct test_case cases[] = {
    TEST(T5_locks_are_taken_in_the_order_of_their_ranks),
    TEST_DIES(T5_a_lock_against_the_order_is_a_panic, SIGABRT,
              "the lock of a pool is taken while that of a virtual clock is held"),
    TEST_DIES(T5_a_lock_inside_of_one_that_allows_none_is_a_panic, SIGABRT,
              "the lock of a pool is taken while that of a channel is held"),
    TEST_DIES(T5_two_locks_of_one_rank_are_a_panic, SIGABRT,
              "the lock of a pool is taken while that of a pool is held"),
    TEST_DIES(T5_two_channels_against_their_addresses_are_a_panic, SIGABRT,
              "the lock of a channel is taken while that of a channel is held"),
    TEST_DIES(T5_waiting_with_another_lock_is_a_panic, SIGABRT,
              "the lock of a pool is given back by a wait while that of synchronizers' lives"),
};
TEST_MAIN("base_rank", cases);

/* SPDX-License-Identifier: Apache-2.0
 *
 * Places of a bounded queue (src/pool/bound.c) that is so long that places are returned several
 * at once: nobody may notice.
 */
#define _DEFAULT_SOURCE
#include "support/points.h"
#include "support/pool_rig.h"

enum { PLACES = 64, STEPS = 20, ALL = 1 + PLACES + STEPS };

POOL(strict, .max_threads = 1, .queue_bound = PLACES, .when_full = SYN_WHEN_FULL_FAIL);
POOL(patient, .max_threads = 1, .queue_bound = PLACES);

static struct gate gates[ALL];

BLOCKING(strict, void, standing, (int, i))
{
    gate_pass(&gates[i]);
}

static void make_gates(void)
{
    for (int i = 0; i < ALL; i++)
        gate_init(&gates[i]);
}

static void W3_a_place_that_was_left_can_be_had_at_once(void)
{
    struct standing_future f[ALL];

    make_gates();
    f[0] = standing_future(0);
    gate_await(&gates[0], 1);
    for (int i = 1; i <= PLACES; i++)
        f[i] = standing_future(i);
    for (int i = 0; i < STEPS; i++) {
        CHECK_INT(future_get(standing_future(0)), SYN_EAGAIN);
        gate_open(&gates[i]);
        gate_await(&gates[i + 1], 1); /* which leaves its place */
        f[PLACES + 1 + i] = standing_future(PLACES + 1 + i);
        CHECK_INT(pool_stats(&strict).queued, PLACES);
    }
    CHECK_INT(future_get(standing_future(0)), SYN_EAGAIN);
    for (int i = STEPS; i < ALL; i++)
        gate_open(&gates[i]);
    for (int i = 0; i < ALL; i++)
        CHECK_INT(future_get(f[i]), SYN_OK);
    finish_pool(&strict);
}

static void *submit_one(void *f)
{
    *(struct standing_future *)f = pool_submit(&patient, standing, PLACES + 1);
    return NULL;
}

/* The waiter is told when it is half empty, however few were returned by then. */
static void W3_who_waits_for_a_place_is_told_in_the_middle_of_a_batch(void)
{
    struct standing_future f[PLACES + 2];
    pthread_t thread;

    make_gates();
    f[0] = pool_submit(&patient, standing, 0);
    gate_await(&gates[0], 1);
    for (int i = 1; i <= PLACES; i++)
        f[i] = pool_submit(&patient, standing, i);
    CHECK_INT(pthread_create(&thread, NULL, submit_one, &f[PLACES + 1]), 0);
    for (int i = 0; i < PLACES / 2; i++) {
        gate_open(&gates[i]);
        gate_await(&gates[i + 1], 1);
    }
    CHECK_INT(pthread_join(thread, NULL), 0);
    for (int i = PLACES / 2; i < ALL; i++)
        gate_open(&gates[i]);
    for (int i = 0; i < PLACES + 2; i++)
        CHECK_INT(future_get(f[i]), SYN_OK);
    finish_pool(&patient);
}

/* It was listed, and has not looked since. */
static void W3_who_is_listed_for_a_place_is_told_of_the_first(void)
{
    struct standing_future f[PLACES + 2];
    pthread_t thread;

    points_needed();
    make_gates();
    f[0] = pool_submit(&patient, standing, 0);
    gate_await(&gates[0], 1);
    for (int i = 1; i <= PLACES; i++)
        f[i] = pool_submit(&patient, standing, i);
    CHECK_INT(syn_test_hold("pool_room", 2), 0); /* when its first moment has passed */
    CHECK_INT(pthread_create(&thread, NULL, submit_one, &f[PLACES + 1]), 0);
    AWAIT_HELD("pool_room");
    gate_open(&gates[0]);
    gate_await(&gates[1], 1);
    syn_test_release("pool_room");
    CHECK_INT(pthread_join(thread, NULL), 0);
    for (int i = 1; i < ALL; i++)
        gate_open(&gates[i]);
    for (int i = 0; i < PLACES + 2; i++)
        CHECK_INT(future_get(f[i]), SYN_OK);
    finish_pool(&patient);
}

static const struct test_case cases[] = {
    TEST(W3_who_is_listed_for_a_place_is_told_of_the_first),
    TEST(W3_a_place_that_was_left_can_be_had_at_once),
    TEST(W3_who_waits_for_a_place_is_told_in_the_middle_of_a_batch),
};
TEST_MAIN("pool_room", cases);

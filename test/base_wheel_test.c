/* SPDX-License-Identifier: Apache-2.0
 *
 * The wheel of timers (src/base/wheel.h) against a sorted array, which is too slow to use and too
 * simple to be wrong.
 */
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/wheel.h"
#include "support/random.h"
#include "test.h"

enum { STEPS = 30000, MOST = 600, MILLION = 1000000 };

static struct syni_wheel wheel;
static struct syni_heap_node nodes[MOST];

/* The nodes that are in the wheel, as they must come out. */
static struct syni_heap_node *model[MOST];
static int n_model;
static int64_t now; /* of a clock: what was taken is not after it */

static uint32_t seed = 20261;

static uint64_t draw(void)
{
    return (uint64_t)next_random(&seed) << 32 | next_random(&seed);
}

static void insert(struct syni_heap_node *node, int64_t key)
{
    int place = n_model;

    syni_wheel_insert(&wheel, node, key);
    while (place > 0 && model[place - 1]->key > key)
        place--;
    memmove(&model[place + 1], &model[place], (size_t)(n_model - place) * sizeof *model);
    model[place] = node;
    n_model++;
}

static void forget(int place)
{
    n_model--;
    memmove(&model[place], &model[place + 1], (size_t)(n_model - place) * sizeof *model);
}

static void remove_at(int place)
{
    syni_wheel_remove(&wheel, model[place]);
    CHECK(!syni_heap_holds(model[place]));
    forget(place);
}

/* Takes what is due, and nothing else. */
static void take_until(int64_t moment)
{
    struct syni_heap_node *first;

    now = moment;
    while ((first = syni_wheel_take(&wheel, now))) {
        CHECK(n_model > 0);
        CHECK_PTR(first, model[0]);
        CHECK(first->key <= now && !syni_heap_holds(first));
        forget(0);
    }
    CHECK(n_model == 0 || model[0]->key > now);
}

static void check_next(void)
{
    CHECK(syni_wheel_next(&wheel) == (n_model ? model[0]->key : INT64_MAX));
}

/* SPREAD: how far away a key is at most, in bits of nanoseconds. */
static void step(int spread)
{
    struct syni_heap_node *node = &nodes[draw() % MOST];
    unsigned what = draw() % 16;

    if (what < 10 && !syni_heap_holds(node))
        insert(node, now + (int64_t)(draw() >> (64 - 1 - draw() % (unsigned)spread)) -
                         (what ? 0 : 5)); /* some are in the past */
    else if (what < 12 && n_model > 0)
        remove_at((int)(draw() % (unsigned)n_model));
    else if (what < 14)
        take_until(now + (int64_t)(draw() >> (64 - 1 - draw() % (unsigned)spread)) / 64);
    else
        check_next();
}

/* Keys among which many are equal, keys of one tick, of some, of hours, and of centuries. */
static void I1_wheel_agrees_with_a_sorted_model(void)
{
    static const int spreads[] = {3, 12, 19, 26, 34, 45, 58};

    for (size_t i = 0; i < sizeof spreads / sizeof *spreads; i++) {
        now = draw() % 2 ? (int64_t)(draw() >> 20) : 0;
        wheel = (struct syni_wheel){0};
        for (int n = 0; n < STEPS; n++)
            step(spreads[i]);
        while (n_model > 0) {
            check_next();
            take_until(model[0]->key);
        }
        check_next();
    }
}

static void I1_wheel_gives_equal_keys_in_the_order_they_came(void)
{
    static const int64_t key = INT64_C(3600000000000);
    struct syni_heap_node *node;

    for (int i = 0; i < MOST; i++)
        insert(&nodes[i], key);
    for (int i = 0; i < MOST; i += 3) {
        node = model[i];
        remove_at(i);
        insert(node, key); /* comes anew, hence last */
    }
    CHECK_INT(syni_wheel_next(&wheel), key); /* which moves the wheel there */
    node = model[MOST / 2];
    remove_at(MOST / 2);
    insert(node, key - 1);
    take_until(key - 1);
    CHECK_INT(n_model, MOST - 1);
    take_until(key);
    CHECK_INT(n_model, 0);
}

static void I1_wheel_orders_the_extremes_of_a_key(void)
{
    static const int64_t keys[] = {INT64_MAX - 1, 0, INT64_MIN, 1, -1, INT64_MAX - 2,
                                   INT64_MIN + 1};

    for (int i = 0; i < 7; i++)
        insert(&nodes[i], keys[i]);
    for (int i = 0; i < 7; i++) {
        check_next();
        take_until(model[0]->key);
    }
    CHECK_INT(n_model, 0);
}

/* The wheel looks ahead at a crowd an hour away; what comes before it is exact all the same. */
static void I1_wheel_that_looked_far_ahead_is_exact_nearby(void)
{
    for (int i = 0; i < 300; i++)
        insert(&nodes[i], INT64_C(3600000000000) + i % 7);
    check_next();
    for (int i = 300; i < MOST; i++)
        insert(&nodes[i], (int64_t)(draw() % 1000000));
    for (int i = 0; i <= 1000; i++)
        take_until(i * 1000);
    CHECK_INT(n_model, 300);
    take_until(INT64_C(3600000000003));
    CHECK(n_model > 0 && n_model < 300);
    take_until(INT64_C(3600000000006));
}

static void I1_wheel_remove_of_what_is_absent_is_harmless(void)
{
    struct syni_heap_node a = {0}, far = {0}, near = {0};

    syni_wheel_remove(&wheel, &a);
    syni_wheel_insert(&wheel, &far, INT64_C(1000000000000));
    syni_wheel_insert(&wheel, &near, 0);
    syni_wheel_remove(&wheel, &a);
    CHECK_INT(syni_wheel_next(&wheel), 0);
    syni_wheel_remove(&wheel, &near);
    CHECK_INT(syni_wheel_next(&wheel), INT64_C(1000000000000));
    syni_wheel_remove(&wheel, &far);
    syni_wheel_remove(&wheel, &far);
    CHECK_INT(syni_wheel_next(&wheel), INT64_MAX);
    CHECK_PTR(syni_wheel_take(&wheel, INT64_MAX), NULL);
}

static void I1_wheel_takes_a_million_and_cuts_out_half(void)
{
    struct syni_heap_node *many = calloc(MILLION, sizeof *many), *node;
    int64_t last = 0;
    int n = 0;

    CHECK(many != NULL);
    for (int i = 0; i < MILLION; i++)
        syni_wheel_insert(&wheel, &many[i], (int64_t)(draw() >> 30));
    for (int i = 0; i < MILLION; i += 2)
        syni_wheel_remove(&wheel, &many[i]);
    for (; (node = syni_wheel_take(&wheel, INT64_MAX)); n++) {
        CHECK((node - many) % 2 == 1 && node->key >= last);
        last = node->key;
    }
    CHECK_INT(n, MILLION / 2);
    free(many);
}

static const struct test_case cases[] = {
    TEST(I1_wheel_agrees_with_a_sorted_model),
    TEST(I1_wheel_gives_equal_keys_in_the_order_they_came),
    TEST(I1_wheel_orders_the_extremes_of_a_key),
    TEST(I1_wheel_that_looked_far_ahead_is_exact_nearby),
    TEST(I1_wheel_remove_of_what_is_absent_is_harmless),
    TEST(I1_wheel_takes_a_million_and_cuts_out_half),
};
TEST_MAIN("base_wheel", cases);

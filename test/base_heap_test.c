/* SPDX-License-Identifier: Apache-2.0
 *
 * The heap of timers (src/base/heap.h) against a sorted array, which is too slow
 * to use and too simple to be wrong.
 */
#include <stdlib.h>
#include <string.h>

#include "base/heap.h"
#include "base/list.h"
#include "support/random.h"
#include "test.h"

enum { STEPS = 100000, MOST = 1000, MILLION = 1000000 };

static struct syni_heap heap;
static struct syni_heap_node nodes[MOST];

/* The nodes that are in the heap, as they must come out. */
static struct syni_heap_node *model[MOST];
static int n_model;

static uint32_t seed = 20231;

static void insert(struct syni_heap_node *node, int64_t key)
{
    int place = n_model;

    syni_heap_insert(&heap, node, key);
    while (place > 0 && model[place - 1]->key > key)
        place--;
    memmove(&model[place + 1], &model[place], (size_t)(n_model - place) * sizeof *model);
    model[place] = node;
    n_model++;
}

static void remove_at(int place)
{
    syni_heap_remove(&heap, model[place]);
    CHECK(!syni_heap_holds(model[place]));
    n_model--;
    memmove(&model[place], &model[place + 1], (size_t)(n_model - place) * sizeof *model);
}

static void step(void)
{
    struct syni_heap_node *node = &nodes[next_random(&seed) % MOST];

    if (!syni_heap_holds(node))
        insert(node, next_random(&seed) % 300); /* a few keys, so that many are equal */
    else if (next_random(&seed) % 2)
        remove_at((int)(next_random(&seed) % (uint32_t)n_model));
    else
        remove_at(0);
}

static void I1_heap_agrees_with_a_sorted_model(void)
{
    for (int i = 0; i < STEPS; i++) {
        step();
        CHECK_PTR(syni_heap_first(&heap), n_model ? model[0] : NULL);
    }
    while (n_model > 0) {
        CHECK_PTR(syni_heap_first(&heap), model[0]);
        remove_at(0);
    }
    CHECK_PTR(syni_heap_first(&heap), NULL);
}

static void I1_heap_gives_equal_keys_in_the_order_they_came(void)
{
    for (int i = 0; i < MOST; i++)
        syni_heap_insert(&heap, &nodes[i], 7);
    for (int i = 0; i < MOST; i += 3) {
        syni_heap_remove(&heap, &nodes[i]);
        syni_heap_insert(&heap, &nodes[i], 7); /* comes anew, hence last */
    }
    for (int i = 0; i < MOST; i++) {
        if (i % 3 == 0)
            continue;
        CHECK_PTR(syni_heap_first(&heap), &nodes[i]);
        syni_heap_remove(&heap, &nodes[i]);
    }
    for (int i = 0; i < MOST; i += 3) {
        CHECK_PTR(syni_heap_first(&heap), &nodes[i]);
        syni_heap_remove(&heap, &nodes[i]);
    }
}

static void I1_heap_remove_of_what_is_absent_is_harmless(void)
{
    struct syni_heap_node a = {0}, b = {0};

    syni_heap_remove(&heap, &a);
    CHECK_PTR(syni_heap_first(&heap), NULL);
    syni_heap_insert(&heap, &b, 1);
    syni_heap_remove(&heap, &a);
    CHECK_PTR(syni_heap_first(&heap), &b);
    syni_heap_remove(&heap, &b);
    syni_heap_remove(&heap, &b);
    CHECK_PTR(syni_heap_first(&heap), NULL);
}

static void I1_heap_orders_the_extremes_of_a_key(void)
{
    static const int64_t keys[] = {INT64_MAX, 0, INT64_MIN, 1, -1, INT64_MAX - 1, INT64_MIN + 1};
    static const int order[] = {2, 6, 4, 1, 3, 5, 0};

    for (int i = 0; i < 7; i++)
        syni_heap_insert(&heap, &nodes[i], keys[i]);
    for (int i = 0; i < 7; i++) {
        CHECK_PTR(syni_heap_first(&heap), &nodes[order[i]]);
        syni_heap_remove(&heap, &nodes[order[i]]);
    }
}

/* The shapes that make a careless pairing heap recurse or crawl. */
static void drain(struct syni_heap_node *many, int n)
{
    int64_t last = INT64_MIN;

    for (int i = 0; i < n; i++) {
        struct syni_heap_node *first = syni_heap_first(&heap);

        CHECK(first >= many && first < many + n && first->key >= last);
        last = first->key;
        syni_heap_remove(&heap, first);
    }
    CHECK_PTR(syni_heap_first(&heap), NULL);
}

static void I1_heap_takes_a_million_in_any_order(void)
{
    struct syni_heap_node *many = calloc(MILLION, sizeof *many);

    CHECK(many != NULL);
    for (int i = 0; i < MILLION; i++)
        syni_heap_insert(&heap, &many[i], i);
    drain(many, MILLION);
    for (int i = 0; i < MILLION; i++)
        syni_heap_insert(&heap, &many[i], MILLION - i);
    drain(many, MILLION);
    for (int i = 0; i < MILLION; i++)
        syni_heap_insert(&heap, &many[i], next_random(&seed));
    drain(many, MILLION);
    free(many);
}

static void I1_heap_cuts_out_the_middle_of_a_million(void)
{
    struct syni_heap_node *many = calloc(MILLION, sizeof *many);

    CHECK(many != NULL);
    for (int i = 0; i < MILLION; i++)
        syni_heap_insert(&heap, &many[i], i);
    syni_heap_remove(&heap, &many[0]); /* gives it some depth */
    for (int i = 2; i < MILLION; i += 2)
        syni_heap_remove(&heap, &many[i]);
    for (int i = 1; i < MILLION; i += 2) {
        CHECK_PTR(syni_heap_first(&heap), &many[i]);
        syni_heap_remove(&heap, &many[i]);
    }
    CHECK_PTR(syni_heap_first(&heap), NULL);
    free(many);
}

struct item {
    int number;
    struct syni_list link;
};

static void L1_list_remove_twice_is_harmless_and_order_is_kept(void)
{
    struct syni_list head;
    struct item items[5];
    int seen = 0;

    syni_list_init(&head);
    CHECK(syni_list_empty(&head));
    for (int i = 0; i < 5; i++) {
        items[i].number = i;
        syni_list_append(&head, &items[i].link);
    }
    syni_list_remove(&items[2].link);
    syni_list_remove(&items[2].link);
    SYNI_LIST_EACH (node, &head) {
        struct item *item = SYNI_CONTAINER(node, struct item, link);

        seen = seen * 10 + item->number;
        syni_list_remove(node); /* the visited one may go */
    }
    CHECK_INT(seen, 134);
    CHECK(syni_list_empty(&head));
}

static const struct test_case cases[] = {
    TEST(I1_heap_agrees_with_a_sorted_model),
    TEST(I1_heap_gives_equal_keys_in_the_order_they_came),
    TEST(I1_heap_remove_of_what_is_absent_is_harmless),
    TEST(I1_heap_orders_the_extremes_of_a_key),
    TEST(I1_heap_takes_a_million_in_any_order),
    TEST(I1_heap_cuts_out_the_middle_of_a_million),
    TEST(L1_list_remove_twice_is_harmless_and_order_is_kept),
};
TEST_MAIN("base_heap", cases);

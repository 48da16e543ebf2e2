/* SPDX-License-Identifier: Apache-2.0
 *
 * The stack that threads push onto and one takes (src/base/stack.c).
 */
#define _DEFAULT_SOURCE
#include "base/list.h"
#include "base/stack.h"
#include "support/call_rig.h"

#include <sched.h>

struct thing {
    int by, number;
    struct syni_link link;
};

static struct thing *thing_of(struct syni_link *link)
{
    return SYNI_CONTAINER(link, struct thing, link);
}

static void check_are(struct syni_link *links, int first, int end)
{
    for (int i = first; i < end; i++, links = links->next) {
        CHECK(links);
        CHECK_INT(thing_of(links)->number, i);
    }
    CHECK(!links);
}

static void C2_what_is_taken_is_in_the_order_of_the_pushes(void)
{
    struct syni_stack stack = {NULL};
    struct thing things[4];

    CHECK(syni_stack_is_empty(&stack));
    CHECK(!syni_stack_take(&stack));
    for (int i = 0; i < 4; i++) {
        things[i].number = i;
        CHECK_INT(syni_stack_push(&stack, &things[i].link),
                  i % 3 ? SYNI_PUSHED : SYNI_PUSHED_FIRST);
        CHECK(!syni_stack_is_empty(&stack));
        if (i == 2)
            check_are(syni_stack_take(&stack), 0, 3);
    }
    check_are(syni_stack_take(&stack), 3, 4);
    CHECK(syni_stack_is_empty(&stack));
    CHECK(syni_stack_is_open(&stack));
}

static void L3_one_that_is_shut_gives_all_that_was_taken_and_refuses(void)
{
    struct syni_stack stack = {NULL};
    struct thing things[3] = {{.number = 0}, {.number = 1}, {.number = 2}};

    for (int again = 0; again < 2; again++) {
        CHECK(syni_stack_is_open(&stack));
        CHECK_INT(syni_stack_push(&stack, &things[0].link), SYNI_PUSHED_FIRST);
        CHECK_INT(syni_stack_push(&stack, &things[1].link), SYNI_PUSHED);
        check_are(syni_stack_shut(&stack), 0, 2);
        CHECK(!syni_stack_is_open(&stack));
        CHECK(syni_stack_is_empty(&stack));
        CHECK_INT(syni_stack_push(&stack, &things[2].link), SYNI_PUSH_REFUSED);
        CHECK(!syni_stack_take(&stack));
        CHECK(!syni_stack_is_open(&stack));
        CHECK(!syni_stack_shut(&stack)); /* twice is harmless */
        syni_stack_open(&stack);
        CHECK(syni_stack_is_empty(&stack));
    }
}

enum { PUSHERS = 4, EACH = 20000 / TEST_SLOWNESS };

static struct thing pushed[PUSHERS][EACH];
static struct syni_stack shared;
static atomic_int n_firsts, n_pushers_left = PUSHERS;

/* Each until it was taken: a refused one is tried again. */
static void push_all(int number, void *unused)
{
    (void)unused;
    for (int i = 0; i < EACH;) {
        struct thing *thing = &pushed[number][i];
        enum syni_push how;

        thing->by = number;
        thing->number = i;
        how = syni_stack_push(&shared, &thing->link);
        n_firsts += how == SYNI_PUSHED_FIRST;
        if (how == SYNI_PUSH_REFUSED)
            sched_yield();
        else
            i++;
    }
    n_pushers_left--;
}

static void L3_threads_push_while_one_takes_shuts_and_opens_and_nothing_is_lost(void)
{
    int next[PUSHERS] = {0}, n_full = 0;
    struct crew_at_work *crew = crew_start(PUSHERS, push_all, NULL);
    bool last = false;

    for (unsigned turn = 0; !last; turn++) {
        bool shuts = turn % 8 == 7;
        struct syni_link *links;

        last = n_pushers_left == 0;
        links = shuts ? syni_stack_shut(&shared) : syni_stack_take(&shared);
        n_full += links != NULL;
        for (; links; links = links->next) {
            struct thing *thing = thing_of(links);

            CHECK_INT(thing->number, next[thing->by]++); /* those of one thread in order */
        }
        if (shuts)
            syni_stack_open(&shared);
    }
    crew_join(crew);
    for (int i = 0; i < PUSHERS; i++)
        CHECK_INT(next[i], EACH);
    CHECK_INT(n_firsts, n_full);
    CHECK(syni_stack_is_empty(&shared));
}

static const struct test_case cases[] = {
    TEST(C2_what_is_taken_is_in_the_order_of_the_pushes),
    TEST(L3_one_that_is_shut_gives_all_that_was_taken_and_refuses),
    TEST(L3_threads_push_while_one_takes_shuts_and_opens_and_nothing_is_lost),
};
TEST_MAIN("base_stack", cases);

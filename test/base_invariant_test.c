/* SPDX-License-Identifier: Apache-2.0
 *
 * Invariants that run (src/base/invariant.h): a broken one ends the program and names itself; a thread
 * knows which locks it holds; a list notices a node that is not its own.
 */
#include "base/list.h"
#include "base/thread.h"

#include <signal.h>

#include "test.h"

static struct syni_mutex first, second;
static struct syni_cond cond;

static void make(void)
{
    if (!SYNI_CHECKED)
        TEST_SKIP("this build is not a checked one (SYN_CHECKED)");
    syni_mutex_init(&first, SYNI_RANK_LIFE);
    syni_mutex_init(&second, SYNI_RANK_POOL);
    syni_cond_init(&cond);
}

static void T5_a_broken_rule_names_itself_in_every_build(void)
{
    int one = 1;

    SYNI_ALWAYS(9, one == 1, "one is one");
    SYNI_ALWAYS(9, one == 2, "one is two");
}

static void T5_a_rule_is_not_evaluated_where_it_is_not_checked(void)
{
    int times = 0;

    SYNI_INVARIANT(9, ++times > 0);
    SYNI_NOTE(times++);
    CHECK_INT(times, SYNI_CHECKED ? 2 : 0);
}

static void T5_a_thread_knows_its_locks(void)
{
    make();
    CHECK(!syni_mutex_is_held(&first));
    syni_mutex_lock(&first);
    CHECK(syni_mutex_is_held(&first));
    CHECK(!syni_mutex_is_held(&second));
    syni_cond_wait_until(&cond, &first, 0);
    CHECK(syni_mutex_is_held(&first));
    syni_mutex_unlock(&first);
    CHECK(!syni_mutex_is_held(&first));
}

static void look(void *unused)
{
    (void)unused;
    SYNI_HOLDS(&first);
}

static void T5_a_lock_of_another_thread_is_not_held(void)
{
    struct syni_thread thread;

    make();
    syni_mutex_lock(&first);
    CHECK_INT(syni_thread_start(&thread, "looks", 0, look, NULL), 0);
    syni_thread_join(&thread);
}

static void T5_a_node_on_two_lists_is_noticed(void)
{
    struct syni_list list, other, node, next;

    make();
    syni_list_init(&list);
    syni_list_init(&other);
    syni_list_append(&list, &node);
    syni_list_append(&list, &next);
    syni_list_append(&other, &node);
    syni_list_remove(&next);
}

static const struct test_case cases[] = {
    TEST_DIES(T5_a_broken_rule_names_itself_in_every_build, SIGABRT,
              "invariant 9 of docs/invariants.md is broken: one is two"),
    TEST(T5_a_rule_is_not_evaluated_where_it_is_not_checked),
    TEST(T5_a_thread_knows_its_locks),
    TEST_DIES(T5_a_lock_of_another_thread_is_not_held, SIGABRT,
              "this must be true, and is not: syni_mutex_is_held(&first)"),
    TEST_DIES(T5_a_node_on_two_lists_is_noticed, SIGABRT,
              "this must be true, and is not: syni_list_is_linked(node)"),
};
TEST_MAIN("base_invariant", cases);

/* SPDX-License-Identifier: Apache-2.0
 *
 * Task-local values: what sees them, for how long, and what they cost.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

SYNCHRONIZER(demo);
SYNCHRONIZER(other);
TASK_LOCAL(int, request);
TASK_LOCAL(const char, user);

static int one = 1, two = 2, three = 3;

static void end_all(void)
{
    CHECK_INT(request_set(NULL), 0);
    CHECK_INT(user_set(NULL), 0);
    finish(&demo);
    finish(&other);
    done();
}

static int number(void)
{
    return request_get() ? *request_get() : 0;
}

ASYNC(demo, int, reads, (double, seconds))
{
    co_begin;
    co_sleep(self->seconds);
    co_return(number());
    co_end;
}

ASYNC(other, int, reads_there)
{
    co_begin;
    co_sleep(1.0);
    co_return(number());
    co_end;
}

static void S4_calls_inherit_from_the_thread(void)
{
    struct reads_future f;
    int v = -1;

    begin();
    CHECK_INT(reads(1.0, &v), 0);
    CHECK_INT(v, 0);
    CHECK_INT(request_set(&one), 0);
    CHECK_INT(reads(1.0, &v), 0);
    CHECK_INT(v, 1);
    f = reads_future(1.0);
    CHECK_INT(request_set(&two), 0); /* what was inherited stays */
    CHECK_INT(future_get(f, &v), 0);
    CHECK_INT(v, 1);
    CHECK_INT(number(), 2);
    end_all();
}

ASYNC(demo, void, sets, (double, seconds), SYN_LOCAL(int, a), SYN_LOCAL(int, b),
      SYN_LOCAL(struct reads_future, before), SYN_LOCAL(struct syn_scope, scope))
{
    co_begin;
    CHECK_INT(number(), 1);
    self->before = reads_future(3.0);
    CHECK_INT(request_set(&two), 0);
    co_sleep(self->seconds);
    CHECK_INT(number(), 2);
    co_await(reads_future(1.0), &self->a);
    CHECK_INT(self->a, 2);
    co_all(&self->scope, (reads_there_future(), &self->a), (reads_future(1.0), &self->b));
    CHECK_INT(self->a, 2);
    CHECK_INT(self->b, 2);
    co_await(self->before, &self->a); /* made before */
    CHECK_INT(self->a, 1);
    co_finally;
    CHECK_INT(number(), 2);
    co_await(reads_future(0), &self->a);
    CHECK_INT(self->a, 2);
    co_end;
}

static void S4_children_inherit_and_nobody_else_sees(void)
{
    struct sets_future f;
    struct reads_future sibling;
    int v = -1;

    begin();
    CHECK_INT(request_set(&one), 0);
    f = sets_future(1.0);
    sibling = reads_future(2.0);
    CHECK_INT(future_get(f), 0);
    CHECK_INT(future_get(sibling, &v), 0);
    CHECK_INT(v, 1);
    CHECK_INT(number(), 1);
    end_all();
}

GENERATOR(demo, int, yields, SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < 3; self->i++) {
        if (self->i == 1)
            CHECK_INT(request_set(&three), 0);
        co_yield(number());
    }
    co_end;
}

static void S4_a_generator_keeps_its_own_through_its_yields(void)
{
    struct yields_channel ch;
    int v = -1;

    begin();
    CHECK_INT(request_set(&one), 0);
    ch = yields();
    CHECK_INT(channel_next(ch, &v), 0);
    CHECK_INT(v, 1);
    CHECK_INT(request_set(&two), 0); /* the consumer's is not the generator's */
    CHECK_INT(channel_next(ch, &v), 0);
    CHECK_INT(v, 3);
    CHECK_INT(number(), 2);
    CHECK_INT(channel_next(ch, &v), 0);
    CHECK_INT(v, 3);
    CHECK_INT(channel_close(ch), 0);
    end_all();
}

/* Two of them on one loop, and a consumer there: none sees what another one set. */

GENERATOR(demo, int, yields_own, (int *, own), SYN_LOCAL(int, i))
{
    co_begin;
    CHECK_INT(number(), 1);
    CHECK_INT(request_set(self->own), 0);
    for (self->i = 0; self->i < 3; self->i++) {
        co_yield(number());
        co_sleep(0.1 * *self->own);
        CHECK_INT(number(), *self->own);
    }
    co_finally;
    CHECK_INT(number(), *self->own);
    co_end;
}

ASYNC(demo, void, consumes_two, SYN_LOCAL(struct yields_own_channel, a),
      SYN_LOCAL(struct yields_own_channel, b), SYN_LOCAL(int, i), SYN_LOCAL(int, v))
{
    co_begin;
    CHECK_INT(number(), 1);
    self->a = yields_own(&two);
    self->b = yields_own(&three);
    CHECK_INT(request_set(NULL), 0); /* they were made under the one before */
    for (self->i = 0; self->i < 3; self->i++) {
        co_next(self->a, &self->v);
        CHECK_INT(self->v, 2);
        CHECK_INT(number(), 0);
        co_next(self->b, &self->v);
        CHECK_INT(self->v, 3);
        CHECK_INT(number(), 0);
    }
    co_finally;
    co_close(self->a);
    co_close(self->b);
    CHECK_INT(number(), 0);
    co_end;
}

static void S4_generators_and_their_consumer_keep_apart(void)
{
    begin();
    CHECK_INT(request_set(&one), 0);
    CHECK_INT(consumes_two(), 0);
    CHECK_INT(number(), 1);
    end_all();
}

static void callback(void *user, syn_err err, int *result)
{
    CHECK_INT(err, 0);
    CHECK_INT(*result, 1);
    *(int *)user = number();
}

static void S4_a_callback_has_those_of_who_registered_it(void)
{
    struct reads_future f;
    int v = -1;

    begin();
    CHECK_INT(request_set(&one), 0);
    f = reads_future(1.0);
    CHECK_INT(request_set(&two), 0);
    CHECK_INT(future_then(f, &demo, callback, &v), 0);
    CHECK_INT(request_set(NULL), 0);
    CHECK_INT(reads(2.0, NULL), 0);
    CHECK_INT(v, 2);
    end_all();
}

ASYNC(demo, int, blocks)
{
    int v = -1;

    CHECK_INT(request_set(&three), 0);
    CHECK_INT(reads_there(&v), 0);
    return step_return(self, v);
}

static void S4_a_blocking_call_of_a_step_inherits_the_tasks(void)
{
    int v = -1;

    begin();
    CHECK_INT(request_set(&one), 0);
    CHECK_INT(blocks(&v), 0);
    CHECK_INT(v, 3);
    CHECK_INT(number(), 1);
    end_all();
}

static void S4_setting_again_and_again_keeps_the_chain_short(void)
{
    unsigned long before;

    begin();
    CHECK_INT(request_set(&one), 0);
    CHECK_INT(user_set("me"), 0);
    before = syn_memory_use().outstanding;
    for (int i = 0; i < 1000; i++) {
        CHECK_INT(request_set(i % 2 ? &one : &two), 0);
        CHECK_INT(user_set(i % 2 ? "you" : "me"), 0);
    }
    CHECK_INT(syn_memory_use().outstanding, before);
    CHECK_INT(number(), 1);
    CHECK_STR(user_get(), "you");
    CHECK_INT(request_set(NULL), 0);
    CHECK_STR(user_get(), "you");
    CHECK(request_get() == NULL);
    end_all();
}

static void S4_without_memory_nothing_changes(void)
{
    unsigned long n;

    begin();
    CHECK_INT(request_set(&one), 0);
    CHECK_INT(user_set("me"), 0);
    for (n = 1;; n++) {
        syn_err err;

        syn_fault_set("alloc", n, 1, ENOMEM);
        err = request_set(&two);
        syn_fault_clear();
        if (!err)
            break;
        CHECK_INT(err, SYN_ENOMEM);
        CHECK_INT(number(), 1);
        CHECK_STR(user_get(), "me");
    }
    CHECK_INT(n, 3); /* the binding in front of it, and its own */
    CHECK_INT(number(), 2);
    end_all();
}

static void in_thread(int number_of, void *unused)
{
    int v = -1, mine = number_of + 10;

    (void)unused;
    CHECK_INT(number(), 0);
    CHECK_INT(request_set(&mine), 0);
    CHECK_INT(reads(1.0, &v), 0);
    CHECK_INT(v, mine); /* and the thread's end frees it */
}

static void S4_each_thread_has_its_own(void)
{
    begin();
    CHECK_INT(request_set(&one), 0);
    crew_run(10, in_thread, NULL);
    CHECK_INT(number(), 1);
    end_all();
}

static const struct test_case cases[] = {
    TEST(S4_calls_inherit_from_the_thread),
    TEST(S4_children_inherit_and_nobody_else_sees),
    TEST(S4_a_generator_keeps_its_own_through_its_yields),
    TEST(S4_generators_and_their_consumer_keep_apart),
    TEST(S4_a_callback_has_those_of_who_registered_it),
    TEST(S4_a_blocking_call_of_a_step_inherits_the_tasks),
    TEST(S4_setting_again_and_again_keeps_the_chain_short),
    TEST(S4_without_memory_nothing_changes),
    TEST(S4_each_thread_has_its_own),
};
TEST_MAIN_BOTH_MODES("local", cases);

/* SPDX-License-Identifier: Apache-2.0
 *
 * A job that was cancelled while it waited for nothing, and had a next wait that ended well all the
 * same: the wait after that one, of every kind. What is clean-up (a close, a stop) is done, and
 * only its end is not waited for.
 */
#define _DEFAULT_SOURCE
#include "support/waits_rig.h"

SYNCHRONIZER(elsewhere);
POOL(third, .max_threads = 1, .grace_ns = -1);

static struct gate gate;
static atomic_int tidied;

/* It is cancelled at the gate, and outlives a wait. */
static void outlive_a_wait(void)
{
    struct answer_promise p;
    struct answer_future f;
    int y = 0;

    CHECK_INT(promise_new(answer, &p, &f), SYN_OK);
    CHECK_INT(promise_complete(p, &(int){5}), SYN_OK);
    gate_pass(&gate);
    CHECK_INT(future_get(f, &y), SYN_OK);
    CHECK_INT(y, 5);
}

#define cancel_at_gate(job)                                                                        \
    do {                                                                                           \
        gate_await(&gate, 1);                                                                      \
        CHECK_INT(future_request_cancel(job), SYN_OK);                                             \
        gate_open(&gate);                                                                          \
    } while (0)

BLOCKING(workers, int, waits_once_more, (int, kind))
{
    syn_err err;

    outlive_a_wait();
    err = kinds[kind].wait();
    return err ? job_fail(job, err) : 0;
}

static void C19_the_second_wait_of_a_job_after_a_request_hears_of_it(void)
{
    begin();
    for (int kind = 0; kind < KINDS; kind++) {
        struct waits_once_more_future f;

        gate_init(&gate);
        f = waits_once_more_future(kind);
        cancel_at_gate(f);
        if (future_get(f, NULL) != SYN_ECANCELED)
            test_fail(__FILE__, __LINE__, "%s: it heard nothing", kinds[kind].name);
        gate_fini(&gate);
    }
    over();
}

BLOCKING(workers, void, spawns)
{
    struct syn_scope s = SYN_SCOPE;
    struct answer_promise p;
    struct answer_future f;
    int y = 0;

    outlive_a_wait();
    CHECK_INT(promise_new(answer, &p, &f), SYN_OK);
    CHECK_INT(promise_complete(p, &(int){7}), SYN_OK);
    CHECK_INT(scope_spawn(&s, f, &y), SYN_OK);
    CHECK_INT(y, 7);
    CHECK_INT(scope_spawn(&s, nap_future(3600), NULL), SYN_ECANCELED); /* there was room */
    CHECK_INT(scope_join(&s), SYN_ECANCELED);
    CHECK_INT(nap(1, NULL), SYN_OK); /* its clean-up */
}

static void C19_a_scope_that_refuses_a_child_says_so_when_it_is_joined(void)
{
    struct spawns_future f;
    int64_t before;

    begin();
    gate_init(&gate);
    f = spawns_future();
    before = now();
    cancel_at_gate(f);
    CHECK_INT(future_get(f), SYN_OK);
    CHECK_INT(now(), before + SECOND);
    over();
}

static void S1_a_cancelled_scope_of_a_thread_that_refuses_a_child_says_so(void)
{
    struct syn_scope s = SYN_SCOPE;
    int y = 0;

    begin();
    CHECK_INT(scope_spawn(&s, nap_future(1), &y), SYN_OK);
    CHECK_INT(nap(2, NULL), SYN_OK);
    scope_cancel(&s);
    CHECK_INT(scope_spawn(&s, nap_future(3600), NULL), SYN_ECANCELED);
    CHECK_INT(scope_join(&s), SYN_ECANCELED);
    CHECK_INT(y, 1);
    over();
}

GENERATOR(demo, int, tidies)
{
    co_begin;
    co_yield(1);
    co_yield(2);
    co_finally;
    co_sleep(3600);
    tidied++;
    co_end;
}

BLOCKING(workers, void, closes, (struct tidies_channel, c))
{
    outlive_a_wait();
    CHECK_INT(channel_close_by(c, syn_never()), SYN_ECANCELED);
    CHECK(strstr(last_message(), "tidies still cleans up"));
}

static void C19_a_close_of_a_job_that_was_asked_to_end_closes_all_the_same(void)
{
    struct tidies_channel c;
    struct closes_future f;
    int64_t before;
    int y;

    begin();
    gate_init(&gate);
    c = tidies();
    CHECK_INT(channel_next(c, &y), SYN_OK);
    f = closes_future(c);
    before = now();
    cancel_at_gate(f);
    CHECK_INT(future_get(f), SYN_OK);
    CHECK_INT(now(), before);
    CHECK_INT(tidied, 0);
    CHECK_INT(nap(7200, NULL), SYN_OK);
    CHECK_INT(tidied, 1);
    over();
}

ASYNC(elsewhere, void, tidies_elsewhere)
{
    co_begin;
    co_sleep(1e6);
    co_finally;
    co_sleep(3600);
    tidied++;
    co_end;
}

BLOCKING(workers, void, stops)
{
    outlive_a_wait();
    CHECK_INT(synchronizer_stop(&elsewhere, syn_never()), SYN_ECANCELED);
}

static void C19_a_stop_by_a_job_that_was_asked_to_end_stops_all_the_same(void)
{
    struct tidies_elsewhere_future t;
    struct stops_future f;
    int64_t before;

    begin();
    gate_init(&gate);
    t = tidies_elsewhere_future();
    CHECK_INT(nap(1, NULL), SYN_OK);
    f = stops_future();
    before = now();
    cancel_at_gate(f);
    CHECK_INT(future_get(f), SYN_OK);
    CHECK_INT(now(), before);
    CHECK_INT(future_get(tidies_elsewhere_future()), SYN_ECLOSED);
    CHECK_INT(future_get(t), SYN_ECANCELED);
    CHECK_INT(now(), before + 3600 * SECOND);
    CHECK_INT(tidied, 1);
    finish(&elsewhere);
    over();
}

BLOCKING(third, void, tidies_in_pool)
{
    CHECK_INT(nap(1e6, NULL), SYN_ECANCELED);
    nap(3600, NULL);
    tidied++;
}

BLOCKING(workers, void, stops_pool)
{
    outlive_a_wait();
    CHECK_INT(pool_stop(&third, syn_never()), SYN_ECANCELED);
}

static void C19_so_does_a_stop_of_a_pool(void)
{
    struct tidies_in_pool_future t;
    struct stops_pool_future f;
    int64_t before;

    begin();
    gate_init(&gate);
    t = tidies_in_pool_future();
    CHECK_INT(nap(1, NULL), SYN_OK);
    f = stops_pool_future();
    before = now();
    cancel_at_gate(f);
    CHECK_INT(future_get(f), SYN_OK);
    CHECK_INT(now(), before);
    CHECK_INT(future_get(tidies_in_pool_future()), SYN_ECLOSED);
    CHECK_INT(future_get(t), SYN_OK);
    CHECK_INT(now(), before + 3600 * SECOND);
    CHECK_INT(tidied, 1);
    finish_pool(&third);
    over();
}

static const struct test_case cases[] = {
    TEST(C19_the_second_wait_of_a_job_after_a_request_hears_of_it),
    TEST(C19_a_scope_that_refuses_a_child_says_so_when_it_is_joined),
    TEST(S1_a_cancelled_scope_of_a_thread_that_refuses_a_child_says_so),
    TEST(C19_a_close_of_a_job_that_was_asked_to_end_closes_all_the_same),
    TEST(C19_a_stop_by_a_job_that_was_asked_to_end_stops_all_the_same),
    TEST(C19_so_does_a_stop_of_a_pool),
};
TEST_MAIN_BOTH_MODES("waits_after", cases);

/* SPDX-License-Identifier: Apache-2.0
 *
 * Maps over arrays by all threads of a pool.
 */
#define _DEFAULT_SOURCE
#include "support/pool_rig.h"

SYNCHRONIZER(demo);
POOL(workers, .max_threads = 3);
POOL(others, .max_threads = 1);

enum { MANY = 100000 };
static int in[MANY];
static long out[MANY];
static struct gate gate;
static atomic_int began;

POOL_MAP(workers, int, long, squares)
{
    *out = (long)*in * *in;
    return SYN_OK;
}

static void fill(void)
{
    for (int i = 0; i < MANY; i++) {
        in[i] = i;
        out[i] = -1;
    }
}

static void check_all(void)
{
    for (int i = 0; i < MANY; i++)
        CHECK_INT(out[i], (long)i * i);
}

static void over(void)
{
    finish_pool(&workers);
    finish_pool(&others);
    finish(&demo);
    done();
}

static void W1_a_map_has_every_face_and_its_results_are_in_order(void)
{
    begin();
    fill();
    CHECK_INT(squares(in, MANY, out), SYN_OK);
    check_all();
    fill();
    CHECK_INT(future_get(squares_future(in, MANY, out)), SYN_OK);
    check_all();
    fill();
    CHECK_INT(pool_map(&others, squares, in, MANY, out), SYN_OK);
    check_all();
    CHECK_INT(future_get(pool_submit(&others, squares, in, 1, out)), SYN_OK);
    CHECK_INT(squares(in, 0, out), SYN_OK);
    over();
}

ASYNC(demo, int, in_a_task)
{
    co_begin;
    CHECK_INT(squares(in, MANY, out), SYN_EDEADLK);
    CHECK_SAYS("co_await");
    co_try(squares_future(in, MANY, out));
    co_return(7);
    co_end;
}

static void W1_a_task_awaits_a_map(void)
{
    int y;

    begin();
    fill();
    CHECK_INT(in_a_task(&y), SYN_OK);
    check_all();
    over();
}

POOL_MAP(workers, int, long, at_once)
{
    *out = *in;
    gate_pass(&gate);
    return SYN_OK;
}

static void W1_all_threads_take_part(void)
{
    struct at_once_future f;

    begin();
    fill();
    gate_init(&gate);
    f = at_once_future(in, 3, out);
    gate_await(&gate, 3); /* three items, three threads */
    gate_open(&gate);
    CHECK_INT(future_get(f), SYN_OK);
    over();
}

POOL_MAP(workers, int, long, picky)
{
    began++;
    *out = *in;
    return *in == 5000 ? SYN_EIO : SYN_OK;
}

static void W1_the_first_error_stops_the_rest_and_says_which_item(void)
{
    begin();
    fill();
    CHECK_INT(picky(in, MANY, out), SYN_EIO);
    CHECK_SAYS("item 5000 of 100000");
    CHECK(began < MANY);
    over();
}

static void X3_a_map_that_is_cancelled_begins_no_further_piece(void)
{
    struct at_once_future f;

    begin();
    fill();
    gate_init(&gate);
    f = at_once_future(in, MANY, out);
    gate_await(&gate, 3);
    CHECK_INT(future_request_cancel(f), SYN_OK);
    gate_open(&gate);
    CHECK_INT(future_get(f), SYN_ECANCELED);
    CHECK(gate.arrived < MANY);
    CHECK_INT(syn_last_origin(), SYN_BY_REQUEST);
    over();
}

static void X3_a_map_that_waits_for_a_thread_is_cancelled_at_once(void)
{
    struct at_once_future running, waiting;

    begin();
    fill();
    gate_init(&gate);
    running = pool_submit(&others, at_once, in, 1, out);
    gate_await(&gate, 1);
    waiting = pool_submit(&others, at_once, in, MANY, out);
    CHECK_INT(future_cancel(waiting), SYN_ECANCELED);
    gate_open(&gate);
    CHECK_INT(future_get(running), SYN_OK);
    over();
}

static void W5_with_any_allocation_or_thread_failing_the_future_says_so(void)
{
    unsigned long n = 0, hits;

    begin();
    do {
        syn_err err;

        fill();
        syn_fault_set(NULL, ++n, 1, EAGAIN);
        err = squares(in, MANY, out);
        hits = syn_fault_hits();
        syn_fault_clear();
        CHECK(err == SYN_OK || err == SYN_ENOMEM || err == SYN_EAGAIN);
        if (!err)
            check_all();
        finish_pool(&workers);
        pool_start(&workers);
    } while (hits >= n);
    CHECK(n >= 3);
    over();
}

static void L2_a_stopped_pool_takes_no_map(void)
{
    begin();
    finish_pool(&workers);
    CHECK_INT(squares(in, MANY, out), SYN_ECLOSED);
    CHECK_SAYS("squares: the pool 'workers' takes no jobs");
    over();
}

POOL(odd, .idle_ns = -1);
POOL(tight, .max_threads = 1, .queue_bound = 1, .when_full = SYN_WHEN_FULL_FAIL);

BLOCKING(tight, void, stands, (struct gate *, at))
{
    gate_pass(at);
}

static void W1_a_map_that_a_pool_refuses_says_why(void)
{
    struct stands_future f[2];
    struct gate gate;

    begin();
    CHECK_INT(future_get(pool_submit(&odd, squares, in, MANY, out)), SYN_EINVAL);
    CHECK_SAYS("squares: the pool 'odd' takes no jobs: its idle_ns is negative");
    gate_init(&gate);
    f[0] = stands_future(&gate);
    gate_await(&gate, 1);
    f[1] = stands_future(&gate);
    CHECK_INT(future_get(pool_submit(&tight, squares, in, MANY, out)), SYN_EAGAIN);
    CHECK_SAYS("squares: the pool 'tight' is full");
    gate_open(&gate);
    CHECK_INT(future_get(f[0]), SYN_OK);
    CHECK_INT(future_get(f[1]), SYN_OK);
    finish_pool(&tight);
    over();
}

static void W1_items_without_an_array_are_an_error(void)
{
    begin();
    CHECK_INT(squares(NULL, 3, out), SYN_EINVAL);
    CHECK(strstr(syn_last_report()->message, "squares: 3 items, and no array to take them from"));
    CHECK_INT(squares(in, 3, NULL), SYN_EINVAL);
    CHECK(strstr(syn_last_report()->message, "no array to put the results in"));
    CHECK_INT(future_get(squares_future(NULL, 1, NULL)), SYN_EINVAL);
    CHECK_INT(squares(NULL, 0, NULL), SYN_OK);
    over();
}

POOL_MAP(workers, int, long, odd_fails)
{
    if (*in % 2)
        return *in == 1 ? SYN_EIO : SYN_EPIPE;
    *out = *in;
    return SYN_OK;
}

static syn_err errs[MANY];

static void W1_a_map_that_goes_on_tells_what_each_item_came_to(void)
{
    begin();
    fill();
    CHECK_INT(pool_map_all(NULL, odd_fails, in + 1, 1, out, errs), SYN_EIO);
    CHECK_SAYS("odd_fails: 1 of 1 items failed, item 0 first");
    fill();
    CHECK(pool_map_all(&others, odd_fails, in, MANY, out, errs) == SYN_EIO);
    CHECK_SAYS("50000 of 100000 items failed, item 1 first");
    for (int i = 0; i < MANY; i++) {
        CHECK_INT(errs[i], i == 1 ? SYN_EIO : i % 2 ? SYN_EPIPE : SYN_OK);
        CHECK_INT(out[i], i % 2 ? -1 : i);
    }
    fill();
    CHECK(future_get(pool_submit_all(NULL, odd_fails, in, MANY, out, errs)) != SYN_OK);
    for (int i = 0; i < MANY; i++)
        CHECK_INT(out[i], i % 2 ? -1 : i);
    CHECK_INT(pool_map_all(NULL, squares, in, MANY, out, errs), SYN_OK);
    check_all();
    for (int i = 0; i < MANY; i++)
        CHECK_INT(errs[i], SYN_OK);
    CHECK_INT(pool_stop(&others, syn_never()), 0);
    CHECK_INT(pool_map_all(&others, squares, in, 10, out, errs), SYN_ECLOSED);
    for (int i = 0; i < 10; i++)
        CHECK_INT(errs[i], SYN_ECANCELED);
    over();
}

static const struct test_case cases[] = {
    TEST(W1_a_map_has_every_face_and_its_results_are_in_order),
    TEST_MODES(W1_a_task_awaits_a_map),
    TEST(W1_items_without_an_array_are_an_error),
    TEST(W1_all_threads_take_part),
    TEST(W1_the_first_error_stops_the_rest_and_says_which_item),
    TEST(X3_a_map_that_is_cancelled_begins_no_further_piece),
    TEST(X3_a_map_that_waits_for_a_thread_is_cancelled_at_once),
    TEST(W5_with_any_allocation_or_thread_failing_the_future_says_so),
    TEST(L2_a_stopped_pool_takes_no_map),
    TEST(W1_a_map_that_a_pool_refuses_says_why),
    TEST(W1_a_map_that_goes_on_tells_what_each_item_came_to),
};
TEST_MAIN("pool_map", cases);

/* SPDX-License-Identifier: Apache-2.0
 *
 * As race_test.c: windows that are opened on purpose, of what ends while somebody is about to reach it.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"
#include "support/points.h"

SYNCHRONIZER(demo);
POOL(pool, .max_threads = 1);
PROMISE(int, number);
CHANNEL(int, ints);

static void finish_all(void)
{
    CHECK_INT(pool_stop(&pool, syn_never()), 0);
    finish(&demo);
    CHECK(syn_memory_use().outstanding == 0);
}

/* --- a task comes to its end while its request is on its way --- */

ASYNC(demo, int, awaits, (struct number_future, f), SYN_LOCAL(int, y))
{
    co_begin;
    co_try(self->f, &self->y);
    co_return(self->y);
    co_end;
}

ASYNC(demo, void, passes)
{
    co_begin;
    co_pass;
    co_end;
}

static void cancels(int unused, void *future)
{
    (void)unused;
    CHECK_INT(future_request_cancel(*(struct awaits_future *)future), 0);
}

static void X1_a_task_does_not_end_before_the_request_that_is_on_its_way(void)
{
    struct number_promise promise;
    struct number_future f;
    struct awaits_future task;
    struct crew_at_work *canceller;
    unsigned long ended;
    int y = 0;

    points_needed();
    begin_in_real_time();
    CHECK_INT(promise_new(number, &promise, &f), 0);
    task = awaits_future(f);
    CHECK_INT(passes(), 0); /* it has begun */
    ended = synchronizer_stats(&demo).ended;
    CHECK_INT(syn_test_hold("request_sent", 1), 0);
    canceller = crew_start(1, cancels, &task);
    AWAIT_HELD("request_sent");
    CHECK_INT(promise_complete(promise, &(int){7}), 0);
    CHECK_INT(passes(), 0);
    CHECK_INT(passes(), 0); /* behind its last step */
    CHECK_INT(synchronizer_stats(&demo).ended, ended + 2); /* and it was none of those */
    syn_test_release("request_sent");
    crew_join(canceller);
    CHECK_INT(future_get(task, &y), 0);
    CHECK_INT(y, 7);
    finish_all();
}

/* --- a job returns while it is told that it shall end --- */

static atomic_bool runs, may_return;

BLOCKING(pool, int, stands)
{
    runs = true;
    spin_until(&may_return);
    return 7;
}

static void cancels_a_job(int unused, void *future)
{
    (void)unused;
    CHECK_INT(future_request_cancel(*(struct stands_future *)future), 0);
}

static void X1_a_job_is_not_over_while_somebody_tells_it_that_it_shall_end(void)
{
    struct crew_at_work *canceller;
    struct stands_future job;
    int y = 0;

    points_needed();
    begin_in_real_time();
    job = stands_future();
    spin_until(&runs);
    CHECK_INT(syn_test_hold("pool_asked", 1), 0);
    CHECK_INT(syn_test_hold("pool_held", 1), 0);
    canceller = crew_start(1, cancels_a_job, &job);
    AWAIT_HELD("pool_asked");
    may_return = true;
    AWAIT_HELD("pool_held");
    syn_test_release("pool_held");
    syn_test_release("pool_asked");
    crew_join(canceller);
    CHECK_INT(future_get(job, &y), 0);
    CHECK_INT(y, 7);
    finish_all();
}

/* --- an item comes to a channel that is closed at this moment --- */

static void sends(int unused, void *channel)
{
    int item = 7;

    (void)unused;
    CHECK_INT(channel_send(*(struct ints_channel *)channel, &item), SYN_ECLOSED);
}

static void G7_an_item_that_comes_while_its_channel_is_closed_is_refused(void)
{
    struct ints_channel channel;
    struct crew_at_work *sender;

    points_needed();
    begin_in_real_time();
    CHECK_INT(channel_new(ints, 1, &channel), 0);
    CHECK_INT(syn_test_hold("channel_comes", 1), 0);
    sender = crew_start(1, sends, &channel);
    AWAIT_HELD("channel_comes");
    CHECK_INT(channel_close(channel), 0);
    syn_test_release("channel_comes");
    crew_join(sender);
    CHECK_INT(syn_memory_use().outstanding, 0);
}

/* --- a generator was woken, and is abandoned before its step --- */

GENERATOR(demo, int, counts, SYN_LOCAL(int, i))
{
    co_begin;
    for (;;)
        co_yield(self->i++);
    co_end;
}

static atomic_bool spins, may_go;

ASYNC(demo, void, keeps_the_loop)
{
    co_begin;
    spins = true;
    spin_until(&may_go);
    co_end;
}

static void asks(int unused, void *channel)
{
    int item;

    (void)unused;
    CHECK(channel_next(*(struct counts_channel *)channel, &item) != 0);
}

/* It is no reason to drive while it waits to be asked, and is none when it is gone. */
static void L2_a_generator_that_is_abandoned_as_it_was_woken_is_not_counted_on(void)
{
    struct counts_channel channel;
    struct keeps_the_loop_future step;
    struct crew_at_work *consumer;
    int item = -1;

    points_needed();
    begin_in_real_time();
    channel = counts();
    CHECK_INT(channel_next(channel, &item), 0);
    step = keeps_the_loop_future();
    spin_until(&spins);
    CHECK_INT(syn_test_hold("post_knock", 1), 0);
    consumer = crew_start(1, asks, &channel);
    AWAIT_HELD("post_knock"); /* its wake lies in the inbox */
    syn_test_release("post_knock");
    CHECK_INT(synchronizer_stop(&demo, syn_after(0)), SYN_ETIMEDOUT); /* behind it */
    may_go = true;
    crew_join(consumer);
    while (synchronizer_stop(&demo, syn_never()) != 0) /* it may still be told of that one */
        ;
    future_detach(step);
    channel_close(channel);
    CHECK_INT(synchronizer_start(&demo), 0);
    CHECK_INT(passes(), 0); /* invariant 9 */
    finish_all();
}

static const struct test_case cases[] = {
    TEST_MODES(L2_a_generator_that_is_abandoned_as_it_was_woken_is_not_counted_on),
    TEST(X1_a_task_does_not_end_before_the_request_that_is_on_its_way),
    TEST(X1_a_job_is_not_over_while_somebody_tells_it_that_it_shall_end),
    TEST(G7_an_item_that_comes_while_its_channel_is_closed_is_refused),
};
TEST_MAIN("race_end", cases);

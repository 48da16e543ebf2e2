/* SPDX-License-Identifier: Apache-2.0
 *
 * Maps over channels: in order, bounded, and what they come to.
 */
#define _DEFAULT_SOURCE
#include <sched.h>

#include "support/channel_map_rig.h"

static void I11_results_come_in_order_whoever_makes_them(void)
{
    struct results_channel out;
    struct doubled_future maps;
    syn_err err;

    start();
    for (size_t capacity = 0; capacity < 3; capacity++) {
        made = 0;
        out = results_new(capacity);
        maps = doubled_future(source(1000 / TEST_SLOWNESS, SYN_OK), out, 8);
        CHECK_INT(fetch_all(out, 0, &err), 1000 / TEST_SLOWNESS);
        CHECK_INT(err, SYN_OK);
        CHECK_INT(future_get(maps), SYN_OK);
    }
    CHECK_INT(cleaned, 3);
    over();
}

ASYNC(demo, int, sum_of, (int, n), SYN_LOCAL(struct results_channel, out),
      SYN_LOCAL(struct doubled_future, maps), SYN_LOCAL(struct result, it), SYN_LOCAL(int, sum))
{
    co_begin;
    made = 2;
    self->out = results_new(2);
    self->maps = doubled_future(source(self->n, SYN_OK), self->out, 4);
    co_each (self->out, &self->it) {
        self->sum += self->it.number;
        results--;
    }
    co_check;
    co_try(self->maps);
    co_return(self->sum);
    co_end;
}

static void I11_a_task_consumes_a_map(void)
{
    int sum;

    start();
    CHECK_INT(sum_of(100, &sum), SYN_OK);
    CHECK_INT(sum, 9900);
    over();
}

BLOCKING(workers, int, maps_in_a_job, (int, n))
{
    struct results_channel out = results_new(n); /* room for all: the blocking face */
    syn_err err = doubled(source(n, SYN_OK), out, 2);

    if (err)
        return job_fail(job, err);
    return fetch_all(out, 0, &err);
}

static void I11_a_job_may_wait_for_a_map_on_its_own_pool(void)
{
    int n;

    start();
    made = 2;
    CHECK_INT(maps_in_a_job(50, &n), SYN_OK);
    CHECK_INT(n, 50);
    over();
}

static void I11_the_look_ahead_is_bounded(void)
{
    struct results_channel out;
    struct doubled_future maps;
    struct result result;

    start();
    made = 2;
    bound = 5 + 1; /* and one that it has, and has not counted */
    out = results_new(0);
    maps = doubled_future(source(100, SYN_OK), out, 5);
    while (began < 5) /* they are begun, though nobody asked */
        sched_yield();
    for (; received < 100; received++) {
        CHECK_INT(channel_next(out, &result), SYN_OK);
        results--;
    }
    CHECK_INT(channel_next(out, &result), SYN_EEND);
    CHECK_INT(channel_close(out), SYN_OK);
    CHECK_INT(future_get(maps), SYN_OK);
    over();
}

/* With room for all in OUT three threads have what they can do, and no more than AHEAD is begun. */
static void I11_the_pool_is_kept_busy_and_no_item_beyond_begins(void)
{
    struct results_channel out;
    struct stands_future maps;
    syn_err err;

    start();
    out = results_new(100);
    maps = stands_future(source(100, SYN_OK), out, 2);
    gate_await(&gate, 2);
    CHECK_INT(began, 2);
    gate_open(&gate);
    CHECK_INT(future_get(maps), SYN_OK);
    CHECK_INT(fetch_all(out, 0, &err), 100);
    over();
}

static void I11_an_items_error_comes_after_the_results_before_it(void)
{
    struct items_channel in;
    struct results_channel out;
    struct picky_future maps;
    syn_err err;

    start();
    in = ten_items();
    out = results_new(0);
    maps = picky_future(in, out, 4);
    CHECK_INT(fetch_all(out, 0, &err), 7);
    CHECK_INT(err, SYN_EIO);
    CHECK_INT(future_get(maps), SYN_EIO);
    CHECK(strstr(syn_last_report()->message, "picky: item 7"));
    CHECK_INT(channel_send(in, &(struct item){0}), SYN_ECLOSED); /* its producer hears of it */
    over();
}

static void I11_the_sources_error_comes_after_all_results(void)
{
    struct results_channel out;
    struct doubled_future maps;
    struct result result;
    syn_err err;

    start();
    made = 2;
    out = results_new(0);
    maps = doubled_future(source(5, SYN_EPIPE), out, 4);
    for (int i = 0; i < 5; i++) {
        CHECK_INT(channel_next(out, &result), SYN_OK);
        results--;
    }
    err = channel_next(out, &result);
    CHECK_INT(err, SYN_EPIPE);
    CHECK(strstr(syn_last_report()->message, "the source broke"));
    channel_close(out);
    CHECK_INT(future_get(maps), SYN_EPIPE);
    CHECK_INT(cleaned, 1);
    over();
}

static void I11_a_consumer_that_has_enough_ends_it_well(void)
{
    struct results_channel out;
    struct doubled_future maps;

    start();
    made = 2;
    out = results_new(1);
    maps = doubled_future(source(1000000, SYN_OK), out, 8);
    channel_each (struct result, result, out, NULL) {
        results--;
        if (result.number == 20)
            break;
    }
    CHECK_INT(future_get(maps), SYN_OK);
    CHECK_INT(cleaned, 1);
    over();
}

static void I11_what_makes_no_sense_is_refused_and_both_channels_are_told(void)
{
    struct items_channel in;
    struct results_channel out;
    syn_err err;

    start();
    in = ten_items();
    out = results_new(0);
    CHECK_INT(picky(in, out, 0), SYN_EINVAL);
    CHECK_SAYS("the look-ahead of a map is at least 1 item");
    CHECK_INT(channel_send(in, &(struct item){0}), SYN_ECLOSED);
    CHECK_INT(fetch_all(out, 0, &err), 0);
    CHECK_INT(err, SYN_EINVAL);
    out = results_new(0);
    CHECK_INT(picky(in, out, 1), SYN_ECLOSED); /* it was closed */
    CHECK_INT(fetch_all(out, 0, &err), 0);
    CHECK_INT(err, SYN_ECLOSED);
    out = results_new(0);
    CHECK_INT(picky(ten_items(), out, SIZE_MAX / 2), SYN_EINVAL);
    channel_close(out);
    CHECK_INT(picky(ten_items(), out, 3), SYN_OK); /* nobody wants it any more */
    over();
}

static const struct test_case cases[] = {
    TEST(I11_results_come_in_order_whoever_makes_them),
    TEST(I11_a_task_consumes_a_map),
    TEST(I11_a_job_may_wait_for_a_map_on_its_own_pool),
    TEST(I11_the_look_ahead_is_bounded),
    TEST(I11_the_pool_is_kept_busy_and_no_item_beyond_begins),
    TEST(I11_an_items_error_comes_after_the_results_before_it),
    TEST(I11_the_sources_error_comes_after_all_results),
    TEST(I11_a_consumer_that_has_enough_ends_it_well),
    TEST(I11_what_makes_no_sense_is_refused_and_both_channels_are_told),
};
TEST_MAIN_BOTH_MODES("channel_map", cases);

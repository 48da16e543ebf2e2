/* SPDX-License-Identifier: Apache-2.0
 *
 * Maps over channels end without a hang or a loss, by whatever they end, and whatever fails.
 */
#define _DEFAULT_SOURCE
#include "support/channel_map_rig.h"
#include "support/random.h"

#include <synchronicity/step.h>

/* --- asked to end --- */

static void X3_a_cancelled_map_fails_its_channel_and_waits_for_its_jobs(void)
{
    struct results_channel out;
    struct stands_future maps;
    struct result result;

    start();
    out = results_new(0);
    maps = stands_future(source(100, SYN_OK), out, 5);
    gate_await(&gate, 3);
    CHECK_INT(future_request_cancel(maps), SYN_OK);
    CHECK_INT(channel_next(out, &result), SYN_ECANCELED); /* at once; they run */
    CHECK_INT(future_poll(maps), SYN_EAGAIN);
    gate_open(&gate);
    CHECK_INT(future_get(maps), SYN_ECANCELED);
    CHECK_INT(began, 3); /* two that waited never began */
    channel_close(out);
    over();
}

static void X3_it_is_cancelled_while_it_waits_for_an_item_or_for_room(void)
{
    struct results_channel out;
    struct picky_future maps;
    struct items_channel in;
    struct result result;

    start();
    CHECK_INT(channel_new(items, 1, &in), SYN_OK);
    out = results_new(0);
    maps = picky_future(in, out, 5);
    CHECK_INT(future_wait_by(maps, syn_after(1)), SYN_ETIMEDOUT);
    CHECK_INT(future_cancel(maps), SYN_ECANCELED);
    CHECK_INT(channel_send(in, &(struct item){0}), SYN_ECLOSED);
    CHECK_INT(channel_next(out, &result), SYN_ECANCELED);
    channel_close(out);

    out = results_new(0);
    CHECK_INT(call_by(syn_after(1), picky(ten_items(), out, 3)), SYN_ETIMEDOUT);
    CHECK_INT(channel_next(out, &result), SYN_ETIMEDOUT);
    channel_close(out);
    over();
}

static void L2_a_stopped_pool_ends_a_map(void)
{
    struct results_channel out;
    struct doubled_future maps;
    struct result result;
    syn_err err;

    start();
    made = 2;
    out = results_new(0);
    maps = doubled_future(source(1000000, SYN_OK), out, 8);
    CHECK_INT(channel_next(out, &result), SYN_OK);
    results--;
    finish_pool(&workers);
    while (!(err = channel_next(out, &result)))
        results--;
    CHECK(err == SYN_ECLOSED || err == SYN_ECANCELED);
    channel_close(out);
    CHECK_INT(future_get(maps), err);
    CHECK_INT(cleaned, 1);
    over();
}

static void L2_a_stopped_synchronizer_ends_a_map(void)
{
    struct results_channel out;
    struct doubled_future maps;
    syn_err err;

    start();
    made = 2;
    out = results_new(0);
    maps = doubled_future(source(1000000, SYN_OK), out, 8);
    CHECK_INT(synchronizer_stop(syn_default_synchronizer(), syn_never()), SYN_OK);
    fetch_all(out, 0, &err);
    CHECK_INT(err, SYN_ECANCELED);
    CHECK_INT(future_get(maps), SYN_ECANCELED);

    /* and one that comes later: both channels are told, and not only the future */
    out = results_new(0);
    CHECK_INT(future_get(doubled_future(source(10, SYN_OK), out, 8)), SYN_ECLOSED);
    CHECK_INT(fetch_all(out, 0, &err), 0);
    CHECK_INT(err, SYN_ECANCELED);
    over();
}

static void fail_each(const char *what)
{
    unsigned long hits, n = 0;

    do {
        struct results_channel out = results_new(0);
        struct items_channel in = ten_items();
        struct picky_future maps;
        syn_err err, mapped;

        syn_fault_set(what, ++n, 1, EAGAIN);
        maps = picky_future(in, out, 3);
        fetch_all(out, 0, &err);
        mapped = future_get(maps);
        hits = syn_fault_hits();
        syn_fault_clear();
        CHECK(err);
        CHECK(mapped == SYN_EIO || mapped == SYN_ENOMEM || mapped == SYN_EAGAIN);
        CHECK_INT(channel_send(in, &(struct item){0}), SYN_ECLOSED);
        CHECK_INT(items, 0);
        CHECK_INT(results, 0);
        CHECK_INT(pool_stop(&workers, syn_never()), SYN_OK);
        CHECK_INT(pool_start(&workers), SYN_OK);
    } while (hits >= n);
    CHECK(n > 1); /* some were hit */
}

static void H8_with_any_allocation_or_thread_failing_nobody_waits(void)
{
    start();
    fail_each("alloc");
    fail_each("pthread_create");
    over();
}

/* A job does not end in time: OUT and IN are told all the same, and the job frees what it works in. */
static void L2_a_map_that_is_abandoned_leaves_nobody_waiting(void)
{
    struct items_channel in;
    struct results_channel out;
    struct stuck_future maps;
    syn_err err;

    start();
    in = ten_items();
    out = results_new(0);
    maps = stuck_future(in, out, 5);
    gate_await(&gate, 3);
    CHECK_INT(synchronizer_stop(syn_default_synchronizer(), syn_after(0)), SYN_ETIMEDOUT);
    CHECK_INT(fetch_all(out, 0, &err), 0);
    CHECK_INT(err, SYN_ECANCELED);
    CHECK_INT(channel_send(in, &(struct item){0}), SYN_ECLOSED);
    CHECK_INT(future_get(maps), SYN_EABANDONED);
    gate_open(&gate);
    over();
}

ASYNC(demo, void, naps, (double, seconds))
{
    co_begin;
    co_sleep(self->seconds);
    co_end;
}

ASYNC(SYN_FREE, void, ends_its_thread)
{
    gate_pass(&gate);
    pthread_exit(NULL);
    return step_done(self);
}

/* A result was handed on, and the map does not hear of it: it belongs to the one that has it. */
static void L2_what_was_handed_on_as_its_loop_died_is_not_destroyed_twice(void)
{
    struct results_channel out;
    struct result result;
    struct picky_future maps;
    syn_err err;

    start();
    syn_test_callers_drive(0); /* a thread of the program that drove, and ended, would end the process */
    out = results_new(0);
    maps = picky_future(ten_items(), out, 3);
    CHECK_INT(naps(1.0), SYN_OK); /* the map waits for a receiver by now */
    CHECK_INT(future_detach(ends_its_thread_future()), SYN_OK);
    gate_await(&gate, 1);
    CHECK_INT(channel_next(out, &result), SYN_OK);
    CHECK_INT(result.number, 0);
    results--;
    gate_open(&gate);
    CHECK_INT(future_get(maps), SYN_ELOOPDEAD);
    CHECK_INT(fetch_all(out, 1, &err), 1);
    CHECK_INT(err, SYN_ECANCELED);
    over();
}

/* --- in any order --- */

enum { ENDS_ITSELF, BREAKS, IS_CANCELLED, SOURCE_FAILS, POOL_STOPS, WAYS };

static void one_story(uint32_t *state)
{
    int n = (int)(next_random(state) % 40), at = (int)(next_random(state) % 40), had = 0;
    int way = (int)(next_random(state) % WAYS);
    struct results_channel out = results_new(next_random(state) % 4);
    struct doubled_future maps = doubled_future(
        source(n, way == SOURCE_FAILS ? SYN_EPIPE : SYN_OK), out, 1 + next_random(state) % 9);
    syn_err err, mapped;

    channel_each (struct result, result, out, &err) {
        CHECK_INT(result.number, 2 * had++);
        results--;
        if (had != at)
            continue;
        if (way == BREAKS)
            break;
        if (way == IS_CANCELLED)
            future_request_cancel(maps);
        if (way == POOL_STOPS)
            CHECK_INT(pool_stop(&workers, syn_never()), SYN_OK);
    }
    mapped = future_get(maps);
    if (way == ENDS_ITSELF || way == BREAKS)
        CHECK_INT(mapped, SYN_OK);
    if (way == SOURCE_FAILS)
        CHECK_INT(mapped, SYN_EPIPE);
    if (way == ENDS_ITSELF || way == SOURCE_FAILS)
        CHECK_INT(had, n);
    CHECK_INT(items, 0);
    CHECK_INT(results, 0);
    pool_start(&workers);
}

static void I11_however_it_ends_nothing_hangs_and_nothing_is_lost(void)
{
    uint32_t state = 4711;

    start();
    made = 2;
    for (int i = 0; i < 300 / TEST_SLOWNESS; i++)
        one_story(&state);
    over();
}

static const struct test_case cases[] = {
    TEST(X3_a_cancelled_map_fails_its_channel_and_waits_for_its_jobs),
    TEST(X3_it_is_cancelled_while_it_waits_for_an_item_or_for_room),
    TEST(L2_a_stopped_pool_ends_a_map),
    TEST(L2_a_stopped_synchronizer_ends_a_map),
    TEST(H8_with_any_allocation_or_thread_failing_nobody_waits),
    TEST(L2_a_map_that_is_abandoned_leaves_nobody_waiting),
    TEST(L2_what_was_handed_on_as_its_loop_died_is_not_destroyed_twice),
    TEST(I11_however_it_ends_nothing_hangs_and_nothing_is_lost),
};
TEST_MAIN_BOTH_MODES("channel_map_end", cases);

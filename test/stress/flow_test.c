/* SPDX-License-Identifier: Apache-2.0
 *
 * Items that flow between threads past a channel's lock, as fast as they can, while others
 * take the lock all the time: nothing is lost, doubled or out of its producer's order.
 */
#define _DEFAULT_SOURCE
#include <sched.h>

#include "support/call_rig.h"
#include "support/random.h"

SYNCHRONIZER(demo);
SYNCHRONIZER(other);

CHANNEL(long, longs);

enum { EACH = 20000 / TEST_SLOWNESS, MAKERS = 3, TAKERS = 2 };

static struct longs_channel shared;
static atomic_llong sum, count;
static atomic_int makers;

static void take(long item, long *latest)
{
    CHECK(item % EACH + 1 > latest[item / EACH]);
    latest[item / EACH] = item % EACH + 1;
    sum += item;
    count++;
}

static void check_all_came(long long total)
{
    CHECK_INT(count, total);
    CHECK_INT(sum, total * (total - 1) / 2);
    count = sum = 0;
}

/* The last of them ends it. */
static void sends(int maker)
{
    for (long i = 0; i < EACH; i++)
        CHECK_INT(channel_send(shared, &(long){maker * (long)EACH + i}), 0);
    if (--makers == 0)
        CHECK_INT(channel_end(shared), 0);
}

static void takes(struct longs_channel from)
{
    long latest[MAKERS] = {0}, item;
    syn_err err;

    while (!(err = channel_next(from, &item)))
        take(item, latest);
    CHECK_INT(err, SYN_EEND);
}

/* Takes the lock, mostly. */
static void meddles(struct longs_channel with)
{
    long latest[MAKERS] = {0}, item;
    uint32_t random = 1;
    syn_err err = 0;

    while (err != SYN_EEND) {
        uint32_t r = next_random(&random);

        if (r % 3 == 0)
            channel_select(&err, ON_NEXT(with, &item), ON_TIME(syn_after(20e-6)));
        else if (r % 3 == 1)
            err = channel_next_by(with, &item, syn_after(0));
        else
            err = channel_try_next(with, &item);
        if (!err)
            take(item, latest);
        CHECK_INT(channel_prefetch(with, 9), SYN_EBUSY);
    }
}

static void works(int number, void *unused)
{
    (void)unused;
    if (number < TAKERS)
        takes(shared);
    else if (number == TAKERS)
        meddles(shared);
    else
        sends(number - TAKERS - 1);
}

ASYNC(other, void, takes_in_a_task, SYN_LOCAL(long, item), SYN_LOCAL(long, latest[MAKERS]))
{
    co_begin;
    for (;;) {
        co_next(shared, &self->item);
        if (co_status == SYN_EEND)
            co_done;
        CHECK_INT(co_status, 0);
        take(self->item, self->latest);
    }
    co_end;
}

static const size_t capacities[] = {2, 3, 64};

static void G8_threads_and_a_task_share_what_flows(void)
{
    begin_in_real_time();
    for (int i = 0; i < 3; i++) {
        struct takes_in_a_task_future task;

        CHECK_INT(channel_new(longs, capacities[i], &shared), 0);
        CHECK_INT(channel_send(shared, &(long){0}), 0); /* it is in use from now on */
        CHECK_INT(channel_next(shared, &(long){0}), 0);
        makers = MAKERS;
        task = takes_in_a_task_future();
        crew_run(TAKERS + 1 + MAKERS, works, NULL);
        CHECK_INT(future_get(task), 0);
        CHECK_INT(channel_close(shared), 0);
        check_all_came((long)MAKERS * EACH);
    }
    finish(&other);
}

GENERATOR(demo, long, counts, SYN_LOCAL(long, i))
{
    co_begin;
    for (self->i = 0; self->i < EACH; self->i++)
        co_yield(self->i);
    co_end;
}

static struct counts_channel generated;

static void asks(int number, void *unused)
{
    long latest = 0, item;
    syn_err err = 0;

    (void)unused;
    while (err != SYN_EEND) {
        if (number == 0)
            channel_select(&err, ON_NEXT(generated, &item), ON_TIME(syn_after(20e-6)));
        else
            err = channel_next(generated, &item);
        if (!err)
            take(item, &latest);
    }
}

static void G8_threads_share_what_flows_from_a_generator(void)
{
    begin_in_real_time();
    for (int i = 0; i < 3; i++) {
        generated = counts();
        CHECK_INT(channel_prefetch(generated, capacities[i]), 0);
        crew_run(3, asks, NULL);
        CHECK_INT(channel_close(generated), 0);
        check_all_came(EACH);
    }
    finish(&demo);
}

/* --- another capacity, while it is used for the first time --- */

enum { ROUNDS = 2000 / TEST_SLOWNESS };
static struct longs_channel fresh[ROUNDS];
static atomic_int ready;

static void resizes_or_uses(int number, void *unused)
{
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        syn_err err = 0;
        long item = -1;

        for (ready++; ready < 3 * (i + 1);)
            sched_yield();
        if (number == 0)
            err = channel_prefetch(fresh[i], 5);
        else if (number == 1)
            CHECK_INT(channel_send(fresh[i], &(long){i}), 0);
        else
            CHECK_INT(channel_next(fresh[i], &item), 0);
        CHECK(err == 0 || err == SYN_EBUSY);
        CHECK(number < 2 || item == i);
    }
}

static void G3_a_capacity_is_set_as_others_begin_to_use_the_channel(void)
{
    begin_in_real_time();
    for (int i = 0; i < ROUNDS; i++)
        CHECK_INT(channel_new(longs, (size_t)i % 3, &fresh[i]), 0);
    crew_run(3, resizes_or_uses, NULL);
    for (int i = 0; i < ROUNDS; i++)
        CHECK_INT(channel_close(fresh[i]), 0);
}

static const struct test_case cases[] = {
    TEST(G8_threads_and_a_task_share_what_flows),
    TEST(G8_threads_share_what_flows_from_a_generator),
    TEST(G3_a_capacity_is_set_as_others_begin_to_use_the_channel),
};
TEST_MAIN_BOTH_MODES("flow", cases);

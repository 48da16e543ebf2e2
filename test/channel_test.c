/* SPDX-License-Identifier: Apache-2.0
 *
 * Channels made directly: many at both ends, waiting and not waiting.
 */
#define _DEFAULT_SOURCE
#include "support/channel_rig.h"

/* --- many at both ends --- */

enum { PRODUCERS = 3, CONSUMERS = 3, EACH = 200 };
static struct ints_channel shared;
static atomic_int got[PRODUCERS * EACH], n_producing;
static _Atomic(int) latest[CONSUMERS + 2][PRODUCERS];

static void check_in_order(int consumer, int v)
{
    CHECK(v >= 0 && v < PRODUCERS * EACH);
    CHECK(latest[consumer][v / EACH] <= v % EACH);
    latest[consumer][v / EACH] = v % EACH + 1;
    got[v]++;
}

static void works(int number, void *unused)
{
    syn_err err;

    (void)unused;
    if (number < PRODUCERS) {
        for (int i = 0; i < EACH; i++)
            CHECK_INT(channel_send(shared, &(int){number * EACH + i}), 0);
        if (--n_producing == 0)
            CHECK_INT(channel_end(shared), 0);
        return;
    }
    channel_each_open (int, v, shared, &err)
        check_in_order(number - PRODUCERS, v);
    CHECK_INT(err, 0);
}

ASYNC(demo, void, consumes, (int, consumer), SYN_LOCAL(int, v))
{
    co_begin;
    co_each_open (shared, &self->v) {
        check_in_order(self->consumer, self->v);
        if (self->v % 7 == 0)
            co_pass;
    }
    CHECK_INT(co_status, 0);
    co_end;
}

ASYNC(other, void, consumes_there, (int, consumer), SYN_LOCAL(int, v))
{
    co_begin;
    co_each_open (shared, &self->v)
        check_in_order(self->consumer, self->v);
    co_end;
}

static void many_at_both_ends(size_t capacity)
{
    struct consumes_future here;
    struct consumes_there_future there;

    begin();
    shared = ints(capacity);
    n_producing = PRODUCERS;
    here = consumes_future(CONSUMERS);
    there = consumes_there_future(CONSUMERS + 1);
    crew_run(PRODUCERS + CONSUMERS, works, NULL);
    CHECK_INT(future_get(here), 0);
    CHECK_INT(future_get(there), 0);
    for (int i = 0; i < PRODUCERS * EACH; i++)
        CHECK_INT(got[i], 1);
    CHECK_INT(channel_close(shared), 0);
    end_all();
}

static void G8_each_item_goes_to_one_of_many_without_room(void)
{
    many_at_both_ends(0);
}

static void G8_each_item_goes_to_one_of_many_with_room_for_one(void)
{
    many_at_both_ends(1);
}

static void G8_each_item_goes_to_one_of_many_with_room(void)
{
    many_at_both_ends(16);
}

/* --- in turn --- */

static void G8_who_waits_first_is_served_first(void)
{
    struct takes_future take[5];
    struct gives_future give[5];
    struct ints_channel ch;
    int v = -1;

    begin();
    ch = ints(0);
    for (int i = 0; i < 5; i++) {
        take[i] = takes_future(ch);
        CHECK_INT(naps(1.0), 0);
    }
    for (int i = 0; i < 5; i++)
        CHECK_INT(channel_send(ch, &i), 0);
    for (int i = 0; i < 5; i++) {
        CHECK_INT(future_get(take[i], &v), 0);
        CHECK_INT(v, i);
    }
    for (int i = 0; i < 5; i++) {
        give[i] = gives_future(ch, i);
        CHECK_INT(naps(1.0), 0);
    }
    for (int i = 0; i < 5; i++) {
        CHECK_INT(channel_next(ch, &v), 0);
        CHECK_INT(v, i);
        CHECK_INT(future_get(give[i]), 0);
    }
    CHECK_INT(channel_close(ch), 0);
    end_all();
}

static void G3_without_room_both_sides_meet(void)
{
    struct ints_channel ch;
    int v = -1;

    begin();
    ch = ints(0);
    CHECK_INT(channel_try_send(ch, &(int){1}), SYN_EAGAIN);
    CHECK_INT(channel_try_next(ch, &v), SYN_EAGAIN);
    CHECK_INT(channel_send_by(ch, &(int){1}, syn_after(1.0)), SYN_ETIMEDOUT);
    CHECK_INT(channel_next_by(ch, &v, syn_after(1.0)), SYN_ETIMEDOUT);
    CHECK_INT(now(), 2 * SECOND);
    CHECK_INT(v, -1);
    CHECK_INT(channel_close(ch), 0);
    end_all();
}

static void G3_a_full_one_takes_no_more_until_there_is_room(void)
{
    struct ints_channel ch;
    int v = -1;

    begin();
    ch = ints(3);
    for (int i = 0; i < 3; i++)
        CHECK_INT(channel_try_send(ch, &i), 0);
    CHECK_INT(channel_try_send(ch, &(int){3}), SYN_EAGAIN);
    CHECK_INT(channel_send_by(ch, &(int){3}, syn_after(1.0)), SYN_ETIMEDOUT);
    CHECK_INT(channel_prefetch(ch, 5), SYN_EBUSY);
    CHECK_INT(channel_try_next(ch, &v), 0);
    CHECK_INT(v, 0);
    CHECK_INT(channel_try_send(ch, &(int){3}), 0);
    for (int i = 1; i < 4; i++) {
        CHECK_INT(channel_try_next(ch, &v), 0);
        CHECK_INT(v, i);
    }
    CHECK_INT(channel_try_next(ch, &v), SYN_EAGAIN);
    CHECK_INT(channel_prefetch(ch, 5), SYN_EBUSY); /* it was used */
    CHECK_INT(channel_close(ch), 0);
    ch = ints(3);
    CHECK_INT(channel_prefetch(ch, 5), 0);
    for (int i = 0; i < 5; i++)
        CHECK_INT(channel_try_send(ch, &i), 0);
    CHECK_INT(channel_try_send(ch, &(int){5}), SYN_EAGAIN);
    CHECK_INT(channel_close(ch), 0);
    end_all();
}

static void X3_a_sender_that_is_cancelled_sent_nothing(void)
{
    struct gives_future f;
    struct ints_channel ch;
    int v = -1;

    begin();
    ch = ints(0);
    f = gives_future(ch, 7);
    CHECK_INT(future_get_by(f, syn_after(1.0)), SYN_ETIMEDOUT);
    CHECK_INT(channel_try_next(ch, &v), SYN_EAGAIN);
    CHECK_INT(channel_close(ch), 0);
    end_all();
}

static const struct test_case cases[] = {
    TEST(G8_each_item_goes_to_one_of_many_without_room),
    TEST(G8_each_item_goes_to_one_of_many_with_room_for_one),
    TEST(G8_each_item_goes_to_one_of_many_with_room),
    TEST(G8_who_waits_first_is_served_first),
    TEST(G3_without_room_both_sides_meet),
    TEST(G3_a_full_one_takes_no_more_until_there_is_room),
    TEST(X3_a_sender_that_is_cancelled_sent_nothing),
};
TEST_MAIN_BOTH_MODES("channel", cases);

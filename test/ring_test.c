/* SPDX-License-Identifier: Apache-2.0
 *
 * The ring of a channel (src/channel/ring.c): what goes in and out while it flows, while it is
 * stopped, and when it changes between the two.
 */
#include <synchronicity/short.h>

#include "base/mem.h"
#include "base/thread.h"
#include "channel/channel.h"
#include "channel/ring.h"
#include "test.h"

struct item {
    long number;
    char text[5];
};

static struct item item_of(long number)
{
    struct item item = {.number = number, .text = "item"};

    return item;
}

static void *make(struct syni_ring *ring, size_t places)
{
    void *memory = syni_alloc(syni_ring_bytes(places, sizeof(struct item)));

    CHECK(memory != NULL);
    syni_ring_init(ring, memory, places, sizeof(struct item));
    return memory;
}

static void unmake(void *memory, size_t places)
{
    syni_free(memory, syni_ring_bytes(places, sizeof(struct item)));
}

static bool try_push(struct syni_ring *ring, long number)
{
    struct item item = item_of(number);

    return syni_ring_try_push(ring, &item);
}

static bool try_push_below(struct syni_ring *ring, long number)
{
    struct item item = item_of(number);

    return syni_ring_try_push_below(ring, &item);
}

static void push(struct syni_ring *ring, long number)
{
    struct item item = item_of(number);

    syni_ring_push(ring, &item);
}

/* Its number, or -1. */
static long try_pop(struct syni_ring *ring)
{
    struct item item = {-1, ""};

    if (!syni_ring_try_pop(ring, &item))
        return -1;
    CHECK_STR(item.text, "item");
    return item.number;
}

static long pop(struct syni_ring *ring)
{
    struct item item;

    syni_ring_pop(ring, &item);
    CHECK_STR(item.text, "item");
    return item.number;
}

/* As if LAP laps had come and gone. */
static void age(struct syni_ring *ring, uint64_t lap)
{
    ring->in = ring->out = 2 * lap * ring->places + 1;
    for (size_t i = 0; i < ring->places; i++)
        ring->marks[i] = (uint32_t)(2 * lap);
}

static void check_flow_after(uint64_t lap)
{
    for (size_t places = 2; places < 6; places++) {
        struct syni_ring ring;
        void *memory = make(&ring, places);
        long in = 0, out = 0;

        age(&ring, lap);
        syni_ring_flow(&ring);
        for (int lap = 0; lap < 20; lap++) {
            while (try_push(&ring, in))
                in++;
            CHECK_INT(in - out, (long)places);
            CHECK(!syni_ring_may_push(&ring));
            CHECK(syni_ring_may_pop(&ring));
            for (int i = 0; i < lap % (int)places + 1; i++)
                CHECK_INT(try_pop(&ring), out++);
        }
        while (out < in)
            CHECK_INT(try_pop(&ring), out++);
        CHECK_INT(try_pop(&ring), -1);
        CHECK(!syni_ring_may_pop(&ring));
        unmake(memory, places);
    }
}

static void G3_what_flows_is_bounded_and_in_order(void)
{
    check_flow_after(0);
}

/* The marks have 32 bits, the positions 63. */
static void G3_what_flows_goes_on_when_the_marks_wrap_around(void)
{
    check_flow_after((UINT64_C(1) << 31) - 5);
    check_flow_after((UINT64_C(1) << 58) - 5);
}

static void G3_nothing_flows_while_it_is_stopped(void)
{
    struct syni_ring ring;
    void *memory = make(&ring, 3);

    CHECK(!try_push(&ring, 1) && !try_push_below(&ring, 1));
    CHECK_INT(try_pop(&ring), -1);
    CHECK(syni_ring_is_stopped(&ring) && syni_ring_may_push(&ring) && syni_ring_may_pop(&ring));
    push(&ring, 1);
    CHECK_INT(try_pop(&ring), -1);
    CHECK_INT((long)syni_ring_count(&ring), 1);
    syni_ring_flow(&ring);
    CHECK(!syni_ring_is_stopped(&ring));
    CHECK(try_push(&ring, 2));
    syni_ring_stop(&ring);
    CHECK(!try_push(&ring, 3));
    CHECK_INT((long)syni_ring_count(&ring), 2);
    CHECK_INT(pop(&ring), 1);
    CHECK_INT(pop(&ring), 2);
    CHECK_INT((long)syni_ring_count(&ring), 0);
    unmake(memory, 3);
}

static void G3_a_single_pusher_stays_below_the_capacity(void)
{
    struct syni_ring ring;
    void *memory = make(&ring, 4); /* one stays free */
    long in = 0;

    age(&ring, (UINT64_C(1) << 31) - 3);
    syni_ring_flow(&ring);
    for (int lap = 0; lap < 10; lap++) {
        while (try_push_below(&ring, in))
            in++;
        syni_ring_stop(&ring);
        CHECK_INT((long)syni_ring_count(&ring), 3);
        syni_ring_flow(&ring);
        CHECK_INT(try_pop(&ring), in - 3);
    }
    unmake(memory, 4);
}

static void check_flows_out_after(uint64_t lap)
{
    struct syni_ring ring;
    void *memory = make(&ring, 6);

    age(&ring, lap);
    for (long i = 0; i < 6; i++)
        push(&ring, i);
    syni_ring_flow_out(&ring, 3);
    CHECK(!try_push(&ring, 6) && !try_push_below(&ring, 6));
    CHECK_INT(try_pop(&ring), 0);
    CHECK_INT(try_pop(&ring), 1);
    CHECK_INT(try_pop(&ring), -1); /* it would leave three */
    CHECK(syni_ring_may_pop(&ring) && syni_ring_may_push(&ring));
    syni_ring_stop(&ring);
    CHECK_INT((long)syni_ring_count(&ring), 4);
    syni_ring_flow_out(&ring, 3);
    CHECK_INT(try_pop(&ring), -1);
    syni_ring_flow(&ring);
    CHECK(try_push(&ring, 6));
    for (long i = 2; i < 7; i++)
        CHECK_INT(try_pop(&ring), i);
    unmake(memory, 6);
}

static void G3_what_flows_out_alone_leaves_enough(void)
{
    check_flows_out_after(0);
    check_flows_out_after((UINT64_C(1) << 31) - 1);
}

static long destroyed;

static void destroy(void *item)
{
    destroyed += ((struct item *)item)->number;
}

static void C11_what_is_left_is_destroyed_once(void)
{
    struct syni_ring ring;
    void *memory = make(&ring, 3);

    syni_ring_flow(&ring);
    for (int i = 1; i <= 3; i++)
        CHECK(try_push(&ring, i));
    CHECK_INT(try_pop(&ring), 1);
    CHECK(try_push(&ring, 10));
    syni_ring_stop(&ring);
    syni_ring_empty(&ring, destroy);
    CHECK_INT(destroyed, 15);
    CHECK_INT((long)syni_ring_count(&ring), 0);
    syni_ring_empty(&ring, destroy);
    CHECK_INT(destroyed, 15);
    unmake(memory, 3);
}

static void H1_absurd_sizes_are_refused(void)
{
    CHECK_INT((long)syni_ring_bytes(SIZE_MAX, 1), 0);
    CHECK_INT((long)syni_ring_bytes(SIZE_MAX / 8, 8), 0);
    CHECK_INT((long)syni_ring_bytes(2, SIZE_MAX), 0);
    CHECK_INT((long)syni_ring_bytes(2, SIZE_MAX - 3), 0);
    CHECK(syni_ring_bytes(0, 0) > 0);
    CHECK(syni_ring_bytes(3, 5) >= 3 * 5 + 3 * 4);
}

SYN_CHANNEL(long, longs);

/* Else it would wait for ever: the case holds the lock itself. */
static void G8_items_flow_past_the_lock_of_their_channel(void)
{
    struct longs_channel ch;
    struct syni_channel *channel;
    long item = 0;

    CHECK_INT(syn_channel_new(longs, 2, &ch), SYN_OK);
    CHECK_INT(syn_channel_send(ch, &item), SYN_OK); /* the first takes it, and lets it flow */
    CHECK_INT(syni_channel_pin(ch.u.handle, &channel), SYN_OK);
    syni_mutex_lock(&channel->lock);
    for (long i = 1; i < 100; i++) {
        CHECK_INT(syn_channel_send(ch, &i), SYN_OK);
        CHECK_INT(syn_channel_next(ch, &item), SYN_OK);
        CHECK_INT(item, i - 1);
    }
    syni_mutex_unlock(&channel->lock);
    syni_channel_unpin(channel);
    CHECK_INT(syn_channel_close(ch), SYN_OK);
}

SYNCHRONIZER(demo);

GENERATOR(demo, int, count, (int, n), SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < self->n; self->i++)
        co_yield(self->i);
    co_end;
}

static bool sleeps_locked(const struct syni_channel *channel)
{
    return channel->yielded && syni_channel_count(channel) == channel->capacity;
}

static void G8_items_flow_past_the_lock_while_their_generator_sleeps(void)
{
    struct count_channel ch = count(100);
    struct syni_channel *channel;
    bool sleeps = false;
    int item = -1;

    CHECK_INT(channel_prefetch(ch, 8), SYN_OK);
    CHECK_INT(channel_next(ch, &item), SYN_OK);
    CHECK_INT(syni_channel_pin(ch.u.handle, &channel), SYN_OK);
    while (!sleeps) {
        syni_channel_lock(channel);
        sleeps = sleeps_locked(channel);
        syni_channel_unlock(channel);
        syni_thread_yield();
    }
    syni_mutex_lock(&channel->lock);
    for (int i = 1; i < 4; i++) {
        CHECK_INT(channel_next(ch, &item), SYN_OK);
        CHECK_INT(item, i);
    }
    syni_mutex_unlock(&channel->lock);
    for (int i = 4; i < 100; i++) { /* the first of them wakes it */
        CHECK_INT(channel_next(ch, &item), SYN_OK);
        CHECK_INT(item, i);
    }
    CHECK_INT(channel_next(ch, &item), SYN_EEND);
    syni_channel_unpin(channel);
    CHECK_INT(channel_close(ch), SYN_OK);
    CHECK_INT(synchronizer_stop(&demo, syn_never()), SYN_OK);
}

/* --- two push, two pop, and one stops it now and then --- */

enum { EACH = 100000 / TEST_SLOWNESS, HANDS = 2 };

static struct syni_ring shared;
static atomic_int popping;
static atomic_llong sum;

static void pushes(void *number)
{
    long from = *(int *)number * (long)EACH;

    for (long i = 0; i < EACH; i++)
        while (!try_push(&shared, from + i))
            syni_thread_yield();
}

static void pops(void *unused)
{
    long latest[HANDS];

    (void)unused;
    for (int i = 0; i < HANDS; i++)
        latest[i] = -1;
    while (popping > 0) {
        long number = try_pop(&shared);

        if (number < 0) {
            syni_thread_yield();
            continue;
        }
        CHECK(latest[number / EACH] < number);
        latest[number / EACH] = number;
        sum += number;
        popping--;
    }
}

static void G8_what_flows_between_threads_is_neither_lost_nor_doubled(void)
{
    const long long total = (long long)HANDS * EACH;
    struct syni_thread threads[2 * HANDS];
    int numbers[HANDS];
    void *memory = make(&shared, 5);
    long long stopped = 0;

    popping = HANDS * EACH;
    syni_ring_flow(&shared);
    for (int i = 0; i < HANDS; i++) {
        numbers[i] = i;
        CHECK_INT(syni_thread_start(&threads[i], "push", 0, pushes, &numbers[i]), 0);
        CHECK_INT(syni_thread_start(&threads[HANDS + i], "pop", 0, pops, NULL), 0);
    }
    while (popping > 0) { /* one item more or less while it stands still */
        syni_ring_stop(&shared);
        if (syni_ring_count(&shared) > 0) {
            stopped += pop(&shared);
            popping--;
        }
        syni_ring_flow(&shared);
        syni_thread_yield();
    }
    for (int i = 0; i < 2 * HANDS; i++)
        syni_thread_join(&threads[i]);
    CHECK_INT(sum + stopped, total * (total - 1) / 2);
    unmake(memory, 5);
}

static const struct test_case cases[] = {
    TEST(G3_what_flows_is_bounded_and_in_order),
    TEST(G3_what_flows_goes_on_when_the_marks_wrap_around),
    TEST(G3_nothing_flows_while_it_is_stopped),
    TEST(G3_a_single_pusher_stays_below_the_capacity),
    TEST(G3_what_flows_out_alone_leaves_enough),
    TEST(C11_what_is_left_is_destroyed_once),
    TEST(H1_absurd_sizes_are_refused),
    TEST(G8_items_flow_past_the_lock_of_their_channel),
    TEST(G8_items_flow_past_the_lock_while_their_generator_sleeps),
    TEST(G8_what_flows_between_threads_is_neither_lost_nor_doubled),
};
TEST_MAIN("ring", cases);

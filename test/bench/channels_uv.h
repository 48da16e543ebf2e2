/* SPDX-License-Identifier: Apache-2.0
 *
 * The libuv peer of channels.c: a loop on a thread of its own produces into a ring, under
 * a mutex with a condition for the consumer and an async handle for the producer. What its
 * users write by hand. It keeps the consumer's wake-ups to when that sleeps, and its own to
 * when it ran full.
 */
#ifndef CHANNELS_UV_H
#define CHANNELS_UV_H

#include <uv.h>

enum { UV_RING = 1024, UV_TURN = 128 };

static struct {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    int64_t items[UV_RING];
    size_t capacity, first, count;
    bool sleeps, full, ended, asked;
    long next, total;
    bool strict; /* capacity 0: one item for each time it is asked */
    uv_loop_t loop;
    uv_async_t room;
    uv_idle_t idle;
} by_uv;

/* One item; false: there is no room, or no demand. */
static bool uv_produce_one(void)
{
    bool may;

    pthread_mutex_lock(&by_uv.lock);
    may = by_uv.strict ? by_uv.asked && by_uv.count == 0 : by_uv.count < by_uv.capacity;
    if (may) {
        by_uv.items[(by_uv.first + by_uv.count++) % UV_RING] = by_uv.next++;
        by_uv.asked = false;
        by_uv.ended = by_uv.next == by_uv.total;
        if (by_uv.sleeps)
            pthread_cond_signal(&by_uv.filled);
    } else {
        by_uv.full = true;
    }
    pthread_mutex_unlock(&by_uv.lock);
    return may;
}

static void uv_produce(uv_idle_t *idle)
{
    for (int i = 0; i < UV_TURN; i++) {
        if (by_uv.next == by_uv.total) {
            uv_close((uv_handle_t *)&by_uv.room, NULL);
            uv_close((uv_handle_t *)idle, NULL);
            return;
        }
        if (!uv_produce_one()) {
            uv_idle_stop(idle);
            return;
        }
    }
}

static void uv_there_is_room(uv_async_t *async)
{
    (void)async;
    if (by_uv.next < by_uv.total)
        uv_idle_start(&by_uv.idle, uv_produce);
}

static void *uv_thread(void *unused)
{
    uv_run(&by_uv.loop, UV_RUN_DEFAULT);
    return unused;
}

/* The consumer's side. */
static int64_t uv_take(void)
{
    int64_t item;
    bool wake;

    pthread_mutex_lock(&by_uv.lock);
    by_uv.asked = true;
    while (by_uv.count == 0) {
        if (by_uv.full) {
            by_uv.full = false;
            uv_async_send(&by_uv.room);
        }
        by_uv.sleeps = true;
        pthread_cond_wait(&by_uv.filled, &by_uv.lock);
        by_uv.sleeps = false;
    }
    item = by_uv.items[by_uv.first];
    by_uv.first = (by_uv.first + 1) % UV_RING;
    by_uv.count--;
    wake = by_uv.full && !by_uv.strict && by_uv.count <= by_uv.capacity / 2;
    if (wake)
        by_uv.full = false;
    pthread_mutex_unlock(&by_uv.lock);
    if (wake)
        uv_async_send(&by_uv.room);
    return item;
}

static double uv_channel(size_t capacity, long n)
{
    pthread_t thread;
    int64_t sum = 0;
    double t;

    memset(&by_uv, 0, sizeof by_uv);
    pthread_mutex_init(&by_uv.lock, NULL);
    pthread_cond_init(&by_uv.filled, NULL);
    by_uv.capacity = capacity;
    by_uv.strict = capacity == 0;
    by_uv.total = n;
    uv_loop_init(&by_uv.loop);
    uv_async_init(&by_uv.loop, &by_uv.room, uv_there_is_room);
    uv_idle_init(&by_uv.loop, &by_uv.idle);
    uv_idle_start(&by_uv.idle, uv_produce);
    t = bench_now();
    pthread_create(&thread, NULL, uv_thread, NULL);
    for (long i = 0; i < n; i++)
        sum += uv_take();
    t = (bench_now() - t) * 1e9 / (double)n;
    pthread_join(thread, NULL);
    uv_loop_close(&by_uv.loop);
    return sum == (int64_t)n * (n - 1) / 2 ? t : NAN;
}

#endif

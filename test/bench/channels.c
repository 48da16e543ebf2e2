/* SPDX-License-Identifier: Apache-2.0
 *
 * What an item costs on its way through a channel: from a generator to a task of its loop,
 * to a task of another loop, and to a thread that blocks, while the loop has its own thread
 * and while the caller drives.
 *
 * Beside a loop of libuv with a ring and a condition variable, which is what its users
 * write by hand; beside Go's channels, in a child process; and beside a plain ring with one
 * producer and one consumer that spin, the least that handing over between threads costs.
 * Discarded: producers that compute; what is measured is the channel.
 */
#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <synchronicity/short.h>

#include "bench.h"
#include "bench_child.h"

#ifdef BENCH_HAVE_uv
#include "channels_uv.h"
#define PEER_UV(run) BENCH_PEER("libuv, ring, condition", run)
#else
#define PEER_UV(run) BENCH_SKIP("libuv, ring, condition", "built without libuv")
#endif

#ifdef BENCH_PROGRAM_channels_go
#define PEER_GO(name, run) BENCH_PEER(name, run)
#else
#define PEER_GO(name, run) BENCH_SKIP(name, "there is no go here")
#endif

#ifdef BENCH_PROGRAM_coroutines_cc
static double coroutine_items(long n)
{
    return bench_child(BENCH_PROGRAM_coroutines_cc, "item", n);
}
#define PEER_COROUTINES BENCH_PEER("C++20 coroutine", coroutine_items)
#else
#define PEER_COROUTINES BENCH_SKIP("C++20 coroutine", "no compiler of C++20 here")
#endif

SYNCHRONIZER(threaded, .caller_may_drive = -1);
SYNCHRONIZER(driven, .caller_may_drive = 1);
SYNCHRONIZER(elsewhere, .caller_may_drive = -1);

GENERATOR(threaded, int64_t, threaded_count, (int64_t, n), SYN_LOCAL(int64_t, i))
{
    co_begin;
    for (self->i = 0; self->i < self->n; self->i++)
        co_yield(self->i);
    co_end;
}

GENERATOR(driven, int64_t, driven_count, (int64_t, n), SYN_LOCAL(int64_t, i))
{
    co_begin;
    for (self->i = 0; self->i < self->n; self->i++)
        co_yield(self->i);
    co_end;
}

static double ns_each(double since, long n, int64_t sum)
{
    double t = (bench_now() - since) * 1e9 / (double)n;

    return sum == (int64_t)n * (n - 1) / 2 ? t : NAN;
}

/* ------------------------------------------------------------- within a loop -- */

ASYNC(SYN_FREE, int64_t, sums, (struct threaded_count_channel, ch), SYN_LOCAL(int64_t, v))
{
    co_begin;
    co_each (self->ch, &self->v)
        self->result += self->v;
    co_return_result;
    co_end;
}

ASYNC(threaded, int64_t, sums_here, (size_t, capacity), (int64_t, n),
      SYN_LOCAL(struct threaded_count_channel, ch))
{
    co_begin;
    self->ch = threaded_count(self->n);
    channel_prefetch(self->ch, self->capacity);
    co_try(sums_future(self->ch), &self->result);
    co_return_result;
    co_end;
}

ASYNC(elsewhere, int64_t, sums_there, (size_t, capacity), (int64_t, n),
      SYN_LOCAL(struct threaded_count_channel, ch))
{
    co_begin;
    self->ch = threaded_count(self->n);
    channel_prefetch(self->ch, self->capacity);
    co_try(sums_future(self->ch), &self->result);
    co_return_result;
    co_end;
}

static double in_loop(size_t capacity, long n)
{
    double t = bench_now();
    int64_t sum = -1;

    return sums_here(capacity, n, &sum) ? NAN : ns_each(t, n, sum);
}

static double between_loops(size_t capacity, long n)
{
    double t = bench_now();
    int64_t sum = -1;

    return sums_there(capacity, n, &sum) ? NAN : ns_each(t, n, sum);
}

/* ---------------------------------------------------------- to a thread that blocks -- */

static double to_thread(size_t capacity, long n)
{
    struct threaded_count_channel ch = threaded_count(n);
    double t = bench_now();
    int64_t sum = 0;
    syn_err err;

    channel_prefetch(ch, capacity);
    channel_each (int64_t, v, ch, &err)
        sum += v;
    return err ? NAN : ns_each(t, n, sum);
}

static double to_driver(size_t capacity, long n)
{
    struct driven_count_channel ch = driven_count(n);
    double t = bench_now();
    int64_t sum = 0;
    syn_err err;

    channel_prefetch(ch, capacity);
    channel_each (int64_t, v, ch, &err)
        sum += v;
    return err ? NAN : ns_each(t, n, sum);
}

/* ------------------------------------------------------------------------- peers -- */

/* One producer, one consumer, each its own index; the one that cannot go on yields. */
static struct {
    _Atomic(size_t) in;
    char apart[64];
    _Atomic(size_t) out;
    char more[64];
    int64_t items[1024];
    size_t capacity;
    long n;
} ring;

static void *ring_producer(void *unused)
{
    for (long i = 0; i < ring.n; i++) {
        size_t in = atomic_load_explicit(&ring.in, memory_order_relaxed);

        while (in - atomic_load_explicit(&ring.out, memory_order_acquire) == ring.capacity)
            sched_yield();
        ring.items[in % 1024] = i;
        atomic_store_explicit(&ring.in, in + 1, memory_order_release);
    }
    return unused;
}

static double plain_ring(size_t capacity, long n)
{
    double t = bench_now();
    pthread_t thread;
    int64_t sum = 0;

    ring.in = ring.out = 0;
    ring.capacity = capacity ? capacity : 1;
    ring.n = n;
    pthread_create(&thread, NULL, ring_producer, NULL);
    for (size_t out = 0; out < (size_t)n; out++) {
        while (atomic_load_explicit(&ring.in, memory_order_acquire) == out)
            sched_yield();
        sum += ring.items[out % 1024];
        atomic_store_explicit(&ring.out, out + 1, memory_order_release);
    }
    pthread_join(thread, NULL);
    return ns_each(t, n, sum);
}

/* A run of each for one capacity. */
#ifdef BENCH_HAVE_uv
#define UV_RUN(capacity)                                                                           \
    static double uv_##capacity(long n)                                                            \
    {                                                                                              \
        return uv_channel(capacity, n);                                                            \
    }
#else
#define UV_RUN(capacity)
#endif
#ifdef BENCH_PROGRAM_channels_go
#define GO_RUN(capacity)                                                                           \
    static double go_##capacity(long n)                                                            \
    {                                                                                              \
        return bench_child(BENCH_PROGRAM_channels_go, #capacity "/2", n);                                    \
    }
#define GO_ONE_RUN(capacity)                                                                       \
    static double go_one_##capacity(long n)                                                        \
    {                                                                                              \
        return bench_child(BENCH_PROGRAM_channels_go, #capacity "/1", n);                          \
    }
#else
#define GO_RUN(capacity)
#define GO_ONE_RUN(capacity)
#endif
#define RUN(face, capacity)                                                                        \
    static double face##_##capacity(long n)                                                        \
    {                                                                                              \
        return face(capacity, n);                                                                  \
    }
#define RUNS(capacity)                                                                             \
    RUN(to_thread, capacity)                                                                       \
    RUN(to_driver, capacity)                                                                       \
    RUN(between_loops, capacity)                                                                   \
    RUN(plain_ring, capacity)                                                                      \
    UV_RUN(capacity)                                                                               \
    GO_RUN(capacity)

RUNS(0)
RUNS(1)
RUNS(64)
RUNS(1024)
RUN(in_loop, 0)
RUN(in_loop, 64)
GO_ONE_RUN(0)
GO_ONE_RUN(64)

static void compare_in_loop(void)
{
    static const struct bench_workload none = {"in a loop, 0", "item", "ns", 0, 300000};
    static const struct bench_workload some = {"in a loop, 64", "item", "ns", 0, 300000};
    static const struct bench_peer peers_none[] = {BENCH_OURS("task to task", in_loop_0),
                                                   PEER_GO("go, one processor", go_one_0),
                                                   PEER_COROUTINES};
    static const struct bench_peer peers_some[] = {BENCH_OURS("task to task", in_loop_64),
                                                   PEER_GO("go, one processor", go_one_64)};

    BENCH_COMPARE(none, peers_none);
    BENCH_COMPARE(some, peers_some);
}

#define COMPARE(capacity, n)                                                                       \
    do {                                                                                           \
        static const struct bench_workload w = {"to a thread, " #capacity, "item", "ns", 0, n};    \
        static const struct bench_peer peers[] = {                                                 \
            BENCH_OURS("caller drives", to_driver_##capacity),                                     \
            BENCH_OURS("thread by thread", to_thread_##capacity),                                  \
            BENCH_PEER("task on another loop", between_loops_##capacity),                          \
            PEER_UV(uv_##capacity),                                                                \
            PEER_GO("go, two processors", go_##capacity),                                          \
            BENCH_PEER("plain ring, spinning", plain_ring_##capacity),                             \
        };                                                                                         \
        BENCH_COMPARE(w, peers);                                                                   \
    } while (0)

int main(void)
{
    bench_begin("channels", 6);
    compare_in_loop();
    COMPARE(0, 20000);
    COMPARE(1, 20000);
    COMPARE(64, 200000);
    COMPARE(1024, 200000);
    return 0;
}

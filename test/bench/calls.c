/* SPDX-License-Identifier: Apache-2.0
 *
 * What a call costs that does nothing: blocking, as a future, awaited, spawned; and what
 * a task costs in memory that only sleeps.
 *
 * Beside libuv, which has no calls, so that its peers are what its users write by hand
 * to get the same; beside libdispatch and aws-c-io; beside a bare mutex and condition, the least that blocking
 * on another thread costs, and a thread for each call; and beside a plain queue of function pointers,
 * the least that an event loop is. Discarded: single functions in isolation, since nobody makes half a call.
 */
#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE

#include <pthread.h>
#include <stdatomic.h>

#include <synchronicity/short.h>
#include <synchronicity/step.h>

#include "bench.h"
#include "bench_child.h"
#include "footprint.h"

#ifdef BENCH_HAVE_ev
#include <ev.h>
#define PEER_EV(run) BENCH_PEER("libev", run)
#else
#define PEER_EV(run) BENCH_SKIP("libev", "built without libev")
#endif
#ifdef BENCH_HAVE_dispatch
#ifndef __has_feature /* its headers ask, and gcc 12 does not know how */
#define __has_feature(feature) 0
#define __has_extension(feature) 0
#endif
#include <dispatch/dispatch.h>
#define PEER_DISPATCH(name, run) BENCH_PEER(name, run)
#else
#define PEER_DISPATCH(name, run) BENCH_SKIP(name, "built without libdispatch")
#endif
#ifdef BENCH_HAVE_aws_c_io
#include <aws/common/task_scheduler.h>
#include <aws/io/event_loop.h>
#include <aws/io/future.h>
#define PEER_AWS(run) BENCH_PEER("aws-c-io", run)
#else
#define PEER_AWS(run) BENCH_SKIP("aws-c-io", "built without aws-c-io")
#endif
#ifdef BENCH_PROGRAM_coroutines_cc
#define PEER_COROUTINES(run) BENCH_PEER("C++20 coroutine", run)
#else
#define PEER_COROUTINES(run) BENCH_SKIP("C++20 coroutine", "no compiler of C++20 here")
#endif
#ifdef BENCH_HAVE_uv
#include <uv.h>
#define PEER_UV(run) BENCH_PEER("libuv", run)
#else
#define PEER_UV(run) BENCH_SKIP("libuv", "built without libuv")
#endif

enum { WINDOW = 1000, BATCH = 128 };

SYNCHRONIZER(threaded, .caller_may_drive = -1);
SYNCHRONIZER(driven, .caller_may_drive = 1);

ASYNC(threaded, int, threaded_call, (int, x))
{
    return step_return(self, self->x);
}

ASYNC(driven, int, driven_call, (int, x))
{
    return step_return(self, self->x);
}

static double ns_each(double since, long n)
{
    return (bench_now() - since) * 1e9 / (double)n;
}

static double cpu_ns_each(double since, long n)
{
    return (bench_cpu() - since) * 1e9 / (double)n;
}

/* ------------------------------------------------------- blocking round trip -- */

static double threaded_blocking(long n)
{
    double t = bench_now();
    int y;

    for (long i = 0; i < n; i++)
        if (threaded_call((int)i, &y) || y != (int)i)
            return NAN;
    return ns_each(t, n);
}

static double driven_blocking(long n)
{
    double t = bench_now();
    int y;

    for (long i = 0; i < n; i++)
        if (driven_call((int)i, &y) || y != (int)i)
            return NAN;
    return ns_each(t, n);
}

/* One question at a time to another thread. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t asked, answered;
    long question, answer; /* numbers of the latest */
    int stop;
} pingpong = {.lock = PTHREAD_MUTEX_INITIALIZER,
              .asked = PTHREAD_COND_INITIALIZER,
              .answered = PTHREAD_COND_INITIALIZER};

static void *pingpong_thread(void *unused)
{
    pthread_mutex_lock(&pingpong.lock);
    while (!pingpong.stop) {
        if (pingpong.answer == pingpong.question) {
            pthread_cond_wait(&pingpong.asked, &pingpong.lock);
            continue;
        }
        pingpong.answer = pingpong.question;
        pthread_cond_signal(&pingpong.answered);
    }
    pthread_mutex_unlock(&pingpong.lock);
    return unused;
}

static double pthread_blocking(long n)
{
    pthread_t thread;
    double t;

    pingpong.stop = 0;
    pthread_create(&thread, NULL, pingpong_thread, NULL);
    t = bench_now();
    pthread_mutex_lock(&pingpong.lock);
    for (long i = 0; i < n; i++) {
        pingpong.question++;
        pthread_cond_signal(&pingpong.asked);
        while (pingpong.answer != pingpong.question)
            pthread_cond_wait(&pingpong.answered, &pingpong.lock);
    }
    t = ns_each(t, n);
    pingpong.stop = 1;
    pthread_cond_signal(&pingpong.asked);
    pthread_mutex_unlock(&pingpong.lock);
    pthread_join(thread, NULL);
    return t;
}

/* ------------------------------------------------------------------- futures -- */

static double threaded_futures(long n)
{
    static struct threaded_call_future f[WINDOW];
    double t = bench_now();
    int y;

    for (long done = 0; done < n; done += WINDOW) {
        for (int i = 0; i < WINDOW; i++)
            f[i] = threaded_call_future(i);
        for (int i = 0; i < WINDOW; i++)
            if (future_get(f[i], &y) || y != i)
                return NAN;
    }
    return ns_each(t, n);
}

static double driven_futures(long n)
{
    static struct driven_call_future f[WINDOW];
    double t = bench_now();
    int y;

    for (long done = 0; done < n; done += WINDOW) {
        for (int i = 0; i < WINDOW; i++)
            f[i] = driven_call_future(i);
        for (int i = 0; i < WINDOW; i++)
            if (future_get(f[i], &y) || y != i)
                return NAN;
    }
    return ns_each(t, n);
}

/* All at the same time. */
static double outstanding_once(long n)
{
    struct threaded_call_future *f = malloc((size_t)n * sizeof *f);
    double t = bench_cpu();
    int y;

    for (long i = 0; f && i < n; i++)
        f[i] = threaded_call_future((int)i);
    for (long i = 0; f && i < n; i++)
        if (future_get(f[i], &y) || y != (int)i)
            return NAN;
    t = f ? cpu_ns_each(t, n) : NAN;
    free(f);
    return t;
}

static double outstanding_futures(long n)
{
    return measured_twice(outstanding_once, n);
}

/* --------------------------------------------------------- awaited, spawned -- */

static long n_ran; /* spawned calls that ended; the loop's own */

ASYNC(threaded, int, await_many, (long, n), SYN_LOCAL(long, i), SYN_LOCAL(int, y))
{
    co_begin;
    for (self->i = 0; self->i < self->n; self->i++)
        co_try(threaded_call_future(1), &self->y);
    co_return(self->y);
    co_end;
}

ASYNC(threaded, void, count_one)
{
    n_ran++;
    return step_done(self);
}

ASYNC(threaded, void, spawn_many, (long, n), SYN_LOCAL(long, i))
{
    co_begin;
    n_ran = 0;
    for (self->i = 0; self->i < self->n; self->i++) {
        future_detach(count_one_future());
        if (self->i % BATCH == 0)
            co_pass;
    }
    while (n_ran < self->n)
        co_pass;
    co_end;
}

static double our_awaits(long n)
{
    double t = bench_cpu();
    int y;

    return await_many(n, &y) ? NAN : cpu_ns_each(t, n);
}

static double our_spawns(long n)
{
    double t = bench_cpu();

    return spawn_many(n) ? NAN : cpu_ns_each(t, n);
}

/* The least that a loop can be: a list of functions to call. */
struct callback {
    struct callback *next;
    void (*run)(struct callback *callback);
};
static struct callback *first, **last = &first;
static long n_left;

static void enqueue(struct callback *callback, void (*run)(struct callback *callback))
{
    callback->next = NULL;
    callback->run = run;
    *last = callback;
    last = &callback->next;
}

static void run_all(void)
{
    while (first) {
        struct callback *callback = first;

        first = callback->next;
        if (!first)
            last = &first;
        callback->run(callback);
    }
}

static void again(struct callback *callback)
{
    if (--n_left > 0)
        enqueue(callback, again);
}

static double queue_awaits(long n)
{
    double t = bench_cpu();
    struct callback one;

    n_left = n;
    enqueue(&one, again);
    run_all();
    return cpu_ns_each(t, n);
}

static void count_and_free(struct callback *callback)
{
    n_left--;
    free(callback);
}

static double queue_spawns(long n)
{
    double t = bench_cpu();

    n_left = n;
    for (long i = 0; i < n; i++) {
        struct callback *callback = malloc(sizeof *callback);

        if (!callback)
            return NAN;
        enqueue(callback, count_and_free);
        if (i % BATCH == 0)
            run_all();
    }
    run_all();
    return cpu_ns_each(t, n);
}

/* The least that a spawned frame can cost: from a list of free ones and back. */
static double free_list(long n)
{
    static struct callback frames[BATCH];
    struct callback *volatile free_frames = NULL; /* as if others looked */
    double t = bench_cpu();

    for (int i = 0; i < BATCH; i++) {
        frames[i].next = free_frames;
        free_frames = &frames[i];
    }
    for (long i = 0; i < n; i++) {
        struct callback *frame = free_frames;

        free_frames = frame->next;
        memset(frame, 0, sizeof *frame);
        frame->next = free_frames;
        free_frames = frame;
    }
    return cpu_ns_each(t, n);
}

#ifdef BENCH_PROGRAM_coroutines_cc
static double coroutine_awaits(long n)
{
    return bench_child(BENCH_PROGRAM_coroutines_cc, "await", n);
}

static double coroutine_spawns(long n)
{
    return bench_child(BENCH_PROGRAM_coroutines_cc, "spawn", n);
}
#endif

/* -------------------------------------------------------------------- memory -- */

static atomic_long bytes_out;

static void *counting_allocate(void *context, size_t size)
{
    (void)context;
    atomic_fetch_add_explicit(&bytes_out, (long)size, memory_order_relaxed); /* a sum only */
    return malloc(size);
}

static void counting_release(void *context, void *memory, size_t size)
{
    (void)context;
    atomic_fetch_sub_explicit(&bytes_out, (long)size, memory_order_relaxed); /* a sum only */
    free(memory);
}

ASYNC(threaded, int, nap, (double, seconds), (int, x))
{
    co_begin;
    co_sleep(self->seconds);
    co_return(self->x);
    co_end;
}

static void our_sleepers(long n, struct footprint *each)
{
    static const struct syn_allocator counting = {.allocate = counting_allocate,
                                                 .release = counting_release};
    struct nap_future *f = malloc((size_t)n * sizeof *f);
    int y;

    if (!f || syn_set_allocator(&counting) || threaded_call(1, &y))
        exit(1);
    memset(f, 1, (size_t)n * sizeof *f); /* the handles are the caller's */
    each->resident = resident_bytes();
    each->asked = (double)bytes_out;
    for (long i = 0; i < n; i++)
        f[i] = nap_future(3600, (int)i);
    if (threaded_call(1, &y)) /* runs after all of them have begun */
        exit(1);
    each->resident = (resident_bytes() - each->resident) / (double)n;
    each->asked = ((double)bytes_out - each->asked) / (double)n;
}

static double our_memory(long n)
{
    struct footprint each = measured_apart(our_sleepers, n);

    bench_also[1] = each.asked;
    return each.resident;
}

#ifdef BENCH_HAVE_uv
#include "calls_uv.h"
#endif
#ifdef BENCH_HAVE_ev
#include "calls_ev.h"
#endif
#ifdef BENCH_HAVE_dispatch
#include "calls_dispatch.h"
#endif
#ifdef BENCH_HAVE_aws_c_io
#include "calls_aws.h"
#endif
#include "calls_thread.h"

int main(void)
{
    const struct bench_workload memory[] = {
        {"sleeping-task", "resident", "bytes", 0, 100000},
        {"sleeping-task", "asked-for", "bytes", 0, 100000}};
    const struct bench_workload blocking = {"call-blocking", "median", "ns/call", 0, 20000};
    const struct bench_workload futures = {"call-futures", "median", "ns/call", 0, 1000000};
    const struct bench_workload outstanding[] = {{"call-futures-fresh", "cpu", "ns/call", 0, 1000000},
                                                 {"call-futures-outstanding", "cpu", "ns/call", 0, 1000000}};
    const struct bench_workload awaits = {"call-awaited", "cpu", "ns/call", 0, 1000000};
    const struct bench_workload spawns = {"call-spawned", "cpu", "ns/call", 0, 1000000};
    const struct bench_peer memory_peers[] = {BENCH_OURS("synchronicity", our_memory),
                                              PEER_UV(uv_memory),
                                              BENCH_PEER("thread", thread_memory)};
    const struct bench_peer blocking_peers[] = {
        BENCH_OURS("synchronicity-thread", threaded_blocking),
        BENCH_OURS("synchronicity-driven", driven_blocking), PEER_UV(uv_blocking),
        PEER_EV(ev_blocking), PEER_DISPATCH("libdispatch-async", dispatch_threaded),
        PEER_DISPATCH("libdispatch-sync", dispatch_driven), PEER_AWS(aws_blocking),
        BENCH_PEER("mutex+condition", pthread_blocking), BENCH_PEER("thread-each", thread_blocking)};
    const struct bench_peer future_peers[] = {BENCH_OURS("synchronicity-thread", threaded_futures),
                                              BENCH_OURS("synchronicity-driven", driven_futures),
                                              PEER_UV(uv_futures),
                                              PEER_DISPATCH("libdispatch", dispatch_futures),
                                              PEER_AWS(aws_futures),
                                              BENCH_PEER("thread-each", thread_futures)};
    const struct bench_peer outstanding_peers[] = {
        BENCH_OURS("synchronicity-thread", outstanding_futures), PEER_UV(uv_outstanding)};
    const struct bench_peer await_peers[] = {BENCH_OURS("synchronicity", our_awaits),
                                             PEER_UV(uv_awaits),
                                             PEER_COROUTINES(coroutine_awaits),
                                             BENCH_PEER("callback-queue", queue_awaits)};
    const struct bench_peer spawn_peers[] = {BENCH_OURS("synchronicity", our_spawns),
                                             PEER_UV(uv_spawns),
                                             PEER_COROUTINES(coroutine_spawns),
                                             BENCH_PEER("callback-queue", queue_spawns),
                                             BENCH_PEER("free-list", free_list)};

    bench_begin("calls", 5);
    BENCH_COMPARE_ALL(memory, memory_peers); /* first: they fork, later there are threads */
    BENCH_COMPARE_ALL(outstanding, outstanding_peers);
    BENCH_COMPARE(blocking, blocking_peers);
    BENCH_COMPARE(futures, future_peers);
    BENCH_COMPARE(awaits, await_peers);
    BENCH_COMPARE(spawns, spawn_peers);
    return 0;
}

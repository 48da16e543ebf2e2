/* SPDX-License-Identifier: Apache-2.0
 *
 * The pool beside those of libuv, GLib, Boost.Asio and oneTBB: empty jobs from one thread
 * with a bounded queue, from a loop with completions back on the loop, one at a time, and a
 * parallel map over doubles.
 *
 * All pools have as many threads as the process may use processors, nothing is pinned but by
 * the caller of this (taskset). A bounded queue of 1024 jobs is a semaphore in front of those that
 * know no bound. oneTBB and Asio are in a program of their own (pool_peers.cc), in C++, which
 * this one starts for each round; it prints what it measured.
 */
#define _GNU_SOURCE
#include <math.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>

#ifdef BENCH_HAVE_uv
#include <uv.h>
#endif
#ifdef BENCH_HAVE_glib_2_0
#include <glib.h>
#endif

#include <synchronicity/short.h>

#include "bench.h"

enum { BOUND = 1024, IN_FLIGHT = 256 };

static unsigned n_threads(void)
{
    cpu_set_t set;

    return sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

SYNCHRONIZER(loop);
POOL(pool, .queue_bound = BOUND);

static atomic_long done;

BLOCKING(pool, void, empty)
{
    /* relaxed: a count */
    atomic_fetch_add_explicit(&done, 1, memory_order_relaxed);
}

static void wait_done(long count)
{
    while (atomic_load(&done) < count)
        sched_yield();
}

/* --- empty jobs from one thread --- */

static double ours_thread(long count)
{
    double start = bench_now();

    done = 0;
    for (long i = 0; i < count; i++)
        future_detach(empty_future());
    wait_done(count);
    return (bench_now() - start) / (double)count * 1e9;
}

#ifdef BENCH_HAVE_uv
static struct {
    uv_loop_t loop;
    long left, out;
    uv_work_t works[IN_FLIGHT];
} uv;

static void uv_empty(uv_work_t *work)
{
    (void)work;
    atomic_fetch_add_explicit(&done, 1, memory_order_relaxed);
}

static void uv_after(uv_work_t *work, int status)
{
    (void)status;
    if (uv.left > 0) {
        uv.left--;
        uv_queue_work(&uv.loop, work, uv_empty, uv_after);
    }
}

/* IN_FLIGHT of them out at a time, each begun by the completion of one before. */
static double uv_from_loop(long count, int in_flight)
{
    double start, cpu;

    uv_loop_init(&uv.loop);
    uv.left = count;
    start = bench_now();
    cpu = bench_cpu();
    for (int i = 0; i < in_flight && uv.left > 0; i++) {
        uv.left--;
        uv_queue_work(&uv.loop, &uv.works[i], uv_empty, uv_after);
    }
    uv_run(&uv.loop, UV_RUN_DEFAULT);
    start = bench_now() - start;
    bench_also[1] = (bench_cpu() - cpu) / (double)count * 1e9;
    uv_loop_close(&uv.loop);
    return start / (double)count * 1e9;
}

static double uv_loop_many(long count)
{
    return uv_from_loop(count, IN_FLIGHT);
}

static double uv_loop_one(long count)
{
    return uv_from_loop(count, 1);
}
#endif

#ifdef BENCH_HAVE_glib_2_0
static sem_t places;

static void glib_empty(void *item, void *user)
{
    (void)item;
    (void)user;
    atomic_fetch_add_explicit(&done, 1, memory_order_relaxed);
    sem_post(&places);
}

static double glib_thread(long count)
{
    static GThreadPool *gpool;
    double start;

    if (!gpool)
        gpool = g_thread_pool_new(glib_empty, NULL, (int)n_threads(), TRUE, NULL);
    done = 0;
    sem_init(&places, 0, BOUND);
    start = bench_now();
    for (long i = 0; i < count; i++) {
        sem_wait(&places);
        g_thread_pool_push(gpool, gpool, NULL);
    }
    wait_done(count);
    return (bench_now() - start) / (double)count * 1e9;
}
#endif

/* --- from a loop, and back --- */

ASYNC(loop, void, chain, (long, n), SYN_LOCAL(long, i))
{
    co_begin;
    for (self->i = 0; self->i < self->n; self->i++)
        co_try(empty_future());
    co_end;
}

ASYNC(loop, void, chains, (long, n), (int, width), SYN_LOCAL(struct syn_scope, all),
      SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < self->width; self->i++)
        co_spawn(&self->all, chain_future(self->n / self->width));
    co_join(&self->all);
    co_check;
    co_end;
}

static double ours_from_loop(long count, int width)
{
    double start = bench_now(), cpu = bench_cpu();

    if (chains(count, width) != SYN_OK)
        return NAN;
    bench_also[1] = (bench_cpu() - cpu) / (double)count * 1e9;
    return (bench_now() - start) / (double)count * 1e9;
}

static double ours_loop_many(long count)
{
    return ours_from_loop(count, IN_FLIGHT);
}

static double ours_loop_one(long count)
{
    return ours_from_loop(count, 1);
}

/* --- one at a time, from a thread --- */

static double ours_one(long count)
{
    double start = bench_now();

    for (long i = 0; i < count; i++)
        empty();
    return (bench_now() - start) / (double)count * 1e9;
}

#ifdef BENCH_HAVE_glib_2_0
static void glib_answer(void *item, void *user)
{
    (void)user;
    sem_post(item);
}

static double glib_one(long count)
{
    static GThreadPool *gpool;
    sem_t answer;
    double start;

    if (!gpool)
        gpool = g_thread_pool_new(glib_answer, NULL, (int)n_threads(), TRUE, NULL);
    sem_init(&answer, 0, 0);
    start = bench_now();
    for (long i = 0; i < count; i++) {
        g_thread_pool_push(gpool, &answer, NULL);
        sem_wait(&answer);
    }
    return (bench_now() - start) / (double)count * 1e9;
}
#endif

/* --- C++ peers --- */

#ifdef BENCH_PROGRAM_pool_peers_cc
static double cc_peer(const char *peer, const char *workload, long count)
{
    char command[512];
    double value = NAN;
    FILE *program;

    snprintf(command, sizeof command, "%s %s %s %ld %u", BENCH_PROGRAM_pool_peers_cc, peer,
             workload, count, n_threads());
    program = popen(command, "r");
    if (program) {
        if (fscanf(program, "%lf", &value) != 1)
            value = NAN;
        pclose(program);
    }
    return value;
}
static double asio_thread(long count)
{
    return cc_peer("asio", "thread", count);
}
static double tbb_thread(long count)
{
    return cc_peer("tbb", "thread", count);
}
static double asio_one(long count)
{
    return cc_peer("asio", "one", count);
}
static double tbb_one(long count)
{
    return cc_peer("tbb", "one", count);
}
static double tbb_map(long count)
{
    return cc_peer("tbb", "map", count);
}
#define CC(name, run) BENCH_PEER(name, run)
#else
#define CC(name, run) BENCH_SKIP(name, "its headers are not there")
#endif

#ifdef BENCH_HAVE_uv
#define UV(run) BENCH_PEER("libuv", run)
#else
#define UV(run) BENCH_SKIP("libuv", "its header is not there")
#endif
#ifdef BENCH_HAVE_glib_2_0
#define GLIB(run) BENCH_PEER("glib", run)
#else
#define GLIB(run) BENCH_SKIP("glib", "its header is not there")
#endif

/* --- a map over doubles --- */

static double *in, *out;

POOL_MAP(pool, double, double, root)
{
    *out = sqrt(*in);
    return SYN_OK;
}

static void fill(long count)
{
    static long filled;

    if (filled == count)
        return;
    in = malloc((size_t)count * sizeof *in);
    out = malloc((size_t)count * sizeof *out);
    for (long i = 0; in && out && i < count; i++)
        out[i] = in[i] = (double)i;
    filled = count;
}

static double ours_map(long count)
{
    double start;

    fill(count);
    start = bench_now();
    if (root(in, (size_t)count, out) != SYN_OK)
        return NAN;
    return (bench_now() - start) * 1e3;
}

static double one_thread_map(long count)
{
    double start;

    fill(count);
    start = bench_now();
    for (long i = 0; i < count; i++)
        out[i] = sqrt(in[i]);
    return (bench_now() - start) * 1e3;
}

static void from_a_thread(void)
{
    static const struct bench_workload w = {"jobs from a thread", "each", "ns", 0, 1000000};
    static const struct bench_peer peers[] = {
        BENCH_OURS("ours", ours_thread),
        GLIB(glib_thread),
        CC("asio", asio_thread),
        CC("tbb", tbb_thread),
    };

    BENCH_COMPARE(w, peers);
}

static void from_a_loop(void)
{
    static const struct bench_workload many[] = {
        {"jobs from a loop, 256 out", "each", "ns", 0, 300000},
        {"jobs 256 out, processor", "cpu", "ns", 0, 300000},
    };
    static const struct bench_workload one = {"jobs from a loop, 1 out", "each", "ns", 0, 30000};
    static const struct bench_peer many_peers[] = {
        BENCH_OURS("ours", ours_loop_many),
        UV(uv_loop_many),
    };
    static const struct bench_peer one_peers[] = {
        BENCH_OURS("ours", ours_loop_one),
        UV(uv_loop_one),
    };

    BENCH_COMPARE_ALL(many, many_peers);
    BENCH_COMPARE(one, one_peers);
}

static void one_at_a_time(void)
{
    static const struct bench_workload w = {"one at a time", "each", "ns", 0, 30000};
    static const struct bench_peer peers[] = {
        BENCH_OURS("ours", ours_one),
        GLIB(glib_one),
        CC("asio", asio_one),
        CC("tbb", tbb_one),
    };

    BENCH_COMPARE(w, peers);
}

static void map(void)
{
    static const struct bench_workload w = {"map of doubles", "all", "ms", 0, 10000000};
    static const struct bench_peer peers[] = {
        BENCH_OURS("ours", ours_map),
        BENCH_PEER("one thread", one_thread_map),
        CC("tbb", tbb_map),
    };

    BENCH_COMPARE(w, peers);
}

int main(void)
{
    struct syn_pool_options options = pool.options;
    char threads[12];

    bench_begin("pool", 5);
    options.max_threads = n_threads();
    pool_configure(&pool, &options);
    snprintf(threads, sizeof threads, "%u", n_threads());
    setenv("UV_THREADPOOL_SIZE", threads, 1);
    printf("pool: %s threads in each pool, pinned by taskset or not at all, bound %d\n", threads, BOUND);
    from_a_thread();
    from_a_loop();
    one_at_a_time();
    map();
    return 0;
}

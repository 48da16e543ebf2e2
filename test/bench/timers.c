/* SPDX-License-Identifier: Apache-2.0
 *
 * A million timers: inserted, cancelled, expired.
 *
 * Twice: tasks that sleep (200,000; BENCH_SCALE=5 makes it a million, and a minute),
 * beside libuv timers in memory of their own, which is what users pay; and the wheel
 * alone, beside uv_timer_start() and _stop() on memory that is there, which is what the
 * two data structures cost. Deadlines are random. Cancelling is in the order of
 * insertion, since that is the order in which most timeouts turn out not to be needed.
 * Expiry begins when all are due, so that no time is spent in waiting.
 */
#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE

#include <stdint.h>

#include <synchronicity/short.h>

#include "base/wheel.h"
#define BENCH_USUAL_ROUNDS 3 /* a million of anything takes a while */
#include "bench.h"

#ifdef BENCH_HAVE_uv
#include <uv.h>
#define PEER_UV(run) BENCH_PEER("libuv", run)
#else
#define PEER_UV(run) BENCH_SKIP("libuv", "built without libuv")
#endif

#ifdef BENCH_HAVE_ev
#include <ev.h>
#define PEER_EV(run) BENCH_PEER("libev", run)
#else
#define PEER_EV(run) BENCH_SKIP("libev", "built without libev")
#endif

enum { SPREAD_MS = 20 }; /* random deadlines within that */

SYNCHRONIZER(timers);

/* Phases of a run, as places in bench_also; the first is its result. */
enum { INSERT, CANCEL, EXPIRE };

static uint32_t random_bits;

static uint32_t random_below(uint32_t limit)
{
    random_bits = random_bits * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)random_bits * limit) >> 32);
}

static double ns_each(double since, long n)
{
    return (bench_cpu() - since) * 1e9 / (double)n;
}

static void sleep_until(double moment)
{
    double left = moment - bench_now();

    if (left > 0)
        nanosleep(&(struct timespec){(time_t)left, (long)((left - (double)(time_t)left) * 1e9)},
                  NULL);
}

/* --------------------------------------------------------- tasks that sleep -- */

static long n_ended;

ASYNC(timers, void, sleeper, (struct syn_deadline, until))
{
    co_begin;
    co_until(self->until);
    co_finally;
    n_ended++;
    co_end;
}

static struct syn_deadline random_deadline(struct syn_deadline from)
{
    return (struct syn_deadline){from.ns + random_below(SPREAD_MS * 1000) * (int64_t)1000};
}

ASYNC(timers, void, insert_and_cancel, (long, n), (struct sleeper_future *, f),
      SYN_LOCAL(double, since))
{
    struct syn_deadline far = syn_after(1000);

    co_begin;
    n_ended = 0;
    self->since = bench_cpu();
    for (long i = 0; i < self->n; i++)
        self->f[i] = sleeper_future(random_deadline(far));
    co_pass; /* they are before us in the queue: each begins its sleep */
    bench_also[INSERT] = ns_each(self->since, self->n);
    self->since = bench_cpu();
    for (long i = 0; i < self->n; i++) {
        future_request_cancel(self->f[i]);
        future_detach(self->f[i]);
    }
    while (n_ended < self->n)
        co_pass;
    bench_also[CANCEL] = ns_each(self->since, self->n);
    co_end;
}

ASYNC(timers, void, insert_and_expire, (long, n), SYN_LOCAL(double, due),
      SYN_LOCAL(double, since))
{
    /* Later than the last of them is inserted, as the phase before has shown. */
    double budget = 0.1 + 4e-9 * bench_also[INSERT] * (double)self->n;
    struct syn_deadline from = syn_after(budget);

    co_begin;
    n_ended = 0;
    self->due = bench_now() + budget + SPREAD_MS / 1e3;
    for (long i = 0; i < self->n; i++)
        future_detach(sleeper_future(random_deadline(from)));
    co_pass;
    sleep_until(self->due); /* blocks the loop on purpose */
    self->since = bench_cpu();
    while (n_ended < self->n)
        co_pass;
    bench_also[EXPIRE] = ns_each(self->since, self->n);
    co_end;
}

static double task_timers(long n)
{
    struct sleeper_future *f = malloc((size_t)n * sizeof *f);
    syn_err err;

    if (!f)
        return NAN;
    err = insert_and_cancel(n, f);
    if (!err)
        err = insert_and_expire(n);
    free(f);
    return err ? NAN : bench_also[INSERT];
}

/* ------------------------------------------------------------ the wheel alone -- */

static double wheel_timers(long n)
{
    struct syni_heap_node *nodes = malloc((size_t)n * sizeof *nodes);
    struct syni_wheel wheel = {0};
    double t;

    if (!nodes)
        return NAN;
    memset(nodes, 1, (size_t)n * sizeof *nodes); /* not 0: that would be lazy calloc() */
    t = bench_cpu();
    for (long i = 0; i < n; i++)
        syni_wheel_insert(&wheel, &nodes[i], (int64_t)random_below(SPREAD_MS * 1000) * 1000);
    bench_also[INSERT] = ns_each(t, n);
    t = bench_cpu();
    for (long i = 0; i < n; i++)
        syni_wheel_remove(&wheel, &nodes[i]);
    bench_also[CANCEL] = ns_each(t, n);
    for (long i = 0; i < n; i++)
        syni_wheel_insert(&wheel, &nodes[i], (int64_t)random_below(SPREAD_MS * 1000) * 1000);
    t = bench_cpu();
    while (syni_wheel_take(&wheel, INT64_MAX))
        ;
    bench_also[EXPIRE] = ns_each(t, n);
    free(nodes);
    return bench_also[INSERT];
}

/* --------------------------------------------------------------------- libuv -- */

#ifdef BENCH_HAVE_uv
static void uv_fired(uv_timer_t *timer)
{
    (void)timer;
}

static void uv_freed(uv_handle_t *handle)
{
    free(handle);
    n_ended++;
}

static void uv_ended(uv_timer_t *timer)
{
    uv_close((uv_handle_t *)timer, uv_freed);
}

static void uv_insert_all(uv_loop_t *loop, uv_timer_t **timers, long n, uint64_t from_ms)
{
    for (long i = 0; i < n; i++) {
        timers[i] = malloc(sizeof **timers);
        if (!timers[i])
            abort();
        uv_timer_init(loop, timers[i]);
        uv_timer_start(timers[i], uv_ended, from_ms + random_below(SPREAD_MS), 0);
    }
}

static double uv_task_timers(long n)
{
    uv_timer_t **timers = malloc((size_t)n * sizeof *timers);
    uv_loop_t loop;
    double t;

    if (!timers)
        return NAN;
    uv_loop_init(&loop);
    t = bench_cpu();
    uv_insert_all(&loop, timers, n, 1000000);
    bench_also[INSERT] = ns_each(t, n);
    t = bench_cpu();
    for (long i = 0; i < n; i++)
        uv_close((uv_handle_t *)timers[i], uv_freed);
    uv_run(&loop, UV_RUN_DEFAULT);
    bench_also[CANCEL] = ns_each(t, n);
    uv_insert_all(&loop, timers, n, 0);
    sleep_until(bench_now() + 2 * SPREAD_MS / 1e3);
    t = bench_cpu();
    uv_run(&loop, UV_RUN_DEFAULT);
    bench_also[EXPIRE] = ns_each(t, n);
    uv_loop_close(&loop);
    free(timers);
    return bench_also[INSERT];
}

static double uv_heap_timers(long n)
{
    uv_timer_t *timers = malloc((size_t)n * sizeof *timers);
    uv_loop_t loop;
    double t;

    if (!timers)
        return NAN;
    uv_loop_init(&loop);
    for (long i = 0; i < n; i++)
        uv_timer_init(&loop, &timers[i]);
    t = bench_cpu();
    for (long i = 0; i < n; i++)
        uv_timer_start(&timers[i], uv_fired, 1000000 + random_below(SPREAD_MS), 0);
    bench_also[INSERT] = ns_each(t, n);
    t = bench_cpu();
    for (long i = 0; i < n; i++)
        uv_timer_stop(&timers[i]);
    bench_also[CANCEL] = ns_each(t, n);
    for (long i = 0; i < n; i++)
        uv_timer_start(&timers[i], uv_fired, random_below(SPREAD_MS), 0);
    sleep_until(bench_now() + 2 * SPREAD_MS / 1e3);
    t = bench_cpu();
    uv_run(&loop, UV_RUN_DEFAULT);
    bench_also[EXPIRE] = ns_each(t, n);
    for (long i = 0; i < n; i++)
        uv_close((uv_handle_t *)&timers[i], NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    free(timers);
    return bench_also[INSERT];
}
#endif

/* --------------------------------------------------------------------- libev -- */

#ifdef BENCH_HAVE_ev
static void ev_fired(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop;
    (void)timer;
    (void)events;
}

static void ev_start_all(struct ev_loop *loop, ev_timer *timers, long n, double from)
{
    for (long i = 0; i < n; i++) {
        ev_timer_init(&timers[i], ev_fired, from + random_below(SPREAD_MS * 1000) / 1e6, 0);
        ev_timer_start(loop, &timers[i]);
    }
}

static double ev_timers(long n)
{
    ev_timer *timers = malloc((size_t)n * sizeof *timers);
    struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
    double t;

    if (!timers || !loop)
        return NAN;
    memset(timers, 1, (size_t)n * sizeof *timers);
    t = bench_cpu();
    ev_start_all(loop, timers, n, 1000);
    bench_also[INSERT] = ns_each(t, n);
    t = bench_cpu();
    for (long i = 0; i < n; i++)
        ev_timer_stop(loop, &timers[i]);
    bench_also[CANCEL] = ns_each(t, n);
    ev_start_all(loop, timers, n, 0);
    sleep_until(bench_now() + 2 * SPREAD_MS / 1e3);
    t = bench_cpu();
    ev_run(loop, 0);
    bench_also[EXPIRE] = ns_each(t, n);
    ev_loop_destroy(loop);
    free(timers);
    return bench_also[INSERT];
}
#endif

int main(void)
{
    const struct bench_workload sleeping[] = {{"sleeps-insert", "cpu", "ns/task", 0, 200000},
                                              {"sleeps-cancel", "cpu", "ns/task", 0, 200000},
                                              {"sleeps-expire", "cpu", "ns/task", 0, 200000}};
    const struct bench_workload alone[] = {{"timers-insert", "cpu", "ns/timer", 0, 1000000},
                                           {"timers-cancel", "cpu", "ns/timer", 0, 1000000},
                                           {"timers-expire", "cpu", "ns/timer", 0, 1000000}};
    const struct bench_peer sleeping_peers[] = {BENCH_OURS("synchronicity", task_timers),
                                                PEER_UV(uv_task_timers)};
    const struct bench_peer alone_peers[] = {BENCH_OURS("synchronicity-wheel", wheel_timers),
                                             PEER_UV(uv_heap_timers),
                                             PEER_EV(ev_timers)};

    bench_begin("timers", 2);
    BENCH_COMPARE_ALL(alone, alone_peers);
    BENCH_COMPARE_ALL(sleeping, sleeping_peers);
    return 0;
}

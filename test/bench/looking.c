/* SPDX-License-Identifier: Apache-2.0
 *
 * What looking inside costs: an awaited call with nothing on, and with each of the ways to look. The times are of
 * the loop's thread alone: what the thread of a trace, or of the watch, does beside it is not in them. A trace is
 * as short as its ring is long, so that none of its events is dropped.
 */
#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE

#include <synchronicity/hooks.h>
#include <synchronicity/inspect.h>
#include <synchronicity/short.h>
#include <synchronicity/stats.h>

#include "bench.h"

SYNCHRONIZER(plain, .caller_may_drive = -1);
SYNCHRONIZER(watched, .caller_may_drive = -1, .step_limit_ns = 20000000);

enum { ROUND = 8000 };
static double events_a_call = NAN; /* as the trace has counted them */

ASYNC(plain, int, returns)
{
    co_begin;
    co_return(7);
    co_end;
}

ASYNC(watched, int, returns_there)
{
    co_begin;
    co_return(7);
    co_end;
}

ASYNC(plain, double, awaits, (long, n), SYN_LOCAL(long, i), SYN_LOCAL(int, y), SYN_LOCAL(double, began))
{
    co_begin;
    self->began = bench_clock(CLOCK_THREAD_CPUTIME_ID);
    for (self->i = 0; self->i < self->n; self->i++)
        co_try(returns_future(), &self->y);
    co_return((bench_clock(CLOCK_THREAD_CPUTIME_ID) - self->began) * 1e9 / (double)self->n);
    co_end;
}

ASYNC(watched, double, awaits_there, (long, n), SYN_LOCAL(long, i), SYN_LOCAL(int, y), SYN_LOCAL(double, began))
{
    co_begin;
    self->began = bench_clock(CLOCK_THREAD_CPUTIME_ID);
    for (self->i = 0; self->i < self->n; self->i++)
        co_try(returns_there_future(), &self->y);
    co_return((bench_clock(CLOCK_THREAD_CPUTIME_ID) - self->began) * 1e9 / (double)self->n);
    co_end;
}

static double off(long n)
{
    double ns;

    return awaits(n, &ns) ? NAN : ns;
}

static double slow_steps(long n)
{
    double ns;

    return awaits_there(n, &ns) ? NAN : ns;
}

static double measured(long n)
{
    double ns;

    syn_measure(1);
    ns = off(n);
    syn_measure(0);
    return ns;
}

static void on_event(void *user, const struct syn_hook_event *event)
{
    (void)user, (void)event;
}

static double hooked(long n)
{
    static const struct syn_hooks hooks = {.on_event = on_event};
    double ns;

    if (syn_hooks_add(&hooks))
        return NAN;
    ns = off(n);
    syn_hooks_remove(&hooks);
    return ns;
}

static void discard(void *user, const char *text, size_t size)
{
    (void)user, (void)text, (void)size;
}

/* In pieces of one ring. */
static double traced(long n)
{
    struct syn_trace_options options = {.write = discard, .ring_events = 1U << 16};
    double sum = 0;
    long rounds = n / ROUND > 0 ? n / ROUND : 1;

    for (long i = 0; i < rounds; i++) {
        struct syn_trace_end end;

        if (syn_trace_start(&options))
            return NAN;
        sum += off(ROUND);
        end = syn_trace_stop();
        if (end.dropped)
            return NAN;
        events_a_call = (double)end.events / ROUND;
    }
    return sum / (double)rounds;
}

static double event_traced(long n)
{
    double ns = traced(n);

    return (ns - off(n)) / events_a_call;
}

static double event_hooked(long n)
{
    return (hooked(n) - off(n)) / events_a_call;
}

static const struct bench_workload call = {"call-awaited", "call", "ns of CPU", 0, 200000};
static const struct bench_workload event = {"event", "event", "ns of CPU", 0, 80000};

static const struct bench_peer call_peers[] = {
    BENCH_OURS("nothing", off),        BENCH_PEER("slow-steps", slow_steps),
    BENCH_PEER("measured", measured),  BENCH_PEER("an-empty-hook", hooked),
    BENCH_PEER("traced", traced),
};
static const struct bench_peer event_peers[] = {
    BENCH_OURS("traced", event_traced),
    BENCH_PEER("an-empty-hook", event_hooked),
};

int main(void)
{
    bench_begin("looking", 3);
    BENCH_COMPARE(call, call_peers);
    BENCH_COMPARE(event, event_peers);
    return 0;
}

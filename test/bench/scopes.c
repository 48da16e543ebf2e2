/* SPDX-License-Identifier: Apache-2.0
 *
 * What scopes cost: a thousand tasks and their join, a race of two with a loser that sleeps, and the
 * end of a million sleepers that are all cancelled at once.
 *
 * Beside Boost.Fiber and Go, as programs of their own (scopes_fiber.cc, scopes.go) that do the
 * same: each task is waited for, and the losers have ended. Fibers run on one thread, as ours
 * do; goroutines on all processors. Fibers have stacks of 16 KiB, so there are a hundredth as
 * many of them in the last workload; figures are for each task. Ours are spawned by a task of
 * the same loop, which is how a scope is mostly used; that of a thread has a line of its own.
 */
#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE

#include <synchronicity/short.h>

#include "bench_child.h"

enum { TASKS = 1000 };

SYNCHRONIZER(driven, .caller_may_drive = 1);
SYNCHRONIZER(threaded, .caller_may_drive = -1);

static double ns_each(double since, long n)
{
    return (bench_now() - since) * 1e9 / (double)n;
}

#ifdef BENCH_PROGRAM_scopes_fiber_cc
#define FIBER(run) BENCH_PEER("Boost.Fiber", run)
static double fiber_scope(long n)
{
    return bench_child(BENCH_PROGRAM_scopes_fiber_cc, "scope", n);
}
static double fiber_race(long n)
{
    return bench_child(BENCH_PROGRAM_scopes_fiber_cc, "race", n);
}
static double fiber_cancel(long n)
{
    return bench_child(BENCH_PROGRAM_scopes_fiber_cc, "cancel", n / 100 + 1);
}
#else
#define FIBER(run) BENCH_SKIP("Boost.Fiber", "built without it")
#endif

#ifdef BENCH_PROGRAM_scopes_go
#define GO(run) BENCH_PEER("Go", run)
static double go_scope(long n)
{
    return bench_child(BENCH_PROGRAM_scopes_go, "scope", n);
}
static double go_race(long n)
{
    return bench_child(BENCH_PROGRAM_scopes_go, "race", n);
}
static double go_cancel(long n)
{
    return bench_child(BENCH_PROGRAM_scopes_go, "cancel", n);
}
#else
#define GO(run) BENCH_SKIP("Go", "built without it")
#endif

/* ------------------------------------------------------- a thousand and a join -- */

ASYNC(driven, void, passes)
{
    co_begin;
    co_pass;
    co_end;
}

ASYNC(driven, void, thousand, SYN_LOCAL(struct syn_scope, scope), SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < TASKS; self->i++)
        co_spawn(&self->scope, passes_future());
    co_join(&self->scope);
    co_check;
    co_end;
}

ASYNC(driven, void, thousands, (long, rounds))
{
    co_begin;
    while (self->rounds-- > 0)
        co_try(thousand_future());
    co_end;
}

static double our_scope(long n)
{
    double t = bench_now();

    return thousands(n) ? NAN : ns_each(t, n * TASKS);
}

ASYNC(threaded, void, passes_there)
{
    co_begin;
    co_pass;
    co_end;
}

static double our_threads_scope(long n)
{
    double t = bench_now();

    for (long i = 0; i < n; i++) {
        struct syn_scope scope = SYN_SCOPE;

        for (int j = 0; j < TASKS; j++)
            scope_spawn(&scope, passes_there_future());
        if (scope_join(&scope))
            return NAN;
    }
    return ns_each(t, n * TASKS);
}

static void scopes(void)
{
    static const struct bench_workload w = {"scope of 1000", "each", "ns", 0, 300};
    static const struct bench_peer peers[] = {
        BENCH_OURS("task's scope", our_scope),
        BENCH_OURS("thread's scope", our_threads_scope),
        FIBER(fiber_scope),
        GO(go_scope),
    };

    BENCH_COMPARE(w, peers);
}

/* ---------------------------------------------------------------- race of two -- */

ASYNC(driven, void, sleeper)
{
    co_begin;
    co_sleep(1000);
    co_end;
}

ASYNC(driven, void, races, (long, n), SYN_LOCAL(struct syn_scope, scope))
{
    co_begin;
    while (self->n-- > 0) {
        co_race(&self->scope, (passes_future()), (sleeper_future()));
        co_check;
    }
    co_end;
}

static double our_race(long n)
{
    double t = bench_now();

    return races(n) ? NAN : ns_each(t, n);
}

static void two(void)
{
    static const struct bench_workload w = {"race of two", "each", "ns", 0, 200000};
    static const struct bench_peer peers[] = {
        BENCH_OURS("ours", our_race),
        FIBER(fiber_race),
        GO(go_race),
    };

    BENCH_COMPARE(w, peers);
}

/* ----------------------------------------------------------- a million sleepers -- */

ASYNC(driven, void, cancel_all, (long, n), SYN_LOCAL(struct syn_scope, scope),
      SYN_LOCAL(double, since))
{
    co_begin;
    self->since = bench_now();
    for (long i = 0; i < self->n; i++)
        scope_spawn(&self->scope, sleeper_future());
    co_pass; /* they are before us in the queue: each begins its sleep */
    bench_also[1] = ns_each(self->since, self->n);
    self->since = bench_now();
    scope_cancel(&self->scope);
    co_join(&self->scope);
    bench_also[0] = ns_each(self->since, self->n);
    co_end;
}

static double our_cancel(long n)
{
    return cancel_all(n) ? NAN : bench_also[0];
}

static void sleepers(void)
{
    static const struct bench_workload w[] = {
        {"cancel sleepers", "each", "ns", 0, 1000000},
        {"begin to sleep", "each", "ns", 0, 1000000},
    };
    static const struct bench_peer peers[] = {
        BENCH_OURS("ours", our_cancel),
        FIBER(fiber_cancel),
        GO(go_cancel),
    };

    BENCH_COMPARE_ALL(w, peers);
}

int main(void)
{
    bench_begin("scopes", 3);
    scopes();
    two();
    sleepers();
    return 0;
}

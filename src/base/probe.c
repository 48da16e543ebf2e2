/* SPDX-License-Identifier: Apache-2.0
 *
 * Points of delay, and steps. Any thread; tests say what is to happen.
 *
 * Everything here is relaxed on purpose. A lock, or an order, would make the threads that meet at
 * a point happen one after the other for a race detector too, and hide what the point is there to
 * show. A thread that is held looks every 100 us whether it may go on.
 *
 * At random: whether a pass is delayed, and for how long, is drawn from the seed, the point
 * and the number of the pass at that point, and from nothing else. So the Nth pass of a point has
 * the same delay again, whatever the other threads do meanwhile.
 */
#if defined(__linux__)
#define _GNU_SOURCE 1
#endif

#include "base/probe.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <synchronicity/testing.h>

#include "base/report.h"

#if SYNI_CHECKED

#include "base/align.h"
#include "base/say.h"
#include "base/thread.h"
#include "base/time.h"

_Atomic(bool) syni_probe_armed, syni_probe_counts;

#define NAME_OF(name) #name,
static const char *const probe_names[] = {SYNI_DELAY_POINTS(NAME_OF)};

enum { LATEST = 16, PROBE_LOOK_NS = 100000 };

static struct {
    atomic_ulong passed, delayed; /* since the last clear */
    atomic_ulong hold_at;         /* the pass that is held; 0: none */
    atomic_bool holds;            /* a thread stands here */
    atomic_ulong to_delay;        /* so many more passes take longer */
    SYNI_ALIGNED_8 _Atomic(int64_t) delay_ns;    /* by so much */
} points[SYNI_N_DELAY_POINTS];

static _Atomic(uint64_t) seed; /* 0: nothing is drawn */
static atomic_uint one_in;
static _Atomic(int64_t) most_ns;
/* The delays taken last: the point, and the number of its pass. */
static struct {
    atomic_int point;
    atomic_ulong pass;
} latest[LATEST];
static atomic_ulong n_taken;
static atomic_ulong n_steps;

static unsigned long get(atomic_ulong *number)
{
    return atomic_load_explicit(number, memory_order_relaxed);
}

static void probe_set(atomic_ulong *number, unsigned long value)
{
    atomic_store_explicit(number, value, memory_order_relaxed);
}

static unsigned long probe_next(atomic_ulong *number)
{
    return atomic_fetch_add_explicit(number, 1, memory_order_relaxed) + 1;
}

static void nap(int64_t ns)
{
    int cancel_state = syni_thread_hold_cancel();
    struct timespec left;

    syni_timespec(&left, ns);
    nanosleep(&left, NULL);
    syni_thread_let_cancel(cancel_state);
}

static void probe_arm(void)
{
    atomic_store_explicit(&syni_probe_armed, true, memory_order_relaxed);
}

static int probe_find(const char *name)
{
    for (int i = 0; i < SYNI_N_DELAY_POINTS; i++)
        if (name && strcmp(probe_names[i], name) == 0)
            return i;
    return -1;
}

/* SplitMix64 (Steele, Lea, Flood 2014). */
static uint64_t mixed(uint64_t z)
{
    z += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* How long this pass is to take; -1: no longer than it does. Mostly a moment, seldom long. */
static int64_t drawn(int point, unsigned long pass)
{
    uint64_t by = atomic_load_explicit(&seed, memory_order_relaxed), draw;

    if (by == 0)
        return -1;
    draw = mixed(by ^ mixed(((uint64_t)point << 48) ^ pass));
    if (draw % atomic_load_explicit(&one_in, memory_order_relaxed) != 0)
        return -1;
    return atomic_load_explicit(&most_ns, memory_order_relaxed) >> (draw >> 32) % 12;
}

static void take_note(int point, unsigned long pass)
{
    unsigned long i = probe_next(&n_taken) - 1;

    probe_next(&points[point].delayed);
    atomic_store_explicit(&latest[i % LATEST].point, point, memory_order_relaxed);
    probe_set(&latest[i % LATEST].pass, pass);
}

static void probe_hold(int point, unsigned long pass)
{
    atomic_store_explicit(&points[point].holds, true, memory_order_relaxed);
    while (get(&points[point].hold_at) == pass)
        nap(PROBE_LOOK_NS);
    atomic_store_explicit(&points[point].holds, false, memory_order_relaxed);
}

/* One of the passes that are to take longer. */
static bool takes_longer(int point)
{
    unsigned long left = get(&points[point].to_delay);

    while (left > 0)
        if (atomic_compare_exchange_weak_explicit(&points[point].to_delay, &left, left - 1,
                                                  memory_order_relaxed, memory_order_relaxed))
            return true;
    return false;
}

void syni_probe_pass(enum syni_delay_point point)
{
    unsigned long pass = probe_next(&points[point].passed);
    int64_t ns = drawn((int)point, pass);

    if (takes_longer((int)point))
        ns = atomic_load_explicit(&points[point].delay_ns, memory_order_relaxed);
    if (ns >= 0 || get(&points[point].hold_at) == pass)
        take_note((int)point, pass);
    if (get(&points[point].hold_at) == pass)
        probe_hold((int)point, pass);
    if (ns > 0)
        nap(ns);
    else if (ns == 0)
        syni_thread_yield();
}

static syn_err no_point(const char *name)
{
    return syni_refuse(SYN_EINVAL, "there is no point '%s', or no such pass of it; src/base/probe.h lists "
                                   "them", name ? name : "");
}

syn_err syn_test_hold(const char *name, unsigned long nth)
{
    int point = probe_find(name);

    if (point < 0 || nth == 0)
        return no_point(name);
    probe_set(&points[point].hold_at, get(&points[point].passed) + nth);
    probe_arm();
    return SYN_OK;
}

syn_err syn_test_await_held(const char *name, double seconds)
{
    int64_t until = syni_now() + (int64_t)(seconds * 1e9);
    int point = probe_find(name);

    if (point < 0)
        return no_point(name);
    while (!atomic_load_explicit(&points[point].holds, memory_order_relaxed)) {
        if (syni_now() >= until)
            return syni_refuse(SYN_ETIMEDOUT, "no thread came to the point %s", name);
        nap(PROBE_LOOK_NS);
    }
    return SYN_OK;
}

void syn_test_release(const char *name)
{
    int point = probe_find(name);

    if (point >= 0)
        probe_set(&points[point].hold_at, 0);
}

syn_err syn_test_delay(const char *name, unsigned long passes, double seconds)
{
    int point = probe_find(name);

    if (point < 0)
        return no_point(name);
    atomic_store_explicit(&points[point].delay_ns, (int64_t)(seconds * 1e9), memory_order_relaxed);
    probe_set(&points[point].to_delay, passes);
    probe_arm();
    return SYN_OK;
}

syn_err syn_test_delay_at_random(uint64_t new_seed, unsigned of, double most_seconds)
{
    if (new_seed == 0 || of == 0)
        return syni_refuse(SYN_EINVAL, "a seed and one in how many passes are above 0");
    syn_test_delay_clear();
    atomic_store_explicit(&one_in, of, memory_order_relaxed);
    atomic_store_explicit(&most_ns, (int64_t)(most_seconds * 1e9), memory_order_relaxed);
    atomic_store_explicit(&seed, new_seed, memory_order_relaxed);
    probe_arm();
    return SYN_OK;
}

void syn_test_delay_clear(void)
{
    atomic_store_explicit(&syni_probe_armed, false, memory_order_relaxed);
    atomic_store_explicit(&seed, 0, memory_order_relaxed);
    for (int i = 0; i < SYNI_N_DELAY_POINTS; i++) {
        probe_set(&points[i].hold_at, 0);
        probe_set(&points[i].to_delay, 0);
        probe_set(&points[i].passed, 0);
        probe_set(&points[i].delayed, 0);
    }
    probe_set(&n_taken, 0);
}

unsigned long syn_test_passes(const char *name)
{
    int point = probe_find(name);

    return point < 0 ? 0 : get(&points[point].passed);
}

/* snprintf() of integers and strings takes no lock and no memory, in the C libraries we know. */
void syn_test_delay_print(int fd)
{
    char line[200];
    unsigned long taken = get(&n_taken), first = taken > LATEST ? taken - LATEST : 0;

    snprintf(line, sizeof line, "delays: seed %llu, one in %u, at most %lld us\n",
             (unsigned long long)atomic_load_explicit(&seed, memory_order_relaxed),
             atomic_load_explicit(&one_in, memory_order_relaxed),
             (long long)(atomic_load_explicit(&most_ns, memory_order_relaxed) / 1000));
    syni_put(fd, line);
    for (int i = 0; i < SYNI_N_DELAY_POINTS; i++) {
        if (get(&points[i].passed) == 0)
            continue;
        snprintf(line, sizeof line, "  %s: passed %lu times, delayed %lu%s\n", probe_names[i],
                 get(&points[i].passed), get(&points[i].delayed),
                 atomic_load_explicit(&points[i].holds, memory_order_relaxed)
                     ? ", and a thread is held there"
                     : "");
        syni_put(fd, line);
    }
    for (unsigned long i = first; i < taken; i++) {
        snprintf(line, sizeof line, "%s %s %lu", i == first ? "  the latest:" : ",",
                 probe_names[atomic_load_explicit(&latest[i % LATEST].point, memory_order_relaxed)],
                 get(&latest[i % LATEST].pass));
        syni_put(fd, line);
    }
    syni_put(fd, taken ? "\n" : "");
}

void syni_probe_count(void)
{
    probe_next(&n_steps);
}

unsigned long syn_test_steps(void)
{
    atomic_store_explicit(&syni_probe_counts, true, memory_order_relaxed);
    return atomic_exchange_explicit(&n_steps, 0, memory_order_relaxed);
}

#else /* this build has no points */

static syn_err no_points(void)
{
    return syni_refuse(SYN_ENOTSUP, "this build has no named points; configure one with "
                                    "-DSYN_CHECKED=ON");
}

syn_err syn_test_hold(const char *name, unsigned long nth)
{
    (void)name;
    (void)nth;
    return no_points();
}

syn_err syn_test_await_held(const char *name, double seconds)
{
    (void)name;
    (void)seconds;
    return no_points();
}

void syn_test_release(const char *name)
{
    (void)name;
}

syn_err syn_test_delay(const char *name, unsigned long passes, double seconds)
{
    (void)name;
    (void)passes;
    (void)seconds;
    return no_points();
}

syn_err syn_test_delay_at_random(uint64_t new_seed, unsigned of, double most_seconds)
{
    (void)new_seed;
    (void)of;
    (void)most_seconds;
    return no_points();
}

void syn_test_delay_clear(void)
{
}

unsigned long syn_test_passes(const char *name)
{
    (void)name;
    return 0;
}

void syn_test_delay_print(int fd)
{
    (void)fd;
}

unsigned long syn_test_steps(void)
{
    return 0;
}

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * How the cost of one thing grows with how many there are: 10, 1,000, 100,000, 1,000,000 tasks that sleep
 * and are cancelled, timers, futures that are completed and got, channels, and descriptors that are waited
 * for (those only up to the limit of the process).
 *
 * No peers: what is looked for is a curve that rises by cache misses only. Memory is not warm at the
 * first of each size, so each is run twice and the second counts.
 */
#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE

#include <stdint.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <synchronicity/short.h>

#include "base/wheel.h"
#include "bench.h"

SYNCHRONIZER(many, .caller_may_drive = 1);
SYN_PROMISE(int, number);

ASYNC(many, void, sleeper)
{
    co_begin;
    co_sleep(3600);
    co_end;
}

ASYNC(many, void, sleepers, (long, n), SYN_LOCAL(struct syn_scope, all), SYN_LOCAL(long, i))
{
    co_begin;
    for (self->i = 0; self->i < self->n; self->i++)
        co_spawn(&self->all, sleeper_future());
    co_pass;
    scope_cancel(&self->all);
    co_join(&self->all);
    co_end;
}

static double tasks(long n)
{
    double t = bench_cpu();

    return sleepers(n) ? NAN : (bench_cpu() - t) * 1e9 / (double)n;
}

static double timers(long n)
{
    struct syni_heap_node *nodes = calloc((size_t)n, sizeof *nodes);
    struct syni_wheel wheel = {0};
    uint64_t draw = 1;
    double t = bench_cpu();

    if (!nodes)
        return NAN;
    for (long i = 0; i < n; i++) {
        draw = draw * 6364136223846793005u + 1442695040888963407u;
        syni_wheel_insert(&wheel, &nodes[i], (int64_t)(draw >> 34)); /* within a second */
    }
    while (syni_wheel_take(&wheel, INT64_MAX))
        ;
    free(nodes);
    return (bench_cpu() - t) * 1e9 / (double)n;
}

static double futures(long n)
{
    struct number_promise *p = calloc((size_t)n, sizeof *p);
    struct number_future *f = calloc((size_t)n, sizeof *f);
    double t = bench_cpu();
    int value;

    if (!p || !f)
        return NAN;
    for (long i = 0; i < n; i++)
        if (promise_new(number, &p[i], &f[i]))
            return NAN;
    for (long i = 0; i < n; i++)
        promise_complete(p[i], &(int){(int)i});
    for (long i = 0; i < n; i++)
        if (future_get(f[i], &value) || value != (int)i)
            return NAN;
    free(p);
    free(f);
    return (bench_cpu() - t) * 1e9 / (double)n;
}

SYN_CHANNEL(int, numbers);

static double channels(long n)
{
    struct numbers_channel *c = calloc((size_t)n, sizeof *c);
    double t = bench_cpu();

    if (!c)
        return NAN;
    for (long i = 0; i < n; i++)
        if (channel_new(numbers, 1, &c[i]))
            return NAN;
    for (long i = 0; i < n; i++)
        channel_close(c[i]);
    free(c);
    return (bench_cpu() - t) * 1e9 / (double)n;
}

ASYNC(many, void, reader, (int, fd))
{
    co_begin;
    co_readable(self->fd);
    co_end;
}

ASYNC(many, void, readers, (long, n), (const int *, ends), SYN_LOCAL(struct syn_scope, all),
      SYN_LOCAL(long, i))
{
    co_begin;
    for (self->i = 0; self->i < self->n; self->i++)
        co_spawn(&self->all, reader_future(self->ends[2 * self->i]));
    co_pass;
    for (self->i = 0; self->i < self->n; self->i++)
        if (write(self->ends[2 * self->i + 1], "x", 1) != 1)
            co_fail(SYN_EIO);
    co_join(&self->all);
    co_check;
    co_end;
}

static double connections(long n)
{
    struct rlimit limit;
    int *ends;
    double t = NAN;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur < (rlim_t)(2 * n + 100))
        return NAN;
    ends = calloc((size_t)n, 2 * sizeof *ends);
    for (long i = 0; ends && i < n; i++)
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, &ends[2 * i]))
            return NAN;
    t = bench_cpu();
    if (!ends || readers(n, ends))
        return NAN;
    t = (bench_cpu() - t) * 1e9 / (double)n;
    for (long i = 0; i < 2 * n; i++)
        close(ends[i]);
    free(ends);
    return t;
}

static void grow(const char *what, double (*run)(long n), const char *limit)
{
    static const long sizes[] = {10, 1000, 100000, 1000000};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        double values[5];
        char name[40];

        snprintf(name, sizeof name, "%s-%ld", what, sizes[i]);
        run(sizes[i]);
        for (int r = 0; r < (sizes[i] < 100000 ? 5 : 3); r++)
            values[r] = run(sizes[i]);
        values[0] = bench_median(values, sizes[i] < 100000 ? 5 : 3);
        if (isnan(values[0]))
            bench_print_skipped(name, "synchronicity", limit);
        else
            bench_print(name, "synchronicity", "cpu", values[0], "ns/each");
    }
}

int main(void)
{
    bench_begin("growth", 1);
    grow("tasks", tasks, "no memory");
    grow("timers", timers, "no memory");
    grow("futures", futures, "no memory");
    grow("channels", channels, "no memory");
    grow("connections", connections, "more descriptors than the process may have");
    return 0;
}

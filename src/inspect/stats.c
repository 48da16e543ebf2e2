/* SPDX-License-Identifier: Apache-2.0
 *
 * Statistics as text. Prometheus wants all samples of a metric together, so each metric is one walk over
 * the loops, or the pools; between two walks some may come or go. Any thread.
 */
#include "inspect/stats.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include "loop/live.h"
#include "pool/pool_life.h"
#include "pool/pool_options.h"
#include "pool/pool_stop.h"
#include "pool/work_seen.h"

struct syn_synchronizer_stats syni_stats_of(const struct syni_home *home)
{
    const struct syni_loop *loop = &home->loop;

    return (struct syn_synchronizer_stats){
        .turns = loop->counts.turns,
        .waits = loop->counts.waits,
        .wakes = loop->counts.wakes,
        .hand_overs = loop->counts.hand_overs,
        .passes = loop->counts.passes,
        .watches = loop->counts.watches,
        .started = home->started,
        .ended = home->ended,
        .stack_bytes = loop->depth.size_bytes,
        .stack_used_bytes = loop->depth.used_bytes,
        .ready = loop->counts.batch,
        .timer_lag = syni_times_read(&loop->times.lag),
        .step_time = syni_times_read(&loop->times.step),
        .ready_time = syni_times_read(&loop->times.ready),
    };
}

/* --- text --- */

struct stats_page {
    char *text;
    size_t size, n; /* n: that there would be */
};

__attribute__((format(printf, 2, 3))) static void stats_put(struct stats_page *page, const char *format, ...)
{
    size_t left = page->n < page->size ? page->size - page->n : 0;
    va_list arguments;
    int n;

    va_start(arguments, format);
    n = vsnprintf(left ? page->text + page->n : NULL, left, format, arguments);
    va_end(arguments);
    page->n += n > 0 ? (size_t)n : 0;
}

/* One metric of loops, or of pools: a number at a place of their stats, or a histogram. */
struct stats_metric {
    const char *name, *kind, *help;
    size_t at, bytes;
};

#define STATS_LOOP(field)                                                                          \
    offsetof(struct syn_synchronizer_stats, field),                                                \
        sizeof(((struct syn_synchronizer_stats *)0)->field)
#define STATS_POOL(field)                                                                                \
    offsetof(struct syn_pool_stats, field), sizeof(((struct syn_pool_stats *)0)->field)

static const struct stats_metric of_loops[] = {
    {"tasks_started_total", "counter", "Tasks that began", STATS_LOOP(started)},
    {"tasks_ended_total", "counter", "Tasks that ended", STATS_LOOP(ended)},
    {"turns_total", "counter", "Turns of the loop", STATS_LOOP(turns)},
    {"kernel_waits_total", "counter", "System calls that waited for events", STATS_LOOP(waits)},
    {"wakes_total", "counter", "System calls that woke the driver", STATS_LOOP(wakes)},
    {"watches_total", "counter", "System calls that changed what is waited for", STATS_LOOP(watches)},
    {"hand_overs_total", "counter", "The driving role given to the thread", STATS_LOOP(hand_overs)},
    {"passes_total", "counter", "The driving role passed to a caller that blocked", STATS_LOOP(passes)},
    {"ready", "gauge", "Jobs ready in the latest turn, at most 128", STATS_LOOP(ready)},
    {"timer_lag_seconds", "histogram", "From a timer's deadline until it fired", STATS_LOOP(timer_lag)},
    {"step_seconds", "histogram", "Time of a step", STATS_LOOP(step_time)},
    {"ready_seconds", "histogram", "From when a task could run until it did", STATS_LOOP(ready_time)},
};

static const struct stats_metric of_pools[] = {
    {"pool_jobs_submitted_total", "counter", "Jobs, with those refused", STATS_POOL(submitted)},
    {"pool_jobs_ended_total", "counter", "Jobs that ran to their end", STATS_POOL(ended)},
    {"pool_jobs_cancelled_total", "counter", "Jobs that never began", STATS_POOL(cancelled)},
    {"pool_jobs_abandoned_total", "counter", "Jobs that were abandoned", STATS_POOL(abandoned)},
    {"pool_jobs_refused_total", "counter", "Jobs that were refused", STATS_POOL(refused)},
    {"pool_jobs_queued", "gauge", "Jobs that wait", STATS_POOL(queued)},
    {"pool_threads", "gauge", "Threads", STATS_POOL(threads)},
    {"pool_threads_blocked", "gauge", "Threads with a job that waits", STATS_POOL(blocked)},
    {"pool_threads_idle", "gauge", "Threads without a job", STATS_POOL(idle)},
    {"pool_queue_seconds", "histogram", "From a job's call until it began", STATS_POOL(queue_time)},
    {"pool_job_seconds", "histogram", "From its beginning until it returned", STATS_POOL(run_time)},
};

/* {LABEL="OWNER"}, or {LABEL="OWNER",le=, as the format wants it quoted. */
static void stats_put_label(struct stats_page *page, const char *label, const char *owner, const char *more)
{
    stats_put(page, "{%s=\"", label);
    for (; *owner; owner++)
        if (*owner == '\n')
            stats_put(page, "\\n");
        else
            stats_put(page, *owner == '"' || *owner == '\\' ? "\\%c" : "%c", *owner);
    stats_put(page, "\"%s", more);
}

static void stats_put_histogram(struct stats_page *page, const char *name, const char *label,
                          const char *owner, const struct syn_histogram *histogram)
{
    unsigned long long seen = 0;

    for (int i = 0; i < SYN_HISTOGRAM_BUCKETS; i++) {
        bool last = i == SYN_HISTOGRAM_BUCKETS - 1;

        seen += histogram->buckets[i];
        stats_put(page, "synchronicity_%s_bucket", name);
        stats_put_label(page, label, owner, ",le=\"");
        if (last)
            stats_put(page, "+Inf\"} %llu\n", seen);
        else
            stats_put(page, "%.9g\"} %llu\n", (double)(UINT64_C(1) << (i + 10)) / 1e9, seen);
    }
    stats_put(page, "synchronicity_%s_sum", name);
    stats_put_label(page, label, owner, "} ");
    stats_put(page, "%.9f\nsynchronicity_%s_count", (double)histogram->sum_ns / 1e9, name);
    stats_put_label(page, label, owner, "} ");
    stats_put(page, "%llu\n", seen);
}

static void stats_put_sample(struct stats_page *page, const struct stats_metric *metric, const char *label,
                       const char *owner, const void *stats)
{
    const void *at = (const char *)stats + metric->at;

    if (metric->kind[0] == 'h') {
        stats_put_histogram(page, metric->name, label, owner, at);
        return;
    }
    stats_put(page, "synchronicity_%s", metric->name);
    stats_put_label(page, label, owner, "} ");
    stats_put(page, "%lu\n",
        metric->bytes == sizeof(unsigned long) ? *(const unsigned long *)at
                                               : *(const unsigned *)at);
}

static void stats_put_head(struct stats_page *page, const struct stats_metric *metric)
{
    stats_put(page, "# HELP synchronicity_%s %s.\n# TYPE synchronicity_%s %s\n", metric->name,
        metric->help, metric->name, metric->kind);
}

struct stats_walk {
    struct stats_page *page;
    const struct stats_metric *metric;
};

static void stats_put_loop(struct syni_loop *loop, void *user)
{
    const struct stats_walk *walk = user;
    struct syn_synchronizer_stats stats =
        syni_stats_of(SYNI_CONTAINER(loop, struct syni_home, loop));

    stats_put_sample(walk->page, walk->metric, "synchronizer", loop->name, &stats);
}

static void stats_put_pools(struct stats_page *page, const struct stats_metric *metric)
{
    struct syni_pool *pool;

    stats_put_head(page, metric);
    for (unsigned i = 0; (pool = syni_pool_pin(i)); i++) {
        struct syn_pool_stats stats = syni_pool_look(pool);

        stats_put_sample(page, metric, "pool", syni_pool_name(pool), &stats);
        syni_pool_unpin(pool);
    }
}

size_t syn_stats_text(char *text, size_t size)
{
    struct stats_page page = {text, size, 0};

    if (size > 0)
        text[0] = '\0';
    for (size_t i = 0; i < sizeof of_loops / sizeof *of_loops; i++) {
        struct stats_walk walk = {&page, &of_loops[i]};

        stats_put_head(&page, &of_loops[i]);
        syni_live_each(stats_put_loop, &walk);
    }
    for (size_t i = 0; i < sizeof of_pools / sizeof *of_pools; i++)
        stats_put_pools(&page, &of_pools[i]);
    return page.n;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Histograms by powers of two: an entry is two additions, and two snapshots can be subtracted.
 * Discarded: finer buckets: a loop that is measured would touch their pages all the time; and
 * quantiles kept while entries come, which cannot be subtracted. Any thread.
 */
#include "base/times.h"

#include "base/hooks.h"

enum { TIMES_FIRST = 10 }; /* bucket 0 ends at 2 to the power of it */

atomic_uint syni_times_measurers;

void syn_measure(int on)
{
    if (on) {
        atomic_fetch_add(&syni_times_measurers, 1);
        syni_hooks_look(true);
    } else {
        syni_hooks_look(false);
        atomic_fetch_sub(&syni_times_measurers, 1);
    }
}

static int times_bucket(uint64_t ns)
{
    int bucket = 0;

    for (ns >>= TIMES_FIRST; ns && bucket < SYN_HISTOGRAM_BUCKETS - 1; ns >>= 1)
        bucket++;
    return bucket;
}

void syni_times_add(struct syni_times *times, int64_t ns)
{
    uint64_t took = ns > 0 ? (uint64_t)ns : 0;

    /* relaxed: counts */
    atomic_fetch_add_explicit(&times->buckets[times_bucket(took)], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&times->sum_ns, took, memory_order_relaxed);
}

struct syn_histogram syni_times_read(const struct syni_times *times)
{
    struct syn_histogram out = {0};

    for (int i = 0; i < SYN_HISTOGRAM_BUCKETS; i++) {
        out.buckets[i] = atomic_load_explicit(&times->buckets[i], memory_order_relaxed);
        out.count += out.buckets[i];
    }
    out.sum_ns = atomic_load_explicit(&times->sum_ns, memory_order_relaxed);
    return out;
}

double syn_histogram_mean(const struct syn_histogram *histogram)
{
    return histogram->count ? (double)histogram->sum_ns / (double)histogram->count : 0;
}

double syn_histogram_quantile(const struct syn_histogram *histogram, double quantile)
{
    double wanted = quantile * (double)histogram->count, seen = 0;

    if (!histogram->count)
        return 0;
    for (int i = 0; i < SYN_HISTOGRAM_BUCKETS; i++) {
        seen += (double)histogram->buckets[i];
        if (histogram->buckets[i] && seen >= wanted)
            return (double)(UINT64_C(1) << (i + TIMES_FIRST));
    }
    return (double)(UINT64_C(1) << (SYN_HISTOGRAM_BUCKETS - 1 + TIMES_FIRST));
}

struct syn_histogram syn_histogram_since(struct syn_histogram later, struct syn_histogram earlier)
{
    later.count -= earlier.count;
    later.sum_ns -= earlier.sum_ns;
    for (int i = 0; i < SYN_HISTOGRAM_BUCKETS; i++)
        later.buckets[i] -= earlier.buckets[i];
    return later;
}

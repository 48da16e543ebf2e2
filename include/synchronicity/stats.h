/* SPDX-License-Identifier: Apache-2.0
 *
 * How long things take: histograms, and everything that is counted as text for Prometheus.
 *
 * What a synchronizer or a pool did is always counted (syn_synchronizer_stats(), syn_pool_stats()).
 * How long it took is measured while the program says so, since that needs looks at the clock:
 *
 *     syn_measure(1);
 *     ...
 *     struct syn_synchronizer_stats before = syn_synchronizer_stats(&db);
 *     work();
 *     struct syn_synchronizer_stats stats =
 *         syn_synchronizer_stats_since(syn_synchronizer_stats(&db), before);
 *     printf("%lu calls, a step takes %.0f us, one in a hundred more than %.0f us\n", stats.started,
 *            syn_histogram_mean(&stats.step_time) / 1e3,
 *            syn_histogram_quantile(&stats.step_time, 0.99) / 1e3);
 *
 * Times are of CLOCK_MONOTONIC, also where a virtual clock is used.
 */
#ifndef SYNCHRONICITY_STATS_H
#define SYNCHRONICITY_STATS_H

#include <stddef.h>
#include <stdint.h>

#include <synchronicity/err.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bucket I counts what took less than 2^(I + 10) ns, and no less than the bucket before: 1 us, 2 us,
 * and so on to 8.6 s. The last one counts the rest. */
enum { SYN_HISTOGRAM_BUCKETS = 25 };
struct syn_histogram {
    uint64_t count, sum_ns;
    uint64_t buckets[SYN_HISTOGRAM_BUCKETS];
};

/* Nanoseconds; 0 of nothing. Of a quantile (0.5 is the median) the upper end of its bucket, so at most
 * twice the true value; of the last bucket, which has none, 2^34. */
double syn_histogram_mean(const struct syn_histogram *histogram);
double syn_histogram_quantile(const struct syn_histogram *histogram, double quantile);

/* What was added to LATER since it was EARLIER. */
struct syn_histogram syn_histogram_since(struct syn_histogram later, struct syn_histogram earlier);

/* ON: times are measured in all synchronizers and pools, from now on. A step then costs two looks at the
 * clock. Each call with 1 is taken back by one with 0. Thread: any. */
void syn_measure(int on);

/* Writes what is counted and measured in this process, of each synchronizer that runs and each pool
 * that is used, to TEXT: Prometheus' text format (version 0.0.4), ended by a 0 byte, cut at SIZE bytes.
 * Names that begin with "synchronicity_", with the label `synchronizer` or `pool`. Returns how many
 * bytes there are without that 0, as snprintf() does: if that is SIZE or more, a larger buffer is
 * needed. docs/examples/metrics.c serves it by HTTP. Thread: any, outside of signal handlers; for
 * moments it holds the lists of loops and pools. */
size_t syn_stats_text(char *text, size_t size);

#ifdef __cplusplus
}
#endif

#endif

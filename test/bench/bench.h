/* SPDX-License-Identifier: Apache-2.0
 *
 * What the benches share: a clock, medians of interleaved rounds, one way of printing.
 *
 * A PEER is a name and a function that runs the workload once and returns one number.
 * bench_compare() runs all peers of a workload in turn, round after round, so that a
 * noisy minute hits all of them, and prints
 *
 *     workload peer metric value unit          the median of the rounds
 *     workload ours/peer ratio value times     how many times better ours is than peer
 *
 * A peer that is missing is told so with BENCH_SKIP, and prints
 *
 *     workload peer skipped reason
 *
 * The absolute figures hold for one machine and one minute; the ratios hold longer.
 * Nothing here fails because something was slow. For steadier figures run a bench
 * on an idle machine; pinning (taskset -c 0) gives the cost without a second core.
 *
 * BENCH_ROUNDS and BENCH_SCALE (a factor for all counts, say 0.1) in the environment
 * make a run shorter.
 */
#ifndef BENCH_H
#define BENCH_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#ifndef BENCH_USUAL_ROUNDS
#define BENCH_USUAL_ROUNDS 5
#endif

enum { BENCH_MAX_ROUNDS = 25, BENCH_MAX_PEERS = 10, BENCH_MAX_ALSO = 4 };
static const double bench_seconds = 16;

/* Where a run leaves what it measured besides its result. */
static double bench_also[BENCH_MAX_ALSO];

/* On a slow or busy machine there are fewer rounds, so that a bench ends in time. */
static double bench_part_seconds;

struct bench_peer {
    const char *name;
    double (*run)(long count); /* one round; NAN: it failed, and has said why */
    int ours;                  /* 1: the others are compared with it */
    const char *skipped;       /* why it is left out, or NULL */
};

#define BENCH_PEER(name, run) {name, run, 0, NULL}
#define BENCH_OURS(name, run) {name, run, 1, NULL}
#define BENCH_SKIP(name, reason) {name, NULL, 0, reason}

struct bench_workload {
    const char *name, *metric, *unit;
    int more_is_better;
    long count; /* handed to each peer, after BENCH_SCALE */
};

static inline double bench_clock(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline double bench_now(void)
{
    return bench_clock(CLOCK_MONOTONIC);
}

/* Of all threads of this process: for what only computes, since a busy machine disturbs
 * it less than the time of day. */
static inline double bench_cpu(void)
{
    return bench_clock(CLOCK_PROCESS_CPUTIME_ID);
}

/* Times that this process, with all its threads, left a processor. */
static inline double bench_switches(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_nvcsw + usage.ru_nivcsw);
}

static inline double bench_environment(const char *name, double otherwise)
{
    const char *text = getenv(name);
    double value = text ? atof(text) : 0;

    return value > 0 ? value : otherwise;
}

static inline int bench_rounds(void)
{
    int n = (int)bench_environment("BENCH_ROUNDS", BENCH_USUAL_ROUNDS);

    return n < BENCH_MAX_ROUNDS ? n : BENCH_MAX_ROUNDS;
}

static inline int bench_by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Sorts VALUES. NAN if one of them is. */
static inline double bench_median(double *values, int n)
{
    for (int i = 0; i < n; i++)
        if (isnan(values[i]))
            return NAN;
    qsort(values, (size_t)n, sizeof *values, bench_by_value);
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/* Prints TEXT as one word, so that a script can split a line into its five fields. */
static inline void bench_print_word(const char *text, int width)
{
    int n = 0;

    for (; *text; text++)
        if (*text != ',')
            n += putchar(*text == ' ' ? '-' : *text) != EOF;
    printf("%*s", n < width ? width - n : 0, "");
}

static inline void bench_print(const char *workload, const char *peer, const char *metric,
                               double value, const char *unit)
{
    int decimals = fabs(value) < 10 ? 3 : fabs(value) < 1000 ? 1 : 0;

    bench_print_word(workload, 26);
    putchar(' ');
    bench_print_word(peer, 40);
    putchar(' ');
    bench_print_word(metric, 16);
    printf(" %12.*f ", decimals, value);
    bench_print_word(unit, 0);
    putchar('\n');
    fflush(stdout);
}

static inline void bench_print_skipped(const char *workload, const char *peer, const char *reason)
{
    bench_print_word(workload, 26);
    putchar(' ');
    bench_print_word(peer, 40);
    printf(" %-16s %s\n", "skipped", reason);
}

/* A line about the machine, since figures without one say nothing. N_PARTS: as many
 * bench_compare()s and the like follow, and share the time there is. */
static inline void bench_begin(const char *name, int n_parts)
{
    double load = 0;

    bench_part_seconds = bench_seconds / n_parts;
    if (getloadavg(&load, 1) != 1)
        load = 0;
    printf("# %s: %ld processors, load %.2f, medians of up to %d rounds; ratio: above 1 is better "
           "than the peer\n",
           name, sysconf(_SC_NPROCESSORS_ONLN), load, bench_rounds());
}

static inline void bench_ratio(const struct bench_workload *w, const char *ours, double our_value,
                               const char *peer, double value)
{
    char name[80];

    snprintf(name, sizeof name, "%s/%s", ours, peer);
    bench_print(w->name, name, "ratio", w->more_is_better ? our_value / value : value / our_value,
                "times");
}

static inline void bench_report(const struct bench_workload *w, const struct bench_peer *peers,
                                int n_peers, const double *medians)
{
    for (int p = 0; p < n_peers; p++)
        if (!isnan(medians[p]))
            bench_print(w->name, peers[p].name, w->metric, medians[p], w->unit);
        else
            bench_print_skipped(w->name, peers[p].name,
                                peers[p].skipped ? peers[p].skipped : "it failed");
    for (int o = 0; o < n_peers; o++)
        for (int p = 0; p < n_peers; p++)
            if (peers[o].ours && !peers[p].ours && !isnan(medians[o]) && !isnan(medians[p]))
                bench_ratio(w, peers[o].name, medians[o], peers[p].name, medians[p]);
}

/* N_WORKLOADS at W are measured by the same runs: run() returns what belongs to the
 * first, and stores what belongs to the others in bench_also[1] and so on. */
static inline void bench_compare(const struct bench_workload *w, int n_workloads,
                                 const struct bench_peer *peers, int n_peers)
{
    static double values[BENCH_MAX_ALSO][BENCH_MAX_PEERS][BENCH_MAX_ROUNDS];
    long count = (long)((double)w->count * bench_environment("BENCH_SCALE", 1));
    double end = bench_now() + bench_part_seconds;
    int rounds = 0;

    do {
        for (int p = 0; p < n_peers; p++) {
            bench_also[0] = peers[p].skipped ? NAN : peers[p].run(count > 0 ? count : 1);
            for (int i = 0; i < n_workloads; i++)
                values[i][p][rounds] = isnan(bench_also[0]) ? NAN : bench_also[i];
        }
    } while (++rounds < bench_rounds() && bench_now() < end);
    for (int i = 0; i < n_workloads; i++) {
        double medians[BENCH_MAX_PEERS];

        for (int p = 0; p < n_peers; p++)
            medians[p] = bench_median(values[i][p], rounds);
        bench_report(&w[i], peers, n_peers, medians);
    }
}

#define BENCH_COUNT(array) ((int)(sizeof(array) / sizeof *(array)))
#define BENCH_COMPARE(workload, peers) bench_compare(&(workload), 1, (peers), BENCH_COUNT(peers))
#define BENCH_COMPARE_ALL(workloads, peers)                                                        \
    bench_compare((workloads), BENCH_COUNT(workloads), (peers), BENCH_COUNT(peers))

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * What memory something takes, or what it takes to have fresh memory, measured in a process of its own.
 */
#ifndef BENCH_FOOTPRINT_H
#define BENCH_FOOTPRINT_H

#include <sys/wait.h>

#include "bench.h"

struct footprint {
    double resident, asked; /* bytes */
    double fresh, again;    /* or processor time, ns: with memory that nobody used before, and with what that left */
};

static inline double resident_bytes(void)
{
    double pages = NAN;
    FILE *statm = fopen("/proc/self/statm", "r");

    if (!statm)
        return NAN;
    if (fscanf(statm, "%*s %lf", &pages) != 1)
        pages = NAN;
    fclose(statm);
    return pages * (double)sysconf(_SC_PAGESIZE);
}

/* MEASURE in a fresh process, with memory that nobody has used before. */
static inline struct footprint measured_apart(void (*measure)(long n, struct footprint *each),
                                              long n)
{
    struct footprint each = {NAN, NAN, NAN, NAN};
    int ends[2], status;
    pid_t child;

    fflush(stdout);
    if (pipe(ends) < 0 || (child = fork()) < 0)
        return each;
    if (child == 0) {
        measure(n, &each);
        _exit(write(ends[1], &each, sizeof each) != (ssize_t)sizeof each);
    }
    close(ends[1]);
    if (read(ends[0], &each, sizeof each) != (ssize_t)sizeof each)
        each.resident = each.asked = each.fresh = each.again = NAN;
    close(ends[0]);
    waitpid(child, &status, 0);
    return each;
}

static double (*footprint_once)(long n);

static inline void footprint_twice(long n, struct footprint *each)
{
    each->fresh = footprint_once(n);
    each->again = footprint_once(n);
}

/* What ONCE takes with memory that nobody has used before; bench_also[1]: with what that left. */
static inline double measured_twice(double (*once)(long n), long n)
{
    struct footprint each;

    footprint_once = once;
    each = measured_apart(footprint_twice, n);
    bench_also[1] = each.again;
    return each.fresh;
}

#endif

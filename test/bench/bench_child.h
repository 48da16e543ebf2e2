/* SPDX-License-Identifier: Apache-2.0
 *
 * Peers that are programs of their own: PROGRAM WORKLOAD COUNT runs one round and prints its
 * figures, one a line, in the unit of the workload. It is a process for each round, so what it
 * prints must not contain its start.
 */
#ifndef BENCH_CHILD_H
#define BENCH_CHILD_H

#include "bench.h"

/* Stores the figures in bench_also, as a run does; returns the first. */
static inline double bench_child(const char *program, const char *workload, long count)
{
    char command[1000];
    FILE *says;
    int n = 0, status;

    snprintf(command, sizeof command, "'%s' %s %ld", program, workload, count);
    says = popen(command, "r");
    if (!says)
        return NAN;
    while (n < BENCH_MAX_ALSO && fscanf(says, "%lf", &bench_also[n]) == 1)
        n++;
    status = pclose(says);
    if (status != 0 || n == 0) {
        fprintf(stderr, "%s failed\n", command);
        return NAN;
    }
    return bench_also[0];
}

#endif

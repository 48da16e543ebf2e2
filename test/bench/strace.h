/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads what "strace -c -o FILE" counted, and prints it as calls per request.
 */
#ifndef BENCH_STRACE_H
#define BENCH_STRACE_H

#include "bench.h"

/* One row of its table; false for headings and the like. */
static inline int strace_row(const char *line, char *out_call, double *out_calls)
{
    char words[6][64];
    int n = sscanf(line, "%63s %63s %63s %63s %63s %63s", words[0], words[1], words[2], words[3],
                   words[4], words[5]);

    if (n < 5 || strcmp(words[n - 1], "total") == 0 || atof(words[3]) < 1)
        return 0;
    snprintf(out_call, 64, "%s", words[n - 1]);
    *out_calls = atof(words[3]); /* the column "errors" behind it is often empty */
    return 1;
}

/* What is made less than once in a thousand requests is not made for requests. */
static inline void strace_print(const char *workload, const char *peer, const char *file,
                                double requests)
{
    FILE *table = fopen(file, "r");
    double calls, sum = 0;
    char line[256], call[64];

    while (table && fgets(line, sizeof line, table)) {
        if (!strace_row(line, call, &calls))
            continue;
        sum += calls;
        if (calls / requests >= 0.001)
            bench_print(workload, peer, call, calls / requests, "per request");
    }
    if (table)
        fclose(table);
    if (sum > 0)
        bench_print(workload, peer, "all", sum / requests, "per request");
    else
        bench_print_skipped(workload, peer, "strace counted nothing");
}

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Histograms of times, filled while somebody measures. See <synchronicity/stats.h>.
 *
 * Thread: any adds and reads. A reader may find an entry in one field and not in another yet.
 */
#ifndef SYNI_TIMES_H
#define SYNI_TIMES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <synchronicity/stats.h>

#include "base/align.h"

/* Zeroed is empty. */
struct syni_times {
    SYNI_ALIGNED_8 _Atomic(uint64_t) sum_ns;
    SYNI_ALIGNED_8 _Atomic(uint64_t) buckets[SYN_HISTOGRAM_BUCKETS];
};

/* Of a loop. */
struct syni_loop_times {
    struct syni_times lag;   /* of a timer, behind its deadline */
    struct syni_times step;  /* from its beginning to its return */
    struct syni_times ready; /* of a task, from when it could run until it did */
};

/* Of a pool. */
struct syni_pool_times {
    struct syni_times queued; /* of a job, from its post until it began */
    struct syni_times run;    /* from that until it returned */
};

/* One more, for a counter that only one thread writes: no locked instruction. */
static inline void syni_count(atomic_ulong *counter)
{
    unsigned long n = atomic_load_explicit(counter, memory_order_relaxed);

    atomic_store_explicit(counter, n + 1, memory_order_relaxed);
}

extern atomic_uint syni_times_measurers;

/* syn_measure(1) was said. Asked only where SYNI_HOOKED. */
static inline bool syni_measured(void)
{
    /* relaxed: as SYNI_HOOKED */
    return atomic_load_explicit(&syni_times_measurers, memory_order_relaxed) != 0;
}

/* One more that took NS; less than 0 counts as 0. */
void syni_times_add(struct syni_times *times, int64_t ns);

struct syn_histogram syni_times_read(const struct syni_times *times);

#endif

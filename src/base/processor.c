/* SPDX-License-Identifier: Apache-2.0
 *
 * Processors. Any thread.
 *
 * Which ones the process may use is what its first thread may, which nobody here pins. Discarded: the calling
 * thread's, since that may be pinned itself; the numbers from 0 on, which are not those of a process that
 * its container or taskset(1) confined.
 */
#if defined(__linux__)
#define _GNU_SOURCE 1
#elif defined(__APPLE__)
#define _DARWIN_C_SOURCE
#endif

#include "base/processor.h"

#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

/* Not in a thread's record (self.h), which is made of threads. */
static _Thread_local bool pinned;

static unsigned count_processors(void)
{
    long n = 0;
#ifdef __linux__
    cpu_set_t set;

    if (sched_getaffinity(getpid(), sizeof set, &set) == 0)
        n = CPU_COUNT(&set);
#endif
    if (n <= 0)
        n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 1 ? (unsigned)n : 1;
}

unsigned syni_processors(void)
{
    static atomic_uint known; /* asking costs files to be read */
    unsigned n = atomic_load_explicit(&known, memory_order_relaxed);

    if (n == 0) {
        n = count_processors();
        atomic_store_explicit(&known, n, memory_order_relaxed); /* relaxed: a number */
    }
    return n;
}

bool syni_processors_many(void)
{
    return syni_processors() > 1;
}

void syni_processor_pin(unsigned number)
{
#ifdef __linux__
    cpu_set_t all, one;
    unsigned seen = 0;

    if (sched_getaffinity(getpid(), sizeof all, &all) != 0)
        return;
    CPU_ZERO(&one);
    for (size_t i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, &all) && seen++ == number)
            CPU_SET(i, &one);
    if (CPU_COUNT(&one) == 1 && sched_setaffinity(0, sizeof one, &one) == 0)
        pinned = true;
#else
    (void)number;
#endif
}

bool syni_processor_is_pinned(void)
{
    return pinned;
}

void syni_processor_unpin(void)
{
#ifdef __linux__
    cpu_set_t all;

    if (sched_getaffinity(getpid(), sizeof all, &all) == 0)
        sched_setaffinity(0, sizeof all, &all);
#endif
}

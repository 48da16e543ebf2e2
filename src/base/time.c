/* SPDX-License-Identifier: Apache-2.0
 *
 * Real time. Any thread.
 */
#if !defined(__APPLE__)
#define _POSIX_C_SOURCE 200809L
#endif

#include "base/time.h"

int64_t syni_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void syni_timespec(struct timespec *out, int64_t ns)
{
    int64_t seconds;

    if (ns < 0)
        ns = 0;
    seconds = ns / 1000000000;
    if (seconds > INT32_MAX)
        seconds = INT32_MAX;
    out->tv_sec = (time_t)seconds;
    out->tv_nsec = (long)(ns % 1000000000);
}

int64_t syni_deadline_in(int64_t now, int64_t ns)
{
    if (ns <= 0)
        return now;
    return ns > SYNI_NEVER - now ? SYNI_NEVER : now + ns;
}

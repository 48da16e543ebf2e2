/* SPDX-License-Identifier: Apache-2.0
 *
 * Real time, in nanoseconds of the monotonic clock, and arithmetic that does not
 * overflow.
 */
#ifndef SYNI_TIME_H
#define SYNI_TIME_H

#include <stdint.h>
#include <time.h>

#define SYNI_NEVER INT64_MAX

/* Nanoseconds of the real monotonic clock. */
int64_t syni_now(void);

/* NS as a timespec: 0 for what is negative, cut at what a 32-bit time can hold. */
void syni_timespec(struct timespec *out, int64_t ns);

/* now + NS without overflow: never for what is too far away, now for the past. */
int64_t syni_deadline_in(int64_t now, int64_t ns);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * A task, which is written in C, for the coroutines of main.cc: it increments a number in Redis from a loop of its
 * own.
 */
#ifndef CPP20_TASK_H
#define CPP20_TASK_H

#include <synchronicity.h>

#include "redis/redis.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How many times of N it was told the new value. */
SYN_ASYNC_DECLARE(int, increments_in_task, (struct redis *, db), (int, n));

/* It runs there no more. */
syn_err end_of_tasks(void);

#ifdef __cplusplus
}
#endif

#endif

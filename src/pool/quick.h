/* SPDX-License-Identifier: Apache-2.0
 *
 * Pools with works that are over at once: one thread runs them all (quick.c). All under the pool's lock.
 */
#ifndef SYNI_QUICK_H
#define SYNI_QUICK_H

#include "pool/pool.h"

/* ME has taken a work. From here on one thread may be wanted, where it were max_threads. */
void syni_quick_count_locked(struct syni_worker *me);
/* ME, which is listed as idle, sleeps for so many nanoseconds at most, and then looks: it is the watcher.
 * SYNI_NEVER: it is not. */
int64_t syni_quick_watch_locked(struct syni_worker *me);
/* The watcher looks. True: too few run, and it is to take part, and call others. */
bool syni_quick_look_locked(struct syni_pool *pool);
/* A thread has begun to count as blocked. True: as below. */
bool syni_quick_block_locked(struct syni_pool *pool);
/* WORKER is idle no more. True: it was the watcher, and more threads are wanted from here on. */
bool syni_quick_leave_locked(struct syni_worker *worker);

#endif

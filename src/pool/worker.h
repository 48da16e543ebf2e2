/* SPDX-License-Identifier: Apache-2.0
 *
 * The threads of a pool, and works that their submitters run.
 */
#ifndef SYNI_WORKER_H
#define SYNI_WORKER_H

#include "pool/pool.h"

/* A thread of POOL. */
void syni_worker_main(void *pool);

/* WORK, which is new, runs from here on, in the calling thread, which is no worker: as ME, which a
 * stop finds from here on. Then, without the lock: runs it. */
void syni_worker_begin_here_locked(struct syni_worker *me, struct syni_pool *pool,
                                   struct syni_work *work);
void syni_worker_run_here(struct syni_worker *me);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Calling threads of a pool (workers.c), for those that post, and workers.
 */
#ifndef SYNI_WORKERS_H
#define SYNI_WORKERS_H

#include "pool/pool.h"

/* One thread more may run: it is off the idle list, or is to be started and counts from here
 * on. Zero: none. */
struct syni_calling {
    struct syni_worker *idle;
    bool start;
    bool more; /* it was the watcher, and more may run: the caller counts in n_here until they are called */
};
void syni_worker_choose_locked(struct syni_pool *pool, struct syni_calling *out_calling);
/* Wakes or starts it, without the lock, since a thread that is woken under it would run into it. When
 * that fails and there is none that might take them, works that wait are refused. */
void syni_worker_call(struct syni_pool *pool, const struct syni_calling *calling);
/* The same when no thread may be started. */
void syni_worker_refuse_hopeless(struct syni_pool *pool, syn_err err);

/* As many as may run are, if so many works wait. Without the lock; the caller counts in POOL. */
void syni_worker_call_more(struct syni_pool *pool);

/* What the calling thread runs works as; NULL: it does not. */
struct syni_worker *syni_worker_now(void);
struct syni_worker *syni_worker_become(struct syni_worker *worker); /* returns what it was */

/* WORKER counts as blocked, once more; once less. Without the lock. Around each wait of the
 * work that it runs. */
void syni_worker_step_out(struct syni_worker *worker);
void syni_worker_step_in(struct syni_worker *worker);
void syni_worker_step_in_locked(struct syni_worker *worker);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The bound of the queue of a pool, and waiting for room.
 */
#ifndef SYNI_BOUND_H
#define SYNI_BOUND_H

#include "pool/pool.h"

/* WORK has a place in the queue; false: it may be full. Any thread. */
bool syni_bound_take(struct syni_pool *pool, struct syni_work *work);
/* The same; false: it is full. */
bool syni_bound_take_locked(struct syni_pool *pool, struct syni_work *work);
/* The same over the bound. */
void syni_bound_exceed_locked(struct syni_pool *pool, struct syni_work *work);
/* What was given back may be taken without the lock. */
void syni_bound_collect_locked(struct syni_pool *pool);
/* WORK needs its place, if it has one, no more. */
void syni_bound_give_locked(struct syni_pool *pool, struct syni_work *work);
/* Waits for a place. Fails: SYN_ETIMEDOUT, SYN_ECLOSED. */
syn_err syni_bound_wait_locked(struct syni_pool *pool, struct syni_work *work, int64_t deadline,
                               syni_pool_sleep_fn *sleep);
/* Works were taken: waiters for room may go on. ALL: also when there is none. */
void syni_bound_tell_locked(struct syni_pool *pool, bool all);

#endif

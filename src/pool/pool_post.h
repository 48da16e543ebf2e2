/* SPDX-License-Identifier: Apache-2.0
 *
 * Posting works to a pool.
 */
#ifndef SYNI_POOL_POST_H
#define SYNI_POOL_POST_H

#include "pool/pool.h"

/* All pools that are made, by `counted`. */
extern struct syni_census syni_pools;

/* The inside of OWNER, made if need be. */
struct syni_pool *syni_pool_of(struct syn_pool *owner);

/* WORK runs on POOL, some time. If there is a SLEEP it may wait for room, by that, until DEADLINE, and
 * run here. 0: it was taken. Fails, and WORK is still the caller's: SYN_ECLOSED, SYN_EAGAIN (it is full),
 * SYN_ETIMEDOUT, SYN_EINVAL (its strand, or the pool's options), SYN_ECANCELED (it was
 * cancelled). */
syn_err syni_pool_post(struct syni_pool *pool, struct syni_work *work, syni_pool_sleep_fn *sleep,
                       int64_t deadline);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Works that were posted without the lock of their pool.
 */
#ifndef SYNI_POOL_INBOX_H
#define SYNI_POOL_INBOX_H

#include "pool/pool.h"

/* WORK, which has no strand, is posted, and may be over when this returns; false: the inbox
 * is shut, and the lock must be taken. */
bool syni_pool_inbox_put(struct syni_pool *pool, struct syni_work *work);
/* It may be shut when this returns, or not any more. */
bool syni_pool_inbox_is_open(struct syni_pool *pool);
/* What is on it goes into the queue. Before anybody looks at that, at a work's state, or at what is
 * counted. */
void syni_pool_inbox_empty_locked(struct syni_pool *pool);
/* After the pool was closed or the number of threads that run has changed, at the latest before
 * it is looked whether somebody must run what waits: the inbox is open if enough run; if not, it
 * is shut, and what is on it goes into the queue. */
void syni_pool_inbox_tend_locked(struct syni_pool *pool);

#endif

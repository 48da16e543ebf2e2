/* SPDX-License-Identifier: Apache-2.0
 *
 * What a work does, told to hooks (base/hooks.h). Each is called only where SYNI_HOOKED.
 */
#ifndef SYNI_WORK_SEEN_H
#define SYNI_WORK_SEEN_H

#include "pool/pool.h"

/* Of a run. */
struct syni_seen_work {
    int64_t began_ns;
};
void syni_work_seen_posted(struct syni_work *work);
void syni_work_seen_begins(struct syni_work *work, struct syni_seen_work *seen);
void syni_work_seen_ended(struct syni_work *work, const struct syni_seen_work *seen);
/* Its waiters were told. */
void syni_work_seen_over(void);
/* It never began: ERR says why. */
void syni_work_seen_unbegun(struct syni_work *work, syn_err err);
/* The times of POOL, if there are any, into STATS. */
void syni_work_seen_read(struct syni_pool *pool, struct syn_pool_stats *stats);
/* POOL is freed. */
void syni_work_seen_forget(struct syni_pool *pool);

#endif

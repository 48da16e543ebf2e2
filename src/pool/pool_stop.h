/* SPDX-License-Identifier: Apache-2.0
 *
 * Stopping, configuring and freeing a pool.
 */
#ifndef SYNI_POOL_STOP_H
#define SYNI_POOL_STOP_H

#include "pool/pool.h"

/* The beginning of syni_pool_stop(), of which nobody is told. */
void syni_pool_ask(struct syni_pool *pool, int reason);

/* POOL takes nothing any more; works that wait are over, and those that run are cancelled, for
 * REASON. HERE is told when they have, and when no thread is left; syni_pool_leave() comes next. */
void syni_pool_stop(struct syni_pool *pool, struct syni_pool_stopper *here, int reason);
/* The deadline of HERE has passed: works that still run are abandoned. Returns one's name, or NULL if
 * none does. */
const char *syni_pool_give_up(struct syni_pool *pool, struct syni_pool_stopper *here);
/* Fails: SYN_EBUSY. */
syn_err syni_pool_configure(struct syni_pool *pool, const struct syn_pool_options *options);
syn_err syni_pool_fini(struct syni_pool *pool);
/* The same, and its next job begins anew. */
syn_err syni_pool_forget(struct syni_pool *pool);
struct syn_pool_stats syni_pool_look(struct syni_pool *pool);

#endif

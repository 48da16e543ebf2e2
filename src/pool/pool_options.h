/* SPDX-License-Identifier: Apache-2.0
 *
 * The options of a pool: checked, and read.
 */
#ifndef SYNI_POOL_OPTIONS_H
#define SYNI_POOL_OPTIONS_H

#include "pool/pool.h"

/* What makes no sense in OPTIONS: SYN_EINVAL, SYN_EABI; 0: nothing. Posts to a pool that was made with such ones,
 * which is static, are refused until it is configured. */
enum { SYNI_DOUBT_SIZE = 160 };
syn_err syni_pool_doubt(const struct syn_pool_options *options, char why[SYNI_DOUBT_SIZE]);
/* The same of a pool's own. */
syn_err syni_pool_doubt_own(struct syni_pool *pool, char why[SYNI_DOUBT_SIZE]);

/* The settings, as the owner's options say. A thread that counts in the pool may read those without the lock,
 * since they stay; all others ask here. */
void syni_pool_size_locked(struct syni_pool *pool);
unsigned syni_pool_max_threads(struct syni_pool *pool);
const char *syni_pool_name(struct syni_pool *pool);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Stopping a pool, as the threads that do it see that.
 */
#ifndef SYNI_LIFE_POOL_H
#define SYNI_LIFE_POOL_H

#include <stdint.h>

#include <synchronicity/pool.h>

/* As syn_pool_stop(); LATEST: as syni_home_stop(). */
syn_err syni_pool_stop_by(struct syn_pool *pool, struct syn_deadline deadline, int64_t *latest);

#endif

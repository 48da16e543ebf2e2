/* SPDX-License-Identifier: Apache-2.0
 *
 * What was counted and measured. See <synchronicity/stats.h>.
 */
#ifndef SYNI_STATS_H
#define SYNI_STATS_H

#include "task/state.h"

/* All of HOME's but `unclaimed`, which is looked for. Any thread that keeps HOME. */
struct syn_synchronizer_stats syni_stats_of(const struct syni_home *home);

#endif

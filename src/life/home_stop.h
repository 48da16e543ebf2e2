/* SPDX-License-Identifier: Apache-2.0
 *
 * Stopping and freeing one synchronizer.
 */
#ifndef SYNI_HOME_STOP_H
#define SYNI_HOME_STOP_H

#include "task/state.h"

/* How much later than its deadline a stop returns, when what it abandoned takes time to end. */
enum { SYNI_STOP_LATE_NS = 1000000000 };

/* As syn_synchronizer_start(), _stop() and _free() say. *LATEST: when a stop with a deadline that has passed
 * returns at last, in real time; 0: it sets that, for the other stops that share the deadline. */
syn_err syni_home_start(struct syn_synchronizer *synchronizer);
syn_err syni_home_stop(struct syni_home *home, struct syn_deadline deadline, int64_t *latest);
syn_err syni_home_free(struct syni_home *home);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The grace thread: a thread that abandons works that were cancelled and have not ended. It
 * lives while there are such, one for all pools.
 */
#ifndef SYNI_GRACE_H
#define SYNI_GRACE_H

#include "pool/pool.h"

/* GIVE_UP(WORK) is called at DUE (real time), unless it is forgotten before. Fails as
 * syni_thread_start() does. */
syn_err syni_grace_add(struct syni_work *work, int64_t due,
                       void (*give_up)(struct syni_work *work));

/* Not any more; waits while it is being called. */
void syni_grace_forget(struct syni_work *work);

/* Returns when the thread has something to keep, or has retired. */
void syni_grace_await(void);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The states of a pool, its stoppers, and the list of all pools.
 */
#ifndef SYNI_POOL_LIFE_H
#define SYNI_POOL_LIFE_H

#include "pool/pool.h"

/* Stoppers are told, if no work runs, and if nobody is left: after one of both became less. */
void syni_pool_tell_locked(struct syni_pool *pool);
/* The first half of syni_pool_stop(). */
void syni_pool_close_locked(struct syni_pool *pool, struct syni_pool_stopper *here);
/* HERE, told or not, waits no more; joins what it has to. */
void syni_pool_leave(struct syni_pool *pool, struct syni_pool_stopper *here);
/* Takes works again. Fails: SYN_EBUSY while a stop waits for works or threads. */
syn_err syni_pool_open(struct syni_pool *pool);
/* The calling thread leaves: it is the last of this pool, or, when nobody stops that, retires (thread.h).
 * True: it joins *OUT_BEFORE, which left before, when it holds no lock. */
bool syni_pool_thread_leaves_locked(struct syni_pool *pool, struct syni_thread *out_before);
bool syni_pool_is_used_locked(const struct syni_pool *pool);
/* Waits for its stoppers to leave. False: it is used. */
bool syni_pool_await_stoppers(struct syni_pool *pool);

/* POOL was made, and takes works. */
void syni_pool_register(struct syni_pool *pool);
/* All of them, by `registered`; for code that reads it without its lock. */
const struct syni_list *syni_pool_list(void);
/* Number I among them; NULL. It is not freed before it is unpinned. */
struct syni_pool *syni_pool_pin(unsigned i);
void syni_pool_unpin(struct syni_pool *pool);

#endif

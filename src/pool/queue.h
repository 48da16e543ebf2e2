/* SPDX-License-Identifier: Apache-2.0
 *
 * The queue of a pool. All under the pool's lock.
 */
#ifndef SYNI_QUEUE_H
#define SYNI_QUEUE_H

#include "pool/pool.h"

/* WORK, which is new, waits: in the queue, or at its strand. Fails: SYN_EINVAL when the
 * strand is another pool's. */
syn_err syni_queue_put_locked(struct syni_pool *pool, struct syni_work *work);
/* The next that may run, which runs from here on; NULL. */
struct syni_work *syni_queue_take_locked(struct syni_pool *pool);
/* WORK, which waits, is over. */
void syni_queue_remove_locked(struct syni_work *work);
/* WORK ran: the next of its strand may. */
void syni_queue_leave_strand_locked(struct syni_work *work);
struct syni_work *syni_queue_running_locked(struct syni_pool *pool, const struct syn_strand *strand);
/* (That is what runs of STRAND, or NULL.) Moves all that wait to LIST, as over; those that are nested. */
void syni_queue_empty_locked(struct syni_pool *pool, struct syni_list *list);
void syni_queue_remove_nested_locked(struct syni_pool *pool, struct syni_list *list);
/* Nothing that any worker might take. */
bool syni_queue_is_empty_locked(const struct syni_pool *pool);
/* Ends those on LIST, without the lock. */
void syni_queue_end_all(struct syni_list *list, syn_err err);

#endif

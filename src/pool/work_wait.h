/* SPDX-License-Identifier: Apache-2.0
 *
 * What works wait for, looked at by others (work_cancel.c): in what they run, and before they do.
 */
#ifndef SYNI_WORK_WAIT_H
#define SYNI_WORK_WAIT_H

#include "pool/pool.h"

/* The wait of WORK, which runs, not left before let_go(); NULL: none. Any thread that knows WORK to stay. */
void *syni_work_hold_wait(struct syni_work *work);
void syni_work_let_go(struct syni_work *work);
/* It is in such a wait, in line at its strand, or queued where all threads wait: a hint. */
bool syni_work_may_wait(struct syni_work *work);

/* WORK is queued: FN is told, under the lock, what must end before: what runs of its strand; or, *OUT_FIRST, one of
 * all that run, as all threads wait and there can be no more. What FN gives, for all of these. */
bool syni_work_before(struct syni_work *work, bool *out_first,
                      bool (*fn)(struct syni_work *before, void *user), void *user);

#endif

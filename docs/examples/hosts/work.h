/* SPDX-License-Identifier: Apache-2.0
 *
 * What each program of this folder does from its own loop. The loop hosts the synchronizer of a Redis
 * client, or drains a mailbox while that synchronizer has a thread of its own. A blocking thread, a task of
 * another synchronizer, and callbacks on the loop's thread use the client at the same time.
 */
#ifndef WORK_H
#define WORK_H

#include <synchronicity.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Begins it all, on the thread that drains BOX, or, with NULL, hosts redis_synchronizer. The thread calls
 * OVER, in a drain or a turn, when all is done. Returns 0; or 1, after it printed why. */
int work_begin(struct syn_mailbox *box, void (*over)(void));

/* Ends it, after OVER and outside of turns and drains. Prints what was done; returns 0 if that is all. */
int work_end(void);

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * What each program of this folder does from its own loop. The loop hosts the synchronizer of a Redis
 * client; a blocking thread, a task of another synchronizer and callbacks use that client at the same
 * time.
 */
#ifndef WORK_H
#define WORK_H

#include <synchronicity.h>

/* Begins it all, on the thread that hosts redis_synchronizer. OVER is called on that thread, in a
 * turn, when all is done. Returns 0; or 1, after it printed why. */
int work_begin(void (*over)(void));

/* Ends it, after OVER and outside of turns. Prints what was done; returns 0 if that is all. */
int work_end(void);

#endif

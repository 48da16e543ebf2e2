/* SPDX-License-Identifier: Apache-2.0
 *
 * What each of the programs of this folder does from its own loop: a Redis client whose
 * synchronizer is hosted by that loop, used by a blocking thread, by a task of another synchronizer
 * and by callbacks at the same time.
 */
#ifndef WORK_H
#define WORK_H

#include <synchronicity.h>

/* Begins it all, on the thread that hosts redis_synchronizer. OVER is called on that thread, in a
 * turn, when all is done. Returns 0, or 1 and has said why. */
int work_begin(void (*over)(void));

/* Ends it, after OVER and outside of turns. Prints what was done; returns 0 if that is all. */
int work_end(void);

#endif

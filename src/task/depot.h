/* SPDX-License-Identifier: Apache-2.0
 *
 * The common store of spare frames, by size, and where their memory comes from. Any thread.
 *
 * Up to SYNI_DEPOT_PIECES frames of a size are pieces of the allocator, each by itself. What is out beyond them lies
 * in blocks of many, so that a million calls under way ask the allocator a few thousand times.
 */
#ifndef SYNI_DEPOT_H
#define SYNI_DEPOT_H

#include "task/state.h"

enum { SYNI_DEPOT_BATCH = 32, SYNI_DEPOT_PIECES = 4096 };

/* The size of the frames of CLASS. */
static inline size_t syni_depot_bytes(unsigned class)
{
    return ((size_t)class + 1) * SYNI_FRAME_CLASS_BYTES;
}

/* It has some, as a hint. */
bool syni_depot_has(unsigned class);

/* A frame, and some more for STORE (NULL: there is none) if there are; a new one if there is none; NULL: no memory. */
struct syni_spare *syni_depot_take(struct syni_store *store, unsigned class);

/* Those of LIST stay here while frames are worth keeping; else they go back to the allocator. */
void syni_depot_put(struct syni_spare *list, unsigned class);

/* SPARE, with a slot that is spent, or of the parent process, is never used again. */
void syni_depot_drop(struct syni_spare *spare, unsigned class);

/* Gives back to the allocator what is here, but for blocks of which some frames are elsewhere. ALWAYS: although frames are
 * worth keeping. */
void syni_depot_trim(bool always);

/* Frames are worth keeping while loops run, or workers of pools have some. */
void syni_depot_keep(bool loops_run);
bool syni_depot_keeps_for_loops(void);
void syni_depot_count_worker(bool comes);

#endif

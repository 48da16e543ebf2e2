/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocks: one piece of the allocator with many frames of one size, for programs that have very many.
 *
 * Which frames are spare is said by bits in front of them, so that a spare frame is not touched, and its pages may be
 * the system's. The slot of a frame has its place in the block, by which the block is found. By the holder of the
 * depot's lock, but for what is said otherwise.
 */
#ifndef SYNI_BLOCK_H
#define SYNI_BLOCK_H

#include "base/list.h"
#include "task/state.h"

struct syni_block {
    struct syni_list link; /* depot.c */
    unsigned n;            /* frames that are of use: with a slot that is not spent */
    unsigned n_spare;
    unsigned begin; /* no bit is set in a word before this */
    unsigned class;
    unsigned char *frames;
    struct syni_slot **rows; /* their slots, so many in each: SYNI_SLOTS_OF_ROW */
    uint64_t spare[];
};

/* One of which all are spare, on no list; NULL: no memory. Any thread, without the lock, as the next. */
struct syni_block *syni_block_new(unsigned class);
void syni_block_free(struct syni_block *block);

/* Of SPARE, which lies in one. Any thread. */
struct syni_block *syni_block_of(const struct syni_spare *spare, unsigned class);

/* One that was spare, with its slot; there is one. */
struct syni_spare *syni_block_take(struct syni_block *block);
void syni_block_put(struct syni_block *block, const struct syni_spare *spare);

/* All of its frames are here. */
static inline bool syni_block_is_whole(const struct syni_block *block)
{
    return block->n_spare == block->n;
}

/* The pages that only spare frames have go back to the system; they come back when they are used. */
void syni_block_trim(struct syni_block *block);

#endif

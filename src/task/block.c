/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocks of frames (task/block.h). Under the depot's lock, or before others know the block, or after.
 *
 * The frames are at the end of the block, and in front of them bits and the rows of slots. A frame is found by
 * its place, so the next ones to take are not read from memory that is not in a cache yet, as those of a list are.
 * Discarded: a list of the spare ones through their memory (a million futures again and again: 25 % dearer than
 * malloc(), which walks no list either).
 */
#include "task/block.h"

#include "base/mem.h"
#include "base/poison.h"
#include "task/depot.h"

/* As many as there is room for, if each takes one byte in front for its bit, and for its part of a row. */
static unsigned block_room(unsigned class)
{
    return (unsigned)((SYNI_MEM_BLOCK - sizeof(struct syni_block) - 64) / (syni_depot_bytes(class) + 1));
}

static struct syni_slot *block_slot(const struct syni_block *block, unsigned i)
{
    return block->rows[i / SYNI_SLOTS_OF_ROW] + i % SYNI_SLOTS_OF_ROW;
}

static struct syni_spare *block_frame(const struct syni_block *block, unsigned i)
{
    return (struct syni_spare *)(void *)(block->frames + i * syni_depot_bytes(block->class));
}

struct syni_block *syni_block_of(const struct syni_spare *spare, unsigned class)
{
    size_t before = (block_room(class) - (spare->slot->place - 1)) * syni_depot_bytes(class);

    return (struct syni_block *)((uintptr_t)spare + before - SYNI_MEM_BLOCK);
}

void syni_block_free(struct syni_block *block)
{
    unsigned n_rows = (block_room(block->class) + SYNI_SLOTS_OF_ROW - 1) / SYNI_SLOTS_OF_ROW;

    for (unsigned i = 0; i < n_rows && block->rows[i]; i++)
        syni_slots_free_row(block->rows[i]);
    SYNI_UNPOISON(block, SYNI_MEM_BLOCK);
    syni_free(block, SYNI_MEM_BLOCK);
}

static bool block_has_slots(struct syni_block *block, unsigned room)
{
    for (unsigned i = 0; i < room; i++) {
        unsigned row = i / SYNI_SLOTS_OF_ROW;
        struct syni_slot *slot;

        if (i % SYNI_SLOTS_OF_ROW == 0 && !(block->rows[row] = syni_slots_new_row()))
            return false;
        slot = block_slot(block, i);
        slot->place = i + 1;
        if (syni_slot_is_spent(slot))
            continue;
        block->spare[i / 64] |= (uint64_t)1 << i % 64;
        block->n++;
    }
    return true;
}

struct syni_block *syni_block_new(unsigned class)
{
    struct syni_block *block = syni_mem_new_block();
    unsigned room = block_room(class), words = (room + 63) / 64;

    if (!block)
        return NULL;
    *block = (struct syni_block){.class = class};
    block->frames = (unsigned char *)block + SYNI_MEM_BLOCK - room * syni_depot_bytes(class);
    block->rows = (struct syni_slot **)(void *)(block->spare + words);
    for (unsigned i = 0; i < words; i++)
        block->spare[i] = 0;
    for (unsigned i = 0; i < room; i += SYNI_SLOTS_OF_ROW)
        block->rows[i / SYNI_SLOTS_OF_ROW] = NULL;
    SYNI_SURE((unsigned char *)(block->rows + room / SYNI_SLOTS_OF_ROW + 1) <= block->frames);
    if (block_has_slots(block, room) && block->n > 0) {
        block->n_spare = block->n;
        SYNI_POISON(block->frames, room * syni_depot_bytes(class));
        return block;
    }
    syni_block_free(block);
    return NULL;
}

struct syni_spare *syni_block_take(struct syni_block *block)
{
    struct syni_spare *spare;
    unsigned i;

    SYNI_INVARIANT(730, block->n_spare > 0 && block->n_spare <= block->n);
    while (!block->spare[block->begin])
        block->begin++;
    i = block->begin * 64 + (unsigned)__builtin_ctzll(block->spare[block->begin]);
    block->spare[block->begin] &= block->spare[block->begin] - 1;
    block->n_spare--;
    spare = block_frame(block, i);
    SYNI_UNPOISON(spare, syni_depot_bytes(block->class));
    spare->slot = block_slot(block, i);
    return spare;
}

void syni_block_put(struct syni_block *block, const struct syni_spare *spare)
{
    unsigned i = spare->slot->place - 1, word = i / 64;
    uint64_t bit = (uint64_t)1 << i % 64;

    SYNI_INVARIANT(730, spare == block_frame(block, i) && !(block->spare[word] & bit));
    block->spare[word] |= bit;
    block->n_spare++;
    if (word < block->begin)
        block->begin = word;
    SYNI_POISON(spare, syni_depot_bytes(block->class));
}

void syni_block_trim(struct syni_block *block)
{
    unsigned room = block_room(block->class);

    for (unsigned i = 0, from; i < room; i++) {
        for (from = i; i < room && (block->spare[i / 64] >> i % 64 & 1); i++)
            ;
        syni_mem_unused(block_frame(block, from), (i - from) * syni_depot_bytes(block->class));
    }
}

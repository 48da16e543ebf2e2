/* SPDX-License-Identifier: Apache-2.0
 *
 * The store of slots: a list under a lock, grown by chunks that are never given
 * back (slot.h says why). Frames keep their slot while they are in a cache, so the
 * lock is taken rarely. Freed slots go to the end, so that a number comes back as
 * late as possible. The chunks are chained by their beginnings, which leak checkers want,
 * and so that all slots can be looked at. Any thread.
 */
#include "base/fork.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/thread.h"
#include "task/slot.h"

#include <stddef.h>

enum { CHUNK = SYNI_SLOTS_OF_ROW };

static struct syni_mutex slot_lock = SYNI_MUTEX_INIT(SLOTS);
static struct syni_slot *slot_first, *slot_last;
struct chunk {
    struct chunk *next; /* the one made before; never changes */
    struct chunk *next_row; /* under the lock: the next of the spare rows */
    bool is_row;            /* under the lock: a block has its slots */
    struct syni_slot slots[CHUNK];
};
static struct chunk *_Atomic chunks; /* the latest; changed under the lock */
/* The first chunk is static: a small program's slots allocate nothing. */
static struct chunk initial;
static struct chunk *rows; /* spare ones; under the lock */

/* None of the parent's comes back here, so that its handles are known for what they are. */
static void slot_forked(void)
{
    slot_first = slot_last = NULL;
    rows = NULL;
}

static struct syni_fork_call slot_fork_call = {.lock = &slot_lock, .child = slot_forked};

static void append_locked(struct syni_slot *slot)
{
    SYNI_HOLDS(&slot_lock);
    /* relaxed, here and below: under the lock; but a thread with a stale handle may look */
    atomic_store_explicit(&slot->next, NULL, memory_order_relaxed);
    if (slot_last)
        atomic_store_explicit(&slot_last->next, slot, memory_order_relaxed);
    else
        slot_first = slot;
    slot_last = slot;
}

/* One more, or a row that nobody has; NULL: no memory. */
static struct chunk *new_chunk_locked(void)
{
    struct chunk *chunk = rows ? rows : chunks ? syni_alloc(sizeof *chunk) : &initial;

    SYNI_HOLDS(&slot_lock);
    if (!chunk)
        return NULL;
    if (chunk == rows) {
        rows = chunk->next_row;
        return chunk;
    }
    chunk->next = chunks;
    chunks = chunk;
    for (int i = 0; i < CHUNK; i++)
        chunk->slots[i].process = syni_process();
    return chunk;
}

static void grow_locked(void)
{
    struct chunk *chunk = new_chunk_locked();

    if (!chunk)
        return;
    for (int i = 0; i < CHUNK; i++) {
        chunk->slots[i].place = 0;
        if (!syni_slot_is_spent(&chunk->slots[i]))
            append_locked(&chunk->slots[i]);
    }
}

struct syni_slot *syni_slots_new_row(void)
{
    struct chunk *chunk;

    if (syni_fork_watch(&slot_fork_call))
        return NULL;
    syni_mutex_lock(&slot_lock);
    chunk = new_chunk_locked();
    if (chunk)
        chunk->is_row = true;
    syni_mutex_unlock(&slot_lock);
    return chunk ? chunk->slots : NULL;
}

void syni_slots_free_row(struct syni_slot *row)
{
    struct chunk *chunk = SYNI_CONTAINER(row, struct chunk, slots);

    syni_mutex_lock(&slot_lock);
    chunk->is_row = false;
    chunk->next_row = rows;
    rows = chunk;
    syni_mutex_unlock(&slot_lock);
}

static bool is_used(const struct chunk *chunk)
{
    for (int i = 0; i < CHUNK; i++)
        if (atomic_load_explicit(&chunk->slots[i].life, memory_order_relaxed) & SYNI_SLOT_REFERENCES)
            return true;
    return false;
}

void syni_slots_give_back(void)
{
    struct chunk *chunk, *kept = NULL;

    syni_mutex_lock(&slot_lock);
    slot_first = slot_last = NULL;
    rows = NULL;
    while ((chunk = chunks)) {
        chunks = chunk->next;
        if (chunk != &initial && !chunk->is_row && !is_used(chunk)) {
            syni_free(chunk, sizeof *chunk);
            continue;
        }
        chunk->next = kept;
        kept = chunk;
        for (int i = 0; i < CHUNK && !chunk->is_row; i++) {
            struct syni_slot *slot = &chunk->slots[i];

            if (slot->process == syni_process() && !syni_slot_is_spent(slot) &&
                !(atomic_load_explicit(&slot->life, memory_order_relaxed) & SYNI_SLOT_REFERENCES)) {
                slot->place = 0;
                append_locked(slot);
            }
        }
    }
    chunks = kept;
    syni_mutex_unlock(&slot_lock);
}

struct syni_slot *syni_slot_new(void)
{
    struct syni_slot *slot;

    if (syni_fork_watch(&slot_fork_call))
        return NULL;
    syni_mutex_lock(&slot_lock);
    if (!slot_first)
        grow_locked();
    slot = slot_first;
    if (slot) {
        slot_first = atomic_load_explicit(&slot->next, memory_order_relaxed);
        if (!slot_first)
            slot_last = NULL;
    }
    syni_mutex_unlock(&slot_lock);
    return slot;
}

void syni_slot_free(struct syni_slot *slot)
{
    /* it stays in its chunk, so that stale handles find it */
    if (syni_slot_is_spent(slot) || slot->process != syni_process())
        return;
    syni_mutex_lock(&slot_lock);
    append_locked(slot);
    syni_mutex_unlock(&slot_lock);
}

bool syni_slot_is_reserved(struct syni_slot *slot, uint32_t generation)
{
    uint64_t life = syni_slot_life(slot);

    return life >> SYNI_SLOT_SHIFT == generation && (life & SYNI_SLOT_RESERVED) &&
           (life & SYNI_SLOT_REFERENCES);
}

void syni_slot_commit(struct syni_slot *slot)
{
    uint64_t life = syni_slot_life(slot);

    while ((life & SYNI_SLOT_RESERVED) &&
           !atomic_compare_exchange_weak_explicit(&slot->life, &life,
                                                  life + SYNI_SLOT_USED_UP - SYNI_SLOT_RESERVED,
                                                  memory_order_relaxed, memory_order_relaxed))
        ;
}

void syni_slot_restore(struct syni_slot *slot)
{
    SYNI_INVARIANT(24, syni_slot_is_reserved(slot, syni_slot_generation(slot)));
    atomic_fetch_sub_explicit(&slot->life, SYNI_SLOT_RESERVED, memory_order_relaxed);
}

static struct chunk *first_chunk(void)
{
    struct chunk *chunk;

    syni_mutex_lock(&slot_lock);
    chunk = chunks;
    syni_mutex_unlock(&slot_lock);
    return chunk;
}

void syni_slot_each(enum syni_slot_kind kind, enum syni_slot_take take,
                    void (*fn)(void *thing, void *user), void *user)
{
    for (struct chunk *chunk = first_chunk(); chunk; chunk = chunk->next)
        for (int i = 0; i < CHUNK; i++) {
            struct syni_slot *slot = &chunk->slots[i];
            uint64_t life = syni_slot_life(slot);
            bool is_core = life & SYNI_SLOT_IS_CORE;
            void *thing = is_core == (kind == SYNI_SLOT_CORE)
                              ? syni_slot_take(slot, (uint32_t)(life >> SYNI_SLOT_SHIFT), take)
                              : NULL;

            if (thing)
                fn(thing, user);
        }
}

void syni_slot_each_channel(void (*fn)(const struct syni_slot *slot, void *user), void *user)
{
    for (struct chunk *chunk = chunks; chunk; chunk = chunk->next)
        for (int i = 0; i < CHUNK; i++) {
            const struct syni_slot *slot = &chunk->slots[i];
            uint64_t life = syni_slot_life(slot);

            if ((life & SYNI_SLOT_REFERENCES) && !(life & (SYNI_SLOT_IS_CORE | SYNI_SLOT_USED_UP)) &&
                slot->process == syni_process())
                fn(slot, user);
        }
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The store of slots: a list under a lock, grown by chunks that are never given
 * back (slot.h says why). Frames keep their slot while they are in a cache, so the
 * lock is taken rarely. Freed slots go to the end, so that a number comes back as
 * late as possible. Any thread.
 */
#include "base/mem.h"
#include "base/thread.h"
#include "task/slot.h"

#include <stddef.h>

#define GENERATION_SHIFT 32
#define USED_UP ((uint64_t)1 << 31)
#define REFERENCES (USED_UP - 1)

enum { CHUNK = 256 };

static struct syni_mutex lock = SYNI_MUTEX_INIT;
static struct syni_slot *first, *last;
/* The first chunk is static: a small program's slots allocate nothing. */
static struct syni_slot initial[CHUNK];
static bool used_initial;

static void append_locked(struct syni_slot *slot)
{
    /* relaxed, here and below: under the lock; but who has a stale handle may look */
    atomic_store_explicit(&slot->next, NULL, memory_order_relaxed);
    if (last)
        atomic_store_explicit(&last->next, slot, memory_order_relaxed);
    else
        first = slot;
    last = slot;
}

static void grow_locked(void)
{
    struct syni_slot *chunk = used_initial ? syni_alloc(CHUNK * sizeof *chunk) : initial;

    used_initial = true;
    for (int i = 0; chunk && i < CHUNK; i++)
        append_locked(&chunk[i]);
}

struct syni_slot *syni_slot_new(void)
{
    struct syni_slot *slot;

    syni_mutex_lock(&lock);
    if (!first)
        grow_locked();
    slot = first;
    if (slot) {
        first = atomic_load_explicit(&slot->next, memory_order_relaxed);
        if (!first)
            last = NULL;
    }
    syni_mutex_unlock(&lock);
    return slot;
}

void syni_slot_free(struct syni_slot *slot)
{
    syni_mutex_lock(&lock);
    append_locked(slot);
    syni_mutex_unlock(&lock);
}

void syni_slot_publish(struct syni_slot *slot, void *thing, unsigned references)
{
    uint64_t life = atomic_load_explicit(&slot->life, memory_order_relaxed);

    syni_slot_own(slot, NULL);
    slot->thing = thing;
    /* release: who pins sees the thing; the generation goes on from the last one */
    atomic_store_explicit(&slot->life,
                          (((life >> GENERATION_SHIFT) + 1) << GENERATION_SHIFT) + references,
                          memory_order_release);
}

uint32_t syni_slot_generation(const struct syni_slot *slot)
{
    return (uint32_t)(atomic_load_explicit(&slot->life, memory_order_relaxed) >>
                      GENERATION_SHIFT);
}

void syni_slot_own(struct syni_slot *slot, void *loop)
{
    /* relaxed: only the loop that is named finds itself here, and it wrote it */
    atomic_store_explicit(&slot->next, loop, memory_order_relaxed);
}

void *syni_slot_own_thing(struct syni_slot *slot, uint32_t generation, const void *loop)
{
    uint64_t life;

    /* relaxed: as above */
    if (atomic_load_explicit(&slot->next, memory_order_relaxed) != loop)
        return NULL;
    life = atomic_load_explicit(&slot->life, memory_order_relaxed);
    return life >> GENERATION_SHIFT == generation && !(life & USED_UP) ? slot->thing : NULL;
}

void *syni_slot_take(struct syni_slot *slot, uint32_t generation, enum syni_slot_take what)
{
    uint64_t life = atomic_load_explicit(&slot->life, memory_order_relaxed);
    uint64_t refused = what == SYNI_SLOT_PIN_ANY ? 0 : USED_UP;
    uint64_t add = what == SYNI_SLOT_CONSUME ? USED_UP : 1;

    do {
        if (life >> GENERATION_SHIFT != generation || !(life & REFERENCES) || (life & refused))
            return NULL;
        /* acquire: pairs with the release in publish() */
    } while (!atomic_compare_exchange_weak_explicit(&slot->life, &life, life + add,
                                                    memory_order_acquire, memory_order_relaxed));
    return slot->thing;
}

void syni_slot_restore(struct syni_slot *slot)
{
    atomic_fetch_sub_explicit(&slot->life, USED_UP, memory_order_relaxed);
}

bool syni_slot_unpin(struct syni_slot *slot)
{
    /* acq_rel: the last one sees what the others did with it */
    uint64_t before = atomic_fetch_sub_explicit(&slot->life, 1, memory_order_acq_rel);

    return (before & REFERENCES) == 1;
}

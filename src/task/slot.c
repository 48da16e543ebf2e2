/* SPDX-License-Identifier: Apache-2.0
 *
 * The store of slots: a list under a lock, grown by chunks that are never given
 * back (slot.h says why). Frames keep their slot while they are in a cache, so the
 * lock is taken rarely. Freed slots go to the end, so that a number comes back as
 * late as possible. The chunks are chained by their beginnings, which leak checkers want,
 * and so that all slots can be looked at. Any thread.
 */
#include "base/fork.h"
#include "base/mem.h"
#include "base/thread.h"
#include "task/slot.h"

#include <stddef.h>

/* Above the references, below the generation: */
#define GENERATION_SHIFT 32
#define USED_UP ((uint64_t)1 << 31)
#define LET_GO ((uint64_t)1 << 30)   /* the reader's reference was given up */
#define RESERVED ((uint64_t)1 << 29) /* it is about to be used up */
#define IS_CORE ((uint64_t)1 << 28)
#define REFERENCES (IS_CORE - 1)

enum { CHUNK = 256 };

static struct syni_mutex lock = SYNI_MUTEX_INIT(SLOTS);
static struct syni_slot *first, *last;
struct chunk {
    struct chunk *next; /* the one made before; never changes */
    struct syni_slot slots[CHUNK];
};
static struct chunk *chunks; /* the latest */
/* The first chunk is static: a small program's slots allocate nothing. */
static struct chunk initial;

/* None of the parent's comes back here, so that its handles are known for what they are. */
static void forked(void)
{
    first = last = NULL;
}

static struct syni_fork_call fork_call = {.lock = &lock, .child = forked};

static void append_locked(struct syni_slot *slot)
{
    SYNI_HOLDS(&lock);
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
    struct chunk *chunk = chunks ? syni_alloc(sizeof *chunk) : &initial;

    SYNI_HOLDS(&lock);
    if (!chunk)
        return;
    chunk->next = chunks;
    chunks = chunk;
    for (int i = 0; i < CHUNK; i++) {
        chunk->slots[i].process = syni_process();
        append_locked(&chunk->slots[i]);
    }
}

struct syni_slot *syni_slot_new(void)
{
    struct syni_slot *slot;

    if (syni_fork_watch(&fork_call))
        return NULL;
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
    /* it stays in its chunk, so that stale handles find it */
    if (syni_slot_is_spent(slot) || slot->process != syni_process())
        return;
    syni_mutex_lock(&lock);
    append_locked(slot);
    syni_mutex_unlock(&lock);
}

void syni_slot_publish(struct syni_slot *slot, enum syni_slot_kind kind, void *thing,
                       unsigned references)
{
    uint64_t life = atomic_load_explicit(&slot->life, memory_order_relaxed);
    uint64_t mark = kind == SYNI_SLOT_CORE ? IS_CORE : 0;

    syni_slot_own(slot, NULL);
    slot->thing = thing;
    /* release: who pins sees the thing; the generation goes on from the last one */
    atomic_store_explicit(&slot->life,
                          (((life >> GENERATION_SHIFT) + 1) << GENERATION_SHIFT) + mark +
                              references,
                          memory_order_release);
}

bool syni_slot_is_spent(const struct syni_slot *slot)
{
    return syni_slot_generation(slot) == UINT32_MAX;
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

/* What WHAT adds to `life`, and which marks forbid it. */
static const struct {
    uint64_t adds, refused;
} takes[] = {
    [SYNI_SLOT_PIN] = {1, USED_UP},
    [SYNI_SLOT_PIN_ANY] = {1, 0},
    [SYNI_SLOT_CONSUME] = {USED_UP, USED_UP | RESERVED},
    [SYNI_SLOT_RESERVE] = {RESERVED, USED_UP | RESERVED},
};

void *syni_slot_take(struct syni_slot *slot, uint32_t generation, enum syni_slot_take what)
{
    uint64_t life = atomic_load_explicit(&slot->life, memory_order_relaxed);

    if (slot->process != syni_process())
        return NULL;
    do {
        if (life >> GENERATION_SHIFT != generation || !(life & REFERENCES) ||
            (life & takes[what].refused))
            return NULL;
        /* acquire: pairs with the release in publish() */
    } while (!atomic_compare_exchange_weak_explicit(&slot->life, &life, life + takes[what].adds,
                                                    memory_order_acquire, memory_order_relaxed));
    return slot->thing;
}

bool syni_slot_is_reserved(struct syni_slot *slot, uint32_t generation)
{
    uint64_t life = atomic_load_explicit(&slot->life, memory_order_relaxed);

    return life >> GENERATION_SHIFT == generation && (life & RESERVED) && (life & REFERENCES);
}

void syni_slot_commit(struct syni_slot *slot)
{
    uint64_t life = atomic_load_explicit(&slot->life, memory_order_relaxed);

    while ((life & RESERVED) &&
           !atomic_compare_exchange_weak_explicit(&slot->life, &life, life + USED_UP - RESERVED,
                                                  memory_order_relaxed, memory_order_relaxed))
        ;
}

syn_err syni_slot_refusal(const struct syni_slot *slot, syn_err otherwise)
{
    return slot->process == syni_process() ? otherwise : SYN_EFORKED;
}

void syni_slot_restore(struct syni_slot *slot)
{
    SYNI_INVARIANT(24, syni_slot_is_reserved(slot, syni_slot_generation(slot)));
    atomic_fetch_sub_explicit(&slot->life, RESERVED, memory_order_relaxed);
}

bool syni_slot_unpin(struct syni_slot *slot)
{
    /* acq_rel: the last one sees what the others did with it */
    uint64_t before = atomic_fetch_sub_explicit(&slot->life, 1, memory_order_acq_rel);

    SYNI_INVARIANT(21, before & REFERENCES);
    return (before & REFERENCES) == 1;
}

bool syni_slot_let_go(struct syni_slot *slot)
{
    /* acq_rel: as above */
    uint64_t before = atomic_fetch_add_explicit(&slot->life, LET_GO - 1, memory_order_acq_rel);

    SYNI_INVARIANT(25, (before & REFERENCES) && (before & USED_UP) && !(before & LET_GO));
    return (before & REFERENCES) == 1;
}

bool syni_slot_is_used_up(const struct syni_slot *slot)
{
    return atomic_load_explicit(&slot->life, memory_order_relaxed) & USED_UP;
}

bool syni_slot_is_wanted(const struct syni_slot *slot)
{
    return !(atomic_load_explicit(&slot->life, memory_order_relaxed) & LET_GO);
}

/* A reference to the core that SLOT names, if it does and nobody used it up; NULL. */
static void *pin_core(struct syni_slot *slot)
{
    uint64_t life = atomic_load_explicit(&slot->life, memory_order_relaxed);

    if (!(life & IS_CORE))
        return NULL;
    return syni_slot_take(slot, (uint32_t)(life >> GENERATION_SHIFT), SYNI_SLOT_PIN);
}

void syni_slot_each_core(void (*fn)(void *core, void *user), void *user)
{
    struct chunk *chunk;

    syni_mutex_lock(&lock);
    chunk = chunks;
    syni_mutex_unlock(&lock);
    for (; chunk; chunk = chunk->next)
        for (int i = 0; i < CHUNK; i++) {
            void *core = pin_core(&chunk->slots[i]);

            if (core)
                fn(core, user);
        }
}

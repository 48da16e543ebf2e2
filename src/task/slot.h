/* SPDX-License-Identifier: Apache-2.0
 *
 * Slots: what handles point to.
 *
 * A handle is a slot and a generation. Slots are never given back to the allocator, so
 * that a stale handle finds a slot of another generation and not freed memory. `life`
 * holds the generation (bits 32 up), marks, and the references (below), so that "is this
 * handle good, and if so hold the thing" is one atomic step. A slot with a generation that cannot
 * grow any more is never used again. A forked child uses none of its parent's slots:
 * a handle of the parent is told by its slot's process.
 */
#ifndef SYNI_SLOT_H
#define SYNI_SLOT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <synchronicity/err.h>

#include "base/align.h"
#include "base/fork.h"
#include "base/invariant.h"

struct syni_slot {
    SYNI_ALIGNED_8 _Atomic(uint64_t) life;
    void *thing;
    /* In the store of free ones the next of them, under its lock; in use, the loop that owns
     * the thing, or NULL. */
    _Atomic(void *) next;
    unsigned process; /* its process; written once, before it has a first generation */
    unsigned place; /* of its frame in a block (block.c), counted from 1; 0: that lies in none */
};

/* What a handle asks for. */
enum syni_slot_take {
    SYNI_SLOT_PIN,     /* a reference more, unless it is used up */
    SYNI_SLOT_PIN_ANY, /* a reference more */
    SYNI_SLOT_CONSUME, /* it becomes used up, which it was not */
    SYNI_SLOT_RESERVE, /* it is about to be used up: commit or restore follows */
    SYNI_SLOT_CLAIM,   /* the producer's reference is the caller's, which it was not */
};

/* What a slot names. */
enum syni_slot_kind { SYNI_SLOT_CHANNEL, SYNI_SLOT_CORE };

/* No handle of before is used any more: what holds no thing goes back to the allocator. */
void syni_slots_give_back(void);

struct syni_slot *syni_slot_new(void); /* NULL: no memory */
void syni_slot_free(struct syni_slot *slot);

/* So many, one behind the other, for a block of frames; NULL: no memory. */
enum { SYNI_SLOTS_OF_ROW = 256 };
struct syni_slot *syni_slots_new_row(void);
void syni_slots_free_row(struct syni_slot *row);

/* `life`, above the references and below the generation: */
#define SYNI_SLOT_SHIFT 32
#define SYNI_SLOT_USED_UP ((uint64_t)1 << 31)
#define SYNI_SLOT_LET_GO ((uint64_t)1 << 30)   /* the reader's reference was given up */
#define SYNI_SLOT_RESERVED ((uint64_t)1 << 29) /* it is about to be used up */
#define SYNI_SLOT_IS_CORE ((uint64_t)1 << 28)
#define SYNI_SLOT_CLAIMED ((uint64_t)1 << 27) /* of a promise: somebody completes it, or has */
#define SYNI_SLOT_REFERENCES (SYNI_SLOT_CLAIMED - 1)

/* A look; what it says may be over. */
static inline uint64_t syni_slot_life(const struct syni_slot *slot)
{
    return atomic_load_explicit(&slot->life, memory_order_relaxed);
}

static inline uint32_t syni_slot_generation(const struct syni_slot *slot)
{
    return (uint32_t)(syni_slot_life(slot) >> SYNI_SLOT_SHIFT);
}

/* SLOT had its last generation: it must not be published again. */
static inline bool syni_slot_is_spent(const struct syni_slot *slot)
{
    return syni_slot_generation(slot) == UINT32_MAX;
}

/* The thing is LOOP's own from now on, or, NULL, everybody's. */
static inline void syni_slot_own(struct syni_slot *slot, void *loop)
{
    /* relaxed: only the loop that is named finds itself here, and it wrote it */
    atomic_store_explicit(&slot->next, loop, memory_order_relaxed);
}

/* SLOT names THING, with REFERENCES, under a new generation, which is returned. */
static inline uint32_t syni_slot_publish(struct syni_slot *slot, enum syni_slot_kind kind,
                                         void *thing, unsigned references)
{
    uint32_t generation = syni_slot_generation(slot) + 1;
    uint64_t mark = kind == SYNI_SLOT_CORE ? SYNI_SLOT_IS_CORE : 0;

    SYNI_SURE(!(syni_slot_life(slot) & SYNI_SLOT_REFERENCES) && !syni_slot_is_spent(slot));
    syni_slot_own(slot, NULL);
    slot->thing = thing;
    /* release: a thread that pins sees the thing; the generation goes on from the last one */
    atomic_store_explicit(&slot->life,
                          ((uint64_t)generation << SYNI_SLOT_SHIFT) + mark + references,
                          memory_order_release);
    return generation;
}

/* What WHAT adds to `life`, and which marks forbid it. */
static inline uint64_t syni_slot_adds(enum syni_slot_take what)
{
    return what == SYNI_SLOT_CONSUME   ? SYNI_SLOT_USED_UP
           : what == SYNI_SLOT_RESERVE ? SYNI_SLOT_RESERVED
           : what == SYNI_SLOT_CLAIM   ? SYNI_SLOT_CLAIMED
                                       : 1;
}

static inline uint64_t syni_slot_refused(enum syni_slot_take what)
{
    return what == SYNI_SLOT_PIN_ANY ? 0
           : what == SYNI_SLOT_PIN   ? SYNI_SLOT_USED_UP
           : what == SYNI_SLOT_CLAIM ? SYNI_SLOT_CLAIMED
                                     : SYNI_SLOT_USED_UP | SYNI_SLOT_RESERVED;
}

/* The thing of this GENERATION; NULL: it is not there any more, is used up, is the parent
 * process's, or, for CONSUME and RESERVE, is reserved. */
static inline void *syni_slot_take(struct syni_slot *slot, uint32_t generation,
                                   enum syni_slot_take what)
{
    uint64_t life = syni_slot_life(slot);

    if (slot->process != syni_process())
        return NULL;
    do {
        if (life >> SYNI_SLOT_SHIFT != generation || !(life & SYNI_SLOT_REFERENCES) ||
            (life & syni_slot_refused(what)))
            return NULL;
        /* acquire: pairs with the release in publish() */
    } while (!atomic_compare_exchange_weak_explicit(&slot->life, &life,
                                                    life + syni_slot_adds(what),
                                                    memory_order_acquire, memory_order_relaxed));
    return slot->thing;
}

/* A CONSUME of a core that has its two first references and nothing more. Then nobody but the
 * caller and the producer knows it: nobody else waits for it, or will. NULL: some may. */
static inline void *syni_slot_consume_alone(struct syni_slot *slot, uint32_t generation)
{
    uint64_t alone = ((uint64_t)generation << SYNI_SLOT_SHIFT) + SYNI_SLOT_IS_CORE + 2;

    if (slot->process != syni_process())
        return NULL;
    /* acquire: as above */
    return atomic_compare_exchange_strong_explicit(&slot->life, &alone, alone + SYNI_SLOT_USED_UP,
                                                   memory_order_acquire, memory_order_relaxed)
               ? slot->thing
               : NULL;
}

/* The same of a core that has ended (its producer gave its reference up), if nobody else has a reference: from here on
 * there are none, and nobody finds it any more. NULL: it may not have ended, or some may have one. */
static inline void *syni_slot_consume_ended(struct syni_slot *slot, uint32_t generation)
{
    uint64_t ended = ((uint64_t)generation << SYNI_SLOT_SHIFT) + SYNI_SLOT_IS_CORE + 1;
    uint64_t life = syni_slot_life(slot);

    if ((life & ~SYNI_SLOT_CLAIMED) != ended || slot->process != syni_process())
        return NULL;
    /* acquire: pairs with the release of each that gave one up: the result, and what others did with it */
    return atomic_compare_exchange_strong_explicit(&slot->life, &life, life + SYNI_SLOT_USED_UP - 1,
                                                   memory_order_acquire, memory_order_relaxed)
               ? slot->thing
               : NULL;
}

/* As consume_alone(), and the reader's reference is given up at once: the producer's stays. False: some may. */
static inline bool syni_slot_detach_alone(struct syni_slot *slot, uint32_t generation)
{
    uint64_t alone = ((uint64_t)generation << SYNI_SLOT_SHIFT) + SYNI_SLOT_IS_CORE + 2;

    /* acq_rel: the last one sees what the others did with it */
    return slot->process == syni_process() &&
           atomic_compare_exchange_strong_explicit(
               &slot->life, &alone, alone + SYNI_SLOT_USED_UP + SYNI_SLOT_LET_GO - 1,
               memory_order_acq_rel, memory_order_relaxed);
}

/* It is not used up, as before a CONSUME of the caller's. */
static inline void syni_slot_undo_consume(struct syni_slot *slot)
{
    SYNI_INVARIANT(25, (syni_slot_life(slot) & SYNI_SLOT_USED_UP) && !(syni_slot_life(slot) & SYNI_SLOT_LET_GO));
    atomic_fetch_sub_explicit(&slot->life, SYNI_SLOT_USED_UP, memory_order_relaxed);
}

/* If a core is as MARKS say, all its references being the caller's, there are none from here on, and
 * nobody finds the thing any more. False: it is not, and others may have some. */
static inline bool syni_slot_end_alone(struct syni_slot *slot, uint64_t marks)
{
    uint64_t life = syni_slot_life(slot);

    if ((uint32_t)life != SYNI_SLOT_IS_CORE + marks)
        return false;
    /* acquire: what others did while they had one */
    return atomic_compare_exchange_strong_explicit(&slot->life, &life,
                                                   life - (marks & SYNI_SLOT_REFERENCES),
                                                   memory_order_acquire, memory_order_relaxed);
}

/* They are there again. */
static inline void syni_slot_undo_end_alone(struct syni_slot *slot, unsigned references)
{
    SYNI_SURE(!(syni_slot_life(slot) & SYNI_SLOT_REFERENCES));
    /* release: as publish() */
    atomic_store_explicit(&slot->life, syni_slot_life(slot) + references, memory_order_release);
}

/* Why take() found nothing: SYN_EFORKED, or OTHERWISE. */
static inline syn_err syni_slot_refusal(const struct syni_slot *slot, syn_err otherwise)
{
    return slot->process == syni_process() ? otherwise : SYN_EFORKED;
}

/* The thing of this GENERATION if it is LOOP's own and not used up; NULL. By the driver of
 * LOOP, which alone ends that, so no reference is needed. */
static inline void *syni_slot_own_thing(struct syni_slot *slot, uint32_t generation,
                                        const void *loop)
{
    uint64_t life;

    /* relaxed: as in own() */
    if (atomic_load_explicit(&slot->next, memory_order_relaxed) != loop)
        return NULL;
    life = syni_slot_life(slot);
    return life >> SYNI_SLOT_SHIFT == generation && !(life & SYNI_SLOT_USED_UP) ? slot->thing
                                                                                 : NULL;
}

/* The thing of this GENERATION is there, not used up, and reserved by somebody. */
bool syni_slot_is_reserved(struct syni_slot *slot, uint32_t generation);

/* By a holder of a reference: the thing is used up. */
static inline bool syni_slot_is_used_up(const struct syni_slot *slot)
{
    return syni_slot_life(slot) & SYNI_SLOT_USED_UP;
}

/* Ends a RESERVE: the thing is used up, or is as it was. To commit twice is to commit once. */
void syni_slot_commit(struct syni_slot *slot);
void syni_slot_restore(struct syni_slot *slot);

/* One reference less; true: that was the last. */
static inline bool syni_slot_unpin(struct syni_slot *slot)
{
    /* acq_rel: the last one sees what the others did with it */
    uint64_t before = atomic_fetch_sub_explicit(&slot->life, 1, memory_order_acq_rel);

    SYNI_INVARIANT(21, before & SYNI_SLOT_REFERENCES);
    return (before & SYNI_SLOT_REFERENCES) == 1;
}

/* The same for the reference that CONSUME or commit gave: nobody will read the thing. */
static inline bool syni_slot_let_go(struct syni_slot *slot)
{
    /* acq_rel: as above */
    uint64_t before =
        atomic_fetch_add_explicit(&slot->life, SYNI_SLOT_LET_GO - 1, memory_order_acq_rel);

    SYNI_INVARIANT(25, (before & SYNI_SLOT_REFERENCES) && (before & SYNI_SLOT_USED_UP) &&
                           !(before & SYNI_SLOT_LET_GO));
    return (before & SYNI_SLOT_REFERENCES) == 1;
}

/* That reference is there still. */
static inline bool syni_slot_is_wanted(const struct syni_slot *slot)
{
    return !(syni_slot_life(slot) & SYNI_SLOT_LET_GO);
}

/* A look, by anybody: the promise of this GENERATION was not claimed, and its reader is there. */
static inline bool syni_slot_is_promised(const struct syni_slot *slot, uint32_t generation)
{
    uint64_t life = syni_slot_life(slot);

    return slot->process == syni_process() && life >> SYNI_SLOT_SHIFT == generation &&
           (life & SYNI_SLOT_REFERENCES) && !(life & (SYNI_SLOT_CLAIMED | SYNI_SLOT_LET_GO));
}

/* FN for each thing of KIND in any slot, with a reference as TAKE says, which FN gives up: a PIN, of those that
 * nobody used up or closed, or PIN_ANY. What comes or goes meanwhile may be left out. */
void syni_slot_each(enum syni_slot_kind kind, enum syni_slot_take take,
                    void (*fn)(void *thing, void *user), void *user);

/* FN for each slot of a channel with a handle that was not used up. It may name something else by then, and be given it at that
 * moment: so FN reads `thing` by peek.h. Takes no lock. */
void syni_slot_each_channel(void (*fn)(const struct syni_slot *slot, void *user), void *user);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Slots: what handles point to.
 *
 * A handle is a slot and a generation. Slots are never given back to the allocator, so
 * that a stale handle finds a slot of another generation and not freed memory. `life`
 * holds the generation (bits 32 up), marks, and the references (below), so that "is this
 * handle good, and if so hold the thing" is one atomic step. A slot whose generation cannot
 * grow any more is never used again. A forked child uses none of its parent's slots:
 * a handle of the parent is told by its slot's process.
 */
#ifndef SYNI_SLOT_H
#define SYNI_SLOT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <synchronicity/err.h>

struct syni_slot {
    _Atomic(uint64_t) life;
    void *thing;
    /* In the store of free ones the next of them, under its lock; in use, the loop that owns
     * the thing, or NULL. */
    _Atomic(void *) next;
    unsigned process; /* whose it is; written once, before it has a first generation */
};

/* What a handle asks for. */
enum syni_slot_take {
    SYNI_SLOT_PIN,     /* a reference more, unless it is used up */
    SYNI_SLOT_PIN_ANY, /* a reference more */
    SYNI_SLOT_CONSUME, /* it becomes used up, which it was not */
    SYNI_SLOT_RESERVE, /* it is about to be used up: commit or restore follows */
};

/* What a slot names. */
enum syni_slot_kind { SYNI_SLOT_CHANNEL, SYNI_SLOT_CORE };

struct syni_slot *syni_slot_new(void); /* NULL: no memory */
void syni_slot_free(struct syni_slot *slot);

/* SLOT names THING, with REFERENCES, under a new generation. */
void syni_slot_publish(struct syni_slot *slot, enum syni_slot_kind kind, void *thing,
                       unsigned references);

/* SLOT had its last generation: it must not be published again. */
bool syni_slot_is_spent(const struct syni_slot *slot);

uint32_t syni_slot_generation(const struct syni_slot *slot);

/* The thing of this GENERATION; NULL: it is not there any more, is used up, is the parent
 * process's, or, for CONSUME and RESERVE, is reserved. */
void *syni_slot_take(struct syni_slot *slot, uint32_t generation, enum syni_slot_take what);

/* Why take() found nothing: SYN_EFORKED, or OTHERWISE. */
syn_err syni_slot_refusal(const struct syni_slot *slot, syn_err otherwise);

/* The thing is LOOP's own from now on, or, NULL, everybody's. */
void syni_slot_own(struct syni_slot *slot, void *loop);

/* The thing of this GENERATION if it is LOOP's own and not used up; NULL. By the driver of
 * LOOP, which alone ends that, so no reference is needed. */
void *syni_slot_own_thing(struct syni_slot *slot, uint32_t generation, const void *loop);

/* The thing of this GENERATION is there, not used up, and reserved by somebody. */
bool syni_slot_is_reserved(struct syni_slot *slot, uint32_t generation);

/* By who holds a reference: the thing is used up. */
bool syni_slot_is_used_up(const struct syni_slot *slot);

/* Ends a RESERVE: the thing is used up, or is as it was. To commit twice is to commit once. */
void syni_slot_commit(struct syni_slot *slot);
void syni_slot_restore(struct syni_slot *slot);

/* One reference less; true: that was the last. */
bool syni_slot_unpin(struct syni_slot *slot);

/* The same for the reference that CONSUME or commit gave: nobody will read the thing. */
bool syni_slot_let_go(struct syni_slot *slot);

/* That reference is there still. */
bool syni_slot_is_wanted(const struct syni_slot *slot);

/* FN for each core in any slot that nobody used up, with a reference that FN gives up. What
 * comes or goes meanwhile may be left out. */
void syni_slot_each_core(void (*fn)(void *core, void *user), void *user);

#endif

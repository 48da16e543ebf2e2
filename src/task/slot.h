/* SPDX-License-Identifier: Apache-2.0
 *
 * Slots: what handles point to.
 *
 * A handle is a slot and a generation. Slots are never given back to the allocator, so
 * that a stale handle finds a slot of another generation and not freed memory. `life`
 * holds the generation (bits 32 up), "used up" (bit 31) and the references (below), so
 * that "is this handle good, and if so hold the thing" is one atomic step.
 */
#ifndef SYNI_SLOT_H
#define SYNI_SLOT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct syni_slot {
    _Atomic(uint64_t) life;
    void *thing;
    /* In the store of free ones the next of them, under its lock; in use, the loop that owns
     * the thing, or NULL. */
    _Atomic(void *) next;
};

/* What a handle asks for. */
enum syni_slot_take {
    SYNI_SLOT_PIN,     /* a reference more, unless it is used up */
    SYNI_SLOT_PIN_ANY, /* a reference more */
    SYNI_SLOT_CONSUME, /* it becomes used up, which it was not */
};

struct syni_slot *syni_slot_new(void); /* NULL: no memory */
void syni_slot_free(struct syni_slot *slot);

/* SLOT names THING, with REFERENCES, under a new generation. */
void syni_slot_publish(struct syni_slot *slot, void *thing, unsigned references);

uint32_t syni_slot_generation(const struct syni_slot *slot);

/* The thing of this GENERATION; NULL: it is not there any more, or is used up. */
void *syni_slot_take(struct syni_slot *slot, uint32_t generation, enum syni_slot_take what);

/* The thing is LOOP's own from now on, or, NULL, everybody's. */
void syni_slot_own(struct syni_slot *slot, void *loop);

/* The thing of this GENERATION if it is LOOP's own and not used up; NULL. By the driver of
 * LOOP, which alone ends that, so no reference is needed. */
void *syni_slot_own_thing(struct syni_slot *slot, uint32_t generation, const void *loop);

/* Takes a CONSUME back. */
void syni_slot_restore(struct syni_slot *slot);

/* One reference less; true: that was the last. */
bool syni_slot_unpin(struct syni_slot *slot);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * What waits for moments: exact to the nanosecond, equal moments in the order they came.
 *
 * A wheel of lists in front of a heap. A node far away lies in the list of a slot, so inserting it and
 * removing it takes a constant handful of instructions however many there are. When its slot comes up it
 * moves to a slot of a finer ring, and from the finest to the heap, which is small, and gives
 * the exact order. Nothing rounds, nothing is allocated: the node is a field of what waits.
 *
 * Varghese, Lauck: "Hashed and hierarchical timing wheels", SOSP 1987, for the rings. Measured
 * against the heap alone: docs/performance.md.
 *
 * No locks: the owner says which thread may touch it.
 */
#ifndef SYNI_WHEEL_H
#define SYNI_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/heap.h"

enum { SYNI_WHEEL_RINGS = 8, SYNI_WHEEL_SLOTS = 64 };

/* Zero is empty. */
struct syni_wheel {
    struct syni_heap near; /* every node with a tick, key >> 18, that is not after `tick` */
    int64_t tick;
    uint64_t used[SYNI_WHEEL_RINGS]; /* a bit a slot: it may have nodes */
    struct syni_heap_node *slots[SYNI_WHEEL_RINGS][SYNI_WHEEL_SLOTS];
};

/* Puts NODE, which is in no wheel, under KEY. */
void syni_wheel_insert(struct syni_wheel *wheel, struct syni_heap_node *node, int64_t key);

/* Takes NODE out; nothing happens if it is in no wheel. */
static inline void syni_wheel_remove(struct syni_wheel *wheel, struct syni_heap_node *node)
{
    syni_heap_remove(&wheel->near, node); /* which cuts a node without children out of any list */
}

/* The smallest key; INT64_MAX: the wheel is empty. */
int64_t syni_wheel_next(struct syni_wheel *wheel);

/* Takes out the first node, if its key is not after NOW; otherwise NULL. */
struct syni_heap_node *syni_wheel_take(struct syni_wheel *wheel, int64_t now);

#endif

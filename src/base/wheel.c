/* SPDX-License-Identifier: Apache-2.0
 *
 * Rings of 64 slots: a slot of ring 0 is a tick wide, about a quarter of a millisecond, one of the next ring as
 * wide as a whole ring before it. A node lies in the ring of the highest digit (base 64) in
 * which its tick differs from the wheel's, at that digit. So all in a ring come before all in the next,
 * and the wheel's tick may move on to the first slot that has nodes, whatever the clock shows.
 *
 * The clock is looked at only by the caller: syni_wheel_next() must know the smallest key, and looks at
 * the nodes of the first slot. If these are many it moves the wheel there, which spreads them over
 * finer slots; what is inserted before that moment is near then, and the heap has it. Discarded: to
 * answer with the moment at which the first slot begins; a loop would wake for nothing, and a
 * virtual clock would stop where nobody waits.
 */
#include "base/wheel.h"

#include <stddef.h>

#include "base/invariant.h"

enum { TICK_BITS = 18, SLOT_BITS = 6, SLOT_MASK = SYNI_WHEEL_SLOTS - 1, MOST_LOOKED_AT = 16 };

_Static_assert(SLOT_BITS * SYNI_WHEEL_RINGS >= 63 - TICK_BITS, "a key has more digits than rings");

static int64_t tick_of(const struct syni_heap_node *node)
{
    return node->key >> TICK_BITS;
}

static int highest_bit(uint64_t bits)
{
    return 63 - __builtin_clzll(bits);
}

static void wheel_place(struct syni_wheel *wheel, struct syni_heap_node *node)
{
    int64_t tick = tick_of(node);
    struct syni_heap_node **slot;
    int ring, digit;

    if (tick <= wheel->tick) {
        syni_heap_join(&wheel->near, node);
        return;
    }
    ring = highest_bit((uint64_t)(tick ^ wheel->tick)) / SLOT_BITS;
    digit = (int)(tick >> ring * SLOT_BITS) & SLOT_MASK;
    slot = &wheel->slots[ring][digit];
    wheel->used[ring] |= UINT64_C(1) << digit;
    node->child = NULL;
    node->next = *slot;
    node->link = slot;
    if (node->next)
        node->next->link = &node->next;
    *slot = node;
}

void syni_wheel_insert(struct syni_wheel *wheel, struct syni_heap_node *node, int64_t key)
{
    node->key = key;
    node->order = wheel->near.inserted++;
    wheel_place(wheel, node);
}

/* The first slot that has nodes, which all come before those in other slots; NULL: none has. Its
 * first tick, and its bit among those that are used. */
static struct syni_heap_node **first_slot(struct syni_wheel *wheel, int64_t *out_tick)
{
    for (int ring = 0; ring < SYNI_WHEEL_RINGS; ring++) {
        while (wheel->used[ring]) {
            int digit = __builtin_ctzll(wheel->used[ring]);
            struct syni_heap_node **slot = &wheel->slots[ring][digit];
            int64_t above = wheel->tick >> ring * SLOT_BITS >> SLOT_BITS;

            *out_tick = (above << SLOT_BITS | digit) << ring * SLOT_BITS;
            if (*slot)
                return slot;
            wheel->used[ring] &= wheel->used[ring] - 1; /* its nodes were removed */
        }
    }
    return NULL;
}

/* SLOT, the first, begins at TICK: spreads its nodes over finer ones, and the heap. */
static void move_to(struct syni_wheel *wheel, struct syni_heap_node **slot, int64_t tick)
{
    struct syni_heap_node *node = *slot;

    SYNI_INVARIANT(160, tick > wheel->tick);
    *slot = NULL;
    wheel->tick = tick;
    while (node) {
        struct syni_heap_node *next = node->next;

        wheel_place(wheel, node);
        node = next;
    }
}

/* The smallest key in a list, if it is short; otherwise false. */
static bool wheel_look_at(const struct syni_heap_node *node, int64_t *out_key)
{
    int64_t key = INT64_MAX;

    for (int i = 0; node; node = node->next) {
        if (i++ == MOST_LOOKED_AT)
            return false;
        key = node->key < key ? node->key : key;
    }
    *out_key = key;
    return true;
}

int64_t syni_wheel_next(struct syni_wheel *wheel)
{
    struct syni_heap_node **slot;
    int64_t tick, key = INT64_MAX;

    while (!syni_heap_first(&wheel->near)) {
        slot = first_slot(wheel, &tick);
        if (!slot || wheel_look_at(*slot, &key))
            return key;
        move_to(wheel, slot, tick);
    }
    return syni_heap_first(&wheel->near)->key;
}

struct syni_heap_node *syni_wheel_take(struct syni_wheel *wheel, int64_t now)
{
    struct syni_heap_node *first, **slot;
    int64_t tick;

    while (!(first = syni_heap_first(&wheel->near))) {
        slot = first_slot(wheel, &tick);
        if (!slot || tick > now >> TICK_BITS)
            return NULL;
        move_to(wheel, slot, tick);
    }
    if (first->key > now)
        return NULL;
    syni_heap_remove(&wheel->near, first);
    return first;
}

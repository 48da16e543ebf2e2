/* SPDX-License-Identifier: Apache-2.0
 *
 * The ring of a channel: its items, and how they flow past its lock.
 *
 * Each place has a mark, and the ring two positions, that of the next push and that of the
 * next pop, each with a bit STOPPED (D. Vyukov's bounded queue, with a lap instead of a position
 * in each place, so that zeroed memory is an empty ring):
 *
 *     mark == 2 lap        free, for the push of this lap
 *     mark == 2 lap + 1    filled, for the pop of this lap; which makes it 2 (lap + 1)
 *
 * FLOWS: any thread pushes and pops at any time. It claims a position by one
 * compare-and-exchange, copies, and sets the mark, which hands the place over. It may flow only OUT, down to a limit.
 * While it is STOPPED all claims fail, and what is left is done by one at a time, under the channel's
 * lock or by the owner. Only that one stops it and lets it flow again. Claims that were made before may
 * still be copying: a thread that needs their place waits for its mark, that is, for one copy of an item.
 */
#ifndef SYNI_RING_H
#define SYNI_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/align.h"
#include "base/copy.h"
#include "base/invariant.h"
#include "base/thread.h"

struct syni_ring {
    unsigned char *items; /* and the marks behind them */
    _Atomic(uint32_t) *marks;
    size_t places, size; /* size: of an item, in bytes */
    int shift;           /* places == 1 << shift, so that no position is divided; -1: it is no such number */
    bool flows;          /* as the thread that may stop it knows */
    bool flowed;         /* ever: from then on its memory stays where it is */
    SYNI_ALIGNED_8 _Atomic(uint64_t) limit; /* a position: neither it nor a later one is claimed of `out` */
    char apart[SYNI_LINE];
    SYNI_ALIGNED_8 _Atomic(uint64_t) in; /* 2 position + STOPPED */
    char from_in[SYNI_LINE];
    SYNI_ALIGNED_8 _Atomic(uint64_t) out;
    char from_out[SYNI_LINE];
};

/* What it needs for PLACES items of SIZE bytes; 0: that is too much. */
size_t syni_ring_bytes(size_t places, size_t size);

/* Empty and stopped, in MEMORY, which is zeroed, and syni_ring_bytes() long. Again, for one that
 * is empty and never flowed: any thread may try it meanwhile. */
void syni_ring_init(struct syni_ring *ring, void *memory, size_t places, size_t size);

/* --- while it is stopped: one at a time --- */

static inline size_t syni_ring_count(const struct syni_ring *ring)
{
    /* relaxed: the lock, or being the only one, orders the positions */
    return (size_t)((atomic_load_explicit(&ring->in, memory_order_relaxed) >> 1) -
                    (atomic_load_explicit(&ring->out, memory_order_relaxed) >> 1));
}
void syni_ring_push(struct syni_ring *ring, const void *item); /* there is a place */
void syni_ring_pop(struct syni_ring *ring, void *out_item);    /* there is an item */
/* Takes out all there is; DESTROY, unless NULL, has each. */
void syni_ring_empty(struct syni_ring *ring, void (*destroy)(void *item));

void syni_ring_stop(struct syni_ring *ring);
void syni_ring_flow(struct syni_ring *ring);
/* Nothing goes in, and out only what leaves more than LEAST behind; if that is nothing, it stays stopped. */
void syni_ring_flow_out(struct syni_ring *ring, size_t least);

/* --- at any time, any thread; false, and nothing happened: it does not flow, or is full or
 * empty, or another was faster --- */

bool syni_ring_try_push(struct syni_ring *ring, const void *item);
bool syni_ring_try_pop(struct syni_ring *ring, void *out_item);
/* The same by the only thread that pushes, if afterwards there is a place for another. */
bool syni_ring_try_push_below(struct syni_ring *ring, const void *item);

/* A look. */
bool syni_ring_is_stopped(const struct syni_ring *ring);

/* Not worth waiting for: it is stopped, or can be done. OF is a ring. */
bool syni_ring_may_push(void *of);
bool syni_ring_may_pop(void *of);

/* --- what is too frequent to take a call --- */

/* The place of a position, and the lap that it is in. */
struct syni_ring_place {
    unsigned char *item;
    _Atomic(uint32_t) *mark;
    uint32_t free, filled, popped; /* what the mark is before, between and after */
};

static inline struct syni_ring_place syni_ring_place_of(const struct syni_ring *ring, uint64_t position)
{
    uint64_t lap;
    size_t i;
    uint32_t free;

    SYNI_SURE(ring->places > 0);
    if (ring->shift >= 0) {
        lap = position >> ring->shift;
        i = (size_t)position & (ring->places - 1);
    } else if ((position | (uint64_t)ring->places) <= UINT32_MAX) { /* a division half as wide */
        lap = (uint32_t)position / (uint32_t)ring->places;
        i = (uint32_t)position % (uint32_t)ring->places;
    } else {
        lap = position / ring->places;
        i = (size_t)(position % ring->places);
    }
    free = (uint32_t)(2 * lap);
    return (struct syni_ring_place){ring->items + i * ring->size, &ring->marks[i], free, free + 1, free + 2};
}

static inline bool syni_ring_has_mark(const struct syni_ring_place *place, uint32_t mark)
{
    /* acquire: pairs with the release in set_mark() by the thread that handed the place over */
    return atomic_load_explicit(place->mark, memory_order_acquire) == mark;
}

static inline void syni_ring_set_mark(const struct syni_ring_place *place, uint32_t mark)
{
    /* release: what was copied, or that it was copied, comes first */
    atomic_store_explicit(place->mark, mark, memory_order_release);
}

/* Of END of a ring that is stopped, IN or OUT. relaxed: the lock, or being the only one, orders the positions. */
static inline uint64_t syni_ring_position(const _Atomic(uint64_t) *end)
{
    return atomic_load_explicit(end, memory_order_relaxed) >> 1;
}

static inline void syni_ring_advance(_Atomic(uint64_t) *end)
{
    atomic_store_explicit(end, atomic_load_explicit(end, memory_order_relaxed) + 2,
                          memory_order_relaxed);
}

/* Push and pop without a call, where there is none to make: a number or a pointer, in a place that is ready, of a ring
 * of a power of two. False: nothing happened. */
static inline bool syni_ring_is_quick(const struct syni_ring *ring)
{
    return ring->shift >= 0 && (ring->size == sizeof(int64_t) || ring->size == sizeof(int32_t));
}

static inline bool syni_ring_push_quickly(struct syni_ring *ring, const void *item)
{
    struct syni_ring_place place;

    SYNI_SURE(!ring->flows);
    if (!syni_ring_is_quick(ring))
        return false;
    place = syni_ring_place_of(ring, syni_ring_position(&ring->in));
    if (!syni_ring_has_mark(&place, place.free))
        return false;
    syni_copy_number(place.item, item, ring->size);
    syni_ring_set_mark(&place, place.filled);
    syni_ring_advance(&ring->in);
    return true;
}

static inline bool syni_ring_pop_quickly(struct syni_ring *ring, void *out_item)
{
    struct syni_ring_place place;

    SYNI_SURE(!ring->flows);
    if (!syni_ring_is_quick(ring))
        return false;
    place = syni_ring_place_of(ring, syni_ring_position(&ring->out));
    if (!syni_ring_has_mark(&place, place.filled))
        return false;
    syni_copy_number(out_item, place.item, ring->size);
    syni_ring_set_mark(&place, place.popped);
    syni_ring_advance(&ring->out);
    return true;
}

#endif

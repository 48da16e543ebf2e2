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
 * compare-and-exchange, copies, and sets the mark, which hands the place over. While it is
 * STOPPED all claims fail, and what is left is done by one at a time, under the channel's
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
#include "base/thread.h"

struct syni_ring {
    unsigned char *items; /* and the marks behind them */
    _Atomic(uint32_t) *marks;
    size_t places, size; /* size: of an item, in bytes */
    bool flows;          /* as the thread that may stop it knows */
    bool flowed;         /* ever: from then on its memory stays where it is */
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

/* --- at any time, any thread; false, and nothing happened: it does not flow, or is full or
 * empty, or another was faster --- */

bool syni_ring_try_push(struct syni_ring *ring, const void *item);
bool syni_ring_try_pop(struct syni_ring *ring, void *out_item);
/* The same by the only thread that pushes, if afterwards there are fewer than CAPACITY, which is
 * one less than its places. */
bool syni_ring_try_push_below(struct syni_ring *ring, const void *item);

/* A look. */
bool syni_ring_is_stopped(const struct syni_ring *ring);

/* Not worth waiting for: it is stopped, or can be done. OF is a ring. */
bool syni_ring_may_push(void *of);
bool syni_ring_may_pop(void *of);

#endif

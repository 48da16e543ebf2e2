/* SPDX-License-Identifier: Apache-2.0
 *
 * See ring.h. A thread that claims a position pairs with the others by the mark of its place alone;
 * test/models/channel_flow.pml is this as a model.
 */
#include "channel/ring.h"

#include "base/probe.h"
#include "base/spin.h"
#include "base/thread.h"

enum { STOPPED = 1 };

size_t syni_ring_bytes(size_t places, size_t size)
{
    size_t each = size + sizeof(_Atomic(uint32_t)), most = SIZE_MAX / 2;

    if (each < size || places > (most - sizeof(_Atomic(uint32_t))) / each)
        return 0;
    return places * each + sizeof(_Atomic(uint32_t));
}

void syni_ring_init(struct syni_ring *ring, void *memory, size_t places, size_t size)
{
    size_t align = sizeof(_Atomic(uint32_t));
    size_t behind = (places * size + align - 1) / align * align;

    ring->items = memory;
    ring->marks = (void *)(ring->items + behind);
    ring->places = places;
    ring->size = size;
    for (ring->shift = 0; (size_t)1 << ring->shift < places;)
        ring->shift++;
    if ((size_t)1 << ring->shift != places)
        ring->shift = -1;
    ring->flows = ring->flowed = false;
    /* relaxed, and not atomic_init(): others may look at one that gets another memory, and see
     * that it is stopped before and after */
    atomic_store_explicit(&ring->in, STOPPED, memory_order_relaxed);
    atomic_store_explicit(&ring->out, STOPPED, memory_order_relaxed);
    atomic_store_explicit(&ring->limit, UINT64_MAX, memory_order_relaxed);
}

/* --- stopped --- */

/* A thread that claimed it before the stop is done with it. */
static void await_mark(const struct syni_ring_place *place, uint32_t mark)
{
    for (unsigned i = 0; !syni_ring_has_mark(place, mark); i++)
        syni_spin_once(i);
}

void syni_ring_push(struct syni_ring *ring, const void *item)
{
    struct syni_ring_place place = syni_ring_place_of(ring, syni_ring_position(&ring->in));

    SYNI_SURE(!ring->flows);
    if (syni_ring_count(ring) >= ring->places)
        syni_panic("an item was put into a full channel"); /* it would never become free */
    await_mark(&place, place.free);
    syni_copy(place.item, item, ring->size);
    syni_ring_set_mark(&place, place.filled);
    syni_ring_advance(&ring->in);
}

void syni_ring_pop(struct syni_ring *ring, void *out_item)
{
    struct syni_ring_place place = syni_ring_place_of(ring, syni_ring_position(&ring->out));

    SYNI_SURE(!ring->flows);
    await_mark(&place, place.filled);
    syni_copy(out_item, place.item, ring->size);
    syni_ring_set_mark(&place, place.popped);
    syni_ring_advance(&ring->out);
}

void syni_ring_empty(struct syni_ring *ring, void (*destroy)(void *item))
{
    SYNI_SURE(!ring->flows);
    while (syni_ring_count(ring) > 0) {
        struct syni_ring_place place = syni_ring_place_of(ring, syni_ring_position(&ring->out));

        await_mark(&place, place.filled);
        if (destroy)
            destroy(place.item);
        syni_ring_set_mark(&place, place.popped);
        syni_ring_advance(&ring->out);
    }
}

void syni_ring_stop(struct syni_ring *ring)
{
    if (!ring->flows)
        return;
    ring->flows = false;
    /* relaxed: a claim that comes later fails, as it is made on the same word; one that came
     * before is waited for by its mark */
    atomic_fetch_or_explicit(&ring->in, STOPPED, memory_order_relaxed);
    atomic_fetch_or_explicit(&ring->out, STOPPED, memory_order_relaxed);
}

static void ring_let_go(_Atomic(uint64_t) *end)
{
    /* release: a thread that claims from here on knows where the ring lies; see ring_claim() */
    atomic_store_explicit(end, atomic_load_explicit(end, memory_order_relaxed) & ~(uint64_t)STOPPED,
                          memory_order_release);
}

/* A thread that looked at `out` before the stop may have read another limit. Its claim fails, or is of the position at
 * which `out` stands now, which is below LIMIT: positions never go back. */
static void ring_let_go_out(struct syni_ring *ring, uint64_t limit)
{
    SYNI_INVARIANT(670, syni_ring_position(&ring->out) < limit);
    /* relaxed: ring_let_go() releases it, and a claim acquires the position first */
    atomic_store_explicit(&ring->limit, limit, memory_order_relaxed);
    ring_let_go(&ring->out);
}

void syni_ring_flow(struct syni_ring *ring)
{
    SYNI_SURE(!ring->flows);
    ring->flows = ring->flowed = true;
    ring_let_go(&ring->in);
    ring_let_go_out(ring, UINT64_MAX);
}

void syni_ring_flow_out(struct syni_ring *ring, size_t least)
{
    SYNI_SURE(!ring->flows);
    if (syni_ring_count(ring) <= least + 1)
        return;
    ring->flows = ring->flowed = true;
    ring_let_go_out(ring, syni_ring_position(&ring->in) - least - 1);
}

/* --- flowing --- */

static uint64_t ring_look(const _Atomic(uint64_t) *end)
{
    /* acquire: pairs with the release in ring_let_go() */
    return atomic_load_explicit(end, memory_order_acquire);
}

/* The next of END, IN or OUT, with its mark as it must be, is the caller's. relaxed: the marks
 * order what is copied. */
static bool ring_claim(struct syni_ring *ring, _Atomic(uint64_t) *end, struct syni_ring_place *out_place)
{
    uint64_t seen = ring_look(end);

    if (seen & STOPPED)
        return false;
    *out_place = syni_ring_place_of(ring, seen >> 1);
    /* relaxed: see ring_let_go_out() */
    if (end == &ring->out && seen >> 1 >= atomic_load_explicit(&ring->limit, memory_order_relaxed))
        return false;
    return syni_ring_has_mark(out_place, end == &ring->in ? out_place->free : out_place->filled) &&
           atomic_compare_exchange_strong_explicit(end, &seen, seen + 2, memory_order_relaxed,
                                                   memory_order_relaxed);
}

bool syni_ring_try_push(struct syni_ring *ring, const void *item)
{
    struct syni_ring_place place;

    if (!ring_claim(ring, &ring->in, &place))
        return false;
    SYNI_DELAY(ring_claimed);
    syni_copy(place.item, item, ring->size);
    syni_ring_set_mark(&place, place.filled);
    return true;
}

bool syni_ring_try_pop(struct syni_ring *ring, void *out_item)
{
    struct syni_ring_place place;

    if (!ring_claim(ring, &ring->out, &place))
        return false;
    SYNI_DELAY(ring_claimed);
    syni_copy(out_item, place.item, ring->size);
    syni_ring_set_mark(&place, place.popped);
    return true;
}

bool syni_ring_try_push_below(struct syni_ring *ring, const void *item)
{
    uint64_t seen = ring_look(&ring->in);
    struct syni_ring_place next;

    if (seen & STOPPED)
        return false;
    next = syni_ring_place_of(ring, (seen >> 1) + 1);
    return syni_ring_has_mark(&next, next.free) && syni_ring_try_push(ring, item);
}

bool syni_ring_is_stopped(const struct syni_ring *ring)
{
    return ring_look(&ring->in) & STOPPED;
}

static bool is_worth_trying(const struct syni_ring *ring, const _Atomic(uint64_t) *end)
{
    uint64_t seen = ring_look(end);
    struct syni_ring_place place;

    if (seen & STOPPED)
        return true;
    place = syni_ring_place_of(ring, seen >> 1);
    return syni_ring_has_mark(&place, end == &ring->in ? place.free : place.filled);
}

bool syni_ring_may_push(void *of)
{
    const struct syni_ring *ring = of;

    return is_worth_trying(ring, &ring->in);
}

bool syni_ring_may_pop(void *of)
{
    const struct syni_ring *ring = of;

    return is_worth_trying(ring, &ring->out);
}

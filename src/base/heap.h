/* SPDX-License-Identifier: Apache-2.0
 *
 * A pairing heap: the earliest key first, equal keys in the order they came.
 *
 * Fredman, Sedgewick, Sleator, Tarjan: "The pairing heap: a new form of
 * self-adjusting heap", Algorithmica 1 (1986). Insert is a constant handful of
 * instructions; removing a node that nothing was hung under, which is what a
 * timeout that did not happen is, is as cheap; taking the first is logarithmic,
 * amortized. It allocates nothing: the node is a field of what waits. The other
 * candidate, a binary heap in an array, must grow, so that starting a timer
 * could fail. Where there may be very many, a wheel lies in front (base/wheel.h).
 *
 * No locks: the owner says which thread may touch it.
 */
#ifndef SYNI_HEAP_H
#define SYNI_HEAP_H

#include <stdbool.h>
#include <stdint.h>

struct syni_heap_node {
    int64_t key;
    uint64_t order; /* ties go to the smaller, the one that came first */
    struct syni_heap_node *child, *next;
    struct syni_heap_node **link; /* what points to this node; NULL when in no heap */
};

struct syni_heap {
    struct syni_heap_node *root;
    uint64_t inserted; /* nodes so far; gives each its order */
};

/* Puts NODE, which is in no heap, under KEY. */
void syni_heap_insert(struct syni_heap *heap, struct syni_heap_node *node, int64_t key);

/* Puts NODE, with key and order set, back: its order is one that the heap gave before. */
void syni_heap_join(struct syni_heap *heap, struct syni_heap_node *node);

/* Takes NODE out; nothing happens if it is in no heap. */
void syni_heap_remove(struct syni_heap *heap, struct syni_heap_node *node);

/* The first node, left where it is; NULL when the heap is empty. */
static inline struct syni_heap_node *syni_heap_first(const struct syni_heap *heap)
{
    return heap->root;
}

static inline bool syni_heap_holds(const struct syni_heap_node *node)
{
    return node->link != 0;
}

#endif

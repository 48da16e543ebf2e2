/* SPDX-License-Identifier: Apache-2.0
 *
 * The pairing heap. `link` is the address of the pointer that points to a node
 * (its parent's `child`, its elder brother's `next`, or the heap's `root`), so
 * that any node can be cut out without knowing which of the three it is.
 */
#include "base/heap.h"

#include <stddef.h>

static bool heap_before(const struct syni_heap_node *a, const struct syni_heap_node *b)
{
    return a->key != b->key ? a->key < b->key : a->order < b->order;
}

/* Joins two trees without brothers; either may be NULL. */
static struct syni_heap_node *meld(struct syni_heap_node *a, struct syni_heap_node *b)
{
    if (!a || !b)
        return a ? a : b;
    if (heap_before(b, a)) {
        struct syni_heap_node *swap = a;
        a = b;
        b = swap;
    }
    b->next = a->child;
    if (b->next)
        b->next->link = &b->next;
    a->child = b;
    b->link = &a->child;
    return a;
}

/* Two passes: meld brothers in pairs from the left, then the pairs from the
 * right. The pairs are kept in a stack threaded through `next`. */
static struct syni_heap_node *meld_brothers(struct syni_heap_node *first)
{
    struct syni_heap_node *pairs = NULL, *all = NULL;

    while (first) {
        struct syni_heap_node *a = first, *b = a->next;

        first = b ? b->next : NULL;
        a->next = NULL;
        if (b)
            b->next = NULL;
        a = meld(a, b);
        a->next = pairs;
        pairs = a;
    }
    while (pairs) {
        struct syni_heap_node *pair = pairs;

        pairs = pair->next;
        pair->next = NULL;
        all = meld(all, pair);
    }
    return all;
}

static void set_root(struct syni_heap *heap, struct syni_heap_node *node)
{
    heap->root = node;
    if (node)
        node->link = &heap->root;
}

void syni_heap_insert(struct syni_heap *heap, struct syni_heap_node *node, int64_t key)
{
    node->key = key;
    node->order = heap->inserted++;
    syni_heap_join(heap, node);
}

void syni_heap_join(struct syni_heap *heap, struct syni_heap_node *node)
{
    node->child = NULL;
    node->next = NULL;
    set_root(heap, meld(heap->root, node));
}

void syni_heap_remove(struct syni_heap *heap, struct syni_heap_node *node)
{
    struct syni_heap_node *children;

    if (!node->link)
        return;
    *node->link = node->next;
    if (node->next)
        node->next->link = node->link;
    children = meld_brothers(node->child);
    set_root(heap, meld(heap->root, children));
    node->child = NULL;
    node->next = NULL;
    node->link = NULL;
}

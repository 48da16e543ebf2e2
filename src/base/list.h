/* SPDX-License-Identifier: Apache-2.0
 *
 * Intrusive doubly linked lists: the node is a field of what is listed, so that
 * putting something on a list never fails and taking it off needs no search.
 *
 * A list is a ring; its head is a node too. A node that is on no list points to
 * itself: syni_list_remove() on it does nothing, so that taking off twice is
 * harmless. No locks: the owner of the list says which thread may touch it.
 */
#ifndef SYNI_LIST_H
#define SYNI_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/invariant.h"
#include "base/probe.h"

struct syni_list {
    struct syni_list *next, *prev;
};

/* The struct of type TYPE that has the node NODE, which may be const, as its field FIELD. */
#define SYNI_CONTAINER(node, type, field) ((type *)((uintptr_t)(node) - offsetof(type, field)))

/* Visits each node of HEAD; the visited one may be removed meanwhile, no other. */
#define SYNI_LIST_EACH(node, head)                                                                 \
    for (struct syni_list *node = (head)->next, *syni_next_##node = node->next;                    \
         SYNI_STEP(), node != (head);                                                              \
         node = syni_next_##node, syni_next_##node = node->next)

static inline void syni_list_init(struct syni_list *node)
{
    node->next = node;
    node->prev = node;
}

static inline bool syni_list_empty(const struct syni_list *node)
{
    return node->next == node;
}

/* Its neighbours know it: it was not freed, moved, or listed elsewhere meanwhile. */
static inline bool syni_list_is_linked(const struct syni_list *node)
{
    return node->next->prev == node && node->prev->next == node;
}

static inline void syni_list_remove(struct syni_list *node)
{
    SYNI_SURE(syni_list_is_linked(node));
    node->prev->next = node->next;
    node->next->prev = node->prev;
    syni_list_init(node);
}

/* The same for a NODE that is not looked at again before it is appended somewhere or initialized. */
static inline void syni_list_unlink(struct syni_list *node)
{
    SYNI_SURE(syni_list_is_linked(node));
    node->prev->next = node->next;
    node->next->prev = node->prev;
}

/* NODE must be on no list. */
static inline void syni_list_append(struct syni_list *head, struct syni_list *node)
{
    SYNI_SURE(syni_list_is_linked(head));
    node->prev = head->prev;
    node->next = head;
    head->prev->next = node;
    head->prev = node;
}

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The stack that is pushed onto with one compare-and-exchange and taken whole with one exchange,
 * then turned round (Treiber, 1986). Since nobody takes single nodes, none can come back while
 * somebody still compares with it.
 *
 * Open or shut is told by the same word that holds the nodes. So a pusher finds out in one
 * step that it is taken care of, and has nothing to look at afterwards; and the thread that shuts it gets all
 * that was taken. Discarded: a flag beside a stack that is always open: a pusher would have
 * to look at it afterwards, and the thread that frees the stack would wait for it. Discarded: a queue with one
 * exchange per push (Vyukov), because a pusher that is preempted between its two writes would leave the
 * owner with a gap to wait for, and because an empty one cannot be told from a shut one in a
 * single word.
 *
 * All that orders anything is seq_cst. What a pushed thing carries needs no more than release
 * and acquire; but an inbox is pushed onto and then the driver's role looked at, while the driver
 * changes the role and then looks into the inbox (invariant 2), and one of the two must see the
 * other. A pool's inbox, which would do with less, pays nothing on x86, where an exchange and a
 * load cost the same in any order, and elsewhere little beside what the exchange costs.
 */
#include "base/stack.h"

struct syni_link syni_stack_mark;

static struct syni_link *turned_round(struct syni_link *top)
{
    struct syni_link *first = NULL;

    while (top) {
        struct syni_link *next = top->next;

        top->next = first;
        first = top;
        top = next;
    }
    return first;
}

static struct syni_link *take_and_put(struct syni_stack *stack, struct syni_link *put)
{
    /* seq_cst, of which the acquire is needed: pairs with the push of each that is taken */
    return turned_round(atomic_exchange_explicit(&stack->top, put, memory_order_seq_cst));
}

struct syni_link *syni_stack_take(struct syni_stack *stack)
{
    /* relaxed: what was pushed before the owner heard of it, or by the owner, the owner sees in any
     * case; and only the owner shuts it, so that it has not become so since */
    struct syni_link *top = atomic_load_explicit(&stack->top, memory_order_relaxed);

    return top && top != &syni_stack_mark ? take_and_put(stack, NULL) : NULL;
}

struct syni_link *syni_stack_shut(struct syni_stack *stack)
{
    return syni_stack_is_open(stack) ? take_and_put(stack, &syni_stack_mark) : NULL;
}

void syni_stack_open(struct syni_stack *stack)
{
    /* seq_cst: a later pusher sees what was written before */
    atomic_store_explicit(&stack->top, NULL, memory_order_seq_cst);
}

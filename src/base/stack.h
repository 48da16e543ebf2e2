/* SPDX-License-Identifier: Apache-2.0
 *
 * A stack that any thread pushes onto without a lock, and that its owner takes whole, open or
 * shut: what lies behind the doors by which things come from other threads.
 *
 * The node is a field of what is pushed, so a push never fails for memory; and it touches
 * neither the stack nor the node once that is on it, so both may be gone by then. The "owner" is
 * the thread that takes, shuts and opens: one at a time, by a role or a lock that it holds. stack.c says why
 * it is one word, and why its order is sequential consistency.
 */
#ifndef SYNI_STACK_H
#define SYNI_STACK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/* On one stack or list at a time. */
struct syni_link {
    struct syni_link *next;
};

/* Zeroed, it is open and empty. */
struct syni_stack {
    _Atomic(struct syni_link *) top;
};

/* What lies on each stack that is shut, and is never looked into. */
extern struct syni_link syni_stack_mark;

enum syni_push {
    SYNI_PUSH_REFUSED, /* it is shut */
    SYNI_PUSH_ALONE,   /* nothing happened: it would have been the first */
    SYNI_PUSHED_FIRST, /* onto an empty one */
    SYNI_PUSHED,
};

/* BEHIND: only onto one that is not empty. Thread: any. */
static inline enum syni_push syni_stack_push_as(struct syni_stack *stack, struct syni_link *link,
                                                bool behind)
{
    /* relaxed: a guess, which the exchange compares with what is there */
    struct syni_link *top = atomic_load_explicit(&stack->top, memory_order_relaxed);

    do {
        if (top == &syni_stack_mark)
            return SYNI_PUSH_REFUSED;
        if (!top && behind)
            return SYNI_PUSH_ALONE;
        link->next = top;
        /* seq_cst: releases what LINK carries to the exchange that takes it; and comes before
         * what the caller looks at next, as in syni_stack_is_empty(). relaxed: a guess again */
    } while (!atomic_compare_exchange_weak_explicit(&stack->top, &top, link, memory_order_seq_cst,
                                                    memory_order_relaxed));
    return top ? SYNI_PUSHED : SYNI_PUSHED_FIRST;
}

static inline enum syni_push syni_stack_push(struct syni_stack *stack, struct syni_link *link)
{
    return syni_stack_push_as(stack, link, false);
}

/* The same, but not as the first. */
static inline enum syni_push syni_stack_push_behind(struct syni_stack *stack,
                                                    struct syni_link *link)
{
    return syni_stack_push_as(stack, link, true);
}

/* Nothing is on it, or it is shut. Thread: any. */
static inline bool syni_stack_is_empty(struct syni_stack *stack)
{
    /* seq_cst: comes after what the caller wrote before; pairs with the push */
    struct syni_link *top = atomic_load_explicit(&stack->top, memory_order_seq_cst);

    return !top || top == &syni_stack_mark;
}

/* A guess, which a push finds out; the owner knows. Thread: any. */
static inline bool syni_stack_is_open(struct syni_stack *stack)
{
    /* relaxed: a guess, or the owner's own writing */
    return atomic_load_explicit(&stack->top, memory_order_relaxed) != &syni_stack_mark;
}

/* What is on it, the first pushed first; whether it is open stays as it is. Thread: owner. */
struct syni_link *syni_stack_take(struct syni_stack *stack);

/* The same, and in the same step it is shut: pushes are refused. Thread: owner. */
struct syni_link *syni_stack_shut(struct syni_stack *stack);

/* It was shut, and is open. Thread: owner. */
void syni_stack_open(struct syni_stack *stack);

#endif

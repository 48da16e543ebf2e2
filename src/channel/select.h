/* SPDX-License-Identifier: Apache-2.0
 *
 * Select, inside. See <synchronicity/select.h> and port.h.
 *
 * The owner, a thread or a task, begins it, waits to be woken unless it is decided, and
 * ends it. Only the owner touches the choices, but for their ports (under the channel's
 * lock) and waiters.
 */
#ifndef SYNI_SELECT_H
#define SYNI_SELECT_H

#include <synchronicity/select.h>

#include "channel/channel.h"

/* What `inside` of a choice is. */
struct __attribute__((may_alias)) syni_chance {
    struct syni_port port;        /* its status is that of every kind */
    struct syni_channel *channel; /* held */
    struct syni_core *core;       /* reserved; at the end, the winner's, used up */
    struct syni_waiter waiter;
    _Atomic(bool) told;           /* the waiter was told, and lost */
    bool waits;                   /* it is the core's waiter */
    struct syni_channel_after after;
};

_Static_assert(sizeof(struct syni_chance) <= sizeof((struct syn_choice *)0)->inside,
               "struct syn_choice has too little room");
_Static_assert(offsetof(struct syn_choice, inside) % _Alignof(struct syni_chance) == 0 &&
                   _Alignof(struct syni_chance) <= _Alignof(struct syn_choice),
               "misaligned");

static inline struct syni_chance *syni_chance(struct syn_choice *choice)
{
    return (struct syni_chance *)(void *)choice->inside;
}

/* Begins it; N is at most SYN_SELECT_MAX. True: it is decided, and WAKE is not called. WAKE NULL: it
 * only looks what can happen at once, and asks no generator. */
bool syni_select_begin(struct syni_select *select, struct syn_choice *choices, int n,
                       void (*wake)(struct syni_select *select));

/* A wait for it leads to WALK's end: each choice does (chain.h). By its driver, or a holder of its wait. */
bool syni_select_leads(const struct syni_select *select, struct syni_walk *walk);

/* The first choice of time, or -1: there is none. */
int syni_select_first_time(const struct syn_choice *choices, int n);

/* It is decided: whatever lost is as it was. The core of a future that won is the
 * caller's, if there is one. */
void syni_select_end(struct syni_select *select);

/* Lets go of what the winner holds, after its report was taken. */
void syni_select_release(struct syni_select *select);

#endif

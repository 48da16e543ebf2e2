/* SPDX-License-Identifier: Apache-2.0
 *
 * Ports: the waiters at a channel (channel.h). The waiter places it: in a task's frame, on a
 * thread's stack. All of it is under the channel's lock while it waits.
 *
 * A SELECT waits at several ports, and for other things, of which one is to happen: a thread that
 * is about to serve one CLAIMS the select first. A port of a select that was claimed elsewhere
 * is dead: it is passed over and unlisted.
 */
#ifndef SYNI_PORT_H
#define SYNI_PORT_H

#include <stdatomic.h>
#include <stdbool.h>

#include <synchronicity/err.h>

#include "base/list.h"

enum { SYNI_OPEN = -1, SYNI_GIVEN_UP = -2, SYNI_REFUSED = -3 };

struct syni_select {
    _Atomic(int) chosen; /* OPEN, and once: the number of a choice, GIVEN_UP, or
                             REFUSED: it would have closed a circle */
    struct syn_choice *choices;
    int n;
    void (*wake)(struct syni_select *select); /* by the thread that claimed it; the last touch */
};

struct syni_channel;

struct syni_port {
    struct syni_list link; /* on a list of the channel; then among those to be told */
    void *item;            /* where the item goes, or lies; a producer's is only read */
    bool receives;
    bool listed;           /* on a list of the channel: not served yet */
    bool at_once;          /* the task that served it hands over to it, see task_resume.c */
    unsigned char choice;  /* 1 + the number that it has in a select; 0: it is no choice */
    syn_err status;
    union {
        struct syni_select *select;   /* of a choice */
        struct syni_channel *channel; /* of a task that waits for this alone: held */
    };
    void (*wake)(struct syni_port *port); /* by the thread that took it; the last touch */
};

/* NUMBER of SELECT is it; false: another one was faster. */
static inline bool syni_select_claim(struct syni_select *select, int number)
{
    int open = SYNI_OPEN;

    /* relaxed: the claimer writes under a lock that the owner takes before it reads, or
     * wakes the owner, or is the owner */
    return atomic_compare_exchange_strong_explicit(&select->chosen, &open, number,
                                                   memory_order_relaxed, memory_order_relaxed);
}

/* PORT waits on LIST; does not any more, and was not served. */
static inline void syni_port_list(struct syni_port *port, struct syni_list *list)
{
    SYNI_INVARIANT(60, !port->listed);
    port->listed = true;
    syni_list_append(list, &port->link);
}

static inline void syni_port_unlist(struct syni_port *port)
{
    SYNI_INVARIANT(60, port->listed);
    port->listed = false;
    syni_list_remove(&port->link);
}

/* Takes the first off LIST that can be served, and then must be; NULL: there is none. */
static inline struct syni_port *syni_port_take(struct syni_list *list)
{
    while (!syni_list_empty(list)) {
        struct syni_port *port = SYNI_CONTAINER(list->next, struct syni_port, link);

        syni_port_unlist(port);
        if (!port->choice || syni_select_claim(port->select, port->choice - 1))
            return port;
    }
    return NULL;
}

/* Ports that were served, and are to be woken when the lock is free: the last; its `link.next` is the
 * first. NULL: there are none. */
static inline void syni_port_serve(struct syni_port **last, struct syni_port *port, syn_err status)
{
    SYNI_INVARIANT(60, !port->listed);
    port->status = status;
    port->at_once = false;
    port->link.next = *last ? (*last)->link.next : &port->link;
    if (*last)
        (*last)->link.next = &port->link;
    *last = port;
}

/* Each may be gone when it was told. */
static inline void syni_port_tell(struct syni_port *last)
{
    struct syni_list *node = last ? last->link.next : NULL;

    while (node) {
        struct syni_port *port = SYNI_CONTAINER(node, struct syni_port, link);

        SYNI_STEP();
        node = port == last ? NULL : node->next;
        port->wake(port);
    }
}

#endif

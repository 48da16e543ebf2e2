/* SPDX-License-Identifier: Apache-2.0
 *
 * Scopes: futures that somebody waits for together. See <synchronicity/scope.h>.
 *
 * A child is a core that the scope consumed; its node, `core->member`, has the core's one
 * waiter. Everything that happens to a scope happens in its SECTION: for the scope of a
 * task that is the driver of its home (a child that ends elsewhere posts itself there),
 * for the scope of a thread a lock. What a section decides but must not do inside, it
 * leaves in `struct syni_section`: results to destroy, and at last the thread to wake.
 */
#ifndef SYNI_SCOPE_H
#define SYNI_SCOPE_H

#include <synchronicity/scope.h>

#include "task/state.h"

/* What the owner waits for. */
enum syni_scope_wait { SYNI_SCOPE_NOTHING, SYNI_SCOPE_ROOM, SYNI_SCOPE_END };

/* struct syn_scope as the library sees it. Zero is empty. */
struct __attribute__((may_alias)) syni_scope {
    /* the owner's, said beforehand */
    bool keep_going, collect, has_deadline;
    enum syni_goal goal;
    unsigned limit; /* 0: none */
    int64_t deadline;

    /* from the first child to the join */
    _Atomic(bool) bound;
    _Atomic(unsigned) process;     /* its process, while it is bound: written before that */
    bool closing;                  /* its task leaves, or ends, and has cancelled it */
    struct syni_home *home;        /* of the task that owns it; NULL: a thread does */
    struct syni_task *owner;       /* that task */
    struct syni_scope *next_open;  /* of its open ones; also while failures are kept */
    /* The pointer that points here among them; NULL: it is not listed. Void: gcc 12 fails to compile
     * for link-time optimization a struct that may alias and has a pointer to a pointer to itself. */
    void *place;
    struct syni_timer timer;       /* of the deadline; set only if a task owns it */

    /* section */
    struct syni_list children; /* core->member.link of those that live */
    struct syni_list failures; /* of those that failed, if they are collected; next is NULL
                                  before the first use */
    unsigned live, spawned; /* live: also while the destructor of its result runs */
    int winner;                /* 1 + its number; 0: none */
    int asked;                 /* 1 + the origin of the request; 0: not cancelled */
    bool by_request;           /* a child ended by that, or was refused */
    syn_err err;               /* the first failure; for a race, of the winner */
    enum syn_origin origin;
    struct syn_report *report;
    enum syni_scope_wait awaited;
    struct syni_waiter *sleeper; /* the thread that waits */
};

_Static_assert(sizeof(struct syni_scope) <= sizeof(struct syn_scope),
               "struct syn_scope has too little room: raise SYNI_SCOPE_BYTES and SYNI_ABI");
_Static_assert(_Alignof(struct syni_scope) <= _Alignof(struct syn_scope), "misaligned");

#define SYNI_SCOPE(pointer) ((struct syni_scope *)(void *)(pointer))

struct syni_section {
    struct syni_list dropped;    /* cores to give up */
    unsigned ended;              /* children that are counted no more when those are gone */
    struct syni_core *to_ask;    /* held, chained by their jobs: jobs to cancel */
    enum syn_origin origin;      /* and why */
    struct syni_link *requests, **last_request; /* of tasks, claimed and to be sent, by request_job */
    struct syni_waiter *to_tell; /* the last touch */
    struct syni_scope *changed;  /* of a task, which waits for less than before; NULL */
};

/* --- scope_section.c --- */

void syni_scope_enter(struct syni_scope *scope, struct syni_section *section);
void syni_scope_leave(struct syni_scope *scope, struct syni_section *section);

/* The same for a few lines of the owner that decide nothing. */
void syni_scope_lock(const struct syni_scope *scope);
void syni_scope_unlock(const struct syni_scope *scope);

/* The calling thread is in the section of SCOPE: what each function needs that is for in there. */
#if SYNI_CHECKED
bool syni_scope_is_held(const struct syni_scope *scope);
#else
#define syni_scope_is_held(scope) ((void)(scope), true)
#endif
#define SYNI_HOLDS_SCOPE(scope) SYNI_INVARIANT(30, syni_scope_is_held(scope))

/* In the section: if what the owner waits for is there, it is told. */
void syni_scope_tell_owner(struct syni_scope *scope, struct syni_section *section);

/* What is waited for is there. In the section. */
bool syni_scope_satisfied(const struct syni_scope *scope, enum syni_scope_wait awaited);

/* --- scope_child.c --- */

/* --- in the section --- */

/* Before anything else is looked at: a scope that the parent process filled is one that has ended
 * with SYN_EFORKED, and is ready for use here when that was told. */
void syni_scope_look(struct syni_scope *scope);

/* WAITER is that of a scope's child, in its core. */
bool syni_scope_wakes(const struct syni_waiter *waiter);

/* The first child comes; OWNER (NULL: a thread; else by syni_scope_open()) has it from here on. */
void syni_scope_bind(struct syni_scope *scope, struct syni_task *owner);

/* CORE, which the caller reserved or consumed, is no child: it is cancelled, and released. Returns ERR. Outside. */
syn_err syni_scope_reject(struct syni_core *core, syn_err err);

/* CORE, which was reserved and has room, is a child, or is restored. */
void syni_scope_take(struct syni_scope *scope, struct syni_core *core, void *out,
                     syn_err *out_status, struct syni_section *section);

/* A child that there is not: its future was bad. */
void syni_scope_fail(struct syni_scope *scope, syn_err err, const char *message,
                     syn_err *out_status, struct syni_section *section);

/* CORE, a child, is let go of, and runs on; ASKS: it is cancelled. False: it is telling us. After that a
 * fail() is due for it. */
bool syni_scope_drop(struct syni_scope *scope, struct syni_core *core, bool asks,
                     struct syni_section *section);

/* All children are let go of: they run on by themselves, and nothing of them is written any more. */
void syni_scope_abandon(struct syni_scope *scope, struct syni_section *section);

/* Cancels all, for the first reason that is given. */
void syni_scope_ask(struct syni_scope *scope, enum syn_origin origin,
                    struct syni_section *section);

/* --- by the owner, outside --- */

/* Why nothing is added any more; 0: it is. */
syn_err syni_scope_over(const struct syni_scope *scope);

/* What the empty scope came to; its report is the caller's. It is ready for use again. */
syn_err syni_scope_settle(struct syni_scope *scope, enum syn_origin *out_origin,
                          struct syn_report **out_report);

/* Takes SCOPE off its task's list. */
static inline void syni_scope_unlist(struct syni_scope *scope)
{
    if (!scope->place)
        return;
    SYNI_SURE(*(struct syni_scope **)scope->place == scope);
    *(struct syni_scope **)scope->place = scope->next_open;
    if (scope->next_open)
        scope->next_open->place = scope->place;
    scope->place = 0;
}

/* --- scope_look.c --- */

/* What carries the mark ID waits for the children of SCOPE (circle.h): SYN_EDEADLK, and a report, if it
 * must not. */
syn_err syni_scope_depend(struct syni_scope *scope, uint64_t id, struct syn_report **out_report);
/* SYN_EDEADLK if a mailbox has SCOPE's outcome (mail_scope.c), and nobody else. */
syn_err syni_scope_refuse_registered(struct syni_scope *scope);

/* --- scope_failures.c --- */

/* CORE failed, and is kept. In the section. */
void syni_scope_collect(struct syni_scope *scope, struct syni_core *core);

/* The failure of number I, in the order they came; NULL: there are not so many. By the owner, after a
 * join. */
const struct syni_core *syni_scope_failure_at(const struct syni_scope *scope, unsigned i);

/* Gives up what was collected. */
void syni_scope_forget_failures(struct syni_scope *scope);

/* --- scope_open.c --- */

/* As syni_scope_bind(), for any OWNER: the engine learns how the scopes of tasks end. */
void syni_scope_open(struct syni_scope *scope, struct syni_task *owner);

/* --- scope_task.c --- */

/* A wait for AWAITED of SCOPE leads to WALK's end (chain.h). In the section. */
bool syni_scope_leads(const struct syni_scope *scope, enum syni_scope_wait awaited, struct syni_walk *walk);
/* It is over by SEARCH, which found it to close a circle: what it waits for there is let go of. */
void syni_scope_refuse(struct syni_scope *scope, const struct syni_search *search);
/* SCOPE, which its owner, a task, may be waiting for, has one child more. Driver. */
void syni_scope_gained(struct syni_scope *scope);
/* What waits for the end of SCOPE got the mark ID, and passes it on (circle.h). Driver. */
void syni_scope_implicate(struct syni_scope *scope, uint64_t id);

#endif

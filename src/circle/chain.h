/* SPDX-License-Identifier: Apache-2.0
 *
 * Chains of tasks of one loop, each of which goes on only when the next one does; a chain that
 * comes back to its beginning is a circle, and the wait that would close it is refused.
 *
 * Each kind of wait says in its operations whether a wait of that kind LEADS to a task: for one thing,
 * if its producer does; for all of several, if one of them does; for the first of several, if all
 * do. What time may end, what was cancelled, and what no task in particular serves (a semaphore, an
 * event, a condition, a channel without a generator, a promise) leads nowhere.
 */
#ifndef SYNI_CHAIN_H
#define SYNI_CHAIN_H

#include "task/state.h"

struct syni_search;

/* How many tasks are looked at while a wait begins. Longer chains are left to a search. */
enum { SYNI_CHAIN_FAR = 100 };

/* The largest number of a wait less 1; they go round. */
enum { SYNI_CHAIN_NUMBERS = 0x0fffffff };

/* A look along chains. */
struct syni_walk {
    const struct syni_home *home; /* its loop runs here */
    const struct syni_task *to; /* the task that they may come to, on it */
    int left;                   /* how many tasks may still be looked at */
    unsigned number;            /* of the wait; 0: it was not asked for */
    bool far;     /* it came to a task of another loop that waits, or beyond SYNI_CHAIN_FAR: nothing is
                     decided, and a search is needed */
    /* Instead of going on to the task or job that produces CORE (search.h); NULL: goes on. Returns what a look
     * at several goes on with. */
    bool (*meets)(struct syni_walk *walk, const struct syni_core *core);
    bool (*meets_home)(struct syni_walk *walk, struct syni_home *home); /* the same for all that lives on HOME */
    bool asked; /* a task that was cancelled and still waits leads on, too */
    bool first; /* by the operation: what it looks at waits for the first of several */
};

/* What a producer that is no task waits for at this moment. */
struct syni_stand {
    int wait;                /* which of its waits (search.h) */
    const char *name, *where; /* static, or for as long as the looking thread holds it */
    bool endures; /* the wait cannot be refused */
};

/* Waits of a producer that is no task, of a job, by any thread which holds its core. */
struct syni_chain_ops {
    /* It waits, perhaps for others: a hint, as syni_task_may_lead(). */
    bool (*waits)(const struct syni_core *core);
    bool (*is_asked)(const struct syni_core *core); /* to end */
    /* If it is in a wait that leads to others and which nothing else ends: fills *OUT, and WALK looks at
     * them. False: it is in none, or, where it waits for the first of several, that does not lead. */
    bool (*leads)(struct syni_core *core, struct syni_walk *walk, struct syni_stand *out);
    /* The wait of that number, if it is in it still, is refused. */
    void (*refuse)(struct syni_core *core, int wait, const struct syni_search *search);
    /* The wait of that number, if it is in it still, counts as begun now, and gets another number, which is returned;
     * *OUT_ASKED: for a search of those that were asked. 0: it is not. */
    int (*renew)(struct syni_core *core, int wait, bool *out_asked);
};

#define SYNI_WALK_TO(task) {.home = (task)->home, .to = (task), .left = SYNI_CHAIN_FAR}

/* FROM goes on only when WALK->to does. Both live on the loop that runs here. */
bool syni_chain_leads(const struct syni_task *from, struct syni_walk *walk);

/* The same for the task that produces CORE; false: none does, or one on another loop. */
bool syni_chain_core_leads(const struct syni_core *core, struct syni_walk *walk);

/* What produces CORE, a task or a job, may wait for others: a hint, for any thread that holds it. */
bool syni_chain_may_lead(const struct syni_core *core);

/* For a wait for the end of all that lives on HOME, which is for a search to look at. */
bool syni_chain_home_leads(struct syni_home *home, struct syni_walk *walk);

/* The number of a wait that may close a circle, and is written down already; never 0. search.c has why. */
unsigned syni_chain_number(void);

/* TASK is in a wait that leads to others, and which nothing else ends. Driver. */
bool syni_chain_holds(const struct syni_task *task);
/* The same of one that was cancelled, perhaps by those for which it waits. */
bool syni_chain_holds_though_asked(const struct syni_task *task);

/* A wait of TASK for CORE could close a circle on this loop: mostly that has not begun. */
static inline bool syni_chain_may_close(const struct syni_core *core, const struct syni_task *task)
{
    const struct syni_task *child = syni_core_task(core);

    if (!child) /* a job's wait is looked at afterwards, by syni_search_await() */
        return core->ops && core->ops->source;
    return child->home == task->home && syni_task_wait(child) != SYNI_WAIT_NOTHING;
}

/* TASK, which would wait for CORE, or for what HOLDER has, would close a circle. *OUT_NUMBER: if that is for
 * a search to say, that of the wait; else 0. */
bool syni_chain_closes(const struct syni_task *task, const struct syni_core *core,
                       const struct syni_task *holder, unsigned *out_number);

/* TASK waits for CORE, which waits, at last, for TASK: no time ends that, and no task on the way that was
 * cancelled does. *OUT_FAR: that is for a search to say. */
bool syni_chain_is_closed(const struct syni_task *task, const struct syni_core *core, bool *out_far);

/* The producer of CORE was cancelled. By a holder of CORE. */
bool syni_chain_is_asked(const struct syni_core *core);

/* In words: TASK waits for WHAT. */
struct syn_report *syni_chain_say(const struct syni_task *task, const char *what);

/* What tells the waits of one task or job from each other, `live.detail` of a task: below -1. OWN: a search of
 * its own has begun, or SYNI_SEARCHES_ASKED: one of syni_search_asked(). */
enum { SYNI_SEARCHES = 1, SYNI_SEARCHES_ASKED = 3 };

static inline int syni_chain_detail(unsigned number, unsigned own)
{
    return -2 - (int)(4 * number + own);
}

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * A search for circles, inside: search.c goes round, search_describe.c looks. See search.h.
 */
#ifndef SYNI_SEARCH_STATE_H
#define SYNI_SEARCH_STATE_H

#include "circle/search.h"

struct syni_search {
    struct syni_job job;
    const struct syni_core *closer; /* of the task or job that would close a circle; to look at only at home */
    struct syni_home *home;         /* where that task lives; NULL: a job */
    int wait;                 /* its number, as a detail */
    bool asked;               /* those that were cancelled and wait on count, too */
    struct syni_home *here;   /* where the search is, or goes to; NULL: in the thread that began it */
    unsigned at;              /* the node that is described */
    bool found;               /* it is stuck: to be refused */
    bool passes;              /* another wait of the circle than that of `closer` is refused, if one can be */
    bool passed;              /* to a task that shall begin one, in place of the one that closed the circle */
    struct syni_graph graph;  /* this time */
    struct syni_graph before; /* and the time before */
    int round;
};

/* --- search_describe.c --- */

/* The node NUMBER, of a job, or of a task or the end of a loop that runs here: what it waits for become nodes. */
void syni_search_describe(struct syni_search *search, unsigned number);

/* TASK is in a wait that counts for SEARCH. */
bool syni_search_holds(const struct syni_search *search, const struct syni_task *task);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * A piece of the graph of what waits for what, as a search collects it (search.h), and what in it is
 * stuck.
 *
 * A task or job that waits is a node, with an edge to each task and job that it waits for. It goes on when
 * all of them have ended, or, at a wait for the FIRST of several, one. STUCK is a node that can go on only if another
 * that is stuck does. A node is free if it waits for something that no node of the graph brings, and as long
 * as it was not described.
 *
 * One thread at a time: it travels with the search.
 */
#ifndef SYNI_GRAPH_H
#define SYNI_GRAPH_H

#include "task/state.h"

struct syni_node {
    const struct syni_core *core; /* its result's; to compare, and to look at only where it stays */
    struct syni_home *home;       /* of a task: the search must go to its loop; NULL: a job */
    const char *name;             /* of its function */
    char where[24];               /* the name of its loop or pool, or how that begins */
    int wait;                     /* which of its waits (search.h) */
    bool held, seen;              /* seen: it was looked at */
    bool stays;                   /* not held, but cannot end before that */
    bool whole;                   /* it is no task, but the end of HOME, which stands in `core` */
    bool described, first;
    bool endures;                 /* its wait is refused only where no other can be */
    bool stuck, leads;            /* leads: to the node that is asked for, over stuck ones */
    unsigned edges, n_edges;      /* where they begin in `edges` */
};

struct syni_graph {
    struct syni_node *nodes;
    unsigned *edges;   /* numbers of nodes */
    unsigned *places;  /* 1 + numbers of nodes, by a hash of their core; twice as many as nodes */
    unsigned n, room, n_edges, edge_room;
    bool cut;          /* something was left out: too much, or no memory */
};

/* At most so many tasks and jobs are looked at, and as many waits for the same one on top of that. */
enum { SYNI_GRAPH_FAR = 1000 };

/* The node of what produces CORE, which lives on HOME (NULL: a job), and is made if there is none: then CORE is held
 * by the graph, if it is to be. -1: there is no room; what is left out counts as free. */
int syni_graph_node(struct syni_graph *graph, const struct syni_core *core, struct syni_home *home, bool hold);

/* The latest node that was begun to be described gets an edge TO another. */
bool syni_graph_edge(struct syni_graph *graph, unsigned from, unsigned to);

/* Whether node 0 is stuck for good, in a circle that leads back to it. BEFORE (or NULL) is the graph as it
 * was collected before: what does not stand there in the same wait is free. */
bool syni_graph_is_stuck(struct syni_graph *graph, const struct syni_graph *before);

/* Node 0 waits for what produces CORE, which is stuck. */
bool syni_graph_blames(const struct syni_graph *graph, const struct syni_core *core);

/* A node that NODE waits for, and which is stuck; NODE: there is none. */
const struct syni_node *syni_graph_next(const struct syni_graph *graph, const struct syni_node *node);

/* A node that is stuck and does not endure its wait, if there is one that waits for node 0; NULL: there is none. */
const struct syni_node *syni_graph_other(const struct syni_graph *graph);

/* Lets go of all that is held, and forgets. */
void syni_graph_fini(struct syni_graph *graph);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * What waits for what, collected and judged. See graph.h.
 *
 * A node that stands free takes away what others wait for, until nothing changes: what remains is stuck. It is
 * looked at from the last node to the first, since a search notes a task before what that waits for; so
 * a chain is judged in one round, and only circles through waits for the first of several take more.
 */
#include "circle/graph.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

/* MEMORY of N things of SIZE bytes gets room for MORE; NULL: there is none, and it stays. */
static void *graph_grow(void *memory, size_t size, unsigned n, unsigned more)
{
    void *grown = syni_alloc(size * more);

    if (!grown)
        return NULL;
    if (n)
        memcpy(grown, memory, size * n);
    syni_free(memory, size * n);
    return grown;
}

static unsigned *graph_place(const struct syni_graph *graph, const struct syni_core *core)
{
    unsigned mask = 2 * graph->room - 1, at = (unsigned)((uintptr_t)core >> 4) * 2654435761U;

    for (at &= mask;; at = (at + 1) & mask) {
        unsigned *place = &graph->places[at];

        if (*place == 0 || graph->nodes[*place - 1].core == core)
            return place;
    }
}

/* Room is a power of 2. */
static bool graph_widen(struct syni_graph *graph)
{
    unsigned room = graph->room ? 2 * graph->room : 8;
    unsigned *places;
    struct syni_node *nodes;

    if (graph->n < graph->room)
        return true;
    places = graph->n < SYNI_GRAPH_FAR ? syni_alloc(2 * room * sizeof *places) : NULL;
    nodes = places ? graph_grow(graph->nodes, sizeof *nodes, graph->room, room) : NULL;
    if (!nodes) {
        syni_free(places, 2 * room * sizeof *places);
        return false;
    }
    syni_free(graph->places, 2 * graph->room * sizeof *places);
    graph->places = places;
    graph->nodes = nodes;
    graph->room = room;
    for (unsigned i = 0; i < graph->n; i++)
        *graph_place(graph, nodes[i].core) = i + 1;
    return true;
}

int syni_graph_node(struct syni_graph *graph, const struct syni_core *core, struct syni_home *home, bool hold)
{
    unsigned *place = graph->room ? graph_place(graph, core) : NULL;
    struct syni_node *node;

    if (place && *place)
        return (int)*place - 1;
    if (!graph_widen(graph)) {
        graph->cut = true;
        return -1;
    }
    *graph_place(graph, core) = graph->n + 1;
    node = &graph->nodes[graph->n];
    *node = (struct syni_node){.core = core, .home = home, .held = hold};
    if (hold)
        syni_core_hold((struct syni_core *)(uintptr_t)core);
    return (int)graph->n++;
}

bool syni_graph_edge(struct syni_graph *graph, unsigned from, unsigned to)
{
    unsigned room = graph->edge_room ? 2 * graph->edge_room : 8;
    unsigned *edges;

    if (graph->n_edges == graph->edge_room) {
        edges = graph->n_edges < 2 * SYNI_GRAPH_FAR
                    ? graph_grow(graph->edges, sizeof *edges, graph->edge_room, room)
                    : NULL;
        if (!edges) {
            graph->cut = true;
            return false;
        }
        graph->edges = edges;
        graph->edge_room = room;
    }
    SYNI_INVARIANT(350, graph->nodes[from].edges + graph->nodes[from].n_edges == graph->n_edges);
    graph->edges[graph->n_edges++] = to;
    graph->nodes[from].n_edges++;
    return true;
}

/* --- judging --- */

enum { GRAPH_GONE = -1 }; /* an edge that leads to nothing stuck */

/* NODE as it stood in GRAPH, in the same wait; NULL: it did not. */
static const struct syni_node *graph_find(const struct syni_graph *graph, const struct syni_node *node)
{
    unsigned at = graph->room ? *graph_place(graph, node->core) : 0;
    const struct syni_node *found = at ? &graph->nodes[at - 1] : NULL;

    return found && found->described && found->wait == node->wait ? found : NULL;
}

static bool graph_has_edge(const struct syni_graph *graph, const struct syni_node *node,
                           const struct syni_core *to)
{
    for (unsigned i = 0; i < node->n_edges; i++) {
        unsigned edge = graph->edges[node->edges + i];

        if (edge != (unsigned)GRAPH_GONE && graph->nodes[edge].core == to)
            return true;
    }
    return false;
}

/* NODE stood in BEFORE, in the same wait; its edges that did not are taken away (a scope gets children
 * while it is waited for). */
static bool graph_stood(struct syni_graph *graph, const struct syni_node *node,
                        const struct syni_graph *before)
{
    const struct syni_node *found = graph_find(before, node);

    for (unsigned i = 0; found && i < node->n_edges; i++) {
        unsigned *edge = &graph->edges[node->edges + i];

        if (*edge != (unsigned)GRAPH_GONE &&
            !graph_has_edge(before, found, graph->nodes[*edge].core))
            *edge = (unsigned)GRAPH_GONE;
    }
    return found != NULL;
}

/* The node that edge I of NODE leads to, if it is stuck. */
static const struct syni_node *graph_stuck_at(const struct syni_graph *graph,
                                              const struct syni_node *node, unsigned i)
{
    unsigned edge = graph->edges[node->edges + i];

    return edge != (unsigned)GRAPH_GONE && graph->nodes[edge].stuck ? &graph->nodes[edge] : NULL;
}

static bool graph_holds(const struct syni_graph *graph, const struct syni_node *node)
{
    unsigned n_stuck = 0;

    for (unsigned i = 0; i < node->n_edges; i++)
        n_stuck += graph_stuck_at(graph, node, i) != NULL;
    return node->first ? n_stuck == node->n_edges && n_stuck > 0 : n_stuck > 0;
}

/* False: nothing changed. */
static bool graph_free_some(struct syni_graph *graph)
{
    bool changed = false;

    for (unsigned i = graph->n; i-- > 0;) {
        struct syni_node *node = &graph->nodes[i];

        if (!node->stuck || graph_holds(graph, node))
            continue;
        node->stuck = false;
        changed = true;
    }
    return changed;
}

static bool graph_leads(const struct syni_graph *graph, const struct syni_node *node)
{
    for (unsigned i = 0; i < node->n_edges; i++) {
        const struct syni_node *to = graph_stuck_at(graph, node, i);

        if (to && (to == graph->nodes || to->leads))
            return true;
    }
    return false;
}

/* What is stuck, but in another circle, of which somebody else is told. False: there is nothing of it. */
static bool graph_free_others(struct syni_graph *graph)
{
    bool changed = true, freed = false;

    for (unsigned i = 0; i < graph->n; i++)
        graph->nodes[i].leads = false;
    while (changed) {
        changed = false;
        for (unsigned i = graph->n; i-- > 0;) {
            struct syni_node *node = &graph->nodes[i];

            if (!node->stuck || node->leads || !graph_leads(graph, node))
                continue;
            node->leads = changed = true;
        }
    }
    for (unsigned i = 0; i < graph->n; i++) {
        freed = freed || (graph->nodes[i].stuck && !graph->nodes[i].leads);
        graph->nodes[i].stuck = graph->nodes[i].stuck && graph->nodes[i].leads;
    }
    return freed;
}

bool syni_graph_is_stuck(struct syni_graph *graph, const struct syni_graph *before)
{
    for (unsigned i = 0; i < graph->n; i++) {
        struct syni_node *node = &graph->nodes[i];

        node->stuck = node->described && (!before || graph_stood(graph, node, before));
    }
    do
        while (graph_free_some(graph))
            ;
    while (graph_free_others(graph));
    return graph->nodes[0].stuck;
}

bool syni_graph_blames(const struct syni_graph *graph, const struct syni_core *core)
{
    const struct syni_node *closer = &graph->nodes[0];

    for (unsigned i = 0; i < closer->n_edges; i++) {
        const struct syni_node *node = graph_stuck_at(graph, closer, i);

        if (node && node->core == core)
            return true;
    }
    return false;
}

const struct syni_node *syni_graph_next(const struct syni_graph *graph, const struct syni_node *node)
{
    for (unsigned i = 0; i < node->n_edges; i++)
        if (graph_stuck_at(graph, node, i))
            return graph_stuck_at(graph, node, i);
    return node;
}

const struct syni_node *syni_graph_other(const struct syni_graph *graph)
{
    const struct syni_node *other = NULL;

    for (unsigned i = 1; i < graph->n; i++) {
        const struct syni_node *node = &graph->nodes[i];

        if (!node->stuck || node->endures)
            continue;
        if (graph_has_edge(graph, node, graph->nodes[0].core))
            return node;
        other = node;
    }
    return other;
}

void syni_graph_fini(struct syni_graph *graph)
{
    for (unsigned i = 0; i < graph->n; i++)
        if (graph->nodes[i].held)
            syni_core_unpin((struct syni_core *)(uintptr_t)graph->nodes[i].core);
    syni_free(graph->nodes, graph->room * sizeof *graph->nodes);
    syni_free(graph->places, 2 * graph->room * sizeof *graph->places);
    syni_free(graph->edges, graph->edge_room * sizeof *graph->edges);
    memset(graph, 0, sizeof *graph);
}

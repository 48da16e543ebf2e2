/* SPDX-License-Identifier: Apache-2.0
 *
 * What tasks and jobs wait for, noted by a search where it is. See search.h.
 *
 * Of tasks by the driver of their loop only; of jobs by any thread.
 */
#include "circle/search_state.h"

#include <limits.h>
#include <stddef.h>
#include <stdio.h>

struct search_walk {
    struct syni_walk walk;
    struct syni_search *search;
};

/* What SEARCH describes waits for what produces CORE. */
static bool search_meets(struct syni_walk *walk, const struct syni_core *core)
{
    struct syni_search *search = SYNI_CONTAINER(walk, struct search_walk, walk)->search;
    const struct syni_task *task = syni_core_task(core);
    struct syni_home *home = task ? task->home : NULL;
    bool here = home && home == search->here;
    int node;

    if (!syni_chain_may_lead(core))
        return false;
    node = syni_graph_node(&search->graph, core, home, !here && core->slot);
    if (node < 0 || !syni_graph_edge(&search->graph, search->at, (unsigned)node))
        return false;
    search->graph.nodes[node].stays = search->graph.nodes[node].stays || here;
    return walk->first;
}

/* What SEARCH describes waits for the end of all that lives on HOME. */
static bool search_meets_home(struct syni_walk *walk, struct syni_home *home)
{
    struct syni_search *search = SYNI_CONTAINER(walk, struct search_walk, walk)->search;
    int node = syni_graph_node(&search->graph, (const struct syni_core *)(const void *)home, home, false);

    if (node < 0 || !syni_graph_edge(&search->graph, search->at, (unsigned)node))
        return false;
    search->graph.nodes[node].whole = true;
    return walk->first;
}

/* The task of a core at that address, if one lives on HOME, which runs here; NULL. */
static struct syni_task *search_find(const struct syni_home *home, const struct syni_core *core)
{
    SYNI_LIST_EACH (node, &home->loop.live) {
        struct syni_task *task = SYNI_CONTAINER(node, struct syni_task, live.link);

        if (&task->core == core)
            return task;
    }
    return NULL;
}

bool syni_search_holds(const struct syni_search *search, const struct syni_task *task)
{
    return syni_chain_holds(task) || (search->asked && syni_chain_holds_though_asked(task));
}

/* The task of NODE, which lives here, in its wait. One in the frame of a thread that calls may have ended, and
 * another one lie there: that thread is in another wait then. NULL: it is in none. */
static struct syni_task *search_task(const struct syni_search *search, const struct syni_node *node)
{
    struct syni_task *task =
        node->held || node->stays ? syni_core_task(node->core) : search_find(search->here, node->core);

    return task && syni_search_holds(search, task) ? task : NULL;
}

/* NODE is TASK, and what that waits for becomes nodes, too. */
static bool search_describe_task(struct syni_node *node, struct syni_task *task, struct syni_walk *walk)
{
    node->name = task->function->name;
    snprintf(node->where, sizeof node->where, "%s", task->home->loop.name);
    if (task->live.detail >= -1)
        task->live.detail = syni_chain_detail(syni_chain_number(), 0);
    node->wait = task->live.detail;
    node->endures = !task->ops->refuse;
    return task->ops->leads(task, walk);
}

/* NODE is the end of this loop: all that waits here and does not end, as it was asked to, becomes nodes. What is sheltered
 * (shelter.c) is asked as soon as that which shelters it has ended. */
static bool search_describe_home(const struct syni_search *search, struct syni_node *node, struct syni_walk *walk)
{
    struct syni_home *home = node->home;

    node->name = "the end";
    node->endures = true;
    snprintf(node->where, sizeof node->where, "%s", home->loop.name);
    SYNI_LIST_EACH (link, &home->loop.live) {
        struct syni_task *task = SYNI_CONTAINER(link, struct syni_task, live.link);

        if (syni_search_holds(search, task) && (!task->sheltered || task->shelters))
            search_meets(walk, &task->core);
    }
    return true;
}

/* The same for the job NUMBER: its node may have moved when its name is known. */
static bool search_describe_job(struct syni_graph *graph, unsigned number, struct syni_walk *walk)
{
    struct syni_core *core = (struct syni_core *)(uintptr_t)graph->nodes[number].core;
    struct syni_stand stand = {0};
    bool leads = core->ops->chain->leads(core, walk, &stand);
    struct syni_node *node = &graph->nodes[number];

    node->name = stand.name;
    snprintf(node->where, sizeof node->where, "%s", stand.where ? stand.where : "");
    node->wait = stand.wait;
    node->endures = stand.endures;
    return leads;
}

void syni_search_describe(struct syni_search *search, unsigned number)
{
    struct syni_graph *graph = &search->graph;
    struct search_walk to = {{.home = search->here,
                              .left = INT_MAX,
                              .asked = search->asked,
                              .meets = search_meets,
                              .meets_home = search_meets_home},
                             search};
    struct syni_node *node = &graph->nodes[number];
    struct syni_task *task = node->home && !node->whole ? search_task(search, node) : NULL;
    bool leads;

    node->seen = true;
    if (node->home && !node->whole && !task)
        return;
    node->edges = graph->n_edges;
    search->at = number;
    leads = node->whole ? search_describe_home(search, node, &to.walk)
            : task      ? search_describe_task(node, task, &to.walk)
                        : search_describe_job(graph, number, &to.walk);
    node = &graph->nodes[number];
    node->first = to.walk.first;
    node->described = to.walk.first ? leads : node->n_edges > 0;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Searches for circles over several loops. See search.h; graph.c judges what they have collected.
 *
 * A search runs on the driver of the loop where it is, and notes there all that it has come to; then it
 * posts itself to the next loop. When nothing is left it has a graph of which each piece was true at
 * some moment. So where that says that its task is stuck it goes round a second time: what stands in the same
 * waits again stood there all the time, all at once at the moment between, and stays for ever. Only that is
 * refused. Meanwhile a cancel, a deadline, or an end may come as ever: then a wait is another one, and
 * nothing is refused.
 *
 * Of the waits that close a circle at the same moment each takes a number, after it was written
 * down and before it looks whether what it waits for waits. All take theirs from one word, by exchanges
 * that acquire and release: so the last one sees the waits of all others, and its search finds
 * the circle. The others may find it too, see that a later one has begun, and leave it to that.
 *
 * A wait has a number so that a task which left it and waits again is told from one that stayed. It
 * is the task's `live.detail`, which each wait begins with at -1; only what a search has seen has one.
 *
 * Nobody waits for a search: it ends where a loop takes no posts any more, and a loop that
 * stands holds it up. What it will look at elsewhere it holds a reference of.
 *
 * Discarded: looking at another loop's tasks from outside (their frames may be freed meanwhile; a table
 * that keeps them is what each wait would pay); a probe for each edge, which must not return before it
 * knows that all edges of a select do; and looking for circles at times, when many tasks wait.
 */
#include "task/search.h"

#include <limits.h>
#include <stddef.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/report.h"

struct syni_search {
    struct syni_job job;
    const struct syni_core *closer; /* of the task or job that would close a circle; to look at only at home */
    struct syni_home *home;         /* where that task lives; NULL: a job */
    int wait;                 /* its number, as a detail */
    bool asked;               /* those who were asked to end and wait on count, too */
    struct syni_home *here;   /* where the search is, or goes to; NULL: in the thread that began it */
    unsigned at;              /* the node that is described */
    bool found;               /* it is stuck: to be refused */
    struct syni_graph graph;  /* this time */
    struct syni_graph before; /* and the time before */
    int round;
};

/* More are needed only where tasks come and go beside a circle. */
enum { SEARCH_ROUNDS = 4 };

/* --- numbers as details --- */

static bool search_is_own(int detail)
{
    return (-2 - detail) & 1;
}

/* The number in LATER is the later one; they go round. */
static bool search_is_later(int later, int detail)
{
    unsigned distance = ((unsigned)(-2 - later) >> 1) - ((unsigned)(-2 - detail) >> 1);

    return (distance & SYNI_CHAIN_NUMBERS) - 1 < SYNI_CHAIN_NUMBERS / 2;
}

/* --- describing --- */

struct search_walk {
    struct syni_walk walk;
    struct syni_search *search;
};

/* What SEARCH describes waits for what produces CORE. */
static bool search_meets(struct syni_walk *walk, const struct syni_core *core)
{
    struct syni_search *search = SYNI_CONTAINER(walk, struct search_walk, walk)->search;
    bool here = core->task && core->task->home == search->here;
    int node;

    if (!syni_chain_may_lead(core))
        return false;
    node = syni_graph_node(&search->graph, core, !here && core->slot);
    if (node < 0 || !syni_graph_edge(&search->graph, search->at, (unsigned)node))
        return false;
    search->graph.nodes[node].stays = search->graph.nodes[node].stays || here;
    return walk->first;
}

/* The task of a core at that address, if one lives on HOME, which runs here. */
static struct syni_task *search_find(const struct syni_home *home, const struct syni_core *core)
{
    SYNI_LIST_EACH (node, &home->loop.live) {
        struct syni_task *task = SYNI_CONTAINER(node, struct syni_task, live.link);

        if (&task->core == core)
            return task;
    }
    return NULL;
}

static bool search_holds(const struct syni_search *search, const struct syni_task *task)
{
    return syni_chain_holds(task) || (search->asked && syni_chain_holds_though_asked(task));
}

/* The task of NODE, which lives here, in its wait. One in the frame of a thread that calls may have ended, and
 * another one lie there: that thread is in another wait then. NULL: it is in none. */
static struct syni_task *search_task(const struct syni_search *search, const struct syni_node *node)
{
    struct syni_task *task =
        node->held || node->stays ? node->core->task : search_find(search->here, node->core);

    return task && search_holds(search, task) ? task : NULL;
}

/* NODE is TASK, and what that waits for becomes nodes, too. */
static bool search_describe_task(struct syni_node *node, struct syni_task *task, struct syni_walk *walk)
{
    node->name = task->function->name;
    snprintf(node->where, sizeof node->where, "%s", task->home->loop.name);
    if (task->live.detail >= -1)
        task->live.detail = syni_search_detail(syni_chain_number(), false);
    node->wait = task->live.detail;
    return task->ops->leads(task, walk);
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
    return leads;
}

/* The node NUMBER, of a job or a task that lives here. */
static void search_describe(struct syni_search *search, unsigned number)
{
    struct syni_graph *graph = &search->graph;
    struct search_walk to = {{.home = search->here,
                              .left = INT_MAX,
                              .asked = search->asked,
                              .meets = search_meets},
                             search};
    struct syni_node *node = &graph->nodes[number];
    struct syni_task *task = node->home ? search_task(search, node) : NULL;
    bool leads;

    node->seen = true;
    if (node->home && !task)
        return;
    node->edges = graph->n_edges;
    search->at = number;
    leads = task ? search_describe_task(node, task, &to.walk)
                 : search_describe_job(graph, number, &to.walk);
    node = &graph->nodes[number];
    node->first = to.walk.first;
    node->described = to.walk.first ? leads : node->n_edges > 0;
}

/* --- going round --- */

static void search_end(struct syni_search *search)
{
    syni_graph_fini(&search->graph);
    syni_graph_fini(&search->before);
    syni_free(search, sizeof *search);
}

/* The first node. A job has no loop that keeps it. */
static bool search_put_closer(struct syni_search *search)
{
    if (syni_graph_node(&search->graph, search->closer, !search->home) != 0)
        return false;
    search->graph.nodes[0].stays = true;
    return true;
}

static void search_post(struct syni_counted *counted, void *user)
{
    struct syni_search *search = user;
    struct syni_home *home = SYNI_CONTAINER(counted, struct syni_home, counted);

    if (!syni_loop_post(&home->loop, &search->job))
        search_end(search);
}

/* Nothing of SEARCH is touched afterwards. */
static void search_go_to(struct syni_search *search, struct syni_home *home)
{
    search->here = home;
    if (!syni_census_visit_one(&syni_homes, &home->counted, search_post, search))
        search_end(search);
}

/* The task that closes it, if it is in that wait still; NULL: it is not. On its loop. */
static struct syni_task *search_closer(const struct syni_search *search)
{
    struct syni_task *task = search_find(search->home, search->closer);

    return task && task->live.detail == search->wait && search_holds(search, task) ? task : NULL;
}

/* Somebody else closes it, later. */
static bool search_is_not_last(const struct syni_search *search)
{
    const struct syni_graph *graph = &search->graph;

    for (unsigned i = 1; i < graph->n; i++)
        if (graph->nodes[i].stuck && search_is_own(graph->nodes[i].wait) &&
            search_is_later(graph->nodes[i].wait, search->wait))
            return true;
    return false;
}

/* All was looked at. True: it goes on, at home. */
static bool search_judge(struct syni_search *search)
{
    const struct syni_graph *before = search->round > 0 ? &search->before : NULL;

    if (!syni_graph_is_stuck(&search->graph, NULL) || search_is_not_last(search))
        return false;
    search->found = before && syni_graph_is_stuck(&search->graph, before);
    return search->found || search->round++ < SEARCH_ROUNDS;
}

static void search_returns(struct syni_search *search);

/* Notes what lives here and what jobs wait for, and goes on to the next. */
static void search_look(struct syni_search *search)
{
    struct syni_graph *graph = &search->graph;
    struct syni_home *next = NULL;

    for (unsigned i = 0; i < graph->n; i++) {
        struct syni_home *home = graph->nodes[i].home;

        SYNI_STEP();
        if (graph->nodes[i].seen)
            continue;
        if (!home || home == search->here)
            search_describe(search, i);
        else if (!next)
            next = home;
    }
    if (next)
        search_go_to(search, next);
    else if (!search_judge(search))
        search_end(search);
    else if (search->home)
        search_go_to(search, search->home);
    else
        search_returns(search);
}

/* A circle was found, and stays: the wait of its closer is over. */
static void search_refuse(struct syni_search *search, struct syni_task *task)
{
    if (!task)
        search->closer->ops->chain->refuse((struct syni_core *)(uintptr_t)search->closer, search->wait,
                                           search);
    else if (task->ops->refuse)
        task->ops->refuse(task, search);
}

/* At home again, to refuse, or to go round once more. */
static void search_returns(struct syni_search *search)
{
    struct syni_task *task = search->home ? search_closer(search) : NULL;
    bool stays = task || !search->home; /* a job is looked at when it is described, and refused */

    if (stays && !search->found) {
        syni_graph_fini(&search->before);
        search->before = search->graph;
        search->graph = (struct syni_graph){0};
        if (search_put_closer(search)) {
            search_look(search);
            return;
        }
    } else if (stays) {
        search_refuse(search, task);
    }
    search_end(search);
}

static bool search_is_round(const struct syni_search *search)
{
    for (unsigned i = 0; i < search->graph.n; i++)
        if (!search->graph.nodes[i].seen)
            return false;
    return true;
}

static void search_arrives(struct syni_job *job)
{
    struct syni_search *search = SYNI_CONTAINER(job, struct syni_search, job);

    if (search_is_round(search))
        search_returns(search);
    else
        search_look(search);
}

/* Without memory it does not take place. */
static void search_start(const struct syni_core *closer, int wait, bool asked)
{
    struct syni_search *search = syni_alloc(sizeof *search);

    if (!search)
        return;
    search->job.run = search_arrives;
    search->home = search->here = closer->task ? closer->task->home : NULL;
    search->closer = closer;
    search->wait = wait;
    search->asked = asked;
    if (search_put_closer(search))
        search_look(search);
    else
        search_end(search);
}

/* Nobody waits for TASK, so that no circle leads through it. Whoever does so from here on has a later
 * number, and looks after it. */
static bool search_is_idle(const struct syni_task *task)
{
    return !task->held && !syni_core_is_awaited(&task->core);
}

void syni_search_begin(struct syni_task *task, unsigned number)
{
    if (!syni_chain_holds(task) || search_is_idle(task)) /* it was refused, or is served already */
        return;
    task->live.detail = syni_search_detail(number, true);
    search_start(&task->core, task->live.detail, false);
}

void syni_search_begin_job(const struct syni_core *job, int detail, bool asked)
{
    search_start(job, detail, asked);
}

void syni_search_asked(struct syni_task *task)
{
    if (!syni_chain_holds_though_asked(task) || search_is_idle(task))
        return;
    task->live.detail = syni_search_detail(syni_chain_number(), true);
    search_start(&task->core, task->live.detail, true);
}

bool syni_search_is_of_asked(const struct syni_search *search)
{
    return search->asked;
}

void syni_search_await(struct syni_task *task, const struct syni_core *child, unsigned number)
{
    bool elsewhere = child->task ? child->task->home != task->home : child->ops->chain != NULL;

    if (elsewhere) {
        number = syni_chain_number();
        if (!syni_chain_may_lead(child))
            return;
    }
    if (number)
        syni_search_begin(task, number);
}

/* --- what it came to --- */

bool syni_search_blames(const struct syni_search *search, const struct syni_core *core)
{
    while (!core->task && core->ops && core->ops->source)
        core = core->ops->source(core);
    return syni_graph_blames(&search->graph, core);
}

struct syn_report *syni_search_say(const struct syni_search *search, const char *before,
                                   const char *after)
{
    const struct syni_node *closer = &search->graph.nodes[0], *next = syni_graph_next(&search->graph);

    return syni_report_format(SYN_EDEADLK, SYN_BY_LIBRARY,
                              "%s on '%s' would wait for %s%s on '%s'%s, which waits, perhaps "
                              "through others, for %s; unlock before that wait, or let only one of "
                              "the two wait",
                              closer->name, closer->where, before, next->name, next->where, after,
                              closer->name);
}

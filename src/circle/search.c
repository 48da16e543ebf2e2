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
 * the circle. The others may find it too, see that a later one has begun, and leave it to that. But they go on if they
 * are stuck in a smaller circle without the later wait: when that is refused the smaller circle is still there.
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
#include "circle/search_state.h"

#include <stddef.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/report.h"
#include "loop/loop_inbox.h"
#include "task/home.h"
#include "task/task_resume.h"

/* More are needed only where tasks come and go beside a circle. */
enum { SEARCH_ROUNDS = 4 };

static atomic_ulong n_cut;

unsigned long syni_search_n_cut(void)
{
    return n_cut;
}

/* --- numbers as details --- */

/* SEARCH goes on for the wait of that detail, too. One for those that were not asked leaves out who was. */
static bool search_is_of(const struct syni_search *search, int detail)
{
    int kind = search->asked ? SYNI_SEARCHES_ASKED : SYNI_SEARCHES;

    return ((-2 - detail) & kind) == kind;
}

/* The number in LATER is the later one; they go round. */
static bool search_is_later(int later, int detail)
{
    unsigned distance = ((unsigned)(-2 - later) >> 2) - ((unsigned)(-2 - detail) >> 2);

    return (distance & SYNI_CHAIN_NUMBERS) - 1 < SYNI_CHAIN_NUMBERS / 2;
}

/* --- going round --- */

static void search_end(struct syni_search *search)
{
    if (search->graph.cut)
        n_cut++; /* seq_cst: it costs nothing here */
    syni_graph_fini(&search->graph);
    syni_graph_fini(&search->before);
    syni_free(search, sizeof *search);
}

/* The first node. A job has no loop that keeps it. */
static bool search_put_closer(struct syni_search *search)
{
    if (syni_graph_node(&search->graph, search->closer, search->home, !search->home) != 0)
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
    SYNI_LIST_EACH (node, &search->home->loop.live) {
        struct syni_task *task = SYNI_CONTAINER(node, struct syni_task, live.link);

        if (&task->core != search->closer)
            continue;
        if (!search->asked)
            return task->live.detail == search->wait && syni_chain_holds(task) ? task : NULL;
        return task->live.detail == search->wait && syni_search_holds(search, task) ? task : NULL;
    }
    return NULL;
}

/* What another search closes later counts as free: that one may refuse it. Only what is stuck without it is ours. */
static void search_leave_to_later(struct syni_search *search)
{
    struct syni_graph *graph = &search->graph;

    for (unsigned i = 1; i < graph->n; i++)
        if (graph->nodes[i].described && search_is_of(search, graph->nodes[i].wait) &&
            search_is_later(graph->nodes[i].wait, search->wait))
            graph->nodes[i].described = false;
}

/* All was looked at. True: it goes on, at home. */
static bool search_judge(struct syni_search *search)
{
    const struct syni_graph *before = search->round > 0 ? &search->before : NULL;

    search_leave_to_later(search);
    if (!syni_graph_is_stuck(&search->graph, NULL))
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
            syni_search_describe(search, i);
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

enum search_kind { SEARCH_CLOSED, SEARCH_ASKED, SEARCH_PASSES };

static void search_start(const struct syni_core *closer, int wait, enum search_kind kind);

/* In place of TASK another of the circle counts as the one that closes it, with a
 * number that it gets now; that of TASK is not the latest any more. False: there is none. Nothing of SEARCH is touched
 * afterwards, if that is true. */
static bool search_pass_on(struct syni_search *search, struct syni_task *task)
{
    const struct syni_node *other = syni_graph_other(&search->graph);
    struct syni_core *core;
    bool asked;
    int wait;

    if (!other)
        return false;
    SYNI_INVARIANT(490, !other->endures);
    task->live.detail = syni_chain_detail(syni_chain_number(), 0);
    if (other->home) {
        search->passed = true;
        search->closer = other->core;
        search->home = other->home;
        search->wait = other->wait;
        search_go_to(search, other->home);
        return true;
    }
    core = (struct syni_core *)(uintptr_t)other->core;
    wait = core->ops->chain->renew(core, other->wait, &asked);
    if (wait)
        search_start(core, wait, asked ? SEARCH_ASKED : SEARCH_CLOSED);
    search_end(search);
    return true;
}

/* A circle was found, and stays: the wait of its closer is over. False: SEARCH went on. */
static bool search_refuse(struct syni_search *search, struct syni_task *task)
{
    if (!task)
        search->closer->ops->chain->refuse((struct syni_core *)(uintptr_t)search->closer, search->wait,
                                           search);
    else if (search->passes && search_pass_on(search, task))
        return false;
    else if (task->ops->refuse)
        task->ops->refuse(task, search);
    else if (task->ops->yields)
        task->ops->yields(task, search);
    return true;
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
    } else if (stays && !search_refuse(search, task)) {
        return;
    }
    search_end(search);
}

/* By search_pass_on(), at home of the task that it chose. */
static void search_is_passed(struct syni_search *search)
{
    struct syni_task *task = search_closer(search);

    if (task)
        syni_search_begin(task, syni_chain_number());
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

    if (search->passed)
        search_is_passed(search);
    else if (search_is_round(search))
        search_returns(search);
    else
        search_look(search);
}

/* Without memory it does not take place. */
static void search_start(const struct syni_core *closer, int wait, enum search_kind kind)
{
    struct syni_search *search = syni_alloc(sizeof *search);

    if (!search)
        return;
    search->job.run = search_arrives;
    search->home = search->here = syni_core_task(closer) ? syni_core_task(closer)->home : NULL;
    search->closer = closer;
    search->wait = wait;
    search->asked = kind == SEARCH_ASKED;
    search->passes = kind == SEARCH_PASSES;
    if (search_put_closer(search))
        search_look(search);
    else
        search_end(search);
}

/* Nobody waits for TASK, nor for the end of its loop, so that no circle leads through it. A task or job that does so from here on
 * has a later number, and looks after it. */
static bool search_is_idle(const struct syni_task *task)
{
    return !task->held && !syni_core_is_awaited(&task->core) && syni_home_accepts(task->home);
}

static void search_begin(struct syni_task *task, unsigned number, enum search_kind kind)
{
    if (!syni_chain_holds(task) || search_is_idle(task)) /* it was refused, or is served already */
        return;
    task->live.detail = syni_chain_detail(number, SYNI_SEARCHES);
    search_start(&task->core, task->live.detail, kind);
}

void syni_search_begin(struct syni_task *task, unsigned number)
{
    SYNI_DRIVEN_FOR(task);
    search_begin(task, number, SEARCH_CLOSED);
}

void syni_search_again(struct syni_task *task)
{
    struct syni_walk walk = SYNI_WALK_TO(task);
    enum search_kind kind = task->leaving && task->ops->refuse ? SEARCH_CLOSED : SEARCH_PASSES;

    SYNI_DRIVEN_FOR(task);
    if (syni_chain_holds(task) && (task->ops->leads(task, &walk) || walk.far))
        search_begin(task, syni_chain_number(), kind);
}

void syni_search_begin_job(const struct syni_core *job, int detail, bool asked)
{
    search_start(job, detail, asked ? SEARCH_ASKED : SEARCH_CLOSED);
}

void syni_search_asked(struct syni_task *task)
{
    SYNI_DRIVEN_FOR(task);
    if (!syni_chain_holds_though_asked(task) || search_is_idle(task))
        return;
    task->live.detail = syni_chain_detail(syni_chain_number(), SYNI_SEARCHES_ASKED);
    search_start(&task->core, task->live.detail, SEARCH_ASKED);
}

bool syni_search_is_of_asked(const struct syni_search *search)
{
    return search->asked;
}

void syni_search_await(struct syni_task *task, const struct syni_core *child, unsigned number)
{
    const struct syni_task *producer = syni_core_task(child);
    bool elsewhere = producer ? producer->home != task->home : child->ops->chain != NULL;

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
    while (!syni_core_task(core) && core->ops && core->ops->source)
        core = core->ops->source(core);
    return syni_graph_blames(&search->graph, core);
}

struct syn_report *syni_search_say(const struct syni_search *search, const char *before,
                                   const char *after)
{
    const struct syni_graph *graph = &search->graph;
    const struct syni_node *closer = &graph->nodes[0], *next = syni_graph_next(graph, closer);
    const struct syni_node *there = next->whole ? syni_graph_next(graph, next) : NULL;

    if (there)
        return syni_report_format(SYN_EDEADLK, SYN_BY_LIBRARY,
                                  "%s on '%s' would wait for the end of '%s', where %s cleans up and waits, perhaps "
                                  "through others, for %s; stop it elsewhere, or let that not wait",
                                  closer->name, closer->where, next->where, there->name, closer->name);
    return syni_report_format(SYN_EDEADLK, SYN_BY_LIBRARY,
                              "%s on '%s' would wait for %s%s on '%s'%s, which waits, perhaps "
                              "through others, for %s; unlock before that wait, or let only one of "
                              "the two wait",
                              closer->name, closer->where, before, next->name, next->where, after,
                              closer->name);
}

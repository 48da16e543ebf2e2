/* SPDX-License-Identifier: Apache-2.0
 *
 * Scopes and the tasks that own them: waiting for room and for the end.
 *
 * Driver only.
 */
#include "scope/scope.h"

#include <stddef.h>

#include "base/report.h"
#include "circle/circle.h"
#include "circle/search.h"
#include "task/place.h"
#include "task/task_cancel.h"
#include "task/task_resume.h"
#include "task/wait.h"

static bool owns(const struct syni_task *task, const struct syni_scope *scope)
{
    return !scope->bound || scope->owner == task;
}

static bool join_collected(struct syni_task *task)
{
    enum syn_origin origin;

    SYNI_DRIVEN_FOR(task);
    task->status = syni_scope_settle(task->on.scope, &origin, &task->heard);
    return task->status && syni_task_origin_is_request(origin) && syni_task_heeds_request(task);
}

static void room_interrupted(struct syni_task *task)
{
    SYNI_DRIVEN_FOR(task);
    task->on.scope->awaited = SYNI_SCOPE_NOTHING;
    syni_task_resume(task);
}

/* A request is heeded also when there was room at once: a loop of spawns can be ended. */
static bool room_collected(struct syni_task *task)
{
    struct syni_scope *scope = task->on.scope;

    SYNI_DRIVEN_FOR(task);
    task->status = syni_scope_over(scope);
    if (task->status)
        task->heard = syni_report_copy(scope->report);
    return syni_task_heeds_request(task);
}

static void wait_forgotten(struct syni_task *task)
{
    SYNI_DRIVEN_FOR(task);
    task->on.scope->awaited = SYNI_SCOPE_NOTHING;
}

/* How it is known that a wait for CORE, a child, would close a circle, and what is said of it. */
struct refusal {
    bool (*closes)(struct syni_core *core, const struct refusal *refusal, struct syn_report **out_report);
    const struct syni_task *task;
    uint64_t id;
    const struct syni_search *search;
    bool asks; /* what is let go of to end */
};

/* Of the children those that would close a circle are let go of, all of them, and then the scope fails, and
 * asks what is left: of what is let go of some may wait for this task, and would pass that on to it. */
static void refuse_children(struct syni_scope *scope, const struct refusal *refusal)
{
    struct syni_section section;
    struct syn_report *first = NULL;
    unsigned n = 0;

    syni_scope_enter(scope, &section);
    SYNI_LIST_EACH (node, &scope->children) {
        struct syni_core *core = syni_member_core(node);
        struct syn_report *report = NULL;

        if (!refusal->closes(core, refusal, &report))
            continue;
        if (syni_scope_drop(scope, core, refusal->asks, &section)) {
            n++;
            if (core->member.status)
                *core->member.status = SYN_EDEADLK;
        }
        syni_report_free(first ? report : NULL);
        first = first ? first : report;
    }
    while (n-- > 0)
        syni_scope_fail(scope, SYN_EDEADLK, first ? first->message : NULL, NULL, &section);
    syni_report_free(first);
    syni_scope_leave(scope, &section);
}

static bool closes_marked(struct syni_core *core, const struct refusal *refusal,
                          struct syn_report **out_report)
{
    return syni_circle_depend_soon(refusal->id, core, out_report) != SYN_OK;
}

/* Its end waits for all of them. A first one that is enough asks the others. */
static bool needs_all(const struct syni_scope *scope)
{
    return scope->goal == SYNI_GOAL_ALL || scope->asked;
}

void syni_scope_implicate(struct syni_scope *scope, uint64_t id)
{
    struct refusal refusal = {.closes = closes_marked, .id = id, .asks = true};

    SYNI_DRIVEN(&scope->home->loop);
    refuse_children(scope, &refusal); /* also where the first is enough: what is cancelled then must end, too */
}

static void join_implicates(struct syni_task *task, uint64_t id)
{
    syni_scope_implicate(task->on.scope, id);
}

static bool child_leads(struct syni_list *node, struct syni_walk *walk)
{
    return syni_chain_core_leads(syni_member_core(node), walk);
}

/* One that leads there is enough. */
static bool some_lead(const struct syni_scope *scope, struct syni_walk *walk)
{
    SYNI_HOLDS_SCOPE(scope);
    SYNI_LIST_EACH (node, &scope->children) {
        if (child_leads(node, walk))
            return true;
        if (walk->left <= 0)
            return false;
    }
    return false;
}

/* One that does not is enough. */
static bool all_lead(const struct syni_scope *scope, struct syni_walk *walk)
{
    SYNI_HOLDS_SCOPE(scope);
    walk->first = true;
    if (syni_list_empty(&scope->children))
        return false;
    SYNI_LIST_EACH (node, &scope->children)
        if (!child_leads(node, walk))
            return false;
    return true;
}

static bool closes_asked(struct syni_core *core, const struct refusal *refusal,
                         struct syn_report **out_report)
{
    bool far;

    if (!syni_chain_is_asked(core) || !syni_chain_is_closed(refusal->task, core, &far))
        return false;
    *out_report = syni_chain_say(refusal->task, syni_core_name(core));
    return true;
}

/* A request went round if it comes to TASK from a child, which was asked before: see wait_ask_child(). */
static void join_interrupted(struct syni_task *task)
{
    struct refusal refusal = {.closes = closes_asked, .task = task};
    struct syni_walk walk = SYNI_WALK_TO(task);
    struct syni_section section;
    struct syni_scope *scope = task->on.scope;

    SYNI_DRIVEN_FOR(task);
    walk.asked = true;
    if (some_lead(scope, &walk))
        refuse_children(scope, &refusal);
    if (task->on.scope != scope || syni_task_wait(task) != SYNI_WAIT_OTHER || task->queued)
        return;
    syni_scope_enter(scope, &section);
    syni_scope_ask(scope, syni_task_asked_by(task), &section);
    syni_scope_leave(scope, &section);
    if (walk.far)
        syni_search_asked(task);
}

bool syni_scope_leads(const struct syni_scope *scope, enum syni_scope_wait awaited, struct syni_walk *walk)
{
    bool all = awaited == SYNI_SCOPE_END && needs_all(scope);
    bool waits_on = scope->asked && (walk->asked || awaited == SYNI_SCOPE_END); /* its deadline asks nobody any more */

    return (!scope->has_deadline || waits_on) && (all ? some_lead : all_lead)(scope, walk);
}

static bool join_leads(const struct syni_task *task, struct syni_walk *walk)
{
    return syni_scope_leads(task->on.scope, SYNI_SCOPE_END, walk);
}

static bool room_leads(const struct syni_task *task, struct syni_walk *walk)
{
    return syni_scope_leads(task->on.scope, SYNI_SCOPE_ROOM, walk);
}

static bool closes_found(struct syni_core *core, const struct refusal *refusal,
                         struct syn_report **out_report)
{
    if (!syni_search_blames(refusal->search, core))
        return false;
    *out_report = syni_search_say(refusal->search, "", "");
    return true;
}

void syni_scope_refuse(struct syni_scope *scope, const struct syni_search *search)
{
    struct refusal refusal = {.closes = closes_found, .search = search};

    refuse_children(scope, &refusal);
}

static void scope_wait_refused(struct syni_task *task, const struct syni_search *search)
{
    SYNI_DRIVEN_FOR(task);
    syni_scope_refuse(task->on.scope, search);
}

static const struct syni_wait_ops join_ops = {join_interrupted, join_collected, wait_forgotten,
                                              NULL,             join_implicates, join_leads,
                                              scope_wait_refused, true,       syni_search_again, NULL};
static const struct syni_wait_ops room_ops = {room_interrupted, room_collected, wait_forgotten,
                                              NULL,             NULL,           room_leads,
                                              scope_wait_refused, false,      syni_search_again, NULL};

static bool closes_chain(struct syni_core *core, const struct refusal *refusal,
                         struct syn_report **out_report)
{
    struct syni_walk walk = SYNI_WALK_TO(refusal->task);

    if (!syni_chain_core_leads(core, &walk))
        return false;
    *out_report = syni_chain_say(refusal->task, syni_core_name(core));
    return true;
}

/* TASK, which begins to wait for SCOPE, would close a circle: the children through which it would are
 * let go of, which fails the scope, and so ends the wait. */
static void refuse_circles(struct syni_task *task, struct syni_scope *scope)
{
    struct syni_walk walk = SYNI_WALK_TO(task);
    struct refusal refusal = {.closes = closes_chain, .task = task};
    /* relaxed: given later, a probe comes */
    uint64_t mark = atomic_load_explicit(&task->mark, memory_order_relaxed);

    SYNI_DRIVEN_FOR(task);
    if (mark && task->ops == &join_ops)
        join_implicates(task, mark);
    if (!syni_chain_holds(task))
        return;
    if (task->ops->leads(task, &walk))
        refuse_children(scope, &refusal);
    else if (walk.far)
        syni_search_begin(task, walk.number);
}

void syni_scope_gained(struct syni_scope *scope)
{
    struct syni_task *owner = scope->owner;

    SYNI_DRIVEN_FOR(owner);
    if (scope->awaited != SYNI_SCOPE_NOTHING && !owner->ending &&
        (owner->ops == &join_ops || owner->ops == &room_ops))
        refuse_circles(owner, scope);
}

static struct syn_step scope_wait_wait_for(struct syni_task *task, struct syni_scope *scope,
                                           enum syni_scope_wait awaited,
                                           const struct syni_wait_ops *ops)
{
    SYNI_DRIVEN_FOR(task);
    task->on.scope = scope;
    if (!owns(task, scope))
        syni_panic("a task waits for a scope that another task owns");
    task->ops = ops;
    if (!scope->bound || syni_scope_satisfied(scope, awaited))
        return syni_wait_is_over(task);
    scope->awaited = awaited;
    refuse_circles(task, scope);
    return syni_suspended;
}

struct syn_step syni_step_room(struct syn_task *public_task, struct syn_scope *scope)
{
    struct syni_task *task = SYNI_TASK(public_task);

    SYNI_DRIVEN_FOR(task);
    syni_place_check(task, scope, "a scope");
    if (!syni_wait_begin(task, SYNI_WAIT_OTHER, "room in its scope"))
        return syni_suspended;
    return scope_wait_wait_for(task, SYNI_SCOPE(scope), SYNI_SCOPE_ROOM, &room_ops);
}

struct syn_step syni_step_join(struct syn_task *public_task, struct syn_scope *scope)
{
    struct syni_task *task = SYNI_TASK(public_task);

    SYNI_DRIVEN_FOR(task);
    syni_place_check(task, scope, "a scope");
    syni_wait_begin_asked(task, SYNI_WAIT_OTHER, "its scope");
    return scope_wait_wait_for(task, SYNI_SCOPE(scope), SYNI_SCOPE_END, &join_ops);
}

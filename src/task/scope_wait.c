/* SPDX-License-Identifier: Apache-2.0
 *
 * Scopes and the tasks that own them: waiting for room and for the end, and the end of a
 * task whose scopes are open.
 *
 * Driver only.
 */
#include "task/scope.h"

#include <stddef.h>

#include "base/report.h"
#include "task/circle.h"
#include "task/place.h"

static bool owns(const struct syni_task *task, const struct syni_scope *scope)
{
    return !scope->bound || scope->owner == task;
}

static void join_interrupted(struct syni_task *task)
{
    struct syni_section section;
    struct syni_scope *scope = task->on.scope;

    syni_scope_enter(scope, &section);
    syni_scope_ask(scope, syni_task_asked_by(task), &section);
    syni_scope_leave(scope, &section);
}

static bool join_collected(struct syni_task *task)
{
    enum syn_origin origin;

    task->status = syni_scope_settle(task->on.scope, &origin, &task->heard);
    return task->status && syni_origin_is_request(origin) && syni_task_heeds_request(task);
}

static void room_interrupted(struct syni_task *task)
{
    task->on.scope->awaited = SYNI_SCOPE_NOTHING;
    syni_task_resume(task);
}

/* A request is heeded also when there was room at once: a loop of spawns can be ended. */
static bool room_collected(struct syni_task *task)
{
    struct syni_scope *scope = task->on.scope;

    task->status = syni_scope_over(scope);
    if (task->status)
        task->heard = syni_report_copy(scope->report);
    return syni_task_heeds_request(task);
}

static void wait_forgotten(struct syni_task *task)
{
    task->on.scope->awaited = SYNI_SCOPE_NOTHING;
}

/* Of the children those that would close a circle are let go of, which fails the scope. */
static void join_implicates(struct syni_task *task, uint64_t id)
{
    struct syni_scope *scope = task->on.scope;
    struct syni_section section;

    if (scope->goal != SYNI_GOAL_ALL)
        return; /* another child may be enough */
    syni_scope_enter(scope, &section);
    SYNI_LIST_EACH (node, &scope->children) {
        struct syni_core *core = SYNI_CONTAINER(node, struct syni_core, member.link);
        struct syn_report *report = NULL;

        if (!syni_circle_depend_soon(id, core, &report))
            continue;
        syni_scope_refuse(scope, core, report ? report->message : NULL, &section);
        syni_report_free(report);
    }
    syni_scope_leave(scope, &section);
}

static const struct syni_wait_ops join_ops = {join_interrupted, join_collected, wait_forgotten,
                                              NULL, join_implicates};
static const struct syni_wait_ops room_ops = {room_interrupted, room_collected, wait_forgotten,
                                              NULL, NULL};

const struct syni_scope *syni_scope_joined_by(const struct syni_task *task)
{
    const struct syni_scope *scope = task->ops == &join_ops ? task->on.scope : NULL;

    return scope && scope->goal == SYNI_GOAL_ALL && !scope->has_deadline ? scope : NULL;
}

static struct syn_step scope_wait_wait_for(struct syni_task *task, struct syni_scope *scope,
                                           enum syni_scope_wait awaited,
                                           const struct syni_wait_ops *ops)
{
    task->on.scope = scope;
    if (!owns(task, scope))
        syni_panic("a task waits for a scope that another task owns");
    if (!scope->bound || syni_scope_satisfied(scope, awaited)) {
        task->ops = ops;
        syni_task_resume(task);
    } else {
        task->ops = ops;
        scope->awaited = awaited;
    }
    return syni_suspended;
}

struct syn_step syni_step_room(struct syn_task *public_task, struct syn_scope *scope)
{
    struct syni_task *task = SYNI_TASK(public_task);

    syni_place_check(task, scope, "a scope");
    if (!syni_wait_begin(task, SYNI_WAIT_OTHER, "room in its scope"))
        return syni_suspended;
    return scope_wait_wait_for(task, SYNI_SCOPE(scope), SYNI_SCOPE_ROOM, &room_ops);
}

struct syn_step syni_step_join(struct syn_task *public_task, struct syn_scope *scope)
{
    struct syni_task *task = SYNI_TASK(public_task);

    syni_place_check(task, scope, "a scope");
    syni_wait_begin_asked(task, SYNI_WAIT_OTHER, "its scope");
    return scope_wait_wait_for(task, SYNI_SCOPE(scope), SYNI_SCOPE_END, &join_ops);
}

/* What nobody joined: its report and failures go. */
static void scope_wait_discard(struct syni_scope *scope)
{
    enum syn_origin origin;
    struct syn_report *report;

    syni_scope_settle(scope, &origin, &report);
    syni_report_free(report);
    syni_scope_forget_failures(scope);
}

static void ask_all(struct syni_task *task)
{
    enum syn_origin origin =
        syni_origin_is_request(task->core.origin) ? task->core.origin : SYN_BY_REQUEST;

    /* A new one is listed in front, so behind one that was asked all were. */
    for (struct syni_scope *scope = task->scopes, *next; scope && !scope->closing; scope = next) {
        struct syni_section section;

        SYNI_STEP();
        next = scope->next_open;
        scope->closing = true;
        syni_scope_enter(scope, &section);
        syni_scope_ask(scope, origin, &section);
        syni_scope_leave(scope, &section);
    }
}

bool syni_scopes_close(struct syni_task *task)
{
    if (!task->scopes)
        return false;
    ask_all(task);
    while (task->scopes && task->scopes->live == 0)
        scope_wait_discard(task->scopes);
    if (!task->scopes)
        return false;
    task->scopes->awaited = SYNI_SCOPE_END;
    task->live.waits_for = "its scope to end";
    return true;
}

/* CORE runs on without us; false: it is telling us already. */
static bool scope_wait_let_go(struct syni_scope *scope, struct syni_core *core)
{
    if (!syni_core_stop_waiting(core, &core->member.waiter))
        return false;
    syni_list_remove(&core->member.link);
    scope->live--;
    syni_core_let_go(core);
    return true;
}

bool syni_scopes_detach(struct syni_task *task)
{
    bool gone = true;

    for (struct syni_scope *scope = task->scopes, *next; scope; scope = next) {
        next = scope->next_open;
        syni_timer_stop(&task->home->loop, &scope->timer);
        SYNI_LIST_EACH (node, &scope->children)
            scope_wait_let_go(scope, SYNI_CONTAINER(node, struct syni_core, member.link));
        if (scope->live == 0)
            scope_wait_discard(scope);
        else
            gone = false;
    }
    return gone;
}

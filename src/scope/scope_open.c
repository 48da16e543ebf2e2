/* SPDX-License-Identifier: Apache-2.0
 *
 * The end of a task with open scopes: their children are cancelled and waited for, or, if it was
 * abandoned, let go of.
 *
 * Driver only; syni_scope_open() also by a thread, for a scope of its own.
 */
#include "scope/scope.h"

#include "base/report.h"
#include "task/engine.h"
#include "task/task_cancel.h"
#include "task/task_resume.h"

/* What nobody joined: its report and failures go. */
static void scope_wait_discard(struct syni_scope *scope)
{
    enum syn_origin origin;
    struct syn_report *report;

    SYNI_INVARIANT(29, scope->live == 0);
    syni_scope_settle(scope, &origin, &report);
    syni_report_free(report);
    syni_scope_forget_failures(scope);
}

static void ask_all(struct syni_task *task)
{
    enum syn_origin origin =
        syni_task_origin_is_request(task->core.origin) ? task->core.origin : SYN_BY_REQUEST;

    SYNI_DRIVEN_FOR(task);
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

/* Cancels what is open. True: TASK, which leaves or ends, waits for children. */
static bool scopes_close(struct syni_task *task)
{
    SYNI_DRIVEN_FOR(task);
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
    SYNI_HOLDS_SCOPE(scope);
    if (!syni_core_stop_waiting(core, &core->member.waiter))
        return false;
    syni_list_remove(&core->member.link);
    scope->live--;
    syni_core_let_go(core);
    return true;
}

/* TASK was abandoned: lets go of children that run on. False: some are on their way to tell it; it is resumed when
 * they have. */
static bool scopes_detach(struct syni_task *task)
{
    bool gone = true;

    SYNI_DRIVEN_FOR(task);
    for (struct syni_scope *scope = task->scopes, *next; scope; scope = next) {
        next = scope->next_open;
        syni_timer_stop(&task->home->loop, &scope->timer);
        SYNI_LIST_EACH (node, &scope->children)
            scope_wait_let_go(scope, syni_member_core(node));
        if (scope->live == 0)
            scope_wait_discard(scope);
        else
            gone = false;
    }
    return gone;
}

void syni_scope_open(struct syni_scope *scope, struct syni_task *owner)
{
    static const struct syni_open_ops ops = {.close = scopes_close, .detach = scopes_detach};

    if (owner)
        syni_open_register(SYNI_OPEN_SCOPES, &ops);
    syni_scope_bind(scope, owner);
}

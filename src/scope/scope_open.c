/* SPDX-License-Identifier: Apache-2.0
 *
 * The end of a task with open scopes: their children are cancelled and waited for, or, if it was
 * abandoned, let go of.
 *
 * Driver only; syni_scope_open() also by a thread, for a scope of its own. The task waits for all children of all of
 * them, whatever the scopes were for, in one wait, which is one of the graph of circles (chain.h). But a child may use
 * what lies in the task's frame. So where that wait would close a circle, what waits for the task is refused instead
 * (search.h), and the children are let go of only where each wait of the circle is one of this kind, or that of a step
 * that blocks.
 */
#include "scope/scope.h"

#include <stddef.h>

#include "base/report.h"
#include "circle/search.h"
#include "task/engine.h"
#include "task/outcome.h"
#include "task/task_cancel.h"
#include "task/task_resume.h"
#include "task/wait.h"

/* A task that leaves receives no request. */
static void end_interrupted(struct syni_task *task)
{
    SYNI_SURE(!task->leaving);
}

static bool end_collected(struct syni_task *task)
{
    SYNI_SURE(task->leaving);
    return false;
}

/* scopes_detach() lets go of what would resume TASK. */
static void end_forgotten(struct syni_task *task)
{
    SYNI_SURE(task->abandoned);
}

static void end_implicates(struct syni_task *task, uint64_t id)
{
    for (struct syni_scope *scope = task->scopes; scope; scope = scope->next_open)
        syni_scope_implicate(scope, id);
}

static bool end_leads(const struct syni_task *task, struct syni_walk *walk)
{
    for (const struct syni_scope *scope = task->scopes; scope; scope = scope->next_open)
        if (syni_scope_leads(scope, SYNI_SCOPE_END, walk))
            return true;
    return false;
}

static void end_yields(struct syni_task *task, const struct syni_search *search)
{
    syni_report_free(task->heard);
    task->heard = syni_search_say(search, "", "");
    syni_outcome_amend(task, SYN_EDEADLK, NULL);
    task->status = task->core.err;
    for (struct syni_scope *scope = task->scopes; scope; scope = scope->next_open)
        syni_scope_refuse(scope, search);
}

static const struct syni_wait_ops end_ops = {.interrupt = end_interrupted,
                                             .collect = end_collected,
                                             .forget = end_forgotten,
                                             .implicate = end_implicates,
                                             .leads = end_leads,
                                             .waits_on = true,
                                             .again = syni_search_again,
                                             .yields = end_yields};

/* TASK, which waits for its scopes by now, may close a circle. */
static void end_looks(struct syni_task *task)
{
    /* relaxed: given later, a probe comes */
    uint64_t mark = atomic_load_explicit(&task->mark, memory_order_relaxed);

    if (mark)
        end_implicates(task, mark);
    syni_search_again(task);
}

/* What nobody joined: its report and failures go. */
static void scope_end_discard(struct syni_scope *scope)
{
    enum syn_origin origin;
    struct syn_report *report;

    SYNI_INVARIANT(29, scope->live == 0);
    syni_scope_settle(scope, &origin, &report);
    syni_report_free(report);
    syni_scope_forget_failures(scope);
}

static void end_asks(struct syni_task *task)
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
    end_asks(task);
    while (task->scopes && task->scopes->live == 0)
        scope_end_discard(task->scopes);
    if (!task->scopes)
        return false;
    syni_wait_note(task, SYNI_WAIT_OTHER, "its scope to end");
    task->ops = &end_ops;
    task->scopes->awaited = SYNI_SCOPE_END;
    end_looks(task);
    return true;
}

/* CORE runs on without us; false: it is telling us already. */
static bool scope_end_let_go(struct syni_scope *scope, struct syni_core *core)
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
            scope_end_let_go(scope, syni_member_core(node));
        if (scope->live == 0)
            scope_end_discard(scope);
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

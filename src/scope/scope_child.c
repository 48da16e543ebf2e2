/* SPDX-License-Identifier: Apache-2.0
 *
 * Scopes: what happens when children come, end and fail.
 *
 * Any thread, in the scope's section. Nodes lie in the children's cores, so that a scope
 * takes any number and never fails for memory. Discarded: nodes that are made when a scope takes a core,
 * which saves 48 bytes of each frame: a child for which there is none could only be let go, and outlived its scope.
 * A scope as a task of its own, to which children post; a thread's scope would then need a loop to live on.
 */
#include "scope/scope.h"

#include <stddef.h>

#include "base/fork.h"
#include "base/report.h"
#include "loop/loop_inbox.h"
#include "loop/role.h"
#include "task/task_cancel.h"

/* The first failure is the scope's. */
static void note_failure(struct syni_scope *scope, syn_err err, enum syn_origin origin,
                         struct syn_report *report)
{
    scope->err = err;
    scope->origin = origin;
    scope->report = report;
}

static void win(struct syni_scope *scope, struct syni_core *core, struct syni_section *section)
{
    SYNI_HOLDS_SCOPE(scope);
    SYNI_INVARIANT(33, !scope->winner);
    scope->winner = (int)core->member.number + 1;
    syni_report_free(scope->report); /* of those that failed before */
    note_failure(scope, SYN_OK, SYN_BY_TASK, NULL);
    syni_scope_ask(scope, SYN_BY_REQUEST, section);
}

static void child_succeeded(struct syni_scope *scope, struct syni_core *core,
                            struct syni_section *section)
{
    struct syni_member *member = &core->member;
    bool lost = scope->winner && !member->status;

    if (!lost)
        syni_core_fetch(core, member->out);
    if (scope->goal != SYNI_GOAL_ALL && !scope->winner)
        win(scope, core, section);
}

/* True: CORE is kept. */
static bool child_failed(struct syni_scope *scope, struct syni_core *core,
                         struct syni_section *section)
{
    bool first = !scope->err && !scope->winner;

    SYNI_HOLDS_SCOPE(scope);
    if (scope->goal == SYNI_GOAL_RACE && !scope->winner)
        win(scope, core, section);
    if (first) {
        note_failure(scope, core->err, core->origin,
                     scope->collect ? syni_report_copy(core->report) : core->report);
        if (!scope->collect)
            core->report = NULL;
        core->seen = true;
        if (scope->goal == SYNI_GOAL_ALL && !scope->keep_going)
            syni_scope_ask(scope, SYN_BY_REQUEST, section);
    }
    return scope->collect;
}

static void child_ended(struct syni_scope *scope, struct syni_core *core,
                        struct syni_section *section)
{
    struct syni_member *member = &core->member;
    bool kept = false;

    SYNI_HOLDS_SCOPE(scope);
    SYNI_INVARIANT(29, scope->live > 0 && syni_core_done(core));
    syni_list_remove(&member->link);
    section->ended++;
    if (scope->goal != SYNI_GOAL_ALL && scope->owner)
        section->changed = scope;
    if (member->status)
        *member->status = core->err;
    if (member->status || scope->collect)
        core->seen = true;
    if (!core->err) {
        child_succeeded(scope, core, section);
    } else if (scope->asked && syni_task_origin_is_request(core->origin)) {
        scope->by_request = true;
        core->seen = false; /* that its clean-up failed, if it did, was said to nobody */
    } else {
        kept = child_failed(scope, core, section);
    }
    if (kept)
        syni_scope_collect(scope, core);
    else
        syni_list_append(&section->dropped, &member->link);
}

/* There is nobody to ask: CORE is a promise made by hand, and is let go. */
static void scope_withdraw(struct syni_scope *scope, struct syni_core *core,
                           struct syni_section *section)
{
    struct syni_member *member = &core->member;

    SYNI_HOLDS_SCOPE(scope);
    if (!syni_core_stop_waiting(core, &member->waiter))
        return; /* it is telling us */
    syni_list_remove(&member->link);
    section->ended++;
    scope->by_request = true;
    if (member->status)
        *member->status = syni_task_code((enum syn_origin)(scope->asked - 1));
    syni_list_append(&section->dropped, &member->link);
}

/* CORE's task is cancelled when the section was left; the claim keeps it until then. */
static void request(struct syni_core *core, enum syn_origin origin, struct syni_section *section)
{
    struct syni_task *task = syni_core_task(core);

    if (!task || !syni_task_claim_request(task, origin))
        return;
    task->request_job.link.next = NULL;
    *section->last_request = &task->request_job.link;
    section->last_request = &task->request_job.link.next;
}

static void scope_ask_child(struct syni_scope *scope, struct syni_core *core,
                            struct syni_section *section)
{
    enum syn_origin origin = (enum syn_origin)(scope->asked - 1);
    bool is_task = syni_core_task(core);

    SYNI_HOLDS_SCOPE(scope);
    SYNI_INVARIANT(31, scope->asked);
    if (!scope->home && !is_task && core->ops->cancel) {
        /* It may end inside the call, which must not be under our lock. Its job is free: a
         * thread's child is not posted. */
        core->job.link.next = section->to_ask ? &section->to_ask->job.link : NULL;
        section->to_ask = core;
        section->origin = origin;
        syni_slot_take(core->slot, syni_slot_generation(core->slot), SYNI_SLOT_PIN_ANY);
    } else if (!is_task) {
        if (!syni_core_ask(core, origin))
            scope_withdraw(scope, core, section);
    } else {
        request(core, origin, section);
    }
}

void syni_scope_ask(struct syni_scope *scope, enum syn_origin origin,
                    struct syni_section *section)
{
    SYNI_HOLDS_SCOPE(scope);
    if (scope->asked || !scope->bound) /* invariant 31 */
        return;
    scope->asked = (int)origin + 1;
    section->changed = scope->owner ? scope : NULL;
    SYNI_LIST_EACH (node, &scope->children)
        scope_ask_child(scope, syni_member_core(node), section);
    syni_scope_tell_owner(scope, section);
}

static void scope_arrive(struct syni_job *job)
{
    struct syni_core *core = SYNI_CONTAINER(job, struct syni_core, job);
    struct syni_scope *scope = core->member.scope;
    struct syni_section section;

    syni_scope_enter(scope, &section);
    child_ended(scope, core, &section);
    syni_scope_leave(scope, &section);
}

/* Called by the completing thread. The child's own job is free by now: it has ended. */
static void child_is_done(struct syni_waiter *waiter)
{
    struct syni_core *core = SYNI_CONTAINER(waiter, struct syni_core, member.waiter);
    struct syni_home *home = core->member.scope->home;

    SYNI_DELAY(scope_child_done);
    if (!home || syni_drives(&home->loop)) {
        scope_arrive(&core->job);
        return;
    }
    core->job.run = scope_arrive;
    syni_loop_post(&home->loop, &core->job);
}

static void deadline_passes(struct syni_timer *timer)
{
    struct syni_scope *scope = SYNI_CONTAINER(timer, struct syni_scope, timer);
    struct syni_section section;

    syni_scope_enter(scope, &section);
    syni_scope_ask(scope, SYN_BY_DEADLINE, &section);
    syni_scope_leave(scope, &section);
}

void syn_scope_deadline(struct syn_scope *public_scope, struct syn_deadline deadline)
{
    struct syni_scope *scope = SYNI_SCOPE(public_scope);

    if (scope->has_deadline && scope->deadline <= deadline.ns)
        return;
    scope->has_deadline = deadline.ns != SYNI_NEVER;
    scope->deadline = deadline.ns;
    if (!scope->bound || !scope->home || !scope->has_deadline)
        return;
    syni_timer_stop(&scope->home->loop, &scope->timer);
    syni_timer_start(&scope->home->loop, &scope->timer, deadline.ns, deadline_passes);
}

static void scope_list(struct syni_scope *scope)
{
    scope->next_open = scope->owner->scopes;
    scope->place = &scope->owner->scopes;
    if (scope->next_open)
        scope->next_open->place = &scope->next_open;
    scope->owner->scopes = scope;
    scope->owner->owns = true;
}

bool syni_scope_wakes(const struct syni_waiter *waiter)
{
    return waiter->wake == child_is_done;
}

void syni_scope_bind(struct syni_scope *scope, struct syni_task *owner)
{
    syni_scope_forget_failures(scope);
    SYNI_SURE(!scope->home);
    syni_scope_lock(scope); /* another thread may cancel it, or look */
    syni_list_init(&scope->children);
    syni_list_init(&scope->failures);
    scope->closing = false;
    scope->spawned = 0;
    scope->winner = 0;
    scope->owner = owner;
    scope->process = syni_process();
    scope->bound = true;
    syni_scope_unlock(scope);
    if (!owner)
        return;
    scope->home = owner->home;
    scope_list(scope);
    if (scope->has_deadline)
        syni_timer_start(&scope->home->loop, &scope->timer, scope->deadline, deadline_passes);
}

syn_err syni_scope_reject(struct syni_core *core, syn_err err)
{
    syni_core_commit(core);
    syni_core_ask(core, SYN_BY_REQUEST);
    syni_core_let_go(core);
    return err;
}

void syni_scope_take(struct syni_scope *scope, struct syni_core *core, void *out,
                     syn_err *out_status, struct syni_section *section)
{
    struct syni_member *member = &core->member;
    const struct syni_task *task = syni_core_task(core);
    bool busy;

    SYNI_HOLDS_SCOPE(scope);
    member->scope = scope;
    member->out = out;
    member->status = out_status;
    member->number = scope->spawned++;
    member->waiter.wake = child_is_done;
    syni_list_append(&scope->children, &member->link);
    scope->live++;
    if (scope->has_deadline)
        syni_core_tighten(core, scope->deadline);
    if (scope->home && task && task->home == scope->home &&
        syni_core_is_used_up(core)) { /* it was consumed alone */
        syni_core_wait_here(core, &member->waiter);
        if (scope->asked)
            scope_ask_child(scope, core, section);
    } else if (syni_core_wait(core, &member->waiter, &busy)) {
        syni_core_commit(core);
        if (scope->asked)
            scope_ask_child(scope, core, section);
    } else if (!busy) {
        syni_core_commit(core);
        child_ended(scope, core, section);
    } else {
        syni_list_remove(&member->link);
        scope->live--;
        scope->spawned--;
        syni_core_restore(core);
        syni_scope_fail(scope, SYN_EBUSY, syni_core_refusal(SYN_EBUSY), out_status, section);
    }
}

void syni_scope_fail(struct syni_scope *scope, syn_err err, const char *message,
                     syn_err *out_status, struct syni_section *section)
{
    SYNI_HOLDS_SCOPE(scope);
    scope->spawned++;
    if (out_status)
        *out_status = err;
    if (!scope->err && !scope->winner)
        note_failure(scope, err, SYN_BY_LIBRARY, syni_report_new(err, SYN_BY_LIBRARY, message));
    if (scope->goal == SYNI_GOAL_RACE && !scope->winner)
        scope->winner = (int)scope->spawned;
    if (scope->goal == SYNI_GOAL_RACE || (scope->goal == SYNI_GOAL_ALL && !scope->keep_going))
        syni_scope_ask(scope, SYN_BY_REQUEST, section);
}

bool syni_scope_drop(struct syni_scope *scope, struct syni_core *core, bool asks,
                     struct syni_section *section)
{
    struct syni_member *member = &core->member;

    SYNI_HOLDS_SCOPE(scope);
    if (!syni_core_stop_waiting(core, &member->waiter))
        return false;
    syni_list_remove(&member->link);
    section->ended++;
    syni_list_append(&section->dropped, &member->link);
    if (asks)
        request(core, SYN_BY_REQUEST, section);
    scope->spawned--; /* it counts already */
    return true;
}

void syni_scope_abandon(struct syni_scope *scope, struct syni_section *section)
{
    SYNI_LIST_EACH (node, &scope->children) {
        struct syni_core *core = syni_member_core(node);

        if (syni_scope_drop(scope, core, true, section))
            syni_scope_fail(scope, SYN_EABANDONED, "its scope was abandoned by a second interrupt",
                            core->member.status, section);
    }
}

syn_err syni_scope_over(const struct syni_scope *scope)
{
    if (!scope->bound || !scope->asked)
        return SYN_OK;
    return scope->err ? scope->err : syni_task_code((enum syn_origin)(scope->asked - 1));
}

static void unbind(struct syni_scope *scope)
{
    SYNI_HOLDS_SCOPE(scope);
    SYNI_INVARIANT(29, scope->live == 0);
    if (scope->home)
        syni_timer_stop(&scope->home->loop, &scope->timer);
    if (syni_list_empty(&scope->failures))
        syni_scope_unlist(scope);
    scope->bound = false;
}

/* What it came to; its report is the caller's. */
static syn_err scope_outcome(struct syni_scope *scope, enum syn_origin *out_origin,
                             struct syn_report **out_report)
{
    syn_err err = scope->err;

    *out_origin = scope->origin;
    *out_report = scope->report;
    if (!err && !scope->winner && scope->by_request) {
        *out_origin = (enum syn_origin)(scope->asked - 1);
        err = syni_task_code(*out_origin);
        *out_report = syni_report_new(err, *out_origin, NULL);
    }
    if (!err && scope->goal != SYNI_GOAL_ALL && scope->spawned == 0) {
        err = SYN_EINVAL;
        *out_origin = SYN_BY_LIBRARY;
        *out_report = syni_report_new(err, SYN_BY_LIBRARY, "an any or a race needs at least one child");
    }
    return err;
}

syn_err syni_scope_settle(struct syni_scope *scope, enum syn_origin *out_origin,
                          struct syn_report **out_report)
{
    syn_err err;

    syni_scope_lock(scope);
    err = scope_outcome(scope, out_origin, out_report);
    if (scope->bound)
        unbind(scope);
    scope->goal = SYNI_GOAL_ALL;
    scope->has_deadline = false;
    scope->asked = 0;
    scope->by_request = false;
    note_failure(scope, SYN_OK, SYN_BY_TASK, NULL);
    syni_scope_unlock(scope);
    if (scope->home) /* of a thread's it is never written, since others read it without the lock */
        scope->home = NULL;
    return err;
}

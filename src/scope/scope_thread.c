/* SPDX-License-Identifier: Apache-2.0
 *
 * Scopes as their users see them: adding children, and waiting in a plain thread.
 *
 * Any thread that owns the scope, and tasks of the home that does. Its owner follows
 * from where it lies: in the frame of the task that runs, or anywhere else. A scope of a
 * thread with a child on a loop that this thread drives is refused, since the two
 * would wait for each other.
 */
#include "thread/thread_waits.h"
#include "scope/scope.h"

#include "base/report.h"
#include "future/future.h"
#include "loop/role.h"
#include "task/deadline.h"
#include "task/home.h"
#include "task/place.h"

void syn_scope_limit(struct syn_scope *scope, unsigned limit)
{
    SYNI_SCOPE(scope)->limit = limit;
}

void syn_scope_keep_going(struct syn_scope *scope)
{
    SYNI_SCOPE(scope)->keep_going = true;
}

void syn_scope_collect(struct syn_scope *scope)
{
    SYNI_SCOPE(scope)->keep_going = true;
    SYNI_SCOPE(scope)->collect = true;
}

/* The task that has SCOPE in its frame, if that is the one that runs here. */
static struct syni_task *frame_around(const struct syni_scope *scope)
{
    struct syni_home *here = syni_home_now();
    struct syni_task *task = here ? here->current : NULL;
    uintptr_t at = (uintptr_t)scope, frame = (uintptr_t)task;

    if (!task || at < frame || at >= frame + task->function->frame_size)
        return NULL;
    return task;
}

/* SCOPE is a task's, and is used by a thread that does not drive that task. */
static bool is_elsewhere(struct syni_scope *scope)
{
    syni_scope_look(scope);
    return scope->bound && scope->home && !syni_drives(&scope->home->loop);
}

static syn_err refuse_elsewhere(void)
{
    return syni_refuse(SYN_EWRONGLOOP, "the scope belongs to a task of another synchronizer");
}

/* CORE, in a scope of this thread, could only run when the thread goes on. */
static syn_err refuse_driven(const struct syni_core *core)
{
    struct syni_source source = syni_share_source(core);

    if (syni_core_done(core) || !syni_role_driving_now() ||
        !(source.is_job || (source.home && syni_drives(&source.home->loop))))
        return SYN_OK;
    return syni_refuse(SYN_EDEADLK,
                       "%s on '%s', which this thread drives: waiting for it here would wait "
                       "for itself; put the scope into the task's frame, SYN_LOCAL(struct "
                       "syn_scope, ...), and write co_spawn and co_join",
                       source.name, syni_role_driving_now()->loop->name);
}

/* A child that OWNER's join could wait for only for ever. */
static bool scope_add_closes_circle(const struct syni_task *owner, struct syni_core *core, struct syn_report **out)
{
    return syni_circle_depend(atomic_load_explicit(&owner->mark, memory_order_relaxed), core, out) != SYN_OK;
}

syn_err syni_scope_add(struct syn_scope *public_scope, struct syn_future future, void *out_result,
                       syn_err *out_status)
{
    struct syni_scope *scope = SYNI_SCOPE(public_scope);
    struct syni_task *owner = frame_around(scope);
    struct syn_report *report = NULL;
    struct syni_section section;
    struct syni_core *core = NULL;
    syn_err err;

    if (is_elsewhere(scope))
        return refuse_elsewhere();
    if (owner) {
        syni_place_check(owner, out_result, "a child's result");
        syni_place_check(owner, out_status, "a child's status");
    }
    err = owner ? syni_core_reserve_or_consume(future, &core) : syni_core_reserve(future, &core);
    if (!err && owner && scope->goal == SYNI_GOAL_ALL && scope_add_closes_circle(owner, core, &report))
        err = syni_scope_reject(core, SYN_EDEADLK);
    if (!err && !owner && !scope->home && refuse_driven(core)) {
        syni_core_restore(core);
        return SYN_EDEADLK;
    }
    if (!scope->bound)
        syni_scope_open(scope, owner);
    syni_scope_enter(scope, &section);
    if (err)
        syni_scope_fail(scope, err, report ? report->message : syni_core_refusal(err), out_status,
                        &section);
    else
        syni_scope_take(scope, core, out_result, out_status, &section);
    syni_scope_leave(scope, &section);
    syni_report_free(report);
    if (scope->owner && scope->owner != owner) /* another task's, of this loop */
        syni_scope_gained(scope);
    return SYN_OK;
}

void syni_scope_add_all(struct syn_scope *scope, size_t n, const void *futures, size_t stride,
                        void *out_results, size_t result_size)
{
    for (size_t i = 0; i < n; i++) {
        const void *future = (const char *)futures + i * stride;

        syni_scope_add(scope, *(const struct syn_future *)future,
                       out_results ? (char *)out_results + i * result_size : NULL, NULL);
    }
}

void syni_scope_expect(const struct syn_scope *public_scope)
{
    const struct syni_scope *scope = (const struct syni_scope *)(const void *)public_scope;
    struct syn_deadline deadline = {scope->has_deadline ? scope->deadline : SYNI_NEVER};

    syni_deadline_push(deadline);
}

void syni_scope_aim(struct syn_scope *public_scope, enum syni_goal goal)
{
    struct syni_scope *scope = SYNI_SCOPE(public_scope);
    struct syni_section section;

    syni_scope_look(scope);
    if (scope->bound) {
        syni_scope_enter(scope, &section);
        syni_scope_fail(scope, SYN_EBUSY, "the scope of an all, any or race was not empty", NULL,
                        &section);
        syni_scope_ask(scope, SYN_BY_REQUEST, &section);
        syni_scope_leave(scope, &section);
        return;
    }
    syni_scope_open(scope, frame_around(scope));
    scope->goal = goal;
}

/* A thread that waits for its scope. */
struct scope_wait {
    struct syni_thread_wait wait;
    struct syni_scope *scope;
    enum syni_scope_wait awaited;
};

static bool list_at_scope(struct syni_thread_wait *wait)
{
    struct scope_wait *here = SYNI_CONTAINER(wait, struct scope_wait, wait);
    struct syni_scope *scope = here->scope;
    struct syni_section section;
    bool waits;

    syni_scope_enter(scope, &section);
    waits = !syni_scope_satisfied(scope, here->awaited);
    if (waits) {
        scope->sleeper = &wait->waiter.waiter;
        scope->awaited = here->awaited;
    }
    syni_scope_leave(scope, &section);
    return waits;
}

/* The children. A waiter for room has it then. */
static bool ask_children(struct syni_thread_wait *wait, enum syn_origin origin)
{
    struct syni_scope *scope = SYNI_CONTAINER(wait, struct scope_wait, wait)->scope;
    struct syni_section section;

    syni_scope_enter(scope, &section);
    syni_scope_ask(scope, origin, &section);
    syni_scope_leave(scope, &section);
    return true;
}

/* It was asked, and does not end: it is left, and the thread is told. */
static bool leave_children(struct syni_thread_wait *wait, enum syn_origin origin)
{
    struct syni_scope *scope = SYNI_CONTAINER(wait, struct scope_wait, wait)->scope;
    struct syni_section section;

    if (origin != SYN_BY_INTERRUPT)
        return false;
    syni_scope_enter(scope, &section);
    syni_scope_abandon(scope, &section);
    syni_scope_leave(scope, &section);
    return false;
}

static syn_err depend_on_children(struct syni_thread_wait *wait, uint64_t id, struct syn_report **out_report)
{
    return syni_scope_depend(SYNI_CONTAINER(wait, struct scope_wait, wait)->scope, id, out_report);
}

static bool children_lead(struct syni_thread_wait *wait, struct syni_walk *walk)
{
    const struct scope_wait *here = SYNI_CONTAINER(wait, struct scope_wait, wait);
    struct syni_section section;
    bool leads;

    syni_scope_enter(here->scope, &section);
    leads = syni_scope_leads(here->scope, here->awaited, walk);
    syni_scope_leave(here->scope, &section);
    return leads;
}

static void children_refused(struct syni_thread_wait *wait, const struct syni_search *search)
{
    syni_scope_refuse(SYNI_CONTAINER(wait, struct scope_wait, wait)->scope, search);
}
/* Waits in this thread. Fails: SYN_EDEADLK. */
static syn_err scope_add_wait_for(struct syni_scope *scope, enum syni_scope_wait awaited)
{
    static const struct syni_thread_wait_ops ops = {list_at_scope, leave_children, ask_children,
                                                    NULL};
    struct scope_wait here = {.wait = {.ops = &ops,
                                       .source = {.name = "a scope"},
                                       .depend = depend_on_children,
                                       .leads = children_lead,
                                       .refuse = children_refused,
                                       .deadline = syni_deadline_here(
                                           scope->has_deadline ? scope->deadline : SYNI_NEVER),
                                       .reason = SYN_BY_DEADLINE},
                              .scope = scope,
                              .awaited = awaited};
    syn_err err = syni_scope_refuse_registered(scope);

    if (err)
        return err;
    return syni_thread_wait(syni_self(), &here.wait);
}

/* The same for room in a step, which is not waited for. */
static syn_err room_in_step(struct syni_scope *scope)
{
    syn_err err = syni_scope_over(scope);

    if (err || !scope->bound || syni_scope_satisfied(scope, SYNI_SCOPE_ROOM))
        return err;
    return syni_refuse(SYN_EAGAIN, "the scope is full; write co_spawn, or step_room before");
}

/* What SCOPE came to, for the thread's own report too, since others may add to it. A child that is
 * refused since it was cancelled counts as one that ended by that. */
static syn_err over_by_now(struct syni_scope *scope)
{
    struct syni_section section;
    struct syn_report *report = NULL;
    enum syn_origin origin;
    syn_err err;

    syni_scope_enter(scope, &section);
    err = syni_scope_over(scope);
    origin = scope->err ? scope->origin : SYN_BY_REQUEST;
    scope->by_request |= err && !scope->err;
    if (err)
        report = scope->err ? syni_report_copy(scope->report)
                            : syni_report_new(err, origin, "the scope was cancelled");
    syni_scope_leave(scope, &section);
    if (!err)
        return SYN_OK;
    syni_job_note_outcome(syni_self(), origin);
    return syni_report_keep(err, origin, report);
}

/* The thread's job received a request in a wait for room that ended well: nothing is added any more,
 * and the join learns of it. */
static void ask_overdue(struct syni_self *self, struct syni_scope *scope)
{
    struct syni_section section;

    if (!syni_job_overdue(self))
        return;
    if (!scope->bound)
        syni_scope_bind(scope, NULL);
    syni_scope_enter(scope, &section);
    syni_scope_ask(scope, self->origin, &section);
    syni_scope_leave(scope, &section);
}

syn_err syni_scope_room(struct syn_scope *public_scope)
{
    struct syni_scope *scope = SYNI_SCOPE(public_scope);
    syn_err err;

    if (is_elsewhere(scope))
        return refuse_elsewhere();
    if (scope->home || frame_around(scope))
        return room_in_step(scope);
    err = scope->bound ? scope_add_wait_for(scope, SYNI_SCOPE_ROOM) : SYN_OK;
    if (err)
        return err;
    ask_overdue(syni_self(), scope);
    return over_by_now(scope);
}

syn_err syni_scope_refusal(struct syn_scope *public_scope)
{
    struct syni_scope *scope = SYNI_SCOPE(public_scope);
    syn_err err;

    if (is_elsewhere(scope))
        return SYN_EWRONGLOOP;
    err = over_by_now(scope);
    return err ? err : SYN_EAGAIN;
}

/* Why this thread must not wait for SCOPE. */
static syn_err refuse_wait(struct syni_scope *scope)
{
    struct syni_section section;
    syn_err err = SYN_OK;

    if (is_elsewhere(scope))
        return refuse_elsewhere();
    if (scope->home)
        return syni_refuse(SYN_EDEADLK,
                           "waiting for a task's scope on the thread that drives its synchronizer "
                           "'%s' would wait for itself; write co_join(scope) there",
                           scope->home->loop.name);
    syni_scope_enter(scope, &section);
    SYNI_LIST_EACH (node, &scope->children)
        if (!err)
            err = refuse_driven(syni_member_core(node));
    syni_scope_leave(scope, &section);
    return err;
}

syn_err syn_scope_join(struct syn_scope *public_scope)
{
    struct syni_scope *scope = SYNI_SCOPE(public_scope);
    enum syn_origin origin;
    struct syn_report *report;
    syn_err err;

    if (!scope)
        return syni_refuse(SYN_EINVAL, "there is no scope");
    if (!scope->bound)
        return SYN_OK;
    err = refuse_wait(scope);
    if (err)
        return err;
    err = scope_add_wait_for(scope, SYNI_SCOPE_END);
    if (err)
        return err;
    err = syni_scope_settle(scope, &origin, &report);
    if (!err)
        return syni_job_overdue(syni_self());
    syni_job_note_outcome(syni_self(), origin);
    return syni_report_keep(err, origin, report);
}

void syn_scope_cancel(struct syn_scope *public_scope)
{
    struct syni_scope *scope = SYNI_SCOPE(public_scope);
    struct syni_section section;

    if (scope->home && !syni_drives(&scope->home->loop))
        syni_panic("syn_scope_cancel: the scope belongs to a task of another synchronizer");
    syni_scope_enter(scope, &section);
    syni_scope_ask(scope, SYN_BY_REQUEST, &section);
    syni_scope_leave(scope, &section);
}

void syn_scope_close(struct syn_scope *public_scope)
{
    struct syni_scope *scope = SYNI_SCOPE(public_scope);
    enum syn_origin origin;
    struct syn_report *report;

    if (scope->bound) {
        if (refuse_wait(scope))
            syni_panic("syn_scope_close: children run on a loop that this thread drives");
        syn_scope_cancel(public_scope);
        if (scope_add_wait_for(scope, SYNI_SCOPE_END))
            syni_panic("syn_scope_close: its children wait for a loop that this thread drives, or it was "
                       "given to a mailbox");
        syni_scope_settle(scope, &origin, &report);
        syni_report_free(report);
    }
    syni_scope_forget_failures(scope);
}

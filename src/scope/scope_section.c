/* SPDX-License-Identifier: Apache-2.0
 *
 * Scopes: the section, in which everything happens to one. See scope.h.
 *
 * Any thread. What a section decided is done when it was left: results are destroyed, siblings
 * asked, at last the owner told. Discarded: a lock in each scope, for which it has no room.
 */
#include "scope/scope.h"

#include <stddef.h>
#include <string.h>

#include "base/fork.h"
#include "base/report.h"
#include "loop/role.h"
#include "task/frame.h"
#include "task/task_cancel.h"
#include "task/task_resume.h"

/* The locks of threads' scopes, which have no room for one of their own: a scope's
 * address chooses. Held for a few instructions. */
enum { LOCKS = 16 };
static struct syni_mutex locks[LOCKS] = {
    SYNI_MUTEX_INIT(SCOPE), SYNI_MUTEX_INIT(SCOPE), SYNI_MUTEX_INIT(SCOPE), SYNI_MUTEX_INIT(SCOPE),
    SYNI_MUTEX_INIT(SCOPE), SYNI_MUTEX_INIT(SCOPE), SYNI_MUTEX_INIT(SCOPE), SYNI_MUTEX_INIT(SCOPE),
    SYNI_MUTEX_INIT(SCOPE), SYNI_MUTEX_INIT(SCOPE), SYNI_MUTEX_INIT(SCOPE), SYNI_MUTEX_INIT(SCOPE),
    SYNI_MUTEX_INIT(SCOPE), SYNI_MUTEX_INIT(SCOPE), SYNI_MUTEX_INIT(SCOPE), SYNI_MUTEX_INIT(SCOPE),
};

static void scope_section_forked(void)
{
    for (int i = 0; i < LOCKS; i++)
        syni_mutex_renew(&locks[i]);
}

static struct syni_fork_call scope_section_fork_call = {.child = scope_section_forked};

void syni_scope_look(struct syni_scope *scope)
{
    static const char why[] = "the scope was filled by the parent process, where its children run on";

    syni_fork_watch(&scope_section_fork_call);
    if (!scope->bound || scope->process == syni_process())
        return;
    scope->process = syni_process();
    scope->place = NULL;
    scope->home = NULL;
    scope->owner = NULL;
    memset(&scope->timer, 0, sizeof scope->timer);
    syni_list_init(&scope->children);
    syni_list_init(&scope->failures);
    scope->live = 0;
    scope->winner = 0;
    scope->sleeper = NULL;
    scope->asked = 1 + SYN_BY_LIBRARY;
    scope->err = SYN_EFORKED;
    scope->origin = SYN_BY_LIBRARY;
    scope->report = syni_report_new(SYN_EFORKED, SYN_BY_LIBRARY, why);
}

static struct syni_mutex *lock_of(const struct syni_scope *scope)
{
    return &locks[((uintptr_t)scope >> 6) % LOCKS];
}

#if SYNI_CHECKED
bool syni_scope_is_held(const struct syni_scope *scope)
{
    return scope->home ? syni_drives(&scope->home->loop) : syni_mutex_is_held(lock_of(scope));
}
#endif

void syni_scope_lock(const struct syni_scope *scope)
{
    if (!scope->home)
        syni_mutex_lock(lock_of(scope));
    else
        SYNI_INVARIANT(30, syni_drives(&scope->home->loop));
}

void syni_scope_unlock(const struct syni_scope *scope)
{
    if (!scope->home)
        syni_mutex_unlock(lock_of(scope));
}

void syni_scope_enter(struct syni_scope *scope, struct syni_section *section)
{
    syni_list_init(&section->dropped);
    section->ended = 0;
    section->to_ask = NULL;
    section->requests = NULL;
    section->last_request = &section->requests;
    section->to_tell = NULL;
    section->changed = NULL;
    syni_scope_lock(scope);
}

/* Each may end inside the call, and then comes into a section of its own. */
static void ask_deferred(struct syni_section *section)
{
    while (section->requests) {
        struct syni_task *task =
            SYNI_CONTAINER(section->requests, struct syni_task, request_job.link);

        section->requests = section->requests->next;
        syni_task_send_request(task);
    }
    while (section->to_ask) {
        struct syni_core *core = section->to_ask;
        struct syni_link *next = core->job.link.next;

        section->to_ask = next ? SYNI_CONTAINER(next, struct syni_core, job.link) : NULL;
        syni_core_ask(core, section->origin);
        syni_core_unpin(core);
    }
}

bool syni_scope_satisfied(const struct syni_scope *scope, enum syni_scope_wait awaited)
{
    if (awaited == SYNI_SCOPE_END)
        return scope->live == 0;
    return scope->asked || !scope->limit || scope->live < scope->limit;
}

/* SCOPE, which the end of its task waits for, is over: that goes on to the next one, in the same wait. True: there is none. */
static bool section_ends_next(const struct syni_scope *scope)
{
    struct syni_scope *next = scope->next_open;

    SYNI_HOLDS_SCOPE(scope);
    SYNI_INVARIANT(560, scope->owner->leaving && scope->owner->ops && !scope->owner->queued);
    while (next && next->live == 0)
        next = next->next_open;
    if (next)
        next->awaited = SYNI_SCOPE_END;
    return next == NULL;
}

void syni_scope_tell_owner(struct syni_scope *scope, struct syni_section *section)
{
    struct syni_task *owner = scope->owner;

    SYNI_HOLDS_SCOPE(scope);
    if (owner && owner->ending) {
        if (scope->live == 0 && !owner->queued)
            syni_task_resume(owner);
        return;
    }
    if (scope->awaited == SYNI_SCOPE_NOTHING || !syni_scope_satisfied(scope, scope->awaited))
        return;
    scope->awaited = SYNI_SCOPE_NOTHING;
    if (scope->closing && !section_ends_next(scope))
        return;
    if (owner)
        syni_task_transfer(owner);
    else
        section->to_tell = scope->sleeper;
    scope->sleeper = NULL;
}

static void destroy_dropped(struct syni_home *home, struct syni_section *section)
{
    SYNI_LIST_EACH (node, &section->dropped) {
        struct syni_core *core = syni_member_core(node);

        syni_list_remove(node);
        if (core->alone) { /* on the loop of the scope's owner */
            syni_frame_let_go_here(home, core);
            continue;
        }
        syni_core_discard(core);
        syni_core_let_go(core);
    }
}

/* A child that could have been enough has ended and was not, or all were asked to end. */
static void section_waits_for_less(const struct syni_scope *scope)
{
    struct syni_task *owner = scope->owner;

    SYNI_HOLDS_SCOPE(scope);
    if (scope->awaited != SYNI_SCOPE_NOTHING && !scope->closing && !owner->ending && owner->ops)
        owner->ops->again(owner);
}

/* Destructors run outside the section, and a child counts as alive until its has run: so an owner
 * that finds none alive may free what they use (invariant 29). */
static __attribute__((noinline)) void section_act(struct syni_scope *scope, struct syni_section *section)
{
    SYNI_DELAY(scope_after);
    if (section->ended > 0) {
        SYNI_DELAY(scope_drop);
        destroy_dropped(scope->home, section);
        syni_scope_lock(scope);
        SYNI_INVARIANT(29, scope->live >= section->ended);
        scope->live -= section->ended;
        syni_scope_tell_owner(scope, section);
        syni_scope_unlock(scope);
    }
    if (section->changed) /* before what was asked begins to clean up, and waits in that: the later one is refused */
        section_waits_for_less(section->changed);
    ask_deferred(section);
    if (section->to_tell)
        section->to_tell->wake(section->to_tell);
}

void syni_scope_leave(struct syni_scope *scope, struct syni_section *section)
{
    SYNI_HOLDS_SCOPE(scope);
    syni_scope_unlock(scope);
    if (section->ended > 0 || section->changed || section->requests || section->to_ask || section->to_tell)
        section_act(scope, section);
}

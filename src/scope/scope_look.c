/* SPDX-License-Identifier: Apache-2.0
 *
 * Scopes: what their owner asks of them at any time, while children end elsewhere.
 */
#include "thread/thread_waits.h"
#include "scope/scope.h"

#include <stddef.h>

#include "base/report.h"
#include "circle/circle.h"

/* For a caller that only looks. */
static struct syni_scope *scope_look_look_at(const struct syn_scope *scope,
                                             struct syni_section *section)
{
    struct syni_scope *looked_at = SYNI_SCOPE((uintptr_t)scope);

    syni_scope_look(looked_at);
    syni_scope_enter(looked_at, section);
    return looked_at;
}

int syn_scope_winner(const struct syn_scope *public_scope)
{
    struct syni_section section;
    struct syni_scope *scope = scope_look_look_at(public_scope, &section);
    int winner = scope->winner - 1;

    syni_scope_leave(scope, &section);
    return winner;
}

unsigned syn_scope_live(const struct syn_scope *public_scope)
{
    struct syni_section section;
    struct syni_scope *scope = scope_look_look_at(public_scope, &section);
    unsigned live = scope->bound ? scope->live : 0;

    syni_scope_leave(scope, &section);
    return live;
}

int syn_scope_failure(const struct syn_scope *public_scope, unsigned i,
                      struct syn_failure *out_failure)
{
    struct syni_section section;
    struct syni_scope *scope = scope_look_look_at(public_scope, &section);
    const struct syni_core *core = syni_scope_failure_at(scope, i);

    if (core)
        *out_failure =
            (struct syn_failure){core->member.number, core->err, core->origin, core->report};
    syni_scope_leave(scope, &section);
    return core != NULL;
}

syn_err syni_scope_refuse_registered(struct syni_scope *scope)
{
    struct syni_section section;
    bool registered;

    syni_scope_enter(scope, &section);
    registered = scope->sleeper != NULL;
    syni_scope_leave(scope, &section);
    return registered ? syni_refuse(SYN_EDEADLK,
                                    "the scope was given to a mailbox, which calls scope_then()'s callback "
                                    "with its result; go on in that callback")
                      : SYN_OK;
}

/* The first child from NUMBER on, held; NULL: there is none. */
static struct syni_core *hold_child(struct syni_scope *scope, unsigned number)
{
    struct syni_core *found = NULL;
    struct syni_section section;

    syni_scope_enter(scope, &section);
    SYNI_LIST_EACH (node, &scope->children) {
        struct syni_core *core = syni_member_core(node);

        if (core->member.number >= number && (!found || core->member.number < found->member.number))
            found = core;
    }
    if (found)
        syni_core_hold(found);
    syni_scope_leave(scope, &section);
    return found;
}

/* In a step: the wait depends on each child; if the first is enough, only on all of them together. One
 * by one, since marking takes other locks. */
syn_err syni_scope_depend(struct syni_scope *scope, uint64_t id, struct syn_report **out_report)
{
    bool any = scope->goal != SYNI_GOAL_ALL;
    struct syni_core *child = hold_child(scope, 0);
    syn_err err = SYN_OK;

    *out_report = NULL;
    while (child) {
        unsigned next = child->member.number + 1;

        syni_report_free(*out_report);
        *out_report = NULL;
        err = (any ? syni_circle_look_at : syni_circle_depend)(id, child, out_report);
        syni_core_unpin(child);
        child = any == !err ? NULL : hold_child(scope, next);
    }
    return err;
}

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

/* The child behind BEFORE, which is held, and was one; NULL: the first. They are in the order of their numbers. */
static struct syni_list *child_behind(struct syni_scope *scope, const struct syni_core *before)
{
    struct syni_list *node = scope->children.next;

    SYNI_HOLDS_SCOPE(scope);
    if (before && syni_core_is_awaited(before)) /* by us: it is on the list */
        return before->member.link.next;
    while (before && node != &scope->children && syni_member_core(node)->member.number <= before->member.number) {
        SYNI_STEP();
        node = node->next;
    }
    return node;
}

/* That child, held; NULL: there is none. BEFORE is let go. */
static struct syni_core *hold_next(struct syni_scope *scope, struct syni_core *before)
{
    struct syni_core *found = NULL;
    struct syni_section section;
    struct syni_list *node;

    syni_scope_enter(scope, &section);
    node = child_behind(scope, before);
    if (node != &scope->children) {
        found = syni_member_core(node);
        syni_core_hold(found);
    }
    syni_scope_leave(scope, &section);
    if (before)
        syni_core_unpin(before);
    return found;
}

/* In a step: the wait depends on each child, also where the first is enough, since what is cancelled then must end,
 * too. One by one, since marking takes other locks. */
syn_err syni_scope_depend(struct syni_scope *scope, uint64_t id, struct syn_report **out_report)
{
    struct syni_core *child = hold_next(scope, NULL);
    syn_err err = SYN_OK;

    *out_report = NULL;
    while (child && !err) {
        err = syni_circle_depend(id, child, out_report);
        if (!err)
            child = hold_next(scope, child);
    }
    if (child)
        syni_core_unpin(child);
    return err;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Scopes: what their owner asks of them at any time, while children end elsewhere.
 */
#include "facade/home.h"
#include "task/scope.h"

#include <stddef.h>

#include "base/report.h"

/* For who only looks. */
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
                                    "the scope was given to a mailbox, whose drain tells what it comes "
                                    "to; go on in the callback of scope_then()")
                      : SYN_OK;
}

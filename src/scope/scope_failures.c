/* SPDX-License-Identifier: Apache-2.0
 *
 * What a scope collects: the children that failed, in the order they did, each found by its
 * number in logarithmic time, without memory of its own.
 *
 * A list that is only appended to; its nodes have one pointer more, to an earlier node (E. Myers,
 * "An applicative random-access stack", 1983). Where two jumps of the last node are as long, the
 * new one jumps over both; else to the last node. So there is a jump of about half the distance
 * everywhere. The pointers lie where the child was told what to write, which is past.
 *
 * In the section while children live; afterwards the owner's.
 */
#include "scope/scope.h"

#include <stddef.h>

static struct syni_core *core_of(struct syni_list *node)
{
    return SYNI_CONTAINER(node, struct syni_core, member.link);
}

void syni_scope_collect(struct syni_scope *scope, struct syni_core *core)
{
    struct syni_member *member = &core->member, *last, *over;

    SYNI_HOLDS_SCOPE(scope);
    SYNI_SURE(core->err);
    if (syni_list_empty(&scope->failures)) {
        member->place = 0;
        member->jump = core;
    } else {
        last = &core_of(scope->failures.prev)->member;
        over = &last->jump->member;
        member->place = last->place + 1;
        member->jump = last->place - over->place == over->place - over->jump->member.place
                           ? over->jump
                           : core_of(scope->failures.prev);
    }
    syni_list_append(&scope->failures, &member->link);
}

const struct syni_core *syni_scope_failure_at(const struct syni_scope *scope, unsigned i)
{
    const struct syni_core *core;

    if (!scope->failures.next || syni_list_empty(&scope->failures))
        return NULL;
    core = core_of(scope->failures.prev);
    if (i > core->member.place)
        return NULL;
    while (core->member.place != i) {
        SYNI_STEP();
        core = core->member.jump->member.place >= i ? core->member.jump
                                                    : core_of(core->member.link.prev);
    }
    return core;
}

void syni_scope_forget_failures(struct syni_scope *scope)
{
    if (!scope->failures.next)
        return;
    SYNI_LIST_EACH (node, &scope->failures) {
        syni_list_remove(node);
        syni_core_let_go(core_of(node));
    }
    if (!scope->bound)
        syni_scope_unlist(scope);
}

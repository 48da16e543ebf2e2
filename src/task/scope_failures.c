/* SPDX-License-Identifier: Apache-2.0
 *
 * What a scope collects: the children that failed, in the order they did, each found by its
 * number in logarithmic time, without memory of its own.
 *
 * A list that is only appended to, whose nodes have one pointer more, to an earlier node (E. Myers,
 * "An applicative random-access stack", 1983). Where two jumps of the last node are as long, the
 * new one jumps over both; else to the last node. So there is a jump of about half the distance
 * everywhere. The pointers lie where the child was told what to write, which is past.
 *
 * In the section while children live; afterwards the owner's.
 */
#include "task/scope.h"

#include <stddef.h>

static struct syni_member *member_of(struct syni_list *node)
{
    return SYNI_CONTAINER(node, struct syni_member, link);
}

void syni_scope_collect(struct syni_scope *scope, struct syni_core *core)
{
    struct syni_member *member = core->member, *last, *over;

    if (syni_list_empty(&scope->failures)) {
        member->place = 0;
        member->jump = member;
    } else {
        last = member_of(scope->failures.prev);
        over = last->jump;
        member->place = last->place + 1;
        member->jump = last->place - over->place == over->place - over->jump->place ? over->jump : last;
    }
    syni_list_append(&scope->failures, &member->link);
}

const struct syni_core *syni_scope_failure_at(const struct syni_scope *scope, unsigned i)
{
    const struct syni_member *member;

    if (!scope->failures.next || syni_list_empty(&scope->failures))
        return NULL;
    member = member_of(scope->failures.prev);
    if (i > member->place)
        return NULL;
    while (member->place != i) {
        SYNI_STEP();
        member = member->jump->place >= i ? member->jump : member_of(member->link.prev);
    }
    return member->core;
}

void syni_scope_forget_failures(struct syni_scope *scope)
{
    if (!scope->failures.next)
        return;
    SYNI_LIST_EACH (node, &scope->failures) {
        syni_list_remove(node);
        syni_core_let_go(syni_member_core(node));
    }
    if (!scope->bound)
        syni_scope_unlist(scope);
}

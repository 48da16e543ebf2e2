/* SPDX-License-Identifier: Apache-2.0
 *
 * Chains of tasks of one loop. See chain.h.
 *
 * Driver only: a task's wait is its driver's. So a chain ends where another loop begins; what waits
 * there is not seen. circle.c looks across loops, for steps that block.
 */
#include "task/chain.h"

#include "base/report.h"

bool syni_chain_leads(const struct syni_task *from, const struct syni_task *to, int *left)
{
    struct syni_task *walked = SYNI_TASK(from);
    bool found;

    if (from == to || from->walked) /* what is on the way already goes on only if this does */
        return true;
    if ((*left)-- <= 0 || from->queued || syni_task_is_asked(from) ||
        syni_heap_holds(&from->timer.node))
        return false;
    if ((from->wait != SYNI_WAIT_RESULT && from->wait != SYNI_WAIT_OTHER) || !from->ops ||
        !from->ops->leads)
        return false;
    walked->walked = true;
    found = from->ops->leads(from, to, left);
    walked->walked = false;
    return found;
}

bool syni_chain_core_leads(const struct syni_core *core, const struct syni_task *to, int *left)
{
    while (!core->task && core->ops && core->ops->source)
        core = core->ops->source(core);
    return core->task && core->task->home == to->home && syni_chain_leads(core->task, to, left);
}

bool syni_chain_closes_by(const struct syni_core *core, const struct syni_task *task)
{
    int left = SYNI_CHAIN_FAR;

    SYNI_INVARIANT(220, !task->walked);
    return syni_chain_core_leads(core, task, &left);
}

struct syn_report *syni_chain_say(const struct syni_task *task, const char *what)
{
    return syni_report_format(SYN_EDEADLK, SYN_BY_LIBRARY,
                              "%s would wait for %s, which waits, perhaps through others, for %s; "
                              "unlock before that wait, or let only one of the two wait",
                              task->function->name, what, task->function->name);
}

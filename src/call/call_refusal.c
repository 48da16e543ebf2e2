/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls that are not taken: what they come to, and what the report says.
 */
#include "call/call.h"

#include "base/report.h"
#include "base/zero.h"
#include "life/home_refusal.h"
#include "life/life.h"
#include "task/engine.h"
#include "task/home.h"
#include "task/local.h"
#include "task/seen.h"
#include "task/task_cancel.h"

/* Where FUNCTION runs if SELF calls it. */
static struct syn_synchronizer *synchronizer_of(const struct syni_self *self,
                                                const struct syn_function *function)
{
    struct syni_home *here;

    if (function->synchronizer)
        return function->synchronizer;
    here = syni_home_of(self);
    return here ? here->synchronizer : syn_default_synchronizer();
}

struct syn_report *syni_call_report(const struct syn_function *function, syn_err err)
{
    return syni_home_report(synchronizer_of(syni_self(), function), err, function->name);
}

void syni_call_not_made(struct syni_task *task)
{
    const struct syn_function *function = task->function;

    syni_zero(task, sizeof(struct syn_task));
    task->function = function;
}

void syni_call_not_taken(struct syni_task *task)
{
    syni_task_withdraw(task);
    syni_local_release(task->locals);
    task->core.err = syni_life_refusal(task->home);
    if (SYNI_HOOKED)
        syni_seen_end(task);
    if (task->function->ended)
        task->function->ended((struct syn_task *)(void *)task);
}

/* Why HOME does not take a call of NAME; only its memory need be there. */
static struct syn_report *call_report_refused(struct syni_home *home, syn_err err, const char *name)
{
    struct syn_report *report;

    if (!syni_life_hold(home))
        return syni_report_format(err, SYN_BY_LIBRARY, "%s: its synchronizer was freed", name);
    report = syni_home_report(home->synchronizer, err, name);
    syni_life_let_go(home);
    return report;
}

void syni_call_refused(struct syni_task *task)
{
    task->core.err = syni_life_refusal(task->home);
    task->core.origin = SYN_BY_LIBRARY;
    task->core.report = call_report_refused(task->home, task->core.err, task->function->name);
    syni_task_withdraw(task);
    if (SYNI_HOOKED)
        syni_seen_end(task);
    syni_task_drop_arguments(task);
    if (task->function->ended)
        task->function->ended((struct syn_task *)(void *)task);
    syni_core_complete(&task->core);
}

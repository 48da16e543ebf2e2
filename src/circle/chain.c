/* SPDX-License-Identifier: Apache-2.0
 *
 * Chains of tasks of one loop. See chain.h.
 *
 * Driver only: a task's wait is its driver's. So a chain ends where another loop or a job begins; search.c
 * goes on from there. circle.c has steps that block. A thread that begins to wait in a job looks by the same
 * functions, and none of the tasks lives where it is.
 */
#include "circle/chain.h"

#include "base/report.h"
#include "task/task_cancel.h"
#include "task/task_resume.h"

bool syni_chain_may_lead(const struct syni_core *core)
{
    const struct syni_task *task = syni_core_task(core);

    return task ? syni_task_may_lead(task) : core->ops->chain->waits(core);
}

bool syni_chain_is_asked(const struct syni_core *core)
{
    const struct syni_task *task = syni_core_task(core);

    return task ? syni_task_is_asked(task) : core->ops->chain && core->ops->chain->is_asked(core);
}

/* TASK waits for other tasks. */
static bool chain_waits(const struct syni_task *task)
{
    return syni_task_may_lead(task) && task->ops && task->ops->leads && !task->queued;
}

/* TASK was asked to end, and so was what it waits for: it waits until that has cleaned up, whatever time it is. */
static bool chain_waits_on(const struct syni_task *task)
{
    SYNI_SURE(task->ops && syni_task_is_asked(task));
    return task->ops->waits_on || (syni_task_wait(task) == SYNI_WAIT_RESULT &&
                                   syni_chain_is_asked(task->on.result.child));
}

bool syni_chain_holds(const struct syni_task *task)
{
    SYNI_DRIVEN_FOR(task);
    if (!chain_waits(task))
        return false;
    if (syni_task_is_asked(task) && !task->leaving) /* a wait of a clean-up is not ended by the request that it follows */
        return chain_waits_on(task);
    return !syni_heap_holds(&task->timer.node);
}

/* TASK, which was cancelled, waits on: if it awaits, a deadline of that would only ask once more. */
bool syni_chain_holds_though_asked(const struct syni_task *task)
{
    SYNI_DRIVEN_FOR(task);
    return chain_waits(task) && syni_task_is_asked(task) &&
           (syni_task_wait(task) == SYNI_WAIT_RESULT || !syni_heap_holds(&task->timer.node));
}

unsigned syni_chain_number(void)
{
    static atomic_uint last;

    /* acq_rel: what waits with a smaller number was written before it, and is seen from here on */
    return (atomic_fetch_add_explicit(&last, 1, memory_order_acq_rel) & SYNI_CHAIN_NUMBERS) + 1;
}

/* A search is needed where what produces CORE waits, which is elsewhere, too far away, or a job. First the
 * number, then the look: see search.c. */
static bool chain_ends_at(const struct syni_core *core, struct syni_walk *walk)
{
    if (!walk->number)
        walk->number = syni_chain_number();
    walk->far = walk->far || syni_chain_may_lead(core);
    return false;
}

bool syni_chain_leads(const struct syni_task *from, struct syni_walk *walk)
{
    struct syni_task *walked = SYNI_TASK(from);
    bool found;

    if (walk->meets)
        return walk->meets(walk, &from->core);
    if (from == walk->to || from->walked) /* what is on the way already goes on only if this does */
        return true;
    if (!syni_chain_holds(from) && !(walk->asked && syni_chain_holds_though_asked(from)))
        return false;
    if (walk->left-- <= 0)
        return chain_ends_at(&from->core, walk);
    walked->walked = true;
    found = from->ops->leads(from, walk);
    walked->walked = false;
    return found;
}

bool syni_chain_core_leads(const struct syni_core *core, struct syni_walk *walk)
{
    struct syni_task *task;

    while (!syni_core_task(core) && core->ops && core->ops->source)
        core = core->ops->source(core);
    task = syni_core_task(core);
    if (!task && !(core->ops && core->ops->chain))
        return false;
    if (walk->meets)
        return walk->meets(walk, core);
    if (!task || task->home != walk->home)
        return chain_ends_at(core, walk);
    return syni_chain_leads(task, walk);
}

bool syni_chain_home_leads(struct syni_home *home, struct syni_walk *walk)
{
    if (walk->meets_home)
        return walk->meets_home(walk, home);
    if (!walk->number)
        walk->number = syni_chain_number();
    walk->far = true;
    return false;
}

bool syni_chain_closes(const struct syni_task *task, const struct syni_core *core,
                       const struct syni_task *holder, unsigned *out_number)
{
    struct syni_walk walk = SYNI_WALK_TO(task);
    bool closes;

    SYNI_DRIVEN_FOR(task);
    SYNI_INVARIANT(220, !task->walked);
    closes = core ? syni_chain_core_leads(core, &walk) : syni_chain_leads(holder, &walk);
    *out_number = walk.far ? walk.number : 0;
    return closes;
}

bool syni_chain_is_closed(const struct syni_task *task, const struct syni_core *core, bool *out_far)
{
    struct syni_walk walk = SYNI_WALK_TO(task);
    bool closed;

    SYNI_DRIVEN_FOR(task);
    walk.asked = true;
    closed = syni_chain_core_leads(core, &walk);
    *out_far = walk.far;
    return closed;
}

struct syn_report *syni_chain_say(const struct syni_task *task, const char *what)
{
    return syni_report_format(SYN_EDEADLK, SYN_BY_LIBRARY,
                              "%s would wait for %s, which waits, perhaps through others, for %s; "
                              "unlock before that wait, or let only one of the two wait",
                              task->function->name, what, task->function->name);
}

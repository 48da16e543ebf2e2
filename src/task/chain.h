/* SPDX-License-Identifier: Apache-2.0
 *
 * Chains of tasks of one loop, each of which goes on only when the next one does; a chain that
 * comes back to its beginning is a circle, and the wait that would close it is refused.
 *
 * Each kind of wait says in its operations whether a wait of that kind LEADS to a task: for one thing,
 * if its producer does; for all of several, if one of them does; for the first of several, if all
 * do. What time may end, what was asked to end, and what no task in particular serves (a semaphore, an
 * event, a condition, a channel without a generator, a promise) leads nowhere.
 */
#ifndef SYNI_CHAIN_H
#define SYNI_CHAIN_H

#include "task/task.h"

/* How many tasks are looked at. Longer chains are not followed. */
enum { SYNI_CHAIN_FAR = 100 };

/* FROM goes on only when TO does. Both live on the loop that runs here. LEFT: how many may still be
 * looked at. */
bool syni_chain_leads(const struct syni_task *from, const struct syni_task *to, int *left);

/* The same for the task that produces CORE; false: none does, or one on another loop. */
bool syni_chain_core_leads(const struct syni_core *core, const struct syni_task *to, int *left);

/* TASK, which would wait for CORE without a deadline, would close a circle. */
bool syni_chain_closes_by(const struct syni_core *core, const struct syni_task *task);
static inline bool syni_chain_closes(const struct syni_core *core, const struct syni_task *task)
{
    const struct syni_task *child = core->task;

    if (child) /* mostly it has not begun */
        return child->home == task->home && child->wait != SYNI_WAIT_NOTHING &&
               syni_chain_closes_by(core, task);
    return core->ops && core->ops->source && syni_chain_closes_by(core, task);
}

/* In words: TASK waits for WHAT. */
struct syn_report *syni_chain_say(const struct syni_task *task, const char *what);

#endif

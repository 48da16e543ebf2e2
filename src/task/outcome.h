/* SPDX-License-Identifier: Apache-2.0
 *
 * What a task comes to: its value or its error, and which of several stands.
 */
#ifndef SYNI_OUTCOME_H
#define SYNI_OUTCOME_H

#include "task/state.h"

/* TASK comes to ERR, or, 0, to its value. What it came to before is the cause. */
void syni_outcome_set(struct syni_task *task, syn_err err, enum syn_origin origin,
                      const char *message);
/* The same where it came to nothing before, mostly to its value. */
static inline void syni_outcome_first(struct syni_task *task, syn_err err, enum syn_origin origin,
                                      const char *message)
{
    SYNI_INVARIANT(14, !task->core.err && !task->core.report);
    if (err)
        syni_outcome_set(task, err, origin, message);
    else
        task->core.origin = origin; /* `err` and `report` are 0 */
}

/* Its clean-up came to ERR, or returned a value. <synchronicity/task.h> says which outcome stands. */
void syni_outcome_amend(struct syni_task *task, syn_err err, const char *message);

/* It is abandoned, and its waiters get ERR. */
void syni_outcome_abandon(struct syni_task *task, syn_err err, enum syn_origin origin,
                          const char *message);

#endif

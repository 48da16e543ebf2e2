/* SPDX-License-Identifier: Apache-2.0
 *
 * What serves a clean-up is not cancelled by a stop: it is sheltered. Driver only.
 */
#ifndef SYNI_SHELTER_H
#define SYNI_SHELTER_H

#include "task/state.h"
#include "task/task_resume.h"

/* TASK, launched by BY, a step of its home: what that shelters it shelters too. */
void syni_shelter_adopt(struct syni_task *by, struct syni_task *task);
static inline void syni_shelter_launched(const struct syni_home *home, struct syni_task *task)
{
    struct syni_task *by = home->current;

    if (by && (by->leaving || by->sheltered))
        syni_shelter_adopt(by, task);
}
/* TASK serves a clean-up from here on, by itself; and does so no more. The first also by its maker,
 * before it is launched. */
void syni_shelter_begin(struct syni_task *task);
void syni_shelter_end(struct syni_task *task);
/* TASK begins to leave, and from here on shelters what it calls. */
static inline void syni_shelter_leaving(struct syni_task *task)
{
    SYNI_DRIVEN_FOR(task);
    SYNI_INVARIANT(14, !task->leaving);
    if (task->in_ring && !task->shelters) /* goes out of the ring of which another one is the head */
        syni_list_remove(&task->shelter);
}
/* TASK, which is in a ring, ended: what it sheltered is like everything else, and cancelled if a stop is
 * under way. */
void syni_shelter_ended(struct syni_task *task);

#endif

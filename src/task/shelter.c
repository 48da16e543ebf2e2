/* SPDX-License-Identifier: Apache-2.0
 *
 * Shelter: what a stop does not cancel, since clean-up needs it.
 *
 * A stop cancels what lives on a home, but for what serves a clean-up: the calls that it makes,
 * and what these make in turn. So does a destructor, and a context that a task of its loop has
 * entered. The shelter lasts as long as what gives it: a call that a clean-up, a callback or a
 * destructor started and left to itself is cancelled as soon as that has ended. So a stop always
 * ends if the clean-ups do.
 *
 * The task that gives shelter is the HEAD of a ring, those that it shelters are the others; one that
 * begins to leave needs no shelter, goes out of the ring that it is in and is the head of its own.
 * Driver only. Discarded: sheltering for ever what a clean-up made (a stop waited for it without
 * limit), and what it awaits at this moment (it may have called something, and await it next).
 */
#include "task/shelter.h"

#include <stddef.h>

#include "task/home.h"
#include "task/task_cancel.h"
#include "task/task_resume.h"

static struct syni_task *task_of(struct syni_list *node)
{
    return SYNI_CONTAINER(node, struct syni_task, shelter);
}

static void use_ring(struct syni_task *task)
{
    if (task->in_ring)
        return;
    task->in_ring = task->owns = true;
    syni_list_init(&task->shelter);
}

void syni_shelter_adopt(struct syni_task *by, struct syni_task *task)
{
    SYNI_DRIVEN_FOR(by);
    if (by == task || task->sheltered || syni_home_now() != task->home)
        return;
    SYNI_INVARIANT(85, !task->in_ring || syni_list_empty(&task->shelter));
    task->sheltered = true;
    use_ring(by);
    use_ring(task);
    syni_list_append(&by->shelter, &task->shelter);
}

/* What is in the ring of TASK, its head, has no shelter any more. */
static void dissolve(struct syni_task *task)
{
    SYNI_DRIVEN_FOR(task);
    while (!syni_list_empty(&task->shelter)) {
        struct syni_task *other = task_of(task->shelter.next);

        syni_list_remove(&other->shelter);
        other->sheltered = false;
        if (!syni_home_accepts(task->home))
            syni_task_request(other, SYN_BY_STOP);
    }
}

void syni_shelter_ended(struct syni_task *task)
{
    SYNI_DRIVEN_FOR(task);
    if (!task->leaving && !task->shelters)
        syni_list_remove(&task->shelter);
    else
        dissolve(task);
}

void syni_shelter_begin(struct syni_task *task)
{
    if (task->sheltered)
        return; /* as long as the task that made it, which leaves it before it ends */
    task->sheltered = task->shelters = true;
}

void syni_shelter_end(struct syni_task *task)
{
    SYNI_DRIVEN_FOR(task);
    if (!task->shelters)
        return;
    task->sheltered = task->shelters = false;
    if (task->in_ring)
        dissolve(task);
    if (!syni_home_accepts(task->home))
        syni_task_request(task, SYN_BY_STOP);
}

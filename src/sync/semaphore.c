/* SPDX-License-Identifier: Apache-2.0
 *
 * Semaphores and events of tasks. Driver only.
 *
 * A unit that is released goes to the task that waits longest, and becomes free only if none waits;
 * so no task can take it before the first in line.
 */
#include "sync/sync.h"

#include <stddef.h>

#include "base/report.h"
#include "task/home.h"
#include "task/task_resume.h"
#include "task/wait.h"

#define SEMAPHORE(pointer) ((struct syni_semaphore *)(void *)(pointer))
#define EVENT(pointer) ((struct syni_task_event *)(void *)(pointer))

static struct syni_semaphore *semaphore_of(struct syn_semaphore *public_semaphore)
{
    struct syni_semaphore *semaphore = SEMAPHORE(public_semaphore);

    syni_line_look(&semaphore->line, semaphore->home);
    return semaphore;
}

static struct syni_task_event *event_of(struct syn_event *public_event)
{
    struct syni_task_event *event = EVENT(public_event);

    syni_line_look(&event->line, event->home);
    return event;
}

void syn_semaphore_init(struct syn_semaphore *public_semaphore, unsigned n)
{
    struct syni_semaphore empty = {.units = n};

    *SEMAPHORE(public_semaphore) = empty;
}

static bool acquire_collected(struct syni_task *task)
{
    bool leaves;

    SYNI_DRIVEN_FOR(task);
    if (syni_line_collect(task, &leaves) && leaves)
        syn_semaphore_release(task->on.line.thing, 1);
    return leaves;
}

static const struct syni_wait_ops acquire_ops = {syni_line_interrupt, acquire_collected,
                                                 syni_line_forget, NULL, NULL, NULL, NULL, false, NULL, NULL};

struct syn_step syni_step_acquire(struct syn_task *public_task,
                                  struct syn_semaphore *public_semaphore,
                                  struct syn_deadline deadline)
{
    struct syni_task *task = SYNI_TASK(public_task);
    struct syni_semaphore *semaphore = semaphore_of(public_semaphore);

    SYNI_DRIVEN_FOR(task);
    if (!syni_line_begin(task, semaphore, &acquire_ops, "a semaphore"))
        return syni_suspended;
    if (semaphore->line.first && semaphore->home != task->home)
        return syni_line_refuse_home(task, semaphore->home);
    semaphore->home = task->home;
    if (semaphore->units > 0) {
        SYNI_INVARIANT(36, !semaphore->line.first);
        semaphore->units--;
        syni_task_resume(task);
    } else {
        syni_line_join(&semaphore->line, task, deadline);
    }
    return syni_suspended;
}

syn_err syn_semaphore_try(struct syn_semaphore *public_semaphore)
{
    struct syni_semaphore *semaphore = semaphore_of(public_semaphore);

    if (semaphore->units == 0)
        return syni_answer(SYN_EBUSY);
    SYNI_INVARIANT(36, !semaphore->line.first);
    semaphore->units--;
    return SYN_OK;
}

void syn_semaphore_release(struct syn_semaphore *public_semaphore, unsigned n)
{
    struct syni_semaphore *semaphore = semaphore_of(public_semaphore);

    if (semaphore->line.first && semaphore->home != syni_home_now())
        syni_panic("a semaphore was released on another synchronizer than that of its waiters");
    for (; n > 0 && semaphore->line.first; n--)
        syni_task_resume(syni_line_take(&semaphore->line));
    semaphore->units += n;
    SYNI_INVARIANT(36, !semaphore->line.first || !semaphore->units);
}

/* --- events --- */

static bool event_collected(struct syni_task *task)
{
    bool leaves;

    SYNI_DRIVEN_FOR(task);
    syni_line_collect(task, &leaves);
    return leaves;
}

static const struct syni_wait_ops event_ops = {syni_line_interrupt, event_collected,
                                               syni_line_forget, NULL, NULL, NULL, NULL, false, NULL, NULL};

struct syn_step syni_step_event(struct syn_task *public_task, struct syn_event *public_event,
                                struct syn_deadline deadline)
{
    struct syni_task *task = SYNI_TASK(public_task);
    struct syni_task_event *event = event_of(public_event);

    SYNI_DRIVEN_FOR(task);
    if (!syni_line_begin(task, event, &event_ops, "an event"))
        return syni_suspended;
    if (event->line.first && event->home != task->home)
        return syni_line_refuse_home(task, event->home);
    event->home = task->home;
    if (event->set)
        syni_task_resume(task);
    else
        syni_line_join(&event->line, task, deadline);
    return syni_suspended;
}

void syn_event_set(struct syn_event *public_event)
{
    struct syni_task_event *event = event_of(public_event);
    struct syni_task *task;

    SYNI_INVARIANT(36, !event->line.first || !event->set);
    if (event->line.first && event->home != syni_home_now())
        syni_panic("an event was set on another synchronizer than that of its waiters");
    event->set = 1;
    while ((task = syni_line_take(&event->line)))
        syni_task_resume(task);
}

void syn_event_clear(struct syn_event *event)
{
    EVENT(event)->set = 0;
}

int syn_event_is_set(const struct syn_event *event)
{
    return EVENT((uintptr_t)event)->set != 0;
}

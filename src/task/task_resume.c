/* SPDX-License-Identifier: Apache-2.0
 *
 * Waking a task: what everything that a task can wait for ends in. Driver only, but for
 * syni_task_wake() and syni_task_wake_at_once().
 *
 * Through the ready queue; or, where one task hands over to another, by a TRANSFER: the other one is
 * noted as the home's `next`, and the trampoline (engine.c) runs it when the step that runs has
 * returned. In neither way by a call, so that no chain of tasks is a chain of calls. What hands over:
 * a task that awaits the call that it made last, to that call; a call that ends, to its awaiter; a consumer,
 * to its generator; a generator that sleeps at its yield, to its consumer; a task that is served at once, to
 * itself. Only so many follow each other (engine.c), and then the ready queue has its turn; they
 * count in the loop's batch, so that posts, timers and events come by as before. A loop with an order that
 * is drawn makes none, so that every order is still drawn. Discarded: a call at once, inside the one that
 * wakes, since stacks are bounded; and a transfer for everything that is woken: a task that sets an event goes
 * on, and hands over to nobody.
 */
#include "task/task_resume.h"

#include <stddef.h>

#include "loop/loop_inbox.h"
#include "loop/role.h"
#include "task/seen.h"
#include "task/task_cancel.h"

static void set_ready(struct syni_task *task)
{
    SYNI_INVARIANT(10, syni_drives(&task->home->loop));
    SYNI_INVARIANT(12, !task->queued || task->ending); /* abandoned, with a wake on its way */
    atomic_store_explicit(&task->wait, SYNI_WAIT_NOTHING, memory_order_relaxed);
    task->queued = true;
    task->live.waits_for = "";
}

static void queue(struct syni_task *task)
{
    set_ready(task);
    syni_loop_ready(&task->home->loop, &task->core.job);
}

/* The same while somebody looks. Apart, so that nothing is saved across a call that is not made. (Of a
 * transfer the trampoline tells.) */
SYNI_COLD static void queue_seen(struct syni_task *task)
{
    syni_seen_ready(task);
    queue(task);
}

void syni_task_resume(struct syni_task *task)
{
    if (SYNI_HOOKED)
        queue_seen(task);
    else
        queue(task);
}

void syni_task_post_arrived(struct syni_task *task)
{
    SYNI_DRIVEN_FOR(task);
    queue(task);
}

static void resume_post(struct syni_task *task)
{
    if (SYNI_HOOKED)
        syni_seen_ready(task);
    syni_loop_post(&task->home->loop, &task->core.job);
}

void syni_task_wake(struct syni_task *task)
{
    if (syni_drives(&task->home->loop))
        syni_task_resume(task);
    else
        resume_post(task);
}

/* --- transfers --- */

/* A request is on its way to TASK, which does not overtake it. */
static bool awaits_request(const struct syni_task *task)
{
    /* relaxed: the driver wrote it, or sees it late, as it may */
    return syni_task_is_asked(task) && !atomic_load_explicit(&task->asked, memory_order_relaxed);
}

bool syni_task_may_transfer(const struct syni_task *task)
{
    return syni_home_may_transfer(task->home) && !awaits_request(task);
}

void syni_task_transfer(struct syni_task *task)
{
    SYNI_DRIVEN_FOR(task);
    if (!syni_task_may_transfer(task)) {
        syni_task_resume(task);
        return;
    }
    set_ready(task);
    syni_home_transfer(task->home, task);
}

void syni_task_wake_at_once(struct syni_task *task)
{
    if (syni_drives(&task->home->loop))
        syni_task_transfer(task);
    else
        resume_post(task);
}

void syni_task_stop_transfers(struct syni_home *home)
{
    struct syni_task *task = home->next;

    SYNI_DRIVEN(&home->loop);
    home->n_transfers = 0;
    home->next = home->newborn = NULL;
    if (!task)
        return;
    syni_loop_ready(&home->loop, &task->core.job);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * What a task does, told and measured. Nothing here runs while nobody looks, so it may look at the
 * clock; and no task depends on it: one that was made, or became ready, before somebody looked just has
 * no time for that.
 */
#include "task/seen.h"

#include <stddef.h>

#include "base/time.h"
#include "base/times.h"
#include "loop/role.h"
#include "task/task_resume.h"

static void seen_tell_by(struct syni_task *task, enum syn_hook hook, const void *by)
{
    struct syn_hook_event event = {.hook = hook,
                                   .detail = -1,
                                   .id = task,
                                   .by = by,
                                   .name = task->function->name,
                                   .where = task->home->loop.name,
                                   .data = &task->data};
    const char *waits_for = task->live.waits_for;

    if (hook == SYN_HOOK_TASK_SUSPENDS) {
        event.what = waits_for;
        event.detail = task->live.detail < 0 ? -1 : task->live.detail;
    }
    if (hook == SYN_HOOK_TASK_ENDS) {
        event.err = task->core.err;
        if (task->stepped && syni_self()->runs.id != task)
            event.what = waits_for[0] ? waits_for : "its turn";
    }
    syni_hooks_tell(&event);
}

static void seen_tell(struct syni_task *task, enum syn_hook hook)
{
    seen_tell_by(task, hook, NULL);
}

void syni_seen_made(struct syni_task *task)
{
    task->live.since = syni_now();
    seen_tell(task, SYN_HOOK_TASK_MADE);
}

/* Less than 0 says that neither a task nor a job did it. */
void syni_seen_ready(struct syni_task *task)
{
    task->live.since = syni_self()->runs.id ? syni_now() : -syni_now();
    seen_tell(task, SYN_HOOK_TASK_READY);
}

void syni_seen_step_begins(struct syni_task *task, struct syni_seen_step *step, const void *by)
{
    struct syni_loop_times *times = &task->home->loop.times;
    int64_t ready;

    SYNI_DRIVEN_FOR(task);
    if (by && task->stepped) {
        task->live.since = syni_now();
        seen_tell_by(task, SYN_HOOK_TASK_READY, by);
    }
    syni_hooks_look(true); /* so that the end of TASK is seen if it comes in this step */
    step->before = syni_hooks_run((struct syni_runs){task, &task->data});
    task->home->stepping = task;
    step->began_ns = syni_now();
    ready = task->live.since;
    if (syni_measured() && ready)
        syni_times_add(&times->ready, step->began_ns - (ready < 0 ? -ready : ready));
    task->live.since = 0;
    if (task->stepped)
        seen_tell_by(task, SYN_HOOK_TASK_RESUMES, ready > 0 ? task : NULL);
    else
        seen_tell(task, SYN_HOOK_TASK_BEGINS);
    task->stepped = true;
}

void syni_seen_step_ended(struct syni_home *home, struct syni_task *task,
                          const struct syni_seen_step *step)
{
    SYNI_DRIVEN(&home->loop);
    if (home->stepping == task)
        seen_tell(task, SYN_HOOK_TASK_SUSPENDS);
    home->stepping = NULL;
    syni_hooks_look(false);
    if (syni_measured())
        syni_times_add(&home->loop.times.step, syni_now() - step->began_ns);
    syni_hooks_run(step->before);
}

void syni_seen_end(struct syni_task *task)
{
    struct syni_runs *runs = &syni_self()->runs;

    if (task->home->stepping == task)
        task->home->stepping = NULL;
    seen_tell(task, SYN_HOOK_TASK_ENDS);
    if (runs->id == task)
        runs->data = NULL; /* what follows in its step is its doing, and the frame may be gone */
}

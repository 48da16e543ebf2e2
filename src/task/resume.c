/* SPDX-License-Identifier: Apache-2.0
 *
 * Waking a task: what everything that a task can wait for ends in. Driver only, but for
 * syni_task_wake().
 *
 * Always through the ready queue, never by a call, so that no chain of tasks is a
 * chain of calls. What runs then is the engine's, which this file does not know.
 */
#include "task/task.h"

#include <stddef.h>

void syni_task_resume(struct syni_task *task)
{
    task->wait = SYNI_WAIT_NOTHING;
    task->queued = true;
    task->live.waits_for = "";
    task->core.job.run = task->step_job;
    syni_loop_ready(&task->home->loop, &task->core.job);
}

static void resume_by_post(struct syni_job *job)
{
    syni_task_resume(SYNI_CONTAINER(job, struct syni_task, core.job));
}

void syni_task_wake(struct syni_task *task)
{
    if (syni_drives(&task->home->loop)) {
        syni_task_resume(task);
        return;
    }
    task->core.job.run = resume_by_post;
    syni_loop_post(&task->home->loop, &task->core.job);
}

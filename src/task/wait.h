/* SPDX-License-Identifier: Apache-2.0
 *
 * How a wait begins, for what is too frequent to take a call: wait.c and await.c. Others use
 * syni_wait_begin() and syni_wait_begin_asked(), of task.h. Driver only.
 */
#ifndef SYNI_WAIT_H
#define SYNI_WAIT_H

#include "base/report.h"
#include "task/task.h"

/* That TASK waits, from now on. */
static inline void syni_wait_note(struct syni_task *task, enum syni_wait wait, const char *what)
{
    SYNI_DRIVEN_FOR(task);
    syni_task_set_wait(task, wait);
    task->live.waits_for = what;
    task->live.detail = -1;
    task->live.since = syni_loop_turn_time(&task->home->loop);
}

/* TASK's step begins to wait for WHAT (static, for dumps). */
static inline void syni_wait_enter(struct syni_task *task, enum syni_wait wait, const char *what)
{
    SYNI_DRIVEN_FOR(task);
    if (syni_task_wait(task) != SYNI_WAIT_NOTHING || task->home->current != task)
        syni_panic("a step waits for two things at once, or for another task");
    syni_wait_note(task, wait, what);
    syni_report_free(task->heard);
    task->heard = NULL;
}

/* As syni_wait_begin_asked(). */
static inline void syni_wait_enter_asked(struct syni_task *task, enum syni_wait wait, const char *what)
{
    SYNI_DRIVEN_FOR(task);
    syni_wait_enter(task, wait, what);
    if (task->leaving || !syni_task_heeds_request(task))
        return;
    task->interrupted = task->put_off;
    task->put_off = true;
}

#endif

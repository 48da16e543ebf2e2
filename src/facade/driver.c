/* SPDX-License-Identifier: Apache-2.0
 *
 * Callers that drive: what a thread puts aside while it runs other people's tasks.
 *
 * Any thread that took the role; each has its own.
 */
#include "facade/driver.h"

#include <errno.h>
#include <stddef.h>

#include "base/report.h"

/* A caller's thread that ends inside a task that it drives takes the role, and the
 * frames on its stack, with it: nobody could ever go on. */
static _Thread_local int depth; /* of drives in this thread */
static _Thread_local struct syni_exit_call at_exit;

static void thread_ends(void *unused)
{
    (void)unused;
    if (depth > 0)
        syni_panic("a thread ended (pthread_exit, cancellation) inside a task that it drove");
}

void syni_drive_begin(struct syni_drive *drive, struct syni_loop *loop)
{
    drive->loop = loop;
    drive->saved_errno = errno;
    drive->report = syni_report_take();
    drive->origin = syn_last_origin();
    syni_driving_enter(&drive->here, loop);
    depth++;
    if (!at_exit.fn) {
        at_exit.fn = thread_ends;
        syni_thread_at_exit(&at_exit);
    }
    syni_clock_step_aside();
    drive->saved_deadlines = syni_deadlines_shadow();
}

void syni_drive_end(struct syni_drive *drive)
{
    syni_deadlines_unshadow(drive->saved_deadlines);
    syni_clock_step_back();
    depth--;
    syni_driving_leave(&drive->here);
    syni_loop_stop_driving(drive->loop);
    syni_report_keep(SYN_OK, drive->origin, drive->report);
    errno = drive->saved_errno;
}

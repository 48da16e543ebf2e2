/* SPDX-License-Identifier: Apache-2.0
 *
 * Callers that drive: what a thread puts aside while it runs other people's tasks.
 *
 * Any thread that took the role; each has its own.
 */
#include "thread/driver.h"

#include <errno.h>
#include <stddef.h>

#include "base/report.h"
#include "loop/hosted.h"
#include "loop/loop_drive.h"
#include "loop/role.h"

/* A caller's thread that ends inside a task that it drives takes the role, and the
 * frames on its stack, with it: nobody could ever go on. */
static void driver_thread_ends(struct syni_self *self)
{
    if (self->drives > 0)
        syni_panic("a thread ended (pthread_exit, cancellation) inside a task that it drove");
}

void syni_driver_begin(struct syni_self *self, struct syni_drive *drive, struct syni_loop *loop)
{
    drive->loop = loop;
    drive->saved_errno = errno;
    drive->report = self->report;
    drive->code = self->code;
    drive->origin = self->origin;
    self->report = NULL;
    syni_role_enter(self, &drive->here, loop);
    if (self->drives++ == 0 && !self->give_back[SYNI_OWNS_DRIVE])
        syni_self_owns(self, SYNI_OWNS_DRIVE, driver_thread_ends);
    if (self->clock.sleeper.clock)
        syni_clock_step_aside(self);
    drive->saved_deadlines = self->deadlines.first;
    self->deadlines.first = self->deadlines.n;
}

void syni_driver_end(struct syni_self *self, struct syni_drive *drive)
{
    self->deadlines.first = drive->saved_deadlines;
    if (self->clock.sleeper.clock)
        syni_clock_step_back(self);
    self->drives--;
    syni_role_leave(self, &drive->here);
    if (self->hosted && syni_hosts(self, drive->loop))
        syni_hosted_settle(drive->loop, SYNI_NEVER);
    else
        syni_loop_stop_driving(drive->loop);
    if (self->report)
        syni_report_free(self->report);
    self->report = drive->report;
    self->code = drive->code;
    self->origin = drive->origin;
    errno = drive->saved_errno;
}

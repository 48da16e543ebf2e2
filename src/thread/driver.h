/* SPDX-License-Identifier: Apache-2.0
 *
 * A thread that blocks and drives a loop meanwhile, where that is allowed.
 */
#ifndef SYNI_DRIVER_H
#define SYNI_DRIVER_H

#include "loop/loop.h"

/* Lies on the stack of the thread that took the role by syni_loop_try_drive(). */
struct syni_drive {
    struct syni_loop *loop;
    struct syni_driving here;
    struct syn_report *report;
    syn_err code;
    enum syn_origin origin;
    int saved_errno, saved_deadlines;
};

/* Around its turns. In between what the thread has of its own is put aside: its error
 * report, errno, deadlines, its place in a virtual clock. */
void syni_driver_begin(struct syni_self *self, struct syni_drive *drive, struct syni_loop *loop);
void syni_driver_end(struct syni_self *self, struct syni_drive *drive);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The role of the driver of a loop: its wakes, and which loops a thread drives.
 */
#ifndef SYNI_ROLE_H
#define SYNI_ROLE_H

#include "loop/loop.h"

/* The calling thread drives LOOP, perhaps outside of another one. */
bool syni_role_drives_outside(const struct syni_driving *driving, const struct syni_loop *loop);
static inline bool syni_drives(const struct syni_loop *loop)
{
    const struct syni_driving *d = syni_self()->driving;
    return d && (d->loop == loop || syni_role_drives_outside(d->outer, loop));
}

/* The calling thread drives LOOP: what each function needs that says "driver only". */
#define SYNI_DRIVEN(loop) SYNI_INVARIANT(1, syni_drives(loop))

/* Makes the thread that shall act on a post do so. The caller has pinned the loop. */
void syni_role_knock(struct syni_loop *loop);

/* The caller, which has pinned the loop, has posted what may wait. True: it does, since the role is open, or was nobody's
 * and is open from here on. */
bool syni_role_keep(struct syni_loop *loop);

/* The caller has left the role open: the dedicated thread ticks. */
void syni_role_watch_open(struct syni_loop *loop);

/* Ends the sleep of its driver, or the next one. By a thread that pins it, or under the lock of its clock. */
void syni_role_wake(struct syni_loop *loop);

/* The calling thread does HOOK to LOOP: told to hooks. */
SYNI_COLD void syni_loop_tell_role(struct syni_loop *loop, enum syn_hook hook);

/* The innermost of the loops that the calling thread drives (self.h), or NULL. */
struct syni_driving *syni_role_driving_now(void);
/* A thread that took the role by syni_loop_try_drive() says so around its turns. */
void syni_role_enter(struct syni_self *self, struct syni_driving *here, struct syni_loop *loop);
void syni_role_leave(struct syni_self *self, struct syni_driving *here);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * KEEPING: a thread that calls by future, and then gets what it called for, drives as one that makes blocking calls
 * does. Between its calls the role stays open, for itself.
 *
 * Where it blocks on a future of its own it takes the role, or follows. The role that it leaves open its next calls do
 * not hand over: they are posted, and run when it drives again, which is when it blocks on the first of them; or when
 * any other thread takes the role, at the latest the dedicated one, after its grace. So 100 calls and 100 gets are driven
 * by one thread, and are posted without a wake.
 *
 * A thread that does something else in between would have its calls run at once, beside that. It finds that it came
 * late to its get, and then hands the role over for 1, 2, 4 ... 32 gets before it tries again. One that finds that its
 * calls were run without it, since it detaches them, or has callbacks, hands it over until it gets again.
 */
#ifndef SYNI_ROLE_KEEP_H
#define SYNI_ROLE_KEEP_H

#include "loop/role.h"

/* Posts JOB, with which a call by future of SELF begins, outside of steps; as syni_loop_post(). If SELF is about to drive, it
 * waits while the role is open. */
bool syni_role_post_call(struct syni_self *self, struct syni_loop *loop, struct syni_job *job);

/* SELF is about to block on a future of a task of LOOP, which may be gone. True: its latest call by future was made
 * there, so it may drive it. */
bool syni_role_gets(struct syni_self *self, const struct syni_loop *loop);

#endif

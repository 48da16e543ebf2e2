/* SPDX-License-Identifier: Apache-2.0
 *
 * The door of a loop for other threads.
 */
#ifndef SYNI_LOOP_INBOX_H
#define SYNI_LOOP_INBOX_H

#include "loop/loop.h"

/* JOB runs on the loop, later, on any driver. Any thread, also the driver. Never
 * fails for memory; false, and JOB was not taken, when the loop is shut. */
bool syni_loop_post(struct syni_loop *loop, struct syni_job *job);

/* The same by a thread that is about to drive, outside of steps: while the role is open JOB wakes nobody, and runs when the
 * next driver comes, after its grace at the latest. */
bool syni_loop_post_kept(struct syni_loop *loop, struct syni_job *job);

/* LOOP, which is not retired yet, is not until it is unpinned; so it can be posted to after what
 * kept it has gone. For moments: its driver waits. Any thread. */
void syni_loop_pin(struct syni_loop *loop);
void syni_loop_unpin(struct syni_loop *loop);

/* No post is taken from here on; what was taken still runs. Driver, or before there is one. */
void syni_loop_shut(struct syni_loop *loop);
/* Posts are taken; at the start. */
void syni_loop_open_inbox(struct syni_loop *loop);

/* Step 1. */
void syni_loop_take_posts(struct syni_loop *loop);
/* Something posted has not run yet. By the holder of the role. */
bool syni_loop_has_posts(struct syni_loop *loop);
/* Nobody has posted since the driver last took the posts. Any thread. */
bool syni_loop_inbox_empty(struct syni_loop *loop);

#endif

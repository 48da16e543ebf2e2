/* SPDX-License-Identifier: Apache-2.0
 *
 * How a loop gets a driver and loses it: the dedicated thread, and callers.
 */
#ifndef SYNI_LOOP_DRIVE_H
#define SYNI_LOOP_DRIVE_H

#include "loop/loop.h"

/* Starts the dedicated thread, unless callers may drive; from here on posts are taken. Fails as
 * syni_thread_start() does. */
syn_err syni_loop_start(struct syni_loop *loop);
/* The dedicated thread alone, which gets the role when it is handed it. Under the loop's lock. */
syn_err syni_loop_start_thread_locked(struct syni_loop *loop);
/* Something shall go on though nobody waits for it: there is a dedicated thread from here on. Any thread. */
syn_err syni_loop_keep_thread(struct syni_loop *loop);
/* Waits for its end, if there is one. */
void syni_loop_join_thread(struct syni_loop *loop);
/* Waits until it has left the loop, which it does: its end is the caller's to join. */
struct syni_thread syni_loop_take_thread(struct syni_loop *loop);
/* Gives the role up for good; by the dedicated thread, when it has shut the loop
 * and nothing is live. The thread then ends. */
void syni_loop_retire(struct syni_loop *loop);
/* Waits for the end of the dedicated thread, or until its host has left it. Not by the driver. If LOOP has not
 * retired, syni_loop_keep_thread() was called before: a poster may be about to start the thread. */
void syni_loop_join(struct syni_loop *loop);
/* Takes the role for the calling thread if it is free and callers may have it. */
bool syni_loop_try_drive(struct syni_loop *loop);
/* Gives it up: to nobody, if nothing is to be done; to a caller that follows; open; to the dedicated thread. */
void syni_loop_stop_driving(struct syni_loop *loop);
struct syni_follower;
/* The calling thread follows no more, and nobody tells it: if it was called it gives the role up. */
void syni_loop_stop_following(struct syni_loop *loop, struct syni_follower *follower);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * A turn of a loop, and its beginning and end.
 */
#ifndef SYNI_LOOP_TURN_H
#define SYNI_LOOP_TURN_H

#include "loop/loop.h"

/* Once for each loop's storage, before anything else: from here on posting to it is
 * defined (and refused). The storage outlives every thread that may post. */
void syni_loop_prepare(struct syni_loop *loop);

/* Makes a loop, which nobody drives yet; also again after syni_loop_fini(). Fails:
 * SYN_EINVAL for a backend that this build lacks, or as the backend does. */
syn_err syni_loop_init(struct syni_loop *loop, const struct syni_loop_options *options);

/* Frees what it holds. Nobody drives it any more, nothing is live. */
void syni_loop_fini(struct syni_loop *loop);

/* It is closing, and whether it has ended is to be looked at now, and not after a sleep from which
 * nobody might wake it: invariant 81. Driver, or its host between turns. */
bool syni_loop_may_have_ended(struct syni_loop *loop);

/* One turn, sleeping at most until UNTIL (on the loop's clock), and not at all once
 * `hurry` was set in it. Driver only. */
void syni_loop_turn(struct syni_loop *loop, int64_t until);
/* The same turn, without any sleep, and first the kernel's events. Driver only. */
void syni_loop_turn_at_once(struct syni_loop *loop);

/* Around the time in which a step blocks: the loop waits too, as far as a virtual clock is
 * concerned, and what is posted has to wait. Driver only. */
void syni_loop_block(struct syni_loop *loop);
void syni_loop_unblock(struct syni_loop *loop);

/* Why the loop died, in words; static. It has. */
const char *syni_loop_cause(const struct syni_loop *loop);

/* The time on the loop's clock, read now. */
int64_t syni_loop_now(struct syni_loop *loop);
__attribute__((cold)) int64_t syni_loop_read_time(struct syni_loop *loop);

/* About the same: as it was when it was first needed in this turn. Driver only. */
static inline int64_t syni_loop_turn_time(struct syni_loop *loop)
{
    return loop->now >= 0 ? loop->now : syni_loop_read_time(loop);
}

#endif

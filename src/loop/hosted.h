/* SPDX-License-Identifier: Apache-2.0
 *
 * Loops that a thread of the program drives, inside a loop of its own; see hosted.c.
 */
#ifndef SYNI_HOSTED_H
#define SYNI_HOSTED_H

#include "loop/loop.h"
#include "loop/role.h"

/* As syni_loop_start(), with SELF, the calling thread, as its host. */
syn_err syni_hosted_start(struct syni_loop *loop, struct syni_self *self);

/* SELF, which is about to stop LOOP, is its host from here on, so that no thread is started for its end.
 * False: it has a thread, or a driver, or something lives there. */
bool syni_hosted_adopt(struct syni_loop *loop, struct syni_self *self);

/* A thread that would host a loop which has a thread. Lies on its stack. */
struct syni_newcomer {
    struct syni_job job;
    struct syni_loop *loop;
    syn_err err; /* 0: it may move in */
    void (*told)(struct syni_newcomer *here);
};

/* LOOP, which had its dedicated thread started if it was lazy, is asked. TOLD is called, by the driver, when
 * HERE may move in or not: SYN_EBUSY, it is hosted, or will be; SYN_ECLOSED, it ends. False: it was not asked, since it
 * has ended. */
bool syni_hosted_ask(struct syni_loop *loop, struct syni_newcomer *here,
                     void (*told)(struct syni_newcomer *here));

/* HERE, which may move in, does: it waits for the dedicated thread, and SELF, the calling thread, hosts
 * the loop. */
void syni_hosted_move_in(struct syni_newcomer *here, struct syni_self *self);

/* LOOP gets a dedicated thread; by its host outside of turns. Fails as syni_thread_start() does, and
 * changes nothing. */
syn_err syni_hosted_move_out(struct syni_loop *loop);

/* True: the calling thread SELF hosts it. */
static inline bool syni_hosts(const struct syni_self *self, const struct syni_loop *loop)
{
    /* relaxed: only this thread makes it true or false for itself */
    return atomic_load_explicit(&loop->host, memory_order_relaxed) == self;
}

/* The same, of LOOP that may be gone. */
bool syni_hosted_is_by(const struct syni_self *self, const struct syni_loop *loop);

/* The calling thread drives LOOP, or is its host between turns. */
#define SYNI_DRIVEN_OR_HOSTED(loop)                                                                \
    SYNI_INVARIANT(210, syni_drives(loop) || syni_hosts(syni_self(), loop))

/* Ends the sleep of the host in a turn of LOOP, which stays in memory meanwhile; also if it has ended. By the
 * waker of that thread, under a lock, so no hook is called. Any thread. */
void syni_hosted_rouse(void *loop);

/* A turn by its host, which has entered as its driver and may sleep until UNTIL; AT_ONCE: it does
 * not sleep at all. False: the loop has ended. */
bool syni_hosted_turn(struct syni_loop *loop, int64_t until, bool at_once);

/* The loop was retired in a turn of its host. By that. */
bool syni_hosted_has_ended(const struct syni_loop *loop);

/* After turns of its host: what is left to do is told by the poller. Time matters to it until UNTIL
 * only. */
void syni_hosted_settle(struct syni_loop *loop, int64_t until);

/* As syni_hosted_turn(), and all other loops that SELF hosts are turned as well. */
void syni_hosted_turn_all(struct syni_self *self, struct syni_loop *loop, int64_t until);

/* SELF has turned loops that it hosts without their host's knowledge: timers that it knows of may be
 * others now, so each asks for a turn. */
void syni_hosted_knock(struct syni_self *self);

/* How long a host may wait for LOOP's poller, on the real clock; SYNI_NEVER: without limit. */
int64_t syni_hosted_patience(struct syni_loop *loop);

#endif

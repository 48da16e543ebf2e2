/* SPDX-License-Identifier: Apache-2.0
 *
 * Time: the real monotonic clock, and the virtual one of tests.
 *
 * A `struct syn_clock *` that is NULL means the real clock everywhere. For a
 * virtual one, each that lives by it is a SLEEPER: a loop, or a thread inside a
 * blocking call. A sleeper is busy or idle. When the last busy one goes idle,
 * time jumps to the earliest deadline, and those with that deadline are woken.
 *
 * The rule that keeps this right: work that is on its way to a sleeper shows in
 * its pending(), from before the giver goes idle until the sleeper itself says
 * that it is busy. Time never jumps while anybody has something pending, so there
 * is no moment at which work is under way and everybody looks idle.
 */
#ifndef SYNI_CLOCK_H
#define SYNI_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include <synchronicity/testing.h>

#include "base/list.h"
#include "base/parker.h"
#include "base/time.h"

struct syni_self;

struct syni_sleeper {
    struct syn_clock *clock; /* NULL: takes no part in any virtual clock, and the rest is not looked at */
    struct syni_list link;   /* among all of the clock; under its lock */
    int64_t deadline;        /* while idle */
    bool idle;
    unsigned why; /* while idle: SYNI_DOZE_... */
    /* Both are called under the clock's lock, by any thread, while idle. */
    void (*wake)(struct syni_sleeper *sleeper);
    bool (*pending)(struct syni_sleeper *sleeper);
};

/* Takes part from now on, as busy; wake and pending are set before. CLOCK may be
 * NULL: then this and all below do nothing. */
void syni_clock_enter(struct syn_clock *clock, struct syni_sleeper *sleeper);
void syni_clock_leave(struct syni_sleeper *sleeper);

enum {
    SYNI_DOZE_OUTSIDE = 1, /* it also waits for the world outside, e.g. a descriptor */
    SYNI_DOZE_BLOCKED = 2, /* it is a thread that needs somebody else to go on */
};

/* Goes idle until DEADLINE; returns at once: the sleeper then really waits, until
 * its wake() is called or something is pending, and rouses itself. WHY: any of the two above. */
void syni_clock_doze(struct syni_sleeper *sleeper, int64_t deadline, unsigned why);

/* Busy again. Only the sleeper itself; twice is fine. */
void syni_clock_rouse(struct syni_sleeper *sleeper);

/* Where CLOCK, a virtual one, has its time, to be read without a lock. */
const void *syni_clock_time(const struct syn_clock *clock);

/* The clock of synchronizers that name none; NULL: real. */
struct syn_clock *syni_clock_default(void);

/* The clock that the calling thread takes part in; NULL: none. */
struct syn_clock *syni_clock_mine(void);

/* Sleeps in the calling thread's parker until *DONE is true (set before the wake),
 * DEADLINE, on the clock that the thread takes part in, or an interrupt; returns *DONE. */
bool syni_clock_sleep(_Atomic(bool) *done, int64_t deadline);

/* The thread of SELF, if it sleeps, or its next sleep, ends; REASON is not 0, and of several the
 * first stays. By any thread that knows it to be in a wait. */
void syni_clock_interrupt(struct syni_self *self, int reason);
/* Why the calling thread was interrupted, if it was; 0. From here on it is not any more. */
int syni_clock_heed_interrupt(struct syni_self *self);

/* Around the time in which the calling thread drives a loop: that loop then stands
 * for the thread, which is itself as good as idle. */
void syni_clock_step_aside(struct syni_self *self);
void syni_clock_step_back(struct syni_self *self);

/* Around the time in which the calling thread, which drives loops, blocks all the same:
 * the thread then stands for itself on CLOCK, that of its innermost loop (NULL: real
 * time), whether it takes part by itself or not. The loops are told by their own. */
struct syni_stand_in {
    bool joined;
    int aside;
};
struct syni_stand_in syni_clock_stand_in(struct syni_self *self, struct syn_clock *clock);
void syni_clock_stand_back(struct syni_self *self, struct syni_stand_in before);

/* syn_clock_new(). EXPLAIN is called, when all are blocked and no handler was set, with where to print: the layers
 * above know what is waited for. */
syn_err syni_clock_make(void (*explain)(int fd), struct syn_clock **out_clock);

#endif

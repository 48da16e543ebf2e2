/* SPDX-License-Identifier: Apache-2.0
 *
 * Where one thread sleeps until another wakes it. One per thread, for the thread's life; most
 * last for ever, and serve another thread afterwards.
 *
 * A wake that comes first is kept (one, however many come): the sleeper looks at
 * its own condition again whenever it returns from a sleep.
 */
#ifndef SYNI_PARKER_H
#define SYNI_PARKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/spin.h"
#include "base/thread.h"

enum syni_parked { SYNI_PARKER_EMPTY, SYNI_PARKER_WOKEN, SYNI_PARKER_SLEEPS };

struct syni_parker {
    _Atomic(enum syni_parked) state;
    struct syni_mutex mutex; /* held from SLEEPS until the sleeper waits for the condition */
    struct syni_cond cond;
    struct syni_patience patience;
    bool made;  /* own: the two above are initialized */
    bool lasts; /* own, and before anybody else knows it: it is never freed */
    struct syni_parker *next_spare;
};

struct syni_self;

/* The calling thread's parker; made by its first sleep. */
struct syni_parker *syni_parker_of(struct syni_self *self);
struct syni_parker *syni_parker_mine(void);

/* Sleeps until a wake (now and then for no reason) or DEADLINE_NS (INT64_MAX: without limit);
 * returns false when the deadline passed. Only the parker's own thread. */
bool syni_parker_sleep(struct syni_parker *parker, int64_t deadline_ns);

/* Sets *DONE, if not NULL, and wakes it, now or at its next sleep. Any thread.
 * What DONE points to may be gone right afterwards. */
void syni_parker_wake(struct syni_parker *parker, _Atomic(bool) *done);

/* Waits until a waker, whose *DONE was seen, has let go of the parker: to be called
 * by the parker's thread before it goes on. */
void syni_parker_settle(struct syni_parker *parker);

#endif

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
    void (*knock)(void *door); /* under the lock: the thread sleeps at DOOR, not here; NULL */
    void *door;
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

/* The parker's thread sleeps at DOOR from here on, a loop that it turns: KNOCK(DOOR), under the parker's
 * lock, ends such a sleep, or the next one. Before each it looks whether it was woken, after
 * syni_parker_sleeps_elsewhere(). NULL: no more; nobody knocks at DOOR after that. */
void syni_parker_go_elsewhere(struct syni_parker *parker, void (*knock)(void *door), void *door);
void syni_parker_sleeps_elsewhere(struct syni_parker *parker);

/* Waits until a waker that set the *DONE that was seen has let go of the parker: to be called
 * by the parker's thread before it goes on. */
void syni_parker_settle(struct syni_parker *parker);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Looking a little before one sleeps, while that has paid off lately.
 *
 * Falling asleep and being woken costs two threads several microseconds, mostly more than
 * the work that is waited for when both sides run. So a thread that is about to sleep looks a few
 * more times, and then lets others run in between, which also serves when the other side wants this
 * processor, until the system gives it another one. A thread that looked in vain looks less
 * often: once in 2, 4, ... 32 sleeps; so one that mostly waits long does not notice it, and idle
 * costs nothing. A yield that took long says that somebody else wants the processor, and
 * then the system's own way of waking is the fairest: no look for a number of sleeps in proportion, so that each
 * bears 100 ns of it at most. With one processor nobody looks. (Adaptive waiting: Karlin, Li, Manasse, Owicki 1991.)
 */
#ifndef SYNI_SPIN_H
#define SYNI_SPIN_H

#include <stdbool.h>
#include <stdint.h>

/* What one sleeper has learnt. Zeroed; only that sleeper touches it. */
struct syni_patience {
    unsigned in_vain;  /* times in a row, at most 5 */
    unsigned left_out; /* sleeps without a look that are still to come */
};

/* COME(OF) is true, now or within some 10 us; false: it is not, and the caller sleeps. */
bool syni_spin(struct syni_patience *patience, bool (*come)(void *of), void *of);

/* The same for at most NS, where each look is a system call: so it neither pauses nor yields in between. Also with one
 * processor, since what comes may be of a process that has another; in vain once in 32 sleeps if not. */
bool syni_spin_for(struct syni_patience *patience, int64_t ns, bool (*come)(void *of), void *of);

/* Between two looks at what another thread is about to do, in a few instructions: the I-th time.
 * Pauses, then yields, then sleeps, since that thread may be one of less priority. */
void syni_spin_once(unsigned i);

#endif

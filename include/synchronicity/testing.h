/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests, yours and ours: time that you control, and failures on demand.
 *
 * VIRTUAL TIME. A virtual clock stands still while anybody works and jumps to the
 * next deadline when everybody waits, so that a test of an hour's timeout takes
 * microseconds and gives the same result every time:
 *
 *     struct syn_clock *clock;
 *     syn_clock_new(&clock);
 *     syn_clock_use(clock);            // synchronizers started from here on use it,
 *                                      // and this thread takes part
 *     square(3600.0, 6, &y);           // returns at once
 *     syn_clock_now(clock);            // 3600000000000
 *     syn_clock_use(NULL);
 *     syn_clock_free(clock);           // after the synchronizers were stopped
 *
 * "Everybody" is: each synchronizer on the clock, and each thread that takes
 * part. A synchronizer waits when it has nothing to run; a thread waits while it
 * is inside a blocking call of this library. A thread that does not take part is
 * not waited for. What crosses the kernel (sockets, pipes) is not seen by the
 * clock: a loop looks at its descriptors before it lets time jump, no more.
 *
 * ALL BLOCKED. When everybody waits and no deadline is pending, nobody can ever
 * go on. The clock then calls its handler; the default one prints what each
 * synchronizer's tasks wait for and aborts, so that a test that would hang fails
 * with the reason. It is not called while a descriptor is waited for, since the
 * world outside may still act.
 *
 * FAULTS. Each allocation and each system call of the library can be made to
 * fail, by its number:
 *
 *     for (unsigned long n = 1;; n++) {
 *         syn_fault_set(NULL, n, 1, ENOMEM);
 *         run_the_test();              // must not crash, hang or leak
 *         if (syn_fault_hits() < n) break;  // it took less than n calls: done
 *     }
 *     syn_fault_clear();
 *
 * UNLIKELY MOMENTS. A race shows when a thread is preempted at the wrong moment, which happens
 * once in a million runs. Checked builds (SYN_CHECKED) have named points at such moments, and a
 * test says what happens there: a thread is held until the test has done what should be safe;
 * or every pass takes longer; or delays are drawn for all points, by a seed that replays.
 *
 *     if (syn_test_hold("post_knock", 1) == SYN_ENOTSUP)
 *         return;                                  // skipped: not a checked build
 *     start_the_thread_that_posts();
 *     syn_test_await_held("post_knock", 10);       // it has pushed, and woken nobody yet
 *     do_what_must_be_safe_now();
 *     syn_test_release("post_knock");
 *
 * The points are listed in src/base/probe.h, each with what was done just before.
 */
#ifndef SYNCHRONICITY_TESTING_H
#define SYNCHRONICITY_TESTING_H

#include <stdint.h>

#include <synchronicity/err.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Owner: the caller that made it; it must outlive the synchronizers on it. Thread: any. */
struct syn_clock;

/* Makes a virtual clock that shows 0. Fails: SYN_ENOMEM. */
syn_err syn_clock_new(struct syn_clock **out_clock);

/* Frees CLOCK; NULL is fine. Fails: SYN_EBUSY, and frees nothing, while a
 * synchronizer or a thread still takes part. */
syn_err syn_clock_free(struct syn_clock *clock);

/* CLOCK becomes the one of every synchronizer that starts from now on without
 * naming one in its options, and the calling thread takes part in it. NULL goes
 * back to real time, and the thread takes part no more. */
void syn_clock_use(struct syn_clock *clock);

/* The calling thread takes part in CLOCK (NULL: in none), without changing what
 * synchronizers use. Call it in every thread of a test that blocks or computes
 * while time must stand still; a thread leaves before it ends. */
void syn_clock_join(struct syn_clock *clock);

/* Nanoseconds on CLOCK; NULL: on the real monotonic one. */
int64_t syn_clock_now(struct syn_clock *clock);

/* FN is called instead of the default when all are blocked, by the thread that
 * noticed, which holds no lock but must not call back into the library except
 * for syn_dump(). NULL: the default. */
void syn_clock_on_all_blocked(struct syn_clock *clock, void (*fn)(void *user), void *user);

/* Makes COUNT calls fail, from the NTH from now (1 is the next one), with errno
 * ERROR. WHAT is "alloc" or the name of a system call ("epoll_ctl"); NULL counts
 * all of them. Replaces the plan before. Thread: any; all threads count. */
void syn_fault_set(const char *what, unsigned long nth, unsigned long count, int error);

/* Nothing fails on purpose any more. */
void syn_fault_clear(void);

/* How many matching calls there were since syn_fault_set(), failed or not. */
unsigned long syn_fault_hits(void);

/* Synchronizers that start from here on run what is ready in an order drawn from SEED, and
 * not first in, first out; 0, the default, goes back to that. A program is right only if it
 * is right in every such order, so run a test under many seeds, on a virtual clock:
 *
 *     for (uint64_t seed = 1; seed <= 1000; seed++) {
 *         syn_test_seed(seed);
 *         run_the_test();              // prints SEED when it fails; that one replays
 *     }
 *
 * What replays: the same seed gives each synchronizer (by its name) the same draws. One
 * synchronizer with calls from one thread then runs the same steps in the same order, to
 * the last. Several threads still race for when their calls arrive, and the kernel for when
 * descriptors are ready. Nobody is kept waiting: each turn runs all that was ready, up to
 * 128, in the drawn order. */
void syn_test_seed(uint64_t seed);

/* The NTH thread from now (1: the next) that comes to POINT stands there until it is released.
 * One for each point; a thread with locks of the library stands there with them. Thread: any, and
 * so are all below. Fails: SYN_ENOTSUP in a build without points; SYN_EINVAL for a name that there
 * is not, and for the 0th. */
syn_err syn_test_hold(const char *point, unsigned long nth);

/* Waits, in real time, until a thread stands at POINT. Fails: SYN_ETIMEDOUT after SECONDS; as
 * syn_test_hold(). What that thread wrote before is not ordered before what the caller does
 * next, so that a race detector sees the race. */
syn_err syn_test_await_held(const char *point, double seconds);

/* The thread that stands at POINT goes on. If none came yet, none is held. */
void syn_test_release(const char *point);

/* Each of the next PASSES threads that come to POINT stays there for SECONDS of real time.
 * Fails: as syn_test_hold(). */
syn_err syn_test_delay(const char *point, unsigned long passes, double seconds);

/* At every point one pass OF so many is delayed, for MOST_SECONDS at most and mostly for much
 * less. SEED, not 0, decides for each pass of each point, by its number. Clears what was said
 * before. Fails: as syn_test_hold(). */
syn_err syn_test_delay_at_random(uint64_t seed, unsigned of, double most_seconds);

/* Nothing is delayed any more, threads that are held go on, and passes count from 0. */
void syn_test_delay_clear(void);

/* How often threads came to POINT, since something was first said about any point. */
unsigned long syn_test_passes(const char *point);

/* Writes to FD the seed, how often each point was passed and delayed, and the last delays. May be
 * called in the signal handler of a program that is about to die. */
void syn_test_delay_print(int fd);

/* How many steps the library made along its lists, on all threads, since this was called last; the
 * first call begins to count. A test compares N things with 10 N, without measuring time. Always 0
 * in a build without points. */
unsigned long syn_test_steps(void);

/* Synchronizers with options that do not mention it let callers drive them (1), or
 * not (0, the default). With it one suite runs in both modes. */
void syn_test_callers_drive(int on);

#ifdef __cplusplus
}
#endif

#endif

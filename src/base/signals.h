/* SPDX-License-Identifier: Apache-2.0
 *
 * The signal masks of threads of ours.
 *
 * Two wishes meet here. No handler of the program may run on a thread of ours, since its stack is
 * small. And a child process inherits the mask of the thread that starts it, so what a step or a
 * job starts must not ignore SIGTERM. So a thread of ours blocks everything while it sleeps, but
 * for the first moment; while it runs the program's code, it leaves open what would run no handler:
 * the signals with default action, which act on the whole process whichever thread takes them.
 *
 * Always open: what a fault of its own raises. Always blocked, but for
 * syni_signals_lend(): SIGPIPE and SIGXFSZ, which would end the process for a write that fails; and
 * what the program blocked in the thread that started ours, since it waits for that elsewhere.
 */
#ifndef SYNI_SIGNALS_H
#define SYNI_SIGNALS_H

#include <stdint.h>

/* The calling thread is about to start one of ours: it blocks all but faults until finish(), so
 * that the new thread never runs with another mask. What it had is what the program blocks, which
 * goes to *OUT_PROGRAM. Both point to a sigset_t, as the new thread's begin() does. */
void syni_signals_prepare(void *out_before, void *out_program);
void syni_signals_finish(const void *before);

/* The calling thread, just started, is one of ours. */
void syni_signals_begin(const void *program);

/* The calling thread, which began, is about to run the program's code: opens what runs no handler.
 * Nothing on a thread that is not ours. */
void syni_signals_open(void);

/* It is about to sleep. Returns for how many nanoseconds it may do so with its mask as it is, after which it
 * asks again; SYNI_NEVER: until it is woken, since all is blocked, or it is not one of ours. A thread
 * after a short sleep gets a moment first, in which it mostly is woken, so that it makes no
 * system call for its mask. */
int64_t syni_signals_sleep(void);

/* It is awake: opens what sleep() blocked, and has a look, now and then, at what runs a handler. Not
 * needed if that was a moment which passed in vain. Returns the time, if it read the clock; else -1. */
int64_t syni_signals_wake(void);

/* It has the mask of the program's threads, whatever has a handler, and may be lent and taken back
 * one inside the other. On the program's own threads: nothing. */
void syni_signals_lend(void);
void syni_signals_take_back(void);

/* In a forked child the calling thread is the program's. */
void syni_signals_forked(void);

/* For tests: changes of a mask, and looks at the handlers, by all threads so far, and how many threads
 * sleep with all blocked; and how long the moment is, from the next sleep on. 0: none. */
struct syni_signals_counts {
    unsigned long changes, looks, shut;
};
struct syni_signals_counts syni_signals_count(void);
void syni_signals_set_doze(int64_t ns);

#endif

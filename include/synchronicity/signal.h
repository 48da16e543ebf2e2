/* SPDX-License-Identifier: Apache-2.0
 *
 * Signals: what a signal handler may call, and signals one after the other.
 *
 * A signal handler may call two functions of this library, syn_notice_send() and syn_dump(), and no
 * other: channel_try_send(), promise_complete() and the like take locks that the interrupted thread may
 * hold.
 *
 * A NOTICE carries "something happened" from a handler to a task or thread:
 *
 *     static struct syn_notice hangup;
 *
 *     static void on_hangup(int number)
 *     {
 *         syn_notice_send(&hangup);
 *     }
 *
 *     syn_notice_open(&hangup);
 *     sigaction(SIGHUP, &(struct sigaction){.sa_handler = on_hangup}, NULL);
 *
 *     co_try(syn_notice_wait_future(&hangup));        // in a task, as often as wanted
 *     syn_notice_wait(&hangup);                       // in a thread
 *
 * Notices COALESCE: however many were sent since the last wait ended, one wait ends by them. None is
 * lost: one that is sent while no wait is on ends the next one. It needs no thread: whichever
 * thread drives the loop of the wait is woken, by a descriptor.
 *
 * SIGNALS need no handler of yours at all:
 *
 *     static const int numbers[] = {SIGTERM, SIGHUP, 0};
 *     struct syn_signals *signals;
 *     struct syn_signal signal;
 *
 *     syn_signals_open(numbers, &signals);
 *     channel_each (struct syn_signal, s, syn_signals_each(signals), &err)     // in a thread
 *         printf("signal %d, %u times\n", s.number, s.count);
 *     co_try(syn_signals_next_future(signals), &self->signal);                 // in a task
 *     syn_signals_close(signals);
 *
 * From the open on the signals no longer have their action; each is kept until it is fetched.
 * Several may listen to one signal: each gets it. When the last of its listeners closes, the
 * action that the program had before is restored, unless the program has set another one meanwhile.
 *
 * In a forked child nobody listens: the actions are as they were before.
 */
#ifndef SYNCHRONICITY_SIGNAL_H
#define SYNCHRONICITY_SIGNAL_H

#include <synchronicity/call.h>
#include <synchronicity/generator.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- notices --- */

/* Owner: the caller. Zero before its first open; not moved while it is open. */
struct syn_notice {
    int inside[8]; /* the library's */
};

/* Takes two descriptors. Thread: any. Fails: SYN_EALREADY (it is open), EMFILE, ENFILE. */
syn_err syn_notice_open(struct syn_notice *notice);

/* Ends a wait, the current one or the next. On a notice that is not open: nothing.
 * Thread: any, also in a signal handler: it takes no lock, allocates nothing, never waits, and
 * leaves errno alone. */
void syn_notice_send(struct syn_notice *notice);

/* Waits until a notice was sent since the last wait ended. A wait that is cancelled, or has its deadline
 * pass, takes none. Fails: SYN_EINVAL (it is not open), SYN_EBUSY (another one waits),
 * SYN_EFORKED (it is the parent's). */
SYN_ASYNC_DECLARE(void, syn_notice_wait, (struct syn_notice *, notice));

/* Handlers that send it may be running on other threads; they do nothing from here on. It may be
 * opened again. Not in a handler. Thread: any. Fails: SYN_EBUSY (one waits, and nothing happened). */
syn_err syn_notice_close(struct syn_notice *notice);

/* --- signals --- */

/* Owner: the caller, until close. */
struct syn_signals;

/* A signal, and how often it came since it was fetched last. The system itself delivers one that
 * comes again while it is pending only once. */
struct syn_signal {
    int number;
    unsigned count; /* at least 1 */
};

/* Listens to NUMBERS, up to 0. Thread: any. Fails: SYN_EINVAL (no number, or one that cannot be
 * listened to: SIGKILL, SIGSTOP, and those of a thread's own faults, SIGSEGV, SIGBUS, SIGFPE, SIGILL),
 * SYN_ENOMEM, EMFILE; then nothing has changed. */
syn_err syn_signals_open(const int *numbers, struct syn_signals **out_signals);

/* The next signal that came. Lower numbers first. One that is cancelled takes none. Fails: SYN_EBUSY
 * (another one waits), SYN_EFORKED. */
SYN_ASYNC_DECLARE(struct syn_signal, syn_signals_next, (struct syn_signals *, signals));

/* The same as a channel, which does not end by itself. Close it before SIGNALS. */
SYN_GENERATOR_DECLARE(struct syn_signal, syn_signals_each, (struct syn_signals *, signals));

/* Listens no longer; what was not fetched is forgotten. NULL is fine. Thread: any, not in a handler.
 * Fails: SYN_EBUSY (one waits, and nothing happened). */
syn_err syn_signals_close(struct syn_signals *signals);

#ifdef __cplusplus
}
#endif

#endif

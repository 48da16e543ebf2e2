/* SPDX-License-Identifier: Apache-2.0
 *
 * A synchronizer inside the loop that you already have: libuv, GLib, Qt, libev, your own poll().
 *
 * Usually a synchronizer has a thread. The thread that says syn_host_begin() takes its place: from
 * then on the tasks of the synchronizer, and the callbacks of syn_future_then() on it, run on that
 * thread and nowhere else, inside syn_host_turn(), and the library has no thread there.
 *
 *     syn_host_begin(&app);
 *     for (;;) {
 *         struct pollfd fds[2] = {{.fd = syn_host_fd(&app), .events = POLLIN},
 *                                 {.fd = mine, .events = POLLIN}};
 *
 *         poll(fds, 2, syn_host_timeout_ms(&app));
 *         syn_host_turn(&app);                    // never blocks; its work is bounded
 *         if (fds[1].revents)
 *             ...
 *     }
 *
 * A turn is due when the descriptor is readable or the time has passed. Both are LEVELS, not edges:
 * while there is work left the descriptor stays readable, so a host that was busy with something
 * else finds it so later. The time changes in turns only: ask for it after each.
 *
 * Other threads call, cancel and wait as always; what they asked for goes on in the next turn. A
 * BLOCKING CALL of the host's own thread drives the synchronizer until its result is there, whatever
 * it waits for (a result, a stop, the end of a thread), so that it cannot wait for itself; the rest of
 * the host's loop stands still meanwhile, as in any blocking call. In a step or a callback it is
 * SYN_EDEADLK, as ever.
 *
 * The thread that hosts is one for good: to move a synchronizer to another thread end the hosting
 * here and begin it there. A thread may host several. docs/in-your-own-loop.md has the glue for
 * each of the loops above.
 */
#ifndef SYNCHRONICITY_HOST_H
#define SYNCHRONICITY_HOST_H

#include <stddef.h>

#include <synchronicity/err.h>
#include <synchronicity/synchronizer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pollfd;

/* The calling thread hosts SYNCHRONIZER from here on; NULL is the default one. If that was not
 * started yet no thread is made; if it runs, its thread ends first, after the step that it is in,
 * so no step may wait for the caller then.
 *
 * Fails: SYN_EBUSY (a thread hosts it already); SYN_EDEADLK (in a step, a callback or a job);
 * SYN_ECLOSED (it was stopped, or is being stopped: syn_synchronizer_start() first);
 * SYN_ELOOPDEAD; as syn_synchronizer_start() does. */
syn_err syn_host_begin(struct syn_synchronizer *synchronizer);

/* The hosting ends: the synchronizer gets a thread of its own, and what lives there goes on. Also
 * done, by itself, where a thread ends that hosts. A stop ends it as well: then nothing is left to
 * give back, and a later start makes a thread, unless it is hosted again.
 * Fails: SYN_EINVAL (this thread does not host it); SYN_EFORKED (the parent process did); SYN_EDEADLK (inside a
 * turn); the system has no thread to give: then the hosting goes on. */
syn_err syn_host_end(struct syn_synchronizer *synchronizer);

/* A descriptor that is readable while a turn is due for another reason than time. It is the
 * library's: wait for it, and neither read nor close it. It stays the same until the hosting ends.
 * -1: there is none, since the backend is poll(2): syn_host_fds(). Thread: the host's. */
int syn_host_fd(struct syn_synchronizer *synchronizer);

/* The same for any backend, for a loop around poll(2): fills FDS with up to N entries that are to be
 * waited for, and returns how many there are. Ask again before each wait. Thread: the host's. */
size_t syn_host_fds(struct syn_synchronizer *synchronizer, struct pollfd *fds, size_t n);

/* How long the host may wait for that before it makes a turn, in milliseconds, rounded up, as
 * poll(2) takes it: 0, there is work now; -1, without limit. Thread: the host's. */
int syn_host_timeout_ms(struct syn_synchronizer *synchronizer);

/* Runs what is due: what was posted, timers, tasks that are ready, at most 128 of each; what is
 * left is announced by the descriptor and the timeout. It never blocks, unless a step does. Making
 * one too many is fine.
 * Fails: SYN_ECLOSED (it was stopped, and this turn, or one before, was its last); SYN_ELOOPDEAD (the
 * same, since its loop died); SYN_EINVAL (this thread does not host it); SYN_EFORKED (the
 * parent process did); SYN_EDEADLK (inside a turn). */
syn_err syn_host_turn(struct syn_synchronizer *synchronizer);

#ifdef __cplusplus
}
#endif

#endif

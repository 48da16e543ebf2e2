/* SPDX-License-Identifier: Apache-2.0
 *
 * The library in your process: what it shares with the rest of the program.
 *
 * docs/guest.md has the whole of it in one table: threads, signals, descriptors, memory, fork,
 * exit, unloading.
 *
 * CHILD PROCESSES inherit the signal mask of the thread that starts them. Threads of the library
 * run no handler of the program: they block the signals that have one, SIGPIPE and SIGXFSZ. All
 * others are open while a step or a job runs, so that a child which is started there by posix_spawn(),
 * popen(), system() or fork() and exec() can be ended by SIGTERM as any other. Where the
 * program has a handler for SIGTERM, or the child is to get SIGPIPE, say so:
 *
 *     syn_spawn_begin();
 *     stream = popen("gzip -9 > out.gz", "w");
 *     syn_spawn_end();
 *
 * Block the signals that you wait for with sigwait() or signalfd() before the first call, as for
 * any thread: what was blocked in the thread that starts a synchronizer or a pool stays blocked
 * in its threads, and, but for a fork(), in the children.
 */
#ifndef SYNCHRONICITY_PROCESS_H
#define SYNCHRONICITY_PROCESS_H

#include <synchronicity/err.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Between the two the calling thread has the signal mask of the program's own threads, so
 * that a child process starts with it. A handler of the program may run on the thread meanwhile,
 * on its stack (256 KiB, a pool's 512, unless the options say otherwise). Not needed around
 * fork(). They nest. On a thread that is not the library's: nothing. */
void syn_spawn_begin(void);
void syn_spawn_end(void);

#ifdef __cplusplus
}
#endif

#endif

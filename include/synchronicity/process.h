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
#include <synchronicity/synchronizer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Between the two the calling thread has the signal mask of the program's own threads, so
 * that a child process starts with it. A handler of the program may run on the thread meanwhile,
 * on its stack (256 KiB, a pool's 512, unless the options say otherwise). Not needed around
 * fork(). They nest. On a thread that is not the library's: nothing. */
void syn_spawn_begin(void);
void syn_spawn_end(void);

/* --- interrupts --- */

/* From here on a signal, SIGINT in most programs, ends the blocking calls of the process:
 *
 *     syn_catch_interrupt(SIGINT);                    // first thing in main()
 *     if (query("SELECT 1", &rows) == SYN_EINTR)      // Ctrl-C
 *         syn_perror("query");                        // and where it waited
 *
 * The FIRST signal asks what each thread of the program blocks on to end: a call, a future, a scope,
 * a select, a channel, with a task or a job of a pool behind it, whichever thread drives. It cleans up,
 * and the wait fails with SYN_EINTR and its trace (syn_report.origin is SYN_BY_INTERRUPT). If no thread blocks at that
 * moment the next wait that begins fails so. The same holds where no wait that the signal met has ended by it: each
 * ended otherwise at that moment, or what it waited for did not heed the signal, and ended well.
 * The SECOND, while one of these still waits, abandons it: it fails with SYN_EABANDONED, a line on
 * standard error says so. No step of a call's task runs again; the task of a future, and the children
 * of a scope that is joined, go on without the thread: nothing of them is written to an OUT any more. A
 * step that does not return cannot be abandoned.
 * The THIRD, or the second if no thread blocks, goes to the action that the program had before, and
 * so do all that follow.
 *
 * SEVERAL SIGNALS: call it for each, SIGINT and SIGTERM for instance. They count together: the second
 * that comes is the second, whichever it is; each goes to its own action in the end. There are no
 * other options: what a thread does with SYN_EINTR is the program's.
 *
 * Tasks and jobs that no thread waits for are left alone. Waits that were on at this call are, too.
 * It starts a thread, which needs two descriptors; if other code closes these they are replaced, and a
 * line on standard error says so. The signal must not be blocked in all threads. In a forked child
 * none is caught.
 * Thread: any. Fails: SYN_EALREADY (this one is caught), SYN_EINVAL (not a signal that can be caught),
 * SYN_EAGAIN, SYN_ENOMEM (no thread), EMFILE. */
syn_err syn_catch_interrupt(int signal);

/* The opposite, for all of them: the actions that the program had before are restored, unless the program has
 * set others meanwhile. A signal that came, and is kept for the next wait, goes to that action now. Nothing if none is caught.
 * Not in a handler. */
void syn_release_interrupt(void);

/* --- the end ---
 *
 * AT EXIT, that is, at exit() and at a return from main(), synchronizers and pools are
 * stopped as by their stop calls: what runs is cancelled and cleans up. What would not end within
 * the limit is named on standard error, and the process ends all the same, never later than
 * that; an interrupt that is caught ends the limit. Calls during and after it are refused with
 * SYN_ECLOSED. It happens where the first start registered it with atexit(): handlers that the program
 * registered later come before it.
 *
 * exit() may be called in a step, a job or a callback: what that thread drives or works for cannot
 * end, and is not waited for. A thread that exits while another does, such as a main() after a call that was
 * cancelled by that, waits for it, until the limit at most: the first one's status counts.
 * _exit(), abort() and quick_exit() skip all this. */

/* How long that may take; 2 s. 0 or less: the process leaves at once. Thread: any. */
void syn_exit_limit(double seconds);

/* Stops every synchronizer and every pool of this copy of the library, ends each of its threads,
 * and gives back what it holds: memory, descriptors, its thread-specific key, the interrupt that it
 * catches, and what threads of the program have from it. Then a shared object that contains this copy
 * may be unloaded:
 *
 *     void plugin_fini(void)
 *     {
 *         syn_stop_everything(syn_after(5));
 *     }
 *
 * No thread is inside a call; one that hosts a synchronizer makes turns until that is SYN_ECLOSED, or is
 * the one that calls this. No handle, object, shared future, notice, open signals or pointer of before is
 * used afterwards: release and close them first. A checked build prints which results of calls nobody
 * used up. Later calls begin anew. Without this call, dlclose() does what an exit does, within its limit,
 * where the system runs atexit() handlers of what it unloads; and a plug-in that is linked with
 * -Wl,-z,nodelete is never unloaded, which is fine too.
 *
 * Thread: any of the program's, outside of steps and jobs (SYN_EDEADLK).
 * Fails: SYN_ETIMEDOUT, when something would not end by DEADLINE, or before an interrupt; the report
 * names it. All else was stopped, nothing was given back, and the shared object must stay. A later
 * call succeeds when it has ended. SYN_EBUSY, another thread is in this call. */
syn_err syn_stop_everything(struct syn_deadline deadline);

#ifdef __cplusplus
}
#endif

#endif

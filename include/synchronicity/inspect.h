/* SPDX-License-Identifier: Apache-2.0
 *
 * Looking into a program that runs, hangs, or is slow.
 *
 *     syn_dump(2);                             // what waits for what, now
 *     syn_dump_on_signal(SIGQUIT);             // the same whenever you ask for it
 *     syn_trace_start(&(struct syn_trace_options){.path = "trace.json"});
 *     ...                                      // what runs when, on which thread, woken by what:
 *     syn_trace_stop();                        // open it at ui.perfetto.dev, or chrome://tracing
 *
 *     SYNCHRONIZER(db, .step_limit_ns = 50000000);   // a step that runs for 50 ms is reported meanwhile
 *     syn_environment_allow();                 // all of that without another build
 *
 * How long things take, as numbers, is <synchronicity/stats.h>; being told of each event yourself is
 * <synchronicity/hooks.h>.
 */
#ifndef SYNCHRONICITY_INSPECT_H
#define SYNCHRONICITY_INSPECT_H

#include <stddef.h>
#include <stdint.h>

#include <synchronicity/err.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------- dump --
 * What there is at this moment: each synchronizer with its tasks as a tree, each task below the one that
 * awaits it or has it in a scope, with what it waits for (which descriptor, which mutex and its holder, which
 * channel and its fill), for how long, its time left, its locals where SYN_SHOW() says which (show.h), and its
 * line; in a checked build also the line that made it; pools with their jobs; threads that
 * wait; channels that nobody closed.
 *
 *     synchronizer demo, driver asleep, live 2
 *       asks: waits for answers, for 2.013 s, at main.c:31
 *         answers: waits for readable, descriptor 7, for 2.013 s, at main.c:12
 *     thread main: waits for asks, for 2.013 s
 *
 * Lines are those of the latest wait; "runs, or is about to" is a task that runs its step now or is
 * ready. It takes no lock, allocates nothing, and cannot fault: also while a step loops for ever, while
 * memory is out, and in a signal handler, whatever that interrupted. What changes meanwhile may be
 * missing, or be said as it was. Of more than 200 things of a kind the others are counted. Written to
 * descriptor FD, as text of 80 columns or as one object of JSON with parts that have `kind`, `name` and
 * `children`.
 * Thread: any, and in signal handlers. */
void syn_dump(int fd);
void syn_dump_json(int fd);

/* From now on signal NUMBER (SIGQUIT, say, which Ctrl-\ sends) writes a dump to standard error, and the
 * process goes on. Replaces its handler. Fails: SYN_EINVAL as sigaction() does. */
syn_err syn_dump_on_signal(int number);

#ifndef SYN_NO_TRACE /* a library in two files can leave it out */

/* ------------------------------------------------------------------ trace --
 * A trace is JSON in Chrome's trace-event format. Each thread has a track with its steps and jobs, the
 * time in which it drives a loop, and its blocking waits. Each task is a bar from its call to its end, with
 * what it waits for in it. Arrows lead from the caller to the task or job, and from the waker to the task that
 * is woken. Wake-ups by system calls and hand-overs of the driving are marks.
 *
 * Each thread writes what happens into a ring of its own, without a lock, in less than 0.1 us; a thread of the
 * library, which lives as long as the trace, writes it out. Where that does not keep up events are dropped,
 * and the trace says how many. */
struct syn_trace_options {
    const char *path; /* the file, emptied if it is there */
    /* Or: gets the text, on the thread of the trace, in pieces of at most 1000 bytes. The end of the process
     * calls it too. */
    void (*write)(void *user, const char *text, size_t size);
    void *user;
    unsigned ring_events; /* places of 128 bytes, for each thread; 0: 2048 */
    int64_t reserved[4]; /* zero: options of later versions */
};

/* Traces from now on. With a path, what the rings hold is also written when the process exits, and when it
 * aborts: a handler of SIGABRT is set until the trace ends, which calls the one that was there. A forked
 * child is not traced. Thread: any. Fails: SYN_EINVAL, neither or both of path and write;
 * SYN_EABI, an option of a later version;
 * SYN_EBUSY, there is a trace already; SYN_ENOMEM; SYN_EAGAIN, no thread; as open() does. */
syn_err syn_trace_start(const struct syn_trace_options *options);

/* How a trace ended. */
struct syn_trace_end {
    unsigned long events, dropped;
};

/* Ends the trace: all that happened before is written, and the file closed, when it returns. Fine if there
 * is none. Thread: any but inside `write`. */
struct syn_trace_end syn_trace_stop(void);

#endif

/* ------------------------------------------------------------- slow steps --
 * A step that computes or blocks holds its loop: no other task there runs meanwhile. One that holds it longer
 * than the limit of its synchronizer (`step_limit_ns`, synchronizer.h), and a job that holds its thread longer than
 * that of its pool (`job_limit_ns`, pool.h), is reported while it still runs:
 *
 *     synchronicity: a step of parse holds 'demo' for 0.213 s, and no other task there runs
 *       parse: runs, or is about to, at main.c:31
 *       fetch: waits for parse, for 0.213 s, at main.c:55
 *     thread demo: sleeps in the kernel, in pipe_read, system call 0, at libc.so.6+0x11ba5e,
 *         number 4242
 *
 * The lines below the first are the function and its awaiters, as in a dump (of a job, the tasks that
 * await it); then what the system says of the thread (Linux: whether it computes or sleeps, in which
 * function of the kernel, and the instruction to which it returns, for
 * `addr2line -e libc.so.6 0x11ba5e`). For the whole stack: `gdb -p PROCESS`, and the thread of that number. The library does not
 * interrupt the thread to unwind it, since a signal would end its system calls, and unwinding takes locks
 * that it may hold.
 *
 * A thread of the library looks twice within the shortest limit; a step pays nothing for it. So the report comes
 * between once and one and a half times the limit. One step is reported at its limit, at twice, four times ...; of
 * more than eight reports within ten seconds the others are counted. The thread ends when nothing is watched any
 * more. Real time, also under a virtual clock. `on_slow` gets the report as a struct syn_slow (synchronizer.h). */

/* ------------------------------------------------------------ environment --
 * The only environment variables that this library reads, and it reads none unless the program allows it by
 * this call, at the beginning of main(), before it starts threads:
 *
 *     SYN_TRACE=FILE            a trace from now until the process exits, to FILE
 *     SYN_DUMP_SIGNAL=NUMBER    syn_dump_on_signal(NUMBER)
 *     SYN_SLOW_STEP_MS=NUMBER   the limit, in milliseconds, of steps and jobs of all synchronizers and pools
 *                               that set none
 *
 * A variable that is not set, or empty, does nothing. In a program that runs with more rights than its
 * user's (set-user-ID), none is read. Fails: SYN_EINVAL, one makes no sense, and the report says which, or
 * SYN_TRACE is set in a program without traces (SYN_NO_TRACE); as
 * syn_trace_start() and syn_dump_on_signal() do. The others have taken effect. */
syn_err syn_environment_allow(void);

#ifdef __cplusplus
}
#endif

#endif

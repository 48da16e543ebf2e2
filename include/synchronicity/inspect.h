/* SPDX-License-Identifier: Apache-2.0
 *
 * Looking into a program that runs, hangs, or is slow.
 *
 *     syn_dump(2);                             what waits for what, now
 *     syn_dump_on_signal(SIGQUIT);             the same whenever you ask for it
 *     syn_trace_start(&(struct syn_trace_options){.path = "trace.json"});
 *     ...                                      what runs when, on which thread, woken by whom:
 *     syn_trace_stop();                        open it at ui.perfetto.dev, or chrome://tracing
 *
 * How long things take, as numbers, is <synchronicity/stats.h>; being told of each event yourself is
 * <synchronicity/hooks.h>.
 */
#ifndef SYNCHRONICITY_INSPECT_H
#define SYNCHRONICITY_INSPECT_H

#include <stddef.h>

#include <synchronicity/err.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------- dump --
 * What there is at this moment: each synchronizer with its tasks as a tree, each task below the one that
 * awaits it or has it in a scope, with what it waits for (which descriptor, which mutex and its holder, which
 * channel and its fill), for how long, its time left, and its line; pools with their jobs; threads that
 * wait; channels that nobody closed.
 *
 *     synchronizer demo, driver asleep, live 2
 *       asks: waits for answers, for 2.013 s, at main.c:31
 *         answers: waits for readable, descriptor 7, for 2.013 s, at main.c:12
 *     thread main: waits for asks, for 2.013 s
 *
 * It takes no lock, allocates nothing, and cannot fault: also while a step loops for ever, while memory is
 * out, and in a signal handler, whatever that interrupted. What changes meanwhile may be missing, or be said
 * as it was. Of more than 200 things of a kind the others are counted. Written to descriptor FD, as text of 80
 * columns or as one object of JSON whose parts have `kind`, `name` and `children`.
 * Thread: any, and in signal handlers. */
void syn_dump(int fd);
void syn_dump_json(int fd);

/* From now on signal NUMBER (SIGQUIT, say, which Ctrl-\ sends) writes a dump to standard error, and the
 * process goes on. Replaces its handler. Fails: SYN_EINVAL as sigaction() does. */
syn_err syn_dump_on_signal(int number);

/* ------------------------------------------------------------------ trace --
 * A trace is JSON in Chrome's trace-event format. Each thread has a track with its steps and jobs, the
 * time in which it drives a loop, and its blocking waits. Each task is a bar from its call to its end, with
 * what it waits for in it. Arrows lead from who calls to the task or job, and from who wakes to the task that
 * is woken. Wake-ups by system calls and hand-overs of the driving are marks.
 *
 * Each thread writes what happens into a ring of its own, without a lock, in 0.1 to 0.3 us; a thread of the
 * library, which lives as long as the trace, writes it out. Where that does not keep up events are dropped,
 * and the trace says how many. */
struct syn_trace_options {
    const char *path; /* the file, emptied if it is there */
    /* Or: gets the text, on the thread of the trace, in pieces of at most 1000 bytes. The end of the process
     * calls it too. */
    void (*write)(void *user, const char *text, size_t size);
    void *user;
    unsigned ring_events; /* places of 128 bytes, for each thread; 0: 2048 */
};

/* Traces from now on. With a path, what the rings hold is also written when the process exits, and when it
 * aborts: a handler of SIGABRT is set until the trace ends, which calls the one that was there. A forked
 * child is not traced. Thread: any. Fails: SYN_EINVAL, neither or both of path and write;
 * SYN_EBUSY, there is a trace already; SYN_ENOMEM; SYN_EAGAIN, no thread; as open() does. */
syn_err syn_trace_start(const struct syn_trace_options *options);

/* What came of it. */
struct syn_trace_end {
    unsigned long events, dropped;
};

/* Ends the trace: all that happened before is written, and the file closed, when it returns. Fine if there
 * is none. Thread: any but inside `write`. */
struct syn_trace_end syn_trace_stop(void);

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Hooks: functions of the program that are called as its tasks, jobs and loops do something.
 *
 * For exporters (OpenTelemetry, a log, counters of your own): begin, suspension, resumption and end
 * of each task, begin and end of each job, what made it and what woke it. The trace
 * (<synchronicity/inspect.h>) is written by means of these, too; docs/examples/spans.c is an
 * exporter in 100 lines.
 *
 *     static void on_event(void *user, const struct syn_hook_event *event)
 *     {
 *         if (event->hook == SYN_HOOK_TASK_ENDS)
 *             counter_add(user, event->name, event->err);
 *     }
 *     static const struct syn_hooks hooks = {.on_event = on_event, .user = &counters};
 *     ...
 *     syn_hooks_add(&hooks);
 *
 * While nobody has added any, a step pays for one branch that is never taken. While somebody has,
 * each event costs a look at the clock and a call.
 *
 * Where the library was built with <sys/sdt.h>, each event is also the static tracepoint
 * `syn:hook`, with the arguments hook, id, name, where, what and by, for bpftrace, perf and
 * SystemTap. Attaching to it turns the events on; the program need not:
 *
 *     bpftrace -e 'usdt:./program:syn:hook { @[arg0, str(arg2)] = count(); }'
 */
#ifndef SYNCHRONICITY_HOOKS_H
#define SYNCHRONICITY_HOOKS_H

#include <stdint.h>

#include <synchronicity/err.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What happens. `id` is a task in the first group, a job in the second. */
enum syn_hook {
    SYN_HOOK_TASK_MADE,     /* a call made it; `by` is the task or job that called */
    SYN_HOOK_TASK_READY,    /* it will run; `by` woke it */
    SYN_HOOK_TASK_BEGINS,   /* its first step begins on this thread */
    SYN_HOOK_TASK_RESUMES,  /* a later one begins */
    SYN_HOOK_TASK_SUSPENDS, /* a step has returned; `what` it waits for, "" for its turn */
    SYN_HOOK_TASK_ENDS,     /* with `err`; no other event of this task follows. In its last step, or, if
                               it never began or was abandoned, outside of one */

    SYN_HOOK_JOB_MADE,   /* a pool has taken it */
    SYN_HOOK_JOB_BEGINS, /* it runs on this thread from here on */
    SYN_HOOK_JOB_ENDS,   /* it has returned */

    SYN_HOOK_DRIVE_BEGINS, /* this thread drives the loop of `where` from here on */
    SYN_HOOK_DRIVE_ENDS,
    SYN_HOOK_DRIVE_HANDED, /* this thread, which is that of `where`, is given the driving */
    SYN_HOOK_LOOP_WAKES,   /* this thread wakes the driver of `where`, by a system call */

    SYN_HOOK_WAIT_BEGINS, /* this thread, which is no loop's at that moment, waits for `what` */
    SYN_HOOK_WAIT_ENDS,

    SYNI_HOOKS /* how many there are */
};

/* Lives for the call that is given it, as do the strings, except that `name` and `where` live as long
 * as what they name. */
struct syn_hook_event {
    enum syn_hook hook;
    int detail;          /* of `what`: a descriptor, or -1 */
    int64_t now_ns;      /* CLOCK_MONOTONIC, also under a virtual clock */
    const void *id;      /* a task or a job: its address, unique while it lives; NULL: neither */
    const void *by;      /* the task or job that runs on this thread; NULL: neither. TASK_READY: the one
                            that caused it, which may have ended; RESUMES: not NULL if READY told of one */
    void **by_data;      /* its word; NULL: there is none, or it has ended */
    const char *name;    /* its function's; NULL where there is none */
    const char *where;   /* the name of its synchronizer, or pool */
    const char *what;    /* what is waited for; ENDS outside of a step: what was; else "" */
    syn_err err;         /* TASK_ENDS: 0, or how it failed */
    void **data;         /* a word in the task or job, for the owner of the hooks: NULL at first. NULL
                            where `id` is */
};

/* One listener. The caller places it, and keeps it until it was removed. */
struct syn_hooks {
    /* Called on the thread to which the event happens, perhaps on several at once, perhaps inside a
     * step. Must not block, and must call nothing of this library that waits; LOOP_WAKES may
     * come where the library holds a lock, and then it must take none that is held around calls of the
     * library. What it does is not told in turn. */
    void (*on_event)(void *user, const struct syn_hook_event *event);
    void *user;
    unsigned long wanted; /* 1UL << SYN_HOOK_... of each that is; 0: all */
    int64_t reserved[4];  /* zero: options of later versions */
};

/* HOOKS are called from now on: at least for what begins afterwards. For a task that runs at that moment they may
 * be called with its next step. Thread: any. Fails: SYN_EINVAL, there is nothing to call;
 * SYN_EABI, an option of a later version; SYN_EBUSY, HOOKS were added before; SYN_EAGAIN, there
 * are eight already; SYN_ENOMEM. */
syn_err syn_hooks_add(const struct syn_hooks *hooks);

/* They are not called any more when this returns. Fine if they were not added. Thread: any that is
 * not inside a call of them. */
void syn_hooks_remove(const struct syn_hooks *hooks);

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Synchronizers: where async functions run.
 *
 * A synchronizer is one event loop on one thread of its own, plus all that runs
 * on it. A library usually owns one, static, started by the first call and kept
 * across calls, because a connection lives on it:
 *
 *     SYN_SYNCHRONIZER(redis);                       // in one .c file
 *     SYN_SYNCHRONIZER(driven, .caller_may_drive = 1); // with options
 *
 * A library of several files says SYN_SYNCHRONIZER_DEFINE(redis) in one of them and
 * SYN_SYNCHRONIZER_DECLARE(redis); in its private header. A program that wants one at
 * run time makes it:
 *
 *     struct syn_synchronizer_options options = {.name = "worker", .stack_size_bytes = 1 << 20};
 *     struct syn_synchronizer *s;
 *
 *     if (syn_synchronizer_new(&options, &s) == 0) {
 *         err = syn_synchronizer_start(s);
 *         syn_synchronizer_stop(s, syn_after(5.0));
 *         err = syn_synchronizer_free(s);
 *     }
 *
 * FORK: in a child the library starts afresh at the first call: synchronizers and pools, static
 * ones too, are as new, whatever threads of the parent were doing. Futures, promises, channels,
 * objects, scopes of the parent answer SYN_EFORKED there, at once, and touch nothing of the
 * parent. A step, a job or a callback may fork; the child goes on there with calls, exec or
 * exit, but must not return from it (it is ended, and told so). One limit: the first call of the
 * process, or a start, must have returned before another thread begins to fork. The child of a fork
 * that was under way meanwhile may only exec or _exit.
 *
 * None of the program's signal handlers runs on its thread, but for those that a fault of its own
 * raises (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT): a crash reporter or a sanitizer
 * sees it. Children that a step starts have the signals of the program; process.h says
 * when that needs a word. The thread has a stack of 256 KiB unless the options say otherwise.
 */
#ifndef SYNCHRONICITY_SYNCHRONIZER_H
#define SYNCHRONICITY_SYNCHRONIZER_H

#include <stddef.h>
#include <stdint.h>

#include <synchronicity/err.h>
#include <synchronicity/map.h>
#include <synchronicity/stats.h>

#ifdef __cplusplus
extern "C" {
#endif

struct syn_clock;

/* A moment, on the clock that the thread lives by when it makes one: that of the
 * synchronizer it drives, else the virtual one it takes part in, else real time.
 *
 * REAL TIME is CLOCK_MONOTONIC: nobody sets it, and on Linux it stands still while the machine
 * is suspended. A deadline of 60 s that has 50 s to go when a laptop's lid is closed has 50 s to go
 * when it is opened. Code that means time on the wall (a lease, a token that runs out at noon)
 * compares clock_gettime(CLOCK_REALTIME), or CLOCK_BOOTTIME, which counts the sleep, when it
 * wakes. (macOS counts the sleep; the BSDs do as their CLOCK_MONOTONIC says.) */
struct syn_deadline {
    int64_t ns;
};

/* SECONDS from now. Less than 0 and not-a-number are now; what is too far away is
 * never. Thread: any. */
struct syn_deadline syn_after(double seconds);

/* The moment that does not come. */
struct syn_deadline syn_never(void);

/* Between the two, what the calling thread calls runs under DEADLINE too; they nest. For
 * syn_call_by() and for scopes. pop() returns ERR. */
void syni_deadline_push(struct syn_deadline deadline);
/* And what it calls between these two is under none. For syn_without_deadline(). */
void syni_deadlines_hide(void);
void syni_deadlines_unhide(void);
syn_err syni_deadline_pop(syn_err err);

/* A step or job that has run for longer than its limit, and still runs. Lives for the call that is given it. */
struct syn_slow {
    const char *where;    /* the name of the synchronizer, or pool */
    const char *function; /* the function of the step, callback or job */
    int64_t held_ns;      /* so far, at least */
    const char *text;     /* what would be printed: lines, of which each ends with a newline */
    unsigned long omitted; /* reports since the one before, which were too many */
    long thread;          /* the system's number of the thread, as gettid() returns it; 0: it is not known */
};

/* Zero everywhere is the default. */
struct syn_synchronizer_options {
    /* The macros below say it, so that headers of another version are noticed (SYN_EABI); 0 is fine. */
    size_t struct_bytes;
    /* For threads, dumps and messages. */
    const char *name;
    /* "epoll", "kqueue", "poll"; NULL: the best that this system has, and allows (a sandbox may
     * refuse one; "poll" always works). */
    const char *backend;
    /* The stack of its thread; 0: 256 KiB. */
    size_t stack_size_bytes;
    /* 1: a thread that blocks on a call may drive the loop itself while it is idle:
     * no change of thread, but then the tasks run on callers' stacks, with their
     * thread-locals, one at a time (64 KiB of stack are enough for every kind of call: 12 KiB were used
     * at most, on x86-64, besides what the steps need). Do not call while you hold a lock that a task
     * may want. A thread that gets a future that it called for, by get, wait or cancel, is such a thread, too. Its own
     * thread is started when something must go on without a caller: a future in flight,
     * a callback, a task that outlives its call. So a program that makes only blocking calls has none. -1: never.
     * 0: never, except in tests that said otherwise. */
    int caller_may_drive;
    /* Where callers drive and something is waited for without them (a reader, a timer): for how long after a call the
     * next may drive, before the synchronizer's own thread watches; nanoseconds, 0: 1 ms; negative: not at all. So
     * long may a background event be late, right after a call. So may a call by future from a thread that gets its futures
     * right after calling: it runs when the thread blocks on the first, or after this time. With a virtual clock there is
     * none. */
    int64_t drive_grace_ns;
    /* For how long a caller that drives looks at the kernel again and again before it sleeps for its result;
     * nanoseconds, 0: not at all. 50000 suits an answer that comes within that from another processor of this
     * machine: it saves the sleep and the wake, and costs the processor meanwhile. A caller that looked in vain leaves
     * it out for up to 31 sleeps, and one that does not have its processor alone for thousands. With a virtual clock,
     * or a seed of syn_test_seed(), none looks. */
    int64_t drive_look_ns;
    /* A virtual clock for tests; NULL: the one that syn_clock_use() named, or real
     * time. */
    struct syn_clock *clock;
    /* How long the clean-up of a cancelled task may take before on_stuck is called, up to a sixteenth
     * later where there are many; nanoseconds, 0: 10 s. */
    int64_t cleanup_limit_ns;
    /* Called, on the loop's thread, when TASK (its function's name) still cleans up after the limit.
     * NULL: a line with what it waits for is printed to standard error; of more than eight within
     * the limit the others are counted. Must not block. */
    void (*on_stuck)(void *user, const char *synchronizer, const char *task);
    /* Called, on the loop's thread, each time that a step (or a callback) of this
     * synchronizer is about to block it by waiting for FUNCTION, which runs elsewhere. That
     * is legal, but no task runs here meanwhile: write an await. */
    void (*on_blocked)(void *user, const char *synchronizer, const char *function);
    /* A step (or a callback) that runs for longer than this is reported while it still runs, as
     * <synchronicity/inspect.h> says under "slow steps"; nanoseconds. 0: the limit that the environment sets,
     * where the program allows that; else, or less than 0: none is. */
    int64_t step_limit_ns;
    /* Gets the report; NULL: it is printed to standard error. On a thread of the library, while the step
     * runs; never after a stop has returned success. Must not block, and must not stop anything. */
    void (*on_slow)(void *user, const struct syn_slow *slow);
    void *user;
    int64_t reserved[4]; /* zero: options of later versions */
    int end; /* the macros below need one that nobody sets */
};

/* Yours to place, the library's to fill. Lives until syn_synchronizer_free(), or
 * for ever where it is static. */
struct syn_synchronizer {
    struct syn_synchronizer_options options;
    void *home;    /* what runs, once it was started; see src/life/synchronizer.c */
    int allocated; /* by syn_synchronizer_new() */
};

/* SYN_SYNCHRONIZER(name), SYN_SYNCHRONIZER(name, .option = value ...): a static one for
 * this file. SYN_SYNCHRONIZER_DEFINE: the same, for several files. */
#define SYN_SYNCHRONIZER(...) static SYNI_SYNCHRONIZER(__VA_ARGS__, .end = 0)
#define SYN_SYNCHRONIZER_DEFINE(...) SYNI_SYNCHRONIZER(__VA_ARGS__, .end = 0)
#define SYN_SYNCHRONIZER_DECLARE(synchronizer) extern struct syn_synchronizer synchronizer
#define SYNI_SYNCHRONIZER(id, ...)                                                                 \
    struct syn_synchronizer id = {                                                                 \
        .options = {.struct_bytes = sizeof(struct syn_synchronizer_options),                       \
                    .name = #id, __VA_ARGS__},                                                     \
        .home = NULL,                                                                              \
        .allocated = 0}

/* Makes one with OPTIONS (copied, but not the strings; NULL: all defaults). It
 * starts at the first call, or by syn_synchronizer_start(). Fails: SYN_ENOMEM; SYN_EABI for options of a
 * later version. */
syn_err syn_synchronizer_new(const struct syn_synchronizer_options *options,
                             struct syn_synchronizer **out_new);

/* Stops it, if it runs, without limit, and frees it. No thread may be inside a
 * call on it; those that stop it at the same time are waited for. Futures and channels that came from it may be
 * used and closed afterwards, and meanwhile. NULL is fine.
 *
 * Success: its thread has ended, its descriptors are closed, its memory is free, and a static one
 * is as new. Tasks that another stop's deadline abandoned are no failure. Else nothing was freed:
 * SYN_EDEADLK as for a stop; SYN_ELOOPDEAD, at once, when a stop has given up
 * on a step that has not returned yet: afterwards it can be freed. */
SYNI_HELD syn_err syn_synchronizer_free(struct syn_synchronizer *synchronizer);

/* Starts it; also again after a stop. Fine if it runs. Calls do this by
 * themselves the first time. Call it afterwards, and where a failure shall show
 * early. Any number of threads may race here: they make one loop.
 *
 * Fails: SYN_EINVAL for a backend that this build lacks; SYN_EABI for options of another version of the
 * headers (docs/abi.md); SYN_ENOMEM, SYN_EAGAIN
 * or the system's reason when it has no thread or descriptors to give; SYN_EBUSY
 * while it is being stopped; SYN_ELOOPDEAD while a step runs that a stop has abandoned. A later
 * start may succeed; but not after its loop died (SYN_ELOOPDEAD), before it is freed. */
syn_err syn_synchronizer_start(struct syn_synchronizer *synchronizer);

/* Refuses new calls (SYN_ECLOSED), cancels the tasks that live on it, lets them
 * clean up until DEADLINE, ends its objects, and ends its thread. Every call that was accepted
 * ends, with its own outcome or SYN_ECANCELED. Fine if it does not run.
 *
 * It reaches all that lives there, also what a callback, a clean-up or a destructor calls
 * meanwhile. What these call is cancelled when they have ended, and not before: so a clean-up can
 * rely on what it awaits. A stop without a deadline ends when the clean-ups do.
 *
 * Thread: any but its own driver's (SYN_EDEADLK). It waits as a blocking call does: in a step of
 * another synchronizer a circle is SYN_EDEADLK, and nothing was stopped; a job gives its room to
 * others meanwhile, and when it is asked to end so does the wait, with SYN_ECANCELED: the
 * synchronizer goes on stopping. So it does where a clean-up there waits for that job: the job's wait is
 * SYN_EDEADLK, and the report names both. Several may stop it at once; each returns when it has stopped, or by its own
 * deadline, of which the earliest counts for the tasks.
 *
 * Fails: SYN_ETIMEDOUT when tasks or objects had not ended by the deadline; the report names them. They
 * were abandoned: their waiters get SYN_EABANDONED, and no step of theirs runs again.
 * It has stopped all the same, and can be started. A step (or a callback) that runs at that moment
 * cannot be abandoned; it has 0.1 s to return. If it does not, the report names it, and its
 * thread and its callers stay behind: until it returns, calls and starts are SYN_ELOOPDEAD, and
 * another stop waits for it. Where the end of what was abandoned takes longer than a second, as on a
 * machine that is very busy, the stop returns all the same, says so, and what was begun goes on: until
 * it is over calls are SYN_ECLOSED, and starts SYN_EBUSY. (A thread on a virtual clock,
 * of <synchronicity/testing.h>, gives both ten seconds of real time.) */
syn_err syn_synchronizer_stop(struct syn_synchronizer *synchronizer, struct syn_deadline deadline);

/* The synchronizer of free functions that a plain thread calls. */
struct syn_synchronizer *syn_default_synchronizer(void);

/* What it did since it was first started; a snapshot. Zero before. Thread: any. */
struct syn_synchronizer_stats {
    unsigned long turns;      /* of the loop */
    unsigned long waits;      /* system calls that waited for events */
    unsigned long wakes;      /* system calls that woke the driver */
    unsigned long hand_overs; /* the driving role given to the dedicated thread, or taken by it after a grace */
    unsigned long passes;     /* the driving role passed to a caller that blocked */
    unsigned long watches;    /* system calls that changed what is waited for */
    unsigned long started;    /* tasks, ever */
    unsigned long ended;
    /* In checked builds (SYN_CHECKED) on Linux, without sanitizers: the stack of its own thread, and
     * the most of it that steps have used, to about 512 bytes, as of its latest wake; else 0. A step
     * that needs more than there is crashes: raise `stack_size_bytes` before. */
    unsigned long stack_bytes, stack_used_bytes;
    unsigned long unclaimed; /* results that are there and that nobody used up so far: futures were
                                dropped, if it grows. To count them all futures are looked at */
    unsigned long ready;     /* jobs that were ready in the latest turn of the loop, at most 128: how long
                                its queue is */
    /* While somebody measured (syn_measure()): */
    struct syn_histogram timer_lag;  /* from a timer's deadline until it fired */
    struct syn_histogram step_time;  /* of each step */
    struct syn_histogram ready_time; /* from when a task could run until it did */
    uint64_t reserved[4];            /* zero: counts of later versions */
};
SYNI_NAMESAKE(syn_synchronizer_stats,
              struct syn_synchronizer_stats syn_synchronizer_stats(struct syn_synchronizer *synchronizer));

/* What was added to LATER since it was EARLIER, of the same synchronizer. What is a state and no count
 * (stack, unclaimed, ready) is LATER's. */
struct syn_synchronizer_stats
syn_synchronizer_stats_since(struct syn_synchronizer_stats later,
                             struct syn_synchronizer_stats earlier);

#ifdef __cplusplus
}
#endif

#endif

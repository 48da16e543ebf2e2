/* SPDX-License-Identifier: Apache-2.0
 *
 * Errors: a code, and where there is more to say, a report.
 *
 * A function that can fail returns a syn_err; 0 is success. The code is either
 * an errno value under the name SYN_E... (so that strerror() knows it), one of
 * the library's own from SYN_EOWN up, or one of yours from SYN_EUSER up. Codes
 * cross threads and tasks unchanged.
 *
 * A report adds what a number cannot carry: a message, the error that caused
 * this one, and the ASYNC TRACE, the chain of awaiting functions with file and
 * line, from the step that failed out to the call that blocked. After a failed
 * blocking call or future_get() the report is the calling thread's until its
 * next failing call, like errno:
 *
 *     if (square(1.0, 42, &y) != 0)
 *         syn_perror("square");
 *
 * prints
 *
 *     square: Input/output error: the disk is on fire
 *       in read_block (disk.c:31)
 *       in square (demo.c:12)
 *
 * EVERYWHERE NULL for what a function needs is SYN_EINVAL.
 *
 * EVERY CALL of an async or blocking function, beside what its own comment names, may end with
 * SYN_ECANCELED (it was cancelled); SYN_ETIMEDOUT (its deadline passed); SYN_EINTR (an interrupt that
 * syn_catch_interrupt() catches); SYN_EDEADLK (the wait could never end); SYN_ECLOSED (its synchronizer or pool
 * was stopped, or the process exits); SYN_ENOMEM; SYN_EAGAIN (the system gave no thread); SYN_EABANDONED (it would
 * not end, and was left behind); SYN_ELOOPDEAD (the thread that ran its loop ended); SYN_EABI (header and
 * library do not belong together). A future ends moreover with SYN_ECONSUMED when it was used up before, and with
 * SYN_EFORKED in a forked child.
 *
 * Reports come from a fixed store and allocate only when that is exhausted, so
 * that making one does not fail; when even that memory is missing the code
 * still arrives, without its report.
 */
#ifndef SYNCHRONICITY_ERR_H
#define SYNCHRONICITY_ERR_H

#include <errno.h>

#include <synchronicity/version.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int syn_err;

enum {
    SYN_OK = 0,

    /* errno values, under the names that this library's headers speak of */
    SYN_ENOMEM = ENOMEM,       /* memory ran out; nothing half-done stays */
    SYN_EINVAL = EINVAL,       /* an argument makes no sense; the report says which */
    SYN_EBADF = EBADF,         /* not an open descriptor */
    SYN_ECHILD = ECHILD,       /* the program waited for this child process itself */
    SYN_EBUSY = EBUSY,         /* somebody else is using it in a way that excludes you */
    SYN_EAGAIN = EAGAIN,       /* not now: the thing is not ready, nothing was done */
    SYN_EINTR = EINTR,         /* ended by a signal that syn_catch_interrupt() catches; never a raw interrupted system call */
    SYN_EIO = EIO,
    SYN_EPIPE = EPIPE,
    SYN_ENOTSUP = ENOTSUP,     /* this object cannot do that, e.g. wait for a regular file */
    SYN_EDEADLK = EDEADLK,     /* the wait could never end; the report says what to write instead */
    SYN_EALREADY = EALREADY,   /* it was done before, by somebody else: a promise completed twice */
    SYN_ETIMEDOUT = ETIMEDOUT, /* a deadline passed; syn_report.origin names its owner */
    SYN_ECANCELED = ECANCELED, /* ended by a request to cancel */

    /* the library's own */
    SYN_EOWN = 20480,
    SYN_EBROKEN,    /* the promise was dropped without a result */
    SYN_ECLOSED,    /* the synchronizer, channel or stream was closed, or is closing */
    SYN_ELOOPDEAD,  /* the thread that ran the loop ended; the report says why */
    SYN_EWRONGLOOP, /* a thing of one synchronizer was used on another */
    SYN_EFORKED,    /* it is a thing of the parent process; make one here */
    SYN_ECONSUMED,  /* the future was used up before: got, cancelled, detached, shared or awaited */
    SYN_EABI,       /* header and library do not belong together */
    SYN_EEND,       /* there is no more: end of a stream, of a generator */
    SYN_EABANDONED, /* it would not end within its limit and was left behind */
    SYN_EPROTO,     /* the other side did not keep to the protocol */
    SYN_ENOYIELD,   /* a context ended without having yielded */
    SYN_EYIELDTWICE, /* a context yielded again where it should have ended */
    SYN_ENOHOST,     /* there is no host of that name, or it has no address */
    SYN_ERESOLVE,    /* the name server gave no answer, or failed: later it may know the name */
    SYN_EUNWANTED,  /* nobody waits for the promise any more; its value is still yours */
    SYNI_EOWN_END,

    /* Yours from here up; the library never makes one. Reports show their numbers, and what
     * syn_err_register() says of them. */
    SYN_EUSER = 65536
};

/* What ended the task, so that a task's own SYN_ETIMEDOUT is not taken for the
 * end of your wait. */
enum syn_origin {
    SYN_BY_TASK,     /* the task returned it: its own error */
    SYN_BY_REQUEST,  /* it was cancelled: future_cancel(), a parent that was cancelled */
    SYN_BY_DEADLINE, /* the deadline of the call or of the wait passed */
    SYN_BY_STOP,     /* its synchronizer was stopped */
    SYN_BY_LIBRARY,  /* the library refused: misuse, no memory, a dead loop */
    SYN_BY_INTERRUPT /* a signal came that syn_catch_interrupt() catches */
};

/* One line of an async trace. The strings are static. */
struct syn_site {
    const char *function;
    const char *file;
    int line;
    int library; /* 1: a function of this library, shown in verbose mode only */
};

enum { SYN_TRACE_MAX = 12, SYN_MESSAGE_MAX = 200 };

/* What is known about one error. Read only. A trace that is longer than
 * SYN_TRACE_MAX keeps its inner and its outermost ends; n_sites counts all. */
struct syn_report {
    syn_err code;
    enum syn_origin origin;
    char message[SYN_MESSAGE_MAX]; /* "" when the code says it all */
    int n_sites;
    struct syn_site sites[SYN_TRACE_MAX]; /* innermost first */
    struct syn_report *cause;             /* the error that this one follows from, or NULL */
    int in_clean_up; /* 1: a clean-up failed with it while the outcome before it in the chain stood */
};

/* A short text for a code: "Connection refused", "future already used". Never
 * NULL. Thread: any. The text is static, the C library's own, or from a table of yours. */
const char *syn_strerror(syn_err code);

/* The name of a code, "SYN_EBROKEN"; "error" for one that has none. */
const char *syn_err_name(syn_err code);

/* --- names and texts for codes of yours --- */

struct syn_err_text {
    syn_err code;     /* SYN_EUSER or more */
    const char *name; /* "KV_ELOCKED" */
    const char *text; /* "the key is locked" */
};

/* Static, like its strings:
 *
 *     enum { KV_ELOCKED = SYN_EUSER + 1, KV_ESTALE };
 *     static const struct syn_err_text texts[] = {
 *         {KV_ELOCKED, "KV_ELOCKED", "the key is locked"},
 *         {KV_ESTALE, "KV_ESTALE", "the value is out of date"},
 *     };
 *     static struct syn_err_table table = {texts, 2, NULL};
 *
 *     syn_err_register(&table);        // once, e.g. where the library is set up
 */
struct syn_err_table {
    const struct syn_err_text *texts;
    int n;
    struct syn_err_table *next; /* the library's; NULL at first */
};

/* From now on syn_err_name(), syn_strerror() and reports know the codes in TABLE; again is fine.
 * Allocates nothing. Thread: any. Fails: SYN_EINVAL for a code below SYN_EUSER or without name or
 * text; SYN_EBUSY when another table has one of the codes; the report names it. */
syn_err syn_err_register(struct syn_err_table *table);

/* TABLE is forgotten; before it goes, as when a plug-in is unloaded. One that is not known is
 * fine. Nobody may use a text of it any more. Thread: any. */
void syn_err_unregister(struct syn_err_table *table);

/* The report of the latest call of this thread that returned an error, or NULL if there
 * was none, it could not be kept, or the code says it all: "not now" (SYN_EAGAIN, and
 * SYN_EBUSY of syn_mutex_try() and syn_semaphore_try()), SYN_EALREADY, SYN_EEND. Valid until the
 * next failing call of this thread. A loop that ran to its end has not failed.
 *
 * In a step it is about the calls that this step made and that returned an error at once, such as
 * syn_channel_new(); what a wait of the task failed with is in syn_co_report.
 * Thread: each has its own. */
const struct syn_report *syn_last_report(void);

/* What ended this thread's latest failed blocking call or future_get(); known also
 * when there was no memory for a report. A call inside the callee may find the deadline passed a moment
 * before you do; a callee that then ends with SYN_ETIMEDOUT ended by itself (SYN_BY_TASK). */
enum syn_origin syn_last_origin(void);

/* Prints "WHAT: message" and the async trace of this thread's latest report to
 * standard error; where there is none, what the code says. Frames of the library itself are
 * left out unless syn_verbose(1) was said. Thread: any. */
void syn_perror(const char *what);

/* The same into BUF (always terminated). Returns the length that the whole text
 * has, like snprintf(). */
int syn_report_text(const struct syn_report *report, char *buf, int size);

/* Shows (1) or hides (0, the default) the library's own lines in traces. */
void syn_verbose(int on);

#ifdef __cplusplus
}
#endif

#endif

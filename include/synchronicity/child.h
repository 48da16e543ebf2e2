/* SPDX-License-Identifier: Apache-2.0
 *
 * Child processes: started, talked to by streams, waited for, ended.
 *
 *     static const char *const words[] = {"sort", "-n", NULL};
 *     struct syn_child_options options = {.arguments = words, .in = SYN_CHILD_PIPE,
 *                                         .out = SYN_CHILD_PIPE};
 *     struct syn_child *sort;
 *     struct syn_exit exit;
 *
 *     syn_child_start(&options, &sort);
 *     syn_stream_write_all(syn_child_stream(sort, 0), "2\n1\n", 4);
 *     syn_stream_close(syn_child_take_stream(sort, 0));       // it sees the end
 *     // read syn_child_stream(sort, 1) to its end
 *     syn_child_wait(sort, &exit);
 *     syn_child_close(sort, NULL);
 *
 * and the same with _future for futures and awaiting, or all of it as one call that ends the child
 * when it is cancelled:
 *
 *     co_try_by(syn_child_run_future(&options), &self->exit, syn_after(10.0));
 *
 * A child begins with the program's descriptors that are not close-on-exec (none of this
 * library's), with an empty signal mask, and with SIGPIPE's default action; other signals that
 * the program ignores it ignores too. The library waits for its own children only, each by its
 * number: a program's own children are left alone. Where the program waits for any child (waitpid(-1))
 * it may take the status away from here: then the outcome is SYN_ECHILD.
 *
 * The end of a process is an event of a descriptor where the system has one for that: pidfd_open()
 * (Linux 5.3), or EVFILT_PROC (macOS, the BSDs). There the library installs no handler for SIGCHLD.
 * Elsewhere, and where descriptors are short, each wait for a child listens to SIGCHLD while it
 * lasts: the program's own handler runs as ever and is restored. A program that blocks the signal
 * in all threads, or sets another handler meanwhile, delays such a wait by a second at most. Where the
 * program ignores SIGCHLD, and for processes that are no children of this one, the wait looks at
 * growing intervals, at last ten times a second.
 */
#ifndef SYNCHRONICITY_CHILD_H
#define SYNCHRONICITY_CHILD_H

#include <stdint.h>
#include <sys/types.h>

#include <synchronicity/blocking.h>
#include <synchronicity/stream.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Owner: the caller that started it, until close. */
struct syn_child;

/* What a standard stream of the child is: one of these, or a descriptor of the program's (0 or
 * more), which stays the program's. */
enum {
    SYN_CHILD_SAME = 0,  /* the program's own stream of that number */
    SYN_CHILD_PIPE = -1, /* a pipe; its other end is a stream here */
    SYN_CHILD_NULL = -2, /* /dev/null */
    SYN_CHILD_OUT = -3   /* for standard error: where standard output goes */
};

/* How to start a child. Zero everywhere is the default but for ARGUMENTS. It and all that it
 * points to must stay until the start has ended. */
struct syn_child_options {
    const char *const *arguments;   /* up to NULL; the first is the program, by PATH or as a path */
    const char *const *environment; /* up to NULL, each "NAME=value"; NULL: the program's own */
    const char *directory;          /* where it begins; NULL: where the program is */
    int in, out, err;               /* its standard streams, see above */
    int new_session;                /* 1: a session of its own, without the terminal */
    double grace;                   /* seconds from SIGTERM to SIGKILL when it is ended; 0: 5 */
    int64_t reserved[4];            /* zero: options of later versions */
};

/* How a child ended: by exit(CODE), or by a signal. */
struct syn_exit {
    int code;   /* 0 to 255; -1: a signal ended it */
    int signal; /* 0: none */
};

/* Starts a child, on the default pool, since that may take long. A child that nobody fetches is
 * killed. Fails: as execve() does (ENOENT: no such program; EACCES), chdir(), pipe() and fork() do;
 * the message names the program. SYN_ENOTSUP: this system cannot start one in a DIRECTORY; SYN_EABI: an
 * option of a later version. */
SYN_BLOCKING_DECLARE(struct syn_child *, syn_child_start,
                     (const struct syn_child_options *, options));

/* Its process number. Another process may have it once the child has been waited for. */
pid_t syn_child_id(const struct syn_child *child);

/* The stream to its standard input (NUMBER 0), or from its standard output (1) or error (2);
 * NULL where that is no pipe or was taken. It stays the child's: closed by syn_child_close().
 * Once taken it is the caller's to close. */
struct syn_stream *syn_child_stream(const struct syn_child *child, int number);
SYNI_HELD struct syn_stream *syn_child_take_stream(struct syn_child *child, int number);

/* Waits for its end; again and again gives the same. Cancelling the wait leaves the child alone.
 * Fails: SYN_EBUSY while another waits; SYN_ECHILD: the program took the status away. */
SYN_ASYNC_DECLARE(struct syn_exit, syn_child_wait, (struct syn_child *, child));

/* Sends it a signal. Fails: SYN_EALREADY once it was waited for; as kill() does. Thread: any. */
syn_err syn_child_kill(struct syn_child *child, int signal);

/* Ends it: where it runs still, SIGTERM, GRACE seconds, SIGKILL; waits for its end, closes its
 * streams and frees it. Clean-up: it is done in any case. NULL is fine. Fails, and nothing
 * happened: SYN_EBUSY while another waits. */
SYN_ASYNC_DECLARE(struct syn_exit, syn_child_close, (struct syn_child *, child));

/* Start, wait, close: its outcome. Streams that are pipes make no sense here: SYN_EINVAL. When it
 * is cancelled, or its deadline passes, the child is ended as by close before the call returns. */
SYN_ASYNC_DECLARE(struct syn_exit, syn_child_run, (const struct syn_child_options *, options));

/* Waits until process ID has ended, whatever started it; its status is not known, and it is not
 * reaped. Fails: ESRCH, EPERM. */
SYN_ASYNC_DECLARE(void, syn_process_ended, (pid_t, id));

#ifdef __cplusplus
}
#endif

#endif

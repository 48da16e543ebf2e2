/* SPDX-License-Identifier: Apache-2.0
 *
 * The end of a process as a descriptor that becomes readable, which any loop of any backend waits for.
 *
 * pidfd_open() where the system has it (Linux 5.3); a queue of its own with one EVFILT_PROC where it has
 * kqueue. Neither tells how the process ended: that is waitpid()'s.
 */
#ifndef SYNI_PROCESS_WATCH_H
#define SYNI_PROCESS_WATCH_H

#include <sys/types.h>

#include <synchronicity/err.h>

/* Owned by its opener. */
struct syni_process_watch {
    int fd;      /* -1: there is none */
    int process; /* that opened it; in a forked child the number is nobody's, or another file's */
};

/* Watches process ID, which may be any. Fails, and WATCH has no descriptor: ESRCH, there is none, or, on
 * some systems, it has ended and nobody has waited for it; EPERM; EMFILE, ENFILE, ENOMEM; ENOSYS, the
 * system has no such thing. */
syn_err syni_process_watch_open(struct syni_process_watch *watch, pid_t id);

/* One without a descriptor is fine. */
void syni_process_watch_close(struct syni_process_watch *watch);

/* Sends SIGNAL to process ID, which WATCH watches, or has no descriptor for: by the descriptor where the
 * system can, so that another process that has the number by now gets none. Fails: as kill(). */
syn_err syni_process_watch_signal(const struct syni_process_watch *watch, pid_t id, int signal);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * What the backends share (common.c), and what poller.c must know of them: nothing outside
 * this folder includes this header.
 *
 * SYNI_BACKEND_FALLBACKS, defined for a test build, leaves out whatever some
 * systems lack (epoll_pwait2, EVFILT_USER, pipe2, ppoll), so that the code for
 * those systems runs where the tests run.
 */
#ifndef SYNI_BACKENDS_H
#define SYNI_BACKENDS_H

/* A build says what it found; compiled by hand, what the system is known to have. */
#if !defined(SYN_HAVE_EPOLL) && !defined(SYN_HAVE_KQUEUE)
#if defined(__linux__)
#define SYN_HAVE_EPOLL 1
#elif defined(__APPLE__) || defined(__FreeBSD__) || defined(__NetBSD__) || defined(__OpenBSD__) ||  \
    defined(__DragonFly__)
#define SYN_HAVE_KQUEUE 1
#endif
#endif

#include <stdint.h>
#include <time.h>

#include <synchronicity/err.h>

#include "backend/poller.h"

extern const struct syni_backend syni_epoll_backend;
extern const struct syni_backend syni_kqueue_backend;
extern const struct syni_backend syni_poll_backend;

/* How many events a backend takes from the kernel at a time: more than most
 * turns of a loop see, few enough to lie inside the poller. */
enum { SYNI_BATCH = 128 };

static inline unsigned syni_batch(unsigned capacity)
{
    return capacity < SYNI_BATCH ? capacity : SYNI_BATCH;
}

/* Whether FD can be waited for; every backend asks here when it begins to watch it, since the
 * kernels disagree. Fails: SYN_EBADF; SYN_ENOTSUP for a regular file, a directory or a block
 * device. */
syn_err syni_fd_waitable(int fd);

/* TIMEOUT_NS as the kernels take it: NULL, which is without limit, or OUT. More
 * than three years is without limit too: BSD kernels refuse such a timespec,
 * and 32 bits of seconds do not hold it. */
const struct timespec *syni_timeout_spec(int64_t timeout_ns, struct timespec *out);

/* The same in milliseconds, rounded up so as not to be early; -1 is without
 * limit. It cannot say more than 24 days and then means 24 days. */
int syni_timeout_ms(int64_t timeout_ns);

#endif

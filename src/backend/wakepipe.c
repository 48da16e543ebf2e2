/* SPDX-License-Identifier: Apache-2.0
 *
 * The pipe behind the wake-up of the poll backend, and of kqueue where the
 * kernel has no EVFILT_USER. The driver of the loop opens, drains and closes it;
 * every thread and every signal handler writes to it.
 *
 * Each wake writes a byte. A flag that suppresses the second write would save a
 * system call, but the loop does that already, and it would need an argument
 * about the order of flag and pipe. A full pipe is a pending wake.
 */
#define _GNU_SOURCE /* pipe2 */
#include "backend/wakepipe.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "backend/backends.h"
#include "base/fault.h"

#if defined(__APPLE__) || defined(SYNI_BACKEND_FALLBACKS)

static int set_flags(int fd)
{
    if ((syni_fault("fcntl") ? -1 : fcntl(fd, F_SETFD, FD_CLOEXEC)) != 0)
        return -1;
    return syni_fault("fcntl") ? -1 : fcntl(fd, F_SETFL, O_NONBLOCK);
}

/* A fork and exec on another thread between pipe() and fcntl() leaks the pair
 * into the new program: without pipe2() that cannot be helped. */
static syn_err open_pair(int ends[2])
{
    if ((syni_fault("pipe") ? -1 : pipe(ends)) != 0)
        return errno;
    if (set_flags(ends[0]) == 0 && set_flags(ends[1]) == 0)
        return SYN_OK;
    syn_err err = errno;
    close(ends[0]);
    close(ends[1]);
    return err;
}

#else

static syn_err open_pair(int ends[2])
{
    if ((syni_fault("pipe2") ? -1 : pipe2(ends, O_CLOEXEC | O_NONBLOCK)) != 0)
        return errno;
    return SYN_OK;
}

#endif

syn_err syni_wakepipe_open(struct syni_wakepipe *out_waker)
{
    int ends[2];
    syn_err err = open_pair(ends);
    if (err == SYN_OK)
        *out_waker = (struct syni_wakepipe){.read_fd = ends[0], .write_fd = ends[1]};
    return err;
}

void syni_wakepipe_close(const struct syni_wakepipe *waker)
{
    close(waker->read_fd);
    close(waker->write_fd);
}

/* No fault here: a wake that is lost on purpose would prove nothing but a hang. */
void syni_wakepipe_wake(const struct syni_wakepipe *waker)
{
    int saved = errno;
    ssize_t n;
    do
        n = write(waker->write_fd, "", 1);
    while (n < 0 && errno == EINTR);
    errno = saved;
}

void syni_wakepipe_drain(const struct syni_wakepipe *waker)
{
    char bytes[1024];
    ssize_t n;
    do
        n = syni_fault("read") ? -1 : read(waker->read_fd, bytes, sizeof bytes);
    while (n == (ssize_t)sizeof bytes);
}

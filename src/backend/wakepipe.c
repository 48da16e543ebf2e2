/* SPDX-License-Identifier: Apache-2.0
 *
 * The pipe behind the wake-up of the poll backend, and of kqueue where the
 * kernel has no EVFILT_USER. The driver of the loop opens, drains and closes it;
 * every thread and every signal handler writes to it.
 *
 * Each wake writes a byte. A flag that suppresses the second write would save a
 * system call, but the loop does that already, and it would need an argument
 * about the order of flag and pipe. A full pipe is a pending wake.
 *
 * Other code may close these descriptors, and the numbers then be other files. So a thread that
 * reads or writes looks first whether both are still the pipe, which each end knows by its
 * file's device and number. That is two short system calls for each wake of backends that
 * are not the fast ones; it also keeps a write from raising SIGPIPE.
 */
#define _POSIX_C_SOURCE 200809L
#include "backend/wakepipe.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/fault.h"
#include "base/fork.h"

syn_err syni_wakepipe_open(struct syni_wakepipe *out_waker)
{
    int ends[2];
    struct stat pipe = {0};
    syn_err err = syni_descriptor_pipe(ends);
    if (err != SYN_OK)
        return err;
    if ((syni_fault("fstat") ? -1 : fstat(ends[0], &pipe)) != 0) {
        err = errno;
        close(ends[0]);
        close(ends[1]);
        return err;
    }
    out_waker->read_fd = ends[0];
    out_waker->write_fd = ends[1];
    out_waker->device = (uint64_t)pipe.st_dev;
    out_waker->number = (uint64_t)pipe.st_ino;
    syni_fork_close_in_child(ends[0], true);
    syni_fork_close_in_child(ends[1], true);
    return SYN_OK;
}

static bool is_end(const struct syni_wakepipe *waker, int fd)
{
    struct stat now;
    return fstat(fd, &now) == 0 && (uint64_t)now.st_dev == waker->device &&
           (uint64_t)now.st_ino == waker->number;
}

bool syni_wakepipe_is_whole(const struct syni_wakepipe *waker)
{
    return is_end(waker, waker->read_fd) && is_end(waker, waker->write_fd);
}

void syni_wakepipe_close(const struct syni_wakepipe *waker)
{
    syni_fork_close_in_child(waker->read_fd, false);
    syni_fork_close_in_child(waker->write_fd, false);
    if (is_end(waker, waker->read_fd))
        close(waker->read_fd);
    if (is_end(waker, waker->write_fd))
        close(waker->write_fd);
}

/* No fault here: a wake that is lost on purpose would prove nothing but a hang. */
void syni_wakepipe_wake(const struct syni_wakepipe *waker)
{
    int saved = errno;
    ssize_t n = 0;
    if (syni_wakepipe_is_whole(waker))
        do
            n = write(waker->write_fd, "", 1);
        while (n < 0 && errno == EINTR);
    errno = saved;
}

bool syni_wakepipe_drain(const struct syni_wakepipe *waker)
{
    char bytes[1024];
    ssize_t n;
    if (!syni_wakepipe_is_whole(waker))
        return false;
    do
        n = syni_fault("read") ? -1 : read(waker->read_fd, bytes, sizeof bytes);
    while (n == (ssize_t)sizeof bytes);
    return true;
}

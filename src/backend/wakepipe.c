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
#include "backend/wakepipe.h"

#include <errno.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/fault.h"

syn_err syni_wakepipe_open(struct syni_wakepipe *out_waker)
{
    int ends[2];
    syn_err err = syni_pipe(ends);
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

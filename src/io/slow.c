/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading and writing what can be waited for only in the kernel, on the default pool: regular
 * files, and terminals and devices that could not be opened again (standard.c).
 *
 * A job looks twenty times a second whether it is to end, and reads when there is something. So
 * the open file need not be non-blocking, and nothing is read that nobody gets: a job that was
 * asked to end before it read has read nothing. Another process that reads the same pipe may
 * come first; then the job waits in the kernel for what comes next.
 */
#if defined(__linux__)
#define _GNU_SOURCE 1
#elif defined(__APPLE__)
#define _DARWIN_C_SOURCE
#endif
#define SYNI_IN_LIBRARY 1

#include "io/socket.h"

#include <unistd.h>

#include "base/descriptor.h"
#include "base/fault.h"
#include "base/say.h"

enum {
    LOOK_MS = 50,
    SLOW_ROOM = 512,       /* what a pipe that is ready for writing takes at least (PIPE_BUF) */
    SLOW_PIECE = 16 << 20, /* what one system call moves at most */
};

/* 0, or why the job ends; it is ready, or has an error to tell. */
static syn_err slow_wait_for(int fd, bool to_write)
{
    do {
        if (syn_pool_job_cancelled())
            return SYN_ECANCELED;
    } while (!syni_descriptor_ready(fd, to_write, LOOK_MS));
    return SYN_OK;
}

static bool is_passing(int error)
{
    return error == EINTR || error == EAGAIN || error == EWOULDBLOCK;
}

SYN_BLOCKING_DEFINE(SYN_DEFAULT_POOL, size_t, syni_slow_read, (int, fd), (void *, buffer),
                    (size_t, size), SYN_NEVER_ABANDONED)
{
    ssize_t n;
    syn_err err;

    do {
        err = slow_wait_for(fd, false);
        if (err)
            return syn_job_fail(job, err, "nothing was read");
        n = syni_fault("read") ? -1 : read(fd, buffer, size < SLOW_PIECE ? size : SLOW_PIECE);
    } while (n < 0 && is_passing(errno));
    return n < 0 ? syn_job_fail(job, errno, "cannot read a descriptor") : (size_t)n;
}

SYN_BLOCKING_DEFINE(SYN_DEFAULT_POOL, size_t, syni_slow_write, (int, fd), (const void *, data),
                    (size_t, size), SYN_NEVER_ABANDONED)
{
    size_t piece = syni_descriptor_is_file(fd) ? SLOW_PIECE : SLOW_ROOM;
    ssize_t n;
    syn_err err;

    do {
        err = slow_wait_for(fd, true);
        if (err)
            return syn_job_fail(job, err, "nothing was written");
        n = syni_fault("send") ? -1 : syni_write_quietly(fd, data, size < piece ? size : piece);
    } while (n < 0 && is_passing(errno));
    return n < 0 ? syn_job_fail(job, errno, "cannot write to a descriptor") : (size_t)n;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Descriptors above the standard ones. Any thread; nothing here has state.
 *
 * The low number is ours for a moment, until the file has another one. Holding 0, 1 and 2 by
 * files of our own was discarded: a program that closed its standard streams may want them
 * back, and counts on the lowest number being given out.
 */
#define _GNU_SOURCE /* pipe2 */
#include "base/descriptor.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/fault.h"

enum { FIRST_OF_OURS = 3 };

static void close_quietly(int fd)
{
    int saved = errno;

    close(fd);
    errno = saved;
}

int syni_descriptor(int fd)
{
    int moved;

    if (fd < 0 || fd >= FIRST_OF_OURS)
        return fd;
    moved = syni_fault("dupfd") ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, FIRST_OF_OURS);
    if (moved < 0 && errno == EINVAL) /* the process may not have so high a number */
        errno = EMFILE;
    close_quietly(fd);
    return moved;
}

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
    close_quietly(ends[0]);
    close_quietly(ends[1]);
    return errno;
}

#else

static syn_err open_pair(int ends[2])
{
    return (syni_fault("pipe2") ? -1 : pipe2(ends, O_CLOEXEC | O_NONBLOCK)) != 0 ? errno : SYN_OK;
}

#endif

syn_err syni_pipe(int ends[2])
{
    int got[2];
    syn_err err = open_pair(got);

    if (err)
        return err;
    got[0] = syni_descriptor(got[0]);
    if (got[0] < 0)
        err = errno;
    got[1] = syni_descriptor(got[1]);
    if (got[1] < 0 && !err)
        err = errno;
    for (int i = 0; i < 2; i++)
        if (!err)
            ends[i] = got[i];
        else if (got[i] >= 0)
            close_quietly(got[i]);
    return err;
}

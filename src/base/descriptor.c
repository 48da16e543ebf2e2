/* SPDX-License-Identifier: Apache-2.0
 *
 * Descriptors above the standard ones. Any thread; nothing here has state.
 *
 * The low number is ours for a moment, until the file has another one. Holding 0, 1 and 2 by
 * files of our own was discarded: a program that closed its standard streams may want them
 * back, and counts on the lowest number being given out.
 */
#if defined(__APPLE__)
#define _DARWIN_C_SOURCE
#else
#define _GNU_SOURCE 1 /* pipe2 */
#endif
#include "base/descriptor.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/thread.h"

enum { FIRST_OF_OURS = 3 };

static void close_quietly(int fd)
{
    int saved = errno, cancel_state = syni_thread_hold_cancel();

    close(fd);
    syni_thread_let_cancel(cancel_state);
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
    if ((syni_fault("pipe2") ? -1 : pipe(ends)) != 0)
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

/* GOT, both of them, become ENDS under numbers that are ours; or both are closed. */
static syn_err take_pair(int got[2], int ends[2])
{
    syn_err err = SYN_OK;

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

syn_err syni_descriptor_pipe(int ends[2])
{
    int got[2];
    syn_err err = open_pair(got);

    return err ? err : take_pair(got, ends);
}

syn_err syni_descriptor_pair(int ends[2])
{
    int got[2], type = SOCK_STREAM;

#ifdef SOCK_CLOEXEC
    type |= SOCK_CLOEXEC | SOCK_NONBLOCK;
#endif
    if ((syni_fault("socketpair") ? -1 : socketpair(AF_UNIX, type, 0, got)) != 0)
        return errno;
    return take_pair(got, ends);
}

bool syni_descriptor_is_file(int fd)
{
    struct stat s;

    return fstat(fd, &s) == 0 && (S_ISREG(s.st_mode) || S_ISDIR(s.st_mode) || S_ISBLK(s.st_mode));
}

bool syni_descriptor_ready(int fd, bool to_write, int timeout_ms)
{
    struct pollfd waited = {.fd = fd, .events = to_write ? POLLOUT : POLLIN};

    return poll(&waited, 1, timeout_ms) > 0;
}

#if defined(__linux__)

/* To open the master of a terminal would make another terminal, and most devices begin anew for
 * each that opens them; these two do not. */
static bool may_be_opened_again(int fd, const struct stat *s)
{
    unsigned number;

    return S_ISFIFO(s->st_mode) || (isatty(fd) && ioctl(fd, TIOCGPTN, &number) != 0);
}

static bool is_same_file(int fd, const struct stat *as)
{
    struct stat s;

    return fstat(fd, &s) == 0 && s.st_dev == as->st_dev && s.st_ino == as->st_ino &&
           s.st_rdev == as->st_rdev;
}

int syni_descriptor_again(int fd)
{
    char path[40];
    struct stat s;
    int flags = fcntl(fd, F_GETFL), again, cancel_state;

    if (flags < 0 || fstat(fd, &s) != 0 || !may_be_opened_again(fd, &s))
        return -1;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    flags = (flags & O_ACCMODE) | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    cancel_state = syni_thread_hold_cancel(); /* open() is a cancellation point */
    again = syni_descriptor(syni_fault("reopen") ? -1 : open(path, flags));
    syni_thread_let_cancel(cancel_state);
    if (again >= 0 && !is_same_file(again, &s)) {
        close_quietly(again);
        again = -1;
    }
    return again;
}

#else

int syni_descriptor_again(int fd)
{
    (void)fd; /* what /dev/fd opens elsewhere is the same open file */
    return -1;
}

#endif

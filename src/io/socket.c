/* SPDX-License-Identifier: Apache-2.0
 *
 * Sockets: making them, and what all that lives on one loop says first.
 */
#if defined(__linux__)
#define _GNU_SOURCE 1
#elif defined(__APPLE__)
#define _DARWIN_C_SOURCE
#endif
#define SYNI_IN_LIBRARY 1

#include "io/socket.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/fault.h"
#include "base/thread.h"

void syni_close(int fd)
{
    int saved = errno, cancel_state = syni_thread_hold_cancel();

    close(fd);
    syni_thread_let_cancel(cancel_state);
    errno = saved;
}

static syn_err socket_set_flags(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
        return errno;
    return SYN_OK;
}

void syni_socket_options(int fd)
{
    int on = 1;

#ifdef SO_NOSIGPIPE
    setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

syn_err syni_socket(int family, int type, int *out_fd)
{
#ifdef SOCK_CLOEXEC
    int flags = SOCK_CLOEXEC | SOCK_NONBLOCK;
    int fd = syni_descriptor(syni_fault("socket") ? -1 : socket(family, type | flags, 0));

    if (fd < 0)
        return errno;
    syni_socket_options(fd);
#else
    int fd = syni_descriptor(syni_fault("socket") ? -1 : socket(family, type, 0));
    syn_err err;

    if (fd < 0)
        return errno;
    err = syni_socket_prepare(fd);
    if (err)
        return err;
#endif
    *out_fd = fd;
    return SYN_OK;
}

syn_err syni_socket_prepare(int fd)
{
    syn_err err = socket_set_flags(fd);

    if (err)
        syni_close(fd);
    else
        syni_socket_options(fd);
    return err;
}

syn_err syni_socket_settle(_Atomic(struct syn_synchronizer *) *home, const struct syn_task *task)
{
    struct syn_synchronizer *here = syn_task_synchronizer(task), *nobody = NULL;

    /* relaxed: it was this one that wrote it */
    if (atomic_load_explicit(home, memory_order_relaxed) == here)
        return SYN_OK;
    return atomic_compare_exchange_strong(home, &nobody, here) || nobody == here ? SYN_OK
                                                                                 : SYN_EWRONGLOOP;
}

const char *syni_socket_refusal(syn_err err)
{
    if (err == SYN_EWRONGLOOP)
        return "a stream or a listener stays on the synchronizer that used it first, which is another "
               "one";
    if (err == SYN_EBUSY)
        return "another read, or write, of this stream is under way";
    return NULL;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Streams of descriptors that somebody else opened, the standard ones above all.
 *
 * An open file may be shared: by the shell, by the other programs of a pipeline, by children.
 * A program that makes it non-blocking makes it so for all of them, and for good if the program dies.
 * (Discarded: to make it so and to restore it at the end.) So a socket is asked in each call
 * not to wait; a pipe or a terminal is opened again for the stream alone, where the system can;
 * what is non-blocking already is used as it is; and the rest, files among it, is read and
 * written on the default pool.
 */
#if defined(__linux__)
#define _GNU_SOURCE 1
#elif defined(__APPLE__)
#define _DARWIN_C_SOURCE
#endif
#define SYNI_IN_LIBRARY 1

#include "io/socket.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/fault.h"
#include "base/report.h"

enum { FIRST_AFTER_STANDARD = 3 };

static bool is_socket(int fd)
{
    int type;
    socklen_t size = sizeof type;

    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0;
}

/* How FD, with FLAGS, is used; only its file opened again has a number of its own. */
static struct syni_stream_source use_of(int fd, int flags)
{
    struct syni_stream_source source = {.fd = fd, .taken = -1, .kind = SYNI_SOURCE_SLOW};
    int again;

    if (is_socket(fd)) {
        source.kind = SYNI_SOURCE_SOCKET;
    } else if (syni_descriptor_is_file(fd)) {
        return source;
    } else if (flags & O_NONBLOCK) {
        source.kind = SYNI_SOURCE_WAITED;
    } else if ((again = syni_descriptor_again(fd)) >= 0) {
        source.fd = again;
        source.kind = SYNI_SOURCE_WAITED;
        source.opened_again = true;
    }
    return source;
}

static syn_err flags_of(int fd, int *out_flags)
{
    *out_flags = syni_fault("fcntl") ? -1 : fcntl(fd, F_GETFL);
    return *out_flags < 0 ? errno : SYN_OK;
}

static void standard_discard(const struct syni_stream_source *source)
{
    if (source->fd >= 0)
        syni_close(source->fd);
    if (source->taken >= 0)
        syni_close(source->taken);
}

static syn_err unusable(syn_err err, int fd)
{
    return syni_name_failure(err, err == SYN_EBADF ? "descriptor %d is not open"
                                                   : "no stream can be made of descriptor %d", fd);
}

syn_err syn_stream_from_descriptor(int take_fd, struct syn_stream **out_stream)
{
    struct syni_stream_source source;
    int flags;
    syn_err err = flags_of(take_fd, &flags);

    if (err == SYN_EBADF)
        return unusable(err, take_fd);
    if (!err && take_fd >= FIRST_AFTER_STANDARD &&
        (syni_fault("fcntl") ? -1 : fcntl(take_fd, F_SETFD, FD_CLOEXEC)) < 0)
        err = errno;
    if (err) {
        syni_close(take_fd);
        return unusable(err, take_fd);
    }
    source = use_of(take_fd, flags);
    if (source.kind == SYNI_SOURCE_SOCKET)
        syni_socket_options(take_fd);
    if (source.fd != take_fd)
        source.taken = take_fd;
    err = unusable(syni_source_stream(&source, out_stream), take_fd);
    if (err)
        standard_discard(&source);
    return err;
}

/* The descriptor stays as it is; the stream has a number of its own for the same file. */
syn_err syn_stream_standard(int number, struct syn_stream **out_stream)
{
    struct syni_stream_source source;
    int flags;
    syn_err err;

    if (number < 0 || number >= FIRST_AFTER_STANDARD)
        return syni_refuse(SYN_EINVAL, "a standard stream is 0, 1 or 2, and not %d", number);
    err = flags_of(number, &flags);
    if (err)
        return unusable(err, number);
    source = use_of(number, flags);
    if (source.fd == number)
        source.fd = syni_descriptor(
            syni_fault("dupfd") ? -1 : fcntl(number, F_DUPFD_CLOEXEC, FIRST_AFTER_STANDARD));
    if (source.fd < 0)
        return unusable(errno == EINVAL ? EMFILE : errno, number);
    err = unusable(syni_source_stream(&source, out_stream), number);
    if (err)
        standard_discard(&source);
    return err;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Unix sockets: addresses, connecting, pairs, and the process at the other end.
 *
 * A Unix socket connects at once or not at all. Where the listener's queue is full, Linux says
 * EAGAIN, and no readiness tells when there is room: so the connect looks again, at growing
 * intervals.
 */
#if defined(__linux__)
#define _GNU_SOURCE 1
#elif defined(__APPLE__)
#define _DARWIN_C_SOURCE
#endif
#define SYNI_IN_LIBRARY 1

#include "io/unix.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/fault.h"
#include "base/report.h"
#include "io/socket.h"

#include <synchronicity/step.h>

#define UNIX_FIRST_LOOK 0.001 /* seconds */
#define LONGEST_LOOK 0.1

syn_err syni_unix_address(const char *path, struct syni_unix_address *out_address,
                          const char **out_why)
{
    struct syni_unix_address address = {.raw.sun_family = AF_UNIX};
    size_t size = path ? strlen(path) : 0, room = sizeof address.raw.sun_path;

    *out_why = NULL;
    if (size == 0 || (syni_unix_is_abstract(path) && size == 1))
        return *out_why = "a Unix socket has a path, or on Linux a name that begins with '@'",
               SYN_EINVAL;
#if !defined(__linux__)
    if (syni_unix_is_abstract(path))
        return *out_why = "this system has no abstract names; write a path", SYN_ENOTSUP;
#endif
    if (size >= room + (size_t)syni_unix_is_abstract(path))
        return *out_why = "the path of a Unix socket is longer than the system takes", ENAMETOOLONG;
    memcpy(address.raw.sun_path, path, size);
    address.size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
    if (syni_unix_is_abstract(path))
        address.raw.sun_path[0] = '\0';
    else
        address.size++; /* with its end */
    *out_address = address;
    return SYN_OK;
}

/* -------------------------------------------------------------- connect -- */

static struct syn_step try_connect(struct syn_unix_connect *self);
static struct syn_step connect_told(struct syn_unix_connect *self);
static struct syn_step connected(struct syn_unix_connect *self);
static struct syn_step unix_connect_ends(struct syn_unix_connect *self);

SYN_ASYNC_DEFINE(SYN_FREE, struct syn_stream *, syn_unix_connect, SYN_COPY(const char *, path),
                 SYN_LOCAL(int, fd), SYN_LOCAL(double, look), SYN_DESTROY(syni_socket_discard))
{
    syn_err err;

    self->fd = -1;
    self->look = UNIX_FIRST_LOOK;
    syn_step_finally(self, unix_connect_ends);
    err = syni_socket(AF_UNIX, SOCK_STREAM, &self->fd);
    return err ? syn_step_fail(self, err) : try_connect(self);
}

static struct syn_step unix_refuse(struct syn_unix_connect *self, syn_err err)
{
    char message[SYN_MESSAGE_MAX];

    snprintf(message, sizeof message, "cannot connect to %.150s", self->path);
    return syn_step_fail(self, err, message);
}

static struct syn_step try_connect(struct syn_unix_connect *self)
{
    struct syni_unix_address address;
    const char *why;
    syn_err err = syni_unix_address(self->path, &address, &why);

    if (err)
        return syn_step_fail(self, err, why);
    if (syn_step_status(self))
        return syn_step_fail(self, syn_step_status(self));
    if (!syni_fault("connect") &&
        connect(self->fd, (const struct sockaddr *)&address.raw, address.size) == 0)
        return connected(self);
    if (errno == EAGAIN) {
        double look = self->look;

        self->look = look * 2 < LONGEST_LOOK ? look * 2 : LONGEST_LOOK;
        return syn_step_sleep(self, look, try_connect);
    }
    if (errno == EINPROGRESS || errno == EINTR)
        return syn_step_writable(self, self->fd, connect_told);
    return unix_refuse(self, errno);
}

static struct syn_step connect_told(struct syn_unix_connect *self)
{
    int error = syn_step_status(self);
    socklen_t size = sizeof error;

    if (error)
        return syn_step_fail(self, error);
    if (getsockopt(self->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
        error = errno;
    return error ? unix_refuse(self, error) : connected(self);
}

static struct syn_step connected(struct syn_unix_connect *self)
{
    syn_err err = syni_socket_stream(self->fd, &self->result);

    if (err)
        return syn_step_fail(self, err);
    self->fd = -1;
    return syn_step_return(self, self->result);
}

static struct syn_step unix_connect_ends(struct syn_unix_connect *self)
{
    if (self->fd >= 0)
        syni_close(self->fd);
    return syn_step_done(self);
}

/* ----------------------------------------------------------------- pairs -- */

/* What systems without SOCK_CLOEXEC still need. */
static syn_err make_pair(int ends[2])
{
    syn_err err = syni_descriptor_pair(ends);

    if (err)
        return err;
    err = syni_socket_prepare(ends[0]);
    if (err) {
        syni_close(ends[1]);
        return err;
    }
    err = syni_socket_prepare(ends[1]);
    if (err)
        syni_close(ends[0]);
    return err;
}

static syn_err no_pair(syn_err err)
{
    return syni_refuse(err, "no pair of connected streams can be made");
}

syn_err syn_unix_pair(struct syn_stream **out_a, struct syn_stream **out_b)
{
    struct syn_stream *a;
    int ends[2];
    syn_err err;

    if (!out_a || !out_b)
        return syni_refuse(SYN_EINVAL, "there is nowhere to put the two streams: NULL");
    err = make_pair(ends);
    if (err)
        return no_pair(err);
    err = syni_socket_stream(ends[0], &a);
    if (err) {
        syni_close(ends[0]);
        syni_close(ends[1]);
        return no_pair(err);
    }
    err = syni_socket_stream(ends[1], out_b);
    if (err) {
        syni_close(ends[1]);
        syni_socket_discard(a);
        return no_pair(err);
    }
    *out_a = a;
    return SYN_OK;
}

/* ----------------------------------------------------------------- peers -- */

static syn_err ask_peer(int fd, struct syn_unix_peer *peer)
{
#if defined(SO_PEERCRED) && defined(__linux__)
    struct ucred who;
    socklen_t size = sizeof who;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) < 0)
        return errno;
    *peer = (struct syn_unix_peer){who.pid, who.uid, who.gid};
    return SYN_OK;
#elif defined(__APPLE__) || defined(__FreeBSD__) || defined(__NetBSD__) || defined(__OpenBSD__)
    peer->pid = -1;
    return getpeereid(fd, &peer->uid, &peer->gid) < 0 ? errno : SYN_OK;
#else
    (void)fd;
    (void)peer;
    return SYN_ENOTSUP;
#endif
}

syn_err syn_unix_peer(const struct syn_stream *stream, struct syn_unix_peer *out_peer)
{
    struct syn_unix_peer peer;
    int fd = syni_unix_descriptor(stream);
    syn_err err;

    if (!out_peer)
        return syni_refuse(SYN_EINVAL, "there is nowhere to put the peer: NULL");
    if (fd < 0)
        return syni_refuse(SYN_ENOTSUP, "only a stream of unix.h knows its peer");
    err = ask_peer(fd, &peer);
    if (!err)
        *out_peer = peer;
    return syni_name_failure(err, "the system does not name the peer of socket %d", fd);
}

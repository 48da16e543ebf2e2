/* SPDX-License-Identifier: Apache-2.0
 *
 * The stream that is a socket (or a pipe), and the system calls behind it.
 *
 * One registration with the kernel for the life of the stream. A read that may find
 * nothing is not made: a stream remembers that the last one emptied the socket (it
 * returned less than it was asked for) and then waits first. So a request and its
 * reply cost one send, one wait and one recv.
 */
#if defined(__linux__)
#define _GNU_SOURCE
#elif defined(__APPLE__)
#define _DARWIN_C_SOURCE
#endif
#define SYNI_IN_LIBRARY 1

#include "io/socket.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/fault.h"
#include "base/mem.h"
#include "base/say.h"

struct fd_stream {
    struct syn_stream stream;
    _Atomic(struct syn_synchronizer *) home; /* of the first operation; NULL before */
    int fd;
    bool is_socket;
    /* home's driver only: */
    bool kept;    /* home's loop knows that we close it */
    bool emptied; /* the last read took all there was: wait before the next */
    bool reading, writing;
};

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* SO_NOSIGPIPE was set instead */
#endif

void syni_close(int fd)
{
    int saved = errno;

    close(fd);
    errno = saved;
}

static syn_err set_flags(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
        return errno;
    return SYN_OK;
}

/* What a socket needs before use; a pipe refuses these, which is fine. */
static void set_options(int fd)
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
    set_options(fd);
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
    syn_err err = set_flags(fd);

    if (err)
        syni_close(fd);
    else
        set_options(fd);
    return err;
}

syn_err syni_socket_settle(_Atomic(struct syn_synchronizer *) *home, const struct syn_task *task)
{
    struct syn_synchronizer *here = syn_task_synchronizer(task), *nobody = NULL;

    return atomic_compare_exchange_strong(home, &nobody, here) || nobody == here ? SYN_OK
                                                                                 : SYN_EWRONGLOOP;
}

/* The first operation decides where the stream lives. Before that is known nothing
 * else of it may be looked at: its own loop may be at work on it. BUSY: the flag of
 * the operation's direction. */
static syn_err enter(struct fd_stream *s, const bool *busy, struct syn_task *task)
{
    syn_err err = syni_socket_settle(&s->home, task);

    if (err)
        return err;
    if (busy && *busy)
        return SYN_EBUSY;
    if (s->kept)
        return SYN_OK;
    err = syn_keep_descriptor(task, s->fd);
    s->kept = !err;
    return err;
}

/* ------------------------------------------------------------------ read -- */

struct fd_read;
static struct syn_step readable(struct fd_read *self);
static struct syn_step read_ends(struct fd_read *self);

SYN_ASYNC(SYN_FREE, size_t, fd_read, (struct fd_stream *, s), (void *, buffer), (size_t, size))
{
    syn_err err = enter(self->s, &self->s->reading, &self->syn);

    if (err)
        return syn_step_fail(self, err);
    self->s->reading = true;
    syn_step_finally(self, read_ends);
    if (self->s->emptied)
        return syn_step_readable(self, self->s->fd, readable);
    return readable(self);
}

static struct syn_step readable(struct fd_read *self)
{
    ssize_t n;

    if (syn_step_status(self))
        return syn_step_fail(self, syn_step_status(self));
    do
        n = syni_fault("read") ? -1 : read(self->s->fd, self->buffer, self->size);
    while (n < 0 && errno == EINTR);
    self->s->emptied = n < 0 || (size_t)n < self->size;
    if (n >= 0)
        return syn_step_return(self, (size_t)n);
    if (errno == EAGAIN || errno == EWOULDBLOCK)
        return syn_step_readable(self, self->s->fd, readable);
    return syn_step_fail(self, errno);
}

static struct syn_step read_ends(struct fd_read *self)
{
    self->s->reading = false;
    return syn_step_done(self);
}

/* ----------------------------------------------------------------- write -- */

struct fd_write;
static struct syn_step writable(struct fd_write *self);
static struct syn_step write_ends(struct fd_write *self);

SYN_ASYNC(SYN_FREE, size_t, fd_write, (struct fd_stream *, s), (const void *, data), (size_t, size))
{
    syn_err err = enter(self->s, &self->s->writing, &self->syn);

    if (err)
        return syn_step_fail(self, err);
    self->s->writing = true;
    syn_step_finally(self, write_ends);
    return writable(self);
}

static ssize_t write_some(const struct fd_stream *s, const void *data, size_t size)
{
    if (syni_fault("send"))
        return -1;
    return s->is_socket ? send(s->fd, data, size, MSG_NOSIGNAL)
                        : syni_write_quietly(s->fd, data, size);
}

static struct syn_step writable(struct fd_write *self)
{
    ssize_t n;

    if (syn_step_status(self))
        return syn_step_fail(self, syn_step_status(self));
    do
        n = write_some(self->s, self->data, self->size);
    while (n < 0 && errno == EINTR);
    if (n >= 0)
        return syn_step_return(self, (size_t)n);
    if (errno == EAGAIN || errno == EWOULDBLOCK)
        return syn_step_writable(self, self->s->fd, writable);
    return syn_step_fail(self, errno);
}

static struct syn_step write_ends(struct fd_write *self)
{
    self->s->writing = false;
    return syn_step_done(self);
}

/* ------------------------------------------------------- shutdown, close -- */

SYN_ASYNC(SYN_FREE, void, fd_shutdown, (struct fd_stream *, s))
{
    syn_err err = enter(self->s, NULL, &self->syn);

    if (!err && shutdown(self->s->fd, SHUT_WR) < 0)
        err = errno == ENOTSOCK ? SYN_ENOTSUP : errno;
    return err ? syn_step_fail(self, err) : syn_step_done(self);
}

SYN_ASYNC(SYN_FREE, void, fd_close, (struct fd_stream *, s))
{
    struct fd_stream *s = self->s;

    if (syni_socket_settle(&s->home, &self->syn) != SYN_OK)
        return syn_step_fail(self, SYN_EWRONGLOOP);
    if (s->reading || s->writing)
        return syn_step_fail(self, SYN_EBUSY);
    if (s->kept)
        syn_forget_descriptor(&self->syn, s->fd);
    syni_close(s->fd);
    syni_free(s, sizeof *s);
    return syn_step_done(self);
}

/* ------------------------------------------------------------- the table -- */

static struct syn_stream_bytes_future read_method(struct syn_stream *s, void *buffer, size_t size)
{
    return SYN_STREAM_FUTURE(bytes, fd_read_future((struct fd_stream *)s, buffer, size));
}

static struct syn_stream_bytes_future write_method(struct syn_stream *s, const void *data,
                                                   size_t size)
{
    return SYN_STREAM_FUTURE(bytes, fd_write_future((struct fd_stream *)s, data, size));
}

static struct syn_stream_end_future shutdown_method(struct syn_stream *s)
{
    return SYN_STREAM_FUTURE(end, fd_shutdown_future((struct fd_stream *)s));
}

static struct syn_stream_end_future close_method(struct syn_stream *s)
{
    return SYN_STREAM_FUTURE(end, fd_close_future((struct fd_stream *)s));
}

static const struct syn_stream_class fd_class = {"descriptor", read_method, write_method,
                                                 shutdown_method, close_method};

syn_err syni_socket_stream(int fd, struct syn_stream **out_stream)
{
    struct fd_stream *s = syni_alloc(sizeof *s);
    int type;
    socklen_t size = sizeof type;

    if (!s)
        return SYN_ENOMEM;
    s->stream.stream_class = &fd_class;
    s->fd = fd;
    s->is_socket = getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0;
    s->emptied = true;
    *out_stream = &s->stream;
    return SYN_OK;
}

void syni_socket_discard(struct syn_stream *stream)
{
    struct fd_stream *s = (struct fd_stream *)stream;

    syni_close(s->fd);
    syni_free(s, sizeof *s);
}

syn_err syn_stream_from_descriptor(int take_fd, struct syn_stream **out_stream)
{
    syn_err err = syni_socket_prepare(take_fd);

    if (err)
        return err;
    err = syni_socket_stream(take_fd, out_stream);
    if (err)
        syni_close(take_fd);
    return err;
}

int syn_tcp_descriptor(const struct syn_stream *stream)
{
    return stream->stream_class == &fd_class ? ((const struct fd_stream *)stream)->fd : -1;
}

static syn_err set_option(struct syn_stream *stream, int level, int option, int value)
{
    int fd = syn_tcp_descriptor(stream);

    if (fd < 0)
        return SYN_ENOTSUP;
    return setsockopt(fd, level, option, &value, sizeof value) < 0 ? errno : SYN_OK;
}

syn_err syn_tcp_set_nodelay(struct syn_stream *stream, int on)
{
    return set_option(stream, IPPROTO_TCP, TCP_NODELAY, on != 0);
}

syn_err syn_tcp_set_keepalive(struct syn_stream *stream, int seconds)
{
    syn_err err = set_option(stream, SOL_SOCKET, SO_KEEPALIVE, seconds > 0);

#if defined(TCP_KEEPIDLE)
    if (!err && seconds > 0)
        err = set_option(stream, IPPROTO_TCP, TCP_KEEPIDLE, seconds);
    if (!err && seconds > 0)
        err = set_option(stream, IPPROTO_TCP, TCP_KEEPINTVL, seconds);
#endif
    return err;
}

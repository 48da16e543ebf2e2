/* SPDX-License-Identifier: Apache-2.0
 *
 * The stream that is a descriptor, a socket mostly, and the system calls behind it.
 *
 * The open file may be shared with other processes (standard input, what was inherited), so it
 * is never made non-blocking: sockets are asked not to wait in each call, and how the rest is
 * read without waiting is found out where the stream is made (standard.c).
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

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/mem.h"
#include "base/say.h"

struct fd_stream {
    struct syn_stream stream;
    _Atomic(struct syn_synchronizer *) home; /* of the first operation; NULL before */
    struct syni_source source;
    /* home's driver only: */
    bool kept;    /* home's loop knows that we close it */
    bool emptied; /* the last read took all there was: wait before the next */
    bool torn;    /* a write of a whole ended in its middle: no orderly end any more */
    bool reading, writing;
};

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* SO_NOSIGPIPE was set instead */
#endif

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
    if (s->kept || s->source.kind == SYNI_SOURCE_SLOW)
        return SYN_OK;
    err = syn_keep_descriptor(task, s->source.fd);
    s->kept = !err;
    return err;
}

/* ------------------------------------------------------------------ read -- */

struct fd_read;
static struct syn_step readable(struct fd_read *self);
static struct syn_step read_slowly(struct fd_read *self);
static struct syn_step read_ends(struct fd_read *self);

SYN_ASYNC(SYN_FREE, size_t, fd_read, (struct fd_stream *, s), (void *, buffer), (size_t, size))
{
    syn_err err = enter(self->s, &self->s->reading, &self->syn);

    if (err)
        return syn_step_fail(self, err, syni_socket_refusal(err));
    self->s->reading = true;
    syn_step_finally(self, read_ends);
    if (self->s->source.kind == SYNI_SOURCE_SLOW)
        return syn_step_await(self,
                              syni_slow_read_future(self->s->source.fd, self->buffer, self->size),
                              &self->result, read_slowly);
    if (self->s->emptied)
        return syn_step_readable(self, self->s->source.fd, readable);
    return readable(self);
}

static ssize_t read_some(const struct fd_stream *s, void *buffer, size_t size)
{
    if (syni_fault("read"))
        return -1;
    return s->source.kind == SYNI_SOURCE_SOCKET ? recv(s->source.fd, buffer, size, MSG_DONTWAIT)
                                                : read(s->source.fd, buffer, size);
}

static struct syn_step readable(struct fd_read *self)
{
    ssize_t n;

    if (syn_step_status(self))
        return syn_step_fail(self, syn_step_status(self));
    do
        n = read_some(self->s, self->buffer, self->size);
    while (n < 0 && errno == EINTR);
    self->s->emptied = !self->s->source.opened_again && (n < 0 || (size_t)n < self->size);
    if (n >= 0)
        return syn_step_return(self, (size_t)n);
    if (errno == EAGAIN || errno == EWOULDBLOCK)
        return syn_step_readable(self, self->s->source.fd, readable);
    return syn_step_fail(self, errno);
}

static struct syn_step read_slowly(struct fd_read *self)
{
    if (syn_step_status(self))
        return syn_step_fail(self, syn_step_status(self));
    return syn_step_return(self, self->result);
}

static struct syn_step read_ends(struct fd_read *self)
{
    self->s->reading = false;
    return syn_step_done(self);
}

/* ----------------------------------------------------------------- write -- */

struct fd_write;
static struct syn_step writable(struct fd_write *self);
static struct syn_step write_slowly(struct fd_write *self);
static struct syn_step wrote_slowly(struct fd_write *self);
static struct syn_step write_ends(struct fd_write *self);

/* WHOLE: all of it, as one write, so that no other operation comes in between. */
SYN_ASYNC(SYN_FREE, size_t, fd_write, (struct fd_stream *, s), (const void *, data), (size_t, size),
          (int, whole), SYN_LOCAL(size_t, done), SYN_LOCAL(size_t, n))
{
    syn_err err = enter(self->s, &self->s->writing, &self->syn);

    if (err)
        return syn_step_fail(self, err, syni_socket_refusal(err));
    self->s->writing = true;
    syn_step_finally(self, write_ends);
    return self->s->source.kind == SYNI_SOURCE_SLOW ? write_slowly(self) : writable(self);
}

static ssize_t write_some(const struct fd_stream *s, const void *data, size_t size)
{
    if (syni_fault("send"))
        return -1;
    return s->source.kind == SYNI_SOURCE_SOCKET
               ? send(s->source.fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT)
               : syni_write_quietly(s->source.fd, data, size);
}

static const void *rest_of(const struct fd_write *self)
{
    return (const char *)self->data + self->done;
}

/* N bytes more were written: enough of them? */
static bool is_enough(struct fd_write *self, size_t n)
{
    self->done += n;
    return !self->whole || self->done == self->size || n == 0;
}

static struct syn_step writable(struct fd_write *self)
{
    ssize_t n;

    if (syn_step_status(self))
        return syn_step_fail(self, syn_step_status(self));
    do
        n = write_some(self->s, rest_of(self), self->size - self->done);
    while (n < 0 && errno == EINTR);
    if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
        return syn_step_fail(self, errno);
    if (n >= 0 && is_enough(self, (size_t)n))
        return syn_step_return(self, self->done);
    return syn_step_writable(self, self->s->source.fd, writable);
}

static struct syn_step write_slowly(struct fd_write *self)
{
    size_t left = self->size - self->done;

    return syn_step_await(self, syni_slow_write_future(self->s->source.fd, rest_of(self), left),
                          &self->n, wrote_slowly);
}

static struct syn_step wrote_slowly(struct fd_write *self)
{
    if (syn_step_status(self))
        return syn_step_fail(self, syn_step_status(self));
    return is_enough(self, self->n) ? syn_step_return(self, self->done) : write_slowly(self);
}

static struct syn_step write_ends(struct fd_write *self)
{
    self->s->writing = false;
    if (self->whole && self->done > 0 && self->done < self->size)
        self->s->torn = true;
    return syn_step_done(self);
}

/* ------------------------------------------------------- shutdown, close -- */

SYN_ASYNC(SYN_FREE, void, fd_shutdown, (struct fd_stream *, s))
{
    syn_err err = enter(self->s, &self->s->writing, &self->syn);

    if (err)
        return syn_step_fail(self, err, syni_socket_refusal(err));
    if (self->s->torn)
        return syn_step_fail(self, SYN_EPIPE,
                             "a write ended in its middle: the stream can only be closed");
    if (shutdown(self->s->source.fd, SHUT_WR) < 0)
        return syn_step_fail(self, errno == ENOTSOCK ? SYN_ENOTSUP : errno);
    return syn_step_done(self);
}

enum { DROPS = 16, DROP_SIZE = 4096 };

/* One that ends in the middle of what was to be written is reset: the peer must not take it for
 * the end. Of any other, what has come and was not read is dropped, up to a bound, since the
 * kernel would reset the connection for it, and the peer lose what it has not read yet. */
static void prepare_end(const struct fd_stream *s)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    char dropped[DROP_SIZE];

    if (s->torn)
        setsockopt(s->source.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    for (int i = 0; i < DROPS && !s->torn; i++)
        if (recv(s->source.fd, dropped, sizeof dropped, MSG_DONTWAIT) < (ssize_t)sizeof dropped)
            break;
}

/* Closes what S was made of, and frees it. */
static void free_stream(struct fd_stream *s)
{
    if (s->source.kind == SYNI_SOURCE_SOCKET)
        prepare_end(s);
    syni_close(s->source.fd);
    if (s->source.taken >= 0)
        syni_close(s->source.taken);
    syni_free(s, sizeof *s);
}

SYN_ASYNC(SYN_FREE, void, fd_close, (struct fd_stream *, s))
{
    struct fd_stream *s = self->s;

    if (syni_socket_settle(&s->home, &self->syn) != SYN_OK)
        return syn_step_fail(self, SYN_EWRONGLOOP);
    if (s->reading || s->writing)
        return syn_step_fail(self, SYN_EBUSY);
    if (s->kept)
        syn_forget_descriptor(&self->syn, s->source.fd);
    free_stream(s);
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
    return SYN_STREAM_FUTURE(bytes, fd_write_future((struct fd_stream *)s, data, size, 0));
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

struct syn_stream_bytes_future syni_stream_write_whole(struct syn_stream *stream, const void *data,
                                                       size_t size)
{
    if (stream->stream_class != &fd_class)
        return stream->stream_class->write(stream, data, size);
    return SYN_STREAM_FUTURE(bytes, fd_write_future((struct fd_stream *)stream, data, size, 1));
}

syn_err syni_source_stream(const struct syni_source *source, struct syn_stream **out_stream)
{
    struct fd_stream *s = syni_alloc(sizeof *s);

    if (!s)
        return SYN_ENOMEM;
    s->stream.stream_class = &fd_class;
    s->source = *source;
    s->emptied = !source->opened_again;
    *out_stream = &s->stream;
    return SYN_OK;
}

syn_err syni_socket_stream(int fd, struct syn_stream **out_stream)
{
    struct syni_source source = {.fd = fd, .taken = -1, .kind = SYNI_SOURCE_SOCKET};

    return syni_source_stream(&source, out_stream);
}

void syni_socket_discard(struct syn_stream *stream)
{
    free_stream((struct fd_stream *)stream);
}

int syn_tcp_descriptor(const struct syn_stream *stream)
{
    return stream->stream_class == &fd_class ? ((const struct fd_stream *)stream)->source.fd : -1;
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

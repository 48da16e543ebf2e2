/* SPDX-License-Identifier: Apache-2.0
 *
 * The stream that is a descriptor, a socket mostly: its life, its table and its options.
 *
 * The open file may be shared with other processes (standard input, what was inherited), so it
 * is never made non-blocking: sockets are asked not to wait in each call, and how the rest is
 * read without waiting is found out where the stream is made (standard.c).
 *
 * One registration with the kernel for the life of the stream. Reading is in source_read.c,
 * writing in source_write.c.
 */
#if defined(__linux__)
#define _GNU_SOURCE 1
#elif defined(__APPLE__)
#define _DARWIN_C_SOURCE
#endif
#define SYNI_IN_LIBRARY 1

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/report.h"
#include "io/source.h"

#include <synchronicity/step.h>

/* ------------------------------------------------------- shutdown, close -- */

SYN_ASYNC(SYN_FREE, void, fd_shutdown, (struct syni_source_stream *, s))
{
    syn_err err = syni_source_enter(self->s, &self->s->writing, &self->syn);

    if (err)
        return syn_step_fail(self, err, syni_socket_refusal(err));
    if (self->s->torn)
        return syn_step_fail(self, SYN_EPIPE,
                             "a write ended in its middle: the stream can only be closed");
    if (shutdown(self->s->source.fd, SHUT_WR) < 0)
        return errno == ENOTSOCK
                   ? syn_step_fail(self, SYN_ENOTSUP, "only a socket can be shut down; close this stream")
                   : syn_step_fail(self, errno);
    return syn_step_done(self);
}

enum { DROPS = 16, DROP_SIZE = 4096 };

/* One that ends in the middle of what was to be written is reset: the peer must not take it for
 * the end. Of any other, what has come and was not read is dropped, up to a bound, since the
 * kernel would reset the connection for it, and the peer lose what it has not read yet. */
static void prepare_end(const struct syni_source_stream *s)
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
static void free_stream(struct syni_source_stream *s)
{
    if (s->source.kind == SYNI_SOURCE_SOCKET)
        prepare_end(s);
    syni_close(s->source.fd);
    if (s->source.taken >= 0)
        syni_close(s->source.taken);
    syni_free(s, sizeof *s);
}

SYN_ASYNC(SYN_FREE, void, fd_close, (struct syni_source_stream *, s))
{
    struct syni_source_stream *s = self->s;

    if (syni_socket_settle(&s->home, &self->syn) != SYN_OK)
        return syn_step_fail(self, SYN_EWRONGLOOP, syni_socket_refusal(SYN_EWRONGLOOP));
    if (s->reading || s->writing)
        return syn_step_fail(self, SYN_EBUSY, "a read or write of this stream is under way; cancel it, "
                                              "then close");
    if (s->kept)
        syn_forget_descriptor(&self->syn, s->source.fd);
    free_stream(s);
    return syn_step_done(self);
}

/* ------------------------------------------------------------- the table -- */

static struct syn_stream_bytes_future read_method(struct syn_stream *s, void *buffer, size_t size)
{
    return SYN_STREAM_FUTURE(
        bytes, syni_source_read_future((struct syni_source_stream *)s, buffer, size, NULL));
}

static struct syn_stream_bytes_future write_method(struct syn_stream *s, const void *data,
                                                   size_t size)
{
    struct syni_output output = {.rest = {data, size}};

    return SYN_STREAM_FUTURE(bytes,
                             syni_source_write_future((struct syni_source_stream *)s, output));
}

static struct syn_stream_end_future shutdown_method(struct syn_stream *s)
{
    return SYN_STREAM_FUTURE(end, fd_shutdown_future((struct syni_source_stream *)s));
}

static struct syn_stream_end_future close_method(struct syn_stream *s)
{
    return SYN_STREAM_FUTURE(end, fd_close_future((struct syni_source_stream *)s));
}

static const struct syn_stream_class fd_class = {
    sizeof(struct syn_stream_class), "descriptor", read_method, write_method,
    shutdown_method, close_method};

struct syni_source_stream *syni_source_of(const struct syn_stream *stream)
{
    return stream && stream->stream_class == &fd_class ? (struct syni_source_stream *)(uintptr_t)stream : NULL;
}

struct syn_stream_bytes_future syni_stream_write_whole(struct syn_stream *stream, const void *data,
                                                       size_t size)
{
    struct syni_source_stream *s = syni_source_of(stream);
    struct syni_output output = {.rest = {data, size}, .whole = true};

    if (!s)
        return stream->stream_class->write(stream, data, size);
    return SYN_STREAM_FUTURE(bytes, syni_source_write_future(s, output));
}

syn_err syni_source_stream(const struct syni_stream_source *source, struct syn_stream **out_stream)
{
    struct syni_source_stream *s = syni_alloc(sizeof *s);

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
    struct syni_stream_source source = {.fd = fd, .taken = -1, .kind = SYNI_SOURCE_SOCKET};

    return syni_source_stream(&source, out_stream);
}

void syni_socket_discard(struct syn_stream *stream)
{
    free_stream((struct syni_source_stream *)stream);
}

int syn_tcp_descriptor(const struct syn_stream *stream)
{
    const struct syni_source_stream *s = syni_source_of(stream);

    return s ? s->source.fd : -1;
}

static syn_err no_socket(void)
{
    return syni_refuse(SYN_ENOTSUP, "only a stream of tcp.h has options of a socket");
}

static syn_err refused(int fd)
{
    return syni_refuse(errno, "the system refused the option for the socket %d", fd);
}

static syn_err set_option(struct syn_stream *stream, int level, int option, int value)
{
    int fd = syn_tcp_descriptor(stream);

    if (fd < 0)
        return no_socket();
    return setsockopt(fd, level, option, &value, sizeof value) < 0 ? refused(fd) : SYN_OK;
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

syn_err syn_tcp_set_linger(struct syn_stream *stream, int seconds)
{
    struct linger linger = {.l_onoff = seconds == 0, .l_linger = 0};
    int fd = syn_tcp_descriptor(stream);

    if (seconds > 0 || seconds < -1)
        return syni_refuse(SYN_EINVAL, "a close that lingers for %d s would hold its loop; write "
                                       "syn_stream_finish()", seconds);
    if (fd < 0)
        return no_socket();
    return setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger) < 0 ? refused(fd) : SYN_OK;
}

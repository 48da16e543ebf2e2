/* SPDX-License-Identifier: Apache-2.0
 *
 * What can be done with any stream: the table's four, and writing all.
 *
 * The blocking faces start the class's future and
 * get it. On the loop's own thread that is refused, and nobody would ever use the
 * future up: so it is taken back, before its first step.
 */
#define SYNI_IN_LIBRARY 1

#include "io/source.h"

#include <synchronicity/step.h>

/* In place of what a class would do. */
SYN_ASYNC(SYN_FREE, size_t, no_stream)
{
    return syn_step_fail(self, SYN_EINVAL, "there is no stream");
}

SYN_ASYNC(SYN_FREE, void, no_stream_to_end)
{
    return syn_step_fail(self, SYN_EINVAL, "there is no stream");
}

/* Of a class that this library cannot read. */
static const char of_another_version[] =
    "a stream: its class does not say .struct_bytes = sizeof(struct syn_stream_class), or was "
    "compiled against another version of the headers";

SYN_ASYNC(SYN_FREE, size_t, strange_stream)
{
    return syn_step_fail(self, SYN_EABI, of_another_version);
}

SYN_ASYNC(SYN_FREE, void, strange_stream_to_end)
{
    return syn_step_fail(self, SYN_EABI, of_another_version);
}

/* Of no bytes, whatever the class would make of it: not the end. */
SYN_ASYNC(SYN_FREE, size_t, no_bytes)
{
    return syn_step_return(self, 0);
}

static bool stream_class_is_ours(const struct syn_stream *stream)
{
    return stream->stream_class->struct_bytes == sizeof(struct syn_stream_class);
}

/* What stands in the way of SIZE bytes to or from STREAM is *OUT. */
static bool stream_is_refused(const struct syn_stream *stream, size_t size,
                              struct syn_stream_bytes_future *out)
{
    if (stream && size && stream_class_is_ours(stream))
        return false;
    if (!stream)
        *out = SYN_STREAM_FUTURE(bytes, no_stream_future());
    else if (stream_class_is_ours(stream))
        *out = SYN_STREAM_FUTURE(bytes, no_bytes_future());
    else
        *out = SYN_STREAM_FUTURE(bytes, strange_stream_future());
    return true;
}

struct syn_stream_bytes_future syn_stream_read_future(struct syn_stream *stream, void *buffer,
                                                      size_t size)
{
    struct syn_stream_bytes_future future;

    if (stream_is_refused(stream, size, &future))
        return future;
    return stream->stream_class->read(stream, buffer, size);
}

struct syn_stream_bytes_future syn_stream_write_future(struct syn_stream *stream, const void *data,
                                                       size_t size)
{
    struct syn_stream_bytes_future future;

    if (stream_is_refused(stream, size, &future))
        return future;
    return stream->stream_class->write(stream, data, size);
}

struct syn_stream_end_future syn_stream_shutdown_future(struct syn_stream *stream)
{
    if (!stream)
        return SYN_STREAM_FUTURE(end, no_stream_to_end_future());
    if (!stream_class_is_ours(stream))
        return SYN_STREAM_FUTURE(end, strange_stream_to_end_future());
    return stream->stream_class->shutdown(stream);
}

SYN_ASYNC(SYN_FREE, void, close_nothing)
{
    return syn_step_done(self);
}

struct syn_stream_end_future syn_stream_close_future(struct syn_stream *stream)
{
    struct syn_stream_end_future future;

    if (!stream)
        return SYN_STREAM_FUTURE(end, close_nothing_future());
    if (!stream_class_is_ours(stream))
        return SYN_STREAM_FUTURE(end, strange_stream_to_end_future());
    syn_without_deadline(future = stream->stream_class->close(stream));
    return future;
}

/* ERR is what getting F came to. */
static syn_err take_back(struct syn_future f, syn_err err)
{
    if (err == SYN_EDEADLK && syni_future_request_cancel(f) == SYN_OK)
        syni_future_detach(f);
    return err;
}

static syn_err get_bytes(struct syn_stream_bytes_future f, size_t *out_n)
{
    return take_back(f.u.handle, syn_future_get(f, out_n));
}

static syn_err get_end(struct syn_stream_end_future f)
{
    return take_back(f.u.handle, syn_future_get(f));
}

syn_err syn_stream_read(struct syn_stream *stream, void *buffer, size_t size, size_t *out_n)
{
    return get_bytes(syn_stream_read_future(stream, buffer, size), out_n);
}

syn_err syn_stream_write(struct syn_stream *stream, const void *data, size_t size, size_t *out_n)
{
    return get_bytes(syn_stream_write_future(stream, data, size), out_n);
}

syn_err syn_stream_shutdown(struct syn_stream *stream)
{
    return get_end(syn_stream_shutdown_future(stream));
}

syn_err syn_stream_close(struct syn_stream *stream)
{
    syn_err err = SYN_OK;

    if (stream)
        syn_without_deadline(err = get_end(syn_stream_close_future(stream)));
    return err;
}

static struct syn_step write_whole(struct syn_stream_write_all *self);
static struct syn_step write_on(struct syn_stream_write_all *self);
static struct syn_step write_whole_ends(struct syn_stream_write_all *self);
static struct syn_step write_rest(struct syn_stream_write_all *self);
static struct syn_step wrote(struct syn_stream_write_all *self);

SYN_ASYNC_DEFINE(SYN_FREE, void, syn_stream_write_all, (struct syn_stream *, stream),
                 (const void *, data), (size_t, size), SYN_LOCAL(size_t, done),
                 SYN_LOCAL(size_t, n), SYN_LOCAL(struct syni_source_stream *, source),
                 SYN_LOCAL(struct syni_output, output))
{
    if (!self->stream)
        return syn_step_fail(self, SYN_EINVAL, "there is no stream");
    self->source = syni_source_of(self->stream);
    return self->source && self->size > 0 && self->source->source.kind != SYNI_SOURCE_SLOW ? write_whole(self)
                                                                                        : write_rest(self);
}

/* To a descriptor that need not wait: here, without another task. */
static struct syn_step write_whole(struct syn_stream_write_all *self)
{
    syn_err err = syni_source_enter(self->source, &self->source->writing, &self->syn);

    if (err)
        return syn_step_fail(self, err, syni_socket_refusal(err));
    self->source->writing = true;
    self->output.rest = (struct syn_span){self->data, self->size};
    self->output.whole = true;
    syn_step_finally(self, write_whole_ends);
    return write_on(self);
}

static struct syn_step write_on(struct syn_stream_write_all *self)
{
    syn_err err = syn_step_status(self);

    if (err)
        return syn_step_fail(self, err);
    err = syni_source_write_now(self->source, &self->output, &self->done);
    if (err == SYN_EAGAIN)
        return syn_step_writable(self, self->source->source.fd, write_on);
    return err ? syn_step_fail(self, err) : syn_step_done(self);
}

static struct syn_step write_whole_ends(struct syn_stream_write_all *self)
{
    syni_source_write_end(self->source, &self->output, self->done);
    return syn_step_done(self);
}

static struct syn_step write_rest(struct syn_stream_write_all *self)
{
    size_t left = self->size - self->done;
    const char *rest;

    if (left == 0)
        return syn_step_done(self);
    rest = (const char *)self->data + self->done;
    return syn_step_await(self, syni_stream_write_whole(self->stream, rest, left), &self->n, wrote);
}

static struct syn_step wrote(struct syn_stream_write_all *self)
{
    if (syn_step_status(self))
        return syn_step_fail(self, syn_step_status(self));
    if (self->n == 0)
        return syn_step_fail(self, SYN_EIO, "the stream's write() wrote nothing");
    self->done += self->n;
    return write_rest(self);
}

/* ------------------------------------------------------------- several pieces -- */

static struct syn_step write_next(struct syn_stream_write_vector *self);
static struct syn_step wrote_piece(struct syn_stream_write_vector *self);
static struct syn_step wrote_pieces(struct syn_stream_write_vector *self);

SYN_ASYNC_DEFINE(SYN_FREE, void, syn_stream_write_vector, (struct syn_stream *, stream),
                 (const struct syn_span *, pieces), (size_t, n), SYN_LOCAL(size_t, written))
{
    struct syni_source_stream *s = syni_source_of(self->stream);
    struct syni_output output = {.whole = true};

    if (!self->stream)
        return syn_step_fail(self, SYN_EINVAL, "there is no stream");
    if (self->n > 0 && !self->pieces)
        return syn_step_fail(self, SYN_EINVAL, "there are no pieces: NULL");
    while (self->n > 0 && self->pieces->size == 0) {
        self->pieces++;
        self->n--;
    }
    if (!s || self->n == 0)
        return write_next(self);
    output.rest = *self->pieces;
    output.more = self->pieces + 1;
    output.n_more = self->n - 1;
    return syn_step_await(self, syni_source_write_future(s, output), &self->written, wrote_pieces);
}

static struct syn_step wrote_pieces(struct syn_stream_write_vector *self)
{
    return syn_step_status(self) ? syn_step_fail(self, syn_step_status(self)) : syn_step_done(self);
}

static struct syn_step write_next(struct syn_stream_write_vector *self)
{
    if (self->n == 0)
        return syn_step_done(self);
    self->n--;
    return syn_step_await(
        self, syn_stream_write_all_future(self->stream, self->pieces->data, self->pieces->size),
        wrote_piece);
}

static struct syn_step wrote_piece(struct syn_stream_write_vector *self)
{
    if (syn_step_status(self))
        return syn_step_fail(self, syn_step_status(self));
    self->pieces++;
    return write_next(self);
}

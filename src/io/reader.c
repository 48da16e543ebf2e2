/* SPDX-License-Identifier: Apache-2.0
 *
 * Buffered reading.
 *
 * The buffer holds one run of bytes, start to end. It is moved to the front when the
 * room behind it is short, and doubled when that does not help; a caller's piece is
 * always in one run, so a parser sees plain memory.
 */
#define SYNI_IN_LIBRARY 1

#include <string.h>

#include "base/mem.h"
#include "base/report.h"
#include "io/source.h"

#include <synchronicity/step.h>

enum { FIRST_CAPACITY = 4096 };

void syn_reader_init(struct syn_reader *reader, struct syn_stream *stream, size_t limit)
{
    memset(reader, 0, sizeof *reader);
    reader->stream = stream;
    reader->limit = limit ? limit : (size_t)1 << 20;
}

void syn_reader_fini(struct syn_reader *reader)
{
    syni_free(reader->buffer, reader->capacity);
    memset(reader, 0, sizeof *reader);
}

struct syn_span syn_reader_peek(const struct syn_reader *reader)
{
    struct syn_span span = {"", reader->end - reader->start};

    if (span.size > 0)
        span.data = reader->buffer + reader->start;
    return span;
}

void syn_reader_skip(struct syn_reader *reader, size_t n)
{
    size_t have = reader->end - reader->start;

    reader->start += n < have ? n : have;
}

syn_err syn_reader_take(struct syn_reader *reader, size_t n, struct syn_span *out_span)
{
    struct syn_span span = syn_reader_peek(reader);

    if (span.size < n)
        return syni_answer(SYN_EAGAIN);
    span.size = n;
    *out_span = span;
    syn_reader_skip(reader, n);
    return SYN_OK;
}

static syn_err take_until(struct syn_reader *reader, int delimiter, struct syn_span *out_span)
{
    struct syn_span span = syn_reader_peek(reader);
    const char *found = span.size ? memchr(span.data, delimiter, span.size) : NULL;

    if (!found)
        return SYN_EAGAIN;
    span.size = (size_t)(found - span.data);
    *out_span = span;
    syn_reader_skip(reader, span.size + 1);
    return SYN_OK;
}

syn_err syn_reader_line(struct syn_reader *reader, struct syn_span *out_line)
{
    if (take_until(reader, '\n', out_line) != SYN_OK)
        return syni_answer(SYN_EAGAIN);
    if (out_line->size > 0 && out_line->data[out_line->size - 1] == '\r')
        out_line->size--;
    return SYN_OK;
}

/* Room for at least one byte behind the end. */
static syn_err reader_make_room(struct syn_reader *reader)
{
    size_t have = reader->end - reader->start, grown;
    char *buffer;

    if (reader->start == reader->end)
        reader->start = reader->end = 0;
    if (reader->end < reader->capacity)
        return SYN_OK;
    if (reader->start > 0) {
        memmove(reader->buffer, reader->buffer + reader->start, have);
        reader->start = 0;
        reader->end = have;
        return SYN_OK;
    }
    if (reader->capacity >= reader->limit)
        return SYN_EPROTO;
    grown = reader->capacity ? reader->capacity * 2 : FIRST_CAPACITY;
    if (grown > reader->limit)
        grown = reader->limit;
    buffer = syni_alloc(grown);
    if (!buffer)
        return SYN_ENOMEM;
    if (have)
        memcpy(buffer, reader->buffer, have);
    syni_free(reader->buffer, reader->capacity);
    reader->buffer = buffer;
    reader->capacity = grown;
    return SYN_OK;
}

static const char no_reader[] = "there is no reader";

static struct syn_step fill_here(struct syn_reader_fill *self);
static struct syn_step fill_readable(struct syn_reader_fill *self);
static struct syn_step reader_filled(struct syn_reader_fill *self);
static struct syn_step fill_ends(struct syn_reader_fill *self);

SYN_ASYNC_DEFINE(SYN_FREE, void, syn_reader_fill, (struct syn_reader *, reader),
                 SYN_LOCAL(size_t, n), SYN_LOCAL(struct syni_source_stream *, source))
{
    struct syn_reader *r = self->reader;
    struct syni_source_stream *s;
    syn_err err;

    if (!r)
        return syn_step_fail(self, SYN_EINVAL, no_reader);
    if (r->filling) /* the buffer must not move under the read of another */
        return syn_step_fail(self, SYN_EBUSY, "another task or thread fills this reader");
    r->filling = 1;
    syn_step_finally(self, fill_ends);
    err = reader_make_room(r);
    if (err == SYN_EPROTO)
        return syn_step_fail(self, err, "a piece is longer than the reader's limit");
    if (err)
        return syn_step_fail(self, err);
    s = syni_source_of(r->stream);
    if (s && s->source.kind != SYNI_SOURCE_SLOW)
        return fill_here(self);
    return syn_step_await(
        self, syn_stream_read_future(r->stream, r->buffer + r->end, r->capacity - r->end), &self->n,
        reader_filled);
}

/* From a descriptor that need not wait: here, without another task. */
static struct syn_step fill_here(struct syn_reader_fill *self)
{
    struct syni_source_stream *s = syni_source_of(self->reader->stream);
    syn_err err = syni_source_enter(s, &s->reading, &self->syn);

    if (err)
        return syn_step_fail(self, err, syni_socket_refusal(err));
    self->source = s;
    s->reading = true;
    return s->emptied ? syn_step_readable(self, s->source.fd, fill_readable) : fill_readable(self);
}

static struct syn_step fill_readable(struct syn_reader_fill *self)
{
    struct syn_reader *r = self->reader;
    syn_err err = syn_step_status(self);

    if (err)
        return syn_step_fail(self, err);
    err = syni_source_read_now(self->source, r->buffer + r->end, r->capacity - r->end, NULL, &self->n);
    if (err == SYN_EAGAIN)
        return syn_step_readable(self, self->source->source.fd, fill_readable);
    return err ? syn_step_fail(self, err) : reader_filled(self);
}

static struct syn_step reader_filled(struct syn_reader_fill *self)
{
    if (syn_step_status(self))
        return syn_step_fail(self, syn_step_status(self));
    if (self->n == 0)
        return syn_step_fail(self, SYN_EEND);
    self->reader->end += self->n;
    return syn_step_done(self);
}

static struct syn_step fill_ends(struct syn_reader_fill *self)
{
    self->reader->filling = 0;
    if (self->source)
        self->source->reading = false;
    return syn_step_done(self);
}

/* The three below try, fill, and try again. */

static struct syn_step try_exactly(struct syn_read_exactly *self);
static struct syn_step exactly_filled(struct syn_read_exactly *self);

SYN_ASYNC_DEFINE(SYN_FREE, struct syn_span, syn_read_exactly, (struct syn_reader *, reader),
                 (size_t, n))
{
    if (!self->reader)
        return syn_step_fail(self, SYN_EINVAL, no_reader);
    return try_exactly(self);
}

static struct syn_step try_exactly(struct syn_read_exactly *self)
{
    if (syn_reader_take(self->reader, self->n, &self->result) == SYN_OK)
        return syn_step_return(self, self->result);
    return syn_step_await(self, syn_reader_fill_future(self->reader), exactly_filled);
}

static struct syn_step exactly_filled(struct syn_read_exactly *self)
{
    if (syn_step_status(self))
        return syn_step_fail(self, syn_step_status(self));
    return try_exactly(self);
}

static struct syn_step try_line(struct syn_read_line *self);
static struct syn_step line_filled(struct syn_read_line *self);

SYN_ASYNC_DEFINE(SYN_FREE, struct syn_span, syn_read_line, (struct syn_reader *, reader))
{
    if (!self->reader)
        return syn_step_fail(self, SYN_EINVAL, no_reader);
    return try_line(self);
}

static struct syn_step try_line(struct syn_read_line *self)
{
    if (syn_reader_line(self->reader, &self->result) == SYN_OK)
        return syn_step_return(self, self->result);
    return syn_step_await(self, syn_reader_fill_future(self->reader), line_filled);
}

static struct syn_step line_filled(struct syn_read_line *self)
{
    if (syn_step_status(self))
        return syn_step_fail(self, syn_step_status(self));
    return try_line(self);
}

static struct syn_step try_until(struct syn_read_until *self);
static struct syn_step until_filled(struct syn_read_until *self);

SYN_ASYNC_DEFINE(SYN_FREE, struct syn_span, syn_read_until, (struct syn_reader *, reader),
                 (int, delimiter))
{
    if (!self->reader)
        return syn_step_fail(self, SYN_EINVAL, no_reader);
    return try_until(self);
}

static struct syn_step try_until(struct syn_read_until *self)
{
    if (take_until(self->reader, self->delimiter, &self->result) == SYN_OK)
        return syn_step_return(self, self->result);
    return syn_step_await(self, syn_reader_fill_future(self->reader), until_filled);
}

static struct syn_step until_filled(struct syn_read_until *self)
{
    if (syn_step_status(self))
        return syn_step_fail(self, syn_step_status(self));
    return try_until(self);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The buffered writer.
 *
 * A write that failed may have written a part, so nothing may be written again: the writer keeps
 * the error. Only where a write did not begin at all its bytes stay.
 */
#define SYNI_IN_LIBRARY 1

#include <synchronicity/stream.h>
#include <synchronicity/step.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/report.h"

enum { USUAL_CAPACITY = 16 << 10 };

void syn_writer_init(struct syn_writer *writer, struct syn_stream *stream, size_t capacity)
{
    *writer = (struct syn_writer){.stream = stream, .capacity = capacity ? capacity : USUAL_CAPACITY};
}

void syn_writer_fini(struct syn_writer *writer)
{
    syni_free(writer->buffer, writer->capacity);
    *writer = (struct syn_writer){0};
}

/* ------------------------------------------------------------ without waiting -- */

static syn_err may_use(const struct syn_writer *writer)
{
    if (!writer)
        return SYN_EINVAL;
    return writer->failed ? writer->failed : writer->flushing ? SYN_EBUSY : SYN_OK;
}

/* ERR in words, for a caller that waits for nothing. */
static syn_err writer_say(syn_err err)
{
    return syni_name_failure(err, err == SYN_EBUSY    ? "the writer is being flushed"
                                  : err == SYN_EINVAL ? "there is no writer"
                                                      : "the writer's stream failed before, and with it "
                                                        "what was in the buffer");
}

/* Room for SIZE bytes more. */
static syn_err writer_make_room(struct syn_writer *writer, size_t size)
{
    if (size > writer->capacity)
        return syni_refuse(SYN_EINVAL, "%zu bytes are more than this writer's buffer takes; "
                                       "use syn_writer_write()", size);
    if (!writer->buffer)
        writer->buffer = syni_alloc(writer->capacity);
    if (!writer->buffer)
        return syni_refuse(SYN_ENOMEM, "no memory for a writer's buffer of %zu bytes",
                           writer->capacity);
    if (size > writer->capacity - writer->size)
        return syni_answer(SYN_EAGAIN);
    return SYN_OK;
}

syn_err syn_writer_put(struct syn_writer *writer, const void *data, size_t size)
{
    syn_err err = writer_say(may_use(writer));

    if (err || size == 0)
        return err;
    err = writer_make_room(writer, size);
    if (err)
        return err;
    memcpy(writer->buffer + writer->size, data, size);
    writer->size += size;
    return SYN_OK;
}

syn_err syn_writer_printf(struct syn_writer *writer, const char *format, ...)
{
    syn_err err = writer_say(may_use(writer));
    va_list arguments;
    int size;

    if (!err)
        err = writer_make_room(writer, 0);
    if (err)
        return err;
    va_start(arguments, format);
    size = vsnprintf(writer->buffer + writer->size, writer->capacity - writer->size, format,
                     arguments);
    va_end(arguments);
    if (size < 0)
        return syni_refuse(errno, "what was to be printed cannot be");
    /* It needs a byte more than it has text. */
    err = writer_make_room(writer, (size_t)size + 1);
    if (!err)
        writer->size += (size_t)size;
    return err;
}

/* -------------------------------------------------------------------- writing -- */

static const char no_writer[] = "there is no writer, or it has failed";

/* It was tried: what the writer is from now on. */
static void writer_settle(struct syn_writer *writer, syn_err err)
{
    writer->flushing = 0;
    if (err == SYN_EBUSY || err == SYN_EWRONGLOOP || err == SYN_ENOMEM)
        return;
    writer->failed = err;
    writer->size = 0;
}

static struct syn_step flushed(struct syn_writer_flush *self);
static struct syn_step flush_ends(struct syn_writer_flush *self);

SYN_ASYNC_DEFINE(SYN_FREE, void, syn_writer_flush, (struct syn_writer *, writer))
{
    struct syn_writer *w = self->writer;
    syn_err err = may_use(w);

    if (err)
        return syn_step_fail(self, err, no_writer);
    if (w->size == 0)
        return syn_step_done(self);
    w->flushing = 1;
    syn_step_finally(self, flush_ends);
    return syn_step_await(self, syn_stream_write_all_future(w->stream, w->buffer, w->size),
                          flushed);
}

static struct syn_step flushed(struct syn_writer_flush *self)
{
    return syn_step_status(self) ? syn_step_fail(self, syn_step_status(self)) : syn_step_done(self);
}

static struct syn_step flush_ends(struct syn_writer_flush *self)
{
    writer_settle(self->writer, syn_step_status(self));
    return syn_step_done(self);
}

static struct syn_step wrote_both(struct syn_writer_write *self);
static struct syn_step writer_write_ends(struct syn_writer_write *self);

SYN_ASYNC_DEFINE(SYN_FREE, void, syn_writer_write, (struct syn_writer *, writer),
                 (const void *, data), (size_t, size), SYN_LOCAL(struct syn_span, pieces[2]))
{
    struct syn_writer *w = self->writer;
    syn_err err = may_use(w);

    if (err)
        return syn_step_fail(self, err, no_writer);
    if (self->size <= w->capacity - w->size) {
        err = syn_writer_put(w, self->data, self->size);
        return err ? syn_step_fail(self, err) : syn_step_done(self);
    }
    w->flushing = 1;
    syn_step_finally(self, writer_write_ends);
    self->pieces[0] = (struct syn_span){w->buffer, w->size};
    self->pieces[1] = (struct syn_span){self->data, self->size};
    return syn_step_await(self, syn_stream_write_vector_future(w->stream, self->pieces, 2),
                          wrote_both);
}

static struct syn_step wrote_both(struct syn_writer_write *self)
{
    return syn_step_status(self) ? syn_step_fail(self, syn_step_status(self)) : syn_step_done(self);
}

static struct syn_step writer_write_ends(struct syn_writer_write *self)
{
    writer_settle(self->writer, syn_step_status(self));
    return syn_step_done(self);
}

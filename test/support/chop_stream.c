/* SPDX-License-Identifier: Apache-2.0
 *
 * The stream in random pieces, see chop_stream.h.
 *
 * Written with the public headers only, as a user's own class would be. All of it
 * runs on the loop of its reader or writer. What was read is returned in the step
 * that learned of it, so that a cancelled read loses nothing.
 */
#include "support/chop_stream.h"

#include <stdlib.h>

#include <synchronicity/short.h>

#include "support/random.h"

struct chop_stream {
    struct syn_stream stream;
    struct syn_stream *inner;
    uint32_t random;
    size_t most;
    double delay;
    unsigned long fails_in; /* operations; 0: none does */
    syn_err error;
};

static size_t piece(struct chop_stream *s, size_t size)
{
    size_t n = 1 + next_random(&s->random) % s->most;

    return n < size ? n : size;
}

/* The error that this operation is to fail with. */
static syn_err planned(struct chop_stream *s)
{
    return s->fails_in && --s->fails_in == 0 ? s->error : SYN_OK;
}

ASYNC(SYN_FREE, size_t, chop_read, (struct chop_stream *, s), (void *, buffer), (size_t, size))
{
    syn_err err;

    co_begin;
    if (self->s->delay > 0)
        co_sleep(self->s->delay);
    err = planned(self->s);
    if (err)
        co_fail(err);
    co_try(syn_stream_read_future(self->s->inner, self->buffer, piece(self->s, self->size)),
           &self->result);
    co_return_result;
    co_end;
}

ASYNC(SYN_FREE, size_t, chop_write, (struct chop_stream *, s), (const void *, data),
      (size_t, size))
{
    syn_err err;

    co_begin;
    if (self->s->delay > 0)
        co_sleep(self->s->delay);
    err = planned(self->s);
    if (err)
        co_fail(err);
    co_try(syn_stream_write_future(self->s->inner, self->data, piece(self->s, self->size)),
           &self->result);
    co_return_result;
    co_end;
}

ASYNC(SYN_FREE, void, chop_close, (struct chop_stream *, s))
{
    co_begin;
    co_try(syn_stream_close_future(self->s->inner));
    free(self->s);
    co_end;
}

static struct syn_stream_bytes_future read_method(struct syn_stream *s, void *buffer, size_t size)
{
    return SYN_STREAM_FUTURE(bytes, chop_read_future((struct chop_stream *)s, buffer, size));
}

static struct syn_stream_bytes_future write_method(struct syn_stream *s, const void *data,
                                                   size_t size)
{
    return SYN_STREAM_FUTURE(bytes, chop_write_future((struct chop_stream *)s, data, size));
}

static struct syn_stream_end_future shutdown_method(struct syn_stream *s)
{
    return syn_stream_shutdown_future(((struct chop_stream *)s)->inner);
}

static struct syn_stream_end_future close_method(struct syn_stream *s)
{
    return SYN_STREAM_FUTURE(end, chop_close_future((struct chop_stream *)s));
}

static const struct syn_stream_class chop_class = {
    sizeof(struct syn_stream_class), "chopped", read_method, write_method,
    shutdown_method, close_method};

struct syn_stream *chop_stream_new(struct syn_stream *take_inner, uint32_t seed)
{
    struct chop_stream *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->stream.stream_class = &chop_class;
    s->inner = take_inner;
    s->random = seed;
    s->most = 7;
    return &s->stream;
}

void chop_stream_most(struct syn_stream *stream, size_t most)
{
    ((struct chop_stream *)stream)->most = most;
}

void chop_stream_delay(struct syn_stream *stream, double seconds)
{
    ((struct chop_stream *)stream)->delay = seconds;
}

void chop_stream_fail(struct syn_stream *stream, unsigned long nth, syn_err err)
{
    ((struct chop_stream *)stream)->fails_in = nth;
    ((struct chop_stream *)stream)->error = err;
}

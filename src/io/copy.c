/* SPDX-License-Identifier: Apache-2.0
 *
 * From one stream to another.
 */
#define SYNI_IN_LIBRARY 1

#include <synchronicity/stream.h>
#include <synchronicity/step.h>

#include "base/mem.h"

enum { COPY_ROOM = 64 << 10 };

static struct syn_step read_more(struct syn_stream_copy *self);
static struct syn_step has_read(struct syn_stream_copy *self);
static struct syn_step has_written(struct syn_stream_copy *self);
static struct syn_step copy_ends(struct syn_stream_copy *self);

SYN_ASYNC_DEFINE(SYN_FREE, uint64_t, syn_stream_copy, (struct syn_stream *, from),
                 (struct syn_stream *, to), SYN_LOCAL(char *, room), SYN_LOCAL(size_t, n),
                 SYN_LOCAL(uint64_t, total))
{
    if (!self->from || !self->to)
        return syn_step_fail(self, SYN_EINVAL, "there is no stream");
    self->room = syni_alloc(COPY_ROOM);
    if (!self->room)
        return syn_step_fail(self, SYN_ENOMEM, "no memory for a buffer to copy through");
    syn_step_finally(self, copy_ends);
    return read_more(self);
}

static struct syn_step read_more(struct syn_stream_copy *self)
{
    return syn_step_await(self, syn_stream_read_future(self->from, self->room, COPY_ROOM), &self->n,
                          has_read);
}

static struct syn_step has_read(struct syn_stream_copy *self)
{
    if (syn_step_status(self))
        return syn_step_fail(self, syn_step_status(self));
    if (self->n == 0)
        return syn_step_return(self, self->total);
    return syn_step_await(self, syn_stream_write_all_future(self->to, self->room, self->n),
                          has_written);
}

static struct syn_step has_written(struct syn_stream_copy *self)
{
    if (syn_step_status(self))
        return syn_step_fail(self, syn_step_status(self));
    self->total += self->n;
    return read_more(self);
}

static struct syn_step copy_ends(struct syn_stream_copy *self)
{
    syni_free(self->room, COPY_ROOM);
    return syn_step_done(self);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The orderly end of a connection: say the end, hear the end, close.
 *
 * Closing alone loses data: where unread input lies in the socket, the kernel answers with a
 * reset, and the peer throws away what it had not read yet. So the input is read, to its end.
 */
#define SYNI_IN_LIBRARY 1

#include <synchronicity/stream.h>
#include <synchronicity/step.h>

enum { SINK = 1024 };

static struct syn_step said(struct syn_stream_finish *self);
static struct syn_step hear(struct syn_stream_finish *self);
static struct syn_step finish_heard(struct syn_stream_finish *self);
static struct syn_step close_it(struct syn_stream_finish *self);
static struct syn_step finish_closed(struct syn_stream_finish *self);

SYN_ASYNC_DEFINE(SYN_FREE, void, syn_stream_finish, (struct syn_stream *, stream),
                 (struct syn_deadline, deadline), SYN_LOCAL(size_t, n), SYN_LOCAL(char, sink[SINK]))
{
    if (!self->stream)
        return syn_step_done(self);
    return syn_step_await(self, syn_stream_shutdown_future(self->stream), said);
}

/* What was not shut down because it is in use, or lives elsewhere, is not closed either. */
static struct syn_step said(struct syn_stream_finish *self)
{
    syn_err err = syn_step_status(self);

    if (err == SYN_EBUSY || err == SYN_EWRONGLOOP)
        return syn_step_fail(self, err, "the stream is in use, or another synchronizer's; it stays open");
    syn_step_finally(self, close_it);
    if (err == SYN_ENOTSUP) /* it has no other side that could answer */
        return syn_step_done(self);
    return err ? syn_step_fail(self, err) : hear(self);
}

static struct syn_step hear(struct syn_stream_finish *self)
{
    return syn_step_await_by(self, syn_stream_read_future(self->stream, self->sink, SINK), &self->n,
                             self->deadline, finish_heard);
}

static struct syn_step finish_heard(struct syn_stream_finish *self)
{
    if (syn_step_status(self))
        return syn_step_fail(self, syn_step_status(self));
    return self->n == 0 ? syn_step_done(self) : hear(self);
}

static struct syn_step close_it(struct syn_stream_finish *self)
{
    return syn_step_await(self, syn_stream_close_future(self->stream), finish_closed);
}

static struct syn_step finish_closed(struct syn_stream_finish *self)
{
    return syn_step_status(self) ? syn_step_fail(self, syn_step_status(self)) : syn_step_done(self);
}

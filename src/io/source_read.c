/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading from a descriptor's stream.
 *
 * A read that may find nothing is not made: a stream remembers that the last one emptied the socket
 * (it returned less than it was asked for) and then waits first. So a request and its reply cost
 * one send, one wait and one recv.
 */
#if defined(__linux__)
#define _GNU_SOURCE 1
#elif defined(__APPLE__)
#define _DARWIN_C_SOURCE
#endif
#define SYNI_IN_LIBRARY 1

#include <unistd.h>

#include "base/fault.h"
#include "io/source.h"

#include <synchronicity/step.h>

static struct syn_step source_read_readable(struct syni_source_read *self);
static struct syn_step read_slowly(struct syni_source_read *self);
static struct syn_step read_ends(struct syni_source_read *self);

SYN_ASYNC_DEFINE(SYN_FREE, size_t, syni_source_read, (struct syni_source_stream *, s),
                 (void *, buffer), (size_t, size), (struct syn_unix_message *, message))
{
    syn_err err = syni_source_enter(self->s, &self->s->reading, &self->syn);

    if (err)
        return syn_step_fail(self, err, syni_socket_refusal(err));
    self->s->reading = true;
    syn_step_finally(self, read_ends);
    if (self->s->source.kind == SYNI_SOURCE_SLOW)
        return syn_step_await(self,
                              syni_slow_read_future(self->s->source.fd, self->buffer, self->size),
                              &self->result, read_slowly);
    if (self->s->emptied)
        return syn_step_readable(self, self->s->source.fd, source_read_readable);
    return source_read_readable(self);
}

static ssize_t source_read_read_some(const struct syni_source_read *self)
{
    const struct syni_stream_source *source = &self->s->source;

    if (self->message)
        return syni_source_receive_rights(source->fd, self->message);
    if (syni_fault("read"))
        return -1;
    return source->kind == SYNI_SOURCE_SOCKET
               ? recv(source->fd, self->buffer, self->size, MSG_DONTWAIT)
               : read(source->fd, self->buffer, self->size);
}

static struct syn_step source_read_readable(struct syni_source_read *self)
{
    ssize_t n;

    if (syn_step_status(self))
        return syn_step_fail(self, syn_step_status(self));
    do
        n = source_read_read_some(self);
    while (n < 0 && errno == EINTR);
    /* A message may end before the socket is empty, where descriptors came with it. */
    self->s->emptied = !self->s->source.opened_again &&
                       (n < 0 || (!self->message && (size_t)n < self->size));
    if (n >= 0)
        return syn_step_return(self, (size_t)n);
    if (errno == EAGAIN || errno == EWOULDBLOCK)
        return syn_step_readable(self, self->s->source.fd, source_read_readable);
    return syn_step_fail(self, errno);
}

static struct syn_step read_slowly(struct syni_source_read *self)
{
    if (syn_step_status(self))
        return syn_step_fail(self, syn_step_status(self));
    return syn_step_return(self, self->result);
}

static struct syn_step read_ends(struct syni_source_read *self)
{
    self->s->reading = false;
    return syn_step_done(self);
}

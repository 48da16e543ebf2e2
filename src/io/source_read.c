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

static ssize_t read_some(const struct syni_stream_source *source, void *buffer, size_t size,
                         struct syn_unix_message *message)
{
    if (message)
        return syni_source_receive_rights(source->fd, message);
    if (syni_fault("read"))
        return -1;
    return source->kind == SYNI_SOURCE_SOCKET ? recv(source->fd, buffer, size, MSG_DONTWAIT)
                                              : read(source->fd, buffer, size);
}

syn_err syni_source_read_now(struct syni_source_stream *s, void *buffer, size_t size,
                             struct syn_unix_message *message, size_t *out_n)
{
    ssize_t n;

    do
        n = read_some(&s->source, buffer, size, message);
    while (n < 0 && errno == EINTR);
    /* A message may end before the socket is empty, where descriptors came with it. */
    s->emptied = !s->source.opened_again && (n < 0 || (!message && (size_t)n < size));
    if (n < 0)
        return errno == EWOULDBLOCK ? SYN_EAGAIN : errno;
    *out_n = (size_t)n;
    return SYN_OK;
}

static struct syn_step source_read_readable(struct syni_source_read *self)
{
    syn_err err = syn_step_status(self);

    if (err)
        return syn_step_fail(self, err);
    err = syni_source_read_now(self->s, self->buffer, self->size, self->message, &self->result);
    if (err == SYN_EAGAIN)
        return syn_step_readable(self, self->s->source.fd, source_read_readable);
    return err ? syn_step_fail(self, err) : syn_step_return(self, self->result);
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

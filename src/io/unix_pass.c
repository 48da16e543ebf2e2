/* SPDX-License-Identifier: Apache-2.0
 *
 * Passing descriptors over a Unix socket: on which streams, and with what.
 */
#if defined(__linux__)
#define _GNU_SOURCE 1
#elif defined(__APPLE__)
#define _DARWIN_C_SOURCE
#endif
#define SYNI_IN_LIBRARY 1

#include "io/source.h"
#include "io/unix.h"

#include <synchronicity/step.h>

int syni_unix_descriptor(const struct syn_stream *stream)
{
    const struct syni_source_stream *s = syni_source_of(stream);
    struct sockaddr_storage address;
    socklen_t size = sizeof address;

    if (!s || s->source.kind != SYNI_SOURCE_SOCKET ||
        getsockname(s->source.fd, (struct sockaddr *)&address, &size) < 0 ||
        address.ss_family != AF_UNIX)
        return -1;
    return s->source.fd;
}

/* ------------------------------------------------------------------ send -- */

static struct syn_step sent(struct syn_unix_send *self);

SYN_ASYNC_DEFINE(SYN_FREE, void, syn_unix_send, (struct syn_stream *, stream),
                 (const struct syn_unix_message *, message), SYN_LOCAL(size_t, n))
{
    const struct syn_unix_message *m = self->message;
    struct syni_output output = {.whole = true};

    if (!m || !m->data || m->size == 0)
        return syn_step_fail(self, SYN_EINVAL, "descriptors travel with bytes, at least one");
    if (m->n_descriptors < 0 || m->n_descriptors > SYN_UNIX_DESCRIPTORS_MAX ||
        (m->n_descriptors > 0 && !m->descriptors))
        return syn_step_fail(self, SYN_EINVAL, "one message takes 0 to 64 descriptors");
    if (syni_unix_descriptor(self->stream) < 0)
        return syn_step_fail(self, SYN_ENOTSUP, "only a Unix socket passes descriptors");
    output.rest = (struct syn_span){m->data, m->size};
    output.descriptors = m->descriptors;
    output.n_descriptors = m->n_descriptors;
    return syn_step_await(self, syni_source_write_future(syni_source_of(self->stream), output),
                          &self->n, sent);
}

static struct syn_step sent(struct syn_unix_send *self)
{
    return syn_step_status(self) ? syn_step_fail(self, syn_step_status(self)) : syn_step_done(self);
}

/* --------------------------------------------------------------- receive -- */

static struct syn_step received(struct syn_unix_receive *self);

SYN_ASYNC_DEFINE(SYN_FREE, void, syn_unix_receive, (struct syn_stream *, stream),
                 (struct syn_unix_message *, message), SYN_LOCAL(size_t, n))
{
    struct syn_unix_message *m = self->message;

    if (!m || !m->data || m->capacity == 0 || (m->max_descriptors > 0 && !m->descriptors))
        return syn_step_fail(self, SYN_EINVAL, "there is no room for what comes");
    if (syni_unix_descriptor(self->stream) < 0)
        return syn_step_fail(self, SYN_ENOTSUP, "only a Unix socket passes descriptors");
    return syn_step_await(
        self,
        syni_source_read_future(syni_source_of(self->stream), m->data, m->capacity, m),
        &self->n, received);
}

static struct syn_step received(struct syn_unix_receive *self)
{
    return syn_step_status(self) ? syn_step_fail(self, syn_step_status(self)) : syn_step_done(self);
}

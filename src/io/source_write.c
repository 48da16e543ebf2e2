/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing to a descriptor's stream: one piece, several, or pieces with descriptors.
 *
 * All kinds of writes are this one operation, so that busy, whole and torn mean the same for each.
 * Several pieces of a socket go by one system call; elsewhere each has its own, since writev()
 * cannot be asked not to raise SIGPIPE.
 */
#if defined(__linux__)
#define _GNU_SOURCE 1
#elif defined(__APPLE__)
#define _DARWIN_C_SOURCE
#endif
#define SYNI_IN_LIBRARY 1

#include <string.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/say.h"
#include "io/source.h"

#include <synchronicity/step.h>

enum {
    PIECES = 64, /* that one system call takes */
    ROUNDS = 16  /* system calls in one step */
};

static struct syn_step source_write_writable(struct syni_source_write *self);
static struct syn_step write_slowly(struct syni_source_write *self);
static struct syn_step wrote_slowly(struct syni_source_write *self);
static struct syn_step source_write_write_ends(struct syni_source_write *self);

SYN_ASYNC_DEFINE(SYN_FREE, size_t, syni_source_write, (struct syni_source_stream *, s),
                 (struct syni_output, output), SYN_LOCAL(size_t, done), SYN_LOCAL(size_t, n))
{
    syn_err err = syni_source_enter(self->s, &self->s->writing, &self->syn);

    if (err)
        return syn_step_fail(self, err, syni_socket_refusal(err));
    self->s->writing = true;
    syn_step_finally(self, source_write_write_ends);
    return self->s->source.kind == SYNI_SOURCE_SLOW ? write_slowly(self)
                                                    : source_write_writable(self);
}

/* ------------------------------------------------------------ what is left -- */

static bool is_all(const struct syni_output *o)
{
    return o->rest.size == 0 && o->n_more == 0;
}

/* N bytes were written. */
static void source_write_advance(struct syni_output *o, size_t n)
{
    for (;;) {
        size_t piece = n < o->rest.size ? n : o->rest.size;

        o->rest.data += piece;
        o->rest.size -= piece;
        n -= piece;
        if (o->rest.size > 0 || o->n_more == 0)
            return;
        o->rest = *o->more++;
        o->n_more--;
    }
}

/* N bytes more were written: enough of them? */
static bool is_enough(struct syni_output *o, size_t *done, size_t n)
{
    *done += n;
    source_write_advance(o, n);
    return !o->whole || is_all(o) || n == 0;
}

/* ------------------------------------------------------------ without waiting -- */

static ssize_t send_pieces(int fd, const struct syni_output *o, size_t *out_asked)
{
    struct iovec pieces[PIECES] = {{(void *)(uintptr_t)o->rest.data, o->rest.size}};
    struct msghdr head = {.msg_iov = pieces, .msg_iovlen = 1};

    *out_asked = o->rest.size;
    for (size_t i = 0; i < o->n_more && i + 1 < PIECES; i++) {
        pieces[i + 1] = (struct iovec){(void *)(uintptr_t)o->more[i].data, o->more[i].size};
        *out_asked += o->more[i].size;
        head.msg_iovlen++;
    }
    if (o->n_descriptors)
        return syni_source_send_rights(fd, &head, o);
    return sendmsg(fd, &head, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static ssize_t source_write_write_some(const struct syni_stream_source *source,
                                       const struct syni_output *o, size_t *out_asked)
{
    if (syni_fault("send"))
        return -1;
    *out_asked = o->rest.size;
    if (source->kind != SYNI_SOURCE_SOCKET)
        return syni_write_quietly(source->fd, o->rest.data, o->rest.size);
    if (o->n_more || o->n_descriptors)
        return send_pieces(source->fd, o, out_asked);
    return send(source->fd, o->rest.data, o->rest.size, MSG_NOSIGNAL | MSG_DONTWAIT);
}

syn_err syni_source_write_now(struct syni_source_stream *s, struct syni_output *output, size_t *done)
{
    for (int i = 0; i < ROUNDS; i++) {
        size_t asked = 0;
        ssize_t n = source_write_write_some(&s->source, output, &asked);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EWOULDBLOCK ? SYN_EAGAIN : errno;
        output->n_descriptors = 0; /* they went with the first byte */
        if (is_enough(output, done, (size_t)n))
            return SYN_OK;
        if ((size_t)n < asked)
            break;
    }
    return SYN_EAGAIN;
}

void syni_source_write_end(struct syni_source_stream *s, const struct syni_output *output, size_t done)
{
    s->writing = false;
    if (output->whole && done > 0 && !is_all(output))
        s->torn = true;
}

static struct syn_step source_write_writable(struct syni_source_write *self)
{
    syn_err err = syn_step_status(self);

    if (err)
        return syn_step_fail(self, err);
    err = syni_source_write_now(self->s, &self->output, &self->done);
    if (err == SYN_EAGAIN)
        return syn_step_writable(self, self->s->source.fd, source_write_writable);
    return err ? syn_step_fail(self, err) : syn_step_return(self, self->done);
}

/* ------------------------------------------------------------ on the default pool -- */

static struct syn_step write_slowly(struct syni_source_write *self)
{
    return syn_step_await(self,
                          syni_slow_write_future(self->s->source.fd, self->output.rest.data,
                                                 self->output.rest.size),
                          &self->n, wrote_slowly);
}

static struct syn_step wrote_slowly(struct syni_source_write *self)
{
    if (syn_step_status(self))
        return syn_step_fail(self, syn_step_status(self));
    return is_enough(&self->output, &self->done, self->n) ? syn_step_return(self, self->done) : write_slowly(self);
}

static struct syn_step source_write_write_ends(struct syni_source_write *self)
{
    syni_source_write_end(self->s, &self->output, self->done);
    return syn_step_done(self);
}

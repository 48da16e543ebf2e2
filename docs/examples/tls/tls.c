/* SPDX-License-Identifier: Apache-2.0
 *
 * The stream that talks TLS over another one.
 *
 * OpenSSL reads from and writes to two buffers in memory; it never waits, and never sees a
 * descriptor. Two small tasks carry bytes: `flush` from its output to the inner stream, `fill`
 * from the inner stream to its input. Reading and writing both may need both (a write must read in
 * a handshake, a read must write to refuse), so each of the two has a mutex. What was taken out of
 * a buffer lies in the struct and not in a frame, so that a cancel loses nothing.
 *
 * OpenSSL keeps its errors in a queue of the thread, which others' tasks share: it is emptied
 * before, and read right after each call, with no wait between.
 */
#define _POSIX_C_SOURCE 200809L
#include "tls/tls.h"

#include <limits.h>
#include <openssl/err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <synchronicity/short.h>

#include "tls/tls_inside.h"

/* A connection that waits for its peer has room for FEW bytes. */
enum { PIECE = 16 << 10, FEW = 512 };
/* Seconds for which a peer that is refused may take its time. */
#define PATIENCE 1.0

struct tls_stream {
    struct syn_stream stream;
    struct syn_stream *inner; /* owned */
    const struct syn_synchronizer *home;
    struct tls_context *context; /* held */
    SSL *ssl;
    BIO *in, *out; /* the SSL's */
    struct syn_mutex filling, flushing;
    unsigned fills;                            /* how many there were */
    int ended;                                 /* the inner stream has */
    int reading, writing;                      /* by the stream's own operations */
    syn_err failed;                            /* for good */
    const char *reason;                        /* then; NULL */
    int tells_why;                             /* then; an alert says it */
    size_t sent, taken;                        /* of OUTGOING */
    char *outgoing;                            /* while there is something to send; NULL */
    char *more;                                /* while much comes, of PIECE bytes; NULL */
    char incoming[FEW];
};

static struct tls_stream *tls_of(const struct syn_stream *s)
{
    return (struct tls_stream *)(uintptr_t)s;
}

/* --------------------------------------------------------------- carrying -- */

ASYNC(SYN_FREE, void, flush, (struct tls_stream *, me), SYN_LOCAL(size_t, n))
{
    struct tls_stream *me = self->me;
    int taken;

    co_begin;
    co_lock(&me->flushing);
    for (;;) {
        if (me->sent == me->taken) {
            me->sent = me->taken = 0;
            if (BIO_ctrl_pending(me->out) == 0)
                break;
            if (!me->outgoing && !(me->outgoing = malloc(PIECE)))
                co_fail(SYN_ENOMEM);
            taken = BIO_read(me->out, me->outgoing, PIECE);
            me->taken = taken > 0 ? (size_t)taken : 0;
        }
        co_try(syn_stream_write_future(self->me->inner, self->me->outgoing + self->me->sent,
                                       self->me->taken - self->me->sent),
               &self->n);
        me->sent += self->n;
    }
    free(me->outgoing);
    me->outgoing = NULL;
    co_finally;
    if (syn_mutex_is_mine(&self->me->flushing))
        syn_mutex_unlock(&self->me->flushing);
    co_end;
}

/* One piece more; or nothing, if another task got one after there were FILLS. */
ASYNC(SYN_FREE, void, fill, (struct tls_stream *, me), (unsigned, fills), SYN_LOCAL(size_t, n))
{
    struct tls_stream *me = self->me;

    co_begin;
    co_lock(&me->filling);
    if (me->fills == self->fills) {
        if (me->ended)
            co_fail(SYN_EPROTO, "the connection ended without close_notify: it may have been cut");
        co_try(syn_stream_read_future(me->inner, me->more ? me->more : me->incoming,
                                      me->more ? PIECE : FEW), &self->n);
        me->fills++;
        me->ended = self->n == 0;
        if (self->n && BIO_write(me->in, me->more ? me->more : me->incoming, (int)self->n) <= 0)
            co_fail(SYN_ENOMEM);
        if (self->n < FEW) {
            free(me->more);
            me->more = NULL;
        } else if (!me->more) {
            me->more = malloc(PIECE); /* NULL: it goes on as before */
        }
    }
    co_finally;
    if (syn_mutex_is_mine(&self->me->filling))
        syn_mutex_unlock(&self->me->filling);
    co_end;
}

/* ------------------------------------------------------------- operations -- */

static syn_err enter(const struct tls_stream *me, const struct syn_task *task, int busy)
{
    if (syn_task_synchronizer(task) != me->home)
        return SYN_EWRONGLOOP;
    return busy ? SYN_EBUSY : me->failed;
}

/* OpenSSL could not go on: the connection is of no use any more. What it says of that is static. */
static syn_err failure(struct tls_stream *me)
{
    long verified = SSL_get_verify_result(me->ssl);

    if (verified != X509_V_OK && !SSL_is_init_finished(me->ssl)) {
        me->failed = TLS_EVERIFY;
        me->reason = X509_verify_cert_error_string(verified);
    } else {
        me->failed = SYN_EPROTO;
        me->reason = tls_reason();
    }
    ERR_clear_error();
    me->tells_why = BIO_ctrl_pending(me->out) > 0;
    return me->failed;
}

/* Why it failed, in words, into MESSAGE. */
static const char *why(const struct tls_stream *me, char *message)
{
    snprintf(message, SYN_MESSAGE_MAX, "%s%s%s",
             me->failed == TLS_EVERIFY ? "the peer is not trusted" : "TLS failed",
             me->reason ? ": " : "", me->reason ? me->reason : "");
    return message;
}

/* What RESULT of an operation of OpenSSL means: 0: it went well; SYN_EAGAIN: it needs input;
 * SYN_EEND; else it is that of failure(). */
static syn_err meaning(struct tls_stream *me, int result)
{
    switch (SSL_get_error(me->ssl, result)) {
    case SSL_ERROR_NONE:
        return SYN_OK;
    case SSL_ERROR_WANT_READ:
        return SYN_EAGAIN;
    case SSL_ERROR_ZERO_RETURN:
        return SYN_EEND;
    default:
        return failure(me);
    }
}

/* The peer is told why, by an alert, if it takes it. */
ASYNC(SYN_FREE, void, tell_why, (struct tls_stream *, me))
{
    co_begin;
    co_await_by(flush_future(self->me), syn_after(PATIENCE));
    co_end;
}

/* The inner stream is about to be closed. Where the peer was told why, what it still sends is read to
 * its end, for a while: a socket that is closed before answers with a reset, which may overtake the alert. */
ASYNC(SYN_FREE, void, linger, (struct tls_stream *, me), SYN_LOCAL(struct syn_deadline, until),
      SYN_LOCAL(size_t, n), SYN_LOCAL(char, sink[FEW]))
{
    co_begin;
    if (!self->me->tells_why)
        co_done;
    self->me->tells_why = 0;
    self->until = syn_after(PATIENCE);
    co_try_by(syn_stream_shutdown_future(self->me->inner), self->until);
    do
        co_try_by(syn_stream_read_future(self->me->inner, self->sink, FEW), &self->n, self->until);
    while (self->n > 0);
    co_end;
}

ASYNC(SYN_FREE, size_t, tls_read, (struct tls_stream *, me), (void *, buffer), (size_t, size),
      SYN_LOCAL(int, entered))
{
    char message[SYN_MESSAGE_MAX];
    syn_err err;
    int n;

    co_begin;
    err = enter(self->me, &self->syn, self->me->reading);
    if (err)
        co_fail(err);
    self->entered = self->me->reading = 1;
    for (;;) {
        ERR_clear_error();
        n = SSL_read(self->me->ssl, self->buffer, self->size < INT_MAX ? (int)self->size : INT_MAX);
        err = meaning(self->me, n);
        if (!err)
            co_return((size_t)n);
        if (err == SYN_EEND)
            co_return(0);
        if (err != SYN_EAGAIN)
            break;
        /* What reading made us say, an alert. It is small, so it goes at once, or the peer does not
         * read; then a write takes it along, since a read must not wait for that. */
        if (BIO_ctrl_pending(self->me->out) > 0 && !self->me->writing)
            co_await_by(flush_future(self->me), syn_after(0.01));
        co_try(fill_future(self->me, self->me->fills));
    }
    co_await(tell_why_future(self->me));
    co_fail(self->me->failed, why(self->me, message));
    co_finally;
    if (self->entered)
        self->me->reading = 0;
    co_end;
}

ASYNC(SYN_FREE, size_t, tls_write, (struct tls_stream *, me), (const void *, data), (size_t, size),
      SYN_LOCAL(int, entered), SYN_LOCAL(size_t, accepted))
{
    char message[SYN_MESSAGE_MAX];
    syn_err err;
    int n;

    co_begin;
    err = enter(self->me, &self->syn, self->me->writing);
    if (err)
        co_fail(err);
    self->entered = self->me->writing = 1;
    co_try(flush_future(self->me)); /* what a cancelled one left */
    while (!self->accepted) {
        ERR_clear_error();
        n = SSL_write(self->me->ssl, self->data, self->size < PIECE ? (int)self->size : PIECE);
        err = meaning(self->me, n);
        if (!err)
            self->accepted = (size_t)n;
        else if (err == SYN_EEND)
            co_fail(SYN_EPIPE);
        else if (err == SYN_EAGAIN)
            co_try(fill_future(self->me, self->me->fills));
        else
            break;
    }
    if (!self->accepted) {
        co_await(tell_why_future(self->me));
        co_fail(self->me->failed, why(self->me, message));
    }
    co_try(flush_future(self->me));
    co_return(self->accepted);
    co_finally;
    if (self->entered)
        self->me->writing = 0;
    if (self->accepted && (co_outcome == SYN_ECANCELED || co_outcome == SYN_ETIMEDOUT))
        co_return(self->accepted); /* it is encrypted, so it is written: the next one sends it */
    co_end;
}

ASYNC(SYN_FREE, void, tls_shutdown, (struct tls_stream *, me), SYN_LOCAL(int, entered))
{
    syn_err err;

    co_begin;
    err = enter(self->me, &self->syn, self->me->writing);
    if (err)
        co_fail(err);
    self->entered = self->me->writing = 1;
    ERR_clear_error();
    if (SSL_get_key_update_type(self->me->ssl) != SSL_KEY_UPDATE_NONE)
        SSL_do_handshake(self->me->ssl); /* new keys that no write has announced: they bar the end */
    SSL_shutdown(self->me->ssl); /* says that it is the end, and does not wait for the peer's */
    ERR_clear_error();
    co_try(flush_future(self->me));
    co_try(syn_stream_shutdown_future(self->me->inner));
    co_finally;
    if (self->entered)
        self->me->writing = 0;
    co_end;
}

static void forget(struct tls_stream *me)
{
    if (me->ssl)
        tls_context_release(me->context);
    SSL_free(me->ssl);
    free(me->outgoing);
    free(me->more);
    free(me);
}

/* Clean-up from the moment that it is not refused. */
ASYNC(SYN_FREE, void, tls_close, (struct tls_stream *, me), SYN_LOCAL(int, entered))
{
    syn_err err;

    co_begin;
    err = enter(self->me, &self->syn, self->me->reading || self->me->writing);
    if (err == SYN_EWRONGLOOP || err == SYN_EBUSY)
        co_fail(err);
    self->entered = self->me->reading = self->me->writing = 1;
    co_finally;
    if (!self->entered)
        co_done;
    co_await(linger_future(self->me));
    co_await(syn_stream_close_future(self->me->inner));
    if (co_status) { /* refused: it stays open, and so do we */
        self->me->reading = self->me->writing = 0;
        co_fail(co_status);
    }
    forget(self->me);
    co_end;
}

/* ---------------------------------------------------------------- the table -- */

static struct syn_stream_bytes_future read_method(struct syn_stream *s, void *buffer, size_t size)
{
    return SYN_STREAM_FUTURE(bytes, tls_read_future(tls_of(s), buffer, size));
}

static struct syn_stream_bytes_future write_method(struct syn_stream *s, const void *data,
                                                   size_t size)
{
    return SYN_STREAM_FUTURE(bytes, tls_write_future(tls_of(s), data, size));
}

static struct syn_stream_end_future shutdown_method(struct syn_stream *s)
{
    return SYN_STREAM_FUTURE(end, tls_shutdown_future(tls_of(s)));
}

static struct syn_stream_end_future close_method(struct syn_stream *s)
{
    return SYN_STREAM_FUTURE(end, tls_close_future(tls_of(s)));
}

static const struct syn_stream_class tls_class = {
    .struct_bytes = sizeof(struct syn_stream_class),
    .name = "TLS",
    .read = read_method,
    .write = write_method,
    .shutdown = shutdown_method,
    .close = close_method,
};

const char *tls_alpn(const struct syn_stream *stream)
{
    static _Thread_local char name[256];
    const unsigned char *chosen;
    unsigned size;

    SSL_get0_alpn_selected(tls_of(stream)->ssl, &chosen, &size);
    snprintf(name, sizeof name, "%.*s", (int)size, size ? (const char *)chosen : "");
    return name;
}

const char *tls_version(const struct syn_stream *stream)
{
    return SSL_get_version(tls_of(stream)->ssl);
}

int tls_is_resumed(const struct syn_stream *stream)
{
    return SSL_session_reused(tls_of(stream)->ssl);
}

syn_err tls_update_keys(struct syn_stream *stream)
{
    SSL *ssl = tls_of(stream)->ssl;

    if (SSL_version(ssl) < TLS1_3_VERSION)
        return SYN_ENOTSUP;
    return SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED) == 1 ? SYN_OK : SYN_EINVAL;
}

/* --------------------------------------------------------------- handshakes -- */

static struct tls_stream *tls_new(struct tls_context *context, struct syn_stream *inner,
                                  const char *host)
{
    struct tls_stream *me = calloc(1, sizeof *me);

    if (!me)
        return NULL;
    me->stream.stream_class = &tls_class;
    me->inner = inner;
    me->context = context;
    me->ssl = tls_ssl_new(context, host);
    me->in = me->ssl ? BIO_new(BIO_s_mem()) : NULL;
    me->out = me->in ? BIO_new(BIO_s_mem()) : NULL;
    if (!me->out) {
        BIO_free(me->in);
        forget(me);
        return NULL;
    }
    SSL_set_bio(me->ssl, me->in, me->out);
    return me;
}

ASYNC(SYN_FREE, void, handshake, (struct tls_stream *, me), SYN_LOCAL(syn_err, err))
{
    char message[SYN_MESSAGE_MAX];

    co_begin;
    self->me->home = syn_task_synchronizer(&self->syn);
    for (;;) {
        ERR_clear_error();
        self->err = meaning(self->me, SSL_do_handshake(self->me->ssl));
        if (self->err && self->err != SYN_EAGAIN)
            break;
        co_try(flush_future(self->me));
        if (!self->err)
            co_done;
        co_try(fill_future(self->me, self->me->fills));
    }
    if (self->err == SYN_EEND)
        co_fail(SYN_EPROTO, "TLS failed: the peer ended the handshake");
    co_await(tell_why_future(self->me));
    co_fail(self->me->failed, why(self->me, message));
    co_end;
}

static void close_inner(struct syn_stream *inner)
{
    future_detach(syn_stream_close_future(inner));
}

/* One that nobody fetched, on any thread. */
static void discard(struct syn_stream *stream)
{
    close_inner(tls_of(stream)->inner);
    forget(tls_of(stream));
}

/* HOST: NULL for a server. */
ASYNC(SYN_FREE, struct syn_stream *, opened, (struct tls_context *, context),
      SYN_TAKE(struct syn_stream *, take_inner, close_inner), (const char *, host),
      SYN_LOCAL(struct tls_stream *, me), SYN_DESTROY(discard))
{
    co_begin;
    self->me = tls_new(self->context, self->take_inner, self->host);
    if (!self->me)
        co_fail(SYN_ENOMEM);
    co_try(handshake_future(self->me));
    self->result = &self->me->stream;
    self->take_inner = NULL;
    co_return_result;
    co_finally;
    if (self->take_inner) {
        if (self->me)
            co_await(linger_future(self->me));
        co_await(syn_stream_close_future(self->take_inner));
        if (self->me)
            forget(self->me);
    }
    co_end;
}

ASYNC_DEFINE(SYN_FREE, struct syn_stream *, tls_client, (struct tls_context *, context),
             SYN_TAKE(struct syn_stream *, take_inner, close_inner), SYN_COPY(const char *, host),
             SYN_DESTROY(discard))
{
    co_begin;
    co_try(opened_future(self->context, self->take_inner, self->host), &self->result);
    co_return_result;
    co_end;
}

ASYNC_DEFINE(SYN_FREE, struct syn_stream *, tls_server, (struct tls_context *, context),
             SYN_TAKE(struct syn_stream *, take_inner, close_inner), SYN_DESTROY(discard))
{
    co_begin;
    co_try(opened_future(self->context, self->take_inner, NULL), &self->result);
    co_return_result;
    co_end;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * TLS over any stream, by OpenSSL: a stream that wraps another one.
 *
 *     struct tls_context *web;
 *
 *     tls_context_new(&(struct tls_options){0}, &web);              // trusts what the system trusts
 *     co_try(syn_tcp_connect_future("example.org", 443), &self->tcp);
 *     co_try(tls_client_future(web, self->tcp, "example.org"), &self->s);    // takes self->tcp
 *     ... self->s is a stream like any other ...
 *     co_try(syn_stream_finish_future(self->s, syn_after(2)));      // says that it is the end
 *
 * VERIFIED BY DEFAULT: the chain, to a root that is trusted, and that the certificate is for the
 * host. A client names the host to the server (SNI). TLS 1.2 at least; renegotiation is refused.
 *
 * SESSIONS. A context keeps what its servers give, for the last 32 hosts: the next connection to one
 * begins with that, and takes no certificate. Each is used once.
 *
 * THE END is what the peer says (close_notify). A connection that ends without it may have been
 * cut by anybody: its read is SYN_EPROTO, and not the end. So a stream has to be shut down, or
 * finished, before it is closed, or the peer gets that error.
 *
 * A PEER THAT IS REFUSED, for its certificate or for what it sends, is told why by an alert. The close
 * of such a stream reads what the peer still sends, for a second at most, so that no reset overtakes
 * the alert.
 *
 * An idle connection takes 17 KiB, and a client's that waits in a read 40 KiB, most of it OpenSSL's (3.0,
 * x86-64; measured by tls_session_test), which keeps 16 KiB of them from the first ticket of a session on.
 *
 * Reading and writing at once is fine, and each can be cancelled as for any stream (stream.h):
 * also in the middle of a record nothing is lost. A write that was cancelled when its bytes were
 * encrypted already is a success; the next operation sends what is left of them.
 */
#ifndef TLS_H
#define TLS_H

#include <synchronicity/stream.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What connections have in common. Owner: the caller; it may be freed while its streams live. */
struct tls_context;

/* Zero everywhere is a client that trusts the system's roots. Paths are of PEM files. */
struct tls_options {
    const char *roots;       /* trusted certificates; NULL: those of the system */
    const char *certificate; /* one's own, with the chain to the root; a server needs it */
    const char *key;         /* its private key */
    const char *alpn;        /* protocols, the best one first: "h2,http/1.1"; NULL: none */
    int trust_anybody;       /* 1: the peer is not verified. For tests */
    int ask_client;          /* server: 1: clients need a certificate by one of ROOTS */
};

/* Reads the files, so it may wait for a disk. Fails: SYN_EINVAL: a file or a list of protocols that
 * cannot be used; SYN_ENOMEM. Thread: any. */
syn_err tls_context_new(const struct tls_options *options, struct tls_context **out_context);
/* NULL is fine. */
void tls_context_free(struct tls_context *context);

/* Talks TLS on TAKE_INNER, which belongs to the result, and is closed if this fails. HOST: the
 * name, or the address in numbers, that the server's certificate must be for. Fails: TLS_EVERIFY:
 * it is not to be trusted, the message says why; SYN_EPROTO: what comes is no TLS, or the peer
 * refused; as reads and writes of TAKE_INNER do. */
SYN_ASYNC_DECLARE(struct syn_stream *, tls_client, (struct tls_context *, context),
                  (struct syn_stream *, take_inner),
                  SYN_COPY(const char *, host));
SYN_ASYNC_DECLARE(struct syn_stream *, tls_server, (struct tls_context *, context),
                  (struct syn_stream *, take_inner));

/* The peer's certificate is wrong, expired, for another host, or by nobody that is trusted. */
enum { TLS_EVERIFY = SYN_EUSER + 4000 };

/* The protocol that both sides chose by ALPN; "" if none. Valid while STREAM is. */
const char *tls_alpn(const struct syn_stream *stream);

/* The version, "TLSv1.3". */
const char *tls_version(const struct syn_stream *stream);

/* 1: it began with a session of an earlier connection. */
int tls_is_resumed(const struct syn_stream *stream);

/* Makes new keys for what this side writes from now on, at its next write; the peer must do the
 * same (TLS 1.3). SYN_ENOTSUP: an older version. In a step on the stream's synchronizer. */
syn_err tls_update_keys(struct syn_stream *stream);

#ifdef __cplusplus
}
#endif

#endif

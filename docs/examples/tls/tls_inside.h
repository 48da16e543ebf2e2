/* SPDX-License-Identifier: Apache-2.0
 *
 * What the two files of this library share.
 */
#ifndef TLS_INSIDE_H
#define TLS_INSIDE_H

#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>

#include "tls/tls.h"

enum { TLS_SESSIONS = 32 }; /* hosts with kept sessions */

/* What a host gave us to begin with the next time. */
struct tls_session {
    char *host;
    SSL_SESSION *session; /* NULL: none that was not used */
    unsigned age;
};

struct tls_context {
    SSL_CTX *ssl;
    atomic_uint holders; /* its maker, and streams */
    pthread_mutex_t lock;
    struct tls_session sessions[TLS_SESSIONS]; /* under the lock */
    unsigned newest;
    unsigned char *alpn; /* as the protocol has it; NULL */
    unsigned alpn_size;
    int trust_anybody;
};

/* Gives back what tls_context_new() or a stream has. NULL is fine. */
void tls_context_release(struct tls_context *context);

/* A new connection of CONTEXT, which it holds; NULL: there is no memory. HOST: NULL for a server. */
SSL *tls_ssl_new(struct tls_context *context, const char *host);

/* tls_session.c: CONTEXT keeps what servers give. */
void tls_sessions_begin(struct tls_context *context);
void tls_sessions_end(struct tls_context *context);
/* SSL, of CONTEXT, talks to HOST, and begins with a session of it, if there is one. 0: no memory. */
int tls_sessions_use(struct tls_context *context, SSL *ssl, const char *host);

/* What OpenSSL's queue of this thread says; static. NULL: nothing. */
const char *tls_reason(void);

#endif

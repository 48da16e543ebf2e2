/* SPDX-License-Identifier: Apache-2.0
 *
 * What the two files of this library share.
 */
#ifndef TLS_INSIDE_H
#define TLS_INSIDE_H

#include <openssl/ssl.h>

#include "tls/tls.h"

struct tls_context {
    SSL_CTX *ssl;
    unsigned char *alpn; /* as the protocol has it; NULL */
    unsigned alpn_size;
    int trust_anybody;
};

/* A new connection of CONTEXT; NULL: there is no memory. HOST: NULL for a server. */
SSL *tls_ssl_new(struct tls_context *context, const char *host);

/* What OpenSSL's queue of this thread says, which is empty afterwards, or WHAT; into MESSAGE, of
 * SYN_MESSAGE_MAX bytes. */
const char *tls_words(const char *what, char *message);

#endif

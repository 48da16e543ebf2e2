/* SPDX-License-Identifier: Apache-2.0
 *
 * What connections have in common: roots, certificate, protocols, and what is verified.
 */
#define _POSIX_C_SOURCE 200809L

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tls/tls_inside.h"

const char *tls_reason(void)
{
    unsigned long code = ERR_peek_last_error();

    return code ? ERR_reason_error_string(code) : NULL;
}

/* "h2,http/1.1" as the protocol has it: each with its length before it. */
static syn_err read_alpn(struct tls_context *me, const char *list)
{
    size_t size = strlen(list), start = 0;

    me->alpn = malloc(size + 1);
    if (!me->alpn)
        return SYN_ENOMEM;
    for (size_t i = 0; i <= size; i++) {
        if (i < size && list[i] != ',') {
            me->alpn[i + 1] = (unsigned char)list[i];
            continue;
        }
        if (i == start || i - start > 255)
            return SYN_EINVAL;
        me->alpn[start] = (unsigned char)(i - start);
        start = i + 1;
    }
    me->alpn_size = (unsigned)size + 1;
    return SYN_OK;
}

/* The server's choice: its own best one that the client has too. */
static int choose(SSL *ssl, const unsigned char **out, unsigned char *out_size,
                  const unsigned char *in, unsigned in_size, void *user)
{
    const struct tls_context *me = user;

    (void)ssl;
    return SSL_select_next_proto((unsigned char **)out, out_size, me->alpn, me->alpn_size, in,
                                 in_size) == OPENSSL_NPN_NEGOTIATED
               ? SSL_TLSEXT_ERR_OK
               : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static syn_err set_alpn(struct tls_context *me, const char *list)
{
    syn_err err = list ? read_alpn(me, list) : SYN_OK;

    if (err || !list)
        return err;
    SSL_CTX_set_alpn_select_cb(me->ssl, choose, me);
    return SSL_CTX_set_alpn_protos(me->ssl, me->alpn, me->alpn_size) ? SYN_ENOMEM : SYN_OK;
}

static syn_err set_files(SSL_CTX *ssl, const struct tls_options *o)
{
    int well = o->roots ? SSL_CTX_load_verify_locations(ssl, o->roots, NULL)
                        : SSL_CTX_set_default_verify_paths(ssl);

    if (well == 1 && o->certificate)
        well = SSL_CTX_use_certificate_chain_file(ssl, o->certificate);
    if (well == 1 && o->key)
        well = SSL_CTX_use_PrivateKey_file(ssl, o->key, SSL_FILETYPE_PEM);
    if (well == 1 && o->key)
        well = SSL_CTX_check_private_key(ssl);
    return well == 1 ? SYN_OK : SYN_EINVAL;
}

syn_err tls_context_new(const struct tls_options *o, struct tls_context **out_context)
{
    struct tls_context *me = calloc(1, sizeof *me);
    syn_err err = SYN_ENOMEM;

    ERR_clear_error();
    if (!me)
        return SYN_ENOMEM;
    me->trust_anybody = o->trust_anybody;
    atomic_init(&me->holders, 1);
    pthread_mutex_init(&me->lock, NULL);
    me->ssl = SSL_CTX_new(TLS_method());
    if (me->ssl) {
        tls_sessions_begin(me);
        SSL_CTX_set_min_proto_version(me->ssl, TLS1_2_VERSION);
        SSL_CTX_set_options(me->ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
        SSL_CTX_set_mode(me->ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_RELEASE_BUFFERS |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
        SSL_CTX_set_verify(me->ssl,
                           o->trust_anybody ? SSL_VERIFY_NONE
                           : o->ask_client  ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
                                            : SSL_VERIFY_PEER,
                           NULL);
        err = set_files(me->ssl, o);
        if (!err)
            err = set_alpn(me, o->alpn);
    }
    ERR_clear_error();
    if (err)
        tls_context_free(me);
    else
        *out_context = me;
    return err;
}

void tls_context_release(struct tls_context *me)
{
    /* acq_rel: the last one sees what the others did */
    if (!me || atomic_fetch_sub_explicit(&me->holders, 1, memory_order_acq_rel) > 1)
        return;
    tls_sessions_end(me);
    SSL_CTX_free(me->ssl);
    free(me->alpn);
    free(me);
}

void tls_context_free(struct tls_context *me)
{
    tls_context_release(me);
}

/* The certificate must be for HOST; SNI takes names only. */
static int expect_host(SSL *ssl, const char *host)
{
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1)
        return 1;
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

SSL *tls_ssl_new(struct tls_context *me, const char *host)
{
    SSL *ssl = SSL_new(me->ssl);

    if (!ssl)
        return NULL;
    if (host && !(expect_host(ssl, host) && tls_sessions_use(me, ssl, host))) {
        SSL_free(ssl);
        return NULL;
    }
    if (host) {
        SSL_set_connect_state(ssl);
    } else {
        SSL_set_accept_state(ssl);
    }
    atomic_fetch_add_explicit(&me->holders, 1, memory_order_relaxed); /* the caller has it, too */
    return ssl;
}

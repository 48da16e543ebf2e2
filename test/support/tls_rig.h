/* SPDX-License-Identifier: Apache-2.0
 *
 * TLS connections with both ends in the test's hands.
 */
#ifndef TLS_RIG_H
#define TLS_RIG_H

#include <synchronicity/unix.h>

#include "support/certificates.h"
#include "support/chop_stream.h"
#include "support/io_rig.h"
#include "tls/tls.h"

/* Both ends of a connection, and what they have in common. */
struct ends {
    struct tls_context *client_context, *server_context;
    struct syn_stream *client, *server;
    const char *words; /* of the client's error */
};

static inline struct tls_context *context(const struct tls_options *options)
{
    struct tls_context *made = NULL;

    CHECK_INT(tls_context_new(options, &made), SYN_OK);
    return made;
}

static inline void begin_tls(struct ends *e, const char *certificate)
{
    char pem[60], key[60];

    temp_begin();
    make_certificates();
    begin();
    snprintf(pem, sizeof pem, "%s.pem", certificate);
    snprintf(key, sizeof key, "%s.key", certificate);
    *e = (struct ends){0};
    e->client_context = context(&(struct tls_options){.roots = in_temp("root.pem"),
                                                      .alpn = "syn/2,syn/1"});
    e->server_context = context(&(struct tls_options){.certificate = in_temp(pem),
                                                      .key = in_temp(key),
                                                      .trust_anybody = 1,
                                                      .alpn = "syn/1,other"});
}

static inline void end_tls(struct ends *e)
{
    tls_context_free(e->client_context);
    tls_context_free(e->server_context);
    finish_default_after(512);
    temp_end();
}

/* Two connected streams, in pieces of at most MOST bytes; 0: as they come. */
static inline void wire(struct syn_stream *ends[2], size_t most)
{
    int fds[2];

    if (most == 0) {
        CHECK_INT(syn_unix_pair(&ends[0], &ends[1]), SYN_OK);
        return;
    }
    tcp_sockets(fds); /* a Unix one is full with some hundred small pieces */
    for (unsigned i = 0; i < 2; i++) {
        CHECK_INT(syn_stream_from_descriptor(fds[i], &ends[i]), SYN_OK);
        ends[i] = chop_stream_new(ends[i], i + 1);
        chop_stream_most(ends[i], most);
    }
}

/* Shakes hands; returns what that came to for the client, and in *OUT_SERVER for the server. */
static inline syn_err shake(struct ends *e, size_t most, const char *host, syn_err *out_server)
{
    struct tls_server_future server;
    struct syn_stream *ends[2];
    syn_err err;

    wire(ends, most);
    server = tls_server_future(e->server_context, ends[1]);
    err = tls_client(e->client_context, ends[0], host, &e->client);
    if (e->words && !strstr(syn_last_report()->message, e->words))
        CHECK_STR(syn_last_report()->message, e->words);
    *out_server = future_get(server, &e->server);
    return err;
}

static inline void open_both(struct ends *e, size_t most)
{
    syn_err server;

    CHECK_INT(shake(e, most, "localhost", &server), SYN_OK);
    CHECK_INT(server, SYN_OK);
}

/* The orderly end, on both sides. */
static inline void close_both(struct ends *e)
{
    struct syn_stream_finish_future f = syn_stream_finish_future(e->server, syn_never());

    CHECK_INT(syn_stream_finish(e->client, syn_never()), SYN_OK);
    CHECK_INT(future_get(f), SYN_OK);
}

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * TLS: a connection that fails after its handshake. The peer is told why. Without OpenSSL every case is
 * skipped.
 */
#define _DEFAULT_SOURCE
#include "support/io_rig.h"

#ifdef HAVE_OPENSSL

#include "support/tls_rig.h"

/* A record that is none, into the wire below TLS. */
static void spoil(int fd)
{
    static const char record[] = "\x17\x03\x03\x00\x20 nobody has encrypted this piece";

    CHECK_INT(write(fd, record, sizeof record - 1), sizeof record - 1);
}

/* Both ends, over TCP; returns a copy of the client's descriptor. */
static int open_both_over_tcp(struct ends *e)
{
    struct tls_server_future server;
    struct syn_stream *inner[2];
    int fds[2], copy;

    tcp_sockets(fds);
    copy = dup(fds[0]);
    for (int i = 0; i < 2; i++)
        CHECK_INT(syn_stream_from_descriptor(fds[i], &inner[i]), SYN_OK);
    server = tls_server_future(e->server_context, inner[1]);
    CHECK_INT(tls_client(e->client_context, inner[0], "localhost", &e->client), SYN_OK);
    CHECK_INT(future_get(server, &e->server), SYN_OK);
    CHECK(copy >= 0);
    return copy;
}

static void I9_a_late_alert_reaches_the_peer(void)
{
    struct ends e;
    char room[10];
    size_t n;
    int wire;

    begin_tls(&e, "good");
    wire = open_both_over_tcp(&e);
    spoil(wire);
    CHECK_INT(syn_stream_read(e.server, room, sizeof room, &n), SYN_EPROTO);
    CHECK(strstr(syn_last_report()->message, "TLS failed: "));
    CHECK_INT(syn_stream_write(e.server, "x", 1, &n), SYN_EPROTO); /* for good */
    CHECK_INT(syn_stream_read(e.client, room, sizeof room, &n), SYN_EPROTO);
    CHECK(strstr(syn_last_report()->message, "alert bad record mac"));
    close(wire);
    CHECK_INT(syn_stream_close(e.client), SYN_OK);
    CHECK_INT(syn_stream_close(e.server), SYN_OK);
    end_tls(&e);
}

static void I9_a_writer_that_fails_says_why_too(void)
{
    struct syn_stream_bytes_future read;
    struct ends e;
    char room[10];
    size_t n;
    int wire;

    begin_tls(&e, "good");
    wire = open_both_over_tcp(&e);
    spoil(wire);
    read = syn_stream_read_future(e.server, room, sizeof room);
    while (syn_stream_write(e.server, "x", 1, &n) == SYN_OK) /* until the reader has seen it */
        ;
    CHECK_INT(future_get(read, &n), SYN_EPROTO);
    do
        n = 0;
    while (syn_stream_read(e.client, room, sizeof room, &n) == SYN_OK && n > 0);
    CHECK(strstr(syn_last_report()->message, "alert bad record mac"));
    close(wire);
    CHECK_INT(syn_stream_close(e.client), SYN_OK);
    CHECK_INT(syn_stream_close(e.server), SYN_OK);
    end_tls(&e);
}

/* A client that goes on sending finds the end, and no reset; one that never ends is waited for a second. */
static void I9_a_connection_that_failed_is_closed_without_a_reset(void)
{
    static const char more[50000];
    struct syn_stream_end_future closes;
    struct ends e;
    char room[1000];
    ssize_t got;
    size_t n;
    int wire;

    begin_tls(&e, "good");
    wire = open_both_over_tcp(&e);
    spoil(wire);
    CHECK_INT(syn_stream_read(e.server, room, sizeof room, &n), SYN_EPROTO);
    closes = syn_stream_close_future(e.server);
    while ((got = recv(wire, room, sizeof room, 0)) > 0)
        ;
    CHECK_INT(got, 0); /* the alert, and the end */
    CHECK_INT(send(wire, more, sizeof more, MSG_NOSIGNAL), sizeof more);
    CHECK_INT(recv(wire, room, sizeof room, 0), 0);
    CHECK_INT(shutdown(wire, SHUT_WR), 0);
    CHECK_INT(future_get(closes), SYN_OK);
    close(wire);
    CHECK_INT(syn_stream_close(e.client), SYN_OK);
    wire = open_both_over_tcp(&e);
    spoil(wire);
    CHECK_INT(syn_stream_read(e.server, room, sizeof room, &n), SYN_EPROTO);
    CHECK_INT(syn_stream_close(e.server), SYN_OK); /* nothing ends this end */
    close(wire);
    CHECK_INT(syn_stream_close(e.client), SYN_OK);
    end_tls(&e);
}

#else

#define SKIPPED(name)                                                                              \
    static void name(void)                                                                         \
    {                                                                                              \
        TEST_SKIP("there is no OpenSSL for this compiler");                                        \
    }

SKIPPED(I9_a_late_alert_reaches_the_peer)
SKIPPED(I9_a_writer_that_fails_says_why_too)
SKIPPED(I9_a_connection_that_failed_is_closed_without_a_reset)

#endif

static const struct test_case cases[] = {
    TEST(I9_a_late_alert_reaches_the_peer),
    TEST(I9_a_writer_that_fails_says_why_too),
    TEST(I9_a_connection_that_failed_is_closed_without_a_reset),
};

TEST_MAIN_BOTH_MODES("tls_late", cases);

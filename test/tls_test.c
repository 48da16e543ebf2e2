/* SPDX-License-Identifier: Apache-2.0
 *
 * TLS over a stream: verified, both directions at once, cancelled anywhere, cut anywhere. Without
 * OpenSSL every case is skipped.
 */
#define _DEFAULT_SOURCE
#include "support/io_rig.h"

#ifdef HAVE_OPENSSL

#include <synchronicity/child.h>
#include <synchronicity/testing.h>

#include "support/tls_rig.h"

static void I9_a_conversation_in_pieces_of_any_size(void)
{
    static const size_t sizes[] = {0, 1, 7, 1000};
    struct ends e;

    begin_tls(&e, "good");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        open_both(&e, sizes[i]);
        CHECK_STR(tls_version(e.client), "TLSv1.3");
        CHECK_STR(tls_alpn(e.client), "syn/1");
        CHECK_STR(tls_alpn(e.server), "syn/1");
        CHECK_INT(syn_stream_write_all(e.client, "there", 5), SYN_OK);
        CHECK_READS(e.server, "there");
        CHECK_INT(syn_stream_write_all(e.server, "and back", 8), SYN_OK);
        CHECK_READS(e.client, "and back");
        close_both(&e);
    }
    end_tls(&e);
}

static void check_refused(const char *certificate, const char *host, const char *words)
{
    struct ends e;
    syn_err server;

    begin_tls(&e, certificate);
    e.words = words;
    CHECK_INT(shake(&e, 0, host, &server), TLS_EVERIFY);
    CHECK_INT(server, SYN_EPROTO); /* it was told */
    end_tls(&e);
}

static void I9_a_certificate_for_another_host_is_refused(void)
{
    check_refused("other", "localhost", "hostname mismatch");
}

static void I9_an_expired_certificate_is_refused(void)
{
    check_refused("expired", "localhost", "expired");
}

static void I9_a_certificate_by_nobody_is_refused(void)
{
    check_refused("self", "localhost", "self-signed");
}

static void I9_an_address_is_verified_as_an_address(void)
{
    struct ends e;
    syn_err server;

    check_refused("good", "127.0.0.2", "IP address mismatch");
    begin_tls(&e, "good");
    CHECK_INT(shake(&e, 0, "127.0.0.1", &server), SYN_OK);
    CHECK_INT(server, SYN_OK);
    close_both(&e);
    end_tls(&e);
}

static bool names_in_its_hello(struct ends *e, const char *host)
{
    struct syn_stream *ends[2];
    struct tls_client_future client;
    char room[2000], *at = room;
    bool found = false;
    size_t n;

    wire(ends, 0);
    client = tls_client_future(e->client_context, ends[0], host);
    CHECK_INT(syn_stream_read(ends[1], room, sizeof room, &n), SYN_OK);
    for (; n >= strlen(host); n--, at++)
        found = found || memcmp(at, host, strlen(host)) == 0;
    CHECK_INT(future_cancel(client), SYN_ECANCELED);
    CHECK_INT(syn_stream_close(ends[1]), SYN_OK);
    return found;
}

/* SNI: a server of many names shows the certificate of that one. Addresses are no names. */
static void I9_a_client_says_for_which_host_it_came(void)
{
    struct ends e;

    begin_tls(&e, "good");
    CHECK(names_in_its_hello(&e, "localhost"));
    CHECK(!names_in_its_hello(&e, "127.0.0.1"));
    end_tls(&e);
}

static void I9_a_server_may_want_to_know_its_clients(void)
{
    struct ends e;
    syn_err server;
    char room[4];
    size_t n;

    begin_tls(&e, "good");
    tls_context_free(e.server_context);
    e.server_context = context(&(struct tls_options){.certificate = in_temp("good.pem"),
                                                     .key = in_temp("good.key"),
                                                     .roots = in_temp("root.pem"),
                                                     .ask_client = 1});
    CHECK_INT(shake(&e, 0, "localhost", &server), SYN_OK); /* 1.3: the server says no afterwards */
    CHECK_INT(server, SYN_EPROTO);
    CHECK_INT(syn_stream_read(e.client, room, sizeof room, &n), SYN_EPROTO);
    CHECK_INT(syn_stream_close(e.client), SYN_OK);
    tls_context_free(e.client_context);
    e.client_context = context(&(struct tls_options){.certificate = in_temp("good.pem"),
                                                     .key = in_temp("good.key"),
                                                     .roots = in_temp("root.pem")});
    open_both(&e, 0);
    close_both(&e);
    end_tls(&e);
}

static void I9_an_end_without_close_notify_is_an_error(void)
{
    struct ends e;
    char room[10];
    size_t n = 99;

    begin_tls(&e, "good");
    open_both(&e, 0);
    CHECK_INT(syn_stream_write_all(e.client, "cut", 3), SYN_OK);
    CHECK_INT(syn_stream_close(e.client), SYN_OK); /* and no shutdown */
    CHECK_READS(e.server, "cut");
    CHECK_INT(syn_stream_read(e.server, room, sizeof room, &n), SYN_EPROTO);
    CHECK(strstr(syn_last_report()->message, "close_notify"));
    CHECK_INT(syn_stream_close(e.server), SYN_OK);
    open_both(&e, 0);
    CHECK_INT(syn_stream_shutdown(e.client), SYN_OK); /* with it: the end, and the way back is open */
    CHECK_INT(syn_stream_read(e.server, room, sizeof room, &n), SYN_OK);
    CHECK_INT(n, 0);
    CHECK_INT(syn_stream_write_all(e.server, "late", 4), SYN_OK);
    CHECK_READS(e.client, "late");
    close_both(&e);
    end_tls(&e);
}

static void I9_what_is_no_tls_is_an_error_and_is_closed(void)
{
    struct syn_stream *ends[2], *s = NULL;
    struct tls_client_future client;
    struct ends e;

    begin_tls(&e, "good");
    wire(ends, 0);
    client = tls_client_future(e.client_context, ends[0], "localhost");
    CHECK_INT(syn_stream_write_all(ends[1], "HTTP/1.1 400 Bad Request\r\n\r\n", 28), SYN_OK);
    CHECK_INT(future_get(client, &s), SYN_EPROTO);
    CHECK_PTR(s, NULL);
    CHECK_INT(syn_stream_close(ends[1]), SYN_OK);
    end_tls(&e);
}

/* --- against another implementation's front end --- */

static void I9_it_talks_to_the_openssl_program(void)
{
    const char *words[] = {"openssl", "s_server", "-accept", "127.0.0.1:0", "-cert",
                           in_temp("good.pem"), "-key", in_temp("good.key"), "-naccept", "1",
                           "-rev", NULL};
    struct syn_child_options options = {.arguments = words, .in = SYN_CHILD_NULL,
                                        .out = SYN_CHILD_PIPE, .err = SYN_CHILD_NULL};
    struct syn_child *program = NULL;
    struct syn_stream *tcp, *s;
    struct syn_reader out;
    struct syn_span line = {"", 0};
    struct syn_exit exit;
    struct ends e;
    int port = 0;
    syn_err err;

    begin_tls(&e, "good");
    words[5] = in_temp("good.pem");
    words[7] = in_temp("good.key");
    err = syn_child_start(&options, &program);
    if (err == ENOENT)
        TEST_SKIP("there is no program openssl");
    CHECK_INT(err, SYN_OK);
    syn_reader_init(&out, syn_child_stream(program, 1), 0);
    while (port == 0) {
        char text[100];

        CHECK_INT(syn_read_line(&out, &line), SYN_OK);
        snprintf(text, sizeof text, "%.*s", (int)line.size, line.data);
        if (strncmp(text, "ACCEPT ", 7) == 0)
            port = atoi(strrchr(text, ':') + 1);
    }
    CHECK_INT(syn_tcp_connect("127.0.0.1", port, &tcp), SYN_OK);
    CHECK_INT(tls_client(e.client_context, tcp, "localhost", &s), SYN_OK);
    CHECK_INT(syn_stream_write_all(s, "live\n", 5), SYN_OK);
    CHECK_READS(s, "evil\n");
    CHECK_INT(syn_stream_close(s), SYN_OK);
    CHECK_INT(syn_child_wait(program, &exit), SYN_OK);
    CHECK_INT(exit.code, 0);
    syn_reader_fini(&out);
    CHECK_INT(syn_child_close(program, &exit), SYN_OK);
    CHECK_INT(syn_pool_stop(syn_default_pool(), syn_never()), SYN_OK);
    end_tls(&e);
}

/* --- both directions at once --- */

enum { BULK = 600000 / TEST_SLOWNESS };

static char bulk[BULK];

ASYNC(SYN_FREE, void, pour, (struct syn_stream *, s), SYN_LOCAL(size_t, at), SYN_LOCAL(size_t, n))
{
    co_begin;
    while (self->at < BULK) {
        co_try(syn_stream_write_future(self->s, bulk + self->at,
                                       BULK - self->at < 9999 ? BULK - self->at : 9999),
               &self->n);
        self->at += self->n;
        if (self->at / 50000 != (self->at - self->n) / 50000)
            CHECK_INT(tls_update_keys(self->s), SYN_OK);
    }
    co_end;
}

ASYNC(SYN_FREE, void, drink, (struct syn_stream *, s), SYN_LOCAL(size_t, at), SYN_LOCAL(size_t, n),
      SYN_LOCAL(char, room[5000]))
{
    co_begin;
    while (self->at < BULK) {
        co_try(syn_stream_read_future(self->s, self->room, sizeof self->room), &self->n);
        CHECK(self->n > 0);
        check_bytes(self->room, self->at, self->n);
        self->at += self->n;
    }
    co_end;
}

static void I9_both_directions_at_once_with_new_keys_meanwhile(void)
{
    struct drink_future drinks[2];
    struct pour_future pours[2];
    struct ends e;

    begin_tls(&e, "good");
    fill_bytes(bulk, 0, BULK);
    open_both(&e, 3000);
    drinks[0] = drink_future(e.client);
    drinks[1] = drink_future(e.server);
    pours[0] = pour_future(e.client);
    pours[1] = pour_future(e.server);
    for (int i = 0; i < 2; i++) {
        CHECK_INT(future_get(pours[i]), SYN_OK);
        CHECK_INT(future_get(drinks[i]), SYN_OK);
    }
    close_both(&e);
    end_tls(&e);
}

static void I9_an_end_that_follows_new_keys_is_orderly(void)
{
    struct ends e;

    begin_tls(&e, "good");
    open_both(&e, 0);
    CHECK_INT(tls_update_keys(e.client), SYN_OK);
    CHECK_INT(tls_update_keys(e.server), SYN_OK);
    close_both(&e);
    end_tls(&e);
}

/* --- cancelling --- */

static void X3_a_handshake_is_cancelled_and_closes(void)
{
    struct syn_stream *ends[2];
    struct tls_client_future client;
    char room[2000];
    struct ends e;
    size_t n;

    begin_tls(&e, "good");
    wire(ends, 0);
    client = tls_client_future(e.client_context, ends[0], "localhost");
    CHECK_INT(syn_stream_read(ends[1], room, sizeof room, &n), SYN_OK); /* it has begun */
    CHECK_INT(future_cancel(client), SYN_ECANCELED);
    CHECK_INT(syn_stream_read(ends[1], room, sizeof room, &n), SYN_OK);
    CHECK_INT(n, 0);
    CHECK_INT(syn_stream_close(ends[1]), SYN_OK);
    wire(ends, 0);
    future_drop(tls_client_future(e.client_context, ends[0], "localhost"));
    CHECK_INT(syn_stream_read(ends[1], room, sizeof room, &n), SYN_OK); /* whether it began or not */
    if (n > 0)
        CHECK_INT(syn_stream_read(ends[1], room, sizeof room, &n), SYN_OK);
    CHECK_INT(n, 0);
    CHECK_INT(syn_stream_close(ends[1]), SYN_OK);
    end_tls(&e);
}

static void X3_a_cancelled_read_loses_nothing(void)
{
    struct syn_stream_bytes_future f;
    struct ends e;
    char room[10];
    size_t n;

    begin_tls(&e, "good");
    open_both(&e, 1); /* so that a record is half there, mostly */
    for (int i = 0; i < 5; i++) {
        f = syn_stream_read_future(e.server, room, sizeof room);
        CHECK_INT(syn_stream_read(e.server, room, sizeof room, &n), SYN_EBUSY);
        CHECK_INT(syn_stream_close(e.server), SYN_EBUSY);
        CHECK_INT(future_cancel(f), SYN_ECANCELED);
    }
    CHECK_INT(syn_stream_write_all(e.client, "kept", 4), SYN_OK);
    CHECK_READS(e.server, "kept");
    close_both(&e);
    end_tls(&e);
}

/* Nobody reads, so a write gets stuck; each that is given up has written all it said, and no more. */
static void X3_a_cancelled_write_says_what_it_wrote(void)
{
    struct syn_stream_bytes_future f;
    struct syn_stream_end_future end;
    size_t written = 0, n, read = 0;
    static char room[5000];
    struct ends e;
    syn_err err;

    begin_tls(&e, "good");
    fill_bytes(bulk, 0, BULK);
    open_both(&e, 0);
    do {
        n = 0;
        f = syn_stream_write_future(e.client, bulk + written, 8000);
        if (future_wait_by(f, syn_after(0.01)) == SYN_ETIMEDOUT)
            future_request_cancel(f);
        err = future_get(f, &n);
        CHECK(err ? err == SYN_ECANCELED && n == 0 : n > 0);
        written += n;
    } while (!err && written + 8000 < BULK);
    end = syn_stream_shutdown_future(e.client); /* sends what is left, and the end */
    while (syn_stream_read(e.server, room, sizeof room, &n) == SYN_OK && n > 0) {
        check_bytes(room, read, n);
        read += n;
    }
    CHECK_INT(n, 0);
    CHECK_INT(future_get(end), SYN_OK);
    CHECK_INT(read, written);
    CHECK_INT(syn_stream_close(e.client), SYN_OK);
    CHECK_INT(syn_stream_close(e.server), SYN_OK);
    end_tls(&e);
}

/* --- what is short, and what is wrong --- */

static void T4_each_allocation_that_fails_is_an_error_and_leaves_nothing(void)
{
    bool all_well = false;
    struct ends e;

    begin_tls(&e, "good");
    for (unsigned long n = 1; !all_well; n++) {
        struct tls_server_future server;
        struct syn_stream *ends[2];
        syn_err client_err, server_err;
        int open = count_open();

        CHECK(n < 300);
        e.client = e.server = NULL;
        wire(ends, 0);
        syn_fault_set("alloc", n, 1, ENOMEM);
        server = tls_server_future(e.server_context, ends[1]);
        client_err = tls_client(e.client_context, ends[0], "localhost", &e.client);
        server_err = future_get(server, &e.server);
        all_well = syn_fault_hits() < n;
        syn_fault_clear();
        CHECK(!all_well || (!client_err && !server_err));
        CHECK_INT(syn_stream_close(e.client), SYN_OK);
        CHECK_INT(syn_stream_close(e.server), SYN_OK);
        CHECK_INT(synchronizer_stop(syn_default_synchronizer(), syn_never()), SYN_OK);
        CHECK_INT(synchronizer_free(syn_default_synchronizer()), SYN_OK);
        CHECK_INT(count_open(), open);
    }
    end_tls(&e);
}

static void E1_files_that_cannot_be_used_are_refused(void)
{
    struct tls_context *made = NULL;

    temp_begin();
    make_certificates();
    CHECK_INT(tls_context_new(&(struct tls_options){.roots = in_temp("none")}, &made), SYN_EINVAL);
    CHECK_INT(tls_context_new(&(struct tls_options){.certificate = in_temp("good.pem"),
                                                    .key = in_temp("self.key")}, &made),
              SYN_EINVAL);
    CHECK_INT(tls_context_new(&(struct tls_options){.alpn = "a,,b"}, &made), SYN_EINVAL);
    CHECK_PTR(made, NULL);
    tls_context_free(NULL);
    temp_end();
}

static const struct test_case cases[] = {
    TEST(I9_a_conversation_in_pieces_of_any_size),
    TEST(I9_a_certificate_for_another_host_is_refused),
    TEST(I9_an_expired_certificate_is_refused),
    TEST(I9_a_certificate_by_nobody_is_refused),
    TEST(I9_an_address_is_verified_as_an_address),
    TEST(I9_a_client_says_for_which_host_it_came),
    TEST(I9_a_server_may_want_to_know_its_clients),
    TEST(I9_an_end_without_close_notify_is_an_error),
    TEST(I9_what_is_no_tls_is_an_error_and_is_closed),
    TEST(I9_it_talks_to_the_openssl_program),
    TEST(I9_both_directions_at_once_with_new_keys_meanwhile),
    TEST(I9_an_end_that_follows_new_keys_is_orderly),
    TEST(X3_a_handshake_is_cancelled_and_closes),
    TEST(X3_a_cancelled_read_loses_nothing),
    TEST(X3_a_cancelled_write_says_what_it_wrote),
    TEST(T4_each_allocation_that_fails_is_an_error_and_leaves_nothing),
    TEST(E1_files_that_cannot_be_used_are_refused),
};

#else

#define SKIPPED(name)                                                                              \
    static void name(void)                                                                         \
    {                                                                                              \
        TEST_SKIP("there is no OpenSSL for this compiler");                                        \
    }

SKIPPED(I9_a_conversation_in_pieces_of_any_size)
SKIPPED(I9_a_certificate_for_another_host_is_refused)
SKIPPED(I9_an_expired_certificate_is_refused)
SKIPPED(I9_a_certificate_by_nobody_is_refused)
SKIPPED(I9_an_end_without_close_notify_is_an_error)
SKIPPED(I9_both_directions_at_once_with_new_keys_meanwhile)
SKIPPED(I9_an_end_that_follows_new_keys_is_orderly)

static const struct test_case cases[] = {
    TEST(I9_a_conversation_in_pieces_of_any_size),
    TEST(I9_a_certificate_for_another_host_is_refused),
    TEST(I9_an_expired_certificate_is_refused),
    TEST(I9_a_certificate_by_nobody_is_refused),
    TEST(I9_an_end_without_close_notify_is_an_error),
    TEST(I9_both_directions_at_once_with_new_keys_meanwhile),
    TEST(I9_an_end_that_follows_new_keys_is_orderly),
};

#endif

TEST_MAIN_BOTH_MODES("tls", cases);

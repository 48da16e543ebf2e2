/* SPDX-License-Identifier: Apache-2.0
 *
 * Client and server as a program would write them, on one synchronizer and on two,
 * over every backend: connect, accept, read, write and close together, with real
 * names and addresses of this machine. Both modes.
 */
#define _DEFAULT_SOURCE
#include <sys/resource.h>

#include "support/chop_stream.h"
#include "support/io_rig.h"

SYNCHRONIZER(server);
SYNCHRONIZER(polling, .backend = "poll");

/* --- an echo server --- */

ASYNC(SYN_FREE, void, echo, (struct syn_stream *, s), SYN_LOCAL(char, buffer[16384]),
      SYN_LOCAL(size_t, n))
{
    co_begin;
    for (;;) {
        co_try(syn_stream_read_future(self->s, self->buffer, sizeof self->buffer), &self->n);
        if (self->n == 0)
            break;
        co_try(syn_stream_write_all_future(self->s, self->buffer, self->n));
    }
    co_finally;
    co_await(syn_stream_close_future(self->s));
    CHECK_INT(co_status, SYN_OK);
    co_end;
}

ASYNC(SYN_FREE, void, serve, (struct syn_listener *, l), (int, connections), SYN_LOCAL(int, i),
      SYN_LOCAL(struct syn_stream *, s), SYN_LOCAL(struct echo_future, echoes[1000]))
{
    co_begin;
    for (self->i = 0; self->i < self->connections; self->i++) {
        co_try(syn_tcp_accept_future(self->l), &self->s);
        check_flags(syn_tcp_descriptor(self->s));
        self->echoes[self->i] = echo_future(self->s);
    }
    co_try(syn_listener_close_future(self->l));
    for (self->i = 0; self->i < self->connections; self->i++)
        co_try(self->echoes[self->i]);
    co_end;
}

ASYNC(server, void, serve_elsewhere, (struct syn_listener *, l), (int, connections))
{
    co_begin;
    co_try(serve_future(self->l, self->connections));
    co_end;
}

/* --- a client that sends SIZE bytes in pieces, and reads them at the same time --- */

ASYNC(SYN_FREE, void, talk, (struct syn_stream *, s), (size_t, size), (uint32_t, random),
      SYN_LOCAL(char, data[8192]), SYN_LOCAL(size_t, done), SYN_LOCAL(size_t, n))
{
    co_begin;
    while (self->done < self->size) {
        self->n = 1 + next_random(&self->random) % sizeof self->data;
        if (self->n > self->size - self->done)
            self->n = self->size - self->done;
        fill_bytes(self->data, self->done, self->n);
        co_try(syn_stream_write_all_future(self->s, self->data, self->n));
        self->done += self->n;
    }
    co_try(syn_stream_shutdown_future(self->s));
    co_end;
}

ASYNC(SYN_FREE, size_t, listen_to, (struct syn_stream *, s), (uint32_t, random),
      SYN_LOCAL(char, data[8192]), SYN_LOCAL(size_t, n))
{
    co_begin;
    do {
        self->n = 1 + next_random(&self->random) % sizeof self->data;
        co_try(syn_stream_read_future(self->s, self->data, self->n), &self->n);
        check_bytes(self->data, self->result, self->n);
        self->result += self->n;
    } while (self->n > 0);
    co_return_result;
    co_end;
}

static void converse(struct syn_stream *s, size_t size)
{
    struct listen_to_future heard = listen_to_future(s, (uint32_t)size + 1);
    size_t back;

    CHECK_INT(talk(s, size, (uint32_t)size + 2), SYN_OK);
    CHECK_INT(future_get(heard, &back), SYN_OK);
    CHECK_INT(back, size);
}

static struct syn_listener *listen_at(const char *host)
{
    struct syn_listener *l;

    CHECK_INT(syn_tcp_listen(host, 0, &l), SYN_OK);
    CHECK(syn_listener_port(l) > 0);
    return l;
}

static void I3_echo_of_one_byte_to_ten_megabytes(void)
{
    static const size_t sizes[] = {1, 2, 1000, 4096, 65536, 1000003, 10000000};
    enum { N = sizeof sizes / sizeof *sizes };
    struct syn_listener *l;
    struct serve_future f;
    int port;

    begin();
    l = listen_at("127.0.0.1");
    port = syn_listener_port(l); /* the last accept closes it */
    f = serve_future(l, N);
    for (int i = 0; i < N; i++) {
        struct syn_stream *s;

        CHECK_INT(syn_tcp_connect("127.0.0.1", port, &s), SYN_OK);
        check_flags(syn_tcp_descriptor(s));
        converse(s, sizes[i] / (i == N - 1 ? TEST_SLOWNESS : 1));
        CHECK_INT(syn_stream_close(s), SYN_OK);
    }
    CHECK_INT(future_get(f), SYN_OK);
    finish_default();
}

static void I8_echo_through_a_stream_that_chops(void)
{
    struct syn_listener *l;
    struct serve_future f;
    struct syn_stream *s;

    begin();
    l = listen_at("127.0.0.1");
    f = serve_future(l, 1);
    CHECK_INT(syn_tcp_connect("127.0.0.1", syn_listener_port(l), &s), SYN_OK);
    s = chop_stream_new(s, 99);
    converse(s, 50000 / TEST_SLOWNESS);
    CHECK_INT(syn_stream_close(s), SYN_OK);
    CHECK_INT(future_get(f), SYN_OK);
    finish_default();
}

static void I3_client_and_server_on_two_synchronizers(void)
{
    struct serve_elsewhere_future f;
    struct syn_listener *l;
    struct syn_stream *s;
    int port;

    begin();
    l = listen_at("127.0.0.1");
    port = syn_listener_port(l);
    f = serve_elsewhere_future(l, 3);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(syn_tcp_connect("127.0.0.1", port, &s), SYN_OK);
        converse(s, 300000);
        CHECK_INT(syn_stream_close(s), SYN_OK);
    }
    CHECK_INT(future_get(f), SYN_OK);
    finish(&server);
    finish_default();
}

ASYNC(polling, void, poll_both, (struct syn_listener *, l), SYN_LOCAL(struct serve_future, f),
      SYN_LOCAL(struct syn_stream *, s), SYN_LOCAL(struct listen_to_future, heard),
      SYN_LOCAL(size_t, n))
{
    co_begin;
    self->f = serve_future(self->l, 1);
    co_try(syn_tcp_connect_future("127.0.0.1", syn_listener_port(self->l)), &self->s);
    self->heard = listen_to_future(self->s, 3);
    co_try(talk_future(self->s, 300000, 4));
    co_try(self->heard, &self->n);
    CHECK_INT(self->n, 300000);
    co_try(syn_stream_close_future(self->s));
    co_try(self->f);
    co_end;
}

static void I7_the_same_over_poll(void)
{
    begin();
    CHECK_INT(poll_both(listen_at("127.0.0.1")), SYN_OK);
    finish(&polling);
    done();
}

/* --- names and families --- */

static void check_reaches(const char *at, const char *host)
{
    struct syn_listener *l = listen_at(at);
    struct serve_future f = serve_future(l, 1);
    struct syn_stream *s;

    CHECK_INT(syn_tcp_connect(host, syn_listener_port(l), &s), SYN_OK);
    converse(s, 10);
    CHECK_INT(syn_stream_close(s), SYN_OK);
    CHECK_INT(future_get(f), SYN_OK);
}

/* A worker leaves the clock a moment after its answer is there, and one that was started
 * for nothing may not even have begun. */
static void finish_after_lookups(void)
{
    finish(syn_default_synchronizer());
    CHECK_INT(syn_pool_stop(syn_lookup_pool(), syn_never()), SYN_OK);
    syn_clock_use(NULL);
    CHECK_INT(syn_clock_free(rig_clock), SYN_OK);
    CHECK_INT(syn_memory_use().outstanding, 0);
}

static void I3_connects_by_the_name_localhost(void)
{
    begin();
    check_reaches("127.0.0.1", "localhost");
    check_reaches(NULL, "localhost");
    finish_after_lookups();
}

static bool has_v6(void)
{
    struct syn_listener *l;
    bool has = syn_tcp_listen("::1", 0, &l) == SYN_OK;

    if (has)
        CHECK_INT(syn_listener_close(l), SYN_OK);
    return has;
}

static void I3_connects_over_both_families(void)
{
    begin();
    if (!has_v6())
        TEST_SKIP("this machine has no IPv6");
    check_reaches("::1", "::1");
    check_reaches("127.0.0.1", "127.0.0.1");
    finish_default();
}

/* "Every one of this machine" is both families. */
static void I3_a_listener_at_no_address_is_reached_over_both_families(void)
{
    begin();
    if (!has_v6())
        TEST_SKIP("this machine has no IPv6");
    check_reaches(NULL, "127.0.0.1");
    check_reaches(NULL, "::1");
    finish_default();
}

static void H2_tcp_sends_without_delay_at_both_ends(void)
{
    struct syn_tcp_accept_future f;
    struct syn_stream *ends[2];
    struct syn_listener *l;

    begin();
    l = listen_at("127.0.0.1");
    f = syn_tcp_accept_future(l);
    CHECK_INT(syn_tcp_connect("127.0.0.1", syn_listener_port(l), &ends[0]), SYN_OK);
    CHECK_INT(future_get(f, &ends[1]), SYN_OK);
    for (int i = 0; i < 2; i++) {
        int on = 0;
        socklen_t size = sizeof on;

        getsockopt(syn_tcp_descriptor(ends[i]), IPPROTO_TCP, TCP_NODELAY, &on, &size);
        CHECK(on != 0);
        CHECK_INT(syn_stream_close(ends[i]), SYN_OK);
    }
    CHECK_INT(syn_listener_close(l), SYN_OK);
    finish_default();
}

/* --- many --- */

ASYNC(SYN_FREE, void, visit, (int, port), SYN_LOCAL(struct syn_stream *, s), SYN_LOCAL(char, c),
      SYN_LOCAL(size_t, n))
{
    co_begin;
    co_try(syn_tcp_connect_future("127.0.0.1", self->port), &self->s);
    co_try(syn_stream_write_all_future(self->s, "x", 1));
    co_try(syn_stream_read_future(self->s, &self->c, 1), &self->n);
    CHECK(self->n == 1 && self->c == 'x');
    co_finally;
    if (self->s)
        co_await(syn_stream_close_future(self->s));
    co_end;
}

static void I3_a_thousand_connections_at_once(void)
{
    enum { MANY = 1000 };
    static struct visit_future visits[MANY];
    struct rlimit limit;
    struct syn_listener *l;
    struct serve_future f;
    int port;

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = 2100;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        TEST_SKIP("not enough descriptors for a thousand connections");
    begin();
    l = listen_at("127.0.0.1");
    port = syn_listener_port(l);
    f = serve_future(l, MANY);
    for (int i = 0; i < MANY; i++)
        visits[i] = visit_future(port);
    for (int i = 0; i < MANY; i++)
        CHECK_INT(future_get(visits[i]), SYN_OK);
    CHECK_INT(future_get(f), SYN_OK);
    finish_default_after(60 * 256);
}

static const struct test_case cases[] = {
    TEST(I3_echo_of_one_byte_to_ten_megabytes),
    TEST(I8_echo_through_a_stream_that_chops),
    TEST(I3_client_and_server_on_two_synchronizers),
    TEST(I7_the_same_over_poll),
    TEST(I3_connects_by_the_name_localhost),
    TEST(I3_connects_over_both_families),
    TEST(I3_a_listener_at_no_address_is_reached_over_both_families),
    TEST(H2_tcp_sends_without_delay_at_both_ends),
    TEST(I3_a_thousand_connections_at_once),
};
TEST_MAIN_BOTH_MODES("tcp", cases);

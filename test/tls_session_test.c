/* SPDX-License-Identifier: Apache-2.0
 *
 * TLS: sessions that are used again, and what the program openssl says to our server. Without OpenSSL
 * every case is skipped.
 */
#define _DEFAULT_SOURCE
#include "support/io_rig.h"

#ifdef HAVE_OPENSSL

#include <openssl/err.h>
#include <sys/wait.h>

#include <synchronicity/child.h>
#include <synchronicity/testing.h>

#include "support/tls_rig.h"

/* A connection to HOST on which something came, so that the client has the server's tickets. Returns how
 * many of its ends began with an earlier session. */
static int converse(struct ends *e, const char *host)
{
    syn_err server;
    int resumed;

    CHECK_INT(shake(e, 0, host, &server), SYN_OK);
    CHECK_INT(server, SYN_OK);
    resumed = tls_is_resumed(e->client) + tls_is_resumed(e->server);
    CHECK_INT(syn_stream_write_all(e->server, "hello", 5), SYN_OK);
    CHECK_READS(e->client, "hello");
    close_both(e);
    return resumed;
}

static void I9_a_session_is_used_again_for_its_host_only(void)
{
    struct ends e;

    begin_tls(&e, "good");
    CHECK_INT(converse(&e, "localhost"), 0);
    CHECK_INT(converse(&e, "localhost"), 2);
    CHECK_INT(converse(&e, "localhost"), 2); /* by what the second one brought */
    CHECK_INT(converse(&e, "127.0.0.1"), 0);
    CHECK_INT(converse(&e, "127.0.0.1"), 2);
    end_tls(&e);
}

/* The certificate is for 127.0.0.1 and localhost; a session of one is no proof for another name. */
static void I9_a_session_makes_no_other_host_trusted(void)
{
    struct ends e;
    syn_err server;

    begin_tls(&e, "good");
    CHECK_INT(converse(&e, "localhost"), 0);
    CHECK_INT(shake(&e, 0, "elsewhere", &server), TLS_EVERIFY);
    CHECK_INT(converse(&e, "localhost"), 2);
    end_tls(&e);
}

static void I9_a_context_may_be_freed_while_its_streams_live(void)
{
    struct ends e;

    begin_tls(&e, "good");
    CHECK_INT(converse(&e, "localhost"), 0);
    open_both(&e, 0);
    tls_context_free(e.client_context);
    tls_context_free(e.server_context);
    CHECK_INT(syn_stream_write_all(e.server, "hello", 5), SYN_OK); /* with tickets before it */
    CHECK_READS(e.client, "hello");
    close_both(&e);
    e.client_context = e.server_context = NULL;
    end_tls(&e);
}

/* OpenSSL keeps its errors in a queue of the thread, the one that drives. */
ASYNC(SYN_FREE, void, raise_an_error)
{
    co_begin;
    ERR_raise(ERR_LIB_USER, ERR_R_INTERNAL_ERROR);
    co_end;
}

static void I9_errors_of_others_in_the_threads_queue_do_no_harm(void)
{
    struct ends e;

    begin_tls(&e, "good");
    ERR_raise(ERR_LIB_USER, ERR_R_INTERNAL_ERROR);
    CHECK_INT(raise_an_error(), SYN_OK);
    CHECK_INT(converse(&e, "localhost"), 0);
    open_both(&e, 7);
    for (int i = 0; i < 3; i++) {
        ERR_raise(ERR_LIB_USER, ERR_R_INTERNAL_ERROR);
        CHECK_INT(raise_an_error(), SYN_OK);
        CHECK_INT(syn_stream_write_all(e.server, "hello", 5), SYN_OK);
        CHECK_INT(raise_an_error(), SYN_OK);
        CHECK_READS(e.client, "hello");
    }
    close_both(&e);
    ERR_clear_error();
    end_tls(&e);
}

/* A record that was decrypted is read in pieces, though the descriptor has nothing more to say. */
static void I9_what_is_decrypted_already_needs_no_readiness(void)
{
    struct ends e;
    char c;
    size_t n;

    begin_tls(&e, "good");
    open_both(&e, 0);
    CHECK_INT(syn_stream_write_all(e.server, "0123456789", 10), SYN_OK);
    for (int i = 0; i < 10; i++) {
        CHECK_INT(syn_stream_read(e.client, &c, 1, &n), SYN_OK);
        CHECK_INT(c, '0' + i);
    }
    close_both(&e);
    end_tls(&e);
}

/* --- what an idle connection costs --- */

#if defined(__GLIBC__) && TEST_SLOWNESS == 1
#if __GLIBC_PREREQ(2, 33)
#define HAVE_MALLINFO2
#endif
#endif

#ifdef HAVE_MALLINFO2
#include <malloc.h>
#include <sys/resource.h>

/* Of a client's OpenSSL keeps 16 KiB from the first ticket on. */
enum { IDLE = 300, MOST_IDLE = 10000, CLIENT_BYTES = 45000, SERVER_BYTES = 30000, DESCRIPTORS_BESIDES = 200 };

static struct syn_stream *idle[MOST_IDLE];
static int n_idle = IDLE;

/* Each side is a process, so each connection costs a process one descriptor. */
static void raise_descriptors(void)
{
    rlim_t wanted = (rlim_t)n_idle + DESCRIPTORS_BESIDES;
    static char reason[100];
    struct rlimit limit;

    CHECK_INT(getrlimit(RLIMIT_NOFILE, &limit), 0);
    snprintf(reason, sizeof reason, "a process may have %lu files (ulimit -Hn), and this needs %lu",
             (unsigned long)limit.rlim_max, (unsigned long)wanted);
    if (limit.rlim_max < wanted)
        TEST_SKIP(reason);
    if (limit.rlim_cur < wanted)
        limit.rlim_cur = wanted;
    CHECK_INT(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* Opens them as this side does, and says how many bytes are allocated for each. */
static size_t open_all(struct ends *e, struct syn_listener *listener)
{
    size_t before = 0;

    for (int i = 0; i < n_idle; i++) {
        struct syn_stream *wire;

        if (i == 1) /* what all have in common is there */
            before = mallinfo2().uordblks;
        if (listener) {
            CHECK_INT(syn_tcp_accept(listener, &wire), SYN_OK);
            CHECK_INT(tls_server(e->server_context, wire, &idle[i]), SYN_OK);
        } else {
            CHECK_INT(syn_unix_connect(in_temp("socket"), &wire), SYN_OK);
            CHECK_INT(tls_client(e->client_context, wire, "localhost", &idle[i]), SYN_OK);
        }
    }
    return (mallinfo2().uordblks - before) / ((size_t)n_idle - 1);
}

static void close_all(void)
{
    for (int i = 0; i < n_idle; i++)
        CHECK_INT(syn_stream_close(idle[i]), SYN_OK);
}

/* Time passes when all else waits. */
ASYNC(SYN_FREE, void, rests)
{
    co_begin;
    co_sleep(1.0);
    co_end;
}

/* Waits, each connection in a read, until the other side is over. */
_Noreturn static void be_the_clients(struct ends *e, int say, int hear)
{
    static struct syn_stream_bytes_future reads[MOST_IDLE];
    static char room[MOST_IDLE];
    size_t bytes, before;

    bytes = open_all(e, NULL);
    before = mallinfo2().uordblks;
    for (int i = 0; i < n_idle; i++)
        reads[i] = syn_stream_read_future(idle[i], &room[i], 1);
    CHECK_INT(rests(), SYN_OK); /* each has taken the tickets that came, and waits */
    for (int i = 0; i < n_idle; i++)
        CHECK_INT(future_poll(reads[i]), SYN_EAGAIN);
    bytes += (mallinfo2().uordblks - before) / (size_t)n_idle;
    CHECK_INT(write(say, &bytes, sizeof bytes), sizeof bytes);
    CHECK_INT(read(hear, room, 1), 0);
    for (int i = 0; i < n_idle; i++)
        CHECK_INT(future_cancel(reads[i]), SYN_ECANCELED);
    close_all();
    _exit(0);
}

/* The clients wait in reads, the servers do nothing. TLS_IDLE in the environment: how many. */
static void I9_an_idle_connection_is_small(void)
{
    int there[2], back[2], status = 0;
    struct syn_listener *listener;
    size_t clients, servers;
    struct ends e;
    pid_t child;

    if (getenv("TLS_IDLE"))
        n_idle = atoi(getenv("TLS_IDLE"));
    CHECK(n_idle > 1 && n_idle <= MOST_IDLE);
    raise_descriptors();
    begin_tls(&e, "good");
    CHECK_INT(syn_unix_listen(in_temp("socket"), 0600, &listener), SYN_OK);
    CHECK(pipe(there) == 0 && pipe(back) == 0);
    child = fork();
    if (child == 0) {
        close(there[1]);
        be_the_clients(&e, back[1], there[0]);
    }
    CHECK(child > 0);
    close(there[0]);
    close(back[1]);
    servers = open_all(&e, listener);
    CHECK_INT(read(back[0], &clients, sizeof clients), sizeof clients);
    printf("bytes for each of %d idle connections: %zu for a client, %zu for a server\n", n_idle,
           clients, servers);
    CHECK(clients < CLIENT_BYTES && servers < SERVER_BYTES);
    close(there[1]);
    CHECK_INT(waitpid(child, &status, 0), child);
    CHECK_INT(status, 0);
    close(back[0]);
    close_all();
    CHECK_INT(syn_listener_close(listener), SYN_OK);
    end_tls(&e);
}
#else
static void I9_an_idle_connection_is_small(void)
{
    TEST_SKIP("nothing here says what the allocator has given");
}
#endif

/* --- the program openssl as a client --- */

/* Starts it with VERSION; ours of its connection is in *OUT_STREAM. QUIET: its output is what came, and its input
 * no command. */
static struct syn_child *start_program(struct ends *e, const char *version, bool quiet,
                                       struct syn_stream **out_stream)
{
    char port[30];
    const char *words[] = {"openssl", "s_client", version, "-connect", port, "-CAfile",
                           in_temp("root.pem"), "-verify_return_error", "-verify_hostname",
                           "localhost", quiet ? "-quiet" : NULL, "-no_ign_eof", NULL};
    struct syn_child_options options = {.arguments = words, .in = SYN_CHILD_PIPE,
                                        .out = quiet ? SYN_CHILD_PIPE : SYN_CHILD_NULL,
                                        .err = SYN_CHILD_NULL};
    struct syn_listener *listener;
    struct syn_stream *tcp;
    struct syn_child *program = NULL;
    syn_err err;

    CHECK_INT(syn_tcp_listen("127.0.0.1", 0, &listener), SYN_OK);
    snprintf(port, sizeof port, "127.0.0.1:%d", syn_listener_port(listener));
    err = syn_child_start(&options, &program);
    if (err == ENOENT)
        TEST_SKIP("there is no program openssl");
    CHECK_INT(err, SYN_OK);
    CHECK_INT(syn_tcp_accept(listener, &tcp), SYN_OK);
    CHECK_INT(tls_server(e->server_context, tcp, out_stream), SYN_OK);
    CHECK_INT(syn_listener_close(listener), SYN_OK);
    return program;
}

static void talk_and_end(const char *version, const char *name)
{
    struct syn_child *program;
    struct syn_stream *s;
    struct syn_exit exit;
    struct ends e;
    char room[3];
    size_t n;

    begin_tls(&e, "good");
    program = start_program(&e, version, true, &s);
    CHECK_STR(tls_version(s), name);
    CHECK_INT(syn_stream_write_all(syn_child_stream(program, 0), "over\n", 5), SYN_OK);
    CHECK_READS(s, "over\n");
    CHECK_INT(syn_stream_write_all(s, "and\n", 4), SYN_OK);
    CHECK_READS(syn_child_stream(program, 1), "and\n");
    CHECK_INT(syn_stream_close(syn_child_take_stream(program, 0)), SYN_OK);
    CHECK_INT(syn_stream_read(s, room, sizeof room, &n), SYN_OK); /* it says that it is the end */
    CHECK_INT(n, 0);
    CHECK_INT(syn_stream_finish(s, syn_never()), SYN_OK);
    CHECK_INT(syn_child_wait(program, &exit), SYN_OK);
    CHECK_INT(exit.code, 0);
    CHECK_INT(syn_child_close(program, &exit), SYN_OK);
    CHECK_INT(syn_pool_stop(syn_default_pool(), syn_never()), SYN_OK);
    end_tls(&e);
}

static void I9_the_openssl_program_talks_to_our_server(void)
{
    talk_and_end("-tls1_3", "TLSv1.3");
}

static void I9_it_does_so_by_the_older_version_too(void)
{
    talk_and_end("-tls1_2", "TLSv1.2");
}

/* A line "R" makes that program renegotiate (TLS 1.2). It is told no, and gives up. */
static void I9_renegotiation_is_refused(void)
{
    struct syn_child *program;
    struct syn_stream *s;
    struct syn_exit exit;
    struct ends e;
    char room[3];
    size_t n;

    begin_tls(&e, "good");
    program = start_program(&e, "-tls1_2", false, &s);
    CHECK_INT(syn_stream_write_all(syn_child_stream(program, 0), "over\n", 5), SYN_OK);
    CHECK_READS(s, "over\n");
    CHECK_INT(syn_stream_write_all(syn_child_stream(program, 0), "R\n", 2), SYN_OK);
    CHECK(syn_stream_read(s, room, sizeof room, &n) != SYN_OK || n == 0);
    CHECK_INT(syn_child_wait(program, &exit), SYN_OK);
    CHECK(exit.code != 0);
    CHECK_INT(syn_stream_close(s), SYN_OK);
    CHECK_INT(syn_child_close(program, &exit), SYN_OK);
    CHECK_INT(syn_pool_stop(syn_default_pool(), syn_never()), SYN_OK);
    end_tls(&e);
}

static const struct test_case cases[] = {
    TEST(I9_a_session_is_used_again_for_its_host_only),
    TEST(I9_a_session_makes_no_other_host_trusted),
    TEST(I9_a_context_may_be_freed_while_its_streams_live),
    TEST_MODES(I9_errors_of_others_in_the_threads_queue_do_no_harm),
    TEST_MODES(I9_what_is_decrypted_already_needs_no_readiness),
    TEST(I9_an_idle_connection_is_small),
    TEST(I9_the_openssl_program_talks_to_our_server),
    TEST(I9_it_does_so_by_the_older_version_too),
    TEST(I9_renegotiation_is_refused),
};

#else

#define SKIPPED(name)                                                                              \
    static void name(void)                                                                         \
    {                                                                                              \
        TEST_SKIP("there is no OpenSSL for this compiler");                                        \
    }

SKIPPED(I9_a_session_is_used_again_for_its_host_only)
SKIPPED(I9_an_idle_connection_is_small)
SKIPPED(I9_renegotiation_is_refused)

static const struct test_case cases[] = {
    TEST(I9_a_session_is_used_again_for_its_host_only),
    TEST(I9_an_idle_connection_is_small),
    TEST(I9_renegotiation_is_refused),
};

#endif

TEST_MAIN("tls_session", cases);

/* SPDX-License-Identifier: Apache-2.0
 *
 * Connecting to a name with several addresses, of which some answer, some refuse and
 * some are silent; what is left when it fails or is given up. Names and silence are
 * the case's own (support/fake_net.h). Both modes.
 */
#define _DEFAULT_SOURCE
#include <netdb.h>

#include "support/fake_net.h"
#include "support/io_rig.h"

/* A port that nobody listens at, and one that somebody does. The first is held, or the system would give it to the
 * next who asks for one: to another program, or to us. */
static int dead_port, live_port;
static int held, listening;

static int port_of(int fd)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;

    CHECK_INT(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    return ntohs(address.sin_port);
}

/* Everywhere in 127/8, so that one port has many addresses. The dead one is below those that systems give out. */
static void begin_connecting(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET};

    begin();
    held = socket(AF_INET, SOCK_STREAM, 0);
    dead_port = 10000 + (int)getpid() * 37 % 10000;
    for (bool taken = true; taken; dead_port += taken) {
        any.sin_port = htons((uint16_t)dead_port);
        taken = bind(held, (struct sockaddr *)&any, sizeof any) < 0;
        CHECK(!taken || (errno == EADDRINUSE && dead_port < 30000));
    }
    any.sin_port = 0;
    listening = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_INT(bind(listening, (struct sockaddr *)&any, sizeof any), 0);
    CHECK_INT(listen(listening, 100), 0);
    live_port = port_of(listening);
}

static void finish_connecting(void)
{
    close(held);
    close(listening);
    fake_release();
    CHECK_INT(synchronizer_stop(syn_default_synchronizer(), syn_never()), SYN_OK);
    CHECK_INT(synchronizer_free(syn_default_synchronizer()), SYN_OK);
    CHECK_INT(syn_pool_stop(syn_lookup_pool(), syn_never()), SYN_OK);
    syn_clock_use(NULL);
    CHECK_INT(syn_clock_free(rig_clock), SYN_OK);
    fake_noise();
    CHECK_INT(fake_counts().lists, 0);
    CHECK(syn_memory_use().outstanding <= 2); /* places of futures, see done_after() */
}

static void check_connects_and_close(const char *name, const char *address)
{
    struct sockaddr_in peer;
    socklen_t size = sizeof peer;
    struct syn_stream *s;
    char text[20];

    CHECK_INT(syn_tcp_connect(name, live_port, &s), SYN_OK);
    check_flags(syn_tcp_descriptor(s));
    CHECK_INT(getpeername(syn_tcp_descriptor(s), (struct sockaddr *)&peer, &size), 0);
    CHECK_STR(inet_ntop(AF_INET, &peer.sin_addr, text, sizeof text), address);
    CHECK_INT(syn_stream_close(s), SYN_OK);
}

/* --- one address --- */

static void I3_to_nobody_is_ECONNREFUSED_and_names_host_and_port(void)
{
    struct syn_stream *s = NULL;
    char text[40];

    begin_connecting();
    CHECK_INT(syn_tcp_connect("127.0.0.1", dead_port, &s), ECONNREFUSED);
    snprintf(text, sizeof text, "127.0.0.1 port %d", dead_port);
    CHECK_SAYS(text);
    CHECK_PTR(s, NULL);
    CHECK_INT(syn_last_origin(), SYN_BY_TASK);
    fake_name("refuses.test", "127.0.0.1 127.0.0.2", 0);
    CHECK_INT(syn_tcp_connect("refuses.test", dead_port, &s), ECONNREFUSED);
    snprintf(text, sizeof text, "refuses.test port %d", dead_port);
    CHECK_SAYS(text);
    finish_connecting();
}

/* Nobody listens; each attempt is bound to the very port that it connects to. */
static void I3_a_connection_to_oneself_is_refused_and_leaves_the_port(void)
{
    struct sockaddr_in there = {.sin_family = AF_INET};
    struct syn_stream *s = NULL;
    int service;

    begin_connecting();
    close(held);
    fake_own_port();
    CHECK_INT(syn_tcp_connect("127.0.0.1", dead_port, &s), ECONNREFUSED);
    CHECK_PTR(s, NULL);
    fake_name("self.test", "127.0.0.1 127.0.0.2", 0);
    CHECK_INT(syn_tcp_connect("self.test", dead_port, &s), ECONNREFUSED);
    service = socket(AF_INET, SOCK_STREAM, 0);
    there.sin_port = htons((uint16_t)dead_port);
    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK_INT(bind(service, (struct sockaddr *)&there, sizeof there), 0);
    held = service; /* which that closes */
    finish_connecting();
}

static void I3_what_is_no_host_or_port_is_EINVAL(void)
{
    char long_name[300];
    struct syn_stream *s;

    begin_connecting();
    memset(long_name, 'a', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    CHECK_INT(syn_tcp_connect(NULL, 80, &s), SYN_EINVAL);
    CHECK_INT(syn_tcp_connect("127.0.0.1", -1, &s), SYN_EINVAL);
    CHECK_INT(syn_tcp_connect("127.0.0.1", 65536, &s), SYN_EINVAL);
    CHECK_INT(syn_tcp_connect(long_name, 80, &s), SYN_EINVAL);
    CHECK_INT(fake_counts().lookups, 0);
    finish_connecting();
}

static void I4_an_unknown_name_is_ENOHOST_and_is_named(void)
{
    struct syn_stream *s;

    begin_connecting();
    CHECK_INT(syn_tcp_connect("nosuch.test", 80, &s), SYN_ENOHOST);
    CHECK_SAYS("nosuch.test");
    finish_connecting();
}

static void I3_a_port_with_a_long_name_is_still_in_the_message(void)
{
    static char name[251];
    struct syn_stream *s;
    char text[20];

    begin_connecting();
    memset(name, 'n', sizeof name - 1);
    fake_name(name, "127.0.0.1", 0);
    CHECK_INT(syn_tcp_connect(name, dead_port, &s), ECONNREFUSED);
    snprintf(text, sizeof text, "port %d", dead_port);
    CHECK_SAYS(text);
    finish_connecting();
}

static void E5_each_address_that_failed_is_in_the_message(void)
{
    struct syn_stream *s;
    char text[60];

    begin_connecting();
    fake_name("both.test", "127.0.0.1 ::1", 0);
    CHECK_INT(syn_tcp_connect("both.test", dead_port, &s), ECONNREFUSED);
    snprintf(text, sizeof text, "127.0.0.1:%d: ", dead_port);
    CHECK_SAYS(text);
    snprintf(text, sizeof text, "[::1]:%d: ", dead_port);
    CHECK_SAYS(text);
    finish_connecting();
}

/* --- several --- */

static void I3_a_silent_first_address_costs_a_quarter_of_a_second(void)
{
    begin_connecting();
    fake_name("two.test", "127.0.0.1 127.0.0.2", 0);
    fake_silence("127.0.0.1");
    check_connects_and_close("two.test", "127.0.0.2");
    CHECK_INT(now(), 250 * MS);
    finish_connecting();
}

static void I3_a_refused_address_costs_nothing(void)
{
    struct syn_stream *s;

    begin_connecting();
    fake_name("mixed.test", "127.0.0.1 127.0.0.2", 0);
    syn_fault_set("connect", 1, 1, ECONNREFUSED);
    CHECK_INT(syn_tcp_connect("mixed.test", live_port, &s), SYN_OK);
    syn_fault_clear();
    CHECK_INT(now(), 0);
    CHECK_INT(syn_stream_close(s), SYN_OK);
    finish_connecting();
}

static void I3_the_families_take_turns_beginning_with_the_first(void)
{
    static const char *const silent[] = {"::1", "::2", "::3", "127.0.0.1"};

    begin_connecting();
    fake_name("six.test", "::1 ::2 ::3 127.0.0.1 127.0.0.2", 0);
    for (int i = 0; i < 4; i++)
        fake_silence(silent[i]);
    check_connects_and_close("six.test", "127.0.0.2");
    CHECK_STR(fake_counts().order, "::1 127.0.0.1 ::2 127.0.0.2 ");
    CHECK_INT(now(), 750 * MS);
    finish_connecting();
}

static void I3_all_fail_and_the_last_error_is_told(void)
{
    struct syn_stream *s;

    begin_connecting();
    fake_name("three.test", "127.0.0.1 127.0.0.2 127.0.0.3", 0);
    syn_fault_set("connect", 1, 2, ENETUNREACH);
    CHECK_INT(syn_tcp_connect("three.test", dead_port, &s), ECONNREFUSED);
    CHECK_INT(syn_fault_hits(), 3);
    syn_fault_set("connect", 3, 1, ENETUNREACH);
    CHECK_INT(syn_tcp_connect("three.test", dead_port, &s), ENETUNREACH);
    CHECK_SAYS("three.test port");
    syn_fault_clear();
    finish_connecting();
}

static void I3_of_very_many_addresses_the_first_sixteen_are_tried(void)
{
    static char list[400];
    struct syn_stream *s;

    begin_connecting();
    for (int i = 1; i <= 20; i++)
        snprintf(list + strlen(list), 30, "127.0.0.%d ", i);
    fake_name("many.test", list, 0);
    CHECK_INT(syn_tcp_connect("many.test", dead_port, &s), ECONNREFUSED);
    CHECK_INT(fake_counts().connects, 16);
    finish_connecting();
}

/* --- given up --- */

static void X3_a_deadline_while_connecting_leaves_nothing_open(void)
{
    struct syn_stream *s = NULL;
    int open;

    begin_connecting();
    fake_name("silent.test", "127.0.0.1 127.0.0.2 127.0.0.3", 0);
    fake_silence("127.0.0.1");
    fake_silence("127.0.0.2");
    fake_silence("127.0.0.3");
    CHECK_INT(syn_tcp_connect("127.0.0.9", dead_port, &s), ECONNREFUSED); /* its loop runs */
    open = count_open();
    CHECK_INT(call_by(syn_after(0.3), syn_tcp_connect("silent.test", 80, &s)), SYN_ETIMEDOUT);
    CHECK_INT(syn_last_origin(), SYN_BY_DEADLINE);
    CHECK_INT(now(), 300 * MS);
    CHECK_INT(count_open(), open + 2); /* the ends that stand for the silence */
    CHECK_INT(call_by(syn_after(60), syn_tcp_connect("silent.test", 80, &s)), SYN_ETIMEDOUT);
    CHECK_INT(count_open(), open + 5);
    CHECK_PTR(s, NULL);
    finish_connecting();
}

static void X3_cancelled_while_connecting_leaves_nothing_open(void)
{
    struct syn_tcp_connect_future f;
    int open;

    begin_connecting();
    fake_silence("127.0.0.1");
    f = syn_tcp_connect_future("127.0.0.1", 80);
    CHECK_INT(future_wait_by(f, syn_after(1)), SYN_ETIMEDOUT);
    open = count_open();
    CHECK_INT(future_cancel(f), SYN_ECANCELED);
    CHECK_INT(count_open(), open - 1);
    finish_connecting();
}

static void C11_a_connection_that_nobody_fetches_is_closed(void)
{
    struct syn_tcp_connect_future f;
    int open;

    begin_connecting();
    check_connects_and_close("127.0.0.1", "127.0.0.1");
    open = count_open();
    f = syn_tcp_connect_future("127.0.0.1", live_port);
    CHECK_INT(future_wait(f), SYN_OK);
    CHECK_INT(count_open(), open + 1);
    CHECK_INT(future_cancel(f), SYN_OK);
    CHECK_INT(count_open(), open);
    CHECK_INT(syn_tcp_connect("127.0.0.1", live_port, NULL), SYN_OK);
    CHECK_INT(count_open(), open);

    f = syn_tcp_connect_future("127.0.0.1", live_port);
    CHECK_INT(future_wait(f), SYN_OK);
    CHECK_INT(synchronizer_stop(syn_default_synchronizer(), syn_never()), SYN_OK);
    CHECK_INT(future_detach(f), SYN_OK); /* there is no loop any more */
    finish_connecting();
}

/* The request comes at any moment, in the race, in its clean-up or after. */
static void X3_cancelled_at_any_moment_leaves_nothing_open(void)
{
    uint32_t random = 3;
    int open;

    begin_connecting();
    fake_name("live.test", "127.0.0.1 127.0.0.2", 0);
    check_connects_and_close("live.test", "127.0.0.1");
    open = count_open();
    for (int i = 0; i < 300 / TEST_SLOWNESS; i++) {
        struct syn_tcp_connect_future f =
            syn_tcp_connect_future(i % 4 ? "127.0.0.1" : "live.test", live_port);
        struct syn_stream *s = NULL;
        int peer;

        usleep(next_random(&random) % 300);
        future_request_cancel(f);
        if (future_get(f, &s) == SYN_OK)
            CHECK_INT(syn_stream_close(s), SYN_OK);
        while (fcntl(listening, F_SETFL, O_NONBLOCK), (peer = accept(listening, NULL, NULL)) >= 0)
            close(peer);
    }
    CHECK_INT(count_open(), open);
    finish_connecting();
}

static void X3_stopping_the_synchronizer_ends_a_connect(void)
{
    struct syn_tcp_connect_future f;
    struct syn_stream *s = NULL;

    begin_connecting();
    fake_silence("127.0.0.1");
    f = syn_tcp_connect_future("127.0.0.1", 80);
    CHECK_INT(future_wait_by(f, syn_after(1)), SYN_ETIMEDOUT);
    CHECK_INT(synchronizer_stop(syn_default_synchronizer(), syn_never()), SYN_OK);
    CHECK_INT(future_get(f, &s), SYN_ECANCELED);
    finish_connecting();
}

/* --- everything fails once --- */

static void fail_each(const char *name, const char *what, int error)
{
    int open = count_open();
    bool all_well = false;

    for (unsigned long n = 1; !all_well; n++) {
        struct syn_stream *s = NULL;
        syn_err err;

        CHECK(n < 200);
        syn_fault_set(what, n, 1, error);
        err = syn_tcp_connect(name, live_port, &s);
        all_well = syn_fault_hits() < n;
        CHECK(!all_well || !err);
        CHECK((err == SYN_OK) == (s != NULL));
        while (s && syn_stream_close(s) != SYN_OK)
            CHECK(syn_fault_hits() < 1000);
        synchronizer_stop(syn_default_synchronizer(), syn_never());
        CHECK_INT(synchronizer_free(syn_default_synchronizer()), SYN_OK);
        CHECK_INT(count_open(), open);
        /* The pool that resolved the name keeps the memory of a job. */
        CHECK_INT(syn_pool_stop(syn_lookup_pool(), syn_never()), SYN_OK);
        syn_pool_start(syn_lookup_pool());
        CHECK_INT(syn_memory_use().outstanding, 1); /* the clock */
    }
    syn_fault_clear();
}

static void T4_each_allocation_and_each_call_failing_leaves_nothing_behind(void)
{
    static const char *const calls[] = {"socket",      "connect",        "epoll_ctl", "fstat",
                                        "getaddrinfo", "pthread_create", NULL};

    begin_connecting();
    fake_name("two.test", "127.0.0.1 127.0.0.2", 0);
    fail_each("127.0.0.1", "alloc", ENOMEM);
    fail_each("two.test", "alloc", ENOMEM);
    for (int i = 0; calls[i]; i++)
        fail_each("two.test", calls[i], EMFILE);
    finish_connecting();
}

static const struct test_case cases[] = {
    TEST(I3_to_nobody_is_ECONNREFUSED_and_names_host_and_port),
    TEST(I3_a_connection_to_oneself_is_refused_and_leaves_the_port),
    TEST(I3_what_is_no_host_or_port_is_EINVAL),
    TEST(I4_an_unknown_name_is_ENOHOST_and_is_named),
    TEST(I3_a_port_with_a_long_name_is_still_in_the_message),
    TEST(E5_each_address_that_failed_is_in_the_message),
    TEST(I3_a_silent_first_address_costs_a_quarter_of_a_second),
    TEST(I3_a_refused_address_costs_nothing),
    TEST(I3_the_families_take_turns_beginning_with_the_first),
    TEST(I3_all_fail_and_the_last_error_is_told),
    TEST(I3_of_very_many_addresses_the_first_sixteen_are_tried),
    TEST(X3_a_deadline_while_connecting_leaves_nothing_open),
    TEST(X3_cancelled_while_connecting_leaves_nothing_open),
    TEST(C11_a_connection_that_nobody_fetches_is_closed),
    TEST(X3_cancelled_at_any_moment_leaves_nothing_open),
    TEST(X3_stopping_the_synchronizer_ends_a_connect),
    TEST(T4_each_allocation_and_each_call_failing_leaves_nothing_behind),
};
TEST_MAIN_BOTH_MODES("connect", cases);

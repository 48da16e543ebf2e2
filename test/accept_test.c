/* SPDX-License-Identifier: Apache-2.0
 *
 * Accepting: waiting, being given up, closing; out of descriptors; a
 * connection that is gone before it is accepted. Both modes.
 */
#define _DEFAULT_SOURCE
#include <sys/resource.h>

#include <synchronicity/retry.h>

#include "support/io_rig.h"

SYNCHRONIZER(other);

static struct syn_listener *listen_here(void)
{
    struct syn_listener *l;

    CHECK_INT(syn_tcp_listen("127.0.0.1", 0, &l), SYN_OK);
    return l;
}

/* An ordinary socket that is connected to L, whether or not it was accepted. */
static int call_in(const struct syn_listener *l)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    CHECK(fd >= 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((uint16_t)syn_listener_port(l));
    CHECK_INT(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void accept_and_read(struct syn_listener *l, int fd)
{
    struct syn_stream *s;

    CHECK_INT(syn_tcp_accept(l, &s), SYN_OK);
    check_flags(syn_tcp_descriptor(s));
    put(fd, "hello");
    CHECK_READS(s, "hello");
    close(fd);
    CHECK_INT(syn_stream_close(s), SYN_OK);
}

/* --- waiting, and giving up --- */

static void X3_an_accept_ends_at_its_deadline_and_the_listener_goes_on(void)
{
    struct syn_stream *s = NULL;
    struct syn_listener *l;

    begin();
    l = listen_here();
    CHECK_INT(call_by(syn_after(30), syn_tcp_accept(l, &s)), SYN_ETIMEDOUT);
    CHECK_INT(now(), 30 * SECOND);
    CHECK_PTR(s, NULL);
    accept_and_read(l, call_in(l));
    CHECK_INT(syn_listener_close(l), SYN_OK);
    finish_default();
}

static void X3_a_cancelled_accept_loses_no_connection(void)
{
    struct syn_listener *l;
    uint32_t random = 5;
    int accepted = 0, called = 0;

    begin();
    l = listen_here();
    for (int i = 0; i < 300 / TEST_SLOWNESS; i++) {
        struct syn_tcp_accept_future f = syn_tcp_accept_future(l);
        struct syn_stream *s;

        if (next_random(&random) % 2) {
            close(call_in(l));
            called++;
        }
        usleep(next_random(&random) % 200);
        future_request_cancel(f);
        if (future_get(f, &s) != SYN_OK)
            continue;
        CHECK_INT(syn_stream_close(s), SYN_OK);
        accepted++;
    }
    for (; accepted < called; accepted++) {
        struct syn_stream *s;

        CHECK_INT(syn_tcp_accept(l, &s), SYN_OK);
        CHECK_INT(syn_stream_close(s), SYN_OK);
    }
    CHECK_INT(call_by(syn_after(1), syn_tcp_accept(l, NULL)), SYN_ETIMEDOUT);
    CHECK_INT(syn_listener_close(l), SYN_OK);
    finish_default_after(512);
}

static void C11_a_connection_that_nobody_fetches_is_closed(void)
{
    struct syn_tcp_accept_future f;
    struct syn_listener *l;
    char c;
    int fd;

    begin();
    l = listen_here();
    fd = call_in(l);
    f = syn_tcp_accept_future(l);
    CHECK_INT(future_wait(f), SYN_OK);
    CHECK_INT(future_detach(f), SYN_OK);
    CHECK_INT(read(fd, &c, 1), 0);
    close(fd);
    CHECK_INT(syn_listener_close(l), SYN_OK);
    finish_default();
}

static void I3_closing_the_listener_wakes_the_accept_with_ECLOSED(void)
{
    struct syn_tcp_accept_future f;
    struct syn_stream *s = NULL;
    struct syn_listener *l;

    begin();
    l = listen_here();
    f = syn_tcp_accept_future(l);
    CHECK_INT(future_wait_by(f, syn_after(1)), SYN_ETIMEDOUT);
    CHECK_INT(syn_listener_close(l), SYN_OK);
    CHECK_INT(future_get(f, &s), SYN_ECLOSED);
    CHECK_PTR(s, NULL);
    finish_default();
}

static void X3_a_cancelled_close_closes_all_the_same(void)
{
    struct syn_listener_close_future c;
    struct syn_tcp_accept_future f;
    struct syn_stream *s = NULL;
    struct syn_listener *l;
    int open;

    begin();
    CHECK_INT(syn_listener_close(NULL), SYN_OK); /* its loop runs */
    open = count_open();
    l = listen_here();
    f = syn_tcp_accept_future(l);
    CHECK_INT(future_wait_by(f, syn_after(1)), SYN_ETIMEDOUT);
    syn_fault_set("accept", 1, 1000, EMFILE); /* it sleeps, and cannot end at once */
    close(call_in(l));
    while (syn_fault_hits() == 0) /* the clock does not wait for what the kernel knows */
        usleep(100);
    CHECK_INT(future_wait_by(f, syn_after(0.05)), SYN_ETIMEDOUT);
    c = syn_listener_close_future(l);
    CHECK_INT(future_wait_by(c, syn_after(0.02)), SYN_ETIMEDOUT);
    future_request_cancel(c);
    CHECK_INT(future_get(c), SYN_OK);
    CHECK_INT(future_get(f, &s), SYN_ECLOSED);
    syn_fault_clear();
    CHECK_INT(count_open(), open);
    finish_default();
}

/* --- misuse --- */

ASYNC(other, void, strangers_accept, (struct syn_listener *, l), SYN_LOCAL(struct syn_stream *, s))
{
    co_begin;
    co_await(syn_tcp_accept_future(self->l), &self->s);
    CHECK_INT(co_status, SYN_EWRONGLOOP);
    co_await(syn_listener_close_future(self->l));
    CHECK_INT(co_status, SYN_EWRONGLOOP);
    co_end;
}

static void C15_one_accepts_and_on_one_synchronizer(void)
{
    struct syn_tcp_accept_future f;
    struct syn_stream *s = NULL;
    struct syn_listener *l;
    int fd;

    begin();
    l = listen_here();
    f = syn_tcp_accept_future(l);
    CHECK_INT(future_wait_by(f, syn_after(1)), SYN_ETIMEDOUT);
    CHECK_INT(syn_tcp_accept(l, &s), SYN_EBUSY);
    CHECK_INT(strangers_accept(l), SYN_OK);
    fd = call_in(l);
    CHECK_INT(future_get(f, &s), SYN_OK);
    CHECK_INT(syn_stream_close(s), SYN_OK);
    close(fd);
    CHECK_INT(syn_listener_close(l), SYN_OK);
    finish(&other);
    finish_default();
}

/* --- bad times --- */

static unsigned long turns(void)
{
    return synchronizer_stats(syn_default_synchronizer()).turns;
}

/* Ten seconds without a descriptor: it looks ten times a second, and does not spin. */
static void H3_without_descriptors_an_accept_waits_and_loses_nothing(void)
{
    struct rlimit limit, none;
    struct syn_tcp_accept_future f;
    struct syn_stream *s = NULL;
    struct syn_listener *l;
    unsigned long before;
    int fd;

    begin();
    l = listen_here();
    f = syn_tcp_accept_future(l);
    CHECK_INT(future_wait_by(f, syn_after(1)), SYN_ETIMEDOUT);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    getrlimit(RLIMIT_NOFILE, &limit);
    none = limit;
    none.rlim_cur = (rlim_t)fd + 1;
    CHECK_INT(setrlimit(RLIMIT_NOFILE, &none), 0);
    close(fd);
    syn_fault_set("accept", 10000, 1, EMFILE); /* counts: none of them fails on purpose */
    fd = call_in(l);                           /* the last one there is */
    while (syn_fault_hits() == 0)              /* the clock does not wait for what the kernel knows */
        usleep(100);
    before = turns();
    CHECK_INT(future_wait_by(f, syn_after(10)), SYN_ETIMEDOUT);
    CHECK(turns() - before >= 90 && turns() - before < 450);
    CHECK(syn_fault_hits() >= 90 && syn_fault_hits() <= 110);
    syn_fault_clear();
    CHECK_INT(setrlimit(RLIMIT_NOFILE, &limit), 0);
    CHECK_INT(future_get(f, &s), SYN_OK);
    put(fd, "patience");
    CHECK_READS(s, "patience");
    close(fd);
    CHECK_INT(syn_stream_close(s), SYN_OK);
    CHECK_INT(syn_listener_close(l), SYN_OK);
    finish_default();
}

static void H3_every_kind_of_shortage_is_waited_for(void)
{
    static const int shortages[] = {EMFILE, ENFILE, ENOBUFS, ENOMEM};
    struct syn_listener *l;

    begin();
    l = listen_here();
    for (int i = 0; i < 4; i++) {
        int64_t start = now();

        syn_fault_set("accept", 1, 3, shortages[i]);
        accept_and_read(l, call_in(l));
        CHECK(now() - start >= 299 * MS && now() - start < 310 * MS);
        syn_fault_clear();
    }
    CHECK_INT(syn_listener_close(l), SYN_OK);
    finish_default();
}

static void X3_an_accept_that_waits_for_descriptors_can_be_given_up(void)
{
    struct syn_stream *s = NULL;
    struct syn_listener *l;
    int fd;

    begin();
    l = listen_here();
    fd = call_in(l);
    syn_fault_set("accept", 1, 1000, EMFILE);
    CHECK_INT(call_by(syn_after(5), syn_tcp_accept(l, &s)), SYN_ETIMEDOUT);
    syn_fault_clear();
    accept_and_read(l, fd);
    CHECK_INT(syn_listener_close(l), SYN_OK);
    finish_default();
}

static void I3_a_connection_that_is_gone_already_is_passed_over(void)
{
    static const int gone[] = {ECONNABORTED, EAGAIN, EINTR, EPROTO};
    struct syn_listener *l;

    begin();
    l = listen_here();
    for (int i = 0; i < 4; i++) {
        syn_fault_set("accept", 1, 2, gone[i]);
        accept_and_read(l, call_in(l));
        CHECK(syn_fault_hits() >= 3); /* the kernel may be still about to queue the call */
        syn_fault_clear();
    }
    CHECK_INT(now(), 0);
    syn_fault_set("accept", 1, 1, EINVAL);
    close(call_in(l));
    CHECK_INT(syn_tcp_accept(l, NULL), SYN_EINVAL);
    syn_fault_clear();
    CHECK_INT(syn_listener_close(l), SYN_OK);
    finish_default();
}

static void T4_each_allocation_failing_leaves_nothing_behind(void)
{
    int open;
    bool all_well = false;

    begin();
    open = count_open();
    for (unsigned long n = 1; !all_well; n++) {
        struct syn_listener *l = listen_here();
        struct syn_stream *s = NULL;
        int fd = call_in(l);
        syn_err err;

        CHECK(n < 100);
        syn_fault_set("alloc", n, 1, ENOMEM);
        err = syn_tcp_accept(l, &s);
        CHECK((err == SYN_OK) == (s != NULL));
        while (s && syn_stream_close(s) != SYN_OK)
            CHECK(syn_fault_hits() < 1000);
        while (syn_listener_close(l) != SYN_OK)
            CHECK(syn_fault_hits() < 1000);
        close(fd);
        all_well = syn_fault_hits() < n;
        CHECK(!all_well || !err);
        synchronizer_stop(syn_default_synchronizer(), syn_never());
        CHECK_INT(synchronizer_free(syn_default_synchronizer()), SYN_OK);
        CHECK_INT(count_open(), open);
        CHECK_INT(syn_memory_use().outstanding, 1); /* the clock */
    }
    syn_fault_clear();
    done();
}

/* --- a server that accepts and never answers --- */

static int accepted;

ASYNC(SYN_FREE, void, swallow, (struct syn_listener *, l), SYN_LOCAL(struct syn_stream *, s[8]))
{
    co_begin;
    for (; accepted < 8; accepted++)
        co_try(syn_tcp_accept_future(self->l), &self->s[accepted]);
    co_finally;
    for (; accepted > 0; accepted--)
        co_await(syn_stream_close_future(self->s[accepted - 1]));
    co_end;
}

ASYNC(SYN_FREE, void, ask_once, (int, port), SYN_LOCAL(struct syn_stream *, s), SYN_LOCAL(size_t, n),
      SYN_LOCAL(char, room[10]))
{
    co_begin;
    co_try(syn_tcp_connect_future("127.0.0.1", self->port), &self->s);
    co_try(syn_stream_write_all_future(self->s, "hello\n", 6));
    co_try(syn_stream_read_future(self->s, self->room, sizeof self->room), &self->n);
    co_finally;
    co_await(syn_stream_close_future(self->s));
    co_end;
}

ASYNC(SYN_FREE, int, ask_patiently, (int, port), SYN_LOCAL(struct syn_retry, retry))
{
    static const struct syn_retry_options options = {.max_attempts = 3};

    co_begin;
    self->retry = syn_retry_with(&options);
    for (;;) {
        co_await_by(ask_once_future(self->port), syn_after(5));
        co_retry(&self->retry);
    }
    co_check;
    co_end;
}

/* Each attempt has its deadline, closes its connection, and the last one's error is the answer. */
static void I10_a_server_that_accepts_and_never_answers_is_noticed(void)
{
    struct swallow_future server;
    struct syn_listener *l;

    begin();
    l = listen_here();
    accepted = 0;
    server = swallow_future(l);
    CHECK_INT(ask_patiently(syn_listener_port(l), NULL), SYN_ETIMEDOUT);
    CHECK(now() >= 15 * SECOND && now() < 16 * SECOND);
    CHECK_INT(accepted, 3);
    CHECK_INT(future_cancel(server), SYN_ECANCELED);
    CHECK_INT(syn_listener_close(l), SYN_OK);
    finish_default();
}

static const struct test_case cases[] = {
    TEST(X3_an_accept_ends_at_its_deadline_and_the_listener_goes_on),
    TEST(X3_a_cancelled_accept_loses_no_connection),
    TEST(C11_a_connection_that_nobody_fetches_is_closed),
    TEST(I3_closing_the_listener_wakes_the_accept_with_ECLOSED),
    TEST(X3_a_cancelled_close_closes_all_the_same),
    TEST(C15_one_accepts_and_on_one_synchronizer),
    TEST(H3_without_descriptors_an_accept_waits_and_loses_nothing),
    TEST(H3_every_kind_of_shortage_is_waited_for),
    TEST(X3_an_accept_that_waits_for_descriptors_can_be_given_up),
    TEST(I3_a_connection_that_is_gone_already_is_passed_over),
    TEST(T4_each_allocation_failing_leaves_nothing_behind),
    TEST(I10_a_server_that_accepts_and_never_answers_is_noticed),
};
TEST_MAIN_BOTH_MODES("accept", cases);

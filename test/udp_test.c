/* SPDX-License-Identifier: Apache-2.0
 *
 * Datagrams on this machine: sent, received, cut, refused, many at once, in every face.
 */
#define _DEFAULT_SOURCE
#include "support/io_rig.h"

#include <netinet/in.h>
#include <stdlib.h>

#include <synchronicity/testing.h>
#include <synchronicity/udp.h>

static struct syn_udp *open_at(const char *host)
{
    struct syn_udp *udp = NULL;

    CHECK_INT(syn_udp_open(host, 0, &udp), SYN_OK);
    CHECK(syn_udp_port(udp) > 0);
    check_flags(syn_udp_descriptor(udp));
    return udp;
}

static void close_it(struct syn_udp *udp)
{
    CHECK_INT(syn_udp_close(udp), SYN_OK);
}

static struct syn_datagram text_to(char *text, const char *host, int port)
{
    struct syn_datagram d = {.data = text, .size = strlen(text)};

    CHECK_INT(syn_address_parse(host, port, &d.address), SYN_OK);
    return d;
}

static void send_text(struct syn_udp *udp, char *text, const char *host, int port)
{
    struct syn_datagram d = text_to(text, host, port);
    size_t n = 0;

    CHECK_INT(syn_udp_send(udp, &d, 1, &n), SYN_OK);
    CHECK_INT(n, 1);
}

static void check_received(const struct syn_datagram *d, const char *text)
{
    CHECK_INT(d->size, strlen(text));
    CHECK_MEM(d->data, text, d->size);
    CHECK_INT(d->truncated, 0);
}

static void I3_a_datagram_arrives_with_its_sender(void)
{
    static const char *const hosts[] = {"127.0.0.1", "::1"};
    char room[100], text[SYN_ADDRESS_TEXT_MAX], expected[SYN_ADDRESS_TEXT_MAX];

    begin();
    for (int i = 0; i < 2; i++) {
        struct syn_udp *a = open_at(hosts[i]), *b = open_at(hosts[i]);
        struct syn_datagram in = {.data = room, .capacity = sizeof room};
        size_t n;

        send_text(a, (char[]){"hello"}, hosts[i], syn_udp_port(b));
        CHECK_INT(syn_udp_receive(b, &in, 1, &n), SYN_OK);
        check_received(&in, "hello");
        snprintf(expected, sizeof expected, i ? "[%s]:%d" : "%s:%d", hosts[i], syn_udp_port(a));
        CHECK_STR(syn_address_text(&in.address, text), expected);
        close_it(a);
        close_it(b);
    }
    finish_default();
}

static void I3_one_socket_serves_both_families(void)
{
    struct syn_udp *all, *a, *b;
    char room[100], text[SYN_ADDRESS_TEXT_MAX];
    struct syn_datagram in = {.data = room, .capacity = sizeof room};
    size_t n;

    begin();
    all = open_at(NULL);
    a = open_at("127.0.0.1");
    b = open_at("::1");
    send_text(a, (char[]){"four"}, "127.0.0.1", syn_udp_port(all));
    CHECK_INT(syn_udp_receive(all, &in, 1, &n), SYN_OK);
    check_received(&in, "four");
    CHECK(strncmp(syn_address_text(&in.address, text), "127.0.0.1:", 10) == 0);
    in.data = (char[]){"back"};
    CHECK_INT(syn_udp_send(all, &in, 1, &n), SYN_OK); /* to where it came from */
    in.data = room;
    CHECK_INT(syn_udp_receive(a, &in, 1, &n), SYN_OK);
    check_received(&in, "back");
    send_text(b, (char[]){"six"}, "::1", syn_udp_port(all));
    CHECK_INT(syn_udp_receive(all, &in, 1, &n), SYN_OK);
    check_received(&in, "six");
    close_it(all);
    close_it(a);
    close_it(b);
    finish_default();
}

static void I3_what_is_cut_is_told_and_what_is_empty_arrives(void)
{
    struct syn_udp *a, *b;
    char room[4];
    struct syn_datagram in = {.data = room, .capacity = sizeof room};
    size_t n;

    begin();
    a = open_at("127.0.0.1");
    b = open_at("127.0.0.1");
    send_text(a, (char[]){"too long"}, "127.0.0.1", syn_udp_port(b));
    send_text(a, (char[]){""}, "127.0.0.1", syn_udp_port(b));
    send_text(a, (char[]){"fits"}, "127.0.0.1", syn_udp_port(b));
    CHECK_INT(syn_udp_receive(b, &in, 1, &n), SYN_OK);
    CHECK_INT(in.truncated, 1);
    CHECK_INT(in.size, 4);
    CHECK_MEM(room, "too ", 4);
    CHECK_INT(syn_udp_receive(b, &in, 1, &n), SYN_OK);
    CHECK_INT(n, 1);
    check_received(&in, "");
    CHECK_INT(syn_udp_receive(b, &in, 1, &n), SYN_OK);
    check_received(&in, "fits");
    close_it(a);
    close_it(b);
    finish_default();
}

static void I3_many_go_and_come_in_order(void)
{
    enum { MANY = 100 };
    static unsigned char out[MANY][64], in[MANY][64];
    struct syn_datagram sent[MANY] = {{0}}, got[MANY] = {{0}};
    struct syn_udp *a, *b;
    size_t done, n;

    begin();
    a = open_at("127.0.0.1");
    b = open_at("127.0.0.1");
    CHECK_INT(syn_udp_connect(a, "127.0.0.1", syn_udp_port(b)), SYN_OK);
    for (int i = 0; i < MANY; i++) {
        fill_bytes(out[i], (size_t)i * 64, 64);
        sent[i] = (struct syn_datagram){.data = out[i], .size = (size_t)(i % 64)};
        got[i] = (struct syn_datagram){.data = in[i], .capacity = 64};
    }
    for (done = 0; done < MANY; done += n) {
        CHECK_INT(syn_udp_send(a, sent + done, MANY - done, &n), SYN_OK);
        CHECK(n > 0);
    }
    for (done = 0; done < MANY; done += n) {
        CHECK_INT(syn_udp_receive(b, got + done, MANY - done, &n), SYN_OK);
        CHECK(n > 0);
    }
    for (int i = 0; i < MANY; i++) {
        CHECK_INT(got[i].size, i % 64);
        check_bytes(in[i], (size_t)i * 64, got[i].size);
        CHECK_INT(syn_address_port(&got[i].address), syn_udp_port(a));
    }
    close_it(a);
    close_it(b);
    finish_default();
}

/* --- in tasks --- */

ASYNC(SYN_FREE, void, echo_datagrams, (struct syn_udp *, udp), (int, rounds), SYN_LOCAL(int, i),
      SYN_LOCAL(size_t, n), SYN_LOCAL(struct syn_datagram, d), SYN_LOCAL(char, room[2000]))
{
    co_begin;
    for (self->i = 0; self->i < self->rounds; self->i++) {
        self->d = (struct syn_datagram){.data = self->room, .capacity = sizeof self->room};
        co_try(syn_udp_receive_future(self->udp, &self->d, 1), &self->n);
        co_try(syn_udp_send_future(self->udp, &self->d, 1), &self->n);
    }
    co_end;
}

ASYNC(SYN_FREE, void, converse, (int, rounds), SYN_LOCAL(int, i), SYN_LOCAL(size_t, n),
      SYN_LOCAL(struct syn_udp *, a), SYN_LOCAL(struct syn_udp *, b),
      SYN_LOCAL(struct syn_datagram, d), SYN_LOCAL(struct echo_datagrams_future, f),
      SYN_LOCAL(unsigned char, room[2000]))
{
    co_begin;
    self->a = open_at("127.0.0.1");
    self->b = open_at(NULL);
    self->f = echo_datagrams_future(self->b, self->rounds);
    co_try(syn_udp_connect_future(self->a, "127.0.0.1", syn_udp_port(self->b)));
    for (self->i = 0; self->i < self->rounds; self->i++) {
        self->d = (struct syn_datagram){.data = self->room, .size = (size_t)(self->i % 1400)};
        fill_bytes(self->room, (size_t)self->i, self->d.size);
        co_try(syn_udp_send_future(self->a, &self->d, 1), &self->n);
        self->d.capacity = sizeof self->room;
        co_try(syn_udp_receive_future(self->a, &self->d, 1), &self->n);
        CHECK_INT(self->d.size, self->i % 1400);
        check_bytes(self->room, (size_t)self->i, self->d.size);
    }
    co_try(self->f);
    co_try(syn_udp_close_future(self->a));
    co_try(syn_udp_close_future(self->b));
    co_end;
}

static void I3_tasks_converse(void)
{
    begin();
    CHECK_INT(converse(2000 / TEST_SLOWNESS), SYN_OK);
    finish_default();
}

static void X3_a_receive_is_cancelled_and_loses_nothing(void)
{
    struct syn_udp *a, *b;
    char room[10];
    struct syn_datagram in = {.data = room, .capacity = sizeof room};
    struct syn_udp_receive_future f;
    size_t n;

    begin();
    a = open_at("127.0.0.1");
    b = open_at("127.0.0.1");
    CHECK_INT(call_by(syn_after(0.01), syn_udp_receive(b, &in, 1, &n)), SYN_ETIMEDOUT);
    f = syn_udp_receive_future(b, &in, 1);
    CHECK_INT(future_cancel(f), SYN_ECANCELED);
    send_text(a, (char[]){"late"}, "127.0.0.1", syn_udp_port(b));
    CHECK_INT(syn_udp_receive(b, &in, 1, &n), SYN_OK);
    check_received(&in, "late");
    close_it(a);
    close_it(b);
    finish_default();
}

static void I3_one_receives_at_a_time_and_close_waits_for_nobody(void)
{
    struct syn_udp *a;
    char room[10];
    struct syn_datagram in = {.data = room, .capacity = sizeof room};
    struct syn_udp_receive_future f;
    size_t n;

    begin();
    a = open_at("127.0.0.1");
    f = syn_udp_receive_future(a, &in, 1);
    CHECK_INT(syn_udp_receive(a, &in, 1, &n), SYN_EBUSY);
    CHECK_INT(syn_udp_close(a), SYN_EBUSY);
    CHECK_INT(future_cancel(f), SYN_ECANCELED);
    close_it(a);
    finish_default();
}

static void I3_nor_is_it_closed_under_a_send(void)
{
    struct syn_datagram out;
    struct syn_udp *a;
    struct syn_udp_send_future f;
    size_t n;

    begin();
    a = open_at("127.0.0.1");
    out = text_to((char[]){"held"}, "127.0.0.1", syn_udp_port(a));
    syn_fault_set("sendmsg", 1, 1000000000, ENOBUFS); /* it tries again, until there is room */
    f = syn_udp_send_future(a, &out, 1);
    CHECK_INT(syn_udp_send(a, &out, 1, &n), SYN_EBUSY);
    CHECK_INT(syn_udp_close(a), SYN_EBUSY);
    syn_fault_clear();
    CHECK_INT(future_get(f, &n), SYN_OK);
    CHECK_INT(n, 1);
    close_it(a);
    finish_default();
}

static void I3_a_receive_that_would_find_nothing_waits_without_a_look(void)
{
    struct syn_udp *a, *b;
    char rooms[2][10];
    struct syn_datagram in[2] = {{.data = rooms[0], .capacity = 10}, {.data = rooms[1], .capacity = 10}};
    struct syn_udp_receive_future f;
    unsigned long before;
    size_t n;

    begin();
    a = open_at("127.0.0.1");
    b = open_at("127.0.0.1");
    syn_fault_set("recvmsg", 1000, 1, EIO); /* which counts them */
    send_text(a, (char[]){"one"}, "127.0.0.1", syn_udp_port(b));
    CHECK_INT(syn_udp_receive(b, in, 2, &n), SYN_OK); /* all there was */
    CHECK_INT(n, 1);
    before = syn_fault_hits();
    f = syn_udp_receive_future(b, in, 2);
    CHECK_INT(syn_udp_receive(b, in, 2, &n), SYN_EBUSY); /* the other waits by now */
    CHECK_INT(syn_fault_hits(), before);
    send_text(a, (char[]){"two"}, "127.0.0.1", syn_udp_port(b));
    CHECK_INT(future_get(f, &n), SYN_OK);
    check_received(&in[0], "two");
    CHECK_INT(syn_fault_hits(), before + 1);
    syn_fault_clear();
    close_it(a);
    close_it(b);
    finish_default();
}

static void E1_what_goes_wrong_has_its_code(void)
{
    static char big[70000];
    struct syn_datagram out = {.data = big, .size = sizeof big};
    struct syn_udp *a, *gone;
    char room[10];
    struct syn_datagram in = {.data = room, .capacity = sizeof room};
    int port;
    size_t n;

    begin();
    CHECK_INT(syn_udp_open("nowhere.example", 0, &a), SYN_EINVAL);
    CHECK_INT(syn_udp_open(NULL, 70000, &a), SYN_EINVAL);
    a = open_at("127.0.0.1");
    CHECK_INT(syn_udp_open("127.0.0.1", syn_udp_port(a), &gone), EADDRINUSE);
    out.size = 1;
    CHECK_INT(syn_udp_send(a, &out, 1, &n), EDESTADDRREQ); /* no peer, no address */
    CHECK_INT(syn_udp_send(a, NULL, 1, &n), SYN_EINVAL);
    CHECK_INT(syn_udp_receive(a, NULL, 1, &n), SYN_EINVAL);
    CHECK_INT(syn_udp_send(NULL, &out, 1, &n), SYN_EINVAL);
    CHECK_INT(syn_udp_send(a, &out, 0, &n), SYN_OK);
    CHECK_INT(n, 0);
    gone = open_at("127.0.0.1"); /* it hears nobody but itself, and keeps its port from others */
    port = syn_udp_port(gone);
    CHECK_INT(syn_udp_connect(gone, "127.0.0.1", port), SYN_OK);
    CHECK_INT(syn_udp_connect(a, "127.0.0.1", port), SYN_OK);
    out.size = sizeof big;
    CHECK_INT(syn_udp_send(a, &out, 1, &n), EMSGSIZE);
    out.size = 1;
    CHECK_INT(syn_udp_send(a, &out, 1, &n), SYN_OK);
    CHECK_INT(syn_udp_receive(a, &in, 1, &n), ECONNREFUSED); /* nobody listens there */
    close_it(gone);
    close_it(a);
    CHECK_INT(syn_udp_close(NULL), SYN_OK);
    finish_default();
}

static void I3_a_group_of_ipv6_is_joined_and_left(void)
{
    struct syn_udp *udp;

    begin();
    udp = open_at("::1");
    CHECK_INT(syn_udp_join(udp, "ff02::7:7", "lo"), SYN_OK);
    CHECK_INT(syn_udp_leave(udp, "ff02::7:7", "lo"), SYN_OK);
    CHECK(syn_udp_leave(udp, "ff02::7:7", "lo") != SYN_OK); /* it is not there any more */
    CHECK(syn_udp_join(udp, "::1", "lo") != SYN_OK);
    close_it(udp);
    finish_default();
}

static void I3_a_group_is_joined_and_left(void)
{
    struct syn_udp *a, *b;
    char room[10];
    struct syn_datagram in = {.data = room, .capacity = sizeof room};
    struct in_addr loopback = {htonl(INADDR_LOOPBACK)};
    size_t n;

    begin();
    a = open_at("0.0.0.0");
    b = open_at("127.0.0.1");
    CHECK_INT(
        setsockopt(syn_udp_descriptor(b), IPPROTO_IP, IP_MULTICAST_IF, &loopback, sizeof loopback),
        0);
    CHECK_INT(syn_udp_join(a, "239.1.2.3", "lo"), SYN_OK);
    send_text(b, (char[]){"all"}, "239.1.2.3", syn_udp_port(a));
    CHECK_INT(syn_udp_receive(a, &in, 1, &n), SYN_OK);
    check_received(&in, "all");
    CHECK_INT(syn_udp_leave(a, "239.1.2.3", "lo"), SYN_OK);
    CHECK_INT(syn_udp_join(a, "239.1.2.3", "no such"), ENODEV);
    CHECK_INT(syn_udp_join(a, "no group", NULL), SYN_EINVAL);
    CHECK(syn_udp_join(a, "127.0.0.1", NULL) != SYN_OK);
    CHECK_INT(syn_udp_set_broadcast(a, 1), SYN_OK);
    close_it(a);
    close_it(b);
    finish_default();
}

/* --- each call of the system and each allocation failing --- */

static syn_err one_round(void)
{
    struct syn_udp *udp;
    char room[10];
    struct syn_datagram d = {.data = room, .capacity = sizeof room, .size = 1};
    syn_err err = syn_udp_open("127.0.0.1", 0, &udp), closed;
    size_t n;

    if (err)
        return err;
    err = syn_udp_connect(udp, "127.0.0.1", syn_udp_port(udp));
    if (!err)
        err = syn_udp_send(udp, &d, 1, &n);
    if (!err)
        err = syn_udp_receive(udp, &d, 1, &n);
    do /* what is short for a moment does not stay so */
        closed = syn_udp_close(udp);
    while (closed);
    return err;
}

static void fail_each(const char *what, int error)
{
    int before = count_open();
    bool all_well = false;

    for (unsigned long n = 1; !all_well; n++) {
        syn_err err;

        CHECK(n < 400);
        syn_fault_set(what, n, 1, error);
        err = one_round();
        all_well = syn_fault_hits() < n;
        CHECK(all_well ? !err : !err || err == error || err == SYN_ENOMEM);
        CHECK_INT(synchronizer_stop(syn_default_synchronizer(), syn_never()), SYN_OK);
        CHECK_INT(synchronizer_free(syn_default_synchronizer()), SYN_OK);
        CHECK_INT(count_open(), before);
        CHECK_INT(syn_memory_use().outstanding, 1); /* the clock */
    }
    syn_fault_clear();
}

static void H8_each_failure_is_an_error_and_leaks_nothing(void)
{
    static const char *const calls[] = {"socket", "bind", "connect", "sendmsg", "recvmsg", NULL};

    begin();
    fail_each("alloc", ENOMEM);
    for (int i = 0; calls[i]; i++)
        fail_each(calls[i], EPERM);
    finish_default();
}

static const struct test_case cases[] = {
    TEST(I3_a_datagram_arrives_with_its_sender),
    TEST(I3_one_socket_serves_both_families),
    TEST(I3_what_is_cut_is_told_and_what_is_empty_arrives),
    TEST(I3_many_go_and_come_in_order),
    TEST(I3_tasks_converse),
    TEST(X3_a_receive_is_cancelled_and_loses_nothing),
    TEST(I3_one_receives_at_a_time_and_close_waits_for_nobody),
    TEST(I3_nor_is_it_closed_under_a_send),
    TEST(I3_a_receive_that_would_find_nothing_waits_without_a_look),
    TEST(E1_what_goes_wrong_has_its_code),
    TEST(I3_a_group_is_joined_and_left),
    TEST(I3_a_group_of_ipv6_is_joined_and_left),
    TEST(H8_each_failure_is_an_error_and_leaks_nothing),
};

TEST_MAIN_BOTH_MODES("udp", cases);

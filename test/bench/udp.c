/* SPDX-License-Identifier: Apache-2.0
 *
 * UDP echo on loopback: datagrams of 64 bytes, 1 and 64 in flight.
 *
 * Each server is a child of this program; the client is one raw loop, the same for all. The raw server moves
 * up to 16 datagrams by a system call, as ours does (recvmmsg, sendmmsg); the plain one moves
 * each by its own. A datagram that is lost is sent again after a while, and told.
 */
#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <synchronicity/short.h>
#include <synchronicity/udp.h>

#define BENCH_USUAL_ROUNDS 7
#include "bench.h"

#ifdef SYN_HAVE_EPOLL
#include <sys/epoll.h>

enum { MESSAGE = 64, BATCH = 16, ROOM = 1500, ROUND_MS = 300 };

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

/* ------------------------------------------------------------ synchronicity -- */

SYNCHRONIZER(echo);

ASYNC(echo, void, serve, (struct syn_udp *, udp), SYN_LOCAL(struct syn_datagram, some[BATCH]),
      SYN_LOCAL(char, room[BATCH][ROOM]), SYN_LOCAL(size_t, n), SYN_LOCAL(size_t, sent),
      SYN_LOCAL(size_t, i))
{
    co_begin;
    for (self->i = 0; self->i < BATCH; self->i++)
        self->some[self->i] = (struct syn_datagram){.data = self->room[self->i], .capacity = ROOM};
    for (;;) {
        co_try(syn_udp_receive_future(self->udp, self->some, BATCH), &self->n);
        for (self->sent = 0; self->sent < self->n; self->sent += self->i)
            co_try(syn_udp_send_future(self->udp, self->some + self->sent, self->n - self->sent),
                   &self->i);
    }
    co_end;
}

static void serve_synchronicity(int announce)
{
    struct syn_udp *udp;
    int port;

    if (syn_udp_open("127.0.0.1", 0, &udp))
        fail("syn_udp_open");
    port = syn_udp_port(udp);
    if (write(announce, &port, sizeof port) != sizeof port)
        fail("write");
    if (serve(udp))
        syn_perror("serve");
}

/* ----------------------------------------------------------------- raw epoll -- */

static int open_raw(int announce, int *out_epoll)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), port;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *out_epoll = epoll_create1(0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) < 0 ||
        epoll_ctl(*out_epoll, EPOLL_CTL_ADD, fd, &event) < 0)
        fail("a raw server");
    port = ntohs(address.sin_port);
    if (write(announce, &port, sizeof port) != sizeof port)
        fail("write");
    return fd;
}

static void serve_epoll(int announce)
{
    static char room[BATCH][ROOM];
    static struct sockaddr_storage from[BATCH];
    static struct iovec pieces[BATCH];
    struct mmsghdr heads[BATCH];
    struct epoll_event event;
    int epoll, fd = open_raw(announce, &epoll), n;

    for (;;) {
        if (epoll_wait(epoll, &event, 1, -1) < 1)
            continue;
        do {
            for (int i = 0; i < BATCH; i++) {
                pieces[i] = (struct iovec){room[i], ROOM};
                heads[i].msg_hdr = (struct msghdr){.msg_name = &from[i],
                                                   .msg_namelen = sizeof from[i],
                                                   .msg_iov = &pieces[i],
                                                   .msg_iovlen = 1};
            }
            n = recvmmsg(fd, heads, BATCH, 0, NULL);
            for (int i = 0; i < n; i++)
                pieces[i].iov_len = heads[i].msg_len;
            for (int i = 0, sent; i < n; i += sent)
                if ((sent = sendmmsg(fd, heads + i, (unsigned)(n - i), 0)) < 1)
                    fail("sendmmsg");
        } while (n == BATCH);
    }
}

static void serve_plain(int announce)
{
    struct sockaddr_storage from;
    char room[ROOM];
    struct epoll_event event;
    int epoll, fd = open_raw(announce, &epoll);

    for (;;) {
        socklen_t size = sizeof from;
        ssize_t n;

        if (epoll_wait(epoll, &event, 1, -1) < 1)
            continue;
        while ((n = recvfrom(fd, room, ROOM, 0, (struct sockaddr *)&from, &size)) >= 0)
            if (sendto(fd, room, (size_t)n, 0, (struct sockaddr *)&from, size) < 0)
                fail("sendto");
    }
}

/* ---------------------------------------------------------------- the client -- */

static int in_flight;

static int connect_to(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        fail("connect");
    return fd;
}

/* N datagrams, by as few calls as there can be. */
static void send_all(int fd, int n)
{
    static char message[MESSAGE];
    struct iovec piece = {message, MESSAGE};
    struct mmsghdr heads[64];

    for (int i = 0; i < n; i++)
        heads[i].msg_hdr = (struct msghdr){.msg_iov = &piece, .msg_iovlen = 1};
    for (int i = 0, sent; i < n; i += sent)
        if ((sent = sendmmsg(fd, heads + i, (unsigned)(n - i), 0)) < 1)
            fail("sendmmsg");
}

/* Those that came back; 0: none did for half a second. */
static int receive_some(int fd)
{
    static char room[64][MESSAGE];
    struct iovec pieces[64];
    struct mmsghdr heads[64];
    struct pollfd wait = {.fd = fd, .events = POLLIN};

    if (poll(&wait, 1, 500) < 1)
        return 0;
    for (int i = 0; i < 64; i++) {
        pieces[i] = (struct iovec){room[i], MESSAGE};
        heads[i].msg_hdr = (struct msghdr){.msg_iov = &pieces[i], .msg_iovlen = 1};
    }
    return recvmmsg(fd, heads, 64, MSG_DONTWAIT, NULL);
}

static double echoes_per_second(void (*server)(int), long milliseconds)
{
    int ends[2], port = 0, fd;
    long done = 0;
    double begun, end;
    pid_t child;

    if (pipe(ends) < 0)
        fail("pipe");
    fflush(stdout);
    child = fork();
    if (child == 0) {
        close(ends[0]);
        alarm(60); /* if the client is gone */
        server(ends[1]);
        _exit(0);
    }
    close(ends[1]);
    if (read(ends[0], &port, sizeof port) != sizeof port)
        fail("the server did not begin");
    close(ends[0]);
    fd = connect_to(port);
    begun = bench_now();
    end = begun + (double)milliseconds / 1e3;
    send_all(fd, in_flight);
    while (bench_now() < end) {
        int n = receive_some(fd);

        if (n == 0)
            fprintf(stderr, "datagrams were lost\n");
        done += n > 0 ? n : 0;
        send_all(fd, n > 0 ? n : in_flight);
    }
    end = bench_now();
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(fd);
    return (double)done / (end - begun);
}

static double ours(long milliseconds)
{
    return echoes_per_second(serve_synchronicity, milliseconds);
}

static double raw(long milliseconds)
{
    return echoes_per_second(serve_epoll, milliseconds);
}

static double plain(long milliseconds)
{
    return echoes_per_second(serve_plain, milliseconds);
}

static void compare(const char *name, int window)
{
    const struct bench_workload workload = {name, "median", "echoes/s", 1, ROUND_MS};
    const struct bench_peer peers[] = {BENCH_OURS("synchronicity", ours), BENCH_PEER("epoll", raw),
                                       BENCH_PEER("epoll-one-by-one", plain)};

    in_flight = window;
    BENCH_COMPARE(workload, peers);
}

int main(void)
{
    bench_begin("udp", 2);
    compare("udp-echo-1", 1);
    compare("udp-echo-64", 64);
    return 0;
}

#else

int main(void)
{
    bench_begin("udp", 1);
    bench_print_skipped("udp-echo", "synchronicity", "its client needs epoll");
    return 0;
}

#endif

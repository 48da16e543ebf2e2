/* SPDX-License-Identifier: Apache-2.0
 *
 * The client of echo.c: one raw epoll loop, which keeps one message in flight on each
 * of its connections; and the sockets of it and of the raw server. Part of echo.c, and
 * apart only for its length.
 */
#ifndef BENCH_ECHO_CLIENT_H
#define BENCH_ECHO_CLIENT_H

enum { MESSAGE = 64, MOST = 1000 };

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static struct sockaddr_in loopback(int port)
{
    struct sockaddr_in address;

    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static void make_nonblocking(int fd)
{
    int on = 1;

    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static void watch(int epoll, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

    make_nonblocking(fd);
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0)
        fail("epoll_ctl");
}

/* -------------------------------------------------------------- the client -- */

static int connect_to(int epoll, int port)
{
    struct sockaddr_in address = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        fail("connect");
    watch(epoll, fd);
    return fd;
}

/* One message is answered when all its bytes are back, in however many pieces. */
static int reply_complete(int fd, int *got)
{
    char buffer[MESSAGE];
    ssize_t n = read(fd, buffer, sizeof buffer);

    if (n == 0 || (n < 0 && errno != EAGAIN))
        fail("the server hung up");
    *got += n > 0 ? (int)n : 0;
    if (*got < MESSAGE)
        return 0;
    *got = 0;
    return 1;
}

static void send_message(int fd)
{
    static const char message[MESSAGE] = "0123456789";

    if (write(fd, message, sizeof message) != sizeof message)
        fail("write");
}

/* Requests on N connections until SECONDS have passed, or WANTED of them; how many. */
static long converse(int epoll, const int *fds, int n, double seconds, long wanted)
{
    static int got[MOST + 1024]; /* by descriptor */
    double end = bench_now() + seconds;
    long done = 0;
    int in_flight = n;

    for (int i = 0; i < n; i++)
        send_message(fds[i]);
    while (in_flight > 0) {
        struct epoll_event events[64];
        int ready = epoll_wait(epoll, events, 64, 10000);
        int more = bench_now() < end && done < wanted;

        if (ready == 0)
            fail("no answer");
        for (int i = 0; i < ready; i++) {
            if (!reply_complete(events[i].data.fd, &got[events[i].data.fd]))
                continue;
            done++;
            if (more)
                send_message(events[i].data.fd);
            else
                in_flight--;
        }
    }
    return done;
}

struct conversation {
    long requests;
    double seconds;
};

static struct conversation talk_to(int port, int n, double seconds, long wanted)
{
    int fds[MOST], epoll = epoll_create1(0);
    struct conversation c;

    for (int i = 0; i < n; i++)
        fds[i] = connect_to(epoll, port);
    converse(epoll, fds, n, 10, n); /* all are accepted, and warm */
    c.seconds = bench_now();
    c.requests = converse(epoll, fds, n, seconds, wanted);
    c.seconds = bench_now() - c.seconds;
    for (int i = 0; i < n; i++)
        close(fds[i]);
    close(epoll);
    return c;
}

#endif

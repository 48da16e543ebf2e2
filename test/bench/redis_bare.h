/* SPDX-License-Identifier: Apache-2.0
 *
 * What the kernel's calls alone cost of a GET: a client by hand that sends a line, and reads what comes into a buffer. Waiting
 * in the read makes two calls, as hiredis does. Waiting for readiness makes three: that is what any loop makes that has to
 * notice something else beside, and so the limit of the lines that are driven. "hiredis-loop" is hiredis itself, with such a wait
 * before its read: what a loop would have that did all else as fast as hiredis does. Part of redis.c, and apart only for its
 * length.
 */
#ifndef BENCH_REDIS_BARE_H
#define BENCH_REDIS_BARE_H

#ifdef __linux__
#include <sys/epoll.h>
#include <sys/socket.h>

static int bare_connection(void)
{
    struct sockaddr_in address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((unsigned short)server_port);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address)) {
        close(fd);
        return -1;
    }
    return fd;
}

/* N GETs at FD; WAITER: an epoll that has it, or -1. */
static double bare_gets(long n, int fd, int waiter)
{
    static const char line[] = "GET bench\r\n";
    struct epoll_event event;
    char answer[256];
    int on = 1;

    if (fd < 0 || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on))
        return NAN;
    begin_measuring();
    for (long i = 0; i < n; i++) {
        if (send(fd, line, sizeof line - 1, 0) < 0 ||
            (waiter >= 0 && epoll_wait(waiter, &event, 1, -1) != 1) ||
            recv(fd, answer, sizeof answer, 0) <= 0)
            return NAN;
    }
    return measured_rate(n);
}

static double bare_read(long n)
{
    int fd = bare_connection();
    double rate = bare_gets(n, fd, -1);

    close(fd);
    return rate;
}

static double bare_loop(long n)
{
    int fd = bare_connection(), waiter = epoll_create1(0);
    double rate = epoll_ctl(waiter, EPOLL_CTL_ADD, fd, &(struct epoll_event){.events = EPOLLIN})
                      ? NAN
                      : bare_gets(n, fd, waiter);

    close(waiter);
    close(fd);
    return rate;
}

#ifdef BENCH_HAVE_hiredis
/* Sends a GET, waits at WAITER, reads and parses. NULL: it failed. */
static redisReply *hiredis_get_at(redisContext *c, int waiter)
{
    struct epoll_event event;
    void *reply = NULL;
    int sent = 0;

    if (redisAppendCommand(c, "GET bench") != REDIS_OK)
        return NULL;
    while (!sent)
        if (redisBufferWrite(c, &sent) != REDIS_OK)
            return NULL;
    while (!reply)
        if (epoll_wait(waiter, &event, 1, -1) != 1 || redisBufferRead(c) != REDIS_OK ||
            redisGetReplyFromReader(c, &reply) != REDIS_OK)
            return NULL;
    return reply;
}

static double hiredis_loop(long n)
{
    redisContext *c = hiredis_connection();
    int waiter = epoll_create1(0);
    double rate;

    if (!c || epoll_ctl(waiter, EPOLL_CTL_ADD, c->fd, &(struct epoll_event){.events = EPOLLIN}))
        return NAN;
    begin_measuring();
    for (long i = 0; i < n; i++) {
        redisReply *reply = hiredis_get_at(c, waiter);

        if (!reply)
            return NAN;
        freeReplyObject(reply);
    }
    rate = measured_rate(n);
    close(waiter);
    redisFree(c);
    return rate;
}
#define PEER_HIREDIS_LOOP , BENCH_PEER("hiredis-loop", hiredis_loop)
#else
#define PEER_HIREDIS_LOOP
#endif
#define PEER_BARE BENCH_PEER("bare-read", bare_read), BENCH_PEER("bare-loop", bare_loop) PEER_HIREDIS_LOOP
#else
#define PEER_BARE BENCH_SKIP("bare-loop", "of Linux")
#endif

#endif

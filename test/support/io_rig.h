/* SPDX-License-Identifier: Apache-2.0
 *
 * What the suites of src/io share: connections with one end in the test's hands, data
 * that can be checked, and the errors of each operation.
 *
 * A case lives in virtual time like those of the call layer. What is under way inside
 * the kernel is not seen by that clock, so a deadline is used only where nothing is.
 */
#ifndef IO_RIG_H
#define IO_RIG_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <synchronicity/tcp.h>

#include "support/call_rig.h"
#include "support/random.h"

/* The end of a case that used the default synchronizer. SLOTS as for done_after(); a
 * loop keeps 256 spare frames of a size, so a case that makes thousands of futures, one
 * after the other, has 512. */
static inline void finish_default_after(unsigned long slots)
{
    finish(syn_default_synchronizer());
    done_after(slots);
}

static inline void finish_default(void)
{
    finish_default_after(0);
}

/* --- connections --- */

/* STREAM is the library's end, PEER the test's: an ordinary blocking socket. */
struct link {
    struct syn_stream *stream;
    int peer;
};

/* Two connected TCP sockets. */
static inline void tcp_sockets(int fds[2])
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int listening = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK_INT(bind(listening, (struct sockaddr *)&address, sizeof address), 0);
    CHECK_INT(listen(listening, 1), 0);
    CHECK_INT(getsockname(listening, (struct sockaddr *)&address, &size), 0);
    fds[0] = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_INT(connect(fds[0], (struct sockaddr *)&address, sizeof address), 0);
    fds[1] = accept(listening, NULL, NULL);
    CHECK(fds[1] >= 0);
    close(listening);
}

static inline struct link link_of(const int fds[2])
{
    struct link link = {.peer = fds[1]};

    CHECK_INT(syn_stream_from_descriptor(fds[0], &link.stream), SYN_OK);
    return link;
}

static inline struct link tcp_link(void)
{
    int fds[2];

    tcp_sockets(fds);
    return link_of(fds);
}

/* A Unix socket: what one end wrote, the other has at once. */
static inline struct link local_link(void)
{
    int fds[2];

    CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    return link_of(fds);
}

static inline void unlink_link(struct link *link)
{
    CHECK_INT(syn_stream_close(link->stream), SYN_OK);
    if (link->peer >= 0)
        close(link->peer);
}

static inline void put(int peer, const char *text)
{
    CHECK_INT(write(peer, text, strlen(text)), strlen(text));
}

/* Waits, in real time, until FD has something to read. */
static inline void wait_readable(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    CHECK_INT(poll(&p, 1, 10000), 1);
}

static inline void check_reads(const char *file, int line, struct syn_stream *s, const char *text)
{
    char buffer[100] = "";
    size_t n = 0, size = strlen(text);
    syn_err err = SYN_OK;

    do {
        size_t got = 0;

        err = syn_stream_read(s, buffer + n, sizeof buffer - 1 - n, &got);
        n += got;
        if (!got)
            break;
    } while (!err && n < size);
    test_check_int(file, line, "read", err, SYN_OK);
    test_check_str(file, line, "what was read", buffer, text);
}
#define CHECK_READS(stream, text) check_reads(__FILE__, __LINE__, stream, text)

/* --- data --- */

/* Byte I of a long stream of bytes, which repeats late and nowhere in step with any
 * buffer. */
static inline unsigned char byte_at(size_t i)
{
    return (unsigned char)((i * 2654435761u) >> 13);
}

static inline void fill_bytes(void *data, size_t from, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((unsigned char *)data)[i] = byte_at(from + i);
}

static inline void check_bytes(const void *data, size_t from, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (((const unsigned char *)data)[i] != byte_at(from + i))
            test_fail(__FILE__, __LINE__, "byte %zu is wrong", from + i);
}

/* --- descriptors --- */

/* How many are open; those of the counting itself not included. */
static inline int count_open(void)
{
    int n = 0;

    for (int fd = 0; fd < 2500; fd++)
        n += fcntl(fd, F_GETFD) != -1;
    return n;
}

static inline void check_flags(int fd)
{
    CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
    CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The system calls that pass descriptors over a Unix socket.
 *
 * The kernel drops what finds no room, or leaves it open for nobody to know (by system). So a
 * receive has room for all that can come with one message, and closes what its caller did not want.
 */
#if defined(__linux__)
#define _GNU_SOURCE 1
#elif defined(__APPLE__)
#define _DARWIN_C_SOURCE
#endif
#define SYNI_IN_LIBRARY 1

#include <fcntl.h>
#include <string.h>

#include "base/fault.h"
#include "io/source.h"
#include "io/unix.h"

#ifndef MSG_CMSG_CLOEXEC
#define MSG_CMSG_CLOEXEC 0
#endif

enum { MOST = 256 }; /* that any system passes with one message */

ssize_t syni_source_send_rights(int fd, const struct msghdr *pieces, const struct syni_output *output)
{
    size_t size = sizeof(int) * (size_t)output->n_descriptors;
    union {
        struct cmsghdr aligned;
        char room[CMSG_SPACE(sizeof(int) * SYN_UNIX_DESCRIPTORS_MAX)];
    } control;
    struct msghdr head = *pieces;
    struct cmsghdr *c;

    memset(&control, 0, sizeof control);
    head.msg_control = &control;
    head.msg_controllen = CMSG_SPACE(size);
    c = CMSG_FIRSTHDR(&head);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(c), output->descriptors, size);
    return sendmsg(fd, &head, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* musl's macro compares a length with a difference of pointers, which clang remarks at the user's line. */
static struct cmsghdr *source_rights_next(struct msghdr *head, struct cmsghdr *c)
{
#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wsign-compare"
#endif
    return CMSG_NXTHDR(head, c);
#if defined(__clang__)
#pragma clang diagnostic pop
#endif
}

/* One that came with MESSAGE: close-on-exec, and its caller's if there is room. */
static void source_rights_store(struct syn_unix_message *message, int fd)
{
    if (message->n_descriptors >= message->max_descriptors) {
        syni_close(fd);
        message->truncated = 1;
        return;
    }
    if (MSG_CMSG_CLOEXEC == 0)
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    message->descriptors[message->n_descriptors++] = fd;
}

ssize_t syni_source_receive_rights(int fd, struct syn_unix_message *message)
{
    union {
        struct cmsghdr aligned;
        char room[CMSG_SPACE(sizeof(int) * MOST)];
    } control;
    struct iovec piece = {message->data, message->capacity};
    struct msghdr head = {.msg_iov = &piece,
                          .msg_iovlen = 1,
                          .msg_control = &control,
                          .msg_controllen = sizeof control};
    ssize_t n = syni_fault("recvmsg") ? -1 : recvmsg(fd, &head, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

    if (n < 0)
        return n;
    message->size = (size_t)n;
    message->n_descriptors = 0;
    message->truncated = (head.msg_flags & MSG_CTRUNC) != 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&head); c; c = source_rights_next(&head, c)) {
        size_t left = c->cmsg_len - CMSG_LEN(0);

        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        for (size_t at = 0; at + sizeof(int) <= left; at += sizeof(int)) {
            int got;

            memcpy(&got, CMSG_DATA(c) + at, sizeof got);
            source_rights_store(message, got);
        }
    }
    return n;
}

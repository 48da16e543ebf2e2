/* SPDX-License-Identifier: Apache-2.0
 *
 * Addresses of Unix sockets.
 */
#ifndef SYNI_UNIX_H
#define SYNI_UNIX_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <synchronicity/unix.h>

struct syni_unix_address {
    socklen_t size;
    struct sockaddr_un raw;
};

/* "@name" is an abstract one. */
static inline bool syni_unix_is_abstract(const char *path)
{
    return path[0] == '@';
}

/* PATH as an address; or why not, in words: OUT_WHY, a static string. */
syn_err syni_unix_address(const char *path, struct syni_unix_address *out_address,
                          const char **out_why);

/* The socket of STREAM if it is a Unix one; else -1. */
int syni_unix_descriptor(const struct syn_stream *stream);

#endif

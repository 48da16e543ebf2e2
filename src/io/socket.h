/* SPDX-License-Identifier: Apache-2.0
 *
 * Sockets, shared by the files of src/io: system calls that are the same for all,
 * and the stream that is a descriptor.
 */
#ifndef SYNI_SOCKET_H
#define SYNI_SOCKET_H

#include <sys/socket.h>

#include <synchronicity/readiness.h>
#include <synchronicity/tcp.h>

/* A new socket of FAMILY and TYPE (SOCK_STREAM, SOCK_DGRAM): non-blocking, close-on-exec, no
 * SIGPIPE. */
syn_err syni_socket(int family, int type, int *out_fd);

/* Takes over FD, an accepted or connected socket; closes it when this fails. */
syn_err syni_socket_prepare(int fd);

/* A stream of FD, which is ready for use; FD stays the caller's when this fails. */
syn_err syni_socket_stream(int fd, struct syn_stream **out_stream);

/* Frees a stream of FD that nobody used yet, at once and on any thread: what becomes
 * of a connection that nobody fetched. */
void syni_socket_discard(struct syn_stream *stream);

/* Closes FD, keeping errno; an interrupted close is a close. */
void syni_close(int fd);

/* HOME becomes that of TASK if there was none. SYN_EWRONGLOOP: there was another. */
syn_err syni_socket_settle(_Atomic(struct syn_synchronizer *) *home, const struct syn_task *task);

struct addrinfo;
void syni_addresses_free(struct addrinfo *list);
SYN_PROMISE(struct addrinfo *, syni_addresses, SYN_DESTROY(syni_addresses_free));

/* Looks HOST up on the pool of lookups: the future's value is a list for
 * syni_addresses_free(). The future carries every failure. */
struct syni_addresses_future syni_resolve(const char *host, int port);

#endif

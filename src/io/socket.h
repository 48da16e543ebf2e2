/* SPDX-License-Identifier: Apache-2.0
 *
 * Sockets, shared by the files of src/io: system calls that are the same for all,
 * and the stream that is a descriptor.
 */
#ifndef SYNI_SOCKET_H
#define SYNI_SOCKET_H

#include <sys/socket.h>

#include <stdbool.h>
#include <synchronicity/readiness.h>

#include <synchronicity/blocking.h>
#include <synchronicity/tcp.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* SO_NOSIGPIPE was set instead */
#endif

/* A new socket of FAMILY and TYPE (SOCK_STREAM, SOCK_DGRAM): non-blocking, close-on-exec, no
 * SIGPIPE. */
syn_err syni_socket(int family, int type, int *out_fd);

/* Takes over FD, an accepted or connected socket; closes it when this fails. */
syn_err syni_socket_prepare(int fd);

/* What a socket needs before use: no SIGPIPE where calls cannot say so, no delay. Other
 * descriptors refuse it, which is fine. */
void syni_socket_options(int fd);

/* A stream of FD, which is ready for use; FD stays the caller's when this fails. */
syn_err syni_socket_stream(int fd, struct syn_stream **out_stream);

/* What a stream of a descriptor reads and writes, and how it does so without waiting. */
struct syni_stream_source {
    int fd;
    int taken;         /* another descriptor, closed with it: FD is its file, opened again; or -1 */
    bool opened_again; /* a named pipe then says only to a read that its writers have left */
    enum {
        SYNI_SOURCE_SOCKET, /* each call says that it does not wait */
        SYNI_SOURCE_WAITED, /* the open file is non-blocking */
        SYNI_SOURCE_SLOW,   /* neither: on the default pool */
    } kind;
};

/* A stream of SOURCE, which stays the caller's when this fails. */
syn_err syni_source_stream(const struct syni_stream_source *source, struct syn_stream **out_stream);

/* Writes all of DATA as one operation of STREAM, if it is one of a descriptor: no shutdown or
 * close comes in between; else as much as the stream's class writes at a time. */
struct syn_stream_bytes_future syni_stream_write_whole(struct syn_stream *stream, const void *data,
                                                       size_t size);

/* What waits in the kernel, on the default pool; a cancel is seen while nothing is
 * there to be read, or no room to write. 1 to SIZE bytes; 0 at the end. */
SYN_BLOCKING_DECLARE(size_t, syni_slow_read, (int, fd), (void *, buffer), (size_t, size));
SYN_BLOCKING_DECLARE(size_t, syni_slow_write, (int, fd), (const void *, data), (size_t, size));

/* Frees a stream of FD that nobody used yet, at once and on any thread: what becomes
 * of a connection that nobody fetched. */
void syni_socket_discard(struct syn_stream *stream);

/* Closes FD, keeping errno; an interrupted close is a close. */
void syni_close(int fd);

/* Why a stream or a listener refuses, in words; NULL: the code says it. */
const char *syni_socket_refusal(syn_err err);

/* HOME becomes that of TASK if there was none. SYN_EWRONGLOOP: there was another. */
syn_err syni_socket_settle(_Atomic(struct syn_synchronizer *) *home, const struct syn_task *task);

#endif

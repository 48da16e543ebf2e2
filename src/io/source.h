/* SPDX-License-Identifier: Apache-2.0
 *
 * A descriptor's stream from inside: what its reading and its writing share.
 */
#ifndef SYNI_SOURCE_H
#define SYNI_SOURCE_H

#include <stdbool.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "io/socket.h"

struct syn_unix_message;

struct syni_source_stream {
    struct syn_stream stream;
    _Atomic(struct syn_synchronizer *) home; /* of the first operation; NULL before */
    struct syni_stream_source source;
    /* home's driver only: */
    bool kept;    /* home's loop knows that we close it */
    bool emptied; /* the last read took all there was: wait before the next */
    bool torn;    /* a write of a whole ended in its middle: no orderly end any more */
    bool reading, writing;
};

/* STREAM as a descriptor's; NULL: it is none. */
struct syni_source_stream *syni_source_of(const struct syn_stream *stream);

/* An operation of TASK begins. The first one decides where the stream lives. Before that is known
 * nothing else of it may be looked at: its own loop may be at work on it. BUSY: the flag of the
 * operation's direction. */
syn_err syni_source_enter(struct syni_source_stream *s, const bool *busy, struct syn_task *task);

/* What a write is to write: REST, then N_MORE pieces more, and with the first byte descriptors. */
struct syni_output {
    struct syn_span rest;
    const struct syn_span *more;
    size_t n_more;
    const int *descriptors;
    int n_descriptors;
    bool whole; /* all of it, as one operation: no other comes in between */
};

/* Reads at most SIZE bytes; or, if there is a MESSAGE, what it has room for. Writes OUTPUT. */
SYN_ASYNC_DECLARE(size_t, syni_source_read, (struct syni_source_stream *, s),
                  (void *, buffer), (size_t, size), (struct syn_unix_message *, message));
SYN_ASYNC_DECLARE(size_t, syni_source_write, (struct syni_source_stream *, s),
                  (struct syni_output, output));

/* The same without a task of its own, by one that has entered and set the flag of its direction. SYN_EAGAIN: again
 * when the descriptor is ready. The first reads as syni_source_read() does; the second writes what is left of OUTPUT, and
 * counts it in *DONE; the last ends a write. */
syn_err syni_source_read_now(struct syni_source_stream *s, void *buffer, size_t size,
                             struct syn_unix_message *message, size_t *out_n);
syn_err syni_source_write_now(struct syni_source_stream *s, struct syni_output *output, size_t *done);
void syni_source_write_end(struct syni_source_stream *s, const struct syni_output *output, size_t done);

/* One system call each (source_rights.c): the first pieces of OUTPUT with its descriptors; what MESSAGE
 * has room for. The number of bytes; -1 and errno. */
ssize_t syni_source_send_rights(int fd, const struct msghdr *pieces, const struct syni_output *output);
ssize_t syni_source_receive_rights(int fd, struct syn_unix_message *message);

#endif

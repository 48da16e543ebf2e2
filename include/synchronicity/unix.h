/* SPDX-License-Identifier: Apache-2.0
 *
 * Unix sockets: streams between processes of one machine, which can also pass open descriptors.
 *
 *     struct syn_listener *l;
 *     struct syn_stream *s;
 *
 *     syn_unix_listen("/run/demo.sock", 0600, &l);       // for this user alone
 *     syn_tcp_accept(l, &s);                             // tcp.h: one verb for all listeners
 *     ...
 *     syn_listener_close(l);                             // and the name is gone
 *
 *     syn_unix_connect("/run/demo.sock", &s);            // the other process
 *
 * A PATH is one of the file system, or, on Linux, an abstract name: "@demo" is a name that needs no
 * file and no permission, and ends with its last socket. (A file with a path that begins with '@' is
 * "./@demo".) Elsewhere an abstract name is SYN_ENOTSUP. A path is short: about 100 bytes, by the
 * system; a longer one is ENAMETOOLONG.
 *
 * All but listen, pair and peer are free async functions with every face; what they make are streams
 * like any other (stream.h), and live where they are used first.
 */
#ifndef SYNCHRONICITY_UNIX_H
#define SYNCHRONICITY_UNIX_H

#include <stddef.h>
#include <sys/types.h>

#include <synchronicity/stream.h>
#include <synchronicity/tcp.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Connects to the listener at PATH. Waits while the listener has too many unaccepted connections.
 * Fails: SYN_EINVAL, ENAMETOOLONG, SYN_ENOTSUP for the path; ECONNREFUSED: nobody listens there;
 * ENOENT, EACCES; SYN_ENOMEM, EMFILE. */
SYN_ASYNC_DECLARE(struct syn_stream *, syn_unix_connect, SYN_COPY(const char *, path));

/* Listens at PATH. Does not wait. MODE, for example 0600, are the permissions of the file, whatever
 * the umask: a process that may write it may connect; an abstract name has none. They hold before the first
 * connection can come.
 * A socket that a dead process left at PATH is removed. One that a process has open is EADDRINUSE, and so
 * is any other file. (Of two processes that begin at one moment at a path that a third one left,
 * one may remove the other's: they need a lock of their own.) The close removes the file, unless
 * it is another one by then. Connections: syn_tcp_accept(); the end: syn_listener_close().
 * Fails besides: SYN_EINVAL, ENAMETOOLONG, SYN_ENOTSUP for the path; EACCES, ENOENT, EROFS: the directory;
 * SYN_ENOMEM, EMFILE. */
syn_err syn_unix_listen(const char *path, mode_t mode, struct syn_listener **out_listener);

/* Two streams that are connected to each other: for a child process, or a thread. Fails: SYN_ENOMEM, EMFILE. */
syn_err syn_unix_pair(struct syn_stream **out_a, struct syn_stream **out_b);

/* The process at the other end: as it was when that end connected, or listened. */
struct syn_unix_peer {
    pid_t pid; /* -1 where the system does not know it */
    uid_t uid;
    gid_t gid;
};

/* Fails: SYN_ENOTSUP for what is no Unix socket. */
syn_err syn_unix_peer(const struct syn_stream *stream, struct syn_unix_peer *out_peer);

/* ------------------------------------------------------ passing descriptors --
 * An open descriptor travels with bytes, at least one, and is then open in both processes. A plain
 * read of bytes that carry descriptors closes these.
 */

/* At most so many with one message. */
enum { SYN_UNIX_DESCRIPTORS_MAX = 64 };

/* Bytes with descriptors, to be sent or received. */
struct syn_unix_message {
    void *data;           /* the bytes */
    size_t size;          /* how many; received: how many were stored, 0 at the end */
    size_t capacity;      /* of DATA, for receiving */
    int *descriptors;     /* those that travel */
    int n_descriptors;    /* how many; received: how many were stored */
    int max_descriptors;  /* room in DESCRIPTORS, for receiving */
    int truncated;        /* received: 1 where more came than there was room for; the rest is closed */
};

/* Sends all of MESSAGE, its descriptors with the first byte. They stay the sender's, to be closed
 * after that. It is one write of STREAM: what stream.h says of writes holds. Fails: SYN_EINVAL: no
 * bytes, or too many descriptors; SYN_ENOTSUP: no Unix socket; SYN_EBADF; ETOOMANYREFS: too many are
 * under way; as a write does. */
SYN_ASYNC_DECLARE(void, syn_unix_send, (struct syn_stream *, stream),
                  (const struct syn_unix_message *, message));

/* Waits for bytes, stores at most CAPACITY of them, and the descriptors that came with them, which
 * are the caller's now, and close-on-exec. It is one read of STREAM; bytes are not kept apart by message.
 * Fails: SYN_EINVAL, SYN_ENOTSUP; as a read does. */
SYN_ASYNC_DECLARE(void, syn_unix_receive, (struct syn_stream *, stream),
                  (struct syn_unix_message *, message));

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * TCP: streams that connect and listeners that accept.
 *
 * All of these are free functions: in a task they run on its synchronizer, from a
 * plain thread on the default one. A stream or listener lives where it is used first. Sockets are
 * non-blocking, close-on-exec, never raise SIGPIPE, and send without delay
 * (TCP_NODELAY) unless told otherwise. A connection that nobody fetches is closed. Deadlines: syn_call_by(), syn_future_get_by(),
 * co_await_by() on any of them.
 *
 *     syn_co_try(syn_tcp_connect_future("example.org", 80), &self->stream);
 *
 * A server, in a scope, so that no connection outlives it:
 *
 *     if (syn_tcp_listen(NULL, 8080, &self->listener) != 0)
 *         syn_co_fail(EADDRINUSE);
 *     for (;;) {
 *         syn_co_try(syn_tcp_accept_future(self->listener), &self->stream);
 *         syn_co_spawn(&self->scope, serve_future(self->stream));
 *     }
 */
#ifndef SYNCHRONICITY_TCP_H
#define SYNCHRONICITY_TCP_H

#include <synchronicity/pool.h>
#include <synchronicity/stream.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Connects to HOST (a name, or an address in numbers) and PORT. A name with several
 * addresses is tried as RFC 8305 ("Happy Eyeballs") says: both families in turn, the
 * next one 250 ms after the one before or as soon as that failed; the first that
 * answers wins. Names are looked up by a worker thread, never on the loop. A socket that
 * the system connected to itself, which happens where nobody listens at a port of the range
 * that it draws from, counts as refused.
 * Fails: SYN_EINVAL; SYN_ENOHOST for an unknown name; SYN_ERESOLVE when the name server does
 * not answer; the last attempt's error, with host, port and the error of each address in the message; SYN_ENOMEM;
 * EMFILE, also when a name cannot be looked up for want of descriptors; SYN_EAGAIN when no
 * thread can be had to look it up. */
SYN_ASYNC_DECLARE(struct syn_stream *, syn_tcp_connect, SYN_COPY(const char *, host),
                  (int, port));

/* The pool for threads that look names up; nothing else runs there. A lookup cannot be
 * interrupted: when nobody waits for it any more it keeps its thread until the system gives it
 * up, which can take half a minute. So there are at most 32 threads, further lookups wait for
 * one, and the deadline of a connect holds meanwhile. syn_pool_configure() changes that,
 * syn_pool_stop() ends the threads. */
struct syn_pool *syn_lookup_pool(void);

/* Waits for connections. Owner: the caller that made it, until close. */
struct syn_listener;

/* Listens at HOST, an address in numbers (NULL: every one of this machine), and PORT
 * (0: the system chooses). Does not wait. With NULL one socket takes both families; only a
 * system that lacks IPv6, or such sockets, listens by IPv4 alone. Fails: SYN_EINVAL for what is
 * no address; as socket(), bind() and listen() do. */
syn_err syn_tcp_listen(const char *host, int port, struct syn_listener **out_listener);

/* The port it listens at. */
int syn_listener_port(const struct syn_listener *listener);

/* The next connection. When the process or the system is out of descriptors it waits
 * for better times, looking ten times a second, and loses no connection. One at a time
 * (SYN_EBUSY), always on the same synchronizer (SYN_EWRONGLOOP). */
SYN_ASYNC_DECLARE(struct syn_stream *, syn_tcp_accept, (struct syn_listener *, listener));

/* Stops listening and frees it, on the synchronizer that accepted; an accept that is
 * under way fails with SYN_ECLOSED. NULL is fine. */
SYN_ASYNC_DECLARE(void, syn_listener_close, (struct syn_listener *, listener));

/* The socket of a TCP stream, for options of your own; -1 for any other stream.
 * It stays the stream's. */
int syn_tcp_descriptor(const struct syn_stream *stream);

/* Sends small pieces at once (1, the default) or gathers them (0).
 * Fails: SYN_ENOTSUP for what is no TCP stream; as setsockopt() does. */
syn_err syn_tcp_set_nodelay(struct syn_stream *stream, int on);
/* Asks an idle peer every SECONDS whether it still lives; 0: never. Fails: SYN_ENOTSUP for what is no TCP stream;
 * as setsockopt() does. */
syn_err syn_tcp_set_keepalive(struct syn_stream *stream, int seconds);
/* What a close does with bytes that the peer has not got: 0: throws them away, and resets the
 * connection; -1, the default: the system goes on sending them. Waiting for them is
 * syn_stream_finish(); more than 0 seconds would make the close hold its loop, and is SYN_EINVAL.
 * Fails besides: SYN_ENOTSUP for what is no TCP stream; as setsockopt() does. */
syn_err syn_tcp_set_linger(struct syn_stream *stream, int seconds);

#ifdef __cplusplus
}
#endif

#endif

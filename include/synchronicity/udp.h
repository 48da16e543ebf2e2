/* SPDX-License-Identifier: Apache-2.0
 *
 * UDP: datagrams to and from anybody, or one peer.
 *
 *     struct syn_udp *udp;
 *     char text[] = "ping", room[1500];
 *     struct syn_datagram out = {.data = text, .size = 4}, in = {.data = room, .capacity = 1500};
 *
 *     syn_udp_open(NULL, 0, &udp);                       // any address, any port
 *     syn_address_parse("127.0.0.1", 5353, &out.address);
 *     syn_udp_send(udp, &out, 1, NULL);
 *     syn_udp_receive(udp, &in, 1, NULL);                // waits; in.address says who sent it
 *     syn_udp_close(udp);
 *
 * All but the first are async functions with every face, free ones: in a task they run on its
 * synchronizer, from a plain thread on the default one. A socket lives on the synchronizer
 * of its first operation (elsewhere: SYN_EWRONGLOOP). One receives and one sends at a time
 * (SYN_EBUSY). Datagrams and their bytes belong to the caller and must stay until the call has ended.
 * Cancelling a receive loses no datagram; a send that was cancelled sent nothing.
 *
 * Several datagrams are sent or received by one system call where the system can do that (Linux).
 */
#ifndef SYNCHRONICITY_UDP_H
#define SYNCHRONICITY_UDP_H

#include <stddef.h>

#include <synchronicity/address.h>
#include <synchronicity/call.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Owner: the caller that opened it, until close. */
struct syn_udp;

/* One datagram, to be sent or received. */
struct syn_datagram {
    void *data;                 /* its bytes */
    size_t size;                /* how many; received: how many were stored */
    size_t capacity;            /* of DATA, for receiving */
    struct syn_address address; /* sent to (none: to the peer of syn_udp_connect()); received from */
    int truncated;              /* received: 1 where it was longer than CAPACITY; the rest is lost */
};

/* A socket at HOST, an address in numbers (NULL: every address of this machine, of both families),
 * and PORT (0: the system chooses). Does not wait. Fails: SYN_EINVAL for what is no address;
 * SYN_ENOMEM; as socket() and bind() do (EADDRINUSE, EACCES, EMFILE). */
syn_err syn_udp_open(const char *host, int port, struct syn_udp **out_udp);

/* The port it is bound to. */
int syn_udp_port(const struct syn_udp *udp);

/* The socket, for options of your own. It stays the library's. */
int syn_udp_descriptor(const struct syn_udp *udp);

/* From now on it sends to HOST (a name, or an address in numbers) and PORT, and receives from there
 * only; that nobody listens there becomes an error of a later send or receive (ECONNREFUSED).
 * Fails: as looking a name up does (tcp.h): SYN_ENOHOST; SYN_ERESOLVE; SYN_EBUSY while one receives or sends; as
 * connect() does. */
SYN_ASYNC_DECLARE(void, syn_udp_connect, (struct syn_udp *, udp), SYN_COPY(const char *, host),
                  (int, port));

/* Sends 1 to N of DATAGRAMS, in order, and says how many; waits where the system has no room.
 * Fails, when the first could not be sent: EMSGSIZE (too long for a datagram), ECONNREFUSED,
 * EDESTADDRREQ (no address, and no peer), SYN_EINVAL, SYN_EBUSY (another one sends), and as sendmsg() does. */
SYN_ASYNC_DECLARE(size_t, syn_udp_send, (struct syn_udp *, udp),
                  (const struct syn_datagram *, datagrams), (size_t, n));

/* Waits for a datagram, stores it and those that are there besides in DATAGRAMS, at most N, and
 * says how many. Fails: ECONNREFUSED, SYN_EINVAL, SYN_EBUSY (another one receives), and as recvmsg() does. */
SYN_ASYNC_DECLARE(size_t, syn_udp_receive, (struct syn_udp *, udp),
                  (struct syn_datagram *, datagrams), (size_t, n));

/* Closes and frees it. NULL is fine. Fails, and nothing happened: SYN_EBUSY while one receives or
 * sends, SYN_EWRONGLOOP. */
SYN_ASYNC_DECLARE(void, syn_udp_close, (struct syn_udp *, udp));

/* Takes part in a multicast GROUP (an address in numbers) on INTERFACE (its name, "eth0"; NULL: the
 * system chooses), or no more. Before the first operation, or on its synchronizer.
 * Fails: SYN_EINVAL for what is no multicast address; ENODEV for an unknown interface; as
 * setsockopt() does. */
syn_err syn_udp_join(struct syn_udp *udp, const char *group, const char *interface);
syn_err syn_udp_leave(struct syn_udp *udp, const char *group, const char *interface);

/* Allows (1) or forbids (0, the default) sending to broadcast addresses. Fails: as setsockopt() does. */
syn_err syn_udp_set_broadcast(struct syn_udp *udp, int on);

#ifdef __cplusplus
}
#endif

#endif

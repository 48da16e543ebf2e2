/* SPDX-License-Identifier: Apache-2.0
 *
 * UDP sockets: connecting, sending, receiving, closing.
 *
 * One registration with the kernel for the life of the socket. Several datagrams are moved by one
 * system call where there is one for that. A receive that is bound to find nothing is not made: the
 * last one tells whether it took all there was.
 */
#if defined(__linux__)
#define _GNU_SOURCE 1
#elif defined(__APPLE__)
#define _DARWIN_C_SOURCE
#endif
#define SYNI_IN_LIBRARY 1

#include "io/udp.h"

#include <netdb.h>
#include <string.h>

#include "base/fault.h"
#include "base/mem.h"
#include "io/address.h"
#include "io/resolve.h"
#include "io/socket.h"

#include <synchronicity/step.h>

/* Datagrams that one system call moves at most. */
enum { UDP_BATCH = 32 };

/* An operation of TASK begins. BUSY: the flag of its direction. */
static syn_err udp_enter(struct syn_udp *udp, const bool *busy, struct syn_task *task)
{
    syn_err err = syni_socket_settle(&udp->home, task);

    if (err)
        return err;
    if (busy && *busy)
        return SYN_EBUSY;
    if (udp->kept)
        return SYN_OK;
    err = syn_keep_descriptor(task, udp->fd);
    udp->kept = !err;
    return err;
}

static const char *refusal_of(const struct syn_udp *udp, syn_err err)
{
    if (!udp)
        return "there is no socket";
    if (err == SYN_EWRONGLOOP)
        return "a UDP socket stays on the synchronizer that used it first, which is another one";
    if (err == SYN_EINVAL)
        return "there are no datagrams: NULL";
    return err == SYN_EBUSY ? "another send, or receive, of this socket is under way" : NULL;
}

static bool *direction(struct syn_udp *udp, bool sends)
{
    return sends ? &udp->sending : &udp->receiving;
}

/* A send or receive of TASK begins, and has its direction until it ends. HAS_DATAGRAMS: or wants none. */
static syn_err udp_begin(struct syn_udp *udp, struct syn_task *task, bool sends, bool has_datagrams)
{
    syn_err err = udp ? udp_enter(udp, direction(udp, sends), task) : SYN_EINVAL;

    if (!err && !has_datagrams)
        err = SYN_EINVAL;
    if (!err)
        *direction(udp, sends) = true;
    return err;
}

/* ------------------------------------------------------------- connect -- */

static struct syn_step udp_resolved(struct syn_udp_connect *self);
static struct syn_step udp_connect_ends(struct syn_udp_connect *self);

SYN_ASYNC_DEFINE(SYN_FREE, void, syn_udp_connect, (struct syn_udp *, udp),
                 SYN_COPY(const char *, host), (int, port), SYN_LOCAL(struct addrinfo *, list))
{
    syn_err err = self->udp ? udp_enter(self->udp, NULL, &self->syn) : SYN_EINVAL;

    if (err)
        return syn_step_fail(self, err, refusal_of(self->udp, err));
    syn_step_finally(self, udp_connect_ends);
    return syn_step_await(self, syni_resolve(self->host, self->port), &self->list, udp_resolved);
}

static struct syn_step udp_resolved(struct syn_udp_connect *self)
{
    syn_err err = syn_step_status(self);

    if (err)
        return syn_step_fail(self, err);
    err = EAFNOSUPPORT;
    for (struct addrinfo *a = self->list; a && err; a = a->ai_next) {
        struct syn_address address;

        syni_address_set(&address, a->ai_addr, a->ai_addrlen);
        syni_address_map(&address, self->udp->family);
        if (address.storage.ss_family != self->udp->family)
            continue;
        err = syni_fault("connect") ||
                      connect(self->udp->fd, (struct sockaddr *)&address.storage, address.size) < 0
                  ? errno
                  : SYN_OK;
    }
    return err ? syn_step_fail(self, err, "no address of that name can be sent to")
               : syn_step_done(self);
}

static struct syn_step udp_connect_ends(struct syn_udp_connect *self)
{
    syni_addresses_free(self->list);
    return syn_step_done(self);
}

/* ------------------------------------------------- system calls for many -- */

/* The part of a message that may not move while the kernel uses it. */
struct batch {
    struct syn_address addresses[UDP_BATCH];
    struct iovec pieces[UDP_BATCH];
#if defined(__linux__)
    struct mmsghdr heads[UDP_BATCH];
#else
    struct {
        struct msghdr msg_hdr;
        unsigned msg_len;
    } heads[UDP_BATCH];
#endif
};

static void lay_out(struct batch *batch, size_t i, void *data, size_t size)
{
    struct msghdr *head = &batch->heads[i].msg_hdr;

    batch->pieces[i] = (struct iovec){data, size};
    memset(&batch->heads[i], 0, sizeof batch->heads[i]);
    head->msg_iov = &batch->pieces[i];
    head->msg_iovlen = 1;
    head->msg_name = &batch->addresses[i].storage;
    head->msg_namelen = batch->addresses[i].size;
}

/* How many of the N messages of UDP_BATCH were moved; -1 and errno if the first was not. */
static int move(int fd, struct batch *batch, int n, bool receives)
{
    int done = 0;

    if (syni_fault(receives ? "recvmsg" : "sendmsg"))
        return -1;
#if defined(__linux__)
    do
        done = receives ? recvmmsg(fd, batch->heads, (unsigned)n, MSG_DONTWAIT, NULL)
                        : sendmmsg(fd, batch->heads, (unsigned)n, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (done < 0 && errno == EINTR);
    return done;
#else
    while (done < n) {
        struct msghdr *head = &batch->heads[done].msg_hdr;
        ssize_t size = receives ? recvmsg(fd, head, MSG_DONTWAIT)
                                : sendmsg(fd, head, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            break;
        batch->heads[done++].msg_len = (unsigned)size;
    }
    return done > 0 ? done : -1;
#endif
}

static bool would_wait(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK;
}

/* ---------------------------------------------------------------- send -- */

static struct syn_step udp_writable(struct syn_udp_send *self);
static struct syn_step roomier(struct syn_udp_send *self);
static struct syn_step send_ends(struct syn_udp_send *self);

SYN_ASYNC_DEFINE(SYN_FREE, size_t, syn_udp_send, (struct syn_udp *, udp),
                 (const struct syn_datagram *, datagrams), (size_t, n))
{
    syn_err err = udp_begin(self->udp, &self->syn, true, self->datagrams || self->n == 0);

    if (err)
        return syn_step_fail(self, err, refusal_of(self->udp, err));
    syn_step_finally(self, send_ends);
    return self->n > 0 ? roomier(self) : syn_step_return(self, 0);
}

static int send_some(struct syn_udp *udp, const struct syn_datagram *datagrams, size_t n)
{
    struct batch batch;
    int many = n < UDP_BATCH ? (int)n : UDP_BATCH;

    for (int i = 0; i < many; i++) {
        batch.addresses[i] = datagrams[i].address;
        syni_address_map(&batch.addresses[i], udp->family);
        lay_out(&batch, (size_t)i, datagrams[i].data, datagrams[i].size);
        if (batch.addresses[i].size == 0)
            batch.heads[i].msg_hdr.msg_name = NULL;
    }
    return move(udp->fd, &batch, many, false);
}

static struct syn_step roomier(struct syn_udp_send *self)
{
    int done;

    if (syn_step_status(self))
        return syn_step_fail(self, syn_step_status(self));
    done = send_some(self->udp, self->datagrams, self->n);
    if (done >= 0)
        return syn_step_return(self, (size_t)done);
    if (would_wait(errno))
        return syn_step_writable(self, self->udp->fd, udp_writable);
    if (errno == ENOBUFS) /* the interface's queue: no readiness tells when there is room */
        return syn_step_sleep(self, 0.001, roomier);
    return syn_step_fail(self, errno);
}

static struct syn_step udp_writable(struct syn_udp_send *self)
{
    return roomier(self);
}

static struct syn_step send_ends(struct syn_udp_send *self)
{
    self->udp->sending = false;
    return syn_step_done(self);
}

/* ------------------------------------------------------------- receive -- */

static struct syn_step udp_readable(struct syn_udp_receive *self);
static struct syn_step receive_ends(struct syn_udp_receive *self);

SYN_ASYNC_DEFINE(SYN_FREE, size_t, syn_udp_receive, (struct syn_udp *, udp),
                 (struct syn_datagram *, datagrams), (size_t, n))
{
    syn_err err = udp_begin(self->udp, &self->syn, false, self->datagrams || self->n == 0);

    if (err)
        return syn_step_fail(self, err, refusal_of(self->udp, err));
    syn_step_finally(self, receive_ends);
    if (self->n == 0)
        return syn_step_return(self, 0);
    if (self->udp->emptied)
        return syn_step_readable(self, self->udp->fd, udp_readable);
    return udp_readable(self);
}

static void udp_store(struct syn_datagram *d, const struct batch *batch, int i)
{
    const struct msghdr *head = &batch->heads[i].msg_hdr;

    d->size = batch->heads[i].msg_len;
    d->truncated = (head->msg_flags & MSG_TRUNC) != 0;
    syni_address_set(&d->address, head->msg_name, head->msg_namelen);
    syni_address_unmap(&d->address);
}

static int receive_some(struct syn_udp *udp, struct syn_datagram *datagrams, size_t n)
{
    struct batch batch;
    int many = n < UDP_BATCH ? (int)n : UDP_BATCH, done;

    for (int i = 0; i < many; i++) {
        batch.addresses[i].size = sizeof batch.addresses[i].storage;
        lay_out(&batch, (size_t)i, datagrams[i].data, datagrams[i].capacity);
    }
    done = move(udp->fd, &batch, many, true);
    udp->emptied = done < many;
    for (int i = 0; i < done; i++)
        udp_store(&datagrams[i], &batch, i);
    return done;
}

static struct syn_step udp_readable(struct syn_udp_receive *self)
{
    int done;

    if (syn_step_status(self))
        return syn_step_fail(self, syn_step_status(self));
    done = receive_some(self->udp, self->datagrams, self->n);
    if (done >= 0)
        return syn_step_return(self, (size_t)done);
    if (would_wait(errno))
        return syn_step_readable(self, self->udp->fd, udp_readable);
    return syn_step_fail(self, errno);
}

static struct syn_step receive_ends(struct syn_udp_receive *self)
{
    self->udp->receiving = false;
    return syn_step_done(self);
}

/* --------------------------------------------------------------- close -- */

SYN_ASYNC(SYN_FREE, void, close_udp, (struct syn_udp *, udp))
{
    struct syn_udp *udp = self->udp;

    if (!udp)
        return syn_step_done(self);
    if (syni_socket_settle(&udp->home, &self->syn) != SYN_OK)
        return syn_step_fail(self, SYN_EWRONGLOOP, refusal_of(udp, SYN_EWRONGLOOP));
    if (udp->receiving || udp->sending)
        return syn_step_fail(self, SYN_EBUSY, "the socket still receives or sends");
    if (udp->kept)
        syn_forget_descriptor(&self->syn, udp->fd);
    syni_close(udp->fd);
    syni_free(udp, sizeof *udp);
    return syn_step_done(self);
}

/* Whatever the caller's deadline: it is the end of it. */
syn_err syn_udp_close(struct syn_udp *udp)
{
    syn_err err = SYN_OK;

    syn_without_deadline(err = close_udp(udp));
    return err;
}

struct syn_udp_close_future syn_udp_close_future(struct syn_udp *udp)
{
    struct syn_udp_close_future future;

    syn_without_deadline(future.u.handle = close_udp_future(udp).u.handle);
    return future;
}

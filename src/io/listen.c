/* SPDX-License-Identifier: Apache-2.0
 *
 * Listening and accepting.
 *
 * Out of descriptors (EMFILE, ENFILE), or of memory for one, an accept cannot make
 * progress although the listener stays readable: waiting for readability would spin.
 * It sleeps for a tenth of a second and tries again; the kernel keeps the connections
 * meanwhile. Discarded: closing a spare descriptor to accept and drop a connection,
 * which loses it.
 */
#if defined(__linux__)
#define _GNU_SOURCE 1
#elif defined(__APPLE__)
#define _DARWIN_C_SOURCE
#endif
#define SYNI_IN_LIBRARY 1

#include "io/listener.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/descriptor.h"
#include "base/fault.h"
#include "base/mem.h"
#include "base/report.h"

#include <synchronicity/step.h>

static syn_err listen_bind_to(int fd, const struct addrinfo *address)
{
    int on = 1;

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (syni_fault("bind") || bind(fd, address->ai_addr, address->ai_addrlen) < 0 ||
        syni_fault("listen") || listen(fd, SYNI_BACKLOG) < 0)
        return errno;
    return SYN_OK;
}

static int listen_port_of(int fd)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;

    if (getsockname(fd, (struct sockaddr *)&address, &size) < 0)
        return 0;
    return ntohs(address.ss_family == AF_INET6
                     ? ((struct sockaddr_in6 *)(void *)&address)->sin6_port
                     : ((struct sockaddr_in *)(void *)&address)->sin_port);
}

/* BOTH_FAMILIES: an IPv6 socket that also takes what comes by IPv4. */
static syn_err listen_open_at(const struct addrinfo *address, bool both_families,
                              struct syn_listener *listener)
{
    syn_err err = syni_socket(address->ai_family, SOCK_STREAM, &listener->fd);
    int off = 0;

    if (err)
        return err;
    if (both_families &&
        (syni_fault("setsockopt") ||
         setsockopt(listener->fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) < 0))
        err = errno == EINVAL || errno == ENOPROTOOPT ? EAFNOSUPPORT : errno;
    if (!err)
        err = listen_bind_to(listener->fd, address);
    if (err)
        syni_close(listener->fd);
    else
        listener->port = listen_port_of(listener->fd);
    return err;
}

/* What a system without IPv6 says to a socket of that family, and one without sockets for both
 * families to their option. Any other error is about the port or the process: to listen by
 * IPv4 alone then would leave the port's other half to some other program. */
static bool lacks_family(syn_err err)
{
    return err == EAFNOSUPPORT || err == EPFNOSUPPORT || err == EPROTONOSUPPORT;
}

/* Both families in one socket, or IPv4 alone where the system has no such thing. */
static syn_err listen_open_everywhere(const struct addrinfo *list, struct syn_listener *listener)
{
    const struct addrinfo *v6 = list, *v4 = list;
    syn_err err = EAFNOSUPPORT;

    while (v6 && v6->ai_family != AF_INET6)
        v6 = v6->ai_next;
    while (v4 && v4->ai_family != AF_INET)
        v4 = v4->ai_next;
    if (v6)
        err = listen_open_at(v6, true, listener);
    if (lacks_family(err) && v4)
        err = listen_open_at(v4, false, listener);
    return err;
}

syn_err syn_tcp_listen(const char *host, int port, struct syn_listener **out_listener)
{
    struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV,
                             .ai_socktype = SOCK_STREAM};
    struct addrinfo *list;
    struct syn_listener *listener;
    char service[12];
    syn_err err;

    if (!out_listener || port < 0 || port > 65535)
        return syni_refuse(SYN_EINVAL, "nowhere to put the listener, or no port: %d", port);
    snprintf(service, sizeof service, "%d", port);
    if (getaddrinfo(host, service, &hints, &list) != 0)
        return syni_refuse(SYN_EINVAL, "'%s' is no address in numbers to listen at", host);
    listener = syni_alloc(sizeof *listener);
    if (!listener)
        err = SYN_ENOMEM;
    else
        err = host ? listen_open_at(list, false, listener) : listen_open_everywhere(list, listener);
    freeaddrinfo(list);
    if (err)
        syni_free(listener, sizeof *listener);
    else
        *out_listener = listener;
    return syni_name_failure(err, "port %d of %s cannot be listened at", port,
                             host ? host : "every address");
}

int syn_listener_port(const struct syn_listener *listener)
{
    return listener ? listener->port : 0;
}

static struct syn_step connection(struct syn_tcp_accept *self);
static struct syn_step accept_ends(struct syn_tcp_accept *self);

SYN_ASYNC_DEFINE(SYN_FREE, struct syn_stream *, syn_tcp_accept, (struct syn_listener *, listener),
                 SYN_DESTROY(syni_socket_discard))
{
    struct syn_listener *l = self->listener;
    syn_err err = SYN_OK;

    if (!l)
        return syn_step_fail(self, SYN_EINVAL, "there is no listener");
    if (syni_socket_settle(&l->home, &self->syn) != SYN_OK)
        return syn_step_fail(self, SYN_EWRONGLOOP, syni_socket_refusal(SYN_EWRONGLOOP));
    if (l->accepting)
        return syn_step_fail(self, SYN_EBUSY, "another accept waits at this listener");
    if (!l->kept)
        err = syn_keep_descriptor(&self->syn, l->fd);
    if (err)
        return syn_step_fail(self, err);
    l->kept = true;
    l->accepting = true;
    syn_step_finally(self, accept_ends);
    return syn_step_readable(self, l->fd, connection);
}

static int accept_one(int listening)
{
#if defined(__linux__)
    int flags = SOCK_CLOEXEC | SOCK_NONBLOCK;

    return syni_descriptor(syni_fault("accept") ? -1 : accept4(listening, NULL, NULL, flags));
#else
    return syni_descriptor(syni_fault("accept") ? -1 : accept(listening, NULL, NULL));
#endif
}

static syn_err wrap(int fd, struct syn_stream **out_stream)
{
    syn_err err = syni_socket_prepare(fd);

    if (err)
        return err;
    err = syni_socket_stream(fd, out_stream);
    if (err)
        syni_close(fd);
    return err;
}

static struct syn_step connection(struct syn_tcp_accept *self)
{
    struct syn_listener *l = self->listener;
    syn_err err;
    int fd;

    if (l->closed)
        return syn_step_fail(self, SYN_ECLOSED, "the listener was closed");
    if (syn_step_status(self))
        return syn_step_fail(self, syn_step_status(self));
    fd = accept_one(l->fd);
    if (fd < 0) {
        switch (errno) {
        case EMFILE:
        case ENFILE:
        case ENOBUFS:
        case ENOMEM:
            return syn_step_sleep(self, 0.1, connection);
        case EBADF:
        case EINVAL:
        case ENOTSOCK:
        case EOPNOTSUPP:
            return syn_step_fail(self, errno);
        default: /* nobody there after all, or that connection is gone already */
            return syn_step_readable(self, l->fd, connection);
        }
    }
    err = wrap(fd, &self->result);
    return err ? syn_step_fail(self, err) : syn_step_return(self, self->result);
}

static struct syn_step accept_ends(struct syn_tcp_accept *self)
{
    self->listener->accepting = false;
    return syn_step_done(self);
}

struct close_listener;
static struct syn_step accept_has_ended(struct close_listener *self);

SYN_ASYNC(SYN_FREE, void, close_listener, (struct syn_listener *, listener))
{
    struct syn_listener *l = self->listener;

    if (!l)
        return syn_step_done(self);
    if (syni_socket_settle(&l->home, &self->syn) != SYN_OK)
        return syn_step_fail(self, SYN_EWRONGLOOP, syni_socket_refusal(SYN_EWRONGLOOP));
    l->closed = true;
    if (l->kept)
        syn_forget_descriptor(&self->syn, l->fd); /* wakes the accept */
    /* Clean-up, which a request does not interrupt: it is closed in any case. */
    syn_step_finally(self, accept_has_ended);
    return syn_step_done(self);
}

static struct syn_step accept_has_ended(struct close_listener *self)
{
    struct syn_listener *l = self->listener;

    if (l->accepting)
        return syn_step_sleep(self, 0.01, accept_has_ended);
    syni_unix_file_remove(l->file); /* before the close: until then nobody takes it for a dead one's */
    syni_close(l->fd);
    syni_free(l, sizeof *l);
    return syn_step_done(self);
}

/* Whatever the caller's deadline: it is the end of it. */
syn_err syn_listener_close(struct syn_listener *listener)
{
    syn_err err = SYN_OK;

    syn_without_deadline(err = close_listener(listener));
    return err;
}

struct syn_listener_close_future syn_listener_close_future(struct syn_listener *listener)
{
    struct syn_listener_close_future future;

    syn_without_deadline(future.u.handle = close_listener_future(listener).u.handle);
    return future;
}

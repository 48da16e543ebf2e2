/* SPDX-License-Identifier: Apache-2.0
 *
 * UDP sockets: opening them, and their options.
 *
 * Any thread; nothing here waits.
 */
#if defined(__linux__)
#define _GNU_SOURCE 1
#elif defined(__APPLE__)
#define _DARWIN_C_SOURCE
#endif
#define SYNI_IN_LIBRARY 1

#include "io/udp.h"

#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

#include "base/fault.h"
#include "base/mem.h"
#include "io/address.h"
#include "base/report.h"
#include "io/socket.h"

static syn_err udp_open_bind_to(struct syn_udp *udp, const struct syn_address *address)
{
    struct sockaddr_storage bound;
    socklen_t size = sizeof bound;
    struct syn_address here = {0};

    if (syni_fault("bind") ||
        bind(udp->fd, (const struct sockaddr *)&address->storage, address->size) < 0 ||
        getsockname(udp->fd, (struct sockaddr *)&bound, &size) < 0)
        return errno;
    syni_address_set(&here, (const struct sockaddr *)&bound, size);
    udp->port = syn_address_port(&here);
    return SYN_OK;
}

/* BOTH: an IPv6 socket that speaks IPv4 too. */
static syn_err udp_open_open_at(struct syn_udp *udp, const struct syn_address *address, bool both)
{
    int off = 0;
    syn_err err;

    udp->family = address->storage.ss_family;
    err = syni_socket(udp->family, SOCK_DGRAM, &udp->fd);
    if (err)
        return err;
    if (both && setsockopt(udp->fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) < 0)
        err = errno;
    if (!err)
        err = udp_open_bind_to(udp, address);
    if (err)
        syni_close(udp->fd);
    return err;
}

/* Only where the system has no IPv6 at all it is IPv4 alone. */
static bool has_no_such_family(syn_err err)
{
    return err == EAFNOSUPPORT || err == EPROTONOSUPPORT || err == EADDRNOTAVAIL ||
           err == ENOPROTOOPT;
}

static syn_err udp_open_open_everywhere(struct syn_udp *udp, int port)
{
    struct syn_address address;
    syn_err err = syn_address_parse("::", port, &address);

    if (!err)
        err = udp_open_open_at(udp, &address, true);
    else if (port >= 0 && port <= 65535)
        err = EAFNOSUPPORT;
    if (!has_no_such_family(err))
        return err;
    err = syn_address_parse("0.0.0.0", port, &address);
    return err ? err : udp_open_open_at(udp, &address, false);
}

syn_err syn_udp_open(const char *host, int port, struct syn_udp **out_udp)
{
    struct syn_address address;
    struct syn_udp *udp;
    syn_err err = host ? syn_address_parse(host, port, &address) : SYN_OK;

    if (!out_udp)
        return syni_refuse(SYN_EINVAL, "there is nowhere to put the socket: NULL");
    if (err)
        return err;
    udp = syni_alloc(sizeof *udp);
    if (!udp)
        return syni_refuse(SYN_ENOMEM, "no memory for a UDP socket");
    udp->emptied = true;
    err = host ? udp_open_open_at(udp, &address, false) : udp_open_open_everywhere(udp, port);
    if (err)
        syni_free(udp, sizeof *udp);
    else
        *out_udp = udp;
    return syni_name_failure(err, "no UDP socket can be had at port %d of %s", port,
                             host ? host : "every address");
}

int syn_udp_port(const struct syn_udp *udp)
{
    return udp ? udp->port : 0;
}

int syn_udp_descriptor(const struct syn_udp *udp)
{
    return udp ? udp->fd : -1;
}

/* ------------------------------------------------------------- options -- */

static syn_err udp_open_set(const struct syn_udp *udp, int level, int option, const void *value,
                            socklen_t size)
{
    return setsockopt(udp->fd, level, option, value, size) < 0 ? errno : SYN_OK;
}

/* RFC 3678: one form for both families. */
static syn_err udp_open_change(const struct syn_udp *udp, const char *group, const char *interface,
                               int option)
{
    struct group_req request;
    struct syn_address address;
    unsigned index = interface ? if_nametoindex(interface) : 0;

    if (!udp)
        return syni_refuse(SYN_EINVAL, "there is no socket");
    if (syn_address_parse(group, 0, &address) != SYN_OK)
        return SYN_EINVAL;
    if (interface && index == 0)
        return syni_refuse(ENODEV, "there is no network interface '%s'", interface);
    memset(&request, 0, sizeof request);
    request.gr_interface = index;
    memcpy(&request.gr_group, &address.storage, address.size);
    return syni_name_failure(
        udp_open_set(udp, address.storage.ss_family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP, option,
                     &request, sizeof request),
        "the system refused to %s the group %s", option == MCAST_JOIN_GROUP ? "join" : "leave",
        group);
}

syn_err syn_udp_join(struct syn_udp *udp, const char *group, const char *interface)
{
    return udp_open_change(udp, group, interface, MCAST_JOIN_GROUP);
}

syn_err syn_udp_leave(struct syn_udp *udp, const char *group, const char *interface)
{
    return udp_open_change(udp, group, interface, MCAST_LEAVE_GROUP);
}

syn_err syn_udp_set_broadcast(struct syn_udp *udp, int on)
{
    int value = on != 0;

    if (!udp)
        return syni_refuse(SYN_EINVAL, "there is no socket");
    return syni_name_failure(udp_open_set(udp, SOL_SOCKET, SO_BROADCAST, &value, sizeof value),
                             "the system refused to %s broadcasts", on ? "allow" : "forbid");
}

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
#include <stdbool.h>
#include <string.h>

#if defined(MCAST_JOIN_GROUP) && !defined(SYNI_BACKEND_FALLBACKS)
#define BOTH_FAMILIES 1
#else /* NetBSD, OpenBSD */
#include <ifaddrs.h>
#endif

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

#ifdef BOTH_FAMILIES

/* RFC 3678: one form for both families. */
static syn_err udp_open_member(const struct syn_udp *udp, const struct syn_address *group,
                               const char *interface, unsigned index, bool joins)
{
    struct group_req request;

    (void)interface;
    memset(&request, 0, sizeof request);
    request.gr_interface = index;
    memcpy(&request.gr_group, &group->storage, group->size);
    return udp_open_set(udp, group->storage.ss_family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP,
                        joins ? MCAST_JOIN_GROUP : MCAST_LEAVE_GROUP, &request, sizeof request);
}

#else

/* The first IPv4 address of INTERFACE. Fails: EADDRNOTAVAIL, or as getifaddrs() does. */
static syn_err udp_open_address_of(const char *interface, struct in_addr *out)
{
    struct ifaddrs *all, *one;
    syn_err err = EADDRNOTAVAIL;

    if (syni_fault("getifaddrs") || getifaddrs(&all) < 0)
        return errno;
    for (one = all; one && err; one = one->ifa_next)
        if (one->ifa_addr && one->ifa_addr->sa_family == AF_INET &&
            strcmp(one->ifa_name, interface) == 0) {
            *out = ((const struct sockaddr_in *)(const void *)one->ifa_addr)->sin_addr;
            err = SYN_OK;
        }
    freeifaddrs(all);
    return err;
}

/* RFC 3493 for IPv6; for IPv4 the older form, which names an interface by an address of it. */
static syn_err udp_open_member(const struct syn_udp *udp, const struct syn_address *group,
                               const char *interface, unsigned index, bool joins)
{
    struct ipv6_mreq six = {.ipv6mr_interface = index};
    struct ip_mreq four = {.imr_interface.s_addr = htonl(INADDR_ANY)};
    const void *to = &group->storage;
    syn_err err = SYN_OK;

    if (group->storage.ss_family == AF_INET6) {
        six.ipv6mr_multiaddr = ((const struct sockaddr_in6 *)to)->sin6_addr;
        return udp_open_set(udp, IPPROTO_IPV6, joins ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP, &six,
                            sizeof six);
    }
    four.imr_multiaddr = ((const struct sockaddr_in *)to)->sin_addr;
    if (interface)
        err = udp_open_address_of(interface, &four.imr_interface);
    if (err == SYN_OK)
        err = udp_open_set(udp, IPPROTO_IP, joins ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, &four,
                           sizeof four);
    return err;
}

#endif

static syn_err udp_open_change(const struct syn_udp *udp, const char *group, const char *interface,
                               bool joins)
{
    struct syn_address address;
    unsigned index = interface ? if_nametoindex(interface) : 0;

    if (!udp)
        return syni_refuse(SYN_EINVAL, "there is no socket");
    if (syn_address_parse(group, 0, &address) != SYN_OK)
        return SYN_EINVAL;
    if (interface && index == 0)
        return syni_refuse(ENODEV, "there is no network interface '%s'", interface);
    return syni_name_failure(udp_open_member(udp, &address, interface, index, joins),
                             "the system refused to %s the group %s", joins ? "join" : "leave",
                             group);
}

syn_err syn_udp_join(struct syn_udp *udp, const char *group, const char *interface)
{
    return udp_open_change(udp, group, interface, true);
}

syn_err syn_udp_leave(struct syn_udp *udp, const char *group, const char *interface)
{
    return udp_open_change(udp, group, interface, false);
}

syn_err syn_udp_set_broadcast(struct syn_udp *udp, int on)
{
    int value = on != 0;

    if (!udp)
        return syni_refuse(SYN_EINVAL, "there is no socket");
    return syni_name_failure(udp_open_set(udp, SOL_SOCKET, SO_BROADCAST, &value, sizeof value),
                             "the system refused to %s broadcasts", on ? "allow" : "forbid");
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Addresses in numbers, to and from text.
 *
 * Any thread. getaddrinfo() with AI_NUMERICHOST reads them, since it alone knows scopes
 * ("%eth0"); it looks nothing up then and does not wait.
 */
#define _POSIX_C_SOURCE 200809L
#define SYNI_IN_LIBRARY 1

#include "io/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/report.h"

syn_err syn_address_parse(const char *host, int port, struct syn_address *out_address)
{
    static const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
                                          .ai_socktype = SOCK_DGRAM};
    struct addrinfo *list;
    char service[12];

    if (!host || !out_address || port < 0 || port > 65535)
        return syni_refuse(SYN_EINVAL, "no host, no port, or nowhere to put the address");
    snprintf(service, sizeof service, "%d", port);
    if (getaddrinfo(host, service, &hints, &list) != 0)
        return syni_refuse(SYN_EINVAL, "'%s' is no address in numbers", host);
    syni_address_set(out_address, list->ai_addr, list->ai_addrlen);
    freeaddrinfo(list);
    return SYN_OK;
}

void syni_address_set(struct syn_address *address, const struct sockaddr *raw, socklen_t size)
{
    memset(address, 0, sizeof *address);
    address->size = size;
    memcpy(&address->storage, raw, size);
}

const char *syn_address_text(const struct syn_address *address, char *text)
{
    char host[SYN_ADDRESS_TEXT_MAX - 10], service[8];
    const char *form = address->storage.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s";

    text[0] = '\0';
    if (address->size &&
        getnameinfo((const struct sockaddr *)&address->storage, address->size, host, sizeof host,
                    service, sizeof service, NI_NUMERICHOST | NI_NUMERICSERV) == 0)
        snprintf(text, SYN_ADDRESS_TEXT_MAX, form, host, service);
    return text;
}

int syn_address_port(const struct syn_address *address)
{
    const void *raw = &address->storage;

    if (!address->size)
        return 0;
    return ntohs(address->storage.ss_family == AF_INET6
                     ? ((const struct sockaddr_in6 *)raw)->sin6_port
                     : ((const struct sockaddr_in *)raw)->sin_port);
}

/* By their parts: some systems have fields of their own beside these. */
int syn_address_equal(const struct syn_address *a, const struct syn_address *b)
{
    const void *x = &a->storage, *y = &b->storage;
    const struct sockaddr_in6 *x6 = x, *y6 = y;
    const struct sockaddr_in *x4 = x, *y4 = y;

    if (!a->size || !b->size)
        return a->size == b->size;
    if (a->storage.ss_family != b->storage.ss_family)
        return 0;
    if (a->storage.ss_family == AF_INET6)
        return x6->sin6_port == y6->sin6_port && x6->sin6_scope_id == y6->sin6_scope_id &&
               memcmp(&x6->sin6_addr, &y6->sin6_addr, sizeof x6->sin6_addr) == 0;
    return x4->sin_port == y4->sin_port && x4->sin_addr.s_addr == y4->sin_addr.s_addr;
}

/* A socket of both families speaks IPv6 alone, and means IPv4 by ::ffff:a.b.c.d. */
static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};

void syni_address_map(struct syn_address *address, int family)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    if (!address->size || family != AF_INET6 || address->storage.ss_family != AF_INET)
        return;
    memcpy(&v4, &address->storage, sizeof v4);
    memset(&v6, 0, sizeof v6);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = v4.sin_port;
    memcpy(v6.sin6_addr.s6_addr, mapped, sizeof mapped);
    memcpy(v6.sin6_addr.s6_addr + sizeof mapped, &v4.sin_addr, sizeof v4.sin_addr);
    syni_address_set(address, (const struct sockaddr *)&v6, sizeof v6);
}

void syni_address_unmap(struct syn_address *address)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    if (!address->size || address->storage.ss_family != AF_INET6)
        return;
    memcpy(&v6, &address->storage, sizeof v6);
    if (memcmp(v6.sin6_addr.s6_addr, mapped, sizeof mapped) != 0)
        return;
    memset(&v4, 0, sizeof v4);
    v4.sin_family = AF_INET;
    v4.sin_port = v6.sin6_port;
    memcpy(&v4.sin_addr, v6.sin6_addr.s6_addr + sizeof mapped, sizeof v4.sin_addr);
    syni_address_set(address, (const struct sockaddr *)&v4, sizeof v4);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Looking up the addresses of a name, off the loop.
 */
#ifndef SYNI_RESOLVE_H
#define SYNI_RESOLVE_H

#include <synchronicity/future.h>

struct addrinfo;
void syni_addresses_free(struct addrinfo *list);
SYN_PROMISE(struct addrinfo *, syni_addresses, SYN_DESTROY(syni_addresses_free));

/* Looks HOST up on the pool of lookups: the future's value is a list for
 * syni_addresses_free(). The future carries every failure. */
struct syni_addresses_future syni_resolve(const char *host, int port);

#endif

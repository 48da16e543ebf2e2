/* SPDX-License-Identifier: Apache-2.0
 *
 * Addresses between the library and the system.
 */
#ifndef SYNI_ADDRESS_H
#define SYNI_ADDRESS_H

#include <synchronicity/address.h>

/* ADDRESS becomes the SIZE bytes at RAW. */
void syni_address_set(struct syn_address *address, const struct sockaddr *raw, socklen_t size);

/* An IPv4 ADDRESS as a socket of FAMILY takes it; and back. Others stay. */
void syni_address_map(struct syn_address *address, int family);
void syni_address_unmap(struct syn_address *address);

#endif

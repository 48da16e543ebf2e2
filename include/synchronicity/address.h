/* SPDX-License-Identifier: Apache-2.0
 *
 * Addresses of the Internet, as values: an IPv4 or IPv6 address and a port.
 *
 *     struct syn_address address;
 *     char text[SYN_ADDRESS_TEXT_MAX];
 *
 *     if (syn_address_parse("::1", 80, &address) == 0)
 *         puts(syn_address_text(&address, text));      // "[::1]:80"
 */
#ifndef SYNCHRONICITY_ADDRESS_H
#define SYNCHRONICITY_ADDRESS_H

#include <sys/socket.h>

#include <synchronicity/err.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Plain data. Zero is no address. */
struct syn_address {
    socklen_t size; /* of what is used of STORAGE, in bytes; 0: no address */
    struct sockaddr_storage storage;
};

/* Room for the text of any address: "[0011:2233:4455:6677:8899:aabb:ccdd:eeff%interface]:65535". */
enum { SYN_ADDRESS_TEXT_MAX = 80 };

/* HOST, an address in numbers ("127.0.0.1", "::1", "fe80::1%eth0"), and PORT. Does not wait and
 * looks no names up. Fails: SYN_EINVAL, with *OUT_ADDRESS untouched. Thread: any. */
syn_err syn_address_parse(const char *host, int port, struct syn_address *out_address);

/* Writes "127.0.0.1:80" or "[::1]:80" into TEXT, which has SYN_ADDRESS_TEXT_MAX bytes, and returns
 * it; "" for no address. Thread: any. */
const char *syn_address_text(const struct syn_address *address, char *text);

/* Its port; 0 for no address. */
int syn_address_port(const struct syn_address *address);

/* True where both are the same address and port. */
int syn_address_equal(const struct syn_address *a, const struct syn_address *b);

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * A UDP socket's inside.
 */
#ifndef SYNI_UDP_H
#define SYNI_UDP_H

#include <stdbool.h>

#include <synchronicity/udp.h>

struct syn_udp {
    _Atomic(struct syn_synchronizer *) home; /* of the first operation; NULL before */
    int fd, family, port;
    /* home's driver only: */
    bool kept;    /* home's loop knows that we close it */
    bool emptied; /* the last receive took all there was: wait before the next */
    bool receiving, sending;
};

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * A listener's inside.
 */
#ifndef SYNI_IO_LISTENER_H
#define SYNI_IO_LISTENER_H

#include <stdbool.h>

#include "io/socket.h"

/* Connections that wait to be accepted. The system takes less if it must; some C libraries
 * still say 128 for SOMAXCONN, and then a thousand callers at once see resets. */
enum { SYNI_BACKLOG = 4096 };

struct syn_listener {
    _Atomic(struct syn_synchronizer *) home; /* of the first accept; NULL before */
    int fd;
    int port;
    struct syni_unix_file *file; /* of a Unix socket with a path; NULL */
    /* home's driver only: */
    bool kept, accepting, closed;
};

/* Removes FILE, if it is still the one that was made, and frees it. NULL is fine. */
void syni_unix_file_remove(struct syni_unix_file *file);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Waiting for several pollers at once, by poll(2): for a thread that hosts several loops. By that thread.
 */
#ifndef SYNI_BACKEND_SEVERAL_H
#define SYNI_BACKEND_SEVERAL_H

#include <poll.h>
#include <stdbool.h>

#include "backend/poller.h"

enum { SYNI_SEVERAL = 64 };

/* Zero is empty. */
struct syni_several {
    struct pollfd fds[SYNI_SEVERAL];
    unsigned n;
    bool full; /* not all found room */
};

void syni_several_add(struct syni_several *several, const struct syni_backend *backend,
                      const struct syni_poller *poller);

/* Until one of them has something to report, or TIMEOUT_NS (negative: without limit), or a signal. What
 * did not find room, which takes many descriptors of poll(2) as the backend, is to be looked at every
 * 10 ms: it returns then. */
void syni_several_wait(struct syni_several *several, int64_t timeout_ns);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Several pollers, waited for by poll(2). See several.h.
 */
#include "backend/several.h"

#include <stddef.h>

#include "backend/backends.h"

enum { GLANCE_NS = 10 * 1000000 };

unsigned syni_poller_sources(const struct syni_backend *backend, const struct syni_poller *poller,
                             struct pollfd *fds, unsigned capacity)
{
    if (backend->sources != NULL)
        return backend->sources(poller, fds, capacity);
    if (capacity > 0)
        fds[0] = (struct pollfd){.fd = backend->descriptor(poller), .events = POLLIN};
    return 1;
}

void syni_several_add(struct syni_several *several, const struct syni_backend *backend,
                      const struct syni_poller *poller)
{
    unsigned room = SYNI_SEVERAL - several->n;
    unsigned n = syni_poller_sources(backend, poller, several->fds + several->n, room);
    if (n > room)
        several->full = true;
    several->n += n < room ? n : room;
}

void syni_several_wait(struct syni_several *several, int64_t timeout_ns)
{
    if (several->full && (timeout_ns < 0 || timeout_ns > GLANCE_NS))
        timeout_ns = GLANCE_NS;
    poll(several->fds, several->n, syni_timeout_ms(timeout_ns));
}

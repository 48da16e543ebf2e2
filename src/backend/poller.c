/* SPDX-License-Identifier: Apache-2.0
 *
 * Which backends this build has. Any thread; nothing here has state.
 *
 * The choice is a table of whole files, made when the library is built; the
 * default is its first row, the best of the system. Choosing by an environment
 * variable was discarded: a library does not let strangers steer its loop.
 */
#include "backend/poller.h"

#include <stddef.h>
#include <string.h>

#include "backend/backends.h"

static const struct syni_backend *const backends[] = {
#ifdef SYN_HAVE_EPOLL
    &syni_backend_epoll,
#endif
#ifdef SYN_HAVE_KQUEUE
    &syni_backend_kqueue,
#endif
    &syni_backend_poll,
};

enum { N_BACKENDS = sizeof backends / sizeof backends[0] };

const struct syni_backend *syni_backend_at(unsigned i)
{
    return i < N_BACKENDS ? backends[i] : NULL;
}

static const char *default_name(void)
{
#ifdef SYNI_DEFAULT_BACKEND
    return SYNI_DEFAULT_BACKEND;
#else
    return backends[0]->name;
#endif
}

const struct syni_backend *syni_backend_find(const char *name)
{
    if (name == NULL)
        name = default_name();
    for (unsigned i = 0; i < N_BACKENDS; i++)
        if (strcmp(backends[i]->name, name) == 0)
            return backends[i];
    return NULL;
}

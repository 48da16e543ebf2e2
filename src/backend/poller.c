/* SPDX-License-Identifier: Apache-2.0
 *
 * Which backends this build has. Any thread; nothing here has state.
 *
 * The choice is a table of whole files, made when the library is built; the
 * default is its first row, the best of the system, and the last row needs nothing that an old
 * kernel or a sandbox lacks. Choosing by an environment
 * variable was discarded: a library does not let strangers steer its loop.
 */
#include "backend/poller.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "backend/backends.h"

static const struct syni_backend *const backends[] = {
#ifdef SYN_HAVE_EPOLL
    &syni_epoll_backend,
#endif
#ifdef SYN_HAVE_KQUEUE
    &syni_kqueue_backend,
#endif
    &syni_poll_backend,
};

enum { N_BACKENDS = sizeof backends / sizeof backends[0] };

const struct syni_backend *syni_poller_at(unsigned i)
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

const struct syni_backend *syni_poller_find(const char *name)
{
    if (name == NULL)
        name = default_name();
    for (unsigned i = 0; i < N_BACKENDS; i++)
        if (strcmp(backends[i]->name, name) == 0)
            return backends[i];
    return NULL;
}

/* What says that a call is not to be had here, today or tomorrow. */
static bool is_refusal(syn_err err)
{
    return err == ENOSYS || err == SYN_EINVAL || err == EPERM || err == EACCES;
}

syn_err syni_poller_open(const char *name, const struct syni_backend **out_backend,
                         struct syni_poller **out_poller)
{
    const struct syni_backend *first = syni_poller_find(name);
    syn_err err;

    *out_backend = first;
    if (first == NULL)
        return SYN_EINVAL;
    err = first->open(out_poller);
    for (unsigned i = 0; name == NULL && is_refusal(err) && i < N_BACKENDS; i++)
        if (backends[i] != first) {
            *out_backend = backends[i];
            err = backends[i]->open(out_poller);
        }
    return err;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Which backends this build has, and the few questions that several of them ask
 * in the same words. Any thread; nothing here has state.
 *
 * The choice is a table of whole files, made when the library is built; the
 * default is its first row, the best of the system. Choosing by an environment
 * variable was discarded: a library does not let strangers steer its loop.
 */
#include "backend/poller.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

#include "backend/backends.h"
#include "base/fault.h"

static const struct syni_backend *const backends[] = {
#ifdef SYN_HAVE_EPOLL
    &syni_backend_epoll,
#endif
#ifdef SYN_HAVE_KQUEUE
    &syni_backend_kqueue,
#endif
    &syni_backend_poll,
};

enum {
    N_BACKENDS = sizeof backends / sizeof backends[0],
    NS_PER_MS = 1000000,
    NS_PER_S = 1000000000,
    LONGEST_S = 100000000, /* the most that BSD kernels take in a timespec */
};

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

syn_err syni_fd_waitable(int fd)
{
    struct stat st;
    if ((syni_fault("fstat") ? -1 : fstat(fd, &st)) != 0)
        return errno;
    return S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) ? SYN_ENOTSUP : SYN_OK;
}

const struct timespec *syni_timeout_spec(int64_t timeout_ns, struct timespec *out)
{
    if (timeout_ns < 0 || timeout_ns / NS_PER_S >= LONGEST_S)
        return NULL;
    out->tv_sec = (time_t)(timeout_ns / NS_PER_S);
    out->tv_nsec = (long)(timeout_ns % NS_PER_S);
    return out;
}

int syni_timeout_ms(int64_t timeout_ns)
{
    if (timeout_ns < 0)
        return -1;
    int64_t ms = timeout_ns / NS_PER_MS + (timeout_ns % NS_PER_MS != 0);
    return ms < INT_MAX ? (int)ms : INT_MAX;
}

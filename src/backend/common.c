/* SPDX-License-Identifier: Apache-2.0
 *
 * The few questions that several backends ask in the same words. Any thread;
 * nothing here has state.
 */
#include "backend/backends.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/fault.h"

enum {
    COMMON_NS_PER_MS = 1000000,
    NS_PER_S = 1000000000,
    LONGEST_S = 100000000, /* the most that BSD kernels take in a timespec */
};

syn_err syni_fd_waitable(int fd)
{
    struct stat st;
    if ((syni_fault("fstat") ? -1 : fstat(fd, &st)) != 0)
        return errno;
    return S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) || S_ISBLK(st.st_mode) ? SYN_ENOTSUP : SYN_OK;
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
    int64_t ms = timeout_ns / COMMON_NS_PER_MS + (timeout_ns % COMMON_NS_PER_MS != 0);
    return ms < INT_MAX ? (int)ms : INT_MAX;
}

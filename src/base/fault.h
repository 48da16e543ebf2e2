/* SPDX-License-Identifier: Apache-2.0
 *
 * Making system calls and allocations fail on purpose.
 *
 * Every allocation and every system call of the library that may fail asks here
 * first:
 *
 *     int rc = syni_fault("epoll_ctl") ? -1 : epoll_ctl(...);
 *
 * so that tests, ours and the users' (<synchronicity/testing.h>), can make the
 * 1st, 2nd, 3rd ... of them fail and see that nothing is lost. Unset, which is
 * always in production, it costs one load and one branch that is predicted.
 */
#ifndef SYNI_FAULT_H
#define SYNI_FAULT_H

#include <stdbool.h>

/* True when a plan is set: read without order, a late view is harmless. */
extern _Atomic(bool) syni_fault_armed;

/* Counts this call against the plan. When it is to fail, sets errno as the plan
 * says and returns true. WHAT is a static string: "alloc" or a call's name. */
bool syni_fault_hit(const char *what);

static inline bool syni_fault(const char *what)
{
    return syni_fault_armed && syni_fault_hit(what);
}

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * How a case begins that forks: what sanitizers must be told, and where they cannot do it.
 */
#ifndef FORK_BEGIN_H
#define FORK_BEGIN_H

#include "call_rig.h"

/* A sanitizer for races ends children of processes with threads, unless it is told not to; and where
 * a child exits, it takes those of the parent that it does not have for threads that were never joined. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
    return "die_after_fork=0:report_thread_leaks=0";
}

/* The address sanitizer's allocator has locks of its own, which gcc 12 and clang 14 do not see to at
 * a fork: a child of a process with threads may wait for one for ever. Its leak checker takes
 * what the parent's threads hold for leaks of the child. */
static inline void begin_to_fork(void)
{
#if defined(__SANITIZE_ADDRESS__)
    TEST_SKIP("the address sanitizer does not renew its locks in a forked child");
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
    TEST_SKIP("the address sanitizer does not renew its locks in a forked child");
#endif
#endif
    begin_in_real_time();
}

/* The same where other threads allocate at the moment of a fork: of the thread sanitizer's locks that of its allocator is not
 * seen to either (clang 14: a child waited for it in its first pthread_create()). */
static inline void begin_to_fork_beside(void)
{
#if defined(__SANITIZE_THREAD__)
    TEST_SKIP("the thread sanitizer does not renew its allocator's lock in a forked child");
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
    TEST_SKIP("the thread sanitizer does not renew its allocator's lock in a forked child");
#endif
#endif
    begin_to_fork();
}

#endif

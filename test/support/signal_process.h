/* SPDX-License-Identifier: Apache-2.0
 *
 * A signal for the process, which the kernel gives to whatever thread takes it.
 *
 * The thread sanitizer keeps a signal that reaches a thread between two calls that it knows until that thread makes the
 * next one; and one that is about to wait for us never does (seen once in two thousand runs on a busy machine). So a thread
 * that does nothing else takes it there.
 */
#ifndef SIGNAL_PROCESS_H
#define SIGNAL_PROCESS_H

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "test.h"

#if defined(__SANITIZE_THREAD__)
#define SIGNALS_ARE_KEPT 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SIGNALS_ARE_KEPT 1
#endif
#endif

#if defined(SIGNALS_ARE_KEPT)
static inline void *take_signal(void *number)
{
    sigset_t none;

    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, NULL);
    raise(*(int *)number);
    return NULL;
}

static inline void signal_process(int number)
{
    pthread_t thread;

    CHECK_INT(pthread_create(&thread, NULL, take_signal, &number), 0);
    CHECK_INT(pthread_join(thread, NULL), 0);
}
#else
static inline void signal_process(int number)
{
    kill(getpid(), number);
}
#endif

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines for people, by write() and not by stdio: what FILE buffers, or what a signal would end,
 * is not this library's to decide. Any thread, also one that holds a lock; so it is no cancellation
 * point.
 */
#define _POSIX_C_SOURCE 200809L
#include "base/say.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/thread.h"

enum { LONGEST_LINE = 1000, STANDARD_ERROR = 2 };

long syni_write_quietly(int fd, const void *data, size_t size)
{
    sigset_t pipe_only, before, pending;
    bool was_pending;
    int error, taken, cancel_state = syni_thread_hold_cancel();
    long n;

    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
    sigpending(&pending);
    was_pending = sigismember(&pending, SIGPIPE);
    n = write(fd, data, size);
    error = errno;
    if (n < 0 && error == EPIPE && !was_pending && sigpending(&pending) == 0 &&
        sigismember(&pending, SIGPIPE))
        sigwait(&pipe_only, &taken);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    syni_thread_let_cancel(cancel_state);
    errno = error;
    return n;
}

void syni_put(int fd, const char *text)
{
    size_t left = strlen(text);
    int saved = errno;

    while (left > 0) {
        long n = syni_write_quietly(fd, text, left);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        text += n;
        left -= (size_t)n;
    }
    errno = saved;
}

void syni_print(const char *format, ...)
{
    char line[LONGEST_LINE];
    int begin = snprintf(line, sizeof line, "synchronicity: "), n;
    va_list arguments;

    va_start(arguments, format);
    n = vsnprintf(line + begin, sizeof line - (size_t)begin - 1, format, arguments);
    va_end(arguments);
    if (n < 0)
        return;
    strcat(line, "\n");
    syni_put(STANDARD_ERROR, line);
}

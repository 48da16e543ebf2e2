/* SPDX-License-Identifier: Apache-2.0
 *
 * Child processes: what is known of one, and signals to it.
 *
 * A child is reaped by its number and by nobody else, under its lock, which a sender of signals
 * takes too: so no signal goes to another process that got the number. On Linux signals go by
 * the descriptor, which holds also where the program's own waitpid(-1) was first.
 */
#define _POSIX_C_SOURCE 200809L
#define SYNI_IN_LIBRARY 1

#include "io/child.h"

#include <sys/wait.h>

#include "base/mem.h"
#include "base/report.h"
#include "io/socket.h"

/* ------------------------------------------------------------- how it ended -- */

static void reap_locked(struct syn_child *child)
{
    int status, got;

    SYNI_HOLDS(&child->lock);
    do
        got = (int)waitpid(child->id, &status, WNOHANG);
    while (got < 0 && errno == EINTR);
    if (got == 0)
        return;
    child->reaped = true;
    child->exit = (struct syn_exit){-1, 0};
    if (got < 0)
        child->err = errno;
    else if (WIFEXITED(status))
        child->exit.code = WEXITSTATUS(status);
    else
        child->exit.signal = WTERMSIG(status);
}

bool syni_child_has_ended(struct syn_child *child)
{
    bool ended;

    syni_mutex_lock(&child->lock);
    if (!child->reaped)
        reap_locked(child);
    ended = child->reaped;
    syni_mutex_unlock(&child->lock);
    return ended;
}

syn_err syn_child_kill(struct syn_child *child, int signal)
{
    syn_err err = SYN_EALREADY;

    if (!child)
        return syni_refuse(SYN_EINVAL, "there is no child to send a signal to");
    syni_mutex_lock(&child->lock);
    if (!child->reaped)
        err = syni_process_watch_signal(&child->watch, child->id, signal);
    syni_mutex_unlock(&child->lock);
    if (err == SYN_EALREADY)
        return syni_answer(err);
    return syni_name_failure(err, "signal %d could not be sent to child %ld", signal, (long)child->id);
}

pid_t syn_child_id(const struct syn_child *child)
{
    return child ? child->id : -1;
}

struct syn_stream *syn_child_stream(const struct syn_child *child, int number)
{
    return child && number >= 0 && number < 3 ? child->streams[number] : NULL;
}

struct syn_stream *syn_child_take_stream(struct syn_child *child, int number)
{
    struct syn_stream *stream = syn_child_stream(child, number);

    if (stream)
        child->streams[number] = NULL;
    return stream;
}

void syni_child_free(struct syn_child *child)
{
    for (int i = 0; i < 3; i++)
        if (child->streams[i])
            syni_socket_discard(child->streams[i]);
    syni_process_watch_close(&child->watch);
    syni_mutex_fini(&child->lock);
    syni_free(child, sizeof *child);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Notices. Senders are signal handlers, so they take no lock: a close waits for those
 * that have the descriptor in hand, which is the time of one write.
 */
#define _POSIX_C_SOURCE 200809L
#include "base/notice.h"

#include <errno.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/fork.h"
#include "base/thread.h"

static bool is_mine(struct syni_notice *notice)
{
    return atomic_load(&notice->process) == (int)syni_process();
}

/* Async-signal-safe. */
static bool notice_is_end(const struct syni_notice *notice, int fd)
{
    struct stat now;

    return fstat(fd, &now) == 0 && (unsigned)now.st_dev == notice->device &&
           (unsigned)now.st_ino == notice->number;
}

bool syni_notice_is_whole(const struct syni_notice *notice)
{
    return notice_is_end(notice, notice->in - 1) && notice_is_end(notice, notice->out - 1);
}

/* Nothing to renew: but a child is another process (generation.h), and closes its copies. */
static struct syni_fork_call notice_fork_call;

syn_err syni_notice_open(struct syni_notice *notice)
{
    struct stat pipe;
    int ends[2];
    syn_err err;

    if (notice->in && is_mine(notice))
        return SYN_EALREADY;
    err = syni_fork_watch(&notice_fork_call);
    if (!err)
        err = syni_descriptor_pipe(ends);
    if (err)
        return err;
    if (fstat(ends[0], &pipe) != 0) {
        err = errno;
        close(ends[0]);
        close(ends[1]);
        return err;
    }
    notice->device = (unsigned)pipe.st_dev;
    notice->number = (unsigned)pipe.st_ino;
    syni_fork_close_in_child(ends[0], true);
    syni_fork_close_in_child(ends[1], true);
    notice->senders = 0;
    notice->sent = notice->waited = false;
    notice->process = (int)syni_process();
    notice->out = ends[0] + 1;
    notice->in = ends[1] + 1;
    return SYN_OK;
}

void syni_notice_send(struct syni_notice *notice)
{
    /* write() is a cancellation point: a thread that ended there would stay counted */
    int cancel_state = syni_thread_hold_cancel(), saved = errno, in;
    ssize_t n;

    /* seq_cst: the count is written and then the descriptor read, in close() the other way round */
    atomic_fetch_add(&notice->senders, 1);
    in = atomic_load(&notice->in);
    if (in && is_mine(notice) && !atomic_exchange(&notice->sent, true) && notice_is_end(notice, in - 1))
        do
            n = write(in - 1, "", 1);
        while (n < 0 && errno == EINTR);
    atomic_fetch_sub(&notice->senders, 1);
    errno = saved;
    syni_thread_let_cancel(cancel_state);
}

syn_err syni_notice_enter(struct syni_notice *notice)
{
    if (!notice->in)
        return SYN_EINVAL;
    if (!is_mine(notice))
        return SYN_EFORKED;
    return atomic_exchange(&notice->waited, true) ? SYN_EBUSY : SYN_OK;
}

void syni_notice_leave(struct syni_notice *notice)
{
    atomic_store(&notice->waited, false);
}

bool syni_notice_take(struct syni_notice *notice)
{
    char bytes[16];
    int cancel_state = syni_thread_hold_cancel();
    ssize_t n;

    do
        n = notice_is_end(notice, notice->out - 1) ? read(notice->out - 1, bytes, sizeof bytes) : 0;
    while (n == (ssize_t)sizeof bytes || (n < 0 && errno == EINTR));
    syni_thread_let_cancel(cancel_state);
    return atomic_exchange(&notice->sent, false);
}

int syni_notice_descriptor(struct syni_notice *notice)
{
    return notice->out - 1;
}

static void close_end(const struct syni_notice *notice, int fd)
{
    syni_fork_close_in_child(fd, false);
    if (notice_is_end(notice, fd))
        close(fd);
}

syn_err syni_notice_close(struct syni_notice *notice)
{
    int in = notice->in, out = notice->out, cancel_state;

    if (!in)
        return SYN_OK;
    if (!is_mine(notice)) { /* its descriptors were closed at the fork */
        notice->in = notice->out = 0;
        return SYN_OK;
    }
    if (atomic_exchange(&notice->waited, true))
        return SYN_EBUSY;
    notice->in = 0;
    while (notice->senders)
        sched_yield();
    notice->out = 0;
    cancel_state = syni_thread_hold_cancel();
    close_end(notice, in - 1);
    close_end(notice, out - 1);
    syni_thread_let_cancel(cancel_state);
    notice->waited = false;
    return SYN_OK;
}

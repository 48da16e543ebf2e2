/* SPDX-License-Identifier: Apache-2.0
 *
 * Watching the end of a process, by what the system has. Any thread; nothing here has state.
 *
 * With kqueue each watch is a queue of its own: a queue is a descriptor, readable when it has an event.
 * Discarded: a filter in the queue of the loop that waits. Its numbers are those of processes, so the
 * loop would need a second table beside that of descriptors; a child is not bound to one loop; and a
 * loop that waits by poll(), or is hosted, would need another way. The price is a descriptor for each
 * watch, which is what a pidfd costs too.
 *
 * A process that has ended and was not waited for gives an event on FreeBSD and ESRCH on others.
 */
#if defined(__linux__)
#define _GNU_SOURCE 1
#elif defined(__APPLE__)
#define _DARWIN_C_SOURCE
#endif
#include "base/process_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#if defined(__linux__)
#include <sys/syscall.h>
#endif
#include <unistd.h>

#include "base/descriptor.h"
#include "base/fault.h"
#include "base/fork.h"
#include "base/thread.h"

#if defined(SYN_HAVE_KQUEUE) || defined(__APPLE__) || defined(__FreeBSD__) ||                      \
    defined(__NetBSD__) || defined(__OpenBSD__) || defined(__DragonFly__)
#define HAS_PROCESS_FILTER
#include <sys/event.h>
#endif

/* Test builds have what other systems have: as with the backends, nothing, or kqueue alone. */
#if defined(SYNI_BACKEND_FALLBACKS)
#undef HAS_PROCESS_FILTER
#elif defined(SYS_pidfd_open) && !defined(SYNI_KQUEUE_ONLY)
#define HAS_PIDFD
#endif

#ifdef HAS_PIDFD

static int open_pidfd(pid_t id)
{
    int fd = syni_descriptor(syni_fault("pidfd_open") ? -1 : (int)syscall(SYS_pidfd_open, id, 0));

    if (fd >= 0)
        syni_fork_close_in_child(fd, true);
    return fd;
}

#endif

#ifdef HAS_PROCESS_FILTER

static int add_filter(int queue, pid_t id)
{
    struct kevent add;

    EV_SET(&add, id, EVFILT_PROC, EV_ADD | EV_ONESHOT, NOTE_EXIT, 0, 0);
    return syni_fault("kevent") ? -1 : kevent(queue, &add, 1, NULL, 0, NULL);
}

/* A forked child inherits no queue, so there is none to be closed there. */
static int open_queue_of(pid_t id)
{
    int queue = syni_descriptor(syni_fault("kqueue") ? -1 : kqueue()), why;

    if (queue < 0)
        return -1;
    if (fcntl(queue, F_SETFD, FD_CLOEXEC) == 0 && add_filter(queue, id) == 0)
        return queue;
    why = errno;
    close(queue);
    errno = why;
    return -1;
}

#endif

/* In this order; the next one is tried where the system lacks one. */
static int (*const ways[])(pid_t id) = {
#if defined(HAS_PIDFD)
    open_pidfd,
#endif
#if defined(HAS_PROCESS_FILTER)
    open_queue_of,
#endif
    NULL};

syn_err syni_process_watch_open(struct syni_process_watch *watch, pid_t id)
{
    *watch = (struct syni_process_watch){-1, (int)syni_process()};
    if (syni_fault("process_watch"))
        return errno;
    errno = ENOSYS;
    for (int i = 0; ways[i] && watch->fd < 0 && errno == ENOSYS; i++)
        watch->fd = ways[i](id);
    return watch->fd < 0 ? errno : SYN_OK;
}

void syni_process_watch_close(struct syni_process_watch *watch)
{
    int cancel_state;

    if (watch->fd >= 0 && watch->process == (int)syni_process()) {
        syni_fork_close_in_child(watch->fd, false);
        cancel_state = syni_thread_hold_cancel();
        close(watch->fd);
        syni_thread_let_cancel(cancel_state);
    }
    watch->fd = -1;
}

syn_err syni_process_watch_signal(const struct syni_process_watch *watch, pid_t id, int signal)
{
#if defined(HAS_PIDFD) && defined(SYS_pidfd_send_signal)
    if (watch->fd >= 0 && syscall(SYS_pidfd_send_signal, watch->fd, signal, NULL, 0) == 0)
        return SYN_OK;
    if (watch->fd >= 0 && errno != EBADF && errno != ENOSYS) /* it is a queue, or the call is newer */
        return errno;
#else
    (void)watch;
#endif
    return kill(id, signal) == 0 ? SYN_OK : errno;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The backend for macOS and the BSDs: kqueue, woken by EVFILT_USER, or by a pipe
 * where the kernel has none (older NetBSD and OpenBSD). The driver of the loop
 * runs all of it but wake_kqueue(), which any thread and any signal handler runs.
 *
 * One filter a direction, so one descriptor can give two entries in a batch;
 * merging them would need a search of the batch, and the contract allows both.
 *
 * A kernel may keep the flags of a filter that is added again, so that "once"
 * would stay what it was at first. A direction is therefore added (so that it
 * exists), deleted, and added as wanted: three changes in one system call, and
 * none of them can fail because of what was before. EV_RECEIPT would tell such
 * failures apart too, but not every kernel has it.
 *
 * Some kernels answer EPIPE when one adds EVFILT_WRITE to a pipe after its reader
 * has gone: then watch_kqueue() fails with SYN_EPIPE, which is how the waiter learns it.
 *
 * A thread that sleeps in kevent() hears of it when its queue is closed: the kernel
 * answers EBADF. To trigger the waker of a number that is another file by now fails and
 * harms nothing.
 *
 * The queue is not inherited by a child of fork: there its number is free, or
 * soon somebody else's, so a child must not close, and not use, a poller that its
 * parent opened. For the same reason close-on-exec can be set after the fact.
 */
#include "backend/backends.h"

#ifdef SYN_HAVE_KQUEUE

#include <sys/types.h>

#include <sys/event.h>
#include <sys/time.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include "backend/poller.h"
#include "backend/wakepipe.h"
#include "base/descriptor.h"
#include "base/fault.h"
#include "base/invariant.h"
#include "base/mem.h"

#if !defined(EVFILT_USER) || defined(SYNI_BACKEND_FALLBACKS)
#define WOKEN_BY_PIPE
#endif

/* udata is a pointer on most systems, an integer on some. */
#define TO_UDATA(tag) ((__typeof__(((struct kevent *)NULL)->udata))(uintptr_t)(tag))
#define TO_TAG(udata) ((uint32_t)(uintptr_t)(udata))

enum { DIRECTIONS_kqueue = SYNI_READ | SYNI_WRITE };

struct syni_kqueue {
    int queue_fd; /* also written by wake_kqueue(), from anywhere; never changes */
#ifdef WOKEN_BY_PIPE
    struct syni_wakepipe waker; /* the same */
#endif
    struct kevent batch[SYNI_BATCH];
};

/* Applies N changes, up to the first that fails. */
static syn_err change_kqueue(struct syni_kqueue *poller, const struct kevent *changes, int n)
{
    int rc;
    do
        rc = syni_fault("kevent") ? -1 : kevent(poller->queue_fd, changes, n, NULL, 0, NULL);
    while (rc < 0 && errno == EINTR); /* applying twice is applying once */
    return rc < 0 ? errno : SYN_OK;
}

#ifdef WOKEN_BY_PIPE

static syn_err open_waker_kqueue(struct syni_kqueue *poller)
{
    syn_err err = syni_wakepipe_open(&poller->waker);
    if (err != SYN_OK)
        return err;
    struct kevent add;
    EV_SET(&add, poller->waker.read_fd, EVFILT_READ, EV_ADD, 0, 0, TO_UDATA(0));
    err = change_kqueue(poller, &add, 1);
    if (err != SYN_OK)
        syni_wakepipe_close(&poller->waker);
    return err;
}

static void close_waker(struct syni_kqueue *poller)
{
    syni_wakepipe_close(&poller->waker);
}

static bool is_waker(const struct syni_kqueue *poller, const struct kevent *event)
{
    return (int)event->ident == poller->waker.read_fd;
}

static bool drain(struct syni_kqueue *poller)
{
    return syni_wakepipe_drain(&poller->waker);
}

static bool has_waker(const struct syni_kqueue *poller)
{
    return syni_wakepipe_is_whole(&poller->waker);
}

static void wake_kqueue(struct syni_poller *opaque)
{
    struct syni_kqueue *poller = (struct syni_kqueue *)opaque;
    syni_wakepipe_wake(&poller->waker);
}

#else

static syn_err open_waker_kqueue(struct syni_kqueue *poller)
{
    struct kevent add;
    EV_SET(&add, 0, EVFILT_USER, EV_ADD | EV_CLEAR, 0, 0, TO_UDATA(0));
    return change_kqueue(poller, &add, 1);
}

static void close_waker(struct syni_kqueue *poller)
{
    (void)poller; /* it goes with the queue */
}

static bool is_waker(const struct syni_kqueue *poller, const struct kevent *event)
{
    (void)poller;
    return event->filter == EVFILT_USER;
}

static bool drain(struct syni_kqueue *poller)
{
    (void)poller; /* EV_CLEAR did it */
    return true;
}

static bool has_waker(const struct syni_kqueue *poller)
{
    (void)poller; /* it is there as long as the queue is */
    return true;
}

/* No fault here: a wake that is lost on purpose would prove nothing but a hang. */
static void wake_kqueue(struct syni_poller *opaque)
{
    struct syni_kqueue *poller = (struct syni_kqueue *)opaque;
    int saved = errno;
    struct kevent trigger;
    EV_SET(&trigger, 0, EVFILT_USER, 0, NOTE_TRIGGER, 0, TO_UDATA(0));
    kevent(poller->queue_fd, &trigger, 1, NULL, 0, NULL);
    errno = saved;
}

#endif

static syn_err open_queue(struct syni_kqueue *poller)
{
    poller->queue_fd = syni_descriptor(syni_fault("kqueue") ? -1 : kqueue());
    if (poller->queue_fd < 0)
        return errno;
    syn_err err = SYN_OK;
    if ((syni_fault("fcntl") ? -1 : fcntl(poller->queue_fd, F_SETFD, FD_CLOEXEC)) != 0)
        err = errno;
    if (err == SYN_OK)
        err = open_waker_kqueue(poller);
    if (err != SYN_OK)
        close(poller->queue_fd);
    return err;
}

static syn_err open_poller_kqueue(struct syni_poller **out_poller)
{
    struct syni_kqueue *poller = syni_alloc(sizeof *poller);
    if (poller == NULL)
        return SYN_ENOMEM;
    syn_err err = open_queue(poller);
    if (err == SYN_OK)
        *out_poller = (struct syni_poller *)poller;
    else
        syni_free(poller, sizeof *poller);
    return err;
}

/* A number that is another file by now, which this question does not harm, stays open. */
static void close_poller_kqueue(struct syni_poller *opaque)
{
    struct syni_kqueue *poller = (struct syni_kqueue *)opaque;
    const struct timespec at_once = {0, 0};
    close_waker(poller);
    if (kevent(poller->queue_fd, NULL, 0, NULL, 0, &at_once) == 0)
        close(poller->queue_fd);
    syni_free(poller, sizeof *poller);
}

/* One call each, as the first that is not there ends a call. No fault here: it
 * fails only for what was not watched. */
static void forget_kqueue(struct syni_kqueue *poller, int fd)
{
    struct kevent drop;
    EV_SET(&drop, fd, EVFILT_READ, EV_DELETE, 0, 0, TO_UDATA(0));
    kevent(poller->queue_fd, &drop, 1, NULL, 0, NULL);
    EV_SET(&drop, fd, EVFILT_WRITE, EV_DELETE, 0, 0, TO_UDATA(0));
    kevent(poller->queue_fd, &drop, 1, NULL, 0, NULL);
}

/* EV_CLEAR: libkqueue refuses to add a filter again without it; to one that is deleted next it means nothing. */
static int set_direction(struct kevent *changes, const struct kevent *wanted)
{
    changes[0] = changes[1] = changes[2] = *wanted;
    changes[0].flags = EV_ADD | EV_CLEAR;
    changes[1].flags = EV_DELETE;
    return 3;
}

/* What is not wanted is deleted last, so that ENOENT can only be its answer. */
static syn_err apply(struct syni_kqueue *poller, int fd, uint32_t tag, unsigned want)
{
    struct kevent changes[6], read_side, write_side;
    unsigned short add = want & SYNI_ONCE ? EV_ADD | EV_ONESHOT : EV_ADD;
    EV_SET(&read_side, fd, EVFILT_READ, add, 0, 0, TO_UDATA(tag));
    EV_SET(&write_side, fd, EVFILT_WRITE, add, 0, 0, TO_UDATA(tag));
    int n = 0;
    if (want & SYNI_READ)
        n += set_direction(changes + n, &read_side);
    if (want & SYNI_WRITE)
        n += set_direction(changes + n, &write_side);
    if ((want & DIRECTIONS_kqueue) != DIRECTIONS_kqueue) {
        changes[n] = want & SYNI_READ ? write_side : read_side;
        changes[n++].flags = EV_DELETE;
    }
    syn_err err = change_kqueue(poller, changes, n);
    return err == ENOENT ? SYN_OK : err;
}

/* What kernels say to a device that has no notion of waiting. */
static bool is_always_ready(syn_err err)
{
    return err == EPERM || err == EINVAL || err == EOPNOTSUPP || err == ENODEV;
}

static syn_err watch_kqueue(struct syni_poller *opaque, int fd, uint32_t tag, unsigned want)
{
    struct syni_kqueue *poller = (struct syni_kqueue *)opaque;
    syn_err err = SYN_OK;
    if (want & DIRECTIONS_kqueue) {
        err = syni_fd_waitable(fd);
        if (err == SYN_OK) {
            err = apply(poller, fd, tag, want);
            if (is_always_ready(err))
                err = SYN_EALREADY;
        }
        if (err == SYN_OK)
            return SYN_OK;
    }
    forget_kqueue(poller, fd);
    return err;
}

/* EV_EOF and EV_ERROR are on an event of either filter, which is what the
 * contract asks: the end counts as ready. */
static struct syni_event translate(const struct kevent *event)
{
    return (struct syni_event){
        .fd = (int)event->ident,
        .tag = TO_TAG(event->udata),
        .ready = event->filter == EVFILT_READ ? SYNI_READ : SYNI_WRITE,
    };
}

/* FreeBSD's kernel cuts a wait to 24 hours without a word; the loop goes round
 * once more then. */
static syn_err wait_kqueue(struct syni_poller *opaque, struct syni_event *events, unsigned capacity,
                           int64_t timeout_ns, unsigned *out_count)
{
    struct syni_kqueue *poller = (struct syni_kqueue *)opaque;
    SYNI_SURE(capacity > 0);
    struct timespec spec;
    const struct timespec *limit = syni_timeout_spec(timeout_ns, &spec);
    int max = (int)syni_batch(capacity);
    if (timeout_ns != 0 && !has_waker(poller))
        return SYN_EBADF;
    int n =
        syni_fault("kevent") ? -1 : kevent(poller->queue_fd, NULL, 0, poller->batch, max, limit);
    if (n < 0 && errno != EINTR)
        return errno;
    unsigned count = 0;
    bool whole = true;
    for (int i = 0; i < n; i++) {
        if (is_waker(poller, &poller->batch[i]))
            whole = drain(poller);
        else
            events[count++] = translate(&poller->batch[i]);
    }
    *out_count = count;
    return whole ? SYN_OK : SYN_EBADF;
}

static int descriptor_kqueue(const struct syni_poller *opaque)
{
    const struct syni_kqueue *poller = (const struct syni_kqueue *)opaque;
    return poller->queue_fd;
}

const struct syni_backend syni_kqueue_backend = {
    .name = "kqueue",
    .open = open_poller_kqueue,
    .close = close_poller_kqueue,
    .watch = watch_kqueue,
    .renew = NULL, /* a filter goes with its number */
    .wait = wait_kqueue,
    .descriptor = descriptor_kqueue,
    .sources = NULL,
    .wake = wake_kqueue,
};

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The backend for Linux: epoll, woken by an eventfd. The driver of the loop runs
 * all of it but wake_epoll(), which any thread and any signal handler runs.
 *
 * THE WAKER is an eventfd that is always readable and registered as silent; a wake arms it,
 * once, and the kernel silences it when it reports it. So a wake writes nothing: where
 * other code closed one of the two descriptors and its number is another file's, the kernel
 * refuses the call, and that file is unharmed. (Discarded: writing to the eventfd, which needs
 * a look at the number before each write, and a read after it.)
 *
 * A thread that sleeps in epoll_wait() keeps the epoll file, but when the numbers are gone no
 * call can reach it there. So a long sleep is cut into spells, of a quarter of a second at
 * first and of 8 s in the end, and after each the poller looks whether both numbers are still
 * its own. A loop that has something to do more often never looks.
 *
 * Nothing is remembered per descriptor: the 64 bits that the kernel keeps for
 * us hold its number, the tag and what was asked for. The last is needed because
 * a hang-up does not say which direction it concerns. A table by descriptor would hold the
 * same, and be wrong as soon as somebody closes a descriptor behind our back.
 *
 * epoll watches the open file, not the number. A descriptor that is closed while watched, and
 * has a file that lives on through dup() or a child, goes on reporting under its old tag, and no
 * call by number can stop it. So stop watching before you close; the tag keeps the rest from
 * being taken for the number's new owner, and renew_epoll() gets rid of it.
 */
#define _GNU_SOURCE 1 /* syscall, dup3 */
#include "backend/backends.h"

#ifdef SYN_HAVE_EPOLL

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "backend/poller.h"
#include "base/descriptor.h"
#include "base/fault.h"
#include "base/fork.h"
#include "base/invariant.h"
#include "base/mem.h"
#include "base/time.h"

/* The parts of epoll_event.data: 30 bits of number (a process with more would
 * need 8 GiB for its descriptor table alone), 2 of directions, 32 of tag. */
enum { FD_BITS = 30, FD_LIMIT = 1 << FD_BITS, TAG_SHIFT = 32 };

enum { DIRECTIONS_epoll = SYNI_READ | SYNI_WRITE };

/* The eventfd's data: no watch_epoll() has these, as it is for no direction. */
static const uint64_t waker_data = 0;

static const int64_t first_spell_ns = 250000000, longest_spell_ns = 8000000000;

struct syni_epoll {
    int epoll_fd; /* this and the next: also read by wake_epoll(), from anywhere; never change */
    int event_fd;     /* holds 1: always readable */
    bool lacks_nanos; /* the kernel, or its guard, does not know epoll_pwait2 */
    int64_t spell_ns; /* the longest sleep before it looks whether its descriptors are there */
    struct epoll_event batch[SYNI_BATCH];
};

static uint64_t pack_epoll(int fd, uint32_t tag, unsigned want)
{
    uint64_t directions = want & DIRECTIONS_epoll;
    return (uint64_t)tag << TAG_SHIFT | directions << FD_BITS | (uint64_t)fd;
}

static struct syni_event unpack(const struct epoll_event *event)
{
    uint64_t data = event->data.u64;
    unsigned asked = (unsigned)(data >> FD_BITS) & DIRECTIONS_epoll;
    unsigned ready = 0;
    if (event->events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        ready |= SYNI_READ;
    if (event->events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
        ready |= SYNI_WRITE;
    return (struct syni_event){
        .fd = (int)(data & (FD_LIMIT - 1)),
        .tag = (uint32_t)(data >> TAG_SHIFT),
        .ready = ready & asked,
    };
}

static int control(struct syni_epoll *poller, int op, int fd, struct epoll_event *event)
{
    return syni_fault("epoll_ctl") ? -1 : epoll_ctl(poller->epoll_fd, op, fd, event);
}

static syn_err open_descriptors(struct syni_epoll *poller)
{
    poller->epoll_fd =
        syni_descriptor(syni_fault("epoll_create1") ? -1 : epoll_create1(EPOLL_CLOEXEC));
    if (poller->epoll_fd < 0)
        return errno;
    poller->event_fd =
        syni_descriptor(syni_fault("eventfd") ? -1 : eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));
    if (poller->event_fd < 0)
        return errno;
    struct epoll_event event = {.events = EPOLLONESHOT, .data.u64 = waker_data};
    if (control(poller, EPOLL_CTL_ADD, poller->event_fd, &event) != 0)
        return errno;
    syni_fork_close_in_child(poller->epoll_fd, true);
    syni_fork_close_in_child(poller->event_fd, true);
    return SYN_OK;
}

static void close_descriptors(struct syni_epoll *poller)
{
    syni_fork_close_in_child(poller->event_fd, false);
    syni_fork_close_in_child(poller->epoll_fd, false);
    if (poller->event_fd >= 0)
        close(poller->event_fd);
    if (poller->epoll_fd >= 0)
        close(poller->epoll_fd);
}

/* Both numbers still name what was opened: the one is registered at the other. It is asked
 * by adding it again, which the kernel refuses, and which does not disturb a wake. */
static bool is_whole(const struct syni_epoll *poller)
{
    struct epoll_event nothing = {0};
    if (epoll_ctl(poller->epoll_fd, EPOLL_CTL_ADD, poller->event_fd, &nothing) == 0) {
        epoll_ctl(poller->epoll_fd, EPOLL_CTL_DEL, poller->event_fd, &nothing);
        return false;
    }
    return errno == EEXIST;
}

/* Numbers that may be others' by now stay open. */
static void close_poller_epoll(struct syni_poller *opaque)
{
    struct syni_epoll *poller = (struct syni_epoll *)opaque;
    if (is_whole(poller))
        close_descriptors(poller);
    syni_free(poller, sizeof *poller);
}

static syn_err open_poller_epoll(struct syni_poller **out_poller)
{
    struct syni_epoll *poller = syni_alloc(sizeof *poller);
    if (poller == NULL)
        return SYN_ENOMEM;
    poller->epoll_fd = poller->event_fd = -1;
    poller->spell_ns = first_spell_ns;
    syn_err err = open_descriptors(poller);
    if (err == SYN_OK) {
        *out_poller = (struct syni_poller *)poller;
    } else {
        close_descriptors(poller);
        syni_free(poller, sizeof *poller);
    }
    return err;
}

/* No fault here: with good arguments it fails only for what was not watched. */
static void forget_epoll(struct syni_epoll *poller, int fd)
{
    struct epoll_event unused = {0}; /* kernels before 2.6.9 read it */
    epoll_ctl(poller->epoll_fd, EPOLL_CTL_DEL, fd, &unused);
}

/* The kernel refuses what has no notion of waiting with EPERM: files, which syni_fd_waitable()
 * names first, and devices that are always ready. */
static syn_err add_epoll(struct syni_epoll *poller, int fd, struct epoll_event *event)
{
    syn_err err = syni_fd_waitable(fd);
    if (err != SYN_OK || control(poller, EPOLL_CTL_ADD, fd, event) == 0)
        return err;
    return errno == EPERM ? SYN_EALREADY : errno;
}

static syn_err modify(struct syni_epoll *poller, int fd, struct epoll_event *event)
{
    return control(poller, EPOLL_CTL_MOD, fd, event) == 0 ? SYN_OK : errno;
}

/* Tries the likelier of the two calls first; each names the other by its error. */
static syn_err add_or_modify(struct syni_epoll *poller, int fd, struct epoll_event *event,
                             bool fresh)
{
    syn_err err = fresh ? add_epoll(poller, fd, event) : modify(poller, fd, event);
    if (err == EEXIST)
        return modify(poller, fd, event);
    return err == ENOENT || err == EPERM ? add_epoll(poller, fd, event) : err;
}

static syn_err watch_epoll(struct syni_poller *opaque, int fd, uint32_t tag, unsigned want)
{
    struct syni_epoll *poller = (struct syni_epoll *)opaque;
    if ((want & DIRECTIONS_epoll) == 0) {
        forget_epoll(poller, fd);
        return SYN_OK;
    }
    if (fd < 0 || fd >= FD_LIMIT)
        return SYN_EBADF;
    struct epoll_event event = {.data.u64 = pack_epoll(fd, tag, want)};
    event.events |= want & SYNI_READ ? EPOLLIN : 0;
    event.events |= want & SYNI_WRITE ? EPOLLOUT : 0;
    event.events |= want & SYNI_ONCE ? EPOLLONESHOT : 0;
    syn_err err = add_or_modify(poller, fd, &event, want & SYNI_FRESH);
    if (err != SYN_OK)
        forget_epoll(poller, fd);
    return err;
}

/* A new epoll takes the number of the old one, at one moment: a thread that wakes the poller
 * finds either. A wake of the old one is not lost, as the new one begins with one. */
static syn_err renew_epoll(struct syni_poller *opaque)
{
    struct syni_epoll *poller = (struct syni_epoll *)opaque;
    struct epoll_event armed = {.events = EPOLLIN | EPOLLONESHOT, .data.u64 = waker_data};
    int fresh = syni_descriptor(syni_fault("epoll_create1") ? -1 : epoll_create1(EPOLL_CLOEXEC));
    if (fresh < 0)
        return errno;
    syn_err err = SYN_OK;
    if ((syni_fault("epoll_ctl") ? -1
                                 : epoll_ctl(fresh, EPOLL_CTL_ADD, poller->event_fd, &armed)) != 0)
        err = errno;
    /* syni_descriptor() has nothing to move: the number is the poller's. */
    else if (syni_descriptor(syni_fault("dup3") ? -1 : dup3(fresh, poller->epoll_fd, O_CLOEXEC)) <
             0)
        err = errno;
    close(fresh);
    return err;
}

/* The system call and not the function of libc, which has it later than the
 * kernel; two times 64 bits is the kernel's timespec on every machine. */
static int wait_nanos(struct syni_epoll *poller, int max, int64_t timeout_ns)
{
#if defined(SYS_epoll_pwait2) && !defined(SYNI_BACKEND_FALLBACKS)
    struct timespec spec = {0};
    bool limited = syni_timeout_spec(timeout_ns, &spec) != NULL;
    int64_t limit[2] = {spec.tv_sec, spec.tv_nsec};
    if (syni_fault("epoll_pwait2"))
        return -1;
    return (int)syscall(SYS_epoll_pwait2, (long)poller->epoll_fd, poller->batch, (long)max,
                        limited ? limit : NULL, (void *)NULL, (size_t)0);
#else
    (void)poller, (void)max, (void)timeout_ns;
    errno = ENOSYS;
    return -1;
#endif
}

static int wait_kernel_epoll(struct syni_epoll *poller, int max, int64_t timeout_ns)
{
    if (timeout_ns > 0 && !poller->lacks_nanos) {
        int n = wait_nanos(poller, max, timeout_ns);
        /* a sandbox that does not know the call answers EPERM */
        if (n >= 0 || (errno != ENOSYS && errno != EPERM))
            return n;
        poller->lacks_nanos = true;
    }
    int limit_ms = syni_timeout_ms(timeout_ns);
    return syni_fault("epoll_wait") ? -1
                                    : epoll_wait(poller->epoll_fd, poller->batch, max, limit_ms);
}

static bool is_longer(int64_t timeout_ns, int64_t than_ns)
{
    return timeout_ns < 0 || timeout_ns > than_ns;
}

/* Sleeps for TIMEOUT_NS in spells. Returns as wait_kernel_epoll() does; with EBADF once the
 * poller's descriptors are no longer its own. */
static int wait_in_spells(struct syni_epoll *poller, int max, int64_t timeout_ns)
{
    int64_t end = timeout_ns < 0 ? SYNI_NEVER : syni_deadline_in(syni_now(), timeout_ns);
    int64_t left = timeout_ns;
    while (is_longer(left, poller->spell_ns)) {
        int n = wait_kernel_epoll(poller, max, poller->spell_ns);
        if (n != 0)
            return n;
        if (!is_whole(poller)) {
            errno = EBADF;
            return -1;
        }
        if (poller->spell_ns < longest_spell_ns)
            poller->spell_ns *= 2;
        if (timeout_ns >= 0)
            left = end - syni_now();
        if (timeout_ns >= 0 && left <= 0)
            return 0;
    }
    return wait_kernel_epoll(poller, max, left);
}

static syn_err wait_epoll(struct syni_poller *opaque, struct syni_event *events, unsigned capacity,
                          int64_t timeout_ns, unsigned *out_count)
{
    struct syni_epoll *poller = (struct syni_epoll *)opaque;
    SYNI_SURE(capacity > 0);
    int max = (int)syni_batch(capacity);
    int n = is_longer(timeout_ns, poller->spell_ns) ? wait_in_spells(poller, max, timeout_ns)
                                                    : wait_kernel_epoll(poller, max, timeout_ns);
    if (n < 0 && errno != EINTR)
        return errno == EINVAL ? SYN_EBADF : errno; /* a number that is no epoll any more */
    if (n > 0)
        poller->spell_ns = first_spell_ns;
    unsigned count = 0;
    for (int i = 0; i < n; i++)
        if (poller->batch[i].data.u64 != waker_data)
            events[count++] = unpack(&poller->batch[i]);
    *out_count = count;
    return SYN_OK;
}

/* No fault here: a wake that is lost on purpose would prove nothing but a hang. */
static void wake_epoll(struct syni_poller *opaque)
{
    struct syni_epoll *poller = (struct syni_epoll *)opaque;
    int saved = errno;
    struct epoll_event armed = {.events = EPOLLIN | EPOLLONESHOT, .data.u64 = waker_data};
    epoll_ctl(poller->epoll_fd, EPOLL_CTL_MOD, poller->event_fd, &armed);
    errno = saved;
}

static int descriptor_epoll(const struct syni_poller *opaque)
{
    const struct syni_epoll *poller = (const struct syni_epoll *)opaque;
    return poller->epoll_fd;
}

const struct syni_backend syni_epoll_backend = {
    .name = "epoll",
    .open = open_poller_epoll,
    .close = close_poller_epoll,
    .watch = watch_epoll,
    .renew = renew_epoll,
    .wait = wait_epoll,
    .descriptor = descriptor_epoll,
    .sources = NULL,
    .wake = wake_epoll,
};

#endif

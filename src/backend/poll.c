/* SPDX-License-Identifier: Apache-2.0
 *
 * The reference backend: poll(2), woken by a pipe. It runs on every POSIX system,
 * and its semantics are simple enough to check the others against. The driver of
 * the loop runs all of it but wake_poll().
 *
 * A wait costs as much as there are descriptors, not events; that is poll(2).
 * An entry that was reported once stays in its place with the number -1, which
 * poll(2) skips, so that watching it again needs no memory and a scan
 * never moves what it walks over. Events = 0 would not do: the kernel reports
 * hang-ups even to waiters that asked for nothing, and wait_poll() would spin.
 */
#define _GNU_SOURCE 1 /* ppoll */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "backend/backends.h"
#include "backend/poller.h"
#include "backend/wakepipe.h"
#include "base/fault.h"
#include "base/invariant.h"
#include "base/mem.h"

enum { DIRECTIONS_poll = SYNI_READ | SYNI_WRITE, FIRST_ROOM = 16, WAKER = 0 };

/* What poll(2) counts as the end of a descriptor, asked for or not. */
enum { ENDED = POLLHUP | POLLERR | POLLNVAL };

struct interest {
    int fd;
    uint32_t tag;
    unsigned want;
};

struct syni_poll {
    struct pollfd *polled;      /* slot WAKER is the pipe's */
    struct interest *interests; /* by the same slots */
    unsigned count, room;       /* slots in use, slots there are */
    unsigned *slot_of;          /* by descriptor number; WAKER: not watched */
    unsigned numbers;           /* the length of slot_of */
    unsigned next;              /* where the next scan starts: nobody starves */
    struct syni_wakepipe waker; /* also written by wake_poll(), from anywhere */
};

static unsigned slot_of(const struct syni_poll *poller, int fd)
{
    return fd >= 0 && (unsigned)fd < poller->numbers ? poller->slot_of[fd] : WAKER;
}

static void release_arrays(struct syni_poll *poller)
{
    syni_free(poller->polled, poller->room * sizeof *poller->polled);
    syni_free(poller->interests, poller->room * sizeof *poller->interests);
}

static syn_err grow_slots(struct syni_poll *poller)
{
    unsigned room = poller->room ? poller->room * 2 : FIRST_ROOM;
    struct pollfd *polled = syni_alloc(room * sizeof *polled);
    struct interest *interests = syni_alloc(room * sizeof *interests);
    if (polled == NULL || interests == NULL) {
        syni_free(polled, room * sizeof *polled);
        syni_free(interests, room * sizeof *interests);
        return SYN_ENOMEM;
    }
    if (poller->count > 0) {
        memcpy(polled, poller->polled, poller->count * sizeof *polled);
        memcpy(interests, poller->interests, poller->count * sizeof *interests);
    }
    release_arrays(poller);
    poller->polled = polled;
    poller->interests = interests;
    poller->room = room;
    return SYN_OK;
}

static syn_err grow_numbers(struct syni_poll *poller, unsigned fd)
{
    unsigned numbers = poller->numbers ? poller->numbers : FIRST_ROOM;
    while (numbers <= fd)
        numbers *= 2;
    unsigned *by_fd = syni_alloc(numbers * sizeof *by_fd);
    if (by_fd == NULL)
        return SYN_ENOMEM;
    if (poller->numbers > 0)
        memcpy(by_fd, poller->slot_of, poller->numbers * sizeof *by_fd);
    syni_free(poller->slot_of, poller->numbers * sizeof *by_fd);
    poller->slot_of = by_fd;
    poller->numbers = numbers;
    return SYN_OK;
}

static void close_poller_poll(struct syni_poller *opaque)
{
    struct syni_poll *poller = (struct syni_poll *)opaque;
    if (poller->count > 0)
        syni_wakepipe_close(&poller->waker);
    release_arrays(poller);
    syni_free(poller->slot_of, poller->numbers * sizeof *poller->slot_of);
    syni_free(poller, sizeof *poller);
}

static syn_err open_waker_poll(struct syni_poll *poller)
{
    syn_err err = grow_slots(poller);
    if (err == SYN_OK)
        err = syni_wakepipe_open(&poller->waker);
    if (err != SYN_OK)
        return err;
    poller->polled[WAKER] = (struct pollfd){.fd = poller->waker.read_fd, .events = POLLIN};
    poller->count = 1;
    return SYN_OK;
}

static syn_err open_poller_poll(struct syni_poller **out_poller)
{
    struct syni_poll *poller = syni_alloc(sizeof *poller);
    if (poller == NULL)
        return SYN_ENOMEM;
    syn_err err = open_waker_poll(poller);
    if (err == SYN_OK)
        *out_poller = (struct syni_poller *)poller;
    else
        close_poller_poll((struct syni_poller *)poller);
    return err;
}

/* The last slot moves into the hole. */
static void forget_poll(struct syni_poll *poller, int fd)
{
    unsigned hole = slot_of(poller, fd);
    if (hole == WAKER)
        return;
    unsigned last = --poller->count;
    poller->polled[hole] = poller->polled[last];
    poller->interests[hole] = poller->interests[last];
    poller->slot_of[poller->interests[hole].fd] = hole;
    poller->slot_of[fd] = WAKER;
}

/* FD's slot, a new one if it has none; fails when that needs memory that is not there. */
static syn_err take_slot(struct syni_poll *poller, int fd, unsigned *out_slot)
{
    unsigned slot = slot_of(poller, fd);
    if (slot == WAKER) {
        syn_err err = SYN_OK;
        if ((unsigned)fd >= poller->numbers)
            err = grow_numbers(poller, (unsigned)fd);
        if (err == SYN_OK && poller->count == poller->room)
            err = grow_slots(poller);
        if (err != SYN_OK)
            return err;
        slot = poller->count++;
        poller->slot_of[fd] = slot;
    }
    *out_slot = slot;
    return SYN_OK;
}

static syn_err watch_poll(struct syni_poller *opaque, int fd, uint32_t tag, unsigned want)
{
    struct syni_poll *poller = (struct syni_poll *)opaque;
    unsigned slot = WAKER;
    syn_err err = SYN_OK;
    if (want & DIRECTIONS_poll) {
        err = syni_fd_waitable(fd);
        if (err == SYN_OK)
            err = take_slot(poller, fd, &slot);
    }
    if (slot == WAKER) {
        forget_poll(poller, fd);
        return err;
    }
    int asked = (want & SYNI_READ ? POLLIN : 0) | (want & SYNI_WRITE ? POLLOUT : 0);
    poller->polled[slot] = (struct pollfd){.fd = fd, .events = (short)asked};
    poller->interests[slot] = (struct interest){.fd = fd, .tag = tag, .want = want};
    return SYN_OK;
}

static int wait_kernel_poll(struct syni_poll *poller, int64_t timeout_ns)
{
#if defined(__APPLE__) || defined(SYNI_BACKEND_FALLBACKS)
    int limit_ms = syni_timeout_ms(timeout_ns);
    return syni_fault("poll") ? -1 : poll(poller->polled, poller->count, limit_ms);
#else
    struct timespec spec;
    const struct timespec *limit = syni_timeout_spec(timeout_ns, &spec);
    return syni_fault("ppoll") ? -1 : ppoll(poller->polled, poller->count, limit, NULL);
#endif
}

/* What SLOT's descriptor is ready for; silences it if it is not to be reported
 * again: asked for once, or closed while it was watched. */
static unsigned take_ready(struct syni_poll *poller, unsigned slot)
{
    struct pollfd *polled = &poller->polled[slot];
    unsigned want = poller->interests[slot].want;
    unsigned ready = 0;
    if (polled->revents & (POLLIN | ENDED))
        ready |= SYNI_READ;
    if (polled->revents & (POLLOUT | ENDED))
        ready |= SYNI_WRITE;
    if (ready != 0 && (want & SYNI_ONCE || polled->revents & POLLNVAL))
        polled->fd = -1;
    return ready & want;
}

/* At most READY entries have something to say. */
static unsigned collect_poll(struct syni_poll *poller, struct syni_event *events, unsigned capacity,
                             unsigned ready)
{
    unsigned watched = poller->count - 1, n = 0;
    for (unsigned i = 0; i < watched && n < ready && n < capacity; i++) {
        unsigned slot = 1 + poller->next % watched;
        poller->next = slot;
        unsigned found = take_ready(poller, slot);
        if (found == 0)
            continue;
        const struct interest *interest = &poller->interests[slot];
        events[n++] = (struct syni_event){interest->fd, interest->tag, found};
    }
    return n;
}

static syn_err wait_poll(struct syni_poller *opaque, struct syni_event *events, unsigned capacity,
                         int64_t timeout_ns, unsigned *out_count)
{
    struct syni_poll *poller = (struct syni_poll *)opaque;
    SYNI_SURE(capacity > 0);
    /* A thread that sleeps in poll() with a pipe that goes away meanwhile sees its hang-up. */
    if (timeout_ns != 0 && !syni_wakepipe_is_whole(&poller->waker))
        return SYN_EBADF;
    int n = wait_kernel_poll(poller, timeout_ns);
    if (n < 0 && errno != EINTR)
        return errno;
    unsigned ready = n > 0 ? (unsigned)n : 0;
    if (ready > 0 && poller->polled[WAKER].revents != 0) {
        if (!syni_wakepipe_drain(&poller->waker))
            return SYN_EBADF;
        ready--;
    }
    *out_count = collect_poll(poller, events, capacity, ready);
    return SYN_OK;
}

static void wake_poll(struct syni_poller *opaque)
{
    struct syni_poll *poller = (struct syni_poll *)opaque;
    syni_wakepipe_wake(&poller->waker);
}

static unsigned sources(const struct syni_poller *opaque, struct pollfd *fds, unsigned capacity)
{
    const struct syni_poll *poller = (const struct syni_poll *)opaque;
    unsigned n = 0;
    for (unsigned slot = 0; slot < poller->count; slot++) {
        if (poller->polled[slot].fd < 0)
            continue;
        if (n < capacity)
            fds[n] = poller->polled[slot];
        n++;
    }
    return n;
}

const struct syni_backend syni_poll_backend = {
    .name = "poll",
    .open = open_poller_poll,
    .close = close_poller_poll,
    .watch = watch_poll,
    .renew = NULL, /* numbers are all that it has */
    .wait = wait_poll,
    .descriptor = NULL,
    .sources = sources,
    .wake = wake_poll,
};

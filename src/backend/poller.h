/* SPDX-License-Identifier: Apache-2.0
 *
 * The kernel, as the loop sees it: a few operations and a name.
 *
 * One backend per kernel mechanism implements this contract in one whole file;
 * the same suite (test/backend_test.c) runs over each. A poller belongs to one
 * loop. Everything but wake() is called by the driver of that loop, one thread
 * at a time; wake() by any thread, at any time between open() and close().
 *
 * The contract:
 *
 * 1. Interest is level-triggered: wait() reports a watched descriptor again and
 *    again while it is ready.
 * 2. With SYNI_ONCE a direction that was reported is not reported again until
 *    the next watch() of that descriptor. (epoll disarms both directions, kqueue
 *    the reported one: the loop must not rely on the other, in either sense.)
 * 3. Hang-up and error count as readable and writable: whichever of the two was
 *    asked for is reported, so that no waiter sleeps through the end.
 * 4. An event carries the descriptor and the tag of the latest watch() that armed
 *    it. When a descriptor is closed and its number reused, the loop watches it
 *    under a new tag, and knows an event for the old one by its tag.
 * 5. wait() returns early, with no event, when wake() was called since it last
 *    returned; any number of wake() calls make one such return. A wake() that
 *    comes before wait() is not lost.
 * 6. wait() never fails because of a signal (it returns early, with no event) and
 *    never reports the same descriptor twice in one batch. (A kernel that has one
 *    event per direction may give two entries with disjoint `ready`.)
 * 7. Every descriptor that a poller opens is close-on-exec, and non-blocking where it
 *    is read or written.
 * 8. Where other code closed a descriptor of a poller, or its number is another file by now,
 *    wait() fails with SYN_EBADF: at once where the kernel says so, after 8 s at the latest
 *    where it does not (epoll). wake() then does nothing, and close() leaves numbers alone that
 *    may be others'; no file of others is written to, read or closed.
 * 9. A child of fork() does not use or close a poller of its parent.
 */
#ifndef SYNI_POLLER_H
#define SYNI_POLLER_H

#include <stdint.h>

#include <synchronicity/err.h>

enum {
    SYNI_READ = 1,
    SYNI_WRITE = 2,
    SYNI_ONCE = 4,  /* report once, then be silent until the next watch() */
    SYNI_FRESH = 8, /* a hint: this number was probably not watched before (saves epoll a call) */
};

struct syni_event {
    int fd;
    uint32_t tag;
    unsigned ready; /* SYNI_READ | SYNI_WRITE */
};

struct pollfd;

/* A backend's own state: only the backend knows what it points at. */
struct syni_poller;

struct syni_backend {
    const char *name;

    /* Makes a poller. Fails: SYN_ENOMEM, or the errno of the system call; then
     * nothing stays open. */
    syn_err (*open)(struct syni_poller **out_poller);

    /* Frees it and all that it opened. */
    void (*close)(struct syni_poller *poller);

    /* Sets what FD is watched for to exactly WANT (SYNI_READ and SYNI_WRITE, with
     * SYNI_ONCE and SYNI_FRESH), replacing what was. Neither direction: stop
     * watching it, which never fails, also if FD is closed by now or was never
     * watched. Fails: SYN_EBADF for no open descriptor; SYN_ENOTSUP for one that
     * cannot be waited for: regular files, also those of /proc, directories and block devices,
     * on every backend; SYN_EALREADY for one that the kernel does not watch since it is always
     * ready, such as /dev/null (where the kernel has no objection, it is watched);
     * SYN_ENOMEM; or what the kernel says. A failed call leaves FD unwatched. */
    syn_err (*watch)(struct syni_poller *poller, int fd, uint32_t tag, unsigned want);

    /* Forgets all that was watched, also what watch() can name no more: a file with a number that
     * was closed. No wake is lost; one may come for no reason. Fails: as open() does; then
     * nothing has changed. NULL: here nothing is watched any more once its number is closed. */
    syn_err (*renew)(struct syni_poller *poller);

    /* Waits for at most TIMEOUT_NS nanoseconds (0: look and return; negative:
     * without limit; may return up to 1 ms late, never knowingly early) and
     * fills at most CAPACITY events. Fails: SYN_EBADF as number 8 says; otherwise only as
     * the kernel does for reasons other than a signal; the loop then dies with that reason. */
    syn_err (*wait)(struct syni_poller *poller, struct syni_event *events, unsigned capacity,
                    int64_t timeout_ns, unsigned *out_count);

    /* A descriptor that is readable when wait() would return at once with something; stays the same
     * from open() to close(). NULL: there is none, see sources(). */
    int (*descriptor)(const struct syni_poller *poller);

    /* Where there is no such descriptor: fills at most CAPACITY entries that poll(2) waits for in
     * its place, until the next watch() or wait(), and returns how many there are. NULL otherwise. */
    unsigned (*sources)(const struct syni_poller *poller, struct pollfd *fds, unsigned capacity);

    /* Makes the present or the next wait() return. Any thread; never fails, never
     * blocks; async-signal-safe. */
    void (*wake)(struct syni_poller *poller);
};

/* What is to be polled for POLLER: its descriptor, or its sources; as sources() above. */
unsigned syni_poller_sources(const struct syni_backend *backend, const struct syni_poller *poller,
                             struct pollfd *fds, unsigned capacity);

/* The backend called NAME ("epoll", "kqueue", "poll"); NULL: the build's default,
 * the best that this system has. Returns NULL if there is none of that name. */
const struct syni_backend *syni_poller_find(const char *name);

/* Opens a poller of the backend called NAME; for NULL of the first that the system allows, from the
 * default on: an old kernel or a sandbox may refuse the calls that the best one needs.
 * Fails: SYN_EINVAL for a name that there is not, or as open() does. */
syn_err syni_poller_open(const char *name, const struct syni_backend **out_backend,
                         struct syni_poller **out_poller);

/* The I-th of the backends in this build, or NULL past the last. */
const struct syni_backend *syni_poller_at(unsigned i);

#endif

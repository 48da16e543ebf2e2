/* SPDX-License-Identifier: Apache-2.0
 *
 * What the suites of the backend contract share: a poller under test, the kinds of
 * descriptors to watch, and one case a backend from one body.
 *
 * A suite lists its bodies, void name(struct rig *rig), in a macro CASES(X), and
 * says CASES(CASE_FUNCTIONS) and, inside its table, CASES(CASE_ROWS). Each body is
 * then a case for each backend by name, so that one that the build lacks is seen
 * as a skip and not overlooked. A loop over the backends inside each case would
 * hide which of them failed.
 */
#ifndef BACKEND_RIG_H
#define BACKEND_RIG_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "backend/poller.h"
#include "test.h"

enum { BOTH = SYNI_READ | SYNI_WRITE, MS = 1000000, ROOM = 64 };

/* A poller under test, and what its latest wait() reported. */
struct rig {
    const struct syni_backend *backend;
    struct syni_poller *poller;
    struct syni_event events[ROOM];
    unsigned count;
};

static inline void run(const char *name, void (*body)(struct rig *rig))
{
    struct rig rig = {.backend = syni_poller_find(name)};
    if (rig.backend == NULL)
        TEST_SKIP("this build lacks the backend");
    CHECK_INT(rig.backend->open(&rig.poller), SYN_OK);
    body(&rig);
    rig.backend->close(rig.poller);
}

static inline void watch(struct rig *rig, int fd, uint32_t tag, unsigned want)
{
    CHECK_INT(rig->backend->watch(rig->poller, fd, tag, want), SYN_OK);
}

static inline void look_for(struct rig *rig, unsigned capacity, int64_t timeout_ns)
{
    CHECK_INT(rig->backend->wait(rig->poller, rig->events, capacity, timeout_ns, &rig->count),
              SYN_OK);
    CHECK(rig->count <= capacity);
}

static inline void look(struct rig *rig)
{
    look_for(rig, ROOM, 0);
}

/* What the latest look says of FD under TAG; no direction may be said twice. */
static inline unsigned ready(const struct rig *rig, int fd, uint32_t tag)
{
    unsigned all = 0;
    for (unsigned i = 0; i < rig->count; i++) {
        const struct syni_event *event = &rig->events[i];
        if (event->fd != fd || event->tag != tag)
            continue;
        CHECK(event->ready != 0);
        CHECK_INT(all & event->ready, 0);
        all |= event->ready;
    }
    return all;
}

static inline int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static inline void make_pipe(int ends[2])
{
    CHECK_INT(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
}

static inline void make_sockets(int ends[2])
{
    CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
}

static inline void close_both(const int ends[2])
{
    close(ends[0]);
    close(ends[1]);
}

static inline void put(int fd)
{
    CHECK_INT(write(fd, "x", 1), 1);
}

static inline void fill(int fd)
{
    static char block[4096];
    while (write(fd, block, sizeof block) > 0)
        ;
}

#define CASE_FUNCTIONS(body)           \
    static void I7_epoll_##body(void)  \
    {                                  \
        run("epoll", body);            \
    }                                  \
    static void I7_kqueue_##body(void) \
    {                                  \
        run("kqueue", body);           \
    }                                  \
    static void I7_poll_##body(void)   \
    {                                  \
        run("poll", body);             \
    }

#define CASE_ROWS(body) TEST(I7_epoll_##body), TEST(I7_kqueue_##body), TEST(I7_poll_##body),

#endif

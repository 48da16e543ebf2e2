/* SPDX-License-Identifier: Apache-2.0
 *
 * What the suites of hosted synchronizers share: some of them, and a loop of the program.
 */
#ifndef HOST_RIG_H
#define HOST_RIG_H

#include <poll.h>

#include "call_rig.h"

SYNCHRONIZER(app);
SYNCHRONIZER(by_poll, .backend = "poll");
SYNCHRONIZER(other);

ASYNC(app, int, square, (double, seconds), (int, x))
{
    co_begin;
    co_sleep(self->seconds);
    co_return(self->x * self->x);
    co_end;
}

ASYNC(by_poll, int, reads, (int, fd))
{
    char byte = 0;

    co_begin;
    co_sleep(0.001);
    co_readable(self->fd);
    co_return(read(self->fd, &byte, 1) == 1 ? byte : -1);
    co_end;
}

ASYNC(other, int, elsewhere, (int, x), SYN_LOCAL(int, y))
{
    co_begin;
    co_try(square_future(0.002, self->x), &self->y);
    co_return(self->y + 1);
    co_end;
}

PROMISE(int, number);

static pthread_t host;
static atomic_int n_run;

static inline int n_threads(void)
{
    DIR *tasks = opendir("/proc/self/task");
    int n = 0;

    if (!tasks)
        return -1;
    while (readdir(tasks))
        n++;
    closedir(tasks);
    return n - 2;
}

static inline void begin_host(struct syn_synchronizer *synchronizer)
{
    host = pthread_self();
    CHECK_INT(syn_host_begin(synchronizer), 0);
}

/* What a loop of the program does. */
static inline void wait_and_turn(struct syn_synchronizer *synchronizer)
{
    struct pollfd fds[8];
    size_t n = syn_host_fds(synchronizer, fds, 8);

    CHECK(n >= 1 && n <= 8);
    CHECK(poll(fds, (nfds_t)n, syn_host_timeout_ms(synchronizer)) >= 0);
    CHECK_INT(syn_host_turn(synchronizer), 0);
}

static inline bool is_readable(struct syn_synchronizer *synchronizer)
{
    struct pollfd fds[8];

    return poll(fds, (nfds_t)syn_host_fds(synchronizer, fds, 8), 0) > 0;
}

/* Until nothing is due. */
static inline void turn_until_quiet(struct syn_synchronizer *synchronizer)
{
    for (int i = 0; is_readable(synchronizer) || syn_host_timeout_ms(synchronizer) == 0; i++) {
        CHECK(i < 1000);
        CHECK_INT(syn_host_turn(synchronizer), 0);
    }
}

/* SLOTS as of done_after(). */
static inline void end_all_after(unsigned long slots)
{
    finish(&app);
    finish(&by_poll);
    finish(&other);
    CHECK(syn_memory_use().outstanding <= slots / 256);
}

static inline void end_all(void)
{
    end_all_after(0);
}

static inline void completes(int number, void *argument)
{
    struct number_promise *promise = argument;

    (void)number;
    usleep(2000);
    CHECK_INT(promise_complete(*promise, &(int){7}), 0);
}

#endif

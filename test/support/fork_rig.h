/* SPDX-License-Identifier: Apache-2.0
 *
 * What the suites of forked children share: things of each kind to call, and a child that checks.
 *
 * A check that fails in a child ends it with 1, which the parent finds. Children end by _exit(), so that
 * nothing else is run in them, unless a case is about that.
 */
#ifndef FORK_RIG_H
#define FORK_RIG_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include "support/db_rig.h"
#include "support/fork_begin.h"

extern char **environ;

SYNCHRONIZER(driven, .caller_may_drive = 1);
POOL(pool);
PROMISE(int, number);
CHANNEL(int, ints);

ASYNC(demo, int, twice, (double, seconds), (int, x))
{
    co_begin;
    co_sleep(self->seconds);
    co_return(2 * self->x);
    co_end;
}

ASYNC(driven, int, twice_driven, (int, x))
{
    co_begin;
    co_sleep(0.001);
    co_return(2 * self->x);
    co_end;
}

BLOCKING(pool, int, thrice, (int, x))
{
    return 3 * x;
}

GENERATOR(demo, int, counts, (int, n), SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < self->n; self->i++)
        co_yield(self->i);
    co_end;
}

/* Runs IN_CHILD in a child, which must end with status 0. */
static inline void in_child(void (*in_child)(void))
{
    pid_t pid = fork();
    int status;

    CHECK(pid >= 0);
    if (pid == 0) {
        alarm(100);
        in_child();
        _exit(0);
    }
    while (waitpid(pid, &status, 0) < 0)
        CHECK_INT(errno, EINTR);
    CHECK_INT(WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status), 0);
}

static inline void calls_work(void)
{
    struct ints_channel ch;
    int y = 0;

    CHECK_INT(twice(0.001, 21, &y), 0);
    CHECK_INT(y, 42);
    CHECK_INT(twice_driven(4, &y), 0);
    CHECK_INT(y, 8);
    CHECK_INT(thrice(5, &y), 0);
    CHECK_INT(y, 15);
    CHECK_INT(future_get(twice_future(0.001, 3), &y), 0);
    CHECK_INT(y, 6);
    CHECK_INT(future_get(thrice_future(3), &y), 0);
    CHECK_INT(y, 9);
    CHECK_INT(channel_new(ints, 4, &ch), 0);
    CHECK_INT(channel_send(ch, &y), 0);
    CHECK_INT(channel_close(ch), 0);
}

static inline void stop_all(void)
{
    CHECK_INT(pool_stop(&pool, syn_after(10)), 0);
    CHECK_INT(synchronizer_stop(&demo, syn_after(10)), 0);
    CHECK_INT(synchronizer_stop(&driven, syn_after(10)), 0);
}

static inline void free_all(void)
{
    CHECK_INT(syn_pool_free(&pool), 0);
    CHECK_INT(synchronizer_free(&demo), 0);
    CHECK_INT(synchronizer_free(&driven), 0);
}

static inline void work_stop_and_restart(void)
{
    calls_work();
    stop_all();
    CHECK_INT(synchronizer_start(&demo), 0);
    CHECK_INT(twice(0.0, 2, NULL), 0);
    stop_all();
    free_all();
}

#endif

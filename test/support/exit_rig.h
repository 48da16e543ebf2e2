/* SPDX-License-Identifier: Apache-2.0
 *
 * What the suites of exits share: a child that begins afresh and exits, how it ended and what it said; and
 * things that run meanwhile.
 */
#ifndef EXIT_RIG_H
#define EXIT_RIG_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "support/fork_rig.h"

static char said[4000];

/* What a child that runs FN, and then returns from main(), says; it must end with STATUS. */
static inline void ends_with(int status, void (*fn)(void))
{
    int out[2], got;
    ssize_t n;
    size_t length = 0;
    pid_t pid;

    CHECK_INT(pipe(out), 0);
    pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        alarm(100);
        dup2(out[1], STDERR_FILENO);
        close(out[0]);
        close(out[1]);
        fn();
        exit(0);
    }
    close(out[1]);
    while ((n = read(out[0], said + length, sizeof said - 1 - length)) > 0)
        length += (size_t)n;
    said[length] = '\0';
    close(out[0]);
    while (waitpid(pid, &got, 0) < 0)
        CHECK_INT(errno, EINTR);
    if (!WIFEXITED(got) || WEXITSTATUS(got) != status)
        test_fail(__FILE__, __LINE__, "it ended with 0x%x, and said: %s", got, said);
}

#define SAYS(condition)                                                                            \
    ((condition) ? (void)0 : test_fail(__FILE__, __LINE__, "%s, but it said: %s", #condition, said))

static inline bool says(const char *text)
{
    return strstr(said, text) != NULL;
}

/* For children with a short limit, of which an eighth is for giving up: a busy machine may not come to that in one of
 * them, but is no excuse for all. */
#define ENDS_AND_SAYS(status, fn, condition)                                                       \
    do {                                                                                           \
        ends_with(status, fn);                                                                     \
        for (int again = 0; again < 20 && !(condition); again++)                                   \
            ends_with(status, fn);                                                                 \
        SAYS(condition);                                                                           \
    } while (0)

ASYNC(demo, void, sleeps_and_cleans_up)
{
    co_begin;
    co_sleep(3600);
    co_finally;
    co_sleep(0.01);
    fprintf(stderr, "cleaned up\n");
    co_end;
}

BLOCKING(pool, void, waits_to_be_asked)
{
    while (!syn_pool_job_cancelled())
        usleep(1000);
    fprintf(stderr, "asked\n");
}

static inline void begin_things(void)
{
    future_detach(sleeps_and_cleans_up_future());
    future_detach(waits_to_be_asked_future());
    CHECK_INT(twice(0.001, 1, NULL), 0);
    CHECK_INT(thrice(1, NULL), 0);
}

#endif

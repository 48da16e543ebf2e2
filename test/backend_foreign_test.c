/* SPDX-License-Identifier: Apache-2.0
 *
 * The contract of src/backend/poller.h, number 8: other code closes a poller's descriptors, or
 * has its own files under their numbers, and neither hangs nor is harmed. Over every backend.
 */
#define _GNU_SOURCE /* pipe2 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#if defined(__linux__)
#include <sys/syscall.h>
#endif

#include "support/backend_rig.h"

enum { SCANNED = 256, MOST = 4 };

/* A second poller, and the numbers that it opened. */
struct victim {
    struct rig rig;
    int fds[MOST], n;
};

static struct victim make_victim(const struct rig *rig)
{
    struct victim v = {.rig = *rig};
    bool before[SCANNED];

    for (int fd = 0; fd < SCANNED; fd++)
        before[fd] = fcntl(fd, F_GETFD) >= 0;
    CHECK_INT(v.rig.backend->open(&v.rig.poller), SYN_OK);
    for (int fd = 0; fd < SCANNED; fd++)
        if (!before[fd] && fcntl(fd, F_GETFD) >= 0 && v.n < MOST)
            v.fds[v.n++] = fd;
    CHECK(v.n > 0);
    return v;
}

/* How many it opens. */
static int count_of(const struct rig *rig)
{
    struct victim v = make_victim(rig);

    v.rig.backend->close(v.rig.poller);
    return v.n;
}

/* Looks for so long as it takes the slowest to see it. */
static syn_err wait_for_it(struct victim *v)
{
    return v->rig.backend->wait(v->rig.poller, v->rig.events, ROOM, 20000 * (int64_t)MS,
                                &v->rig.count);
}

/* Descriptors of a failed poller that nobody can tell from others' stay open. */
static void give_up(struct victim *v)
{
    v->rig.backend->close(v->rig.poller);
    for (int i = 0; i < v->n; i++)
        close(v->fds[i]);
}

static void sees_that_its_descriptors_were_closed(struct rig *rig)
{
    int n = count_of(rig);

    for (int which = 0; which <= n; which++) {
        struct victim v = make_victim(rig);

        for (int i = 0; i < n; i++)
            if (which == n || which == i)
                close(v.fds[i]);
        v.rig.backend->wake(v.rig.poller);
        CHECK_INT(wait_for_it(&v), SYN_EBADF);
        give_up(&v);
    }
}

static off_t size_of(int fd)
{
    struct stat s;

    CHECK_INT(fstat(fd, &s), 0);
    return s.st_size;
}

/* Each number in turn, and all, are a file of somebody else. */
static void harms_no_file_that_has_its_numbers(struct rig *rig)
{
    FILE *file = tmpfile();
    int n = count_of(rig);

    CHECK_INT(write(fileno(file), "theirs", 6), 6);
    for (int which = 0; which <= n; which++) {
        struct victim v = make_victim(rig);

        for (int i = 0; i < n; i++)
            if (which == n || which == i)
                CHECK_INT(dup2(fileno(file), v.fds[i]), v.fds[i]);
        for (int i = 0; i < 3; i++)
            v.rig.backend->wake(v.rig.poller);
        CHECK_INT(wait_for_it(&v), SYN_EBADF);
        v.rig.backend->wake(v.rig.poller);
        CHECK_INT(size_of(fileno(file)), 6);
        CHECK_INT(lseek(fileno(file), 0, SEEK_CUR), 6); /* nothing was read either */
        v.rig.backend->close(v.rig.poller);
        for (int i = 0; i < n; i++)
            if (which == n || which == i)
                CHECK_INT(size_of(v.fds[i]), 6); /* still open */
        for (int i = 0; i < n; i++)
            close(v.fds[i]);
    }
    fclose(file);
}

/* Not close(), which thread sanitizers take for a race with the thread that uses FD: that is what it is. */
static void close_behind_its_back(int fd)
{
#if defined(__linux__)
    syscall(SYS_close, fd);
#else
    close(fd);
#endif
}

static void *sleep_in_it(void *argument)
{
    struct victim *v = argument;
    syn_err err = v->rig.backend->wait(v->rig.poller, v->rig.events, ROOM, -1, &v->rig.count);

    return err == SYN_EBADF ? argument : NULL;
}

/* All descriptors above a number, as programs do that become daemons. */
static void a_sleeper_wakes_when_they_are_closed(struct rig *rig)
{
    struct victim v = make_victim(rig);
    pthread_t sleeper;
    void *result;

    if (strcmp(rig->backend->name, "kqueue") == 0)
        TEST_SKIP("the double sleeps in epoll, which a real queue does not");
    CHECK_INT(pthread_create(&sleeper, NULL, sleep_in_it, &v), 0);
    usleep(20000); /* it sleeps, or is about to: either is right */
    for (int i = 0; i < v.n; i++)
        close_behind_its_back(v.fds[i]);
    v.rig.backend->wake(v.rig.poller);
    CHECK_INT(pthread_join(sleeper, &result), 0);
    CHECK(result == &v);
    give_up(&v);
}

/* The looks of a long sleep are no events, lose no wake, and are not early or late. */
static void a_long_sleep_is_one_sleep(struct rig *rig)
{
    int64_t start = now_ns(), slept;

    look_for(rig, ROOM, 600 * (int64_t)MS);
    slept = now_ns() - start;
    CHECK_INT(rig->count, 0);
    CHECK(slept >= 600 * (int64_t)MS);
    rig->backend->wake(rig->poller);
    rig->backend->wake(rig->poller);
    look_for(rig, ROOM, -1); /* both wakes are one return */
    CHECK_INT(rig->count, 0);
    start = now_ns();
    look_for(rig, ROOM, 5 * MS);
    CHECK(now_ns() - start >= 5 * MS);
}

#define CASES(X)                              \
    X(sees_that_its_descriptors_were_closed)  \
    X(harms_no_file_that_has_its_numbers)     \
    X(a_sleeper_wakes_when_they_are_closed)   \
    X(a_long_sleep_is_one_sleep)

CASES(CASE_FUNCTIONS)

static const struct test_case cases[] = {
    CASES(CASE_ROWS)
};
TEST_MAIN("backend_foreign", cases);

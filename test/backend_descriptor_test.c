/* SPDX-License-Identifier: Apache-2.0
 *
 * The contract of src/backend/poller.h, third part: numbers that are closed,
 * reused, refused, what a poller opens itself, and every system call and every
 * allocation failing in turn, over every backend that this build has.
 */
#define _GNU_SOURCE /* pipe2, dup3 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <synchronicity/mem.h>
#include <synchronicity/testing.h>

#include "support/backend_rig.h"

/* Descriptors that are closed, reused, refused. */

/* ENDS' reader is closed and its number given to a new pipe, which replaces ENDS. */
static void reuse_number(int ends[2])
{
    int old = ends[0];
    close_both(ends);
    make_pipe(ends);
    if (ends[0] != old) {
        CHECK_INT(dup3(ends[0], old, O_CLOEXEC), old);
        close(ends[0]);
        ends[0] = old;
    }
}

static void expect_no_old_events(struct rig *rig, bool keep_file_alive)
{
    for (unsigned once = 0; once <= SYNI_ONCE; once += SYNI_ONCE) {
        int ends[2];
        make_pipe(ends);
        put(ends[1]);
        watch(rig, ends[0], 1, SYNI_READ | once);
        int copy = keep_file_alive ? fcntl(ends[0], F_DUPFD_CLOEXEC, 0) : -1;
        reuse_number(ends);
        watch(rig, ends[0], 2, SYNI_READ | once | SYNI_FRESH);
        for (int turn = 0; turn < 3; turn++) {
            look(rig);
            CHECK_INT(ready(rig, ends[0], 2), 0);
        }
        put(ends[1]);
        look_for(rig, ROOM, 1000 * MS);
        CHECK_INT(ready(rig, ends[0], 2), SYNI_READ);
        watch(rig, ends[0], 2, 0);
        close(copy);
        close_both(ends);
    }
}

static void reused_number_gets_no_old_events(struct rig *rig)
{
    expect_no_old_events(rig, false);
}

static void reused_number_gets_no_old_events_while_a_dup_lives(struct rig *rig)
{
    expect_no_old_events(rig, true);
}

static void closed_while_watched_does_not_spin(struct rig *rig)
{
    int ends[2];
    make_sockets(ends);
    watch(rig, ends[0], 1, SYNI_READ | SYNI_WRITE);
    close_both(ends);
    look_for(rig, ROOM, MS); /* may say so, once */
    CHECK(rig->count <= 2);
    int64_t start = now_ns();
    look_for(rig, ROOM, 20 * MS);
    CHECK_INT(rig->count, 0);
    CHECK(now_ns() - start >= 20 * MS);
}

static void refuses_files_and_directories(struct rig *rig)
{
    FILE *stream = tmpfile();
    CHECK(stream != NULL);
    int file = fileno(stream), directory = open("/", O_RDONLY | O_CLOEXEC);
    for (unsigned want = 0; want < SYNI_FRESH * 2; want++) {
        syn_err expected = want & BOTH ? SYN_ENOTSUP : SYN_OK;
        CHECK_INT(rig->backend->watch(rig->poller, file, 1, want), expected);
        CHECK_INT(rig->backend->watch(rig->poller, directory, 1, want), expected);
    }
    look(rig);
    CHECK_INT(rig->count, 0);
    fclose(stream);
    close(directory);
}

static void refuses_what_is_not_open(struct rig *rig)
{
    int ends[2];
    make_pipe(ends);
    close_both(ends);
    CHECK_INT(rig->backend->watch(rig->poller, ends[0], 1, SYNI_READ), SYN_EBADF);
    CHECK_INT(rig->backend->watch(rig->poller, ends[1], 1, BOTH | SYNI_FRESH), SYN_EBADF);
    CHECK_INT(rig->backend->watch(rig->poller, -1, 1, SYNI_WRITE), SYN_EBADF);
    CHECK_INT(rig->backend->watch(rig->poller, INT_MAX, 1, SYNI_READ), SYN_EBADF);
    look(rig);
    CHECK_INT(rig->count, 0);
}

static void watches_number_zero(struct rig *rig)
{
    int ends[2], keep = fcntl(0, F_DUPFD_CLOEXEC, 0);
    make_pipe(ends);
    CHECK_INT(dup2(ends[0], 0), 0);
    put(ends[1]);
    watch(rig, 0, 0, SYNI_READ);
    look(rig);
    CHECK_INT(rig->count, 1);
    CHECK_INT(ready(rig, 0, 0), SYNI_READ);
    watch(rig, 0, 0, 0);
    close(0);
    if (keep >= 0)
        dup2(keep, 0);
    close(keep);
    close_both(ends);
}

enum { SCANNED = 256 };

static int scan(bool open[SCANNED])
{
    int n = 0;
    for (int fd = 0; fd < SCANNED; fd++)
        n += open[fd] = fcntl(fd, F_GETFD) >= 0;
    return n;
}

/* A queue itself is not read from; whatever else blocks would hang here. */
static void descriptors_are_private_and_never_block(struct rig *rig)
{
    bool before[SCANNED], after[SCANNED];
    int n = scan(before);
    struct rig other = *rig;
    CHECK_INT(other.backend->open(&other.poller), SYN_OK);
    CHECK(scan(after) > n);
    for (int fd = 0; fd < SCANNED; fd++) {
        if (before[fd] || !after[fd])
            continue;
        char bytes[8];
        CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
        while (read(fd, bytes, sizeof bytes) > 0)
            ;
        CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK || errno == EINVAL);
    }
    other.backend->close(other.poller);
    CHECK_INT(scan(after), n);
}

/* Failures, one call after the other. */

static void open_fails_cleanly(struct rig *rig)
{
    bool open[SCANNED];
    struct rig other = *rig;
    int n = scan(open), failed = 0;
    unsigned long held = syn_memory_use().outstanding;
    for (unsigned long nth = 1;; nth++) {
        syn_fault_set(NULL, nth, 1, EMFILE);
        other.poller = NULL;
        syn_err err = other.backend->open(&other.poller);
        unsigned long hits = syn_fault_hits();
        syn_fault_clear();
        if (err == SYN_OK)
            other.backend->close(other.poller);
        else
            CHECK(other.poller == NULL);
        CHECK(err == SYN_ENOMEM || err == EMFILE || (err == SYN_OK && hits < nth));
        failed += err != SYN_OK;
        CHECK_INT(scan(open), n);
        CHECK_INT(syn_memory_use().outstanding, held);
        if (hits < nth)
            break;
    }
    CHECK(failed >= 3);
}

/* FD is watched from time to time, so that the calls that fail are those of both
 * cases; many others, so that whatever grows must grow. */
static void watch_fails_cleanly(struct rig *rig)
{
    int ends[2], copies[40], failed = 0;
    make_sockets(ends);
    put(ends[1]);
    for (int i = 0; i < 40; i++) {
        copies[i] = fcntl(ends[0], F_DUPFD_CLOEXEC, 0);
        for (unsigned long nth = 1; nth < 20; nth++) {
            unsigned want = nth % 2 ? BOTH : SYNI_READ;
            if (i % 2)
                watch(rig, copies[i], 1, SYNI_READ);
            syn_fault_set(NULL, nth, 1, EIO);
            syn_err err = rig->backend->watch(rig->poller, copies[i], 2, want);
            syn_fault_clear();
            CHECK(err == SYN_OK || err == SYN_EIO || err == SYN_ENOMEM);
            failed += err != SYN_OK;
            look(rig);
            CHECK_INT(ready(rig, copies[i], 1), 0);
            CHECK_INT(ready(rig, copies[i], 2), err == SYN_OK ? want : 0);
            watch(rig, copies[i], 3, SYNI_READ);
            look(rig);
            CHECK_INT(ready(rig, copies[i], 3), SYNI_READ);
            watch(rig, copies[i], 3, 0);
        }
        watch(rig, copies[i], 4, SYNI_READ); /* stays: the poller fills up */
    }
    CHECK(failed >= 40);
    for (int i = 0; i < 40; i++)
        close(copies[i]);
    close_both(ends);
}

static void wait_fails_cleanly(struct rig *rig)
{
    static const int errors[] = {EIO, EINTR};
    int ends[2];
    make_pipe(ends);
    put(ends[1]);
    for (int i = 0; i < 16; i++) {
        int error = errors[i % 2];
        watch(rig, ends[0], 8, SYNI_READ | SYNI_ONCE);
        rig->backend->wake(rig->poller);
        rig->count = 99;
        syn_fault_set(NULL, 1 + (unsigned long)i / 4, 1, error);
        syn_err err =
            rig->backend->wait(rig->poller, rig->events, ROOM, i & 4 ? MS : 0, &rig->count);
        syn_fault_clear();
        CHECK(err == SYN_OK || (err == SYN_EIO && error == EIO));
        CHECK(err == SYN_OK || rig->count == 99); /* untouched */
        unsigned seen = err == SYN_OK ? ready(rig, ends[0], 8) : 0;
        for (int turn = 0; turn < 2; turn++) {
            look(rig);
            seen += ready(rig, ends[0], 8);
        }
        CHECK_INT(seen, SYNI_READ); /* not lost, not twice */
    }
    close_both(ends);
}
/* kevent() is the only call of the three that may be interrupted while it changes. */
static void interrupted_kevent(struct rig *rig)
{
    int ends[2];
    make_pipe(ends);
    put(ends[1]);
    syn_fault_set("kevent", 1, 3, EINTR);
    watch(rig, ends[0], 1, SYNI_READ);
    CHECK_INT(syn_fault_hits(), 4);
    syn_fault_clear();
    look(rig);
    CHECK_INT(ready(rig, ends[0], 1), SYNI_READ);
    close_both(ends);
}

#define CASES(X)                                          \
    X(reused_number_gets_no_old_events)                   \
    X(reused_number_gets_no_old_events_while_a_dup_lives) \
    X(closed_while_watched_does_not_spin)                 \
    X(refuses_files_and_directories)                      \
    X(refuses_what_is_not_open)                           \
    X(watches_number_zero)                                \
    X(descriptors_are_private_and_never_block)            \
    X(open_fails_cleanly)                                 \
    X(watch_fails_cleanly)                                \
    X(wait_fails_cleanly)

CASES(CASE_FUNCTIONS)

static void I7_kqueue_watch_survives_an_interrupted_call(void)
{
    run("kqueue", interrupted_kevent);
}

static const struct test_case cases[] = {
    CASES(CASE_ROWS)
    TEST(I7_kqueue_watch_survives_an_interrupted_call),
};
TEST_MAIN("backend_descriptor", cases);

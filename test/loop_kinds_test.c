/* SPDX-License-Identifier: Apache-2.0
 *
 * What can be waited for: one rule for all kinds of descriptors (src/backend/poller.h), over
 * each backend: kernels disagree about most of them.
 */
#define _GNU_SOURCE /* posix_openpt */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loop/watch.h"
#include "support/loop_rig.h"

/* Waits for DIRECTION of FD, ten times in a row, and is woken in each. */
static void check_always_ready(struct rig *rig, int fd, unsigned direction)
{
    struct wait wait;

    for (int i = 0; i < 10; i++) {
        CHECK_INT(rig_wait(rig, &wait, fd, direction), SYN_OK);
        CHECK_INT(wait.woken, 0);
        rig_turns(rig, 2);
        CHECK_INT(wait.woken, 1);
    }
}

/* Both at once; one that is given up does not become ready, nor keeps the other from it. */
static void check_both_ways(struct rig *rig, int fd)
{
    struct wait reader, writer;

    CHECK_INT(rig_wait(rig, &reader, fd, SYNI_READ), SYN_OK);
    CHECK_INT(rig_wait(rig, &writer, fd, SYNI_WRITE), SYN_OK);
    rig_turns(rig, 3);
    CHECK_INT(reader.woken * 10 + writer.woken, 11);
    CHECK_INT(rig_wait(rig, &reader, fd, SYNI_READ), SYN_OK);
    CHECK_INT(rig_wait(rig, &writer, fd, SYNI_WRITE), SYN_OK);
    syni_watch_stop(&rig->loop, &reader.wait);
    rig_turns(rig, 3);
    CHECK_INT(reader.woken * 10 + writer.woken, 1);
    CHECK_INT(rig->loop.n_fd_waits, 0);
}

static void devices_that_never_block_are_always_ready(struct rig *rig)
{
    static const char *const names[] = {"/dev/null", "/dev/zero", "/dev/full"};

    for (int i = 0; i < 3; i++)
        for (int kept = 0; kept < 2; kept++) {
            int fd = open(names[i], O_RDWR | O_CLOEXEC);

            if (fd < 0) /* not every system has each of them */
                continue;
            if (kept)
                CHECK_INT(syni_watch_keep(&rig->loop, fd), SYN_OK);
            check_always_ready(rig, fd, SYNI_READ);
            check_always_ready(rig, fd, SYNI_WRITE);
            check_both_ways(rig, fd);
            syni_watch_forget(&rig->loop, fd);
            close(fd);
        }
}

/* Nobody is woken for the old file, which is always ready, by what waits for the new one. */
static void a_number_that_was_always_ready_is_so_no_more(struct rig *rig)
{
    struct wait wait;
    int ends[2], fd = open("/dev/null", O_RDWR | O_CLOEXEC);

    make_pipe(ends);
    CHECK_INT(rig_wait(rig, &wait, fd, SYNI_READ), SYN_OK);
    syni_watch_stop(&rig->loop, &wait.wait);
    CHECK_INT(dup2(ends[0], fd), fd);
    CHECK_INT(rig_wait(rig, &wait, fd, SYNI_READ), SYN_OK);
    rig_turns(rig, 5);
    CHECK_INT(wait.woken, 0);
    put(ends[1]);
    rig_turns(rig, 5);
    CHECK_INT(wait.woken, 1);
    close(fd);
    close_both(ends);
}

static void check_refused(struct rig *rig, int fd)
{
    struct wait wait;

    for (int i = 0; i < 2; i++) {
        CHECK_INT(rig_wait(rig, &wait, fd, SYNI_READ), SYN_ENOTSUP);
        CHECK_INT(rig_wait(rig, &wait, fd, SYNI_WRITE), SYN_ENOTSUP);
        CHECK_INT(syni_watch_keep(&rig->loop, fd), SYN_OK); /* which watches nothing yet */
    }
    syni_watch_forget(&rig->loop, fd);
    CHECK_INT(rig->loop.n_fd_waits, 0);
}

/* One of /proc too, which Linux's own epoll watches. */
static void files_directories_and_disks_are_refused(struct rig *rig)
{
    static const char *const names[] = {"/proc/self/mounts", "/proc/self/status", "/", "/dev/loop0",
                                        "/dev/sda"};
    FILE *file = tmpfile();

    CHECK(file != NULL);
    check_refused(rig, fileno(file));
    fclose(file);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        int fd = open(names[i], O_RDONLY | O_NONBLOCK | O_CLOEXEC);

        if (fd < 0) /* not every machine has each of them */
            continue;
        check_refused(rig, fd);
        close(fd);
    }
}

static void a_terminal_is_ready_when_a_line_came(struct rig *rig)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK), slave;
    struct wait reader;

    if (master < 0 || grantpt(master) || unlockpt(master))
        TEST_SKIP("there are no terminals here");
    slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    CHECK(slave >= 0);
    check_always_ready(rig, slave, SYNI_WRITE);
    CHECK_INT(rig_wait(rig, &reader, slave, SYNI_READ), SYN_OK);
    rig_turns(rig, 3);
    CHECK_INT(reader.woken, 0);
    CHECK_INT(write(master, "line\n", 5), 5);
    while (!reader.woken) {
        rig_turns(rig, 1);
        usleep(100); /* the kernel's own worker carries it over */
    }
    CHECK_INT(reader.woken, 1);
    close(slave);
    close(master);
}

static void a_named_pipe_is_ready_when_something_came(struct rig *rig)
{
    char path[] = "/tmp/syn-fifo-XXXXXX";
    int hold = mkstemp(path), in, out;
    struct wait reader;

    CHECK(hold >= 0);
    close(hold);
    CHECK_INT(unlink(path), 0);
    CHECK_INT(mkfifo(path, 0600), 0);
    in = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    out = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    CHECK_INT(unlink(path), 0);
    CHECK_INT(rig_wait(rig, &reader, in, SYNI_READ), SYN_OK);
    check_always_ready(rig, out, SYNI_WRITE);
    CHECK_INT(reader.woken, 0);
    put(out);
    rig_turns(rig, 2);
    CHECK_INT(reader.woken, 1);
    close(in);
    close(out);
}

#define CASES(X)                                                                                   \
    X(devices_that_never_block_are_always_ready)                                                   \
    X(a_number_that_was_always_ready_is_so_no_more)                                                \
    X(files_directories_and_disks_are_refused)                                                     \
    X(a_terminal_is_ready_when_a_line_came)                                                        \
    X(a_named_pipe_is_ready_when_something_came)

CASES(CASE_FUNCTIONS)

static const struct test_case cases[] = {
    CASES(CASE_ROWS)
};
TEST_MAIN("loop_kinds", cases);

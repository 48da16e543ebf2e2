/* SPDX-License-Identifier: Apache-2.0
 *
 * Two waiters for one descriptor, in different directions or the same one, and its
 * end (src/loop/watch.c), over each backend of the build.
 */
#include <unistd.h>

#include "loop/watch.h"
#include "support/loop_rig.h"

static void keep(struct rig *rig, int fd, bool kept)
{
    if (kept)
        CHECK_INT(syni_watch_keep(&rig->loop, fd), SYN_OK);
}

static void check_two_directions(struct rig *rig, bool kept)
{
    struct wait reader, writer;
    char block[4096];
    int ends[2];

    make_sockets(ends);
    keep(rig, ends[0], kept);
    for (int round = 0; round < 3; round++) {
        fill(ends[0]);
        CHECK_INT(rig_wait(rig, &reader, ends[0], SYNI_READ), SYN_OK);
        CHECK_INT(rig_wait(rig, &writer, ends[0], SYNI_WRITE), SYN_OK);
        rig_turns(rig, 2);
        CHECK_INT(reader.woken * 10 + writer.woken, 0);
        put(ends[1]);
        rig_turns(rig, 3);
        CHECK_INT(reader.woken * 10 + writer.woken, 10);
        take(ends[0]);
        while (read(ends[1], block, sizeof block) > 0)
            ;
        rig_turns(rig, 3);
        CHECK_INT(reader.woken * 10 + writer.woken, 11);
    }
    syni_watch_forget(&rig->loop, ends[0]);
    close_both(ends);
}

static void two_wait_for_different_directions(struct rig *rig)
{
    check_two_directions(rig, false);
}

static void two_wait_for_different_directions_of_a_kept_one(struct rig *rig)
{
    check_two_directions(rig, true);
}

static void second_waiter_for_a_direction_is_refused(struct rig *rig)
{
    struct wait first, second;
    int ends[2];

    make_pipe(ends);
    CHECK_INT(rig_wait(rig, &first, ends[0], SYNI_READ), SYN_OK);
    CHECK_INT(rig_wait(rig, &second, ends[0], SYNI_READ), SYN_EBUSY);
    syni_watch_stop(&rig->loop, &second.wait); /* does not wait: the first one stays */
    put(ends[1]);
    rig_turns(rig, 2);
    CHECK_INT(first.woken, 1);
    CHECK_INT(second.woken, 0);
    CHECK_INT(rig_wait(rig, &second, ends[0], SYNI_READ), SYN_OK);
    rig_turns(rig, 2);
    CHECK_INT(second.woken, 1);
    close_both(ends);
}

static void check_hang_up(struct rig *rig, bool kept)
{
    struct wait reader, writer;
    int ends[2];

    make_sockets(ends);
    keep(rig, ends[0], kept);
    fill(ends[0]);
    CHECK_INT(rig_wait(rig, &reader, ends[0], SYNI_READ), SYN_OK);
    CHECK_INT(rig_wait(rig, &writer, ends[0], SYNI_WRITE), SYN_OK);
    close(ends[1]);
    rig_turns(rig, 3);
    CHECK_INT(reader.woken, 1);
    CHECK_INT(writer.woken, 1);
    syni_watch_forget(&rig->loop, ends[0]);
    close(ends[0]);
}

static void hang_up_wakes_reader_and_writer(struct rig *rig)
{
    check_hang_up(rig, false);
}

static void hang_up_wakes_reader_and_writer_of_a_kept_one(struct rig *rig)
{
    check_hang_up(rig, true);
}

#define CASES(X)                                                                                   \
    X(two_wait_for_different_directions)                                                           \
    X(two_wait_for_different_directions_of_a_kept_one)                                             \
    X(second_waiter_for_a_direction_is_refused)                                                    \
    X(hang_up_wakes_reader_and_writer)                                                             \
    X(hang_up_wakes_reader_and_writer_of_a_kept_one)

CASES(CASE_FUNCTIONS)

static const struct test_case cases[] = {
    CASES(CASE_ROWS)
};
TEST_MAIN("loop_directions", cases);

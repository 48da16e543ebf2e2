/* SPDX-License-Identifier: Apache-2.0
 *
 * What the loop tells the kernel about a descriptor (src/loop/watch.c), over each
 * backend of the build: kept, forgotten, and when the kernel refuses.
 */
#include "loop/watch.h"
#include "support/loop_rig.h"

static void forget_wakes_who_waits(struct rig *rig)
{
    struct wait reader, writer;
    int ends[2];

    for (int kept = 0; kept < 2; kept++) {
        make_sockets(ends);
        fill(ends[0]);
        if (kept)
            CHECK_INT(syni_watch_keep(&rig->loop, ends[0]), SYN_OK);
        CHECK_INT(rig_wait(rig, &reader, ends[0], SYNI_READ), SYN_OK);
        CHECK_INT(rig_wait(rig, &writer, ends[0], SYNI_WRITE), SYN_OK);
        syni_watch_forget(&rig->loop, ends[0]);
        CHECK_INT(reader.woken, 1);
        CHECK_INT(writer.woken, 1);
        syni_watch_forget(&rig->loop, ends[0]);
        put(ends[1]);
        rig_turns(rig, 3);
        CHECK_INT(reader.woken * 10 + writer.woken, 11);
        close_both(ends);
    }
}

static void keeping_one_that_is_waited_for_loses_no_waiter(struct rig *rig)
{
    struct wait reader;
    int ends[2];

    for (int times = 1; times < 3; times++) {
        make_sockets(ends);
        CHECK_INT(rig_wait(rig, &reader, ends[0], SYNI_READ), SYN_OK);
        for (int i = 0; i < times; i++)
            CHECK_INT(syni_watch_keep(&rig->loop, ends[0]), SYN_OK);
        put(ends[1]);
        rig_turns(rig, 3);
        CHECK_INT(reader.woken, 1);
        syni_watch_forget(&rig->loop, ends[0]);
        close_both(ends);
    }
}

/* Each call of the backend's watch() fails once: nobody may be left behind. */
static void check_failing(struct rig *rig, unsigned long nth, bool kept)
{
    struct wait reader, writer;
    syn_err first, second;
    int ends[2];

    make_sockets(ends);
    put(ends[1]);
    if (kept)
        CHECK_INT(syni_watch_keep(&rig->loop, ends[0]), SYN_OK);
    syn_fault_set(rig->loop.backend == syni_poller_find("epoll") ? "epoll_ctl" : "fstat", nth, 1,
                  ENOMEM);
    first = rig_wait(rig, &reader, ends[0], SYNI_READ);
    second = rig_wait(rig, &writer, ends[0], SYNI_WRITE);
    rig_turns(rig, 4);
    syn_fault_clear();
    CHECK_INT(first == SYN_OK, reader.woken);
    CHECK_INT(second == SYN_OK, writer.woken);
    CHECK_INT(rig->loop.n_fd_waits, 0);
    syni_watch_forget(&rig->loop, ends[0]);
    close_both(ends);
}

static void registration_that_fails_leaves_nobody_behind(struct rig *rig)
{
    for (unsigned long nth = 1; nth < 8; nth++) {
        check_failing(rig, nth, false);
        check_failing(rig, nth, true);
    }
}

/* A kept one is armed for both; the writer was woken, only the reader waits, and
 * taking away the interest in writing fails. */
static void interest_that_cannot_be_taken_away_leaves_nobody_behind(struct rig *rig)
{
    struct wait reader, writer;
    int ends[2];

    make_sockets(ends);
    CHECK_INT(syni_watch_keep(&rig->loop, ends[0]), SYN_OK);
    CHECK_INT(rig_wait(rig, &writer, ends[0], SYNI_WRITE), SYN_OK);
    CHECK_INT(rig_wait(rig, &reader, ends[0], SYNI_READ), SYN_OK);
    rig_turns(rig, 1);
    CHECK_INT(writer.woken * 10 + reader.woken, 10);
    syn_fault_set(rig->loop.backend == syni_poller_find("epoll") ? "epoll_ctl" : "fstat", 1, 1,
                  ENOMEM);
    rig_turns(rig, 3);
    syn_fault_clear();
    put(ends[1]);
    rig_turns(rig, 3);
    CHECK_INT(reader.woken, 1);
    syni_watch_forget(&rig->loop, ends[0]);
    close_both(ends);
}

#define CASES(X)                                                                                   \
    X(forget_wakes_who_waits)                                                                      \
    X(keeping_one_that_is_waited_for_loses_no_waiter)                                              \
    X(registration_that_fails_leaves_nobody_behind)                                                \
    X(interest_that_cannot_be_taken_away_leaves_nobody_behind)

CASES(CASE_FUNCTIONS)

static const struct test_case cases[] = {
    CASES(CASE_ROWS)
};
TEST_MAIN("loop_register", cases);

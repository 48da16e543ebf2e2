/* SPDX-License-Identifier: Apache-2.0
 *
 * Waiting for descriptors (src/loop/watch.c), over each backend of the build: what
 * is woken, what it costs, and that nobody spins. Two waiters: loop_directions_test.c;
 * numbers that are closed, reused or absurd: loop_descriptor_test.c.
 */
#include <unistd.h>

#include "loop/loop_turn.h"
#include "loop/watch.h"
#include "support/loop_rig.h"

static unsigned long watches(const struct rig *rig)
{
    return rig->loop.counts.watches;
}

static void keep(struct rig *rig, int fd, bool kept)
{
    if (kept)
        CHECK_INT(syni_watch_keep(&rig->loop, fd), SYN_OK);
}

static void let_alarm_ring(struct syni_timer *timer)
{
    (void)timer;
}

/* How many turns it takes until there is nothing to do but to let time pass. */
static int turns_until_asleep(struct rig *rig)
{
    int64_t deadline = syni_loop_now(&rig->loop) + MS;
    struct syni_timer alarm = {0};
    int n = 0;

    syni_timer_start(&rig->loop, &alarm, deadline, let_alarm_ring);
    for (; syni_loop_now(&rig->loop) < deadline; n++) {
        CHECK(n < 1000);
        syni_loop_turn(&rig->loop, SYNI_NEVER);
    }
    syni_timer_stop(&rig->loop, &alarm);
    return n;
}

static void wakes_when_ready_once_and_not_inside_the_call(struct rig *rig)
{
    struct wait wait;
    int ends[2];

    make_pipe(ends);
    put(ends[1]);
    CHECK_INT(rig_wait(rig, &wait, ends[0], SYNI_READ), SYN_OK);
    CHECK_INT(wait.woken, 0);
    rig_turns(rig, 5);
    CHECK_INT(wait.woken, 1);
    CHECK_INT(rig->loop.n_fd_waits, 0);
    close_both(ends);
}

/* A client that asks, waits, and reads the answer. */
static void ask_and_answer(struct rig *rig, const int ends[2], int rounds)
{
    struct wait wait;

    for (int i = 0; i < rounds; i++) {
        put(ends[0]);
        take(ends[1]);
        CHECK_INT(rig_wait(rig, &wait, ends[0], SYNI_READ), SYN_OK);
        rig_turns(rig, 1);
        CHECK_INT(wait.woken, 0);
        put(ends[1]);
        rig_turns(rig, 1);
        CHECK_INT(wait.woken, 1);
        take(ends[0]);
    }
}

static void kept_descriptor_costs_nothing_each_time(struct rig *rig)
{
    unsigned long before = watches(rig);
    int ends[2];

    make_sockets(ends);
    keep(rig, ends[0], true);
    ask_and_answer(rig, ends, 100);
    CHECK_INT(watches(rig) - before, 1);
    syni_watch_forget(&rig->loop, ends[0]);
    CHECK_INT(watches(rig) - before, 2);
    close_both(ends);
}

static void other_descriptor_is_registered_each_time(struct rig *rig)
{
    unsigned long before = watches(rig);
    int ends[2];

    make_sockets(ends);
    ask_and_answer(rig, ends, 100);
    CHECK_INT(watches(rig) - before, 100);
    close_both(ends);
}

/* Woken, and then nobody reads what came, nor waits. */
static void check_silence(struct rig *rig, bool kept)
{
    unsigned long before = watches(rig);
    struct wait wait;
    int ends[2];

    make_sockets(ends);
    keep(rig, ends[0], kept);
    put(ends[1]);
    for (int round = 0; round < 3; round++) {
        CHECK_INT(rig_wait(rig, &wait, ends[0], SYNI_READ), SYN_OK);
        CHECK(turns_until_asleep(rig) <= 4);
        CHECK_INT(wait.woken, 1);
    }
    close(ends[1]); /* a hang-up is no reason to spin either */
    CHECK(turns_until_asleep(rig) <= 4);
    CHECK(watches(rig) - before <= 6);
    syni_watch_forget(&rig->loop, ends[0]);
    close(ends[0]);
}

static void kept_and_ready_with_nobody_waiting_is_silent(struct rig *rig)
{
    check_silence(rig, true);
}

static void ready_with_nobody_waiting_is_silent(struct rig *rig)
{
    check_silence(rig, false);
}

/* Woken, and its reader is still in the queue behind others: the loop, which looks
 * between batches, sees it ready with nobody waiting, and must not undo and redo its
 * registration for that. */
static void kept_and_about_to_be_read_is_left_registered(struct rig *rig)
{
    enum { JOBS = 4 * SYNI_LOOP_BATCH };
    static struct count_job jobs[JOBS];
    struct wait wait, other;
    unsigned long before;
    int ends[2], others[2];

    make_sockets(ends);
    make_sockets(others);
    keep(rig, ends[0], true);
    CHECK_INT(rig_wait(rig, &other, others[0], SYNI_READ), SYN_OK); /* so that it looks */
    CHECK_INT(rig_wait(rig, &wait, ends[0], SYNI_READ), SYN_OK);
    before = watches(rig);
    put(ends[1]);
    rig_turns(rig, 1);
    CHECK_INT(wait.woken, 1);
    for (int i = 0; i < JOBS; i++) {
        count_job_init(&jobs[i]);
        syni_loop_ready(&rig->loop, &jobs[i].job);
    }
    rig_turns(rig, 3);
    CHECK_INT(jobs[JOBS - 1].runs, 0);
    CHECK_INT(watches(rig), before);
    rig_turns(rig, 3);
    CHECK(watches(rig) > before); /* now nobody is about to read it */
    syni_watch_forget(&rig->loop, ends[0]);
    syni_watch_stop(&rig->loop, &other.wait);
    close_both(ends);
    close_both(others);
}

/* Somebody waits for something else, which keeps the loop looking. */
static void ready_in_the_direction_nobody_waits_for_is_silent(struct rig *rig)
{
    struct wait reader, writer;
    int ends[2];

    make_sockets(ends);
    keep(rig, ends[0], true);
    CHECK_INT(rig_wait(rig, &writer, ends[0], SYNI_WRITE), SYN_OK);
    CHECK_INT(rig_wait(rig, &reader, ends[0], SYNI_READ), SYN_OK);
    CHECK(turns_until_asleep(rig) <= 4);
    CHECK_INT(writer.woken, 1);
    CHECK_INT(reader.woken, 0);
    CHECK(turns_until_asleep(rig) <= 2);
    put(ends[1]);
    CHECK(turns_until_asleep(rig) <= 4);
    CHECK_INT(reader.woken, 1);
    syni_watch_forget(&rig->loop, ends[0]);
    close_both(ends);
}

static void check_stop(struct rig *rig, bool kept)
{
    struct wait reader, writer;
    int ends[2];

    make_sockets(ends);
    keep(rig, ends[0], kept);
    fill(ends[0]);
    CHECK_INT(rig_wait(rig, &reader, ends[0], SYNI_READ), SYN_OK);
    CHECK_INT(rig_wait(rig, &writer, ends[0], SYNI_WRITE), SYN_OK);
    syni_watch_stop(&rig->loop, &reader.wait);
    syni_watch_stop(&rig->loop, &reader.wait);
    put(ends[1]);
    CHECK(turns_until_asleep(rig) <= 4);
    CHECK_INT(reader.woken, 0);
    CHECK_INT(rig_wait(rig, &reader, ends[0], SYNI_READ), SYN_OK);
    rig_turns(rig, 2);
    CHECK_INT(reader.woken, 1);
    CHECK_INT(writer.woken, 0);
    syni_watch_stop(&rig->loop, &writer.wait);
    CHECK_INT(rig->loop.n_fd_waits, 0);
    syni_watch_forget(&rig->loop, ends[0]);
    close_both(ends);
}

static void stopped_waiter_is_not_woken(struct rig *rig)
{
    check_stop(rig, false);
}

static void stopped_waiter_of_a_kept_one_is_not_woken(struct rig *rig)
{
    check_stop(rig, true);
}

#define CASES(X)                                                                                   \
    X(wakes_when_ready_once_and_not_inside_the_call)                                               \
    X(kept_descriptor_costs_nothing_each_time)                                                     \
    X(other_descriptor_is_registered_each_time)                                                    \
    X(kept_and_ready_with_nobody_waiting_is_silent)                                                \
    X(kept_and_about_to_be_read_is_left_registered)                                                \
    X(ready_with_nobody_waiting_is_silent)                                                         \
    X(ready_in_the_direction_nobody_waits_for_is_silent)                                           \
    X(stopped_waiter_is_not_woken)                                                                 \
    X(stopped_waiter_of_a_kept_one_is_not_woken)

CASES(CASE_FUNCTIONS)

static const struct test_case cases[] = {
    CASES(CASE_ROWS)
};
TEST_MAIN("loop_watch", cases);

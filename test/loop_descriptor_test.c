/* SPDX-License-Identifier: Apache-2.0
 *
 * Numbers of descriptors that are closed, reused, high or absurd (src/loop/watch.c),
 * over each backend of the build.
 */
#define _POSIX_C_SOURCE 200809L /* fileno */
#include <limits.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include <synchronicity/mem.h>

#include "loop/watch.h"
#include "support/loop_rig.h"

enum { HIGH = 900 };

static void regular_file_is_refused_and_its_number_works_later(struct rig *rig)
{
    FILE *file = tmpfile();
    struct wait wait;
    int ends[2], number;

    CHECK(file != NULL);
    number = fileno(file);
    CHECK_INT(rig_wait(rig, &wait, number, SYNI_READ), SYN_ENOTSUP);
    CHECK_INT(rig_wait(rig, &wait, number, SYNI_WRITE), SYN_ENOTSUP);
    CHECK_INT(rig->loop.n_fd_waits, 0);
    make_pipe(ends);
    CHECK_INT(dup2(ends[0], number), number);
    CHECK_INT(rig_wait(rig, &wait, number, SYNI_READ), SYN_OK);
    put(ends[1]);
    rig_turns(rig, 2);
    CHECK_INT(wait.woken, 1);
    close_both(ends);
    fclose(file);
}

static void absurd_numbers_are_refused_without_memory(struct rig *rig)
{
    static const int numbers[] = {-1, -2, INT_MIN, INT_MAX, INT_MAX - 1, 1 << 30, 1000003};
    unsigned long before = syn_memory_use().allocations;
    struct wait wait;

    for (int i = 0; i < 7; i++) {
        CHECK_INT(rig_wait(rig, &wait, numbers[i], SYNI_READ), SYN_EBADF);
        CHECK_INT(syni_watch_keep(&rig->loop, numbers[i]), SYN_EBADF);
        syni_watch_stop(&rig->loop, &wait.wait);
        syni_watch_forget(&rig->loop, numbers[i]);
    }
    CHECK_INT(syn_memory_use().allocations, before);
    CHECK_INT(rig->loop.n_fd_waits, 0);
}

static void closed_number_is_refused(struct rig *rig)
{
    struct wait wait;
    int ends[2];

    make_pipe(ends);
    CHECK_INT(rig_wait(rig, &wait, ends[0], SYNI_READ), SYN_OK);
    syni_watch_stop(&rig->loop, &wait.wait);
    close_both(ends);
    CHECK_INT(rig_wait(rig, &wait, ends[0], SYNI_READ), SYN_EBADF);
    rig_turns(rig, 2);
    CHECK_INT(wait.woken, 0);
}

static int high_number(void)
{
    struct rlimit limit;

    CHECK_INT(getrlimit(RLIMIT_NOFILE, &limit), 0);
    return limit.rlim_cur > HIGH ? HIGH : (int)limit.rlim_cur - 1;
}

static void low_number_still_waits_when_a_high_one_comes(struct rig *rig)
{
    struct wait low, high;
    int ends[2], number = high_number();

    make_pipe(ends);
    CHECK_INT(rig_wait(rig, &low, ends[0], SYNI_READ), SYN_OK);
    CHECK_INT(dup2(ends[0], number), number);
    CHECK_INT(rig_wait(rig, &high, number, SYNI_READ), SYN_OK);
    put(ends[1]);
    rig_turns(rig, 3);
    CHECK_INT(low.woken, 1);
    CHECK_INT(high.woken, 1);
    close_both(ends);
    close(number);
}

/* A waiter that goes on to wait for a high number, which moves the table. */
static struct rig *the_rig;
static struct wait next;
static int next_number;

static void wait_for_the_next(struct syni_fd_wait *wait)
{
    SYNI_CONTAINER(wait, struct wait, wait)->woken++;
    CHECK_INT(rig_wait(the_rig, &next, next_number, SYNI_READ), SYN_OK);
}

static void waiter_may_begin_another_wait_when_it_is_told(struct rig *rig)
{
    struct wait first, writer;
    int ends[2];

    the_rig = rig;
    next_number = high_number();
    make_sockets(ends);
    fill(ends[0]);
    CHECK_INT(dup2(ends[0], next_number), next_number);
    CHECK_INT(rig_wait(rig, &first, ends[0], SYNI_READ), SYN_OK);
    CHECK_INT(rig_wait(rig, &writer, ends[0], SYNI_WRITE), SYN_OK);
    first.wait.ready = wait_for_the_next;
    put(ends[1]);
    rig_turns(rig, 4);
    CHECK_INT(first.woken, 1);
    CHECK_INT(next.woken, 1);
    CHECK_INT(writer.woken, 0);
    close(ends[1]);
    rig_turns(rig, 4);
    CHECK_INT(writer.woken, 1);
    close(ends[0]);
    close(next_number);
}

/* The old file lives on under another number, so the kernel may go on reporting
 * what the loop asked for under the number that is another file's now. */
static void check_reuse(struct rig *rig, bool kept)
{
    struct wait before, after;
    int old[2], young[2], other;

    make_pipe(old);
    make_pipe(young);
    other = dup(old[0]);
    if (kept)
        CHECK_INT(syni_watch_keep(&rig->loop, old[0]), SYN_OK);
    CHECK_INT(rig_wait(rig, &before, old[0], SYNI_READ), SYN_OK);
    rig_turns(rig, 1);
    syni_watch_stop(&rig->loop, &before.wait);
    if (kept)
        syni_watch_forget(&rig->loop, old[0]);
    CHECK_INT(dup2(young[0], old[0]), old[0]);
    if (kept)
        CHECK_INT(syni_watch_keep(&rig->loop, old[0]), SYN_OK);
    CHECK_INT(rig_wait(rig, &after, old[0], SYNI_READ), SYN_OK);
    put(old[1]);
    rig_turns(rig, 5);
    CHECK_INT(before.woken * 10 + after.woken, 0);
    put(young[1]);
    rig_turns(rig, 5);
    CHECK_INT(before.woken * 10 + after.woken, 1);
    syni_watch_forget(&rig->loop, old[0]);
    close_both(old);
    close_both(young);
    close(other);
}

static void reused_number_is_not_taken_for_the_old_one(struct rig *rig)
{
    check_reuse(rig, false);
}

static void reused_number_of_a_kept_one_is_not_taken_for_the_old_one(struct rig *rig)
{
    check_reuse(rig, true);
}

static void event_for_a_number_closed_meanwhile_wakes_nobody_wrongly(struct rig *rig)
{
    struct wait before, after;
    int old[2], young[2];

    make_pipe(old);
    make_sockets(young);
    fill(young[0]);
    CHECK_INT(rig_wait(rig, &before, old[0], SYNI_READ), SYN_OK);
    put(old[1]); /* the kernel has it to report */
    syni_watch_stop(&rig->loop, &before.wait);
    CHECK_INT(dup2(young[0], old[0]), old[0]);
    CHECK_INT(rig_wait(rig, &after, old[0], SYNI_WRITE), SYN_OK);
    rig_turns(rig, 4);
    CHECK_INT(before.woken * 10 + after.woken, 0);
    syni_watch_stop(&rig->loop, &after.wait);
    close_both(old);
    close_both(young);
}

#define CASES(X)                                                                                   \
    X(regular_file_is_refused_and_its_number_works_later)                                          \
    X(absurd_numbers_are_refused_without_memory)                                                   \
    X(closed_number_is_refused)                                                                    \
    X(low_number_still_waits_when_a_high_one_comes)                                                \
    X(waiter_may_begin_another_wait_when_it_is_told)                                               \
    X(reused_number_is_not_taken_for_the_old_one)                                                  \
    X(reused_number_of_a_kept_one_is_not_taken_for_the_old_one)                                    \
    X(event_for_a_number_closed_meanwhile_wakes_nobody_wrongly)

CASES(CASE_FUNCTIONS)

static const struct test_case cases[] = {
    CASES(CASE_ROWS)
};
TEST_MAIN("loop_descriptor", cases);

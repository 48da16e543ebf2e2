/* SPDX-License-Identifier: Apache-2.0
 *
 * More timers than a turn deals with (src/loop/timer.c, loop_turn.c), on either clock, and
 * what a loop does that has them while it should not sleep.
 */
#include <stdlib.h>

#include <synchronicity/mem.h>

#include "loop/loop_turn.h"
#include "loop/watch.h"
#include "support/random.h"
#include "support/timer_rig.h"

enum { MILLION = 1000000 };

/* Only the last one keeps its turn from sleeping. */
static void note_one_of_many(struct syni_timer *timer)
{
    note(timer);
    rig.loop.hurry = n_order == 3000;
}

static void I1_more_than_a_batch_of_absurd_deadlines_on_the_real_clock(void)
{
    rig_by_hand(&rig, NULL, NULL);
    for (int i = 0; i < 3000; i++)
        set(i, INT64_MIN, note_one_of_many);
    while (n_order < 3000)
        turn();
    syni_loop_turn(&rig.loop, INT64_MIN);
    rig_end(&rig);
}

/* Somebody else on the clock is busy, so time stands still; what is due is due. */
static void nothing(struct syni_sleeper *unused)
{
    (void)unused;
}

static void T1_timers_that_are_due_do_not_wait_for_the_others_on_the_clock(void)
{
    struct syni_sleeper busy = {.wake = nothing};

    begin();
    syni_clock_enter(virtual, &busy);
    for (int i = 0; i < 3000; i++)
        set(i, 0, note_one_of_many);
    while (n_order < 3000)
        turn();
    syni_clock_leave(&busy);
    end();
}

static void T1_loop_whose_poller_failed_does_not_go_to_sleep(void)
{
    struct wait wait;
    int ends[2];

    begin();
    make_pipe(ends);
    CHECK_INT(rig_wait(&rig, &wait, ends[0], SYNI_READ), SYN_OK);
    syn_fault_set(NULL, 1, 1, EIO);
    turn();
    syn_fault_clear();
    CHECK_INT(rig.loop.died, SYN_EIO);
    syni_watch_stop(&rig.loop, &wait.wait);
    close_both(ends);
    end();
}

static void check_and_count(struct syni_timer *timer)
{
    static int64_t last;
    static int last_number;
    struct noted *noted = SYNI_CONTAINER(timer, struct noted, timer);

    CHECK(noted->deadline > last || (noted->deadline == last && noted->number > last_number));
    CHECK_INT(syni_loop_now(&rig.loop), noted->deadline);
    CHECK(noted->number % 2);
    last = noted->deadline;
    last_number = noted->number;
    n_order++;
    rig.loop.hurry = true;
}

static void I1_a_million_timers_half_of_them_stopped(void)
{
    struct noted *many = calloc(MILLION, sizeof *many);
    unsigned long before;
    uint32_t seed = 1;

    CHECK(many != NULL);
    begin();
    before = syn_memory_use().allocations;
    for (int i = 0; i < MILLION; i++) {
        many[i].number = i;
        many[i].deadline = 1 + next_random(&seed) % 20000;
        syni_timer_start(&rig.loop, &many[i].timer, many[i].deadline, check_and_count);
    }
    for (int i = 0; i < MILLION; i += 2)
        syni_timer_stop(&rig.loop, &many[i].timer);
    while (n_order < MILLION / 2)
        turn();
    CHECK_INT(syni_timer_next(&rig.loop), SYNI_NEVER);
    CHECK_INT(syn_memory_use().allocations, before);
    end();
    free(many);
}

static const struct test_case cases[] = {
    TEST(I1_more_than_a_batch_of_absurd_deadlines_on_the_real_clock),
    TEST(T1_timers_that_are_due_do_not_wait_for_the_others_on_the_clock),
    TEST(T1_loop_whose_poller_failed_does_not_go_to_sleep),
    TEST(I1_a_million_timers_half_of_them_stopped),
};
TEST_MAIN("loop_many_timers", cases);

/* SPDX-License-Identifier: Apache-2.0
 *
 * What a post costs, and that those of many threads all arrive (src/loop/loop_inbox.c).
 */
#include <stdlib.h>

#include <synchronicity/mem.h>

#include "loop/loop_inbox.h"
#include "loop/role.h"
#include "support/numbered_rig.h"
#include "support/points.h"

/* Keeps the loop busy until the test lets it go. */
struct gate {
    struct syni_job job;
    struct syni_parker *outside, *inside;
    _Atomic(bool) reached, opened;
};

static void stop_at_gate(struct syni_job *job)
{
    struct gate *gate = SYNI_CONTAINER(job, struct gate, job);

    gate->inside = syni_parker_mine();
    syni_parker_wake(gate->outside, &gate->reached);
    CHECK(syni_clock_sleep(&gate->opened, SYNI_NEVER));
}

static void nothing(void *unused)
{
    (void)unused;
}

static unsigned long wake_ups(void)
{
    return rig.loop.counts.wakes + rig.loop.counts.hand_overs;
}

static void C3_a_thousand_posts_make_at_most_one_wake_up(void)
{
    struct gate gate = {.job = {.run = stop_at_gate}, .outside = syni_parker_mine()};
    unsigned long before;

    number_jobs();
    rig_start(&rig, NULL);
    before = wake_ups();
    CHECK(syni_loop_post(&rig.loop, &gate.job));
    CHECK(syni_clock_sleep(&gate.reached, SYNI_NEVER));
    CHECK(wake_ups() - before <= 1);
    before = wake_ups();
    for (int i = 0; i < MANY; i++)
        CHECK(syni_loop_post(&rig.loop, &jobs[i].job));
    CHECK_INT(wake_ups(), before); /* it is awake */
    syni_parker_wake(gate.inside, &gate.opened);
    rig_call(&rig, nothing, NULL);
    CHECK(wake_ups() - before <= 1);
    check_order(MANY);
    rig_end(&rig);
}

static void C3_posting_allocates_nothing(void)
{
    unsigned long before;

    number_jobs();
    rig_start(&rig, NULL);
    rig_call(&rig, nothing, NULL); /* where callers drive, this starts its thread */
    before = syn_memory_use().allocations;
    for (int i = 0; i < MANY; i++)
        CHECK(syni_loop_post(&rig.loop, &jobs[i].job));
    rig_call(&rig, nothing, NULL);
    CHECK_INT(syn_memory_use().allocations, before);
    check_order(MANY);
    rig_end(&rig);
}

/* Posters; each has jobs of its own, which must run once and in their order. */
enum { POSTERS = 4, POSTS = 50000 / TEST_SLOWNESS };

struct poster {
    struct syni_thread thread;
    struct numbered *jobs;
    int n_run; /* by the loop */
};
static struct poster posters[POSTERS];

static void note_in_turn(struct syni_job *job)
{
    struct numbered *numbered = SYNI_CONTAINER(job, struct numbered, job);
    struct poster *poster = &posters[numbered->number / POSTS];

    CHECK_INT(numbered->number % POSTS, poster->n_run++);
}

static void post_all(void *argument)
{
    struct poster *poster = argument;
    int first = (int)(poster - posters) * POSTS;

    for (int i = 0; i < POSTS; i++) {
        poster->jobs[i] = (struct numbered){{.run = note_in_turn}, first + i};
        CHECK(syni_loop_post(&rig.loop, &poster->jobs[i].job));
    }
}

static void C4_posts_of_many_threads_all_run_once_and_in_order(void)
{
    rig_start(&rig, NULL);
    for (int i = 0; i < POSTERS; i++) {
        posters[i].jobs = malloc(POSTS * sizeof *posters[i].jobs);
        CHECK(posters[i].jobs != NULL);
        CHECK_INT(syni_thread_start(&posters[i].thread, "poster", 0, post_all, &posters[i]), 0);
    }
    for (int i = 0; i < POSTERS; i++)
        syni_thread_join(&posters[i].thread);
    rig_call(&rig, nothing, NULL); /* comes after all of them */
    for (int i = 0; i < POSTERS; i++) {
        CHECK_INT(posters[i].n_run, POSTS);
        free(posters[i].jobs);
    }
    rig_end(&rig);
}

static void post_first(void *unused)
{
    (void)unused;
    CHECK(syni_loop_post(&rig.loop, &jobs[0].job));
}

/* The driver is about to sleep; the first poster stands between its push and its look. */
static void C4_a_poster_that_is_preempted_holds_up_no_later_post(void)
{
    struct syni_thread first;

    points_needed();
    number_jobs();
    rig_by_hand(&rig, NULL, NULL);
    atomic_store(&rig.loop.role, SYNI_ROLE_ASLEEP);
    CHECK_INT(syn_test_hold("post_knock", 1), 0);
    CHECK_INT(syni_thread_start(&first, "first", 0, post_first, NULL), 0);
    AWAIT_HELD("post_knock");
    CHECK_INT(rig.loop.role, SYNI_ROLE_ASLEEP);
    CHECK(syni_loop_post(&rig.loop, &jobs[1].job));
    CHECK_INT(rig.loop.role, SYNI_ROLE_AWAKE);
    CHECK_INT(rig.loop.counts.wakes, 1);
    syn_test_release("post_knock");
    syni_thread_join(&first);
    CHECK_INT(rig.loop.counts.wakes, 1);
    rig_turns(&rig, 1);
    check_order(2);
    rig_end(&rig);
}

static _Atomic(bool) late_ran;
static unsigned long waits_before_late;

static void run_late(struct syni_job *job)
{
    (void)job;
    waits_before_late = rig.loop.counts.waits;
    late_ran = true;
}

/* The poster finds it awake, and wakes nobody; so the driver must look again (invariant 2). One that does not is woken by
 * a wake that the poller keeps, and has waited in the kernel then. */
static void C4_a_post_just_before_the_driver_falls_asleep_is_not_slept_through(void)
{
    static struct syni_job late = {.run = run_late};
    static struct count_job nudge;
    unsigned long waits;

    points_needed();
    rig_start(&rig, NULL);
    CHECK_INT(syn_test_hold("loop_drowsy", 1), 0);
    count_job_init(&nudge); /* afterwards it falls asleep; not awaited, since it may be held before that */
    CHECK(syni_loop_post(&rig.loop, &nudge.job));
    AWAIT_HELD("loop_drowsy");
    waits = rig.loop.counts.waits;
    CHECK(syni_loop_post(&rig.loop, &late));
    syni_role_wake(&rig.loop);
    syn_test_release("loop_drowsy");
    while (!late_ran)
        syni_thread_yield();
    CHECK_INT(waits_before_late, waits);
    CHECK_INT(nudge.runs, 1);
    rig_end(&rig);
}

static const struct test_case cases[] = {
    TEST(C4_a_post_just_before_the_driver_falls_asleep_is_not_slept_through),
    TEST(C4_a_poster_that_is_preempted_holds_up_no_later_post),
    TEST_MODES(C3_a_thousand_posts_make_at_most_one_wake_up),
    TEST_MODES(C3_posting_allocates_nothing),
    TEST_MODES(C4_posts_of_many_threads_all_run_once_and_in_order),
};
TEST_MAIN("loop_wake", cases);

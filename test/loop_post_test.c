/* SPDX-License-Identifier: Apache-2.0
 *
 * The inbox and the ready queue (src/loop/loop_inbox.c, loop_turn.c): that nothing that is
 * posted is lost, runs twice, inside the call or out of order. What it costs:
 * loop_wake_test.c.
 */
#include <stdlib.h>

#include "loop/loop_inbox.h"
#include "loop/loop_turn.h"
#include "support/numbered_rig.h"

static void C2_posts_of_a_thread_run_in_their_order(void)
{
    number_jobs();
    rig_by_hand(&rig, NULL, NULL);
    for (int i = 0; i < MANY / 2; i++)
        CHECK(syni_loop_post(&rig.loop, &jobs[i].job));
    CHECK_INT(n_order, 0); /* never inside the call */
    rig_turns(&rig, 1);
    for (int i = MANY / 2; i < MANY; i++)
        CHECK(syni_loop_post(&rig.loop, &jobs[i].job));
    rig_turns(&rig, MANY / SYNI_LOOP_BATCH + 2);
    check_order(MANY);
    rig_end(&rig);
}

static void C2_ready_jobs_run_in_their_order(void)
{
    number_jobs();
    rig_by_hand(&rig, NULL, NULL);
    for (int i = 0; i < MANY; i++)
        syni_loop_ready(&rig.loop, &jobs[i].job);
    CHECK_INT(n_order, 0);
    rig_turns(&rig, MANY / SYNI_LOOP_BATCH + 1);
    check_order(MANY);
    rig_end(&rig);
}

static void note_and_ready_the_next(struct syni_job *job)
{
    int number = SYNI_CONTAINER(job, struct numbered, job)->number;

    note(job);
    if (number < 5)
        syni_loop_ready(&rig.loop, &jobs[number + 10].job);
    CHECK(n_order == 0 || order[n_order - 1] == number);
}

static void C2_what_a_job_makes_ready_comes_after_those_that_were(void)
{
    number_jobs();
    rig_by_hand(&rig, NULL, NULL);
    for (int i = 0; i < 10; i++) {
        jobs[i].job.run = note_and_ready_the_next;
        syni_loop_ready(&rig.loop, &jobs[i].job);
    }
    rig_turns(&rig, 1);
    check_order(15);
    rig_end(&rig);
}

static void post_again(struct syni_job *job)
{
    note(job);
    if (n_order < 10)
        CHECK(syni_loop_post(&rig.loop, job));
}

static void C2_job_may_be_posted_again_while_it_runs_and_comes_later(void)
{
    jobs[0] = (struct numbered){{.run = post_again}, 0};
    rig_by_hand(&rig, NULL, NULL);
    CHECK(syni_loop_post(&rig.loop, &jobs[0].job));
    for (int i = 1; i <= 10; i++) {
        rig_turns(&rig, 1);
        CHECK_INT(n_order, i);
    }
    rig_turns(&rig, 3);
    CHECK_INT(n_order, 10);
    rig_end(&rig);
}

static void note_and_free(struct syni_job *job)
{
    note(job);
    free(SYNI_CONTAINER(job, struct numbered, job));
}

static void L6_job_may_be_gone_when_it_has_run(void)
{
    rig_by_hand(&rig, NULL, NULL);
    for (int i = 0; i < 20; i++) {
        struct numbered *mine = malloc(sizeof *mine);

        CHECK(mine != NULL);
        *mine = (struct numbered){{.run = note_and_free}, i};
        if (i < 10)
            CHECK(syni_loop_post(&rig.loop, &mine->job));
        else
            syni_loop_ready(&rig.loop, &mine->job);
    }
    rig_turns(&rig, 1);
    check_order(20);
    rig_end(&rig);
}

static void L3_post_to_a_loop_that_does_not_run_is_refused(void)
{
    static struct syni_loop prepared;

    syni_loop_prepare(&prepared);
    CHECK(!syni_loop_post(&prepared, &jobs[0].job));
    number_jobs();
    rig_by_hand(&rig, NULL, NULL);
    CHECK(syni_loop_post(&rig.loop, &jobs[0].job));
    syni_loop_shut(&rig.loop);
    CHECK(!syni_loop_post(&rig.loop, &jobs[1].job));
    syni_loop_shut(&rig.loop); /* twice is fine */
    rig_turns(&rig, 1);
    check_order(1); /* what was taken runs */
    rig_end(&rig);
    CHECK(!syni_loop_post(&rig.loop, &jobs[2].job));
}

static const struct test_case cases[] = {
    TEST(C2_posts_of_a_thread_run_in_their_order),
    TEST(C2_ready_jobs_run_in_their_order),
    TEST(C2_what_a_job_makes_ready_comes_after_those_that_were),
    TEST(C2_job_may_be_posted_again_while_it_runs_and_comes_later),
    TEST(L6_job_may_be_gone_when_it_has_run),
    TEST(L3_post_to_a_loop_that_does_not_run_is_refused),
};
TEST_MAIN("loop_post", cases);

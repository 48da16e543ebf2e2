/* SPDX-License-Identifier: Apache-2.0
 *
 * The driver (src/loop/loop_drive.c): how the role moves between callers and the
 * dedicated thread, and how a loop ends. How it dies: loop_death_test.c.
 */
#include "loop/live.h"
#include "loop/loop_drive.h"
#include "loop/loop_inbox.h"
#include "loop/loop_turn.h"
#include "loop/role.h"
#include "support/loop_rig.h"
#include "support/points.h"

static struct rig rig;

static enum syni_role role(void)
{
    return atomic_load(&rig.loop.role);
}

/* The dedicated thread lets the role go a moment after it has run the last job. */
static void await_free_role(void)
{
    while (role() != SYNI_ROLE_FREE)
        syni_thread_yield();
}

static void nothing(void *unused)
{
    (void)unused;
}

static void start_for_callers(void)
{
    test_driving = true;
    rig_start(&rig, NULL);
}

static void try_to_drive(void *got_it)
{
    *(bool *)got_it = rig_take(&rig);
}

static bool another_thread_can_drive(void)
{
    struct syni_thread thread;
    bool got_it = false;

    CHECK_INT(syni_thread_start(&thread, "other", 0, try_to_drive, &got_it), SYN_OK);
    syni_thread_join(&thread);
    return got_it;
}

static void C13_free_role_goes_to_one_caller_at_a_time(void)
{
    start_for_callers();
    CHECK_INT(role(), SYNI_ROLE_FREE);
    CHECK(rig_take(&rig));
    CHECK_INT(role(), SYNI_ROLE_AWAKE);
    CHECK(!syni_loop_try_drive(&rig.loop));
    CHECK(!another_thread_can_drive());
    rig_give(&rig);
    CHECK_INT(role(), SYNI_ROLE_FREE);
    CHECK_INT(rig.loop.counts.hand_overs, 0); /* nothing is left to do: nobody was woken */
    CHECK(another_thread_can_drive());
    CHECK(!rig_take(&rig));
    rig.loop.closing = true;
    syni_loop_stop_driving(&rig.loop); /* for the thread that ended with the role */
    rig_end(&rig);
}

static void C13_no_caller_drives_where_that_is_not_allowed(void)
{
    rig_start(&rig, NULL);
    CHECK(!syni_loop_try_drive(&rig.loop));
    rig_call(&rig, nothing, NULL);
    CHECK(!syni_loop_try_drive(&rig.loop));
    rig_end(&rig);
}

static void check_driver(void *unused)
{
    (void)unused;
    CHECK(syni_drives(&rig.loop));
    CHECK_PTR(syni_role_driving_now()->loop, &rig.loop);
}

static void C13_a_thread_knows_which_loops_it_drives(void)
{
    static struct rig inner;

    start_for_callers();
    rig_start(&inner, NULL);
    CHECK_PTR(syni_role_driving_now(), NULL);
    CHECK(rig_take(&rig));
    CHECK(rig_take(&inner));
    CHECK(syni_drives(&rig.loop) && syni_drives(&inner.loop));
    CHECK_PTR(syni_role_driving_now()->loop, &inner.loop);
    rig_give(&inner);
    CHECK(syni_drives(&rig.loop) && !syni_drives(&inner.loop));
    rig_give(&rig);
    CHECK_PTR(syni_role_driving_now(), NULL);
    rig_call(&rig, check_driver, NULL); /* on the dedicated thread */
    rig_end(&inner);
    rig_end(&rig);
}

static struct syni_live live;

static void add_live(void *unused)
{
    (void)unused;
    syni_live_add(&rig.loop, &live);
}

static void remove_live(void *unused)
{
    (void)unused;
    syni_live_remove(&rig.loop, &live);
}

static void C13_what_lives_on_is_handed_to_the_dedicated_thread(void)
{
    start_for_callers();
    CHECK(rig_take(&rig));
    add_live(NULL);
    rig_give(&rig);
    CHECK_INT(rig.loop.counts.hand_overs, 1);
    CHECK(role() != SYNI_ROLE_FREE);
    CHECK(!syni_loop_try_drive(&rig.loop));
    rig_call(&rig, remove_live, NULL);
    await_free_role();
    CHECK_INT(rig.loop.counts.hand_overs, 1);
    CHECK(rig_take(&rig));
    rig_give(&rig);
    rig_end(&rig);
}

static void C13_what_was_posted_meanwhile_is_handed_over_too(void)
{
    struct count_job posted, ready;

    count_job_init(&posted);
    count_job_init(&ready);
    start_for_callers();
    CHECK(rig_take(&rig));
    CHECK(syni_loop_post(&rig.loop, &posted.job));
    rig_give(&rig);
    rig_call(&rig, nothing, NULL);
    CHECK_INT(posted.runs, 1);
    await_free_role();
    CHECK(rig_take(&rig));
    syni_loop_ready(&rig.loop, &ready.job);
    rig_give(&rig);
    await_free_role();
    CHECK_INT(ready.runs, 1);
    rig_end(&rig);
}

static void C13_post_to_a_free_loop_wakes_the_dedicated_thread_once(void)
{
    start_for_callers();
    for (unsigned long i = 1; i <= 100; i++) {
        rig_call(&rig, nothing, NULL);
        await_free_role();
        CHECK_INT(rig.loop.counts.hand_overs, i);
    }
    CHECK_INT(rig.loop.counts.wakes, 0); /* nobody was in the kernel */
    rig_end(&rig);
}

static void C13_caller_that_saw_the_loop_closing_leaves_the_end_to_the_other(void)
{
    start_for_callers();
    CHECK(rig_take(&rig));
    CHECK(syni_loop_post(&rig.loop, &rig.stop));
    rig_turns(&rig, 1);
    CHECK(rig.loop.closing);
    rig_give(&rig);
    syni_loop_join(&rig.loop);
    CHECK_INT(rig.closings, 1);
    CHECK_INT(role(), SYNI_ROLE_GONE);
    CHECK(!syni_loop_try_drive(&rig.loop));
    syni_loop_fini(&rig.loop);
}

static void drive_once(void *unused)
{
    (void)unused;
    CHECK(rig_take(&rig));
    rig_give(&rig);
}

static _Atomic(bool) late_ran;

static void run_late(struct syni_job *job)
{
    (void)job;
    late_ran = true;
}

/* The poster finds it awake, and hands the role to nobody; so the thread that lets it go must look again. */
static void C13_a_post_just_before_the_role_is_let_go_is_not_left_behind(void)
{
    static struct syni_job late = {.run = run_late};
    struct syni_thread driver;

    points_needed();
    start_for_callers();
    CHECK_INT(syn_test_hold("role_idle", 1), 0);
    CHECK_INT(syni_thread_start(&driver, "driver", 0, drive_once, NULL), 0);
    AWAIT_HELD("role_idle");
    CHECK(syni_loop_post(&rig.loop, &late));
    CHECK_INT(role(), SYNI_ROLE_AWAKE);
    syn_test_release("role_idle");
    syni_thread_join(&driver);
    while (!late_ran)
        syni_thread_yield();
    rig_end(&rig);
}

static void post_one(void *job)
{
    CHECK(syni_loop_post(&rig.loop, job));
}

/* The poster is late: it finds a role that is free, and nothing that it posted. */
static void C13_a_poster_wakes_nobody_for_what_ran_meanwhile(void)
{
    struct syni_thread poster;
    struct count_job posted;

    points_needed();
    count_job_init(&posted);
    start_for_callers();
    CHECK_INT(syn_test_hold("post_knock", 1), 0);
    CHECK_INT(syni_thread_start(&poster, "poster", 0, post_one, &posted.job), 0);
    AWAIT_HELD("post_knock");
    CHECK(rig_take(&rig));
    rig_turns(&rig, 1);
    CHECK_INT(posted.runs, 1);
    rig_give(&rig);
    CHECK_INT(role(), SYNI_ROLE_FREE);
    syn_test_release("post_knock");
    syni_thread_join(&poster);
    CHECK_INT(role(), SYNI_ROLE_FREE);
    CHECK_INT(rig.loop.counts.hand_overs, 0);
    rig_end(&rig);
}

static const struct test_case cases[] = {
    TEST(C13_a_poster_wakes_nobody_for_what_ran_meanwhile),
    TEST(C13_a_post_just_before_the_role_is_let_go_is_not_left_behind),
    TEST(C13_free_role_goes_to_one_caller_at_a_time),
    TEST(C13_no_caller_drives_where_that_is_not_allowed),
    TEST(C13_a_thread_knows_which_loops_it_drives),
    TEST(C13_what_lives_on_is_handed_to_the_dedicated_thread),
    TEST(C13_what_was_posted_meanwhile_is_handed_over_too),
    TEST(C13_post_to_a_free_loop_wakes_the_dedicated_thread_once),
    TEST(C13_caller_that_saw_the_loop_closing_leaves_the_end_to_the_other),
};
TEST_MAIN("loop_drive", cases);

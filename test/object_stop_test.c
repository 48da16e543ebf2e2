/* SPDX-License-Identifier: Apache-2.0
 *
 * Objects on a synchronizer that is stopped.
 */
#define _DEFAULT_SOURCE
#include "support/db_rig.h"

static void O3_a_stop_destroys_what_lives_newest_first_and_release_frees(void)
{
    struct db *a, *b, *c;
    int v;

    begin();
    a = opened("a", 1.0);
    b = opened("b", 2.0);
    c = opened("c", 0);
    db_retain(b);
    CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
    CHECK_INT(now(), 6 * SECOND);
    CHECK_STR(story, "made made made destroyed destroyed destroyed ");
    CHECK_INT(db_connect(a), SYN_ECLOSED);
    CHECK_INT(future_get(db_add_future(b, 1, 2), &v), SYN_ECLOSED);
    CHECK_INT(synchronizer_start(&demo), 0);
    CHECK_INT(db_connect(c), SYN_ECLOSED); /* it does not come back */
    finish(&demo);
    CHECK_INT(db_connect(c), SYN_ECLOSED); /* nor without its synchronizer's inside */
    db_release(a);
    db_release(b);
    db_release(b);
    CHECK_INT(db_close(c), 0);
    CHECK_STR(story, "made made made destroyed destroyed destroyed ");
    finish(&other);
    done();
}

static void O3_a_stop_ends_calls_before_their_object(void)
{
    struct db_slowly_future f;
    struct db *db;

    begin();
    db = opened("a", 1.0);
    f = db_slowly(db, 1);
    CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
    CHECK_INT(future_get(f, &(int){0}), SYN_ECANCELED);
    CHECK_STR(story, "made destroyed ");
    db_release(db);
    end_all();
}

static void O3_a_destructor_that_would_not_end_is_abandoned_with_the_stop(void)
{
    struct db *quick, *slow;

    begin();
    quick = opened("quick", 0.0);
    slow = opened("slow", 100.0);
    CHECK_INT(synchronizer_stop(&demo, syn_after(10.0)), SYN_ETIMEDOUT);
    CHECK_SAYS("db_destructor");
    CHECK_STR(story, "made made ");
    CHECK_INT(db_connect(quick), SYN_ECLOSED);
    db_release(quick);
    db_release(slow);
    CHECK_INT(synchronizer_free(&demo), 0);
    finish(&other);
    done();
}

static const char *stuck;

static void is_stuck(void *user, const char *synchronizer, const char *task)
{
    (void)user;
    (void)synchronizer;
    stuck = task;
}

static void O3_a_destructor_counts_as_clean_up_for_on_stuck(void)
{
    begin();
    demo.options.on_stuck = is_stuck;
    db_release(opened("slow", 11.0));
    finish(&demo);
    CHECK_STR(stuck, "db_destructor");
    end_all();
}

static const struct test_case cases[] = {
    TEST(O3_a_stop_destroys_what_lives_newest_first_and_release_frees),
    TEST(O3_a_stop_ends_calls_before_their_object),
    TEST(O3_a_destructor_that_would_not_end_is_abandoned_with_the_stop),
    TEST(O3_a_destructor_counts_as_clean_up_for_on_stuck),
};
TEST_MAIN_BOTH_MODES("object_stop", cases);

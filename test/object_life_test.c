/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of an object: what holds it, when its destructor runs, how that is awaited and told,
 * and what is left when memory fails.
 */
#define _DEFAULT_SOURCE
#include "support/db_rig.h"
#include "support/unobserved_rig.h"

static void O3_the_last_release_runs_the_destructor_on_the_loop(void)
{
    struct db *db;

    begin();
    db = opened("a", 1.0);
    CHECK_PTR(db_retain(db), db);
    db_release(db);
    CHECK_INT(db_connect(db), 0);
    CHECK_STR(story, "made ");
    db_release(db); /* waits for nobody */
    CHECK_INT(now(), 2 * SECOND);
    end_all(); /* the stop does */
    CHECK_STR(story, "made destroyed ");
}

static void O3_a_constructor_that_fails_runs_no_destructor(void)
{
    struct db *db = NULL;

    begin();
    CHECK_INT(db_open("nowhere", 1.0, &db), SYN_EIO);
    CHECK_SAYS("no such server");
    CHECK(db == NULL);
    CHECK_INT(future_get(db_open_future("nowhere", 0), &db), SYN_EIO);
    CHECK_STR(story, "unmade unmade ");
    end_all();
    CHECK_STR(story, "unmade unmade ");
}

static void O3_a_cancelled_constructor_leaves_nothing(void)
{
    struct db *db = NULL;

    begin();
    CHECK_INT(call_by(syn_after(0.5), db_open("a", 1.0, &db)), SYN_ETIMEDOUT);
    CHECK(db == NULL);
    CHECK_INT(future_cancel(db_open_future("a", 1.0)), SYN_ECANCELED);
    end_all();
    CHECK(strstr(story, "destroyed") == NULL);
}

static void O3_an_object_that_nobody_fetched_is_destroyed(void)
{
    begin();
    CHECK_INT(db_open("a", 0.0, NULL), 0);
    future_detach(db_open_future("b", 1.0));
    CHECK_INT(naps(3.0), 0);
    CHECK_STR(story, "made destroyed made destroyed ");
    end_all();
}

static void O3_a_call_holds_its_object_until_it_ended(void)
{
    struct db_slowly_future f;
    struct db *db;
    int x = -1;

    begin();
    db = opened("a", 0);
    f = db_slowly(db, 5);
    db_release(db);
    CHECK_INT(future_get(f, &x), 0);
    CHECK_INT(x, 5);
    end_all();
    CHECK_STR(story, "made destroyed ");
}

static void O3_a_method_may_let_go_of_its_own_object(void)
{
    struct db *db;

    begin();
    db = opened("a", 0);
    CHECK_INT(db_lets_go(db, 1.0), 0);
    end_all();
    CHECK_STR(story, "made released ends destroyed ");
}

static void let_go(void *user, syn_err err, int *x)
{
    CHECK_INT(err, 0);
    CHECK_INT(*x, 3);
    db_release(user);
}

static void O3_a_callback_may_let_go(void)
{
    struct db *db;

    begin();
    db = opened("a", 0);
    CHECK_INT(future_then(db_add_future(db, 1, 2), &demo, let_go, db), 0);
    CHECK_INT(naps(1.0), 0);
    CHECK_STR(story, "made destroyed ");
    end_all();
}

static void O3_a_generator_holds_its_object_also_before_it_began(void)
{
    struct db_rows_channel begun, unbegun;
    struct db *db;
    int v;

    begin();
    db = opened("a", 0);
    begun = db_rows(db, 9);
    unbegun = db_rows(db, 9);
    CHECK_INT(channel_next(begun, &v), 0);
    db_release(db);
    CHECK_INT(channel_next(begun, &v), 0);
    CHECK_INT(channel_close(begun), 0);
    CHECK_STR(story, "made rows ");
    CHECK_INT(channel_close(unbegun), 0);
    end_all();
    CHECK_STR(story, "made rows destroyed ");
}

static void O3_close_waits_for_the_destructor_and_tells_its_error(void)
{
    struct db *db;

    begin();
    db = opened("sticky", 1.0);
    CHECK_INT(db_close(db), SYN_EBUSY);
    CHECK_SAYS("it sticks");
    CHECK_INT(now(), 2 * SECOND);
    end_all();
}

static void O3_close_waits_for_those_who_hold_it_too(void)
{
    struct syn_object_close_future f, g;
    struct db *db;

    begin();
    db = opened("a", 1.0);
    db_retain(db);
    f = db_close_future(db);
    CHECK_INT(future_wait_by(f, syn_after(5.0)), SYN_ETIMEDOUT);
    CHECK_INT(db_connect(db), 0);
    g = db_close_future(db);
    CHECK_INT(future_get(f), 0);
    CHECK_INT(future_get(g), 0);
    CHECK_INT(now(), 8 * SECOND);
    end_all();
}

ASYNC(demo, syn_err, closes_inside, (struct db *, db), SYN_LOCAL(syn_err, refused))
{
    co_begin;
    self->refused = db_close(self->db);
    co_try(db_close_future(self->db));
    tell_that("closed");
    co_return(self->refused);
    co_end;
}

static void O3_close_is_awaited_on_the_loop_and_refused_when_it_blocks_there(void)
{
    struct db *db;
    syn_err err = -1;

    begin();
    db = opened("a", 1.0);
    CHECK_INT(closes_inside(db, &err), 0);
    CHECK_INT(err, SYN_EDEADLK);
    CHECK_STR(story, "made destroyed closed ");
    end_all();
}

static void O3_a_destructor_that_fails_unseen_is_told_of(void)
{
    struct db *db;

    begin();
    syn_on_unobserved(note_unobserved, NULL);
    db = opened("sticky", 0.0);
    db_release(db);
    end_all();
    CHECK_STR(unobserved, "db it sticks");
    CHECK_INT(unobserved_err, SYN_EBUSY);
}

/* --- without memory --- */

static syn_err opens(void)
{
    struct db *db = NULL;
    syn_err err = db_open("a", 0, &db);

    CHECK(err ? db == NULL : db != NULL);
    db_release(db);
    return err;
}

static syn_err opens_later(void)
{
    struct db *db = NULL;
    syn_err err = future_get(db_open_future("a", 0), &db);

    CHECK(err ? db == NULL : db != NULL);
    db_release(db);
    return err;
}

static struct db *lasting;

static syn_err calls(void)
{
    return db_connect(lasting);
}

static syn_err calls_later(void)
{
    char *text;
    syn_err err = future_get(db_query_future(lasting, "question"), &text);

    if (!err)
        free(text);
    return err;
}

static syn_err iterates(void)
{
    syn_err err;

    channel_each (int, v, db_rows(lasting, 2), &err)
        CHECK(v >= 0);
    return err;
}

static syn_err wraps(void)
{
    static struct db_impl mine;
    struct db *db = NULL;
    syn_err err = db_wrap(&mine, NULL, &db);

    CHECK(err ? db == NULL : db != NULL);
    db_release(db);
    return err;
}

static syn_err closes(void)
{
    struct db *db = NULL;
    syn_err err = db_open("a", 0, &db);

    if (err)
        return err;
    err = db_close(db);
    if (err)
        db_release(db); /* it is still ours */
    return err;
}

static void T4_each_allocation_failing_leaves_nothing_behind(void)
{
    static syn_err (*const all[])(void) = {opens, opens_later, calls,  calls_later,
                                           iterates, wraps, closes};

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        for (unsigned long n = 1;; n++) {
            syn_err err;

            begin();
            if (i % 2) /* also when it must be started */
                CHECK_INT(synchronizer_start(&demo), 0);
            lasting = opened("a", 0);
            CHECK_INT(db_connect(lasting), 0);
            syn_fault_set("alloc", n, 1, ENOMEM);
            err = all[i]();
            syn_fault_clear();
            CHECK(err == SYN_OK || err == SYN_ENOMEM);
            db_release(lasting);
            finish(&demo);
            done();
            if (!err)
                break;
        }
    }
}

static const struct test_case cases[] = {
    TEST(T4_each_allocation_failing_leaves_nothing_behind),
    TEST(O3_the_last_release_runs_the_destructor_on_the_loop),
    TEST(O3_a_constructor_that_fails_runs_no_destructor),
    TEST(O3_a_cancelled_constructor_leaves_nothing),
    TEST(O3_an_object_that_nobody_fetched_is_destroyed),
    TEST(O3_a_call_holds_its_object_until_it_ended),
    TEST(O3_a_method_may_let_go_of_its_own_object),
    TEST(O3_a_callback_may_let_go),
    TEST(O3_a_generator_holds_its_object_also_before_it_began),
    TEST(O3_close_waits_for_the_destructor_and_tells_its_error),
    TEST(O3_close_waits_for_those_who_hold_it_too),
    TEST(O3_close_is_awaited_on_the_loop_and_refused_when_it_blocks_there),
    TEST(O3_a_destructor_that_fails_unseen_is_told_of),
};
TEST_MAIN_BOTH_MODES("object_life", cases);

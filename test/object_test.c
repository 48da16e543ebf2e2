/* SPDX-License-Identifier: Apache-2.0
 *
 * Objects: every face of every kind of method, and which pointer is which wrapper.
 */
#define _DEFAULT_SOURCE
#include "support/db_rig.h"

#include <synchronicity/step.h>

/* --- faces --- */

static void O1_the_originals_example(void)
{
    struct db *db;
    char *data = NULL;

    begin();
    db = opened("tcp://localhost:1234", 1.0);
    CHECK_INT(db_query(db, "select", &data), SYN_EUSER + 1);
    CHECK_SAYS("not connected");
    CHECK_INT(db_connect(db), 0);
    CHECK_INT(db_query(db, "select * from foo", &data), 0);
    CHECK_STR(data, "select * from foo of tcp://localhost:1234");
    CHECK_INT(now(), 4 * SECOND);
    free(data);
    CHECK_INT(db_close(db), 0);
    CHECK_INT(now(), 5 * SECOND);
    CHECK_STR(story, "made destroyed ");
    end_all();
}

static void O1_state_lives_on_between_calls_of_every_face(void)
{
    struct db_add_future f[10];
    struct db *db;
    syn_err err;
    int sum = -1;

    begin();
    db = opened("a", 1.0);
    CHECK_INT(db_add(db, 2, 3, &sum), 0);
    CHECK_INT(sum, 5);
    for (int i = 0; i < 10; i++)
        f[i] = db_add_future(db, i, 1);
    for (int i = 0; i < 10; i++) {
        CHECK_INT(future_get(f[i], &sum), 0);
        CHECK_INT(sum, i + 1);
    }
    CHECK_INT(now(), 3 * SECOND); /* made, one, ten at once */
    channel_each (int, v, db_rows(db, 3), &err)
        sum = v;
    CHECK_INT(err, 0);
    CHECK_INT(sum, 13);
    CHECK_INT(db_n_queries(db), 14);
    db_reset(db, 100);
    CHECK_INT(db_n_queries(db), 100);
    db_release(db);
    end_all();
}

ASYNC(demo, int, awaits, (struct db *, db), SYN_LOCAL(int, a), SYN_LOCAL(int, b),
      SYN_LOCAL(struct db_rows_channel, rows))
{
    co_begin;
    co_try(db_add_future(self->db, 1, 2), &self->a);
    self->rows = db_rows(self->db, 2);
    co_each (self->rows, &self->b)
        self->a += 10;
    co_return(self->a);
    co_end;
}

ASYNC(other, int, awaits_from_elsewhere, (struct db *, db), SYN_LOCAL(int, a))
{
    co_begin;
    co_try(awaits_future(self->db), &self->a);
    co_try(db_slowly(self->db, self->a + 1), &self->a);
    co_return(self->a);
    co_end;
}

static void O1_methods_are_awaited_on_their_loop_and_from_another(void)
{
    struct db *db;
    int a = -1;

    begin();
    db = opened("a", 0);
    CHECK_INT(awaits(db, &a), 0);
    CHECK_INT(a, 23);
    CHECK_INT(awaits_from_elsewhere(db, &a), 0);
    CHECK_INT(a, 24);
    db_release(db);
    end_all();
}

static void O2_a_future_first_method_returns_at_once(void)
{
    struct db_slowly_future f[5];
    struct db *db;
    int x = -1;

    begin();
    db = opened("a", 0);
    for (int i = 0; i < 5; i++)
        f[i] = db_slowly(db, i);
    CHECK_INT(now(), 0);
    for (int i = 0; i < 5; i++) {
        CHECK_INT(future_get(f[i], &x), 0);
        CHECK_INT(x, i);
    }
    CHECK_INT(now(), SECOND);
    db_release(db);
    end_all();
}

static void O4_a_static_method_needs_no_object(void)
{
    int v = -1;

    begin();
    CHECK_INT(db_version(&v), 0);
    CHECK_INT(v, 7);
    end_all();
}

static void O4_properties_are_read_and_written_on_the_loop(void)
{
    struct db *db;
    int v = -1;

    begin();
    db = opened("a", 1.0);
    CHECK_INT(db_set_timeout(db, 30), 0);
    CHECK_INT(db_get_timeout(db, &v), 0);
    CHECK_INT(v, 30);
    CHECK_INT(db_set_timeout(db, -1), SYN_EINVAL);
    CHECK_SAYS("not negative");
    CHECK_INT(future_get(db_get_timeout_future(db), &v), 0);
    CHECK_INT(v, 30);
    CHECK_INT(db_get_age(db, &v), 0);
    CHECK_INT(v, 42);
    db_release(db);
    end_all();
}

ASYNC(demo, syn_err, blocks_inside, (struct db *, db))
{
    return step_return(self, db_connect(self->db));
}

static void O1_a_blocking_method_on_its_own_loop_is_refused(void)
{
    struct db *db;
    syn_err err = -1;

    begin();
    db = opened("a", 0);
    CHECK_INT(blocks_inside(db, &err), 0);
    CHECK_INT(err, SYN_EDEADLK);
    CHECK_INT(db_close(db), 0); /* and left no reference behind */
    end_all();
}

static void O1_no_object_is_an_error_in_every_face(void)
{
    struct db_rows_channel rows;
    int v = -1;

    begin();
    CHECK_INT(db_add(NULL, 1, 2, &v), SYN_EINVAL);
    CHECK_SAYS("db_add: there is no object");
    CHECK_INT(future_get(db_add_future(NULL, 1, 2), &v), SYN_EINVAL);
    rows = db_rows(NULL, 1);
    CHECK_INT(channel_next(rows, &v), SYN_EINVAL);
    db_release(NULL);
    CHECK(db_retain(NULL) == NULL);
    CHECK(db_unwrap(NULL) == NULL);
    CHECK_INT(db_close(NULL), 0);
    CHECK_INT(future_get(db_close_future(NULL)), 0);
    end_all();
}

/* --- identity --- */

static void O6_a_method_that_returns_itself_returns_its_wrapper(void)
{
    struct db *db, *same = NULL;

    begin();
    db = opened("a", 0);
    CHECK_INT(db_itself(db, &same), 0);
    CHECK_PTR(same, db);
    db_release(same);
    CHECK_INT(db_itself(db, NULL), 0); /* nobody fetched it: let go */
    CHECK_INT(db_close(db), 0);
    end_all();
}

static void O6_in_and_out_again_is_the_same(void)
{
    struct db *db, *same = NULL;

    begin();
    db = opened("a", 0);
    CHECK_INT(db_wrap(db_unwrap(db), NULL, &same), 0);
    CHECK_PTR(same, db);
    db_release(same);
    CHECK_INT(db_connect(db), 0);
    CHECK_INT(db_close(db), 0);
    CHECK_STR(story, "made destroyed ");
    end_all();
}

static void O6_one_implementation_is_one_wrapper_per_synchronizer(void)
{
    struct db_impl mine = {.url = "mine"};
    struct db *one = NULL, *two = NULL, *there = NULL, *again = NULL;

    begin();
    CHECK_INT(db_wrap(&mine, &demo, &one), 0);
    CHECK_INT(db_wrap(&mine, &demo, &two), 0);
    CHECK_PTR(one, two);
    CHECK_PTR(db_unwrap(one), &mine);
    CHECK_INT(db_wrap(&mine, &other, &there), 0);
    CHECK(there != one);
    CHECK_INT(db_connect(one), 0);
    CHECK(mine.connected);
    db_release(one);
    CHECK_INT(db_close(two), 0);
    CHECK_STR(story, "destroyed ");
    CHECK_INT(db_close(there), 0);
    CHECK_INT(db_wrap(&mine, &demo, &again), 0); /* gone with its last holder: a new one */
    db_release(again);
    end_all();
    CHECK_STR(story, "destroyed destroyed destroyed ");
}

static const struct test_case cases[] = {
    TEST(O1_the_originals_example),
    TEST(O1_state_lives_on_between_calls_of_every_face),
    TEST(O1_methods_are_awaited_on_their_loop_and_from_another),
    TEST(O2_a_future_first_method_returns_at_once),
    TEST(O4_a_static_method_needs_no_object),
    TEST(O4_properties_are_read_and_written_on_the_loop),
    TEST(O1_a_blocking_method_on_its_own_loop_is_refused),
    TEST(O1_no_object_is_an_error_in_every_face),
    TEST(O6_a_method_that_returns_itself_returns_its_wrapper),
    TEST(O6_in_and_out_again_is_the_same),
    TEST(O6_one_implementation_is_one_wrapper_per_synchronizer),
};
TEST_MAIN_BOTH_MODES("object", cases);

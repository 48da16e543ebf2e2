/* SPDX-License-Identifier: Apache-2.0
 *
 * Objects: every face of every kind of method, and the life of a wrapper.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

SYNCHRONIZER(demo);
SYNCHRONIZER(other);

/* What happened, in order. */
static char story[400];

static void tell(const char *what)
{
    strncat(story, what, sizeof story - strlen(story) - 1);
    strncat(story, " ", sizeof story - strlen(story) - 1);
}

/* The original's example, and more: a connection to a database that answers slowly. */
#define DB_METHODS(M, C)                                                                           \
    M(C, constructor, open, SYN_COPY(const char *, url), (double, seconds))                        \
    M(C, destructor)                                                                               \
    M(C, async, void, connect)                                                                     \
    M(C, async, char *, query, SYN_COPY(const char *, q), DESTROY(free), DOC("Asks the server."))  \
    M(C, async, int, add, (int, a), (int, b))                                                      \
    M(C, async, struct db *, itself, DESTROY(db_release))                                          \
    M(C, async, void, lets_go, (double, seconds))                                                  \
    M(C, generator, int, rows, (int, n))                                                           \
    M(C, direct, int, n_queries)                                                                   \
    M(C, direct, void, reset, (int, to))                                                           \
    M(C, future, int, slowly, (int, x))                                                            \
    M(C, static, int, version)                                                                     \
    M(C, get, int, timeout)                                                                        \
    M(C, set, int, timeout)                                                                        \
    M(C, get, int, age)
CLASS(db, DB_METHODS);

struct db_impl {
    char url[40];
    double seconds;
    bool connected;
    int n_queries, timeout;
};

CONSTRUCTOR(db, open, SYN_COPY(const char *, url), (double, seconds))
{
    co_begin;
    CHECK(me == syn_me(self) && me->n_queries == 0);
    snprintf(me->url, sizeof me->url, "%s", self->url);
    me->seconds = self->seconds;
    co_sleep(self->seconds);
    if (strcmp(self->url, "nowhere") == 0)
        co_fail(SYN_EIO, "no such server");
    tell("made");
    co_finally;
    if (co_status)
        tell("unmade");
    co_end;
}

DESTRUCTOR(db)
{
    co_begin;
    co_sleep(me->seconds);
    tell("destroyed");
    if (strcmp(me->url, "sticky") == 0)
        co_fail(SYN_EBUSY, "it sticks");
    co_end;
}

METHOD(db, void, connect)
{
    co_begin;
    co_sleep(me->seconds);
    me->connected = true;
    co_end;
}

METHOD(db, char *, query, SYN_COPY(const char *, q), DESTROY(free))
{
    char text[100];

    co_begin;
    co_sleep(me->seconds);
    if (!me->connected)
        co_fail(SYN_EUSER + 1, "not connected");
    me->n_queries++;
    snprintf(text, sizeof text, "%s of %s", self->q, me->url);
    co_return(strdup(text));
    co_end;
}

/* In bare steps. */
static struct syn_step added(struct db_add *self);

METHOD(db, int, add, (int, a), (int, b))
{
    return step_sleep(self, me->seconds, added);
}

static struct syn_step added(struct db_add *self)
{
    syn_me(self)->n_queries++;
    return step_return(self, self->a + self->b);
}

METHOD(db, struct db *, itself, DESTROY(db_release))
{
    co_begin;
    co_return(db_retain(syn_this(self)));
    co_end;
}

/* Gives up its caller's reference, inside. */
METHOD(db, void, lets_go, (double, seconds))
{
    co_begin;
    db_release(syn_this(self));
    tell("released");
    co_sleep(self->seconds);
    me->n_queries++; /* it is still there */
    tell("ends");
    co_end;
}

METHOD_GENERATOR(db, int, rows, (int, n), SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < self->n; self->i++) {
        co_sleep(me->seconds);
        co_yield(me->n_queries++);
    }
    co_finally;
    tell("rows");
    co_end;
}

METHOD_DIRECT(db, int, n_queries)
{
    return me->n_queries;
}

METHOD_DIRECT(db, void, reset, (int, to))
{
    me->n_queries = to;
}

METHOD_FUTURE(db, int, slowly, (int, x))
{
    co_begin;
    co_sleep(1.0);
    co_return(self->x);
    co_end;
}

ASYNC_DEFINE(demo, int, db_version)
{
    return step_return(self, 7);
}

METHOD_GET(db, int, timeout)
{
    co_begin;
    co_sleep(me->seconds);
    co_return(me->timeout);
    co_end;
}

METHOD_SET(db, int, timeout)
{
    co_begin;
    if (self->value < 0)
        co_fail(SYN_EINVAL, "a timeout is not negative");
    me->timeout = self->value;
    co_end;
}

METHOD_GET(db, int, age)
{
    return step_return(self, 42);
}

CLASS_TABLE(demo, db, DB_METHODS, NULL);

static struct db *opened(const char *url, double seconds)
{
    struct db *db = NULL;

    CHECK_INT(db_open(url, seconds, &db), 0);
    CHECK(db != NULL);
    return db;
}

static void end_all(void)
{
    finish(&demo);
    finish(&other);
    done();
}

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

/* --- life --- */

ASYNC(demo, void, idles, (double, seconds))
{
    co_begin;
    co_sleep(self->seconds);
    co_end;
}

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
    CHECK_INT(idles(3.0), 0);
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
    CHECK_INT(idles(1.0), 0);
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
    tell("closed");
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

static char unobserved[300];

static void note_unobserved(void *user, const char *function, syn_err err,
                            const struct syn_report *report)
{
    (void)user;
    snprintf(unobserved, sizeof unobserved, "%s %d %s", function, err == SYN_EBUSY,
             report ? report->message : "");
}

static void O3_a_destructor_that_fails_unseen_is_told_of(void)
{
    struct db *db;

    begin();
    syn_on_unobserved(note_unobserved, NULL);
    db = opened("sticky", 0.0);
    db_release(db);
    end_all();
    CHECK_STR(unobserved, "db 1 it sticks");
}

/* --- stopping --- */

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

/* --- failures --- */

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
    TEST(O1_the_originals_example),
    TEST(O1_state_lives_on_between_calls_of_every_face),
    TEST(O1_methods_are_awaited_on_their_loop_and_from_another),
    TEST(O2_a_future_first_method_returns_at_once),
    TEST(O4_a_static_method_needs_no_object),
    TEST(O4_properties_are_read_and_written_on_the_loop),
    TEST(O1_a_blocking_method_on_its_own_loop_is_refused),
    TEST(O1_no_object_is_an_error_in_every_face),
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
    TEST(O3_a_stop_destroys_what_lives_newest_first_and_release_frees),
    TEST(O3_a_stop_ends_calls_before_their_object),
    TEST(O3_a_destructor_that_would_not_end_is_abandoned_with_the_stop),
    TEST(O3_a_destructor_counts_as_clean_up_for_on_stuck),
    TEST(O6_a_method_that_returns_itself_returns_its_wrapper),
    TEST(O6_in_and_out_again_is_the_same),
    TEST(O6_one_implementation_is_one_wrapper_per_synchronizer),
};
TEST_MAIN_BOTH_MODES("object", cases);

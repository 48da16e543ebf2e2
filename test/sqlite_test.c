/* SPDX-License-Identifier: Apache-2.0
 *
 * A real library that only blocks, on a pool: docs/examples/sqlite. Real time, both modes.
 */
#define _FILE_OFFSET_BITS 64 /* files of temp_dir.h, also where long has 32 bits */
#define _DEFAULT_SOURCE

#define SQLITE_CASES(X)                                                                            \
    X(W2_a_table_is_made_and_its_rows_come_with_their_types)                                       \
    X(W2_a_task_iterates_rows)                                                                     \
    X(W2_ten_databases_work_in_parallel)                                                           \
    X(W2_a_connection_does_one_thing_at_a_time_and_in_order)                                       \
    X(W2_a_query_holds_the_connection_until_its_channel_is_closed)                                 \
    X(E1_errors_have_their_code_and_the_words_of_SQLite)                                           \
    X(E1_what_is_not_one_statement_is_refused)                                                     \
    X(C11_what_nobody_fetches_is_freed)                                                            \
    X(W2_closing_waits_for_what_was_asked_before)

#include "support/sqlite_rig.h"

#ifdef HAVE_SQLITE

static void W2_a_table_is_made_and_its_rows_come_with_their_types(void)
{
    struct sqlite_db *db = begin_db();
    int64_t changes;
    int n = 0;
    syn_err err;

    CHECK_INT(sqlite_exec(db,
                          "create table t (a, b, c, d);"
                          "insert into t values (1, 'two', 3.5, null), (9, x'00ff', 0.0, null)",
                          &changes),
              SYN_OK);
    CHECK_INT(changes, 2);
    channel_each (struct sqlite_row *, row, sqlite_query(db, "select * from t;\n"), &err) {
        CHECK_INT(row->n_values, 4);
        CHECK_INT(sqlite3_value_type(row->values[3]), SQLITE_NULL);
        if (n++ == 0) {
            CHECK_INT(sqlite3_value_int(row->values[0]), 1);
            CHECK_STR((const char *)sqlite3_value_text(row->values[1]), "two");
            CHECK(sqlite3_value_double(row->values[2]) == 3.5);
        } else {
            CHECK_INT(sqlite3_value_bytes(row->values[1]), 2);
            CHECK_MEM(sqlite3_value_blob(row->values[1]), "\0\377", 2);
        }
        sqlite_row_free(row);
    }
    CHECK_INT(err, SYN_OK);
    CHECK_INT(n, 2);
    CHECK_INT(sqlite_exec(db, "delete from t where a = 9", &changes), SYN_OK);
    CHECK_INT(changes, 1);
    CHECK_INT(sqlite_close(db), SYN_OK);
    over();
}

ASYNC(app, int, fill_and_sum, SYN_LOCAL(struct sqlite_db *, db), SYN_LOCAL(int64_t, n))
{
    co_begin;
    co_try(sqlite_open_future(":memory:"), &self->db);
    co_try(sqlite_exec_future(self->db, "create table t (a); insert into t values (1), (2), (4)"),
           &self->n);
    co_try(sum_of_future(self->db, "select a from t"), &self->result);
    co_return_result;
    co_finally;
    if (self->db)
        co_await (sqlite_close_future(self->db));
    co_end;
}

static void W2_a_task_iterates_rows(void)
{
    int sum = 0;

    begin_in_real_time();
    CHECK_INT(fill_and_sum(&sum), SYN_OK);
    CHECK_INT(sum, 7);
    over();
}

/* Each statement waits inside SQLite until all ten are there. */
static void W2_ten_databases_work_in_parallel(void)
{
    struct sqlite_db *db[10];
    struct sum_of_future f[10];
    struct gate gate;
    int sum;

    begin_in_real_time();
    gate_init(&gate);
    for (int i = 0; i < 10; i++) {
        db[i] = open_at(":memory:");
        give_gate(db[i], &gate);
        f[i] = sum_of_future(db[i], "select stand()");
    }
    gate_await(&gate, 10);
    gate_open(&gate);
    for (int i = 0; i < 10; i++) {
        CHECK_INT(future_get(f[i], &sum), SYN_OK);
        CHECK_INT(sum, 1);
        CHECK_INT(sqlite_close(db[i]), SYN_OK);
    }
    over();
}

static void W2_a_connection_does_one_thing_at_a_time_and_in_order(void)
{
    enum { N = 50 };
    struct sqlite_db *db = begin_db();
    struct sqlite_exec_future f[N];

    must(db, "create table t (id integer primary key autoincrement, a)");
    for (int i = 0; i < N; i++) {
        char *sql = sqlite3_mprintf("insert into t (a) values (%d)", i + 1);

        f[i] = sqlite_exec_future(db, sql);
        sqlite3_free(sql);
    }
    for (int i = 0; i < N; i++)
        CHECK_INT(future_get(f[i], NULL), SYN_OK);
    CHECK_INT(ask(db, "select count(*) from t where id = a"), N);
    CHECK_INT(sqlite_close(db), SYN_OK);
    over();
}

static void W2_a_query_holds_the_connection_until_its_channel_is_closed(void)
{
    struct sqlite_db *db = begin_db();
    struct sqlite_query_channel rows = sqlite_query(db, "select 1 union all select 2");
    struct sqlite_exec_future f;
    struct sqlite_row *row;

    CHECK_INT(channel_next(rows, &row), SYN_OK);
    sqlite_row_free(row);
    f = sqlite_exec_future(db, "create table t (a)");
    CHECK_INT(future_wait_by(f, syn_after(0.01)), SYN_ETIMEDOUT);
    CHECK_INT(channel_close(rows), SYN_OK);
    CHECK_INT(future_get(f, NULL), SYN_OK);
    CHECK_INT(sqlite_close(db), SYN_OK);
    over();
}

static void E1_errors_have_their_code_and_the_words_of_SQLite(void)
{
    struct sqlite_db *db = begin_db();
    struct sqlite_query_channel rows;
    struct sqlite_row *row;
    struct sqlite_db *none = NULL;
    int sum;

    CHECK_INT(sqlite_exec(db, "select * from nowhere", NULL), SQLITE_ECODE + SQLITE_ERROR);
    CHECK_SAYS("no such table: nowhere");
    must(db, "create table t (a unique); insert into t values (1)");
    CHECK_INT(sqlite_exec(db, "insert into t values (1)", NULL), SQLITE_ECODE + SQLITE_CONSTRAINT);
    CHECK_SAYS("UNIQUE constraint failed: t.a");
    rows = sqlite_query(db, "select json(a || '!') from t");
    CHECK_INT(channel_next(rows, &row), SQLITE_ECODE + SQLITE_ERROR);
    CHECK_SAYS("malformed JSON");
    CHECK_INT(channel_close(rows), SYN_OK); /* it was told */
    CHECK_INT(sum_of(db, "selekt", &sum), SQLITE_ECODE + SQLITE_ERROR);
    CHECK_SAYS("near \"selekt\": syntax error");
    CHECK_INT(sqlite_open("/nowhere/at/all", &none), SQLITE_ECODE + SQLITE_CANTOPEN);
    CHECK_SAYS("unable to open database file");
    CHECK_INT(sqlite_close(db), SYN_OK);
    over();
}

static void E1_what_is_not_one_statement_is_refused(void)
{
    static const char *const refused[] = {"select 1; select 2", "", "  -- nothing"};
    struct sqlite_db *db = begin_db();
    int sum;

    for (int i = 0; i < 3; i++) {
        CHECK_INT(sum_of(db, refused[i], &sum), SYN_EINVAL);
        CHECK_SAYS("not one statement");
    }
    CHECK_INT(sqlite_close(db), SYN_OK);
    over();
}

static void C11_what_nobody_fetches_is_freed(void)
{
    struct sqlite_db *db = begin_db();
    struct sqlite_query_channel rows = sqlite_query(db, "select 1 union select 2 union select 3");
    struct sqlite_row *row;

    CHECK_INT(channel_prefetch(rows, 3), SYN_OK);
    CHECK_INT(channel_next(rows, &row), SYN_OK);
    sqlite_row_free(row);
    CHECK_INT(channel_close(rows), SYN_OK);
    CHECK_INT(future_detach(sqlite_open_future(":memory:")), SYN_OK);
    CHECK_INT(sqlite_close(db), SYN_OK);
    CHECK_INT(pool_stop(&sqlite_pool, syn_never()), SYN_OK); /* with what was detached */
    over();
}

static void W2_closing_waits_for_what_was_asked_before(void)
{
    struct sqlite_db *db = begin_db();
    struct sqlite_exec_future f;
    struct sqlite_close_future closed;
    struct gate gate;

    gate_init(&gate);
    give_gate(db, &gate);
    f = sqlite_exec_future(db, "select stand()");
    gate_await(&gate, 1);
    closed = sqlite_close_future(db);
    CHECK_INT(future_wait_by(closed, syn_after(0.01)), SYN_ETIMEDOUT);
    gate_open(&gate);
    CHECK_INT(future_get(f, NULL), SYN_OK);
    CHECK_INT(future_get(closed), SYN_OK);
    over();
}

#endif

static const struct test_case cases[] = {SQLITE_CASES(CASE_ROW)};
TEST_MAIN_BOTH_MODES("sqlite", cases);

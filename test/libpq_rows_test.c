/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of the wrapped libpq one by one, as a channel: iterated by threads and tasks, given up
 * in the middle, failing in the middle.
 */
#define _POSIX_C_SOURCE 200809L

#define PG_CASES(X)                                                                                \
    X(rows_come_one_by_one_and_no_more_are_in_memory)                                              \
    X(what_gives_no_rows_ends_at_once)                                                             \
    X(an_error_in_the_middle_comes_behind_the_rows_before_it)                                      \
    X(G5_breaking_out_cancels_at_the_server_and_the_connection_works_on)                           \
    X(a_connection_is_busy_while_its_rows_come)                                                    \
    X(a_task_iterates_and_can_be_given_up)                                                         \
    X(a_lost_connection_is_told_in_the_middle)                                                     \
    X(a_stop_ends_rows_that_nobody_asks_for)

#include "support/pg_rig.h"

#ifdef HAVE_LIBPQ

static atomic_int n_made, n_freed, n_most;

/* libpq tells of each result that is made and each that is freed. */
static int count_results(PGEventId event, void *info, void *unused)
{
    int alive;

    (void)info;
    (void)unused;
    n_made += event == PGEVT_RESULTCREATE;
    n_freed += event == PGEVT_RESULTDESTROY;
    alive = n_made - n_freed;
    if (alive > n_most)
        n_most = alive;
    return 1;
}

static struct pg *open_counted(void)
{
    struct pg *db = open_db();

    CHECK(PQregisterEventProc(db->conn, count_results, "count", NULL));
    return db;
}

static void close_counted(struct pg *db)
{
    pg_close(db);
    done();
    CHECK(n_made > 0);
    CHECK_INT(n_freed, n_made);
}

static int value_of(PGresult *row)
{
    int value = atoi(PQgetvalue(row, 0, 0));

    CHECK_INT(PQntuples(row), 1);
    PQclear(row);
    return value;
}

static void rows_come_one_by_one_and_no_more_are_in_memory(void)
{
    static const size_t ahead[] = {0, 1, 64};
    struct pg *db;
    syn_err err = -1;

    begin();
    db = open_counted();
    for (int i = 0; i < 3; i++) {
        struct pg_rows_channel rows = pg_rows(db, "select i, repeat('x', 1000) from "
                                                  "generate_series(1, 3000) i");
        int n = 0;

        n_most = 0;
        CHECK_INT(channel_prefetch(rows, ahead[i]), 0);
        channel_each (PGresult *, row, rows, &err)
            CHECK_INT(value_of(row), ++n);
        CHECK_INT(err, 0);
        CHECK_INT(n, 3000);
        CHECK(n_most <= (int)ahead[i] + 3); /* in the channel, at the consumer, on its way */
        CHECK(db->last == NULL);
    }
    CHECK_INT(ask(db, "select 8"), 8);
    close_counted(db);
}

static void what_gives_no_rows_ends_at_once(void)
{
    static const char *const sql[] = {"create temp table t(i int)", "select 1 where false", "",
                                      "insert into t values (1); delete from t"};
    struct pg *db;
    syn_err err = -1;

    begin();
    db = open_counted();
    for (int i = 0; i < 4; i++) {
        channel_each (PGresult *, row, pg_rows(db, sql[i]), &err)
            CHECK(!row);
        CHECK_INT(err, 0);
    }
    close_counted(db);
}

static void an_error_in_the_middle_comes_behind_the_rows_before_it(void)
{
    struct pg *db;
    syn_err err = -1;
    int n = 0;

    begin();
    db = open_counted();
    channel_each (PGresult *, row, pg_rows(db, "select 1 / (5 - i) from generate_series(1, 9) i"),
                  &err) {
        PQclear(row);
        n++;
    }
    CHECK_INT(err, PG_ESERVER);
    CHECK_SAYS("division by zero");
    CHECK_STR(syn_last_report()->sites[0].function, "pg_rows");
    CHECK_INT(n, 4);
    CHECK_STR(PQresultErrorField(db->last, PG_DIAG_SQLSTATE), "22012");
    channel_each (PGresult *, row, pg_rows(db, "nonsense"), &err)
        CHECK(!row);
    CHECK_INT(err, PG_ESERVER);
    CHECK_INT(ask(db, "select 8"), 8);
    close_counted(db);
}

/* In the list of the select the server makes them as they are fetched. */
static const char endless[] = "select generate_series(1, 2000000000)";

static void G5_breaking_out_cancels_at_the_server_and_the_connection_works_on(void)
{
    double start = seconds_now();
    struct pg *db;
    syn_err err = -1;

    begin();
    db = open_counted();
    for (int i = 1; i <= 10; i++) {
        int n = 0;

        channel_each (PGresult *, row, pg_rows(db, endless), &err) {
            CHECK_INT(value_of(row), ++n);
            if (n == i)
                break;
        }
        CHECK_INT(err, 0);
        CHECK_INT(ask(db, "select 9"), 9);
    }
    CHECK(seconds_now() - start < 25); /* one to its end would take longer */
    close_counted(db);
}

static void a_connection_is_busy_while_its_rows_come(void)
{
    struct pg_rows_channel rows, second;
    struct pg *db;
    PGresult *row;

    begin();
    db = open_counted();
    rows = pg_rows(db, "select 1 union all select 2");
    CHECK_INT(ask(db, "select 7"), 7); /* nobody asked for a row yet */
    CHECK_INT(channel_next(rows, &row), 0);
    CHECK_INT(value_of(row), 1);
    CHECK_INT(pg_query(db, "select 8", &row), SYN_EBUSY);
    second = pg_rows(db, "select 9");
    CHECK_INT(channel_next(second, &row), SYN_EBUSY);
    CHECK_SAYS("another query");
    CHECK_INT(channel_close(second), 0);
    CHECK_INT(channel_next(rows, &row), 0);
    CHECK_INT(value_of(row), 2);
    CHECK_INT(channel_next(rows, &row), SYN_EEND);
    CHECK_INT(ask(db, "select 8"), 8);
    CHECK_INT(channel_close(rows), 0);
    close_counted(db);
}

ASYNC(app, long, add_up, (struct pg *, db), (const char *, sql),
      SYN_LOCAL(struct pg_rows_channel, rows), SYN_LOCAL(PGresult *, row))
{
    co_begin;
    self->rows = pg_rows(self->db, self->sql);
    co_each (self->rows, &self->row)
        self->result += value_of(self->row);
    co_check;
    co_return_result;
    co_finally;
    co_close(self->rows);
    co_end;
}

static void a_task_iterates_and_can_be_given_up(void)
{
    struct pg *db;
    long sum = 0;

    begin();
    db = open_counted();
    CHECK_INT(add_up(db, "select i from generate_series(1, 100) i", &sum), 0);
    CHECK_INT(sum, 5050);
    CHECK_INT(call_by(syn_after(0.1), add_up(db, endless, &sum)), SYN_ETIMEDOUT);
    CHECK_INT(ask(db, "select 10"), 10); /* it cleaned up before it said so */
    CHECK_INT(call_by(syn_after(0.1), add_up(db, "select 1 from pg_sleep(200)", &sum)),
              SYN_ETIMEDOUT);
    CHECK_INT(ask(db, "select 11"), 11);
    close_counted(db);
}

static void a_lost_connection_is_told_in_the_middle(void)
{
    struct pg *db, *killer;
    syn_err err = -1;
    char sql[80];
    int n = 0;

    begin();
    db = open_counted();
    killer = open_db();
    snprintf(sql, sizeof sql, "select pg_terminate_backend(%d)", PQbackendPID(db->conn));
    channel_each (PGresult *, row, pg_rows(db, endless), &err) {
        PQclear(row);
        if (++n == 100)
            ask(killer, sql);
    }
    CHECK_INT(err, PG_ELOST);
    CHECK(n >= 100);
    pg_close(killer);
    close_counted(db);
}

static void a_stop_ends_rows_that_nobody_asks_for(void)
{
    struct pg_rows_channel rows;
    struct pg *db;
    PGresult *row;

    begin();
    db = open_counted();
    rows = pg_rows(db, endless);
    CHECK_INT(channel_next(rows, &row), 0);
    CHECK_INT(value_of(row), 1);
    CHECK_INT(synchronizer_stop(&pg_loop, syn_after(10)), 0);
    CHECK_INT(PQtransactionStatus(db->conn), PQTRANS_IDLE); /* cancelled at the server */
    CHECK_INT(channel_next(rows, &row), SYN_ECANCELED);
    CHECK_INT(channel_close(rows), 0);
    close_counted(db);
}

#endif

static const struct test_case cases[] = {PG_CASES(PG_ROW)};
TEST_MAIN_BOTH_MODES("libpq_rows", cases);

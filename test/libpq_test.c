/* SPDX-License-Identifier: Apache-2.0
 *
 * A library that already exists, wrapped: docs/examples/libpq against a real server; queries
 * and errors.
 */
#define _POSIX_C_SOURCE 200809L

#define PG_CASES(X)                                                                                \
    X(a_blocking_query_gives_its_rows)                                                             \
    X(several_statements_give_the_last_result)                                                     \
    X(ten_queries_on_ten_connections_overlap)                                                      \
    X(a_task_awaits_a_query)                                                                       \
    X(an_error_of_the_server_comes_with_its_text_and_a_trace)                                      \
    X(a_lost_connection_is_told_with_the_reason)                                                   \
    X(a_wrong_conninfo_is_told)                                                                    \
    X(a_connection_nobody_fetched_is_closed)                                                       \
    X(a_long_statement_and_a_long_result_pass)                                                     \
    X(a_copy_is_refused_and_ends_the_connection)

#include "support/pg_rig.h"

#ifdef HAVE_LIBPQ

/* ---- faces ---------------------------------------------------------------------- */

static void a_blocking_query_gives_its_rows(void)
{
    struct pg *db;
    PGresult *rows = NULL;

    begin();
    db = open_db();
    CHECK_INT(pg_query(db, "select i, i * i from generate_series(1, 100) i", &rows), 0);
    CHECK_INT(PQntuples(rows), 100);
    CHECK_STR(PQgetvalue(rows, 11, 1), "144");
    PQclear(rows);
    pg_close(db);
    pg_close(NULL);
    done();
}

static void several_statements_give_the_last_result(void)
{
    struct pg *db;
    PGresult *rows = NULL;

    begin();
    db = open_db();
    CHECK_INT(ask(db, "select 1; select 2; select 3"), 3);
    CHECK_INT(pg_query(db, "", &rows), 0);
    CHECK_INT(PQresultStatus(rows), PGRES_EMPTY_QUERY);
    PQclear(rows);
    CHECK_INT(pg_query(db, "select 1; select 1/0; select 2", &rows), PG_ESERVER);
    CHECK_SAYS("division by zero");
    CHECK_INT(ask(db, "select 4"), 4);
    pg_close(db);
    done();
}

enum { TEN = 10 };

static void ten_queries_on_ten_connections_overlap(void)
{
    struct pg_open_future opening[TEN];
    struct pg_query_future f[TEN];
    struct pg *db[TEN];
    PGresult *rows;
    double start;

    begin();
    for (int i = 0; i < TEN; i++)
        opening[i] = pg_open_future(conninfo);
    for (int i = 0; i < TEN; i++)
        CHECK_INT(future_get(opening[i], &db[i]), 0);
    start = seconds_now();
    for (int i = 0; i < TEN; i++) {
        char sql[60];

        snprintf(sql, sizeof sql, "select %d from pg_sleep(2)", i);
        f[i] = pg_query_future(db[i], sql); /* copied: the next round overwrites it */
    }
    for (int i = 0; i < TEN; i++) {
        CHECK_INT(future_get(f[i], &rows), 0);
        CHECK_INT(atoi(PQgetvalue(rows, 0, 0)), i);
        PQclear(rows);
        pg_close(db[i]);
    }
    CHECK(seconds_now() - start < 20.0); /* one after the other take longer */
    done();
}

ASYNC(app, int, sum, (struct pg *, db), SYN_LOCAL(PGresult *, rows), SYN_LOCAL(int, i),
      SYN_LOCAL(int, total))
{
    co_begin;
    for (self->i = 1; self->i <= 3; self->i++) {
        co_try(pg_query_future(self->db, "select 7"), &self->rows);
        self->total += atoi(PQgetvalue(self->rows, 0, 0));
        PQclear(self->rows);
    }
    co_return(self->total);
    co_end;
}

static void a_task_awaits_a_query(void)
{
    struct pg *db;
    int total = 0;

    begin();
    db = open_db();
    CHECK_INT(sum(db, &total), 0);
    CHECK_INT(total, 21);
    pg_close(db);
    done();
}

/* ---- errors --------------------------------------------------------------------- */

static void an_error_of_the_server_comes_with_its_text_and_a_trace(void)
{
    const struct syn_report *report;
    struct pg *db;

    begin();
    db = open_db();
    CHECK_INT(run(db, "select * from nowhere"), PG_ESERVER);
    CHECK_SAYS("relation \"nowhere\" does not exist");
    report = syn_last_report();
    CHECK_INT(report->origin, SYN_BY_TASK);
    CHECK_INT(report->n_sites, 2);
    CHECK_STR(report->sites[0].function, "pg_query");
    CHECK_STR(report->sites[1].function, "run");
    CHECK_STR(PQresultErrorField(db->last, PG_DIAG_SQLSTATE), "42P01");
    CHECK_INT(ask(db, "select 5"), 5);
    CHECK(db->last == NULL);
    pg_close(db);
    done();
}

static void a_lost_connection_is_told_with_the_reason(void)
{
    struct pg *db, *killer;
    struct pg_query_future f;
    PGresult *rows;
    char sql[80];

    begin();
    db = open_db();
    killer = open_db();
    snprintf(sql, sizeof sql, "select pg_terminate_backend(%d)", PQbackendPID(db->conn));
    f = query_asleep(db, "select 1; select pg_sleep(20)");
    ask(killer, sql);
    CHECK_INT(future_get(f, &rows), PG_ELOST);
    CHECK_SAYS("terminating connection");
    CHECK_INT(pg_query(db, "select 1", &rows), PG_ELOST);
    CHECK_SAYS("no connection to the server");
    pg_close(db);
    pg_close(killer);
    done();
}

static void a_wrong_conninfo_is_told(void)
{
    struct pg *db = NULL;

    begin();
    CHECK_INT(pg_open("this is not one", &db), PG_ECONNECT);
    CHECK_SAYS("missing \"=\"");
    CHECK_INT(pg_open("hostaddr=127.0.0.1 port=1", &db), PG_ECONNECT);
    CHECK_SAYS("Connection refused");
    CHECK_INT(pg_open("host=/nowhere/at/all", &db), PG_ECONNECT);
    CHECK_SAYS("No such file");
    CHECK(db == NULL);
    done();
}

static void a_connection_nobody_fetched_is_closed(void)
{
    begin();
    CHECK_INT(future_detach(pg_open_future(conninfo)), 0);
    CHECK(future_cancel(pg_open_future(conninfo)) != SYN_EDEADLK);
    pg_close(open_db());
    done();
}

static void a_long_statement_and_a_long_result_pass(void)
{
    enum { LONG = 8000000 };
    char *sql = malloc(LONG + 100);
    struct pg *db;
    size_t n;

    begin();
    db = open_db();
    n = (size_t)sprintf(sql, "select length('");
    memset(sql + n, 'x', LONG);
    strcpy(sql + n + LONG, "')");
    CHECK_INT(ask(db, sql), LONG);
    CHECK_INT(ask(db, "select 6, repeat('y', 8000000)"), 6);
    free(sql);
    pg_close(db);
    done();
}

static void a_copy_is_refused_and_ends_the_connection(void)
{
    static const char *const copies[] = {"copy pg_class to stdout",
                                         "create temp table t(i int); copy t from stdin"};
    PGresult *rows;

    begin();
    for (int i = 0; i < 2; i++) {
        struct pg *db = open_db();

        CHECK_INT(pg_query(db, copies[i], &rows), SYN_ENOTSUP);
        CHECK_SAYS("COPY");
        CHECK_INT(pg_query(db, "select 1", &rows), PG_ELOST);
        CHECK_SAYS("given up");
        pg_close(db);
    }
    done();
}

#endif

static const struct test_case cases[] = {PG_CASES(PG_ROW)};
TEST_MAIN_BOTH_MODES("libpq", cases);

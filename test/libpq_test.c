/* SPDX-License-Identifier: Apache-2.0
 *
 * A library that already exists, wrapped: docs/examples/libpq against a real server,
 * which PG_CONNINFO names (test/support/with_postgres.sh starts one). Real time, both
 * modes. Without libpq or without a server each case is skipped and says so.
 */
#define _POSIX_C_SOURCE 200809L

#include "test.h"

#define CASES(X)                                                                                   \
    X(a_blocking_query_gives_its_rows)                                                             \
    X(several_statements_give_the_last_result)                                                     \
    X(ten_queries_on_ten_connections_overlap)                                                      \
    X(a_task_awaits_a_query)                                                                       \
    X(an_error_of_the_server_comes_with_its_text_and_a_trace)                                      \
    X(a_deadline_cancels_at_the_server_and_the_connection_works_on)                                \
    X(future_cancel_cancels_at_the_server_and_the_connection_works_on)                             \
    X(cancelling_a_waiting_task_cancels_its_query)                                                 \
    X(what_went_through_though_cancelled_is_a_success)                                             \
    X(cancelling_at_any_moment_leaves_the_connection_usable)                                       \
    X(a_second_query_on_a_busy_connection_is_refused)                                              \
    X(a_lost_connection_is_told_with_the_reason)                                                   \
    X(a_wrong_conninfo_is_told)                                                                    \
    X(a_connection_nobody_fetched_is_closed)                                                       \
    X(a_long_statement_and_a_long_result_pass)                                                     \
    X(a_copy_is_refused_and_ends_the_connection)                                                   \
    X(every_result_is_freed_exactly_once)                                                          \
    X(a_stop_cancels_a_running_query_at_the_server)                                                \
    X(the_pair_written_by_hand_does_the_same)

#ifndef HAVE_LIBPQ

#define SKIPPED(name)                                                                              \
    static void name(void)                                                                         \
    {                                                                                              \
        TEST_SKIP("libpq was not there when this was built");                                      \
    }
CASES(SKIPPED)

#else

#include <libpq-events.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <synchronicity/short.h>
#include <synchronicity/testing.h>

#include "../docs/examples/libpq/by_hand.h"
#include "../docs/examples/libpq/pg.h"

SYNCHRONIZER(app);

static const char *conninfo;

static void begin(void)
{
    conninfo = getenv("PG_CONNINFO");
    if (!conninfo)
        TEST_SKIP("PG_CONNINFO names no server; see test/support/with_postgres.sh");
    test_alarm_hook = syn_dump;
    syn_test_callers_drive(test_driving);
}

/* Nothing is left: no task, no memory of the library. */
static void done(void)
{
    struct syn_synchronizer *const loops[] = {&pg_loop, &app};

    for (int i = 0; i < 2; i++) {
        struct syn_stats stats;

        CHECK_INT(synchronizer_stop(loops[i], syn_never()), 0);
        stats = synchronizer_stats(loops[i]);
        CHECK_INT(stats.started, stats.ended);
        CHECK_INT(synchronizer_free(loops[i]), 0);
    }
    CHECK_INT(syn_memory_use().outstanding, 0);
}

static double seconds_now(void)
{
    return (double)syn_clock_now(NULL) / 1e9;
}

static void pause_for(double seconds)
{
    struct timespec t = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};

    nanosleep(&t, NULL);
}

static void check_says(int line, const char *text)
{
    const struct syn_report *report = syn_last_report();

    if (!report || !strstr(report->message, text))
        test_fail(__FILE__, line, "the report says \"%s\", not \"%s\"",
                  report ? report->message : "(no report)", text);
}
#define CHECK_SAYS(text) check_says(__LINE__, text)

static struct pg *open_db(void)
{
    struct pg *db = NULL;

    if (pg_open(conninfo, &db)) {
        syn_perror("pg_open");
        CHECK(!"the server cannot be reached");
    }
    return db;
}

/* The first field of SQL's result as a number. */
static long ask(struct pg *db, const char *sql)
{
    PGresult *rows = NULL;
    syn_err err = pg_query(db, sql, &rows);
    long value;

    if (err)
        syn_perror(sql);
    CHECK_INT(err, 0);
    value = atol(PQgetvalue(rows, 0, 0));
    PQclear(rows);
    return value;
}

static void must(struct pg *db, const char *sql)
{
    PGresult *rows = NULL;

    CHECK_INT(pg_query(db, sql, &rows), 0);
    PQclear(rows);
}

/* The server ignores a request to cancel what it has not begun. */
static void wait_until_asleep(int pid)
{
    struct pg *other = open_db();
    char sql[120];

    snprintf(sql, sizeof sql,
             "select count(*) from pg_stat_activity where pid = %d and wait_event = 'PgSleep'",
             pid);
    while (ask(other, sql) == 0)
        pause_for(0.005);
    pg_close(other);
}

static void wait_until_free(struct pg *db)
{
    PGresult *rows = NULL;
    syn_err err;

    while ((err = pg_query(db, "select 0", &rows)) == SYN_EBUSY)
        pause_for(0.001);
    CHECK_INT(err, 0);
    PQclear(rows);
}

/* SQL, on its way, and asleep at the server. */
static struct pg_query_future query_asleep(struct pg *db, const char *sql)
{
    int pid = PQbackendPID(db->conn);
    struct pg_query_future f = pg_query_future(db, sql);

    wait_until_asleep(pid);
    return f;
}

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

        snprintf(sql, sizeof sql, "select %d from pg_sleep(0.2)", i);
        f[i] = pg_query_future(db[i], sql); /* copied: the next round overwrites it */
    }
    for (int i = 0; i < TEN; i++) {
        CHECK_INT(future_get(f[i], &rows), 0);
        CHECK_INT(atoi(PQgetvalue(rows, 0, 0)), i);
        PQclear(rows);
        pg_close(db[i]);
    }
    CHECK(seconds_now() - start < 1.0 * TEST_SLOWNESS);
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

ASYNC(app, void, run, (struct pg *, db), (const char *, sql), SYN_LOCAL(PGresult *, rows))
{
    co_begin;
    co_try(pg_query_future(self->db, self->sql), &self->rows);
    PQclear(self->rows);
    co_end;
}

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
    future_cancel(pg_open_future(conninfo));
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

/* ---- cancelling ----------------------------------------------------------------- */

static void a_deadline_cancels_at_the_server_and_the_connection_works_on(void)
{
    double start = seconds_now();
    struct pg *db, *other;
    PGresult *rows;
    char sql[120];

    begin();
    db = open_db();
    other = open_db();
    CHECK_INT(call_by(syn_after(0.1), pg_query(db, "select pg_sleep(20)", &rows)), SYN_ETIMEDOUT);
    CHECK_INT(syn_last_origin(), SYN_BY_DEADLINE);
    snprintf(sql, sizeof sql,
             "select count(*) from pg_stat_activity where pid = %d and state = 'active'",
             PQbackendPID(db->conn));
    CHECK_INT(ask(other, sql), 0);
    CHECK_INT(future_get_by(pg_query_future(db, "select pg_sleep(20)"), &rows, syn_after(0.1)),
              SYN_ETIMEDOUT);
    CHECK_INT(ask(db, "select 8"), 8);
    CHECK(seconds_now() - start < 3 * TEST_SLOWNESS);
    pg_close(db);
    pg_close(other);
    done();
}

static void future_cancel_cancels_at_the_server_and_the_connection_works_on(void)
{
    double start = seconds_now();
    struct pg_query_future f;
    struct pg *db;

    begin();
    db = open_db();
    f = query_asleep(db, "select pg_sleep(20)");
    CHECK_INT(future_cancel(f), SYN_ECANCELED);
    CHECK_INT(ask(db, "select 9"), 9);
    CHECK(seconds_now() - start < 3 * TEST_SLOWNESS);
    pg_close(db);
    done();
}

static void cancelling_a_waiting_task_cancels_its_query(void)
{
    double start = seconds_now();
    struct run_future f;
    struct pg *db;
    int pid;

    begin();
    db = open_db();
    pid = PQbackendPID(db->conn);
    f = run_future(db, "select pg_sleep(20)");
    wait_until_asleep(pid);
    CHECK_INT(future_cancel(f), SYN_ECANCELED);
    CHECK_INT(call_by(syn_after(0.1), run(db, "select pg_sleep(20)")), SYN_ETIMEDOUT);
    CHECK_INT(ask(db, "select 10"), 10);
    CHECK(seconds_now() - start < 3 * TEST_SLOWNESS);
    pg_close(db);
    done();
}

static void what_went_through_though_cancelled_is_a_success(void)
{
    static const char stubborn[] = "create temp table t as select 1 i;"
                                   "do $$ begin perform pg_sleep(20);"
                                   " exception when query_canceled then null; end $$";
    struct pg_query_future f;
    struct pg *db;

    begin();
    db = open_db();
    f = query_asleep(db, stubborn);
    CHECK_INT(future_cancel(f), 0);
    CHECK_INT(ask(db, "select count(*) from t"), 1);
    pg_close(db);
    done();
}

/* Requests that meet the query before it starts, on its way, and after it ended. */
static void cancelling_at_any_moment_leaves_the_connection_usable(void)
{
    struct pg *db;

    begin();
    db = open_db();
    for (int i = 0; i < 60 / TEST_SLOWNESS; i++) {
        struct pg_query_future f = pg_query_future(db, "select 1 from pg_sleep(0.002)");
        syn_err err;

        if (i % 3)
            pause_for(0.0001 * i);
        err = future_cancel(f);
        CHECK(err == SYN_ECANCELED || err == 0);
        CHECK_INT(ask(db, "select 11"), 11);
    }
    pg_close(db);
    done();
}

static void a_second_query_on_a_busy_connection_is_refused(void)
{
    struct pg_query_future f;
    PGresult *rows;
    struct pg *db;

    begin();
    db = open_db();
    f = pg_query_future(db, "select 12 from pg_sleep(0.2)");
    CHECK_INT(pg_query(db, "select 13", &rows), SYN_EBUSY);
    CHECK_INT(future_get(f, &rows), 0);
    CHECK_STR(PQgetvalue(rows, 0, 0), "12");
    PQclear(rows);
    CHECK_INT(ask(db, "select 13"), 13);
    pg_close(db);
    done();
}

/* ---- lifetimes ------------------------------------------------------------------ */

static atomic_int n_made, n_freed;

/* libpq tells of each result that is made for a query and each that is freed. */
static int count_results(PGEventId event, void *info, void *unused)
{
    (void)info;
    (void)unused;
    n_made += event == PGEVT_RESULTCREATE;
    n_freed += event == PGEVT_RESULTDESTROY;
    return 1;
}

static void every_result_is_freed_exactly_once(void)
{
    struct pg_query_future f;
    struct pg_query_shared shared;
    PGresult *rows;
    struct pg *db;

    begin();
    db = open_db();
    CHECK(PQregisterEventProc(db->conn, count_results, "count", NULL));
    CHECK_INT(ask(db, "select 1"), 1);
    must(db, "select 1; select 2");
    CHECK_INT(pg_query(db, "select 1", NULL), 0);
    CHECK_INT(pg_query(db, "select 1; select 1/0", &rows), PG_ESERVER);
    f = pg_query_future(db, "select 3");
    CHECK_INT(future_wait(f), 0);
    CHECK_INT(future_cancel(f), 0);
    CHECK_INT(future_detach(pg_query_future(db, "select 4")), 0);
    wait_until_free(db);
    CHECK_INT(future_share(pg_query_future(db, "select pg_sleep(0.1)"), &shared), 0);
    CHECK_INT(future_get(pg_query_future(db, "select 7"), &rows), SYN_EBUSY);
    shared_release(shared);
    wait_until_free(db);
    CHECK_INT(call_by(syn_after(0.05), pg_query(db, "select 1; select pg_sleep(20)", &rows)),
              SYN_ETIMEDOUT);
    pg_close(db);
    CHECK(n_made >= 8);
    CHECK_INT(n_freed, n_made);
    done();
}

static void a_stop_cancels_a_running_query_at_the_server(void)
{
    double start = seconds_now();
    struct pg_query_future f;
    PGresult *rows;
    struct pg *db;

    begin();
    db = open_db();
    f = query_asleep(db, "select pg_sleep(20)");
    CHECK_INT(synchronizer_stop(&pg_loop, syn_after(10)), 0);
    CHECK_INT(future_get(f, &rows), SYN_ECANCELED);
    CHECK_INT(pg_query(db, "select 1", &rows), SYN_ECLOSED);
    CHECK_INT(PQtransactionStatus(db->conn), PQTRANS_IDLE);
    CHECK(seconds_now() - start < 3 * TEST_SLOWNESS);
    pg_close(db);
    done();
}

/* ---- by hand -------------------------------------------------------------------- */

struct by_hand {
    struct hand_loop loop;
    struct hand_db *db;
    struct hand_error error;
    int n_opened, n_answers, value;
};

static void hand_opened(void *user, const struct hand_error *error, struct hand_db *db)
{
    struct by_hand *h = user;

    h->n_opened++;
    h->db = db;
    h->error = error ? *error : (struct hand_error){0, ""};
}

static void hand_answered(void *user, const struct hand_error *error, PGresult *rows)
{
    struct by_hand *h = user;

    h->n_answers++;
    h->error = error ? *error : (struct hand_error){0, ""};
    h->value = rows && PQntuples(rows) ? atoi(PQgetvalue(rows, 0, 0)) : 0;
    PQclear(rows);
}

static int hand_ask(struct by_hand *h, const char *sql, bool cancel)
{
    struct hand_error error;

    CHECK_INT(hand_query_async(h->db, sql, hand_answered, h, &error), 0);
    CHECK_INT(hand_query_async(h->db, sql, hand_answered, h, &error), HAND_EBUSY);
    if (cancel) {
        wait_until_asleep(PQbackendPID(hand_conn(h->db)));
        CHECK_INT(hand_cancel_async(h->db), 0);
    }
    hand_loop_run(&h->loop);
    return h->error.code;
}

static void check_asynchronous_by_hand(void)
{
    struct by_hand h = {.n_opened = 0};
    struct hand_error error;

    CHECK_INT(hand_loop_init(&h.loop), 0);
    CHECK_INT(hand_open_async(&h.loop, "nonsense", hand_opened, &h, &error), HAND_ECONNECT);
    CHECK_INT(hand_open_async(&h.loop, conninfo, hand_opened, &h, &error), 0);
    hand_loop_run(&h.loop);
    CHECK_INT(h.n_opened, 1);
    CHECK_INT(h.error.code, 0);
    CHECK_INT(hand_ask(&h, "select 1; select 14", false), 0);
    CHECK_INT(h.value, 14);
    CHECK_INT(hand_ask(&h, "select 1/0", false), HAND_ESERVER);
    CHECK(strstr(h.error.text, "division by zero"));
    CHECK_INT(hand_ask(&h, "select pg_sleep(20)", true), HAND_ECANCELED);
    CHECK_INT(hand_ask(&h, "select 15", false), 0);
    CHECK_INT(h.value, 15);
    CHECK_INT(hand_ask(&h, "select pg_terminate_backend(pg_backend_pid())", false), HAND_ELOST);
    CHECK_INT(h.n_answers, 5);
    hand_close_async(h.db);
    hand_loop_fini(&h.loop);
}

static void the_pair_written_by_hand_does_the_same(void)
{
    struct hand_error error;
    PGresult *rows;
    PGconn *conn;

    begin();
    CHECK_INT(hand_open("nonsense", &conn, &error), HAND_ECONNECT);
    CHECK_INT(hand_open(conninfo, &conn, &error), 0);
    CHECK_INT(hand_query(conn, "select 1; select 16", &rows, &error), 0);
    CHECK_STR(PQgetvalue(rows, 0, 0), "16");
    PQclear(rows);
    CHECK_INT(hand_query(conn, "select 1/0", &rows, &error), HAND_ESERVER);
    CHECK(strstr(error.text, "division by zero"));
    CHECK_INT(hand_cancel(conn), 0); /* of nothing: the server takes it, and nothing happens */
    PQfinish(conn);
    check_asynchronous_by_hand();
    done();
}

#endif

#define ROW(name) TEST(name),
static const struct test_case cases[] = {CASES(ROW)};
TEST_MAIN_BOTH_MODES("libpq", cases);

/* SPDX-License-Identifier: Apache-2.0
 *
 * The wrapped libpq: what is cancelled, stopped, and freed.
 */
#define _POSIX_C_SOURCE 200809L

#define PG_CASES(X)                                                                                \
    X(a_deadline_cancels_at_the_server_and_the_connection_works_on)                                \
    X(future_cancel_cancels_at_the_server_and_the_connection_works_on)                             \
    X(a_server_without_an_answer_in_time_is_given_up)                                              \
    X(cancelling_a_waiting_task_cancels_its_query)                                                 \
    X(what_went_through_though_cancelled_is_a_success)                                             \
    X(cancelling_at_any_moment_leaves_the_connection_usable)                                       \
    X(a_second_query_on_a_busy_connection_is_refused)                                              \
    X(every_result_is_freed_exactly_once)                                                          \
    X(a_stop_cancels_a_running_query_at_the_server)

#include "support/pg_rig.h"

#ifdef HAVE_LIBPQ

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
    CHECK_INT(call_by(syn_after(0.1), pg_query(db, "select pg_sleep(200)", &rows)), SYN_ETIMEDOUT);
    CHECK_INT(syn_last_origin(), SYN_BY_DEADLINE);
    snprintf(sql, sizeof sql,
             "select count(*) from pg_stat_activity where pid = %d and state = 'active'",
             PQbackendPID(db->conn));
    CHECK_INT(ask(other, sql), 0);
    CHECK_INT(future_get_by(pg_query_future(db, "select pg_sleep(200)"), &rows, syn_after(0.1)),
              SYN_ETIMEDOUT);
    CHECK_INT(ask(db, "select 8"), 8);
    CHECK(seconds_now() - start < 150); /* at the server it would take 200 */
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
    f = query_asleep(db, "select pg_sleep(200)");
    CHECK_INT(future_cancel(f), SYN_ECANCELED);
    CHECK_INT(ask(db, "select 9"), 9);
    CHECK(seconds_now() - start < 150); /* at the server it would take 200 */
    pg_close(db);
    done();
}

static void a_server_without_an_answer_in_time_is_given_up(void)
{
    struct pg *db;
    PGresult *rows;

    begin();
    db = open_db();
    db->patience = 0;
    CHECK_INT(call_by(syn_after(0.1), pg_query(db, "select pg_sleep(200)", &rows)), SYN_ETIMEDOUT);
    CHECK(!db->conn && !db->busy);
    CHECK_INT(pg_query(db, "select 1", &rows), PG_ELOST);
    CHECK_SAYS("given up");
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
    f = run_future(db, "select pg_sleep(200)");
    wait_until_asleep(pid);
    CHECK_INT(future_cancel(f), SYN_ECANCELED);
    CHECK_INT(call_by(syn_after(0.1), run(db, "select pg_sleep(200)")), SYN_ETIMEDOUT);
    CHECK_INT(ask(db, "select 10"), 10);
    CHECK(seconds_now() - start < 150); /* at the server it would take 200 */
    pg_close(db);
    done();
}

static void what_went_through_though_cancelled_is_a_success(void)
{
    static const char stubborn[] = "create temp table t as select 1 i;"
                                   "do $$ begin perform pg_sleep(200);"
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

/* A query that gives 12 when HOLDER has let it go. */
static struct pg_query_future query_held(struct pg *db, struct pg *holder)
{
    char sql[100];

    snprintf(sql, sizeof sql, "select pg_advisory_lock(%d)", PQbackendPID(holder->conn));
    must(holder, sql);
    snprintf(sql, sizeof sql, "select 12 from pg_advisory_lock(%d)", PQbackendPID(holder->conn));
    return pg_query_future(db, sql);
}

static void let_go(struct pg *holder)
{
    must(holder, "select pg_advisory_unlock_all()");
}

static void a_second_query_on_a_busy_connection_is_refused(void)
{
    struct pg_query_future f;
    PGresult *rows;
    struct pg *db, *holder;

    begin();
    db = open_db();
    holder = open_db();
    f = query_held(db, holder);
    CHECK_INT(pg_query(db, "select 13", &rows), SYN_EBUSY);
    let_go(holder);
    CHECK_INT(future_get(f, &rows), 0);
    CHECK_STR(PQgetvalue(rows, 0, 0), "12");
    PQclear(rows);
    CHECK_INT(ask(db, "select 13"), 13);
    pg_close(db);
    pg_close(holder);
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
    struct pg *db, *holder;

    begin();
    db = open_db();
    holder = open_db();
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
    CHECK_INT(future_share(query_held(db, holder), &shared), 0);
    CHECK_INT(future_get(pg_query_future(db, "select 7"), &rows), SYN_EBUSY);
    shared_release(shared);
    let_go(holder);
    wait_until_free(db);
    CHECK_INT(call_by(syn_after(0.05), pg_query(db, "select 1; select pg_sleep(200)", &rows)),
              SYN_ETIMEDOUT);
    pg_close(db);
    pg_close(holder);
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
    f = query_asleep(db, "select pg_sleep(200)");
    CHECK_INT(synchronizer_stop(&pg_loop, syn_after(10)), 0);
    CHECK_INT(future_get(f, &rows), SYN_ECANCELED);
    CHECK_INT(pg_query(db, "select 1", &rows), SYN_ECLOSED);
    CHECK_INT(PQtransactionStatus(db->conn), PQTRANS_IDLE);
    CHECK(seconds_now() - start < 150); /* at the server it would take 200 */
    pg_close(db);
    done();
}

#endif

static const struct test_case cases[] = {PG_CASES(PG_ROW)};
TEST_MAIN_BOTH_MODES("libpq_cancel", cases);

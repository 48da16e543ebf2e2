/* SPDX-License-Identifier: Apache-2.0
 *
 * The pair written by hand, which the wrapped libpq is compared with, does the same.
 */
#define _POSIX_C_SOURCE 200809L

#define PG_CASES(X)                                                                                \
    X(the_pair_written_by_hand_does_the_same)

#include "support/pg_rig.h"

#ifdef HAVE_LIBPQ

#include "../docs/examples/libpq/by_hand.h"

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

static const struct test_case cases[] = {PG_CASES(PG_ROW)};
TEST_MAIN_BOTH_MODES("libpq_hand", cases);

/* SPDX-License-Identifier: Apache-2.0
 *
 * The wrapped SQLite: what is cancelled, interrupted, and waits for a lock. Real time, both
 * modes.
 */
#define _FILE_OFFSET_BITS 64 /* files of temp_dir.h, also where long has 32 bits */
#define _DEFAULT_SOURCE

#define SQLITE_CASES(X)                                                                            \
    X(X3_a_deadline_interrupts_and_the_connection_works_on)                                        \
    X(X3_cancelled_at_any_moment_it_ends_and_the_connection_works_on)                              \
    X(X3_what_runs_is_interrupted_by_whoever_cancels)                                              \
    X(X3_a_queued_statement_that_is_cancelled_never_runs)                                          \
    X(X3_closing_the_rows_interrupts_a_statement_that_gives_none)                                  \
    X(X3_waiting_for_a_locked_database_is_cancelled)                                               \
    X(W2_a_locked_database_is_waited_for)

#include "support/sqlite_rig.h"

#ifdef HAVE_SQLITE

static void X3_a_deadline_interrupts_and_the_connection_works_on(void)
{
    struct sqlite_db *db = begin_db();
    int sum;

    CHECK_INT(call_by(syn_after(0.05), sqlite_exec(db, endless, NULL)), SYN_ETIMEDOUT);
    CHECK_INT(syn_last_origin(), SYN_BY_DEADLINE);
    CHECK_INT(call_by(syn_after(0.05), sum_of(db, endless, &sum)), SYN_ETIMEDOUT);
    CHECK_INT(ask(db, "select 7"), 7);
    CHECK_INT(sqlite_close(db), SYN_OK);
    over();
}

static void X3_cancelled_at_any_moment_it_ends_and_the_connection_works_on(void)
{
    struct sqlite_db *db = begin_db();
    volatile int spins = 0;

    for (int i = 0; i < 200; i++) {
        struct sqlite_exec_future f = sqlite_exec_future(db, endless);

        for (int turns = 0; turns < i * 100; turns++)
            spins++;
        CHECK_INT(future_cancel(f), SYN_ECANCELED);
        CHECK_INT(ask(db, "select 3"), 3);
    }
    CHECK_INT(sqlite_close(db), SYN_OK);
    over_after(512);
}

static void X3_what_runs_is_interrupted_by_whoever_cancels(void)
{
    struct sqlite_db *db = begin_db();
    struct sum_of_future f;
    struct gate gate;

    sqlite3_progress_handler(db->handle, 0, NULL, NULL); /* SQLite does not ask */
    gate_init(&gate);
    give_gate(db, &gate);
    f = sum_of_future(db, "with recursive c(x) as (select stand() union all select x from c) "
                          "select count(*) from c");
    gate_await(&gate, 1);
    CHECK_INT(future_request_cancel(f), SYN_OK);
    gate_open(&gate);
    CHECK_INT(future_cancel(f), SYN_ECANCELED);
    CHECK_INT(ask(db, "select 7"), 7);
    CHECK_INT(sqlite_close(db), SYN_OK);
    over();
}

static void X3_a_queued_statement_that_is_cancelled_never_runs(void)
{
    struct sqlite_db *db = begin_db();
    struct sqlite_exec_future a, b;
    struct gate gate;

    gate_init(&gate);
    give_gate(db, &gate);
    must(db, "create table t (a)");
    a = sqlite_exec_future(db, "select stand()");
    gate_await(&gate, 1);
    b = sqlite_exec_future(db, "insert into t values (1)");
    CHECK_INT(future_cancel(b), SYN_ECANCELED);
    gate_open(&gate);
    CHECK_INT(future_get(a, NULL), SYN_OK);
    CHECK_INT(ask(db, "select count(*) from t"), 0);
    CHECK_INT(sqlite_close(db), SYN_OK);
    over();
}

static void X3_closing_the_rows_interrupts_a_statement_that_gives_none(void)
{
    struct sqlite_db *db = begin_db();
    struct sqlite_query_channel rows = sqlite_query(db, endless);
    struct sqlite_row *row;

    CHECK_INT(channel_next_by(rows, &row, syn_after(0.02)), SYN_ETIMEDOUT);
    CHECK_INT(channel_close(rows), SYN_OK);
    CHECK_INT(ask(db, "select 5"), 5);
    CHECK_INT(sqlite_close(db), SYN_OK);
    over();
}

/* Two connections to one file, which the first has locked. */
static void lock_one(struct sqlite_db *db[2])
{
    begin_in_real_time();
    temp_begin();
    for (int i = 0; i < 2; i++)
        db[i] = open_at(in_temp("db"));
    must(db[0], "create table t (a); begin immediate; insert into t values (1)");
}

static void unlock(struct sqlite_db *db[2], int rows)
{
    CHECK_INT(ask(db[1], "select count(*) from t"), rows);
    for (int i = 0; i < 2; i++)
        CHECK_INT(sqlite_close(db[i]), SYN_OK);
    temp_end();
    over();
}

static void X3_waiting_for_a_locked_database_is_cancelled(void)
{
    struct sqlite_db *db[2];

    lock_one(db);
    CHECK_INT(call_by(syn_after(0.02), sqlite_exec(db[1], "insert into t values (2)", NULL)),
              SYN_ETIMEDOUT);
    must(db[0], "commit");
    unlock(db, 1);
}

static void W2_a_locked_database_is_waited_for(void)
{
    struct sqlite_db *db[2];
    struct sqlite_exec_future f;

    lock_one(db);
    f = sqlite_exec_future(db[1], "insert into t values (2)");
    CHECK_INT(future_wait_by(f, syn_after(0.02)), SYN_ETIMEDOUT);
    must(db[0], "commit");
    CHECK_INT(future_get(f, NULL), SYN_OK);
    unlock(db, 2);
}

#endif

static const struct test_case cases[] = {SQLITE_CASES(CASE_ROW)};
TEST_MAIN_BOTH_MODES("sqlite_cancel", cases);

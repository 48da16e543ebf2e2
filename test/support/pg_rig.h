/* SPDX-License-Identifier: Apache-2.0
 *
 * What the suites of the wrapped libpq share: a server, which PG_CONNINFO names
 * (test/support/with_postgres.sh starts one), and questions to it. Real time, both modes.
 * Without libpq or without a server each case is skipped and says so: a suite lists its cases
 * as PG_CASES(X) before it includes this, and has them all behind #ifdef HAVE_LIBPQ.
 */
#ifndef PG_RIG_H
#define PG_RIG_H

#include "test.h"

#define PG_ROW(name) TEST(name),

#ifndef HAVE_LIBPQ

#define PG_SKIPPED(name)                                                                           \
    static void name(void)                                                                         \
    {                                                                                              \
        TEST_SKIP("libpq was not there when this was built");                                      \
    }
PG_CASES(PG_SKIPPED)

#else

#include <libpq-events.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <synchronicity/short.h>
#include <synchronicity/testing.h>

#include "../docs/examples/libpq/pg.h"

SYNCHRONIZER(app);

static const char *conninfo;

static inline void begin(void)
{
    conninfo = getenv("PG_CONNINFO");
    if (!conninfo)
        TEST_SKIP("PG_CONNINFO names no server; see test/support/with_postgres.sh");
    test_alarm_hook = syn_dump;
    syn_test_callers_drive(test_driving);
}

static inline void pause_for(double seconds)
{
    struct timespec t = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};

    nanosleep(&t, NULL);
}

/* Nothing is left: no task, no memory of the library. */
static inline void done(void)
{
    struct syn_synchronizer *const loops[] = {&pg_loop, &app};

    for (int i = 0; i < 2; i++) {
        struct syn_synchronizer_stats stats;

        CHECK_INT(synchronizer_stop(loops[i], syn_never()), 0);
        stats = synchronizer_stats(loops[i]);
        CHECK_INT(stats.started, stats.ended);
        CHECK_INT(synchronizer_free(loops[i]), 0);
    }
    /* A thread may still send a cancel that nothing waits for any more. */
    for (int i = 0; i < 2000 && syn_memory_use().outstanding; i++)
        pause_for(0.01);
    CHECK_INT(syn_memory_use().outstanding, 0);
}

static inline double seconds_now(void)
{
    return (double)syn_clock_now(NULL) / 1e9;
}

static inline void check_says(int line, const char *text)
{
    const struct syn_report *report = syn_last_report();

    if (!report || !strstr(report->message, text))
        test_fail(__FILE__, line, "the report says \"%s\", not \"%s\"",
                  report ? report->message : "(no report)", text);
}
#define CHECK_SAYS(text) check_says(__LINE__, text)

static inline struct pg *open_db(void)
{
    struct pg *db = NULL;

    if (pg_open(conninfo, &db)) {
        syn_perror("pg_open");
        CHECK(!"the server cannot be reached");
    }
    db->patience = 60; /* the machine may be busy */
    return db;
}

/* The first field of SQL's result as a number. */
static inline long ask(struct pg *db, const char *sql)
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

static inline void must(struct pg *db, const char *sql)
{
    PGresult *rows = NULL;

    CHECK_INT(pg_query(db, sql, &rows), 0);
    PQclear(rows);
}

/* The server ignores a request to cancel what it has not begun. */
static inline void wait_until_asleep(int pid)
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

static inline void wait_until_free(struct pg *db)
{
    PGresult *rows = NULL;
    syn_err err;

    while ((err = pg_query(db, "select 0", &rows)) == SYN_EBUSY)
        pause_for(0.001);
    CHECK_INT(err, 0);
    PQclear(rows);
}

/* SQL, on its way, and asleep at the server. */
static inline struct pg_query_future query_asleep(struct pg *db, const char *sql)
{
    int pid = PQbackendPID(db->conn);
    struct pg_query_future f = pg_query_future(db, sql);

    wait_until_asleep(pid);
    return f;
}

/* A task that waits for a query. */
ASYNC(app, void, run, (struct pg *, db), (const char *, sql), SYN_LOCAL(PGresult *, rows))
{
    co_begin;
    co_try(pg_query_future(self->db, self->sql), &self->rows);
    PQclear(self->rows);
    co_end;
}

#endif

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * One definition, every face: the wrapped libpq, used as its users would. Runs against
 * the server that PG_CONNINFO names:
 *
 *     PG_CONNINFO="host=/var/run/postgresql dbname=postgres" ./example_pg_demo
 */
#include <stdio.h>
#include <stdlib.h>
#include <synchronicity/short.h>

#include "pg.h"

enum { N = 5, SKIPPED = 77 };

SYNCHRONIZER(app);

/* Awaited: a task of the program's own, on its own synchronizer. */
ASYNC(app, int, count_tables, (struct pg *, db), SYN_LOCAL(PGresult *, rows))
{
    co_begin;
    co_try(pg_query_future(self->db, "select count(*) from pg_class"), &self->rows);
    co_return(atoi(PQgetvalue(self->rows, 0, 0)));
    co_finally;
    PQclear(self->rows);
    co_end;
}

/* Futures: N connections, each asleep for 0.2 s, in 0.2 s. */
static int all_at_once(const char *conninfo)
{
    struct pg *db[N] = {NULL};
    struct pg_query_future f[N];
    PGresult *rows;
    int failed = 0;

    for (int i = 0; i < N; i++)
        failed |= pg_open(conninfo, &db[i]);
    for (int i = 0; i < N && !failed; i++)
        f[i] = pg_query_future(db[i], "select pg_sleep(0.2)");
    for (int i = 0; i < N && !failed; i++) {
        failed = future_get(f[i], &rows);
        if (!failed)
            PQclear(rows);
    }
    for (int i = 0; i < N; i++)
        pg_close(db[i]);
    return failed;
}

/* Rows one by one, as they come; the server makes few more than are fetched. */
static void show_rows(struct pg *db)
{
    syn_err err;
    int n = 0;

    printf("rows:");
    channel_each (PGresult *, row, pg_rows(db, "select generate_series(1, 1000000000)"), &err) {
        printf(" %s", PQgetvalue(row, 0, 0));
        PQclear(row);
        if (++n == 5)
            break;
    }
    printf(" and the rest cancelled: %s\n", syn_strerror(err));
}

static void show_version(struct pg *db)
{
    PGresult *rows;

    if (pg_query(db, "select version()", &rows)) {
        syn_perror("version");
        return;
    }
    printf("blocking: %.20s\n", PQgetvalue(rows, 0, 0));
    PQclear(rows);
}

int main(void)
{
    const char *conninfo = getenv("PG_CONNINFO");
    PGresult *rows;
    struct pg *db;
    int tables;

    if (!conninfo) {
        fputs("skipped: PG_CONNINFO names no server\n", stderr);
        return SKIPPED;
    }
    if (pg_open(conninfo, &db))
        return syn_perror("pg_open"), 1;
    show_version(db);
    show_rows(db);
    if (count_tables(db, &tables) == 0)
        printf("awaited: %d tables\n", tables);
    if (all_at_once(conninfo) == 0)
        printf("futures: %d sleeps at once\n", N);
    if (call_by(syn_after(0.1), pg_query(db, "select pg_sleep(60)", &rows)) == SYN_ETIMEDOUT)
        printf("deadline: cancelled at the server\n");
    if (pg_query(db, "select * from nowhere", &rows) == PG_ESERVER)
        syn_perror("error");
    pg_close(db);
    return 0;
}

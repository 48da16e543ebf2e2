/* SPDX-License-Identifier: Apache-2.0
 *
 * A library that only blocks, in every face.
 */
#include <stdio.h>
#include <synchronicity/short.h>

#include "sqlite.h"

enum { N = 10 };

SYNCHRONIZER(app);

/* Awaited: a task of the program's own; its loop goes on while SQLite computes. */
ASYNC(app, double, total, (struct sqlite_db *, db), SYN_LOCAL(struct sqlite_query_channel, rows),
      SYN_LOCAL(struct sqlite_row *, row))
{
    co_begin;
    self->rows = sqlite_query(self->db, "select price from goods");
    co_each (self->rows, &self->row) {
        self->result += sqlite3_value_double(self->row->values[0]);
        sqlite_row_free(self->row);
    }
    co_return_result;
    co_finally;
    co_close(self->rows);
    co_end;
}

static void show_goods(struct sqlite_db *db)
{
    syn_err err;

    channel_each (struct sqlite_row *, row, sqlite_query(db, "select * from goods"), &err) {
        printf("  %s at %.2f\n", (const char *)sqlite3_value_text(row->values[0]),
               sqlite3_value_double(row->values[1]));
        sqlite_row_free(row);
    }
    if (err)
        syn_perror("select");
}

/* Futures: N databases, each counting to a million, on N threads. */
static int all_at_once(void)
{
    static const char count[] =
        "create table t as with recursive c(x) as (select 1 union all select x + 1 from c limit "
        "1000000) select count(*) from c; update t set rowid = 1";
    struct sqlite_open_future opened[N];
    struct sqlite_exec_future ran[N];
    struct sqlite_db *db[N];
    int64_t changes, n = 0;

    for (int i = 0; i < N; i++)
        opened[i] = sqlite_open_future(":memory:");
    for (int i = 0; i < N; i++)
        if (future_get(opened[i], &db[i]))
            return syn_perror("open"), 0;
    for (int i = 0; i < N; i++)
        ran[i] = sqlite_exec_future(db[i], count);
    for (int i = 0; i < N; i++)
        n += future_get(ran[i], &changes) == SYN_OK ? changes : 0;
    for (int i = 0; i < N; i++)
        sqlite_close(db[i]);
    return (int)n;
}

int main(void)
{
    static const char endless[] =
        "with recursive c(x) as (select 1 union all select x + 1 from c) select max(x) from c";
    struct sqlite_db *db;
    int64_t changes;
    double sum;

    if (sqlite_open(":memory:", &db))
        return syn_perror("open"), 1;
    if (sqlite_exec(db,
                    "create table goods (name text, price real check (price > 0));"
                    "insert into goods values ('an apple', 0.5), ('a pear', 0.75)",
                    &changes))
        return syn_perror("insert"), 1;
    printf("blocking: %d rows changed\n", (int)changes);
    show_goods(db);
    if (total(db, &sum) == SYN_OK)
        printf("awaited: %.2f in all\n", sum);
    printf("futures: %d databases at once\n", all_at_once());
    if (call_by(syn_after(0.1), sqlite_exec(db, endless, &changes)) == SYN_ETIMEDOUT)
        printf("deadline: interrupted\n");
    if (sqlite_exec(db, "insert into goods values ('air', 0)", NULL) ==
        SQLITE_ECODE + SQLITE_CONSTRAINT)
        printf("error: %s\n", syn_last_report()->message);
    return sqlite_close(db) ? 1 : 0;
}

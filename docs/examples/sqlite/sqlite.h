/* SPDX-License-Identifier: Apache-2.0
 *
 * SQLite, as futures and awaited: a library that only blocks, behind four blocking functions.
 *
 *     struct sqlite_db *db;
 *     struct sqlite_row *row;
 *
 *     if (sqlite_open("shop.db", &db))
 *         syn_perror("shop.db");
 *     channel_each (struct sqlite_row *, row, sqlite_query(db, "select name from goods"), &err) {
 *         puts((const char *)sqlite3_value_text(row->values[0]));
 *         sqlite_row_free(row);
 *     }
 *
 * A CONNECTION IS A STRAND: calls on it run one at a time and in order, on any thread of
 * sqlite_pool; those on several connections run at once. A query is one of these calls, from its
 * first row to its last: what else is asked of the connection waits until its channel was read
 * to the end or closed. So no call on DB inside a loop over rows of DB: take a second
 * connection, or read the rows first.
 *
 * CANCELLED, or at a deadline, a statement is interrupted, and the connection is good. An
 * interrupted statement changed nothing; inside a transaction SQLite rolls that back. What was
 * through all the same is a success.
 */
#ifndef SQLITE_H
#define SQLITE_H

#include <stdint.h>

#include <sqlite3.h>
#include <synchronicity.h>

/* What SQLite says is SQLITE_ECODE + its primary code: SQLITE_ECODE + SQLITE_CONSTRAINT. But
 * SQLITE_NOMEM is SYN_ENOMEM, and SQLITE_BUSY, when another connection has kept the database
 * locked for 5 s, is SYN_EBUSY. The report has its words. */
enum { SQLITE_ECODE = SYN_EUSER + 3000 };

/* Where all of it runs; for programs that want more threads, or stop it. */
SYN_POOL_DECLARE(sqlite_pool);

struct sqlite_db {
    sqlite3 *handle;
    struct syn_strand strand;
};

/* Opens the database at PATH, which is made if it is not there. Owns: the caller closes it. */
SYN_BLOCKING_DECLARE(struct sqlite_db *, sqlite_open, SYN_COPY(const char *, path));

/* Closes it after all that was asked of it before, and frees DB, which nobody uses any more.
 * One that failed did not begin, and DB is still there. */
SYN_BLOCKING_DECLARE(void, sqlite_close, (struct sqlite_db *, db));

/* Runs the statements in SQL; gives how many rows they changed. Values get into SQL by
 * sqlite3_mprintf("%Q"). */
SYN_BLOCKING_DECLARE(int64_t, sqlite_exec, (struct sqlite_db *, db), SYN_COPY(const char *, sql));

/* One row: values of SQLite's own, for sqlite3_value_int64() and its like. */
struct sqlite_row {
    int n_values;
    sqlite3_value *values[];
};

/* NULL is fine. Thread: any. */
void sqlite_row_free(struct sqlite_row *row);

/* A generator of the rows of SQL, one statement. Owns: the consumer of a row frees it. */
SYN_BLOCKING_GENERATOR_DECLARE(struct sqlite_row *, sqlite_query, (struct sqlite_db *, db),
                               SYN_COPY(const char *, sql));

#endif

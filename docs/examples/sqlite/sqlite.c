/* SPDX-License-Identifier: Apache-2.0
 *
 * SQLite on a pool. What a connection needs, that one thread at a time uses it, its strand
 * gives; so SQLite's own locks are left out (SQLITE_OPEN_NOMUTEX).
 *
 * A job that is cancelled sees it twice. The hook interrupts what runs, but an interrupt that
 * comes just before a statement begins does nothing; so SQLite also asks, every thousand
 * instructions of its machine.
 */
#include "sqlite.h"

#include <stdlib.h>
#include <string.h>

/* SQLite ends soon when it is interrupted. The grace is for a disk that does not answer. */
SYN_POOL_DEFINE(sqlite_pool, .max_threads = 16, .grace_ns = INT64_C(10000000000));

enum { ASK_EVERY = 1000, BUSY_MS = 5, BUSY_TIMES = 1000 };

static int asked_to_end(void *unused)
{
    (void)unused;
    return syn_pool_job_cancelled();
}

static void interrupt(void *handle)
{
    sqlite3_interrupt(handle);
}

/* Another connection has locked the database. */
static int wait_or_give_up(void *unused, int times)
{
    (void)unused;
    if (times >= BUSY_TIMES || syn_pool_job_cancelled())
        return 0;
    sqlite3_sleep(BUSY_MS);
    return 1;
}

/* What RC is for our caller. */
static syn_err code_of(int rc)
{
    if ((rc == SQLITE_INTERRUPT || rc == SQLITE_BUSY) && syn_pool_job_cancelled())
        return SYN_ECANCELED;
    if (rc == SQLITE_NOMEM)
        return SYN_ENOMEM;
    return rc == SQLITE_BUSY ? SYN_EBUSY : SQLITE_ECODE + rc;
}

/* ------------------------------------------------------------ open, close -- */

static void discard(struct sqlite_db *db)
{
    sqlite3_close(db->handle);
    free(db);
}

SYN_BLOCKING_DEFINE(sqlite_pool, struct sqlite_db *, sqlite_open, SYN_COPY(const char *, path),
                    SYN_DESTROY(discard))
{
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    struct sqlite_db *db = calloc(1, sizeof *db);
    int rc;

    if (!db)
        return syn_job_fail(job, SYN_ENOMEM);
    rc = sqlite3_open_v2(path, &db->handle, flags, NULL);
    if (rc != SQLITE_OK) {
        (void)syn_job_fail(job, code_of(rc), sqlite3_errmsg(db->handle));
        discard(db);
        return NULL;
    }
    sqlite3_progress_handler(db->handle, ASK_EVERY, asked_to_end, NULL);
    sqlite3_busy_handler(db->handle, wait_or_give_up, NULL);
    return db;
}

/* On the strand: so it comes after all others. */
SYN_BLOCKING(sqlite_pool, void, close_last, (struct sqlite_db *, db), SYN_STRAND(&db->strand),
             SYN_NEVER_ABANDONED)
{
    sqlite3_close(db->handle);
}

/* Not on the strand, which must not be freed by a job of its own. */
SYN_BLOCKING_DEFINE(sqlite_pool, void, sqlite_close, (struct sqlite_db *, db), SYN_NEVER_ABANDONED)
{
    syn_err err = close_last(db);

    if (err)
        syn_job_fail(job, err, "the database was not closed");
    else
        free(db);
}

/* ------------------------------------------------------------------- exec -- */

SYN_BLOCKING_DEFINE(sqlite_pool, int64_t, sqlite_exec, (struct sqlite_db *, db),
                    SYN_COPY(const char *, sql), SYN_STRAND(&db->strand))
{
    int64_t before = sqlite3_total_changes(db->handle);
    int rc;

    if (syn_pool_on_cancel(interrupt, db->handle))
        return syn_job_fail(job, SYN_ECANCELED);
    rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
    if (rc != SQLITE_OK)
        return syn_job_fail(job, code_of(rc), sqlite3_errmsg(db->handle));
    return sqlite3_total_changes(db->handle) - before;
}

/* ------------------------------------------------------------------- rows -- */

void sqlite_row_free(struct sqlite_row *row)
{
    for (int i = 0; row && i < row->n_values; i++)
        sqlite3_value_free(row->values[i]);
    free(row);
}

/* The row that STATEMENT stands at; NULL: there is no memory. */
static struct sqlite_row *copy_row(sqlite3_stmt *statement)
{
    int n = sqlite3_column_count(statement);
    struct sqlite_row *row = calloc(1, sizeof *row + (size_t)n * sizeof row->values[0]);

    if (!row)
        return NULL;
    for (row->n_values = 0; row->n_values < n; row->n_values++) {
        sqlite3_value *copy = sqlite3_value_dup(sqlite3_column_value(statement, row->n_values));

        if (!copy) {
            sqlite_row_free(row);
            return NULL;
        }
        row->values[row->n_values] = copy;
    }
    return row;
}

/* One statement, and nothing behind it. */
static syn_err prepare(sqlite3 *handle, const char *sql, sqlite3_stmt **out, const char **out_why)
{
    const char *rest = NULL;
    int rc = sqlite3_prepare_v2(handle, sql, -1, out, &rest);

    *out_why = sqlite3_errmsg(handle);
    if (rc != SQLITE_OK)
        return code_of(rc);
    *out_why = "not one statement; sqlite_exec() takes several";
    return *out && !rest[strspn(rest, " \t\r\n;")] ? SYN_OK : SYN_EINVAL;
}

SYN_BLOCKING_GENERATOR_DEFINE(sqlite_pool, struct sqlite_row *, sqlite_query,
                              (struct sqlite_db *, db), SYN_COPY(const char *, sql),
                              SYN_DESTROY(sqlite_row_free), SYN_STRAND(&db->strand))
{
    sqlite3_stmt *statement = NULL;
    const char *why;
    syn_err err = syn_pool_on_cancel(interrupt, db->handle);
    int rc = SQLITE_ROW;

    if (err) {
        syn_job_fail(job, err);
        return;
    }
    err = prepare(db->handle, sql, &statement, &why);
    while (!err && rc == SQLITE_ROW) {
        struct sqlite_row *row = NULL;

        rc = sqlite3_step(statement);
        if (rc == SQLITE_ROW && !(row = copy_row(statement)))
            rc = SQLITE_NOMEM;
        if (row && syn_job_yield(job, row))
            break; /* nobody wants more */
    }
    if (!err && rc != SQLITE_ROW && rc != SQLITE_DONE) {
        err = code_of(rc);
        why = sqlite3_errmsg(db->handle);
    }
    if (err)
        syn_job_fail(job, err, why);
    sqlite3_finalize(statement);
}

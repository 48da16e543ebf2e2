/* SPDX-License-Identifier: Apache-2.0
 *
 * What the suites of the wrapped SQLite share. Real time, both modes. Without SQLite each case
 * is skipped and says so: a suite lists its cases as SQLITE_CASES(X) before it includes this, and
 * has them all behind #ifdef HAVE_SQLITE.
 */
#ifndef SQLITE_RIG_H
#define SQLITE_RIG_H

#include "test.h"

#define CASE_ROW(name) TEST(name),

#ifndef HAVE_SQLITE

#define SQLITE_SKIPPED(name)                                                                       \
    static void name(void)                                                                         \
    {                                                                                              \
        TEST_SKIP("SQLite was not there when this was built");                                     \
    }
SQLITE_CASES(SQLITE_SKIPPED)

#else

#include "support/pool_rig.h"
#include "support/temp_dir.h"

#include "../docs/examples/sqlite/sqlite.h"

SYNCHRONIZER(app);

static const char endless[] =
    "with recursive c(x) as (select 1 union all select x + 1 from c) select max(x) from c";

/* Nothing is left of the library's, nor of SQLite's, and no job was abandoned. SLOTS as for
 * done_after(). */
static inline void over_after(unsigned long slots)
{
    CHECK_INT(pool_stats(&sqlite_pool).abandoned, 0);
    finish_pool(&sqlite_pool);
    finish(&app);
    CHECK_INT(sqlite3_memory_used(), 0);
    CHECK(syn_memory_use().outstanding <= slots / 256);
}

static inline void over(void)
{
    over_after(0);
}

static inline struct sqlite_db *open_at(const char *path)
{
    struct sqlite_db *db = NULL;

    CHECK_INT(sqlite_open(path, &db), SYN_OK);
    return db;
}

static inline struct sqlite_db *begin_db(void)
{
    begin_in_real_time();
    return open_at(":memory:");
}

static inline void must(struct sqlite_db *db, const char *sql)
{
    if (sqlite_exec(db, sql, NULL)) {
        syn_perror(sql);
        CHECK(!"a statement that must run");
    }
}

/* The first value of SQL's first row. */
static inline int ask(struct sqlite_db *db, const char *sql)
{
    int value = -1;
    syn_err err;

    channel_each (struct sqlite_row *, row, sqlite_query(db, sql), &err) {
        value = sqlite3_value_int(row->values[0]);
        sqlite_row_free(row);
        break;
    }
    CHECK_INT(err, SYN_OK);
    return value;
}

/* A function for SQL that stands at a gate, so that a case knows what runs. */
static inline void stand(sqlite3_context *context, int n, sqlite3_value **values)
{
    (void)n;
    (void)values;
    gate_pass(sqlite3_user_data(context));
    sqlite3_result_int(context, 1);
}

static inline void give_gate(struct sqlite_db *db, struct gate *gate)
{
    CHECK_INT(sqlite3_create_function(db->handle, "stand", 0, SQLITE_UTF8, gate, stand, NULL, NULL),
              SQLITE_OK);
}

ASYNC(app, int, sum_of, (struct sqlite_db *, db), SYN_COPY(const char *, sql),
      SYN_LOCAL(struct sqlite_query_channel, rows), SYN_LOCAL(struct sqlite_row *, row))
{
    co_begin;
    self->rows = sqlite_query(self->db, self->sql);
    co_each (self->rows, &self->row) {
        self->result += sqlite3_value_int(self->row->values[0]);
        sqlite_row_free(self->row);
    }
    co_check;
    co_return_result;
    co_finally;
    co_close(self->rows);
    co_end;
}

#endif

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * PostgreSQL, blocking, as futures and awaited: libpq's own non-blocking functions
 * behind two async functions and a generator. Everything else of libpq (PQgetvalue(), PQntuples()
 * ...) is used as it is.
 *
 *     struct pg *db;
 *     PGresult *rows;
 *
 *     if (pg_open("dbname=shop", &db) || pg_query(db, "select * from orders", &rows))
 *         syn_perror("shop");
 *
 * ONE QUERY AT A TIME on a connection: a second one gets SYN_EBUSY while the first is
 * on its way, or still cleans up. Ten at once take ten connections.
 */
#ifndef PG_H
#define PG_H

#include <libpq-fe.h>
#include <synchronicity.h>

enum {
    PG_ECONNECT = SYN_EUSER + 5432, /* no connection; the report says libpq's reason */
    PG_ESERVER,                     /* the server's answer is an error; the report has its text */
    PG_ELOST                        /* the connection broke; close it and open another */
};

/* Where all of it runs; for programs that stop it, with syn_synchronizer_stop(). */
SYN_SYNCHRONIZER_DECLARE(pg_loop);

/* A connection. The fields but `patience` are for reading, while no query is on its way. */
struct pg {
    PGconn *conn;   /* NULL once it was given up */
    PGresult *last; /* after PG_ESERVER, until the next query: what the server said, for
                     * PQresultErrorField(db->last, PG_DIAG_SQLSTATE) and the like */
    int busy;
    double patience; /* seconds that the server has to answer a cancel, 5 unless changed */
};

/* Connects. CONNINFO is what PQconnectdb() takes. Owns: the caller closes it.
 * Fails: PG_ECONNECT, SYN_ENOMEM. Names of hosts are looked up by libpq, which blocks
 * the loop meanwhile: where that matters, say hostaddr=. connect_timeout has no
 * meaning here: give the call a deadline. */
SYN_ASYNC_DECLARE(struct pg *, pg_open, SYN_COPY(const char *, conninfo));

/* Sends SQL, one statement or several, and gives the last result, which is freed with
 * PQclear(). Cancelled, it cancels the statement at the server and leaves DB usable
 * (but gives it up when the server does not answer within DB's patience); a statement that was
 * through all the same is a success, with its rows.
 * Fails: PG_ESERVER, PG_ELOST, SYN_EBUSY; SYN_ENOTSUP for a COPY through the client,
 * which ends the connection. */
SYN_ASYNC_DECLARE(PGresult *, pg_query, (struct pg *, db), SYN_COPY(const char *, sql));

/* The same row by row: each item is a PGresult of one row, the consumer's to PQclear(), and no
 * more of them are in memory than the channel has room for.
 *
 *     syn_channel_each (PGresult *, row, pg_rows(db, "select id from orders"), &err) {
 *         puts(PQgetvalue(row, 0, 0));
 *         PQclear(row);
 *     }
 *
 * DB is busy until the channel has ended or was closed; breaking out cancels the rest at the
 * server. An error of the server comes behind the rows that came before it. */
SYN_GENERATOR_DECLARE(PGresult *, pg_rows, (struct pg *, db), SYN_COPY(const char *, sql));

/* Hangs up and frees DB; NULL is fine. Every query on it must have ended.
 * Thread: any. */
void pg_close(struct pg *db);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The whole of the wrapper. libpq stays in charge of its socket: it may close it and
 * open another inside any of its calls, so the number is asked for anew at each wait,
 * and the loop is never told to keep it.
 *
 * Everything runs on the loop of pg_loop, but send_cancel(): PQcancel() blocks, so it
 * has a thread of its own, for as long as it takes. From libpq 17 on PQcancelStart()
 * does without. Discarded: PQcancel() on the loop, which would stop all connections
 * for the sake of one.
 */
#define _POSIX_C_SOURCE 200809L

#include "pg.h"

#include <pthread.h>
#include <stdlib.h>
#include <synchronicity/short.h>

SYNCHRONIZER_DEFINE(pg_loop);

/* ---- connecting ----------------------------------------------------------------- */

ASYNC_DEFINE(pg_loop, struct pg *, pg_open, SYN_COPY(const char *, conninfo), DESTROY(pg_close),
             SYN_LOCAL(struct pg *, db), SYN_LOCAL(PostgresPollingStatusType, wants))
{
    co_begin;
    self->db = calloc(1, sizeof *self->db);
    if (!self->db || !(self->db->conn = PQconnectStart(self->conninfo)))
        co_fail(SYN_ENOMEM);
    self->db->patience = 5;
    self->wants = PGRES_POLLING_WRITING;
    while (PQstatus(self->db->conn) != CONNECTION_OK) {
        if (PQstatus(self->db->conn) == CONNECTION_BAD)
            co_fail(PG_ECONNECT, PQerrorMessage(self->db->conn));
        if (self->wants == PGRES_POLLING_READING)
            co_readable(PQsocket(self->db->conn));
        else
            co_writable(PQsocket(self->db->conn));
        self->wants = PQconnectPoll(self->db->conn);
    }
    PQsetnonblocking(self->db->conn, 1);
    co_return(self->db);
    co_finally;
    if (co_status)
        pg_close(self->db);
    co_end;
}

static void hang_up(struct pg *db)
{
    PQclear(db->last);
    PQfinish(db->conn);
    db->last = NULL;
    db->conn = NULL;
}

void pg_close(struct pg *db)
{
    if (db)
        hang_up(db);
    free(db);
}

/* ---- results -------------------------------------------------------------------- */

static int is_good(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);

    return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK ||
           status == PGRES_EMPTY_QUERY || status == PGRES_SINGLE_TUPLE;
}

/* Keeps NEXT in db->last, but for one that follows an error. 0: there are no more, or
 * libpq would hand out the same COPY for ever. */
static int keep(struct pg *db, PGresult *next)
{
    ExecStatusType status = PQresultStatus(next);

    if (!next)
        return 0;
    if (db->last && !is_good(db->last)) {
        PQclear(next);
    } else {
        PQclear(db->last);
        db->last = next;
    }
    return status != PGRES_COPY_IN && status != PGRES_COPY_OUT && status != PGRES_COPY_BOTH;
}

/* Sends what libpq holds back, and keeps all results that are on their way. After a
 * lost connection PQgetResult() says so, and does not block. */
ASYNC(pg_loop, void, drain, (struct pg *, db))
{
    co_begin;
    while (PQflush(self->db->conn) > 0)
        co_writable(PQsocket(self->db->conn));
    do {
        while (PQisBusy(self->db->conn)) {
            co_readable(PQsocket(self->db->conn));
            if (!PQconsumeInput(self->db->conn))
                break;
        }
    } while (keep(self->db, PQgetResult(self->db->conn)));
    co_end;
}

/* ---- cancelling ----------------------------------------------------------------- */

PROMISE(void, sent);

struct cancel {
    PGcancel *request;
    struct sent_promise sent;
};

static void *send_cancel(void *argument)
{
    struct cancel *cancel = argument;
    char why_not[256];

    PQcancel(cancel->request, why_not, sizeof why_not);
    PQfreeCancel(cancel->request);
    promise_complete(cancel->sent);
    free(cancel);
    return NULL;
}

/* Ends when the server has taken the request, or has refused it. */
static struct sent_future cancel_future(PGconn *conn)
{
    struct cancel *cancel = malloc(sizeof *cancel);
    struct sent_future future = {0};
    pthread_t thread;

    if (!cancel || promise_new(sent, &cancel->sent, &future)) {
        free(cancel);
        return future;
    }
    cancel->request = PQgetCancel(conn);
    if (pthread_create(&thread, NULL, send_cancel, cancel) == 0) {
        pthread_detach(thread);
        return future;
    }
    promise_drop(cancel->sent);
    PQfreeCancel(cancel->request);
    free(cancel);
    return future;
}

/* Cancels the statement at the server and takes what that still sends. Where the request
 * may still arrive, and meet the next query, it is left as it is. */
ASYNC(pg_loop, void, quieten, (struct pg *, db), SYN_LOCAL(struct syn_deadline, limit))
{
    co_begin;
    self->limit = syn_after(self->db->patience);
    co_try_by(cancel_future(self->db->conn), self->limit);
    co_try_by(drain_future(self->db), self->limit);
    co_end;
}

/* ---- queries -------------------------------------------------------------------- */

static PGresult *take(PGresult **from)
{
    PGresult *result = *from;

    *from = NULL;
    return result;
}

/* Sends SQL; DB is the caller's until give_back(). */
static syn_err borrow(struct pg *db, const char *sql, const char **out_why)
{
    *out_why = "another query is on its way on this connection";
    if (db->busy)
        return SYN_EBUSY;
    *out_why = "the connection was given up";
    if (!db->conn)
        return PG_ELOST;
    *out_why = PQerrorMessage(db->conn);
    if (!PQsendQuery(db->conn, sql))
        return PG_ELOST;
    PQclear(take(&db->last));
    db->busy = 1;
    return SYN_OK;
}

/* What the server answered in the end. */
static syn_err verdict(struct pg *db, const char **out_why)
{
    *out_why = "COPY through the client";
    if (PQtransactionStatus(db->conn) == PQTRANS_ACTIVE)
        return SYN_ENOTSUP;
    *out_why = PQresultErrorMessage(db->last);
    if (is_good(db->last))
        return SYN_OK;
    return PQstatus(db->conn) == CONNECTION_OK ? PG_ESERVER : PG_ELOST;
}

static void give_back(struct pg *db)
{
    if (PQtransactionStatus(db->conn) == PQTRANS_ACTIVE)
        hang_up(db); /* nobody knows what it would answer next */
    db->busy = 0;
}

ASYNC_DEFINE(pg_loop, PGresult *, pg_query, (struct pg *, db), SYN_COPY(const char *, sql),
             DESTROY(PQclear), SYN_LOCAL(int, mine))
{
    const char *why;
    syn_err err;

    co_begin;
    err = borrow(self->db, self->sql, &why);
    if (err)
        co_fail(err, why);
    self->mine = 1;
    co_try(drain_future(self->db));
    err = verdict(self->db, &why);
    if (err)
        co_fail(err, why);
    co_return(take(&self->db->last));
    co_finally;
    if (!self->mine)
        co_done;
    if (PQtransactionStatus(self->db->conn) == PQTRANS_ACTIVE)
        co_await(quieten_future(self->db));
    give_back(self->db);
    if (is_good(self->db->last)) /* it went through before the request arrived */
        co_return(take(&self->db->last));
    co_end;
}

/* The same, with libpq handing out one row at a time: it is in no more memory than that,
 * and the server goes on while there is room in the sockets. */
GENERATOR_DEFINE(pg_loop, PGresult *, pg_rows, (struct pg *, db), SYN_COPY(const char *, sql),
                 DESTROY(PQclear), SYN_LOCAL(int, mine))
{
    const char *why;
    PGresult *next;
    syn_err err;

    co_begin;
    err = borrow(self->db, self->sql, &why);
    if (err)
        co_fail(err, why);
    self->mine = 1;
    PQsetSingleRowMode(self->db->conn);
    while (PQflush(self->db->conn) > 0)
        co_writable(PQsocket(self->db->conn));
    for (;;) {
        while (PQisBusy(self->db->conn)) {
            co_readable(PQsocket(self->db->conn));
            if (!PQconsumeInput(self->db->conn))
                break;
        }
        next = PQgetResult(self->db->conn);
        if (PQresultStatus(next) == PGRES_SINGLE_TUPLE)
            co_yield(next);
        else if (!keep(self->db, next))
            break;
    }
    err = verdict(self->db, &why);
    if (err)
        co_fail(err, why);
    PQclear(take(&self->db->last));
    co_finally;
    if (!self->mine)
        co_done;
    if (PQtransactionStatus(self->db->conn) == PQTRANS_ACTIVE)
        co_await(quieten_future(self->db));
    give_back(self->db);
    co_end;
}

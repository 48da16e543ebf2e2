/* SPDX-License-Identifier: Apache-2.0
 *
 * The pair that pg.c replaces, as short as it can be and still be right: the same
 * rules for several statements, COPY, lost connections and cancelling. It is compiled
 * and tested so that the comparison is true.
 *
 * The asynchronous half belongs to the thread that runs its loop, but for
 * send_cancel(), a thread for each PQcancel(), which blocks.
 */
#define _POSIX_C_SOURCE 200809L

#include "by_hand.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int set_error(struct hand_error *error, int code, const char *text)
{
    error->code = code;
    snprintf(error->text, sizeof error->text, "%s", text);
    return code;
}

static int is_good(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);

    return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY;
}

static int is_copy(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);

    return status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH;
}

static int was_cancelled(const PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    return state && strcmp(state, "57014") == 0;
}

/* ---- blocking ------------------------------------------------------------------- */

int hand_open(const char *conninfo, PGconn **out_conn, struct hand_error *out_error)
{
    PGconn *conn = PQconnectdb(conninfo);

    if (!conn)
        return set_error(out_error, HAND_ENOMEM, "out of memory");
    if (PQstatus(conn) != CONNECTION_OK) {
        set_error(out_error, HAND_ECONNECT, PQerrorMessage(conn));
        PQfinish(conn);
        return out_error->code;
    }
    *out_conn = conn;
    return 0;
}

int hand_query(PGconn *conn, const char *sql, PGresult **out_rows, struct hand_error *out_error)
{
    PGresult *result = PQexec(conn, sql);

    if (is_good(result)) {
        *out_rows = result;
        return 0;
    }
    if (is_copy(result))
        set_error(out_error, HAND_ENOTSUP, "COPY through the client");
    else if (was_cancelled(result))
        set_error(out_error, HAND_ECANCELED, PQresultErrorMessage(result));
    else
        set_error(out_error, PQstatus(conn) == CONNECTION_OK ? HAND_ESERVER : HAND_ELOST,
                  PQerrorMessage(conn));
    PQclear(result);
    return out_error->code;
}

int hand_cancel(PGconn *conn)
{
    PGcancel *request = PQgetCancel(conn);
    char why_not[256];
    int sent = request && PQcancel(request, why_not, sizeof why_not);

    PQfreeCancel(request);
    return sent ? 0 : HAND_ELOST;
}

/* ---- asynchronous: the loop ------------------------------------------------------ */

enum state { IDLE, CONNECTING, RUNNING };

struct hand_db {
    struct hand_loop *loop;
    struct hand_db *next;
    PGconn *conn;
    PGresult *last;
    enum state state;
    short wants;
    int cancelled;  /* was asked to */
    int cancelling; /* the thread is still at it */
    hand_opened_fn *opened;
    hand_rows_fn *rows;
    void *user;
};

static void connect_on(struct hand_db *db);
static void query_on(struct hand_db *db);

int hand_loop_init(struct hand_loop *loop)
{
    loop->first = NULL;
    if (pipe(loop->pipe) != 0)
        return HAND_ENOMEM;
    for (int i = 0; i < 2; i++)
        fcntl(loop->pipe[i], F_SETFD, FD_CLOEXEC);
    return 0;
}

void hand_loop_fini(struct hand_loop *loop)
{
    close(loop->pipe[0]);
    close(loop->pipe[1]);
}

static struct hand_db *find(struct hand_loop *loop, int fd)
{
    struct hand_db *db = loop->first;

    while (db && (db->state == IDLE || PQsocket(db->conn) != fd))
        db = db->next;
    return db;
}

static void cancel_was_sent(struct hand_loop *loop)
{
    struct hand_db *db;

    if (read(loop->pipe[0], &db, sizeof db) != sizeof db)
        return;
    db->cancelling = 0;
    query_on(db);
}

static void dispatch(struct hand_loop *loop, const struct pollfd *ready, nfds_t n)
{
    if (ready[0].revents)
        cancel_was_sent(loop);
    for (nfds_t i = 1; i < n; i++) {
        struct hand_db *db = ready[i].revents ? find(loop, ready[i].fd) : NULL;

        if (db && db->state == CONNECTING)
            connect_on(db);
        else if (db)
            query_on(db);
    }
}

enum { HAND_CONNECTIONS_MAX = 1000 };

void hand_loop_run(struct hand_loop *loop)
{
    struct pollfd waits[1 + HAND_CONNECTIONS_MAX];

    for (;;) {
        nfds_t n = 0;
        int active = 0;

        waits[n++] = (struct pollfd){loop->pipe[0], POLLIN, 0};
        for (struct hand_db *db = loop->first; db && n <= HAND_CONNECTIONS_MAX; db = db->next) {
            active += db->state != IDLE;
            if (db->state != IDLE && db->wants)
                waits[n++] = (struct pollfd){PQsocket(db->conn), db->wants, 0};
        }
        if (!active)
            return;
        if (poll(waits, n, -1) >= 0)
            dispatch(loop, waits, n);
        else if (errno != EINTR)
            return;
    }
}

void hand_close_async(struct hand_db *db)
{
    struct hand_db **place = &db->loop->first;

    while (*place != db)
        place = &(*place)->next;
    *place = db->next;
    PQclear(db->last);
    PQfinish(db->conn);
    free(db);
}

PGconn *hand_conn(const struct hand_db *db)
{
    return db->conn;
}

/* ---- asynchronous: connecting ---------------------------------------------------- */

static void connect_on(struct hand_db *db)
{
    PostgresPollingStatusType wants = PQconnectPoll(db->conn);
    struct hand_error error;

    db->wants = wants == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    if (wants == PGRES_POLLING_OK) {
        db->state = IDLE;
        PQsetnonblocking(db->conn, 1);
        db->opened(db->user, NULL, db);
    } else if (wants == PGRES_POLLING_FAILED) {
        hand_opened_fn *opened = db->opened;
        void *user = db->user;

        set_error(&error, HAND_ECONNECT, PQerrorMessage(db->conn));
        hand_close_async(db);
        opened(user, &error, NULL);
    }
}

int hand_open_async(struct hand_loop *loop, const char *conninfo, hand_opened_fn *fn, void *user,
                    struct hand_error *out_error)
{
    struct hand_db *db = calloc(1, sizeof *db);

    if (!db || !(db->conn = PQconnectStart(conninfo))) {
        free(db);
        return set_error(out_error, HAND_ENOMEM, "out of memory");
    }
    db->loop = loop;
    db->next = loop->first;
    db->state = CONNECTING;
    db->wants = POLLOUT;
    db->opened = fn;
    db->user = user;
    loop->first = db;
    if (PQstatus(db->conn) != CONNECTION_BAD)
        return 0;
    set_error(out_error, HAND_ECONNECT, PQerrorMessage(db->conn));
    hand_close_async(db);
    return HAND_ECONNECT;
}

/* ---- asynchronous: queries ------------------------------------------------------- */

static void finish_query(struct hand_db *db)
{
    struct hand_error error = {0, ""};
    PGresult *result = db->last;

    db->state = IDLE;
    db->last = NULL;
    if (is_good(result)) {
        db->rows(db->user, NULL, result);
        return;
    }
    if (is_copy(result)) {
        set_error(&error, HAND_ENOTSUP, "COPY through the client");
        PQfinish(db->conn);
        db->conn = NULL;
    } else if (db->cancelled && was_cancelled(result)) {
        set_error(&error, HAND_ECANCELED, PQresultErrorMessage(result));
    } else {
        set_error(&error, PQstatus(db->conn) == CONNECTION_OK ? HAND_ESERVER : HAND_ELOST,
                  PQresultErrorMessage(result));
    }
    PQclear(result);
    db->rows(db->user, &error, NULL);
}

static int keep_next(struct hand_db *db)
{
    PGresult *next = PQgetResult(db->conn);

    if (!next)
        return 0;
    if (db->last && !is_good(db->last)) {
        PQclear(next);
        return 1;
    }
    PQclear(db->last);
    db->last = next;
    return !is_copy(next);
}

static void query_on(struct hand_db *db)
{
    if (db->wants) {
        int alive, more = 1;

        db->wants = PQflush(db->conn) > 0 ? POLLIN | POLLOUT : POLLIN;
        alive = PQconsumeInput(db->conn);
        while (more && (!alive || !PQisBusy(db->conn)))
            more = keep_next(db);
        if (!more)
            db->wants = 0;
    }
    if (!db->wants && !db->cancelling)
        finish_query(db);
}

int hand_query_async(struct hand_db *db, const char *sql, hand_rows_fn *fn, void *user,
                     struct hand_error *out_error)
{
    if (db->state != IDLE)
        return set_error(out_error, HAND_EBUSY, "another query is on its way");
    if (!PQsendQuery(db->conn, sql))
        return set_error(out_error, HAND_ELOST, PQerrorMessage(db->conn));
    db->state = RUNNING;
    db->wants = POLLIN | POLLOUT;
    db->cancelled = 0;
    db->rows = fn;
    db->user = user;
    return 0;
}

/* ---- asynchronous: cancelling ---------------------------------------------------- */

struct cancel {
    PGcancel *request;
    struct hand_db *db;
};

static void *send_cancel(void *argument)
{
    struct cancel *cancel = argument;
    int fd = cancel->db->loop->pipe[1];
    char why_not[256];
    ssize_t n;

    PQcancel(cancel->request, why_not, sizeof why_not);
    PQfreeCancel(cancel->request);
    do
        n = write(fd, &cancel->db, sizeof cancel->db);
    while (n < 0 && errno == EINTR);
    free(cancel);
    return NULL;
}

int hand_cancel_async(struct hand_db *db)
{
    struct cancel *cancel;
    pthread_t thread;

    if (db->state != RUNNING || db->cancelled)
        return HAND_EBUSY;
    cancel = malloc(sizeof *cancel);
    if (!cancel)
        return HAND_ENOMEM;
    *cancel = (struct cancel){PQgetCancel(db->conn), db};
    if (pthread_create(&thread, NULL, send_cancel, cancel) != 0) {
        PQfreeCancel(cancel->request);
        free(cancel);
        return HAND_ENOMEM;
    }
    pthread_detach(thread);
    db->cancelled = db->cancelling = 1;
    return 0;
}

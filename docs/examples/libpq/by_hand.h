/* SPDX-License-Identifier: Apache-2.0
 *
 * What pg.h gives, written twice by hand: for comparison, not for use.
 *
 * The blocking half has no deadlines, and cancels only from another thread. The
 * asynchronous half has a loop of its own, one thread, and callbacks. Neither has
 * futures, awaiting, traces, or a word for code that runs on both.
 */
#ifndef BY_HAND_H
#define BY_HAND_H

#include <libpq-fe.h>

enum { HAND_ECONNECT = 1, HAND_ESERVER, HAND_ELOST, HAND_ECANCELED };
enum { HAND_EBUSY = 11, HAND_ENOMEM, HAND_ENOTSUP };

/* An error and its text, as far as there is room. */
struct hand_error {
    int code;
    char text[200];
};

/* ---- blocking ---- */

int hand_open(const char *conninfo, PGconn **out_conn, struct hand_error *out_error);
int hand_query(PGconn *conn, const char *sql, PGresult **out_rows, struct hand_error *out_error);
int hand_cancel(PGconn *conn); /* from another thread, while CONN lives */

/* ---- asynchronous ---- */

struct hand_db;
struct hand_loop {
    struct hand_db *first;
    int pipe[2];
};

/* Called once, from hand_loop_run(). ERROR is NULL when it went well. */
typedef void hand_opened_fn(void *user, const struct hand_error *error, struct hand_db *db);
typedef void hand_rows_fn(void *user, const struct hand_error *error, PGresult *rows);

int hand_loop_init(struct hand_loop *loop);
void hand_loop_run(struct hand_loop *loop); /* until nothing is on its way */
void hand_loop_fini(struct hand_loop *loop);
int hand_open_async(struct hand_loop *loop, const char *conninfo, hand_opened_fn *fn, void *user,
                    struct hand_error *out_error);
int hand_query_async(struct hand_db *db, const char *sql, hand_rows_fn *fn, void *user,
                     struct hand_error *out_error);
int hand_cancel_async(struct hand_db *db); /* the callback then says how it ended */
void hand_close_async(struct hand_db *db);
PGconn *hand_conn(const struct hand_db *db);

#endif

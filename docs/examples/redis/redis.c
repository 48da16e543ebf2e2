/* SPDX-License-Identifier: Apache-2.0
 *
 * The Redis client.
 *
 * All of a connection runs on redis_synchronizer, one step at a time, hence no locks.
 * A command appends itself to `queued`, puts a promise at the end of `waiting`, and
 * awaits it. Two tasks work for all commands, each only while there is something to do:
 *
 *     transmit   writes `queued`; what is queued meanwhile goes out with the next write
 *     receive    reads replies, and completes promises in their order, until there is
 *                none left
 *
 * So an idle connection has no task, and a caller that blocks on a command may drive. A
 * command that leaves early only abandons its promise: the reply is still counted, and
 * dies with the promise. Discarded: a reader that lives as long as the connection,
 * which would keep the dedicated thread driving for ever.
 */
#include "redis.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <synchronicity/short.h>
#include <synchronicity/tcp.h>

#include "resp.h"

SYNCHRONIZER_DEFINE(redis_synchronizer, .caller_may_drive = 1);

PROMISE(struct redis_reply *, answer, DESTROY(redis_reply_free));
ASYNC_DECLARE(void, redis_transmit, (struct redis *, db));
ASYNC_DECLARE(void, redis_receive, (struct redis *, db));

struct redis {
    struct syn_stream *stream;
    struct syn_reader reader;
    struct resp_parser parser;

    /* waiters for a reply, the oldest at `first`: a ring of `capacity` */
    struct answer_promise *waiting;
    size_t first, n_waiting, capacity;

    struct resp_buffer queued; /* commands that nobody has begun to write */
    struct resp_buffer going;  /* those that are being written */

    /* The latest of each task; it was never begun, or runs, or its future waits to be
     * used up. */
    struct redis_transmit_future transmit;
    struct redis_receive_future receive;
    bool began_transmit, transmits, began_receive, receives;

    syn_err error; /* why the connection is of no use any more, or 0 */
    char message[SYN_MESSAGE_MAX];
};

/* ------------------------------------------------------------ waiters -- */

static syn_err make_room(struct redis *db)
{
    size_t capacity = db->capacity ? db->capacity * 2 : 16;
    struct answer_promise *grown;

    if (db->n_waiting < db->capacity)
        return SYN_OK;
    grown = malloc(capacity * sizeof *grown);
    if (!grown)
        return SYN_ENOMEM;
    for (size_t i = 0; i < db->n_waiting; i++)
        grown[i] = db->waiting[(db->first + i) % db->capacity];
    free(db->waiting);
    db->waiting = grown;
    db->first = 0;
    db->capacity = capacity;
    return SYN_OK;
}

static struct answer_promise next_waiting(struct redis *db)
{
    struct answer_promise next = db->waiting[db->first];

    db->first = (db->first + 1) % db->capacity;
    db->n_waiting--;
    return next;
}

/* The end of the connection, for whatever reason; only the first one counts. */
static void lose(struct redis *db, syn_err err, const char *why)
{
    if (!db->error) {
        db->error = err;
        snprintf(db->message, sizeof db->message, "%s", why);
    }
    while (db->n_waiting > 0)
        promise_fail(next_waiting(db), db->error, db->message);
    if (db->transmits)
        future_request_cancel(db->transmit);
    if (db->receives)
        future_request_cancel(db->receive);
}

/* The same for what ended one of the tasks. */
static void lose_by(struct redis *db, syn_err err)
{
    char why[SYN_MESSAGE_MAX];

    if (err == SYN_EPROTO)
        snprintf(why, sizeof why, "not a reply of Redis: %s",
                 db->parser.error ? db->parser.error : "line too long");
    else if (err == SYN_EEND)
        snprintf(why, sizeof why, "the server closed the connection");
    else
        snprintf(why, sizeof why, "the connection was lost: %s", syn_strerror(err));
    lose(db, err == SYN_EPROTO || err == SYN_ENOMEM ? err : REDIS_ELOST, why);
}

/* ------------------------------------------------------------- the tasks -- */

ASYNC_DEFINE(redis_synchronizer, void, redis_transmit, (struct redis *, db))
{
    struct redis *db = self->db;
    struct resp_buffer empty;

    co_begin;
    while (db->queued.size > 0) {
        empty = db->going;
        db->going = db->queued;
        db->queued = empty;
        co_try(syn_stream_write_all_future(db->stream, db->going.data, db->going.size));
        resp_buffer_empty(&db->going);
    }
    co_finally;
    db->transmits = false;
    if (co_status)
        lose_by(db, co_status);
    co_end;
}

/* Gives out the replies that are here. SYN_EAGAIN: some are still to come. */
static syn_err deliver(struct redis *db)
{
    struct redis_reply *reply;
    struct syn_span here;
    size_t used;
    syn_err err;

    while (db->n_waiting > 0) {
        here = syn_reader_peek(&db->reader);
        err = resp_parse(&db->parser, here.data, here.size, &used, &reply);
        syn_reader_skip(&db->reader, used);
        if (err)
            return err;
        if (promise_complete(next_waiting(db), &reply) != SYN_OK)
            redis_reply_free(reply);
    }
    if (syn_reader_peek(&db->reader).size == 0)
        return SYN_OK;
    db->parser.error = "more than was asked for";
    return SYN_EPROTO;
}

ASYNC_DEFINE(redis_synchronizer, void, redis_receive, (struct redis *, db))
{
    struct redis *db = self->db;
    syn_err err;

    co_begin;
    while ((err = deliver(db)) == SYN_EAGAIN)
        co_try(syn_reader_fill_future(&db->reader));
    if (err)
        co_fail(err);
    co_finally;
    db->receives = false;
    if (co_status)
        lose_by(db, co_status);
    co_end;
}

/* Sees to it that both run. Using a future up that ended long ago costs nothing. */
static void wake_tasks(struct redis *db)
{
    if (!db->transmits) {
        if (db->began_transmit)
            future_detach(db->transmit);
        without_deadline(db->transmit = redis_transmit_future(db));
        db->began_transmit = db->transmits = future_poll(db->transmit) == SYN_EAGAIN;
    }
    if (!db->receives) {
        if (db->began_receive)
            future_detach(db->receive);
        without_deadline(db->receive = redis_receive_future(db));
        db->began_receive = db->receives = future_poll(db->receive) == SYN_EAGAIN;
    }
    if (!db->transmits || !db->receives)
        lose_by(db, SYN_ENOMEM);
}

/* -------------------------------------------------------------- commands -- */

/* The two forms in which a command comes. */
struct request {
    const char *line; /* NULL: argc words */
    int argc;
    const char *const *argv;
    const size_t *lengths;
};

static syn_err append(struct resp_buffer *buffer, const struct request *r)
{
    return r->line ? resp_append_line(buffer, r->line, strlen(r->line))
                   : resp_append_words(buffer, r->argc, r->argv, r->lengths);
}

/* Sends it; the reply comes out of *OUT_ANSWER. */
static syn_err submit(struct redis *db, struct request request, struct answer_future *out_answer)
{
    size_t before = db->queued.size;
    struct answer_promise promise;
    syn_err err = db->error;

    if (!err)
        err = make_room(db);
    if (!err)
        err = append(&db->queued, &request);
    if (!err)
        err = promise_new(answer, &promise, out_answer);
    if (err) {
        db->queued.size = before;
        return err;
    }
    db->waiting[(db->first + db->n_waiting++) % db->capacity] = promise;
    wake_tasks(db);
    return SYN_OK;
}

static const char *why_not(const struct redis *db, syn_err err)
{
    return err == SYN_EINVAL   ? "a command without words"
           : err == SYN_ENOMEM ? "no room for the command"
                               : db->message;
}

ASYNC_DEFINE(redis_synchronizer, struct redis_reply *, redis_command, (struct redis *, db),
             SYN_COPY(const char *, line), SYN_LOCAL(struct answer_future, answer),
             DESTROY(redis_reply_free))
{
    syn_err err;

    co_begin;
    err = submit(self->db, (struct request){.line = self->line}, &self->answer);
    if (err)
        co_fail(err, why_not(self->db, err));
    co_try(self->answer, &self->result);
    if (self->result->type == REDIS_ERROR)
        co_fail(REDIS_ESERVER, self->result->text);
    co_return_result;
    co_finally;
    if (co_status)
        redis_reply_free(self->result);
    co_end;
}

ASYNC_DEFINE(redis_synchronizer, struct redis_reply *, redis_commandv, (struct redis *, db),
             (int, argc), (const char *const *, argv), (const size_t *, lengths),
             SYN_LOCAL(struct answer_future, answer), DESTROY(redis_reply_free))
{
    syn_err err;

    co_begin;
    err = submit(self->db, (struct request){NULL, self->argc, self->argv, self->lengths},
                 &self->answer);
    if (err)
        co_fail(err, why_not(self->db, err));
    co_try(self->answer, &self->result);
    if (self->result->type == REDIS_ERROR)
        co_fail(REDIS_ESERVER, self->result->text);
    co_return_result;
    co_finally;
    if (co_status)
        redis_reply_free(self->result);
    co_end;
}

/* ------------------------------------------------------------ connection -- */

syn_err redis_open_stream(struct syn_stream *take_stream, struct redis **out_db)
{
    struct redis *db = calloc(1, sizeof *db);

    if (!db)
        return SYN_ENOMEM;
    db->stream = take_stream;
    db->queued.limit = db->going.limit = REDIS_QUEUE_MAX;
    syn_reader_init(&db->reader, take_stream, 2 * RESP_LINE_MAX);
    resp_parser_init(&db->parser, REDIS_REPLY_MAX, REDIS_DEPTH_MAX);
    *out_db = db;
    return SYN_OK;
}

static void close_unfetched(struct redis *db)
{
    future_detach(redis_close_future(db));
}

ASYNC_DEFINE(redis_synchronizer, struct redis *, redis_open, SYN_COPY(const char *, host),
             (int, port), SYN_LOCAL(struct syn_stream *, stream), DESTROY(close_unfetched))
{
    syn_err err;

    co_begin;
    co_try(syn_tcp_connect_future(self->host, self->port), &self->stream);
    err = redis_open_stream(self->stream, &self->result);
    if (err)
        co_fail(err);
    self->stream = NULL;
    co_return_result;
    co_finally;
    if (self->stream)
        co_await(syn_stream_close_future(self->stream));
    co_end;
}

static void free_connection(struct redis *db)
{
    syn_reader_fini(&db->reader);
    resp_parser_fini(&db->parser);
    resp_buffer_fini(&db->queued);
    resp_buffer_fini(&db->going);
    free(db->waiting);
    free(db);
}

/* All of it is clean-up, so that a cancelled close still closes. */
ASYNC_DEFINE(redis_synchronizer, void, redis_close, (struct redis *, db))
{
    struct redis *db = self->db;

    co_begin;
    co_finally;
    if (!db)
        co_done;
    lose(db, SYN_ECLOSED, "the connection was closed");
    if (db->began_transmit)
        co_await(db->transmit);
    if (db->began_receive)
        co_await(db->receive);
    co_await(syn_stream_close_future(db->stream));
    free_connection(db);
    co_end;
}

/* --------------------------------------------------------------- address -- */

syn_err redis_parse_url(const char *url, struct redis_address *out_address)
{
    struct redis_address address = {.port = 6379};
    size_t length;
    char *end;

    if (strncmp(url, "redis://", 8) != 0)
        return SYN_EINVAL;
    url += 8;
    length = strcspn(url, ":/");
    if (length == 0 || length >= sizeof address.host)
        return SYN_EINVAL;
    memcpy(address.host, url, length);
    url += length;
    if (*url == ':') {
        long port = strtol(url + 1, &end, 10);

        if (end == url + 1 || port < 1 || port > 65535)
            return SYN_EINVAL;
        address.port = (int)port;
        url = end;
    }
    if (strcmp(url, "") != 0 && strcmp(url, "/") != 0)
        return SYN_EINVAL;
    *out_address = address;
    return SYN_OK;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The example server's network half: one task that accepts, one for each connection.
 *
 * All of it runs on kv_synchronizer's own thread. The server knows its connections in
 * a list, and its end is the end of all their tasks. A connection answers every
 * command that is in its buffer, then writes all the answers at once. Discarded: a
 * synchronizer for each server, since a function is bound to a named one.
 */
#include "server.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <synchronicity/short.h>
#include <synchronicity/tcp.h>

#include "kv.h"

SYNCHRONIZER(kv_synchronizer, .caller_may_drive = -1);

struct connection;
ASYNC_DECLARE(void, kv_serve, (struct connection *, connection));
ASYNC_DECLARE(void, kv_accept, (struct kv_server *, server));

enum { WRITE_SIZE = 64 << 10 }; /* answers are written when there are so many bytes */

struct connection {
    struct connection *next, **link; /* what points here */
    struct kv_server *server;
    struct syn_stream *stream;
    struct syn_reader reader;
    struct resp_parser parser;
    struct resp_buffer line; /* a command that came as a line, as an array */
    struct resp_buffer out;
    struct kv_serve_future task;
};

struct kv_server {
    struct syn_listener *listener;
    struct kv_accept_future acceptor;
    struct connection *connections;
    int n_connections;
    bool stopping;
    struct kv_table table;
};

static int n_servers; /* see kv_server_start(): one thread at a time */

/* --------------------------------------------------------------- answering -- */

/* The last words of a connection. */
static syn_err refuse(struct connection *c, const char *why)
{
    kv_append_error(&c->out, "ERR Protocol error: %s", why);
    return SYN_EPROTO;
}

static syn_err execute(struct connection *c, const struct redis_reply *command)
{
    for (size_t i = 0; i < command->n; i++)
        if (command->elements[i].type != REDIS_STRING)
            return refuse(c, "expected '$'");
    if (command->n == 0)
        return SYN_OK;
    if (!kv_execute(&c->server->table, command->n, command->elements, &c->out))
        return SYN_ECLOSED;
    return c->out.failed ? SYN_ENOMEM : SYN_OK;
}

/* Takes one command from SIZE bytes of DATA, and answers it if it is whole. */
static syn_err parse(struct connection *c, const char *data, size_t size, size_t *out_used)
{
    struct redis_reply *command;
    syn_err err = resp_parse(&c->parser, data, size, out_used, &command);

    if (err == SYN_EPROTO)
        return refuse(c, c->parser.error);
    if (err)
        return err;
    err = execute(c, command);
    redis_reply_free(command);
    return err;
}

/* A line of words is made an array first. */
static syn_err answer_line(struct connection *c)
{
    struct syn_span line;
    size_t used;
    syn_err err = syn_reader_line(&c->reader, &line);

    if (err && syn_reader_peek(&c->reader).size > RESP_LINE_MAX)
        return refuse(c, "too big inline request");
    if (err)
        return err;
    resp_buffer_empty(&c->line);
    err = resp_append_line(&c->line, line.data, line.size);
    if (err)
        return err == SYN_EINVAL ? SYN_OK : err;
    return parse(c, c->line.data, c->line.size, &used);
}

/* One command. SYN_EAGAIN: it has not come yet; other errors: the connection ends when
 * `out` is written. */
static syn_err answer_one(struct connection *c)
{
    struct syn_span here = syn_reader_peek(&c->reader);
    size_t used;
    syn_err err;

    if (here.size == 0)
        return SYN_EAGAIN;
    if (!c->parser.root && here.data[0] != '*')
        return answer_line(c);
    err = parse(c, here.data, here.size, &used);
    syn_reader_skip(&c->reader, used);
    return err;
}

static syn_err answer(struct connection *c)
{
    syn_err err = SYN_OK;

    while (!err && c->out.size < WRITE_SIZE)
        err = answer_one(c);
    return err;
}

/* ------------------------------------------------------------- connections -- */

static struct connection *connection_new(struct kv_server *server, struct syn_stream *stream)
{
    struct connection *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    c->server = server;
    c->stream = stream;
    c->out.limit = KV_REPLIES_MAX;
    syn_reader_init(&c->reader, stream, 2 * RESP_LINE_MAX);
    resp_parser_init(&c->parser, KV_COMMAND_MAX, 1);
    c->next = server->connections;
    c->link = &server->connections;
    if (c->next)
        c->next->link = &c->next;
    server->connections = c;
    server->n_connections++;
    return c;
}

static void connection_free(struct connection *c)
{
    *c->link = c->next;
    if (c->next)
        c->next->link = c->link;
    c->server->n_connections--;
    syn_reader_fini(&c->reader);
    resp_parser_fini(&c->parser);
    resp_buffer_fini(&c->line);
    resp_buffer_fini(&c->out);
    free(c);
}

/* C's task is at its end. Once the server is ending, kv_end() awaits the task and frees C. */
static void connection_end(struct connection *c)
{
    if (c->server->stopping)
        return;
    future_detach(c->task);
    connection_free(c);
}

/* One for which kv_serve() never begins. */
static void connection_drop(struct connection *c)
{
    future_detach(syn_stream_close_future(c->stream));
    connection_end(c);
}

ASYNC_DEFINE(kv_synchronizer, void, kv_serve,
             SYN_TAKE(struct connection *, connection, connection_drop), SYN_LOCAL(syn_err, state))
{
    struct connection *c = self->connection;

    co_begin;
    while (self->state == SYN_OK || self->state == SYN_EAGAIN) {
        if (self->state == SYN_EAGAIN)
            co_try(syn_reader_fill_future(&c->reader));
        self->state = answer(c);
        if (c->out.size > 0 && !c->out.failed)
            co_try(syn_stream_write_all_future(c->stream, c->out.data, c->out.size));
        resp_buffer_empty(&c->out);
    }
    co_finally;
    co_await(syn_stream_close_future(c->stream));
    connection_end(c);
    co_end;
}

static bool adopt(struct kv_server *server, struct syn_stream *stream)
{
    struct connection *c = NULL;
    struct kv_serve_future task;

    if (server->n_connections < KV_CONNECTIONS_MAX)
        c = connection_new(server, stream);
    if (!c)
        return false;
    task = kv_serve_future(c); /* C is the call's, also if there is no memory for it */
    if (future_poll(task) == SYN_EAGAIN)
        c->task = task;
    else
        future_detach(task);
    return true;
}

ASYNC_DEFINE(kv_synchronizer, void, kv_accept, (struct kv_server *, server),
             SYN_LOCAL(struct syn_stream *, stream))
{
    co_begin;
    for (;;) {
        co_await(syn_tcp_accept_future(self->server->listener), &self->stream);
        if (co_status)
            co_sleep(0.01); /* no memory, or the like: for now */
        else if (!adopt(self->server, self->stream))
            co_await(syn_stream_close_future(self->stream));
    }
    co_end;
}

/* Ends all tasks of SERVER; nothing but clean-up, so that nothing interrupts it. */
ASYNC(kv_synchronizer, void, kv_end, (struct kv_server *, server),
      SYN_LOCAL(struct connection *, c))
{
    struct kv_server *server = self->server;

    co_begin;
    co_finally;
    co_cancel(server->acceptor);
    co_await(syn_listener_close_future(server->listener));
    server->stopping = true; /* from here on a connection keeps its place until it is freed below */
    for (struct connection *c = server->connections; c; c = c->next)
        future_request_cancel(c->task);
    while ((self->c = server->connections) != NULL) {
        co_await(self->c->task);
        connection_free(self->c);
    }
    co_end;
}

/* ------------------------------------------------------------ start, stop -- */

static void stop_synchronizer_if_last(void)
{
    if (n_servers == 0)
        synchronizer_stop(&kv_synchronizer, syn_never());
}

static syn_err listen_at(struct kv_server *server, const char *host, int port)
{
    syn_err err = kv_table_init(&server->table);

    if (!err)
        err = synchronizer_start(&kv_synchronizer);
    if (!err)
        err = syn_tcp_listen(host, port, &server->listener);
    if (err)
        return err;
    server->acceptor = kv_accept_future(server);
    err = future_poll(server->acceptor);
    if (err == SYN_EAGAIN)
        return SYN_OK;
    kv_end(server);
    return err ? err : SYN_ECLOSED;
}

syn_err kv_server_start(const char *host, int port, struct kv_server **out_server)
{
    struct kv_server *server = calloc(1, sizeof *server);
    syn_err err = server ? listen_at(server, host, port) : SYN_ENOMEM;

    if (!err) {
        n_servers++;
        *out_server = server;
        return SYN_OK;
    }
    if (server)
        kv_table_fini(&server->table);
    free(server);
    stop_synchronizer_if_last();
    return err;
}

int kv_server_port(const struct kv_server *server)
{
    return syn_listener_port(server->listener);
}

void kv_server_stop(struct kv_server *server)
{
    if (!server)
        return;
    kv_end(server);
    kv_table_fini(&server->table);
    free(server);
    n_servers--;
    stop_synchronizer_if_last();
}

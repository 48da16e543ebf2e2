/* SPDX-License-Identifier: Apache-2.0
 *
 * The client of redis.c with a reader that lives as long as its connection, as one that serves pushes has. The
 * client of docs/examples/redis has a reader only while an answer is due. Part of redis.c, and apart only for its
 * length.
 */
#ifndef BENCH_REDIS_RESIDENT_H
#define BENCH_REDIS_RESIDENT_H

#include <synchronicity/tcp.h>

#include "redis/resp.h"

enum { RESIDENT_MAX = 16 }; /* answers that are due at a time */

PROMISE(struct redis_reply *, resident_answer, DESTROY(redis_reply_free));

struct resident {
    struct syn_stream *stream;
    struct syn_reader reader;
    struct resp_parser parser;
    struct resident_answer_promise due[RESIDENT_MAX];
    unsigned first, next;
};

/* All that is there goes to those that it is due to; SYN_EAGAIN: more is to come. */
static syn_err resident_deliver(struct resident *c)
{
    struct redis_reply *reply;
    struct syn_span here;
    size_t used;
    syn_err err;

    do {
        here = syn_reader_peek(&c->reader);
        err = resp_parse(&c->parser, here.data, here.size, &used, &reply);
        syn_reader_skip(&c->reader, used);
        if (!err && promise_complete(c->due[c->first++ % RESIDENT_MAX], &reply))
            redis_reply_free(reply);
    } while (!err);
    return err;
}

ASYNC(redis_synchronizer, void, resident_reads, (struct resident *, c))
{
    co_begin;
    while (resident_deliver(self->c) == SYN_EAGAIN)
        co_try(syn_reader_fill_future(&self->c->reader));
    co_fail(SYN_EPROTO);
    co_end;
}

ASYNC(redis_synchronizer, struct redis_reply *, resident_command, (struct resident *, c), (const char *, line),
      SYN_LOCAL(struct resident_answer_future, answer), DESTROY(redis_reply_free))
{
    co_begin;
    if (promise_new(resident_answer, &self->c->due[self->c->next++ % RESIDENT_MAX], &self->answer))
        co_fail(SYN_ENOMEM);
    co_try(syn_stream_write_all_future(self->c->stream, self->line, strlen(self->line)));
    co_try(self->answer, &self->result);
    co_return_result;
    co_end;
}

ASYNC(redis_synchronizer, void, resident_lives, (struct resident *, c), SYN_LOCAL(struct redis_reply *, reply))
{
    co_begin;
    for (;;) {
        co_sleep(1.0);
        co_try(resident_command_future(self->c, "PING\r\n"), &self->reply);
        redis_reply_free(self->reply);
    }
    co_end;
}

ASYNC(redis_synchronizer, void, resident_connects, (struct resident *, c), (int, port))
{
    co_begin;
    co_try(syn_tcp_connect_future("127.0.0.1", self->port), &self->c->stream);
    syn_reader_init(&self->c->reader, self->c->stream, 2 * RESP_LINE_MAX);
    resp_parser_init(&self->c->parser, REDIS_REPLY_MAX, REDIS_DEPTH_MAX);
    co_end;
}

ASYNC(redis_synchronizer, void, resident_closes, (struct resident *, c))
{
    co_begin;
    syn_reader_fini(&self->c->reader);
    resp_parser_fini(&self->c->parser);
    co_try(syn_stream_close_future(self->c->stream));
    co_end;
}

/* N GETs, one at a time, with the reader and the keep-alive on their connection. */
static double our_resident(long n)
{
    struct resident c = {.stream = NULL};
    struct resident_reads_future reads;
    struct resident_lives_future lives;
    struct redis_reply *reply;
    double rate;

    set_mode(1);
    if (resident_connects(&c, server_port))
        return NAN;
    reads = resident_reads_future(&c);
    lives = resident_lives_future(&c);
    begin_measuring();
    for (long i = 0; i < n; i++) {
        if (resident_command(&c, "GET bench\r\n", &reply) || reply->type != REDIS_STRING)
            return NAN;
        redis_reply_free(reply);
    }
    rate = measured_rate(n);
    if (future_cancel(lives) != SYN_ECANCELED || future_cancel(reads) != SYN_ECANCELED)
        return NAN;
    return resident_closes(&c) ? NAN : rate;
}

#endif

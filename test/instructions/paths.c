/* SPDX-License-Identifier: Apache-2.0
 *
 * The paths with held counts of instructions: instructions.cmake runs this under callgrind, which
 * writes a count for each of them.
 *
 * One thread: the caller drives the loop, so no count depends on when another thread comes.
 * Each path runs once before it is measured, so that memory is there. The counts are for TIMES
 * operations, among which the call that starts them disappears. TIMES is known to
 * instructions.cmake.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <synchronicity/short.h>
#include <synchronicity/step.h>
#include <synchronicity/stream.h>
#include <synchronicity/tcp.h>
#include <synchronicity/testing.h>
#include <synchronicity/unix.h>

enum { TIMES = 2000, BATCH = 100, CONNECTIONS = 10, MESSAGE = 64 };

SYNCHRONIZER(driven, .caller_may_drive = 1);
SYNCHRONIZER(virtual, .caller_may_drive = 1); /* its time is, so that sleeping takes none */

static void must(syn_err err)
{
    if (err)
        exit((syn_perror("paths"), 1));
}

ASYNC(driven, int, echo, (int, x))
{
    return step_return(self, self->x);
}

ASYNC(driven, void, nothing)
{
    return step_done(self);
}

GENERATOR(driven, int, count, (int, n), SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < self->n; self->i++)
        co_yield(self->i);
    co_end;
}

/* --- within a loop --- */

ASYNC(driven, void, awaits, SYN_LOCAL(int, i), SYN_LOCAL(int, y))
{
    co_begin;
    for (self->i = 0; self->i < TIMES; self->i++)
        co_try(echo_future(self->i), &self->y);
    co_end;
}

ASYNC(driven, void, spawns, SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < TIMES; self->i++) {
        future_detach(nothing_future());
        if (self->i % BATCH == BATCH - 1)
            co_pass;
    }
    co_pass;
    co_end;
}

ASYNC(driven, void, scoped, SYN_LOCAL(struct syn_scope, all), SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < TIMES; self->i++) {
        co_spawn(&self->all, nothing_future());
        if (self->i % BATCH == BATCH - 1) {
            co_join(&self->all);
            co_check;
        }
    }
    co_end;
}

ASYNC(driven, void, items, (size_t, capacity), SYN_LOCAL(struct count_channel, ch),
      SYN_LOCAL(int, v))
{
    co_begin;
    self->ch = count(TIMES);
    channel_prefetch(self->ch, self->capacity);
    co_each (self->ch, &self->v) {
    }
    co_end;
}

ASYNC(virtual, void, sleeper, (double, seconds))
{
    co_begin;
    co_sleep(self->seconds);
    co_end;
}

ASYNC(virtual, void, cancels, SYN_LOCAL(struct syn_scope, all), SYN_LOCAL(int, i), SYN_LOCAL(int, n))
{
    co_begin;
    for (self->n = 0; self->n < TIMES; self->n += BATCH) {
        for (self->i = 0; self->i < BATCH; self->i++)
            co_spawn(&self->all, sleeper_future(60 + self->i % 7));
        co_pass;
        scope_cancel(&self->all);
        co_join(&self->all); /* it fails: it was cancelled */
    }
    co_end;
}

ASYNC(virtual, void, sleeps, SYN_LOCAL(struct syn_scope, all), SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < TIMES; self->i++) {
        co_spawn(&self->all, sleeper_future(60 + self->i % 7));
        if (self->i % BATCH == BATCH - 1) {
            co_join(&self->all);
            co_check;
        }
    }
    co_end;
}

/* --- through sockets, with the other side of each in the same thread, which calls the kernel directly --- */

struct connection {
    struct syn_stream *stream, *peer;
};

static void must_pass(ssize_t n, size_t wanted)
{
    if (n != (ssize_t)wanted)
        exit((perror("a socket"), 1));
}

static void peer_sends(const struct connection *c, const char *data, size_t size)
{
    must_pass(send(syn_tcp_descriptor(c->peer), data, size, MSG_DONTWAIT), size);
}

/* False: it is not there yet. */
static int peer_receives(const struct connection *c, size_t size)
{
    char buffer[MESSAGE];
    ssize_t n = recv(syn_tcp_descriptor(c->peer), buffer, size, MSG_DONTWAIT);

    if (n >= 0)
        must_pass(n, size);
    return n >= 0;
}

/* On the synchronizer that used them: from a thread it would be the default one, with a thread of its own. */
ASYNC(driven, void, closes, (struct connection *, c))
{
    co_begin;
    co_try(syn_stream_close_future(self->c->stream));
    co_try(syn_stream_close_future(self->c->peer));
    co_end;
}

ASYNC(driven, void, answers, (struct syn_stream *, s), SYN_LOCAL(size_t, n), SYN_LOCAL(char, buffer[MESSAGE]))
{
    co_begin;
    for (;;) {
        co_try(syn_stream_read_future(self->s, self->buffer, MESSAGE), &self->n);
        co_try(syn_stream_write_all_future(self->s, self->buffer, self->n));
    }
    co_end;
}

ASYNC(driven, void, echoes, (struct connection *, c), SYN_LOCAL(struct syn_scope, all), SYN_LOCAL(int, n),
      SYN_LOCAL(int, i))
{
    static const char message[MESSAGE];

    co_begin;
    for (self->i = 0; self->i < CONNECTIONS; self->i++)
        co_spawn(&self->all, answers_future(self->c[self->i].stream));
    for (self->n = 0; self->n < TIMES; self->n += CONNECTIONS) {
        for (int i = 0; i < CONNECTIONS; i++)
            peer_sends(&self->c[i], message, MESSAGE);
        for (self->i = 0; self->i < CONNECTIONS; self->i++)
            while (!peer_receives(&self->c[self->i], MESSAGE))
                co_readable(syn_tcp_descriptor(self->c[CONNECTIONS - 1].peer));
    }
    scope_cancel(&self->all);
    co_join(&self->all); /* it fails: it was cancelled */
    co_end;
}

static void echo_requests(void)
{
    struct connection c[CONNECTIONS];

    for (int i = 0; i < CONNECTIONS; i++)
        must(syn_unix_pair(&c[i].stream, &c[i].peer));
    must(echoes(c));
    for (int i = 0; i < CONNECTIONS; i++)
        must(closes(&c[i]));
}

ASYNC(driven, void, asks, (struct syn_stream *, s), (struct syn_reader *, reader), SYN_LOCAL(struct syn_span, line))
{
    co_begin;
    co_try(syn_stream_write_all_future(self->s, "GET a\r\n", 7));
    co_try(syn_read_line_future(self->reader), &self->line);
    co_end;
}

/* The answer is there before it is asked for, but nobody knows. */
static void driven_requests(void)
{
    struct connection c;
    struct syn_reader reader;

    must(syn_unix_pair(&c.stream, &c.peer));
    syn_reader_init(&reader, c.stream, 0);
    for (int i = 0; i < TIMES; i++) {
        peer_sends(&c, "+OK\r\n", 5);
        must(asks(c.stream, &reader));
        must_pass(peer_receives(&c, 7), 1);
    }
    syn_reader_fini(&reader);
    must(closes(&c));
}

/* --- from a thread that drives --- */

static void calls(void)
{
    int y;

    for (int i = 0; i < TIMES; i++)
        must(echo(i, &y));
}

static void futures(void)
{
    struct echo_future f[BATCH];
    int y;

    for (int n = 0; n < TIMES; n += BATCH) {
        for (int i = 0; i < BATCH; i++)
            f[i] = echo_future(i);
        for (int i = 0; i < BATCH; i++)
            must(future_get(f[i], &y));
    }
}

static void driven_items(size_t capacity)
{
    struct count_channel ch = count(TIMES);
    syn_err err;

    channel_prefetch(ch, capacity);
    channel_each (int, v, ch, &err)
        (void)v;
    must(err);
}

/* What callgrind knows by their names: it counts inside measure_...(), and writes a count down
 * whenever a warm_...() begins. */
#define PATH(name, run)                                                                            \
    void measure_##name(void);                                                                     \
    void measure_##name(void)                                                                      \
    {                                                                                              \
        run;                                                                                       \
    }                                                                                              \
    void warm_##name(void);                                                                        \
    void warm_##name(void)                                                                         \
    {                                                                                              \
        run;                                                                                       \
    }

PATH(await, must(awaits()))
PATH(spawn_and_end, must(spawns()))
PATH(spawn_into_scope, must(scoped()))
PATH(item_0, must(items(0)))
PATH(item_64, must(items(64)))
PATH(driven_call, calls())
PATH(driven_future, futures())
PATH(driven_item_0, driven_items(0))
PATH(driven_item_64, driven_items(64))
PATH(echo_request, echo_requests())
PATH(driven_request, driven_requests())
PATH(sleep_and_cancel, must(cancels()))
PATH(sleep_and_expire, must(sleeps()))

#define BOTH(name) {warm_##name, measure_##name}

/* Called through pointers, so that the compiler does not dissolve them. */
static void (*volatile const paths[][2])(void) = {
    BOTH(await),         BOTH(spawn_and_end), BOTH(spawn_into_scope), BOTH(item_0),
    BOTH(item_64),       BOTH(driven_call),   BOTH(driven_future),    BOTH(driven_item_0),
    BOTH(driven_item_64), BOTH(echo_request), BOTH(driven_request)};
static void (*volatile const timed_paths[][2])(void) = {BOTH(sleep_and_cancel),
                                                        BOTH(sleep_and_expire)};

/* After the last one. */
void warm_none(void);
void warm_none(void)
{
}

int main(void)
{
    void (*volatile end)(void) = warm_none;
    struct syn_clock *clock;

    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        paths[i][0]();
        paths[i][1]();
    }
    must(syn_clock_new(&clock));
    syn_clock_use(clock);
    for (size_t i = 0; i < sizeof timed_paths / sizeof *timed_paths; i++) {
        timed_paths[i][0]();
        timed_paths[i][1]();
    }
    end();
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The tour: one async function called in every way, then a whole Redis client that was
 * written the same way (docs/examples/redis/redis.c).
 *
 *     demo                                  with a small server inside this process
 *     REDIS_URL=redis://host:port demo      with a real one
 *
 * Ends with a status other than 0 if anything was not as it should be.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <synchronicity/short.h>

#include "redis/redis.h"
#include "redis/server.h"

/* Event loops, each on a thread of its own, which starts with the first call. */
SYNCHRONIZER(demo);
SYNCHRONIZER(cruncher);

enum { CALLS = 10, GETS = 100, PINGS = 2000 };

static double seconds_now(void)
{
    return (double)syn_after(0).ns / 1e9;
}

/* How long WHAT took; N > 1: each of them. */
static void show(double since, int n, const char *what)
{
    double took = (seconds_now() - since) / n;

    printf("  %8.3f %s  %s\n", n > 1 ? took * 1e6 : took, n > 1 ? "us each" : "s", what);
}

/* Ends the program unless all is FINE. */
static void must(int fine, const char *what)
{
    if (fine)
        return;
    syn_perror(what);
    exit(1);
}

/* This is the only definition of square(). From it come the blocking square(), and
 * square_future() for all else. */
ASYNC(demo, int, square, (double, seconds), (int, x))
{
    co_begin;
    co_sleep(self->seconds);
    co_return(self->x * self->x);
    co_end;
}

/* A task awaits others. What must survive a wait is a SYN_LOCAL. */
ASYNC(demo, int, sum_of_squares, (int, x), (int, y), SYN_LOCAL(int, a), SYN_LOCAL(int, b))
{
    co_begin;
    co_try(square_future(0.1, self->x), &self->a);
    co_try(square_future(0.1, self->y), &self->b);
    co_return(self->a + self->b);
    co_end;
}

ASYNC(demo, int, read_block, (int, number))
{
    co_begin;
    co_sleep(0.01);
    co_fail(SYN_EIO, "the disk is on fire");
    co_end;
}

ASYNC(demo, int, load_file, SYN_COPY(const char *, name))
{
    co_begin;
    co_try(read_block_future(0), &self->result);
    co_end;
}

/* Computes without a pause, so its loop does nothing else meanwhile. */
ASYNC(cruncher, int, count_primes, (int, below))
{
    int n = 0, d;

    for (int i = 2; i < self->below && !syn_task_cancelled(&self->syn); i++) {
        for (d = 2; d * d <= i && i % d != 0; d++)
            ;
        n += d * d > i;
    }
    co_return(n);
}

static void calls(void)
{
    struct square_future futures[CALLS];
    double start = seconds_now();
    int y;

    printf("\nOne async function\n");
    must(square(1.0, 42, &y) == 0 && y == 42 * 42, "square");
    show(start, 1, "square(1.0, 42, &y) blocked this thread, as any function does");
    start = seconds_now();
    for (int i = 0; i < CALLS; i++)
        futures[i] = square_future(1.0, i);
    for (int i = 0; i < CALLS; i++)
        must(future_get(futures[i], &y) == 0 && y == i * i, "square_future");
    show(start, 1, "ten futures of it, all at once");
    start = seconds_now();
    must(sum_of_squares(3, 4, &y) == 0 && y == 25, "sum_of_squares");
    show(start, 1, "a task that awaited two of them, one after the other");
}

/* The trace of an error tells the way that it came. */
static void failures(void)
{
    double start = seconds_now();
    int y = 0;

    printf("\nWhen things go wrong\n");
    must(call_by(syn_after(0.2), square(60.0, 42, &y)) == SYN_ETIMEDOUT, "timed out");
    show(start, 1, "square(60.0, ...) with a deadline: cancelled, cleaned up");
    must(load_file("a file", &y) == SYN_EIO, "an error of a task");
    syn_perror("load_file");
}

static void computing(void)
{
    struct count_primes_future primes;
    double start = seconds_now(), asked, worst = 0;
    int n, y, answers = 0;

    printf("\nComputing on a second synchronizer\n");
    primes = count_primes_future(2000000);
    while (future_poll(primes) == SYN_EAGAIN) {
        asked = seconds_now();
        must(square(0.001, 7, &y) == 0, "square");
        worst = seconds_now() - asked > worst ? seconds_now() - asked : worst;
        answers++;
    }
    must(future_get(primes, &n) == 0 && n == 148933, "count_primes");
    show(start, 1, "148,933 primes were counted");
    printf("              square(0.001, 7) meanwhile: %d times, %.1f ms at worst\n", answers,
           worst * 1e3);
}

/* A task of this program awaits calls of a library that runs somewhere else. */
ASYNC(demo, int, get_many, (struct redis *, db), (int, times), SYN_LOCAL(int, i),
      SYN_LOCAL(struct redis_reply *, reply))
{
    co_begin;
    for (self->i = 0; self->i < self->times; self->i++) {
        co_try(redis_command_future(self->db, "GET demo:greeting"), &self->reply);
        redis_reply_free(self->reply);
    }
    co_return(self->i);
    co_end;
}

static void say(struct redis *db, const char *line, const char *expected)
{
    struct redis_reply *reply;

    must(!redis_command(db, line, &reply) && reply->size == strlen(expected), line);
    redis_reply_free(reply);
}

static void *ping_many(void *db)
{
    for (int i = 0; i < PINGS; i++)
        say(db, "PING", "PONG");
    return NULL;
}

static void two_threads(struct redis *db)
{
    double start = seconds_now();
    pthread_t other;

    must(pthread_create(&other, NULL, ping_many, db) == 0, "pthread_create");
    ping_many(db);
    pthread_join(other, NULL);
    show(start, 2 * PINGS, "PING, blocking, by two threads on one connection");
}

static void many_futures(struct redis *db)
{
    struct redis_command_future gets[GETS];
    struct redis_reply *reply;
    double start = seconds_now();

    for (int i = 0; i < GETS; i++)
        gets[i] = redis_command_future(db, "GET demo:greeting");
    for (int i = 0; i < GETS; i++) {
        must(future_get(gets[i], &reply) == 0 && reply->size == 5, "GET");
        redis_reply_free(reply);
    }
    show(start, GETS, "GET, a hundred futures at once");
}

static void use_redis(struct redis *db)
{
    double start = seconds_now();
    int n;

    ping_many(db);
    show(start, PINGS, "PING, blocking");
    say(db, "SET demo:greeting hello", "OK");
    two_threads(db);
    many_futures(db);
    start = seconds_now();
    must(get_many(db, 5 * GETS, &n) == 0, "get_many");
    show(start, n, "GET, awaited by a task on another synchronizer");
    must(redis_command(db, "INCR demo:greeting", NULL) == REDIS_ESERVER, "INCR");
    syn_perror("INCR demo:greeting");
    must(redis_command(db, "DEL demo:greeting", NULL) == 0, "DEL");
}

static void redis(void)
{
    const char *url = getenv("REDIS_URL");
    struct redis_address at = {"127.0.0.1", 0};
    struct kv_server *server = NULL;
    struct redis *db;

    printf("\nA Redis client, and %s\n", url ? url : "a server inside this process");
    must((url ? redis_parse_url(url, &at) : kv_server_start(at.host, 0, &server)) == 0,
         "REDIS_URL=redis://host:port, or a port of our own");
    if (server)
        at.port = kv_server_port(server);
    must(redis_open(at.host, at.port, &db) == 0, "redis_open");
    use_redis(db);
    must(redis_close(db) == 0, "redis_close");
    kv_server_stop(server);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0); /* in order with standard error */
    calls();
    failures();
    computing();
    redis();
    printf("\nAll as it should be.\n");
    return 0;
}

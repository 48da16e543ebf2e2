/* SPDX-License-Identifier: Apache-2.0
 *
 * See work.h.
 */
#include "work.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <synchronicity/host.h>
#include <synchronicity/short.h>

#include "redis/redis.h"
#include "redis/server.h"

enum { ROUNDS = 100 };

SYNCHRONIZER(elsewhere);

static struct kv_server *server;
static struct redis *db;
static struct syn_mailbox *mailbox; /* NULL: the loop hosts redis_synchronizer */
static pthread_t thread, host;
static int n_by_thread, n_by_task, n_by_callback;
static void (*all_over)(void);

/* FN is called on the thread of the program's loop. */
#define THEN(future, fn)                                                                           \
    (mailbox ? future_then((future), mailbox, (fn), NULL)                                          \
             : future_then((future), &redis_synchronizer, (fn), NULL))

static bool counts(struct redis_reply *reply)
{
    bool is_good = reply->type == REDIS_INTEGER;

    redis_reply_free(reply);
    return is_good;
}

/* Blocks, like any program that knows nothing of loops. */
static void *blocks(void *unused)
{
    struct redis_reply *reply;

    for (int i = 0; i < ROUNDS; i++)
        if (redis_command(db, "INCR by_thread", &reply) == 0)
            n_by_thread += counts(reply);
    return unused;
}

ASYNC(elsewhere, int, awaits, SYN_LOCAL(struct redis_reply *, reply), SYN_LOCAL(int, i))
{
    co_begin;
    for (; self->i < ROUNDS; self->i++) {
        co_try(redis_command_future(db, "INCR by_task"), &self->reply);
        self->result += counts(self->reply);
    }
    co_return_result;
    co_end;
}

static void task_is_over(void *user, syn_err err, int *result)
{
    (void)user;
    n_by_task = err ? 0 : *result;
    all_over();
}

/* Each callback asks for the next, on the loop's thread; then the task is waited for. */
static void is_replied(void *user, syn_err err, struct redis_reply **reply)
{
    (void)user;
    if (!err && pthread_equal(pthread_self(), host))
        n_by_callback += counts(*reply);
    if (n_by_callback == ROUNDS || err)
        err = THEN(awaits_future(), task_is_over);
    else
        err = THEN(redis_command_future(db, "INCR by_callback"), is_replied);
    if (err)
        all_over();
}

int work_begin(struct syn_mailbox *box, void (*over)(void))
{
    mailbox = box;
    all_over = over;
    host = pthread_self();
    if (kv_server_start("127.0.0.1", 0, &server) ||
        redis_open("127.0.0.1", kv_server_port(server), &db) || /* blocks: a host turns its loop */
        THEN(redis_command_future(db, "INCR by_callback"), is_replied))
        return syn_perror("the work could not begin"), 1;
    if (pthread_create(&thread, NULL, blocks, NULL))
        return fprintf(stderr, "no thread\n"), 1;
    return 0;
}

/* The thread may need the loop that this one hosts, to end. */
static void turn_until_it_is_over(void)
{
    struct redis_reply *reply;

    while (redis_command(db, "GET by_thread", &reply) == 0) {
        bool is_over = reply->type == REDIS_STRING && atoi(reply->text) == ROUNDS;

        redis_reply_free(reply);
        if (is_over)
            break;
    }
    syn_host_end(&redis_synchronizer); /* from here on the synchronizer has a thread of its own */
}

int work_end(void)
{
    if (!mailbox)
        turn_until_it_is_over();
    pthread_join(thread, NULL);
    redis_close(db);
    synchronizer_stop(&elsewhere, syn_never());
    synchronizer_stop(&redis_synchronizer, syn_never());
    kv_server_stop(server);
    printf("thread %d, task %d, callbacks %d\n", n_by_thread, n_by_task, n_by_callback);
    return n_by_thread != ROUNDS || n_by_task != ROUNDS || n_by_callback != ROUNDS;
}

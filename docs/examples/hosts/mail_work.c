/* SPDX-License-Identifier: Apache-2.0
 *
 * See mail_work.h.
 */
#include "mail_work.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>

#include <synchronicity/short.h>

#include "redis/redis.h"
#include "redis/server.h"

enum { ROUNDS = 100 };

SYNCHRONIZER(elsewhere);

static struct kv_server *server;
static struct redis *db;
static struct syn_mailbox *mailbox;
static pthread_t thread, host;
static int n_by_thread, n_by_task, n_by_callback;
static void (*all_over)(void);

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
        err = future_then(awaits_future(), mailbox, task_is_over, NULL);
    else
        err = future_then(redis_command_future(db, "INCR by_callback"), mailbox, is_replied, NULL);
    if (err)
        all_over();
}

int mail_work_begin(struct syn_mailbox *box, void (*over)(void))
{
    mailbox = box;
    all_over = over;
    host = pthread_self();
    if (kv_server_start("127.0.0.1", 0, &server) ||
        redis_open("127.0.0.1", kv_server_port(server), &db) ||
        future_then(redis_command_future(db, "INCR by_callback"), mailbox, is_replied, NULL))
        return syn_perror("the work could not begin"), 1;
    if (pthread_create(&thread, NULL, blocks, NULL))
        return fprintf(stderr, "no thread\n"), 1;
    return 0;
}

int mail_work_end(void)
{
    pthread_join(thread, NULL);
    redis_close(db);
    synchronizer_stop(&elsewhere, syn_never());
    synchronizer_stop(&redis_synchronizer, syn_never());
    kv_server_stop(server);
    printf("thread %d, task %d, callbacks %d\n", n_by_thread, n_by_task, n_by_callback);
    return n_by_thread != ROUNDS || n_by_task != ROUNDS || n_by_callback != ROUNDS;
}

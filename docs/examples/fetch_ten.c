/* SPDX-License-Identifier: Apache-2.0
 *
 * Fetches ten keys from a Redis server, three at a time, under one deadline: once well,
 * once with a key that is not there, once too slowly. Nothing of a fetch that failed is
 * left when its call returns.
 */
#include <stdio.h>
#include <stdlib.h>

#include <synchronicity/short.h>

#include "redis/redis.h"
#include "redis/server.h"

enum { KEYS = 10, NO_SUCH_KEY = SYN_EUSER + 100 };

SYNCHRONIZER(app);

/* One key, over a network that takes SECONDS. */
ASYNC(app, long long, fetch, (struct redis *, db), (int, key), (double, seconds),
      SYN_LOCAL(char, command[32]), SYN_LOCAL(struct redis_reply *, reply))
{
    co_begin;
    snprintf(self->command, sizeof self->command, "GET key:%d", self->key);
    co_sleep(self->seconds);
    co_try(redis_command_future(self->db, self->command), &self->reply);
    if (self->reply->type != REDIS_STRING)
        co_fail(NO_SUCH_KEY, self->command);
    self->result = strtoll(self->reply->text, NULL, 10);
    co_finally;
    redis_reply_free(self->reply);
    co_end;
}

/* All of them; VALUES come in the order of the keys. */
ASYNC(app, void, fetch_ten, (struct redis *, db), (int, first), (double, seconds),
      (long long *, values), SYN_LOCAL(struct syn_scope, scope), SYN_LOCAL(int, i))
{
    co_begin;
    scope_limit(&self->scope, 3);
    for (self->i = 0; self->i < KEYS; self->i++)
        co_spawn(&self->scope, fetch_future(self->db, self->first + self->i, self->seconds),
                 &self->values[self->i]);
    co_join(&self->scope);
    co_check;
    co_end;
}

static void show(const char *what, struct redis *db, int first, double seconds)
{
    long long values[KEYS] = {0};
    syn_err err = call_by(syn_after(1.0), fetch_ten(db, first, seconds, values));

    printf("%s:", what);
    for (int i = 0; i < KEYS && !err; i++)
        printf(" %lld", values[i]);
    if (err)
        printf(" %s", err == NO_SUCH_KEY ? syn_last_report()->message : syn_strerror(err));
    printf("\n");
}

static int fill(struct redis *db)
{
    for (int i = 0; i < KEYS; i++) {
        struct redis_reply *reply = NULL;
        char command[40];

        snprintf(command, sizeof command, "SET key:%d %d", i, i * i);
        if (redis_command(db, command, &reply))
            return syn_perror(command), 1;
        redis_reply_free(reply);
    }
    return 0;
}

int main(void)
{
    struct kv_server *server;
    struct redis *db;

    if (kv_server_start("127.0.0.1", 0, &server))
        return syn_perror("server"), 1;
    if (redis_open("127.0.0.1", kv_server_port(server), &db))
        return syn_perror("redis_open"), 1;
    if (fill(db))
        return 1;
    show("well", db, 0, 0.01);
    show("one is missing", db, 5, 0.01);
    show("too slow", db, 0, 0.5);
    redis_close(db);
    kv_server_stop(server);
    return 0;
}

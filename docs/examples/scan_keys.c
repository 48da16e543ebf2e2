/* SPDX-License-Identifier: Apache-2.0
 *
 * All keys of a Redis server, in a plain loop of a plain program: pages of SCAN come as one
 * stream, and inside the loop the same connection is asked for each key's value. Then a loop
 * that has seen enough after three.
 */
#include <stdio.h>
#include <stdlib.h>

#include <synchronicity/short.h>

#include "redis/redis.h"
#include "redis/server.h"

enum { KEYS = 100 };

static int fill(struct redis *db)
{
    struct redis_command_future f[KEYS];
    syn_err err = SYN_OK;

    for (int i = 0; i < KEYS; i++) {
        char command[40];

        snprintf(command, sizeof command, "SET user:%d %d", i, i);
        f[i] = redis_command_future(db, command);
    }
    for (int i = 0; i < KEYS; i++) {
        syn_err one = future_get(f[i], NULL);

        err = err ? err : one;
    }
    return err != SYN_OK;
}

static long value_of(struct redis *db, const struct redis_key *key)
{
    struct redis_reply *reply = NULL;
    char command[80];
    long value = 0;

    snprintf(command, sizeof command, "GET %s", key->text);
    if (redis_command(db, command, &reply) == SYN_OK && reply->type == REDIS_STRING)
        value = strtol(reply->text, NULL, 10);
    redis_reply_free(reply);
    return value;
}

static void add_up(struct redis *db)
{
    syn_err err;
    long sum = 0;
    int n = 0;

    channel_each (struct redis_key *, key, redis_scan(db, "user:*"), &err) {
        sum += value_of(db, key);
        n++;
        free(key);
    }
    printf("%d keys, their values make %ld: %s\n", n, sum, syn_strerror(err));
}

static void only_three(struct redis *db)
{
    syn_err err;
    int n = 0;

    channel_each (struct redis_key *, key, redis_scan(db, "user:*"), &err) {
        free(key);
        if (++n == 3)
            break; /* what was read ahead is freed, the connection is as before */
    }
    printf("%d keys were enough: %s\n", n, syn_strerror(err));
}

int main(void)
{
    struct kv_server *server;
    struct redis *db;

    if (kv_server_start("127.0.0.1", 0, &server))
        return syn_perror("server"), 1;
    if (redis_open("127.0.0.1", kv_server_port(server), &db) || fill(db))
        return syn_perror("redis"), 1;
    add_up(db);
    only_three(db);
    redis_close(db);
    kv_server_stop(server);
    return 0;
}

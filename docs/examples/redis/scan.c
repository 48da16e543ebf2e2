/* SPDX-License-Identifier: Apache-2.0
 *
 * SCAN as a generator: pages of keys, as one stream of them.
 *
 * A user of the client like any other: it sends a command and waits for its reply. Between
 * pages it is suspended in its yield, and the connection is free.
 */
#include "redis.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <synchronicity/short.h>

enum { CURSOR_SIZE = 24 };

/* The two parts of a page are there, and of the right types. */
static bool is_page(const struct redis_reply *reply)
{
    return reply->type == REDIS_ARRAY && reply->n == 2 &&
           reply->elements[0].type == REDIS_STRING && reply->elements[0].size < CURSOR_SIZE &&
           reply->elements[1].type == REDIS_ARRAY;
}

static struct redis_key *make_key(const struct redis_reply *reply)
{
    struct redis_key *key = malloc(sizeof *key + reply->size + 1);

    if (!key)
        return NULL;
    key->size = reply->size;
    memcpy(key->text, reply->text, reply->size);
    key->text[key->size] = '\0';
    return key;
}

static void free_key(struct redis_key *key)
{
    free(key);
}

GENERATOR_DEFINE(redis_synchronizer, struct redis_key *, redis_scan, (struct redis *, db),
                 SYN_COPY(const char *, pattern), DESTROY(free_key),
                 SYN_LOCAL(char, cursor[CURSOR_SIZE]), SYN_LOCAL(const char *, words[4]),
                 SYN_LOCAL(struct redis_reply *, page), SYN_LOCAL(size_t, i))
{
    struct redis_reply *keys;
    struct redis_key *key;

    co_begin;
    strcpy(self->cursor, "0");
    do {
        self->words[0] = "SCAN";
        self->words[1] = self->cursor;
        self->words[2] = "MATCH";
        self->words[3] = self->pattern;
        co_try(redis_commandv_future(self->db, 4, self->words, NULL), &self->page);
        if (!is_page(self->page))
            co_fail(SYN_EPROTO, "the reply to SCAN is not a cursor and keys");
        strcpy(self->cursor, self->page->elements[0].text);
        for (self->i = 0; self->i < self->page->elements[1].n; self->i++) {
            keys = &self->page->elements[1];
            if (keys->elements[self->i].type != REDIS_STRING)
                co_fail(SYN_EPROTO, "a key in the reply to SCAN is not a string");
            key = make_key(&keys->elements[self->i]);
            if (!key)
                co_fail(SYN_ENOMEM);
            co_yield(key);
        }
        redis_reply_free(self->page);
        self->page = NULL;
    } while (strcmp(self->cursor, "0") != 0);
    co_finally;
    redis_reply_free(self->page);
    co_end;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * What a Redis server knows, without the network: keys, values, commands.
 */
#ifndef KV_H
#define KV_H

#include <stdbool.h>
#include <stddef.h>

#include "resp.h"

/* ------------------------------------------------------------------ table -- */

enum { KV_MEMORY_MAX = 256 << 20 }; /* bytes of all keys and values together */

struct kv_entry {
    struct kv_entry *next; /* in its bucket */
    size_t hash;
    long long expires_ns; /* 0: never */
    char *value;
    size_t value_size;
    size_t key_size;
    char key[];
};

/* A hash table that grows. Owner: one thread. */
struct kv_table {
    struct kv_entry **buckets;
    size_t n_buckets; /* a power of 2 */
    size_t n, bytes;
    size_t seed;
    long long now_ns; /* one time for one command, so that no key dies in the middle */
};

/* Fails: SYN_ENOMEM. */
syn_err kv_table_init(struct kv_table *table);
void kv_table_fini(struct kv_table *table);
void kv_table_clear(struct kv_table *table);

/* NULL: there is none, or it has expired. */
struct kv_entry *kv_find(struct kv_table *table, const char *key, size_t size);
/* Makes room for VALUE_SIZE bytes of value, keeping those that fit; makes the entry if
 * it is not there. NULL: no memory, or KV_MEMORY_MAX. */
struct kv_entry *kv_put(struct kv_table *table, const char *key, size_t size, size_t value_size);
bool kv_remove(struct kv_table *table, const char *key, size_t size);
bool kv_expired(const struct kv_table *table, const struct kv_entry *entry);

/* Walking through a table that may grow meanwhile: the bucket of a cursor, which is 0 at
 * first, and the cursor after that one; 0: that was all. An entry that was there from the first to the
 * last cursor is met at least once. */
struct kv_entry *kv_bucket(const struct kv_table *table, size_t cursor);
size_t kv_next_cursor(const struct kv_table *table, size_t cursor);

/* --------------------------------------------------------------- commands -- */

/* Does PATTERN match all of TEXT? */
bool kv_matches(const struct redis_reply *pattern, const char *text, size_t size);

/* Executes the N words of WORDS and appends the reply. False: the connection is to be
 * closed when the reply is out. */
bool kv_execute(struct kv_table *table, size_t n, const struct redis_reply *words,
                struct resp_buffer *out);

void kv_append_error(struct resp_buffer *out, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;

#endif

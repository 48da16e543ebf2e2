/* SPDX-License-Identifier: Apache-2.0
 *
 * The example server's hash table: chains, doubled when there is an entry a bucket.
 *
 * One thread, the server's loop. The hash is seeded, so that a client does not know
 * which keys collide. Expired entries die when somebody asks for them; discarded: a
 * timer for each, since the example is about connections.
 */
#include "kv.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BUCKETS = 64 };

static size_t hash_of(const struct kv_table *table, const char *key, size_t size)
{
    uint64_t hash = 14695981039346656037u ^ table->seed;

    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ (unsigned char)key[i]) * 1099511628211u;
        hash ^= hash >> 29;
    }
    return (size_t)(hash ^ hash >> 32);
}

syn_err kv_table_init(struct kv_table *table)
{
    memset(table, 0, sizeof *table);
    table->buckets = calloc(FIRST_BUCKETS, sizeof(struct kv_entry *));
    if (!table->buckets)
        return SYN_ENOMEM;
    table->n_buckets = FIRST_BUCKETS;
    /* Where memory lies and what time it is: good enough for an example. */
    table->seed = (size_t)(uintptr_t)table->buckets * 2654435761u ^ (size_t)syn_after(0).ns;
    return SYN_OK;
}

static size_t bytes_of(const struct kv_entry *entry)
{
    return sizeof *entry + entry->key_size + entry->value_size;
}

static void free_entry(struct kv_table *table, struct kv_entry *entry)
{
    table->n--;
    table->bytes -= bytes_of(entry);
    free(entry->value);
    free(entry);
}

void kv_table_clear(struct kv_table *table)
{
    for (size_t i = 0; i < table->n_buckets; i++) {
        struct kv_entry *entry;

        while ((entry = table->buckets[i]) != NULL) {
            table->buckets[i] = entry->next;
            free_entry(table, entry);
        }
    }
}

void kv_table_fini(struct kv_table *table)
{
    kv_table_clear(table);
    free(table->buckets);
    memset(table, 0, sizeof *table);
}

bool kv_expired(const struct kv_table *table, const struct kv_entry *entry)
{
    return entry->expires_ns && entry->expires_ns <= table->now_ns;
}

/* The place that points to the entry of KEY; to NULL if there is none. */
static struct kv_entry **place_of(struct kv_table *table, const char *key, size_t size)
{
    size_t hash = hash_of(table, key, size);
    struct kv_entry **place = &table->buckets[hash & (table->n_buckets - 1)];

    while (*place && ((*place)->hash != hash || (*place)->key_size != size ||
                      memcmp((*place)->key, key, size) != 0))
        place = &(*place)->next;
    return place;
}

static void drop(struct kv_table *table, struct kv_entry **place)
{
    struct kv_entry *entry = *place;

    *place = entry->next;
    free_entry(table, entry);
}

struct kv_entry *kv_find(struct kv_table *table, const char *key, size_t size)
{
    struct kv_entry **place = place_of(table, key, size);

    if (!*place || !kv_expired(table, *place))
        return *place;
    drop(table, place);
    return NULL;
}

/* A table that cannot grow is slower, and still right. */
static void grow(struct kv_table *table)
{
    size_t n = table->n_buckets * 2;
    struct kv_entry **buckets = calloc(n, sizeof(struct kv_entry *)), *entry;

    if (!buckets)
        return;
    for (size_t i = 0; i < table->n_buckets; i++) {
        while ((entry = table->buckets[i]) != NULL) {
            table->buckets[i] = entry->next;
            entry->next = buckets[entry->hash & (n - 1)];
            buckets[entry->hash & (n - 1)] = entry;
        }
    }
    free(table->buckets);
    table->buckets = buckets;
    table->n_buckets = n;
}

static struct kv_entry *add(struct kv_table *table, const char *key, size_t size)
{
    struct kv_entry *entry, **bucket;

    if (table->n >= table->n_buckets)
        grow(table);
    entry = calloc(1, sizeof *entry + size);
    if (!entry)
        return NULL;
    memcpy(entry->key, key, size);
    entry->key_size = size;
    entry->hash = hash_of(table, key, size);
    bucket = &table->buckets[entry->hash & (table->n_buckets - 1)];
    entry->next = *bucket;
    *bucket = entry;
    table->n++;
    table->bytes += bytes_of(entry);
    return entry;
}

struct kv_entry *kv_put(struct kv_table *table, const char *key, size_t size, size_t value_size)
{
    struct kv_entry *entry = kv_find(table, key, size);
    size_t had = entry ? bytes_of(entry) : 0;
    size_t needs = sizeof *entry + size + value_size;
    char *value;

    if (table->bytes - had + needs > KV_MEMORY_MAX)
        return NULL;
    value = realloc(entry ? entry->value : NULL, value_size + 1);
    if (!value)
        return NULL;
    if (entry)
        entry->value = value;
    else
        entry = add(table, key, size);
    if (!entry) {
        free(value);
        return NULL;
    }
    table->bytes += value_size - entry->value_size;
    entry->value = value;
    entry->value_size = value_size;
    return entry;
}

/* --- cursors --- */

struct kv_entry *kv_bucket(const struct kv_table *table, size_t cursor)
{
    return table->buckets[cursor & (table->n_buckets - 1)];
}

static uint64_t reversed(uint64_t bits)
{
    uint64_t out = 0;

    for (int i = 0; i < 64; i++, bits >>= 1)
        out = out << 1 | (bits & 1);
    return out;
}

/* Counts up from the highest bit of the number of a bucket downwards, as Redis does. When the
 * table doubles, a bucket is split into the two with its own lower bits; counted like
 * this both come where it would have come, so what is behind the cursor stays behind it. */
size_t kv_next_cursor(const struct kv_table *table, size_t cursor)
{
    uint64_t above = ~(uint64_t)(table->n_buckets - 1);

    return (size_t)reversed(reversed(cursor | above) + 1);
}

bool kv_remove(struct kv_table *table, const char *key, size_t size)
{
    if (!kv_find(table, key, size))
        return false;
    drop(table, place_of(table, key, size));
    return true;
}

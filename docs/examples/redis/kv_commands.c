/* SPDX-License-Identifier: Apache-2.0
 *
 * The example server's commands, worded as Redis words them.
 *
 * One thread, the server's loop. A command is a row in a table and a function that
 * appends its reply; nothing here waits.
 */
#include "kv.h"

#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { WORDS_MAX = INT_MAX, INTEGER_SIZE = 24 };

/* One call: the words, of which the first is the name, and where the reply goes. */
struct call {
    struct kv_table *table;
    size_t n;
    const struct redis_reply *words;
    struct resp_buffer *out;
};

void kv_append_error(struct resp_buffer *out, const char *format, ...)
{
    char text[300];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    for (char *c = text; *c; c++) /* a client's bytes may be in it */
        if (*c == '\r' || *c == '\n')
            *c = ' ';
    resp_append(out, "-", 1);
    resp_append(out, text, strlen(text));
    resp_append(out, "\r\n", 2);
}

static void append_ok(const struct call *call)
{
    resp_append(call->out, "+OK\r\n", 5);
}

static void append_integer(const struct call *call, long long number)
{
    resp_append_head(call->out, ':', number);
}

static void append_value(const struct call *call, const struct redis_reply *key)
{
    const struct kv_entry *entry = kv_find(call->table, key->text, key->size);

    if (entry)
        resp_append_bulk(call->out, entry->value, entry->value_size);
    else
        resp_append(call->out, "$-1\r\n", 5);
}

static void append_out_of_memory(const struct call *call)
{
    kv_append_error(call->out, "OOM command not allowed when used memory > 'maxmemory'.");
}

static bool is_word(const struct redis_reply *word, const char *text)
{
    return word->size == strlen(text) && strncasecmp(word->text, text, word->size) == 0;
}

/* Sets KEY to SIZE bytes of VALUE. */
static struct kv_entry *store(const struct call *call, const struct redis_reply *key,
                              const char *value, size_t size)
{
    struct kv_entry *entry = kv_put(call->table, key->text, key->size, size);

    if (!entry)
        return NULL;
    memcpy(entry->value, value, size);
    entry->expires_ns = 0;
    return entry;
}

static void ping(const struct call *call)
{
    if (call->n == 1)
        resp_append(call->out, "+PONG\r\n", 7);
    else
        resp_append_bulk(call->out, call->words[1].text, call->words[1].size);
}

static void echo(const struct call *call)
{
    resp_append_bulk(call->out, call->words[1].text, call->words[1].size);
}

/* EX seconds or PX milliseconds, at the end of SET; 0: neither. */
static bool read_expiry(const struct call *call, double *out_seconds)
{
    long long number;

    *out_seconds = 0;
    if (call->n == 3)
        return true;
    if (call->n != 5 || (!is_word(&call->words[3], "EX") && !is_word(&call->words[3], "PX"))) {
        kv_append_error(call->out, "ERR syntax error");
    } else if (!resp_number(call->words[4].text, call->words[4].size, &number)) {
        kv_append_error(call->out, "ERR value is not an integer or out of range");
    } else if (number <= 0) {
        kv_append_error(call->out, "ERR invalid expire time in 'set' command");
    } else {
        *out_seconds = (double)number / (is_word(&call->words[3], "PX") ? 1000 : 1);
        return true;
    }
    return false;
}

static void set(const struct call *call)
{
    struct kv_entry *entry;
    double seconds;

    if (!read_expiry(call, &seconds))
        return;
    entry = store(call, &call->words[1], call->words[2].text, call->words[2].size);
    if (!entry) {
        append_out_of_memory(call);
        return;
    }
    if (seconds > 0)
        entry->expires_ns = syn_after(seconds).ns;
    append_ok(call);
}

static void get(const struct call *call)
{
    append_value(call, &call->words[1]);
}

static void del(const struct call *call)
{
    long long n = 0;

    for (size_t i = 1; i < call->n; i++)
        n += kv_remove(call->table, call->words[i].text, call->words[i].size);
    append_integer(call, n);
}

static void exists(const struct call *call)
{
    long long n = 0;

    for (size_t i = 1; i < call->n; i++)
        n += kv_find(call->table, call->words[i].text, call->words[i].size) != NULL;
    append_integer(call, n);
}

static void add(const struct call *call, long long amount)
{
    const struct redis_reply *key = &call->words[1];
    struct kv_entry *entry = kv_find(call->table, key->text, key->size);
    long long number = 0, expires_ns = entry ? entry->expires_ns : 0;
    char text[INTEGER_SIZE];
    int size;

    if (entry && !resp_number(entry->value, entry->value_size, &number)) {
        kv_append_error(call->out, "ERR value is not an integer or out of range");
        return;
    }
    if (amount > 0 ? number > LLONG_MAX - amount : number < LLONG_MIN - amount) {
        kv_append_error(call->out, "ERR increment or decrement would overflow");
        return;
    }
    size = snprintf(text, sizeof text, "%lld", number + amount);
    entry = store(call, key, text, (size_t)size);
    if (!entry) {
        append_out_of_memory(call);
        return;
    }
    entry->expires_ns = expires_ns;
    append_integer(call, number + amount);
}

static void incr(const struct call *call)
{
    add(call, 1);
}

static void decr(const struct call *call)
{
    add(call, -1);
}

static void append(const struct call *call)
{
    const struct redis_reply *key = &call->words[1], *more = &call->words[2];
    struct kv_entry *entry = kv_find(call->table, key->text, key->size);
    size_t had = entry ? entry->value_size : 0;

    entry = kv_put(call->table, key->text, key->size, had + more->size);
    if (!entry) {
        append_out_of_memory(call);
        return;
    }
    memcpy(entry->value + had, more->text, more->size);
    append_integer(call, (long long)entry->value_size);
}

static void length(const struct call *call)
{
    const struct kv_entry *entry = kv_find(call->table, call->words[1].text, call->words[1].size);

    append_integer(call, entry ? (long long)entry->value_size : 0);
}

static void mget(const struct call *call)
{
    resp_append_head(call->out, '*', (long long)call->n - 1);
    for (size_t i = 1; i < call->n && !call->out->failed; i++)
        append_value(call, &call->words[i]);
}

static void mset(const struct call *call)
{
    if (call->n % 2 == 0) {
        kv_append_error(call->out, "ERR wrong number of arguments for 'mset' command");
        return;
    }
    for (size_t i = 1; i < call->n; i += 2) {
        if (!store(call, &call->words[i], call->words[i + 1].text, call->words[i + 1].size)) {
            append_out_of_memory(call);
            return;
        }
    }
    append_ok(call);
}

/* What SCAN was asked for. */
struct scan {
    size_t cursor, count;
    const struct redis_reply *pattern; /* NULL: all */
};

static bool read_scan(const struct call *call, struct scan *out_scan)
{
    struct scan scan = {0, 10, NULL};
    long long number;

    if (!resp_number(call->words[1].text, call->words[1].size, &number) || number < 0) {
        kv_append_error(call->out, "ERR invalid cursor");
        return false;
    }
    scan.cursor = (size_t)number;
    for (size_t i = 2; i < call->n; i += 2) {
        bool is_count = is_word(&call->words[i], "COUNT");

        if (i + 1 == call->n || (!is_count && !is_word(&call->words[i], "MATCH"))) {
            kv_append_error(call->out, "ERR syntax error");
            return false;
        }
        if (!is_count) {
            scan.pattern = &call->words[i + 1];
        } else if (!resp_number(call->words[i + 1].text, call->words[i + 1].size, &number)) {
            kv_append_error(call->out, "ERR value is not an integer or out of range");
            return false;
        } else if (number < 1) {
            kv_append_error(call->out, "ERR syntax error");
            return false;
        } else {
            scan.count = (size_t)number;
        }
    }
    *out_scan = scan;
    return true;
}

/* Walks from the cursor until enough keys were looked at; the matching ones go to OUT, or
 * (OUT is NULL) are only counted. Returns where to go on. */
static size_t walk(const struct call *call, struct scan scan, struct resp_buffer *out,
                   long long *out_n)
{
    size_t seen = 0;

    *out_n = 0;
    do {
        for (struct kv_entry *e = kv_bucket(call->table, scan.cursor); e; e = e->next) {
            seen++;
            if (kv_expired(call->table, e) ||
                (scan.pattern && !kv_matches(scan.pattern, e->key, e->key_size)))
                continue;
            ++*out_n;
            if (out)
                resp_append_bulk(out, e->key, e->key_size);
        }
        scan.cursor = kv_next_cursor(call->table, scan.cursor);
    } while (scan.cursor && seen < scan.count);
    return scan.cursor;
}

static void scan(const struct call *call)
{
    struct scan scan;
    char cursor[INTEGER_SIZE];
    long long n;
    int size;

    if (!read_scan(call, &scan))
        return;
    size = snprintf(cursor, sizeof cursor, "%zu", walk(call, scan, NULL, &n));
    resp_append_head(call->out, '*', 2);
    resp_append_bulk(call->out, cursor, (size_t)size);
    resp_append_head(call->out, '*', n);
    walk(call, scan, call->out, &n);
}

static void keys(const struct call *call)
{
    struct scan all = {0, SIZE_MAX, &call->words[1]};
    long long n;

    walk(call, all, NULL, &n);
    resp_append_head(call->out, '*', n);
    walk(call, all, call->out, &n);
}

static void flushall(const struct call *call)
{
    kv_table_clear(call->table);
    append_ok(call);
}

static void dbsize(const struct call *call)
{
    append_integer(call, (long long)call->table->n);
}

static const struct command {
    const char *name;
    size_t least, most; /* words, with the name */
    void (*run)(const struct call *call);
} commands[] = {
    {"ping", 1, 2, ping},           {"echo", 2, 2, echo},
    {"set", 3, WORDS_MAX, set},     {"get", 2, 2, get},
    {"del", 2, WORDS_MAX, del},     {"exists", 2, WORDS_MAX, exists},
    {"incr", 2, 2, incr},           {"decr", 2, 2, decr},
    {"append", 3, 3, append},       {"strlen", 2, 2, length},
    {"mget", 2, WORDS_MAX, mget},   {"mset", 3, WORDS_MAX, mset},
    {"keys", 2, 2, keys},           {"scan", 2, WORDS_MAX, scan},
    {"flushall", 1, 2, flushall},   {"dbsize", 1, 1, dbsize},
    {"quit", 1, WORDS_MAX, append_ok},
};

static const struct command *find(const struct redis_reply *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (is_word(name, commands[i].name))
            return &commands[i];
    return NULL;
}

static void append_unknown(const struct call *call)
{
    char arguments[128] = "";
    size_t used = 0;

    for (size_t i = 1; i < call->n && used + 1 < sizeof arguments; i++) {
        int n = snprintf(arguments + used, sizeof arguments - used, "'%.*s' ",
                         (int)(call->words[i].size < 64 ? call->words[i].size : 64),
                         call->words[i].text);

        used += n < 0 ? 0 : (size_t)n;
    }
    kv_append_error(call->out, "ERR unknown command '%.*s', with args beginning with: %s",
                    (int)(call->words[0].size < 128 ? call->words[0].size : 128),
                    call->words[0].text, arguments);
}

bool kv_execute(struct kv_table *table, size_t n, const struct redis_reply *words,
                struct resp_buffer *out)
{
    struct call call = {table, n, words, out};
    const struct command *command = find(&words[0]);

    table->now_ns = syn_after(0).ns;
    if (!command)
        append_unknown(&call);
    else if (n < command->least || n > command->most)
        kv_append_error(out, "ERR wrong number of arguments for '%s' command", command->name);
    else
        command->run(&call);
    return !command || strcmp(command->name, "quit") != 0;
}

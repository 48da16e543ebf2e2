/* SPDX-License-Identifier: Apache-2.0
 *
 * RESP2: the writer and the parser.
 *
 * Any thread; nothing here is shared. The parser keeps its place between two pieces in
 * a small stack of open arrays, so that a value may come byte by byte and no depth of
 * nesting is a depth of recursion while reading. Memory is charged against a limit
 * before it is asked for. Discarded: reading recursively with one await for each line,
 * which is shorter but costs a task for each element of an array.
 */
#include "resp.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { KEEP = 128 << 10 };

/* ---------------------------------------------------------------- writing -- */

static bool make_room(struct resp_buffer *buffer, size_t size)
{
    size_t capacity = buffer->capacity ? buffer->capacity : 256;
    char *data;

    if (buffer->capacity - buffer->size >= size)
        return true;
    while (capacity - buffer->size < size)
        capacity *= 2;
    data = realloc(buffer->data, capacity);
    if (!data)
        return false;
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

void resp_append(struct resp_buffer *buffer, const void *data, size_t size)
{
    size_t most = buffer->limit ? buffer->limit : SIZE_MAX / 4;

    if (buffer->failed || size == 0)
        return;
    if (size > most || buffer->size > most - size || !make_room(buffer, size)) {
        buffer->failed = true;
        return;
    }
    memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
}

/* snprintf() takes ten times as long, which is half of what a client does for a short command. */
void resp_append_head(struct resp_buffer *buffer, char type, long long number)
{
    unsigned long long rest = number < 0 ? 0 - (unsigned long long)number : (unsigned long long)number;
    char text[32], *end = text + sizeof text, *at = end;

    *--at = '\n';
    *--at = '\r';
    do
        *--at = (char)('0' + rest % 10);
    while (rest /= 10);
    if (number < 0)
        *--at = '-';
    *--at = type;
    resp_append(buffer, at, (size_t)(end - at));
}

void resp_append_bulk(struct resp_buffer *buffer, const void *data, size_t size)
{
    resp_append_head(buffer, '$', (long long)size);
    resp_append(buffer, data, size);
    resp_append(buffer, "\r\n", 2);
}

/* What was appended since BEFORE is whole, or goes. */
static syn_err settle(struct resp_buffer *buffer, size_t before)
{
    if (!buffer->failed)
        return SYN_OK;
    buffer->failed = false;
    buffer->size = before;
    return SYN_ENOMEM;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The next word at *AT, and its size; 0: there is none. */
static size_t next_word(const char *line, size_t size, size_t *at)
{
    size_t end;

    while (*at < size && is_space(line[*at]))
        ++*at;
    for (end = *at; end < size && !is_space(line[end]); end++)
        ;
    return end - *at;
}

syn_err resp_append_line(struct resp_buffer *buffer, const char *line, size_t size)
{
    size_t before = buffer->size, word;
    long long n = 0;

    for (size_t at = 0; (word = next_word(line, size, &at)) > 0; at += word)
        n++;
    if (n == 0)
        return SYN_EINVAL;
    resp_append_head(buffer, '*', n);
    for (size_t at = 0; (word = next_word(line, size, &at)) > 0; at += word)
        resp_append_bulk(buffer, line + at, word);
    return settle(buffer, before);
}

syn_err resp_append_words(struct resp_buffer *buffer, int argc, const char *const *argv,
                          const size_t *lengths)
{
    size_t before = buffer->size;

    if (argc < 1)
        return SYN_EINVAL;
    resp_append_head(buffer, '*', argc);
    for (int i = 0; i < argc; i++)
        resp_append_bulk(buffer, argv[i], lengths ? lengths[i] : strlen(argv[i]));
    return settle(buffer, before);
}

void resp_buffer_empty(struct resp_buffer *buffer)
{
    buffer->size = 0;
    buffer->failed = false;
    if (buffer->capacity <= KEEP)
        return;
    free(buffer->data);
    buffer->data = NULL;
    buffer->capacity = 0;
}

void resp_buffer_fini(struct resp_buffer *buffer)
{
    free(buffer->data);
    memset(buffer, 0, sizeof *buffer);
}

/* ---------------------------------------------------------------- replies -- */

/* As deep as the parser allowed: REDIS_DEPTH_MAX. */
static void free_contents(struct redis_reply *reply)
{
    for (size_t i = 0; i < reply->n; i++)
        free_contents(&reply->elements[i]);
    free(reply->elements);
    free(reply->text);
}

void redis_reply_free(struct redis_reply *reply)
{
    if (!reply)
        return;
    free_contents(reply);
    free(reply);
}

/* ---------------------------------------------------------------- reading -- */

void resp_parser_init(struct resp_parser *parser, size_t limit, int depth_max)
{
    memset(parser, 0, sizeof *parser);
    parser->limit = limit;
    parser->depth_max = depth_max < REDIS_DEPTH_MAX ? depth_max : REDIS_DEPTH_MAX;
}

void resp_parser_fini(struct resp_parser *parser)
{
    redis_reply_free(parser->root);
    memset(parser, 0, sizeof *parser);
}

static syn_err refuse(struct resp_parser *parser, const char *error)
{
    parser->error = error;
    return SYN_EPROTO;
}

bool resp_number(const char *text, size_t size, long long *out_number)
{
    bool minus = size > 0 && text[0] == '-';
    long long number = 0;

    if (size == (size_t)minus)
        return false;
    for (size_t i = minus; i < size; i++) {
        int digit = text[i] - '0';

        /* Built up below zero, where the range is one larger. */
        if (digit < 0 || digit > 9 || number < (LLONG_MIN + digit) / 10)
            return false;
        number = number * 10 - digit;
    }
    if (!minus && number == LLONG_MIN)
        return false;
    *out_number = minus ? number : -number;
    return true;
}

/* N times SIZE bytes of zeros, within the limit. */
static syn_err take_memory(struct resp_parser *parser, size_t n, size_t size, void *out_pointer)
{
    void *memory;

    if (n > (parser->limit - parser->used) / size)
        return refuse(parser, "value too large");
    memory = calloc(n, size);
    if (!memory)
        return SYN_ENOMEM;
    parser->used += n * size;
    *(void **)out_pointer = memory;
    return SYN_OK;
}

/* Where the value that begins now belongs. */
static syn_err next_place(struct resp_parser *parser, struct redis_reply **out_place)
{
    syn_err err = SYN_OK;

    if (parser->depth > 0) {
        struct redis_reply *array = parser->open[parser->depth - 1].array;

        *out_place = &array->elements[parser->open[parser->depth - 1].next++];
        return SYN_OK;
    }
    parser->used = 0;
    err = take_memory(parser, 1, sizeof *parser->root, &parser->root);
    *out_place = parser->root;
    return err;
}

static syn_err begin_text(struct resp_parser *parser, struct redis_reply *value, size_t size)
{
    syn_err err;

    if (size >= parser->limit)
        return refuse(parser, "value too large");
    err = take_memory(parser, size + 1, 1, &value->text);
    if (!err)
        value->size = size;
    return err;
}

static syn_err whole_text(struct resp_parser *parser, struct redis_reply *value,
                          enum redis_type type, const char *text, size_t size)
{
    syn_err err = begin_text(parser, value, size);

    if (!err && size)
        memcpy(value->text, text, size);
    value->type = type;
    return err;
}

static syn_err begin_bulk(struct resp_parser *parser, struct redis_reply *value, long long size)
{
    syn_err err;

    if (size == -1)
        return SYN_OK; /* nil, which is 0 */
    if (size < 0)
        return refuse(parser, "invalid bulk length");
    err = begin_text(parser, value, (unsigned long long)size < SIZE_MAX ? (size_t)size : SIZE_MAX);
    value->type = REDIS_STRING;
    parser->bulk = value;
    parser->filled = 0;
    return err;
}

static syn_err begin_array(struct resp_parser *parser, struct redis_reply *value, long long n)
{
    syn_err err;

    if (n == -1)
        return SYN_OK;
    if (n < 0 || n > INT_MAX)
        return refuse(parser, "invalid multibulk length");
    value->type = REDIS_ARRAY;
    if (n == 0)
        return SYN_OK;
    if (parser->depth == parser->depth_max)
        return refuse(parser, "arrays nested too deeply");
    err = take_memory(parser, (size_t)n, sizeof *value, &value->elements);
    if (err)
        return err;
    value->n = (size_t)n;
    parser->open[parser->depth].array = value;
    parser->open[parser->depth++].next = 0;
    return SYN_OK;
}

/* LINE is a type and what follows it, without the end. */
static syn_err begin_value(struct resp_parser *parser, const char *line, size_t size)
{
    struct redis_reply *value;
    long long number = 0;
    syn_err err;

    if (size == 0 || !memchr("+-:$*", line[0], 5))
        return refuse(parser, "unknown type of value");
    if (line[0] != '+' && line[0] != '-' && !resp_number(line + 1, size - 1, &number))
        return refuse(parser, line[0] == '$'   ? "invalid bulk length"
                              : line[0] == '*' ? "invalid multibulk length"
                                               : "invalid integer");
    err = next_place(parser, &value);
    if (err)
        return err;
    switch (line[0]) {
    case '+':
        return whole_text(parser, value, REDIS_STATUS, line + 1, size - 1);
    case '-':
        return whole_text(parser, value, REDIS_ERROR, line + 1, size - 1);
    case '$':
        return begin_bulk(parser, value, number);
    case '*':
        return begin_array(parser, value, number);
    default:
        value->type = REDIS_INTEGER;
        value->integer = number;
        return SYN_OK;
    }
}

static syn_err take_line(struct resp_parser *parser, const char *data, size_t size, size_t *at)
{
    const char *line = data + *at;
    const char *end = memchr(line, '\n', size - *at);

    if (!end)
        return size - *at > RESP_LINE_MAX ? refuse(parser, "line too long") : SYN_EAGAIN;
    if (end == line || end[-1] != '\r')
        return refuse(parser, "a line does not end with CR LF");
    *at += (size_t)(end - line) + 1;
    return begin_value(parser, line, (size_t)(end - line) - 1);
}

static syn_err take_bulk(struct resp_parser *parser, const char *data, size_t size, size_t *at)
{
    struct redis_reply *bulk = parser->bulk;
    size_t left = bulk->size - parser->filled, have = size - *at;
    size_t n = left < have ? left : have;

    memcpy(bulk->text + parser->filled, data + *at, n);
    parser->filled += n;
    *at += n;
    if (size - *at < 2)
        return SYN_EAGAIN;
    if (data[*at] != '\r' || data[*at + 1] != '\n')
        return refuse(parser, "a string does not end with CR LF");
    *at += 2;
    parser->bulk = NULL;
    return SYN_OK;
}

static bool is_whole(struct resp_parser *parser)
{
    while (parser->depth > 0 &&
           parser->open[parser->depth - 1].next == parser->open[parser->depth - 1].array->n)
        parser->depth--;
    return parser->depth == 0;
}

syn_err resp_parse(struct resp_parser *parser, const char *data, size_t size, size_t *out_used,
                   struct redis_reply **out_value)
{
    syn_err err = parser->error ? SYN_EPROTO : SYN_EAGAIN;

    *out_used = 0;
    while (*out_used < size && !parser->error) {
        err = parser->bulk ? take_bulk(parser, data, size, out_used)
                           : take_line(parser, data, size, out_used);
        if (err || (!parser->bulk && is_whole(parser)))
            break;
        err = SYN_EAGAIN;
    }
    if (!err) {
        *out_value = parser->root;
        parser->root = NULL;
    }
    return err;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * A small parser of JSON, for cases that read what the library wrote. A text that is no JSON fails the case.
 */
#ifndef JSON_RIG_H
#define JSON_RIG_H

#include <stdlib.h>
#include <string.h>

#include "test.h"

enum json_kind { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json {
    enum json_kind kind;
    double number;
    char *key, *string; /* key: as a member of an object */
    struct json *first, *next;
};

static inline void json_blank(const char **at)
{
    *at += strspn(*at, " \t\r\n");
}

static inline void json_expect(const char **at, char what)
{
    json_blank(at);
    if (**at != what)
        test_fail(__FILE__, __LINE__, "no JSON: '%c' is missing before \"%.40s\"", what, *at);
    ++*at;
}

static inline char *json_text(const char **at)
{
    char *text = malloc(strlen(*at) + 1), *to = text;

    if (!text)
        abort();
    json_expect(at, '"');
    while (**at != '"') {
        CHECK((unsigned char)**at >= 0x20);
        if (**at == '\\')
            CHECK(*++*at && strchr("\"\\/bfnrt", **at));
        *to++ = *(*at)++;
    }
    ++*at;
    *to = '\0';
    return text;
}

static inline struct json *json_value(const char **at, int depth);

static inline void json_inside(const char **at, struct json *value, char end, int depth)
{
    struct json **last = &value->first;

    ++*at;
    json_blank(at);
    while (**at != end) {
        char *key = NULL;

        if (value->first)
            json_expect(at, ',');
        json_blank(at);
        if (value->kind == JSON_OBJECT) {
            key = json_text(at);
            json_expect(at, ':');
        }
        *last = json_value(at, depth + 1);
        (*last)->key = key;
        last = &(*last)->next;
        json_blank(at);
    }
    ++*at;
}

static inline struct json *json_value(const char **at, int depth)
{
    struct json *value = calloc(1, sizeof *value);
    char *end;

    if (!value)
        abort();
    CHECK(depth < 200);
    json_blank(at);
    if (**at == '{' || **at == '[') {
        value->kind = **at == '{' ? JSON_OBJECT : JSON_ARRAY;
        json_inside(at, value, **at == '{' ? '}' : ']', depth);
    } else if (**at == '"') {
        value->kind = JSON_STRING;
        value->string = json_text(at);
    } else if (strncmp(*at, "true", 4) == 0 || strncmp(*at, "false", 5) == 0) {
        value->kind = JSON_BOOL;
        value->number = **at == 't';
        *at += **at == 't' ? 4 : 5;
    } else if (strncmp(*at, "null", 4) == 0) {
        *at += 4;
    } else {
        value->kind = JSON_NUMBER;
        value->number = strtod(*at, &end);
        if (end == *at)
            test_fail(__FILE__, __LINE__, "no JSON: \"%.40s\"", *at);
        *at = end;
    }
    return value;
}

static inline struct json *json_parse(const char *text)
{
    struct json *value = json_value(&text, 0);

    json_blank(&text);
    CHECK_STR(text, "");
    return value;
}

static inline void json_free(struct json *value)
{
    while (value) {
        struct json *next = value->next;

        json_free(value->first);
        free(value->key);
        free(value->string);
        free(value);
        value = next;
    }
}

static inline const struct json *json_member(const struct json *object, const char *key)
{
    const struct json *m = object ? object->first : NULL;

    while (m && (!m->key || strcmp(m->key, key) != 0))
        m = m->next;
    return m;
}

static inline const char *json_string_of(const struct json *object, const char *key)
{
    const struct json *m = json_member(object, key);

    return m && m->kind == JSON_STRING ? m->string : NULL;
}

/* -1: there is none. */
static inline double json_number_of(const struct json *object, const char *key)
{
    const struct json *m = json_member(object, key);

    return m && m->kind == JSON_NUMBER ? m->number : -1;
}

#endif

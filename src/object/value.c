/* SPDX-License-Identifier: Apache-2.0
 *
 * Values for calls by name: to and from the C types that methods declare. Any thread.
 */
#include "object/value.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct syn_value syn_value_integer(long long integer)
{
    struct syn_value value = {SYN_VALUE_INTEGER, NULL, {.integer = integer}};

    return value;
}

struct syn_value syn_value_number(double number)
{
    struct syn_value value = {SYN_VALUE_NUMBER, NULL, {.number = number}};

    return value;
}

struct syn_value syn_value_string(const char *string)
{
    struct syn_value value = {SYN_VALUE_STRING, NULL, {.string = string}};

    return value;
}

struct syn_value syn_value_pointer(void *pointer, const char *type)
{
    struct syn_value value = {SYN_VALUE_POINTER, type, {.pointer = pointer}};

    return value;
}

bool syni_value_can(const struct syn_argument *argument)
{
    size_t length = strlen(argument->type);

    return argument->kind != SYN_VALUE_POINTER ||
           (length > 0 && argument->type[length - 1] == '*');
}

/* --- to C --- */

static bool store_signed(union syn_raw *raw, size_t size, long long integer)
{
    long long most = size >= sizeof integer ? LLONG_MAX : (1LL << (size * CHAR_BIT - 1)) - 1;

    if (integer > most || integer < -most - 1)
        return false;
    if (size == sizeof(char))
        raw->c = (signed char)integer;
    else if (size == sizeof(short))
        raw->s = (short)integer;
    else if (size == sizeof(int))
        raw->i = (int)integer;
    else
        raw->ll = integer;
    return true;
}

static bool store_unsigned(union syn_raw *raw, size_t size, unsigned long long natural)
{
    if (size < sizeof natural && natural >> (size * CHAR_BIT))
        return false;
    if (size == sizeof(char))
        raw->uc = (unsigned char)natural;
    else if (size == sizeof(short))
        raw->us = (unsigned short)natural;
    else if (size == sizeof(int))
        raw->u = (unsigned)natural;
    else
        raw->ull = natural;
    return true;
}

static bool store_number(union syn_raw *raw, size_t size, const struct syn_value *value)
{
    double number = value->kind == SYN_VALUE_INTEGER    ? (double)value->as.integer
                    : value->kind == SYN_VALUE_UNSIGNED ? (double)value->as.natural
                                                        : value->as.number;

    if (size == sizeof(float))
        raw->f = (float)number;
    else
        raw->d = number;
    return true;
}

static bool same_type(const char *asked, const char *given)
{
    if (!given || strcmp(asked, given) == 0)
        return true;
    return strncmp(asked, "const ", 6) == 0 && strcmp(asked + 6, given) == 0;
}

static bool is_null(const struct syn_value *value)
{
    return value->kind == SYN_VALUE_NONE ||
           (value->kind == SYN_VALUE_POINTER && !value->as.pointer);
}

static bool value_store(union syn_raw *raw, const struct syn_argument *argument,
                        const struct syn_value *value, bool *out_kind_fits)
{
    enum syn_value_kind kind = value->kind;
    bool whole = kind == SYN_VALUE_INTEGER || kind == SYN_VALUE_UNSIGNED;

    *out_kind_fits = true;
    if (argument->kind == SYN_VALUE_INTEGER && whole)
        return (kind == SYN_VALUE_INTEGER || value->as.natural <= LLONG_MAX) &&
               store_signed(raw, argument->size, value->as.integer);
    if (argument->kind == SYN_VALUE_UNSIGNED && whole)
        return (kind == SYN_VALUE_UNSIGNED || value->as.integer >= 0) &&
               store_unsigned(raw, argument->size, value->as.natural);
    if (argument->kind == SYN_VALUE_NUMBER && (whole || kind == SYN_VALUE_NUMBER))
        return store_number(raw, argument->size, value);
    if (argument->kind == SYN_VALUE_STRING && (kind == SYN_VALUE_STRING || is_null(value))) {
        raw->string = kind == SYN_VALUE_STRING ? value->as.string : NULL;
        return true;
    }
    if (argument->kind == SYN_VALUE_POINTER &&
        (is_null(value) ||
         (kind == SYN_VALUE_POINTER && same_type(argument->type, value->type)))) {
        raw->pointer = is_null(value) ? NULL : value->as.pointer;
        return true;
    }
    *out_kind_fits = false;
    return false;
}

static const char *kind_text(const struct syn_value *value)
{
    static const char *const texts[] = {"nothing", "an integer", "an unsigned integer",
                                        "a number", "a string", "a pointer"};

    if (value->kind == SYN_VALUE_POINTER && value->type)
        return value->type;
    return (size_t)value->kind < sizeof texts / sizeof *texts ? texts[value->kind]
                                                              : "of no kind";
}

bool syni_value_store(const struct syn_method *method, size_t i, const struct syn_value *value,
                      union syn_raw *raw, struct syni_complaint *complaint)
{
    const struct syn_argument *argument = &method->arguments[i];
    bool kind_fits;

    memset(raw, 0, sizeof *raw);
    if (value_store(raw, argument, value, &kind_fits))
        return true;
    if (kind_fits)
        snprintf(complaint->text, sizeof complaint->text,
                 "argument %zu (%s) of %s is %s, which %lld does not fit", i + 1, argument->name,
                 method->name, argument->type, value->as.integer);
    else
        snprintf(complaint->text, sizeof complaint->text,
                 "argument %zu (%s) of %s is %s, not %s", i + 1, argument->name, method->name,
                 argument->type, kind_text(value));
    return false;
}

/* --- from C --- */

static long long load_signed(const union syn_raw *raw, size_t size)
{
    return size == sizeof(char)    ? raw->c
           : size == sizeof(short) ? raw->s
           : size == sizeof(int)   ? raw->i
                                   : raw->ll;
}

static unsigned long long load_unsigned(const union syn_raw *raw, size_t size)
{
    return size == sizeof(char)    ? raw->uc
           : size == sizeof(short) ? raw->us
           : size == sizeof(int)   ? raw->u
                                   : raw->ull;
}

struct syn_value syn_value_of(const struct syn_method *method, const union syn_raw *raw)
{
    const struct syn_argument *type = &method->result;
    struct syn_value value = {type->kind, type->type, {0}};

    switch (type->kind) {
    case SYN_VALUE_NONE:
        break;
    case SYN_VALUE_INTEGER:
        value.as.integer = load_signed(raw, type->size);
        break;
    case SYN_VALUE_UNSIGNED:
        value.as.natural = load_unsigned(raw, type->size);
        break;
    case SYN_VALUE_NUMBER:
        value.as.number = type->size == sizeof(float) ? raw->f : raw->d;
        break;
    case SYN_VALUE_STRING:
        value.as.string = raw->string;
        break;
    case SYN_VALUE_POINTER:
        value.as.pointer = raw->pointer;
        break;
    }
    return value;
}

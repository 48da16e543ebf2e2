/* SPDX-License-Identifier: Apache-2.0
 *
 * What a binding to Lua or Python does: a small interpreter that lists the methods of a class
 * and calls them by name, with arguments that it only has as text. Neither the class's types
 * nor its functions are named below the line that says so.
 *
 *     methods                      what there is
 *     new NAME ARGUMENTS           a constructor
 *     NAME ARGUMENTS               a method, a property's value (none) or its setting (one)
 *     each NAME ARGUMENTS          a generator
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <synchronicity/short.h>

SYNCHRONIZER(bank);

#define ACCOUNT_METHODS(M, C)                                                                      \
    M(C, constructor, open, SYN_COPY(const char *, owner), (int, cents))                           \
    M(C, async, long, deposit, (unsigned, cents), DOC("Adds, and returns the balance."))           \
    M(C, async, const char *, statement, SYN_COPY(const char *, title))                            \
    M(C, generator, double, interest, (double, percent), (int, years), DOC("Year by year."))       \
    M(C, direct, const char *, owner)                                                              \
    M(C, get, int, limit)                                                                          \
    M(C, set, int, limit)
CLASS(account, ACCOUNT_METHODS);

struct account_impl {
    char owner[40], statement[100];
    long cents;
    int limit;
};

CONSTRUCTOR(account, open, SYN_COPY(const char *, owner), (int, cents))
{
    snprintf(me->owner, sizeof me->owner, "%s", self->owner);
    me->cents = self->cents;
    me->limit = 100000;
    co_done;
}

METHOD(account, long, deposit, (unsigned, cents))
{
    co_begin;
    co_sleep(0.01);
    if (me->cents + (long)self->cents > me->limit)
        co_fail(SYN_EUSER, "that is more than the limit");
    me->cents += (long)self->cents;
    co_return(me->cents);
    co_end;
}

METHOD(account, const char *, statement, SYN_COPY(const char *, title))
{
    snprintf(me->statement, sizeof me->statement, "%s: %s has %ld.%02ld", self->title, me->owner,
             me->cents / 100, me->cents % 100);
    co_return(me->statement); /* good until the next one */
}

METHOD_GENERATOR(account, double, interest, (double, percent), (int, years), SYN_LOCAL(int, i),
                 SYN_LOCAL(double, sum))
{
    co_begin;
    self->sum = (double)me->cents / 100;
    for (self->i = 0; self->i < self->years; self->i++) {
        co_yield(self->sum * self->percent / 100);
        self->sum += self->sum * self->percent / 100;
    }
    co_end;
}

METHOD_DIRECT(account, const char *, owner)
{
    return me->owner;
}

METHOD_GET(account, int, limit)
{
    co_return(me->limit);
}

METHOD_SET(account, int, limit)
{
    me->limit = self->value;
    co_done;
}

CLASS_TABLE(bank, account, ACCOUNT_METHODS, NULL);

/* ---- from here on: any class ------------------------------------------------------ */

enum { WORDS_MAX = 8 };

static void print_value(const struct syn_value *value)
{
    switch (value->kind) {
    case SYN_VALUE_NONE:
        printf("nothing\n");
        break;
    case SYN_VALUE_INTEGER:
        printf("%lld\n", value->as.integer);
        break;
    case SYN_VALUE_UNSIGNED:
        printf("%llu\n", value->as.natural);
        break;
    case SYN_VALUE_NUMBER:
        printf("%.2f\n", value->as.number);
        break;
    case SYN_VALUE_STRING:
        printf("\"%s\"\n", value->as.string);
        break;
    case SYN_VALUE_POINTER:
        printf("a %s\n", value->type);
        break;
    }
}

static void list_methods(const struct syn_class *type)
{
    const struct syn_method *m;

    for (size_t i = 0; (m = syn_class_method_at(type, i)); i++)
        printf("  %-11s %s %s(%s)%s%s\n", syn_kind_name(m->kind), m->result.type, m->name,
               m->signature, *m->doc ? "  -- " : "", m->doc);
}

/* A whole number, another number, or text, by its looks. */
static struct syn_value read_value(const char *word)
{
    char *end;
    long long integer = strtoll(word, &end, 10);
    double number;

    if (!*end)
        return syn_value_integer(integer);
    number = strtod(word, &end);
    return *end ? syn_value_string(word) : syn_value_number(number);
}

static void complain(void)
{
    const struct syn_report *report = syn_last_report();

    printf("error: %s\n", report ? report->message : "?");
}

static void iterate(const struct syn_method *m, struct syn_object *object,
                    struct syn_values arguments)
{
    syn_err err;

    channel_each (union syn_raw, raw, syn_method_iterate(m, object, arguments), &err) {
        struct syn_value value = syn_value_of(m, &raw);

        print_value(&value);
    }
    if (err)
        complain();
}

static struct syn_value call(const struct syn_method *m, struct syn_object *object,
                             struct syn_values arguments)
{
    struct syn_value result = {SYN_VALUE_NONE, "void", {0}};

    if (syn_method_call(m, object, arguments, &result) != 0)
        complain();
    else
        print_value(&result);
    return result;
}

/* One line: N words. Returns the object that the next line is about. */
static struct syn_object *run(const struct syn_class *type, struct syn_object *object, size_t n,
                              char **words)
{
    size_t skip = strcmp(words[0], "new") == 0 || strcmp(words[0], "each") == 0;
    struct syn_values arguments = {n - skip - 1, NULL};
    struct syn_value values[WORDS_MAX], result;
    const struct syn_method *m;

    for (size_t i = 0; i < arguments.n; i++)
        values[i] = read_value(words[skip + 1 + i]);
    arguments.at = values;
    m = syn_class_find(type, words[skip], arguments.n);
    if (strcmp(words[0], "each") == 0) {
        iterate(m, object, arguments);
        return object;
    }
    result = call(m, object, arguments);
    if (strcmp(words[0], "new") != 0 || result.kind != SYN_VALUE_POINTER)
        return object;
    object_release(object);
    return result.as.pointer;
}

static const char *const script[] = {
    "methods",
    "new open Ada 1050",
    "deposit 200",
    "statement Today",
    "owner",
    "each interest 10 3",
    "limit",
    "limit 2000",
    "limit",
    "deposit 5000",
    "deposit -5",
    "deposit much",
    "deposit",
    "withdraw 5",
};

int main(void)
{
    struct syn_object *object = NULL;

    for (size_t i = 0; i < sizeof script / sizeof *script; i++) {
        char line[100], *words[WORDS_MAX];
        size_t n = 0;

        printf("> %s\n", script[i]);
        snprintf(line, sizeof line, "%s", script[i]);
        for (char *w = strtok(line, " "); w && n < WORDS_MAX; w = strtok(NULL, " "))
            words[n++] = w;
        if (strcmp(words[0], "methods") == 0)
            list_methods(&account_class);
        else
            object = run(&account_class, object, n, words);
    }
    return object_close(object) != 0;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The writer of dumps. In text a thing is a line, its parts behind commas, broken before column 80; in JSON an
 * object, with those inside it in `children`.
 */
#include "inspect/dump.h"

#include <string.h>

#include "inspect/site.h"

enum { DUMP_WIDTH = 80 };

void syni_dump_begin(struct syni_dump *dump, int fd, bool json)
{
    memset(dump, 0, sizeof *dump);
    dump->fd = fd;
    dump->json = json;
    dump->text.write = syni_text_to_descriptor;
    dump->text.user = &dump->fd;
    syni_peek_begin(&dump->peek);
    if (json)
        syni_text_put(&dump->text, "{\"children\":[");
}

/* The objects that are open, down to DEPTH of them, are closed. */
static void dump_close(struct syni_dump *dump, int depth)
{
    for (; dump->open > depth; dump->open--) {
        syni_text_put(&dump->text, "]}");
        dump->more = true;
    }
}

static void dump_end_thing(struct syni_dump *dump)
{
    if (dump->depth >= 0 && dump->text.column > 0 && !dump->json)
        syni_text_put(&dump->text, "\n");
}

void syni_dump_end(struct syni_dump *dump)
{
    dump_end_thing(dump);
    if (dump->json) {
        if (dump->open > 0)
            syni_text_put(&dump->text, ",\"children\":[");
        dump_close(dump, 0);
        syni_text_put(&dump->text, "]}\n");
    }
    syni_text_flush(&dump->text);
    syni_peek_end(&dump->peek);
}

static void dump_indent(struct syni_dump *dump, int columns)
{
    for (int i = 0; i < columns; i++)
        syni_text_put(&dump->text, " ");
}

void syni_dump_thing(struct syni_dump *dump, int depth, const char *kind, const char *name)
{
    struct syni_text *text = &dump->text;

    if (!dump->json) {
        dump_end_thing(dump);
        dump_indent(dump, 2 * depth);
        if (depth == 0)
            syni_text_put(text, kind);
        if (depth == 0 && name[0])
            syni_text_put(text, " ");
        syni_text_put(text, name);
    } else {
        if (dump->open > 0) { /* the one before had all its parts */
            syni_text_put(text, ",\"children\":[");
            dump->more = false;
        }
        dump_close(dump, depth);
        syni_text_put(text, dump->more ? ",\n{\"kind\":" : "\n{\"kind\":");
        syni_text_quoted(text, kind);
        syni_text_put(text, ",\"name\":");
        syni_text_quoted(text, name);
        dump->open = depth + 1;
    }
    dump->depth = depth;
}

/* Room for a part of SIZE more columns. */
static void dump_part(struct syni_dump *dump, const char *words, size_t size)
{
    struct syni_text *text = &dump->text;
    bool first = words[0] == ':';

    if (!first)
        syni_text_put(text, ",");
    if (text->column + 1 + strlen(words) + size > DUMP_WIDTH) {
        syni_text_put(text, "\n");
        dump_indent(dump, 2 * dump->depth + 4);
    } else if (!first) {
        syni_text_put(text, " ");
    }
    syni_text_put(text, words);
}

static void dump_key(struct syni_dump *dump, const char *key)
{
    syni_text_put(&dump->text, ",");
    syni_text_quoted(&dump->text, key);
    syni_text_put(&dump->text, ":");
}

void syni_dump_word(struct syni_dump *dump, const char *key, const char *words, const char *value)
{
    if (dump->json) {
        dump_key(dump, key);
        syni_text_quoted(&dump->text, value);
    } else {
        dump_part(dump, words ? words : key, strlen(value));
        syni_text_put(&dump->text, value);
    }
}

void syni_dump_inside(struct syni_dump *dump, const char *key)
{
    if (!dump->json)
        return;
    dump_key(dump, key);
    syni_text_put(&dump->text, "{");
    dump->more = false;
}

void syni_dump_outside(struct syni_dump *dump)
{
    if (dump->json)
        syni_text_put(&dump->text, "}");
}

void syni_dump_local(struct syni_dump *dump, const char *name, const char *value, bool quoted)
{
    struct syni_text *text = &dump->text;

    if (dump->json) {
        syni_text_put(text, dump->more ? "," : "");
        dump->more = true;
        syni_text_quoted(text, name);
        syni_text_put(text, ":");
    } else {
        dump_part(dump, name, strlen(value) + 3);
        syni_text_put(text, "=");
    }
    (quoted ? syni_text_quoted : syni_text_put)(text, value);
}

void syni_dump_number(struct syni_dump *dump, const char *key, const char *words, int64_t number)
{
    if (dump->json)
        dump_key(dump, key);
    else
        dump_part(dump, words ? words : key, 8);
    if (!dump->json)
        syni_text_put(&dump->text, " ");
    syni_text_number(&dump->text, number);
}

void syni_dump_span(struct syni_dump *dump, const char *key, const char *words, int64_t ns)
{
    if (dump->json)
        dump_key(dump, key);
    else
        dump_part(dump, words ? words : key, 12);
    if (!dump->json)
        syni_text_put(&dump->text, " ");
    syni_text_seconds(&dump->text, ns);
    if (!dump->json)
        syni_text_put(&dump->text, " s");
}

void syni_dump_place(struct syni_dump *dump, const char *key, const char *words, const char *file,
                     int line)
{
    struct syni_text at = {0};
    char path[4 * SYNI_DUMP_NAME], place[SYNI_DUMP_NAME], *end;
    const char *name;

    syni_peek_string(&dump->peek, path, sizeof path, file);
    name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    end = place + (strlen(name) < sizeof place - 12 ? strlen(name) : sizeof place - 12);
    memcpy(place, name, (size_t)(end - place));
    syni_text_put(&at, ":"); /* it is not flushed */
    syni_text_number(&at, line);
    memcpy(end, at.buffer, at.n);
    end[at.n] = '\0';
    syni_dump_word(dump, key, words, place);
}

void syni_dump_made(struct syni_dump *dump, const void *address, unsigned made)
{
    const void *call = NULL;

    if (made && syni_peek(&dump->peek, &call, (const char *)address + made, sizeof call) && call)
        syni_dump_call(dump, call);
}

void syni_dump_call(struct syni_dump *dump, const void *call)
{
    unsigned i;

    for (i = 0; i < SYNI_DUMP_SITES && dump->sites[i].call != call;)
        i++;
    if (i == SYNI_DUMP_SITES) {
        i = dump->n_sites++ % SYNI_DUMP_SITES;
        dump->sites[i].call = call;
        syni_site_of_call(call, dump->sites[i].place, sizeof dump->sites[i].place);
    }
    syni_dump_word(dump, "made", "made at ", dump->sites[i].place);
}

void syni_dump_rest(struct syni_dump *dump, int depth, const char *kind, uint64_t n)
{
    if (n == 0)
        return;
    syni_dump_thing(dump, depth, "more", kind);
    syni_dump_number(dump, "more", "and more of them:", (int64_t)n);
}

unsigned syni_dump_each(struct syni_dump *dump, const struct syni_list *head, unsigned most,
                        bool (*fn)(struct syni_dump *dump, const struct syni_list *node, void *user),
                        void *user)
{
    const struct syni_list *at = head;
    struct syni_list node, next;
    unsigned n = 0;

    for (; n < most && syni_peek(&dump->peek, &node, at, sizeof node); n++) {
        if (node.next == head || node.next == at || !node.next) /* at: it was taken out meanwhile */
            break;
        /* What points back to us is, or was a moment ago, the next one. */
        if (!syni_peek(&dump->peek, &next, node.next, sizeof next) || next.prev != at)
            break;
        at = node.next;
        if (!fn(dump, at, user))
            return n + 1;
    }
    return n;
}

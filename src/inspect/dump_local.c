/* SPDX-License-Identifier: Apache-2.0
 *
 * Locals in a dump: the fields of a frame that its function shows (<synchronicity/show.h>), read by peek.h, as is
 * the table of them. No code of the program runs. By the dumping thread.
 */
#include "inspect/dump.h"

#include <string.h>

enum { LOCAL_STRING = 61, LOCAL_FIELDS = 24 };

/* The step of a task with a frame that is read: what changes if one runs meanwhile. */
struct local_step {
    int line, at;
    const void *current; /* the task that runs its step there */
};

static struct local_step local_step_of(struct syni_dump *dump, const struct syni_task *address)
{
    struct local_step step = {.line = -1};
    const struct syni_home *home;

    if (!syni_peek(&dump->peek, &step.line, &address->line, sizeof step.line) ||
        !syni_peek(&dump->peek, &step.at, &address->at, sizeof step.at) ||
        !syni_peek(&dump->peek, &home, &address->home, sizeof home) ||
        !syni_peek(&dump->peek, &step.current, &home->current, sizeof step.current))
        step.current = address; /* it changes */
    return step;
}

static bool local_ran(const struct syni_task *address, struct local_step before, struct local_step after)
{
    return before.current == address || after.current == address || before.line != after.line ||
           before.at != after.at;
}

static uint64_t local_unsigned(const void *at, size_t size)
{
    uint64_t wide;
    uint32_t middle;
    uint16_t narrow;
    uint8_t byte;

    memcpy(&wide, at, sizeof wide);
    memcpy(&middle, at, sizeof middle);
    memcpy(&narrow, at, sizeof narrow);
    memcpy(&byte, at, sizeof byte);
    return size == 1 ? byte : size == 2 ? narrow : size == 4 ? middle : wide;
}

static int64_t local_signed(const void *at, size_t size)
{
    uint64_t number = local_unsigned(at, size), sign = (uint64_t)1 << (8 * size - 1);

    return (int64_t)((number ^ sign) - sign);
}

static double local_float(const void *at, size_t size)
{
    double number;
    float narrow;

    memcpy(&number, at, sizeof number);
    memcpy(&narrow, at, sizeof narrow);
    return size == sizeof narrow ? (double)narrow : number;
}

/* With three digits. */
static void local_put_float(struct syni_text *text, double number)
{
    if (number < 0)
        syni_text_put(text, "-");
    number = number < 0 ? -number : number;
    if (number < 9e9)
        syni_text_seconds(text, (int64_t)(number * 1e9 + 5e5));
    else
        syni_text_put(text, number < 9e18 ? "more than 9e9" : "more than 9e18, or no number");
}

/* A field of at most 8 bytes, which are at AT. True: it is no number of JSON. */
static bool local_put(struct syni_text *text, const struct syni_shown *shown, const void *at)
{
    uint64_t bits = local_unsigned(at, shown->size);

    switch (shown->kind) {
    case SYNI_SHOWN_BOOL:
        syni_text_put(text, bits ? "true" : "false");
        return false;
    case SYNI_SHOWN_SIGNED:
        syni_text_number(text, local_signed(at, shown->size));
        return false;
    case SYNI_SHOWN_UNSIGNED:
        if (bits <= INT64_MAX) {
            syni_text_number(text, (int64_t)bits);
            return false;
        }
        break;
    case SYNI_SHOWN_FLOAT:
        local_put_float(text, local_float(at, shown->size));
        return !(local_float(at, shown->size) > -9e9 && local_float(at, shown->size) < 9e9);
    default:
        break;
    }
    syni_text_hex(text, bits);
    return true;
}

static bool local_is_small(const struct syni_shown *shown)
{
    return shown->size == 1 || shown->size == 2 || shown->size == 4 || shown->size == 8;
}

/* The field SHOWN, which is at FROM. */
static void local_say(struct syni_dump *dump, const struct syni_shown *shown, const char *from)
{
    struct syni_text text = {0}; /* it is not flushed */
    char string[LOCAL_STRING] = "", name[SYNI_DUMP_NAME];
    const char *at;
    unsigned char bytes[8] = {0};
    bool quoted = true;

    if (shown->kind == SYNI_SHOWN_CHARS) {
        syni_peek_string(&dump->peek, string,
                         shown->size < sizeof string ? shown->size + 1 : sizeof string, from);
    } else if (shown->kind == SYNI_SHOWN_STRING) {
        if (!syni_peek(&dump->peek, &at, from, sizeof at))
            return;
        if (at)
            syni_peek_string(&dump->peek, string, sizeof string, at);
        quoted = at;
    } else if (!local_is_small(shown)) {
        syni_text_number(&text, shown->size);
        syni_text_put(&text, " bytes");
    } else if (syni_peek(&dump->peek, bytes, from, shown->size)) {
        quoted = local_put(&text, shown, bytes);
    }
    if (text.n > 0)
        memcpy(string, text.buffer, text.n < sizeof string ? text.n : sizeof string - 1);
    syni_peek_string(&dump->peek, name, sizeof name, shown->name);
    syni_dump_local(dump, name, string[0] || quoted ? string : "null", quoted);
}

void syni_dump_locals(struct syni_dump *dump, const struct syni_task *address,
                      const struct syn_function *function)
{
    struct syn_function copy;
    struct syni_shown shown;
    struct local_step before;

    if (!syni_peek(&dump->peek, &copy, function, sizeof copy) || !copy.shown)
        return;
    before = local_step_of(dump, address);
    if (local_ran(address, before, before))
        syni_dump_word(dump, "in_step", "", "in a step");
    syni_dump_inside(dump, "locals");
    for (unsigned i = 0; i < LOCAL_FIELDS && syni_peek(&dump->peek, &shown, copy.shown + i, sizeof shown) &&
                         shown.name;
         i++)
        local_say(dump, &shown, (const char *)address + shown.offset);
    syni_dump_outside(dump);
    if (!local_ran(address, before, before) && local_ran(address, before, local_step_of(dump, address)))
        syni_dump_word(dump, "in_step", "", "a step ran meanwhile");
}

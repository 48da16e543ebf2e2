/* SPDX-License-Identifier: Apache-2.0
 *
 * Text for dumps and traces: a buffer, and the few formats that they need. Any thread, any moment.
 */
#include "inspect/text.h"

#include <errno.h>
#include <string.h>

#include "base/say.h"

void syni_text_flush(struct syni_text *text)
{
    if (text->n > 0)
        text->write(text->user, text->buffer, text->n);
    text->n = 0;
}

static void text_byte(struct syni_text *text, char byte)
{
    if (text->n == sizeof text->buffer)
        syni_text_flush(text);
    text->buffer[text->n++] = byte;
    text->column = byte == '\n' ? 0 : text->column + 1;
}

void syni_text_put(struct syni_text *text, const char *string)
{
    for (; *string; string++)
        text_byte(text, *string);
}

static void text_digits(struct syni_text *text, uint64_t number, unsigned base, int least)
{
    char digits[24], *p = digits + sizeof digits - 1;

    *p = '\0';
    do
        *--p = "0123456789abcdef"[number % base];
    while ((number /= base) != 0 || digits + sizeof digits - 1 - p < least);
    syni_text_put(text, p);
}

void syni_text_number(struct syni_text *text, int64_t number)
{
    if (number < 0)
        text_byte(text, '-');
    text_digits(text, number < 0 ? -(uint64_t)number : (uint64_t)number, 10, 1);
}

void syni_text_hex(struct syni_text *text, uint64_t number)
{
    syni_text_put(text, "0x");
    text_digits(text, number, 16, 1);
}

/* NS / UNIT with three digits behind the point. */
static void text_fraction(struct syni_text *text, int64_t ns, int64_t unit)
{
    if (ns < 0)
        ns = 0;
    text_digits(text, (uint64_t)(ns / unit), 10, 1);
    text_byte(text, '.');
    text_digits(text, (uint64_t)(ns % unit / (unit / 1000)), 10, 3);
}

void syni_text_seconds(struct syni_text *text, int64_t ns)
{
    text_fraction(text, ns, 1000000000);
}

void syni_text_micros(struct syni_text *text, int64_t ns)
{
    text_fraction(text, ns, 1000);
}

void syni_text_quoted(struct syni_text *text, const char *string)
{
    text_byte(text, '"');
    for (; *string; string++) {
        if (*string == '"' || *string == '\\')
            text_byte(text, '\\');
        text_byte(text, *string >= ' ' && *string <= '~' ? *string : '?');
    }
    text_byte(text, '"');
}

void syni_text_to_descriptor(void *user, const char *data, size_t size)
{
    int fd = *(const int *)user;

    while (size > 0) {
        long n = syni_write_quietly(fd, data, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        data += n;
        size -= (size_t)n;
    }
}

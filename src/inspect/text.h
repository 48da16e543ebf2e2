/* SPDX-License-Identifier: Apache-2.0
 *
 * Text put together where printf() must not be called: in signal handlers, and often.
 *
 * Takes no lock, allocates nothing, keeps errno. A TEXT belongs to one thread at a time.
 */
#ifndef SYNI_TEXT_H
#define SYNI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct syni_text {
    void (*write)(void *user, const char *data, size_t size); /* gets what is put, in pieces */
    void *user;
    size_t n;
    size_t column; /* of the line, for code that cuts it */
    char buffer[1000];
};

void syni_text_put(struct syni_text *text, const char *string);
void syni_text_number(struct syni_text *text, int64_t number);
void syni_text_hex(struct syni_text *text, uint64_t number);
/* Nanoseconds as seconds, or as microseconds, with three digits. */
void syni_text_seconds(struct syni_text *text, int64_t ns);
void syni_text_micros(struct syni_text *text, int64_t ns);
/* As a string of JSON, with its quotes; what is no printable ASCII is a question mark. */
void syni_text_quoted(struct syni_text *text, const char *string);
void syni_text_flush(struct syni_text *text);

/* For `write`: USER points to a descriptor; writes all, as far as it takes it. */
void syni_text_to_descriptor(void *user, const char *data, size_t size);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * RESP2, the protocol of Redis, without any I/O: bytes in, replies out, and back.
 *
 * The client reads replies with it, and the example server reads commands, which are
 * arrays of strings. Whatever the bytes are, the parser stays within its limits.
 */
#ifndef RESP_H
#define RESP_H

#include <stdbool.h>
#include <stddef.h>

#include "redis.h"

/* ---------------------------------------------------------------- writing -- */

/* Bytes that grow. Owner: its holder; all zero is empty. */
struct resp_buffer {
    char *data;
    size_t size, capacity;
    size_t limit; /* of size; 0: none */
    bool failed;  /* something did not fit, or there was no memory: it is not in there */
};

/* These never fail at once: look at `failed` when all is in. */
void resp_append(struct resp_buffer *buffer, const void *data, size_t size);
void resp_append_head(struct resp_buffer *buffer, char type, long long number);
void resp_append_bulk(struct resp_buffer *buffer, const void *data, size_t size);

/* The command made of the words of LINE, which is SIZE bytes. SYN_EINVAL: there are
 * none; SYN_ENOMEM: it does not fit. What was in BUFFER before stays as it was. */
syn_err resp_append_line(struct resp_buffer *buffer, const char *line, size_t size);
/* The command made of ARGC words. LENGTHS: NULL, or of each. */
syn_err resp_append_words(struct resp_buffer *buffer, int argc, const char *const *argv,
                          const size_t *lengths);

/* Nothing is in it any more; much memory is given back, a little is kept. */
void resp_buffer_empty(struct resp_buffer *buffer);
void resp_buffer_fini(struct resp_buffer *buffer);

/* ---------------------------------------------------------------- reading -- */

enum { RESP_LINE_MAX = 64 << 10 };

/* One value after another, out of pieces of any size. */
struct resp_parser {
    size_t limit; /* bytes of memory that one value may take */
    int depth_max;

    /* of the value that is coming */
    struct redis_reply *root; /* NULL: nothing of it is here */
    struct {
        struct redis_reply *array;
        size_t next;
    } open[REDIS_DEPTH_MAX]; /* arrays without all their elements */
    int depth;
    struct redis_reply *bulk; /* a string that is being read, or NULL */
    size_t filled;
    size_t used; /* of limit */

    const char *error; /* after SYN_EPROTO: what was wrong */
};

void resp_parser_init(struct resp_parser *parser, size_t limit, int depth_max);
void resp_parser_fini(struct resp_parser *parser);

/* Takes from SIZE bytes of DATA what belongs to the next value; *OUT_USED of them are
 * done with, whatever this returns. 0: *OUT_VALUE is whole, and the caller's.
 * SYN_EAGAIN: the rest is still to come. SYN_EPROTO, SYN_ENOMEM: nothing can be read
 * any more. */
syn_err resp_parse(struct resp_parser *parser, const char *data, size_t size, size_t *out_used,
                   struct redis_reply **out_value);

/* The number that SIZE bytes of TEXT are, and nothing else. */
bool resp_number(const char *text, size_t size, long long *out_number);

#endif

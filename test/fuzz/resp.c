/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes from outside: the parser of Redis replies, fed in pieces of sizes that are drawn from the bytes, too.
 * Whatever comes: nothing is read or written where it does not belong (the address sanitizer looks), each
 * value that is whole is freed, no more is used than was given, and the same bytes in other pieces give
 * the same answers.
 *
 * For libFuzzer: `.ci/run fuzz` runs it for a minute.
 */
#include "redis/redis.h"
#include "redis/resp.h"

#include <stdint.h>
#include <stdlib.h>

enum { LIMIT = 1 << 16, DEPTH = 7 };

/* Parses all of DATA in pieces of PIECE bytes; a number that tells what came. */
static unsigned parse(const uint8_t *data, size_t size, size_t piece)
{
    struct resp_parser parser;
    unsigned sum = 1;
    size_t at = 0, end = 0;
    syn_err err = 0;

    resp_parser_init(&parser, LIMIT, DEPTH);
    while (!err || (err == SYN_EAGAIN && end < size)) {
        struct redis_reply *value = NULL;
        size_t used = 0;

        if (at == end || err == SYN_EAGAIN)
            end = size - end > piece ? end + piece : size;
        if (at == end)
            break;
        err = resp_parse(&parser, (const char *)data + at, end - at, &used, &value);
        if (used > end - at || (!err) != (value != NULL) || (!err && used == 0))
            abort();
        at += used;
        if (value)
            sum = 31 * sum + (unsigned)value->type + 1;
        redis_reply_free(value);
    }
    resp_parser_fini(&parser);
    return 31 * sum + (err == SYN_EPROTO ? 7 : 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    if (parse(data + 1, size - 1, size) != parse(data + 1, size - 1, 1 + data[0] % 9))
        abort();
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes from outside: lines and pieces of a stream that comes in pieces of its own, against the same
 * pieces cut out of the whole. The limit, what is asked for and the pieces are drawn from the bytes, too.
 *
 * Whatever comes: each answer is that of the whole; no more is read than the limit, and nothing where it
 * does not belong (the address sanitizer looks).
 *
 * For libFuzzer, by `.ci/run fuzz`.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <synchronicity/short.h>
#include <synchronicity/stream.h>
#include <synchronicity/testing.h>

SYNCHRONIZER(loop);

/* A stream with bytes that are there. */
struct bytes {
    struct syn_stream stream;
    const uint8_t *data;
    size_t size, at, piece;
};

ASYNC(SYN_FREE, size_t, give, (struct bytes *, s), (void *, buffer), (size_t, size))
{
    struct bytes *s = self->s;
    size_t n = s->size - s->at;

    co_begin;
    if (n > self->size)
        n = self->size;
    if (n > s->piece)
        n = s->piece;
    if (n > 0)
        memcpy(self->buffer, s->data + s->at, n);
    s->at += n;
    co_return(n);
    co_end;
}

static struct syn_stream_bytes_future give_method(struct syn_stream *s, void *buffer, size_t size)
{
    return SYN_STREAM_FUTURE(bytes, give_future((struct bytes *)(void *)s, buffer, size));
}

static const struct syn_stream_class bytes_class = {
    .struct_bytes = sizeof(struct syn_stream_class), .name = "bytes", .read = give_method};

static _Noreturn void differs(const char *what, long long is, long long model)
{
    fprintf(stderr, "differs from the whole: %s is %lld, not %lld\n", what, is, model);
    abort();
}

/* What the whole says of the piece at AT: with its end so long; 0: it has none. */
static size_t length_until(const struct bytes *s, size_t at, int delimiter)
{
    const uint8_t *end = s->size > at ? memchr(s->data + at, delimiter, s->size - at) : NULL;

    return end ? (size_t)(end - (s->data + at)) + 1 : 0;
}

static syn_err expected(size_t length, size_t left, size_t limit)
{
    if (length > 0 && length <= limit)
        return SYN_OK;
    return left >= limit ? SYN_EPROTO : SYN_EEND;
}

/* One piece of the kind HOW % 3, asked for by N; moves *AT. */
static syn_err one_piece(struct bytes *s, struct syn_reader *r, size_t limit, unsigned how, unsigned n,
                         size_t *at)
{
    struct syn_span span = {NULL, 0};
    size_t left = s->size - *at, length, without;
    syn_err err, model;

    if (how % 3 == 0) {
        err = syn_read_line(r, &span);
        length = length_until(s, *at, '\n');
        without = length > 1 && s->data[*at + length - 2] == '\r' ? 2 : 1;
        model = expected(length, left, limit);
    } else if (how % 3 == 1) {
        err = syn_read_until(r, (int)n, &span);
        length = length_until(s, *at, (int)n);
        without = 1;
        model = expected(length, left, limit);
    } else {
        err = syn_read_exactly(r, n, &span);
        length = n;
        without = 0;
        model = n == 0 ? SYN_OK : expected(n <= left ? n : 0, left, limit);
    }
    if (err != model)
        differs("the answer", err, model);
    if (err)
        return err;
    if (span.size != length - without)
        differs("the size", (long long)span.size, (long long)(length - without));
    if (span.size > 0 && memcmp(span.data, s->data + *at, span.size) != 0)
        differs("a byte", 0, 1);
    *at += length;
    return SYN_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool begun;
    struct bytes s = {.stream = {&bytes_class}};
    struct syn_reader r;
    size_t limit, at = 0;

    if (size < 12)
        return 0;
    if (!begun)
        syn_test_callers_drive(true);
    begun = true;
    limit = 1 + data[0] % 200;
    s.piece = 1 + data[1] % 50;
    s.data = data + 10;
    s.size = size - 10;
    syn_reader_init(&r, &s.stream, limit);
    for (unsigned i = 0; i < 64; i++) {
        if (one_piece(&s, &r, limit, data[2 + i % 4], data[6 + i % 4], &at) == SYN_EPROTO)
            break; /* it stays so */
        if (r.capacity > limit || r.end > r.capacity || r.start > r.end)
            differs("the buffer", (long long)r.capacity, (long long)limit);
    }
    syn_reader_fini(&r);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Streams of bytes: a method table that TCP, TLS, compression or a test implements,
 * and buffered reading on top of any of them.
 *
 * A STREAM begins with a pointer to its class. What callers say:
 *
 *     syn_stream_read(s, buffer, size, &n)       1 to SIZE bytes; n is 0 at the end
 *     syn_stream_write(s, data, size, &n)        1 to SIZE bytes
 *     syn_stream_write_all(s, data, size)        all of them
 *     syn_stream_shutdown(s)                     no more writing; the other side sees
 *                                                the end, reading goes on
 *     syn_stream_close(s)                        the end of S, which is freed unless this
 *                                                fails (SYN_EBUSY, SYN_EWRONGLOOP; and
 *                                                SYN_ENOMEM, SYN_ECLOSED, which come
 *                                                before it begins). NULL is fine.
 *
 * and the same with _future for futures and awaiting. One reader and one writer at a
 * time (SYN_EBUSY). Data and buffers belong to the caller and must stay until the
 * call has ended, which for a future means: until it was got, awaited or cancelled.
 *
 * A stream lives on the synchronizer of its first operation; used on another one its
 * operations are SYN_EWRONGLOOP. A plain thread's calls run on the default one.
 *
 * CANCELLING a read or a write (by a deadline, too) loses nothing: bytes are either
 * reported as read, or still to be read; written bytes were reported, or were not
 * written, except that a cancelled write_all may have written a part, after which the
 * stream is good for closing only. To stop a read and still learn how much it had
 * got: syn_future_request_cancel(), then syn_future_get().
 */
#ifndef SYNCHRONICITY_STREAM_H
#define SYNCHRONICITY_STREAM_H

#include <stddef.h>

#include <synchronicity/call.h>

#ifdef __cplusplus
extern "C" {
#endif

struct syn_stream;

/* The futures that a class returns: of a number of bytes, and of nothing. */
SYN_ASYNC_TYPES(size_t, syn_stream_bytes);
SYN_ASYNC_TYPES(void, syn_stream_end);

/* A future of an async function as one of those: SYN_STREAM_FUTURE(bytes,
 * my_read_future(me, buffer, size)). */
#define SYN_STREAM_FUTURE(kind, future) syni_stream_##kind((future).u.handle)
static inline SYNI_UNUSED struct syn_stream_bytes_future syni_stream_bytes(struct syn_future f)
{
    struct syn_stream_bytes_future future;

    future.u.handle = f;
    return future;
}
static inline SYNI_UNUSED struct syn_stream_end_future syni_stream_end(struct syn_future f)
{
    struct syn_stream_end_future future;

    future.u.handle = f;
    return future;
}

/* What an implementation provides; each keeps the promises above. */
struct syn_stream_class {
    const char *name;
    struct syn_stream_bytes_future (*read)(struct syn_stream *stream, void *buffer, size_t size);
    struct syn_stream_bytes_future (*write)(struct syn_stream *stream, const void *data,
                                            size_t size);
    struct syn_stream_end_future (*shutdown)(struct syn_stream *stream);
    struct syn_stream_end_future (*close)(struct syn_stream *stream);
};

/* The head of every stream. Owner: who opened it, until close. */
struct syn_stream {
    const struct syn_stream_class *stream_class;
};

SYNI_HELD struct syn_stream_bytes_future syn_stream_read_future(struct syn_stream *stream,
                                                                void *buffer, size_t size);
SYNI_HELD struct syn_stream_bytes_future syn_stream_write_future(struct syn_stream *stream,
                                                                 const void *data, size_t size);
SYNI_HELD struct syn_stream_end_future syn_stream_shutdown_future(struct syn_stream *stream);
SYNI_HELD struct syn_stream_end_future syn_stream_close_future(struct syn_stream *stream);
syn_err syn_stream_read(struct syn_stream *stream, void *buffer, size_t size, size_t *out_n);
syn_err syn_stream_write(struct syn_stream *stream, const void *data, size_t size, size_t *out_n);
syn_err syn_stream_shutdown(struct syn_stream *stream);
syn_err syn_stream_close(struct syn_stream *stream);

SYN_ASYNC_DECLARE(void, syn_stream_write_all, (struct syn_stream *, stream),
                  (const void *, data), (size_t, size));

/* ---------------------------------------------------------------- reading --
 * A READER takes bytes from a stream in large pieces and gives them out in the
 * pieces that a protocol has. What is in its buffer already is had without waiting:
 *
 *     while (syn_reader_line(&r, &line) == SYN_EAGAIN)
 *         co_try(syn_reader_fill_future(&r));
 *
 * Owner: whoever holds it; it does not own the stream. One task or thread at a time.
 */
struct syn_reader {
    struct syn_stream *stream;
    char *buffer;
    size_t capacity;   /* of buffer; grows up to limit */
    size_t limit;      /* the longest piece that can be had */
    size_t start, end; /* what is in it */
    int filling;       /* 1: a fill is under way; a second one is SYN_EBUSY */
};

/* Bytes in a reader's buffer; valid until its next operation. */
struct syn_span {
    const char *data;
    size_t size;
};

/* Begins with no buffer. LIMIT, in bytes, holds for a piece with its end (a line's
 * "\r\n"); 0: 1 MiB. */
void syn_reader_init(struct syn_reader *reader, struct syn_stream *stream, size_t limit);
void syn_reader_fini(struct syn_reader *reader);

/* What is in the buffer now. */
struct syn_span syn_reader_peek(const struct syn_reader *reader);
/* The first N bytes of it (at most what there is) are done with. */
void syn_reader_skip(struct syn_reader *reader, size_t n);

/* The next N bytes, or the next line without its end ("\n" or "\r\n"), if they are in
 * the buffer; they are then done with. SYN_EAGAIN: not yet, fill first. */
syn_err syn_reader_take(struct syn_reader *reader, size_t n, struct syn_span *out_span);
syn_err syn_reader_line(struct syn_reader *reader, struct syn_span *out_line);

/* Gets at least one byte more into the buffer. Fails: SYN_EEND at the end of the
 * stream; SYN_EPROTO when LIMIT bytes are in it and nobody could use them; SYN_ENOMEM;
 * as the stream does. */
SYN_ASYNC_DECLARE(void, syn_reader_fill, (struct syn_reader *, reader));

/* The same as take() and line(), waiting as long as it takes. SYN_EEND: the stream
 * ended before; what came of it stays in the buffer. */
SYN_ASYNC_DECLARE(struct syn_span, syn_read_exactly, (struct syn_reader *, reader), (size_t, n));
SYN_ASYNC_DECLARE(struct syn_span, syn_read_line, (struct syn_reader *, reader));

/* Up to and without the byte DELIMITER, which is done with too. */
SYN_ASYNC_DECLARE(struct syn_span, syn_read_until, (struct syn_reader *, reader),
                  (int, delimiter));

#ifdef __cplusplus
}
#endif

#endif

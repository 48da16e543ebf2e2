/* SPDX-License-Identifier: Apache-2.0
 *
 * Streams of bytes: a method table that TCP, TLS, compression or a test implements,
 * and buffered reading and writing on top of any of them.
 *
 * A STREAM begins with a pointer to its class. What callers say:
 *
 *     syn_stream_read(s, buffer, size, &n)       1 to SIZE bytes; n is 0 at the end
 *     syn_stream_write(s, data, size, &n)        1 to SIZE bytes
 *     syn_stream_write_all(s, data, size)        all of them
 *     syn_stream_shutdown(s)                     no more writing; the other side sees
 *                                                the end, reading goes on. SYN_EBUSY while
 *                                                a write is under way
 *     syn_stream_finish(s, deadline)             the orderly end of a connection: see below
 *     syn_stream_close(s)                        the end of S, which is freed unless this
 *                                                fails (SYN_EBUSY, SYN_EWRONGLOOP; and
 *                                                SYN_ENOMEM, SYN_ECLOSED, which come
 *                                                before it begins). NULL is fine.
 *
 * and the same with _future for futures and awaiting. A read or write of 0 bytes returns at once
 * with n 0, and says nothing of the end. One reader and one writer at a
 * time (SYN_EBUSY). Data and buffers belong to the caller and must stay until the
 * call has ended, which for a future means: until it was got, awaited or cancelled.
 *
 * A stream lives on the synchronizer of its first operation; used on another one its
 * operations are SYN_EWRONGLOOP. A plain thread's calls run on the default one.
 *
 * CANCELLING a read or a write (by a deadline, too) loses nothing: bytes are either
 * reported as read, or still to be read; written bytes were reported, or were not
 * written, except that a cancelled write_all may have written a part, after which the
 * stream is good for closing only: a shutdown is SYN_EPIPE, and a close resets a TCP connection,
 * so that the peer does not take what it got for all. To stop a read and still learn how much it had
 * got: syn_future_request_cancel(), then syn_future_get().
 */
#ifndef SYNCHRONICITY_STREAM_H
#define SYNCHRONICITY_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include <synchronicity/call.h>

#ifdef __cplusplus
extern "C" {
#endif

struct syn_stream;

/* Some bytes that are elsewhere: in a reader's buffer until its next operation, or a piece to be
 * written. */
struct syn_span {
    const char *data;
    size_t size;
};

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

/* What an implementation provides; each keeps the promises above. It is never called for 0
 * bytes. Shutdown and close are SYN_EBUSY while one of its writes is under way. */
struct syn_stream_class {
    size_t struct_bytes; /* sizeof(struct syn_stream_class); else each operation is SYN_EABI */
    const char *name;
    struct syn_stream_bytes_future (*read)(struct syn_stream *stream, void *buffer, size_t size);
    struct syn_stream_bytes_future (*write)(struct syn_stream *stream, const void *data,
                                            size_t size);
    struct syn_stream_end_future (*shutdown)(struct syn_stream *stream);
    struct syn_stream_end_future (*close)(struct syn_stream *stream);
};

/* The head of every stream. Owner: the caller that opened it, until close. */
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

/* On a descriptor's stream it is one write: no other operation comes in between. */
SYN_ASYNC_DECLARE(void, syn_stream_write_all, (struct syn_stream *, stream),
                  (const void *, data), (size_t, size));

/* All of N pieces, one after the other and without copying them together: a head and a body. On a
 * socket's stream one system call takes 64 of them, and like write_all() it is one write; on
 * others each piece is one. Cancelled: as write_all(). PIECES stay until it has ended. */
SYN_ASYNC_DECLARE(void, syn_stream_write_vector, (struct syn_stream *, stream),
                  (const struct syn_span *, pieces), (size_t, n));

/* Reads FROM to its end, writes all of it to TO, and says how many bytes that were. It neither shuts
 * TO down nor closes anything. Cancelled: what was read may not have been written, and TO is as
 * after a cancelled write_all. Fails: SYN_ENOMEM (it takes 64 KiB); as a read or a write does. */
SYN_ASYNC_DECLARE(uint64_t, syn_stream_copy, (struct syn_stream *, from),
                  (struct syn_stream *, to));

/* Ends a connection so that the peer gets all that was written: shuts down, reads and drops what
 * the peer still sends, to its end or until DEADLINE, and closes. A close alone may lose what was
 * written, since a kernel answers input that comes later, or of which more than 64 KiB are unread,
 * with a reset: an HTTP server that has answered and did not read the rest of a request must
 * end by this. The deadline bounds a peer that never
 * ends: syn_after(2) is ample; syn_never() trusts the peer.
 * Fails: SYN_EBUSY or SYN_EWRONGLOOP, and STREAM stays open; SYN_ETIMEDOUT, or what a read said,
 * and it is closed all the same. Also a cancelled one has closed it, unless it never began. NULL is
 * fine. */
SYN_ASYNC_DECLARE(void, syn_stream_finish, (struct syn_stream *, stream),
                  (struct syn_deadline, deadline));

/* ------------------------------------------------------------- descriptors --
 * A stream of what somebody else opened: a socket, a pipe, a terminal, a file, a device. The open
 * file, which other processes may share, stays as it is, above all as blocking: what the next
 * program of a pipeline finds does not depend on this one. So pipes and terminals are opened again
 * for the stream alone where the system can (Linux with /proc), and what can be neither waited
 * for nor opened again, files among it, is read and written on the default pool (pool.h), which
 * costs a thread while an operation waits. A descriptor that is non-blocking already is never of
 * that kind. Not for datagrams (udp.h).
 */

/* Takes FD over, also when this fails: it is closed with the stream, and is close-on-exec unless
 * it is 0, 1 or 2. Lives on the synchronizer of the first operation. Fails: SYN_EBADF, SYN_ENOMEM. */
syn_err syn_stream_from_descriptor(int take_fd, struct syn_stream **out_stream);

/* One of the process's standard streams, NUMBER 0, 1 or 2, whatever it is: "tool < list", "cat list | tool", a
 * terminal. Descriptors 0, 1 and 2 stay open and as they are, also when the stream is closed;
 * children have them as ever. Lines and pieces of the input: the reader, below. Bytes that stdio has
 * in its buffer are not seen. Fails: SYN_EINVAL for
 * another number; SYN_EBADF where it is closed; SYN_ENOMEM, EMFILE. */
syn_err syn_stream_standard(int number, struct syn_stream **out_stream);

/* ---------------------------------------------------------------- reading --
 * A READER takes bytes from a stream in large pieces and gives them out in the
 * pieces that a protocol has. What is in its buffer already is had without waiting:
 *
 *     while (syn_reader_line(&r, &line) == SYN_EAGAIN)
 *         co_try(syn_reader_fill_future(&r));
 *
 * Owner: its holder; it does not own the stream. One task or thread at a time.
 */
struct syn_reader {
    struct syn_stream *stream;
    char *buffer;
    size_t capacity;   /* of buffer; grows up to limit */
    size_t limit;      /* the longest piece that can be had */
    size_t start, end; /* what is in it */
    int filling;       /* 1: a fill is under way; a second one is SYN_EBUSY */
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
 * SYN_EBUSY while another call fills it; as the stream does. */
SYN_ASYNC_DECLARE(void, syn_reader_fill, (struct syn_reader *, reader));

/* The same as take() and line(), waiting as long as it takes. SYN_EEND: the stream
 * ended before; what was read of it stays in the buffer. */
SYN_ASYNC_DECLARE(struct syn_span, syn_read_exactly, (struct syn_reader *, reader), (size_t, n));
SYN_ASYNC_DECLARE(struct syn_span, syn_read_line, (struct syn_reader *, reader));

/* Up to and without the byte DELIMITER, which is done with too. */
SYN_ASYNC_DECLARE(struct syn_span, syn_read_until, (struct syn_reader *, reader),
                  (int, delimiter));

/* ---------------------------------------------------------------- writing --
 * A WRITER collects small pieces and writes them as one:
 *
 *     syn_writer_init(&w, s, 0);
 *     co_try(syn_writer_write_future(&w, head, n));       // waits only where there is no room
 *     if (syn_writer_printf(&w, "%d\r\n", 42) == SYN_EAGAIN) ...
 *     co_try(syn_writer_flush_future(&w));                // now it is on its way
 *
 * What was not flushed is not written: a close of the stream does not know of it.
 * Owner: its holder; it does not own the stream. One task or thread at a time; reading the
 * same stream through a reader meanwhile is fine.
 */
struct syn_writer {
    struct syn_stream *stream;
    char *buffer;    /* got by the first piece */
    size_t capacity; /* of it */
    size_t size;     /* what is in it */
    int flushing;    /* 1: a write is under way; all else is SYN_EBUSY */
    syn_err failed;  /* a write failed, perhaps in its middle: the answer to all that comes later */
};

/* CAPACITY in bytes; 0: 16 KiB. */
void syn_writer_init(struct syn_writer *writer, struct syn_stream *stream, size_t capacity);
/* Drops what was not flushed. */
void syn_writer_fini(struct syn_writer *writer);

/* Puts all of DATA, or the text, into the buffer, or nothing; never waits. SYN_EAGAIN: there is no
 * room, flush first. Fails: SYN_EINVAL: longer than CAPACITY; SYN_ENOMEM; SYN_EBUSY; as a write
 * failed before. */
SYNI_HELD syn_err syn_writer_put(struct syn_writer *writer, const void *data, size_t size);
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
SYNI_HELD syn_err syn_writer_printf(struct syn_writer *writer, const char *format, ...);

/* Writes what is in the buffer. Fails as a write does, and from then on always so, unless the write
 * did not begin (SYN_EBUSY, SYN_EWRONGLOOP, SYN_ENOMEM): then the bytes stay. */
SYN_ASYNC_DECLARE(void, syn_writer_flush, (struct syn_writer *, writer));

/* Puts DATA of any size; where there is no room, the buffer and DATA are written, by one write and
 * without a copy. Fails: SYN_EBUSY while it is flushed; as a write does. */
SYN_ASYNC_DECLARE(void, syn_writer_write, (struct syn_writer *, writer), (const void *, data),
                  (size_t, size));

#ifdef __cplusplus
}
#endif

#endif

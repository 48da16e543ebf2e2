/* SPDX-License-Identifier: Apache-2.0
 *
 * A stream that makes life hard: it wraps another one and delivers reads and writes
 * in pieces of 1 to 7 bytes, with sizes that look random and are the same in every run;
 * it can be slow, and fail on demand. A parser or a writer that works over it does
 * not rely on where the pieces end.
 *
 * Owner: it owns the stream it wraps, and closes it when it is closed. It lives where
 * that one lives, and has its rules. The three settings may be changed between
 * operations, never during one.
 */
#ifndef CHOP_STREAM_H
#define CHOP_STREAM_H

#include <stdint.h>

#include <synchronicity/stream.h>

/* SEED is anything but 0. NULL when there is no memory; then TAKE_INNER stays the
 * caller's. */
struct syn_stream *chop_stream_new(struct syn_stream *take_inner, uint32_t seed);

/* The longest piece, instead of 7. */
void chop_stream_most(struct syn_stream *stream, size_t most);

/* Each read and write sleeps for SECONDS first; 0: not at all. */
void chop_stream_delay(struct syn_stream *stream, double seconds);

/* The NTH read or write from now (1 is the next one) fails with ERR, before it takes
 * or gives a byte; those behind it work again. */
void chop_stream_fail(struct syn_stream *stream, unsigned long nth, syn_err err);

#endif

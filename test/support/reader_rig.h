/* SPDX-License-Identifier: Apache-2.0
 *
 * What the suites of readers share: a reader, and what it is compared with.
 */
#ifndef READER_RIG_H
#define READER_RIG_H

#include "support/chop_stream.h"
#include "support/io_rig.h"

/* A reader of what the case puts into l.peer. */
struct desk {
    struct link l;
    struct syn_reader r;
};

static inline void open_desk(struct desk *d, size_t limit)
{
    d->l = local_link();
    syn_reader_init(&d->r, d->l.stream, limit);
}

static inline void open_chopped_desk(struct desk *d, size_t limit, uint32_t seed)
{
    d->l = local_link();
    d->l.stream = chop_stream_new(d->l.stream, seed);
    CHECK(d->l.stream != NULL);
    syn_reader_init(&d->r, d->l.stream, limit);
}

static inline void close_desk(struct desk *d)
{
    syn_reader_fini(&d->r);
    unlink_link(&d->l);
}

static inline void end_of_peer(struct desk *d)
{
    close(d->l.peer);
    d->l.peer = -1;
}

static inline void check_span(const char *file, int line, struct syn_span span, const char *text)
{
    if (span.size != strlen(text) || memcmp(span.data, text, span.size) != 0)
        test_fail(file, line, "it is \"%.*s\" (%zu), not \"%s\"", (int)span.size, span.data,
                  span.size, text);
}
#define CHECK_SPAN(span, text) check_span(__FILE__, __LINE__, span, text)

static inline void check_line(const char *file, int line, struct syn_reader *r, const char *text)
{
    struct syn_span span;

    test_check_int(file, line, "syn_read_line", syn_read_line(r, &span), SYN_OK);
    check_span(file, line, span, text);
}
#define CHECK_LINE(reader, text) check_line(__FILE__, __LINE__, reader, text)

#endif

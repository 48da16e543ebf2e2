/* SPDX-License-Identifier: Apache-2.0
 *
 * Buffered reading: pieces of every kind, at every place where a buffer may end,
 * over a plain stream and over one that delivers a few bytes at a time. Both modes.
 */
#define _DEFAULT_SOURCE
#include "support/reader_rig.h"

/* --- pieces --- */

static void lines_of(struct desk *d)
{
    put(d->l.peer, "one\ntwo\r\n\n\r\nwith\rin\n\r\r\nlast\n");
    CHECK_LINE(&d->r, "one");
    CHECK_LINE(&d->r, "two");
    CHECK_LINE(&d->r, "");
    CHECK_LINE(&d->r, "");
    CHECK_LINE(&d->r, "with\rin");
    CHECK_LINE(&d->r, "\r"); /* one of them belongs to the end */
    CHECK_LINE(&d->r, "last");
    close_desk(d);
}

static void I3_lines_end_with_LF_or_CRLF(void)
{
    struct desk d;

    begin();
    open_desk(&d, 0);
    lines_of(&d);
    open_chopped_desk(&d, 0, 5);
    lines_of(&d);
    finish_default();
}

static void I3_a_line_may_be_as_long_as_the_limit_with_its_end_and_no_longer(void)
{
    struct syn_span span = {"untouched", 9};
    struct desk d;

    begin();
    open_desk(&d, 8);
    put(d.l.peer, "1234567\n123456\r\n12345678\n");
    CHECK_LINE(&d.r, "1234567");
    CHECK_LINE(&d.r, "123456");
    CHECK_INT(syn_read_line(&d.r, &span), SYN_EPROTO);
    CHECK_SAYS("limit");
    CHECK_SPAN(span, "untouched");
    CHECK_INT(syn_read_line(&d.r, &span), SYN_EPROTO); /* and stays so */
    CHECK_SPAN(syn_reader_peek(&d.r), "12345678");
    syn_reader_skip(&d.r, 8); /* until somebody takes it */
    CHECK_LINE(&d.r, "");
    close_desk(&d);
    finish_default();
}

static void I3_exactly_as_many_bytes_as_the_limit_and_no_more(void)
{
    struct syn_span span;
    struct desk d;

    begin();
    open_desk(&d, 8);
    put(d.l.peer, "12345678abcdefghi");
    CHECK_INT(syn_read_exactly(&d.r, 8, &span), SYN_OK);
    CHECK_SPAN(span, "12345678");
    CHECK_INT(syn_read_exactly(&d.r, 9, &span), SYN_EPROTO);
    CHECK_INT(syn_read_exactly(&d.r, 3, &span), SYN_OK);
    CHECK_SPAN(span, "abc");
    CHECK_INT(syn_read_exactly(&d.r, 0, &span), SYN_OK);
    CHECK_INT(span.size, 0);
    CHECK_INT(syn_read_exactly(&d.r, 6, &span), SYN_OK);
    CHECK_SPAN(span, "defghi");
    close_desk(&d);
    finish_default();
}

static void I3_nothing_is_had_of_a_new_reader_without_waiting(void)
{
    struct syn_span span;
    struct desk d;

    begin();
    open_desk(&d, 0);
    CHECK_INT(syn_reader_peek(&d.r).size, 0);
    CHECK_INT(syn_reader_line(&d.r, &span), SYN_EAGAIN);
    CHECK_INT(syn_reader_take(&d.r, 1, &span), SYN_EAGAIN);
    CHECK_INT(syn_reader_take(&d.r, 0, &span), SYN_OK);
    syn_reader_skip(&d.r, 5); /* at most what there is */
    CHECK_INT(syn_reader_peek(&d.r).size, 0);
    CHECK_INT(syn_read_exactly(&d.r, 0, &span), SYN_OK);
    CHECK_INT(span.size, 0);
    close_desk(&d);
    finish_default();
}

static void I3_what_is_in_the_buffer_is_had_without_waiting(void)
{
    struct syn_span span;
    struct desk d;

    begin();
    open_desk(&d, 0);
    put(d.l.peer, "ab\ncd\nefgh");
    CHECK_INT(syn_reader_fill(&d.r), SYN_OK);
    CHECK_SPAN(syn_reader_peek(&d.r), "ab\ncd\nefgh");
    CHECK_INT(syn_reader_line(&d.r, &span), SYN_OK);
    CHECK_SPAN(span, "ab");
    syn_reader_skip(&d.r, 3);
    CHECK_INT(syn_reader_take(&d.r, 3, &span), SYN_OK);
    CHECK_SPAN(span, "efg");
    CHECK_INT(syn_reader_take(&d.r, 2, &span), SYN_EAGAIN);
    CHECK_SPAN(span, "efg"); /* untouched */
    CHECK_INT(syn_reader_line(&d.r, &span), SYN_EAGAIN);
    syn_reader_skip(&d.r, 100);
    CHECK_INT(syn_reader_peek(&d.r).size, 0);
    close_desk(&d);
    finish_default();
}

static void I3_until_any_byte_also_zero_and_the_highest(void)
{
    struct syn_span span;
    struct desk d;

    begin();
    open_desk(&d, 0);
    CHECK_INT(write(d.l.peer, "key=value;\0\xff" "end\xff", 16), 16);
    CHECK_INT(syn_read_until(&d.r, '=', &span), SYN_OK);
    CHECK_SPAN(span, "key");
    CHECK_INT(syn_read_until(&d.r, ';', &span), SYN_OK);
    CHECK_SPAN(span, "value");
    CHECK_INT(syn_read_until(&d.r, '\0', &span), SYN_OK);
    CHECK_SPAN(span, "");
    CHECK_INT(syn_read_until(&d.r, 0xff, &span), SYN_OK);
    CHECK_SPAN(span, "");
    CHECK_INT(syn_read_until(&d.r, 0xff, &span), SYN_OK);
    CHECK_SPAN(span, "end");
    close_desk(&d);
    finish_default();
}

static void I3_the_end_in_the_middle_is_EEND_and_keeps_what_came(void)
{
    struct syn_span span;
    struct desk d;

    begin();
    open_desk(&d, 0);
    put(d.l.peer, "whole\nhal");
    end_of_peer(&d);
    CHECK_LINE(&d.r, "whole");
    CHECK_INT(syn_read_line(&d.r, &span), SYN_EEND);
    CHECK_INT(syn_read_exactly(&d.r, 4, &span), SYN_EEND);
    CHECK_INT(syn_read_until(&d.r, ';', &span), SYN_EEND);
    CHECK_INT(syn_reader_fill(&d.r), SYN_EEND);
    CHECK_SPAN(syn_reader_peek(&d.r), "hal");
    CHECK_INT(syn_read_exactly(&d.r, 3, &span), SYN_OK);
    CHECK_SPAN(span, "hal");
    CHECK_INT(syn_read_line(&d.r, &span), SYN_EEND);
    close_desk(&d);
    finish_default();
}

/* --- long pieces --- */

struct sender {
    int fd;
    const char *data;
    size_t size;
};

static void *send_all(void *argument)
{
    struct sender *s = argument;
    size_t done = 0;
    ssize_t n;

    while (done < s->size && (n = write(s->fd, s->data + done, s->size - done)) > 0)
        done += (size_t)n;
    return NULL;
}

static void I3_a_piece_of_a_mebibyte_is_within_the_default_limit(void)
{
    enum { MEBIBYTE = 1 << 20 };
    char *data = malloc(2 * MEBIBYTE);
    struct sender sender;
    struct syn_span span;
    pthread_t thread;
    struct desk d;

    begin();
    fill_bytes(data, 0, 2 * MEBIBYTE);
    open_desk(&d, 0);
    sender = (struct sender){d.l.peer, data, 2 * MEBIBYTE};
    CHECK_INT(pthread_create(&thread, NULL, send_all, &sender), 0);
    CHECK_INT(syn_read_exactly(&d.r, 3, &span), SYN_OK); /* so that the rest must be moved */
    check_bytes(span.data, 0, 3);
    CHECK_INT(syn_read_exactly(&d.r, MEBIBYTE, &span), SYN_OK);
    check_bytes(span.data, 3, MEBIBYTE);
    CHECK_INT(syn_read_exactly(&d.r, MEBIBYTE - 3, &span), SYN_OK);
    check_bytes(span.data, 3 + MEBIBYTE, MEBIBYTE - 3);
    pthread_join(thread, NULL);
    CHECK(d.r.capacity <= MEBIBYTE);
    close_desk(&d);
    free(data);
    finish_default();
}

/* --- the same over any stream --- */

enum kind { LINE, CRLF, EXACTLY, UNTIL, KINDS };

struct piece {
    enum kind kind;
    size_t size;
};
enum { PIECES = 400, LONGEST = 900 };

/* Letters only, so that no piece contains what ends another. */
static size_t compose(struct piece *pieces, char *text, uint32_t seed)
{
    size_t n = 0;

    for (int i = 0; i < PIECES; i++) {
        struct piece *p = &pieces[i];

        p->kind = (enum kind)(next_random(&seed) % KINDS);
        p->size = next_random(&seed) % (next_random(&seed) % 8 ? 30 : LONGEST);
        for (size_t j = 0; j < p->size; j++)
            text[n++] = (char)('a' + next_random(&seed) % 26);
        if (p->kind == CRLF)
            text[n++] = '\r';
        if (p->kind == LINE || p->kind == CRLF)
            text[n++] = '\n';
        if (p->kind == UNTIL)
            text[n++] = ';';
    }
    return n;
}

static syn_err read_piece(struct syn_reader *r, struct piece p, struct syn_span *out)
{
    if (p.kind == EXACTLY)
        return syn_read_exactly(r, p.size, out);
    return p.kind == UNTIL ? syn_read_until(r, ';', out) : syn_read_line(r, out);
}

static void parse(struct desk *d, uint32_t seed)
{
    static char text[PIECES * (LONGEST + 2)];
    static struct piece pieces[PIECES];
    size_t size = compose(pieces, text, seed), at = 0;
    struct sender sender = {d->l.peer, text, size};
    pthread_t thread;

    CHECK_INT(pthread_create(&thread, NULL, send_all, &sender), 0);
    for (int i = 0; i < PIECES; i++) {
        struct syn_span span;

        CHECK_INT(read_piece(&d->r, pieces[i], &span), SYN_OK);
        CHECK_INT(span.size, pieces[i].size);
        CHECK(memcmp(span.data, text + at, span.size) == 0);
        at += span.size + (pieces[i].kind == EXACTLY ? 0 : pieces[i].kind == CRLF ? 2 : 1);
    }
    pthread_join(thread, NULL);
    CHECK_INT(syn_reader_peek(&d->r).size, 0);
    close_desk(d);
}

static void I8_a_chopping_stream_gives_the_same_pieces_as_a_plain_one(void)
{
    struct desk d;

    begin();
    for (uint32_t seed = 1; seed <= 6; seed++) {
        open_desk(&d, 0);
        parse(&d, seed);
        open_chopped_desk(&d, LONGEST + 2, seed * 77); /* no more room than is needed */
        chop_stream_most(d.l.stream, seed % 2 ? 7 : 64);
        parse(&d, seed);
    }
    finish_default();
}

static void I8_an_error_of_the_stream_passes_and_what_came_stays(void)
{
    struct syn_span span;
    struct desk d;

    begin();
    open_chopped_desk(&d, 0, 3);
    put(d.l.peer, "hello world\n");
    chop_stream_fail(d.l.stream, 2, SYN_EUSER + 1);
    CHECK_INT(syn_read_line(&d.r, &span), SYN_EUSER + 1);
    CHECK_LINE(&d.r, "hello world");
    chop_stream_fail(d.l.stream, 1, SYN_EIO);
    CHECK_INT(syn_stream_write_all(d.l.stream, "x", 1), SYN_EIO);
    CHECK_INT(syn_stream_write_all(d.l.stream, "many small pieces", 17), SYN_OK);
    close_desk(&d);
    finish_default();
}

static const struct test_case cases[] = {
    TEST(I3_lines_end_with_LF_or_CRLF),
    TEST(I3_a_line_may_be_as_long_as_the_limit_with_its_end_and_no_longer),
    TEST(I3_exactly_as_many_bytes_as_the_limit_and_no_more),
    TEST(I3_nothing_is_had_of_a_new_reader_without_waiting),
    TEST(I3_what_is_in_the_buffer_is_had_without_waiting),
    TEST(I3_until_any_byte_also_zero_and_the_highest),
    TEST(I3_the_end_in_the_middle_is_EEND_and_keeps_what_came),
    TEST(I3_a_piece_of_a_mebibyte_is_within_the_default_limit),
    TEST(I8_a_chopping_stream_gives_the_same_pieces_as_a_plain_one),
    TEST(I8_an_error_of_the_stream_passes_and_what_came_stays),
};
TEST_MAIN_BOTH_MODES("reader", cases);

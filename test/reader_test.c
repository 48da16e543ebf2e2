/* SPDX-License-Identifier: Apache-2.0
 *
 * Buffered reading: pieces of every kind, at every place where a buffer may end,
 * over a plain stream and over one that delivers a few bytes at a time. Both modes.
 */
#define _DEFAULT_SOURCE
#include "support/chop_stream.h"
#include "support/io_rig.h"

/* A reader of what the case puts into l.peer. */
struct desk {
    struct link l;
    struct syn_reader r;
};

static void open_desk(struct desk *d, size_t limit)
{
    d->l = local_link();
    syn_reader_init(&d->r, d->l.stream, limit);
}

static void open_chopped_desk(struct desk *d, size_t limit, uint32_t seed)
{
    d->l = local_link();
    d->l.stream = chop_stream_new(d->l.stream, seed);
    CHECK(d->l.stream != NULL);
    syn_reader_init(&d->r, d->l.stream, limit);
}

static void close_desk(struct desk *d)
{
    syn_reader_fini(&d->r);
    unlink_link(&d->l);
}

static void end_of_peer(struct desk *d)
{
    close(d->l.peer);
    d->l.peer = -1;
}

static void check_span(const char *file, int line, struct syn_span span, const char *text)
{
    if (span.size != strlen(text) || memcmp(span.data, text, span.size) != 0)
        test_fail(file, line, "it is \"%.*s\" (%zu), not \"%s\"", (int)span.size, span.data,
                  span.size, text);
}
#define CHECK_SPAN(span, text) check_span(__FILE__, __LINE__, span, text)

static void check_line(const char *file, int line, struct syn_reader *r, const char *text)
{
    struct syn_span span;

    test_check_int(file, line, "syn_read_line", syn_read_line(r, &span), SYN_OK);
    check_span(file, line, span, text);
}
#define CHECK_LINE(reader, text) check_line(__FILE__, __LINE__, reader, text)

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

/* --- cancelling --- */

static void X3_a_deadline_in_the_middle_of_a_piece_loses_no_byte(void)
{
    struct syn_span span;
    struct desk d;

    begin();
    open_desk(&d, 0);
    put(d.l.peer, "abc");
    CHECK_INT(call_by(syn_after(5), syn_read_exactly(&d.r, 5, &span)), SYN_ETIMEDOUT);
    CHECK_INT(call_by(syn_after(5), syn_read_line(&d.r, &span)), SYN_ETIMEDOUT);
    CHECK_INT(call_by(syn_after(5), syn_read_until(&d.r, ';', &span)), SYN_ETIMEDOUT);
    CHECK_INT(call_by(syn_after(5), syn_reader_fill(&d.r)), SYN_ETIMEDOUT);
    CHECK_SPAN(syn_reader_peek(&d.r), "abc");
    put(d.l.peer, "de\n");
    CHECK_LINE(&d.r, "abcde");
    close_desk(&d);
    finish_default();
}

/* One byte at a time, and a request at any moment: nothing is lost or doubled. */
static void X3_cancelled_at_any_moment_it_loses_no_byte(void)
{
    unsigned char next = 0;
    uint32_t random = 9;
    int sent = 0, had = 0;
    struct desk d;

    begin();
    open_chopped_desk(&d, 0, 4);
    while (had < 400) {
        struct syn_read_exactly_future f = syn_read_exactly_future(&d.r, 3);
        struct syn_span span = {"", 0};

        for (unsigned n = next_random(&random) % 4; n > 0; n--)
            CHECK_INT(write(d.l.peer, &(unsigned char){(unsigned char)sent++}, 1), 1);
        for (unsigned n = next_random(&random) % 50; n > 0; n--)
            future_poll(f);
        /* On a busy machine the request may always come first: then let it read. */
        if (sent - had < 3 || (sent - had < 100 && next_random(&random) % 4))
            future_request_cancel(f);
        if (future_get(f, &span) != SYN_OK)
            continue;
        CHECK_INT(span.size, 3);
        for (int i = 0; i < 3; i++)
            CHECK_INT((unsigned char)span.data[i], next++);
        had += 3;
    }
    close_desk(&d);
    finish_default_after(512);
}

static void X3_a_slow_stream_is_waited_for_and_cancelled_in_between(void)
{
    struct syn_span span;
    struct desk d;

    begin();
    open_chopped_desk(&d, 0, 11);
    chop_stream_most(d.l.stream, 1);
    chop_stream_delay(d.l.stream, 60);
    put(d.l.peer, "1234567890\n");
    CHECK_INT(call_by(syn_after(150), syn_read_line(&d.r, &span)), SYN_ETIMEDOUT);
    CHECK_INT(now(), 150 * SECOND);
    CHECK_SPAN(syn_reader_peek(&d.r), "12");
    CHECK_LINE(&d.r, "1234567890");
    CHECK_INT(now(), (150 + 9 * 60) * SECOND);
    close_desk(&d);
    finish_default();
}

/* --- misuse, no memory --- */

static void C15_a_reader_used_twice_at_once_is_EBUSY_and_unharmed(void)
{
    struct syn_read_line_future f;
    struct syn_span span;
    struct desk d;

    begin();
    open_desk(&d, 0);
    put(d.l.peer, "first\n");
    CHECK_LINE(&d.r, "first"); /* the buffer is there, and empty */
    put(d.l.peer, "ab");
    f = syn_read_line_future(&d.r);
    CHECK_INT(future_wait_by(f, syn_after(1)), SYN_ETIMEDOUT);
    CHECK_INT(syn_reader_fill(&d.r), SYN_EBUSY);
    CHECK_INT(syn_read_line(&d.r, &span), SYN_EBUSY);
    CHECK_INT(syn_read_exactly(&d.r, 5000, &span), SYN_EBUSY);
    CHECK_INT(syn_read_exactly(&d.r, 2, &span), SYN_OK); /* it takes what is there: and now */
    CHECK_INT(syn_reader_fill(&d.r), SYN_EBUSY);         /* nothing may move under the other */
    put(d.l.peer, "cd\n");
    CHECK_INT(future_get(f, &span), SYN_OK);
    CHECK_SPAN(span, "cd");
    close_desk(&d);
    finish_default();
}

static void X3_after_a_cancelled_fill_the_reader_is_free_again(void)
{
    struct syn_reader_fill_future f;
    struct desk d;

    begin();
    open_desk(&d, 0);
    f = syn_reader_fill_future(&d.r);
    CHECK_INT(future_wait_by(f, syn_after(1)), SYN_ETIMEDOUT);
    CHECK_INT(future_cancel(f), SYN_ECANCELED);
    put(d.l.peer, "x\n");
    CHECK_LINE(&d.r, "x");
    close_desk(&d);
    finish_default();
}

static void T4_each_allocation_failing_loses_no_byte(void)
{
    struct syn_span span;

    begin();
    for (unsigned long n = 1;; n++) {
        struct desk d;

        CHECK(n < 50);
        open_desk(&d, 0);
        put(d.l.peer, "a line\n");
        syn_fault_set("alloc", n, 1, ENOMEM);
        if (syn_read_line(&d.r, &span) != SYN_OK)
            CHECK_INT(syn_read_line(&d.r, &span), SYN_OK);
        CHECK_SPAN(span, "a line");
        while (syn_stream_close(d.l.stream))
            CHECK(syn_fault_hits() < 100);
        syn_reader_fini(&d.r);
        end_of_peer(&d);
        CHECK_INT(synchronizer_stop(syn_default_synchronizer(), syn_never()), SYN_OK);
        CHECK_INT(synchronizer_free(syn_default_synchronizer()), SYN_OK);
        CHECK_INT(syn_memory_use().outstanding, 1); /* the clock */
        if (syn_fault_hits() < n)
            break;
    }
    syn_fault_clear();
    done();
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
    TEST(X3_a_deadline_in_the_middle_of_a_piece_loses_no_byte),
    TEST(X3_cancelled_at_any_moment_it_loses_no_byte),
    TEST(X3_a_slow_stream_is_waited_for_and_cancelled_in_between),
    TEST(C15_a_reader_used_twice_at_once_is_EBUSY_and_unharmed),
    TEST(X3_after_a_cancelled_fill_the_reader_is_free_again),
    TEST(T4_each_allocation_failing_loses_no_byte),
};
TEST_MAIN_BOTH_MODES("reader", cases);

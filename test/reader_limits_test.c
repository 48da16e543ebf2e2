/* SPDX-License-Identifier: Apache-2.0
 *
 * Readers under pressure: cancelled in the middle, used twice at once, without memory. Both
 * modes.
 */
#define _DEFAULT_SOURCE
#include "support/reader_rig.h"

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
    TEST(X3_a_deadline_in_the_middle_of_a_piece_loses_no_byte),
    TEST(X3_cancelled_at_any_moment_it_loses_no_byte),
    TEST(X3_a_slow_stream_is_waited_for_and_cancelled_in_between),
    TEST(C15_a_reader_used_twice_at_once_is_EBUSY_and_unharmed),
    TEST(X3_after_a_cancelled_fill_the_reader_is_free_again),
    TEST(T4_each_allocation_failing_loses_no_byte),
};
TEST_MAIN_BOTH_MODES("reader_limits", cases);

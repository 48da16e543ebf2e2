/* SPDX-License-Identifier: Apache-2.0
 *
 * How channels end: every order of ending, bad input, failing memory, items that own something.
 */
#define _DEFAULT_SOURCE
#include "support/channel_rig.h"

/* --- ending --- */

static void G7_end_error_and_close_are_three_answers(void)
{
    struct ints_channel ended, failed, closed;
    int v = 5;

    begin();
    ended = ints(2);
    failed = ints(2);
    closed = ints(2);
    CHECK_INT(channel_send(ended, &v), 0);
    CHECK_INT(channel_send(failed, &v), 0);
    CHECK_INT(channel_send(closed, &v), 0);
    CHECK_INT(channel_end(ended), 0);
    CHECK_INT(channel_fail(failed, SYN_EIO, "burnt"), 0);
    CHECK_INT(channel_close(closed), 0);
    for (int i = 0; i < 2; i++) { /* what is in it can still be fetched */
        CHECK_INT(channel_next(ended, &v), i ? SYN_EEND : 0);
        CHECK_INT(channel_next(failed, &v), i ? SYN_EIO : 0);
        CHECK_INT(channel_next(closed, &v), SYN_ECLOSED);
    }
    CHECK_INT(channel_next(failed, &v), SYN_EIO);
    CHECK_SAYS("burnt");
    CHECK_INT(channel_send(ended, &v), SYN_ECLOSED);
    CHECK_INT(channel_send(failed, &v), SYN_ECLOSED);
    CHECK_INT(channel_send(closed, &v), SYN_ECLOSED);
    CHECK_INT(channel_close(ended), 0);
    CHECK_INT(channel_close(failed), 0);
    end_all();
}

/* One of end, fail, close, drop; the answers known from the state before. */
static void do_to(struct ints_channel ch, int what, int *state)
{
    syn_err expected = *state ? SYN_EALREADY : 0;

    if (what == 0)
        CHECK_INT(channel_end(ch), expected);
    else if (what == 1)
        CHECK_INT(channel_fail(ch, SYN_EIO, "x"), expected);
    else if (what == 2)
        CHECK_INT(channel_close(ch), 0);
    else
        channel_drop(ch);
    if (what >= 2)
        *state = SYN_ECLOSED;
    else if (!*state)
        *state = what ? SYN_EIO : SYN_EEND;
}

static void G7_ended_failed_and_closed_in_every_order_and_twice(void)
{
    begin();
    for (int order = 0; order < 256; order++) {
        struct ints_channel ch = ints((size_t)order % 2);
        int state = 0, v;

        for (int i = 0; i < 4; i++) {
            do_to(ch, order >> 2 * i & 3, &state);
            CHECK_INT(channel_next(ch, &v), state);
            CHECK_INT(channel_try_next(ch, &v), state);
            CHECK_INT(channel_try_send(ch, &v), SYN_ECLOSED);
        }
        CHECK_INT(channel_close(ch), 0);
    }
    end_all();
}

static void G7_those_who_wait_are_told(void)
{
    struct takes_future take[4];
    struct gives_future give, late;
    struct ints_channel ch[5];
    int v;

    begin();
    for (int i = 0; i < 5; i++) {
        ch[i] = ints(0);
        if (i < 3)
            take[i] = takes_future(ch[i]);
    }
    give = gives_future(ch[3], 1);
    late = gives_future(ch[4], 1);
    CHECK_INT(naps(1.0), 0);
    channel_end(ch[4]);
    CHECK_INT(future_get_by(late, syn_after(1.0)), SYN_ECLOSED);
    channel_close(ch[4]);
    channel_end(ch[0]);
    channel_fail(ch[1], SYN_EIO, "told to waiters");
    channel_close(ch[2]);
    channel_close(ch[3]);
    CHECK_INT(future_get(take[0], &v), SYN_EEND);
    CHECK_INT(future_get(take[1], &v), SYN_EIO);
    CHECK_SAYS("told to waiters");
    CHECK_INT(future_get(take[2], &v), SYN_ECLOSED);
    CHECK_INT(future_get(give), SYN_ECLOSED);
    for (int i = 0; i < 2; i++)
        channel_close(ch[i]);
    end_all();
}

/* --- bad input --- */

ASYNC(demo, void, tries_bad_ones, SYN_LOCAL(struct ints_channel, ch), SYN_LOCAL(int, v))
{
    co_begin;
    co_next(self->ch, &self->v);
    CHECK_INT(co_status, SYN_EINVAL);
    co_send(self->ch, &self->v);
    CHECK_INT(co_status, SYN_EINVAL);
    co_close(self->ch);
    CHECK_INT(co_status, 0);
    self->ch = ints(0);
    CHECK_INT(channel_next(self->ch, &self->v), SYN_EDEADLK);
    CHECK_SAYS("co_next");
    CHECK_INT(channel_send(self->ch, &self->v), SYN_EDEADLK);
    CHECK_SAYS("co_send");
    co_close(self->ch);
    co_next(self->ch, &self->v);
    CHECK_INT(co_status, SYN_ECLOSED);
    co_close(self->ch);
    CHECK_INT(co_status, 0);
    co_end;
}

static void bad_handles_are_answered(void)
{
    struct ints_channel never = {.u = {.handle = {NULL, 0, 0}}}, closed;
    int v = 0;

    begin();
    CHECK_INT(channel_next(never, &v), SYN_EINVAL);
    CHECK_SAYS("never made");
    CHECK_INT(channel_send(never, &v), SYN_EINVAL);
    CHECK_INT(channel_end(never), SYN_EINVAL);
    CHECK_INT(channel_prefetch(never, 1), SYN_EINVAL);
    CHECK_INT(channel_close(never), 0);
    channel_drop(never);
    closed = ints(1);
    channel_close(closed);
    for (int i = 0; i < 600; i++) /* its place is another's by now */
        channel_close(ints(1));
    CHECK_INT(channel_next(closed, &v), SYN_ECLOSED);
    CHECK_INT(channel_end(closed), SYN_EALREADY);
    CHECK_INT(channel_prefetch(closed, 1), SYN_ECLOSED);
    CHECK_INT(tries_bad_ones(), 0);
    end_all();
}

static void T4_failing_memory_leaves_nothing(void)
{
    struct ints_channel ch;
    int v = 3;

    begin();
    CHECK_INT(channel_new(ints, SIZE_MAX / 2, &ch), SYN_ENOMEM);
    CHECK_INT(channel_next(ch, &v), SYN_ENOMEM);
    for (int n = 1;; n++) {
        syn_err err;

        syn_fault_set("alloc", n, 1, ENOMEM);
        err = channel_new(ints, 10000, &ch);
        syn_fault_clear();
        if (!err)
            break;
        CHECK_INT(err, SYN_ENOMEM);
        CHECK_INT(channel_send(ch, &v), SYN_ENOMEM);
        CHECK_INT(channel_close(ch), 0);
        CHECK(n < 10);
    }
    syn_fault_set("alloc", 1, 1, ENOMEM);
    CHECK_INT(channel_prefetch(ch, 50000), SYN_ENOMEM);
    syn_fault_clear();
    for (int i = 0; i < 10000; i++)
        CHECK_INT(channel_try_send(ch, &i), 0);
    syn_fault_set("alloc", 1, 1000, ENOMEM); /* of a report: the error alone gets through */
    CHECK_INT(channel_fail(ch, SYN_EIO, "no words"), 0);
    syn_fault_clear();
    channel_each (int, w, ch, NULL)
        v = w;
    CHECK_INT(v, 9999);
    end_all();
}

/* --- items that own memory --- */

ASYNC(demo, void, takes_text, (struct texts_channel, ch), SYN_LOCAL(char *, text))
{
    co_begin;
    co_next(self->ch, &self->text);
    co_finally;
    free(self->text);
    co_end;
}

ASYNC(demo, void, gives_text, (struct texts_channel, ch), SYN_LOCAL(char *, text))
{
    co_begin;
    self->text = strdup("given");
    co_send(self->ch, &self->text);
    if (!co_status)
        self->text = NULL;
    co_finally;
    free(self->text);
    co_end;
}

static void C11_an_item_dies_once_however_the_channel_ends(void)
{
    char *text;

    begin();
    for (int how = 0; how < 4; how++) {
        struct texts_channel ch = texts(4);
        struct gives_text_future more;

        destroyed = 0;
        for (int i = 0; i < 4; i++) {
            text = strdup("item");
            CHECK_INT(channel_send(ch, &text), 0);
        }
        more = gives_text_future(ch);
        CHECK_INT(naps(1.0), 0);
        CHECK_INT(channel_next(ch, &text), 0); /* the fifth comes in */
        free(text);
        CHECK_INT(future_get(more), 0);
        if (how == 1)
            channel_end(ch);
        if (how == 2)
            channel_fail(ch, SYN_EIO, NULL);
        if (how == 3)
            CHECK_INT(channel_next(ch, &text), 0);
        CHECK_INT(channel_close(ch), 0);
        CHECK_INT(destroyed, how == 3 ? 3 : 4);
        if (how == 3)
            free(text);
    }
    end_all();
}

static void C11_those_who_give_up_keep_or_never_had_it(void)
{
    struct takes_text_future take;
    struct gives_text_future give;
    struct texts_channel ch;

    begin();
    ch = texts(0);
    take = takes_text_future(ch);
    CHECK_INT(future_get_by(take, syn_after(1.0)), SYN_ETIMEDOUT);
    give = gives_text_future(ch);
    CHECK_INT(future_get_by(give, syn_after(1.0)), SYN_ETIMEDOUT);
    give = gives_text_future(ch);
    CHECK_INT(naps(1.0), 0);
    CHECK_INT(channel_close(ch), 0); /* while it waits */
    CHECK_INT(future_get(give), 0);
    CHECK_INT(destroyed, 0);
    end_all();
}

ASYNC(demo, void, abandons, (struct texts_channel, ch), SYN_LOCAL(char *, text))
{
    co_begin;
    co_sleep(100.0);
    co_finally;
    co_next(self->ch, &self->text); /* nothing ever comes */
    free(self->text);
    co_end;
}

static void C11_an_abandoned_consumer_takes_nothing_with_it(void)
{
    struct texts_channel ch;
    struct abandons_future f;
    char *text = strdup("left over");

    begin();
    ch = texts(1);
    f = abandons_future(ch);
    CHECK_INT(naps(1.0), 0);
    CHECK_INT(synchronizer_stop(&demo, syn_after(1.0)), SYN_ETIMEDOUT);
    CHECK_INT(future_get(f), SYN_EABANDONED);
    CHECK_INT(channel_send(ch, &text), 0);
    CHECK_INT(channel_close(ch), 0);
    CHECK_INT(destroyed, 1);
    end_all();
}

static const struct test_case cases[] = {
    TEST(G7_end_error_and_close_are_three_answers),
    TEST(G7_ended_failed_and_closed_in_every_order_and_twice),
    TEST(G7_those_who_wait_are_told),
    TEST(bad_handles_are_answered),
    TEST(T4_failing_memory_leaves_nothing),
    TEST(C11_an_item_dies_once_however_the_channel_ends),
    TEST(C11_those_who_give_up_keep_or_never_had_it),
    TEST(C11_an_abandoned_consumer_takes_nothing_with_it),
};
TEST_MAIN_BOTH_MODES("channel_end", cases);

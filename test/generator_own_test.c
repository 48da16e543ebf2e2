/* SPDX-License-Identifier: Apache-2.0
 *
 * A generator's channel that is its loop's own, until somebody else comes.
 */
#define _DEFAULT_SOURCE
#include "support/generator_rig.h"
#include "task/home.h"
#include "task/slot.h"

ASYNC(demo, int, takes_here, (struct count_channel, ch), SYN_LOCAL(int, v))
{
    co_begin;
    co_next(self->ch, &self->v);
    co_check;
    co_return(self->v);
    co_end;
}

ASYNC(other, int, takes_there, (struct count_channel, ch), SYN_LOCAL(int, v))
{
    co_begin;
    co_next(self->ch, &self->v);
    co_check;
    co_return(self->v);
    co_end;
}

/* Whether the channel is its loop's own when it is asked here, before and after. */
ASYNC(demo, int, owns, (struct count_channel, ch), SYN_LOCAL(int, v))
{
    struct syn_channel handle = self->ch.u.handle;
    struct syni_loop *loop = &syni_home_now()->loop;

    co_begin;
    self->result = 10 * (syni_slot_own_thing(handle.slot, handle.generation, loop) != NULL);
    co_next(self->ch, &self->v);
    co_check;
    self->result += syni_slot_own_thing(handle.slot, handle.generation, loop) != NULL;
    co_return_result;
    co_end;
}

static void G2_a_channel_that_its_loop_asks_first_is_its_own(void)
{
    struct count_channel ch;
    int v = -1;

    begin();
    ch = count(9, 0.0);
    CHECK_INT(owns(ch, &v), 0);
    CHECK_INT(v, 1); /* nobody's before */
    CHECK_INT(owns(ch, &v), 0);
    CHECK_INT(v, 11);
    CHECK_INT(takes_there(ch, &v), 0); /* everybody's from here on */
    CHECK_INT(owns(ch, &v), 0);
    CHECK_INT(v, 0);
    CHECK_INT(channel_close(ch), 0);
    ch = count(9, 0.0);
    CHECK_INT(channel_next(ch, &v), 0); /* by a thread, so it is if that drove */
    CHECK_INT(owns(ch, &v), 0);
    CHECK_INT(v, test_driving ? 11 : 0);
    CHECK_INT(channel_close(ch), 0);
    end_all();
}

/* From its own loop, and from another while it is its loop's own. */
ASYNC(demo, void, puts_here, (struct count_channel, ch))
{
    static int v = 77;

    co_begin;
    co_send(self->ch, &v);
    co_check;
    co_end;
}

ASYNC(other, void, puts_there, (struct count_channel, ch))
{
    static int v = 77;

    co_begin;
    co_send(self->ch, &v);
    co_check;
    co_end;
}

ASYNC(other, void, puts_or_waits, (struct count_channel, ch), SYN_LOCAL(struct syn_choice, on[1]))
{
    static int v = 77;

    co_begin;
    co_select(self->on, ON_SEND(self->ch, &v));
    co_check;
    co_end;
}

static void G1_nobody_but_the_generator_sends_into_its_channel(void)
{
    static const char why[] = "only its generator sends into this channel";

    begin();
    for (int ahead = 0; ahead < 4; ahead += 3) {
        struct count_channel ch = count(3, 0);
        syn_err err = 0;
        int v = -1;

        CHECK_INT(channel_prefetch(ch, (size_t)ahead), 0);
        CHECK_INT(puts_here(ch), SYN_ENOTSUP);
        CHECK_SAYS(why);
        for (int i = 0; i < 3; i++) {
            CHECK_INT(takes_here(ch, &v), 0);
            CHECK_INT(v, i);
            CHECK_INT(puts_there(ch), SYN_ENOTSUP);
            CHECK_SAYS(why);
            CHECK_INT(puts_here(ch), SYN_ENOTSUP);
            CHECK_INT(channel_send(ch, &v), SYN_ENOTSUP);
            CHECK_SAYS(why);
            CHECK_INT(channel_try_send(ch, &v), SYN_ENOTSUP);
            CHECK_INT(channel_select(&err, ON_SEND(ch, &v)), 0);
            CHECK_INT(err, SYN_ENOTSUP);
            CHECK_SAYS(why);
            CHECK_INT(puts_or_waits(ch), SYN_ENOTSUP);
            CHECK_SAYS(why);
        }
        CHECK_INT(takes_here(ch, &v), SYN_EEND);
        CHECK_INT(channel_close(ch), 0);
    }
    end_all();
}

static void G2_a_channel_of_one_loop_becomes_everybodys(void)
{
    for (int who = 0; who < 4; who++) {
        struct count_channel ch;
        syn_err err = 0;
        int v = -1;

        if (who == 0)
            begin();
        ch = count(9, 0);
        for (int i = 0; i < 2; i++) {
            CHECK_INT(takes_here(ch, &v), 0);
            CHECK_INT(v, i);
        }
        if (who == 0)
            CHECK_INT(channel_next(ch, &v), 0);
        else if (who == 1)
            CHECK_INT(takes_there(ch, &v), 0);
        else if (who == 2)
            CHECK_INT(channel_select(&err, ON_NEXT(ch, &v), ON_TIME(syn_after(1.0))), 0);
        else
            while ((err = channel_try_next(ch, &v)) == SYN_EAGAIN)
                CHECK_INT(idles(0.001), 0);
        CHECK_INT(err, 0);
        CHECK_INT(v, 2);
        CHECK_INT(takes_here(ch, &v), 0);
        CHECK_INT(v, 3);
        CHECK_INT(channel_close(ch), 0);
        CHECK_INT(cleaned, who + 1);
    }
    end_all();
}

static void G5_a_stranger_closes_a_channel_of_one_loop(void)
{
    struct takes_here_future f;
    struct count_channel ch;
    int v = -1;

    begin();
    ch = count(9, 1.0);
    CHECK_INT(takes_here(ch, &v), 0);
    f = takes_here_future(ch); /* it waits while the stranger comes */
    CHECK_INT(idles(0.5), 0);
    CHECK_INT(channel_close(ch), 0);
    CHECK_INT(cleaned, 1);
    CHECK_INT(future_get(f, &v), SYN_ECLOSED);
    CHECK_INT(channel_next(ch, &v), SYN_ECLOSED);
    ch = count(9, 1.0);
    CHECK_INT(takes_here(ch, &v), 0);
    channel_drop(ch);
    CHECK_INT(takes_here(ch, &v), SYN_ECLOSED);
    CHECK_INT(channel_close(ch), 0);
    end_all();
    CHECK_INT(cleaned, 2);
}

static int n_made;

GENERATOR(demo, int, makes, SYN_LOCAL(int, i))
{
    co_begin;
    for (;;) {
        n_made++;
        co_yield(self->i++);
    }
    co_end;
}

/* How many are made when all were first asked for, when one less than half was fetched then, and half. */
ASYNC(demo, int, fetches_half, SYN_LOCAL(struct makes_channel, ch), SYN_LOCAL(int, i), SYN_LOCAL(int, v))
{
    co_begin;
    self->ch = makes();
    channel_prefetch(self->ch, 8);
    co_next(self->ch, &self->v);
    co_pass;
    self->result = 10000 * n_made;
    for (self->i = 1; self->i < 4; self->i++)
        co_next(self->ch, &self->v);
    co_pass;
    self->result += 100 * n_made;
    co_next(self->ch, &self->v);
    co_pass;
    self->result += n_made;
    co_next(self->ch, &self->v);
    self->result = self->v == 5 ? self->result : -1;
    co_close(self->ch);
    co_return_result;
    co_end;
}

static void G3_on_one_loop_a_generator_that_ran_full_goes_on_when_half_was_fetched(void)
{
    int made = -1;

    begin();
    n_made = 0;
    CHECK_INT(fetches_half(&made), 0);
    CHECK_INT(made, 90913); /* one fetched, and eight that wait */
    end_all();
}

ASYNC_DECLARE(void, is_cancelled);
static struct is_cancelled_future known;
static int taken;

/* It is cancelled in its own step, and asks for an item that is there. */
ASYNC_DEFINE(demo, void, is_cancelled, SYN_LOCAL(struct makes_channel, ch), SYN_LOCAL(int, v))
{
    co_begin;
    self->ch = makes();
    channel_prefetch(self->ch, 8);
    co_next(self->ch, &self->v);
    co_pass;
    CHECK_INT(future_request_cancel(known), 0);
    self->v = -1;
    co_next(self->ch, &self->v);
    self->v = -2;
    co_finally;
    taken = self->v;
    co_close(self->ch);
    co_end;
}

ASYNC(demo, syn_err, has_one_cancelled, SYN_LOCAL(int, i))
{
    co_begin;
    known = is_cancelled_future();
    for (self->i = 0; self->i < 20; self->i++)
        co_pass;
    co_await(known);
    co_return(co_status);
    co_end;
}

static void X3_a_task_that_was_cancelled_takes_no_item_that_is_there(void)
{
    syn_err status = SYN_OK;

    begin();
    CHECK_INT(has_one_cancelled(&status), 0);
    CHECK_INT(status, SYN_ECANCELED);
    CHECK_INT(taken, -1);
    end_all();
}

static void X3_a_stranger_who_gives_up_takes_nothing_from_a_channel_of_one_loop(void)
{
    struct count_channel ch;
    int v = -1;

    begin();
    ch = count(9, 1.0);
    CHECK_INT(takes_here(ch, &v), 0);
    CHECK_INT(channel_next_by(ch, &v, syn_after(0.5)), SYN_ETIMEDOUT);
    CHECK_INT(v, 0);
    CHECK_INT(takes_here(ch, &v), 0);
    CHECK_INT(v, 1);
    CHECK_INT(channel_close(ch), 0);
    end_all();
}

static const struct test_case cases[] = {
    TEST(G2_a_channel_that_its_loop_asks_first_is_its_own),
    TEST(G1_nobody_but_the_generator_sends_into_its_channel),
    TEST(G2_a_channel_of_one_loop_becomes_everybodys),
    TEST(G3_on_one_loop_a_generator_that_ran_full_goes_on_when_half_was_fetched),
    TEST(X3_a_task_that_was_cancelled_takes_no_item_that_is_there),
    TEST(G5_a_stranger_closes_a_channel_of_one_loop),
    TEST(X3_a_stranger_who_gives_up_takes_nothing_from_a_channel_of_one_loop),
};
TEST_MAIN_BOTH_MODES("generator_own", cases);

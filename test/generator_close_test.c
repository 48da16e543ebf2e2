/* SPDX-License-Identifier: Apache-2.0
 *
 * How generators end: closed by a break, by a call and by a stop; and their clean-up.
 */
#define _DEFAULT_SOURCE
#include "support/generator_rig.h"

#include <synchronicity/step.h>

static void G5_break_closes_and_runs_the_clean_up(void)
{
    syn_err err = -1;

    begin();
    channel_each (int, v, count(100, 0), &err) {
        if (v == 2)
            continue;
        if (v == 4)
            break;
        tell("got", v);
    }
    CHECK_INT(err, 0);
    CHECK_INT(cleaned, 1);
    CHECK_STR(story, "made0 got0 made1 got1 made2 made3 got3 made4 ");
    end_all();
}

static int first_of(struct count_channel ch)
{
    syn_err err;

    channel_each (int, v, ch, &err)
        return v;
    return -1;
}

static void G5_leaving_the_loop_by_return_closes_too(void)
{
    begin();
    CHECK_INT(first_of(count(5, 0)), 0);
    CHECK_INT(cleaned, 1);
    CHECK_INT(first_of(count(0, 0)), -1);
    end_all();
}

ASYNC(demo, int, breaks, SYN_LOCAL(struct count_channel, ch), SYN_LOCAL(int, v))
{
    co_begin;
    self->ch = count(100, 0);
    co_each (self->ch, &self->v) {
        if (self->v == 1)
            continue;
        co_sleep(1.0);
        if (self->v == 3)
            break;
    }
    CHECK_INT(co_status, 0);
    CHECK_INT(cleaned, 1);
    co_return(self->v);
    co_end;
}

static void G5_a_task_breaks_out_and_the_clean_up_has_run(void)
{
    int v = -1;

    begin();
    CHECK_INT(breaks(&v), 0);
    CHECK_INT(v, 3);
    end_all();
}

GENERATOR(demo, int, cleans_long, (double, seconds), (syn_err, ends))
{
    co_begin;
    co_yield(1);
    co_yield(2);
    co_finally;
    co_sleep(self->seconds);
    cleaned++;
    if (self->ends)
        co_fail(self->ends, "in clean-up");
    co_end;
}

static void G5_close_waits_for_a_clean_up_that_awaits(void)
{
    struct cleans_long_channel ch;
    int v;

    begin();
    ch = cleans_long(3.0, 0);
    CHECK_INT(channel_next(ch, &v), 0);
    CHECK_INT(channel_close(ch), 0);
    CHECK_INT(now(), 3 * SECOND);
    CHECK_INT(cleaned, 1);
    CHECK_INT(channel_close(ch), 0); /* twice is fine */
    CHECK_INT(channel_next(ch, &v), SYN_ECLOSED);
    end_all();
}

static void G5_close_tells_of_a_clean_up_that_failed(void)
{
    struct cleans_long_channel ch;
    int v;

    begin();
    ch = cleans_long(0.0, SYN_EIO);
    CHECK_INT(channel_next(ch, &v), 0);
    CHECK_INT(channel_next(ch, &v), 0);
    CHECK_INT(channel_next(ch, &v), SYN_EIO); /* said to a consumer: close need not */
    CHECK_SAYS("in clean-up");
    CHECK_INT(channel_close(ch), 0);
    end_all();
}

static void G5_close_gives_up_at_its_deadline_and_says_who(void)
{
    struct cleans_long_channel ch;
    int v;

    begin();
    ch = cleans_long(5.0, 0);
    CHECK_INT(channel_next(ch, &v), 0);
    CHECK_INT(channel_close_by(ch, syn_after(1.0)), SYN_ETIMEDOUT);
    CHECK_SAYS("cleans_long still cleans up");
    CHECK_INT(now(), SECOND);
    CHECK_INT(cleaned, 0);
    end_all(); /* which waits for it */
    CHECK_INT(cleaned, 1);
}

ASYNC(demo, syn_err, closes_blocking, (struct cleans_long_channel, ch))
{
    return step_return(self, channel_close(self->ch));
}

static void G6_closing_on_the_generators_own_loop_never_waits(void)
{
    struct cleans_long_channel ch;
    syn_err err = -1;
    int v;

    begin();
    ch = cleans_long(5.0, 0);
    CHECK_INT(channel_next(ch, &v), 0);
    CHECK_INT(closes_blocking(ch, &err), 0);
    CHECK_INT(err, SYN_EAGAIN);
    CHECK_INT(now(), 0);
    end_all();
    CHECK_INT(cleaned, 1);
}

static void L2_stopping_ends_a_generator_and_tells_its_consumer(void)
{
    struct count_channel ch;
    int v;

    begin();
    ch = count(100, 1.0);
    CHECK_INT(channel_next(ch, &v), 0);
    CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
    CHECK_INT(cleaned, 1);
    CHECK_INT(channel_next(ch, &v), SYN_ECANCELED);
    CHECK_INT(syn_last_origin(), SYN_BY_STOP);
    CHECK_INT(channel_close(ch), 0);
    ch = count(1, 0);
    CHECK_INT(channel_next(ch, &v), SYN_ECLOSED);
    CHECK_INT(channel_close(ch), 0);
    end_all();
}

static const struct test_case cases[] = {
    TEST(G5_break_closes_and_runs_the_clean_up),
    TEST(G5_leaving_the_loop_by_return_closes_too),
    TEST(G5_a_task_breaks_out_and_the_clean_up_has_run),
    TEST(G5_close_waits_for_a_clean_up_that_awaits),
    TEST(G5_close_tells_of_a_clean_up_that_failed),
    TEST(G5_close_gives_up_at_its_deadline_and_says_who),
    TEST(G6_closing_on_the_generators_own_loop_never_waits),
    TEST(L2_stopping_ends_a_generator_and_tells_its_consumer),
};
TEST_MAIN_BOTH_MODES("generator_close", cases);

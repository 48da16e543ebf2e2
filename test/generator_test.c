/* SPDX-License-Identifier: Apache-2.0
 *
 * Generators, from every kind of consumer: when they run, how they end.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

SYNCHRONIZER(demo);
SYNCHRONIZER(other);

/* What happened, in order. */
static char story[400];

static void tell(const char *what, int n)
{
    size_t used = strlen(story);

    snprintf(story + used, sizeof story - used, "%s%d ", what, n);
}

static int begun, cleaned;

GENERATOR(demo, int, count, (int, n), (double, seconds), SYN_LOCAL(int, i))
{
    co_begin;
    begun++;
    for (self->i = 0; self->i < self->n; self->i++) {
        if (self->seconds > 0)
            co_sleep(self->seconds);
        tell("made", self->i);
        co_yield(self->i);
    }
    co_finally;
    cleaned++;
    co_end;
}

static void end_all(void)
{
    finish(&demo);
    finish(&other);
    done();
}

static void G1_nothing_starts_before_it_is_asked(void)
{
    struct count_channel ch;
    int v = -1;

    begin();
    ch = count(3, 0);
    CHECK_INT(synchronizer_stats(&demo).started, 0);
    CHECK_INT(begun, 0);
    CHECK_INT(channel_next(ch, &v), 0);
    CHECK_INT(v, 0);
    CHECK_INT(begun, 1);
    CHECK_INT(channel_close(ch), 0);
    CHECK_INT(cleaned, 1);
    ch = count(3, 0);
    CHECK_INT(channel_close(ch), 0);
    CHECK_INT(begun, 1);
    CHECK_INT(cleaned, 1);
    end_all();
}

static void G1_generator_and_thread_alternate_strictly(void)
{
    syn_err err = -1;

    begin();
    channel_each (int, v, count(4, 0), &err)
        tell("got", v);
    CHECK_INT(err, 0);
    CHECK_STR(story, "made0 got0 made1 got1 made2 got2 made3 got3 ");
    CHECK_INT(cleaned, 1);
    end_all();
}

ASYNC(demo, int, sum_here, (int, n), SYN_LOCAL(struct count_channel, ch), SYN_LOCAL(int, v))
{
    co_begin;
    self->ch = count(self->n, 0);
    co_each (self->ch, &self->v) {
        tell("got", self->v);
        self->result += self->v;
    }
    if (co_status)
        co_fail(co_status);
    co_return_result;
    co_end;
}

ASYNC(other, int, sum_there, (int, n), SYN_LOCAL(struct count_channel, ch), SYN_LOCAL(int, v))
{
    co_begin;
    self->ch = count(self->n, 0);
    co_each (self->ch, &self->v) {
        tell("got", self->v);
        self->result += self->v;
    }
    co_return_result;
    co_end;
}

static void G1_generator_and_task_of_its_loop_alternate_strictly(void)
{
    int sum = -1;

    begin();
    CHECK_INT(sum_here(4, &sum), 0);
    CHECK_INT(sum, 6);
    CHECK_STR(story, "made0 got0 made1 got1 made2 got2 made3 got3 ");
    end_all();
}

static void G1_generator_and_task_of_another_loop_alternate_strictly(void)
{
    int sum = -1;

    begin();
    CHECK_INT(sum_there(4, &sum), 0);
    CHECK_INT(sum, 6);
    CHECK_STR(story, "made0 got0 made1 got1 made2 got2 made3 got3 ");
    end_all();
}

ASYNC(other, void, idles, (double, seconds))
{
    co_begin;
    co_sleep(self->seconds);
    co_end;
}

static void G3_a_larger_capacity_runs_ahead_and_suspends_when_full(void)
{
    struct count_channel ch;
    int v = -1;

    begin();
    ch = count(10, 1.0);
    CHECK_INT(channel_prefetch(ch, 3), 0);
    CHECK_INT(channel_next(ch, &v), 0);
    CHECK_INT(channel_prefetch(ch, 5), SYN_EBUSY);
    CHECK_INT(now(), SECOND);
    CHECK_INT(idles(20.0), 0);
    CHECK_STR(story, "made0 made1 made2 made3 ");
    for (int i = 1; i < 10; i++) {
        CHECK_INT(channel_next(ch, &v), 0);
        CHECK_INT(v, i);
    }
    CHECK_INT(channel_next(ch, &v), SYN_EEND);
    CHECK_INT(channel_close(ch), 0);
    end_all();
}

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

GENERATOR(demo, int, fails_after, (int, n), SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < self->n; self->i++)
        co_yield(self->i);
    co_fail(SYN_EIO, "the disk is on fire");
    co_end;
}

static void G7_an_error_stays_and_has_its_report(void)
{
    struct fails_after_channel ch;
    syn_err err = -1;
    int v, n = 0;

    begin();
    ch = fails_after(1);
    CHECK_INT(channel_next(ch, &v), 0);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(channel_next(ch, &v), SYN_EIO);
        CHECK_SAYS("on fire");
    }
    CHECK_INT(channel_close(ch), 0);
    CHECK_INT(channel_next(ch, &v), SYN_ECLOSED);
    channel_each (int, w, fails_after(3), &err)
        n += w;
    CHECK_INT(err, SYN_EIO);
    CHECK_INT(n, 3);
    end_all();
}

ASYNC(demo, void, gives_up, (struct count_channel, ch), SYN_LOCAL(int, v))
{
    co_begin;
    co_next_by(self->ch, &self->v, syn_after(0.5));
    CHECK_INT(co_status, SYN_ETIMEDOUT);
    co_end;
}

static void X3_a_consumer_that_gives_up_consumes_nothing(void)
{
    struct count_channel ch;
    int v = -1;

    begin();
    ch = count(3, 1.0);
    CHECK_INT(channel_next_by(ch, &v, syn_after(0.5)), SYN_ETIMEDOUT);
    CHECK_INT(gives_up(ch), SYN_OK);
    CHECK_INT(v, -1);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(channel_next(ch, &v), 0);
        CHECK_INT(v, i);
    }
    CHECK_INT(channel_close(ch), 0);
    end_all();
}

GENERATOR(other, int, doubled, (int, n), SYN_LOCAL(struct count_channel, in), SYN_LOCAL(int, v))
{
    co_begin;
    self->in = count(self->n, 1.0);
    co_each (self->in, &self->v)
        co_yield(2 * self->v);
    co_finally;
    co_close(self->in);
    co_end;
}

static void G11_a_generator_consumes_a_generator_of_another_loop(void)
{
    syn_err err = -1;
    int n = 0, last = 0;

    begin();
    channel_each (int, v, doubled(5), &err) {
        n++;
        last = v;
    }
    CHECK_INT(err, 0);
    CHECK_INT(n, 5);
    CHECK_INT(last, 8);
    channel_each (int, v, doubled(5), &err)
        if (v == 4)
            break;
    CHECK_INT(err, 0);
    CHECK_INT(cleaned, 2);
    end_all();
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

static atomic_int destroyed; /* by whichever thread lets go of an item */

static void destroy(char *item)
{
    destroyed++;
    free(item);
}

GENERATOR(demo, char *, words, SYN_DESTROY(destroy), SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < 100; self->i++)
        co_yield(malloc(8));
    co_finally;
    co_yield(malloc(8));
    co_end;
}

GENERATOR(demo, char *, late_words, SYN_DESTROY(destroy))
{
    co_begin;
    co_sleep(2.0);
    co_yield(malloc(8));
    co_finally;
    co_yield(malloc(8));
    co_yield(malloc(8));
    co_end;
}

static void C11_what_it_yields_after_a_stop_is_destroyed_once(void)
{
    struct late_words_channel ch;
    char *word;

    begin();
    ch = late_words();
    CHECK_INT(channel_next_by(ch, &word, syn_after(1.0)), SYN_ETIMEDOUT);
    CHECK_INT(idles(2.0), 0); /* its item takes the one place */
    CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
    CHECK_INT(destroyed, 2);
    CHECK_INT(channel_next(ch, &word), 0);
    free(word);
    CHECK_INT(channel_next(ch, &word), SYN_ECANCELED);
    CHECK_INT(channel_close(ch), 0);
    end_all();
}

static void G3_more_places_than_there_are_addresses_are_refused(void)
{
    struct words_channel ch;

    begin();
    ch = words();
    CHECK_INT(channel_prefetch(ch, SIZE_MAX), SYN_ENOMEM);
    CHECK_INT(channel_prefetch(ch, SIZE_MAX / sizeof(char *)), SYN_ENOMEM);
    CHECK_INT(channel_close(ch), 0);
    end_all();
}


static void C11_an_item_that_nobody_fetched_is_destroyed_once(void)
{
    struct words_channel ch;
    char *word;

    begin();
    ch = words();
    CHECK_INT(channel_prefetch(ch, 4), 0);
    CHECK_INT(channel_next(ch, &word), 0);
    free(word);
    CHECK_INT(idles(1.0), 0); /* it runs ahead */
    CHECK_INT(channel_close(ch), 0);
    CHECK_INT(destroyed, 5); /* four in it, one yielded afterwards */
    end_all();
}

static void bad_handles_are_answered(void)
{
    struct count_channel never = {.u = {.handle = {NULL, 0, 0}}};
    int v;

    begin();
    CHECK_INT(channel_next(never, &v), SYN_EINVAL);
    CHECK_INT(channel_close(never), 0);
    syn_fault_set("alloc", 1, 1000000, ENOMEM);
    never = count(3, 0);
    syn_fault_clear();
    if (never.u.handle.slot == NULL)
        CHECK_INT(channel_next(never, &v), SYN_ENOMEM);
    CHECK_INT(channel_close(never), 0);
    never = count(3, 0);
    CHECK_INT(syni_channel_send(never.u.handle, &v, syn_never()), SYN_ENOTSUP);
    CHECK_INT(channel_end(never), SYN_ENOTSUP);
    CHECK_INT(channel_close(never), 0);
    end_all();
}

/* --- a channel that is its loop's own, until somebody else comes --- */

ASYNC(demo, int, takes_here, (struct count_channel, ch), SYN_LOCAL(int, v))
{
    co_begin;
    co_next(self->ch, &self->v);
    if (co_status)
        co_fail(co_status);
    co_return(self->v);
    co_end;
}

ASYNC(other, int, takes_there, (struct count_channel, ch), SYN_LOCAL(int, v))
{
    co_begin;
    co_next(self->ch, &self->v);
    if (co_status)
        co_fail(co_status);
    co_return(self->v);
    co_end;
}

/* From its own loop, and from another while it is its loop's own. */
ASYNC(demo, void, puts_here, (struct count_channel, ch))
{
    static int v = 77;

    co_begin;
    co_send(self->ch, &v);
    if (co_status)
        co_fail(co_status);
    co_end;
}

ASYNC(other, void, puts_there, (struct count_channel, ch))
{
    static int v = 77;

    co_begin;
    co_send(self->ch, &v);
    if (co_status)
        co_fail(co_status);
    co_end;
}

ASYNC(other, void, puts_or_waits, (struct count_channel, ch), SYN_LOCAL(struct syn_choice, on[1]))
{
    static int v = 77;

    co_begin;
    co_select(self->on, ON_SEND(self->ch, &v));
    if (co_status)
        co_fail(co_status);
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

ASYNC(demo, int, forty_two)
{
    return step_return(self, 42);
}

GENERATOR(demo, syn_err, waits_for_its_loop, SYN_LOCAL(int, v))
{
    co_begin;
    co_yield(forty_two(&self->v));
    co_finally;
    CHECK_INT(forty_two(&self->v), SYN_EDEADLK);
    cleaned++;
    co_end;
}

static void C7_a_generator_that_would_wait_for_its_own_loop_is_refused(void)
{
    syn_err err = -1, told = 0;
    int before = cleaned;

    begin();
    channel_each (syn_err, got, waits_for_its_loop(), &err)
        told = got;
    CHECK_INT(err, 0);
    CHECK_INT(told, SYN_EDEADLK);
    CHECK_INT(cleaned, before + 1);
    end_all();
}

static const struct test_case cases[] = {
    TEST(G1_nothing_starts_before_it_is_asked),
    TEST(G1_generator_and_thread_alternate_strictly),
    TEST(G1_generator_and_task_of_its_loop_alternate_strictly),
    TEST(G1_generator_and_task_of_another_loop_alternate_strictly),
    TEST(G3_a_larger_capacity_runs_ahead_and_suspends_when_full),
    TEST(G5_break_closes_and_runs_the_clean_up),
    TEST(G5_leaving_the_loop_by_return_closes_too),
    TEST(G5_a_task_breaks_out_and_the_clean_up_has_run),
    TEST(G5_close_waits_for_a_clean_up_that_awaits),
    TEST(G5_close_tells_of_a_clean_up_that_failed),
    TEST(G5_close_gives_up_at_its_deadline_and_says_who),
    TEST(G6_closing_on_the_generators_own_loop_never_waits),
    TEST(G7_an_error_stays_and_has_its_report),
    TEST(X3_a_consumer_that_gives_up_consumes_nothing),
    TEST(G11_a_generator_consumes_a_generator_of_another_loop),
    TEST(L2_stopping_ends_a_generator_and_tells_its_consumer),
    TEST(C11_an_item_that_nobody_fetched_is_destroyed_once),
    TEST(C11_what_it_yields_after_a_stop_is_destroyed_once),
    TEST(G3_more_places_than_there_are_addresses_are_refused),
    TEST(bad_handles_are_answered),
    TEST(C7_a_generator_that_would_wait_for_its_own_loop_is_refused),
    TEST(G1_nobody_but_the_generator_sends_into_its_channel),
    TEST(G2_a_channel_of_one_loop_becomes_everybodys),
    TEST(G5_a_stranger_closes_a_channel_of_one_loop),
    TEST(X3_a_stranger_who_gives_up_takes_nothing_from_a_channel_of_one_loop),
};
TEST_MAIN_BOTH_MODES("generator", cases);

/* SPDX-License-Identifier: Apache-2.0
 *
 * Generators, from every kind of consumer: when they run, and what becomes of their items.
 */
#define _DEFAULT_SOURCE
#include "support/generator_rig.h"

#include <synchronicity/step.h>

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
    co_check;
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

static void check_ahead(struct count_channel ch, int takes, const char *expected)
{
    int v = -1;

    if (takes >= 0)
        CHECK_INT(channel_next(ch, &v), 0);
    if (takes >= 0)
        CHECK_INT(v, takes);
    CHECK_INT(idles(1.0), 0);
    CHECK_INT(naps(1.0), 0);
    CHECK_STR(story, expected);
}

/* One that ran full is woken when half of it was fetched, once for many items, and not for each. */
static void G3_a_full_generator_goes_on_when_half_was_fetched(void)
{
    struct count_channel ch;

    begin();
    ch = count(20, 0.0);
    CHECK_INT(channel_prefetch(ch, 6), 0);
    check_ahead(ch, 0, "made0 made1 made2 made3 made4 made5 made6 ");
    check_ahead(ch, 1, "made0 made1 made2 made3 made4 made5 made6 ");
    check_ahead(ch, 2, "made0 made1 made2 made3 made4 made5 made6 ");
    check_ahead(ch, 3, "made0 made1 made2 made3 made4 made5 made6 made7 made8 made9 ");
    check_ahead(ch, 4, "made0 made1 made2 made3 made4 made5 made6 made7 made8 made9 ");
    CHECK_INT(channel_close(ch), 0);
    end_all();
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
    TEST(G3_a_full_generator_goes_on_when_half_was_fetched),
    TEST(G7_an_error_stays_and_has_its_report),
    TEST(X3_a_consumer_that_gives_up_consumes_nothing),
    TEST(G11_a_generator_consumes_a_generator_of_another_loop),
    TEST(C11_an_item_that_nobody_fetched_is_destroyed_once),
    TEST(C11_what_it_yields_after_a_stop_is_destroyed_once),
    TEST(G3_more_places_than_there_are_addresses_are_refused),
    TEST(bad_handles_are_answered),
    TEST(C7_a_generator_that_would_wait_for_its_own_loop_is_refused),
};
TEST_MAIN_BOTH_MODES("generator", cases);

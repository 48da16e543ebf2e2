/* SPDX-License-Identifier: Apache-2.0
 *
 * Talking back to generators: what is sent and what is thrown, from threads and tasks.
 */
#define _DEFAULT_SOURCE
#include "support/pair_rig.h"

#include <synchronicity/step.h>

static int cleaned, n_handled;

GENERATOR(demo, double, average, SENDS(double), SYN_LOCAL(double, sum), SYN_LOCAL(int, n))
{
    co_begin;
    for (;;) {
        co_yield(self->n ? self->sum / self->n : 0);
        co_check;
        if (!self->sent)
            continue;
        self->sum += *self->sent;
        self->n++;
    }
    co_finally;
    cleaned++;
    co_end;
}

/* Goes on after SYN_EIO, ends well after SYN_EPIPE. */
GENERATOR(demo, int, handles, (double, seconds), SENDS(int), SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0;; self->i++) {
        co_yield(self->i);
        if (co_status)
            n_handled++;
        if (co_status == SYN_EPIPE)
            co_done;
        if (co_status && co_status != SYN_EIO)
            co_fail(co_status);
        if (co_status == SYN_EIO)
            self->i = 100;
        else if (self->sent)
            self->i = *self->sent;
        if (self->seconds > 0)
            co_sleep(self->seconds);
    }
    co_end;
}

static void G4_what_is_sent_is_what_the_yield_gives(void)
{
    struct average_channel ch;
    double a = -1;

    begin();
    ch = average();
    CHECK_INT(channel_next(ch, &a), 0);
    CHECK_INT((int)a, 0);
    CHECK_INT(generator_send(ch, &(double){3}, &a), 0);
    CHECK_INT((int)a, 3);
    CHECK_INT(generator_send_by(ch, &(double){5}, &a, syn_after(1)), 0);
    CHECK_INT((int)a, 4);
    CHECK_INT(channel_next(ch, &a), 0); /* only asks */
    CHECK_INT((int)a, 4);
    CHECK_INT(channel_close(ch), 0);
    CHECK_INT(cleaned, 1);
    CHECK_INT(generator_send(ch, &(double){5}, &a), SYN_ECLOSED);
    end_all();
}

static void G4_what_is_thrown_is_raised_at_the_yield_and_it_may_go_on(void)
{
    struct handles_channel ch;
    int v = -1;

    begin();
    ch = handles(0);
    CHECK_INT(channel_next(ch, &v), 0);
    CHECK_INT(generator_throw(ch, SYN_EIO, "again", &v), 0);
    CHECK_INT(v, 101);
    CHECK_INT(channel_next(ch, &v), 0); /* raised once */
    CHECK_INT(v, 102);
    CHECK_INT(n_handled, 1);
    CHECK_INT(generator_throw(ch, SYN_EPIPE, NULL, &v), SYN_EEND);
    CHECK_INT(generator_throw(ch, SYN_EIO, NULL, &v), SYN_EEND);
    CHECK_INT(n_handled, 2);
    CHECK_INT(channel_close(ch), 0);
    end_all();
}

static void G4_a_generator_that_does_not_handle_it_ends_with_it(void)
{
    struct average_channel ch;
    double a = -1;

    begin();
    ch = average();
    CHECK_INT(channel_next(ch, &a), 0);
    CHECK_INT(generator_throw(ch, SYN_EIO, "thrown at it", &a), SYN_EIO);
    CHECK_SAYS("thrown at it");
    CHECK_INT(cleaned, 1);
    CHECK_INT(channel_next(ch, &a), SYN_EIO);
    CHECK_INT(generator_send(ch, &a, &a), SYN_EIO);
    CHECK_INT(channel_close(ch), 0);
    end_all();
}

static void G4_nothing_is_said_before_the_first_item(void)
{
    struct average_channel ch;
    double a = -1;

    begin();
    ch = average();
    CHECK_INT(generator_send(ch, &(double){3}, &a), SYN_EINVAL);
    CHECK_SAYS("channel_next");
    CHECK_INT(generator_throw(ch, SYN_EIO, NULL, &a), SYN_EINVAL);
    CHECK_INT(synchronizer_stats(&demo).started, 0);
    CHECK_INT(channel_prefetch(ch, 3), SYN_ENOTSUP);
    CHECK_INT(channel_next(ch, &a), 0);
    CHECK_INT((int)a, 0);
    CHECK_INT(channel_close(ch), 0);
    end_all();
}

static void G4_who_gives_up_was_heard_and_the_answer_is_there_to_fetch(void)
{
    struct handles_channel ch;
    int v = -1;

    begin();
    ch = handles(1.0);
    CHECK_INT(channel_next(ch, &v), 0);
    CHECK_INT(generator_send_by(ch, &(int){10}, &v, syn_after(0.5)), SYN_ETIMEDOUT);
    CHECK_INT(generator_send(ch, &(int){20}, &v), SYN_EBUSY);
    CHECK_SAYS("to be fetched");
    CHECK_INT(v, 0);
    CHECK_INT(channel_next(ch, &v), 0);
    CHECK_INT(v, 11);
    CHECK_INT(generator_send(ch, &(int){20}, &v), 0);
    CHECK_INT(v, 21);
    CHECK_INT(channel_close(ch), 0);
    end_all();
}

/* Talks to both kinds, from whichever loop it is awaited on. */
ASYNC(SYN_FREE, void, talks, SYN_LOCAL(struct average_channel, ch), SYN_LOCAL(double, a),
      SYN_LOCAL(struct handles_channel, h), SYN_LOCAL(int, v))
{
    co_begin;
    self->ch = average();
    co_generator_send(self->ch, &(double){3}, &self->a);
    CHECK_INT(co_status, SYN_EINVAL);
    co_next(self->ch, &self->a);
    co_generator_send(self->ch, &(double){3}, &self->a);
    CHECK_INT(co_status, 0);
    co_generator_send(self->ch, &(double){6}, &self->a);
    CHECK_INT((int)(2 * self->a), 9);
    co_generator_throw(self->ch, SYN_EIO, "from a task", &self->a);
    CHECK_INT(co_status, SYN_EIO);
    co_close(self->ch);
    co_generator_send(self->ch, &(double){3}, &self->a);
    CHECK_INT(co_status, SYN_ECLOSED);
    self->h = handles(0);
    co_next(self->h, &self->v);
    co_generator_throw(self->h, SYN_EIO, NULL, &self->v);
    CHECK_INT(self->v, 101);
    co_close(self->h);
    co_end;
}

ASYNC(demo, void, talks_here)
{
    co_begin;
    co_try(talks_future());
    co_end;
}

ASYNC(other, void, talks_there)
{
    co_begin;
    co_try(talks_future());
    co_end;
}

static void G4_tasks_of_its_loop_talk_too(void)
{
    begin();
    CHECK_INT(talks_here(), 0);
    end_all();
}

static void G4_tasks_of_another_loop_talk_too(void)
{
    begin();
    CHECK_INT(talks_there(), 0);
    end_all();
}

/* The generator in bare steps. */
struct echoes;
static struct syn_step echoes_heard(struct echoes *self);

GENERATOR(demo, int, echoes, SENDS(int))
{
    return step_yield(self, -1, echoes_heard);
}
static struct syn_step echoes_heard(struct echoes *self)
{
    if (step_status(self))
        return step_fail(self, step_status(self));
    return step_yield(self, self->sent ? *self->sent : -1, echoes_heard);
}

ASYNC(demo, int, steps, SYN_LOCAL(struct echoes_channel, ch), SYN_LOCAL(int, v))
{
    co_begin;
    self->ch = echoes();
    co_next(self->ch, &self->v);
    co_check;
    co_generator_send(self->ch, &(int){7}, &self->v);
    self->result = self->v;
    co_generator_throw(self->ch, SYN_EPROTO, NULL, &self->v);
    CHECK_INT(co_status, SYN_EPROTO);
    co_return_result;
    co_finally;
    channel_drop(self->ch);
    co_end;
}

static void G4_in_bare_steps(void)
{
    int v = -1;

    begin();
    CHECK_INT(steps(&v), 0);
    CHECK_INT(v, 7);
    end_all();
}

ASYNC(demo, syn_err, sends_blocking, (struct echoes_channel, ch), SYN_LOCAL(int, v))
{
    return step_return(self, generator_send(self->ch, &(int){1}, &self->v));
}

static void C7_sending_on_a_driving_thread_is_refused_and_unheard(void)
{
    struct echoes_channel ch;
    syn_err err = 0;
    int v = 0;

    begin();
    ch = echoes();
    CHECK_INT(channel_next(ch, &v), 0);
    CHECK_INT(sends_blocking(ch, &err), 0);
    CHECK_INT(err, SYN_EDEADLK);
    CHECK_INT(channel_next(ch, &v), 0);
    CHECK_INT(v, -1);
    CHECK_INT(channel_close(ch), 0);
    end_all();
}

static void G4_thrown_and_stopped_at_once_leaves_nothing(void)
{
    struct handles_channel ch;
    int v = -1;

    begin();
    ch = handles(5.0);
    CHECK_INT(channel_next(ch, &v), 0);
    CHECK_INT(call_by(syn_after(1.0), generator_throw(ch, SYN_EIO, "slow", &v)), SYN_ETIMEDOUT);
    CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
    CHECK_INT(generator_throw(ch, SYN_EIO, "late", &v), SYN_ECANCELED);
    CHECK_INT(channel_close(ch), 0);
    end_all();
}

static void G4_saying_without_memory_for_a_report_says_it_all_the_same(void)
{
    struct handles_channel ch;
    int v = -1;

    begin();
    for (int n = 1; n < 4; n++) {
        ch = handles(0);
        CHECK_INT(channel_next(ch, &v), 0);
        syn_fault_set("alloc", n, 1000, ENOMEM);
        CHECK_INT(generator_throw(ch, SYN_EIO, "words", &v), 0);
        syn_fault_clear();
        CHECK_INT(v, 101);
        CHECK_INT(channel_close(ch), 0);
    }
    end_all();
}

static const struct test_case cases[] = {
    TEST(G4_what_is_sent_is_what_the_yield_gives),
    TEST(G4_what_is_thrown_is_raised_at_the_yield_and_it_may_go_on),
    TEST(G4_a_generator_that_does_not_handle_it_ends_with_it),
    TEST(G4_nothing_is_said_before_the_first_item),
    TEST(G4_who_gives_up_was_heard_and_the_answer_is_there_to_fetch),
    TEST(G4_tasks_of_its_loop_talk_too),
    TEST(G4_tasks_of_another_loop_talk_too),
    TEST(G4_in_bare_steps),
    TEST(C7_sending_on_a_driving_thread_is_refused_and_unheard),
    TEST(G4_thrown_and_stopped_at_once_leaves_nothing),
    TEST(G4_saying_without_memory_for_a_report_says_it_all_the_same),
};
TEST_MAIN_BOTH_MODES("talk", cases);

/* SPDX-License-Identifier: Apache-2.0
 *
 * Select: one of several things happens, and what loses consumed nothing.
 */
#define _DEFAULT_SOURCE
#include "support/channel_rig.h"

#include <synchronicity/step.h>

PROMISE(int, number);
PROMISE(void, nothing);

static void G9_what_is_ready_happens_and_nothing_else(void)
{
    struct ints_channel a, b;
    syn_err err = -1;
    int x = -1, y = 7, z = -1;

    begin();
    a = ints(1);
    b = ints(1);
    CHECK_INT(channel_select(&err, ON_NEXT(a, &x), ON_SEND(b, &y)), 1);
    CHECK_INT(err, 0);
    CHECK_INT(channel_send(a, &(int){5}), 0);
    CHECK_INT(channel_select(&err, ON_SEND(b, &y), ON_NEXT(a, &x)), 1);
    CHECK_INT(x, 5);
    CHECK_INT(channel_try_next(b, &z), 0);
    CHECK_INT(z, 7);
    CHECK_INT(channel_try_next(b, &z), SYN_EAGAIN); /* sent once */
    CHECK_INT(channel_select(NULL, ON_TIME(syn_after(2.0)), ON_NEXT(a, &x)), 0);
    CHECK_INT(now(), 2 * SECOND);
    channel_close(a);
    channel_close(b);
    end_all();
}

static void G9_ends_errors_and_closes_are_answers(void)
{
    struct ints_channel a, b, never = {.u = {.handle = {NULL, 0, 0}}};
    syn_err err = -1;
    int x = -1;

    begin();
    a = ints(1);
    b = ints(1);
    channel_end(a);
    CHECK_INT(channel_select(&err, ON_NEXT(a, &x), ON_NEXT(b, &x)), 0);
    CHECK_INT(err, SYN_EEND);
    CHECK_INT(channel_select(&err, ON_NEXT(b, &x), ON_SEND(a, &x)), 1);
    CHECK_INT(err, SYN_ECLOSED);
    channel_close(a);
    CHECK_INT(channel_select(&err, ON_NEXT(b, &x), ON_NEXT(a, &x)), 1);
    CHECK_INT(err, SYN_ECLOSED);
    CHECK_INT(channel_select(&err, ON_NEXT(b, &x), ON_NEXT(never, &x)), 1);
    CHECK_INT(err, SYN_EINVAL);
    channel_fail(b, SYN_EIO, "on fire");
    CHECK_INT(channel_select(&err, ON_NEXT(b, &x)), 0);
    CHECK_INT(err, SYN_EIO);
    CHECK_SAYS("on fire");
    channel_close(b);
    b = ints(1);
    channel_fail(b, SYN_ENOTSUP, "not this one");
    CHECK_INT(channel_select(&err, ON_NEXT(b, &x)), 0);
    CHECK_INT(err, SYN_ENOTSUP);
    CHECK_SAYS("not this one");
    channel_close(b);
    CHECK_INT(syni_select(&err, NULL, 0), -1);
    CHECK_INT(err, SYN_EINVAL);
    end_all();
}

static void G9_a_future_that_wins_is_used_up_and_one_that_loses_is_as_it_was(void)
{
    struct ints_channel a;
    struct number_promise p;
    struct number_future f;
    struct nothing_promise q;
    struct nothing_future g;
    syn_err err = -1;
    int x = -1, y = -1;

    begin();
    a = ints(1);
    CHECK_INT(promise_new(number, &p, &f), 0);
    CHECK_INT(promise_new(nothing, &q, &g), 0);
    CHECK_INT(channel_send(a, &(int){5}), 0);
    CHECK_INT(channel_select(&err, ON_FUTURE(f, &y), ON_FUTURE(g), ON_NEXT(a, &x)), 2);
    CHECK_INT(future_poll(f), SYN_EAGAIN);
    promise_complete(p, &(int){42});
    CHECK_INT(channel_select(&err, ON_FUTURE(f, &y), ON_FUTURE(g), ON_NEXT(a, &x)), 0);
    CHECK_INT(err, 0);
    CHECK_INT(y, 42);
    CHECK_INT(future_get(f, &y), SYN_ECONSUMED);
    CHECK_INT(channel_select(&err, ON_NEXT(a, &x), ON_FUTURE(f, &y)), 1);
    CHECK_INT(err, SYN_ECONSUMED);
    promise_fail(q, SYN_EIO, "no luck");
    CHECK_INT(channel_select(&err, ON_FUTURE(g), ON_NEXT(a, &x)), 0);
    CHECK_INT(err, SYN_EIO);
    CHECK_SAYS("no luck");
    channel_close(a);
    end_all();
}

GENERATOR(demo, int, ticks, (double, seconds), (int, n), SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < self->n; self->i++) {
        co_sleep(self->seconds);
        co_yield(self->i);
    }
    co_end;
}

ASYNC(demo, int, late, (double, seconds), (int, x))
{
    co_begin;
    co_sleep(self->seconds);
    co_return(self->x);
    co_end;
}

/* Two generators and a future; what is chosen, and when. */
static void G9_a_thread_waits_for_the_first(void)
{
    struct ticks_channel fast, slow;
    struct late_future f;
    syn_err err = -1;
    int x = -1, y = -1, z = -1, n_fast = 0, n_slow = 0, n_late = 0;

    begin();
    fast = ticks(1.0, 5);
    slow = ticks(2.2, 9);
    f = late_future(3.5, 9);
    for (;;) {
        int which = n_late ? channel_select(&err, ON_NEXT(fast, &x), ON_NEXT(slow, &y))
                           : channel_select(&err, ON_NEXT(fast, &x), ON_NEXT(slow, &y),
                                            ON_FUTURE(f, &z));

        if (err == SYN_EEND)
            break;
        CHECK_INT(err, 0);
        n_fast += which == 0;
        n_slow += which == 1;
        n_late += which == 2;
    }
    CHECK_INT(n_fast, 5);
    CHECK_INT(n_late, 1);
    CHECK_INT(z, 9);
    CHECK_INT(n_slow, y + 1); /* none was lost, whenever the end came */
    CHECK_INT(channel_close(fast), 0);
    CHECK_INT(channel_close(slow), 0);
    end_all();
}

ASYNC(other, int, selects, (struct ticks_channel, in), (struct ints_channel, out),
      (struct late_future, f), SYN_LOCAL(struct syn_choice, on[4]), SYN_LOCAL(int, x),
      SYN_LOCAL(int, y))
{
    co_begin;
    co_select(self->on, ON_NEXT(self->in, &self->x), ON_FUTURE(self->f, &self->y),
              ON_TIME(syn_after(9.0)));
    CHECK_INT(syn_chosen(self->on), 0);
    CHECK_INT(co_status, 0);
    CHECK_INT(self->x, 0);
    co_select(self->on, ON_TIME(syn_after(0.5)), ON_NEXT(self->in, &self->x),
              ON_FUTURE(self->f, &self->y));
    CHECK_INT(syn_chosen(self->on), 0);
    CHECK_INT(co_status, SYN_ETIMEDOUT);
    co_select(self->on, ON_FUTURE(self->f, &self->y), ON_SEND(self->out, &self->x));
    CHECK_INT(syn_chosen(self->on), 0);
    CHECK_INT(co_status, 0);
    co_select(self->on, ON_NEXT(self->in, &self->x), ON_SEND(self->out, &self->y));
    CHECK_INT(syn_chosen(self->on), 0); /* nobody takes from out */
    CHECK_INT(self->x, 1);
    co_return(self->y);
    co_end;
}

static void G9_a_task_waits_for_the_first(void)
{
    struct ticks_channel in;
    struct ints_channel out;
    int v = -1;

    begin();
    in = ticks(1.0, 2);
    out = ints(0);
    CHECK_INT(selects(in, out, late_future(1.8, 5), &v), 0);
    CHECK_INT(v, 5);
    CHECK_INT(now(), 2 * SECOND); /* a generator made the second item meanwhile */
    CHECK_INT(channel_try_next(out, &v), SYN_EAGAIN);
    channel_close(in);
    channel_close(out);
    end_all();
}

ASYNC(demo, void, hangs, (struct ints_channel, a), (struct number_future, f),
      SYN_LOCAL(struct syn_choice, on[2]), SYN_LOCAL(int, x), SYN_LOCAL(int, y))
{
    co_begin;
    co_select(self->on, ON_NEXT(self->a, &self->x), ON_FUTURE(self->f, &self->y));
    co_finally;
    CHECK_INT(syn_chosen(self->on), -2);
    co_end;
}

static void X3_a_select_that_is_cancelled_took_nothing(void)
{
    struct hangs_future h;
    struct number_promise p;
    struct number_future f;
    struct ints_channel a;
    int x = -1;

    begin();
    a = ints(1);
    CHECK_INT(promise_new(number, &p, &f), 0);
    h = hangs_future(a, f);
    CHECK_INT(future_get_by(h, syn_after(1.0)), SYN_ETIMEDOUT);
    CHECK_INT(channel_send(a, &(int){3}), 0);
    CHECK_INT(channel_try_next(a, &x), 0);
    CHECK_INT(x, 3);
    promise_complete(p, &(int){42});
    CHECK_INT(future_get(f, &x), 0);
    channel_close(a);
    end_all();
}

ASYNC(demo, int, selects_blocking, (struct ints_channel, a), SYN_LOCAL(syn_err, err),
      SYN_LOCAL(int, x))
{
    int which = channel_select(&self->err, ON_NEXT(self->a, &self->x));

    CHECK_INT(which, -1);
    CHECK_INT(self->err, SYN_EDEADLK);
    CHECK_SAYS("co_select");
    which = channel_select(&self->err, ON_NEXT(self->a, &self->x), ON_TIME(syn_after(0)));
    CHECK_INT(which, 1);
    CHECK_INT(self->err, SYN_ETIMEDOUT);
    CHECK_INT(channel_send(self->a, &(int){8}), 0);
    CHECK_INT(channel_select(&self->err, ON_NEXT(self->a, &self->x)), 0);
    return step_return(self, self->x);
}

static void C7_a_select_that_would_block_a_loop_is_refused(void)
{
    struct ints_channel a;
    int v = -1;

    begin();
    a = ints(1);
    CHECK_INT(selects_blocking(a, &v), 0);
    CHECK_INT(v, 8);
    channel_close(a);
    end_all();
}

static void C12_a_deadline_around_a_select_ends_it(void)
{
    struct ints_channel a;
    syn_err err = 0;
    int x;

    begin();
    a = ints(0);
    CHECK_INT(call_by(syn_after(1.0),
                      channel_select(&err, ON_NEXT(a, &x), ON_TIME(syn_after(5.0)))), -1);
    CHECK_INT(err, SYN_ETIMEDOUT);
    CHECK_INT(now(), SECOND);
    channel_close(a);
    end_all();
}

static void G9_fair_among_the_ready(void)
{
    enum { N = 3000 };
    struct ints_channel ch[3];
    int n[3] = {0}, x = -1;

    begin();
    for (int i = 0; i < 3; i++) {
        ch[i] = ints(1);
        CHECK_INT(channel_send(ch[i], &i), 0);
    }
    for (int i = 0; i < N; i++) {
        int which = channel_select(NULL, ON_NEXT(ch[0], &x), ON_NEXT(ch[1], &x),
                                   ON_NEXT(ch[2], &x));

        n[which]++;
        CHECK_INT(x, which);
        CHECK_INT(channel_send(ch[which], &which), 0);
    }
    for (int i = 0; i < 3; i++) {
        CHECK(n[i] > N / 3 - N / 10 && n[i] < N / 3 + N / 10);
        channel_close(ch[i]);
    }
    end_all();
}

static void C3_a_select_allocates_nothing(void)
{
    struct ints_channel a;
    struct syn_memory_use before;
    int x;

    begin();
    a = ints(1);
    before = syn_memory_use();
    CHECK_INT(channel_select(NULL, ON_NEXT(a, &x), ON_SEND(a, &(int){1})), 1);
    CHECK_INT(channel_select(NULL, ON_NEXT(a, &x), ON_SEND(a, &(int){1})), 0);
    CHECK_INT(syn_memory_use().allocations, before.allocations);
    channel_close(a);
    end_all();
}

static void C11_an_item_of_a_select_is_destroyed_once(void)
{
    struct texts_channel a;
    char *text = strdup("kept"), *got = NULL;

    begin();
    CHECK_INT(channel_new(texts, 1, &a), 0);
    CHECK_INT(channel_select(NULL, ON_SEND(a, &text), ON_NEXT(a, &got)), 0);
    channel_close(a);
    CHECK_INT(destroyed, 1);
    text = strdup("still ours");
    CHECK_INT(channel_select(NULL, ON_SEND(a, &text)), 0); /* closed */
    free(text);
    CHECK_INT(destroyed, 1);
    end_all();
}

static const struct test_case cases[] = {
    TEST(G9_what_is_ready_happens_and_nothing_else),
    TEST(G9_ends_errors_and_closes_are_answers),
    TEST(G9_a_future_that_wins_is_used_up_and_one_that_loses_is_as_it_was),
    TEST(G9_a_thread_waits_for_the_first),
    TEST(G9_a_task_waits_for_the_first),
    TEST(X3_a_select_that_is_cancelled_took_nothing),
    TEST(C7_a_select_that_would_block_a_loop_is_refused),
    TEST(C12_a_deadline_around_a_select_ends_it),
    TEST(G9_fair_among_the_ready),
    TEST(C3_a_select_allocates_nothing),
    TEST(C11_an_item_of_a_select_is_destroyed_once),
};
TEST_MAIN_BOTH_MODES("select", cases);

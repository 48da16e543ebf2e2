/* SPDX-License-Identifier: Apache-2.0
 *
 * One task hands over to another: which task runs next, for how long others wait, and that a drawn order
 * still has every order.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

SYNCHRONIZER(demo);

static char story[64];
static size_t told;

static void tell(char what)
{
    if (told < sizeof story - 1)
        story[told++] = what;
}

static void begin_story(void)
{
    memset(story, 0, sizeof story);
    told = 0;
}

ASYNC(demo, void, says, (char, what))
{
    tell(self->what);
    return step_done(self);
}

ASYNC(demo, void, asks_last, SYN_LOCAL(struct says_future, early),
      SYN_LOCAL(struct says_future, second))
{
    co_begin;
    self->early = says_future('1');
    self->second = says_future('2');
    co_await(says_future('3'));
    tell('4');
    co_await(self->early);
    co_await(self->second);
    co_end;
}

static void T2_the_call_that_was_made_last_runs_when_it_is_awaited(void)
{
    begin();
    begin_story();
    CHECK_INT(asks_last(), 0);
    CHECK_STR(story, "3412");
    finish(&demo);
    done();
}

/* The one awaited is not the last: those before it have their turn first. */
ASYNC(demo, void, asks_first, SYN_LOCAL(struct says_future, early),
      SYN_LOCAL(struct says_future, second))
{
    co_begin;
    self->early = says_future('1');
    self->second = says_future('2');
    co_await(self->early);
    tell('3');
    co_await(self->second);
    co_end;
}

static void T2_a_call_that_is_not_the_last_has_its_turn_in_order(void)
{
    begin();
    begin_story();
    CHECK_INT(asks_first(), 0);
    CHECK_STR(story, "132");
    finish(&demo);
    done();
}

static int n_awaited; /* the demo's */

ASYNC(demo, void, counts_on, (int, n))
{
    co_begin;
    for (n_awaited = 0; n_awaited < self->n; n_awaited++)
        co_await(says_future('.'));
    co_end;
}

ASYNC(demo, int, notes_how_far)
{
    return step_return(self, n_awaited);
}

/* A task that only awaits what is at once there keeps others for some steps, and not for ever. */
ASYNC(demo, int, waits_its_turn, SYN_LOCAL(struct notes_how_far_future, other),
      SYN_LOCAL(struct counts_on_future, busy))
{
    co_begin;
    self->other = notes_how_far_future();
    self->busy = counts_on_future(1000);
    co_try(self->busy);
    co_try(self->other, &self->result);
    co_return_result;
    co_end;
}

static void T2_a_task_that_is_always_served_lets_others_run(void)
{
    int n = -1;

    begin();
    begin_story();
    CHECK_INT(waits_its_turn(&n), 0);
    CHECK(n > 0 && n <= 64); /* the greatest number of transfers in a row */
    finish(&demo);
    done();
}

GENERATOR(demo, int, numbers, (int, n), SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < self->n; self->i++)
        co_yield(self->i);
    co_end;
}

/* How many items it has had when a call runs that it made while 500 were there. */
ASYNC(demo, int, reads_on, SYN_LOCAL(struct numbers_channel, ch), SYN_LOCAL(int, item),
      SYN_LOCAL(int, i), SYN_LOCAL(struct notes_how_far_future, other))
{
    co_begin;
    n_awaited = 0;
    self->ch = numbers(1000);
    channel_prefetch(self->ch, 500);
    co_each (self->ch, &self->item) {
        if (self->item != n_awaited++)
            co_fail(SYN_EINVAL);
        if (self->item > 0)
            continue;
        for (self->i = 0; self->i < 100; self->i++)
            co_pass; /* the generator runs ahead */
        self->other = notes_how_far_future();
    }
    co_try(self->other, &self->result);
    co_return_result;
    co_end;
}

static void T2_items_that_are_there_let_others_run(void)
{
    int n = -1;

    begin();
    begin_story();
    CHECK_INT(reads_on(&n), 0);
    CHECK(n > 1 && n <= 66); /* the one before, and as many as there may be transfers in a row */
    CHECK_INT(n_awaited, 1000);
    finish(&demo);
    done();
}

ASYNC(demo, void, spawns_two, SYN_LOCAL(struct syn_scope, all))
{
    co_begin;
    co_spawn(&self->all, says_future('1'));
    tell('a');
    co_spawn(&self->all, says_future('2'));
    tell('b');
    co_join(&self->all);
    co_end;
}

static void T2_a_spawn_with_room_does_not_leave_the_step(void)
{
    begin();
    begin_story();
    CHECK_INT(spawns_two(), 0);
    CHECK_STR(story, "ab12");
    finish(&demo);
    done();
}

/* How many it has spawned when a call runs that it made before. */
ASYNC(demo, int, spawns_on, SYN_LOCAL(struct syn_scope, all), SYN_LOCAL(struct notes_how_far_future, other))
{
    co_begin;
    self->other = notes_how_far_future();
    for (n_awaited = 0; n_awaited < 1000; n_awaited++)
        co_spawn(&self->all, says_future('.'));
    co_try(self->other, &self->result);
    co_join(&self->all);
    co_return_result;
    co_end;
}

static void T2_a_loop_of_spawns_lets_others_run(void)
{
    int n = -1;

    begin();
    begin_story();
    CHECK_INT(spawns_on(&n), 0);
    CHECK(n > 1 && n <= 64);
    finish(&demo);
    done();
}

static _Atomic(bool) goes_round;
ASYNC(demo, void, goes_on_for_ever, (bool, joins), SYN_LOCAL(struct syn_scope, all))
{
    co_begin;
    for (;; atomic_store(&goes_round, true)) {
        if (self->joins) /* what has ended */
            co_join(&self->all);
        else
            co_spawn(&self->all, says_future('.'));
    }
    co_end;
}

static void loop_is_cancelled(bool joins)
{
    struct goes_on_for_ever_future f;

    begin();
    begin_story();
    goes_round = false;
    f = goes_on_for_ever_future(joins);
    while (!atomic_load(&goes_round))
        usleep(100);
    CHECK_INT(future_cancel(f), SYN_ECANCELED);
    finish(&demo);
    done();
}

static void X3_a_loop_of_spawns_is_cancelled(void)
{
    loop_is_cancelled(false);
}

/* One wait is put off; the next is interrupted, though its children have ended. */
static void X3_a_loop_of_joins_is_cancelled(void)
{
    loop_is_cancelled(true);
}

GENERATOR(demo, int, digits, (int, n), SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < self->n; self->i++) {
        tell((char)('a' + self->i));
        co_yield(self->i);
    }
    co_end;
}

ASYNC(demo, void, reads, (size_t, room), SYN_LOCAL(struct digits_channel, ch), SYN_LOCAL(int, item))
{
    co_begin;
    self->ch = digits(3);
    channel_prefetch(self->ch, self->room);
    co_each (self->ch, &self->item)
        tell((char)('0' + self->item));
    co_end;
}

static void G1_without_room_a_generator_and_its_reader_take_turns(void)
{
    begin();
    begin_story();
    CHECK_INT(reads(0), 0);
    CHECK_STR(story, "a0b1c2");
    finish(&demo);
    done();
}

static void G1_with_room_a_generator_runs_ahead(void)
{
    begin();
    begin_story();
    CHECK_INT(reads(8), 0);
    CHECK_STR(story, "abc012");
    finish(&demo);
    done();
}

ASYNC(demo, void, makes_two, SYN_LOCAL(struct says_future, second))
{
    co_begin;
    self->second = says_future('1');
    co_await(says_future('2'));
    co_await(self->second);
    co_end;
}

static void T2_a_drawn_order_has_every_order_of_calls(void)
{
    int made_first = 0, awaited_first = 0;

    for (uint64_t seed = 1; seed <= 40; seed++) {
        begin();
        syn_test_seed(seed);
        begin_story();
        CHECK_INT(makes_two(), 0);
        made_first += strcmp(story, "12") == 0;
        awaited_first += strcmp(story, "21") == 0;
        finish(&demo);
        done();
        syn_test_seed(0);
    }
    CHECK_INT(made_first + awaited_first, 40);
    CHECK(made_first > 5 && awaited_first > 5);
}

/* Others know the future while its call ends: it is not taken from them. */
ASYNC(demo, int, slow)
{
    co_begin;
    co_sleep(1.0);
    co_return(7);
    co_end;
}

static _Atomic(bool) in_wait;

ASYNC(demo, int, awaits_known, SYN_LOCAL(struct slow_future, f), SYN_LOCAL(struct slow_future, copy))
{
    co_begin;
    self->copy = self->f = slow_future();
    co_try(self->f, &self->result);
    CHECK_INT(future_request_cancel(self->copy), SYN_ECONSUMED); /* gone */
    CHECK_INT(future_poll(self->copy), SYN_ECONSUMED);
    co_return_result;
    co_end;
}

static void C15_the_copy_of_an_awaited_future_is_stale_when_it_ended(void)
{
    int y = 0;

    begin();
    CHECK_INT(awaits_known(&y), 0);
    CHECK_INT(y, 7);
    finish(&demo);
    done();
}

ASYNC(demo, int, forever)
{
    co_begin;
    atomic_store(&in_wait, true);
    co_sleep(1e6);
    co_return(7);
    co_end;
}

static struct forever_future known; /* written before `in_wait` */

ASYNC(demo, syn_err, awaits_cancelled, SYN_LOCAL(int, y))
{
    co_begin;
    known = forever_future();
    co_await(known, &self->y);
    co_return(co_status);
    co_end;
}

static void C15_an_awaited_future_is_cancelled_by_its_copy_from_a_thread(void)
{
    struct awaits_cancelled_future f;
    syn_err status = SYN_OK;

    begin();
    in_wait = false;
    f = awaits_cancelled_future();
    while (!atomic_load(&in_wait))
        usleep(100);
    CHECK_INT(future_request_cancel(known), 0);
    CHECK_INT(future_get(f, &status), 0);
    CHECK_INT(status, SYN_ECANCELED);
    CHECK_INT(future_request_cancel(known), SYN_ECONSUMED);
    finish(&demo);
    done();
}

static const struct test_case cases[] = {
    TEST(T2_the_call_that_was_made_last_runs_when_it_is_awaited),
    TEST(T2_a_call_that_is_not_the_last_has_its_turn_in_order),
    TEST(T2_a_task_that_is_always_served_lets_others_run),
    TEST(T2_items_that_are_there_let_others_run),
    TEST(T2_a_spawn_with_room_does_not_leave_the_step),
    TEST(T2_a_loop_of_spawns_lets_others_run),
    TEST(X3_a_loop_of_spawns_is_cancelled),
    TEST(X3_a_loop_of_joins_is_cancelled),
    TEST(T2_a_drawn_order_has_every_order_of_calls),
    TEST(G1_without_room_a_generator_and_its_reader_take_turns),
    TEST(G1_with_room_a_generator_runs_ahead),
    TEST(C15_the_copy_of_an_awaited_future_is_stale_when_it_ended),
    TEST(C15_an_awaited_future_is_cancelled_by_its_copy_from_a_thread),
};
TEST_MAIN_BOTH_MODES("transfer", cases);

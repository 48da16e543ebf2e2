/* SPDX-License-Identifier: Apache-2.0
 *
 * The writing end: what may complete it, which is first, what a broken promise says, what
 * may wait. Virtual time, both modes.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

SYNCHRONIZER(demo);

struct pair {
    int first;
    char second[40];
};

static atomic_int n_destroyed;

static void destroy(char *text)
{
    n_destroyed++;
    free(text);
}

PROMISE(int, number);
PROMISE(void, signal_only);
PROMISE(struct pair, pair);
PROMISE(char *, text, DESTROY(destroy));

ASYNC(demo, int, awaits, (struct number_future, f))
{
    co_begin;
    co_try(self->f, &self->result);
    co_return_result;
    co_end;
}

static void P3_a_promise_carries_any_type_from_any_thread(void)
{
    struct number_promise pn;
    struct number_future fn;
    struct signal_only_promise ps;
    struct signal_only_future fs;
    struct pair_promise pp;
    struct pair_future fp;
    struct pair value = {7, "seven"}, got;
    int y;

    begin();
    CHECK_INT(promise_new(number, &pn, &fn), 0);
    CHECK_INT(promise_new(signal_only, &ps, &fs), 0);
    CHECK_INT(promise_new(pair, &pp, &fp), 0);
    CHECK_INT(future_poll(fn), SYN_EAGAIN);
    CHECK_INT(promise_complete(pn, &(int){42}), 0);
    CHECK_INT(promise_complete(ps), 0);
    CHECK_INT(promise_complete(pp, &value), 0);
    value.first = 8;
    CHECK_INT(future_get(fn, &y), 0);
    CHECK_INT(y, 42);
    CHECK_INT(future_get(fs), 0);
    CHECK_INT(future_get(fp, &got), 0);
    CHECK_INT(got.first, 7);
    CHECK_STR(got.second, "seven");
    done();
}

static void completes(int number, void *argument)
{
    (void)number;
    usleep(2000); /* so that the waiter does wait; either order is right */
    CHECK_INT(promise_complete(*(struct number_promise *)argument, &(int){5}), 0);
}

static _Atomic(bool) called;

static void five_arrives(void *user, syn_err err, int *result)
{
    (void)user;
    CHECK_INT(err, 0);
    CHECK_INT(*result, 5);
    called = true;
}

enum { THREAD, TASK, CALLBACK, N_WAITERS };

static void P3_a_thread_a_task_and_a_callback_wait_for_another_thread(void)
{
    begin_in_real_time();
    for (int waiter = 0; waiter < N_WAITERS; waiter++) {
        struct number_promise p;
        struct number_future f;
        struct crew_at_work *other;
        int y = 0;

        CHECK_INT(promise_new(number, &p, &f), 0);
        other = crew_start(1, completes, &p);
        if (waiter == THREAD)
            CHECK_INT(future_get(f, &y), 0);
        else if (waiter == TASK)
            CHECK_INT(awaits(f, &y), 0);
        else
            CHECK_INT(future_then(f, &demo, five_arrives, NULL), 0);
        CHECK(waiter == CALLBACK || y == 5);
        crew_join(other);
    }
    spin_until(&called);
    finish(&demo);
    done();
}

struct race {
    struct number_promise promise;
    atomic_int winner, n_wins, n_losses;
};

static void races(int number, void *argument)
{
    struct race *race = argument;
    syn_err err = number % 3 == 0   ? promise_complete(race->promise, &number)
                  : number % 3 == 1 ? promise_fail(race->promise, SYN_EIO, "lost the race")
                                    : promise_drop(race->promise);

    if (err == 0) {
        race->n_wins++;
        race->winner = number;
    } else {
        CHECK_INT(err, SYN_EALREADY);
        race->n_losses++;
    }
}

static void P4_of_eight_racing_threads_the_first_wins_and_the_others_are_told(void)
{
    begin();
    for (int round = 0; round < 50; round++) {
        struct race race = {.winner = -1};
        struct number_future f;
        int y = -1;
        syn_err err;

        CHECK_INT(promise_new(number, &race.promise, &f), 0);
        crew_run(8, races, &race);
        CHECK_INT(race.n_wins, 1);
        CHECK_INT(race.n_losses, 7);
        err = future_get(f, &y);
        CHECK_INT(err, race.winner % 3 == 0 ? 0 : race.winner % 3 == 1 ? SYN_EIO : SYN_EBROKEN);
        CHECK_INT(y, race.winner % 3 == 0 ? race.winner : -1);
        CHECK_INT(promise_complete(race.promise, &y), SYN_EALREADY); /* long gone */
    }
    done();
}

static void P4_a_dropped_promise_names_the_place_where_it_was_made(void)
{
    struct number_promise p;
    struct number_future f;
    char place[40];
    int y;

    begin();
    snprintf(place, sizeof place, "promise_test.c:%d", __LINE__ + 1);
    CHECK_INT(promise_new(number, &p, &f), 0);
    CHECK_INT(promise_drop(p), 0);
    CHECK_INT(future_get(f, &y), SYN_EBROKEN);
    CHECK_SAYS(place);
    CHECK_INT(promise_drop(p), SYN_EALREADY);
    CHECK_INT(promise_new(number, &p, &f), 0);
    CHECK_INT(promise_fail(p, 0, NULL), 0); /* an error must be one */
    CHECK_INT(future_get(f, &y), SYN_EINVAL);
    CHECK_INT(promise_new(number, &p, &f), 0);
    CHECK_INT(promise_fail(p, SYN_EUSER + 3, "mine"), 0);
    CHECK_INT(future_get(f, &y), SYN_EUSER + 3);
    CHECK_SAYS("mine");
    CHECK_INT(syn_last_origin(), SYN_BY_TASK);
    done();
}

static void P4_what_is_said_after_the_reader_is_gone_is_told_so(void)
{
    struct text_promise p;
    struct text_future f;
    char *text = strdup("kept");

    begin();
    CHECK_INT(promise_new(text, &p, &f), 0);
    CHECK_INT(future_detach(f), 0);
    CHECK_INT(promise_complete(p, &text), SYN_EUNWANTED);
    CHECK_STR(text, "kept"); /* still ours */
    CHECK_INT(promise_complete(p, &text), SYN_EALREADY);
    CHECK_STR(text, "kept"); /* still ours */
    CHECK_INT(promise_new(text, &p, &f), 0);
    CHECK_INT(future_cancel(f), SYN_ECANCELED); /* nobody to ask: at once */
    CHECK_INT(promise_complete(p, &text), SYN_EUNWANTED);
    CHECK_INT(promise_new(text, &p, &f), 0);
    CHECK_INT(future_get_by(f, &text, syn_after(1.0)), SYN_ETIMEDOUT);
    CHECK_INT(now(), SECOND);
    CHECK_INT(promise_drop(p), 0);
    CHECK_INT(n_destroyed, 0);
    free(text);
    done();
}

/* One waiter a future: the second is told, whatever it is, and harms nobody. */

struct crowd {
    struct number_future f;
    _Atomic(bool) waits;
    syn_err err;
};

static void waits(int number, void *argument)
{
    struct crowd *crowd = argument;

    (void)number;
    syn_clock_join(NULL);
    crowd->waits = true;
    /* the thread that looks whether it waits may be the first itself for a moment */
    while ((crowd->err = future_wait(crowd->f)) == SYN_EBUSY)
        usleep(100);
}

static void check_second_waiters(struct number_future f)
{
    struct number_shared shared;
    int y = 0;

    CHECK_INT(future_wait_by(f, syn_after(1.0)), SYN_EBUSY);
    CHECK_SAYS("share it");
    CHECK_INT(future_get(f, &y), SYN_EBUSY);
    CHECK_INT(future_get_by(f, &y, syn_after(1.0)), SYN_EBUSY);
    CHECK_INT(future_cancel(f), SYN_EBUSY);
    CHECK_INT(future_share(f, &shared), SYN_EBUSY);
    CHECK_INT(awaits(f, &y), SYN_EBUSY);
    CHECK_INT(future_poll(f), SYN_EAGAIN);
}

ASYNC(demo, void, is_second, (struct number_future, f), SYN_LOCAL(int, y))
{
    co_begin;
    co_await_by(self->f, &self->y, syn_after(1.0));
    CHECK_INT(co_status, SYN_EBUSY);
    co_sleep(3.0); /* the deadline of the refused wait passes and means nothing */
    co_await_by(self->f, &self->y, syn_after(1.0));
    CHECK_INT(co_status, SYN_EBUSY);
    co_end;
}

static void P2_a_second_waiter_is_refused_and_the_first_gets_the_outcome(void)
{
    struct crowd crowd = {.waits = false};
    struct crew_at_work *first;
    struct number_promise p;
    int y = 0;

    begin();
    CHECK_INT(promise_new(number, &p, &crowd.f), 0);
    first = crew_start(1, waits, &crowd);
    spin_until(&crowd.waits);
    while (future_wait_by(crowd.f, syn_after(0.001)) != SYN_EBUSY)
        usleep(100);
    check_second_waiters(crowd.f);
    CHECK_INT(is_second(crowd.f), 0);
    CHECK_INT(promise_complete(p, &(int){5}), 0);
    crew_join(first);
    CHECK_INT(crowd.err, 0);
    CHECK_INT(future_get(crowd.f, &y), 0);
    CHECK_INT(y, 5);
    finish(&demo);
    done();
}

ASYNC(demo, int, cleans_up, (_Atomic(bool) *, began), (_Atomic(bool) *, cleaned))
{
    co_begin;
    *self->began = true;
    co_sleep(100.0);
    co_finally;
    co_sleep(1.0);
    *self->cleaned = true;
    co_end;
}

static void P2_cancelling_what_another_thread_waits_for_never_returns_early(void)
{
    _Atomic(bool) began = false, cleaned = false;
    struct crowd crowd = {.waits = false};
    struct crew_at_work *first;
    struct cleans_up_future f;

    begin();
    f = cleans_up_future(&began, &cleaned);
    crowd.f.u.handle = f.u.handle;
    first = crew_start(1, waits, &crowd);
    spin_until(&began); /* a call that was cancelled before it began cleans nothing up */
    spin_until(&crowd.waits);
    while (future_wait_by(f, syn_after(0.001)) != SYN_EBUSY) /* it does not wait yet */
        usleep(100);
    CHECK_INT(future_cancel(f), SYN_EBUSY);
    CHECK_INT(future_request_cancel(f), 0); /* this always may */
    crew_join(first);
    CHECK_INT(crowd.err, 0);
    CHECK(cleaned);
    CHECK_INT(future_get(f, NULL), SYN_ECANCELED);
    finish(&demo);
    done();
}

static const struct test_case cases[] = {
    TEST(P3_a_promise_carries_any_type_from_any_thread),
    TEST(P3_a_thread_a_task_and_a_callback_wait_for_another_thread),
    TEST(P4_of_eight_racing_threads_the_first_wins_and_the_others_are_told),
    TEST(P4_a_dropped_promise_names_the_place_where_it_was_made),
    TEST(P4_what_is_said_after_the_reader_is_gone_is_told_so),
    TEST(P2_a_second_waiter_is_refused_and_the_first_gets_the_outcome),
    TEST(P2_cancelling_what_another_thread_waits_for_never_returns_early),
};
TEST_MAIN_BOTH_MODES("promise", cases);

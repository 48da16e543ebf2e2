/* SPDX-License-Identifier: Apache-2.0
 *
 * Cancelling: in each kind of wait, in each way, before the start and in clean-up.
 * One outcome, one clean-up, nothing left. Virtual time, both modes.
 */
#define _DEFAULT_SOURCE
#include <fcntl.h>

#include "support/call_rig.h"

SYNCHRONIZER(demo);
SYNCHRONIZER(other);
PROMISE(int, number);

ASYNC(demo, void, nap, (double, seconds))
{
    co_begin;
    co_sleep(self->seconds);
    co_end;
}

ASYNC(other, void, nap_elsewhere, (double, seconds), (int *, n_cleaned))
{
    co_begin;
    co_sleep(self->seconds);
    co_finally;
    ++*self->n_cleaned;
    co_end;
}

/* A task that waits in one way, and cleans up. */

enum kind { SLEEP, UNTIL, READABLE, WRITABLE, TASK, PROMISED, ELSEWHERE, PASS, COMPUTES, N_KINDS };

struct trial {
    enum kind kind;
    int empty[2], full[2]; /* pipes */
    struct number_future promised;
    _Atomic(bool) begun, computed;
    int n_cleaned, n_child_cleaned;
    bool arrived; /* the wait ended well, which it never should */
};

ASYNC(demo, int, waits, (struct trial *, trial), SYN_LOCAL(int, y))
{
    struct trial *t = self->trial;

    co_begin;
    t->begun = true;
    if (t->kind == SLEEP)
        co_sleep(1000.0);
    if (t->kind == UNTIL)
        co_until(syn_after(1000.0));
    if (t->kind == READABLE)
        co_readable(t->empty[0]);
    if (t->kind == WRITABLE)
        co_writable(t->full[1]);
    if (t->kind == TASK)
        co_try(nap_future(1000.0));
    if (t->kind == PROMISED)
        co_try(t->promised, &self->y);
    if (t->kind == ELSEWHERE)
        co_try(nap_elsewhere_future(1000.0, &t->n_child_cleaned));
    if (t->kind == PASS)
        for (;;)
            co_pass;
    if (t->kind == COMPUTES) {
        while (!syn_task_cancelled(&self->syn))
            t->computed = true;
        co_sleep(0.0);
    }
    t->arrived = true;
    co_finally;
    t->n_cleaned++;
    co_sleep(1.0);
    co_try(nap_future(1.0)); /* of no concern to the request */
    t->n_cleaned++;
    co_end;
}

static void open_pipes(struct trial *t)
{
    static char block[4096];

    CHECK_INT(pipe(t->empty), 0);
    CHECK_INT(pipe(t->full), 0);
    CHECK_INT(fcntl(t->full[1], F_SETFL, O_NONBLOCK), 0);
    while (write(t->full[1], block, sizeof block) > 0)
        ;
}

static void close_pipes(struct trial *t)
{
    for (int i = 0; i < 2; i++) {
        close(t->empty[i]);
        close(t->full[i]);
    }
}

enum manner { HERE, THREAD, DEADLINE, STOP, N_MANNERS };

static void cancels(int number, void *argument)
{
    (void)number;
    CHECK_INT(future_cancel(*(struct waits_future *)argument), SYN_ECANCELED);
    CHECK_INT(syn_last_origin(), SYN_BY_REQUEST);
}

static void end_it(struct waits_future f, enum manner manner)
{
    int y;

    if (manner == HERE) {
        cancels(0, &f);
    } else if (manner == THREAD) {
        crew_run(1, cancels, &f);
    } else if (manner == DEADLINE) {
        CHECK_INT(future_get_by(f, &y, syn_after(0.0)), SYN_ETIMEDOUT);
        CHECK_INT(syn_last_origin(), SYN_BY_DEADLINE);
    } else {
        CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
        CHECK_INT(future_get(f, &y), SYN_ECANCELED);
        CHECK_INT(syn_last_origin(), SYN_BY_STOP);
        CHECK_INT(synchronizer_start(&demo), 0);
    }
}

static void try_it(enum kind kind, enum manner manner)
{
    struct trial t = {.kind = kind};
    struct number_promise p;
    struct waits_future f;
    struct syn_synchronizer_stats stats;
    int64_t start = now();

    open_pipes(&t);
    CHECK_INT(promise_new(number, &p, &t.promised), 0);
    f = waits_future(&t);
    spin_until(kind == COMPUTES ? &t.computed : &t.begun);
    end_it(f, manner);
    CHECK_INT(t.n_cleaned, 2);
    CHECK(!t.arrived);
    CHECK_INT(now() - start, 2 * SECOND);
    CHECK(kind == ELSEWHERE || t.n_child_cleaned == 0);
    if (kind != PROMISED)
        CHECK_INT(future_detach(t.promised), 0);
    CHECK_INT(promise_drop(p), 0);
    stats = synchronizer_stats(&demo);
    CHECK_INT(stats.started, stats.ended);
    close_pipes(&t);
}

static void X1_every_kind_of_wait_is_cancelled_in_every_way(void)
{
    begin();
    for (int kind = 0; kind < N_KINDS; kind++)
        for (int manner = 0; manner < N_MANNERS; manner++)
            try_it((enum kind)kind, (enum manner)manner);
    finish(&demo);
    finish(&other);
    done();
}

/* Before the start: the loop is held, so that nothing arrives. */

ASYNC(demo, void, holds, (struct hold *, hold))
{
    hold_here(self->hold);
    return step_done(self);
}

static void X1_a_call_that_was_cancelled_before_it_began_never_begins(void)
{
    struct hold hold = {false, false};
    struct trial t = {.kind = SLEEP};
    struct holds_future holder;
    struct waits_future f;

    begin();
    holder = holds_future(&hold);
    spin_until(&hold.held);
    f = waits_future(&t);
    CHECK_INT(future_request_cancel(f), 0);
    hold.released = true;
    CHECK_INT(future_get(f, NULL), SYN_ECANCELED);
    CHECK_INT(syn_last_origin(), SYN_BY_REQUEST);
    CHECK(!t.begun);
    CHECK_INT(t.n_cleaned, 0);
    CHECK_INT(future_get(holder), 0);
    finish(&demo);
    done();
}

/* The second finds the first on its way: its loop has not looked. */
static void X1_two_requests_of_one_call_are_one(void)
{
    struct hold hold = {false, false};
    struct trial t = {.kind = SLEEP};
    struct holds_future holder;
    struct waits_future f;

    begin();
    f = waits_future(&t);
    spin_until(&t.begun);
    holder = holds_future(&hold);
    spin_until(&hold.held);
    CHECK_INT(future_request_cancel(f), 0);
    CHECK_INT(future_request_cancel(f), 0);
    hold.released = true;
    CHECK_INT(future_get(f, NULL), SYN_ECANCELED);
    CHECK_INT(syn_last_origin(), SYN_BY_REQUEST);
    CHECK_INT(t.n_cleaned, 2); /* all of it */
    CHECK_INT(future_get(holder), 0);
    finish(&demo);
    done();
}

/* A callback on a loop that is stopped while what it waits for, on another loop, takes its
 * time to clean up: the stop gives up on it, and it is told all the same, once. */

static void hears_of_the_stop(void *user, syn_err err, int *result)
{
    CHECK_INT(err, SYN_ECANCELED);
    CHECK(result == NULL);
    ++*(int *)user;
}

static void P6_a_callback_that_a_stop_gave_up_on_is_told(void)
{
    struct trial t = {.kind = SLEEP};
    int calls = 0;

    begin();
    CHECK_INT(synchronizer_start(&other), 0);
    CHECK_INT(future_then(waits_future(&t), &other, hears_of_the_stop, &calls), 0);
    spin_until(&t.begun);
    CHECK_INT(synchronizer_stop(&other, syn_after(1.0)), SYN_ETIMEDOUT);
    CHECK_SAYS("callback (waits for waits)");
    CHECK_INT(calls, 1);
    finish(&demo);
    CHECK_INT(t.n_cleaned, 2);
    CHECK_INT(calls, 1);
    finish(&other);
    done();
}

/* In clean-up a second request, a deadline and a stop change nothing. */

ASYNC(demo, void, serves_a_clean_up, (int *, n))
{
    co_begin;
    co_sleep(2.0);
    ++*self->n;
    co_end;
}

ASYNC(demo, void, cleans_long, (_Atomic(bool) *, cleaning), (int *, n))
{
    co_begin;
    co_sleep(1000.0);
    co_finally;
    *self->cleaning = true;
    co_try(serves_a_clean_up_future(self->n));
    co_try(serves_a_clean_up_future(self->n));
    ++*self->n;
    co_end;
}

static void X5_a_second_request_does_not_break_clean_up(void)
{
    _Atomic(bool) cleaning = false;
    struct cleans_long_future f;
    int n = 0;

    begin();
    f = cleans_long_future(&cleaning, &n);
    CHECK_INT(future_wait_by(f, syn_after(1.0)), SYN_ETIMEDOUT);
    CHECK_INT(future_request_cancel(f), 0);
    spin_until(&cleaning);
    CHECK_INT(future_request_cancel(f), 0);
    CHECK_INT(future_get_by(f, syn_after(1.0)), SYN_ECANCELED);
    CHECK_INT(syn_last_origin(), SYN_BY_REQUEST); /* the first */
    CHECK_INT(n, 3);
    CHECK_INT(now(), 5 * SECOND);
    finish(&demo);
    done();
}

static void X5_a_stop_does_not_break_clean_up_that_is_under_way(void)
{
    _Atomic(bool) cleaning = false;
    struct cleans_long_future f;
    int n = 0;

    begin();
    f = cleans_long_future(&cleaning, &n);
    CHECK_INT(future_wait_by(f, syn_after(1.0)), SYN_ETIMEDOUT);
    CHECK_INT(future_request_cancel(f), 0);
    CHECK_INT(future_wait_by(f, syn_after(1.0)), SYN_ETIMEDOUT);
    finish(&demo); /* its first helper sleeps, its second has yet to be called */
    CHECK_INT(future_get(f), SYN_ECANCELED);
    CHECK_INT(n, 3);
    CHECK_INT(now(), 5 * SECOND);
    done();
}

/* The outcome, at every point of a clean-up that waits. */

enum { WELL, BADLY, NEVER };

ASYNC(demo, int, transacts, (int, how), (syn_err *, seen))
{
    co_begin;
    self->seen[0] = co_outcome;
    co_sleep(self->how == NEVER ? 1000.0 : 1.0);
    if (self->how == BADLY)
        co_fail(SYN_EIO);
    co_return(5);
    co_finally;
    self->seen[1] = co_outcome;
    co_await(nap_future(1.0));
    self->seen[2] = co_outcome;
    co_await_by(nap_future(9.0), syn_after(1.0));
    CHECK_INT(co_status, SYN_ETIMEDOUT);
    self->seen[3] = co_outcome;
    co_end;
}

struct steps_and_fails;
static struct syn_step cleans(struct steps_and_fails *self);
static struct syn_step cleaned(struct steps_and_fails *self);

ASYNC(demo, void, steps_and_fails, (syn_err *, seen))
{
    *self->seen = syn_task_outcome(&self->syn);
    step_finally(self, cleans);
    return step_fail(self, SYN_EPIPE);
}

static struct syn_step cleans(struct steps_and_fails *self)
{
    return step_sleep(self, 1.0, cleaned);
}

static struct syn_step cleaned(struct steps_and_fails *self)
{
    CHECK_INT(step_status(self), 0);
    *self->seen += syn_task_outcome(&self->syn);
    return step_done(self);
}

static void X2_clean_up_knows_the_outcome_whatever_it_waits_for(void)
{
    static const syn_err outcomes[] = {0, SYN_EIO, SYN_ETIMEDOUT};
    syn_err seen_by_steps = -1;

    begin();
    for (int how = WELL; how <= NEVER; how++) {
        syn_err seen[4] = {-1, -1, -1, -1};
        int y = 0;

        CHECK_INT(call_by(syn_after(2.0), transacts(how, seen, &y)), outcomes[how]);
        CHECK_INT(y, how == WELL ? 5 : 0);
        CHECK_INT(seen[0], 0);
        for (int i = 1; i < 4; i++)
            CHECK_INT(seen[i], outcomes[how]);
    }
    CHECK_INT(steps_and_fails(&seen_by_steps), SYN_EPIPE);
    CHECK_INT(seen_by_steps, SYN_EPIPE);
    finish(&demo);
    done();
}

static const struct test_case cases[] = {
    TEST(X1_every_kind_of_wait_is_cancelled_in_every_way),
    TEST(X1_a_call_that_was_cancelled_before_it_began_never_begins),
    TEST(X1_two_requests_of_one_call_are_one),
    TEST(P6_a_callback_that_a_stop_gave_up_on_is_told),
    TEST(X2_clean_up_knows_the_outcome_whatever_it_waits_for),
    TEST(X5_a_second_request_does_not_break_clean_up),
    TEST(X5_a_stop_does_not_break_clean_up_that_is_under_way),
};
TEST_MAIN_BOTH_MODES("cancel", cases);

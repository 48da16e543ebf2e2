/* SPDX-License-Identifier: Apache-2.0
 *
 * Semaphores and events of tasks: fair, cancellable at every moment; and for all four that
 * waiting takes no memory.
 */
#define _DEFAULT_SOURCE
#include "support/sync_rig.h"

#include <synchronicity/step.h>

#include <errno.h>
#include <signal.h>

static void S3_a_semaphore_lets_in_as_many_as_it_has(void)
{
    struct enters_future f[10];

    begin();
    syn_semaphore_init(&semaphore, 3);
    for (int i = 0; i < 10; i++)
        f[i] = enters_future(1.0);
    CHECK_INT(naps(0.5), 0);
    CHECK_INT(future_cancel(f[5]), SYN_ECANCELED);
    for (int i = 0; i < 10; i++)
        if (i != 5)
            CHECK_INT(future_get(f[i]), 0);
    CHECK_INT(most, 3);
    CHECK_INT(now(), 3 * SECOND);
    for (int i = 0; i < 3; i++)
        CHECK_INT(syn_semaphore_try(&semaphore), 0);
    CHECK_INT(syn_semaphore_try(&semaphore), SYN_EBUSY);
    end_all();
}

ASYNC(demo, void, acquires, (int, who))
{
    co_begin;
    co_acquire(&semaphore);
    tell("got", self->who);
    co_end;
}

ASYNC(demo, void, releases, (unsigned, n))
{
    syn_semaphore_release(&semaphore, self->n);
    CHECK_INT(syn_semaphore_try(&semaphore), SYN_EBUSY); /* they belong to the waiters */
    return step_done(self);
}

/* They stand in line in the order of their numbers, whatever order tasks run in. */
static void stand_in_line(struct acquires_future *f, int n)
{
    for (int i = 0; i < n; i++) {
        f[i] = acquires_future(i);
        CHECK_INT(naps(0.001), 0);
    }
}

static void S3_a_semaphore_serves_in_order_and_nobody_barges_in(void)
{
    struct acquires_future f[4];

    begin();
    syn_semaphore_init(&semaphore, 0);
    stand_in_line(f, 4);
    for (int i = 0; i < 2; i++) {
        CHECK_INT(releases(1), 0);
        CHECK_INT(future_get(f[i]), 0);
    }
    CHECK_STR(story, "got0 got1 ");
    CHECK_INT(future_poll(f[2]), SYN_EAGAIN);
    CHECK_INT(releases(2), 0);
    CHECK_INT(future_get(f[2]), 0);
    CHECK_INT(future_get(f[3]), 0);
    end_all();
}

ASYNC(demo, void, releases_and_cancels, (struct acquires_future, victim), (int, before))
{
    if (self->before)
        future_request_cancel(self->victim);
    syn_semaphore_release(&semaphore, 1);
    if (!self->before)
        future_request_cancel(self->victim);
    return step_done(self);
}

static void S3_a_unit_handed_to_who_is_cancelled_goes_to_the_next(void)
{
    begin();
    syn_semaphore_init(&semaphore, 0);
    for (int before = 0; before < 2; before++) {
        struct acquires_future f[2];

        story[0] = 0;
        stand_in_line(f, 2);
        CHECK_INT(releases_and_cancels(f[0], before), 0);
        CHECK_INT(future_get(f[0]), SYN_ECANCELED);
        CHECK_INT(future_get(f[1]), 0);
        CHECK_STR(story, "got1 ");
    }
    end_all();
}

ASYNC(demo, void, sets_and_clears)
{
    syn_event_set(&event);
    syn_event_clear(&event);
    return step_done(self);
}

static void S3_an_event_wakes_all_who_wait(void)
{
    struct awaits_event_future f[3];

    begin();
    for (int i = 0; i < 3; i++)
        f[i] = awaits_event_future();
    CHECK_INT(naps(1.0), 0);
    CHECK_STR(story, "");
    CHECK_INT(sets_and_clears(), 0);
    for (int i = 0; i < 3; i++)
        CHECK_INT(future_get(f[i]), 0);
    CHECK_STR(story, "woken0 woken0 woken0 ");
    CHECK_INT(call_by(syn_after(1.0), awaits_event()), SYN_ETIMEDOUT);
    end_all();
}

ASYNC(demo, void, in_time, (double, seconds), SYN_LOCAL(int64_t, since))
{
    co_begin;
    self->since = now();
    co_attempt_by(&semaphore, syn_after(self->seconds));
    CHECK_INT(co_status, SYN_ETIMEDOUT);
    CHECK_INT(now() - self->since, (int64_t)(self->seconds * 1e9));
    co_attempt_by(&event, syn_after(self->seconds));
    CHECK_INT(co_status, SYN_ETIMEDOUT);
    CHECK_INT(now() - self->since, (int64_t)(2 * self->seconds * 1e9));
    co_end;
}

static void S3_a_deadline_leaves_the_line_of_semaphore_and_event(void)
{
    struct acquires_future f;

    begin();
    syn_semaphore_init(&semaphore, 0);
    CHECK_INT(in_time(1.0), 0);
    f = acquires_future(7);
    CHECK_INT(in_time(0.5), 0);
    CHECK_INT(releases(1), 0); /* to the task that is left in the line */
    CHECK_INT(future_get(f), 0);
    end_all();
}

ASYNC(demo, void, sets)
{
    syn_event_set(&event);
    CHECK(syn_event_is_set(&event));
    return step_done(self);
}

static void S3_a_cancelled_waiter_of_an_event_leaves_the_others(void)
{
    struct awaits_event_future f[3];
    int64_t since;

    begin();
    for (int i = 0; i < 3; i++)
        f[i] = awaits_event_future();
    CHECK_INT(naps(1.0), 0);
    CHECK_INT(future_cancel(f[1]), SYN_ECANCELED);
    CHECK_INT(sets(), 0);
    CHECK_INT(future_get(f[0]), 0);
    CHECK_INT(future_get(f[2]), 0);
    since = now();
    CHECK_INT(awaits_event(), 0); /* it stays */
    CHECK_INT(now(), since);
    syn_event_clear(&event);
    CHECK(!syn_event_is_set(&event));
    end_all();
}

ASYNC(other, void, intrudes_everywhere)
{
    co_begin;
    co_attempt_by(&semaphore, syn_never());
    CHECK_INT(co_status, SYN_EWRONGLOOP);
    co_attempt_by(&event, syn_never());
    CHECK_INT(co_status, SYN_EWRONGLOOP);
    CHECK_INT(syn_semaphore_try(&semaphore), SYN_EBUSY);
    co_end;
}

static void C15_what_is_waited_for_belongs_to_one_synchronizer(void)
{
    struct acquires_future f;
    struct awaits_event_future g;

    begin();
    syn_semaphore_init(&semaphore, 0);
    f = acquires_future(0);
    g = awaits_event_future();
    CHECK_INT(naps(1.0), 0);
    CHECK_INT(intrudes_everywhere(), 0);
    CHECK_INT(releases(1), 0);
    CHECK_INT(sets(), 0);
    CHECK_INT(future_get(f), 0);
    CHECK_INT(future_get(g), 0);
    end_all();
}

ASYNC(other, void, sets_anothers)
{
    syn_event_set(&event);
    return step_done(self);
}

static void C15_setting_anothers_event_is_a_panic(void)
{
    begin();
    future_detach(awaits_event_future());
    CHECK_INT(naps(1.0), 0);
    sets_anothers();
}

/* --- all of them --- */

static void L2_a_stop_ends_all_who_wait(void)
{
    struct consumes_future f;
    struct awaits_event_future g;
    struct enters_future h;

    begin();
    syn_semaphore_init(&semaphore, 0);
    f = consumes_future(0, 0);
    g = awaits_event_future();
    h = enters_future(1.0);
    CHECK_INT(naps(1.0), 0);
    CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
    CHECK_INT(future_get(f), SYN_ECANCELED);
    CHECK_INT(future_get(g), SYN_ECANCELED);
    CHECK_INT(future_get(h), SYN_ECANCELED);
    end_all();
}

/* One of each. */
ASYNC(demo, void, user)
{
    co_begin;
    co_acquire(&semaphore);
    co_wait_on(&event);
    co_lock(&mutex);
    co_wait_on(&condition, &mutex);
    inside++;
    co_finally;
    if (syn_mutex_is_mine(&mutex))
        syn_mutex_unlock(&mutex);
    co_end;
}

ASYNC(demo, void, helps_users, (unsigned, n))
{
    co_begin;
    syn_fault_set("alloc", 1, 1000000, ENOMEM); /* none can be had from here on */
    co_pass;
    syn_semaphore_release(&semaphore, self->n);
    co_sleep(1.0);
    syn_event_set(&event);
    co_sleep(1.0);
    co_lock(&mutex);
    syn_condition_broadcast(&condition);
    co_sleep(1.0); /* they stand in the line of the mutex */
    syn_mutex_unlock(&mutex);
    co_sleep(1.0);
    CHECK_INT(inside, self->n);
    CHECK_INT(syn_fault_hits(), 0);
    syn_fault_clear();
    co_end;
}

enum { MANY = 10000 / TEST_SLOWNESS };

static void S3_waiting_allocates_nothing(void)
{
    static struct user_future f[MANY];
    struct helps_users_future helper;

    begin();
    syn_semaphore_init(&semaphore, 0);
    for (int i = 0; i < MANY; i++)
        f[i] = user_future();
    helper = helps_users_future(MANY); /* behind them in the queue: they wait by now */
    CHECK_INT(future_get(helper), 0);
    for (int i = 0; i < MANY; i++)
        CHECK_INT(future_get(f[i]), 0);
    finish(&demo);
    finish(&other);
    done_after(2 * MANY);
}

static void S3_cancelling_who_waits_allocates_nothing(void)
{
    static struct enters_future f[MANY];

    begin();
    syn_semaphore_init(&semaphore, 0);
    for (int i = 0; i < MANY; i++)
        f[i] = enters_future(0);
    CHECK_INT(naps(1.0), 0); /* they begin to wait */
    syn_fault_set("alloc", 1, 1000000, ENOMEM);
    for (int i = 0; i < MANY; i += 2)
        CHECK_INT(future_cancel(f[i]), SYN_ECANCELED);
    CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
    for (int i = 1; i < MANY; i += 2)
        CHECK_INT(future_get(f[i]), SYN_ECANCELED);
    syn_fault_clear();
    finish(&demo);
    finish(&other);
    done_after(2 * MANY);
}

static const struct test_case cases[] = {
    TEST(S3_a_semaphore_lets_in_as_many_as_it_has),
    TEST(S3_a_semaphore_serves_in_order_and_nobody_barges_in),
    TEST(S3_a_unit_handed_to_who_is_cancelled_goes_to_the_next),
    TEST(S3_an_event_wakes_all_who_wait),
    TEST(S3_a_deadline_leaves_the_line_of_semaphore_and_event),
    TEST(S3_a_cancelled_waiter_of_an_event_leaves_the_others),
    TEST(C15_what_is_waited_for_belongs_to_one_synchronizer),
    TEST_DIES(C15_setting_anothers_event_is_a_panic, SIGABRT, "set on another synchronizer"),
    TEST(L2_a_stop_ends_all_who_wait),
    TEST(S3_waiting_allocates_nothing),
    TEST(S3_cancelling_who_waits_allocates_nothing),
};
TEST_MAIN_BOTH_MODES("sync", cases);

/* SPDX-License-Identifier: Apache-2.0
 *
 * Mutexes and conditions of tasks: fair, cancellable at every moment; and what happens to
 * a task that breaks the rules.
 */
#define _DEFAULT_SOURCE
#include "support/random.h"
#include "support/sync_rig.h"

#include <synchronicity/step.h>

#include <signal.h>

static void S3_a_mutex_is_handed_over_in_order(void)
{
    struct locks_future f[3];

    begin();
    for (int i = 0; i < 3; i++)
        f[i] = locks_future(i, 1.0);
    for (int i = 0; i < 3; i++)
        CHECK_INT(future_get(f[i]), 0);
    CHECK_STR(story, "in0 out0 in1 out1 in2 out2 ");
    CHECK_INT(now(), 3 * SECOND);
    end_all();
}

/* The holder unlocks and wants it again at once: the one in line has it. */
ASYNC(demo, void, barges, SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < 3; self->i++) {
        co_lock(&mutex);
        tell("a", self->i);
        co_sleep(1.0);
        syn_mutex_unlock(&mutex);
        if (self->i == 0)
            CHECK_INT(syn_mutex_is_mine(&mutex), 0);
    }
    co_end;
}

static void S3_nobody_barges_in(void)
{
    struct barges_future f;

    begin();
    f = barges_future();
    CHECK_INT(locks(7, 1.0), 0);
    CHECK_INT(future_get(f), 0);
    CHECK_STR(story, "a0 in7 out7 a1 a2 ");
    end_all();
}

static void S3_a_cancelled_waiter_leaves_the_line_and_holds_nothing(void)
{
    struct locks_future f[3];

    begin();
    for (int i = 0; i < 3; i++)
        f[i] = locks_future(i, 2.0);
    CHECK_INT(naps(1.0), 0);
    CHECK_INT(future_cancel(f[1]), SYN_ECANCELED);
    CHECK_INT(now(), SECOND);
    CHECK_INT(future_get(f[0]), 0);
    CHECK_INT(future_get(f[2]), 0);
    CHECK_STR(story, "in0 out0 in2 out2 ");
    end_all();
}

static struct locks_future next_in_line;

ASYNC(demo, void, hands_over_and_cancels, (int, after))
{
    co_begin;
    co_lock(&mutex);
    co_sleep(1.0);
    if (!self->after)
        future_request_cancel(next_in_line);
    syn_mutex_unlock(&mutex);
    if (self->after)
        future_request_cancel(next_in_line);
    co_end;
}

static void handed_over_and_cancelled(int after)
{
    struct hands_over_and_cancels_future holder;

    begin();
    story[0] = 0;
    holder = hands_over_and_cancels_future(after);
    CHECK_INT(naps(0.5), 0);
    next_in_line = locks_future(2, 5.0);
    CHECK_INT(future_get(holder), 0);
    CHECK_INT(future_get(next_in_line), SYN_ECANCELED);
    CHECK_INT(now(), SECOND);
    CHECK_INT(locks(3, 0), 0); /* it was not lost */
    CHECK_STR(story, "in3 out3 ");
    end_all();
}

static void S3_a_lock_handed_to_who_is_cancelled_is_not_lost(void)
{
    handed_over_and_cancelled(0);
    handed_over_and_cancelled(1);
}

ASYNC(demo, void, gives_up, (double, seconds))
{
    co_begin;
    co_attempt_by(&mutex, syn_after(self->seconds));
    co_check;
    CHECK(syn_mutex_is_mine(&mutex));
    co_finally;
    if (syn_mutex_is_mine(&mutex))
        syn_mutex_unlock(&mutex);
    co_end;
}

static void S3_a_deadline_leaves_the_line(void)
{
    struct locks_future f;

    begin();
    f = locks_future(0, 3.0);
    CHECK_INT(naps(0.5), 0);
    CHECK_INT(gives_up(1.0), SYN_ETIMEDOUT);
    CHECK_INT(now(), 1500 * MS);
    CHECK_INT(gives_up(9.0), 0);
    CHECK_INT(now(), 3 * SECOND);
    CHECK_INT(future_get(f), 0);
    end_all();
}

ASYNC(demo, void, misuses)
{
    co_begin;
    CHECK_INT(syn_mutex_try(&mutex), 0);
    CHECK_INT(syn_mutex_try(&mutex), SYN_EBUSY);
    co_sleep(1.0);
    co_lock(&mutex);
    CHECK(false);
    co_finally;
    CHECK(syn_mutex_is_mine(&mutex));
    syn_mutex_unlock(&mutex);
    CHECK(!syn_mutex_is_mine(&mutex));
    co_end;
}

ASYNC(other, void, intrudes)
{
    co_begin;
    CHECK_INT(syn_mutex_try(&mutex), SYN_EWRONGLOOP);
    co_lock(&mutex);
    CHECK(false);
    co_finally;
    CHECK(!syn_mutex_is_mine(&mutex));
    co_end;
}

static void S3_a_lock_that_fails_leaves_and_says_why(void)
{
    struct misuses_future f;

    begin();
    f = misuses_future();
    CHECK_INT(naps(0.5), 0);
    CHECK_INT(intrudes(), SYN_EWRONGLOOP);
    CHECK_SAYS("a mutex is in use on 'demo', and intrudes runs on 'other'");
    CHECK_INT(future_get(f), SYN_EDEADLK);
    CHECK_SAYS("misuses waits for a mutex that it holds itself");
    end_all();
}

static void C15_a_mutex_in_use_belongs_to_one_synchronizer(void)
{
    struct misuses_future f;

    begin();
    f = misuses_future();
    CHECK_INT(naps(0.5), 0);
    CHECK_INT(intrudes(), SYN_EWRONGLOOP);
    CHECK_INT(syn_mutex_try(&mutex), SYN_EWRONGLOOP);
    CHECK_INT(future_get(f), SYN_EDEADLK);
    end_all();
}

ASYNC(demo, void, keeps)
{
    co_begin;
    co_lock(&mutex);
    co_end;
}

static void S3_who_ends_while_he_holds_a_mutex_is_stopped(void)
{
    begin_in_real_time();
    keeps();
}

ASYNC(demo, void, unlocks_others)
{
    syn_mutex_unlock(&mutex);
    return step_done(self);
}

static void S3_who_unlocks_what_another_holds_is_stopped(void)
{
    begin_in_real_time();
    unlocks_others();
}

/* --- condition --- */


ASYNC(demo, void, produces, (int, n))
{
    co_begin;
    co_lock(&mutex);
    items += self->n;
    if (self->n > 1)
        syn_condition_broadcast(&condition);
    else
        syn_condition_signal(&condition);
    syn_mutex_unlock(&mutex);
    co_end;
}

static void S3_a_condition_wakes_in_order_and_holds_the_mutex(void)
{
    struct consumes_future f[4];

    begin();
    for (int i = 0; i < 4; i++)
        f[i] = consumes_future(i, 0);
    CHECK_INT(naps(1.0), 0);
    CHECK_INT(produces(1), 0);
    CHECK_INT(future_get(f[0]), 0);
    CHECK_INT(future_cancel(f[1]), SYN_ECANCELED);
    CHECK_INT(produces(2), 0);
    CHECK_INT(future_get(f[2]), 0);
    CHECK_INT(future_get(f[3]), 0);
    CHECK_STR(story, "got0 got2 got3 ");
    CHECK_INT(consumes(9, 1.0), SYN_ETIMEDOUT);
    CHECK_INT(now(), 2 * SECOND);
    end_all();
}

ASYNC(demo, void, signals_and_cancels, (struct consumes_future, victim))
{
    co_begin;
    co_lock(&mutex);
    items++;
    syn_condition_signal(&condition);
    future_request_cancel(self->victim);
    syn_mutex_unlock(&mutex);
    co_end;
}

static void S3_a_signal_to_who_is_cancelled_goes_to_the_next(void)
{
    struct consumes_future f, g;

    begin();
    f = consumes_future(0, 0);
    g = consumes_future(1, 0);
    CHECK_INT(naps(1.0), 0);
    CHECK_INT(signals_and_cancels(f), 0);
    CHECK_INT(future_get(f), SYN_ECANCELED);
    CHECK_INT(future_get(g), 0);
    CHECK_STR(story, "got1 ");
    end_all();
}

/* --- both --- */

ASYNC(demo, void, will_not_end)
{
    co_begin;
    co_lock(&mutex);
    co_sleep(1.0);
    co_finally;
    co_wait_on(&event);
    syn_mutex_unlock(&mutex);
    co_end;
}

static void L2_abandoned_tasks_let_go_of_what_they_hold(void)
{
    struct will_not_end_future f;
    struct locks_future g;

    begin();
    f = will_not_end_future();
    g = locks_future(0, 1.0);
    CHECK_INT(naps(2.0), 0);
    CHECK_INT(synchronizer_stop(&demo, syn_after(1.0)), SYN_ETIMEDOUT);
    CHECK_INT(future_get(f), SYN_EABANDONED);
    CHECK_INT(future_get(g), SYN_ECANCELED);
    CHECK_INT(synchronizer_start(&demo), 0);
    CHECK_INT(locks(1, 0), 0);
    end_all();
}

/* Random tasks under random orders: one inside at a time, and nobody is left behind. */

ASYNC(demo, void, random_user, (uint32_t, random), SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < 5; self->i++) {
        if (next_random(&self->random) % 3)
            co_lock(&mutex);
        else
            co_attempt_by(&mutex, syn_after(next_random(&self->random) % 50 * 0.001));
        if (co_status)
            continue;
        CHECK_INT(inside++, 0);
        if (next_random(&self->random) % 2)
            co_sleep(next_random(&self->random) % 20 * 0.001);
        else
            co_pass;
        CHECK_INT(--inside, 0);
        if (next_random(&self->random) % 3) {
            co_attempt_by(&condition, &mutex,
                                  syn_after(next_random(&self->random) % 30 * 0.001));
            CHECK_INT(inside, 0);
        }
        if (next_random(&self->random) % 2)
            syn_condition_signal(&condition);
        syn_mutex_unlock(&mutex);
    }
    co_finally;
    if (syn_mutex_is_mine(&mutex)) {
        inside = 0;
        syn_mutex_unlock(&mutex);
    }
    co_end;
}

static void S3_random_users_exclude_each_other(void)
{
    for (uint64_t seed = 1; seed <= 200 / TEST_SLOWNESS + 1; seed++) {
        struct random_user_future f[20];
        uint32_t random = (uint32_t)seed;

        begin();
        syn_test_seed(seed);
        printf("seed %d\n", (int)seed);
        for (int i = 0; i < 20; i++)
            f[i] = random_user_future(next_random(&random));
        for (int i = 0; i < 5; i++) {
            CHECK_INT(naps(next_random(&random) % 20 * 0.001), 0);
            future_request_cancel(f[next_random(&random) % 20]);
        }
        for (int i = 0; i < 20; i++)
            future_get(f[i]);
        CHECK_INT(inside, 0);
        end_all();
    }
}

static const struct test_case cases[] = {
    TEST(S3_a_mutex_is_handed_over_in_order),
    TEST(S3_nobody_barges_in),
    TEST(S3_a_cancelled_waiter_leaves_the_line_and_holds_nothing),
    TEST(S3_a_lock_handed_to_who_is_cancelled_is_not_lost),
    TEST(S3_a_deadline_leaves_the_line),
    TEST(S3_a_lock_that_fails_leaves_and_says_why),
    TEST(C15_a_mutex_in_use_belongs_to_one_synchronizer),
    TEST_DIES(S3_who_ends_while_he_holds_a_mutex_is_stopped, SIGABRT,
              "keeps ended while it held a mutex"),
    TEST_DIES(S3_who_unlocks_what_another_holds_is_stopped, SIGABRT,
              "unlocked by a task that does not hold it"),
    TEST(S3_a_condition_wakes_in_order_and_holds_the_mutex),
    TEST(S3_a_signal_to_who_is_cancelled_goes_to_the_next),
    TEST(L2_abandoned_tasks_let_go_of_what_they_hold),
    TEST(S3_random_users_exclude_each_other),
};
TEST_MAIN_BOTH_MODES("mutex", cases);

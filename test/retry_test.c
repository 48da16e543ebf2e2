/* SPDX-License-Identifier: Apache-2.0
 *
 * Retries and rates, on a virtual clock: exact, in tasks and in threads.
 */
#define _DEFAULT_SOURCE
#include "support/pair_rig.h"

#include <synchronicity/retry.h>

/* --- a server that fails for a while --- */

static int calls;      /* that came */
static int failures;   /* that are left */
static syn_err reason; /* of those */

ASYNC(demo, int, fetch)
{
    co_begin;
    calls++;
    co_sleep(0.5);
    if (failures > 0) {
        failures--;
        co_fail(reason, "not yet");
    }
    co_return (calls);
    co_end;
}

static void let_fail(int n, syn_err with)
{
    calls = 0;
    failures = n;
    reason = with;
}

ASYNC(demo, int, fetch_patiently, (const struct syn_retry_options *, options),
      SYN_LOCAL(struct syn_retry, retry))
{
    co_begin;
    self->retry = syn_retry_with(self->options);
    for (;;) {
        co_await (fetch_future(), &self->result);
        co_retry(&self->retry);
    }
    co_check;
    co_return_result;
    co_end;
}

static void I10_a_task_tries_again_until_it_goes_well(void)
{
    int y = 0;

    begin();
    let_fail(3, ECONNREFUSED);
    CHECK_INT(fetch_patiently(NULL, &y), SYN_OK);
    CHECK_INT(y, 4);
    CHECK(now() >= 2 * SECOND && now() <= 2 * SECOND + (25 + 50 + 100) * (SECOND / 1000));
    end_all();
}

static void I10_the_latest_error_is_the_outcome_with_its_message(void)
{
    static const struct syn_retry_options twice = {.max_attempts = 2};

    begin();
    let_fail(9, ECONNREFUSED);
    CHECK_INT(fetch_patiently(&twice, NULL), ECONNREFUSED);
    CHECK_INT(calls, 2);
    CHECK_STR(syn_last_report()->message, "not yet");
    end_all();
}

static void I10_what_will_not_pass_is_not_tried_again(void)
{
    begin();
    let_fail(9, SYN_EINVAL);
    CHECK_INT(fetch_patiently(NULL, NULL), SYN_EINVAL);
    CHECK_INT(calls, 1);
    end_all();
}

static int never_is(syn_err err, void *user)
{
    *(syn_err *)user = err;
    return 0;
}

static void I10_a_program_decides_what_is_transient(void)
{
    syn_err seen = 0;
    struct syn_retry_options mine = {.is_transient = never_is, .user = &seen};

    begin();
    let_fail(9, ECONNREFUSED);
    CHECK_INT(fetch_patiently(&mine, NULL), ECONNREFUSED);
    CHECK_INT(calls, 1);
    CHECK_INT(seen, ECONNREFUSED);
    end_all();
}

static void I10_never_beyond_the_deadline(void)
{
    static const struct syn_retry_options slow = {
        .max_attempts = -1, .first_delay = 100, .max_delay = 100, .seed = 7};

    begin();
    let_fail(1000, ECONNREFUSED);
    CHECK_INT(syn_call_by(syn_after(3), fetch_patiently(&slow, NULL)), ECONNREFUSED);
    CHECK(now() < 3 * SECOND); /* it did not sleep until then to no purpose */
    CHECK(calls >= 1 && calls <= 3);
    end_all();
}

/* What the first sleeps of a retry with OPTIONS come to. */
static void draw(const struct syn_retry_options *options, double *delays, int n)
{
    struct syn_retry retry = syn_retry_with(options);

    for (int i = 0; i < n; i++) {
        CHECK(syn_retry_next(&retry, ECONNREFUSED, syn_never()));
        delays[i] = retry.delay;
    }
}

static void I10_sleeps_are_drawn_from_a_bound_that_doubles(void)
{
    enum { ROUNDS = 2000, N = 5 };
    static const double bounds[N] = {1, 2, 4, 5, 5};
    double delays[N], sum[N] = {0};

    for (int i = 0; i < ROUNDS; i++) {
        struct syn_retry_options o = {
            .max_attempts = -1, .first_delay = 1, .max_delay = 5, .seed = (uint64_t)i + 1};

        draw(&o, delays, N);
        for (int k = 0; k < N; k++) {
            CHECK(delays[k] >= 0 && delays[k] < bounds[k]);
            sum[k] += delays[k];
        }
    }
    for (int k = 0; k < N; k++) /* the same seeds each time: no chance in it */
        CHECK(sum[k] / ROUNDS > 0.45 * bounds[k] && sum[k] / ROUNDS < 0.55 * bounds[k]);
}

static void I10_a_seed_replays_and_without_one_no_two_are_alike(void)
{
    static const struct syn_retry_options seeded = {.max_attempts = -1, .seed = 42},
                                          free = {.max_attempts = -1};
    double a[4], b[4];

    draw(&seeded, a, 4);
    draw(&seeded, b, 4);
    CHECK_MEM(a, b, sizeof a);
    draw(&free, a, 4);
    draw(&free, b, 4);
    CHECK(a[0] != b[0] && a[1] != b[1]);
}

static void I10_a_budget_ends_the_retries_of_all_who_share_it(void)
{
    static struct syn_retry_budget budget = {.capacity = 23};
    static const struct syn_retry_options shared = {.max_attempts = -1, .budget = &budget};
    struct syn_retry a = syn_retry_with(&shared), b = syn_retry_with(&shared);

    CHECK(syn_retry_next(&a, ECONNREFUSED, syn_never()));
    CHECK(syn_retry_next(&b, SYN_ETIMEDOUT, syn_never()));
    CHECK_INT(syn_retry_budget_left(&budget), 8);
    CHECK(!syn_retry_next(&b, SYN_ETIMEDOUT, syn_never()));
    CHECK(syn_retry_next(&a, ECONNREFUSED, syn_never()));
    CHECK(!syn_retry_next(&a, ECONNREFUSED, syn_never()));
    CHECK(!syn_retry_next(&b, SYN_OK, syn_never())); /* it gets its 10 back */
    CHECK_INT(syn_retry_budget_left(&budget), 13);
    CHECK(!syn_retry_next(&a, SYN_OK, syn_never()));
    CHECK_INT(syn_retry_budget_left(&budget), 18);
    CHECK(!syn_retry_next(&a, SYN_OK, syn_never())); /* once: now it is one that goes well at once */
    CHECK_INT(syn_retry_budget_left(&budget), 19);
    for (int i = 0; i < 10; i++) {
        struct syn_retry at_once = syn_retry_with(&shared);

        CHECK(!syn_retry_next(&at_once, SYN_OK, syn_never()));
    }
    CHECK_INT(syn_retry_budget_left(&budget), 23);
}

static void I10_a_thread_tries_again(void)
{
    struct syn_retry retry;
    syn_err err;
    int y;

    begin();
    let_fail(2, ECONNRESET);
    retry = syn_retry_with(NULL);
    do
        err = fetch(&y);
    while (syn_retry_again(&retry, err));
    CHECK_INT(err, SYN_OK);
    CHECK_INT(calls, 3);
    finish(syn_default_synchronizer());
    end_all();
}

/* --- a server that accepts and never answers --- */

ASYNC(demo, int, black_hole)
{
    co_begin;
    calls++;
    co_sleep(1e6);
    co_return (0);
    co_end;
}

ASYNC(demo, void, notices, SYN_LOCAL(struct syn_retry, retry), SYN_LOCAL(int, y))
{
    co_begin;
    self->retry = syn_retry_with(NULL);
    for (;;) {
        co_await_by(black_hole_future(), &self->y, syn_after(1));
        co_retry(&self->retry);
    }
    co_check;
    co_end;
}

static void I10_a_black_hole_is_noticed(void)
{
    begin();
    calls = 0;
    CHECK_INT(notices(), SYN_ETIMEDOUT);
    CHECK_INT(calls, 4);
    CHECK(now() >= 4 * SECOND && now() < 5 * SECOND);
    end_all();
}

/* --- rates --- */

static struct syn_rate rate;

ASYNC(demo, void, takes_turns, (int, n), SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < self->n; self->i++)
        co_try(syn_rate_wait_future(&rate, 1));
    co_end;
}

static void I10_a_rate_holds_to_the_nanosecond(void)
{
    begin();
    rate = (struct syn_rate){.per_second = 8, .burst = 3};
    CHECK_INT(takes_turns(3), SYN_OK);
    CHECK_INT(now(), 0);
    CHECK_INT(takes_turns(8), SYN_OK);
    CHECK_INT(now(), SECOND);
    CHECK_INT(naps(10), SYN_OK); /* a pause earns a burst and no more */
    CHECK_INT(takes_turns(3), SYN_OK);
    CHECK_INT(now(), 11 * SECOND);
    CHECK_INT(takes_turns(1), SYN_OK);
    CHECK_INT(now(), 11 * SECOND + SECOND / 8);
    end_all();
}

static void I10_many_share_a_rate(void)
{
    struct takes_turns_future f[10];

    begin();
    rate = (struct syn_rate){.per_second = 10};
    for (int i = 0; i < 10; i++)
        f[i] = takes_turns_future(10);
    for (int i = 0; i < 10; i++)
        CHECK_INT(future_get(f[i]), SYN_OK);
    CHECK_INT(now(), 99 * (SECOND / 10));
    end_all();
}

static void I10_what_would_come_after_the_deadline_uses_nothing(void)
{
    begin();
    rate = (struct syn_rate){.per_second = 1};
    CHECK_INT(takes_turns(1), SYN_OK);
    CHECK_INT(syn_call_by(syn_after(0.5), takes_turns(1)), SYN_ETIMEDOUT);
    CHECK_INT(now(), SECOND / 2);
    CHECK_INT(takes_turns(1), SYN_OK);
    CHECK_INT(now(), SECOND);
    end_all();
}

ASYNC(demo, void, tries_turns)
{
    co_begin;
    CHECK_INT(syn_rate_try(&rate, 2), SYN_OK);
    CHECK_INT(syn_rate_try(&rate, 1), SYN_EAGAIN);
    CHECK_INT(syn_rate_try(&rate, 3), SYN_EINVAL);
    co_sleep(1);
    CHECK_INT(syn_rate_try(&rate, 1), SYN_OK);
    co_end;
}

static void I10_turns_can_be_tried_for_and_odd_rates_are_refused(void)
{
    begin();
    rate = (struct syn_rate){.per_second = 1, .burst = 2};
    CHECK_INT(tries_turns(), SYN_OK);
    CHECK_INT(syn_rate_wait(&rate, 3), SYN_EINVAL);
    rate = (struct syn_rate){.per_second = 0};
    CHECK_INT(syn_rate_wait(&rate, 1), SYN_EINVAL);
    finish(syn_default_synchronizer());
    end_all();
}

static const struct test_case cases[] = {
    TEST(I10_a_task_tries_again_until_it_goes_well),
    TEST(I10_the_latest_error_is_the_outcome_with_its_message),
    TEST(I10_what_will_not_pass_is_not_tried_again),
    TEST(I10_a_program_decides_what_is_transient),
    TEST(I10_never_beyond_the_deadline),
    TEST(I10_sleeps_are_drawn_from_a_bound_that_doubles),
    TEST(I10_a_seed_replays_and_without_one_no_two_are_alike),
    TEST(I10_a_budget_ends_the_retries_of_all_who_share_it),
    TEST(I10_a_thread_tries_again),
    TEST(I10_a_black_hole_is_noticed),
    TEST(I10_a_rate_holds_to_the_nanosecond),
    TEST(I10_many_share_a_rate),
    TEST(I10_what_would_come_after_the_deadline_uses_nothing),
    TEST(I10_turns_can_be_tried_for_and_odd_rates_are_refused),
};

TEST_MAIN_BOTH_MODES("retry", cases);

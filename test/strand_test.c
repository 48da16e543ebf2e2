/* SPDX-License-Identifier: Apache-2.0
 *
 * Strands: one at a time, in order, on any worker; and nobody else is held up.
 */
#define _DEFAULT_SOURCE
#include "support/pool_rig.h"

POOL(workers, .max_threads = 4, .grace_ns = 1000000);
POOL(others);

static struct gate gate;

struct account {
    struct syn_strand strand;
    int inside, n;
    int order[100];
};

BLOCKING(workers, int, deposit, (struct account *, account), (int, x),
         STRAND(account ? &account->strand : NULL))
{
    CHECK_INT(account->inside++, 0);
    account->order[account->n++] = x;
    sched_yield();
    account->inside--;
    return x;
}

BLOCKING(workers, int, standing, (struct account *, account), (struct gate *, at),
         STRAND(&account->strand))
{
    CHECK_INT(account->inside++, 0);
    gate_pass(at);
    account->inside--;
    return 1;
}

/* A job of ACCOUNT's strand stands at the gate; the others wait in line behind it. */
static struct standing_future occupied(struct account *account)
{
    struct standing_future first;

    gate_init(&gate);
    first = standing_future(account, &gate);
    gate_await(&gate, 1);
    return first;
}

static void over(void)
{
    finish_pool(&workers);
    finish_pool(&others);
    done_after(256);
}

static void W2_jobs_of_a_strand_run_one_at_a_time_and_in_order(void)
{
    static struct account account[2];
    struct deposit_future f[2][100];
    int y;

    begin();
    for (int i = 0; i < 100; i++)
        for (int k = 0; k < 2; k++)
            f[k][i] = deposit_future(&account[k], i);
    for (int i = 0; i < 100; i++)
        for (int k = 0; k < 2; k++)
            CHECK_INT(future_get(f[k][i], &y), SYN_OK);
    for (int i = 0; i < 100; i++)
        CHECK(account[0].order[i] == i && account[1].order[i] == i);
    over();
}

static void W2_a_long_line_at_a_strand_keeps_no_worker(void)
{
    struct account slow = {0}, quick = {0};
    struct standing_future first;
    struct deposit_future f[10];
    int y;

    begin();
    first = occupied(&slow);
    for (int i = 0; i < 10; i++)
        f[i] = deposit_future(&slow, i);
    CHECK_INT(deposit(&quick, 1, &y), SYN_OK);
    CHECK_INT(slow.n, 0);
    CHECK_INT(pool_stats(&workers).queued, 10);
    gate_open(&gate);
    CHECK_INT(future_get(first, &y), SYN_OK);
    for (int i = 0; i < 10; i++)
        CHECK_INT(future_get(f[i], &y), SYN_OK);
    over();
}

static void X3_a_cancelled_job_leaves_the_line_and_the_others_stay_in_order(void)
{
    struct account account = {0};
    struct standing_future first;
    struct deposit_future f[3];
    int y;

    begin();
    first = occupied(&account);
    for (int i = 0; i < 3; i++)
        f[i] = deposit_future(&account, i);
    CHECK_INT(future_cancel(f[1]), SYN_ECANCELED);
    gate_open(&gate);
    CHECK_INT(future_get(first, &y), SYN_OK);
    CHECK_INT(future_get(f[0], &y), SYN_OK);
    CHECK_INT(future_get(f[2], &y), SYN_OK);
    CHECK_INT(account.n, 2);
    CHECK_INT(account.order[1], 2);
    over();
}

static void X3_an_abandoned_job_holds_its_strand_until_it_really_ends(void)
{
    struct account account = {0};
    struct standing_future first;
    struct deposit_future second;
    int y;

    begin();
    first = occupied(&account);
    second = deposit_future(&account, 2);
    CHECK_INT(future_cancel(first), SYN_ECANCELED);
    CHECK_INT(future_poll(second), SYN_EAGAIN);
    gate_open(&gate);
    CHECK_INT(future_get(second, &y), SYN_OK);
    over();
}

static void W2_a_strand_is_of_one_pool_at_a_time(void)
{
    struct account account = {0};
    struct standing_future first;
    int y;

    begin();
    first = occupied(&account);
    CHECK_INT(future_get(pool_submit(&others, deposit, &account, 1), &y), SYN_EINVAL);
    CHECK_SAYS("strand");
    gate_open(&gate);
    CHECK_INT(future_get(first, &y), SYN_OK);
    CHECK_INT(future_get(pool_submit(&others, deposit, &account, 1), &y), SYN_OK);
    over();
}

static void L2_a_stop_ends_a_line_too(void)
{
    struct account account = {0};
    struct standing_future first;
    struct deposit_future f[3];
    int y;

    begin();
    first = occupied(&account);
    for (int i = 0; i < 3; i++)
        f[i] = deposit_future(&account, i);
    CHECK_INT(pool_stats(&workers).queued, 3);
    CHECK_INT(future_request_cancel(first), SYN_OK);
    CHECK_INT(future_get(first, &y), SYN_ECANCELED);
    CHECK_INT(pool_stop(&workers, syn_after(0)), SYN_ETIMEDOUT);
    for (int i = 0; i < 3; i++)
        CHECK_INT(future_get(f[i], &y), SYN_ECANCELED);
    CHECK_INT(account.n, 0);
    gate_open(&gate);
    over();
}

PROMISE(int, number);

BLOCKING(workers, int, waits, (struct account *, account), (struct number_future, f),
         STRAND(&account->strand))
{
    int y = 0;

    CHECK(account != NULL);
    CHECK_INT(future_get(f, &y), SYN_OK);
    return y;
}

BLOCKING(others, int, asks, (struct account *, account))
{
    int y = 0;

    CHECK_INT(deposit(account, 4, &y), SYN_OK);
    return y;
}

static void W2_a_job_in_line_behind_one_that_waits_is_not_refused(void)
{
    struct account account = {0};
    struct number_promise p;
    struct number_future f;
    struct waits_future first;
    struct asks_future second;
    int y;

    begin();
    CHECK_INT(promise_new(number, &p, &f), SYN_OK);
    first = waits_future(&account, f);
    while (pool_stats(&workers).blocked < 1)
        usleep(100);
    second = asks_future(&account);
    while (pool_stats(&workers).queued < 1 && pool_stats(&others).ended < 1)
        usleep(100);
    CHECK_INT(promise_complete(p, &(int){3}), SYN_OK);
    CHECK_INT(future_get(first, &y), SYN_OK);
    CHECK_INT(future_get(second, &y), SYN_OK);
    CHECK_INT(y, 4);
    over();
}


static const struct test_case cases[] = {
    TEST(W2_jobs_of_a_strand_run_one_at_a_time_and_in_order),
    TEST(W2_a_long_line_at_a_strand_keeps_no_worker),
    TEST(W2_a_job_in_line_behind_one_that_waits_is_not_refused),
    TEST(X3_a_cancelled_job_leaves_the_line_and_the_others_stay_in_order),
    TEST(X3_an_abandoned_job_holds_its_strand_until_it_really_ends),
    TEST(W2_a_strand_is_of_one_pool_at_a_time),
    TEST(L2_a_stop_ends_a_line_too),
};
TEST_MAIN("strand", cases);

/* SPDX-License-Identifier: Apache-2.0
 *
 * Every way of making something, with its 1st, 2nd, 3rd ... allocation failing until
 * it succeeds: SYN_ENOMEM comes out where the manual says, nothing is left. Both modes.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

SYNCHRONIZER(demo);
SYNCHRONIZER(other);

static atomic_int n_destroyed;

static void destroy(char *text)
{
    n_destroyed++;
    free(text);
}

PROMISE(int, number);

ASYNC(demo, int, square, (double, seconds), (int, x))
{
    co_begin;
    co_sleep(self->seconds);
    if (self->x < 0)
        co_fail(SYN_EIO, "negative");
    co_return(self->x * self->x);
    co_end;
}

ASYNC(demo, size_t, length, SYN_COPY(const char *, first), SYN_COPY(const char *, second))
{
    co_begin;
    co_sleep(0.0);
    co_return(strlen(self->first) + strlen(self->second));
    co_end;
}

/* A frame that no cache holds. */
ASYNC(demo, char *, large, SYN_LOCAL(char, room[100000]), DESTROY(destroy))
{
    co_begin;
    co_sleep(0.0);
    co_return(strdup("result"));
    co_end;
}

ASYNC(demo, int, awaits, (int, ready), SYN_LOCAL(int, y))
{
    co_begin;
    co_try(square_future(self->ready ? 0.0 : 0.001, 3), &self->y);
    co_return(self->y);
    co_end;
}

static syn_err blocks(void)
{
    return square(0.0, 3, NULL);
}

static syn_err gets(void)
{
    int y = -1;
    syn_err err = future_get(square_future(0.0, 3), &y);

    CHECK_INT(y, err ? -1 : 9);
    return err;
}

static syn_err copies(void)
{
    size_t n = 0;
    syn_err err = future_get(length_future("four", "fivex"), &n);

    CHECK_INT(n, err ? 0 : 9);
    return err;
}

static syn_err destroys(void)
{
    int before = n_destroyed;
    syn_err err = future_get(large_future(), NULL);

    CHECK_INT(n_destroyed - before, err ? 0 : 1);
    return err;
}

static syn_err awaits_one(void)
{
    return awaits(1, NULL);
}

static _Atomic(bool) called;

static void is_called(void *user, syn_err err, int *result)
{
    (void)user;
    CHECK(err == 0 ? *result == 9 : err == SYN_ENOMEM);
    called = true;
}

static syn_err calls_back(void)
{
    struct square_future f = square_future(0.0, 3);
    syn_err err = future_then(f, &other, is_called, NULL);

    if (err) {
        CHECK_INT(err, SYN_ENOMEM);
        CHECK(future_cancel(f) != SYN_EDEADLK); /* it is still ours, or never was */
        return err;
    }
    spin_until(&called);
    called = false;
    return 0;
}

static syn_err shares(void)
{
    struct square_future f = square_future(0.0, 3), copy;
    struct square_shared s;
    int y = -1;
    syn_err err = future_share(f, &s);

    if (err) {
        CHECK(future_cancel(f) != SYN_EDEADLK);
        return err;
    }
    syn_shared_future(s, &copy);
    err = future_get(copy, &y);
    CHECK_INT(y, err ? -1 : 9);
    shared_release(s);
    return err;
}

static syn_err promises(void)
{
    struct number_promise p;
    struct number_future f;
    syn_err err = promise_new(number, &p, &f);

    if (err)
        return err;
    CHECK_INT(promise_complete(p, &(int){3}), 0);
    return future_get(f, NULL);
}

static syn_err starts(void)
{
    syn_err err = synchronizer_start(&other);

    CHECK_INT(synchronizer_free(&other), 0);
    return err;
}

static syn_err makes(void)
{
    struct syn_synchronizer *s;
    syn_err err = synchronizer_new(NULL, &s);

    return err ? err : synchronizer_free(s);
}

/* More failures at once than the fixed store of reports holds. */
static syn_err fails_a_lot(void)
{
    enum { N = 200 };
    struct square_future f[N];
    syn_err first = 0;

    for (int i = 0; i < N; i++)
        f[i] = square_future(0.0, -1);
    for (int i = 0; i < N; i++)
        CHECK(future_wait(f[i]) == 0 || future_poll(f[i]) == SYN_ENOMEM);
    for (int i = 0; i < N; i++) {
        syn_err err = future_get(f[i], NULL);

        CHECK(err == SYN_EIO || err == SYN_ENOMEM);
        first = first ? first : err == SYN_ENOMEM ? err : 0;
    }
    return first;
}

/* AGAIN: once more, with the caches full. One allocation of all is for the thread's own store of frames, and without that
 * the call goes on. */
static void fail_each(const char *name, syn_err (*make)(void), bool again)
{
    unsigned long hits, n = 0, n_done_without = 0;

    do {
        syn_err err;

        syn_fault_set("alloc", ++n, 1, ENOMEM);
        err = make();
        hits = syn_fault_hits();
        syn_fault_clear();
        if (err == 0 && hits >= n)
            n_done_without++;
        if (make != fails_a_lot && (n_done_without > 1 || (err && (hits < n || err != SYN_ENOMEM))))
            test_fail(__FILE__, __LINE__, "%s: allocation %lu: %s", name, n, syn_err_name(err));
        if (!again)
            finish(&demo);
        if (!again && make == calls_back)
            finish(&other);
    } while (hits >= n && n < 1000);
    finish(&demo);
    finish(&other);
}

#define FAIL_EACH(make) (fail_each(#make, make, false), fail_each(#make, make, true))

static void T4_each_way_of_making_something_survives_each_failing_allocation(void)
{
    begin();
    FAIL_EACH(blocks);
    FAIL_EACH(gets);
    FAIL_EACH(copies);
    FAIL_EACH(destroys);
    FAIL_EACH(awaits_one);
    FAIL_EACH(calls_back);
    FAIL_EACH(shares);
    FAIL_EACH(promises);
    FAIL_EACH(starts);
    FAIL_EACH(makes);
    done();
}

static void T4_two_hundred_failures_at_once_survive_each_failing_allocation(void)
{
    begin();
    FAIL_EACH(fails_a_lot);
    done_after(512);
}

static void E4_an_error_without_memory_for_its_report_still_arrives(void)
{
    enum { N = 200 };
    struct square_future f[N];

    begin();
    CHECK_INT(synchronizer_start(&demo), 0);
    for (int i = 0; i < N; i++)
        f[i] = square_future(1.0, -1);
    syn_fault_set("alloc", 1, 1000000, ENOMEM);
    for (int i = 0; i < N; i++)
        CHECK_INT(future_wait(f[i]), 0);
    for (int i = 0; i < N; i++) {
        CHECK_INT(future_get(f[i], NULL), SYN_EIO);
        CHECK_INT(syn_last_origin(), SYN_BY_TASK);
    }
    syn_fault_clear();
    finish(&demo);
    done_after(256);
}

enum { BURST = 3000 };

static void burst(void)
{
    static struct square_future f[BURST];
    int y;

    for (int i = 0; i < BURST; i++)
        f[i] = square_future(0.0, i % 100);
    for (int i = 0; i < BURST; i++) {
        CHECK_INT(future_get(f[i], &y), SYN_OK);
        CHECK_INT(y, i % 100 * (i % 100));
    }
}

/* What stays is what the loop has for itself. */
static void T4_the_memory_of_a_burst_is_reused_and_can_be_given_back(void)
{
    unsigned long asked, kept;

    burst();
    asked = syn_memory_use().allocations;
    burst();
    CHECK(syn_memory_use().allocations - asked < BURST / 10);
    kept = syn_memory_use().outstanding;
    syn_memory_trim();
    CHECK(kept - syn_memory_use().outstanding > BURST / 2);
    burst();
    finish(&demo);
    syn_memory_trim();
}

static const struct test_case cases[] = {
    TEST(T4_each_way_of_making_something_survives_each_failing_allocation),
    TEST(T4_two_hundred_failures_at_once_survive_each_failing_allocation),
    TEST(T4_the_memory_of_a_burst_is_reused_and_can_be_given_back),
    TEST(E4_an_error_without_memory_for_its_report_still_arrives),
};
TEST_MAIN_BOTH_MODES("call_memory", cases);

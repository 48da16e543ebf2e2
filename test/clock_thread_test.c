/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads that live by the virtual clock (src/base/clock.c).
 */
#include <signal.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/thread.h"
#include "test.h"

static struct syn_clock *virtual;

static void T3_the_default_says_so_and_aborts(void)
{
    _Atomic(bool) never = false;

    CHECK_INT(syn_clock_new(&virtual), SYN_OK);
    syn_clock_use(virtual);
    syni_clock_sleep(&never, SYNI_NEVER);
}

static void T1_thread_sleeps_virtually(void)
{
    _Atomic(bool) done = false;

    CHECK_INT(syn_clock_new(&virtual), SYN_OK);
    syn_clock_use(virtual);
    CHECK_PTR(syni_clock_default(), virtual);
    CHECK_PTR(syni_clock_mine(), virtual);
    CHECK(!syni_clock_sleep(&done, INT64_C(3600) * 1000000000));
    CHECK_INT(syn_clock_now(virtual), INT64_C(3600) * 1000000000);
    CHECK(!syni_clock_sleep(&done, 5));
    CHECK(!syni_clock_sleep(&done, INT64_MIN));
    CHECK_INT(syn_clock_now(virtual), INT64_C(3600) * 1000000000);
    done = true;
    CHECK(syni_clock_sleep(&done, SYNI_NEVER));
    CHECK_INT(syn_clock_free(virtual), SYN_EBUSY);
    syn_clock_use(NULL);
    CHECK_PTR(syni_clock_mine(), NULL);
    CHECK_INT(syn_clock_free(virtual), SYN_OK);
    CHECK_INT(syn_clock_free(NULL), SYN_OK);
}

/* Several threads sleep in turns; each writes when it woke. */
enum { THREADS = 4, ROUNDS = 50 };
static int64_t woke_at[THREADS * ROUNDS];
static atomic_int n_woke, n_joined;

static void sleep_in_steps(void *argument)
{
    int64_t step = 1 + *(int *)argument;
    _Atomic(bool) never = false;

    syn_clock_join(virtual);
    n_joined++;
    while (n_joined < THREADS)
        syni_thread_yield();
    for (int64_t i = 1; i <= ROUNDS; i++) {
        CHECK(!syni_clock_sleep(&never, i * step));
        CHECK_INT(syn_clock_now(virtual), i * step);
        woke_at[n_woke++] = i * step;
    }
    syn_clock_join(NULL);
}

static void T1_several_threads_wake_each_at_its_time(void)
{
    struct syni_thread threads[THREADS];
    int numbers[THREADS];

    CHECK_INT(syn_clock_new(&virtual), SYN_OK);
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        CHECK_INT(syni_thread_start(&threads[i], "sleeper", 0, sleep_in_steps, &numbers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        syni_thread_join(&threads[i]);
    CHECK_INT(syn_clock_now(virtual), THREADS * ROUNDS);
    CHECK_INT(n_woke, THREADS * ROUNDS);
    for (int i = 1; i < n_woke; i++)
        CHECK(woke_at[i] >= woke_at[i - 1]);
    CHECK_INT(syn_clock_free(virtual), SYN_OK);
}

struct handed {
    struct syni_parker *to;
    _Atomic(bool) done;
    atomic_int step;
};

static void hand_back(void *argument)
{
    struct handed *handed = argument;
    _Atomic(bool) never = false;

    syn_clock_join(virtual);
    handed->step = 1;
    CHECK(!syni_clock_sleep(&never, 50));
    syni_parker_wake(handed->to, &handed->done);
    CHECK(!syni_clock_sleep(&never, 5000)); /* idle at once: the wake is under way */
    syn_clock_join(NULL);
}

static void T1_thread_on_its_way_back_holds_time(void)
{
    for (int i = 0; i < 100; i++) {
        struct handed handed = {.to = syni_parker_mine()};
        struct syni_thread thread;

        CHECK_INT(syn_clock_new(&virtual), SYN_OK);
        syn_clock_join(virtual);
        CHECK_INT(syni_thread_start(&thread, "other", 0, hand_back, &handed), SYN_OK);
        while (!handed.step)
            syni_thread_yield();
        CHECK(syni_clock_sleep(&handed.done, 1000));
        CHECK_INT(syn_clock_now(virtual), 50);
        syn_clock_join(NULL);
        syni_thread_join(&thread);
        CHECK_INT(syn_clock_now(virtual), 5000);
        CHECK_INT(syn_clock_free(virtual), SYN_OK);
    }
}

static const struct test_case cases[] = {
    TEST_DIES(T3_the_default_says_so_and_aborts, SIGABRT, "all blocked"),
    TEST(T1_thread_sleeps_virtually),
    TEST(T1_several_threads_wake_each_at_its_time),
    TEST(T1_thread_on_its_way_back_holds_time),
};
TEST_MAIN("clock_thread", cases);

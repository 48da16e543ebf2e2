/* SPDX-License-Identifier: Apache-2.0
 *
 * A thread that calls by future and then gets: it drives, and its next calls leave the role open for it. Real time, since with a
 * virtual clock the role is never open. What a thread has learnt of its own haste is taken from it (not_late()).
 */
#define _DEFAULT_SOURCE
#include <unistd.h>

#include <synchronicity/readiness.h>

#include "support/points.h"
#include "support/role_rig.h"

enum { MANY = 100, ROUNDS = 20, GRACE_OF_THE_TEST = 1000000000 };

/* What is left open stays so, for these. */
SYNCHRONIZER(demo, .caller_may_drive = 1, .drive_grace_ns = INT64_C(600) * GRACE_OF_THE_TEST);
SYNCHRONIZER(quick, .caller_may_drive = 1); /* the default */
SYNCHRONIZER(closed, .caller_may_drive = 1, .drive_grace_ns = -1);
PROMISE(int, number);

static void not_late(void)
{
    syni_self()->keeps.patience = (struct syni_patience){0};
    syni_self()->keeps.calls = 0;
}

#define TASKS_ON(synchronizer)                                                                     \
    ASYNC(synchronizer, pthread_t, synchronizer##_passes)                                          \
    {                                                                                              \
        co_begin;                                                                                  \
        co_pass;                                                                                   \
        co_return(pthread_self());                                                                 \
        co_end;                                                                                    \
    }                                                                                              \
    ASYNC(synchronizer, pthread_t, synchronizer##_waits, (struct number_future, f), SYN_LOCAL(int, y)) \
    {                                                                                              \
        co_begin;                                                                                  \
        co_try(self->f, &self->y);                                                                 \
        co_return(pthread_self());                                                                 \
        co_end;                                                                                    \
    }                                                                                              \
    ASYNC(synchronizer, pthread_t, synchronizer##_sleeps)                                          \
    {                                                                                              \
        co_begin;                                                                                  \
        co_sleep(0.001);                                                                           \
        co_return(pthread_self());                                                                 \
        co_end;                                                                                    \
    }                                                                                              \
    /* Until the thread has once blocked on a future of its own, and nothing is left there. */      \
    static void synchronizer##_gets(void)                                                          \
    {                                                                                              \
        pthread_t ran;                                                                             \
        do                                                                                         \
            CHECK_INT(future_get(synchronizer##_sleeps_future(), &ran), 0);                        \
        while (!syni_self()->keeps.gets);                                                          \
        await_role(&synchronizer, SYNI_ROLE_FREE);                                                 \
    }

TASKS_ON(demo)
TASKS_ON(quick)
TASKS_ON(closed)

ASYNC(quick, int, quick_adds, (int, x))
{
    co_begin;
    if (self->x % 4 == 0)
        co_sleep(0.0001);
    co_return(self->x + 1);
    co_end;
}

/* --- driving --- */

static void drives_and_wakes_nobody(void)
{
    struct syn_synchronizer_stats before = synchronizer_stats(&demo), after;
    struct demo_passes_future f[MANY];
    pthread_t ran;

    for (int round = 0; round < ROUNDS; round++) {
        not_late();
        for (int i = 0; i < MANY; i++) {
            f[i] = demo_passes_future();
            CHECK_INT(atomic_load(&loop_of(&demo)->role), SYNI_ROLE_OPEN);
        }
        for (int i = 0; i < MANY; i++)
            CHECK(future_get(f[i], &ran) == 0 && pthread_equal(ran, pthread_self()));
    }
    after = synchronizer_stats(&demo);
    CHECK_INT(after.hand_overs + after.passes + after.wakes, before.hand_overs + before.passes + before.wakes);
}

static void C13_a_thread_that_gets_its_futures_drives_and_wakes_nobody(void)
{
    struct number_promise promise;
    struct number_future number;
    struct demo_waits_future beside;
    pthread_t ran;

    begin_with(&demo);
    demo_gets();
    drives_and_wakes_nobody();
    CHECK_INT(promise_new(number, &promise, &number), 0);
    beside = demo_waits_future(number);
    CHECK_INT(demo_passes(&ran), 0);
    await_role(&demo, SYNI_ROLE_OPEN);
    drives_and_wakes_nobody();
    CHECK_INT(promise_complete(promise, &(int){1}), 0);
    CHECK_INT(future_get(beside, &ran), 0);
    stop_and_free(&demo);
}

/* What it called for was run by the loop's thread: the next is handed over at once. */
static void C13_a_thread_that_gets_nothing_more_has_its_calls_run_at_once(void)
{
    unsigned long opens = 0;

    begin_with(&quick);
    quick_gets();
    not_late();
    for (int i = 0; i < 3; i++) {
        struct quick_passes_future f = quick_passes_future();

        while (future_poll(f) == SYN_EAGAIN)
            sched_yield();
        CHECK_INT(future_detach(f), 0);
        await_role(&quick, SYNI_ROLE_FREE);
        opens = i == 0 ? atomic_load(&loop_of(&quick)->counts.opens) : opens;
        CHECK_INT(atomic_load(&loop_of(&quick)->counts.opens), opens);
    }
    stop_and_free(&quick);
}

/* Nobody drives but the dedicated thread, which does not tick before the call. */
static void C13_a_future_that_nobody_gets_goes_on_after_the_grace(void)
{
    struct quick_passes_future f;
    pthread_t ran;

    begin_with(&quick);
    quick_gets();
    for (int i = 0; i < 3; i++) {
        while (atomic_load(&loop_of(&quick)->ticks))
            sched_yield();
        not_late();
        f = quick_passes_future();
        while (future_poll(f) == SYN_EAGAIN)
            sched_yield();
        CHECK_INT(future_get(f, &ran), 0);
        CHECK(!pthread_equal(ran, pthread_self()));
        await_role(&quick, SYNI_ROLE_FREE);
    }
    stop_and_free(&quick);
}

static void C13_a_thread_that_came_late_to_its_get_has_its_next_calls_run_at_once(void)
{
    struct demo_passes_future f;
    pthread_t ran;
    unsigned long before;

    begin_with(&demo);
    demo_gets();
    not_late();
    f = demo_passes_future();
    syni_self()->keeps.since -= GRACE_OF_THE_TEST;
    CHECK_INT(future_get(f, &ran), 0);
    CHECK(pthread_equal(ran, pthread_self()));
    before = synchronizer_stats(&demo).hand_overs;
    f = demo_passes_future(); /* nobody else takes it for minutes */
    while (future_poll(f) == SYN_EAGAIN)
        sched_yield();
    CHECK_INT(synchronizer_stats(&demo).hand_overs, before + 1);
    CHECK_INT(future_get(f, &ran), 0);
    CHECK(!pthread_equal(ran, pthread_self()));
    stop_and_free(&demo);
}

static void C13_without_a_grace_a_future_is_handed_over_at_once(void)
{
    pthread_t ran;

    begin_with(&closed);
    closed_gets();
    for (int i = 0; i < MANY; i++) {
        not_late();
        CHECK_INT(future_get(closed_passes_future(), &ran), 0);
    }
    CHECK_INT(atomic_load(&loop_of(&closed)->counts.opens), 0);
    stop_and_free(&closed);
}

/* --- it follows --- */

struct other {
    pthread_t thread, ran;
    struct number_promise promise;
    struct number_future future;
    syn_err err;
};

static void *blocks(void *of)
{
    struct other *other = of;

    other->err = demo_waits(other->future, &other->ran);
    return NULL;
}

/* Another thread drives by a blocking call. */
static void begin_other(struct other *other)
{
    CHECK_INT(promise_new(number, &other->promise, &other->future), 0);
    CHECK_INT(pthread_create(&other->thread, NULL, blocks, other), 0);
    await_role(&demo, SYNI_ROLE_ASLEEP);
}

/* One that ended before its first step has not used NUMBER up. */
static void drop(struct number_promise promise, struct number_future number)
{
    syn_err err;

    promise_drop(promise);
    err = future_detach(number);
    CHECK(err == SYN_OK || err == SYN_ECONSUMED);
}

static void complete(struct number_promise promise)
{
    int y = 1;

    CHECK_INT(promise_complete(promise, &y), 0);
}

static void end_other(struct other *other)
{
    complete(other->promise);
    CHECK_INT(pthread_join(other->thread, NULL), 0);
    CHECK_INT(other->err, 0);
    CHECK(pthread_equal(other->ran, other->thread));
}

static void *gets_its_own(void *of)
{
    struct other *other = of;

    other->err = future_get(demo_waits_future(other->future), &other->ran);
    return NULL;
}

static void C13_a_thread_that_gets_follows_and_the_role_is_passed_to_it(void)
{
    struct other first, second;
    unsigned long before;

    begin_with(&demo);
    begin_other(&first);
    CHECK_INT(promise_new(number, &second.promise, &second.future), 0);
    before = synchronizer_stats(&demo).hand_overs;
    CHECK_INT(pthread_create(&second.thread, NULL, gets_its_own, &second), 0);
    await_followers(&demo, 1);
    end_other(&first);
    end_other(&second);
    CHECK_INT(synchronizer_stats(&demo).passes, 1);
    CHECK_INT(synchronizer_stats(&demo).hand_overs, before);
    stop_and_free(&demo);
}

static int ends[2];

ASYNC(demo, pthread_t, demo_reads)
{
    co_begin;
    co_readable(ends[0]);
    co_return(pthread_self());
    co_end;
}

static void *gets_what_it_reads(void *of)
{
    struct other *other = of;

    other->err = future_get(demo_reads_future(), &other->ran);
    return NULL;
}

/* The first drives, and is about to leave the role open. The second has seen that, and lists itself only now: before the role
 * is open, or (LATE) when the first has gone. Nobody posts anything: what it waits for is in the kernel. */
static void listed_beside_a_driver_that_leaves(bool late)
{
    struct other first, second;

    points_needed();
    CHECK_INT(pipe(ends), 0);
    begin_with(&demo);
    begin_other(&first);
    CHECK_INT(syn_test_hold("wait_is_led", 1), 0);
    CHECK_INT(pthread_create(&second.thread, NULL, gets_what_it_reads, &second), 0);
    AWAIT_HELD("wait_is_led");
    if (!late)
        CHECK_INT(syn_test_hold("role_idle", 1), 0);
    complete(first.promise);
    if (!late) {
        AWAIT_HELD("role_idle");
        syn_test_release("wait_is_led");
        await_followers(&demo, 1);
        syn_test_release("role_idle");
    }
    CHECK_INT(pthread_join(first.thread, NULL), 0);
    if (late) {
        CHECK_INT(atomic_load(&loop_of(&demo)->role), SYNI_ROLE_OPEN);
        syn_test_release("wait_is_led");
    }
    CHECK_INT(write(ends[1], "", 1), 1);
    CHECK_INT(pthread_join(second.thread, NULL), 0);
    CHECK_INT(second.err, 0);
    CHECK(pthread_equal(second.ran, second.thread));
    CHECK_INT(synchronizer_stats(&demo).hand_overs, 0);
    close(ends[0]);
    close(ends[1]);
    stop_and_free(&demo);
}

static void C13_one_that_follows_is_seen_by_the_driver_that_leaves(void)
{
    listed_beside_a_driver_that_leaves(false);
}

static void C13_one_that_follows_sees_that_the_driver_has_left(void)
{
    listed_beside_a_driver_that_leaves(true);
}

static void C13_a_wait_that_times_out_leaves_the_role_whether_it_drives_or_follows(void)
{
    struct number_promise promise;
    struct number_future number;
    struct demo_waits_future f;
    struct other other;
    pthread_t ran;

    begin_with(&demo);
    CHECK_INT(promise_new(number, &promise, &number), 0);
    begin_other(&other);
    f = demo_waits_future(number);
    CHECK_INT(future_wait_by(f, syn_after(0.002)), SYN_ETIMEDOUT);
    await_followers(&demo, 0);
    end_other(&other);
    await_role(&demo, SYNI_ROLE_OPEN);
    CHECK_INT(future_wait_by(f, syn_after(0.002)), SYN_ETIMEDOUT); /* it drives */
    CHECK_INT(atomic_load(&loop_of(&demo)->role), SYNI_ROLE_OPEN);
    complete(promise); /* which finds the role open, and hands it over */
    while (future_poll(f) == SYN_EAGAIN)
        sched_yield();
    CHECK_INT(future_get(f, &ran), 0);
    CHECK(!pthread_equal(ran, pthread_self()));
    CHECK_INT(synchronizer_stats(&demo).passes, 0);
    stop_and_free(&demo);
}

static void C13_a_get_that_times_out_cancels_what_it_drives(void)
{
    struct number_promise promise;
    struct number_future number;
    pthread_t ran;

    begin_with(&demo);
    demo_gets();
    for (int i = 0; i < ROUNDS; i++) {
        not_late();
        CHECK_INT(promise_new(number, &promise, &number), 0);
        CHECK_INT(future_get_by(demo_waits_future(number), &ran, syn_after(0.001)), SYN_ETIMEDOUT);
        CHECK_INT(atomic_load(&loop_of(&demo)->role), SYNI_ROLE_FREE);
        drop(promise, number);
    }
    CHECK_INT(future_cancel(demo_sleeps_future()), SYN_ECANCELED);
    stop_and_free(&demo);
}

/* --- it stops --- */

static void C13_a_stop_finds_an_open_role_with_calls_in_it(void)
{
    struct number_promise promise;
    struct number_future number;
    struct demo_waits_future f;
    pthread_t ran;

    begin_with(&demo);
    for (int i = 0; i < ROUNDS; i++) {
        demo_gets();
        not_late();
        CHECK_INT(promise_new(number, &promise, &number), 0);
        f = demo_waits_future(number);
        CHECK_INT(atomic_load(&loop_of(&demo)->role), SYNI_ROLE_OPEN);
        CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
        CHECK_INT(future_get(f, &ran), SYN_ECANCELED);
        drop(promise, number);
        CHECK_INT(synchronizer_start(&demo), 0);
    }
    stop_and_free(&demo);
}

static void *frees(void *synchronizer)
{
    CHECK_INT(synchronizer_free(synchronizer), 0);
    return NULL;
}

/* It drives in every other round, and follows in the others. */
static void C13_a_synchronizer_is_freed_while_a_thread_gets(void)
{
    struct number_promise promise;
    struct number_future number;
    struct demo_waits_future f;
    pthread_t thread, ran;
    bool drives = false;

    for (int i = 0; i < ROUNDS; i++, drives = !drives) {
        begin_with(&demo);
        if (drives)
            demo_gets();
        not_late();
        CHECK_INT(promise_new(number, &promise, &number), 0);
        f = demo_waits_future(number);
        CHECK_INT(pthread_create(&thread, NULL, frees, &demo), 0);
        CHECK_INT(future_get(f, &ran), SYN_ECANCELED);
        CHECK_INT(pthread_join(thread, NULL), 0);
        drop(promise, number);
    }
}

/* --- many --- */

enum { GETTERS = 6 };

static void *gets_much(void *at)
{
    struct quick_adds_future f[16];
    int first = *(int *)at, y;

    for (int round = 0; round < 100 / TEST_SLOWNESS; round++) {
        int n = 1 + (first + round) % 16;

        for (int i = 0; i < n; i++)
            f[i] = quick_adds_future(first + round + i);
        for (int i = 0; i < n; i++) {
            CHECK_INT(future_get(f[i], &y), 0);
            CHECK_INT(y, first + round + i + 1);
        }
        CHECK_INT(quick_adds(first, &y), 0); /* and a blocking call */
        CHECK_INT(y, first + 1);
    }
    return NULL;
}

static void C13_many_threads_get_their_futures_beside_each_other(void)
{
    pthread_t threads[GETTERS];
    int firsts[GETTERS];

    begin_with(&quick);
    for (int i = 0; i < GETTERS; i++) {
        firsts[i] = i * 1000;
        CHECK_INT(pthread_create(&threads[i], NULL, gets_much, &firsts[i]), 0);
    }
    for (int i = 0; i < GETTERS; i++)
        CHECK_INT(pthread_join(threads[i], NULL), 0);
    stop_and_free(&quick);
}

static const struct test_case cases[] = {
    TEST(C13_a_thread_that_gets_its_futures_drives_and_wakes_nobody),
    TEST(C13_a_future_that_nobody_gets_goes_on_after_the_grace),
    TEST(C13_a_thread_that_gets_nothing_more_has_its_calls_run_at_once),
    TEST(C13_a_thread_that_came_late_to_its_get_has_its_next_calls_run_at_once),
    TEST(C13_without_a_grace_a_future_is_handed_over_at_once),
    TEST(C13_a_thread_that_gets_follows_and_the_role_is_passed_to_it),
    TEST(C13_one_that_follows_is_seen_by_the_driver_that_leaves),
    TEST(C13_one_that_follows_sees_that_the_driver_has_left),
    TEST(C13_a_wait_that_times_out_leaves_the_role_whether_it_drives_or_follows),
    TEST(C13_a_get_that_times_out_cancels_what_it_drives),
    TEST(C13_a_stop_finds_an_open_role_with_calls_in_it),
    TEST(C13_a_synchronizer_is_freed_while_a_thread_gets),
    TEST(C13_many_threads_get_their_futures_beside_each_other),
};

TEST_MAIN("keep", cases);

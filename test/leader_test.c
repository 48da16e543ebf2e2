/* SPDX-License-Identifier: Apache-2.0
 *
 * Callers that drive where others block too, and where something lives in the background: the role passes from one
 * blocked caller to the next, and stays open for a while after a call. Real time, since with a virtual clock the role
 * is never left open; each wait is for something that must happen, however late.
 */
#define _DEFAULT_SOURCE
#include <unistd.h>

#include <synchronicity/readiness.h>

#include "support/role_rig.h"

enum { CALLERS = 8, FEW = SYNI_FEW_FOLLOWERS + 1, GRACE_OF_THE_TEST = 1000000000 };

/* What is left open stays so, for these. */
SYNCHRONIZER(demo, .caller_may_drive = 1, .drive_grace_ns = INT64_C(600) * GRACE_OF_THE_TEST);
SYNCHRONIZER(quick, .caller_may_drive = 1); /* the default */
/* So long that one that calls all the time calls in each half of it. */
SYNCHRONIZER(streams, .caller_may_drive = 1, .drive_grace_ns = GRACE_OF_THE_TEST / 5);
SYNCHRONIZER(closed, .caller_may_drive = 1, .drive_grace_ns = -1);
PROMISE(int, number);

/* So many tasks have begun, and not ended. */
static void await_live(struct syn_synchronizer *synchronizer, unsigned long n)
{
    struct syn_synchronizer_stats stats;

    do {
        sched_yield();
        stats = synchronizer_stats(synchronizer);
    } while (stats.started - stats.ended != n);
}

/* Awaits F, and tells which thread ran the rest of it. */
ASYNC(demo, pthread_t, runs_after, (struct number_future, f), SYN_LOCAL(int, y))
{
    co_begin;
    co_try(self->f, &self->y);
    co_return(pthread_self());
    co_end;
}

ASYNC(demo, int, plus_one, (int, x))
{
    co_begin;
    co_pass;
    co_return(self->x + 1);
    co_end;
}

static atomic_int n_ticks;

ASYNC(demo, void, waits_in_the_background, (struct number_future, f), SYN_LOCAL(int, y))
{
    co_begin;
    co_try(self->f, &self->y);
    n_ticks += self->y;
    co_end;
}

ASYNC(quick, void, beats)
{
    co_begin;
    for (;;) {
        co_sleep(0.001);
        n_ticks++;
    }
    co_end;
}

ASYNC(quick, int, computes, (int, x))
{
    return step_return(self, self->x + 1);
}

ASYNC(streams, int, computes_more, (int, x))
{
    return step_return(self, self->x + 1);
}

ASYNC(quick, int, sleeps, (int, x))
{
    co_begin;
    co_sleep(0.0001);
    co_return(self->x + 1);
    co_end;
}

struct caller {
    pthread_t thread, ran;
    struct number_promise promise;
    struct number_future future;
    syn_err err;
};

static void *blocks(void *of)
{
    struct caller *caller = of;

    caller->err = runs_after(caller->future, &caller->ran);
    return NULL;
}

static void begin_caller(struct caller *caller)
{
    CHECK_INT(promise_new(number, &caller->promise, &caller->future), 0);
    CHECK_INT(pthread_create(&caller->thread, NULL, blocks, caller), 0);
}

static void end_caller(struct caller *caller)
{
    int y = 1;

    CHECK_INT(promise_complete(caller->promise, &y), 0);
    CHECK_INT(pthread_join(caller->thread, NULL), 0);
    CHECK_INT(caller->err, 0);
}

/* The first drives, and the others follow in their order. One that follows is listed before its call is posted: so the
 * driver has all calls only when each has begun, and until then may find nothing to do, and let the role go. */
static void begin_in_order(struct caller *callers, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        begin_caller(&callers[i]);
        if (i == 0)
            await_role(&demo, SYNI_ROLE_ASLEEP);
        await_followers(&demo, i);
    }
    await_live(&demo, n);
}

/* Each runs what follows its own await only if it drives at that moment: the order is that of the blocking. */
static void C13_the_role_passes_from_one_blocked_caller_to_the_next(void)
{
    struct caller callers[FEW];
    int before = count_threads();

    begin_with(&demo);
    begin_in_order(callers, FEW);
    CHECK_THREADS(before + FEW); /* none is ours */
    for (int i = 0; i < FEW; i++) {
        end_caller(&callers[i]);
        CHECK(pthread_equal(callers[i].ran, callers[i].thread));
        CHECK_INT(synchronizer_stats(&demo).passes, i < FEW - 1 ? i + 1 : i);
        await_followers(&demo, i < FEW - 1 ? (unsigned)(FEW - 2 - i) : 0);
    }
    CHECK_INT(synchronizer_stats(&demo).hand_overs, 0);
    CHECK_THREADS(before);
    stop_and_free(&demo);
}

/* The others are told by the first; a follower that was told is not called. */
static void C13_a_caller_that_drives_brings_the_results_of_the_others(void)
{
    struct caller callers[FEW];

    begin_with(&demo);
    begin_in_order(callers, FEW);
    for (int i = FEW - 1; i >= 0; i--) {
        end_caller(&callers[i]);
        CHECK(pthread_equal(callers[i].ran, callers[0].thread));
    }
    CHECK_INT(synchronizer_stats(&demo).passes, 0);
    CHECK_INT(synchronizer_stats(&demo).hand_overs, 0);
    stop_and_free(&demo);
}

/* The first leaves a crowd to the dedicated thread, which gives the role back to the last of them. */
static void C13_a_crowd_of_callers_is_served_by_the_dedicated_thread(void)
{
    struct caller callers[CALLERS];

    begin_with(&demo);
    begin_in_order(callers, CALLERS);
    for (int i = 0; i < CALLERS - 1; i++)
        end_caller(&callers[i]);
    CHECK_INT(synchronizer_stats(&demo).hand_overs, 1);
    CHECK(pthread_equal(callers[0].ran, callers[0].thread));
    CHECK(!pthread_equal(callers[1].ran, callers[1].thread));
    while (synchronizer_stats(&demo).passes == 0) /* to one of the last two */
        sched_yield();
    end_caller(&callers[CALLERS - 1]);
    CHECK(pthread_equal(callers[CALLERS - 1].ran, callers[CALLERS - 1].thread));
    stop_and_free(&demo);
}

static void *blocks_until(void *of)
{
    struct caller *caller = of;

    caller->err = call_by(syn_after(0.002), runs_after(caller->future, &caller->ran));
    return NULL;
}

static void C13_a_follower_has_its_deadline_and_the_role_goes_past_it(void)
{
    struct caller callers[3];

    begin_with(&demo);
    begin_caller(&callers[0]);
    await_role(&demo, SYNI_ROLE_ASLEEP);
    CHECK_INT(promise_new(number, &callers[1].promise, &callers[1].future), 0);
    CHECK_INT(pthread_create(&callers[1].thread, NULL, blocks_until, &callers[1]), 0);
    begin_caller(&callers[2]);
    CHECK_INT(pthread_join(callers[1].thread, NULL), 0);
    CHECK_INT(callers[1].err, SYN_ETIMEDOUT);
    promise_drop(callers[1].promise);
    await_followers(&demo, 1);
    end_caller(&callers[0]);
    end_caller(&callers[2]);
    CHECK(pthread_equal(callers[2].ran, callers[2].thread));
    stop_and_free(&demo);
}

static void C13_a_stop_ends_callers_that_follow(void)
{
    struct caller callers[CALLERS];

    begin_with(&demo);
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < CALLERS; i++)
            begin_caller(&callers[i]);
        await_followers(&demo, CALLERS - 1);
        await_live(&demo, CALLERS); /* one that has not begun is refused */
        CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
        for (int i = 0; i < CALLERS; i++) {
            CHECK_INT(pthread_join(callers[i].thread, NULL), 0);
            CHECK_INT(callers[i].err, SYN_ECANCELED);
            promise_drop(callers[i].promise);
        }
        CHECK_INT(synchronizer_start(&demo), 0);
    }
    stop_and_free(&demo);
}

ASYNC(demo, void, cleans_up, (double, seconds))
{
    co_begin;
    co_sleep(60);
    co_finally;
    co_sleep(self->seconds);
    co_end;
}

static void *is_stopped(void *seconds)
{
    CHECK_INT(cleans_up(*(double *)seconds), SYN_ECANCELED);
    return NULL;
}

/* The caller that drives is ready first, and the dedicated thread ends what the other follows. */
static void C13_a_loop_that_ends_sleeps_though_a_caller_follows(void)
{
    double seconds[] = {0.001, 0.05};
    pthread_t threads[2];
    unsigned long before;

    begin_with(&demo);
    CHECK_INT(pthread_create(&threads[0], NULL, is_stopped, &seconds[0]), 0);
    await_role(&demo, SYNI_ROLE_ASLEEP);
    CHECK_INT(pthread_create(&threads[1], NULL, is_stopped, &seconds[1]), 0);
    await_followers(&demo, 1);
    await_live(&demo, 2);
    before = synchronizer_stats(&demo).turns;
    CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
    CHECK(synchronizer_stats(&demo).turns - before < 500);
    for (int i = 0; i < 2; i++)
        CHECK_INT(pthread_join(threads[i], NULL), 0);
    stop_and_free(&demo);
}

/* --- the grace --- */

static void C13_calls_go_on_driving_though_something_is_waited_for(void)
{
    struct number_promise promise;
    struct number_future future;
    struct waits_in_the_background_future background;
    unsigned long before;
    int y = 0;

    begin_with(&demo);
    CHECK_INT(promise_new(number, &promise, &future), 0);
    background = waits_in_the_background_future(future);
    await_role(&demo, SYNI_ROLE_ASLEEP); /* the dedicated thread watches */
    do /* the dedicated thread may serve the first, if that comes as it wakes for its tick */
        CHECK_INT(plus_one(0, &y), 0);
    while (atomic_load(&loop_of(&demo)->role) != SYNI_ROLE_OPEN);
    before = synchronizer_stats(&demo).hand_overs;
    for (int i = 0; i < 1000; i++) {
        CHECK_INT(plus_one(i, &y), 0);
        CHECK_INT(y, i + 1);
        CHECK_INT(atomic_load(&loop_of(&demo)->role), SYNI_ROLE_OPEN);
    }
    CHECK_INT(synchronizer_stats(&demo).hand_overs, before);
    y = 1;
    CHECK_INT(promise_complete(promise, &y), 0); /* a post finds the role open, and hands it over */
    CHECK_INT(future_get(background), 0);
    CHECK_INT(n_ticks, 1);
    stop_and_free(&demo);
}

static void C13_a_future_begins_at_once_though_the_role_is_open(void)
{
    struct caller other;
    struct waits_in_the_background_future background;
    int y = 0;

    begin_with(&demo);
    CHECK_INT(promise_new(number, &other.promise, &other.future), 0);
    background = waits_in_the_background_future(other.future);
    await_role(&demo, SYNI_ROLE_ASLEEP);
    for (int i = 0; i < 100; i++) {
        CHECK_INT(plus_one(i, &y), 0);
        CHECK_INT(future_get(plus_one_future(i), &y), 0);
        CHECK_INT(y, i + 1);
    }
    CHECK_INT(future_cancel(background), SYN_ECANCELED);
    promise_drop(other.promise);
    stop_and_free(&demo);
}

/* Each time after calls of its own the program does nothing for a while. */
static void C13_after_its_grace_the_dedicated_thread_watches(void)
{
    struct beats_future f;
    int y = 0;

    begin_with(&quick);
    f = beats_future();
    for (int i = 0; i < 4; i++) {
        int before;

        for (int k = 0; k < 25; k++)
            CHECK_INT(sleeps(k, &y), 0);
        before = n_ticks;
        while (n_ticks < before + 3)
            sched_yield();
    }
    CHECK_INT(future_cancel(f), SYN_ECANCELED);
    stop_and_free(&quick);
}

static int ends[2];
static atomic_bool was_read;

ASYNC(streams, void, reads)
{
    co_begin;
    co_readable(ends[0]);
    was_read = true;
    co_end;
}

/* Their calls wait for nothing, so none of them has a reason to look at the kernel. */
static void C13_a_stream_of_calls_does_not_starve_what_waits_for_a_descriptor(void)
{
    struct reads_future f;
    int y = 0;

    begin_with(&streams);
    CHECK_INT(pipe(ends), 0);
    f = reads_future();
    for (int i = 0; i < 1000; i++)
        CHECK_INT(computes_more(i, &y), 0);
    CHECK(!was_read);
    CHECK_INT(write(ends[1], "", 1), 1);
    while (!was_read)
        CHECK_INT(computes_more(1, &y), 0);
    CHECK_INT(future_get(f), 0);
    close(ends[0]);
    close(ends[1]);
    stop_and_free(&streams);
}

ASYNC(closed, void, waits_there, (struct number_future, f), SYN_LOCAL(int, y))
{
    co_begin;
    co_try(self->f, &self->y);
    co_end;
}

ASYNC(closed, int, computes_there, (int, x))
{
    return step_return(self, self->x + 1);
}

static void C13_without_a_grace_the_role_is_never_open(void)
{
    struct caller other;
    struct waits_there_future background;
    int y = 0;

    begin_with(&closed);
    CHECK_INT(promise_new(number, &other.promise, &other.future), 0);
    background = waits_there_future(other.future);
    for (int i = 0; i < 100; i++) {
        CHECK_INT(computes_there(i, &y), 0);
        CHECK(atomic_load(&loop_of(&closed)->role) != SYNI_ROLE_OPEN);
    }
    CHECK_INT(atomic_load(&loop_of(&closed)->counts.opens), 0);
    CHECK_INT(future_cancel(background), SYN_ECANCELED);
    promise_drop(other.promise);
    stop_and_free(&closed);
}

static void *calls_much(void *at)
{
    int first = *(int *)at, y = 0;

    for (int i = 0; i < 500 / TEST_SLOWNESS; i++) {
        CHECK_INT(i % 4 ? computes(first + i, &y) : sleeps(first + i, &y), 0);
        CHECK_INT(y, first + i + 1);
    }
    return NULL;
}

/* A timer in the background, and each result comes to its caller. */
static void C13_many_callers_share_what_a_background_task_lives_on(void)
{
    pthread_t threads[CALLERS];
    int firsts[CALLERS];
    struct beats_future f;

    begin_with(&quick);
    f = beats_future();
    for (int i = 0; i < CALLERS; i++) {
        firsts[i] = i * 1000000;
        CHECK_INT(pthread_create(&threads[i], NULL, calls_much, &firsts[i]), 0);
    }
    for (int i = 0; i < CALLERS; i++)
        CHECK_INT(pthread_join(threads[i], NULL), 0);
    CHECK(n_ticks > 0);
    CHECK_INT(future_cancel(f), SYN_ECANCELED);
    stop_and_free(&quick);
}

static const struct test_case cases[] = {
    TEST(C13_the_role_passes_from_one_blocked_caller_to_the_next),
    TEST(C13_a_caller_that_drives_brings_the_results_of_the_others),
    TEST(C13_a_crowd_of_callers_is_served_by_the_dedicated_thread),
    TEST(C13_a_follower_has_its_deadline_and_the_role_goes_past_it),
    TEST(C13_a_stop_ends_callers_that_follow),
    TEST(C13_a_loop_that_ends_sleeps_though_a_caller_follows),
    TEST(C13_calls_go_on_driving_though_something_is_waited_for),
    TEST(C13_a_future_begins_at_once_though_the_role_is_open),
    TEST(C13_after_its_grace_the_dedicated_thread_watches),
    TEST(C13_a_stream_of_calls_does_not_starve_what_waits_for_a_descriptor),
    TEST(C13_without_a_grace_the_role_is_never_open),
    TEST(C13_many_callers_share_what_a_background_task_lives_on),
};

TEST_MAIN("leader", cases);

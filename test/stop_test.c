/* SPDX-License-Identifier: Apache-2.0
 *
 * Stops with deadlines: what owns them, what they return, and that nothing healthy is harmed by
 * them. What a stop reaches: stop_reach_test.c; a stop as a wait: stop_wait_test.c.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"
#include "support/points.h"

SYNCHRONIZER(demo);

ASYNC(demo, int, square, (int, x))
{
    co_begin;
    co_return(self->x * self->x);
    co_end;
}

static _Atomic(bool) begun;

ASYNC(demo, void, stubborn)
{
    co_begin;
    begun = true;
    co_sleep(1e9);
    co_finally;
    for (;;)
        co_sleep(1.0);
    co_end;
}

/* One stops without a limit, the others after 0.5 s and 2 s. */
static void stops(int number, void *argument)
{
    static const double limits[] = {0.5, 2.0};
    atomic_int *n_named = argument;
    syn_err err = synchronizer_stop(&demo, number < 2 ? syn_after(limits[number]) : syn_never());

    CHECK_INT(err, SYN_ETIMEDOUT);
    CHECK_SAYS("did not end in time: stubborn (waits for time)");
    CHECK_INT(now(), SECOND / 2);
    ++*n_named;
}

static void L7_the_earliest_of_several_stops_ends_by_its_own_deadline_and_all_hear_of_it(void)
{
    static atomic_int n_named;
    struct stubborn_future f;

    begin();
    f = stubborn_future();
    spin_until(&begun);
    crew_run(3, stops, &n_named);
    CHECK_INT(n_named, 3);
    CHECK_INT(future_get(f), SYN_EABANDONED);
    CHECK_INT(synchronizer_start(&demo), 0);
    CHECK_INT(square(3, NULL), 0);
    finish(&demo);
    done();
}

ASYNC(demo, int, holds_the_loop, (struct hold *, hold))
{
    hold_here(self->hold);
    return step_return(self, 5);
}

static int64_t real_time(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * SECOND + t.tv_nsec;
}

/* How long a stop takes that finds a step running; the step runs until it has returned. */
static int64_t time_of_a_stop(void)
{
    struct hold hold = {.held = false};
    struct holds_the_loop_future f = holds_the_loop_future(&hold);
    int64_t before;

    spin_until(&hold.held);
    before = real_time();
    CHECK_INT(synchronizer_stop(&demo, syn_after(0.0)), SYN_ETIMEDOUT);
    before = real_time() - before;
    CHECK_SAYS("a step of holds_the_loop still runs");
    CHECK_INT(synchronizer_start(&demo), SYN_ELOOPDEAD);
    CHECK_INT(square(3, NULL), SYN_ELOOPDEAD);
    CHECK_INT(synchronizer_free(&demo), SYN_ELOOPDEAD);
    CHECK_SAYS("its thread is still inside a step");
    hold.released = true;
    CHECK_INT(future_get(f, NULL), 0);
    CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
    CHECK_INT(synchronizer_start(&demo), 0);
    return before;
}

/* At least so long by the clock. At most by the looks, 2 ms apart, since a busy machine makes each longer, and not
 * more of them; a wake-up too early makes one more. */
static void L7_a_step_that_runs_delays_a_stop_by_a_tenth_of_a_second(void)
{
    bool counts = syn_test_hold("stop_looks", 1000000) != SYN_ENOTSUP;

    begin_in_real_time();
    CHECK(time_of_a_stop() >= SECOND / 10);
    CHECK(!counts || (syn_test_passes("stop_looks") > 0 && syn_test_passes("stop_looks") <= 60));
    syn_test_delay_clear();
    finish(&demo);
    done();
}

/* A stop came to ERR. On a machine that stalls for a tenth of a second a step may be caught inside, and on one that stalls for
 * longer what was abandoned is still being ended. */
static void check_stopped(syn_err err)
{
    if (!err)
        return;
    CHECK_INT(err, SYN_ETIMEDOUT);
    if (strstr(last_message(), "still runs") || strstr(last_message(), "is still being ended"))
        synchronizer_stop(&demo, syn_never());
    else
        CHECK_SAYS("did not end in time: square");
}

static void L7_stops_that_come_too_early_by_a_moment_leave_what_can_be_started(void)
{
    begin_in_real_time();
    for (int i = 0; i < 2000 / TEST_SLOWNESS; i++) {
        struct square_future f;

        CHECK_INT(synchronizer_start(&demo), 0);
        CHECK_INT(square(3, NULL), 0);
        f = square_future(3);
        check_stopped(synchronizer_stop(&demo, syn_after(i % 4 * 0.00001)));
        future_get(f, NULL);
    }
    finish(&demo);
    done();
}

static void L8_a_free_after_a_stop_that_gave_up_joins_and_closes_or_changes_nothing(void)
{
    int threads = count_threads(), descriptors = count_entries("/dev/fd");

    begin_in_real_time();
    for (int i = 0; i < 1000 / TEST_SLOWNESS; i++) {
        syn_err err = square(3, NULL);

        CHECK_INT(err, 0);
        check_stopped(synchronizer_stop(&demo, syn_after(i % 4 * 0.00001)));
        CHECK_INT(synchronizer_free(&demo), 0);
    }
    CHECK_INT(count_entries("/dev/fd"), descriptors);
    CHECK_THREADS(threads);
    done();
}

/* The loop's thread is held where no step runs. */
static void L2_a_stop_whose_end_takes_longer_returns_all_the_same_and_goes_on(void)
{
    points_needed();
    begin_in_real_time();
    syn_test_callers_drive(0); /* this thread cannot be held where it stops */
    CHECK_INT(square(3, NULL), 0);
    CHECK_INT(syn_test_hold("home_shut", 1), 0);
    CHECK_INT(synchronizer_stop(&demo, syn_after(0.01)), SYN_ETIMEDOUT);
    CHECK_SAYS("is still being ended; that goes on by itself");
    CHECK_INT(square(3, NULL), SYN_ECLOSED); /* it is not dead */
    CHECK_INT(synchronizer_start(&demo), SYN_EBUSY);
    syn_test_release("home_shut");
    CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
    CHECK_INT(synchronizer_start(&demo), 0);
    CHECK_INT(square(3, NULL), 0);
    finish(&demo);
    CHECK_INT(syn_memory_use().outstanding, 0);
}

/* --- a closing is not lost --- */

#define THING_METHODS(M, C) M(C, destructor)
CLASS(thing, THING_METHODS);
struct thing_impl {
    int n;
};
static _Atomic(int) n_destroyed;

DESTRUCTOR(thing)
{
    co_begin;
    me->n++;
    n_destroyed++;
    co_end;
}
CLASS_TABLE(demo, thing, THING_METHODS, NULL);

enum { THINGS = 400 }; /* more than a turn takes */

static void L2_destructors_that_come_after_a_stop_gave_up_do_not_keep_the_loop(void)
{
    static struct thing_impl impl[THINGS];
    struct thing *things[THINGS];
    struct hold hold = {.held = false};
    struct holds_the_loop_future f;

    begin_in_real_time();
    for (int i = 0; i < THINGS; i++)
        CHECK_INT(thing_wrap(&impl[i], &demo, &things[i]), 0);
    f = holds_the_loop_future(&hold);
    spin_until(&hold.held);
    CHECK_INT(synchronizer_stop(&demo, syn_after(0.0)), SYN_ETIMEDOUT);
    for (int i = 0; i < THINGS; i++)
        thing_release(things[i]);
    hold.released = true;
    CHECK_INT(future_get(f, NULL), 0);
    synchronizer_stop(&demo, syn_never());
    CHECK_INT(n_destroyed, 0);
    CHECK_INT(synchronizer_free(&demo), 0);
    done();
}

static void L2_a_stop_names_the_objects_that_it_gave_up(void)
{
    static struct thing_impl impl[3];
    struct thing *things[3];
    struct stubborn_future f;

    begin();
    for (int i = 0; i < 3; i++)
        CHECK_INT(thing_wrap(&impl[i], &demo, &things[i]), 0);
    f = stubborn_future();
    spin_until(&begun);
    CHECK_INT(synchronizer_stop(&demo, syn_after(3.0)), SYN_ETIMEDOUT);
    CHECK_SAYS("stubborn (waits for time), 3 objects (their destructors do not run)");
    CHECK_INT(future_get(f), SYN_EABANDONED);
    for (int i = 0; i < 3; i++)
        thing_release(things[i]);
    CHECK_INT(n_destroyed, 0);
    finish(&demo);
    done();
}

static const struct test_case cases[] = {
    TEST(L7_the_earliest_of_several_stops_ends_by_its_own_deadline_and_all_hear_of_it),
    TEST(L7_a_step_that_runs_delays_a_stop_by_a_tenth_of_a_second),
    TEST(L7_stops_that_come_too_early_by_a_moment_leave_what_can_be_started),
    TEST(L8_a_free_after_a_stop_that_gave_up_joins_and_closes_or_changes_nothing),
    TEST(L2_destructors_that_come_after_a_stop_gave_up_do_not_keep_the_loop),
    TEST(L2_a_stop_names_the_objects_that_it_gave_up),
    TEST(L2_a_stop_whose_end_takes_longer_returns_all_the_same_and_goes_on),
};
TEST_MAIN_BOTH_MODES("stop", cases);

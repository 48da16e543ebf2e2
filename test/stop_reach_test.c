/* SPDX-License-Identifier: Apache-2.0
 *
 * What a stop reaches: everything that lives on its synchronizer, however it came to be, but for
 * what serves a clean-up as long as that lasts. And what is printed of clean-ups that take long.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

SYNCHRONIZER(demo);

static atomic_int n_cancelled, n_ended_well;

ASYNC(demo, int, sleeps, (double, seconds))
{
    co_begin;
    co_sleep(self->seconds);
    co_return(1);
    co_finally;
    if (co_outcome == SYN_ECANCELED)
        n_cancelled++;
    else if (!co_outcome)
        n_ended_well++;
    co_end;
}

static void start(void)
{
    begin();
}

/* It was cancelled: without that the stop would take 1000 s. */
static void end_all(int cancelled)
{
    int64_t before = now();

    CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
    CHECK(now() - before < 100 * SECOND);
    CHECK_INT(n_cancelled, cancelled);
    finish(&demo);
    done();
}

static void goes_on(void *user, syn_err err, int *result)
{
    (void)err;
    (void)result;
    future_detach(sleeps_future(1000.0));
    *(_Atomic(bool) *)user = true;
}

static void L2_a_stop_cancels_a_call_that_a_callback_had_made(void)
{
    _Atomic(bool) called = false;

    start();
    CHECK_INT(future_then(sleeps_future(0.0), &demo, goes_on, &called), 0);
    spin_until(&called);
    while (synchronizer_stats(&demo).started < 3) /* it has begun: else it would clean up nothing */
        usleep(100);
    end_all(1);
}

static void L2_a_stop_cancels_a_call_that_a_callback_makes_meanwhile(void)
{
    _Atomic(bool) called = false;

    start();
    CHECK_INT(future_then(sleeps_future(1000.0), &demo, goes_on, &called), 0);
    CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
    CHECK(called);
    end_all(1); /* the second never began */
}

/* In clean-up: what it awaits runs to its end, what it leaves to itself does not. */
ASYNC(demo, void, cleans_up, (int, depth), SYN_LOCAL(int, y))
{
    co_begin;
    co_sleep(1000.0);
    co_finally;
    future_detach(sleeps_future(1000.0));
    co_await(sleeps_future(2.0), &self->y);
    CHECK_INT(self->y, 1);
    if (self->depth > 0)
        co_await(cleans_up_future(self->depth - 1));
    co_end;
}

ASYNC(demo, void, calls_cleaning, SYN_LOCAL(int, y))
{
    co_begin;
    co_sleep(1000.0);
    co_finally;
    co_await(sleeps_future(3.0), &self->y);
    CHECK_INT(self->y, 1);
    co_end;
}

static void L2_a_stop_leaves_what_a_clean_up_awaits_and_cancels_what_it_detached(void)
{
    struct cleans_up_future f;

    start();
    f = cleans_up_future(0);
    while (synchronizer_stats(&demo).started < 1)
        usleep(100);
    future_request_cancel(f);
    while (synchronizer_stats(&demo).started < 3)
        usleep(100);
    CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
    CHECK_INT(future_get(f), SYN_ECANCELED);
    CHECK_INT(n_ended_well, 1);
    end_all(1);
}

static void L2_the_shelter_of_a_clean_up_covers_what_its_calls_call(void)
{
    struct calls_cleaning_future f;

    start();
    f = calls_cleaning_future();
    CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
    CHECK_INT(future_get(f), SYN_ECANCELED);
    end_all(0);
}

/* A chain of calls that each detach the next one, in steps and not in clean-up. */
ASYNC(demo, void, breeds, (int, depth))
{
    co_begin;
    if (self->depth > 0)
        future_detach(breeds_future(self->depth - 1));
    co_sleep(1000.0);
    co_finally;
    n_cancelled++;
    co_end;
}

static void begets(void *user, syn_err err, int *result)
{
    (void)err;
    (void)result;
    future_detach(breeds_future(5));
    *(_Atomic(bool) *)user = true;
}

static void L2_a_stop_cancels_what_the_calls_of_a_callback_call_in_turn(void)
{
    _Atomic(bool) called = false;

    start();
    CHECK_INT(future_then(sleeps_future(0.0), &demo, begets, &called), 0);
    spin_until(&called);
    while (synchronizer_stats(&demo).started < 8)
        usleep(100);
    end_all(6);
}

GENERATOR(demo, int, counts, (int, n))
{
    co_begin;
    for (;;) {
        co_sleep(1000.0);
        co_yield(self->n);
    }
    co_finally;
    n_cancelled++;
    co_end;
}

ASYNC(demo, void, takes_one, SYN_LOCAL(struct counts_channel, made), SYN_LOCAL(int, y))
{
    co_begin;
    self->made = counts(7);
    co_next(self->made, &self->y);
    co_check; /* the stop may have ended the generator first */
    co_finally;
    n_cancelled += co_outcome == SYN_ECANCELED;
    co_close(self->made);
    co_end;
}

static void asks(void *user, syn_err err, int *result)
{
    (void)err;
    (void)result;
    future_detach(takes_one_future());
    *(_Atomic(bool) *)user = true;
}

static void L2_a_stop_cancels_a_generator_that_a_callback_had_made(void)
{
    _Atomic(bool) called = false;

    start();
    CHECK_INT(future_then(sleeps_future(0.0), &demo, asks, &called), 0);
    spin_until(&called);
    while (synchronizer_stats(&demo).started < 4)
        usleep(100);
    end_all(2);
}

#define THING_METHODS(M, C) M(C, destructor)
CLASS(thing, THING_METHODS);
struct thing_impl {
    int y;
};

DESTRUCTOR(thing)
{
    co_begin;
    future_detach(sleeps_future(1000.0));
    co_await(sleeps_future(2.0), &me->y);
    CHECK_INT(me->y, 1);
    co_end;
}
CLASS_TABLE(demo, thing, THING_METHODS, NULL);

static void L2_a_stop_cancels_what_a_destructor_left_to_itself(void)
{
    struct thing_impl impl[2] = {{0}, {0}};
    struct thing *kept = NULL, *released = NULL;

    start();
    CHECK_INT(thing_wrap(&impl[0], &demo, &kept), 0);
    CHECK_INT(thing_wrap(&impl[1], &demo, &released), 0);
    thing_release(released);
    CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
    CHECK_INT(impl[0].y + impl[1].y, 2);
    thing_release(kept);
    end_all(2);
}

/* --- what is printed --- */

static struct syn_synchronizer slow = {
    .options = {.name = "slow", .cleanup_limit_ns = 3 * SECOND}};

ASYNC(slow, void, lingers)
{
    co_begin;
    co_sleep(1000.0);
    co_finally;
    co_sleep(100.0);
    co_end;
}

/* The lines of standard error while FN runs. */
static int lines_of(void (*fn)(void), char *out_text, size_t size)
{
    FILE *file = tmpfile();
    int before = dup(2), n = 0;
    size_t length;

    CHECK(file && before >= 0);
    CHECK(dup2(fileno(file), 2) == 2);
    fn();
    fflush(stderr);
    CHECK(dup2(before, 2) == 2);
    close(before);
    rewind(file);
    length = fread(out_text, 1, size - 1, file);
    out_text[length] = '\0';
    fclose(file);
    for (const char *p = out_text; *p; p++)
        n += *p == '\n';
    return n;
}

enum { LINGERING = 5000 };

static void many_linger(void)
{
    for (int i = 0; i < LINGERING; i++)
        future_detach(lingers_future());
    while (synchronizer_stats(&slow).started < LINGERING)
        usleep(100);
    CHECK_INT(synchronizer_stop(&slow, syn_never()), 0);
}

static void X5_many_clean_ups_that_take_long_are_a_few_lines_a_reason_and_a_count(void)
{
    static char text[100000];
    int n;

    start();
    n = lines_of(many_linger, text, sizeof text);
    CHECK_INT(n, 9);
    CHECK(strstr(text, "the clean-up of lingers takes long; it waits for time\n") != NULL);
    CHECK(strstr(text, "the clean-up of 4992 more tasks takes long\n") != NULL);
    finish(&slow);
    done_after(LINGERING);
}

static const struct test_case cases[] = {
    TEST(L2_a_stop_cancels_a_call_that_a_callback_had_made),
    TEST(L2_a_stop_cancels_a_call_that_a_callback_makes_meanwhile),
    TEST(L2_a_stop_leaves_what_a_clean_up_awaits_and_cancels_what_it_detached),
    TEST(L2_the_shelter_of_a_clean_up_covers_what_its_calls_call),
    TEST(L2_a_stop_cancels_what_the_calls_of_a_callback_call_in_turn),
    TEST(L2_a_stop_cancels_a_generator_that_a_callback_had_made),
    TEST(L2_a_stop_cancels_what_a_destructor_left_to_itself),
    TEST(X5_many_clean_ups_that_take_long_are_a_few_lines_a_reason_and_a_count),
};
TEST_MAIN_BOTH_MODES("stop_reach", cases);

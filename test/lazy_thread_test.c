/* SPDX-License-Identifier: Apache-2.0
 *
 * Where callers may drive the library has no thread until something must go on without a caller. Real
 * time, since a virtual clock is not what this is about.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"
#include "support/points.h"

SYNCHRONIZER(demo, .caller_may_drive = 1);
SYNCHRONIZER(other, .caller_may_drive = 1);
PROMISE(int, number);

ASYNC(demo, int, square, (double, seconds), (int, x))
{
    co_begin;
    co_sleep(self->seconds);
    if (self->x < 0)
        co_fail(SYN_EIO, "there is no such square");
    co_return(self->x * self->x);
    co_end;
}

GENERATOR(demo, int, count, (int, n), SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < self->n; self->i++) {
        co_sleep(0.001);
        co_yield(self->i);
    }
    co_end;
}

struct eight {
    int at[8];
};

ASYNC(demo, int, sum_of_squares, (int, n), SYN_LOCAL(struct syn_scope, scope),
      SYN_LOCAL(struct eight, values), SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < self->n; self->i++)
        co_spawn(&self->scope, square_future(0.001, self->i), &self->values.at[self->i]);
    co_join(&self->scope);
    co_check;
    for (self->i = 0; self->i < self->n; self->i++)
        self->result += self->values.at[self->i];
    co_return_result;
    co_end;
}

ASYNC(other, int, elsewhere, (int, x), SYN_LOCAL(int, y))
{
    co_begin;
    co_try(square_future(0.001, self->x), &self->y);
    co_return(self->y + 1);
    co_end;
}

static atomic_int n_background;

ASYNC(demo, void, background)
{
    co_begin;
    co_sleep(0.002);
    n_background++;
    co_end;
}

ASYNC(demo, void, leaves_something_behind)
{
    co_begin;
    future_detach(background_future());
    co_end;
}

static void stop_all(struct syn_synchronizer *synchronizer)
{
    CHECK_INT(synchronizer_stop(synchronizer, syn_never()), 0);
    CHECK_INT(synchronizer_free(synchronizer), 0);
}

static void C17_a_program_whose_calls_all_block_has_no_thread_of_ours(void)
{
    int before = count_threads(), y = 0, sum = 0, item;
    struct count_channel ch;
    syn_err err;

    begin_in_real_time();
    CHECK_INT(synchronizer_start(&demo), 0);
    CHECK_THREADS(before);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(square(0.001, 4, &y), 0);
        CHECK_INT(y, 16);
    }
    CHECK_INT(square(0.0, -1, NULL), SYN_EIO);
    CHECK_INT(call_by(syn_after(0.002), square(100.0, 2, &y)), SYN_ETIMEDOUT);
    CHECK_INT(sum_of_squares(4, &y), 0);
    CHECK_INT(y, 0 + 1 + 4 + 9);
    channel_each (int, v, count(4), &err)
        sum += v;
    CHECK_INT(err, 0);
    CHECK_INT(sum, 6);
    ch = count(10);
    CHECK_INT(channel_next(ch, &item), 0);
    CHECK_THREADS(before);
    CHECK_INT(channel_close(ch), 0);
    CHECK_THREADS(before);
    stop_all(&demo);
    CHECK_THREADS(before);
}

static void C17_what_was_stopped_starts_again_without_one(void)
{
    int before = count_threads(), y = 0;

    begin_in_real_time();
    for (int i = 0; i < 3; i++) {
        CHECK_INT(synchronizer_start(&demo), 0);
        CHECK_INT(square(0.0, 4, &y), 0);
        CHECK_INT(synchronizer_stop(&demo, syn_after(10.0)), 0);
        CHECK_THREADS(before);
    }
    CHECK_INT(synchronizer_free(&demo), 0);
}

static void C17_a_future_in_flight_starts_it(void)
{
    int before = count_threads(), y = 0;
    struct square_future f;

    begin_in_real_time();
    f = square_future(0.001, 4);
    CHECK_THREADS(before + 1);
    CHECK_INT(future_get(f, &y), 0);
    CHECK_INT(y, 16);
    stop_all(&demo);
    CHECK_THREADS(before);
}

static void C17_a_task_that_outlives_the_call_starts_it(void)
{
    int before = count_threads();

    begin_in_real_time();
    CHECK_INT(leaves_something_behind(), 0);
    CHECK_THREADS(before + 1);
    while (n_background == 0)
        usleep(1000);
    stop_all(&demo);
    CHECK_THREADS(before);
}

static void note(void *user, syn_err err, int *value)
{
    (void)err;
    *(atomic_int *)user = value ? *value : -1;
}

static void C17_a_callback_starts_it(void)
{
    int before = count_threads();
    atomic_int heard = 0;
    struct number_promise p;
    struct number_future f;

    begin_in_real_time();
    CHECK_INT(promise_new(number, &p, &f), 0);
    CHECK_INT(future_then(f, &demo, note, &heard), 0);
    CHECK_THREADS(before + 1);
    CHECK_INT(promise_complete(p, &(int){7}), 0);
    while (heard == 0)
        usleep(1000);
    CHECK_INT(heard, 7);
    stop_all(&demo);
}

/* The thread of demo's is not the caller: that drives `other`. */
static void C17_a_call_between_synchronizers_starts_that_of_the_called(void)
{
    int before = count_threads(), y = 0;

    begin_in_real_time();
    CHECK_INT(elsewhere(3, &y), 0);
    CHECK_INT(y, 10);
    CHECK_THREADS(before + 1);
    stop_all(&other);
    stop_all(&demo);
    CHECK_THREADS(before);
}

static void calls(int number, void *argument)
{
    int y = 0;

    (void)argument;
    for (int i = 0; i < 200; i++) {
        CHECK_INT(square(0.0, number, &y), 0);
        CHECK_INT(y, number * number);
    }
}

static void C17_threads_that_share_it_get_each_its_own(void)
{
    begin_in_real_time();
    crew_run(6, calls, NULL);
    stop_all(&demo);
}

static void stops(int number, void *argument)
{
    (void)number;
    (void)argument;
    CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
}

static void calls_until_closed(int number, void *argument)
{
    int y = 0;
    syn_err err;

    (void)argument;
    do
        err = square(0.0, number, &y);
    while (!err);
    CHECK(err == SYN_ECLOSED || err == SYN_ECANCELED); /* before it began, or in it */
}

static void C17_a_stop_races_with_calls_and_with_the_first_future(void)
{
    begin_in_real_time();
    for (int i = 0; i < 30; i++) {
        struct crew_at_work *crew;
        struct square_future f;

        CHECK_INT(synchronizer_start(&demo), 0);
        crew = crew_start(3, calls_until_closed, NULL);
        if (i % 2) {
            f = square_future(0.0, 2);
            CHECK_INT(future_detach(f), 0);
        }
        stops(0, NULL);
        crew_join(crew);
    }
    CHECK_INT(synchronizer_free(&demo), 0);
}

static void calls_slowly(int number, void *argument)
{
    int y = 0;

    (void)number;
    *(atomic_bool *)argument = true;
    CHECK_INT(square(0.05, 5, &y), 0);
    CHECK_INT(y, 25);
}

/* The caller goes on driving; the host comes when it has left. */
static void C17_a_host_comes_while_a_caller_drives(void)
{
    begin_in_real_time();
    for (int i = 0; i < 10; i++) {
        atomic_bool begun = false;
        struct crew_at_work *crew;
        int y = 0;

        CHECK_INT(synchronizer_start(&demo), 0);
        crew = crew_start(1, calls_slowly, &begun);
        spin_until(&begun);
        usleep((unsigned)i * 300);
        CHECK_INT(syn_host_begin(&demo), 0);
        CHECK_INT(square(0.0, 3, &y), 0);
        CHECK_INT(y, 9);
        CHECK_INT(syn_host_turn(&demo), 0);
        CHECK_INT(syn_host_end(&demo), 0);
        crew_join(crew);
        CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
    }
    CHECK_INT(synchronizer_free(&demo), 0);
}

static void H8_without_a_thread_a_future_fails_and_blocking_calls_go_on(void)
{
    struct square_future f;
    char text[500];
    int y = 0;

    begin_in_real_time();
    CHECK_INT(square(0.0, 3, &y), 0);
    syn_fault_set("pthread_create", 1, 1, EAGAIN);
    f = square_future(0.0, 3);
    CHECK_INT(future_get(f, &y), SYN_EAGAIN);
    syn_report_text(syn_last_report(), text, sizeof text);
    CHECK(strstr(text, "the system gave no thread") != NULL);
    CHECK_INT(square(0.0, 5, &y), 0);
    CHECK_INT(y, 25);
    syn_fault_clear();
    CHECK_INT(future_get(square_future(0.0, 6), &y), 0);
    CHECK_INT(y, 36);
    stop_all(&demo);
}

static void H8_what_a_step_left_behind_waits_for_a_thread(void)
{
    begin_in_real_time();
    CHECK_INT(square(0.0, 3, NULL), 0);
    syn_fault_set("pthread_create", 1, 5, EAGAIN);
    CHECK_INT(leaves_something_behind(), 0);
    while (n_background == 0)
        usleep(1000);
    syn_fault_clear();
    stop_all(&demo);
}

static void leaves(int number, void *unused)
{
    (void)number, (void)unused;
    CHECK_INT(leaves_something_behind(), 0);
}

static void follows(int number, void *unused)
{
    int y = 0;

    (void)number, (void)unused;
    CHECK_INT(square(0.0, 7, &y), 0);
    CHECK_INT(y, 49);
}

/* A caller saw another one hold the role, which finds no thread for it, and has looked which callers follow. */
static void H8_a_role_that_gets_no_thread_goes_to_a_caller_that_follows_by_then(void)
{
    struct crew_at_work *first, *second;

    points_needed();
    begin_in_real_time();
    CHECK_INT(square(0.0, 3, NULL), 0);
    CHECK_INT(syn_test_hold("role_abandon", 1), 0);
    syn_fault_set("pthread_create", 1, 100000, EAGAIN);
    first = crew_start(1, leaves, NULL);
    AWAIT_HELD("role_abandon");
    CHECK_INT(syn_test_hold("knock_role", 1), 0);
    second = crew_start(1, follows, NULL);
    AWAIT_HELD("knock_role");
    syn_test_release("role_abandon");
    crew_join(first);
    syn_test_release("knock_role");
    crew_join(second);
    syn_fault_clear();
    stop_all(&demo);
}

static const struct test_case cases[] = {
    TEST(C17_a_program_whose_calls_all_block_has_no_thread_of_ours),
    TEST(C17_what_was_stopped_starts_again_without_one),
    TEST(C17_a_future_in_flight_starts_it),
    TEST(C17_a_task_that_outlives_the_call_starts_it),
    TEST(C17_a_callback_starts_it),
    TEST(C17_a_call_between_synchronizers_starts_that_of_the_called),
    TEST(C17_threads_that_share_it_get_each_its_own),
    TEST(C17_a_stop_races_with_calls_and_with_the_first_future),
    TEST(C17_a_host_comes_while_a_caller_drives),
    TEST(H8_without_a_thread_a_future_fails_and_blocking_calls_go_on),
    TEST(H8_what_a_step_left_behind_waits_for_a_thread),
    TEST(H8_a_role_that_gets_no_thread_goes_to_a_caller_that_follows_by_then),
};

TEST_MAIN("lazy_thread", cases);

/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls, as their first user meets them: every face, typed; where and when they
 * run; what they cost. Virtual time, both modes.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

SYNCHRONIZER(demo);
SYNCHRONIZER(other);

struct point {
    double x, y;
    char label[24];
};

/* C1: from no argument to eight, of every kind. */

static int n_nothing;

ASYNC(demo, void, nothing)
{
    n_nothing++;
    return step_done(self);
}

ASYNC(demo, int, answer)
{
    return step_return(self, 42);
}

ASYNC(demo, void, keep, (int *, where), (int, what))
{
    *self->where = self->what;
    return step_done(self);
}

ASYNC(demo, size_t, length, SYN_COPY(const char *, text))
{
    co_begin;
    co_sleep(1.0);
    co_return(strlen(self->text));
    co_end;
}

ASYNC(demo, struct point, move, (struct point, from), (double, dx), (double, dy))
{
    co_begin;
    self->from.x += self->dx;
    self->from.y += self->dy;
    co_pass;
    co_return(self->from);
    co_end;
}

ASYNC(demo, const char *, pick, (const char *const *, from), (unsigned char, n))
{
    return step_return(self, self->from[self->n]);
}

ASYNC(demo, long long, sum, (char, a), (short, b), (int, c), (long, d), (long long, e), (float, f),
      (double, g), (const int *, h), DOC("Eight arguments of eight types."))
{
    return step_return(self, self->a + self->b + self->c + self->d + self->e + (long long)self->f +
                                 (long long)self->g + *self->h);
}

ASYNC_DECLARE(int, declared, (int, x));
ASYNC_DEFINE(demo, int, declared, (int, x), SYN_LOCAL(int, y), SYN_LOCAL(char, text[16]))
{
    co_begin;
    CHECK_INT(self->y, 0);
    CHECK_STR(self->text, "");
    self->y = self->x;
    co_sleep(1.0);
    co_return(self->y + 1);
    co_end;
}

static void check_blocking_faces(void)
{
    static const char *const words[] = {"zero", "one"};
    struct point p = {1, 2, "start"};
    const char *word;
    long long total;
    size_t n;
    int y, h = 8;

    CHECK_INT(nothing(), 0);
    CHECK_INT(n_nothing, 1);
    CHECK_INT(answer(&y), 0);
    CHECK_INT(y, 42);
    CHECK_INT(keep(&y, 7), 0);
    CHECK_INT(y, 7);
    CHECK_INT(length("four", &n), 0);
    CHECK_INT(n, 4);
    CHECK_INT(move(p, 10, 20, &p), 0);
    CHECK(p.x == 11 && p.y == 22);
    CHECK_STR(p.label, "start");
    CHECK_INT(pick(words, 1, &word), 0);
    CHECK_STR(word, "one");
    CHECK_INT(sum(1, 2, 3, 4, 5, 6, 7, &h, &total), 0);
    CHECK_INT(total, 36);
    CHECK_INT(declared(41, &y), 0);
    CHECK_INT(y, 42);
    CHECK_INT(declared(41, NULL), 0);
}

static void check_future_faces(void)
{
    char text[] = "four";
    struct length_future fl = length_future(text);
    struct nothing_future fn = nothing_future();
    struct point p = {1, 2, "start"};
    struct move_future fm = move_future(p, 1, 1);
    size_t n;

    memcpy(text, "x\0..", 4); /* the call has its own copy */
    CHECK_INT(future_get(fl, &n), 0);
    CHECK_INT(n, 4);
    CHECK_INT(future_get(fn), 0);
    CHECK_INT(n_nothing, 2);
    CHECK_INT(future_get(fm, &p), 0);
    CHECK(p.x == 2 && p.y == 3);
}

/* The await face, of a bound function from its own and from another synchronizer. */
ASYNC(SYN_FREE, int, awaits_all, SYN_LOCAL(size_t, n), SYN_LOCAL(int, y), SYN_LOCAL(struct point, p))
{
    co_begin;
    co_await(nothing_future());
    CHECK_INT(co_status, 0);
    co_await(answer_future(), &self->y);
    CHECK_INT(self->y, 42);
    co_try(length_future("four"), &self->n);
    CHECK_INT(self->n, 4);
    co_try(move_future(self->p, 1, 2), &self->p);
    CHECK(self->p.x == 1 && self->p.y == 2);
    co_return((int)self->n);
    co_end;
}

ASYNC(other, int, from_other)
{
    co_begin;
    co_try(awaits_all_future(), &self->result);
    co_return_result;
    co_end;
}

ASYNC(demo, int, from_own)
{
    co_begin;
    co_try(awaits_all_future(), &self->result);
    co_return_result;
    co_end;
}

static void C1_every_face_is_typed_for_every_kind_of_argument(void)
{
    int y = 0;

    begin();
    check_blocking_faces();
    check_future_faces();
    CHECK_INT(from_own(&y), 0);
    CHECK_INT(y, 4);
    CHECK_INT(from_other(&y), 0);
    CHECK_INT(y, 4);
    finish(&demo);
    finish(&other);
    done();
}

ASYNC(demo, int, square, (double, seconds), (int, x))
{
    co_begin;
    co_sleep(self->seconds);
    co_return(self->x * self->x);
    co_end;
}

static void C2_ten_blocking_calls_in_a_row_are_serial(void)
{
    int y = 0;

    begin();
    for (int i = 0; i < 10; i++) {
        CHECK_INT(now(), i * SECOND);
        CHECK_INT(square(1.0, i, &y), 0);
        CHECK_INT(y, i * i);
    }
    CHECK_INT(now(), 10 * SECOND);
    finish(&demo);
    done();
}

static void calls_and_allocates_nothing(int number, void *argument)
{
    unsigned long before = syn_memory_use().allocations;
    int y;

    (void)argument;
    CHECK_INT(square(1.0, number, &y), 0); /* this thread's first */
    CHECK_INT(syn_memory_use().allocations, before);
    for (int i = 0; i < 100; i++) {
        CHECK_INT(square(0.0, i, &y), 0);
        CHECK_INT(answer(&y), 0);
    }
    CHECK_INT(syn_memory_use().allocations, before);
}

static void C3_a_blocking_call_allocates_nothing_cold_or_warm(void)
{
    begin();
    CHECK_INT(synchronizer_start(&demo), 0);
    calls_and_allocates_nothing(1, NULL);
    crew_run(1, calls_and_allocates_nothing, NULL);
    finish(&demo);
    done();
}

static void sleeps_a_second(int number, void *argument)
{
    int y = 0;

    (void)argument;
    CHECK_INT(square(1.0, number, &y), 0);
    CHECK_INT(y, number * number);
}

static void C4_twenty_threads_sleep_one_second_together(void)
{
    begin();
    crew_run(20, sleeps_a_second, NULL);
    CHECK_INT(now(), SECOND);
    finish(&demo);
    done();
}

static void C5_nothing_starts_before_the_first_use(void)
{
    int threads = count_threads(), y;

    begin();
    if (threads < 0)
        TEST_SKIP("the threads of this process cannot be counted here");
    CHECK_INT(synchronizer_stats(&demo).turns, 0);
    CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
    CHECK_THREADS(threads);
    CHECK_INT(answer(&y), 0);
    CHECK_THREADS(test_driving ? threads : threads + 1);
    finish(&demo);
    CHECK_THREADS(threads);
    done();
}

static void calls_first(int number, void *argument)
{
    int y = 0;

    (void)argument;
    CHECK_INT(square(0.0, number, &y), 0);
    CHECK_INT(y, number * number);
}

static void C5_a_thousand_threads_that_race_to_be_first_get_one_loop(void)
{
    int threads = count_threads();

    begin();
    crew_run(1000, calls_first, NULL);
    CHECK_INT(future_get(answer_future(), NULL), 0); /* where callers drive, this needs its thread */
    CHECK_THREADS(threads + 1);
    CHECK_INT(synchronizer_stats(&demo).started, 1001);
    finish(&demo);
    done();
}

static struct syn_synchronizer *ran_on;

ASYNC(SYN_FREE, void, where_am_i)
{
    ran_on = syn_task_synchronizer(&self->syn);
    return step_done(self);
}

ASYNC(other, void, asks_where)
{
    co_begin;
    co_try(where_am_i_future());
    co_end;
}

static void C14_a_free_function_runs_where_it_is_awaited_else_on_the_default_one(void)
{
    begin();
    CHECK_INT(where_am_i(), 0);
    CHECK_PTR(ran_on, syn_default_synchronizer());
    CHECK_INT(future_get(where_am_i_future()), 0);
    CHECK_PTR(ran_on, syn_default_synchronizer());
    CHECK_INT(asks_where(), 0);
    CHECK_PTR(ran_on, &other);
    CHECK_INT(synchronizer_stats(syn_default_synchronizer()).started, 2);
    finish(syn_default_synchronizer());
    finish(&other);
    done();
}

static const struct test_case cases[] = {
    TEST(C1_every_face_is_typed_for_every_kind_of_argument),
    TEST(C2_ten_blocking_calls_in_a_row_are_serial),
    TEST(C3_a_blocking_call_allocates_nothing_cold_or_warm),
    TEST(C4_twenty_threads_sleep_one_second_together),
    TEST(C5_nothing_starts_before_the_first_use),
    TEST(C5_a_thousand_threads_that_race_to_be_first_get_one_loop),
    TEST(C14_a_free_function_runs_where_it_is_awaited_else_on_the_default_one),
};
TEST_MAIN_BOTH_MODES("call", cases);

/* SPDX-License-Identifier: Apache-2.0
 *
 * Many threads that do at random all that can be done with calls, while others stop
 * and start what they call. For the sanitizers. Real time, both modes.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

SYNCHRONIZER(one);
SYNCHRONIZER(two);

static atomic_ulong n_made, n_destroyed, n_callbacks, n_registered;

static void destroy(char *text)
{
    n_destroyed++;
    free(text);
}

PROMISE(int, number);

ASYNC(one, int, square, (double, seconds), (int, x))
{
    co_begin;
    if (self->seconds > 0)
        co_sleep(self->seconds);
    else
        co_pass;
    if (self->x < 0)
        co_fail(SYN_EIO, "negative");
    co_return(self->x * self->x);
    co_finally;
    co_pass;
    co_end;
}

ASYNC(two, int, relays, (double, seconds), (int, x))
{
    co_begin;
    co_try(square_future(self->seconds, self->x), &self->result);
    co_return_result;
    co_end;
}

ASYNC(one, char *, owned, DESTROY(destroy))
{
    co_begin;
    co_pass;
    n_made++;
    co_return(strdup("owned"));
    co_end;
}

ASYNC(two, int, awaits, (struct number_future, f))
{
    co_begin;
    co_try(self->f, &self->result);
    co_return_result;
    co_end;
}

static unsigned next_random(unsigned *state)
{
    *state = *state * 1103515245u + 12345u;
    return *state >> 16;
}

static void check_outcome(syn_err err, const int *y, int x)
{
    if (err == 0)
        CHECK_INT(*y, x * x);
    else
        CHECK(err == SYN_ECANCELED || err == SYN_ETIMEDOUT || err == SYN_ECLOSED ||
              (err == SYN_EIO && x < 0));
}

static void counts_callback(void *user, syn_err err, int *result)
{
    check_outcome(err, result, *(int *)user);
    n_callbacks++;
}

struct completer {
    struct number_promise promise;
    int x;
};

static void *completes(void *argument)
{
    struct completer *c = argument;

    promise_complete(c->promise, &(int){c->x * c->x});
    return NULL;
}

static void promise_trip(int x, bool drop)
{
    struct completer c = {.x = x};
    struct number_future f;
    pthread_t thread;
    int y = 0;
    syn_err err;

    CHECK_INT(promise_new(number, &c.promise, &f), 0);
    CHECK_INT(pthread_create(&thread, NULL, completes, &c), 0);
    if (drop)
        promise_drop(c.promise);
    err = x % 2 ? awaits(f, &y) : future_get(f, &y);
    if (err == SYN_ECLOSED) /* refused: the future is as it was */
        future_detach(f);
    CHECK(err == 0 || err == SYN_EBROKEN || err == SYN_ECLOSED || err == SYN_ECANCELED);
    CHECK(err || y == x * x);
    pthread_join(thread, NULL);
}

static void shared_trip(double seconds, int x)
{
    struct square_shared s;
    struct square_future f = square_future(seconds, x), copy;
    int y = 0;
    syn_err err = future_share(f, &s);

    if (err) {
        CHECK_INT(err, SYN_ECLOSED);
        return;
    }
    syn_shared_future(s, &copy);
    if (x % 3 == 0)
        future_detach(copy);
    else
        check_outcome(future_get_by(copy, &y, syn_after(seconds / 2)), &y, x);
    if (x % 2)
        check_outcome(shared_get_by(s, &y, syn_after(1.0)), &y, x);
    shared_release(s);
}

static void one_thing(unsigned *random, int *x)
{
    double seconds = next_random(random) % 3 ? 0.0 : 0.0002 * (next_random(random) % 5);
    struct square_future f;
    char *text = NULL;
    int y = 0;

    switch (next_random(random) % 12) {
    case 0:
        check_outcome(square(seconds, *x, &y), &y, *x);
        break;
    case 1:
        check_outcome(relays(seconds, *x, &y), &y, *x);
        break;
    case 2:
        check_outcome(call_by(syn_after(seconds / 2), relays(seconds, *x, &y)), &y, *x);
        break;
    case 3:
        check_outcome(future_get_by(square_future(seconds, *x), &y, syn_after(seconds / 2)), &y, *x);
        break;
    case 4:
        y = *x * *x;
        check_outcome(future_cancel(square_future(seconds, *x)), &y, *x);
        break;
    case 5:
        future_detach(relays_future(seconds, *x));
        break;
    case 6:
        if (future_then(f = square_future(seconds, *x), &two, counts_callback, x) == 0)
            n_registered++;
        else
            future_detach(f);
        break;
    case 7:
        if (owned(&text) == 0)
            destroy(text);
        break;
    case 8:
        future_get_by(owned_future(), NULL, syn_after(0.0001));
        break;
    case 9:
        promise_trip(*x & 0xff, *x % 4 == 0);
        break;
    case 10:
        shared_trip(seconds, *x & 0xff);
        break;
    default:
        f = square_future(seconds, *x);
        future_request_cancel(f);
        future_wait_by(f, syn_after(seconds / 2));
        check_outcome(future_get(f, &y), &y, *x);
    }
}

enum { THREADS = 6, ROUNDS = 3000 / TEST_SLOWNESS };
static atomic_int n_at_work;

static void does_things(int number, void *argument)
{
    static int xs[THREADS]; /* callbacks look at it when they run */
    unsigned random = (unsigned)number * 7919u + 1;

    (void)argument;
    xs[number] = number % 3 == 2 ? -number : number;
    for (int i = 0; i < ROUNDS; i++)
        one_thing(&random, &xs[number]);
    n_at_work--;
}

static void end_all(void)
{
    finish(&two);
    finish(&one);
    CHECK_INT(n_callbacks, n_registered);
    CHECK_INT(n_destroyed, n_made);
    done_after(THREADS * ROUNDS);
}

static void L3_random_calls_of_six_threads_all_end(void)
{
    begin_in_real_time();
    n_at_work = THREADS;
    crew_run(THREADS, does_things, NULL);
    end_all();
}

static void L3_random_calls_of_six_threads_end_while_it_stops_and_starts(void)
{
    struct crew_at_work *crew;

    begin_in_real_time();
    n_at_work = THREADS;
    crew = crew_start(THREADS, does_things, NULL);
    for (int i = 0; n_at_work > 0; i++) {
        struct syn_synchronizer *s = i % 2 ? &one : &two;

        usleep(1000);
        CHECK_INT(synchronizer_stop(s, syn_never()), 0);
        CHECK_INT(synchronizer_start(s), 0);
    }
    crew_join(crew);
    end_all();
}

static const struct test_case cases[] = {
    TEST(L3_random_calls_of_six_threads_all_end),
    TEST(L3_random_calls_of_six_threads_end_while_it_stops_and_starts),
};
TEST_MAIN_BOTH_MODES("calls", cases);

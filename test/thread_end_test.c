/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads of the program that end while another one stops everything (base/self.c, base/thread_end.c): what each has
 * is given back once, while its record is there, and the key of the library is not touched after that was given back.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

#include <synchronicity/process.h>

#include "base/parker.h"
#include "base/thread.h"
#include "support/points.h"

SYNCHRONIZER(demo);

ASYNC(demo, int, one)
{
    return step_return(self, 1);
}

static atomic_bool has_called, may_end, has_ended, may_pass, has_stopped;

static void await(atomic_bool *flag)
{
    while (!*flag)
        usleep(200);
}

/* The last that the thread does by the library, as it was made known first. */
static void passes(void *unused)
{
    (void)unused;
    has_ended = true;
    await(&may_pass);
}

static void *calls_and_ends(void *unused)
{
    static struct syni_exit_call last = {.fn = passes};
    int y;

    CHECK(syni_thread_at_exit(&last));
    CHECK(syni_parker_mine() != NULL); /* which a call that it drives does not need */
    CHECK_INT(one(&y), 0);
    has_called = true;
    await(&may_end);
    return unused;
}

static void *stops_everything(void *unused)
{
    CHECK_INT(syn_stop_everything(syn_never()), 0);
    has_stopped = true;
    return unused;
}

static pthread_t start_thread(void *(*fn)(void *))
{
    pthread_t thread;

    CHECK_INT(pthread_create(&thread, NULL, fn, NULL), 0);
    return thread;
}

/* FLAG does not come; seen only where that is wrong, so waiting for longer would find no more. */
static void check_stays_false(atomic_bool *flag)
{
    for (int i = 0; i < 50 && !*flag; i++)
        usleep(1000);
    CHECK(!*flag);
}

static void call_again(void)
{
    int y = 0;

    CHECK_INT(one(&y), 0);
    CHECK_INT(y, 1);
    finish(&demo);
}

/* A thread that has called, and does not end before it may. */
static pthread_t begin_with_a_caller(void)
{
    pthread_t thread;

    points_needed();
    begin_in_real_time();
    may_pass = true;
    thread = start_thread(calls_and_ends);
    await(&has_called);
    return thread;
}

static void L9_a_thread_that_ends_gives_back_and_who_stops_everything_waits_for_it(void)
{
    pthread_t thread, stopper;

    thread = begin_with_a_caller();
    CHECK_INT(syn_test_hold("parker_ends", 1), 0);
    may_end = true;
    AWAIT_HELD("parker_ends");
    stopper = start_thread(stops_everything);
    check_stays_false(&has_stopped);
    syn_test_release("parker_ends");
    CHECK_INT(pthread_join(stopper, NULL), 0);
    CHECK_INT(pthread_join(thread, NULL), 0);
    call_again();
}

static void L9_who_stops_everything_gives_back_for_a_thread_that_waits_with_its_end(void)
{
    pthread_t thread, stopper;

    thread = begin_with_a_caller();
    finish(&demo); /* its own thread has ended */
    CHECK_INT(syn_test_hold("parker_ends", 1), 0); /* of the thread that had something first */
    stopper = start_thread(stops_everything);
    AWAIT_HELD("parker_ends");
    may_end = true;
    check_stays_false(&has_ended);
    syn_test_release("parker_ends");
    CHECK_INT(pthread_join(stopper, NULL), 0);
    CHECK_INT(pthread_join(thread, NULL), 0);
    CHECK(has_ended);
    call_again();
}

static atomic_int n_values_ended;

static void end_value(void *value)
{
    n_values_ended += value == &n_values_ended;
}

static pthread_key_t keys[8];

/* Other code has values of this thread under all of the KEYS, one of which may have the number of the library's. */
static void sets_values(void *unused)
{
    (void)unused;
    has_ended = true;
    await(&may_pass);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        CHECK_INT(pthread_setspecific(keys[i], &n_values_ended), 0);
}

static void *calls_and_sets_values(void *unused)
{
    static struct syni_exit_call last = {.fn = sets_values};
    int y;

    CHECK(syni_thread_at_exit(&last));
    CHECK_INT(one(&y), 0);
    return unused;
}

static void L9_a_thread_that_ends_leaves_a_key_alone_that_is_another_codes_by_then(void)
{
    const size_t n = sizeof keys / sizeof *keys;
    pthread_t thread;

    begin_in_real_time();
    thread = start_thread(calls_and_sets_values);
    await(&has_ended);
    CHECK_INT(syn_stop_everything(syn_never()), 0); /* the key of the library goes */
    for (size_t i = 0; i < n; i++)
        CHECK_INT(pthread_key_create(&keys[i], end_value), 0);
    may_pass = true;
    CHECK_INT(pthread_join(thread, NULL), 0);
    CHECK_INT(n_values_ended, n);
    for (size_t i = 0; i < n; i++)
        CHECK_INT(pthread_key_delete(keys[i]), 0);
    call_again();
}

static atomic_bool may_call;

static void *calls_before_and_after(void *unused)
{
    static struct syni_exit_call first = {.fn = passes}, second = {.fn = passes};
    int y;

    CHECK(syni_thread_at_exit(&first));
    CHECK_INT(one(&y), 0);
    has_called = true;
    await(&may_call);
    CHECK(syni_thread_at_exit(&second));
    CHECK_INT(one(&y), 0);
    return unused;
}

static void L9_a_thread_that_calls_before_and_after_gives_back_at_its_end(void)
{
    pthread_t thread;

    begin_in_real_time();
    may_pass = true;
    thread = start_thread(calls_before_and_after);
    await(&has_called);
    CHECK_INT(syn_stop_everything(syn_never()), 0);
    may_call = true;
    CHECK_INT(pthread_join(thread, NULL), 0);
    CHECK(has_ended);
    call_again();
}

static const struct test_case cases[] = {
    TEST(L9_a_thread_that_ends_gives_back_and_who_stops_everything_waits_for_it),
    TEST(L9_who_stops_everything_gives_back_for_a_thread_that_waits_with_its_end),
    TEST(L9_a_thread_that_ends_leaves_a_key_alone_that_is_another_codes_by_then),
    TEST(L9_a_thread_that_calls_before_and_after_gives_back_at_its_end),
};
TEST_MAIN_BOTH_MODES("thread_end", cases);

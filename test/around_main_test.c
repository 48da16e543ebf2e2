/* SPDX-License-Identifier: Apache-2.0
 *
 * Use where a program or a thread of it begins and ends: before main() by a constructor, in a destructor
 * of a thread-specific value, in a handler of exit() (L4, L6).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/wait.h>

#include "support/call_rig.h"

SYNCHRONIZER(demo);
SYNCHRONIZER(driven, .caller_may_drive = 1);
POOL(pool);
CHANNEL(int, ints);
PROMISE(int, number);
SYN_TASK_LOCAL(int, depth);

ASYNC(demo, int, twice, (double, seconds), (int, x))
{
    co_begin;
    co_sleep(self->seconds);
    co_return(2 * self->x);
    co_end;
}

ASYNC(driven, int, twice_driven, (int, x))
{
    co_begin;
    co_sleep(0.0001);
    co_return(2 * self->x);
    co_end;
}

BLOCKING(pool, int, thrice, (int, x))
{
    return 3 * x;
}

/* Each kind of thing that a thread keeps something of: its parker, reports, frames, locals. */
static bool every_kind_works(void)
{
    static int place;
    struct number_promise promise;
    struct number_future future;
    struct ints_channel ch;
    int a = 0, b = 0, c = 0, d = 0, e = 0;
    bool ok;

    ok = depth_set(&place) == 0 && twice(0.0001, 1, &a) == 0 && twice_driven(2, &b) == 0 &&
         thrice(3, &c) == 0 && future_get(twice_future(0.0001, 4), &d) == 0 &&
         future_get_by(twice_future(60.0, 5), NULL, syn_after(0.0001)) == SYN_ETIMEDOUT &&
         syn_last_report() != NULL && channel_new(ints, 1, &ch) == 0 && channel_send(ch, &a) == 0;
    if (!ok || promise_new(number, &promise, &future))
        return false;
    promise_complete(promise, &a);
    ok = future_get(future, &e) == 0 && channel_close(ch) == 0;
    return ok && a == 2 && b == 4 && c == 9 && d == 8 && e == 2;
}

/* --- before main() --- */

static bool worked_before_main;

__attribute__((constructor)) static void before_main(void)
{
    worked_before_main = every_kind_works() && syn_stop_everything(syn_after(20)) == 0 &&
                         syn_memory_use().outstanding == 0;
}

static void L4_a_constructor_of_the_program_may_use_it(void)
{
    CHECK(worked_before_main);
    begin_in_real_time();
    CHECK(every_kind_works());
    CHECK_INT(syn_stop_everything(syn_after(20)), 0);
    CHECK_INT(syn_memory_use().outstanding, 0);
}

/* --- at the end of a thread --- */

static pthread_key_t earlier, later; /* than the library's own */
static atomic_int n_worked, n_ended;

static void uses_it(void *unused)
{
    (void)unused;
    n_worked += every_kind_works();
    n_ended++;
}

static void *uses_it_and_ends(void *unused)
{
    CHECK(every_kind_works());
    CHECK_INT(pthread_setspecific(earlier, &earlier), 0);
    CHECK_INT(pthread_setspecific(later, &later), 0);
    return unused;
}

/* Uses it in its end only. */
static void *ends(void *unused)
{
    CHECK_INT(pthread_setspecific(earlier, &earlier), 0);
    CHECK_INT(pthread_setspecific(later, &later), 0);
    return unused;
}

static void run_in_threads(void *(*fn)(void *))
{
    pthread_t threads[4];

    for (int i = 0; i < 4; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, fn, NULL), 0);
    for (int i = 0; i < 4; i++)
        CHECK_INT(pthread_join(threads[i], NULL), 0);
}

static void L4_a_destructor_of_a_thread_specific_value_may_use_it(void)
{
    begin_in_real_time();
    CHECK_INT(pthread_key_create(&earlier, uses_it), 0);
    CHECK(every_kind_works()); /* takes the library's key */
    CHECK_INT(pthread_key_create(&later, uses_it), 0);
    run_in_threads(uses_it_and_ends);
    CHECK_INT(n_worked, 8);
    run_in_threads(ends);
    CHECK_INT(n_worked, 16);
    CHECK_INT(syn_stop_everything(syn_after(20)), 0);
    CHECK_INT(syn_memory_use().outstanding, 0);
}

BLOCKING(pool, int, leaves_a_value)
{
    return pthread_setspecific(earlier, &earlier) || pthread_setspecific(later, &later);
}

ASYNC(demo, int, leaves_a_value_on_its_loop)
{
    co_begin;
    co_return(pthread_setspecific(later, &later));
    co_end;
}

/* The threads of a pool and of a loop are threads of the program by then; that loop takes no calls any
 * more. */
static void L4_so_may_one_on_a_thread_of_the_library(void)
{
    int y = 1;

    begin_in_real_time();
    syn_test_callers_drive(0);
    CHECK_INT(pthread_key_create(&earlier, uses_it), 0);
    CHECK(every_kind_works());
    CHECK_INT(pthread_key_create(&later, uses_it), 0);
    CHECK_INT(pool_stop(&pool, syn_never()), 0);
    CHECK_INT(pool_start(&pool), 0);
    CHECK_INT(pool_configure(&pool, &(struct syn_pool_options){.idle_ns = 1}), 0);
    for (int i = 0; i < 5; i++) {
        CHECK_INT(leaves_a_value(&y), 0);
        CHECK_INT(y, 0);
    }
    CHECK_INT(leaves_a_value_on_its_loop(&y), 0);
    CHECK_INT(y, 0);
    CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
    CHECK_INT(syn_stop_everything(syn_after(20)), 0);
    CHECK(n_ended >= 3 && n_ended % 2 == 1);
    CHECK_INT(syn_memory_use().outstanding, 0);
}

/* --- in a handler of exit() --- */

static void works_at_exit(void)
{
    if (!every_kind_works())
        _exit(1);
}

static void stops_everything_at_exit(void)
{
    if (!every_kind_works() || syn_stop_everything(syn_after(20)) || syn_memory_use().outstanding)
        _exit(2);
}

static int status_of(void (*handler)(void))
{
    int status;
    pid_t pid = fork();

    CHECK(pid >= 0);
    if (pid == 0) {
        alarm(100);
        if (!every_kind_works() || atexit(handler))
            _exit(3);
        exit(0);
    }
    while (waitpid(pid, &status, 0) < 0)
        CHECK_INT(errno, EINTR);
    return status;
}

static void L4_a_handler_of_exit_may_use_it_and_stop_everything(void)
{
    begin_in_real_time();
    CHECK_INT(status_of(works_at_exit), 0);
    CHECK_INT(status_of(stops_everything_at_exit), 0);
}

static const struct test_case cases[] = {
    TEST_MODES(L4_a_constructor_of_the_program_may_use_it),
    TEST_MODES(L4_a_destructor_of_a_thread_specific_value_may_use_it),
    TEST(L4_so_may_one_on_a_thread_of_the_library),
    TEST_MODES(L4_a_handler_of_exit_may_use_it_and_stop_everything),
};
TEST_MAIN("around_main", cases);

/* SPDX-License-Identifier: Apache-2.0
 *
 * A thread that hosts a synchronizer and waits for the end of something else: others may need a turn of it for that
 * end, so it makes turns.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

#include <synchronicity/host.h>

SYNCHRONIZER(app);
SYNCHRONIZER(kept, .caller_may_drive = -1);
SYNCHRONIZER(elsewhere_hosted);

ASYNC(app, int, square, (double, seconds), (int, x))
{
    co_begin;
    co_sleep(self->seconds);
    co_return(self->x * self->x);
    co_end;
}

static atomic_int n_called;

static void calls_in(void)
{
    int y = 0;

    CHECK_INT(square(0.001, 3, &y), SYN_OK);
    CHECK_INT(y, 9);
    n_called++;
}

static void on_thread(void *user, const char *pool, int begins)
{
    (void)user;
    (void)pool;
    if (!begins)
        calls_in();
}

POOL(told, .max_threads = 2, .on_thread = on_thread);
POOL(plain, .max_threads = 1);

BLOCKING(told, int, adds_one, (int, x))
{
    return x + 1;
}

static void end_all(void)
{
    CHECK_INT(synchronizer_free(&kept), SYN_OK);
    CHECK_INT(synchronizer_free(&elsewhere_hosted), SYN_OK);
    CHECK_INT(synchronizer_free(&app), SYN_OK);
}

static void M3_a_host_that_stops_a_pool_makes_turns_until_its_threads_have_ended(void)
{
    int y = 0;

    begin_in_real_time();
    n_called = 0;
    CHECK_INT(syn_host_begin(&app), SYN_OK);
    CHECK_INT(adds_one(6, &y), SYN_OK);
    CHECK_INT(y, 7);
    CHECK_INT(pool_stop(&told, syn_never()), SYN_OK);
    CHECK_INT(n_called, 1);
    CHECK_INT(adds_one(6, &y), SYN_ECLOSED);
    CHECK_INT(pool_start(&told), SYN_OK);
    CHECK_INT(adds_one(6, &y), SYN_OK);
    CHECK_INT(pool_stop(&told, syn_after(20.0)), SYN_OK);
    CHECK_INT(n_called, 2);
    CHECK_INT(pool_free(&told), SYN_OK);
    end_all();
}

/* --- what a thread does at its end, after all of the library --- */

static pthread_key_t key;

static void at_the_end(void *unused)
{
    (void)unused;
    calls_in();
}

static void calls_in_at_the_end(void)
{
    CHECK_INT(pthread_setspecific(key, &key), 0);
}

static void begin_keys(void)
{
    begin_in_real_time();
    n_called = 0;
    CHECK_INT(pthread_key_create(&key, at_the_end), 0);
    CHECK_INT(syn_host_begin(&app), SYN_OK);
}

BLOCKING(plain, int, keeps)
{
    calls_in_at_the_end();
    return 0;
}

static void M3_so_does_one_for_what_they_do_at_their_ends(void)
{
    begin_keys();
    CHECK_INT(keeps(NULL), SYN_OK);
    CHECK_INT(pool_free(&plain), SYN_OK);
    CHECK_INT(n_called, 1);
    end_all();
}

ASYNC(kept, void, keeps_there)
{
    calls_in_at_the_end();
    return step_done(self);
}

static void M3_so_does_one_that_stops_another_synchronizer(void)
{
    begin_keys();
    CHECK_INT(keeps_there(), SYN_OK);
    CHECK_INT(synchronizer_stop(&kept, syn_never()), SYN_OK);
    CHECK_INT(n_called, 1);
    end_all();
}

/* What the thread does that the host replaces. */
ASYNC(kept, int, half, (int, x))
{
    return step_return(self, self->x / 2);
}

static void calls_the_same(void *unused)
{
    int y = 0;

    (void)unused;
    CHECK_INT(half(14, &y), SYN_OK);
    CHECK_INT(y, 7);
    n_called++;
}

static void M3_a_thread_that_a_host_replaces_may_call_the_same_synchronizer_at_its_end(void)
{
    begin_in_real_time();
    n_called = 0;
    CHECK_INT(pthread_key_create(&key, calls_the_same), 0);
    CHECK_INT(keeps_there(), SYN_OK);
    CHECK_INT(syn_host_begin(&kept), SYN_OK);
    CHECK_INT(n_called, 1);
    end_all();
}

/* --- a host that waits for another host, which waits for it --- */

static atomic_bool hosts, has_waited;

static void hosts_and_waits(int number, void *argument)
{
    int y = 0;

    (void)number;
    (void)argument;
    CHECK_INT(syn_host_begin(&elsewhere_hosted), SYN_OK);
    hosts = true;
    CHECK_INT(square(0.2, 4, &y), SYN_OK);
    CHECK_INT(y, 16);
    has_waited = true;
}

static void M3_a_host_frees_what_another_hosts_which_waits_for_it(void)
{
    struct crew_at_work *crew;

    begin_in_real_time();
    hosts = has_waited = false;
    CHECK_INT(syn_host_begin(&app), SYN_OK);
    crew = crew_start(1, hosts_and_waits, NULL);
    spin_until(&hosts);
    while (synchronizer_stats(&app).started == 0)
        syn_host_turn(&app);
    CHECK_INT(synchronizer_free(&elsewhere_hosted), SYN_OK);
    while (!has_waited)
        syn_host_turn(&app);
    crew_join(crew);
    end_all();
}

static const struct test_case cases[] = {
    TEST(M3_a_host_that_stops_a_pool_makes_turns_until_its_threads_have_ended),
    TEST(M3_so_does_one_for_what_they_do_at_their_ends),
    TEST(M3_so_does_one_that_stops_another_synchronizer),
    TEST(M3_a_thread_that_a_host_replaces_may_call_the_same_synchronizer_at_its_end),
    TEST(M3_a_host_frees_what_another_hosts_which_waits_for_it),
};
TEST_MAIN_BOTH_MODES("host_waits", cases);

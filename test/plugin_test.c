/* SPDX-License-Identifier: Apache-2.0
 *
 * A shared object with a copy of the library inside is opened, used, stopped and closed again and
 * again (L9); and a process that has no thread-specific key left gets an error.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>

#include "support/call_rig.h"

#ifdef PLUGIN
#include <dlfcn.h>

static struct {
    void *handle;
    int (*use)(int x), (*host)(int x);
    int (*stop)(void);
    unsigned long (*memory)(void);
} plugin;

static void *function(const char *name)
{
    void *f = dlsym(plugin.handle, name);

    CHECK(f != NULL);
    return f;
}

static void open_plugin(void)
{
    void *f;

    plugin.handle = dlopen(PLUGIN, RTLD_NOW | RTLD_LOCAL);
    if (!plugin.handle) {
        const char *why = dlerror();

        if (strstr(why, "not supported"))
            TEST_SKIP("this C library has no dlopen() in a program that is linked statically");
        test_fail(__FILE__, __LINE__, "%s", why);
    }
    f = function("plugin_use");
    memcpy(&plugin.use, &f, sizeof f);
    f = function("plugin_host");
    memcpy(&plugin.host, &f, sizeof f);
    f = function("plugin_stop");
    memcpy(&plugin.stop, &f, sizeof f);
    f = function("plugin_memory");
    memcpy(&plugin.memory, &f, sizeof f);
}

static void close_plugin(void)
{
    CHECK_INT(dlclose(plugin.handle), 0);
}

static pthread_barrier_t barrier;

/* It uses the plug-in, and ends when that is not there any more. */
static void *outlives_it(void *unused)
{
    CHECK_INT(plugin.use(5), 25);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    return unused;
}

static void L9_a_thread_that_used_a_plug_in_ends_after_it_was_unloaded(void)
{
    pthread_t thread;

    CHECK_INT(pthread_barrier_init(&barrier, NULL, 2), 0);
    for (int i = 0; i < 20; i++) {
        open_plugin();
        CHECK_INT(pthread_create(&thread, NULL, outlives_it, NULL), 0);
        pthread_barrier_wait(&barrier);
        CHECK_INT(plugin.stop(), 0);
        CHECK_INT(plugin.memory(), 0);
        close_plugin();
        pthread_barrier_wait(&barrier);
        pthread_join(thread, NULL);
    }
}

static void L9_a_plug_in_is_used_and_unloaded_a_thousand_times(void)
{
    for (int i = 0; i < 1100 / (TEST_SLOWNESS > 1 ? 10 : 1); i++) {
        open_plugin();
        CHECK_INT(plugin.use(i % 50), i % 50 * (i % 50));
        CHECK_INT(plugin.stop(), 0);
        CHECK_INT(plugin.memory(), 0);
        close_plugin();
    }
}

/* A fork and a signal find nothing of it any more. */
static void is_gone(void)
{
    struct sigaction action;
    pid_t pid = fork();
    int status;

    if (pid == 0)
        _exit(0);
    while (waitpid(pid, &status, 0) < 0)
        CHECK_INT(errno, EINTR);
    CHECK_INT(status, 0);
    CHECK_INT(sigaction(SIGUSR2, NULL, &action), 0);
    CHECK(action.sa_handler == SIG_DFL);
}

static void L9_what_is_hosted_and_what_catches_a_signal_ends_with_it(void)
{
    for (int i = 0; i < 20; i++) {
        open_plugin();
        CHECK_INT(plugin.use(2), 4);
        CHECK_INT(plugin.host(i), i * i);
        CHECK_INT(plugin.stop(), 0);
        CHECK_INT(plugin.memory(), 0);
        close_plugin();
        is_gone();
    }
}

static void L9_after_everything_was_stopped_it_begins_anew(void)
{
    open_plugin();
    for (int i = 0; i < 5; i++) {
        CHECK_INT(plugin.use(3), 9);
        CHECK_INT(plugin.stop(), 0);
        CHECK_INT(plugin.stop(), 0);
    }
    close_plugin();
}

/* The handler of exit() runs when it is unloaded. */
static void L9_one_that_nobody_stopped_is_stopped_by_its_unloading(void)
{
    pthread_t thread;

    CHECK_INT(pthread_barrier_init(&barrier, NULL, 2), 0);
    open_plugin();
    CHECK_INT(pthread_create(&thread, NULL, outlives_it, NULL), 0);
    pthread_barrier_wait(&barrier);
    close_plugin();
    pthread_barrier_wait(&barrier);
    pthread_join(thread, NULL);
}
#else
static void L9_a_thread_that_used_a_plug_in_ends_after_it_was_unloaded(void)
{
    TEST_SKIP("there is no dlopen(), or the library is not linked statically");
}
#define L9_a_plug_in_is_used_and_unloaded_a_thousand_times                                         \
    L9_a_thread_that_used_a_plug_in_ends_after_it_was_unloaded
#endif

SYNCHRONIZER(demo);
POOL(pool);

ASYNC(demo, int, twice, (int, x))
{
    co_begin;
    co_return(2 * self->x);
    co_end;
}

static void H8_without_a_key_the_first_call_fails_and_later_ones_do_not(void)
{
    pthread_key_t keys[4096];
    char text[1000];
    int n = 0, y = 0;

    begin_in_real_time();
    while (n < 4096 && pthread_key_create(&keys[n], NULL) == 0)
        n++;
    if (n == 4096)
        TEST_SKIP("there is no end of keys");
    CHECK_INT(twice(3, &y), SYN_EAGAIN);
    syn_report_text(syn_last_report(), text, sizeof text);
    if (!strstr(text, "thread-specific key"))
        test_fail(__FILE__, __LINE__, "it says: %s", text);
    pthread_key_delete(keys[--n]);
    CHECK_INT(twice(3, &y), 0);
    CHECK_INT(y, 6);
    while (n > 0)
        pthread_key_delete(keys[--n]);
    CHECK_INT(syn_stop_everything(syn_after(10)), 0);
    CHECK_INT(syn_memory_use().outstanding, 0);
}

ASYNC(demo, int, step_stops_everything)
{
    co_begin;
    co_return(syn_stop_everything(syn_after(1)));
    co_end;
}

BLOCKING(pool, int, job_stops_everything)
{
    return syn_stop_everything(syn_after(1));
}

static void L9_in_a_step_and_a_job_it_is_refused(void)
{
    int y = 0;

    begin_in_real_time();
    CHECK_INT(step_stops_everything(&y), 0);
    CHECK_INT(y, SYN_EDEADLK);
    CHECK_INT(job_stops_everything(&y), 0);
    CHECK_INT(y, SYN_EDEADLK);
    CHECK_INT(syn_stop_everything(syn_after(10)), 0);
    CHECK_INT(twice(3, &y), 0);
    CHECK_INT(y, 6);
    CHECK_INT(syn_stop_everything(syn_after(10)), 0);
    CHECK_INT(syn_memory_use().outstanding, 0);
}

/* --- what does not end --- */

static _Atomic(bool) cleans_up, may_end;

ASYNC(demo, void, cleans_up_until_it_may_end)
{
    co_begin;
    co_sleep(3600);
    co_finally;
    cleans_up = true;
    while (!may_end)
        co_sleep(0.0001);
    co_end;
}

static void *stops_everything(void *unused)
{
    CHECK_INT(syn_stop_everything(syn_never()), 0);
    return unused;
}

static void L9_two_threads_do_not_stop_everything_at_once(void)
{
    pthread_t thread;

    begin_in_real_time();
    future_detach(cleans_up_until_it_may_end_future());
    CHECK_INT(twice(3, NULL), 0);
    CHECK_INT(pthread_create(&thread, NULL, stops_everything, NULL), 0);
    spin_until(&cleans_up);
    CHECK_INT(syn_stop_everything(syn_after(0)), SYN_EBUSY);
    CHECK_SAYS("in two threads at once");
    may_end = true;
    pthread_join(thread, NULL);
    CHECK_INT(syn_memory_use().outstanding, 0);
}

static void L9_what_would_not_end_is_named_and_the_next_call_succeeds(void)
{
    begin_in_real_time();
    future_detach(cleans_up_until_it_may_end_future());
    CHECK_INT(twice(3, NULL), 0);
    CHECK_INT(syn_stop_everything(syn_after(0.01)), SYN_ETIMEDOUT);
    CHECK_SAYS("'demo': did not end in time: cleans_up_until_it_may_end");
    CHECK_INT(syn_stop_everything(syn_after(10)), 0);
    CHECK_INT(syn_memory_use().outstanding, 0);
}

/* The signal comes while the clean-up is waited for. */
ASYNC(demo, void, interrupts_and_does_not_end)
{
    co_begin;
    co_sleep(3600);
    co_finally;
    kill(getpid(), SIGINT);
    co_sleep(3600);
    co_end;
}

static void L9_an_interrupt_means_that_no_time_is_left(void)
{
    begin_in_real_time();
    CHECK_INT(syn_catch_interrupt(SIGINT), 0);
    future_detach(interrupts_and_does_not_end_future());
    CHECK_INT(twice(3, NULL), 0);
    CHECK_INT(syn_stop_everything(syn_never()), SYN_ETIMEDOUT);
    CHECK_SAYS("'demo': did not end in time: interrupts_and_does_not_end");
    CHECK_INT(syn_stop_everything(syn_after(10)), 0);
    CHECK_INT(syn_memory_use().outstanding, 0);
}

static void *hosts(void *unused)
{
    CHECK_INT(syn_host_begin(&demo), 0);
    CHECK_INT(twice(3, NULL), 0);
    cleans_up = true;
    spin_until(&may_end);
    while (syn_host_turn(&demo) == 0)
        ;
    return unused;
}

static void L9_a_host_that_makes_no_turn_is_named(void)
{
    pthread_t thread;

    begin_in_real_time();
    CHECK_INT(pthread_create(&thread, NULL, hosts, NULL), 0);
    spin_until(&cleans_up);
    CHECK_INT(syn_stop_everything(syn_after(0.01)), SYN_ETIMEDOUT);
    CHECK_SAYS("'demo': its host has made no turn");
    may_end = true;
    CHECK_INT(syn_stop_everything(syn_after(10)), 0);
    pthread_join(thread, NULL);
    CHECK_INT(syn_memory_use().outstanding, 0);
}

static const struct test_case cases[] = {
    TEST(L9_a_thread_that_used_a_plug_in_ends_after_it_was_unloaded),
    TEST(L9_a_plug_in_is_used_and_unloaded_a_thousand_times),
#ifdef PLUGIN
    TEST(L9_what_is_hosted_and_what_catches_a_signal_ends_with_it),
    TEST(L9_after_everything_was_stopped_it_begins_anew),
    TEST(L9_one_that_nobody_stopped_is_stopped_by_its_unloading),
#endif
    TEST(L9_in_a_step_and_a_job_it_is_refused),
    TEST(L9_two_threads_do_not_stop_everything_at_once),
    TEST(L9_what_would_not_end_is_named_and_the_next_call_succeeds),
    TEST(L9_an_interrupt_means_that_no_time_is_left),
    TEST(L9_a_host_that_makes_no_turn_is_named),
    TEST(H8_without_a_key_the_first_call_fails_and_later_ones_do_not),
};
TEST_MAIN("plugin", cases);

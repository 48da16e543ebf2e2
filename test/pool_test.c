/* SPDX-License-Identifier: Apache-2.0
 *
 * Pools: how many threads, and the end.
 */
#define _DEFAULT_SOURCE
#include <signal.h>

#include "support/worker_rig.h"

BLOCKING(workers, int, leaves, (int, x))
{
    pthread_exit(NULL);
    return x;
}

static void C13_a_job_that_ends_its_thread_is_found(void)
{
    int y;

    leaves(1, &y);
    CHECK(!"the program went on without the thread that had the job");
}

POOL(crowded, .max_threads = 1, .queue_bound = 1, .when_full = SYN_WHEN_FULL_RUN_HERE);

static void *submits_one_that_leaves(void *unused)
{
    future_detach(pool_submit(&crowded, leaves, 1));
    return unused;
}

static void C13_a_job_that_ends_the_thread_which_submits_it_is_found(void)
{
    pthread_t thread;

    gate_init(&gate);
    future_detach(pool_submit(&crowded, standing, &gate, 1));
    gate_await(&gate, 1);
    future_detach(pool_submit(&crowded, standing, &gate, 2));
    CHECK_INT(pthread_create(&thread, NULL, submits_one_that_leaves, NULL), 0);
    pthread_join(thread, NULL);
    CHECK(!"the program went on without the thread that had the job");
}

static void W4_threads_grow_to_the_maximum_and_no_further(void)
{
    struct standing_future f[5];
    int y;

    begin();
    gate_init(&gate);
    CHECK_INT(pool_stats(&workers).threads, 0);
    for (int i = 0; i < 5; i++)
        f[i] = standing_future(&gate, i);
    gate_await(&gate, 2);
    CHECK_INT(pool_stats(&workers).threads, 2);
    CHECK_INT(pool_stats(&workers).queued, 3);
    gate_open(&gate);
    for (int i = 0; i < 5; i++) {
        CHECK_INT(future_get(f[i], &y), SYN_OK);
        CHECK_INT(y, i);
    }
    CHECK_INT(pool_stats(&workers).peak_threads, 2);
    over(&workers);
}

POOL(lone, .max_threads = 1);
PROMISE(int, number);

BLOCKING(lone, int, waits_then_stands, (struct number_future, f), (struct gate *, at))
{
    int y = 0;

    future_get(f, &y);
    gate_pass(at);
    return y;
}

static atomic_int begun;

BLOCKING(lone, int, begins)
{
    begun++;
    return 0;
}

/* Two run for a while, when one that was blocked goes on: what ends then takes nothing more. */
static void W4_a_thread_beyond_the_maximum_takes_nothing(void)
{
    struct waits_then_stands_future first;
    struct standing_future second;
    struct begins_future third;
    struct number_promise promise;
    struct number_future f;
    struct gate other;

    begin_in_real_time();
    gate_init(&gate);
    gate_init(&other);
    CHECK_INT(promise_new(number, &promise, &f), SYN_OK);
    first = waits_then_stands_future(f, &gate);
    while (pool_stats(&lone).blocked < 1)
        usleep(100);
    second = pool_submit(&lone, standing, &other, 2);
    gate_await(&other, 1);
    CHECK_INT(promise_complete(promise, &(int){1}), SYN_OK);
    gate_await(&gate, 1);
    third = begins_future();
    gate_open(&other);
    while (pool_stats(&lone).idle < 1 && pool_stats(&lone).threads > 1 && !begun)
        usleep(100);
    CHECK_INT(begun, 0);
    gate_open(&gate);
    CHECK_INT(future_get(first, NULL), SYN_OK);
    CHECK_INT(future_get(second, NULL), SYN_OK);
    CHECK_INT(future_get(third, NULL), SYN_OK);
    CHECK_INT(pool_stats(&lone).peak_threads, 2);
    finish_pool(&lone);
}

/* What is urgent goes by the lock, past the inbox, and so asks for a thread. */
BLOCKING(lone, int, hurries, SYN_URGENT)
{
    return 0;
}

static void W4_no_thread_is_started_beyond_the_maximum(void)
{
    struct standing_future first;
    struct hurries_future second;

    begin_in_real_time();
    gate_init(&gate);
    first = pool_submit(&lone, standing, &gate, 1);
    gate_await(&gate, 1);
    second = hurries_future();
    CHECK_INT(pool_stats(&lone).threads, 1);
    gate_open(&gate);
    CHECK_INT(future_get(first, NULL), SYN_OK);
    CHECK_INT(future_get(second, NULL), SYN_OK);
    CHECK_INT(pool_stats(&lone).peak_threads, 1);
    finish_pool(&lone);
}

static void until_threads(struct syn_pool *pool, unsigned n)
{
    while (pool_stats(pool).threads != n)
        usleep(200);
}

POOL(restless, .min_threads = 1, .max_threads = 3, .idle_ns = 1);

static void W4_idle_threads_end_but_for_the_least(void)
{
    struct standing_future f[3];
    int y;

    begin();
    gate_init(&gate);
    for (int i = 0; i < 3; i++)
        f[i] = pool_submit(&restless, standing, &gate, i);
    gate_await(&gate, 3);
    gate_open(&gate);
    for (int i = 0; i < 3; i++)
        CHECK_INT(future_get(f[i], &y), SYN_OK);
    until_threads(&restless, 1);
    CHECK_INT(future_get(pool_submit(&restless, standing, &gate, 7), &y), SYN_OK);
    CHECK_INT(y, 7);
    CHECK_INT(pool_stats(&restless).peak_threads, 3);
    finish_pool(&restless);
    over(&workers);
}

static void W5_without_a_thread_the_future_says_so_and_nothing_is_lost(void)
{
    int y;

    begin();
    gate_init(&gate);
    gate_open(&gate);
    syn_fault_set("pthread_create", 1, 1000, EAGAIN);
    CHECK_INT(standing(&gate, 1, &y), SYN_EAGAIN);
    CHECK_SAYS("the pool 'workers' could start no thread");
    syn_fault_clear();
    CHECK_INT(standing(&gate, 1, &y), SYN_OK);
    over(&workers);
}

static void W5_with_one_thread_there_is_enough(void)
{
    struct standing_future f[4];
    int y;

    begin();
    gate_init(&gate);
    syn_fault_set("pthread_create", 2, 1000, EAGAIN);
    for (int i = 0; i < 4; i++)
        f[i] = standing_future(&gate, i);
    gate_await(&gate, 1);
    gate_open(&gate);
    for (int i = 0; i < 4; i++)
        CHECK_INT(future_get(f[i], &y), SYN_OK);
    syn_fault_clear();
    CHECK_INT(pool_stats(&workers).peak_threads, 2); /* one of them never began */
    over(&workers);
}

static void W6_a_private_pool_is_made_stopped_and_freed_again_and_again(void)
{
    struct syn_pool_options options = {.name = "private", .max_threads = 1};
    struct syn_pool *pool;
    int y;

    begin();
    gate_init(&gate);
    gate_open(&gate);
    CHECK_INT(pool_new(&options, NULL), SYN_EINVAL);
    CHECK_INT(pool_free(NULL), SYN_OK);
    for (int i = 0; i < 200; i++) {
        CHECK_INT(pool_new(&options, &pool), SYN_OK);
        CHECK_INT(future_get(pool_submit(pool, standing, &gate, i), &y), SYN_OK);
        CHECK_INT(y, i);
        CHECK_INT(pool_free(pool), SYN_OK);
    }
    over(&workers);
}

static void W6_the_size_is_set_by_a_call_before_the_first_job(void)
{
    struct syn_pool_options options = {.name = "default", .max_threads = 1};
    struct standing_future f[2];
    int y;

    begin();
    gate_init(&gate);
    CHECK_INT(pool_configure(syn_default_pool(), NULL), SYN_EINVAL);
    CHECK_INT(pool_configure(syn_default_pool(), &options), SYN_OK);
    f[0] = pool_submit(syn_default_pool(), standing, &gate, 0);
    f[1] = pool_submit(syn_default_pool(), standing, &gate, 0);
    gate_await(&gate, 1);
    CHECK_INT(pool_stats(syn_default_pool()).threads, 1);
    CHECK_INT(pool_configure(syn_default_pool(), &options), SYN_EBUSY);
    gate_open(&gate);
    CHECK_INT(future_get(f[0], &y), SYN_OK);
    CHECK_INT(future_get(f[1], &y), SYN_OK);
    over(syn_default_pool());
}

static void refuses(const struct syn_pool_options *options, const char *why)
{
    struct syn_pool *pool = &workers;

    CHECK_INT(syn_pool_new(options, &pool), SYN_EINVAL);
    CHECK_PTR(pool, &workers);
    CHECK(strstr(syn_last_report()->message, why) != NULL);
    CHECK_INT(pool_configure(pool, options), SYN_EINVAL);
    CHECK(strstr(syn_last_report()->message, why) != NULL);
}

static void W6_options_that_make_no_sense_are_refused(void)
{
    static const int unknown = 9;
    struct syn_pool_options options = {.min_threads = 3, .max_threads = 2};

    refuses(&options, "min_threads is 3, and max_threads only 2");
    options = (struct syn_pool_options){.idle_ns = -1};
    refuses(&options, "idle_ns");
    options = (struct syn_pool_options){0};
    memcpy(&options.when_full, &unknown, sizeof unknown);
    refuses(&options, "when_full is 9");
    CHECK_INT(pool_stats(&workers).threads, 0);
}

POOL(odd, .min_threads = 3, .max_threads = 2);

BLOCKING(odd, void, on_a_strand, (struct syn_strand *, strand), SYN_STRAND(strand))
{
    CHECK(!strand);
}

static void W6_a_static_pool_of_odd_options_takes_nothing_until_it_is_configured(void)
{
    static const struct syn_pool_options sound = {.name = "odd", .max_threads = 2};
    struct syn_strand strand = {0};
    int y = 0;

    begin();
    gate_init(&gate);
    gate_open(&gate);
    CHECK_INT(future_get(pool_submit(&odd, standing, &gate, 0), &y), SYN_EINVAL);
    CHECK(strstr(syn_last_report()->message, "standing: the pool 'odd' takes no jobs: its "
                                             "min_threads is 3, and max_threads only 2"));
    CHECK_INT(call_by(syn_never(), on_a_strand(&strand)), SYN_EINVAL);
    CHECK(strstr(syn_last_report()->message, "min_threads"));
    CHECK_INT(pool_stats(&odd).threads, 0);
    CHECK_INT(pool_stats(&odd).refused, 2);
    CHECK_INT(pool_configure(&odd, &sound), SYN_OK);
    CHECK_INT(future_get(pool_submit(&odd, standing, &gate, 7), &y), SYN_OK);
    CHECK_INT(y, 7);
    over(&odd);
}

static atomic_int threads_began, threads_ended;

static void on_thread(void *user, const char *name, int begins)
{
    sigset_t mask;

    CHECK_PTR(user, &threads_began);
    CHECK_STR(name, "watched");
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    CHECK(sigismember(&mask, SIGALRM) && sigismember(&mask, SIGPIPE));
    CHECK(!sigismember(&mask, SIGTERM));
    *(begins ? &threads_began : &threads_ended) += 1;
}

POOL(watched, .on_thread = on_thread, .user = &threads_began);

static void H1_workers_block_what_is_handled_and_are_announced(void)
{
    int y;

    begin();
    gate_init(&gate);
    gate_open(&gate);
    CHECK_INT(future_get(pool_submit(&watched, standing, &gate, 1), &y), SYN_OK);
    CHECK_INT(threads_began, 1);
    over(&watched);
    CHECK_INT(threads_ended, 1);
}

static const struct test_case cases[] = {
    TEST(W4_threads_grow_to_the_maximum_and_no_further),
    TEST(W4_a_thread_beyond_the_maximum_takes_nothing),
    TEST(W4_no_thread_is_started_beyond_the_maximum),
    TEST(W4_idle_threads_end_but_for_the_least),
    TEST(W5_without_a_thread_the_future_says_so_and_nothing_is_lost),
    TEST(W5_with_one_thread_there_is_enough),
    TEST(W6_a_private_pool_is_made_stopped_and_freed_again_and_again),
    TEST(W6_the_size_is_set_by_a_call_before_the_first_job),
    TEST(W6_options_that_make_no_sense_are_refused),
    TEST(W6_a_static_pool_of_odd_options_takes_nothing_until_it_is_configured),
    TEST(H1_workers_block_what_is_handled_and_are_announced),
    TEST_DIES(C13_a_job_that_ends_its_thread_is_found, SIGABRT, "inside a job that it ran"),
    TEST_DIES(C13_a_job_that_ends_the_thread_which_submits_it_is_found, SIGABRT,
              "inside a job that it ran"),
};
TEST_MAIN("pool", cases);

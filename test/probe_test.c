/* SPDX-License-Identifier: Apache-2.0
 *
 * Points of delay: one thread is held, or each takes longer, or delays are drawn by a seed that
 * replays. Nothing here waits for time to pass but where a delay itself is measured, and then
 * only for at least so long.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

#include <pthread.h>

#include "support/points.h"


PROMISE(int, number);

/* Another thread, which passes "core_done" and then "core_unpin". */
static void *keeps(void *argument)
{
    struct number_promise *given = argument;

    CHECK_INT(promise_complete(*given, &(int){7}), 0);
    free(given);
    return NULL;
}

static pthread_t start_keeping(struct number_future *out_future)
{
    struct number_promise *given = malloc(sizeof *given);
    pthread_t thread;

    CHECK(given);
    CHECK_INT(promise_new(number, given, out_future), 0);
    CHECK_INT(pthread_create(&thread, NULL, keeps, given), 0);
    return thread;
}

static void T5_a_thread_is_held_at_a_point_until_it_is_released(void)
{
    struct number_future future;
    pthread_t thread;
    int y = 0;

    points_needed();
    CHECK_INT(syn_test_hold("core_done", 1), 0);
    thread = start_keeping(&future);
    CHECK_INT(syn_test_await_held("core_done", 10), 0);
    CHECK_INT(future_get(future, &y), 0); /* the result is there already */
    CHECK_INT(y, 7);
    CHECK_INT(syn_test_passes("core_unpin"), 0); /* but its thread has not moved */
    syn_test_release("core_done");
    CHECK_INT(pthread_join(thread, NULL), 0);
    CHECK_INT(syn_test_passes("core_done"), 1);
    CHECK_INT(syn_test_passes("core_unpin"), 1);
}

static void T5_the_nth_thread_is_held_and_no_other(void)
{
    struct number_future futures[3];
    pthread_t threads[3];
    int y = 0;

    points_needed();
    CHECK_INT(syn_test_hold("core_done", 2), 0);
    threads[0] = start_keeping(&futures[0]);
    CHECK_INT(pthread_join(threads[0], NULL), 0);
    threads[1] = start_keeping(&futures[1]);
    CHECK_INT(syn_test_await_held("core_done", 10), 0);
    threads[2] = start_keeping(&futures[2]);
    CHECK_INT(pthread_join(threads[2], NULL), 0);
    syn_test_release("core_done");
    CHECK_INT(pthread_join(threads[1], NULL), 0);
    for (int i = 0; i < 3; i++)
        CHECK_INT(future_get(futures[i], &y), 0);
}

static void T5_each_pass_takes_longer(void)
{
    int64_t begin_ns = syn_clock_now(NULL);
    struct number_future future;
    int y = 0;

    points_needed();
    CHECK_INT(syn_test_delay("core_done", 2, 0.02), 0);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(pthread_join(start_keeping(&future), NULL), 0);
        CHECK_INT(future_get(future, &y), 0);
    }
    CHECK(syn_clock_now(NULL) - begin_ns >= 2 * 20 * MS);
    CHECK_INT(syn_test_passes("core_done"), 3);
}

/* What syn_test_delay_print() says of a run under SEED, by one thread. */
static const char *drawn(uint64_t seed, unsigned of)
{
    struct number_promise given;
    static char said[4000];
    int ends[2];
    ssize_t n;
    int y = 0;

    CHECK_INT(syn_test_delay_at_random(seed, of, 0.0001), 0);
    for (int i = 0; i < 40; i++) {
        struct number_future future;

        CHECK_INT(promise_new(number, &given, &future), 0);
        CHECK_INT(promise_complete(given, &(int){i}), 0);
        CHECK_INT(future_get(future, &y), 0);
    }
    CHECK_INT(pipe(ends), 0);
    syn_test_delay_print(ends[1]);
    CHECK_INT(close(ends[1]), 0);
    n = read(ends[0], said, sizeof said - 1);
    CHECK(n > 0);
    said[n] = '\0';
    CHECK_INT(close(ends[0]), 0);
    syn_test_delay_clear();
    return said;
}

static void T5_a_seed_replays_its_delays_and_prints_them(void)
{
    char first[4000], head[40];
    int same = 0;

    points_needed();
    for (uint64_t seed = 1; seed <= 10; seed++) {
        snprintf(first, sizeof first, "%s", drawn(seed, 4));
        snprintf(head, sizeof head, "delays: seed %d, one in 4,", (int)seed);
        CHECK(strncmp(first, head, strlen(head)) == 0);
        CHECK(strstr(first, "  core_done: passed 40 times, delayed ") != NULL);
        CHECK(strstr(first, "  the latest: core_") != NULL);
        CHECK_STR(drawn(seed, 4), first);
        same += strcmp(strchr(drawn(seed + 1, 4), '\n'), strchr(first, '\n')) == 0;
    }
    CHECK_INT(same, 0);
    CHECK(strstr(drawn(1, 1), "core_done: passed 40 times, delayed 40\n") != NULL);
}

static void T5_clearing_lets_everybody_go(void)
{
    struct number_future future;
    pthread_t thread;
    int y = 0;

    points_needed();
    CHECK_INT(syn_test_delay_at_random(3, 1, 0), 0);
    CHECK_INT(syn_test_hold("core_done", 1), 0);
    thread = start_keeping(&future);
    CHECK_INT(syn_test_await_held("core_done", 10), 0);
    syn_test_delay_clear();
    CHECK_INT(pthread_join(thread, NULL), 0);
    CHECK_INT(future_get(future, &y), 0);
    CHECK_INT(syn_test_passes("core_done"), 0);
}

static void T5_a_point_that_there_is_not_is_refused(void)
{
    points_needed();
    CHECK_INT(syn_test_hold("cor_done", 1), SYN_EINVAL);
    CHECK_INT(syn_test_hold("core_done", 0), SYN_EINVAL);
    CHECK_INT(syn_test_hold(NULL, 1), SYN_EINVAL);
    CHECK_INT(syn_test_delay("cor_done", 1, 1), SYN_EINVAL);
    CHECK_INT(syn_test_await_held("cor_done", 1), SYN_EINVAL);
    CHECK_INT(syn_test_await_held("core_done", 0), SYN_ETIMEDOUT);
    CHECK_INT(syn_test_delay_at_random(0, 1, 1), SYN_EINVAL);
    CHECK_INT(syn_test_delay_at_random(1, 0, 1), SYN_EINVAL);
    syn_test_release("cor_done");
    CHECK_INT(syn_test_passes("cor_done"), 0);
}

static void T5_without_points_a_test_is_told(void)
{
    if (syn_test_hold("core_done", 1) == 0)
        TEST_SKIP("this build has points");
    CHECK_INT(syn_test_hold("core_done", 1), SYN_ENOTSUP);
    CHECK_INT(syn_test_await_held("core_done", 0), SYN_ENOTSUP);
    CHECK_INT(syn_test_delay("core_done", 1, 1), SYN_ENOTSUP);
    CHECK_INT(syn_test_delay_at_random(1, 1, 1), SYN_ENOTSUP);
    CHECK_INT(syn_test_passes("core_done"), 0);
    CHECK_INT(syn_test_steps(), 0);
    syn_test_release("core_done");
    syn_test_delay_clear();
    syn_test_delay_print(2);
}

static const struct test_case cases[] = {
    TEST(T5_a_thread_is_held_at_a_point_until_it_is_released),
    TEST(T5_the_nth_thread_is_held_and_no_other),
    TEST(T5_each_pass_takes_longer),
    TEST(T5_a_seed_replays_its_delays_and_prints_them),
    TEST(T5_clearing_lets_everybody_go),
    TEST(T5_a_point_that_there_is_not_is_refused),
    TEST(T5_without_points_a_test_is_told),
};
TEST_MAIN("probe", cases);

/* SPDX-License-Identifier: Apache-2.0
 *
 * Stopping all that runs, by one deadline (src/life/stop_all.c).
 */
#define _DEFAULT_SOURCE
#include "life/stop_all.h"
#include "support/call_rig.h"


SYNCHRONIZER(a);
SYNCHRONIZER(b);
POOL(pool, .max_threads = 2);

static int n_told;
static char told[2][20], words[2][200];

static void stuck(void *user, const char *name, const char *why)
{
    CHECK_PTR(user, &n_told);
    CHECK(n_told < 2);
    snprintf(told[n_told], sizeof told[0], "%s", name);
    snprintf(words[n_told++], sizeof words[0], "%s", why);
}

static unsigned stop_all_by(struct syn_deadline deadline)
{
    struct syni_stop_all all = {.deadline = deadline, .stuck = stuck, .user = &n_told};

    syni_stop_all(&all);
    return all.n_stuck;
}

ASYNC(a, void, cleans_up_for, (double, seconds))
{
    co_begin;
    co_sleep(1e9);
    co_finally;
    co_sleep(self->seconds);
    co_end;
}

BLOCKING(pool, int, adds_one, (int, x))
{
    return x + 1;
}

ASYNC(b, void, cleans_up_by_a_job, SYN_LOCAL(int, y))
{
    co_begin;
    co_sleep(1e9);
    co_finally;
    co_await(adds_one_future(1), &self->y);
    CHECK_INT(self->y, 2);
    co_end;
}

static void end_all(void)
{
    CHECK_INT(pool_free(&pool), 0);
    finish(&a);
    finish(&b);
    done();
}

static void wait_for_both(void)
{
    while (synchronizer_stats(&a).started < 1 || synchronizer_stats(&b).started < 1)
        usleep(100);
}

static void L4_all_is_stopped_side_by_side_and_pools_after_the_clean_ups(void)
{
    struct cleans_up_for_future f;
    struct cleans_up_by_a_job_future g;

    begin();
    f = cleans_up_for_future(7.0);
    g = cleans_up_by_a_job_future();
    wait_for_both();
    CHECK_INT(stop_all_by(syn_after(10.0)), 0);
    CHECK_INT(now(), 7 * SECOND);
    CHECK_INT(future_get(f), SYN_ECANCELED);
    CHECK_INT(future_get(g), SYN_ECANCELED);
    CHECK_INT(adds_one(1, NULL), SYN_ECLOSED);
    CHECK_INT(cleans_up_for(1.0), SYN_ECLOSED);
    CHECK_INT(stop_all_by(syn_never()), 0);
    CHECK_INT(n_told, 0);
    end_all();
}

static void L4_what_would_not_end_is_named_and_the_deadline_is_that_of_all(void)
{
    struct cleans_up_for_future f;
    struct cleans_up_by_a_job_future g;

    begin();
    f = cleans_up_for_future(1e9);
    g = cleans_up_by_a_job_future();
    wait_for_both();
    CHECK_INT(stop_all_by(syn_after(3.0)), 1);
    CHECK_INT(now(), 3 * SECOND);
    CHECK_INT(n_told, 1);
    CHECK_STR(told[0], "a");
    CHECK_STR(words[0], "did not end in time: cleans_up_for (waits for time)");
    CHECK_INT(future_get(f), SYN_EABANDONED);
    CHECK_INT(future_get(g), SYN_ECANCELED);
    end_all();
}

ASYNC(a, int, stops_all_in_a_step)
{
    return step_return(self, (int)stop_all_by(syn_after(5.0)));
}

static void L4_a_step_that_stops_all_is_inside_of_its_own(void)
{
    int n = 0;

    begin();
    CHECK_INT(adds_one(1, NULL), 0);
    CHECK_INT(stops_all_in_a_step(&n), 0);
    CHECK_STR(told[0], "a");
    CHECK(n == 1 || n == 2);
    if (n == 2) /* its threads had not left by then, and this one drives a loop */
        CHECK_STR(told[1], "pool");
    CHECK_INT(adds_one(1, NULL), SYN_ECLOSED); /* they were asked all the same */
    CHECK_INT(cleans_up_for(1.0), SYN_ECLOSED);
    end_all();
}

static void frees(int number, void *synchronizers)
{
    CHECK_INT(synchronizer_free(((struct syn_synchronizer **)synchronizers)[number]), 0);
}

static void L8_what_is_stopped_with_all_others_can_be_freed_at_that_moment(void)
{
    begin_in_real_time();
    for (int i = 0; i < 200 / TEST_SLOWNESS; i++) {
        struct syn_synchronizer *s[4];
        struct crew_at_work *crew;

        for (int k = 0; k < 4; k++) {
            CHECK_INT(synchronizer_new(NULL, &s[k]), 0);
            CHECK_INT(synchronizer_start(s[k]), 0);
        }
        crew = crew_start(4, frees, s);
        CHECK_INT(stop_all_by(syn_never()), 0);
        crew_join(crew);
    }
    end_all();
}

static const struct test_case cases[] = {
    TEST(L4_all_is_stopped_side_by_side_and_pools_after_the_clean_ups),
    TEST(L4_what_would_not_end_is_named_and_the_deadline_is_that_of_all),
    TEST(L4_a_step_that_stops_all_is_inside_of_its_own),
    TEST(L8_what_is_stopped_with_all_others_can_be_freed_at_that_moment),
};
TEST_MAIN_BOTH_MODES("stop_all", cases);

/* SPDX-License-Identifier: Apache-2.0
 *
 * The seeded scheduler: the same seed is the same order, another seed another one, and no
 * order loses anybody.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"
#include "support/random.h"

#include <sys/wait.h>

SYNCHRONIZER(demo);

enum { TASKS = 60 };

static char story[8000];
static size_t told;

static void tell(int who, int64_t when)
{
    told += (size_t)snprintf(story + told, sizeof story - told, "%d@%lld ", who,
                             (long long)(when / MS));
}

/* Passes, sleeps and ends as its own numbers say. */
ASYNC(demo, void, wanders, (int, who), (int, steps), SYN_LOCAL(uint32_t, random))
{
    co_begin;
    self->random = (uint32_t)self->who + 1;
    while (self->steps-- > 0) {
        tell(self->who, now());
        if (next_random(&self->random) % 2)
            co_pass;
        else
            co_sleep(next_random(&self->random) % 3 * 0.001);
    }
    co_end;
}

ASYNC(demo, void, all_wander, (int, n), (int, steps), SYN_LOCAL(struct syn_scope, scope),
      SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < self->n; self->i++)
        co_spawn(&self->scope, wanders_future(self->i, self->steps));
    co_join(&self->scope);
    co_check;
    co_end;
}

static const char *run(uint64_t seed, int steps)
{
    memset(story, 0, sizeof story);
    told = 0;
    begin();
    syn_test_seed(seed);
    CHECK_INT(all_wander(TASKS, steps), 0);
    finish(&demo);
    done();
    syn_test_seed(0);
    return story;
}

static void T2_the_same_seed_is_the_same_order(void)
{
    char first[sizeof story];

    for (uint64_t seed = 1; seed <= 20; seed++) {
        snprintf(first, sizeof first, "%s", run(seed, 8));
        CHECK_STR(run(seed, 8), first);
    }
}

static void T2_another_seed_is_another_order(void)
{
    char first[sizeof story];
    int same = 0;

    snprintf(first, sizeof first, "%s", run(1, 4));
    for (uint64_t seed = 2; seed <= 20; seed++)
        same += strcmp(run(seed, 4), first) == 0;
    CHECK_INT(same, 0);
}

static void T2_a_seed_replays_in_another_process(void)
{
    char there[sizeof story];
    int ends[2];
    ssize_t n;
    pid_t child;

    CHECK_INT(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        run(77, 4);
        _exit(write(ends[1], story, sizeof story) == (ssize_t)sizeof story ? 0 : 1);
    }
    CHECK_INT(close(ends[1]), 0);
    for (size_t got = 0; got < sizeof there; got += (size_t)n) {
        n = read(ends[0], there + got, sizeof there - got);
        CHECK(n > 0);
    }
    CHECK_INT(close(ends[0]), 0);
    CHECK_INT(waitpid(child, NULL, 0), child);
    CHECK_STR(run(77, 4), there);
}

/* Each task passes; in no order does one come twice before another came once. */
static int turns[TASKS];

ASYNC(demo, void, takes_turns, (int, who), SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < 50; self->i++) {
        turns[self->who]++;
        for (int j = 0; j < TASKS; j++)
            CHECK(turns[j] >= turns[self->who] - 2);
        co_pass;
    }
    co_end;
}

ASYNC(demo, void, all_take_turns, SYN_LOCAL(struct syn_scope, scope), SYN_LOCAL(int, i))
{
    co_begin;
    memset(turns, 0, sizeof turns);
    for (self->i = 0; self->i < TASKS; self->i++)
        scope_spawn(&self->scope, takes_turns_future(self->i));
    co_join(&self->scope);
    co_check;
    co_end;
}

static void T2_no_order_starves_anybody(void)
{
    for (uint64_t seed = 0; seed <= 20; seed++) {
        begin();
        syn_test_seed(seed);
        CHECK_INT(all_take_turns(), 0);
        finish(&demo);
        done();
    }
}

static void T2_no_seed_is_first_in_first_out(void)
{
    char expected[sizeof story] = "";
    size_t used = 0;

    for (int i = 0; i < TASKS; i++)
        used += (size_t)snprintf(expected + used, sizeof expected - used, "%d@0 ", i);
    CHECK_STR(run(0, 1), expected);
}

/* A bug that first-in-first-out hides: the second reader always finds the sum stored. */
static int sum;

ASYNC(demo, void, adds, (int, passes_first), SYN_LOCAL(int, read))
{
    co_begin;
    while (self->passes_first-- > 0)
        co_pass;
    self->read = sum;
    co_pass;
    sum = self->read + 1;
    co_end;
}

ASYNC(demo, int, adds_two, SYN_LOCAL(struct syn_scope, scope))
{
    co_begin;
    sum = 0;
    co_all(&self->scope, (adds_future(0)), (adds_future(1)));
    co_return(sum);
    co_end;
}

static int sum_under(uint64_t seed)
{
    int result = -1;

    begin();
    syn_test_seed(seed);
    CHECK_INT(adds_two(&result), 0);
    finish(&demo);
    done();
    syn_test_seed(0);
    return result;
}

static void T2_a_lost_update_is_found_by_a_seed_and_replays(void)
{
    uint64_t seed = 1;

    CHECK_INT(sum_under(0), 2);
    while (seed <= 100 && sum_under(seed) == 2)
        seed++;
    CHECK(seed <= 100);
    for (int i = 0; i < 5; i++)
        CHECK_INT(sum_under(seed), 1);
}

static const struct test_case cases[] = {
    TEST(T2_the_same_seed_is_the_same_order),
    TEST(T2_another_seed_is_another_order),
    TEST(T2_a_seed_replays_in_another_process),
    TEST(T2_no_order_starves_anybody),
    TEST(T2_no_seed_is_first_in_first_out),
    TEST(T2_a_lost_update_is_found_by_a_seed_and_replays),
};
TEST_MAIN_BOTH_MODES("seeded", cases);

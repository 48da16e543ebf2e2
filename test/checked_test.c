/* SPDX-License-Identifier: Apache-2.0
 *
 * The worst mistake, a C local that should have survived a suspension: a checked
 * build scribbles over the dead stack before every resume, so that the local never
 * looks right by luck.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

SYNCHRONIZER(demo);

enum { RIGHT = 42 };

/* Behind the compiler's back, which would otherwise warn (as it will warn a user), or
 * keep a constant. */
static void put(int *where, int what)
{
    *where = what;
}

static int get(int *where) /* not const: that is a promise which would be checked */
{
    return *where;
}

static void (*volatile hidden_put)(int *where, int what) = put;
static int (*volatile hidden_get)(int *where) = get;

ASYNC(demo, int, loses_a_local, (double, seconds))
{
    int local;

    co_begin;
    hidden_put(&local, RIGHT);
    co_sleep(self->seconds);
    co_return(hidden_get(&local));
    co_end;
}

/* In a register, where nothing can be scribbled over; the compiler sees that it was never set. */
#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wuninitialized"
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#else
#pragma GCC diagnostic ignored "-Wconditional-uninitialized"
#endif
#endif
ASYNC(demo, int, loses_a_register, (double, seconds))
{
    int local;

    co_begin;
    local = self->seconds < 1e9 ? RIGHT : 0;
    co_sleep(self->seconds);
    self->result = local;
    co_return_result;
    co_end;
}

static int sum_of(const int *numbers)
{
    return numbers[0] + numbers[1];
}

GENERATOR(demo, int, yields_a_lost_local, SYN_LOCAL(int, sum))
{
    int local[2];

    co_begin;
    local[0] = local[1] = RIGHT / 2;
    co_sleep(1.0);
    self->sum = sum_of(local);
    co_yield(self->sum);
    co_end;
}

ASYNC(demo, int, keeps_a_local, (double, seconds), SYN_LOCAL(int, local))
{
    co_begin;
    self->local = RIGHT;
    co_sleep(self->seconds);
    co_return(self->local);
    co_end;
}

static void C16_a_lost_local_is_caught_in_a_checked_build(void)
{
    struct yields_a_lost_local_channel ch;
    int y = RIGHT;

    if (!SYNI_CHECKED)
        TEST_SKIP("this build is not a checked one (SYN_CHECKED)");
    begin();
    for (int i = 0; i < 10; i++) {
        CHECK_INT(keeps_a_local(i, &y), 0);
        CHECK_INT(y, RIGHT);
        CHECK_INT(loses_a_local(i, &y), 0);
        CHECK(y != RIGHT);
        CHECK_INT(future_get(loses_a_local_future(i), &y), 0);
        CHECK(y != RIGHT && y != 0);
        CHECK_INT(loses_a_register(i, &y), 0);
        CHECK(y != RIGHT && y != 0);
        ch = yields_a_lost_local();
        CHECK_INT(channel_next(ch, &y), 0);
        CHECK(y != RIGHT && y != 0);
        CHECK_INT(channel_close(ch), 0);
    }
    finish(&demo);
    done();
}

/* A step that needs much stack is seen before one needs too much. */

SYNCHRONIZER(deep, .stack_size_bytes = 512 << 10, .caller_may_drive = -1);
enum { DEEP = 200 << 10 };

ASYNC(deep, void, idles)
{
    return step_done(self);
}

ASYNC(deep, int, digs, (int, bytes))
{
    volatile unsigned char room[DEEP];

    for (int i = 0; i < self->bytes; i++)
        room[DEEP - 1 - i] = 1;
    return step_return(self, room[DEEP - 1]);
}

static void V2_the_deepest_use_of_a_loops_stack_is_measured(void)
{
    struct syn_synchronizer_stats stats;
    unsigned long before;

    begin_in_real_time();
    CHECK_INT(synchronizer_start(&deep), 0);
    CHECK_INT(idles(), 0);
    CHECK_INT(idles(), 0);
    stats = synchronizer_stats(&deep);
    if (!stats.stack_bytes)
        TEST_SKIP("this build does not measure stacks");
    before = stats.stack_used_bytes;
    CHECK(stats.stack_bytes >= 512 << 10 && before > 0 && before < DEEP);
    CHECK_INT(digs(DEEP, NULL), 0);
    CHECK_INT(idles(), 0); /* it has woken since */
    stats = synchronizer_stats(&deep);
    CHECK(stats.stack_used_bytes >= DEEP && stats.stack_used_bytes < stats.stack_bytes);
    finish(&deep);
}

static const struct test_case cases[] = {
    TEST(V2_the_deepest_use_of_a_loops_stack_is_measured),
    TEST(C16_a_lost_local_is_caught_in_a_checked_build),
};
TEST_MAIN_BOTH_MODES("checked", cases);

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

static const struct test_case cases[] = {
    TEST(C16_a_lost_local_is_caught_in_a_checked_build),
};
TEST_MAIN_BOTH_MODES("checked", cases);

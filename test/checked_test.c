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

/* Behind the compiler's back, which would otherwise warn, or keep a constant. */
static void put(volatile int *where, int what)
{
    *where = what;
}
static void (*volatile put_hidden)(volatile int *where, int what) = put;

ASYNC(demo, int, loses_a_local, (double, seconds))
{
    volatile int local;

    co_begin;
    put_hidden(&local, RIGHT);
    co_sleep(self->seconds);
    co_return(local);
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

struct steps;
static struct syn_step steps_on(struct steps *self);

ASYNC(demo, int, steps, (double, seconds), SYN_LOCAL(volatile int *, lost))
{
    volatile int local;

    put_hidden(&local, RIGHT);
    self->lost = &local;
    return step_sleep(self, self->seconds, steps_on);
}

static struct syn_step steps_on(struct steps *self)
{
    return step_return(self, *self->lost);
}

static void C16_a_lost_local_is_caught_in_a_checked_build(void)
{
    int y = RIGHT;

#if !defined(SYN_CHECKED) || !SYN_CHECKED
    TEST_SKIP("this build is not a checked one (SYN_CHECKED)");
#endif
    begin();
    for (int i = 0; i < 10; i++) {
        CHECK_INT(keeps_a_local(i, &y), 0);
        CHECK_INT(y, RIGHT);
        CHECK_INT(loses_a_local(i, &y), 0);
        CHECK(y != RIGHT);
        CHECK_INT(future_get(loses_a_local_future(i), &y), 0);
        CHECK(y != RIGHT);
    }
    finish(&demo);
    done();
}

static void C16_a_pointer_to_a_lost_local_reads_rubbish_in_a_checked_build(void)
{
    int y = RIGHT;

#if !defined(SYN_CHECKED) || !SYN_CHECKED
    TEST_SKIP("this build is not a checked one (SYN_CHECKED)");
#endif
    begin();
    CHECK_INT(steps(1.0, &y), 0);
    CHECK(y != RIGHT);
    finish(&demo);
    done();
}

static const struct test_case cases[] = {
    TEST(C16_a_lost_local_is_caught_in_a_checked_build),
    TEST(C16_a_pointer_to_a_lost_local_reads_rubbish_in_a_checked_build),
};
TEST_MAIN_BOTH_MODES("checked", cases);

/* SPDX-License-Identifier: Apache-2.0
 *
 * How much memory of frames is kept (src/task/frame.c): what one burst of calls took is not kept for
 * ever. A home keeps at most 256 frames of a size, all others together 4096.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

enum { BURST = 8000, OF_HOME = 256, OF_ALL = 4096, BATCH = 32 };

SYNCHRONIZER(demo);

ASYNC(demo, int, same, (int, x))
{
    co_begin;
    co_sleep(1.0);
    co_return(self->x);
    co_end;
}

static struct same_future futures[BURST];

static void call_all(void)
{
    for (int i = 0; i < BURST; i++)
        futures[i] = same_future(i);
}

/* What is out, but for the places of as many futures. */
static unsigned long kept(void)
{
    return syn_memory_use().outstanding - BURST / 256;
}

static void H8_frames_that_readers_free_are_kept_up_to_a_bound(void)
{
    int y = -1;

    begin();
    call_all();
    for (int i = 0; i < BURST; i++) {
        CHECK_INT(future_get(futures[i], &y), 0);
        CHECK_INT(y, i);
    }
    CHECK(kept() >= OF_ALL - OF_HOME); /* they are worth keeping while it runs */
    CHECK(kept() <= OF_ALL + OF_HOME + 2 * BATCH);
    finish(&demo);
    done_after(BURST);
}

static void H8_frames_that_a_loop_frees_are_kept_up_to_a_bound(void)
{
    int y = -1;

    begin();
    call_all();
    for (int i = 0; i < BURST; i++)
        CHECK_INT(future_detach(futures[i]), 0);
    for (int i = 0; i < 2; i++) /* a second later they have ended */
        CHECK_INT(same(i, &y), 0);
    CHECK(kept() <= OF_ALL + OF_HOME + 2 * BATCH);
    finish(&demo);
    done_after(BURST);
}

static const struct test_case cases[] = {
    TEST(H8_frames_that_readers_free_are_kept_up_to_a_bound),
    TEST(H8_frames_that_a_loop_frees_are_kept_up_to_a_bound),
};
TEST_MAIN_BOTH_MODES("frames", cases);

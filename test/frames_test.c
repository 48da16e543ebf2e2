/* SPDX-License-Identifier: Apache-2.0
 *
 * How much memory of frames is kept (src/task/frame.c): what one burst of calls took is not kept for
 * ever. A home keeps at most 256 frames of a size, a thread 64, and all that is nobody's is 4096.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

enum { BURST = 8000, OF_HOME = 256, OF_ALL = 4096, OF_THREAD = 64, BATCH = 32 };

SYNCHRONIZER(demo);

ASYNC(demo, int, same, (int, x))
{
    co_begin;
    co_sleep(1.0);
    co_return(self->x);
    co_end;
}

ASYNC(demo, int, at_once, (int, x))
{
    co_begin;
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
    CHECK(kept() <= OF_ALL + OF_HOME + OF_THREAD + BATCH);
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
    CHECK(kept() <= OF_ALL + OF_HOME + OF_THREAD + BATCH);
    finish(&demo);
    done_after(BURST);
}

enum { THREADS = 4, CALLS = 3 * OF_THREAD };

static pthread_barrier_t called, looked;

static void *call_and_stay(void *unused)
{
    struct at_once_future mine[CALLS];
    int y = -1;

    for (int i = 0; i < CALLS; i++)
        mine[i] = at_once_future(i);
    CHECK_INT(future_wait(mine[CALLS - 1]), 0); /* so the loop has left all before it, and this thread frees them */
    for (int i = 0; i < CALLS; i++) {
        CHECK_INT(future_get(mine[i], &y), 0);
        CHECK_INT(y, i);
    }
    pthread_barrier_wait(&called);
    pthread_barrier_wait(&looked);
    return unused;
}

static void H8_frames_that_a_thread_keeps_are_bounded_and_everybodys_at_its_end(void)
{
    pthread_t threads[THREADS];
    unsigned long before;

    begin();
    CHECK_INT(pthread_barrier_init(&called, NULL, THREADS + 1), 0);
    CHECK_INT(pthread_barrier_init(&looked, NULL, THREADS + 1), 0);
    for (int i = 0; i < THREADS; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, call_and_stay, NULL), 0);
    pthread_barrier_wait(&called);
    syn_memory_trim();
    before = syn_memory_use().outstanding;
    /* its frames, and the store, the parker and the like that it has itself */
    CHECK(before <= OF_HOME + THREADS * (OF_THREAD + 8) + 2 * BATCH);
    CHECK(before >= THREADS * OF_THREAD / 2);
    pthread_barrier_wait(&looked);
    for (int i = 0; i < THREADS; i++)
        CHECK_INT(pthread_join(threads[i], NULL), 0);
    syn_memory_trim();
    CHECK(before - syn_memory_use().outstanding >= THREADS * OF_THREAD / 2);
    finish(&demo);
    done_after(THREADS * CALLS);
}

static const struct test_case cases[] = {
    TEST(H8_frames_that_readers_free_are_kept_up_to_a_bound),
    TEST(H8_frames_that_a_loop_frees_are_kept_up_to_a_bound),
    TEST(H8_frames_that_a_thread_keeps_are_bounded_and_everybodys_at_its_end),
};
TEST_MAIN_BOTH_MODES("frames", cases);

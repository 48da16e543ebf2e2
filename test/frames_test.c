/* SPDX-License-Identifier: Apache-2.0
 *
 * How much memory of frames is asked for and kept (src/task/frame.c, depot.c): a home keeps at most 256 frames of a size, a
 * thread 64, and all that is nobody's is 4096, each a piece by itself. What is out beyond these lies in blocks.
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

enum { VERY_MANY = 20000, BLOCKS = 4, ROWS = 2 * VERY_MANY / 256 };

/* Half of a frame is in its pages what its neighbours are not. */
ASYNC(demo, int, patient, (int, x), SYN_LOCAL(unsigned char, room[700]))
{
    co_begin;
    memset(self->room, self->x & 255, sizeof self->room);
    co_sleep(1.0);
    for (size_t i = 0; i < sizeof self->room; i++)
        CHECK_INT(self->room[i], self->x & 255);
    co_return(self->x);
    co_end;
}

static struct same_future many[VERY_MANY];

/* Fires them, and gets them from FIRST on, in steps of STEP. */
static void burst(int first, int step)
{
    int y = -1;

    for (int i = 0; i < VERY_MANY; i++)
        many[i] = same_future(i);
    for (int i = first; i < first + VERY_MANY; i++) {
        int at = (int)((long)i * step % VERY_MANY);

        CHECK_INT(future_get(many[at], &y), 0);
        CHECK_INT(y, at);
    }
}

static void H8_very_many_frames_are_asked_for_by_the_block(void)
{
    unsigned long before, first, again;

    begin();
    before = syn_memory_use().allocations;
    burst(0, 1);
    first = syn_memory_use().allocations - before;
    CHECK(first <= OF_ALL + 2 * BLOCKS + 2 * ROWS + 20); /* and the places of futures, and what a thread has */
    burst(7, 13);                                        /* in another order: what the first took is there */
    again = syn_memory_use().allocations - before - first;
    CHECK(again <= BLOCKS);
    finish(&demo);
    done_after(VERY_MANY);
}

static unsigned long resident(void)
{
    unsigned long size, pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    if (!file)
        return 0;
    if (fscanf(file, "%lu %lu", &size, &pages) != 2)
        pages = 0;
    fclose(file);
    return pages * (unsigned long)sysconf(_SC_PAGESIZE);
}

/* Blocks that are whole go, and of the others what is spare: not what is under way, which goes on. */
static void H8_a_trim_gives_back_blocks_and_leaves_what_is_under_way(void)
{
    static struct patient_future out[VERY_MANY];
    enum { SEVENTH = 997 };
    unsigned long most, left;
    int y = -1;

    begin();
    for (int i = 0; i < VERY_MANY; i++)
        out[i] = patient_future(i);
    for (int i = 0; i < VERY_MANY; i++) {
        if (i % SEVENTH == 0)
            continue;
        CHECK_INT(future_request_cancel(out[i]), 0);
        CHECK_INT(future_detach(out[i]), 0);
    }
    CHECK_INT(at_once(1, &y), 0); /* the others have ended before it */
    most = resident();
    syn_memory_trim();
    left = resident();
#ifdef __linux__
    CHECK(most == 0 || TEST_SLOWNESS > 1 || most - left > (unsigned long)(VERY_MANY - OF_ALL - 2000) * 1000);
#endif
    for (int i = 0; i < VERY_MANY; i += SEVENTH) {
        CHECK_INT(future_get(out[i], &y), 0);
        CHECK_INT(y, i);
    }
    burst(0, 1);
    syn_memory_trim();
    CHECK(syn_memory_use().outstanding <= OF_HOME + OF_THREAD + 2 * BATCH + 2 * ROWS + 3 * BLOCKS * 2);
    finish(&demo);
    done_after(2 * VERY_MANY);
}

static const struct test_case cases[] = {
    TEST(H8_very_many_frames_are_asked_for_by_the_block),
    TEST(H8_a_trim_gives_back_blocks_and_leaves_what_is_under_way),
    TEST(H8_frames_that_readers_free_are_kept_up_to_a_bound),
    TEST(H8_frames_that_a_loop_frees_are_kept_up_to_a_bound),
    TEST(H8_frames_that_a_thread_keeps_are_bounded_and_everybodys_at_its_end),
};
TEST_MAIN_BOTH_MODES("frames", cases);

/* SPDX-License-Identifier: Apache-2.0
 *
 * The common store of frames by itself (src/task/depot.c, block.c): what lies in blocks comes and goes as what does not,
 * also when memory is out, and when a slot had its last generation. No loop runs, so nothing is kept.
 */
#define _DEFAULT_SOURCE
#include "task/depot.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <synchronicity/mem.h>
#include <synchronicity/testing.h>

#include "base/poison.h"

#include "test.h"

enum { CLASS = 20, SMALL = 2, N = 3 * SYNI_DEPOT_PIECES };

static struct syni_spare *taken[N];

/* Each is as large as it should be, and nobody else's. */
static void take(int n, unsigned class)
{
    for (int i = 0; i < n; i++) {
        struct syni_slot *slot;

        taken[i] = syni_depot_take(NULL, class);
        CHECK(taken[i] != NULL);
        slot = taken[i]->slot;
        memset(taken[i], i & 255, syni_depot_bytes(class));
        taken[i]->slot = slot;
        syni_slot_publish(slot, SYNI_SLOT_CORE, taken[i], 1);
    }
}

static void give(int i, unsigned class)
{
    const unsigned char *byte = (const unsigned char *)taken[i];

    CHECK_PTR(taken[i]->slot->thing, taken[i]);
    CHECK(syni_slot_unpin(taken[i]->slot));
    for (size_t at = sizeof *taken[i]; at < syni_depot_bytes(class); at++)
        CHECK_INT(byte[at], i & 255);
    taken[i]->next = NULL;
    syni_depot_put(taken[i], class);
}

/* But for chunks of slots, which stay. */
static void all_comes_and_goes(unsigned class, int step)
{
    unsigned long before, after;

    take(N, class);
    before = syn_memory_use().outstanding;
    for (int i = 0; i < N; i++)
        give((int)((long)i * step % N), class);
    after = syn_memory_use().outstanding;
    CHECK(before - after > SYNI_DEPOT_PIECES && before - after < SYNI_DEPOT_PIECES + 20);
    CHECK(after <= 2 * N / SYNI_SLOTS_OF_ROW + 10);
}

static void H8_frames_of_blocks_come_and_go_in_any_order(void)
{
    all_comes_and_goes(CLASS, 1);
    all_comes_and_goes(CLASS, N - 1);
    all_comes_and_goes(SMALL, 7);
    all_comes_and_goes(SYNI_FRAME_CLASSES - 1, 11);
}

/* As processors fetch memory ahead of its use, this is half of the time of a call that has one. */
static void H8_a_store_has_frames_of_a_block_in_the_order_in_which_they_lie(void)
{
    struct syni_store store = {0};
    struct syni_spare *first;
    int n = 0;

    take(SYNI_DEPOT_PIECES, CLASS);
    first = syni_depot_take(&store, CLASS);
    CHECK(first != NULL);
    CHECK_INT(store.count[CLASS], SYNI_DEPOT_BATCH);
    for (struct syni_spare *last = first, *next = store.spares[CLASS]; next; last = next, next = next->next, n++)
        CHECK_INT((char *)next - (char *)last, syni_depot_bytes(CLASS));
    CHECK_INT(n, SYNI_DEPOT_BATCH);
    first->next = store.spares[CLASS];
    syni_depot_put(first, CLASS);
    for (int i = 0; i < SYNI_DEPOT_PIECES; i++)
        give(i, CLASS);
}

/* The slots of a block that went serve the next. */
static void C15_the_slots_of_blocks_are_used_again(void)
{
    unsigned long after;

    all_comes_and_goes(CLASS, 1);
    after = syn_memory_use().outstanding;
    for (int i = 0; i < 3; i++)
        all_comes_and_goes(CLASS, 1);
    CHECK_INT(syn_memory_use().outstanding, after);
}

static void C15_a_frame_with_a_slot_that_is_spent_is_left_out_of_its_block(void)
{
    unsigned long before;
    int last = N - 1;

    take(N, CLASS);
    before = syn_memory_use().outstanding;
    CHECK(taken[last]->slot->place != 0);
    CHECK(syni_slot_unpin(taken[last]->slot));
    taken[last]->slot->life = (uint64_t)UINT32_MAX << SYNI_SLOT_SHIFT;
    syni_depot_drop(taken[last], CLASS);
    for (int i = 0; i < last; i++)
        give(i, CLASS);
    CHECK(before - syn_memory_use().outstanding > SYNI_DEPOT_PIECES + 2); /* its block, too */
    take(N, CLASS);
    for (int i = 0; i < N; i++)
        give(i, CLASS);
}

/* Without memory for a block there may be some for a frame; without any nothing is left. */
static void H8_without_memory_for_a_block_a_frame_is_a_piece(void)
{
    struct syni_spare *more;
    unsigned long before;
    int failed = 0;

    take(SYNI_DEPOT_PIECES, CLASS);
    for (int nth = 1; nth < 40; nth++) {
        before = syn_memory_use().outstanding;
        syn_fault_set("alloc", nth, 1, ENOMEM);
        more = syni_depot_take(NULL, CLASS);
        failed += syn_fault_hits() >= (unsigned long)nth;
        syn_fault_clear();
        CHECK(more != NULL);
        more->next = NULL;
        syni_depot_put(more, CLASS);
        CHECK(syn_memory_use().outstanding <= before + 20); /* rows of slots, which stay */
    }
    CHECK(failed > 0);
    syn_fault_set("alloc", 1, 1000, ENOMEM);
    before = syn_memory_use().outstanding;
    CHECK_PTR(syni_depot_take(NULL, CLASS), NULL);
    CHECK_INT(syn_memory_use().outstanding, before);
    syn_fault_clear();
    for (int i = 0; i < SYNI_DEPOT_PIECES; i++)
        give(i, CLASS);
}

static void H8_the_address_sanitizer_knows_which_frames_of_a_block_are_spare(void)
{
#ifdef SYNI_POISONS
    enum { LAST = N - 1 };
    char *end;

    take(N, CLASS);
    end = (char *)taken[LAST] + syni_depot_bytes(CLASS) - 1;
    CHECK(!__asan_address_is_poisoned(end));
    give(LAST, CLASS); /* its block stays, for the others */
    CHECK(__asan_address_is_poisoned(end));
    taken[LAST] = syni_depot_take(NULL, CLASS);
    CHECK(!__asan_address_is_poisoned((char *)taken[LAST] + syni_depot_bytes(CLASS) - 1));
#else
    TEST_SKIP("only the address sanitizer can tell");
#endif
}

enum { THREADS = 4, OF_EACH = 5000, ROUNDS = 6 };

static void *take_and_give(void *unused)
{
    struct syni_spare **mine = calloc(OF_EACH, sizeof *mine);

    CHECK(mine != NULL);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < OF_EACH; i++) {
            CHECK((mine[i] = syni_depot_take(NULL, CLASS)) != NULL);
            memset(mine[i] + 1, i & 255, syni_depot_bytes(CLASS) - sizeof **mine);
        }
        if (round % 2)
            syni_depot_trim(true);
        for (int i = 0; i < OF_EACH; i++) {
            CHECK_INT(((unsigned char *)mine[i])[syni_depot_bytes(CLASS) - 1], i & 255);
            mine[i]->next = NULL;
            syni_depot_put(mine[i], CLASS);
        }
    }
    free(mine);
    return unused;
}

static void H8_threads_take_and_give_frames_of_the_same_blocks(void)
{
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, take_and_give, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        CHECK_INT(pthread_join(threads[i], NULL), 0);
    CHECK(syn_memory_use().outstanding <= 2 * THREADS * OF_EACH / SYNI_SLOTS_OF_ROW);
}

/* A child uses none of its parent's, and has blocks of its own. */
static void L5_a_child_has_blocks_of_its_own(void)
{
    int status;
    pid_t child;

    take(N, CLASS);
    fflush(NULL);
    child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        for (int i = 0; i < N; i++) /* as those that calls of the parent's have there */
            syni_depot_drop(taken[i], CLASS);
        take(N, CLASS);
        for (int i = 0; i < N; i++)
            give(i, CLASS);
        syni_depot_trim(true);
        _exit(0);
    }
    CHECK_INT(waitpid(child, &status, 0), child);
    CHECK_INT(status, 0);
    for (int i = 0; i < N; i++)
        give(i, CLASS);
}

static const struct test_case cases[] = {
    TEST(H8_threads_take_and_give_frames_of_the_same_blocks),
    TEST(L5_a_child_has_blocks_of_its_own),
    TEST(H8_the_address_sanitizer_knows_which_frames_of_a_block_are_spare),
    TEST(H8_frames_of_blocks_come_and_go_in_any_order),
    TEST(H8_a_store_has_frames_of_a_block_in_the_order_in_which_they_lie),
    TEST(C15_the_slots_of_blocks_are_used_again),
    TEST(C15_a_frame_with_a_slot_that_is_spent_is_left_out_of_its_block),
    TEST(H8_without_memory_for_a_block_a_frame_is_a_piece),
};
TEST_MAIN("depot", cases);

/* SPDX-License-Identifier: Apache-2.0
 *
 * What a thread notes in its ring of a trace (src/inspect/trace_ring.c), while nobody reads it.
 */
#define _DEFAULT_SOURCE
#include <pthread.h>

#include <synchronicity/mem.h>

#include "base/mem.h"
#include "inspect/trace.h"
#include "test.h"

enum { PLACES = 64 };

static int things[SYNI_TRACE_DEEP]; /* what the slices are of */

static void begin_rings(void)
{
    syni_trace_places = PLACES;
    syni_trace_number = 1;
}

static void end_rings(void)
{
    struct syni_trace_ring *ring = atomic_exchange(&syni_trace_rings, NULL), *next;

    for (; ring; ring = next) {
        next = ring->next;
        syni_free(ring, sizeof *ring + ring->places * sizeof(struct syni_traced));
    }
}

static void note(enum syn_hook hook, const void *id)
{
    struct syn_hook_event event = {.hook = hook, .id = id, .name = "thing", .what = ""};

    syni_trace_hooks.on_event(NULL, &event);
}

static const struct syni_traced *latest(const struct syni_trace_ring *ring)
{
    return &ring->events[(ring->head - 1) & (PLACES - 1)];
}

static void V3_the_end_of_a_slice_ends_those_that_were_left_inside_it(void)
{
    struct syni_trace_ring *ring;

    begin_rings();
    for (int i = 0; i < 4; i++)
        note(SYN_HOOK_TASK_BEGINS, &things[i]);
    ring = syni_trace_rings;
    note(SYN_HOOK_TASK_ENDS, &things[3]);
    CHECK_INT(latest(ring)->closes, 1);
    note(SYN_HOOK_TASK_ENDS, &things[0]); /* as by a jump out of the others */
    CHECK_INT(latest(ring)->closes, 3);
    CHECK_INT(ring->n_open, 0);
    note(SYN_HOOK_TASK_ENDS, &things[1]);
    CHECK_INT(latest(ring)->closes, 0);
    end_rings();
}

static void V3_in_a_full_ring_open_slices_have_a_place_to_end(void)
{
    struct syni_trace_ring *ring;

    begin_rings();
    for (int i = 0; i < SYNI_TRACE_DEEP; i++)
        note(SYN_HOOK_TASK_BEGINS, &things[i]);
    for (int i = 0; i < PLACES; i++)
        note(SYN_HOOK_LOOP_WAKES, NULL);
    ring = syni_trace_rings;
    CHECK(ring->dropped > 0);
    for (int i = SYNI_TRACE_DEEP; i-- > 0;) {
        note(SYN_HOOK_TASK_ENDS, &things[i]);
        CHECK_INT(latest(ring)->hook, SYN_HOOK_TASK_ENDS);
        CHECK(ring->head - ring->tail <= PLACES); /* nothing was written over */
    }
    end_rings();
}

static void *notes_one(void *unused)
{
    note(SYN_HOOK_LOOP_WAKES, NULL);
    return unused;
}

static void note_on_a_thread(void)
{
    pthread_t thread;

    CHECK_INT(pthread_create(&thread, NULL, notes_one, NULL), 0);
    CHECK_INT(pthread_join(thread, NULL), 0);
}

static void V3_the_ring_of_a_thread_that_ended_is_used_again_when_it_was_read(void)
{
    struct syni_trace_ring *first, *second;

    begin_rings();
    note_on_a_thread();
    first = syni_trace_rings;
    CHECK(first->over);
    note_on_a_thread();
    second = syni_trace_rings;
    CHECK(second != first && second->next == first);
    atomic_store(&first->tail, first->head); /* as its reader does */
    note_on_a_thread();
    CHECK(syni_trace_rings == second);
    CHECK_INT(first->head, 2);
    CHECK_INT(second->head, 1);
    end_rings();
}

static const struct test_case cases[] = {
    TEST(V3_the_end_of_a_slice_ends_those_that_were_left_inside_it),
    TEST(V3_in_a_full_ring_open_slices_have_a_place_to_end),
    TEST(V3_the_ring_of_a_thread_that_ended_is_used_again_when_it_was_read),
};
TEST_MAIN("trace_ring", cases);

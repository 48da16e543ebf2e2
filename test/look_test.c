/* SPDX-License-Identifier: Apache-2.0
 *
 * Callers that drive, and look at the kernel for a while before they sleep (`drive_look_ns`). Real time, but for the cases
 * that say otherwise; each wait is for something that must happen, however late.
 */
#define _DEFAULT_SOURCE
#include <limits.h>
#include <sched.h>
#include <unistd.h>

#include <synchronicity/readiness.h>

#include "base/processor.h"
#include "support/call_rig.h"
#include "task/state.h"

enum { FEW = 100, LOOKS = 1000 }; /* calls of the poller: a loop that looks makes some 100000 in the time of `looks` */

SYNCHRONIZER(looks, .caller_may_drive = 1, .drive_look_ns = 2 * SECOND);
SYNCHRONIZER(glances, .caller_may_drive = 1, .drive_look_ns = MS);
static int ends[2];

static struct syni_loop *loop_of(struct syn_synchronizer *synchronizer)
{
    return &((struct syni_home *)synchronizer->home)->loop;
}

static unsigned long waits_of(struct syn_synchronizer *synchronizer)
{
    return atomic_load(&loop_of(synchronizer)->counts.waits);
}

static bool is_asleep(struct syn_synchronizer *synchronizer)
{
    return atomic_load(&loop_of(synchronizer)->role) == SYNI_ROLE_ASLEEP;
}

static void begin_with(struct syn_synchronizer *synchronizer)
{
    if (getenv("SYN_TEST_SEED"))
        TEST_SKIP("with a seed no loop looks");
    CHECK_INT(pipe(ends), 0);
    CHECK_INT(synchronizer_start(synchronizer), 0);
}

static void end_with(struct syn_synchronizer *synchronizer)
{
    CHECK_INT(synchronizer_stop(synchronizer, syn_never()), 0);
    CHECK_INT(synchronizer_free(synchronizer), 0);
    close(ends[0]);
    close(ends[1]);
}

/* Takes a byte that another thread writes. */
ASYNC(SYN_FREE, void, takes_a_byte)
{
    char byte;

    co_begin;
    co_readable(ends[0]);
    if (read(ends[0], &byte, 1) != 1)
        co_fail(SYN_EIO);
    co_end;
}

ASYNC(looks, void, looks_for_a_byte)
{
    co_begin;
    co_try(takes_a_byte_future());
    co_end;
}

ASYNC(glances, void, glances_at_a_byte)
{
    co_begin;
    co_try(takes_a_byte_future());
    co_end;
}

struct writer {
    pthread_t thread;
    struct syn_synchronizer *synchronizer;
    unsigned long before, waits; /* at the start, and since then until it wrote */
    unsigned long enough;
    bool slept;
};

/* When the loop has looked often enough, or sleeps. */
static void *writes(void *of)
{
    struct writer *w = of;

    do {
        sched_yield();
        w->waits = waits_of(w->synchronizer) - w->before;
        w->slept = is_asleep(w->synchronizer);
    } while (!w->slept && w->waits < w->enough);
    CHECK_INT(write(ends[1], "", 1), 1);
    return NULL;
}

static void start_writer(struct writer *w, struct syn_synchronizer *synchronizer, unsigned long enough)
{
    w->enough = enough;
    w->synchronizer = synchronizer;
    w->before = waits_of(synchronizer);
    loop_of(synchronizer)->look_patience = (struct syni_patience){0}; /* nobody drives */
    CHECK_INT(pthread_create(&w->thread, NULL, writes, w), 0);
}

static void C13_a_caller_looks_before_it_sleeps_where_it_may(void)
{
    struct writer w = {.slept = true};

    if (!syni_processors_many())
        TEST_SKIP("one processor");
    begin_with(&looks);
    for (int i = 0; w.slept && i < 1000; i++) { /* one that loses its processor does not look */
        start_writer(&w, &looks, LOOKS);
        CHECK_INT(looks_for_a_byte(), 0);
        CHECK_INT(pthread_join(w.thread, NULL), 0);
    }
    CHECK(!w.slept);
    end_with(&looks);
}

static void C13_a_caller_that_looked_in_vain_sleeps(void)
{
    struct writer w;

    begin_with(&glances);
    for (int i = 0; i < 20; i++) {
        start_writer(&w, &glances, ULONG_MAX);
        CHECK_INT(glances_at_a_byte(), 0);
        CHECK_INT(pthread_join(w.thread, NULL), 0);
    }
    end_with(&glances);
}

/* Calls, and the loop sleeps without having looked. */
static void check_that_none_looks(void)
{
    struct writer w;

    start_writer(&w, &looks, LOOKS);
    CHECK_INT(looks_for_a_byte(), 0);
    CHECK_INT(pthread_join(w.thread, NULL), 0);
    CHECK(w.slept);
    CHECK(w.waits < FEW);
}

static void C13_by_a_virtual_clock_no_caller_looks(void)
{
    CHECK_INT(syn_clock_new(&rig_clock), SYN_OK);
    syn_clock_use(rig_clock);
    begin_with(&looks);
    check_that_none_looks();
    end_with(&looks);
    syn_clock_use(NULL);
    syn_clock_free(rig_clock);
}

static void C13_with_a_seed_no_caller_looks(void)
{
    syn_test_seed(7);
    begin_with(&looks);
    check_that_none_looks();
    end_with(&looks);
    syn_test_seed(0);
}

static void C13_the_dedicated_thread_does_not_look_at_the_kernel(void)
{
    struct looks_for_a_byte_future f;
    struct writer w;

    begin_with(&looks);
    start_writer(&w, &looks, LOOKS);
    f = looks_for_a_byte_future();
    CHECK_INT(pthread_join(w.thread, NULL), 0);
    CHECK(w.slept);
    CHECK(w.waits < FEW);
    CHECK_INT(future_get(f), 0);
    end_with(&looks);
}

static const struct test_case cases[] = {
    TEST(C13_a_caller_looks_before_it_sleeps_where_it_may),
    TEST(C13_a_caller_that_looked_in_vain_sleeps),
    TEST(C13_by_a_virtual_clock_no_caller_looks),
    TEST(C13_with_a_seed_no_caller_looks),
    TEST(C13_the_dedicated_thread_does_not_look_at_the_kernel),
};

TEST_MAIN("look", cases);

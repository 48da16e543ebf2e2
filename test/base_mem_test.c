/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory and faults: the user's allocator, the counters, and that the n-th call
 * fails when it was told to (src/base/mem.c, src/base/fault.c).
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <synchronicity/mem.h>
#include <synchronicity/testing.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/mem.h"
#include "base/report.h"
#include "base/thread.h"
#include "test.h"

/* An allocator that counts, and gives memory that is not clean. */
struct counting {
    int given, taken;
    size_t bytes; /* out at present */
    bool empty;
};

static void *count_allocate(void *context, size_t size)
{
    struct counting *counting = context;
    void *memory = counting->empty ? NULL : malloc(size);

    CHECK(size > 0);
    if (!memory)
        return NULL;
    memset(memory, 0x5A, size);
    counting->given++;
    counting->bytes += size;
    return memory;
}

static void count_release(void *context, void *memory, size_t size)
{
    struct counting *counting = context;

    CHECK(memory != NULL);
    counting->taken++;
    counting->bytes -= size;
    free(memory);
}

static void T4_users_allocator_gives_all_memory_and_gets_it_back(void)
{
    static const char zero[1000];
    struct counting counting = {0};
    struct syn_allocator allocator = {.allocate = count_allocate, .release = count_release,
                                      .context = &counting};
    void *memory;

    CHECK_INT(syn_set_allocator(&allocator), SYN_OK);
    memory = syni_alloc(sizeof zero);
    CHECK_INT(counting.given, 1);
    CHECK_INT(counting.bytes, sizeof zero);
    CHECK_MEM(memory, zero, sizeof zero);
    syni_free(memory, sizeof zero);
    syni_free(NULL, 10);
    CHECK_INT(counting.taken, 1);
    CHECK_INT(counting.bytes, 0);
    CHECK_INT(syn_set_allocator(NULL), SYN_OK);
    syni_free(syni_alloc(1), 1);
    CHECK_INT(counting.given, 1);
}

static void T4_allocator_is_not_changed_while_memory_is_out(void)
{
    struct counting counting = {0};
    struct syn_allocator allocator = {.allocate = count_allocate, .release = count_release,
                                      .context = &counting};
    void *memory = syni_alloc(8);

    CHECK_INT(syn_set_allocator(&allocator), SYN_EBUSY);
    CHECK_INT(syn_set_allocator(NULL), SYN_EBUSY);
    syni_free(memory, 8);
    CHECK_INT(counting.taken, 0);
    CHECK_INT(syn_set_allocator(&allocator), SYN_OK);
    memory = syni_alloc(8);
    CHECK_INT(syn_set_allocator(NULL), SYN_EBUSY);
    syni_free(memory, 8);
    CHECK_INT(counting.taken, 1);
}

static void T4_half_an_allocator_is_refused(void)
{
    struct syn_allocator no_release = {.allocate = count_allocate};
    struct syn_allocator no_allocate = {.release = count_release};

    CHECK_INT(syn_set_allocator(&no_release), SYN_EINVAL);
    CHECK_INT(syn_set_allocator(&no_allocate), SYN_EINVAL);
    syni_free(syni_alloc(1), 1);
}

static void T4_empty_allocator_is_an_error_and_counts_nothing(void)
{
    struct counting counting = {.empty = true};
    struct syn_allocator allocator = {.allocate = count_allocate, .release = count_release,
                                      .context = &counting};
    struct syn_memory_use before = syn_memory_use();
    struct syn_clock *clock = NULL;

    CHECK_INT(syn_set_allocator(&allocator), SYN_OK);
    CHECK_PTR(syni_alloc(1), NULL);
    CHECK_INT(syn_clock_new(&clock), SYN_ENOMEM);
    CHECK_INT(syn_memory_use().allocations, before.allocations);
    CHECK_INT(syn_memory_use().outstanding, before.outstanding);
}

static void T4_memory_use_counts_what_was_asked_for_and_what_is_out(void)
{
    struct syn_memory_use before = syn_memory_use();
    void *a = syni_alloc(1), *b = syni_alloc(2);

    CHECK_INT(syn_memory_use().allocations - before.allocations, 2);
    CHECK_INT(syn_memory_use().outstanding - before.outstanding, 2);
    syni_free(a, 1);
    CHECK_INT(syn_memory_use().allocations - before.allocations, 2);
    CHECK_INT(syn_memory_use().outstanding - before.outstanding, 1);
    syni_free(b, 2);
    CHECK_INT(syn_memory_use().outstanding, before.outstanding);
}

static void T4_the_nth_call_fails_and_those_after_it_for_as_long_as_said(void)
{
    syn_fault_set("call", 3, 2, EMFILE);
    for (int i = 1; i <= 6; i++) {
        errno = 0;
        CHECK_INT(syni_fault("call"), i == 3 || i == 4);
        CHECK_INT(errno, i == 3 || i == 4 ? EMFILE : 0);
    }
    CHECK_INT(syn_fault_hits(), 6);
}

static void T4_a_fault_by_name_counts_no_other_call(void)
{
    syn_fault_set("one", 1, 1, EIO);
    CHECK(!syni_fault("two"));
    CHECK(!syni_fault("on"));
    CHECK_INT(syn_fault_hits(), 0);
    CHECK(syni_fault("one"));
    syn_fault_set(NULL, 2, 1, EIO);
    CHECK(!syni_fault("two"));
    CHECK(syni_fault("one"));
}

static void T4_cleared_faults_fail_nothing(void)
{
    syn_fault_set(NULL, 1, 1000, EIO);
    syn_fault_clear();
    CHECK(!syni_fault("one"));
    syni_free(syni_alloc(1), 1);
    CHECK_INT(syn_fault_hits(), 0);
}

static void T4_a_fault_for_all_time_does_not_wrap(void)
{
    syn_fault_set(NULL, 2, (unsigned long)-1, EIO);
    CHECK(!syni_fault("a"));
    for (int i = 0; i < 10; i++)
        CHECK(syni_fault("a"));
}

static void *ask_a_thousand_times(void *failed)
{
    for (int i = 0; i < 1000; i++)
        if (syni_fault("shared"))
            atomic_fetch_add((atomic_int *)failed, 1);
    return NULL;
}

static void T4_all_threads_count_and_exactly_as_many_fail(void)
{
    pthread_t threads[4];
    atomic_int failed = 0;

    syn_fault_set("shared", 500, 700, EIO);
    for (int i = 0; i < 4; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, ask_a_thousand_times, &failed), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    CHECK_INT(syn_fault_hits(), 4000);
    CHECK_INT(failed, 700);
}

static void ignore(void *unused)
{
    (void)unused;
}

/* Everything of base that allocates, once. Reports only allocate when their store
 * is empty; base_store_test.c sees to that. */
static syn_err use_base(void)
{
    struct syn_clock *clock = NULL;
    struct syni_thread thread;
    syn_err err = syn_clock_new(&clock);

    CHECK_INT(err == SYN_OK, clock != NULL);
    if (err)
        return err;
    err = syni_thread_start(&thread, "t", 0, ignore, NULL);
    if (!err)
        syni_thread_join(&thread);
    CHECK_INT(syn_clock_free(clock), SYN_OK);
    return err;
}

static void T4_each_call_of_base_that_fails_leaves_nothing_behind(void)
{
    unsigned long before = syn_memory_use().outstanding, n = 1;

    for (;; n++) {
        syn_fault_set(NULL, n, 1, ENOMEM);
        syn_err err = use_base();
        CHECK_INT(err, syn_fault_hits() < n ? SYN_OK : SYN_ENOMEM);
        CHECK_INT(syn_memory_use().outstanding, before);
        if (syn_fault_hits() < n)
            break;
    }
    CHECK_INT(n, 4); /* the clock, what the thread needs, the thread */
}

static const struct test_case cases[] = {
    TEST(T4_users_allocator_gives_all_memory_and_gets_it_back),
    TEST(T4_allocator_is_not_changed_while_memory_is_out),
    TEST(T4_half_an_allocator_is_refused),
    TEST(T4_empty_allocator_is_an_error_and_counts_nothing),
    TEST(T4_memory_use_counts_what_was_asked_for_and_what_is_out),
    TEST(T4_the_nth_call_fails_and_those_after_it_for_as_long_as_said),
    TEST(T4_a_fault_by_name_counts_no_other_call),
    TEST(T4_cleared_faults_fail_nothing),
    TEST(T4_a_fault_for_all_time_does_not_wrap),
    TEST(T4_all_threads_count_and_exactly_as_many_fail),
    TEST(T4_each_call_of_base_that_fails_leaves_nothing_behind),
};
TEST_MAIN("base_mem", cases);

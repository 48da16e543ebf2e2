/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads as the library starts them (src/base/thread.c); how they sleep:
 * base_parker_test.c.
 */
#if defined(__linux__)
#define _GNU_SOURCE /* pthread_getattr_np */
#endif

#include "base/thread.h"

#include <limits.h>
#include <signal.h>
#include <string.h>

#include <synchronicity/mem.h>
#include <synchronicity/testing.h>

#include "base/clock.h"
#include "base/report.h"
#include "test.h"

static void start_and_join(size_t stack_size_bytes, void (*fn)(void *), void *argument)
{
    struct syni_thread thread;

    CHECK_INT(
        syni_thread_start(&thread, "a name of many characters", stack_size_bytes, fn, argument),
        SYN_OK);
    syni_thread_join(&thread);
}

static void read_mask(void *mask)
{
    CHECK_INT(pthread_sigmask(SIG_BLOCK, NULL, mask), 0);
}

/* Raised by what the thread itself did; the system ends a process that blocks them. */
static bool is_fault(int s)
{
    return s == SIGSEGV || s == SIGBUS || s == SIGFPE || s == SIGILL || s == SIGTRAP || s == SIGSYS ||
           s == SIGABRT;
}

static void H1_our_threads_block_all_signals_but_their_own_faults(void)
{
    sigset_t mask, before, after;

    read_mask(&before);
    sigemptyset(&mask);
    start_and_join(0, read_mask, &mask);
    for (int i = 1; i < 32; i++)
        if (i != SIGKILL && i != SIGSTOP)
            CHECK_INT(sigismember(&mask, i), !is_fault(i));
    read_mask(&after);
    for (int i = 1; i < 32; i++)
        CHECK_INT(sigismember(&after, i), sigismember(&before, i));
}

static volatile sig_atomic_t heard;

static void hear(int s)
{
    heard = s;
}

static void raise_one(void *s)
{
    raise(*(int *)s);
}

static void H1_a_fault_of_our_thread_reaches_the_programs_handler(void)
{
    static int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT};

    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct sigaction action, before;

        memset(&action, 0, sizeof action);
        action.sa_handler = hear;
        CHECK_INT(sigaction(faults[i], &action, &before), 0);
        start_and_join(0, raise_one, &faults[i]);
        CHECK_INT(heard, faults[i]);
        sigaction(faults[i], &before, NULL);
    }
}

#if defined(__linux__)
static void measure_stack(void *size)
{
    pthread_attr_t attributes;

    CHECK_INT(pthread_getattr_np(pthread_self(), &attributes), 0);
    CHECK_INT(pthread_attr_getstacksize(&attributes, size), 0);
    pthread_attr_destroy(&attributes);
}

/* The C library adds the thread's locals to what was asked for, but no more; a
 * sanitizer adds more, but less than the system's default. */
enum { MORE = TEST_SLOWNESS > 1 ? 2 << 20 : 64 << 10 };

static void check_stack(size_t asked, size_t least)
{
    size_t size = 0;

    if (least < (size_t)PTHREAD_STACK_MIN) /* 128 KiB on aarch64 and powerpc */
        least = (size_t)PTHREAD_STACK_MIN;
    start_and_join(asked, measure_stack, &size);
    CHECK(size >= least);
    CHECK(size <= least + MORE);
}
#endif

static void H4_stack_has_the_size_that_was_asked_for(void)
{
#if defined(__linux__)
    check_stack(1, 16 * 1024); /* first: glibc gives a small stack the place of a larger one that has ended */
    check_stack(0, 256 * 1024);
    check_stack(512 * 1024, 512 * 1024);
    check_stack(1000001, 1000001);
#else
    TEST_SKIP("only Linux tells how large a stack is");
#endif
}

static void ignore(void *unused)
{
    (void)unused;
}

static void H4_stack_that_no_system_has_is_refused(void)
{
    unsigned long before = syn_memory_use().outstanding;
    struct syni_thread thread;

    CHECK(syni_thread_start(&thread, "huge", SIZE_MAX, ignore, NULL) != SYN_OK);
    CHECK(syni_thread_start(&thread, "huge", SIZE_MAX - SIZE_MAX / 64, ignore, NULL) != SYN_OK);
    CHECK_INT(syn_memory_use().outstanding, before);
}

static void *live_on_little(void *unused)
{
    _Atomic(bool) done = true;
    char text[100];

    (void)unused;
    syni_refuse(SYN_EIO, "a message with %d of %s", 1, "everything");
    CHECK(syn_report_text(syn_last_report(), text, sizeof text) > 0);
    syni_parker_wake(syni_parker_mine(), NULL);
    CHECK(syni_parker_sleep(syni_parker_mine(), SYNI_NEVER));
    CHECK(syni_clock_sleep(&done, SYNI_NEVER));
    start_and_join(1, ignore, NULL);
    return NULL;
}

static void H4_works_from_a_thread_with_a_small_stack(void)
{
    size_t size = (size_t)16 * 1024 * TEST_SLOWNESS * TEST_SLOWNESS;
    pthread_attr_t attributes;
    pthread_t thread;

    if (size < (size_t)PTHREAD_STACK_MIN)
        size = (size_t)PTHREAD_STACK_MIN;
    CHECK_INT(pthread_attr_init(&attributes), 0);
    CHECK_INT(pthread_attr_setstacksize(&attributes, size), 0);
    CHECK_INT(pthread_create(&thread, &attributes, live_on_little, NULL), 0);
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attributes);
}

static void W5_thread_that_cannot_be_started_is_an_error_and_leaks_nothing(void)
{
    unsigned long before = syn_memory_use().outstanding;
    struct syni_thread thread;
    sigset_t mask;

    syn_fault_set("pthread_create", 1, 1, EAGAIN);
    CHECK_INT(syni_thread_start(&thread, "t", 0, ignore, NULL), SYN_EAGAIN);
    syn_fault_set("alloc", 1, 1, ENOMEM);
    CHECK_INT(syni_thread_start(&thread, "t", 0, ignore, NULL), SYN_ENOMEM);
    CHECK_INT(syn_memory_use().outstanding, before);
    read_mask(&mask);
    CHECK_INT(sigismember(&mask, SIGINT), 0);
    start_and_join(0, ignore, NULL); /* the next one starts */
}

static int exits[4], n_exits;

static void note_exit(void *number)
{
    exits[n_exits++] = *(int *)number;
}

static struct syni_exit_call late;

static void note_and_add_another(void *number)
{
    static int last = 9;

    note_exit(number);
    late.fn = note_exit;
    late.argument = &last;
    syni_thread_at_exit(&late);
}

static void register_exits(void *end_early)
{
    static struct syni_exit_call calls[2];
    static int numbers[] = {1, 2};

    n_exits = 0;
    calls[0] = (struct syni_exit_call){note_and_add_another, &numbers[0], NULL};
    calls[1] = (struct syni_exit_call){note_exit, &numbers[1], NULL};
    syni_thread_at_exit(&calls[0]);
    syni_thread_at_exit(&calls[1]);
    if (end_early)
        pthread_exit(NULL);
}

static void E3_exit_calls_run_once_latest_first_however_the_thread_ends(void)
{
    int early = 1;

    for (int i = 0; i < 2; i++) {
        start_and_join(0, register_exits, i ? &early : NULL);
        CHECK_INT(n_exits, 3);
        CHECK_INT(exits[0], 2);
        CHECK_INT(exits[1], 1);
        CHECK_INT(exits[2], 9); /* one that came while they ran */
    }
}

static void E3_panic_says_why_and_aborts(void)
{
    syni_panic("the sky fell");
}

static const struct test_case cases[] = {
    TEST(H1_our_threads_block_all_signals_but_their_own_faults),
    TEST(H1_a_fault_of_our_thread_reaches_the_programs_handler),
    TEST(H4_stack_has_the_size_that_was_asked_for),
    TEST(H4_stack_that_no_system_has_is_refused),
    TEST(H4_works_from_a_thread_with_a_small_stack),
    TEST(W5_thread_that_cannot_be_started_is_an_error_and_leaks_nothing),
    TEST(E3_exit_calls_run_once_latest_first_however_the_thread_ends),
    TEST_DIES(E3_panic_says_why_and_aborts, SIGABRT, "synchronicity: the sky fell"),
};
TEST_MAIN("base_thread", cases);

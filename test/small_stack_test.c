/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls of every kind from a thread with a stack of 64 KiB, and how much of it they use (H4).
 *
 * The thread's stack is the case's own memory, filled with a pattern before; how deep it was used is
 * read from that afterwards.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include <synchronicity/signal.h>

#include "support/call_rig.h"

SYNCHRONIZER(demo);
POOL(pool, .max_threads = 1);
CHANNEL(int, ints);
PROMISE(int, number);

enum { STACK = 64 << 10, PAGE = 64 << 10, PATTERN = 0xA5 };

ASYNC(demo, int, adds, (int, x))
{
    co_begin;
    co_sleep(0.0001);
    co_return(self->x + 1);
    co_end;
}

ASYNC(demo, int, rests)
{
    co_begin;
    co_sleep(1000);
    co_end;
}

ASYNC(demo, int, fails)
{
    co_begin;
    co_await(adds_future(1), &self->result);
    co_fail(SYN_EIO, "the disk is on fire");
    co_end;
}

GENERATOR(demo, int, counts, SYN_LOCAL(int, i))
{
    co_begin;
    for (; self->i < 3; self->i++)
        co_yield(self->i);
    co_end;
}

BLOCKING(pool, int, job_adds, (int, x))
{
    return x + 1;
}

static void calls(void)
{
    struct adds_future f;
    int y = 0;

    CHECK_INT(adds(1, &y), 0);
    CHECK_INT(syn_call_by(syn_after(30), adds(1, &y)), 0);
    CHECK_INT(syn_call_by(syn_after(0), adds(1, &y)), SYN_ETIMEDOUT);
    f = adds_future(2);
    CHECK_INT(future_wait(f), 0);
    CHECK_INT(future_get(f, &y), 0);
    CHECK_INT(future_cancel(rests_future()), SYN_ECANCELED);
    CHECK_INT(fails(&y), SYN_EIO);
    CHECK_INT(job_adds(1, &y), 0);
}

static void channels(void)
{
    struct ints_channel channel;
    syn_err err = SYN_OK;
    int sum = 0, y = 3;

    CHECK_INT(channel_new(ints, 1, &channel), 0);
    CHECK_INT(channel_send(channel, &y), 0);
    CHECK_INT(channel_next(channel, &y), 0);
    CHECK_INT(channel_next_by(channel, &y, syn_after(0)), SYN_ETIMEDOUT);
    channel_drop(channel);
    channel_each (int, i, counts(), &err)
        sum += i;
    CHECK_INT(err, 0);
    CHECK_INT(sum, 3);
}

static void promises(void)
{
    struct number_promise promise;
    struct number_future future;
    int y = 0;

    CHECK_INT(promise_new(number, &promise, &future), 0);
    CHECK_INT(future_get_by(future, &y, syn_after(0)), SYN_ETIMEDOUT);
    CHECK_INT(promise_drop(promise), 0);
    CHECK_INT(promise_new(number, &promise, &future), 0);
    y = 5;
    CHECK_INT(promise_complete(promise, &y), 0);
    CHECK_INT(future_get(future, &y), 0);
}

static void notices(void)
{
    static struct syn_notice notice;

    CHECK_INT(syn_notice_open(&notice), 0);
    syn_notice_send(&notice);
    CHECK_INT(syn_notice_wait(&notice), 0);
    CHECK_INT(syn_notice_close(&notice), 0);
}

static void *all_of_them(void *unused)
{
    (void)unused;
    calls();
    channels();
    promises();
    notices();
    CHECK_INT(pool_stop(&pool, syn_never()), 0);
    CHECK_INT(syn_pool_free(&pool), 0);
    finish(&demo);
    finish(syn_default_synchronizer());
    return NULL;
}

static size_t used_of(const unsigned char *stack, size_t size)
{
    size_t untouched = 0;

    while (untouched < size && stack[untouched] == PATTERN)
        untouched++;
    return size - untouched;
}

/* With the thread's own record, which the C library keeps there, and what printing a failed check would
 * use. */
static void H4_every_kind_of_call_from_a_stack_of_64_KiB(void)
{
    unsigned char *memory = aligned_alloc(PAGE, STACK);
    pthread_attr_t attributes;
    pthread_t thread;
    size_t used;

    if (TEST_SLOWNESS > 1)
        TEST_SKIP("a sanitizer needs more stack");
    begin_in_real_time();
    CHECK(memory != NULL);
    memset(memory, PATTERN, STACK);
    pthread_attr_init(&attributes);
    CHECK_INT(pthread_attr_setstack(&attributes, memory, STACK), 0);
    CHECK_INT(pthread_create(&thread, &attributes, all_of_them, NULL), 0);
    CHECK_INT(pthread_join(thread, NULL), 0);
    used = used_of(memory, STACK);
    printf("%zu bytes of the caller's stack were used\n", used);
    CHECK(used > 1024 && used < STACK / 2);
    pthread_attr_destroy(&attributes);
    free(memory);
}

static const struct test_case cases[] = {
    TEST_MODES(H4_every_kind_of_call_from_a_stack_of_64_KiB),
};
TEST_MAIN("small_stack", cases);

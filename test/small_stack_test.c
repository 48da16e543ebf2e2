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

#define BOX_METHODS(M, C)                                                                          \
    M(C, constructor, new, (int, size)) M(C, destructor) M(C, async, int, put, (int, more))            \
    M(C, context, int, opened)
CLASS(box, BOX_METHODS);
struct box_impl {
    int size;
};
CONSTRUCTOR(box, new, (int, size))
{
    me->size = self->size;
    return step_done(self);
}
DESTRUCTOR(box)
{
    co_begin;
    co_sleep(0.0001);
    co_end;
}
METHOD(box, int, put, (int, more))
{
    co_begin;
    co_sleep(0.0001);
    me->size += self->more;
    co_return(me->size);
    co_end;
}
METHOD_CONTEXT(box, int, opened)
{
    co_begin;
    co_yield(me->size);
    co_end;
}
CLASS_TABLE(demo, box, BOX_METHODS, NULL);

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

static void scopes(void)
{
    struct syn_scope scope = SYN_SCOPE;
    int y[4] = {0};
    struct adds_future f[4];

    scope_limit(&scope, 2);
    for (int i = 0; i < 4; i++)
        CHECK_INT(scope_spawn(&scope, adds_future(i), &y[i]), 0);
    CHECK_INT(scope_join(&scope), 0);
    CHECK_INT(y[0] + y[1] + y[2] + y[3], 10);
    CHECK_INT(scope_spawn(&scope, rests_future(), NULL), 0);
    CHECK_INT(scope_spawn(&scope, fails_future(), &y[0]), 0);
    CHECK_INT(scope_join(&scope), SYN_EIO);
    scope_close(&scope);
    CHECK_INT(syn_all(&scope, (adds_future(1), &y[0]), (adds_future(2), &y[1])), 0);
    scope_close(&scope);
    CHECK_INT(syn_race(&scope, (adds_future(1), &y[0]), (rests_future(), &y[1])), 0);
    scope_close(&scope);
    for (int i = 0; i < 4; i++)
        f[i] = adds_future(i);
    CHECK_INT(syn_any_of(&scope, 4, f, y), 0);
    scope_close(&scope);
}

static void selects(void)
{
    struct counts_channel counted = counts();
    struct ints_channel full;
    struct adds_future f = adds_future(1);
    struct adds_shared shared;
    syn_err err = SYN_OK;
    int x = 0, y = 0;

    CHECK_INT(channel_new(ints, 1, &full), 0);
    CHECK_INT(channel_select(&err, ON_NEXT(counted, &x), ON_TIME(syn_after(100))), 0);
    CHECK_INT(channel_select(&err, ON_SEND(full, &y), ON_TIME(syn_after(100))), 0);
    CHECK_INT(channel_select(&err, ON_SEND(full, &y), ON_FUTURE(f, &x)), 1);
    CHECK_INT(channel_select(&err, ON_SEND(full, &y), ON_TIME(syn_after(0))), 1);
    CHECK_INT(err, SYN_ETIMEDOUT);
    CHECK_INT(channel_close(counted), 0);
    channel_drop(full);
    CHECK_INT(future_share(adds_future(1), &shared), 0);
    CHECK_INT(shared_get(shared, &y), 0);
    shared_release(shared);
}

static void objects(void)
{
    struct box *box = NULL;
    syn_err err = SYN_OK;
    int y = 0;

    CHECK_INT(box_new(4, &box), 0);
    CHECK_INT(box_put(box, 3, &y), 0);
    CHECK_INT(y, 7);
    CHECK_INT(future_get(box_put_future(box, 1), &y), 0);
    with_context (int, size, box_opened(box), &err)
        CHECK_INT(size, 8);
    CHECK_INT(err, 0);
    CHECK_INT(box_close(box), 0);
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
    scopes();
    selects();
    objects();
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

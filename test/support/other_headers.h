/* SPDX-License-Identifier: Apache-2.0
 *
 * A program that was compiled with headers in which the structs that macros fill are others than the library's
 * (docs/abi.md): each way in is SYN_EABI, and nothing of them is read.
 */
#define SYN_SHORT
#include <synchronicity.h>
#include <synchronicity/step.h>
#include <synchronicity/stream.h>

#include <string.h>

#include "test.h"

SYNCHRONIZER(stranger);
POOL(strange_pool);

ASYNC(stranger, int, task, (int, x))
{
    return step_return(self, self->x);
}

GENERATOR(stranger, int, items)
{
    return step_done(self);
}

BLOCKING(strange_pool, int, job_of_another, (int, x))
{
    (void)job;
    return x;
}

BLOCKING_GENERATOR(strange_pool, int, slow_items)
{
    (void)job;
}

POOL_MAP(strange_pool, int, int, doubled)
{
    *out = 2 * *in;
    return 0;
}

PROMISE(int, answer);
CHANNEL(int, ints);

CHANNEL_MAP(strange_pool, (int, ints), (int, ints), tripled)
{
    *out = 3 * *in;
    return 0;
}

#define BOX_METHODS(M, C) M(C, constructor, make, (int, size)) M(C, async, int, put, (int, what))
CLASS(box, BOX_METHODS);
struct box_impl {
    int size;
};
CONSTRUCTOR(box, make, (int, size))
{
    me->size = self->size;
    return step_done(self);
}
METHOD(box, int, put, (int, what))
{
    return step_return(self, me->size + self->what);
}
CLASS_TABLE(stranger, box, BOX_METHODS, NULL);

static bool says_other_headers(void)
{
    return strstr(syn_last_report()->message, "another version of the headers") != NULL;
}

static void K8_functions_of_other_headers_are_an_error(void)
{
    int y = 7;

    CHECK_INT(task(1, &y), SYN_EABI);
    CHECK(says_other_headers());
    CHECK_INT(future_get(task_future(1), &y), SYN_EABI);
    CHECK_INT(channel_next(items(), &y), SYN_EABI);
    CHECK_INT(job_of_another(1, &y), SYN_EABI);
    CHECK_INT(channel_next(slow_items(), &y), SYN_EABI);
    CHECK_INT(y, 7);
}

static void K8_a_class_of_other_headers_is_an_error(void)
{
    struct box_impl implementation = {1};
    struct box *box = NULL;

    CHECK_INT(box_make(1, &box), SYN_EABI);
    CHECK_INT(future_get(box_make_future(1), &box), SYN_EABI);
    CHECK_INT(box_wrap(&implementation, NULL, &box), SYN_EABI);
    CHECK(says_other_headers());
    CHECK(!box);
}

static void K8_types_and_maps_of_other_headers_are_an_error(void)
{
    struct answer_promise promise;
    struct answer_future future;
    struct ints_channel channel;
    int in[2] = {1, 2}, out[2] = {0}, y = 7;

    CHECK_INT(promise_new(answer, &promise, &future), SYN_EABI);
    CHECK(says_other_headers());
    CHECK_INT(future_get(future, &y), SYN_EABI);
    CHECK_INT(channel_new(ints, 1, &channel), SYN_EABI);
    CHECK(says_other_headers());
    CHECK_INT(channel_next(channel, &y), SYN_EABI);
    CHECK_INT(doubled(in, 2, out), SYN_EABI);
    CHECK_INT(future_get(doubled_future(in, 2, out)), SYN_EABI);
    CHECK(out[0] == 0 && y == 7);
}

static void K8_a_map_of_channels_of_other_headers_is_an_error(void)
{
    struct ints_channel none = {0};

    CHECK_INT(tripled(none, none, 1), SYN_EABI);
    CHECK(says_other_headers());
    CHECK_INT(synchronizer_free(syn_default_synchronizer()), 0);
}

static struct syn_stream_bytes_future reads(struct syn_stream *s, void *buffer, size_t size)
{
    (void)s, (void)buffer, (void)size;
    CHECK(!"a class of another size is not read");
    return (struct syn_stream_bytes_future){0};
}

static void K8_a_stream_of_other_headers_is_an_error(void)
{
    static const struct syn_stream_class other = {
        .struct_bytes = sizeof(struct syn_stream_class), .name = "other", .read = reads};
    static const struct syn_stream_class silent = {.name = "silent", .read = reads};
    struct syn_stream s = {&other};
    char c = 'c';
    size_t n = 7;

    for (int i = 0; i < 2; i++) {
        CHECK_INT(syn_stream_read(&s, &c, 1, &n), SYN_EABI);
        CHECK(says_other_headers());
        CHECK_INT(syn_stream_write(&s, &c, 1, &n), SYN_EABI);
        CHECK_INT(syn_stream_shutdown(&s), SYN_EABI);
        CHECK_INT(syn_stream_close(&s), SYN_EABI);
        s.stream_class = &silent;
    }
    CHECK_INT(n, 7);
    CHECK_INT(synchronizer_free(syn_default_synchronizer()), 0);
}

static const struct test_case cases[] = {
    TEST(K8_functions_of_other_headers_are_an_error),
    TEST(K8_a_class_of_other_headers_is_an_error),
    TEST(K8_types_and_maps_of_other_headers_are_an_error),
    TEST(K8_a_map_of_channels_of_other_headers_is_an_error),
    TEST(K8_a_stream_of_other_headers_is_an_error),
};

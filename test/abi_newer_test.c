/* SPDX-License-Identifier: Apache-2.0
 *
 * A program that was compiled with headers newer than the library: each struct of options has one field more,
 * `newer`, in the room that docs/abi.md keeps for that. The headers are copies that CMake edits.
 */
#define _DEFAULT_SOURCE
#include <synchronicity/child.h>
#include <synchronicity/inspect.h>
#include <synchronicity/mailbox.h>
#include <synchronicity/retry.h>

#include "support/call_rig.h"

SYNCHRONIZER(later, .newer = 1);
SYNCHRONIZER(same);
POOL(later_pool, .newer = 1);
POOL(same_pool);

ASYNC(later, int, is_refused)
{
    co_begin;
    co_return(1);
    co_end;
}

ASYNC(same, int, is_served)
{
    co_begin;
    co_return(1);
    co_end;
}

BLOCKING(later_pool, int, job_is_refused)
{
    (void)job;
    return 1;
}

BLOCKING(same_pool, int, job_is_served)
{
    (void)job;
    return 1;
}

static bool says_older(void)
{
    return strstr(syn_last_report()->message, "older than the headers") != NULL;
}

static void on_event(void *user, const struct syn_hook_event *event)
{
    (void)user, (void)event;
}

static void *allocate(void *context, size_t size)
{
    (void)context, (void)size;
    return NULL;
}

static void release(void *context, void *memory, size_t size)
{
    (void)context, (void)memory, (void)size;
}

static void K8_an_option_that_the_library_does_not_know_is_an_error(void)
{
    struct syn_synchronizer_options options = {.newer = 1};
    struct syn_pool_options pool_options = {.newer = 1};
    struct syn_mailbox_options mailbox_options = {.newer = 1};
    struct syn_trace_options trace_options = {.path = "/dev/null", .newer = 1};
    struct syn_child_options child_options = {.arguments = (const char *const[]){"true", NULL},
                                              .newer = 1};
    struct syn_hooks hooks = {.on_event = on_event, .newer = 1};
    struct syn_allocator allocator = {.allocate = allocate, .release = release, .newer = 1};
    struct syn_synchronizer *s = NULL;
    struct syn_mailbox *box = NULL;
    struct syn_pool *pool = NULL;
    int y = 0;

    CHECK_INT(syn_set_allocator(&allocator), SYN_EABI);
    CHECK(says_older());
    CHECK_INT(syn_hooks_add(&hooks), SYN_EABI);
    CHECK(says_older());
    begin_in_real_time();
    CHECK_INT(syn_synchronizer_new(&options, &s), SYN_EABI);
    CHECK(says_older() && !s);
    CHECK_INT(is_refused(&y), SYN_EABI);
    CHECK_INT(future_get(is_refused_future(), &y), SYN_EABI);
    CHECK_INT(syn_synchronizer_start(&later), SYN_EABI);
    CHECK_INT(syn_pool_new(&pool_options, &pool), SYN_EABI);
    CHECK(says_older() && !pool);
    CHECK_INT(job_is_refused(&y), SYN_EABI);
    CHECK(says_older());
    CHECK_INT(syn_mailbox_new(&mailbox_options, &box), SYN_EABI);
    CHECK(says_older() && !box);
    CHECK_INT(syn_trace_start(&trace_options), SYN_EABI);
    CHECK_INT(syn_child_run(&child_options, NULL), SYN_EABI);
    CHECK(says_older());
    CHECK_INT(y, 0);
    CHECK_INT(pool_stop(syn_default_pool(), syn_never()), 0);
    CHECK_INT(syn_pool_free(&later_pool), 0);
    finish(&later);
    finish(syn_default_synchronizer());
}

/* A retry cannot fail when it is made: it makes one attempt. */
static void K8_a_retry_with_an_unknown_option_makes_one_attempt(void)
{
    struct syn_retry_options options = {.newer = 1};
    struct syn_retry retry = syn_retry_with(&options);

    CHECK(!syn_retry_next(&retry, ECONNREFUSED, syn_never()));
    options.newer = 0;
    retry = syn_retry_with(&options);
    CHECK(syn_retry_next(&retry, ECONNREFUSED, syn_never()));
}

static void K8_newer_headers_whose_options_are_not_set_work(void)
{
    struct syn_synchronizer_options options = {.name = "made"};
    struct syn_synchronizer *s;
    struct syn_mailbox *box;
    int y = 0;

    begin_in_real_time();
    CHECK_INT(is_served(&y), 0);
    CHECK_INT(y, 1);
    CHECK_INT(job_is_served(&y), 0);
    CHECK_INT(syn_pool_stats(&same_pool).newer, 0);
    CHECK_INT(syn_synchronizer_new(&options, &s), 0);
    CHECK_INT(syn_synchronizer_start(s), 0);
    CHECK_INT(syn_synchronizer_stats(s).newer, 0);
    CHECK_INT(
        syn_synchronizer_stats_since(syn_synchronizer_stats(s), syn_synchronizer_stats(s)).newer, 0);
    CHECK_INT(syn_synchronizer_free(s), 0);
    CHECK_INT(syn_mailbox_new(NULL, &box), 0);
    syn_mailbox_release(box);
    CHECK_INT(pool_stop(&same_pool, syn_never()), 0);
    CHECK_INT(syn_pool_free(&same_pool), 0);
    finish(&same);
    finish(syn_default_synchronizer());
}

static const struct test_case cases[] = {
    TEST(K8_an_option_that_the_library_does_not_know_is_an_error),
    TEST(K8_a_retry_with_an_unknown_option_makes_one_attempt),
    TEST(K8_newer_headers_whose_options_are_not_set_work),
};
TEST_MAIN_BOTH_MODES("abi_newer", cases);

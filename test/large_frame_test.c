/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocking calls with a frame that is larger than the stack of their caller has room for: it comes
 * from the heap, in each kind of function, and is given back.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

SYNCHRONIZER(demo);
POOL(pool);

enum { LARGE = 1 << 20 };

static int n_freed;

static void give_back(int *argument)
{
    (void)argument;
    n_freed++;
}

ASYNC(demo, int, large, (int, x), SYN_LOCAL(char, page[LARGE]))
{
    co_begin;
    self->page[LARGE - 1] = (char)self->x;
    co_sleep(0.001);
    co_return(self->page[LARGE - 1] + self->page[5]);
    co_end;
}

ASYNC(demo, void, takes_over, SYN_TAKE(int *, thing, give_back), SYN_LOCAL(char, page[LARGE]))
{
    co_begin;
    self->page[0] = 1;
    co_pass;
    give_back(self->thing);
    co_end;
}

/* As large as stays on the stack, or a little more. */
ASYNC(demo, int, small, SYN_LOCAL(char, page[2048]))
{
    co_begin;
    co_pass;
    co_return(self->page[2047] + 1);
    co_end;
}

#define BOX_METHODS(M, C)                                                                          \
    M(C, constructor, new, (int, x))                                                               \
    M(C, async, int, get, (int, more))
CLASS(box, BOX_METHODS);
struct box_impl {
    int x;
};
CONSTRUCTOR(box, new, (int, x), SYN_LOCAL(char, page[LARGE]))
{
    co_begin;
    self->page[LARGE - 1] = 1;
    co_pass;
    me->x = self->x + self->page[LARGE - 1];
    co_end;
}
METHOD(box, int, get, (int, more), SYN_LOCAL(char, page[LARGE]))
{
    co_begin;
    self->page[LARGE - 1] = (char)self->more;
    co_pass;
    co_return(me->x + self->page[LARGE - 1]);
    co_end;
}
CLASS_TABLE(demo, box, BOX_METHODS, NULL);

static syn_err use_all(void)
{
    struct box *box;
    int v = 0, thing = 0, before = n_freed;
    syn_err err = large(7, &v);

    CHECK_INT(v, err ? 0 : 7);
    if (!err)
        err = takes_over(&thing);
    if (!err)
        err = box_new(1, &box);
    if (err)
        return err;
    CHECK_INT(n_freed - before, 1);
    CHECK_INT(box_get(box, 5, &v), 0);
    CHECK_INT(v, 7);
    box_release(box);
    return 0;
}

BLOCKING(pool, int, in_job)
{
    return use_all() ? job_fail(job, SYN_EIO) : 1;
}

static void uses_all(int number, void *argument)
{
    (void)number;
    (void)argument;
    CHECK_INT(use_all(), 0);
}

static void H4_a_large_frame_does_not_need_the_callers_stack(void)
{
    int v = 0;

    begin_in_real_time();
    CHECK_INT(in_job(&v), 0); /* 512 KiB */
    CHECK_INT(v, 1);
    crew_run(1, uses_all, NULL);
    finish(&demo);
    CHECK_INT(pool_stop(&pool, syn_never()), 0);
    CHECK_INT(pool_free(&pool), 0);
    CHECK_INT(syn_memory_use().outstanding, 0);
}

static void H8_no_memory_for_a_large_frame_is_an_error_and_drops_what_was_taken_over(void)
{
    int thing = 0;

    begin();
    CHECK_INT(synchronizer_start(&demo), 0);
    syn_fault_set("alloc", 1, 1, ENOMEM);
    CHECK_INT(large(7, NULL), SYN_ENOMEM);
    CHECK_SAYS("large: no memory for its frame of 10");
    syn_fault_set("alloc", 1, 1, ENOMEM);
    CHECK_INT(takes_over(&thing), SYN_ENOMEM);
    CHECK_INT(n_freed, 1);
    syn_fault_clear();
    CHECK_INT(use_all(), 0);
    finish(&demo);
    done();
}

static void C3_a_frame_of_two_KiB_is_not_allocated(void)
{
    int v = 0;

    begin();
    CHECK_INT(small(&v), 0);
    syn_fault_set("alloc", 1, 1000, ENOMEM);
    CHECK_INT(small(&v), 0);
    CHECK_INT(syn_fault_hits(), 0);
    syn_fault_clear();
    finish(&demo);
    done();
}

static const struct test_case cases[] = {
    TEST(H4_a_large_frame_does_not_need_the_callers_stack),
    TEST(H8_no_memory_for_a_large_frame_is_an_error_and_drops_what_was_taken_over),
    TEST(C3_a_frame_of_two_KiB_is_not_allocated),
};
TEST_MAIN_BOTH_MODES("large_frame", cases);

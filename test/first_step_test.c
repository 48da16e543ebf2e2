/* SPDX-License-Identifier: Apache-2.0
 *
 * The first step of a call, on top of the step that awaits it: how much stack that takes, and what others see of the two
 * meanwhile.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"
#include "support/dump_rig.h"

SYNCHRONIZER(demo);

static char story[8];
static size_t told;

static void tell(char what)
{
    if (told < sizeof story - 1)
        story[told++] = what;
}

static uintptr_t lowest, highest; /* where the frames of steps were on the stack; the demo's */

static void note_stack(void)
{
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);

    lowest = here < lowest ? here : lowest;
    highest = here > highest ? here : highest;
}

ASYNC(demo, void, goes_deep, (int, n))
{
    co_begin;
    note_stack();
    if (self->n > 0)
        co_try(goes_deep_future(self->n - 1));
    note_stack();
    co_end;
}

static void T2_calls_that_await_each_other_do_not_pile_up_on_the_stack(void)
{
    begin();
    lowest = UINTPTR_MAX;
    highest = 0;
    CHECK_INT(goes_deep(200), 0);
    CHECK(highest - lowest < 32768);
    finish(&demo);
    done();
}

static syn_err cancel_within(void);

ASYNC(demo, int, cancels_its_awaiter)
{
    if (cancel_within())
        return step_fail(self, SYN_EINVAL);
    return step_return(self, 5);
}

ASYNC(demo, void, is_cancelled_from_within, SYN_LOCAL(int, y))
{
    co_begin;
    co_try(cancels_its_awaiter_future(), &self->y);
    tell((char)('0' + self->y));
    co_sleep(60);
    tell('!');
    co_finally;
    tell('c');
    co_end;
}

static struct is_cancelled_from_within_future within;

static syn_err cancel_within(void)
{
    return future_request_cancel(within);
}

ASYNC(demo, void, knows_it)
{
    co_begin;
    within = is_cancelled_from_within_future();
    co_try(within);
    co_end;
}

static void C15_a_call_cancels_its_awaiter_in_its_first_step(void)
{
    begin();
    CHECK_INT(knows_it(), SYN_ECANCELED);
    CHECK_STR(story, "5c");
    finish(&demo);
    done();
}

ASYNC(demo, void, is_looked_at)
{
    take(syn_dump);
    return step_done(self);
}

ASYNC(demo, void, waits_for_it)
{
    co_begin;
    co_await(is_looked_at_future());
    co_end;
}

static void V1_a_task_waits_in_a_dump_while_what_it_awaits_runs_its_first_step(void)
{
    begin();
    CHECK_INT(waits_for_it(), 0);
    CHECK_HAS("runs is_looked_at");
    CHECK_HAS("waits_for_it: waits for is_looked_at");
    CHECK_HAS("is_looked_at: runs");
    finish(&demo);
    done();
}

static const struct test_case cases[] = {
    TEST(T2_calls_that_await_each_other_do_not_pile_up_on_the_stack),
    TEST(C15_a_call_cancels_its_awaiter_in_its_first_step),
    TEST(V1_a_task_waits_in_a_dump_while_what_it_awaits_runs_its_first_step),
};
TEST_MAIN_BOTH_MODES("first_step", cases);

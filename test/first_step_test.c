/* SPDX-License-Identifier: Apache-2.0
 *
 * The first step of a call, on top of the step that awaits it: how much stack that takes, and what others see of the two
 * meanwhile.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"
#include "support/dump_rig.h"

#include <sched.h>

#include "base/report.h"
#include "task/state.h"

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
    CHECK(!strstr(strstr(text, "is_looked_at: runs") + 1, "is_looked_at: runs")); /* below what awaits it, and nowhere else */
    finish(&demo);
    done();
}

/* --- its future, which is not used up before the step is over --- */

static void (*during)(void);
static struct syni_task *awaiter;

ASYNC(demo, int, meddles, (bool, sleeps))
{
    co_begin;
    during();
    if (self->sleeps)
        co_sleep(1);
    co_return(5);
    co_end;
}

static struct meddles_future own;

ASYNC(demo, int, awaits_what_meddles, (bool, sleeps))
{
    co_begin;
    awaiter = SYNI_TASK(self);
    own = meddles_future(self->sleeps);
    co_try(own, &self->result);
    co_return_result;
    co_end;
}

/* Whether the first step is the last, or not. */
static void comes_to(void (*what)(void), syn_err if_it_ends, syn_err if_it_sleeps)
{
    during = what;
    for (int sleeps = 0; sleeps < 2; sleeps++) {
        int y = 0;
        syn_err wanted = sleeps ? if_it_sleeps : if_it_ends;

        begin();
        CHECK_INT(awaits_what_meddles(sleeps, &y), wanted);
        CHECK_INT(y, wanted ? 0 : 5);
        finish(&demo);
        done();
    }
}

static void detach_own(void)
{
    CHECK_INT(future_detach(own), SYN_OK);
}

static void C15_who_uses_it_up_in_that_step_has_it(void)
{
    comes_to(detach_own, SYN_ECONSUMED, SYN_ECONSUMED);
}

static void cancel_own(void)
{
    CHECK_INT(future_request_cancel(own), SYN_OK);
}

static void C15_who_cancels_it_in_that_step_is_heard(void)
{
    comes_to(cancel_own, SYN_OK, SYN_ECANCELED);
}

static int of_thread;

static void *get_own(void *unused)
{
    CHECK_INT(future_get(own, &of_thread), SYN_OK);
    return unused;
}

static pthread_t getter;

static void let_a_thread_get_own(void)
{
    CHECK_INT(pthread_create(&getter, NULL, get_own, NULL), 0);
    while (!syni_slot_is_used_up(own.u.handle.slot))
        sched_yield();
}

static void C15_a_thread_that_gets_it_in_that_step_has_it(void)
{
    int y = 0;

    begin();
    during = let_a_thread_get_own;
    CHECK_INT(awaits_what_meddles(false, &y), SYN_ECONSUMED);
    CHECK_INT(pthread_join(getter, NULL), 0);
    CHECK_INT(of_thread, 5);
    finish(&demo);
    done();
}

static struct syni_core *held;

static void hold_own(void)
{
    CHECK_INT(syni_core_pin(own.u.handle, false, &held), SYN_OK);
}

static void C15_who_holds_it_beyond_that_step_keeps_it(void)
{
    during = hold_own;
    for (int sleeps = 0; sleeps < 2; sleeps++) {
        int y = 0;

        begin();
        CHECK_INT(awaits_what_meddles(sleeps, &y), SYN_OK);
        CHECK_INT(y, 5);
        CHECK(syni_core_done(held));
        CHECK_INT(future_detach(own), SYN_ECONSUMED);
        syni_core_unpin(held);
        finish(&demo);
        done();
    }
}

static void refuse_awaiter(void)
{
    awaiter->on.result.refuse(awaiter, syni_report_new(SYN_EDEADLK, SYN_BY_LIBRARY, "it goes round"));
}

static void detach_own_and_refuse(void)
{
    detach_own();
    refuse_awaiter();
}

static void C8_an_await_is_refused_while_that_step_runs(void)
{
    comes_to(refuse_awaiter, SYN_EDEADLK, SYN_EDEADLK);
    comes_to(detach_own_and_refuse, SYN_ECONSUMED, SYN_ECONSUMED);
}

/* --- the end of its thread --- */

ASYNC(SYN_FREE, void, ends_the_thread)
{
    during();
    pthread_exit(NULL);
    return step_done(self);
}

static struct ends_the_thread_future lost;

static void leave_it(void)
{
}

static void detach_lost(void)
{
    CHECK_INT(future_detach(lost), SYN_OK);
}

#define FRAGILE_METHODS(M, C) M(C, async, void, awaits_the_end)
CLASS(fragile, FRAGILE_METHODS);
struct fragile_impl {
    int unused;
};
METHOD(fragile, void, awaits_the_end)
{
    co_begin;
    lost = ends_the_thread_future();
    co_try(lost);
    co_end;
}
CLASS_TABLE(SYN_FREE, fragile, FRAGILE_METHODS, NULL);

static void E3_the_thread_ends_in_that_step(void)
{
    static void (*const first[])(void) = {leave_it, detach_lost};
    struct syn_synchronizer_options options = {.name = "fragile", .caller_may_drive = -1};

    for (int i = 0; i < 2; i++) {
        struct syn_synchronizer *s;
        struct fragile_impl impl = {0};
        struct fragile *f = NULL;

        during = first[i];
        begin();
        CHECK_INT(synchronizer_new(&options, &s), 0);
        CHECK_INT(fragile_wrap(&impl, s, &f), 0);
        CHECK_INT(fragile_awaits_the_end(f), SYN_ELOOPDEAD);
        fragile_release(f);
        CHECK_INT(synchronizer_free(s), 0);
        done();
    }
}

static const struct test_case cases[] = {
    TEST(T2_calls_that_await_each_other_do_not_pile_up_on_the_stack),
    TEST(C15_a_call_cancels_its_awaiter_in_its_first_step),
    TEST(V1_a_task_waits_in_a_dump_while_what_it_awaits_runs_its_first_step),
    TEST(C15_who_uses_it_up_in_that_step_has_it),
    TEST(C15_who_cancels_it_in_that_step_is_heard),
    TEST(C15_a_thread_that_gets_it_in_that_step_has_it),
    TEST(C15_who_holds_it_beyond_that_step_keeps_it),
    TEST(C8_an_await_is_refused_while_that_step_runs),
    TEST(E3_the_thread_ends_in_that_step),
};
TEST_MAIN_BOTH_MODES("first_step", cases);

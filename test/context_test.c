/* SPDX-License-Identifier: Apache-2.0
 *
 * Contexts in plain threads: entered and left on every way out, once; and what breaks the
 * protocol.
 */
#define _DEFAULT_SOURCE
#include "support/context_rig.h"
#include "support/unobserved_rig.h"

#include <synchronicity/step.h>

/* --- in a plain thread --- */

static void O9_a_block_is_entered_and_left(void)
{
    syn_err err = -1;

    begin();
    with_context (int, v, session(3, 0), &err) {
        CHECK_INT(v, 3);
        CHECK_INT(now(), SECOND);
        tell("block", v);
    }
    CHECK_INT(err, 0);
    CHECK_INT(now(), 2 * SECOND);
    CHECK_STR(story, "enter3 block3 told0 exit3 ");
    end_all();
}

static void O9_the_exit_is_told_the_blocks_error_which_stands(void)
{
    syn_err err = -1;

    begin();
    with_context (int, v, session(3, 0), &err) {
        err = SYN_EUSER + v;
        break;
    }
    CHECK_INT(err, SYN_EUSER + 3);
    CHECK_STR(story, "enter3 told65539 exit3 ");
    end_all();
}

static void O9_break_and_continue_leave_it_once(void)
{
    syn_err err = -1;
    int n = 0;

    begin();
    with_context (int, v, session(1, 0), &err) {
        if (v == 1)
            continue;
        n++;
    }
    CHECK_INT(err, 0);
    with_context (int, v, session(2, 0), &err) {
        if (v == 2)
            break;
        n++;
    }
    CHECK_INT(err, 0);
    CHECK_INT(n, 0);
    CHECK_STR(story, "enter1 told0 exit1 enter2 told0 exit2 ");
    end_all();
}

static int returns_from_inside(void)
{
    syn_err err;

    with_context (int, v, session(4, 0), &err)
        return v;
    return -1;
}

static void O9_return_from_inside_leaves_it_too(void)
{
    begin();
    CHECK_INT(returns_from_inside(), 4);
    CHECK_STR(story, "enter4 told0 exit4 ");
    end_all();
}

static void O9_nested_ones_are_left_in_reverse(void)
{
    syn_err inner = -1, outer = -1;

    begin();
    with_context (int, a, session(1, 0), &outer)
        with_context (int, b, session(2, 0), &inner)
            tell("block", a + b);
    CHECK_INT(outer, 0);
    CHECK_INT(inner, 0);
    CHECK_STR(story, "enter1 enter2 block3 told0 exit2 told0 exit1 ");
    end_all();
}

static void O9_what_cannot_be_entered_runs_no_block_and_no_exit(void)
{
    syn_err err = -1;

    begin();
    with_context (int, v, session(-1, 0), &err)
        tell("block", v);
    CHECK_INT(err, SYN_EIO);
    CHECK_SAYS("cannot enter");
    CHECK_STR(story, "");
    end_all();
}

static void O9_an_exit_that_fails_is_the_error_or_is_told_of(void)
{
    syn_err err = -1;

    begin();
    syn_on_unobserved(note_unobserved, NULL);
    with_context (int, v, session(1, SYN_EUSER + 5), &err)
        tell("block", v);
    CHECK_INT(err, SYN_EUSER + 5);
    CHECK_SAYS("cannot exit");
    CHECK_STR(unobserved, "");
    with_context (int, v, session(2, SYN_EUSER + 5), &err)
        err = SYN_EUSER + v;
    CHECK_INT(err, SYN_EUSER + 2);
    CHECK_STR(unobserved, "session cannot exit");
    CHECK_INT(unobserved_err, SYN_EUSER + 5);
    end_all();
}

static void O9_a_deadline_around_does_not_hurry_the_exit(void)
{
    syn_err err = -1;

    begin();
    syni_deadline_push(syn_after(1.5)); /* as call_by() does around a function with this in it */
    with_context (int, v, session(1, 0), &err)
        err = idles(100.0 * v);
    CHECK_INT(syni_deadline_pop(err), SYN_ETIMEDOUT);
    CHECK_INT(now(), 2 * SECOND + SECOND / 2);
    CHECK(strstr(story, "exit1"));
    end_all();
}

static void O9_a_deadline_in_the_enter_cancels_it(void)
{
    syn_err err = -1;
    int entered = 0;

    begin();
    syni_deadline_push(syn_after(0.5));
    with_context (int, v, session(1, 0), &err)
        entered = v;
    CHECK_INT(syni_deadline_pop(err), SYN_ETIMEDOUT);
    CHECK_INT(entered, 0);
    CHECK_STR(story, "");
    end_all();
}

ASYNC(demo, syn_err, blocks_inside, SYN_LOCAL(syn_err, err))
{
    syn_err err;

    with_context (int, v, session(1, 0), &err)
        tell("block", v);
    return step_return(self, err);
}

static void O9_blocking_on_its_own_loop_is_refused(void)
{
    syn_err err = -1;

    begin();
    CHECK_INT(blocks_inside(&err), 0);
    CHECK_INT(err, SYN_EDEADLK);
    CHECK_STR(story, "");
    end_all();
}

static void O9_enter_and_exit_by_hand(void)
{
    struct session_context context;
    int v = -1;

    begin();
    context = session(7, 0);
    CHECK_INT(context_enter(context, &v), 0);
    CHECK_INT(v, 7);
    CHECK_INT(context_exit(context, 0), 0);
    CHECK_STR(story, "enter7 told0 exit7 ");
    end_all();
}

static void O9_entering_twice_is_refused_and_leaves_it_as_it_is(void)
{
    struct session_context context;
    int v = -1, again = -1;

    begin();
    context = session(7, 0);
    CHECK_INT(context_enter(context, &v), 0);
    CHECK_INT(context_enter(context, &again), SYN_EBUSY);
    CHECK_SAYS("session was entered already");
    CHECK_INT(again, -1);
    CHECK_INT(context_exit(context, SYN_EIO), SYN_EIO);
    CHECK_STR(story, "enter7 told5 exit7 ");
    end_all();
}

/* --- the protocol --- */

static int destroyed;

static void destroy(int v)
{
    destroyed += v;
}

CONTEXT(demo, int, wrong, (int, times), DESTROY(destroy), SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 1; self->i <= self->times; self->i++)
        co_yield(self->i);
    co_finally;
    co_sleep(1.0);
    tell("cleaned", self->times);
    co_end;
}

static void O9_yielding_never_or_twice_is_an_error_of_its_own(void)
{
    syn_err err = -1;

    begin();
    with_context (int, v, wrong(0), &err)
        tell("block", v);
    CHECK_INT(err, SYN_ENOYIELD);
    CHECK_SAYS("wrong ended without having yielded");
    with_context (int, v, wrong(2), &err)
        tell("block", v);
    CHECK_INT(err, SYN_EYIELDTWICE);
    CHECK_SAYS("wrong yielded again");
    CHECK_INT(destroyed, 2); /* the item that nobody wanted */
    with_context (int, v, wrong(3), &err)
        err = SYN_EUSER + v;
    CHECK_INT(err, SYN_EUSER + 1);
    CHECK_STR(story, "cleaned0 block1 cleaned2 cleaned3 ");
    CHECK_STR(syn_strerror(SYN_ENOYIELD), "the context never yielded");
    CHECK_STR(syn_err_name(SYN_EYIELDTWICE), "SYN_EYIELDTWICE");
    end_all();
}

ASYNC(demo, void, misuses, (int, times), (int, returns), SYN_LOCAL(int, v),
      SYN_LOCAL(struct wrong_context, wrong))
{
    co_begin;
    self->wrong = wrong(self->times);
    co_with (self->wrong, &self->v)
        if (self->returns)
            co_done;
    co_check;
    co_end;
}

static void O9_the_protocol_holds_in_tasks(void)
{
    begin();
    CHECK_INT(misuses(0, 0), SYN_ENOYIELD);
    CHECK_INT(misuses(1, 0), 0);
    CHECK_INT(misuses(2, 0), SYN_EYIELDTWICE);
    CHECK_INT(misuses(2, 1), SYN_EYIELDTWICE);
    CHECK_STR(story, "cleaned0 cleaned1 cleaned2 cleaned2 ");
    CHECK_INT(now(), 4 * SECOND);
    end_all();
}

static const struct test_case cases[] = {
    TEST(O9_a_block_is_entered_and_left),
    TEST(O9_the_exit_is_told_the_blocks_error_which_stands),
    TEST(O9_break_and_continue_leave_it_once),
    TEST(O9_return_from_inside_leaves_it_too),
    TEST(O9_nested_ones_are_left_in_reverse),
    TEST(O9_what_cannot_be_entered_runs_no_block_and_no_exit),
    TEST(O9_an_exit_that_fails_is_the_error_or_is_told_of),
    TEST(O9_a_deadline_around_does_not_hurry_the_exit),
    TEST(O9_a_deadline_in_the_enter_cancels_it),
    TEST(O9_blocking_on_its_own_loop_is_refused),
    TEST(O9_enter_and_exit_by_hand),
    TEST(O9_entering_twice_is_refused_and_leaves_it_as_it_is),
    TEST(O9_yielding_never_or_twice_is_an_error_of_its_own),
    TEST(O9_the_protocol_holds_in_tasks),
};
TEST_MAIN_BOTH_MODES("context", cases);

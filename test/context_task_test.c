/* SPDX-License-Identifier: Apache-2.0
 *
 * Contexts in tasks: left on every way out, before a clean-up and before a stop goes on; and
 * what is left when memory fails.
 */
#define _DEFAULT_SOURCE
#include "support/context_rig.h"

/* --- in a task --- */

enum how { ENDS, BREAKS, RETURNS, FAILS, SLEEPS };

ASYNC(demo, int, uses, (int, how), (int, n), (syn_err, exit_fails), SYN_LOCAL(int, v),
      SYN_LOCAL(struct session_context, session))
{
    co_begin;
    self->session = session(self->n, self->exit_fails);
    co_with (self->session, &self->v) {
        tell("block", self->v);
        if (self->how == BREAKS)
            break;
        if (self->how == RETURNS)
            co_return(10);
        if (self->how == FAILS)
            co_fail(SYN_EUSER + 1, "failed inside");
        co_sleep(self->how == SLEEPS ? 100.0 : 1.0);
    }
    tell("after", co_status);
    co_check;
    co_return(20);
    co_finally;
    tell("cleanup", co_status);
    co_end;
}

static void O9_a_task_leaves_on_every_way_out(void)
{
    int y = -1;

    begin();
    CHECK_INT(uses(ENDS, 1, 0, &y), 0);
    CHECK_INT(y, 20);
    CHECK_STR(story, "enter1 block1 told0 exit1 after0 cleanup0 ");
    story[0] = 0;
    CHECK_INT(uses(BREAKS, 1, 0, &y), 0);
    CHECK_STR(story, "enter1 block1 told0 exit1 after0 cleanup0 ");
    story[0] = 0;
    CHECK_INT(uses(RETURNS, 1, 0, &y), 0);
    CHECK_INT(y, 10);
    CHECK_STR(story, "enter1 block1 told0 exit1 cleanup0 ");
    story[0] = 0;
    CHECK_INT(uses(FAILS, 1, 0, &y), SYN_EUSER + 1);
    CHECK_SAYS("failed inside");
    CHECK_STR(story, "enter1 block1 told65537 exit1 cleanup65537 ");
    end_all();
}

static void O9_a_cancelled_task_leaves_before_it_cleans_up(void)
{
    char expected[100];
    int y = -1;

    begin();
    CHECK_INT(call_by(syn_after(5.0), uses(SLEEPS, 1, 0, &y)), SYN_ETIMEDOUT);
    CHECK_INT(now(), 6 * SECOND);
    snprintf(expected, sizeof expected, "enter1 block1 told%d exit1 cleanup%d ", SYN_ETIMEDOUT,
             SYN_ETIMEDOUT);
    CHECK_STR(story, expected);
    story[0] = 0;
    CHECK_INT(call_by(syn_after(0.5), uses(ENDS, 1, 0, &y)), SYN_ETIMEDOUT); /* while it enters */
    snprintf(expected, sizeof expected, "cleanup%d ", SYN_ETIMEDOUT);
    CHECK_STR(story, expected);
    story[0] = 0;
    CHECK_INT(call_by(syn_after(2.5), uses(ENDS, 1, 0, &y)), SYN_ETIMEDOUT); /* while it exits */
    snprintf(expected, sizeof expected, "enter1 block1 told0 exit1 cleanup%d ", SYN_ETIMEDOUT);
    CHECK_STR(story, expected);
    end_all();
}

static void O9_a_task_hears_of_an_enter_or_exit_that_fails(void)
{
    char expected[100];
    int y = -1;

    begin();
    CHECK_INT(uses(ENDS, -1, 0, &y), SYN_EIO);
    CHECK_SAYS("cannot enter");
    snprintf(expected, sizeof expected, "after%d cleanup%d ", SYN_EIO, SYN_EIO);
    CHECK_STR(story, expected);
    story[0] = 0;
    CHECK_INT(uses(ENDS, 1, SYN_EIO, &y), SYN_EIO);
    CHECK_SAYS("cannot exit");
    CHECK_STR(strstr(story, "exit1"), strstr(story, "exit1 after5 cleanup5 "));
    story[0] = 0;
    CHECK_INT(uses(RETURNS, 1, SYN_EIO, &y), SYN_EIO); /* a success becomes the exit's error */
    CHECK_SAYS("cannot exit");
    end_all();
}

/* Its clean-up fails while its user, which was cancelled, closes it. */
CONTEXT(demo, int, enters_for_long)
{
    co_begin;
    co_sleep(10.0);
    co_yield(1);
    co_finally;
    co_fail(SYN_EIO, "cannot go back");
    co_end;
}

ASYNC(demo, int, is_cancelled_as_it_enters, SYN_LOCAL(int, v), SYN_LOCAL(struct enters_for_long_context, context))
{
    co_begin;
    self->context = enters_for_long();
    co_with (self->context, &self->v)
        tell("block", self->v);
    co_end;
}

static void O9_a_task_that_is_cancelled_as_it_enters_hears_of_a_clean_up_that_fails(void)
{
    char said[1000];
    int y = -1;

    begin();
    CHECK_INT(call_by(syn_after(1.0), is_cancelled_as_it_enters(&y)), SYN_ETIMEDOUT);
    syn_report_text(syn_last_report(), said, sizeof said);
    CHECK(strstr(said, "cannot go back"));
    end_all();
}

/* Nested, in a task of another synchronizer. */
ASYNC(other, int, nests, (int, fails), SYN_LOCAL(int, a), SYN_LOCAL(int, b),
      SYN_LOCAL(struct session_context, outer), SYN_LOCAL(struct session_context, inner))
{
    co_begin;
    self->outer = session(1, 0);
    co_with (self->outer, &self->a) {
        self->inner = session(2, 0);
        co_with (self->inner, &self->b) {
            co_sleep(1.0);
            if (self->fails)
                co_fail(SYN_EUSER);
        }
    }
    co_return(self->a + self->b);
    co_end;
}

static void O9_nested_in_a_task_of_another_loop(void)
{
    int y = -1;

    begin();
    CHECK_INT(nests(0, &y), 0);
    CHECK_INT(y, 3);
    CHECK_STR(story, "enter1 enter2 told0 exit2 told0 exit1 ");
    story[0] = 0;
    CHECK_INT(nests(1, &y), SYN_EUSER);
    CHECK_STR(story, "enter1 enter2 told65536 exit2 told65536 exit1 ");
    end_all();
}

/* --- stopping --- */

static void O9_a_stop_lets_a_task_leave_first(void)
{
    struct uses_future f;
    char expected[100];

    begin();
    f = uses_future(SLEEPS, 1, 0);
    CHECK_INT(future_wait_by(f, syn_after(3.0)), SYN_ETIMEDOUT);
    CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
    snprintf(expected, sizeof expected, "enter1 block1 told%d exit1 cleanup%d ", SYN_ECANCELED,
             SYN_ECANCELED);
    CHECK_STR(story, expected);
    CHECK_INT(future_get(f, &(int){0}), SYN_ECANCELED);
    end_all();
}

static void O9_a_stop_exits_under_a_threads_block(void)
{
    syn_err err = -1;

    begin();
    with_context (int, v, session(1, 0), &err) {
        CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
        CHECK_STR(story, "enter1 exit1 ");
        tell("block", v);
    }
    CHECK_INT(err, SYN_ECANCELED);
    end_all();
}

/* --- failures --- */

static syn_err in_a_thread(void)
{
    syn_err err;

    with_context (int, v, session(1, 0), &err)
        CHECK_INT(v, 1);
    return err;
}

static syn_err in_a_task(void)
{
    return uses(ENDS, 1, 0, NULL);
}

static void T4_each_allocation_failing_leaves_nothing_behind(void)
{
    static syn_err (*const all[])(void) = {in_a_thread, in_a_task};

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        for (unsigned long n = 1;; n++) {
            syn_err err;

            begin();
            syn_fault_set("alloc", n, 1, ENOMEM);
            err = all[i]();
            syn_fault_clear();
            CHECK(err == SYN_OK || err == SYN_ENOMEM);
            CHECK((strstr(story, "enter") == NULL) == (strstr(story, "exit") == NULL));
            story[0] = 0;
            finish(&demo);
            done();
            if (!err)
                break;
        }
    }
}

static const struct test_case cases[] = {
    TEST(O9_a_task_leaves_on_every_way_out),
    TEST(O9_a_cancelled_task_leaves_before_it_cleans_up),
    TEST(O9_a_task_hears_of_an_enter_or_exit_that_fails),
    TEST(O9_a_task_that_is_cancelled_as_it_enters_hears_of_a_clean_up_that_fails),
    TEST(O9_nested_in_a_task_of_another_loop),
    TEST(O9_a_stop_lets_a_task_leave_first),
    TEST(O9_a_stop_exits_under_a_threads_block),
    TEST(T4_each_allocation_failing_leaves_nothing_behind),
};
TEST_MAIN_BOTH_MODES("context_task", cases);

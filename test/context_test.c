/* SPDX-License-Identifier: Apache-2.0
 *
 * Contexts: entered and left on every way out, once, in threads and in tasks; of functions, of
 * methods and of classes; and what breaks the protocol.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

SYNCHRONIZER(demo);
SYNCHRONIZER(other);

/* What happened, in order. */
static char story[400];

static void tell(const char *what, int n)
{
    size_t used = strlen(story);

    snprintf(story + used, sizeof story - used, "%s%d ", what, n);
}

static void end_all(void)
{
    finish(&demo);
    finish(&other);
    done();
}

/* Enters and leaves with a sleep; tells what it was told. FAILS: in its exit. */
CONTEXT(demo, int, session, (int, n), (syn_err, fails), SYN_LOCAL(int, entered))
{
    co_begin;
    co_sleep(1.0);
    if (self->n < 0)
        co_fail(SYN_EIO, "cannot enter");
    self->entered = 1;
    tell("enter", self->n);
    co_yield(self->n);
    tell("told", co_status);
    co_finally;
    if (!self->entered)
        co_done;
    co_sleep(1.0);
    tell("exit", self->n);
    if (self->fails)
        co_fail(self->fails, "cannot exit");
    co_end;
}

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

static char unobserved[300];

static void note_unobserved(void *user, const char *function, syn_err err,
                            const struct syn_report *report)
{
    (void)user;
    snprintf(unobserved, sizeof unobserved, "%s %d %s", function, err,
             report ? report->message : "");
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
    CHECK_STR(unobserved, "session 65541 cannot exit");
    end_all();
}

ASYNC(other, void, idles, (double, seconds))
{
    co_begin;
    co_sleep(self->seconds);
    co_end;
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
    if (co_status)
        co_fail(co_status);
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

ASYNC(demo, void, misuses, (int, times), (int, returns), SYN_LOCAL(int, v),
      SYN_LOCAL(struct wrong_context, wrong))
{
    co_begin;
    self->wrong = wrong(self->times);
    co_with (self->wrong, &self->v)
        if (self->returns)
            co_done;
    if (co_status)
        co_fail(co_status);
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

/* --- of methods and classes --- */

#define DOOR_METHODS(M, C)                                                                         \
    M(C, constructor, build)                                                                       \
    M(C, destructor)                                                                               \
    M(C, enter, int)                                                                               \
    M(C, exit)                                                                                     \
    M(C, context, const char *, locked, SYN_COPY(const char *, key), DOC("Locks it meanwhile."))
CLASS(door, DOOR_METHODS);

struct door_impl {
    int open;
    char key[20];
};

CONSTRUCTOR(door, build)
{
    return step_done(self);
}

DESTRUCTOR(door)
{
    tell("gone", me->open);
    return step_done(self);
}

METHOD_ENTER(door, int)
{
    co_begin;
    if (me->open == 2)
        co_fail(SYN_EBUSY, "two are inside");
    co_sleep(1.0);
    co_return(++me->open);
    co_end;
}

METHOD_EXIT(door)
{
    co_begin;
    co_sleep(1.0);
    me->open--;
    tell("error", self->error);
    co_end;
}

METHOD_CONTEXT(door, const char *, locked, SYN_COPY(const char *, key))
{
    co_begin;
    snprintf(me->key, sizeof me->key, "%s", self->key);
    co_yield(me->key);
    co_finally;
    me->key[0] = 0;
    tell("unlocked", me->open);
    co_end;
}

CLASS_TABLE(demo, door, DOOR_METHODS, NULL);

static void O9_a_class_with_enter_and_exit_is_a_context(void)
{
    struct door *door = NULL;
    syn_err err = -1;
    int n = -1;

    begin();
    CHECK_INT(door_build(&door), 0);
    with_context (int, v, door_entered(door), &err) {
        CHECK_INT(v, 1);
        err = SYN_EUSER;
    }
    CHECK_INT(err, SYN_EUSER);
    CHECK_INT(door_enter(door, &n), 0); /* and by hand, and as futures */
    CHECK_INT(future_get(door_enter_future(door), &n), 0);
    CHECK_INT(n, 2);
    with_context (int, v, door_entered(door), &err)
        n = v + 100;
    CHECK_INT(err, SYN_EBUSY);
    CHECK_INT(n, 2);
    CHECK_INT(future_get(door_exit_future(door, 0)), 0);
    CHECK_INT(door_exit(door, 3), 0);
    door_release(door);
    end_all();
    CHECK_STR(story, "error65536 error0 error3 gone0 ");
}

static void O9_a_method_gives_a_context_which_holds_its_object(void)
{
    struct door *door = NULL;
    syn_err err = -1;

    begin();
    CHECK_INT(door_build(&door), 0);
    with_context (const char *, key, door_locked(door, "brass"), &err) {
        CHECK_STR(key, "brass");
        door_release(door);
        tell("block", 0);
    }
    CHECK_INT(err, 0);
    end_all();
    CHECK_STR(story, "block0 unlocked0 gone0 ");
}

ASYNC(demo, int, goes_in, (struct door *, door), (int, fails), SYN_LOCAL(int, v),
      SYN_LOCAL(struct door_entered_context, in))
{
    co_begin;
    self->in = door_entered(self->door);
    co_with (self->in, &self->v) {
        if (self->fails)
            co_fail(SYN_EUSER + 2);
    }
    co_return(self->v);
    co_end;
}

static void O9_a_class_is_a_context_in_tasks(void)
{
    struct door *door = NULL;
    int y = -1;

    begin();
    CHECK_INT(door_build(&door), 0);
    CHECK_INT(goes_in(door, 0, &y), 0);
    CHECK_INT(y, 1);
    CHECK_INT(goes_in(door, 1, &y), SYN_EUSER + 2);
    door_release(door);
    end_all();
    CHECK_STR(story, "error0 error65538 gone0 ");
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
    TEST(O9_a_task_leaves_on_every_way_out),
    TEST(O9_a_cancelled_task_leaves_before_it_cleans_up),
    TEST(O9_a_task_hears_of_an_enter_or_exit_that_fails),
    TEST(O9_the_protocol_holds_in_tasks),
    TEST(O9_nested_in_a_task_of_another_loop),
    TEST(O9_a_stop_lets_a_task_leave_first),
    TEST(O9_a_stop_exits_under_a_threads_block),
    TEST(O9_a_class_with_enter_and_exit_is_a_context),
    TEST(O9_a_method_gives_a_context_which_holds_its_object),
    TEST(O9_a_class_is_a_context_in_tasks),
    TEST(T4_each_allocation_failing_leaves_nothing_behind),
};
TEST_MAIN_BOTH_MODES("context", cases);

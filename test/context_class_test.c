/* SPDX-License-Identifier: Apache-2.0
 *
 * Contexts of methods and of classes.
 */
#define _DEFAULT_SOURCE
#include "support/context_rig.h"

#include <synchronicity/step.h>

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

static const struct test_case cases[] = {
    TEST(O9_a_class_with_enter_and_exit_is_a_context),
    TEST(O9_a_method_gives_a_context_which_holds_its_object),
    TEST(O9_a_class_is_a_context_in_tasks),
};
TEST_MAIN_BOTH_MODES("context_class", cases);

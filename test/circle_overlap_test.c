/* SPDX-License-Identifier: Apache-2.0
 *
 * Two circles over several loops that have waits in common, and close at the same moment. The case hosts the loops, and
 * turns them one after the other, so that each search looks where and when the case wants it.
 */
#define _DEFAULT_SOURCE
#include <synchronicity/host.h>

#include "support/call_rig.h"

SYNCHRONIZER(a);
SYNCHRONIZER(b);
SYNCHRONIZER(c);
PROMISE(int, number);

/* Of each task, as if it were a promise's, so that all can name all. */
static struct number_future of_a, of_c;
static struct number_shared of_b;
static syn_err b_came_to = -1, c_came_to = -1;
static int a_came_to = -1;

/* Waits for both others. */
ASYNC(a, void, joins, SYN_LOCAL(struct syn_scope, scope), SYN_LOCAL(struct number_future, copy), SYN_LOCAL(int, y),
      SYN_LOCAL(int, z))
{
    co_begin;
    self->scope = (struct syn_scope)SYN_SCOPE;
    syn_shared_future(of_b, &self->copy);
    co_spawn(&self->scope, self->copy, &self->y);
    co_spawn(&self->scope, of_c, &self->z);
    co_join(&self->scope);
    a_came_to = self->y + self->z;
    co_end;
}

/* Closes the smaller circle. */
ASYNC(b, int, waits_for_the_first, SYN_LOCAL(int, y))
{
    co_begin;
    co_await(of_a, &self->y);
    b_came_to = co_status;
    co_return(1);
    co_end;
}

/* Closes the larger one, a moment later. */
ASYNC(c, int, waits_for_the_second, SYN_LOCAL(struct number_future, copy), SYN_LOCAL(int, y))
{
    co_begin;
    syn_shared_future(of_b, &self->copy);
    co_await(self->copy, &self->y);
    c_came_to = co_status;
    co_return(2);
    co_end;
}

static void turn(struct syn_synchronizer *synchronizer)
{
    CHECK_INT(syn_host_turn(synchronizer), 0);
}

/* The search for the smaller one meets the later wait, and leaves the larger circle to that; not its own. */
static void C8_a_circle_inside_another_that_closes_later_is_refused_too(void)
{
    struct number_future second;

    begin();
    CHECK_INT(syn_host_begin(&a), 0);
    CHECK_INT(syn_host_begin(&b), 0);
    CHECK_INT(syn_host_begin(&c), 0);
    second.u.handle = waits_for_the_first_future().u.handle;
    CHECK_INT(future_share(second, &of_b), 0);
    of_c.u.handle = waits_for_the_second_future().u.handle;
    of_a.u.handle = joins_future().u.handle;
    turn(&a);
    turn(&b); /* its search begins, and goes to a */
    turn(&c); /* so does that of the last, and goes to b */
    for (int i = 0; i < 100 && a_came_to < 0; i++) {
        turn(&a);
        turn(&c);
        turn(&b);
    }
    CHECK_INT(b_came_to, SYN_EDEADLK);
    CHECK(c_came_to == SYN_EDEADLK || c_came_to == SYN_OK);
    CHECK_INT(a_came_to, 3);
    syn_shared_release(of_b);
    CHECK_INT(syn_host_end(&a), 0);
    CHECK_INT(syn_host_end(&b), 0);
    CHECK_INT(syn_host_end(&c), 0);
    finish(&a);
    finish(&b);
    finish(&c);
    done_after(256);
}

static const struct test_case cases[] = {
    TEST(C8_a_circle_inside_another_that_closes_later_is_refused_too),
};

TEST_MAIN("circle_overlap", cases);

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

/* --- a wait that is over when its search returns --- */

static struct syn_mutex mutex;
static struct number_future go, later;
static syn_err later_came_to = -1;

static void unlock(void)
{
    if (syn_mutex_is_mine(&mutex))
        syn_mutex_unlock(&mutex);
}

ASYNC(a, int, holds_and_waits, SYN_LOCAL(struct number_future, copy), SYN_LOCAL(int, y))
{
    co_begin;
    co_lock(&mutex);
    syn_shared_future(of_b, &self->copy);
    co_await(self->copy, &self->y);
    co_finally;
    unlock();
    co_end;
}

ASYNC(a, int, locks_and_waits_for_another, SYN_LOCAL(int, y))
{
    co_begin;
    co_try(go, &self->y);
    co_lock(&mutex);
    unlock();
    co_await(later, &self->y);
    later_came_to = co_status;
    co_return(1);
    co_end;
}

/* The lock closes the circle; when its search has gone round twice the task has the lock, and is in another wait. */
static void C8_a_search_refuses_no_other_wait_than_the_one_that_it_began_for(void)
{
    struct number_promise gives_go, gives_later;
    struct holds_and_waits_future holder;
    struct number_future second;

    begin();
    CHECK_INT(syn_host_begin(&a), 0);
    CHECK_INT(syn_host_begin(&b), 0);
    CHECK_INT(promise_new(number, &gives_go, &go), 0);
    CHECK_INT(promise_new(number, &gives_later, &later), 0);
    second.u.handle = waits_for_the_first_future().u.handle;
    CHECK_INT(future_share(second, &of_b), 0);
    of_a.u.handle = locks_and_waits_for_another_future().u.handle;
    holder = holds_and_waits_future();
    for (int i = 0; i < 10; i++) {
        turn(&a);
        turn(&b);
    }
    CHECK_INT(promise_complete(gives_go, &(int){1}), 0);
    turn(&a); /* it waits for the lock, and the search begins */
    turn(&b);
    turn(&a); /* once round */
    CHECK_INT(future_request_cancel(holder), 0);
    for (int i = 0; i < 5; i++)
        turn(&a); /* it has the lock */
    for (int i = 0; i < 10; i++) {
        turn(&b);
        turn(&a);
    }
    CHECK_INT(later_came_to, -1);
    CHECK_INT(promise_complete(gives_later, &(int){1}), 0);
    for (int i = 0; i < 10; i++) {
        turn(&a);
        turn(&b);
    }
    CHECK_INT(later_came_to, SYN_OK);
    CHECK_INT(b_came_to, SYN_OK);
    CHECK_INT(future_detach(holder), 0);
    syn_shared_release(of_b);
    CHECK_INT(syn_host_end(&a), 0);
    CHECK_INT(syn_host_end(&b), 0);
    finish(&a);
    finish(&b);
    done_after(256);
}

static const struct test_case cases[] = {
    TEST(C8_a_circle_inside_another_that_closes_later_is_refused_too),
    TEST(C8_a_search_refuses_no_other_wait_than_the_one_that_it_began_for),
};

TEST_MAIN("circle_overlap", cases);

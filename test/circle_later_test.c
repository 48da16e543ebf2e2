/* SPDX-License-Identifier: Apache-2.0
 *
 * Circles that no wait closes as it begins: one that is under way has something else to wait for, or less. Of the
 * circle one that can be refused is, and both ends are named.
 */
#define _DEFAULT_SOURCE
#include "support/circle_rig.h"

enum who { ON_A, ON_B, JOB, WHO };
enum first { ANY, RACE, FIRSTS };

static struct c_naps_shared of; /* what it comes to that the others wait for */

/* From the first second on, or in its clean-up. */
ASYNC(SYN_FREE, int, awaits, (double, seconds), (bool, cleans_up), SYN_LOCAL(struct c_naps_future, f))
{
    co_begin;
    co_sleep(self->seconds);
    syn_shared_future(of, &self->f);
    if (self->cleans_up)
        co_fail(-1000);
    co_await(self->f, &self->result);
    NOTE;
    co_return(2);
    co_finally;
    if (self->cleans_up) {
        co_await(self->f, &self->result);
        NOTE;
    }
    co_end;
}

ASYNC(b, int, b_awaits, (double, seconds), (bool, cleans_up))
{
    co_begin;
    co_try(awaits_future(self->seconds, self->cleans_up), &self->result);
    co_return_result;
    co_end;
}

BLOCKING(workers, int, job_awaits, (double, seconds))
{
    struct c_naps_future f;
    int y = 0;

    CHECK_INT(c_naps(seconds, &y), SYN_OK);
    syn_shared_future(of, &f);
    noted(future_get(f, &y));
    return 2;
}

static struct syn_future other(enum who who, double seconds, bool cleans_up)
{
    return who == JOB    ? job_awaits_future(seconds).u.handle
           : who == ON_A ? awaits_future(seconds, cleans_up).u.handle
                         : b_awaits_future(seconds, cleans_up).u.handle;
}

/* What waits is begun, and known by the name OF to the others from then on. */
static void ends(struct syn_future handle, const char *one, const char *other_one)
{
    struct c_naps_future f;
    int y = 0;

    forget();
    f.u.handle = handle;
    CHECK_INT(future_share(f, &of), SYN_OK);
    CHECK_INT(c_naps(20.0, &y), SYN_OK);
    if (n_over != 1 && (syn_dump(2), 1))
        test_fail(__FILE__, __LINE__, "it waits for ever: %s and %s", one, other_one);
    REFUSED(one, other_one);
    shared_release(of);
}

/* --- the way back into a mutex --- */

static struct syn_mutex mutex;
static struct syn_condition condition;

static void unlock(void)
{
    if (syn_mutex_is_mine(&mutex))
        syn_mutex_unlock(&mutex);
}

ASYNC(a, void, a_holds, (enum who, who), SYN_LOCAL(struct c_naps_future, f), SYN_LOCAL(int, y))
{
    co_begin;
    co_sleep(1.0);
    co_lock(&mutex);
    self->f.u.handle = other(self->who, 0.5, false);
    co_await(self->f, &self->y);
    co_finally;
    unlock();
    co_end;
}

ASYNC(a, void, a_signals)
{
    co_begin;
    co_sleep(3.0);
    syn_condition_signal(&condition);
    co_end;
}

ASYNC(a, int, a_returns, (enum who, who), SYN_LOCAL(struct syn_scope, scope))
{
    co_begin;
    co_lock(&mutex);
    co_wait_on(&condition, &mutex);
    co_return(1);
    co_finally;
    CHECK(syn_mutex_is_mine(&mutex));
    unlock();
    n_over++;
    co_end;
}

static void C8_the_way_back_into_a_mutex_refuses_what_holds_it_and_waits(void)
{
    begin();
    for (enum who who = 0; who < WHO; who++) {
        future_detach(a_holds_future(who));
        future_detach(a_signals_future());
        ends(a_returns_future(who).u.handle, who == JOB ? "job_awaits" : "awaits", "a_returns");
    }
    end_all();
}

/* --- the first of several, when another one has ended --- */

ASYNC(a, int, a_ends, (double, seconds), (bool, fails))
{
    co_begin;
    co_sleep(self->seconds);
    if (self->fails)
        co_fail(-1001);
    co_return(1);
    co_end;
}

/* One fails, or is the first and asks the other, which waits for us. */
ASYNC(a, int, a_takes_the_first, (enum first, first), (enum who, who), (bool, fails),
      SYN_LOCAL(struct syn_scope, scope), SYN_LOCAL(struct c_naps_future, f), SYN_LOCAL(int, y))
{
    co_begin;
    self->f.u.handle = other(self->who, 1.0, !self->fails);
    if (self->first == ANY)
        co_any(&self->scope, (a_ends_future(2.0, self->fails), &self->y), (self->f, &self->y));
    else
        co_race(&self->scope, (a_ends_future(2.0, self->fails), &self->y), (self->f, &self->y));
    n_over++;
    co_end;
}

static void C8_a_wait_for_the_first_that_has_only_one_left_closes_a_circle(void)
{
    begin();
    for (enum who who = 0; who < WHO; who++)
        ends(a_takes_the_first_future(ANY, who, true).u.handle, who == JOB ? "job_awaits" : "awaits",
             "a_takes_the_first");
    end_all();
}

static void C8_so_does_one_that_has_its_first_and_waits_for_the_clean_up_of_another(void)
{
    begin();
    for (enum first first = 0; first < FIRSTS; first++)
        for (enum who who = 0; who <= ON_B; who++)
            ends(a_takes_the_first_future(first, who, false).u.handle, "awaits", "a_takes_the_first");
    end_all();
}

static const struct test_case cases[] = {
    TEST(C8_the_way_back_into_a_mutex_refuses_what_holds_it_and_waits),
    TEST(C8_a_wait_for_the_first_that_has_only_one_left_closes_a_circle),
    TEST(C8_so_does_one_that_has_its_first_and_waits_for_the_clean_up_of_another),
};
TEST_MAIN_BOTH_MODES("circle_later", cases);

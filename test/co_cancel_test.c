/* SPDX-License-Identifier: Apache-2.0
 *
 * Cancelling in a task: co_cancel() asks and waits, future_drop() asks and lets go.
 */
#define _DEFAULT_SOURCE
#include "support/pair_rig.h"
#include "support/unobserved_rig.h"

#include <synchronicity/step.h>

PROMISE(int, number);

static _Atomic(int) cleaned, made, destroyed;
static int value;

static void destroy(int *unfetched) /* a value that nobody fetched */
{
    (void)unfetched;
    destroyed++;
}

/* Cleans up for a second; STUBBORN: returns a value all the same. */
ASYNC(demo, int *, works, (int, stubborn), DESTROY(destroy))
{
    co_begin;
    co_sleep(1000.0);
    co_finally;
    co_sleep(1.0);
    cleaned++;
    if (self->stubborn) {
        made++;
        co_return(&value);
    }
    co_end;
}

ASYNC(other, int, works_elsewhere)
{
    co_begin;
    co_sleep(1000.0);
    co_finally;
    co_sleep(1.0);
    cleaned++;
    co_end;
}

ASYNC(demo, int, fails_in_clean_up)
{
    co_begin;
    co_sleep(1000.0);
    co_finally;
    co_fail(SYN_EIO, "the rollback failed");
    co_end;
}

ASYNC(demo, int, fails_at_once)
{
    return step_fail(self, SYN_EPIPE, "it broke");
}

static struct number_future promised;

ASYNC(demo, void, cancels, SYN_LOCAL(struct works_future, f), SYN_LOCAL(struct works_future, none),
      SYN_LOCAL(struct works_elsewhere_future, g), SYN_LOCAL(struct fails_at_once_future, h),
      SYN_LOCAL(int64_t, since))
{
    co_begin;
    self->f = works_future(0);
    co_sleep(0.5);
    self->since = now();
    co_cancel(self->f);
    CHECK_INT(co_status, SYN_ECANCELED);
    CHECK_INT(cleaned, 1);
    CHECK_INT(now() - self->since, SECOND); /* it waited for the clean-up */
    co_cancel(self->f);                     /* used up by now */
    CHECK_INT(co_status, 0);
    co_cancel(self->none); /* never made */
    CHECK_INT(co_status, 0);
    self->f = works_future(1);
    co_sleep(0.5);
    co_cancel(self->f);
    CHECK_INT(co_status, 0);
    CHECK_INT(destroyed, made);
    self->g = works_elsewhere_future();
    co_sleep(0.5);
    co_cancel(self->g);
    CHECK_INT(co_status, SYN_ECANCELED);
    CHECK_INT(cleaned, 3);
    self->h = fails_at_once_future();
    co_sleep(0.5);
    co_cancel(self->h);
    CHECK_INT(co_status, SYN_EPIPE);
    CHECK_STR(co_report->message, "it broke");
    self->f = works_future(0); /* has not begun */
    co_cancel(self->f);
    CHECK_INT(co_status, SYN_ECANCELED);
    CHECK_INT(cleaned, 3);
    co_cancel(promised); /* nobody can be asked */
    CHECK_INT(co_status, SYN_ECANCELED);
    CHECK_INT(co_report->origin, SYN_BY_REQUEST);
    co_end;
}

static void X2_a_task_cancels_another_and_waits_for_its_end(void)
{
    struct number_promise p;

    begin();
    CHECK_INT(promise_new(number, &p, &promised), 0);
    CHECK_INT(cancels(), 0);
    CHECK_INT(made, 1);
    CHECK_INT(promise_drop(p), 0);
    end_all();
}

/* The guide's example: the first fails, the clean-up cancels the second, which may be used up. */

ASYNC(demo, int, both, (double, seconds), SYN_LOCAL(struct fails_at_once_future, f),
      SYN_LOCAL(struct works_future, g), SYN_LOCAL(int, a), SYN_LOCAL(int *, b))
{
    co_begin;
    self->g = works_future(0);
    co_sleep(self->seconds);
    self->f = fails_at_once_future();
    co_try(self->f, &self->a);
    co_try(self->g, &self->b);
    co_finally;
    co_cancel(self->f);
    co_cancel(self->g);
    CHECK_INT(cleaned, 1);
    CHECK_INT(co_outcome, SYN_EPIPE);
    co_end;
}

static void X2_a_clean_up_cancels_what_its_task_started(void)
{
    begin();
    CHECK_INT(both(0.5, NULL), SYN_EPIPE);
    CHECK_INT(cleaned, 1);
    end_all();
}

struct cancels_in_steps;
static struct syn_step cancelled(struct cancels_in_steps *self);

ASYNC(demo, int, cancels_in_steps)
{
    return step_cancel(self, works_elsewhere_future(), cancelled);
}

static struct syn_step cancelled(struct cancels_in_steps *self)
{
    return step_return(self, step_status(self));
}

static void X2_a_step_cancels_another_task(void)
{
    int status = 0;

    begin();
    CHECK_INT(cancels_in_steps(&status), 0);
    CHECK_INT(status, SYN_ECANCELED);
    end_all();
}

/* --- a task that is cancelled while it cancels --- */

ASYNC(demo, void, cancels_and_goes_on, SYN_LOCAL(struct works_future, f), SYN_LOCAL(int, n))
{
    co_begin;
    self->f = works_future(0);
    co_sleep(0.5);
    co_cancel(self->f);
    CHECK(false); /* the child ended by a request, and we are asked, too */
    co_finally;
    CHECK_INT(cleaned, 1);
    co_end;
}

static void X1_a_task_that_cancels_can_be_cancelled(void)
{
    struct cancels_and_goes_on_future f;

    begin();
    f = cancels_and_goes_on_future();
    CHECK_INT(future_wait_by(f, syn_after(1.0)), SYN_ETIMEDOUT);
    CHECK_INT(future_cancel(f), SYN_ECANCELED);
    CHECK_INT(now(), 1500 * MS);
    end_all();
}

/* --- jobs --- */

POOL(pool, .max_threads = 2);

BLOCKING(pool, int, sleeps)
{
    while (!pool_job_cancelled())
        usleep(100);
    return job_fail(job, SYN_ECANCELED);
}

ASYNC(demo, int, cancels_a_job, SYN_LOCAL(struct sleeps_future, f))
{
    co_begin;
    self->f = sleeps_future();
    co_pass;
    co_cancel(self->f);
    co_return(co_status);
    co_end;
}

static void X2_a_task_cancels_a_job(void)
{
    int status = 0;

    begin_in_real_time();
    CHECK_INT(cancels_a_job(&status), 0);
    CHECK_INT(status, SYN_ECANCELED);
    finish(&demo);
    CHECK_INT(pool_stop(&pool, syn_never()), 0);
    CHECK_INT(pool_free(&pool), 0);
}

/* --- asking without waiting --- */

ASYNC(demo, void, drops, SYN_LOCAL(struct works_future, f), SYN_LOCAL(int64_t, since))
{
    co_begin;
    self->f = works_future(0);
    co_sleep(0.5);
    self->since = now();
    CHECK_INT(future_drop(self->f), 0);
    CHECK_INT(future_drop(self->f), SYN_ECONSUMED);
    CHECK_INT(now(), self->since);
    CHECK_INT(cleaned, 0);
    co_sleep(2.0);
    CHECK_INT(cleaned, 1);
    co_end;
}

static void X2_a_future_is_dropped_without_waiting(void)
{
    struct number_promise p;

    begin();
    CHECK_INT(drops(), 0);
    CHECK_INT(future_drop(works_future(1)), 0); /* in a thread; it never begins, or swallows it */
    CHECK_INT(promise_new(number, &p, &promised), 0);
    CHECK_INT(future_drop(promised), 0);
    CHECK_INT(promise_drop(p), 0);
    CHECK_INT(naps(3.0), 0);
    CHECK_INT(destroyed, made);
    end_all();
}

static void P7_the_clean_up_of_a_dropped_future_fails_and_is_told(void)
{
    struct fails_in_clean_up_future f;

    begin();
    syn_on_unobserved(note_unobserved, NULL);
    f = fails_in_clean_up_future();
    CHECK_INT(future_wait_by(f, syn_after(1.0)), SYN_ETIMEDOUT);
    CHECK_INT(future_drop(f), 0);
    finish(&demo);
    CHECK_STR(unobserved, "fails_in_clean_up the rollback failed");
    end_all();
}

/* --- the blocking verb on the loop names the other one --- */

ASYNC(demo, void, cancels_by_blocking, SYN_LOCAL(struct works_future, f))
{
    co_begin;
    self->f = works_future(0);
    co_pass;
    CHECK_INT(future_cancel(self->f), SYN_EDEADLK);
    CHECK_SAYS("write co_cancel(future) there");
    co_cancel(self->f); /* it was left as it was */
    CHECK_INT(co_status, SYN_ECANCELED);
    co_end;
}

static void C7_cancelling_on_the_loop_names_co_cancel(void)
{
    begin();
    CHECK_INT(cancels_by_blocking(), 0);
    end_all();
}

static const struct test_case cases[] = {
    TEST(X2_a_task_cancels_another_and_waits_for_its_end),
    TEST(X2_a_clean_up_cancels_what_its_task_started),
    TEST(X2_a_step_cancels_another_task),
    TEST(X1_a_task_that_cancels_can_be_cancelled),
    TEST(X2_a_task_cancels_a_job),
    TEST(X2_a_future_is_dropped_without_waiting),
    TEST(P7_the_clean_up_of_a_dropped_future_fails_and_is_told),
    TEST(C7_cancelling_on_the_loop_names_co_cancel),
};
TEST_MAIN_BOTH_MODES("co_cancel", cases);

/* SPDX-License-Identifier: Apache-2.0
 *
 * What was made in time and would begin too late: its deadline passed while it waited for its loop, or
 * for a thread of its pool. Real time, and no sleeps: a step or a job stands until the deadline has passed.
 */
#define _DEFAULT_SOURCE
#include <synchronicity/step.h>

#include "support/pool_rig.h"

SYNCHRONIZER(demo);
SYNCHRONIZER(other);
POOL(one, .max_threads = 1, .grace_ns = -1);
POOL(two, .max_threads = 2, .grace_ns = -1);

static atomic_int begun, released;
static struct syn_strand strand;
static struct gate gate;

static void release(int *count)
{
    (*(atomic_int *)(void *)count)++;
}

#define TAKEN SYN_TAKE(int *, count, release)
#define GIVEN ((int *)(void *)&released)

static int runs(int *count)
{
    begun++;
    release(count);
    return 1;
}

BLOCKING(one, void, stands)
{
    gate_pass(&gate);
}

BLOCKING(two, void, stands_in_line, STRAND(&strand))
{
    gate_pass(&gate);
}

ASYNC(demo, void, stands_on_the_loop)
{
    gate_pass(&gate);
    return step_done(self);
}

BLOCKING(one, int, work, TAKEN)
{
    (void)job;
    return runs(count);
}

BLOCKING(one, int, lent_work, TAKEN, NEVER_ABANDONED)
{
    (void)job;
    return runs(count);
}

BLOCKING(two, int, work_in_line, TAKEN, STRAND(&strand))
{
    (void)job;
    return runs(count);
}

ASYNC(demo, int, body, TAKEN)
{
    return step_return(self, runs(self->count));
}

/* Made under a deadline, and awaited when that has passed. */
ASYNC(other, int, awaits_work, SYN_LOCAL(struct work_future, f))
{
    struct syn_deadline soon = syn_after(0.001);

    co_begin;
    (void)call_by(soon, (self->f = work_future(GIVEN), 0));
    co_until(soon);
    gate_open(&gate);
    co_try(self->f, &self->result);
    co_return_result;
    co_end;
}

static void let_pass(struct syn_deadline deadline)
{
    while (syn_after(0).ns <= deadline.ns)
        usleep(100);
}

/* F is made by MAKE under a deadline that passes before STANDS ends. */
#define MADE_IN_TIME(f, make, stands)                                                              \
    do {                                                                                           \
        struct stands##_future standing;                                                           \
        struct syn_deadline soon;                                                                  \
                                                                                                   \
        begun = released = 0;                                                                      \
        gate_init(&gate);                                                                          \
        standing = stands##_future();                                                             \
        gate_await(&gate, 1);                                                                      \
        soon = syn_after(0.001);                                                                   \
        (void)call_by(soon, (f = make, 0));                                                        \
        let_pass(soon);                                                                            \
        gate_open(&gate);                                                                          \
        CHECK_INT(future_get(standing), SYN_OK);                                                   \
        gate_fini(&gate);                                                                          \
    } while (0)

static void check_not_begun(syn_err err, const char *says)
{
    CHECK_INT(err, SYN_ETIMEDOUT);
    CHECK_INT(syn_last_origin(), SYN_BY_DEADLINE);
    CHECK_SAYS(says);
    CHECK_INT(begun, 0);
    CHECK_INT(released, 1);
}

static void end_all(void)
{
    CHECK_INT(pool_stop(&one, syn_never()), SYN_OK);
    CHECK_INT(pool_free(&one), SYN_OK);
    CHECK_INT(pool_stop(&two, syn_never()), SYN_OK);
    CHECK_INT(pool_free(&two), SYN_OK);
    finish(&demo);
    finish(&other);
}

static void X2_a_job_whose_deadline_passed_while_it_waited_for_a_thread_does_not_begin(void)
{
    struct work_in_line_future in_line;
    struct lent_work_future lent;
    struct work_future f;

    begin_in_real_time();
    MADE_IN_TIME(f, work_future(GIVEN), stands);
    check_not_begun(future_get(f, NULL), "work: it did not begin, since its deadline had passed");
    MADE_IN_TIME(lent, lent_work_future(GIVEN), stands);
    check_not_begun(future_get(lent, NULL), "lent_work: it did not begin");
    MADE_IN_TIME(in_line, work_in_line_future(GIVEN), stands_in_line);
    check_not_begun(future_get(in_line, NULL), "work_in_line: it did not begin");
    CHECK_INT(future_get(work_future(GIVEN), NULL), SYN_OK); /* the next one does */
    end_all();
}

static void X2_a_job_that_is_awaited_when_its_deadline_has_passed_does_not_begin(void)
{
    struct stands_future standing;

    begin_in_real_time();
    begun = released = 0;
    gate_init(&gate);
    standing = stands_future();
    gate_await(&gate, 1);
    CHECK_INT(awaits_work(NULL), SYN_ETIMEDOUT);
    CHECK_SAYS("work: it did not begin");
    CHECK_INT(begun, 0);
    CHECK_INT(released, 1);
    CHECK_INT(future_get(standing), SYN_OK);
    gate_fini(&gate);
    end_all();
}

static void X2_a_call_whose_deadline_passed_while_it_waited_for_its_loop_does_not_begin(void)
{
    struct body_future f;

    begin_in_real_time();
    MADE_IN_TIME(f, body_future(GIVEN), stands_on_the_loop);
    check_not_begun(future_get(f, NULL), "it did not begin, since its deadline had passed");
    CHECK_INT(future_get(body_future(GIVEN), NULL), SYN_OK);
    end_all();
}

static const struct test_case cases[] = {
    TEST(X2_a_job_whose_deadline_passed_while_it_waited_for_a_thread_does_not_begin),
    TEST(X2_a_job_that_is_awaited_when_its_deadline_has_passed_does_not_begin),
    TEST(X2_a_call_whose_deadline_passed_while_it_waited_for_its_loop_does_not_begin),
};
TEST_MAIN_BOTH_MODES("begun_late", cases);

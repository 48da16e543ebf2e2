/* SPDX-License-Identifier: Apache-2.0
 *
 * Circles of jobs alone, by a strand, and by a generator that is a job; and what is none.
 */
#define _DEFAULT_SOURCE
#include "support/circle_rig.h"

/* --- jobs alone, and their strands --- */

static struct c_naps_future of_first, of_second;

BLOCKING(workers, int, job_gets_later, (double, seconds), (struct c_naps_future *, f))
{
    int y = 0;

    CHECK_INT(c_naps(seconds, &y), SYN_OK);
    noted(future_get(*f, &y));
    n_over++;
    return 1;
}

static void C8_two_jobs_that_wait_for_each_other_are_a_circle(void)
{
    int64_t began;
    int y;

    begin();
    forget();
    began = now();
    of_second.u.handle = job_gets_later_future(1, &of_first).u.handle;
    of_first.u.handle = job_gets_later_future(2, &of_second).u.handle;
    CHECK_INT(future_get(c_naps_future(5), &y), SYN_OK);
    CHECK_INT(refused.count, 1);
    CHECK_INT(n_over, 2);
    CHECK_INT(refused.at - began, 2 * SECOND);
    REFUSED("job_gets_later on 'workers' would wait for job_gets_later on 'workers'", "let only one of the two wait");
    end_all();
}

static void C8_so_is_a_job_that_waits_for_itself(void)
{
    int y;

    begin();
    forget();
    of_first.u.handle = job_gets_later_future(1, &of_first).u.handle;
    CHECK_INT(future_get(c_naps_future(5), &y), SYN_OK);
    CHECK_INT(refused.count, 1);
    CHECK_INT(n_over, 1);
    end_all();
}

/* --- a job behind the one that waits --- */

static struct gate gate;

static void stands_behind(bool first)
{
    int y = 0;

    if (first) {
        gate_pass(&gate);
        noted(future_get(of_first, &y));
    }
    n_over++;
}

static struct syn_strand strand;

BLOCKING(workers, int, job_in_line, (bool, first), STRAND(&strand))
{
    stands_behind(first);
    return 1;
}

POOL(single, .max_threads = 1, .hard_limit = 1, .grace_ns = -1);

BLOCKING(single, int, only_job, (bool, first))
{
    stands_behind(first);
    return 1;
}

static struct c_naps_future begins_in_line(bool first)
{
    return (struct c_naps_future){.u.handle = job_in_line_future(first).u.handle};
}

static struct c_naps_future begins_only_job(bool first)
{
    return (struct c_naps_future){.u.handle = only_job_future(first).u.handle};
}

ASYNC(a, int, a_awaits_later, (double, seconds), (struct c_naps_future *, f))
{
    co_begin;
    if (self->seconds > 0)
        co_sleep(self->seconds);
    co_await(*self->f, &self->result);
    NOTE;
    n_over++;
    co_return(1);
    co_end;
}

PROMISE(int, go_on);

ASYNC(a, int, a_awaits_when_told, (struct go_on_future, told), (struct c_naps_future *, f))
{
    co_begin;
    co_try(self->told, &self->result);
    co_await(*self->f, &self->result);
    NOTE;
    n_over++;
    co_return(1);
    co_end;
}

ASYNC(a, int, a_does_nothing)
{
    co_begin;
    co_return(1);
    co_end;
}

/* A task awaits a job that stands behind the one which waits for that task; and one more is between. Time
 * stands still while jobs are in line. Either of the two may be the last to wait. */
static void job_behind_a_job(struct syn_pool *pool, struct c_naps_future (*begins)(bool first))
{
    struct c_naps_future first, second;
    struct go_on_promise told;
    struct go_on_future wait;
    int y;

    for (int job_last = 0; job_last < 2; job_last++) {
        forget();
        gate_init(&gate);
        first = begins(true);
        second = begins(false);
        of_second = begins(false);
        gate_await(&gate, 1);
        if (job_last) {
            of_first.u.handle = a_awaits_later_future(0, &of_second).u.handle;
            CHECK_INT(a_does_nothing(&y), SYN_OK); /* it waits by then */
            gate_open(&gate);
        } else {
            CHECK_INT(promise_new(go_on, &told, &wait), SYN_OK);
            of_first.u.handle = a_awaits_when_told_future(wait, &of_second).u.handle;
            gate_open(&gate);
            while (pool_stats(pool).blocked == 0)
                sched_yield();
            CHECK_INT(promise_complete(told, &(int){1}), SYN_OK);
        }
        CHECK_INT(future_get(first, &y), SYN_OK);
        CHECK_INT(future_get(second, &y), SYN_OK);
        CHECK_INT(c_naps(1, &y), SYN_OK); /* the others, too */
        CHECK_INT(refused.count, 1);
        CHECK_INT(n_over, 4);
        gate_fini(&gate);
    }
}

static void C8_so_is_a_job_that_holds_a_strand_for_which_waits_what_it_waits_for(void)
{
    begin();
    job_behind_a_job(&workers, begins_in_line);
    REFUSED("job_in_line on 'workers' would wait for a_awaits_later on 'a'", "for job_in_line");
    end_all();
}

static void C8_so_is_a_job_on_the_only_thread_for_which_waits_what_it_waits_for(void)
{
    begin();
    job_behind_a_job(&single, begins_only_job);
    REFUSED("only_job on 'single' would wait for a_awaits_later on 'a'", "for only_job");
    finish_pool(&single);
    end_all();
}

BLOCKING_GENERATOR(workers, int, job_yields, (struct c_naps_future *, f))
{
    int y = 0;

    CHECK_INT(c_naps(0.1, &y), SYN_OK); /* F is known by then */
    noted(future_get(*f, &y));
    while (!job_yield(job, 3))
        ;
}

ASYNC(a, int, a_asks_a_job, SYN_LOCAL(struct job_yields_channel, ch))
{
    co_begin;
    self->ch = job_yields(&of_first);
    co_next(self->ch, &self->result);
    NOTE;
    n_over++;
    co_return(9);
    co_finally;
    channel_drop(self->ch);
    co_end;
}

static void C8_so_is_a_job_that_yields_and_waits_for_its_consumer(void)
{
    struct a_asks_a_job_future f;
    int y;

    begin();
    forget();
    f = a_asks_a_job_future();
    of_first.u.handle = f.u.handle;
    CHECK_INT(future_get(c_naps_future(5), &y), SYN_OK);
    CHECK_INT(refused.count, 1);
    CHECK_INT(n_over, 1);
    end_all();
}

/* --- what is none --- */

BLOCKING(workers, int, job_has_a_way_out, (bool, by_time), (struct c_naps_future *, f))
{
    struct c_naps_future other = c_naps_future(3);
    syn_err err = SYN_OK;
    int y = 0;

    CHECK_INT(c_naps(1, &y), SYN_OK);
    if (by_time)
        CHECK_INT(channel_select(&err, ON_FUTURE(*f, &y), ON_TIME(syn_after(2))), 1);
    else
        CHECK_INT(channel_select(&err, ON_FUTURE(*f, &y), ON_FUTURE(other, &y)), 1);
    if (by_time)
        future_detach(other);
    future_detach(*f);
    n_over++;
    return 1;
}

static void C8_a_wait_of_a_job_that_something_else_ends_closes_no_circle(void)
{
    int y;

    begin();
    for (int by_time = 0; by_time < 2; by_time++) {
        forget();
        of_first.u.handle = a_awaits_later_future(0.5, &of_second).u.handle;
        of_second.u.handle = job_has_a_way_out_future(by_time, &of_first).u.handle;
        CHECK_INT(future_get(c_naps_future(8), &y), SYN_OK);
        CHECK_INT(refused.count, 0);
        CHECK_INT(n_over, 2);
    }
    end_all();
}

static const struct test_case cases[] = {
    TEST(C8_two_jobs_that_wait_for_each_other_are_a_circle),
    TEST(C8_so_is_a_job_that_waits_for_itself),
    TEST(C8_so_is_a_job_that_holds_a_strand_for_which_waits_what_it_waits_for),
    TEST(C8_so_is_a_job_on_the_only_thread_for_which_waits_what_it_waits_for),
    TEST(C8_so_is_a_job_that_yields_and_waits_for_its_consumer),
    TEST(C8_a_wait_of_a_job_that_something_else_ends_closes_no_circle),
};
TEST_MAIN_BOTH_MODES("circle_strand", cases);

/* SPDX-License-Identifier: Apache-2.0
 *
 * Every kind of wait of a thread, ended in every way.
 */
#define _DEFAULT_SOURCE
#include "support/waits_rig.h"

static syn_err heard[KINDS];
static enum syn_origin heard_from[KINDS];

BLOCKING(workers, int, waits, (int, kind))
{
    syn_err err = kinds[kind].wait();

    heard[kind] = err;
    heard_from[kind] = origin_heard;
    return err ? job_fail(job, err) : 0;
}

static void check(int kind, syn_err err, syn_err expected, enum syn_origin origin)
{
    if (err != expected || heard[kind] != expected || heard_from[kind] != origin)
        test_fail(__FILE__, __LINE__, "%s: the job ended with %s and heard %s by %d, not %s by %d",
                  kinds[kind].name, syn_err_name(err), syn_err_name(heard[kind]), heard_from[kind],
                  syn_err_name(expected), origin);
}

static void C19_every_wait_of_a_job_hears_of_a_cancel(void)
{
    begin();
    for (int kind = 0; kind < KINDS; kind++) {
        struct waits_future f = waits_future(kind);
        int64_t before;

        let_it_wait();
        before = now();
        check(kind, future_cancel(f), SYN_ECANCELED, SYN_BY_REQUEST);
        CHECK(now() - before < SECOND);
    }
    over();
}

static void C19_every_wait_of_a_job_hears_of_a_cancel_that_came_before(void)
{
    begin();
    for (int kind = 0; kind < KINDS; kind++) {
        struct waits_future f = waits_future(kind);

        future_request_cancel(f); /* queued, running, or in its wait */
        if (future_get(f, NULL) != SYN_ECANCELED)
            test_fail(__FILE__, __LINE__, "%s: it heard nothing", kinds[kind].name);
    }
    over();
}

static void C19_every_wait_of_a_job_hears_of_a_lost_race(void)
{
    begin();
    for (int kind = 0; kind < KINDS; kind++) {
        struct syn_scope s = SYN_SCOPE;
        int y;

        heard[kind] = SYN_OK;
        CHECK_INT(syn_race(&s, (waits_future(kind), &y), (nap_future(1), &y)), SYN_OK);
        CHECK_INT(scope_winner(&s), 1);
        check(kind, SYN_ECANCELED, SYN_ECANCELED, SYN_BY_REQUEST);
    }
    over();
}

ASYNC(demo, void, fails, (double, seconds))
{
    co_begin;
    co_sleep(self->seconds);
    co_fail(SYN_EIO);
    co_end;
}

static void C19_every_wait_of_a_job_hears_of_a_failed_sibling(void)
{
    begin();
    for (int kind = 0; kind < KINDS; kind++) {
        struct syn_scope s = SYN_SCOPE;

        heard[kind] = SYN_OK;
        scope_spawn(&s, waits_future(kind), NULL);
        scope_spawn(&s, fails_future(1));
        CHECK_INT(scope_join(&s), SYN_EIO);
        check(kind, SYN_ECANCELED, SYN_ECANCELED, SYN_BY_REQUEST);
    }
    over();
}

static void C19_every_wait_of_a_job_hears_of_a_stop_of_its_pool(void)
{
    begin();
    for (int kind = 0; kind < KINDS; kind++) {
        struct waits_future f = waits_future(kind);

        let_it_wait();
        CHECK_INT(pool_stop(&workers, syn_never()), SYN_OK);
        check(kind, future_get(f, NULL), SYN_ECANCELED, SYN_BY_STOP);
        pool_start(&workers);
    }
    over();
}

/* A close has a deadline of its own, and inherits none: it is clean-up. */
static void C19_every_wait_of_a_job_ends_at_its_deadline(void)
{
    begin();
    for (int kind = 0; kind < KINDS; kind++) {
        struct syn_deadline until = syn_after(5);
        syn_err err = call_by(until, waits(kind, NULL));

        check(kind, err, SYN_ETIMEDOUT, SYN_BY_DEADLINE);
        CHECK_INT(now(), until.ns);
    }
    over();
}

static void C19_every_wait_of_a_thread_ends_at_its_deadline(void)
{
    begin();
    for (int kind = 0; kind < KINDS; kind++) {
        struct syn_deadline until = syn_after(5);
        syn_err err;

        if (kinds[kind].wait == by_close)
            continue;
        err = call_by(until, kinds[kind].wait());
        if (err != SYN_ETIMEDOUT || now() != until.ns)
            test_fail(__FILE__, __LINE__, "%s: %s at %lld, not at %lld", kinds[kind].name,
                      syn_err_name(err), (long long)now(), (long long)until.ns);
    }
    over();
}

static const struct test_case cases[] = {
    TEST(C19_every_wait_of_a_job_hears_of_a_cancel),
    TEST(C19_every_wait_of_a_job_hears_of_a_cancel_that_came_before),
    TEST(C19_every_wait_of_a_job_hears_of_a_lost_race),
    TEST(C19_every_wait_of_a_job_hears_of_a_failed_sibling),
    TEST(C19_every_wait_of_a_job_hears_of_a_stop_of_its_pool),
    TEST(C19_every_wait_of_a_job_ends_at_its_deadline),
    TEST(C19_every_wait_of_a_thread_ends_at_its_deadline),
};
TEST_MAIN_BOTH_MODES("waits", cases);

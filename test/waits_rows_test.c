/* SPDX-License-Identifier: Apache-2.0
 *
 * Two waits of threads that no call, get or next is behind: a job in its yield, which ends by
 * its consumer, and a thread that waits for room in a pool.
 */
#define _DEFAULT_SOURCE
#include "support/pool_rig.h"

SYNCHRONIZER(demo);
POOL(workers, .max_threads = 4, .grace_ns = -1);
POOL(narrow, .max_threads = 1, .queue_bound = 1, .grace_ns = -1);

static atomic_int ended, cleaned; /* yields that said so, generators that returned */

BLOCKING_GENERATOR(workers, int, counts)
{
    for (int i = 0;; i++)
        if (job_yield(job, i)) {
            ended++;
            break;
        }
    cleaned++;
}

ASYNC(demo, int, nap, (double, seconds))
{
    co_begin;
    co_sleep(self->seconds);
    co_return(1);
    co_end;
}

ASYNC(demo, void, fails, (double, seconds))
{
    co_begin;
    co_sleep(self->seconds);
    co_fail(SYN_EIO);
    co_end;
}

/* Takes an item, and then takes its time: the generator is in its yield. */
ASYNC(demo, int, consumes, SYN_LOCAL(struct counts_channel, ch), SYN_LOCAL(int, y))
{
    co_begin;
    self->ch = counts();
    co_next(self->ch, &self->y);
    co_check;
    co_sleep(3600);
    co_return(1);
    co_finally;
    co_close(self->ch);
    co_end;
}

static void let_it_wait(void)
{
    CHECK_INT(nap(1, NULL), SYN_OK);
}

/* The yield of the one generator that there was has ended, at once. */
static void check_ended(const char *how, int64_t since)
{
    if (ended != 1 || cleaned != 1 || now() - since >= SECOND)
        test_fail(__FILE__, __LINE__, "%s: %d yields ended, %d generators returned, after %lld ns",
                  how, ended, cleaned, (long long)(now() - since));
    ended = cleaned = 0;
}

static void over(void)
{
    CHECK_INT(pool_stats(&workers).abandoned, 0);
    finish_pool(&workers);
    finish(&demo);
    done();
}

static void C19_a_yield_of_a_job_hears_of_whoever_consumes(void)
{
    struct consumes_future f;
    struct counts_channel c;
    struct syn_deadline until;
    struct syn_scope s = SYN_SCOPE;
    int64_t since;
    int y;

    begin();
    c = counts();
    CHECK_INT(channel_next(c, &y), SYN_OK);
    let_it_wait();
    since = now();
    CHECK_INT(channel_close(c), SYN_OK);
    check_ended("a close", since);

    f = consumes_future();
    let_it_wait();
    since = now();
    CHECK_INT(future_cancel(f), SYN_ECANCELED);
    check_ended("a cancel", since);

    since = now() + SECOND;
    CHECK_INT(syn_race(&s, (consumes_future(), &y), (nap_future(1), &y)), SYN_OK);
    check_ended("a lost race", since);

    since = now() + SECOND;
    scope_spawn(&s, consumes_future(), NULL);
    scope_spawn(&s, fails_future(1));
    CHECK_INT(scope_join(&s), SYN_EIO);
    check_ended("a failed sibling", since);

    until = syn_after(5);
    CHECK_INT(call_by(until, consumes(NULL)), SYN_ETIMEDOUT);
    check_ended("a deadline", until.ns);

    c = counts();
    CHECK_INT(channel_next(c, &y), SYN_OK);
    let_it_wait();
    since = now();
    CHECK_INT(pool_stop(&workers, syn_never()), SYN_OK);
    check_ended("a stop of its pool", since);
    CHECK_INT(channel_next(c, &y), SYN_EEND); /* it returned */
    CHECK_INT(channel_close(c), SYN_OK);
    over();
}

static struct gate gate;

BLOCKING_GENERATOR(workers, int, counts_at_a_gate)
{
    gate_pass(&gate);
    for (int i = 0;; i++)
        if (job_yield(job, i)) {
            ended++;
            break;
        }
    cleaned++;
}

ASYNC(demo, int, consumes_at_a_gate, SYN_LOCAL(struct counts_at_a_gate_channel, ch))
{
    co_begin;
    self->ch = counts_at_a_gate();
    co_next(self->ch, &self->result);
    co_check;
    co_return_result;
    co_finally;
    co_close(self->ch);
    co_end;
}

static void C19_a_yield_of_a_job_hears_of_a_close_that_came_before(void)
{
    struct consumes_at_a_gate_future f;

    begin();
    gate_init(&gate);
    f = consumes_at_a_gate_future();
    gate_await(&gate, 1);
    CHECK_INT(future_request_cancel(f), SYN_OK);
    CHECK_INT(nap(0, NULL), SYN_OK); /* its clean-up has closed the channel */
    gate_open(&gate);
    CHECK_INT(future_get(f, NULL), SYN_ECANCELED);
    check_ended("a close before", now());
    over();
}

/* Its consumer waits with a deadline of its own; it waits for the next consumer. */
static void C19_a_yield_of_a_job_outlives_the_deadline_that_it_was_made_under(void)
{
    struct counts_channel c;
    int y = -1;

    begin();
    CHECK_INT(call_by(syn_after(5), (c = counts(), channel_next(c, &y))), SYN_OK);
    CHECK_INT(nap(60, NULL), SYN_OK);
    CHECK_INT(ended, 0);
    CHECK_INT(channel_next(c, &y), SYN_OK);
    CHECK_INT(y, 1);
    CHECK_INT(channel_close(c), SYN_OK);
    over();
}

/* --- room in a pool; in real time, since a virtual clock stands while works are queued --- */

static void over_in_real_time(void)
{
    finish_pool(&narrow);
    finish_pool(&workers);
    finish(&demo);
}

BLOCKING(narrow, int, stands)
{
    gate_pass(&gate);
    return 1;
}

BLOCKING(workers, int, posts_many)
{
    struct stands_future f[4];

    for (int i = 0; i < 4; i++)
        f[i] = stands_future(); /* over the bound: a job must not wait for room */
    gate_open(&gate);
    for (int i = 0; i < 4; i++)
        CHECK_INT(future_get(f[i], NULL), SYN_OK);
    return 1;
}

ASYNC(demo, int, posts_in_a_step, SYN_LOCAL(struct stands_future, f[4]), SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < 4; self->i++)
        self->f[self->i] = stands_future();
    gate_open(&gate);
    for (self->i = 0; self->i < 4; self->i++)
        co_try(self->f[self->i], &self->result);
    co_return_result;
    co_end;
}

static void C19_a_thread_waits_for_room_until_its_deadline_and_a_job_or_a_step_does_not_wait(void)
{
    struct stands_future f, g;

    begin_in_real_time();
    gate_init(&gate);
    f = stands_future();
    gate_await(&gate, 1);
    g = stands_future(); /* the queue is full */
    CHECK_INT(call_by(syn_after(0.02), stands(NULL)), SYN_ETIMEDOUT);
    CHECK_INT(call_by(syn_after(0.02), future_get(stands_future(), NULL)), SYN_ETIMEDOUT);
    gate_open(&gate);
    CHECK_INT(future_get(f, NULL), SYN_OK);
    CHECK_INT(future_get(g, NULL), SYN_OK);
    gate_init(&gate);
    CHECK_INT(posts_many(NULL), SYN_OK);
    gate_init(&gate);
    CHECK_INT(posts_in_a_step(NULL), SYN_OK);
    over_in_real_time();
}

static struct waiter {
    pthread_t thread;
    atomic_bool waits;
    syn_err err;
} waiter;

static void *wait_for_room(void *unused)
{
    (void)unused;
    waiter.waits = true; /* or is about to: it hears of the stop all the same */
    waiter.err = stands(NULL);
    return NULL;
}

static void C19_who_waits_for_room_hears_of_a_stop_of_the_pool(void)
{
    struct stands_future f, g;

    begin_in_real_time();
    gate_init(&gate);
    f = stands_future();
    gate_await(&gate, 1);
    g = stands_future();
    CHECK_INT(pthread_create(&waiter.thread, NULL, wait_for_room, NULL), 0);
    while (!waiter.waits)
        usleep(100);
    CHECK_INT(pool_stop(&narrow, syn_after(0.02)), SYN_ETIMEDOUT); /* a job stands at the gate */
    CHECK_INT(pthread_join(waiter.thread, NULL), 0);
    CHECK_INT(waiter.err, SYN_ECLOSED);
    gate_open(&gate);
    CHECK_INT(future_get(f, NULL), SYN_ECANCELED); /* the stop gave it up */
    CHECK_INT(future_get(g, NULL), SYN_ECANCELED);
    over_in_real_time();
}

static const struct test_case cases[] = {
    TEST(C19_a_yield_of_a_job_hears_of_whoever_consumes),
    TEST(C19_a_yield_of_a_job_hears_of_a_close_that_came_before),
    TEST(C19_a_yield_of_a_job_outlives_the_deadline_that_it_was_made_under),
    TEST(C19_a_thread_waits_for_room_until_its_deadline_and_a_job_or_a_step_does_not_wait),
    TEST(C19_who_waits_for_room_hears_of_a_stop_of_the_pool),
};
TEST_MAIN_BOTH_MODES("waits_rows", cases);

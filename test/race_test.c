/* SPDX-License-Identifier: Apache-2.0
 *
 * Windows between two threads, each opened on purpose: one thread is held at a named point
 * (synchronicity/testing.h) while the others do what must be safe. Skipped in builds without
 * points.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"
#include "support/points.h"

PROMISE(int, number);
POOL(pool);
SYNCHRONIZER(other);
SYNCHRONIZER(brief);

/* --- a poster is late: what it posted has run, and the loop ends --- */

static _Atomic(bool) armed, waits, over;

/* Its loop stays awake, so that it takes what is posted without being woken. Runs next when the
 * step has ended that armed the point. */
ASYNC(brief, void, spins)
{
    co_begin;
    while (!over) {
        waits = armed;
        co_pass;
    }
    co_end;
}

/* The Nth post to any loop from here on is late. */
static void hold_post(unsigned long nth)
{
    CHECK_INT(syn_test_hold("post_knock", nth), 0);
    armed = true;
}

static struct number_promise kept;

static void *keeps(void *unused)
{
    (void)unused;
    spin_until(&waits);
    CHECK_INT(promise_complete(kept, &(int){7}), 0);
    return NULL;
}

ASYNC(brief, int, awaits_a_promise, (struct number_future, f), SYN_LOCAL(int, y),
      SYN_LOCAL(pthread_t, thread))
{
    co_begin;
    future_detach(spins_future());
    co_pass;
    hold_post(1);
    CHECK_INT(pthread_create(&self->thread, NULL, keeps, NULL), 0);
    CHECK_INT(pthread_detach(self->thread), 0);
    co_try(self->f, &self->y);
    co_return(self->y);
    co_end;
}

BLOCKING(pool, int, computes, (int, x))
{
    spin_until(&waits);
    return x;
}

ASYNC(brief, int, awaits_a_job, SYN_LOCAL(int, y))
{
    co_begin;
    future_detach(spins_future());
    co_pass;
    hold_post(1);
    co_try(computes_future(7), &self->y);
    co_return(self->y);
    co_end;
}

ASYNC(other, int, elsewhere)
{
    co_begin;
    while (!waits)
        co_pass;
    co_return(7);
    co_end;
}

ASYNC(brief, int, awaits_another_loop, SYN_LOCAL(int, y))
{
    co_begin;
    future_detach(spins_future());
    co_pass;
    hold_post(2); /* the first is the call */
    co_try(elsewhere_future(), &self->y);
    co_return(self->y);
    co_end;
}

static void frees(int unused, void *synchronizer)
{
    (void)unused;
    CHECK_INT(synchronizer_free(synchronizer), 0);
}

/* Somebody is late by now with a post to SYNCHRONIZER; its end must wait for it. */
static void free_while_held(struct syn_synchronizer *synchronizer, const char *point)
{
    struct crew_at_work *crew;

    CHECK_INT(syn_test_hold("loop_retire_waits", 1), 0);
    crew = crew_start(1, frees, synchronizer);
    AWAIT_HELD("loop_retire_waits");
    syn_test_release(point);
    syn_test_release("loop_retire_waits");
    crew_join(crew);
}

static void a_late_poster(syn_err (*call)(int *out_y))
{
    int y = 0;

    points_needed();
    begin_in_real_time();
    armed = waits = over = false;
    CHECK_INT(synchronizer_start(&other), 0);
    CHECK_INT(call(&y), 0);
    CHECK_INT(y, 7);
    AWAIT_HELD("post_knock"); /* it ended, and its poster has not moved */
    over = true;
    free_while_held(&brief, "post_knock");
    CHECK_INT(synchronizer_free(&other), 0);
    CHECK_INT(pool_stop(&pool, syn_never()), 0);
}

static syn_err call_of_a_promise(int *out_y)
{
    struct number_future f;

    CHECK_INT(promise_new(number, &kept, &f), 0);
    return awaits_a_promise(f, out_y);
}

static syn_err call_of_a_job(int *out_y)
{
    return awaits_a_job(out_y);
}

static syn_err call_of_another_loop(int *out_y)
{
    return awaits_another_loop(out_y);
}

static void L8_a_loop_is_freed_while_who_kept_a_promise_is_late(void)
{
    a_late_poster(call_of_a_promise);
}

static void L8_a_loop_is_freed_while_a_job_that_ended_is_late(void)
{
    a_late_poster(call_of_a_job);
}

static void L8_a_loop_is_freed_while_another_loop_is_late(void)
{
    a_late_poster(call_of_another_loop);
}

/* --- consumers of a channel that is a loop's own, that post to that loop later --- */

GENERATOR(brief, int, counts, SYN_LOCAL(int, i))
{
    co_begin;
    for (;;)
        co_yield(self->i++);
    co_end;
}

ASYNC(brief, int, takes_one, (struct counts_channel, channel), SYN_LOCAL(int, i))
{
    co_begin;
    co_next(self->channel, &self->i);
    co_check;
    co_return(self->i);
    co_end;
}

ASYNC(other, int, takes_one_elsewhere, (struct counts_channel, channel), SYN_LOCAL(int, i))
{
    co_begin;
    co_next(self->channel, &self->i);
    co_check;
    co_return(self->i);
    co_end;
}

static void L8_a_loop_is_freed_while_who_asks_its_channel_is_late(void)
{
    struct counts_channel channel;
    struct takes_one_elsewhere_future f;
    int i = -1;

    points_needed();
    begin_in_real_time();
    CHECK_INT(synchronizer_start(&other), 0);
    channel = counts();
    CHECK_INT(takes_one(channel, &i), 0); /* brief's own from here on */
    CHECK_INT(i, 0);
    CHECK_INT(syn_test_hold("channel_after", 1), 0);
    f = takes_one_elsewhere_future(channel);
    AWAIT_HELD("channel_after");
    free_while_held(&brief, "channel_after");
    CHECK_INT(future_get(f, &i), SYN_ECANCELED); /* its generator was */
    CHECK_INT(channel_close(channel), 0);
    CHECK_INT(synchronizer_free(&other), 0);
}

/* --- a job that runs in its submitter, which is preempted before it begins --- */

POOL(full, .max_threads = 1, .queue_bound = 1, .when_full = SYN_WHEN_FULL_RUN_HERE);

static _Atomic(bool) first_begun, first_was_asked, here_was_asked;

BLOCKING(full, void, until_asked)
{
    first_begun = true;
    while (!syn_pool_job_cancelled())
        usleep(100);
    first_was_asked = true;
}

BLOCKING(full, void, looks_once)
{
    here_was_asked = syn_pool_job_cancelled();
}

static void submits(int unused, void *unused_too)
{
    (void)unused;
    (void)unused_too;
    CHECK_INT(future_detach(looks_once_future()), 0);
}

static void stops(int unused, void *unused_too)
{
    (void)unused;
    (void)unused_too;
    CHECK_INT(pool_stop(&full, syn_never()), 0);
}

static void L2_a_job_that_is_about_to_run_in_its_submitter_is_asked_by_a_stop(void)
{
    struct crew_at_work *submitter, *stopper;
    struct looks_once_future waits;

    points_needed();
    begin_in_real_time();
    CHECK_INT(future_detach(until_asked_future()), 0);
    spin_until(&first_begun);
    waits = looks_once_future(); /* the queue is full */
    CHECK_INT(syn_test_hold("pool_run_here", 1), 0);
    submitter = crew_start(1, submits, NULL);
    AWAIT_HELD("pool_run_here");
    stopper = crew_start(1, stops, NULL);
    spin_until(&first_was_asked); /* as all were, under one lock */
    syn_test_release("pool_run_here");
    crew_join(submitter);
    crew_join(stopper);
    CHECK(here_was_asked);
    CHECK_INT(future_get(waits), SYN_ECANCELED);
}

/* --- a look-up that meets a wrapper while its last holder lets go --- */

#define THING_METHODS(M, C) M(C, destructor)
CLASS(thing, THING_METHODS);
struct thing_impl {
    int destroyed;
};
DESTRUCTOR(thing)
{
    co_begin;
    me->destroyed++;
    co_end;
}
CLASS_TABLE(brief, thing, THING_METHODS, NULL);

enum { OTHERS = 40 }; /* the table begins with 16 buckets */
static struct thing_impl thing_impl, other_impls[OTHERS];

static void releases(int unused, void *thing)
{
    (void)unused;
    thing_release(thing);
}

static void O6_a_look_up_beside_the_last_release_finds_the_one_wrapper(void)
{
    struct thing *first = NULL, *found = NULL, *again = NULL, *others[OTHERS] = {NULL};
    struct crew_at_work *crew;

    points_needed();
    begin_in_real_time();
    CHECK_INT(thing_wrap(&thing_impl, &brief, &first), 0);
    CHECK_INT(syn_test_hold("object_unheld", 1), 0);
    crew = crew_start(1, releases, first);
    AWAIT_HELD("object_unheld");
    CHECK_INT(thing_wrap(&thing_impl, &brief, &found), 0);
    CHECK_PTR(found, first);
    for (int i = 0; i < OTHERS; i++)
        CHECK_INT(thing_wrap(&other_impls[i], &brief, &others[i]), 0);
    CHECK_INT(thing_wrap(&thing_impl, &brief, &again), 0);
    CHECK_PTR(again, first);
    syn_test_release("object_unheld");
    crew_join(crew);
    thing_release(found);
    thing_release(again);
    for (int i = 0; i < OTHERS; i++)
        thing_release(others[i]);
    CHECK_INT(synchronizer_free(&brief), 0);
    CHECK_INT(thing_impl.destroyed, 1);
    for (int i = 0; i < OTHERS; i++)
        CHECK_INT(other_impls[i].destroyed, 1);
    CHECK_INT(syn_memory_use().outstanding, 0);
}

static void O6_what_ends_is_found_by_nobody(void)
{
    struct thing *first = NULL, *next = NULL;
    struct crew_at_work *crew;

    points_needed();
    begin_in_real_time();
    CHECK_INT(thing_wrap(&thing_impl, &brief, &first), 0);
    CHECK_INT(syn_test_hold("object_ending", 1), 0);
    crew = crew_start(1, releases, first);
    AWAIT_HELD("object_ending"); /* its destructor has not begun */
    CHECK_INT(thing_wrap(&thing_impl, &brief, &next), 0);
    CHECK(next != first);
    syn_test_release("object_ending");
    crew_join(crew);
    thing_release(next);
    CHECK_INT(synchronizer_free(&brief), 0);
    CHECK_INT(thing_impl.destroyed, 2);
    CHECK_INT(syn_memory_use().outstanding, 0);
}

/* --- a free comes while a stop is as good as over --- */

static void stops_it(int unused, void *synchronizer)
{
    (void)unused;
    CHECK_INT(synchronizer_stop(synchronizer, syn_never()), 0);
}

static void L8_a_free_waits_for_who_is_still_inside_a_stop(void)
{
    struct crew_at_work *stopper, *freer;

    points_needed();
    begin_in_real_time();
    CHECK_INT(synchronizer_start(&brief), 0);
    CHECK_INT(syn_test_hold("stop_leaves", 1), 0);
    CHECK_INT(syn_test_hold("free_looks", 1), 0);
    stopper = crew_start(1, stops_it, &brief);
    AWAIT_HELD("stop_leaves");
    freer = crew_start(1, frees, &brief);
    AWAIT_HELD("free_looks");
    syn_test_release("free_looks");
    syn_test_release("stop_leaves");
    crew_join(stopper);
    crew_join(freer);
    done();
}

static const struct test_case cases[] = {
    TEST_MODES(O6_what_ends_is_found_by_nobody),
    TEST_MODES(O6_a_look_up_beside_the_last_release_finds_the_one_wrapper),
    TEST(L2_a_job_that_is_about_to_run_in_its_submitter_is_asked_by_a_stop),
    TEST_MODES(L8_a_free_waits_for_who_is_still_inside_a_stop),
    TEST_MODES(L8_a_loop_is_freed_while_who_kept_a_promise_is_late),
    TEST_MODES(L8_a_loop_is_freed_while_a_job_that_ended_is_late),
    TEST_MODES(L8_a_loop_is_freed_while_another_loop_is_late),
    TEST_MODES(L8_a_loop_is_freed_while_who_asks_its_channel_is_late),
};
TEST_MAIN("race", cases);

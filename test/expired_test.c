/* SPDX-License-Identifier: Apache-2.0
 *
 * A deadline that has passed already: what every face does with it, on a thread, in a job and in a
 * task. The rule is in call.h ("DEADLINES"). Virtual time, both modes.
 */
#define _DEFAULT_SOURCE
#include <synchronicity/file.h>
#include <synchronicity/step.h>

#include "support/pool_rig.h"

SYNCHRONIZER(demo);
SYNCHRONIZER(other);
POOL(workers, .max_threads = 4, .grace_ns = -1);

static atomic_int begun;    /* bodies that must not have */
static atomic_int released; /* arguments of calls that did not begin */

static struct syn_deadline past(void)
{
    struct syn_deadline deadline = {syn_after(0).ns - SECOND};

    return deadline;
}

static void release(int *count)
{
    (*(atomic_int *)(void *)count)++;
}

#define TAKEN SYN_TAKE(int *, count, release)
#define GIVEN ((int *)(void *)&released)

ASYNC(demo, int, body, TAKEN)
{
    begun++;
    release(self->count);
    return step_return(self, 1);
}

ASYNC(other, int, elsewhere, TAKEN)
{
    begun++;
    release(self->count);
    return step_return(self, 1);
}

BLOCKING(workers, int, work, TAKEN)
{
    (void)job;
    begun++;
    release(count);
    return 1;
}

GENERATOR(demo, int, counts, TAKEN)
{
    co_begin;
    begun++;
    co_yield(1);
    co_finally;
    release(self->count);
    co_end;
}

BLOCKING(workers, int, lent_work, TAKEN, NEVER_ABANDONED)
{
    (void)job;
    begun++;
    release(count);
    return 1;
}

BLOCKING_GENERATOR(workers, int, counts_in_pool, TAKEN)
{
    begun++;
    release(count);
    if (job_yield(job, 1))
        return;
}

CONTEXT(demo, int, session, TAKEN)
{
    co_begin;
    begun++;
    co_yield(1);
    co_finally;
    release(self->count);
    co_end;
}

POOL_MAP(workers, int, int, twice)
{
    begun++;
    *out = 2 * *in;
    return 0;
}

#define THING_METHODS(M, C)                                                                        \
    M(C, constructor, make, TAKEN)                                                                 \
    M(C, destructor)                                                                               \
    M(C, async, int, look, TAKEN)                                                                  \
    M(C, blocking, int, lift, TAKEN)
CLASS(thing, THING_METHODS);

struct thing_impl {
    int nothing;
};

static atomic_bool counts_making; /* a thing that may be made */
static atomic_int destroyed;

CONSTRUCTOR(thing, make, TAKEN)
{
    (void)me;
    if (counts_making)
        begun++;
    release(self->count);
    return step_done(self);
}

DESTRUCTOR(thing)
{
    (void)me;
    destroyed++;
    return step_done(self);
}

METHOD(thing, int, look, TAKEN)
{
    (void)me;
    begun++;
    release(self->count);
    return step_return(self, 1);
}

METHOD_BLOCKING(workers, thing, int, lift, TAKEN)
{
    (void)me;
    begun++;
    release(count);
    return 1;
}

CLASS_TABLE(demo, thing, THING_METHODS, NULL);

static struct thing *thing;

/* --- what begins something, does not: on a thread and in a job --- */

static syn_err by_call(void)
{
    return call_by(past(), body(GIVEN, NULL));
}

static syn_err by_future(void)
{
    struct body_future f;

    (void)call_by(past(), (f = body_future(GIVEN), 0));
    return future_get(f, NULL);
}

static syn_err by_future_of_another(void)
{
    struct elsewhere_future f;

    (void)call_by(past(), (f = elsewhere_future(GIVEN), 0));
    return future_get(f, NULL);
}

static syn_err by_work(void)
{
    return call_by(past(), work(GIVEN, NULL));
}

static syn_err by_future_of_work(void)
{
    struct work_future f;

    (void)call_by(past(), (f = work_future(GIVEN), 0));
    return future_get(f, NULL);
}

static syn_err by_lent_work(void)
{
    return call_by(past(), lent_work(GIVEN, NULL));
}

static syn_err by_future_of_lent_work(void)
{
    struct lent_work_future f;

    (void)call_by(past(), (f = lent_work_future(GIVEN), 0));
    return future_get(f, NULL);
}

static syn_err by_blocking_method(void)
{
    return call_by(past(), thing_lift(thing, GIVEN, NULL));
}

static syn_err by_generator(void)
{
    struct counts_channel c;
    syn_err err;
    int i;

    (void)call_by(past(), (c = counts(GIVEN), 0));
    err = channel_next(c, &i);
    channel_close(c);
    return err;
}

static syn_err by_generator_of_pool(void)
{
    struct counts_in_pool_channel c;
    syn_err err;
    int i;

    (void)call_by(past(), (c = counts_in_pool(GIVEN), 0));
    err = channel_next(c, &i);
    channel_close(c);
    return err;
}

static syn_err by_next(void)
{
    struct counts_channel c = counts(GIVEN);
    int i;
    syn_err err = channel_next_by(c, &i, past());

    CHECK_INT(channel_close(c), SYN_OK);
    return err;
}

static syn_err each(void)
{
    syn_err err = SYN_OK;

    channel_each (int, i, counts(GIVEN), &err)
        begun += i;
    return err;
}

static syn_err by_each(void)
{
    return call_by(past(), each());
}

static syn_err by_select(void)
{
    struct counts_channel c = counts(GIVEN);
    syn_err err = SYN_OK;
    int i;

    (void)call_by(past(), (channel_select(&err, SYN_ON_NEXT(c, &i)), 0));
    CHECK_INT(syn_last_origin(), SYN_BY_DEADLINE);
    CHECK_INT(channel_close(c), SYN_OK);
    return err;
}

static syn_err enters(void)
{
    syn_err err = SYN_OK;

    with_context (int, i, session(GIVEN), &err)
        begun += i;
    return err;
}

static syn_err by_context(void)
{
    return call_by(past(), enters());
}

static syn_err by_map(void)
{
    int in[2] = {1, 2}, out[2];

    release(GIVEN);
    return call_by(past(), twice(in, 2, out));
}

static syn_err by_method(void)
{
    return call_by(past(), thing_look(thing, GIVEN, NULL));
}

static syn_err by_future_of_method(void)
{
    struct thing_look_future f;

    (void)call_by(past(), (f = thing_look_future(thing, GIVEN), 0));
    return future_get(f, NULL);
}

static syn_err by_constructor(void)
{
    struct thing *made = NULL;
    syn_err err = call_by(past(), thing_make(GIVEN, &made));

    CHECK(made == NULL);
    return err;
}

static syn_err by_scope(void)
{
    struct syn_scope s = SYN_SCOPE;

    scope_deadline(&s, past());
    scope_spawn(&s, body_future(GIVEN), NULL);
    return scope_join(&s);
}

static syn_err by_read(void)
{
    char byte = 'x';
    size_t n = 5;
    syn_err err = call_by(past(), syn_file_read(0, &byte, 1, 0, &n));

    release(GIVEN);
    CHECK_INT(n, 5);
    return err;
}

static syn_err by_file(void)
{
    int fd = -1;
    syn_err err = call_by(past(), syn_file_open("/dev/null", 0, 0, &fd));

    release(GIVEN);
    CHECK_INT(fd, -1);
    return err;
}

static const struct face {
    const char *name;
    syn_err (*try)(void);
} faces[] = {
    {"a call", by_call},
    {"a future", by_future},
    {"a future of another synchronizer", by_future_of_another},
    {"a call of a job", by_work},
    {"a future of a job", by_future_of_work},
    {"a call of a job that is never abandoned", by_lent_work},
    {"a future of one", by_future_of_lent_work},
    {"a blocking method", by_blocking_method},
    {"a generator", by_generator},
    {"a generator of a pool", by_generator_of_pool},
    {"next", by_next},
    {"each", by_each},
    {"select", by_select},
    {"a context", by_context},
    {"a map", by_map},
    {"a method", by_method},
    {"a future of a method", by_future_of_method},
    {"a constructor", by_constructor},
    {"a scope", by_scope},
    {"a file", by_file},
    {"a read of a file", by_read},
};
enum { FACES = sizeof faces / sizeof *faces };

/* FACE, in its words, where it was tried; nothing began, and what was handed over is gone. */
static void check_face(const char *where, const struct face *face)
{
    syn_err err;

    begun = released = 0;
    err = face->try();
    if (err != SYN_ETIMEDOUT || syn_last_origin() != SYN_BY_DEADLINE || begun || released != 1)
        test_fail(__FILE__, __LINE__,
                  "%s %s: %s by %d, %d begun, %d released, and not SYN_ETIMEDOUT by the deadline",
                  face->name, where, syn_err_name(err), syn_last_origin(), begun, released);
}

BLOCKING(workers, void, tries)
{
    (void)job;
    for (int i = 0; i < FACES; i++)
        check_face("in a job", &faces[i]);
}

static void make_thing(void)
{
    CHECK_INT(thing_make(GIVEN, &thing), SYN_OK);
    counts_making = true;
}

static void end_thing(void)
{
    thing_release(thing);
    counts_making = false;
    finish(&demo);
    CHECK_INT(destroyed, 1);
    finish(&other);
    CHECK_INT(pool_stop(&workers, syn_never()), SYN_OK);
    CHECK_INT(pool_free(&workers), SYN_OK);
    CHECK_INT(pool_stop(syn_default_pool(), syn_never()), SYN_OK);
    CHECK_INT(pool_free(syn_default_pool()), SYN_OK);
    done();
}

static void X2_nothing_begins_under_a_deadline_that_has_passed(void)
{
    begin();
    make_thing();
    for (int i = 0; i < FACES; i++)
        check_face("on a thread", &faces[i]);
    CHECK_INT(tries(), SYN_OK);
    end_thing();
}

static void X2_what_did_not_begin_says_so(void)
{
    begin();
    CHECK_INT(by_call(), SYN_ETIMEDOUT);
    CHECK_SAYS("body: it did not begin, since its deadline had passed");
    CHECK_INT(by_future(), SYN_ETIMEDOUT);
    CHECK_SAYS("it did not begin, since its deadline had passed");
    CHECK_INT(by_work(), SYN_ETIMEDOUT);
    CHECK_SAYS("work: it did not begin, since its deadline had passed");
    CHECK_INT(pool_stop(&workers, syn_never()), SYN_OK);
    CHECK_INT(pool_free(&workers), SYN_OK);
    finish(&demo);
    done();
}

/* --- in a task --- */

ASYNC(demo, void, starts, SYN_LOCAL(struct body_future, f), SYN_LOCAL(struct elsewhere_future, g),
      SYN_LOCAL(struct work_future, w), SYN_LOCAL(struct counts_channel, c), SYN_LOCAL(int, i),
      SYN_LOCAL(struct syn_scope, scope))
{
    co_begin;
    (void)call_by(past(), (self->f = body_future(GIVEN), 0));
    co_await(self->f, &self->i);
    CHECK_INT(co_status, SYN_ETIMEDOUT);
    CHECK_INT(co_report->origin, SYN_BY_DEADLINE);
    co_await_by(body_future(GIVEN), &self->i, past()); /* asked before its first step */
    CHECK_INT(co_status, SYN_ETIMEDOUT);
    (void)call_by(past(), (self->g = elsewhere_future(GIVEN), 0));
    co_await(self->g, &self->i);
    CHECK_INT(co_status, SYN_ETIMEDOUT);
    (void)call_by(past(), (self->w = work_future(GIVEN), 0));
    co_await(self->w, &self->i);
    CHECK_INT(co_status, SYN_ETIMEDOUT);
    (void)call_by(past(), (self->c = counts(GIVEN), 0));
    co_next(self->c, &self->i);
    CHECK_INT(co_status, SYN_ETIMEDOUT);
    co_close(self->c);
    self->c = counts(GIVEN);
    co_next_by(self->c, &self->i, past());
    CHECK_INT(co_status, SYN_ETIMEDOUT);
    co_close(self->c);
    CHECK_INT(co_status, SYN_OK);
    scope_deadline(&self->scope, past());
    co_spawn(&self->scope, body_future(GIVEN), NULL);
    co_join(&self->scope);
    CHECK_INT(co_status, SYN_ETIMEDOUT);
    CHECK_INT(begun, 0);
    CHECK_INT(released, 7);
    without_deadline(self->f = body_future(GIVEN));
    co_await(self->f, &self->i);
    CHECK_INT(co_status, SYN_OK);
    co_end;
}

/* A clean-up has no deadline: what it calls begins. */
ASYNC(demo, void, cleans_up, SYN_LOCAL(int, i))
{
    co_begin;
    co_sleep(3600);
    co_finally;
    co_await(body_future(GIVEN), &self->i);
    CHECK_INT(co_status, SYN_OK);
    co_end;
}

static void X2_nothing_begins_in_a_task_under_a_deadline_that_has_passed(void)
{
    begin();
    CHECK_INT(starts(), SYN_OK);
    CHECK_INT(begun, 1);
    CHECK_INT(call_by(syn_after(1.0), cleans_up()), SYN_ETIMEDOUT);
    CHECK_INT(begun, 2);
    CHECK_INT(pool_stop(&workers, syn_never()), SYN_OK);
    CHECK_INT(pool_free(&workers), SYN_OK);
    finish(&demo);
    finish(&other);
    done();
}

static const struct test_case cases[] = {
    TEST(X2_nothing_begins_under_a_deadline_that_has_passed),
    TEST(X2_what_did_not_begin_says_so),
    TEST(X2_nothing_begins_in_a_task_under_a_deadline_that_has_passed),
};
TEST_MAIN_BOTH_MODES("expired", cases);

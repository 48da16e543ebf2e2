/* SPDX-License-Identifier: Apache-2.0
 *
 * Circles through jobs of a pool, in which no step blocks: whichever wait of a job or of a task closes one,
 * that is refused, and both ends are named; whatever is none is left alone.
 */
#define _DEFAULT_SOURCE
#include "support/pool_rig.h"

SYNCHRONIZER(a);
SYNCHRONIZER(b);
SYNCHRONIZER(c);
POOL(workers, .max_threads = 2, .grace_ns = -1);

/* How a task, and how a job, waits for what the other produces. */
enum of_task { AWAIT, COPY, JOIN, SELECT_ONE, RACE, HELPER, LOCK, ITEM, TASK_WAITS };
enum of_job { GET, LOOK, SHARED, GATHER, CHOOSE, CALL, NEXT, CLOSE, ANOTHER_JOB, JOB_WAITS };

static struct syn_mutex locked;
static pthread_mutex_t saying = PTHREAD_MUTEX_INITIALIZER;
static char said[2000];
static int n_refused;
static int64_t refused_at;
static atomic_int n_over;

static void end_all(void)
{
    finish_pool(&workers);
    finish(&a);
    finish(&b);
    finish(&c);
    done();
}

static void note(syn_err err, const struct syn_report *report)
{
    if (!err)
        return;
    if (err != SYN_EDEADLK)
        test_fail(__FILE__, __LINE__, "%s", report ? report->message : syn_strerror(err));
    pthread_mutex_lock(&saying);
    if (n_refused++ == 0) {
        refused_at = now();
        syn_report_text(report, said, sizeof said);
    }
    pthread_mutex_unlock(&saying);
}

static void forget(void)
{
    n_refused = 0;
    n_over = 0;
    said[0] = 0;
}

static void says(const char *one, const char *other)
{
    if (!strstr(said, one) || !strstr(said, other))
        test_fail(__FILE__, __LINE__, "the report says \"%s\", not %s %s", said, one, other);
}

ASYNC(c, int, c_naps, (double, seconds))
{
    co_begin;
    co_sleep(self->seconds);
    co_return(7);
    co_end;
}

/* The result of the other, which is used up, or shared. */
struct wanted {
    struct c_naps_future f;
    struct c_naps_shared s;
};

ASYNC(SYN_FREE, int, helps, (struct c_naps_future, f))
{
    co_begin;
    co_try(self->f, &self->result);
    co_return_result;
    co_end;
}

ASYNC(b, int, b_helps, (struct c_naps_future, f))
{
    co_begin;
    co_try(self->f, &self->result);
    co_return_result;
    co_end;
}

ASYNC(a, int, holds, (struct c_naps_future, f))
{
    co_begin;
    co_lock(&locked);
    co_await(self->f, &self->result);
    co_return_result;
    co_finally;
    if (syn_mutex_is_mine(&locked))
        syn_mutex_unlock(&locked);
    co_end;
}

GENERATOR(SYN_FREE, int, yields, (struct c_naps_future, f), SYN_LOCAL(int, y))
{
    co_begin;
    co_try(self->f, &self->y);
    co_yield(self->y);
    co_end;
}

GENERATOR(b, int, b_yields, (struct c_naps_future, f), SYN_LOCAL(int, y))
{
    co_begin;
    co_try(self->f, &self->y);
    co_yield(self->y);
    co_end;
}

/* Waits for F when it cleans up: a close waits for that. */
GENERATOR(b, int, yields_and_waits, (struct c_naps_future, f), SYN_LOCAL(int, y))
{
    co_begin;
    co_yield(1);
    co_finally;
    co_await(self->f, &self->y);
    note(co_status, syn_task_report(&self->syn));
    co_end;
}

ASYNC(a, int, a_waits, (enum of_task, kind), (double, seconds), (const struct wanted *, wanted),
      SYN_LOCAL(struct syn_scope, scope), SYN_LOCAL(struct c_naps_future, f),
      SYN_LOCAL(struct c_naps_future, g), SYN_LOCAL(struct syn_choice, on[2]), SYN_LOCAL(int, y),
      SYN_LOCAL(struct holds_future, held), SYN_LOCAL(struct yields_channel, ch))
{
    co_begin;
    co_sleep(0.1);
    self->scope = (struct syn_scope)SYN_SCOPE;
    self->f = self->wanted->f;
    if (self->kind != AWAIT)
        syn_shared_future(self->wanted->s, &self->f);
    if (self->kind == LOCK)
        self->held = holds_future(self->f);
    co_sleep(self->seconds - 0.1);
    if (self->kind == AWAIT || self->kind == COPY) {
        co_await(self->f, &self->y);
    } else if (self->kind == JOIN) {
        co_spawn(&self->scope, c_naps_future(3), NULL);
        co_spawn(&self->scope, self->f, &self->y);
        co_join(&self->scope);
    } else if (self->kind == SELECT_ONE) {
        syn_shared_future(self->wanted->s, &self->g);
        co_select(self->on, ON_FUTURE(self->f, &self->y), ON_FUTURE(self->g, &self->y));
    } else if (self->kind == RACE) {
        syn_shared_future(self->wanted->s, &self->g);
        co_race(&self->scope, (self->f, &self->y), (self->g, &self->y));
    } else if (self->kind == HELPER) {
        co_await(helps_future(self->f), &self->y);
    } else if (self->kind == LOCK) {
        co_lock(&locked);
    } else {
        self->ch = yields(self->f);
        co_next(self->ch, &self->y);
    }
    note(co_status, syn_task_report(&self->syn));
    co_return(8);
    co_finally;
    if (co_status == SYN_EDEADLK) /* a lock that is refused leaves */
        note(co_status, syn_task_report(&self->syn));
    if (syn_mutex_is_mine(&locked))
        syn_mutex_unlock(&locked);
    if (self->kind == SELECT_ONE) {
        future_detach(self->f);
        future_detach(self->g);
    }
    if (self->kind == LOCK)
        future_detach(self->held);
    if (self->kind == ITEM)
        channel_drop(self->ch);
    n_over++;
    co_end;
}

static syn_err noted(syn_err err)
{
    note(err, syn_last_report());
    return err;
}

BLOCKING(workers, int, job_gets, (struct c_naps_future, f))
{
    int y = 0;
    syn_err err = noted(future_get(f, &y));

    return err ? job_fail(job, err) : y;
}

/* Leaves nothing. */
static void waits_by(enum of_job kind, struct c_naps_future f, const struct wanted *wanted)
{
    struct syn_scope scope = SYN_SCOPE;
    struct b_yields_channel ch;
    struct yields_and_waits_channel closed;
    int y = 0;
    syn_err err = SYN_OK;

    if (kind == GET) {
        noted(future_get(f, &y));
    } else if (kind == LOOK) {
        noted(future_wait(f));
        future_detach(f);
    } else if (kind == SHARED) {
        noted(shared_get(wanted->s, &y));
        future_detach(f);
    } else if (kind == GATHER) {
        CHECK_INT(scope_spawn(&scope, f, &y), SYN_OK);
        noted(scope_join(&scope));
    } else if (kind == CHOOSE) {
        if (channel_select(&err, ON_FUTURE(f, &y)) < 0 && noted(err))
            future_detach(f);
    } else if (kind == CALL) {
        noted(b_helps(f, &y));
    } else if (kind == NEXT) {
        ch = b_yields(f);
        noted(channel_next(ch, &y));
        channel_drop(ch);
    } else if (kind == CLOSE) {
        closed = yields_and_waits(f);
        CHECK_INT(channel_next(closed, &y), SYN_OK);
        noted(channel_close_by(closed, syn_never()));
    } else {
        noted(future_get(job_gets_future(f), &y));
    }
}

BLOCKING(workers, int, job_waits, (enum of_job, kind), (double, seconds), (const struct wanted *, wanted))
{
    struct c_naps_future f;
    int y;

    CHECK_INT(c_naps(0.1, &y), SYN_OK);
    f = wanted->f;
    if (kind != GET)
        syn_shared_future(wanted->s, &f);
    CHECK_INT(c_naps(seconds - 0.1, &y), SYN_OK);
    waits_by(kind, f, wanted);
    n_over++;
    return 9;
}

static void give(struct syn_future handle, bool shared, struct wanted *out)
{
    out->f.u.handle = handle;
    if (shared)
        CHECK_INT(future_share(out->f, &out->s), SYN_OK);
}

/* A task and a job that wait for each other, the task after ON_A seconds. */
static void two_wait(enum of_task of_task, double on_a, enum of_job of_job, double on_job)
{
    struct wanted by_task = {0}, by_job = {0};
    struct a_waits_future f;
    struct job_waits_future g;
    int64_t began = now();
    int y = 0;

    forget();
    f = a_waits_future(of_task, on_a, &by_task);
    g = job_waits_future(of_job, on_job, &by_job);
    give(f.u.handle, of_job != GET, &by_job);
    give(g.u.handle, of_task != AWAIT, &by_task);
    CHECK_INT(future_get(c_naps_future(10), &y), SYN_OK);
    if (n_refused < 1 || n_over != 2)
        test_fail(__FILE__, __LINE__, "%d at %g and %d at %g: %d refused, %d over: %s", of_task, on_a, of_job,
                  on_job, n_refused, n_over, said);
    CHECK_INT(refused_at - began, 2 * SECOND); /* when the second of the two waited */
    says("would wait for ", "which waits, perhaps through others, for ");
    if (of_task != AWAIT)
        shared_release(by_task.s);
    if (of_job != GET)
        shared_release(by_job.s);
}

static void C8_each_kind_of_wait_of_a_task_closes_a_circle_with_each_of_a_job(void)
{
    begin();
    for (enum of_task i = 0; i < TASK_WAITS; i++)
        for (enum of_job j = 0; j < JOB_WAITS; j++)
            two_wait(i, 2, j, 1);
    end_all();
}

static void C8_each_kind_of_wait_of_a_job_closes_a_circle_with_each_of_a_task(void)
{
    begin();
    for (enum of_task i = 0; i < TASK_WAITS; i++)
        for (enum of_job j = 0; j < JOB_WAITS; j++)
            two_wait(i, 1, j, 2);
    end_all();
}

static const struct test_case cases[] = {
    TEST(C8_each_kind_of_wait_of_a_task_closes_a_circle_with_each_of_a_job),
    TEST(C8_each_kind_of_wait_of_a_job_closes_a_circle_with_each_of_a_task),
};
TEST_MAIN_BOTH_MODES("circle_job", cases);

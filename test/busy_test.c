/* SPDX-License-Identifier: Apache-2.0
 *
 * Tasks that never sleep: every wait is served at once. They are cancelled, reach their
 * deadline and are stopped all the same, and what was served is not lost. Real time, since a
 * virtual clock stands still while somebody works; nothing is measured.
 */
#define _DEFAULT_SOURCE
#include "support/channel_rig.h"

#include <synchronicity/step.h>

PROMISE(int, number);

/* --- what the busy task waits for --- */

GENERATOR(demo, int, counts, SYN_LOCAL(int, i))
{
    co_begin;
    for (;;)
        co_yield(self->i++);
    co_end;
}

GENERATOR(other, int, counts_elsewhere, SYN_LOCAL(int, i))
{
    co_begin;
    for (;;)
        co_yield(self->i++);
    co_end;
}

GENERATOR(demo, int, asks, SYN_SENDS(int))
{
    co_begin;
    for (;;) {
        co_yield(0);
        co_check;
    }
    co_end;
}

ASYNC(demo, int, at_once, (int, x))
{
    return step_return(self, self->x);
}

ASYNC(demo, int, fails)
{
    return step_fail(self, SYN_EIO);
}

/* Answers a cancel with a value. */
ASYNC(demo, int, swallows)
{
    co_begin;
    co_pass;
    co_return(1);
    co_finally;
    co_return(2);
    co_end;
}

enum kind {
    NEXT, NEXT_OF_GENERATOR, NEXT_FROM_ELSEWHERE, EACH, EACH_OPEN, SEND, SAY, SELECT, CLOSE,
    AWAIT_DONE, AWAIT_CHILD, AWAIT_FAILED, AWAIT_REFUSED, AWAIT_SWALLOWER,
    SLEEP, PASS, READABLE, LOCK, ACQUIRE, EVENT, CONDITION, SPAWN, JOIN, ALL, N_KINDS
};
enum manner { BY_A_THREAD, BY_ITSELF, BY_A_DEADLINE, BY_ITS_PARENT, BY_A_STOP };

enum { BEFORE = 3, FUTURES = 64 };

struct busy;
ASYNC_DECLARE(int, busy_task, (struct busy *, busy));

struct busy {
    enum kind kind;
    enum manner manner;
    _Atomic(bool) runs, made;
    struct number_promise promises[FUTURES];
    struct number_future futures[FUTURES];
    struct ints_channel items, room;
    struct syn_mutex mutex;
    struct syn_semaphore semaphore;
    struct syn_event event;
    struct syn_condition condition;
    int pipe[2];
    struct busy_task_future *me;
    int n_before, n_after; /* waits that came back before, and after it was asked */
    int n_taken, n_cleaned;
};

ASYNC(demo, void, signals, (struct busy *, busy))
{
    syn_condition_signal(&self->busy->condition);
    return step_done(self);
}

/* Whether BUSY goes round once more, and what it knows by now. */
static bool round_begins(struct busy *b, struct syn_task *task)
{
    b->runs = true;
    if (b->manner == BY_ITSELF && b->n_before == BEFORE) {
        spin_until(&b->made);
        CHECK_INT(future_request_cancel(*b->me), 0);
    }
    if (b->manner == BY_A_THREAD && b->n_before == BEFORE)
        while (!syn_task_cancelled(task))
            usleep(100);
    if (syn_task_cancelled(task))
        b->n_after++;
    else
        b->n_before++;
    return b->n_before < 100 * 1000 * 1000;
}

ASYNC_DEFINE(demo, int, busy_task, (struct busy *, busy), SYN_LOCAL(int, v),
      SYN_LOCAL(struct counts_channel, own), SYN_LOCAL(struct counts_elsewhere_channel, foreign),
      SYN_LOCAL(struct asks_channel, asks), SYN_LOCAL(struct syn_choice, on[2]),
      SYN_LOCAL(struct syn_scope, scope), SYN_LOCAL(struct signals_future, signal), SYN_LOCAL(bool, locked))
{
    struct busy *b = self->busy;

    co_begin;
    syn_event_set(&b->event);
    self->own = counts();
    self->foreign = counts_elsewhere();
    self->asks = asks();
    CHECK_INT(channel_prefetch(self->foreign, 64), 0);
    if (b->kind == SAY)
        co_next(self->asks, &self->v);
    if (b->kind == CONDITION) {
        co_lock(&b->mutex); /* its deadline may pass in this very step: then it does not come back */
        self->locked = true;
    }
    if (b->kind == EACH) {
        co_each (self->own, &self->v)
            round_begins(b, &self->syn);
        co_check; /* a stop asks the generator, too */
        CHECK(false);
    }
    if (b->kind == EACH_OPEN) {
        co_each_open (self->own, &self->v)
            round_begins(b, &self->syn);
        co_check; /* a stop asks the generator, too */
        CHECK(false);
    }
    while (round_begins(b, &self->syn)) {
        if (b->kind == NEXT) {
            CHECK_INT(channel_try_send(b->items, &self->v), 0);
            co_next(b->items, &self->v);
            b->n_taken++;
        }
        if (b->kind == NEXT_OF_GENERATOR)
            co_next(self->own, &self->v);
        if (b->kind == NEXT_FROM_ELSEWHERE)
            co_next(self->foreign, &self->v);
        if (b->kind == SEND) {
            co_send(b->room, &self->v);
            CHECK_INT(channel_try_next(b->room, &self->v), 0);
        }
        if (b->kind == SAY)
            co_generator_send(self->asks, &self->v, &self->v);
        if (b->kind == SELECT) {
            CHECK_INT(channel_try_send(b->items, &self->v), 0);
            co_select(self->on, SYN_ON_NEXT(b->items, &self->v),
                      SYN_ON_TIME(syn_never()));
            b->n_taken++;
        }
        if (b->kind == CLOSE)
            co_close(b->room);
        if (b->kind == AWAIT_DONE) {
            CHECK_INT(promise_new(number, &b->promises[0], &b->futures[0]), 0);
            CHECK_INT(promise_complete(b->promises[0], &(int){1}), 0);
            co_try(b->futures[0], &self->v);
        }
        if (b->kind == AWAIT_CHILD)
            co_await(at_once_future(1), &self->v);
        if (b->kind == AWAIT_FAILED)
            co_await(fails_future(), &self->v);
        if (b->kind == AWAIT_REFUSED)
            co_await(b->futures[0], &self->v);
        if (b->kind == AWAIT_SWALLOWER)
            co_await(swallows_future(), &self->v);
        if (b->kind == SLEEP)
            co_sleep(0.0);
        if (b->kind == PASS)
            co_pass;
        if (b->kind == READABLE)
            co_readable(b->pipe[0]);
        if (b->kind == LOCK) {
            co_lock(&b->mutex);
            syn_mutex_unlock(&b->mutex);
        }
        if (b->kind == ACQUIRE) {
            co_acquire(&b->semaphore);
            syn_semaphore_release(&b->semaphore, 1);
        }
        if (b->kind == EVENT)
            co_wait_on(&b->event);
        if (b->kind == CONDITION) {
            CHECK_INT(future_detach(signals_future(b)), 0);
            co_wait_on(&b->condition, &b->mutex);
        }
        if (b->kind == SPAWN)
            co_spawn(&self->scope, at_once_future(1), NULL);
        if (b->kind == JOIN)
            co_join(&self->scope);
        if (b->kind == ALL)
            co_all(&self->scope, (at_once_future(1), NULL), (at_once_future(2), NULL));
    }
    co_finally;
    CHECK_INT(syn_mutex_is_mine(&b->mutex), self->locked);
    if (syn_mutex_is_mine(&b->mutex))
        syn_mutex_unlock(&b->mutex);
    b->n_cleaned++;
    co_close(self->own);
    co_close(self->foreign);
    co_close(self->asks);
    co_end;
}

/* Its timer is on the loop that the busy task keeps. */
ASYNC(demo, int, parent, (struct busy *, busy), SYN_LOCAL(int, v))
{
    co_begin;
    co_try_by(busy_task_future(self->busy), &self->v, syn_after(0.002));
    co_return_result;
    co_end;
}

/* --- the trials --- */

static void asks_to_end(int number, void *argument)
{
    struct busy *b = argument;

    (void)number;
    spin_until(&b->runs);
    CHECK_INT(future_request_cancel(*b->me), 0);
}

static void set_up(struct busy *b)
{
    b->items = ints(8);
    b->room = ints(8);
    syn_semaphore_init(&b->semaphore, 1);
    b->event = (struct syn_event){0};
    CHECK_INT(pipe(b->pipe), 0);
    CHECK_INT(write(b->pipe[1], "x", 1), 1);
}

/* Nothing lost: what was sent was taken, or is still there. */
static void tear_down(struct busy *b)
{
    int v, n_left = 0;

    while (channel_try_next(b->items, &v) == 0)
        n_left++;
    if (b->kind == NEXT || b->kind == SELECT)
        CHECK_INT(b->n_taken + n_left, b->n_before + b->n_after);
    CHECK_INT(channel_close(b->items), 0);
    CHECK_INT(channel_close(b->room), 0);
    CHECK(b->semaphore.inside[0] == NULL);
    close(b->pipe[0]);
    close(b->pipe[1]);
}

static syn_err end_it(struct busy *b, struct busy_task_future f)
{
    struct crew_at_work *crew;
    syn_err err;

    if (b->manner == BY_ITS_PARENT)
        return parent(b, NULL);
    b->me = &f;
    f = busy_task_future(b);
    b->made = true;
    if (b->manner == BY_A_DEADLINE)
        return future_get_by(f, NULL, syn_after(0.002));
    if (b->manner == BY_A_STOP) {
        spin_until(&b->runs);
        CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
        err = future_get(f, NULL);
        CHECK_INT(synchronizer_start(&demo), 0);
        return err;
    }
    crew = b->manner == BY_A_THREAD ? crew_start(1, asks_to_end, b) : NULL;
    CHECK_INT(future_wait(f), 0);
    if (crew)
        crew_join(crew);
    return future_get(f, NULL);
}

static void try_it(enum kind kind, enum manner manner)
{
    struct busy b = {.kind = kind, .manner = manner};
    struct busy_task_future f = {0};
    syn_err err;

    set_up(&b);
    err = end_it(&b, f);
    if (err != (manner == BY_A_DEADLINE || manner == BY_ITS_PARENT ? SYN_ETIMEDOUT : SYN_ECANCELED) || b.n_after > 2)
        test_fail(__FILE__, __LINE__, "kind %d: %s, %d waits after the request", (int)kind,
                  syn_err_name(err), b.n_after);
    CHECK(b.n_before == 0 || b.n_cleaned == 1);
    tear_down(&b);
}

static void try_all(enum manner manner)
{
    begin_in_real_time();
    for (int kind = 0; kind < N_KINDS; kind++)
        try_it((enum kind)kind, manner);
    finish(&demo);
    finish(&other);
    CHECK(syn_memory_use().outstanding == 0);
}

static void X1_a_busy_task_is_cancelled_by_a_thread(void)
{
    try_all(BY_A_THREAD);
}

static void X1_a_busy_task_is_cancelled_on_its_own_loop(void)
{
    try_all(BY_ITSELF);
}

static void X4_a_busy_task_ends_at_its_deadline(void)
{
    try_all(BY_A_DEADLINE);
}

static void X4_a_busy_task_ends_at_the_deadline_of_the_task_that_awaits_it(void)
{
    try_all(BY_ITS_PARENT);
}

static void L2_a_busy_task_is_stopped(void)
{
    try_all(BY_A_STOP);
}

/* --- jobs of a pool, with waits that are served at once --- */

POOL(pool);

enum job_kind { JOB_NEXT, JOB_GENERATOR, JOB_EACH, JOB_SEND, JOB_SELECT, JOB_CALL, JOB_FUTURE,
                JOB_PROMISE, JOB_SCOPE, N_JOB_KINDS };

static _Atomic(bool) job_runs;

static syn_err one_wait(enum job_kind kind, struct ints_channel items, struct counts_channel numbers)
{
    struct syn_scope scope = SYN_SCOPE;
    struct number_promise p;
    struct number_future f;
    syn_err err = SYN_OK;
    int v = 1;

    switch (kind) {
    case JOB_NEXT:
        CHECK_INT(channel_try_send(items, &v), 0);
        err = channel_next(items, &v);
        if (err)
            CHECK_INT(channel_try_next(items, &v), 0); /* it is still there */
        return err;
    case JOB_GENERATOR:
        return channel_next(numbers, &v);
    case JOB_EACH:
        channel_each_open (int, number, numbers, &err)
            job_runs = number >= 0;
        return err;
    case JOB_SEND:
        err = channel_send(items, &v);
        if (!err)
            CHECK_INT(channel_try_next(items, &v), 0);
        return err;
    case JOB_SELECT:
        CHECK_INT(channel_try_send(items, &v), 0);
        if (channel_select(&err, SYN_ON_NEXT(items, &v), SYN_ON_TIME(syn_never())) < 0)
            CHECK_INT(channel_try_next(items, &v), 0);
        return err;
    case JOB_CALL:
        return at_once(1, &v);
    case JOB_FUTURE:
        return future_get(at_once_future(1), &v);
    case JOB_PROMISE:
        CHECK_INT(promise_new(number, &p, &f), 0);
        CHECK_INT(promise_complete(p, &v), 0);
        return future_get(f, &v);
    default:
        scope_spawn(&scope, at_once_future(1), NULL);
        return scope_join(&scope);
    }
}

BLOCKING(pool, int, busy_job, (int, kind))
{
    struct ints_channel items = ints(8);
    struct counts_channel numbers = counts();
    syn_err err = SYN_OK;

    CHECK_INT(channel_prefetch(numbers, 64), 0);
    while (!err) {
        err = one_wait((enum job_kind)kind, items, numbers);
        job_runs = true;
    }
    CHECK_INT(channel_close(items), 0);
    CHECK_INT(channel_close(numbers), 0);
    return job_fail(job, err);
}

static void X3_a_busy_job_is_cancelled(void)
{
    begin_in_real_time();
    for (int kind = 0; kind < N_JOB_KINDS; kind++) {
        struct busy_job_future f = busy_job_future(kind);
        syn_err err;

        spin_until(&job_runs);
        job_runs = false;
        err = future_cancel(f);
        if (err != SYN_ECANCELED)
            test_fail(__FILE__, __LINE__, "kind %d: %s", kind, syn_err_name(err));
    }
    finish(&demo);
    CHECK_INT(pool_stop(&pool, syn_never()), 0);
    CHECK_INT(pool_free(&pool), 0);
}

static void X4_a_busy_job_ends_at_its_deadline(void)
{
    begin_in_real_time();
    for (int kind = 0; kind < N_JOB_KINDS; kind++) {
        syn_err err = future_get_by(busy_job_future(kind), NULL, syn_after(0.005));

        if (err != SYN_ETIMEDOUT)
            test_fail(__FILE__, __LINE__, "kind %d: %s", kind, syn_err_name(err));
    }
    finish(&demo);
    CHECK_INT(pool_stop(&pool, syn_never()), 0);
    CHECK_INT(pool_free(&pool), 0);
}

static const struct test_case cases[] = {
    TEST(X1_a_busy_task_is_cancelled_by_a_thread),
    TEST(X1_a_busy_task_is_cancelled_on_its_own_loop),
    TEST(X4_a_busy_task_ends_at_its_deadline),
    TEST(X4_a_busy_task_ends_at_the_deadline_of_the_task_that_awaits_it),
    TEST(X3_a_busy_job_is_cancelled),
    TEST(X4_a_busy_job_ends_at_its_deadline),
    TEST(L2_a_busy_task_is_stopped),
};
TEST_MAIN_BOTH_MODES("busy", cases);

/* SPDX-License-Identifier: Apache-2.0
 *
 * What a producer can learn about its reader, before and after it completes a promise, and on
 * which thread a value dies that nobody reads. Virtual time, both modes.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

SYNCHRONIZER(demo);

static atomic_int n_destroyed;
static void destroy(char *text)
{
    n_destroyed++;
    free(text);
}

PROMISE(char *, text, DESTROY(destroy));

static struct text_future made(struct text_promise *out_promise)
{
    struct text_future f;

    CHECK_INT(promise_new(text, out_promise, &f), 0);
    CHECK_INT(promise_is_wanted(*out_promise), 1);
    return f;
}

/* What is not taken is kept for the next. */
static char *dear;

static syn_err complete(struct text_promise p)
{
    syn_err err;

    dear = dear ? dear : strdup("dear");
    err = promise_complete(p, &dear);
    if (!err)
        dear = NULL;
    return err;
}

/* Nobody can read it any more: said before, said after, and what was made is ours. */
static void check_unwanted(struct text_promise p)
{
    int destroyed = n_destroyed;

    CHECK_INT(promise_is_wanted(p), 0);
    CHECK_INT(complete(p), SYN_EUNWANTED);
    CHECK(strstr(syn_last_report()->message, "wanted_test.c:") != NULL);
    CHECK_INT(n_destroyed, destroyed);
    CHECK_STR(dear, "dear");
    CHECK_INT(promise_fail(p, SYN_EIO, NULL), SYN_EALREADY);
}

ASYNC(demo, void, reads, (struct text_future, f), SYN_LOCAL(char *, text))
{
    co_begin;
    co_try(self->f, &self->text);
    free(self->text);
    co_end;
}

static void P4_a_producer_learns_that_its_reader_is_gone(void)
{
    struct text_promise p;
    struct text_future f;
    struct text_shared s;
    char *text;

    begin();
    CHECK_INT(future_detach(made(&p)), 0);
    check_unwanted(p);
    CHECK_INT(future_cancel(made(&p)), SYN_ECANCELED);
    check_unwanted(p);
    CHECK_INT(future_get_by(made(&p), &text, syn_after(1.0)), SYN_ETIMEDOUT);
    check_unwanted(p);
    CHECK_INT(call_by(syn_after(1.0), reads(made(&p))), SYN_ETIMEDOUT);
    check_unwanted(p);
    CHECK_INT(future_share(made(&p), &s), 0);
    shared_release(s);
    check_unwanted(p);
    f = made(&p);
    CHECK_INT(future_wait_by(f, syn_after(1.0)), SYN_ETIMEDOUT);
    CHECK_INT(promise_is_wanted(p), 1); /* it is only waited for no more */
    CHECK_INT(future_detach(f), 0);
    check_unwanted(p);
    finish(&demo);
    done();
}

static void P4_a_reader_that_a_scope_let_go_is_gone(void)
{
    struct syn_scope scope = SYN_SCOPE;
    struct text_promise p = {0}, q = {0};
    char *a = NULL, *b = NULL;

    begin();
    CHECK_INT(scope_spawn(&scope, made(&p), &a), 0);
    CHECK_INT(scope_spawn(&scope, made(&q), &b), 0);
    CHECK_INT(promise_is_wanted(p), 1);
    CHECK_INT(promise_fail(p, SYN_EIO, "no"), 0);
    check_unwanted(q);
    CHECK_INT(scope_join(&scope), SYN_EIO);
    done();
}

static void P4_a_reader_that_comes_or_came_is_a_reader(void)
{
    struct text_promise p;
    struct text_future f = (begin(), made(&p));
    struct reads_future r;
    char *text = NULL;

    CHECK_INT(complete(p), 0);
    CHECK_INT(promise_is_wanted(p), 0); /* there is nothing more to make */
    CHECK_INT(future_get(f, &text), 0);
    CHECK_STR(text, "dear");
    free(text);
    CHECK_INT(promise_is_wanted(p), 0);
    r = reads_future(made(&p));
    CHECK_INT(promise_is_wanted(p), 1);
    CHECK_INT(complete(p), 0);
    CHECK_INT(future_get(r), 0);
    f = made(&p);
    CHECK_INT(complete(p), 0);
    CHECK_INT(future_get(f, NULL), 0); /* it did not want it, but it was there */
    CHECK_INT(n_destroyed, 1);
    memset(&p, 0, sizeof p);
    CHECK_INT(promise_is_wanted(p), 0);
    finish(&demo);
    done();
}

struct watch {
    struct text_promise p;
    struct text_future f;
    _Atomic(bool) waits;
};

static void waits(int number, void *argument)
{
    struct watch *w = argument;
    syn_err err;

    (void)number;
    w->waits = true;
    while ((err = future_wait(w->f)) == SYN_EBUSY) /* while the other looks whether we wait */
        sched_yield();
    CHECK_INT(err, 0);
}

/* A thread that only waits holds the promise, but cannot read it when it is used up. */
static void P4_a_thread_that_only_waits_is_no_reader(void)
{
    struct watch w = {.waits = false};
    struct crew_at_work *crew;

    begin_in_real_time();
    w.f = made(&w.p);
    crew = crew_start(1, waits, &w);
    spin_until(&w.waits);
    while (future_wait_by(w.f, syn_after(0)) != SYN_EBUSY)
        sched_yield();
    CHECK_INT(promise_is_wanted(w.p), 1);
    CHECK_INT(future_detach(w.f), 0);
    check_unwanted(w.p);
    crew_join(crew);
}

static void P4_a_failure_needs_a_code(void)
{
    struct text_promise p;
    struct text_future f = (begin(), made(&p));

    CHECK_INT(promise_fail(p, 0, NULL), 0);
    CHECK_INT(future_get(f, NULL), SYN_EINVAL);
    CHECK(strstr(syn_last_report()->message, "promise_fail was given 0") != NULL);
    done();
}

static pthread_t destroyer;

static void note(int value)
{
    (void)value;
    destroyer = pthread_self();
}

PROMISE(int, noted, DESTROY(note));

/* What was handed over and is not fetched dies where it is let go of. */
static void C11_a_value_is_destroyed_on_the_thread_that_lets_go_of_it(void)
{
    struct noted_promise p;
    struct noted_future f;

    begin();
    CHECK_INT(promise_new(noted, &p, &f), 0);
    CHECK_INT(promise_complete(p, &(int){3}), 0);
    CHECK_INT(future_detach(f), 0);
    CHECK(pthread_equal(destroyer, pthread_self()));
    done();
}

static const struct test_case cases[] = {
    TEST(P4_a_producer_learns_that_its_reader_is_gone),
    TEST(P4_a_reader_that_a_scope_let_go_is_gone),
    TEST(P4_a_reader_that_comes_or_came_is_a_reader),
    TEST(P4_a_thread_that_only_waits_is_no_reader),
    TEST(P4_a_failure_needs_a_code),
    TEST(C11_a_value_is_destroyed_on_the_thread_that_lets_go_of_it),
};
TEST_MAIN_BOTH_MODES("wanted", cases);

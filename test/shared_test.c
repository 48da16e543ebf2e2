/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared futures: many readers of every kind, and the end of the last reference.
 * Virtual time, both modes.
 */
#define _DEFAULT_SOURCE
#include "support/pool_rig.h"
#include "support/unobserved_rig.h"

SYNCHRONIZER(demo);
SYNCHRONIZER(other);

static atomic_int n_destroyed, n_cleaned;

static void destroy(char *text)
{
    n_destroyed++;
    free(text);
}

PROMISE(int, number);

ASYNC(demo, void, naps, (double, seconds))
{
    co_begin;
    co_sleep(self->seconds);
    co_end;
}

ASYNC(demo, int, square, (double, seconds), (int, x))
{
    co_begin;
    co_sleep(self->seconds);
    if (self->x < 0)
        co_fail(SYN_EIO, "negative");
    co_return(self->x * self->x);
    co_finally;
    n_cleaned++;
    co_end;
}

ASYNC(demo, char *, owned, (double, seconds), DESTROY(destroy))
{
    co_begin;
    co_sleep(self->seconds);
    co_return(strdup("owned"));
    co_end;
}

ASYNC(SYN_FREE, int, awaits, (struct square_future, f))
{
    co_begin;
    co_try(self->f, &self->result);
    co_return_result;
    co_end;
}

ASYNC(other, int, awaits_elsewhere, (struct square_future, f))
{
    co_begin;
    co_try(self->f, &self->result);
    co_return_result;
    co_end;
}

ASYNC(demo, int, awaits_at_home, (struct square_future, f))
{
    co_begin;
    co_try(self->f, &self->result);
    co_return_result;
    co_end;
}

ASYNC(other, void, idles, (double, seconds))
{
    co_begin;
    co_sleep(self->seconds);
    co_end;
}

struct meeting {
    struct square_shared shared;
    struct syn_mailbox *box;
    syn_err err;
    int value;
    atomic_int n_called;
};

static void arrives(void *user, syn_err err, int *result)
{
    struct meeting *meeting = user;

    CHECK_INT(err, meeting->err);
    CHECK(err ? result == NULL : *result == meeting->value);
    meeting->n_called++;
}

/* Each thread waits in its own way for the one result. */
static void reads(int number, void *argument)
{
    struct meeting *meeting = argument;
    struct square_future f;
    const int *peeked;
    int y = meeting->value;

    syn_shared_future(meeting->shared, &f);
    if (number % 6 == 0)
        CHECK_INT(shared_get(meeting->shared, &y), meeting->err);
    else if (number % 6 == 1)
        CHECK_INT(awaits_at_home(f, &y), meeting->err);
    else if (number % 6 == 2)
        CHECK_INT(awaits_elsewhere(f, &y), meeting->err);
    else if (number % 6 == 3)
        CHECK_INT(future_get(f, &y), meeting->err);
    else if (number % 6 == 4)
        CHECK_INT(future_then(f, &other, arrives, meeting), 0);
    else
        CHECK_INT(future_then(f, meeting->box, arrives, meeting), 0);
    CHECK_INT(y, meeting->value);
    if (number % 6 == 0)
        CHECK_INT(future_cancel(f), meeting->err); /* a copy: the others do not notice */
    CHECK_INT(shared_peek(meeting->shared, &peeked), meeting->err);
    CHECK(meeting->err || *peeked == meeting->value);
    shared_release(meeting->shared);
}

static void check_meeting(int x, syn_err err)
{
    enum { READERS = 24 };
    struct meeting meeting = {.err = err, .value = x * x};

    CHECK_INT(syn_mailbox_new(NULL, &meeting.box), 0);
    CHECK_INT(future_share(square_future(1.0, x), &meeting.shared), 0);
    for (int i = 1; i < READERS; i++)
        shared_retain(meeting.shared);
    crew_run(READERS, reads, &meeting);
    CHECK_INT(idles(1.0), 0); /* time passes when all callbacks have been called */
    CHECK_INT(meeting.n_called, READERS / 6);
    CHECK_INT(syn_mailbox_drain(meeting.box, 0), 0);
    CHECK_INT(meeting.n_called, 2 * (READERS / 6));
    syn_mailbox_release(meeting.box);
}

static void P3_threads_tasks_callbacks_and_mailboxes_read_one_result(void)
{
    begin();
    check_meeting(3, 0);
    check_meeting(-3, SYN_EIO);
    CHECK_INT(n_cleaned, 2);
    finish(&other);
    finish(&demo);
    done();
}

static void P3_it_may_be_read_again_and_by_whoever_comes_late(void)
{
    struct square_shared s;
    struct square_future f;
    const int *peeked;
    int y = 0;

    begin();
    CHECK_INT(future_share(square_future(1.0, 3), &s), 0);
    CHECK_INT(shared_get_by(s, &y, syn_after(0.5)), SYN_ETIMEDOUT);
    CHECK_INT(syn_last_origin(), SYN_BY_DEADLINE);
    CHECK_INT(now(), SECOND / 2);
    CHECK_INT(call_by(syn_after(0.25), shared_get(s, &y)), SYN_ETIMEDOUT);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(shared_get(s, &y), 0);
        CHECK_INT(y, 9);
        CHECK_INT(shared_get(s, NULL), 0);
        CHECK_INT(shared_peek(s, &peeked), 0);
        CHECK_INT(*peeked, 9);
        syn_shared_future(s, &f);
        CHECK_INT(future_get(f, &y), 0);
    }
    CHECK_INT(now(), SECOND);
    syn_shared_future(s, &f);
    shared_release(s);
    CHECK_INT(future_get(f, &y), 0); /* it has its own copy */
    finish(&demo);
    done();
}

static void P3_each_reader_of_a_failure_gets_the_whole_report(void)
{
    struct square_shared s;
    struct square_future f;
    int y = 0;

    begin();
    CHECK_INT(future_share(square_future(1.0, -3), &s), 0);
    syn_shared_future(s, &f);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(shared_get(s, &y), SYN_EIO);
        CHECK_SAYS("negative");
        CHECK_STR(syn_last_report()->sites[0].function, "square");
    }
    CHECK_INT(future_get(f, &y), SYN_EIO);
    CHECK_SAYS("negative");
    shared_release(s);
    finish(&demo);
    done();
}

/* Readers are told; only if there was none the hook is, once, and after the last let go. */
static void P7_a_shared_failure_that_nobody_looked_at_is_told(void)
{
    struct square_shared s;
    struct square_future f;
    const int *y;

    begin();
    unobserved[0] = '\0';
    syn_on_unobserved(note_unobserved, NULL);
    for (int looks = 0; looks < 3; looks++) {
        CHECK_INT(future_share(square_future(1.0, -3), &s), 0);
        syn_shared_retain(s);
        CHECK_INT(naps(2.0), 0);
        if (looks == 1)
            CHECK_INT(shared_peek(s, &y), SYN_EIO);
        if (looks == 2) {
            syn_shared_future(s, &f); /* a copy has the error, and is looked at or not */
            CHECK_INT(future_get(f, NULL), SYN_EIO);
        }
        shared_release(s);
        CHECK_STR(unobserved, "");
        shared_release(s);
        CHECK_STR(unobserved, looks == 0 ? "square negative" : "");
        unobserved[0] = '\0';
    }
    finish(&demo);
    done();
    CHECK_STR(unobserved, "");
}

static void P3_the_last_release_cancels_the_task(void)
{
    struct square_shared s;

    begin();
    CHECK_INT(future_share(square_future(100.0, 3), &s), 0);
    shared_retain(s);
    shared_release(s);
    CHECK_INT(shared_get_by(s, NULL, syn_after(1.0)), SYN_ETIMEDOUT);
    CHECK_INT(n_cleaned, 0);
    shared_release(s);
    finish(&demo);
    CHECK_INT(n_cleaned, 1);
    CHECK_INT(now(), SECOND);
    done();
}

static void C11_a_shared_result_that_owns_something_is_borrowed_and_dies_with_the_last(void)
{
    struct owned_shared s;
    struct owned_future f;
    char *const *peeked, *copy;

    begin();
    CHECK_INT(future_share(owned_future(1.0), &s), 0);
    syn_shared_future(s, &f);
    CHECK_INT(future_get(f, &copy), SYN_ENOTSUP);
    CHECK_INT(shared_get(s, &copy), SYN_ENOTSUP);
    CHECK_SAYS("shared_peek");
    CHECK_INT(shared_get(s, NULL), 0);
    CHECK_INT(shared_peek(s, &peeked), 0);
    CHECK_STR(*peeked, "owned");
    shared_retain(s);
    shared_release(s);
    CHECK_INT(n_destroyed, 0);
    shared_release(s);
    finish(&demo);
    CHECK_INT(n_destroyed, 1);
    done();
}

static void P3_a_shared_promise_is_completed_from_another_thread(void)
{
    struct number_promise p;
    struct number_future f, copy;
    struct number_shared s;
    int y = 0;

    begin();
    CHECK_INT(promise_new(number, &p, &f), 0);
    CHECK_INT(future_share(f, &s), 0);
    syn_shared_future(s, &copy);
    CHECK_INT(future_get_by(copy, &y, syn_after(1.0)), SYN_ETIMEDOUT);
    syn_shared_future(s, &copy);
    CHECK_INT(promise_complete(p, &(int){5}), 0);
    CHECK_INT(future_get(copy, &y), 0);
    CHECK_INT(y, 5);
    shared_release(s);
    CHECK_INT(promise_new(number, &p, &f), 0);
    CHECK_INT(future_share(f, &s), 0);
    shared_release(s); /* nobody is left to hear it */
    CHECK_INT(promise_complete(p, &y), SYN_EUNWANTED);
    CHECK_INT(promise_complete(p, &y), SYN_EALREADY);
    done();
}

ASYNC(demo, void, is_cancelled_reading, (struct square_shared, s), SYN_LOCAL(int, y),
      SYN_LOCAL(struct square_future, f))
{
    co_begin;
    syn_shared_future(self->s, &self->f);
    co_try(self->f, &self->y);
    co_end;
}

static void X3_a_reader_that_is_cancelled_leaves_the_others_alone(void)
{
    struct is_cancelled_reading_future reader;
    struct square_shared s;
    int y = 0;

    begin();
    CHECK_INT(future_share(square_future(2.0, 3), &s), 0);
    reader = is_cancelled_reading_future(s);
    CHECK_INT(shared_get_by(s, &y, syn_after(1.0)), SYN_ETIMEDOUT);
    CHECK_INT(future_cancel(reader), SYN_ECANCELED);
    CHECK_INT(now(), SECOND);
    CHECK_INT(shared_get(s, &y), 0);
    CHECK_INT(y, 9);
    shared_release(s);
    finish(&demo);
    done();
}

POOL(workers, .max_threads = 1);
static struct gate gate;

BLOCKING(workers, int, standing, (int, x))
{
    gate_pass(&gate);
    return x;
}

static void P3_the_last_release_withdraws_a_job(void)
{
    struct standing_future first;
    struct standing_shared s;
    int y;

    begin();
    gate_init(&gate);
    first = standing_future(1);
    gate_await(&gate, 1);
    CHECK_INT(future_share(standing_future(2), &s), 0);
    shared_release(s); /* which ends it in this call */
    CHECK_INT(pool_stats(&workers).queued, 0);
    gate_open(&gate);
    CHECK_INT(future_get(first, &y), 0);
    finish_pool(&workers);
    done();
}

static const struct test_case cases[] = {
    TEST(P3_threads_tasks_callbacks_and_mailboxes_read_one_result),
    TEST(P3_it_may_be_read_again_and_by_whoever_comes_late),
    TEST(P3_each_reader_of_a_failure_gets_the_whole_report),
    TEST(P7_a_shared_failure_that_nobody_looked_at_is_told),
    TEST(P3_the_last_release_cancels_the_task),
    TEST(P3_the_last_release_withdraws_a_job),
    TEST(C11_a_shared_result_that_owns_something_is_borrowed_and_dies_with_the_last),
    TEST(P3_a_shared_promise_is_completed_from_another_thread),
    TEST(X3_a_reader_that_is_cancelled_leaves_the_others_alone),
};
TEST_MAIN_BOTH_MODES("shared", cases);

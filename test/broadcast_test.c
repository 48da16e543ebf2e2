/* SPDX-License-Identifier: Apache-2.0
 *
 * Broadcasts and watched values: each observer gets all, in order; what is lost is counted, once.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"
#include "support/points.h"

#include <pthread.h>

#include <synchronicity/broadcast.h>
#include <synchronicity/testing.h>

SYN_BROADCAST(int, ints);

static struct ints_broadcast make(size_t keeps)
{
    struct ints_broadcast b;

    CHECK_INT(syn_broadcast_new(ints, keeps, &b), SYN_OK);
    return b;
}

static struct ints_observer observe(struct ints_broadcast b)
{
    struct ints_observer o;

    CHECK_INT(syn_broadcast_observe(b, &o), SYN_OK);
    return o;
}

static void check_next(struct ints_observer o, int expected, unsigned expected_missed)
{
    int item = -1;
    uint64_t missed = 99;

    CHECK_INT(syn_broadcast_next(o, &item, &missed), SYN_OK);
    CHECK_INT(item, expected);
    CHECK_INT(missed, expected_missed);
}

static void check_none(struct ints_observer o, syn_err expected)
{
    int item = -1;

    CHECK_INT(syn_broadcast_try_next(o, &item, NULL), expected);
    CHECK_INT(item, -1);
}

static void I11_each_observer_gets_all_that_comes_after_it(void)
{
    struct ints_broadcast b;
    struct ints_observer first, second;

    begin();
    b = make(8);
    first = observe(b);
    syn_broadcast_send(b, &(int){1});
    second = observe(b);
    syn_broadcast_send(b, &(int){2});
    check_next(first, 1, 0);
    check_next(second, 2, 0);
    check_none(second, SYN_EAGAIN);
    check_next(first, 2, 0);
    check_none(first, SYN_EAGAIN);
    syn_broadcast_leave(second);
    syn_broadcast_send(b, &(int){3});
    syn_broadcast_close(b);
    check_next(first, 3, 0); /* it outlives the close */
    check_none(first, SYN_EEND);
    CHECK_INT(syn_broadcast_next(first, &(int){0}, NULL), SYN_EEND);
    syn_broadcast_leave(first);
    finish(syn_default_synchronizer());
    done();
}

static void I11_what_is_lost_is_counted_once(void)
{
    struct ints_broadcast b;
    struct ints_observer o;

    begin();
    b = make(4);
    o = observe(b);
    for (int i = 1; i <= 4; i++)
        syn_broadcast_send(b, &i);
    check_next(o, 1, 0);
    for (int i = 5; i <= 14; i++)
        syn_broadcast_send(b, &i);
    check_next(o, 11, 9); /* 2 to 10 */
    check_next(o, 12, 0);
    check_next(o, 13, 0);
    check_next(o, 14, 0);
    check_none(o, SYN_EAGAIN);
    syn_broadcast_leave(o);
    syn_broadcast_close(b);
    finish(syn_default_synchronizer());
    done();
}

static void I11_a_watched_value_is_the_newest(void)
{
    struct ints_broadcast level;
    struct ints_observer o, late;
    int now = -1;

    begin();
    level = make(1);
    o = observe(level);
    CHECK_INT(syn_broadcast_latest(level, &now), SYN_EAGAIN);
    for (int i = 1; i <= 5; i++)
        syn_broadcast_send(level, &i);
    CHECK_INT(syn_broadcast_latest(level, &now), SYN_OK);
    CHECK_INT(now, 5);
    check_next(o, 5, 4);
    check_none(o, SYN_EAGAIN);
    late = observe(level);
    check_next(late, 5, 0); /* what is there already */
    syn_broadcast_leave(late);
    syn_broadcast_leave(o);
    syn_broadcast_close(level);
    finish(syn_default_synchronizer());
    done();
}

/* --- waiting --- */

ASYNC(SYN_FREE, int, sum_all, (struct ints_observer, o), SYN_LOCAL(int, item),
      SYN_LOCAL(int, sum), SYN_LOCAL(uint64_t, missed))
{
    co_begin;
    for (;;) {
        co_await(syn_broadcast_next_future(self->o, &self->item, &self->missed));
        if (co_status == SYN_EEND)
            break;
        if (co_status)
            co_fail(co_status);
        CHECK_INT(self->missed, 0);
        self->sum += self->item;
    }
    co_return(self->sum);
    co_end;
}

ASYNC(SYN_FREE, int, publish, (int, n), SYN_LOCAL(struct ints_broadcast, b), SYN_LOCAL(int, i),
      SYN_LOCAL(int, sum), SYN_LOCAL(int, total), SYN_LOCAL(struct ints_observer, o[40]),
      SYN_LOCAL(struct sum_all_future, f[40]))
{
    co_begin;
    self->b = make(2);
    for (self->i = 0; self->i < 40; self->i++) {
        self->o[self->i] = observe(self->b);
        self->f[self->i] = sum_all_future(self->o[self->i]);
    }
    for (self->i = 1; self->i <= self->n; self->i++) {
        co_sleep(1.0); /* all of them wait */
        syn_broadcast_send(self->b, &self->i);
    }
    syn_broadcast_close(self->b);
    for (self->i = 0; self->i < 40; self->i++) {
        co_try(self->f[self->i], &self->sum);
        self->total += self->sum;
        syn_broadcast_leave(self->o[self->i]);
    }
    co_return(self->total);
    co_end;
}

static void I11_tasks_wait_for_the_next_item(void)
{
    int total = 0;

    begin();
    CHECK_INT(publish(10, &total), SYN_OK);
    CHECK_INT(total, 40 * 55);
    finish(syn_default_synchronizer());
    done_after(512);
}

static void I11_a_close_ends_a_wait(void)
{
    static int item;
    struct ints_broadcast b;
    struct ints_observer o;
    struct syni_broadcast_next_future f;

    begin();
    b = make(2);
    o = observe(b);
    f = syn_broadcast_next_future(o, &item, NULL);
    CHECK_INT(future_wait_by(f, syn_after(1.0)), SYN_ETIMEDOUT);
    syn_broadcast_close(b);
    CHECK_INT(future_get(f), SYN_EEND);
    syn_broadcast_leave(o);
    finish(syn_default_synchronizer());
    done();
}

static void X3_a_wait_is_given_up_and_loses_nothing(void)
{
    static int item;
    struct ints_broadcast b;
    struct ints_observer o;
    struct syni_broadcast_next_future f;

    begin();
    b = make(2);
    o = observe(b);
    CHECK_INT(call_by(syn_after(1.0), syn_broadcast_next(o, &item, NULL)), SYN_ETIMEDOUT);
    f = syn_broadcast_next_future(o, &item, NULL);
    CHECK_INT(future_wait_by(f, syn_after(1.0)), SYN_ETIMEDOUT);
    CHECK_INT(syn_broadcast_next(o, &item, NULL), SYN_EBUSY);
    CHECK_INT(syn_broadcast_try_next(o, &item, NULL), SYN_EBUSY);
    CHECK_INT(future_cancel(f), SYN_ECANCELED);
    syn_broadcast_send(b, &(int){7});
    check_next(o, 7, 0);
    syn_broadcast_leave(o);
    syn_broadcast_close(b);
    finish(syn_default_synchronizer());
    done();
}

static void *sends_between(void *broadcast)
{
    AWAIT_HELD("broadcast_looked");
    syn_broadcast_send(*(struct ints_broadcast *)broadcast, &(int){7});
    syn_test_release("broadcast_looked");
    return NULL;
}

static void I11_an_item_that_comes_between_the_look_and_the_wish_is_not_slept_over(void)
{
    struct ints_broadcast b;
    struct ints_observer o;
    pthread_t thread;

    points_needed();
    begin();
    b = make(2);
    o = observe(b);
    CHECK_INT(syn_test_hold("broadcast_looked", 1), 0);
    CHECK_INT(pthread_create(&thread, NULL, sends_between, &b), 0);
    check_next(o, 7, 0);
    CHECK_INT(pthread_join(thread, NULL), 0);
    syn_broadcast_leave(o);
    syn_broadcast_close(b);
    finish(syn_default_synchronizer());
    done();
}

/* --- threads --- */

enum { SENDERS = 3, EACH = 3000 / TEST_SLOWNESS, OBSERVERS = 3 };

static void *send_many(void *argument)
{
    struct ints_broadcast *b = argument;

    for (int i = 1; i <= EACH; i++)
        syn_broadcast_send(*b, &i);
    return NULL;
}

/* What came and what was missed is all there was. */
static void *count_all(void *argument)
{
    struct ints_observer *o = argument;
    uint64_t seen = 0, missed = 0;
    int item;

    while (syn_broadcast_next(*o, &item, &missed) == SYN_OK)
        seen += 1 + missed;
    CHECK_INT(seen, SENDERS * EACH);
    syn_broadcast_leave(*o);
    return NULL;
}

static void I11_threads_lose_nothing_uncounted(void)
{
    pthread_t senders[SENDERS], threads[OBSERVERS];
    struct ints_observer o[OBSERVERS];
    struct ints_broadcast b;

    if (test_driving)
        TEST_SKIP("its threads block on the default synchronizer, which has no driving callers");
    b = make(16);
    for (int i = 0; i < OBSERVERS; i++) {
        o[i] = observe(b);
        CHECK_INT(pthread_create(&threads[i], NULL, count_all, &o[i]), 0);
    }
    for (int i = 0; i < SENDERS; i++)
        CHECK_INT(pthread_create(&senders[i], NULL, send_many, &b), 0);
    for (int i = 0; i < SENDERS; i++)
        CHECK_INT(pthread_join(senders[i], NULL), 0);
    syn_broadcast_close(b);
    for (int i = 0; i < OBSERVERS; i++)
        CHECK_INT(pthread_join(threads[i], NULL), 0);
    CHECK_INT(synchronizer_stop(syn_default_synchronizer(), syn_never()), SYN_OK);
    CHECK_INT(synchronizer_free(syn_default_synchronizer()), SYN_OK);
}

/* --- what is short --- */

static syn_err one_round(void)
{
    struct ints_broadcast b;
    struct ints_observer o;
    int item;
    syn_err err = syn_broadcast_new(ints, 2, &b);

    if (err)
        return err;
    err = syn_broadcast_observe(b, &o);
    if (!err) {
        err = call_by(syn_after(1.0), syn_broadcast_next(o, &item, NULL));
        syn_broadcast_leave(o);
    }
    syn_broadcast_close(b);
    return err == SYN_ETIMEDOUT ? SYN_OK : err;
}

static void T4_each_allocation_that_fails_is_an_error_and_leaves_nothing(void)
{
    struct ints_broadcast b;
    bool all_well = false;

    begin();
    CHECK_INT(syn_broadcast_new(ints, 0, &b), SYN_EINVAL);
    CHECK_INT(syn_broadcast_new(ints, SIZE_MAX / 2, &b), SYN_EINVAL);
    for (unsigned long n = 1; !all_well; n++) {
        syn_err err;

        CHECK(n < 200);
        syn_fault_set("alloc", n, 1, ENOMEM);
        err = one_round();
        all_well = syn_fault_hits() < n;
        CHECK(all_well ? !err : !err || err == SYN_ENOMEM);
        CHECK_INT(synchronizer_stop(syn_default_synchronizer(), syn_never()), SYN_OK);
        CHECK_INT(synchronizer_free(syn_default_synchronizer()), SYN_OK);
        CHECK_INT(syn_memory_use().outstanding, 1); /* the clock */
    }
    syn_fault_clear();
    done();
}

static const struct test_case cases[] = {
    TEST(I11_each_observer_gets_all_that_comes_after_it),
    TEST(I11_what_is_lost_is_counted_once),
    TEST(I11_a_watched_value_is_the_newest),
    TEST(I11_tasks_wait_for_the_next_item),
    TEST(I11_a_close_ends_a_wait),
    TEST(X3_a_wait_is_given_up_and_loses_nothing),
    TEST(I11_an_item_that_comes_between_the_look_and_the_wish_is_not_slept_over),
    TEST(I11_threads_lose_nothing_uncounted),
    TEST(T4_each_allocation_that_fails_is_an_error_and_leaves_nothing),
};
TEST_MAIN_BOTH_MODES("broadcast", cases);

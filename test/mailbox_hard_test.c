/* SPDX-License-Identifier: Apache-2.0
 *
 * Mailboxes: a million, threads that drain in turn, producers against a close. Both modes.
 */
#define _DEFAULT_SOURCE
#include "support/mailbox_rig.h"

static int n_beats;

ASYNC(demo, void, keeps_alive)
{
    co_begin;
    for (;;) {
        co_sleep(1.0);
        n_beats++;
    }
    co_end;
}

static void is_counted(void *user, syn_err err, int *value)
{
    (void)value;
    CHECK_INT(err, 0);
    ++*(int *)user;
}

ASYNC(demo, int, is_ready, (int, x))
{
    co_begin;
    co_return(self->x);
    co_end;
}

ASYNC(demo, void, floods, (struct syn_mailbox *, box), (int, n), (int *, count), SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < self->n; self->i++)
        co_then(is_ready_future(2), self->box, is_counted, self->count);
    co_end;
}

/* The host is blocked most of the time, and comes by for a few. */
static void M2_a_million_completions_stay_at_the_bound_and_the_loop_goes_on(void)
{
    enum { ALL = TEST_SLOWNESS > 1 ? 20000 : 1000000, ROOM = 64, FEW = 2000 };
    struct syn_mailbox_options options = {.capacity = ROOM};
    struct syn_mailbox *box = begin_box(&options);
    struct floods_future f;
    struct keeps_alive_future beat = keeps_alive_future();
    unsigned long before;
    int count = 0, looks = 0;

    CHECK_INT(naps(0.5), 0);
    before = syn_memory_use().outstanding;
    f = floods_future(box, ALL, &count);
    CHECK_INT(naps(100.0), 0); /* blocked */
    CHECK(n_beats >= 99);
    CHECK_INT(count, 0);
    while (count < ALL) {
        unsigned long now_out = syn_memory_use().outstanding;

        CHECK(now_out <= before + 4 * ROOM);
        CHECK(syn_mailbox_outstanding(box) <= ROOM);
        CHECK_INT(naps(0.001), 0);
        for (int i = 0; i < FEW && syn_mailbox_drain(box, 10) == SYN_EAGAIN; i++)
            ;
        looks++;
    }
    CHECK(looks >= ALL / (10 * FEW)); /* each was bounded */
    CHECK_INT(future_get(f), 0);
    CHECK_INT(future_cancel(beat), SYN_ECANCELED);
    end_box(box);
}

struct moving {
    struct syn_mailbox *box;
    struct heard heard;
    atomic_int left;
};

static void drains_some(int number, void *argument)
{
    struct moving *moving = argument;

    (void)number;
    while (moving->left > 0) {
        syn_mailbox_drain(moving->box, 3);
        moving->left = 300 - moving->heard.calls;
        usleep(10);
    }
}

static void counts_in_a_thread(void *user, syn_err err, int *value)
{
    CHECK_INT(err, 0);
    (void)value;
    ((struct moving *)user)->heard.calls++;
}

static void M2_draining_moves_from_thread_to_thread(void)
{
    struct moving moving = {.left = 300};
    struct heard heard = {.calls = 0};
    pthread_t last = pthread_self();
    struct crew_at_work *crew;

    moving.box = begin_box(NULL);
    CHECK_INT(future_then(square_future(0.0, 2), moving.box, hear, &heard), 0);
    CHECK_INT(naps(1.0), 0);
    CHECK_INT(syn_mailbox_drain(moving.box, 0), 0);
    CHECK(pthread_equal(heard.thread, last));
    for (int i = 0; i < 300; i++)
        CHECK_INT(future_then(square_future(0.0, 2), moving.box, counts_in_a_thread, &moving), 0);
    crew = crew_start(3, drains_some, &moving);
    crew_join(crew);
    CHECK_INT(moving.heard.calls, 300);
    end_box_after(moving.box, 512);
}

/* --- eight producers, and a close at any moment --- */

struct race {
    struct syn_mailbox *box;
    atomic_int registered, called;
    atomic_bool stop;
};

static void is_raced(void *user, syn_err err, int *value)
{
    CHECK_INT((err != 0) == (value == NULL), 1);
    ((struct race *)user)->called++;
}

static void item_is_raced(void *user, syn_err err, int *item)
{
    (void)item;
    if (err)
        ((struct race *)user)->called++;
}

static void complete_one(struct number_promise p, int number)
{
    if (number % 2)
        promise_complete(p, &number);
    else
        promise_fail(p, SYN_EIO, NULL);
}

static void race_one(struct race *race, int number)
{
    struct number_promise p;
    struct number_future f;
    struct ints_channel ch;

    CHECK_INT(promise_new(number, &p, &f), 0);
    if (future_then(f, race->box, is_raced, race) == 0)
        race->registered++;
    else
        future_detach(f);
    CHECK_INT(channel_new(ints, (size_t)(1 + number % 3), &ch), 0);
    if (channel_then(ch, race->box, item_is_raced, race) == 0)
        race->registered++;
    complete_one(p, number);
    for (int i = 0; i < 1 + number % 3; i++) /* the first may be served, the others flow */
        CHECK(channel_try_send(ch, &number) != SYN_EINVAL);
    channel_drop(ch);
}

static void produces_until_closed(int number, void *argument)
{
    struct race *race = argument;

    while (!race->stop)
        race_one(race, number);
}

static void M2_eight_producers_and_a_close_at_any_moment(void)
{
    enum { ROUNDS = 60 / TEST_SLOWNESS };
    struct syn_mailbox_options options = {.capacity = 32};

    begin();
    for (int i = 0; i < ROUNDS; i++) {
        struct race race = {.registered = 0};
        struct crew_at_work *crew;

        CHECK_INT(syn_mailbox_new(&options, &race.box), 0);
        CHECK(i % 2 || syn_mailbox_fd(race.box) >= 0);
        crew = crew_start(8, produces_until_closed, &race);
        for (int j = 0; j < i * 3; j++)
            syn_mailbox_drain(race.box, 5);
        if (i % 3)
            usleep((unsigned)i * 37 % 500);
        CHECK_INT(syn_mailbox_close(race.box), 0);
        race.stop = true;
        crew_join(crew);
        CHECK_INT(race.called, race.registered);
        CHECK_INT(syn_mailbox_outstanding(race.box), 0);
        syn_mailbox_release(race.box);
    }
    done_after(64 * 256);
}

static const struct test_case cases[] = {
    TEST(M2_a_million_completions_stay_at_the_bound_and_the_loop_goes_on),
    TEST(M2_draining_moves_from_thread_to_thread),
    TEST(M2_eight_producers_and_a_close_at_any_moment),
};

TEST_MAIN_BOTH_MODES("mailbox_hard", cases);

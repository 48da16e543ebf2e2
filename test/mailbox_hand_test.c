/* SPDX-License-Identifier: Apache-2.0
 *
 * Mailboxes: what a drain took for itself and has not called for yet, items that flow past the locks, and places that come as
 * a task is about to wait for one. Virtual time, both modes.
 */
#define _DEFAULT_SOURCE
#include "support/mailbox_rig.h"
#include "support/points.h"

struct inside {
    struct syn_mailbox *box;
    struct heard heard;
};

static void drains_the_rest(int number, void *argument)
{
    struct inside *in = argument;

    (void)number;
    CHECK(is_readable(in->box));
    CHECK_INT(syn_mailbox_drain(in->box, 1), SYN_EAGAIN);
    CHECK_INT(in->heard.value, 2);
    CHECK(is_readable(in->box));
    CHECK_INT(syn_mailbox_drain(in->box, 0), 0);
}

static void drains_here(void *user, syn_err err, int *value)
{
    CHECK_INT(err, 0);
    CHECK_INT(*value, 1);
    drains_the_rest(0, user);
    CHECK_INT(((struct inside *)user)->heard.calls, 2);
}

static void drains_there(void *user, syn_err err, int *value)
{
    CHECK_INT(err, 0);
    CHECK_INT(*value, 1);
    crew_join(crew_start(1, drains_the_rest, user));
    CHECK_INT(((struct inside *)user)->heard.calls, 2);
}

static void leaves_the_rest(void (*first)(void *user, syn_err err, int *value))
{
    struct inside in = {.box = begin_box(NULL)};
    struct number_promise p[3];
    struct number_future f;

    for (int i = 0; i < 3; i++) {
        CHECK_INT(promise_new(number, &p[i], &f), 0);
        if (i == 0)
            CHECK_INT(future_then(f, in.box, first, &in), 0);
        else
            CHECK_INT(future_then(f, in.box, hear, &in.heard), 0);
    }
    CHECK(!is_readable(in.box));
    for (int i = 0; i < 3; i++)
        CHECK_INT(promise_complete(p[i], &(int){i + 1}), 0);
    CHECK_INT(syn_mailbox_drain(in.box, 0), 0);
    CHECK_INT(in.heard.calls, 2);
    CHECK_INT(in.heard.value, 3);
    CHECK(!is_readable(in.box));
    end_box(in.box);
}

static void M2_what_a_drain_has_yet_to_call_is_there_for_one_inside_its_callback(void)
{
    leaves_the_rest(drains_here);
}

static void M2_what_a_drain_has_yet_to_call_is_there_for_another_thread(void)
{
    leaves_the_rest(drains_there);
}

static void M2_a_place_that_comes_as_a_task_begins_to_wait_for_one_is_the_tasks(void)
{
    struct heard heard = {.calls = 0}, first = {.calls = 0};
    struct syn_mailbox *box = begin_box(&(struct syn_mailbox_options){.capacity = 2});
    struct produces_future f;
    struct number_promise p[2];
    struct number_future number;

    points_needed();
    for (int i = 0; i < 2; i++) {
        CHECK_INT(promise_new(number, &p[i], &number), 0);
        CHECK_INT(future_then(number, box, hear, &first), 0);
    }
    CHECK_INT(syn_test_hold("mailbox_full", 1), 0);
    f = produces_future(box, 1, &heard);
    AWAIT_HELD("mailbox_full");
    CHECK_INT(promise_complete(p[0], &(int){7}), 0);
    CHECK_INT(syn_mailbox_drain(box, 0), 0);
    syn_test_release("mailbox_full");
    CHECK_INT(future_get(f), 0);
    CHECK_INT(syn_mailbox_outstanding(box), 2);
    CHECK_INT(promise_complete(p[1], &(int){8}), 0);
    CHECK_INT(naps(1.0), 0);
    CHECK_INT(syn_mailbox_drain(box, 0), 0);
    CHECK_INT(heard.calls + first.calls, 3);
    end_box(box);
}

struct registers {
    struct syn_mailbox *box;
    struct number_future future;
    struct heard heard;
};

static void registers(int number, void *argument)
{
    struct registers *r = argument;

    (void)number;
    CHECK_INT(future_then(r->future, r->box, hear, &r->heard), 0);
}

static void M2_a_place_that_comes_as_a_thread_looks_for_one_is_found(void)
{
    struct registers r = {.box = begin_box(&(struct syn_mailbox_options){.capacity = 2})};
    struct heard others = {.calls = 0};
    struct number_promise p[3];
    struct number_future f[3];
    struct crew_at_work *crew;

    points_needed();
    for (int i = 0; i < 3; i++)
        CHECK_INT(promise_new(number, &p[i], &f[i]), 0);
    CHECK_INT(future_then(f[0], r.box, hear, &others), 0);
    r.future = f[2];
    CHECK_INT(syn_test_hold("mailbox_places", 1), 0);
    crew = crew_start(1, registers, &r);
    AWAIT_HELD("mailbox_places");
    CHECK_INT(future_then(f[1], r.box, hear, &others), 0); /* the last place that was never used */
    for (int i = 0; i < 2; i++)
        CHECK_INT(promise_complete(p[i], &(int){i}), 0);
    CHECK_INT(syn_mailbox_drain(r.box, 0), 0);
    CHECK_INT(others.calls, 2);
    syn_test_release("mailbox_places");
    crew_join(crew);
    CHECK_INT(promise_complete(p[2], &(int){7}), 0);
    CHECK_INT(syn_mailbox_drain(r.box, 0), 0);
    CHECK_INT(r.heard.value, 7);
    end_box(r.box);
}

/* --- items that flow: a drain calls for several in a row, without listing the channel anew --- */

static void count_a_tell(void *user)
{
    ++*(atomic_int *)user;
}

/* A channel with N items, which HEARD hears from BOX. */
static struct ints_channel full_channel(struct syn_mailbox *box, int n, struct heard_items *heard)
{
    struct ints_channel ch;

    CHECK_INT(channel_new(ints, 64, &ch), 0);
    CHECK_INT(channel_then(ch, box, hear_item, heard), 0);
    for (int i = 0; i < n; i++)
        CHECK_INT(channel_send(ch, &i), 0);
    return ch;
}

static void M2_a_drain_takes_what_flows_and_gives_each_channel_its_turn(void)
{
    enum { EACH = 60, TURN = 16 };
    atomic_int tells = 0;
    struct syn_mailbox *box = begin_box(&(struct syn_mailbox_options){.on_mail = count_a_tell, .user = &tells});
    bool counts = syn_test_hold("mail_listed", 1000000) != SYN_ENOTSUP;
    struct heard_items a = {.n = 0}, b = {.n = 0};
    struct ints_channel of_a = full_channel(box, EACH, &a), of_b = full_channel(box, EACH, &b);

    CHECK(is_readable(box));
    CHECK_INT(tells, 1);
    CHECK_INT(syn_mailbox_drain(box, 3), SYN_EAGAIN); /* three, and the host learns that there is more */
    CHECK_INT(a.n, 3);
    CHECK_INT(tells, 2);
    CHECK(is_readable(box));
    CHECK_INT(syn_mailbox_drain(box, 2 * TURN), SYN_EAGAIN); /* the other one is first by now */
    CHECK_INT(b.n, TURN);
    CHECK_INT(a.n, 3 + TURN);
    CHECK_INT(tells, 3);
    CHECK_INT(syn_mailbox_drain(box, 0), 0);
    CHECK_INT(a.n + b.n, 2 * EACH);
    CHECK_INT(a.sum + b.sum, EACH * (EACH - 1));
    CHECK(!counts || syn_test_passes("mail_listed") <= 4 + 2 * EACH / TURN + 4);
    syn_test_delay_clear();
    CHECK_INT(channel_end(of_a), 0);
    CHECK_INT(channel_end(of_b), 0);
    CHECK_INT(syn_mailbox_drain(box, 0), 0);
    CHECK_INT(a.ended + b.ended, 2);
    channel_drop(of_a);
    channel_drop(of_b);
    end_box(box);
}

struct brings {
    struct heard_items items;
    struct number_promise promise;
    int at, when; /* the item at which it completes PROMISE, and how many there were as that was called for */
};

static void brings_a_result(void *user, syn_err err, int *item)
{
    struct brings *brings = user;

    hear_item(&brings->items, err, item);
    if (item && *item == brings->at)
        CHECK_INT(promise_complete(brings->promise, &(int){7}), 0);
}

static void notes_when(void *user, syn_err err, int *value)
{
    struct brings *brings = user;

    CHECK_INT(err, 0);
    CHECK_INT(*value, 7);
    brings->when = brings->items.n;
}

/* Alone it has turn after turn, and is listed again at the end only; but what comes meanwhile has its turn. */
static void M2_a_channel_that_is_alone_goes_on_until_something_else_comes(void)
{
    enum { ALL = 60, TURN = 16, AT = 20 };
    struct brings brings = {.at = AT};
    struct syn_mailbox *box = begin_box(NULL);
    struct number_future f;
    struct ints_channel ch;
    bool counts;

    CHECK_INT(promise_new(number, &brings.promise, &f), 0);
    CHECK_INT(future_then(f, box, notes_when, &brings), 0);
    CHECK_INT(channel_new(ints, 64, &ch), 0);
    CHECK_INT(channel_then(ch, box, brings_a_result, &brings), 0);
    for (int i = 0; i < ALL; i++)
        CHECK_INT(channel_send(ch, &i), 0);
    counts = syn_test_hold("mail_listed", 1000000) != SYN_ENOTSUP;
    CHECK_INT(syn_mailbox_drain(box, 0), 0);
    CHECK_INT(brings.items.n, ALL);
    CHECK_INT(brings.items.sum, ALL * (ALL - 1) / 2);
    CHECK_INT(brings.when, 2 * TURN);
    CHECK(!counts || syn_test_passes("mail_listed") <= 2); /* as the result came, and at the end */
    syn_test_delay_clear();
    CHECK_INT(syn_mailbox_close(box), 0);
    channel_drop(ch);
    end_box(box);
}

/* The host is told of what a drain of one channel leaves, though that alone had come. */
static void M2_a_drain_that_stops_in_a_channel_tells_of_the_rest(void)
{
    atomic_int tells = 0;
    struct syn_mailbox *box = begin_box(&(struct syn_mailbox_options){.on_mail = count_a_tell, .user = &tells});
    struct heard_items heard = {.n = 0};
    struct ints_channel ch = full_channel(box, 40, &heard);

    for (int i = 1; i <= 3; i++) {
        CHECK_INT(tells, i);
        CHECK(is_readable(box));
        CHECK_INT(syn_mailbox_drain(box, 13), SYN_EAGAIN);
        CHECK_INT(heard.n, 13 * i);
    }
    CHECK_INT(syn_mailbox_drain(box, 13), 0);
    CHECK_INT(tells, 4);
    CHECK(!is_readable(box));
    CHECK_INT(heard.n, 40);
    CHECK_INT(syn_mailbox_close(box), 0);
    CHECK_INT(heard.ended, 1);
    channel_drop(ch);
    end_box(box);
}

struct closes {
    struct heard_items heard;
    struct syn_mailbox *box;
    int at;
};

static void closes_at(void *user, syn_err err, int *item)
{
    struct closes *closes = user;

    hear_item(&closes->heard, err, item);
    if (item && *item == closes->at)
        CHECK_INT(syn_mailbox_close(closes->box), 0);
}

static void M2_a_callback_that_closes_has_no_item_more(void)
{
    struct closes closes = {.at = 7, .box = begin_box(NULL)};
    struct ints_channel ch;

    CHECK_INT(channel_new(ints, 64, &ch), 0);
    CHECK_INT(channel_then(ch, closes.box, closes_at, &closes), 0);
    for (int i = 0; i < 40; i++)
        CHECK_INT(channel_send(ch, &i), 0);
    CHECK_INT(syn_mailbox_drain(closes.box, 0), SYN_ECLOSED);
    CHECK_INT(closes.heard.n, 8);
    CHECK_INT(closes.heard.ended, 1);
    CHECK_INT(closes.heard.err, SYN_ECANCELED);
    channel_drop(ch);
    end_box(closes.box);
}

static const struct test_case cases[] = {
    TEST(M2_what_a_drain_has_yet_to_call_is_there_for_one_inside_its_callback),
    TEST(M2_what_a_drain_has_yet_to_call_is_there_for_another_thread),
    TEST(M2_a_place_that_comes_as_a_task_begins_to_wait_for_one_is_the_tasks),
    TEST(M2_a_place_that_comes_as_a_thread_looks_for_one_is_found),
    TEST(M2_a_drain_takes_what_flows_and_gives_each_channel_its_turn),
    TEST(M2_a_channel_that_is_alone_goes_on_until_something_else_comes),
    TEST(M2_a_drain_that_stops_in_a_channel_tells_of_the_rest),
    TEST(M2_a_callback_that_closes_has_no_item_more),
};

TEST_MAIN_BOTH_MODES("mailbox_hand", cases);

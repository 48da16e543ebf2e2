/* SPDX-License-Identifier: Apache-2.0
 *
 * Mailboxes: what is legal inside a callback, and what would wait for itself. Virtual time, both modes.
 */
#define _DEFAULT_SOURCE
#include "support/mailbox_rig.h"
#include "support/points.h"

/* --- inside a callback --- */

ASYNC(demo, void, awaits_producer, (struct syn_mailbox *, box), (struct heard *, heard))
{
    co_begin;
    co_try(produces_future(self->box, 10, self->heard));
    co_end;
}

struct inside {
    struct syn_mailbox *box;
    struct heard heard;
    int calls;
    syn_err err;
    int depth, deepest;
    struct produces_future producer;
    struct awaits_producer_future outer;
    struct ints_channel ints;
};

static void drains_again(void *user, syn_err err, int *value)
{
    struct inside *in = user;

    (void)value;
    CHECK_INT(err, 0);
    in->calls++;
    in->depth++;
    if (in->depth > in->deepest)
        in->deepest = in->depth;
    if (in->depth < 3)
        syn_mailbox_drain(in->box, 0);
    in->depth--;
}

static void M2_a_callback_may_drain(void)
{
    struct inside in = {.box = begin_box(NULL)};

    for (int i = 0; i < 9; i++)
        CHECK_INT(future_then(square_future(0.0, 2), in.box, drains_again, &in), 0);
    CHECK_INT(naps(1.0), 0);
    CHECK_INT(syn_mailbox_drain(in.box, 0), 0);
    CHECK_INT(in.calls, 9);
    CHECK_INT(in.deepest, 3);
    end_box(in.box);
}

static void asks_again(void *user, syn_err err, int *value)
{
    struct inside *in = user;

    (void)value;
    CHECK_INT(err, 0);
    if (++in->calls < 50)
        CHECK_INT(future_then(square_future(0.0, 2), in->box, asks_again, in), 0);
}

/* The place of the one that is called is free by then. */
static void M2_a_callback_may_register_though_there_is_room_for_one(void)
{
    struct syn_mailbox_options options = {.capacity = 1};
    struct inside in = {.box = begin_box(&options)};

    CHECK_INT(future_then(square_future(0.0, 2), in.box, asks_again, &in), 0);
    while (in.calls < 50) {
        CHECK_INT(naps(1.0), 0);
        syn_mailbox_drain(in.box, 0);
    }
    end_box(in.box);
}

static void closes_and_releases(void *user, syn_err err, int *value)
{
    struct inside *in = user;

    (void)err;
    (void)value;
    if (++in->calls > 1)
        return;
    CHECK_INT(syn_mailbox_close(in->box), 0);
    CHECK_INT(in->calls, 4); /* the others were told inside */
    syn_mailbox_release(in->box);
}

static void M2_a_callback_may_close_and_release(void)
{
    struct inside in = {.box = begin_box(NULL)};

    CHECK(syn_mailbox_fd(in.box) >= 0);
    for (int i = 0; i < 4; i++)
        CHECK_INT(future_then(square_future(i * 60.0, 2), in.box, closes_and_releases, &in), 0);
    CHECK_INT(naps(1.0), 0);
    CHECK_INT(syn_mailbox_drain(in.box, 0), SYN_ECLOSED);
    CHECK_INT(in.calls, 4);
    CHECK_INT(naps(1.0), 0);
    finish(&demo);
    done();
}

static void closes_the_channel(void *user, syn_err err, int *item)
{
    struct heard_items *heard = user;

    hear_item(user, err, item);
    if (item)
        channel_drop(heard->channel);
}

static void M2_a_callback_may_close_the_channel(void)
{
    struct heard_items heard = {.n = 0};
    struct syn_mailbox *box = begin_box(NULL);

    heard.channel = count(5);
    CHECK_INT(channel_then(heard.channel, box, closes_the_channel, &heard), 0);
    while (!heard.ended) {
        CHECK_INT(naps(1.0), 0);
        syn_mailbox_drain(box, 1);
    }
    CHECK_INT(heard.n, 1);
    CHECK_INT(heard.err, SYN_ECLOSED);
    end_box(box);
}

static void closes_with_items(void *user, syn_err err, int *item)
{
    struct inside *in = user;

    in->err = err;
    if (!item)
        return;
    in->calls++;
    CHECK_INT(syn_mailbox_close(in->box), 0);
}

static void M2_a_callback_may_close_the_mailbox_of_its_channel(void)
{
    struct inside in = {.box = begin_box(NULL)};
    struct ints_channel ch;

    CHECK_INT(channel_new(ints, 4, &ch), 0);
    CHECK_INT(channel_then(ch, in.box, closes_with_items, &in), 0);
    for (int i = 0; i < 4; i++)
        CHECK_INT(channel_send(ch, &i), 0);
    CHECK_INT(syn_mailbox_drain(in.box, 0), SYN_ECLOSED);
    CHECK_INT(in.calls, 1);
    CHECK_INT(in.err, SYN_ECANCELED);
    channel_drop(ch);
    end_box(in.box);
}

static void sends_on(void *user, syn_err err, int *item)
{
    syn_err sent = item ? channel_try_send(*(struct ints_channel *)user, item) : err;

    CHECK(sent == SYN_OK || sent == SYN_ECLOSED);
}

/* Each callback finds the next item there already, and asks for it ahead of what came meanwhile. */
static void M1_a_channel_that_is_never_empty_keeps_no_result_waiting(void)
{
    struct heard heard = {.calls = 0};
    struct syn_mailbox *box = begin_box(NULL);
    struct number_promise p;
    struct number_future f;
    struct ints_channel ch;

    CHECK_INT(promise_new(number, &p, &f), 0);
    CHECK_INT(channel_new(ints, 1, &ch), 0);
    CHECK_INT(future_then(f, box, hear, &heard), 0);
    CHECK_INT(channel_then(ch, box, sends_on, &ch), 0);
    CHECK_INT(channel_send(ch, &(int){1}), 0);
    CHECK_INT(syn_mailbox_drain(box, 1), SYN_EAGAIN);
    CHECK_INT(promise_complete(p, &(int){7}), 0);
    for (int i = 0; i < 3; i++)
        CHECK_INT(syn_mailbox_drain(box, 1), SYN_EAGAIN);
    CHECK_INT(heard.calls, 1);
    CHECK_INT(heard.value, 7);
    channel_drop(ch);
    while (syn_mailbox_drain(box, 0) == SYN_EAGAIN)
        ;
    end_box(box);
}

/* A loop inside a callback, which knows only what it is told. */
struct nested {
    struct syn_mailbox *box;
    atomic_int told;
    int calls;
};

static void note_told(void *user)
{
    ((struct nested *)user)->told = 1;
}

static void counts_nested(void *user, syn_err err, int *value)
{
    CHECK_INT(err, 0);
    (void)value;
    ((struct nested *)user)->calls++;
}

static void runs_a_loop(void *user, syn_err err, int *value)
{
    struct nested *nested = user;

    counts_nested(user, err, value);
    while (nested->calls < 5) {
        CHECK(atomic_exchange(&nested->told, 0)); /* or it would hang */
        syn_mailbox_drain(nested->box, 2);
    }
}

static void M2_a_loop_inside_a_callback_is_told_of_what_is_left(void)
{
    struct nested nested = {.calls = 0};
    struct syn_mailbox_options options = {.on_mail = note_told, .user = &nested};
    struct number_promise p[5];
    struct number_future f;

    nested.box = begin_box(&options);
    for (int i = 0; i < 5; i++) {
        CHECK_INT(promise_new(number, &p[i], &f), 0);
        CHECK_INT(future_then(f, nested.box, i == 0 ? runs_a_loop : counts_nested, &nested), 0);
    }
    for (int i = 0; i < 5; i++)
        CHECK_INT(promise_complete(p[i], &i), 0);
    CHECK(atomic_exchange(&nested.told, 0));
    CHECK_INT(syn_mailbox_drain(nested.box, 0), 0);
    CHECK_INT(nested.calls, 5);
    end_box(nested.box);
}

/* --- what would wait for its own drain --- */

static void waits_for_producer(void *user, syn_err err, int *value)
{
    struct inside *in = user;

    (void)err;
    (void)value;
    if (in->calls++ > 0)
        return;
    in->err = future_get(in->producer);
    if (in->err)
        syn_report_text(syn_last_report(), in->heard.text, sizeof in->heard.text);
}

/* The producer waits for room already, or comes to. */
static void deadlock_by_room(double nap)
{
    struct syn_mailbox_options options = {.name = "ui", .capacity = 1};
    struct inside in = {.box = begin_box(&options)};

    CHECK_INT(future_then(square_future(0.0, 2), in.box, waits_for_producer, &in), 0);
    CHECK_INT(naps(0.5), 0);
    in.producer = produces_future(in.box, 10, &in.heard);
    CHECK_INT(naps(nap), 0);
    syn_mailbox_drain(in.box, 1);
    CHECK_INT(in.calls, 1);
    CHECK_INT(in.err, SYN_EDEADLK);
    CHECK(strstr(in.heard.text, "drains of the mailbox 'ui'") != NULL);
    CHECK(strstr(in.heard.text, "waits for produces") != NULL);
    CHECK_INT(naps(1.0), 0);
    syn_mailbox_drain(in.box, 0);
    end_box(in.box);
}

static void M2_waiting_in_a_callback_for_a_task_that_waits_for_its_drain_is_an_error(void)
{
    deadlock_by_room(1.0);
}

static void M2_so_is_waiting_for_a_task_that_comes_to_wait_for_it(void)
{
    deadlock_by_room(0.0);
}

static void calls_producer(void *user, syn_err err, int *value)
{
    struct inside *in = user;

    (void)err;
    (void)value;
    if (in->calls++ == 0)
        in->err = produces(in->box, 10, &in->heard);
}

static void one_call_is_refused(struct inside *in)
{
    syn_mailbox_drain(in->box, 1);
    CHECK_INT(in->calls, 1);
    CHECK_INT(in->err, SYN_EDEADLK);
    CHECK_INT(naps(1.0), 0);
    syn_mailbox_drain(in->box, 0);
}

static void M2_so_is_calling_what_comes_to_wait_for_it(void)
{
    struct syn_mailbox_options options = {.name = "ui", .capacity = 1};
    struct inside in = {.box = begin_box(&options)};

    CHECK_INT(future_then(square_future(0.0, 2), in.box, calls_producer, &in), 0);
    CHECK_INT(naps(1.0), 0);
    one_call_is_refused(&in);
    end_box(in.box);
}

static void waits_for_outer(void *user, syn_err err, int *value)
{
    struct inside *in = user;

    (void)err;
    (void)value;
    if (in->calls++ == 0)
        in->err = future_get(in->outer);
}

static void M2_waiting_for_a_task_that_awaits_such_a_task_is_one_too(void)
{
    struct syn_mailbox_options options = {.name = "ui", .capacity = 1};
    struct inside in = {.box = begin_box(&options)};

    CHECK_INT(future_then(square_future(0.0, 2), in.box, waits_for_outer, &in), 0);
    CHECK_INT(naps(1.0), 0);
    in.outer = awaits_producer_future(in.box, &in.heard);
    CHECK_INT(naps(1.0), 0);
    one_call_is_refused(&in);
    end_box(in.box);
}

static void sends_to_itself(void *user, syn_err err, int *item)
{
    struct inside *in = user;

    if (err || in->calls++ > 0)
        return;
    CHECK(item != NULL);
    in->err = channel_send(in->ints, &(int){1});
    if (!in->err)
        in->err = channel_send(in->ints, &(int){2}); /* there is room for one */
    CHECK_SAYS("the mailbox");
}

static void M2_sending_to_the_channel_of_its_own_drain_is_one_if_there_is_no_room(void)
{
    struct inside in = {.box = begin_box(NULL)};

    CHECK_INT(channel_new(ints, 1, &in.ints), 0);
    CHECK_INT(channel_then(in.ints, in.box, sends_to_itself, &in), 0);
    CHECK_INT(channel_send(in.ints, &(int){0}), 0);
    CHECK_INT(syn_mailbox_drain(in.box, 1), SYN_EAGAIN);
    CHECK_INT(in.calls, 1);
    CHECK_INT(in.err, SYN_EDEADLK);
    channel_drop(in.ints);
    CHECK_INT(syn_mailbox_drain(in.box, 1), SYN_EAGAIN); /* the item that it held */
    CHECK_INT(syn_mailbox_drain(in.box, 1), 0);
    end_box(in.box);
}

static void calls_and_gets(void *user, syn_err err, int *value)
{
    struct inside *in = user;
    int y = 0;

    (void)err;
    (void)value;
    CHECK_INT(square(1.0, 5, &y), 0);
    CHECK_INT(y, 25);
    CHECK_INT(future_get(twice_future(5), &y), 0);
    CHECK_INT(y, 10);
    in->calls++;
}

static void M2_a_callback_may_block_on_what_needs_no_drain(void)
{
    struct inside in = {.box = begin_box(NULL)};

    CHECK_INT(future_then(square_future(0.0, 2), in.box, calls_and_gets, &in), 0);
    CHECK_INT(naps(1.0), 0);
    CHECK_INT(syn_mailbox_drain(in.box, 1), 0);
    CHECK_INT(in.calls, 1);
    end_box(in.box);
}

static void drains_nothing(int number, void *of)
{
    (void)number;
    CHECK_INT(syn_mailbox_drain(of, 0), 0);
}

/* It found nothing, and empties the descriptor, which says already what came since. */
static void M1_what_comes_as_a_drain_ends_is_seen_at_the_descriptor(void)
{
    struct syn_mailbox *box = begin_box(NULL);
    struct heard heard = {.calls = 0};
    struct number_promise promise;
    struct number_future future;
    struct crew_at_work *crew;
    int y = 5;

    points_needed();
    CHECK(!is_readable(box));
    CHECK_INT(promise_new(number, &promise, &future), 0);
    CHECK_INT(future_then(future, box, hear, &heard), 0);
    CHECK_INT(syn_test_hold("mailbox_empties", 1), 0);
    crew = crew_start(1, drains_nothing, box);
    AWAIT_HELD("mailbox_empties");
    CHECK_INT(promise_complete(promise, &y), 0);
    CHECK(is_readable(box));
    syn_test_release("mailbox_empties");
    crew_join(crew);
    CHECK(is_readable(box));
    CHECK_INT(syn_mailbox_drain(box, 0), 0);
    CHECK_INT(heard.value, 5);
    CHECK(!is_readable(box));
    end_box(box);
}

static const struct test_case cases[] = {
    TEST(M1_what_comes_as_a_drain_ends_is_seen_at_the_descriptor),
    TEST(M2_a_callback_may_drain),
    TEST(M2_a_callback_may_register_though_there_is_room_for_one),
    TEST(M2_a_callback_may_close_and_release),
    TEST(M2_a_callback_may_close_the_channel),
    TEST(M2_a_callback_may_close_the_mailbox_of_its_channel),
    TEST(M1_a_channel_that_is_never_empty_keeps_no_result_waiting),
    TEST(M2_a_loop_inside_a_callback_is_told_of_what_is_left),
    TEST(M2_waiting_in_a_callback_for_a_task_that_waits_for_its_drain_is_an_error),
    TEST(M2_so_is_waiting_for_a_task_that_comes_to_wait_for_it),
    TEST(M2_so_is_calling_what_comes_to_wait_for_it),
    TEST(M2_waiting_for_a_task_that_awaits_such_a_task_is_one_too),
    TEST(M2_sending_to_the_channel_of_its_own_drain_is_one_if_there_is_no_room),
    TEST(M2_a_callback_may_block_on_what_needs_no_drain),
};

TEST_MAIN_BOTH_MODES("mailbox_inside", cases);

/* SPDX-License-Identifier: Apache-2.0
 *
 * Mailboxes: what comes out of them, how the host is told, the bound. Virtual time, both modes.
 */
#define _DEFAULT_SOURCE
#include "support/mailbox_rig.h"

/* --- what comes out --- */

static void M1_the_result_of_a_future_comes_out_of_a_drain(void)
{
    struct heard heard = {.calls = 0};
    struct syn_mailbox *box = begin_box(NULL);

    CHECK_INT(future_then(square_future(1.0, 3), box, hear, &heard), 0);
    CHECK_INT(syn_mailbox_outstanding(box), 1);
    CHECK_INT(naps(2.0), 0);
    CHECK_INT(heard.calls, 0); /* nowhere else */
    CHECK_INT(syn_mailbox_drain(box, 0), 0);
    CHECK_INT(heard.calls, 1);
    CHECK_INT(heard.err, 0);
    CHECK_INT(heard.value, 9);
    CHECK(pthread_equal(heard.thread, pthread_self()));
    CHECK_INT(syn_mailbox_outstanding(box), 0);
    end_box(box);
}

static void M1_one_that_is_there_already_is_not_called_inside_the_registration(void)
{
    struct heard heard = {.calls = 0};
    struct syn_mailbox *box = begin_box(NULL);
    struct square_future f = square_future(0.0, 5);

    CHECK_INT(future_wait(f), 0);
    CHECK_INT(future_then(f, box, hear, &heard), 0);
    CHECK_INT(heard.calls, 0);
    CHECK_INT(future_get(f, NULL), SYN_ECONSUMED);
    CHECK_INT(syn_mailbox_drain(box, 0), 0);
    CHECK_INT(heard.calls, 1);
    CHECK_INT(heard.value, 25);
    end_box(box);
}

static void M1_an_error_comes_with_its_message_and_trace(void)
{
    struct heard heard = {.calls = 0};
    struct syn_mailbox *box = begin_box(NULL);

    CHECK_INT(future_then(square_future(1.0, -3), box, hear, &heard), 0);
    CHECK_INT(naps(2.0), 0);
    CHECK_INT(syn_mailbox_drain(box, 0), 0);
    CHECK_INT(heard.err, SYN_EIO);
    CHECK_INT(heard.origin, SYN_BY_TASK);
    CHECK(strstr(heard.text, "there is no such square") != NULL);
    CHECK(strstr(heard.text, "in square (") != NULL);
    end_box(box);
}

static void M1_a_promise_and_a_job_come_without_a_loop(void)
{
    struct heard of_promise = {.calls = 0}, of_job = {.calls = 0};
    struct syn_mailbox *box = begin_box(NULL);
    struct number_promise p;
    struct number_future f;
    struct pollfd fds[1] = {{.fd = syn_mailbox_fd(box), .events = POLLIN}};

    CHECK_INT(promise_new(number, &p, &f), 0);
    CHECK_INT(future_then(f, box, hear, &of_promise), 0);
    CHECK_INT(future_then(twice_future(4), box, hear, &of_job), 0);
    CHECK_INT(poll(fds, 1, 10000), 1); /* the job */
    CHECK_INT(syn_mailbox_drain(box, 0), 0);
    CHECK_INT(of_job.value, 8);
    CHECK_INT(promise_complete(p, &(int){7}), 0);
    CHECK_INT(syn_mailbox_drain(box, 0), 0);
    CHECK_INT(of_promise.value, 7);
    end_box(box);
}

static void M1_items_and_the_end_of_a_generator_come_one_by_one(void)
{
    struct heard_items heard = {.n = 0};
    struct syn_mailbox *box = begin_box(NULL);

    heard.channel = count(5);
    CHECK_INT(channel_then(heard.channel, box, hear_item, &heard), 0);
    while (!heard.ended) {
        CHECK_INT(naps(1.0), 0);
        syn_mailbox_drain(box, 1);
    }
    CHECK_INT(heard.n, 5);
    CHECK_INT(heard.sum, 0 + 1 + 2 + 3 + 4);
    CHECK_INT(heard.err, SYN_EEND);
    CHECK_INT(syn_mailbox_outstanding(box), 0);
    channel_drop(heard.channel);
    end_box(box);
}

static void M1_a_channel_of_many_is_bounded_by_its_own_capacity(void)
{
    struct heard_items heard = {.n = 0};
    struct syn_mailbox *box = begin_box(NULL);
    struct ints_channel ch;

    CHECK_INT(channel_new(ints, 2, &ch), 0);
    CHECK_INT(channel_then(ch, box, hear_item, &heard), 0);
    for (int i = 0; i < 3; i++) /* one is held by the mailbox */
        CHECK_INT(channel_try_send(ch, &(int){i}), 0);
    CHECK_INT(channel_try_send(ch, &(int){3}), SYN_EAGAIN);
    while (syn_mailbox_drain(box, 1) == SYN_EAGAIN)
        ;
    CHECK_INT(heard.n, 3);
    CHECK_INT(channel_fail(ch, SYN_EIO, "no more of them"), 0);
    CHECK_INT(syn_mailbox_drain(box, 0), 0);
    CHECK_INT(heard.ended, 1);
    CHECK_INT(heard.err, SYN_EIO);
    CHECK(strstr(heard.text, "no more of them") != NULL);
    CHECK_INT(channel_close(ch), 0);
    end_box(box);
}

static void M1_one_item_can_be_asked_for(void)
{
    struct heard_items heard = {.n = 0};
    struct syn_mailbox *box = begin_box(NULL);

    heard.channel = count(2);
    for (int i = 1; i <= 3; i++) {
        CHECK_INT(channel_next_then(heard.channel, box, hear_item, &heard), 0);
        CHECK_INT(naps(5.0), 0);
        CHECK_INT(syn_mailbox_drain(box, 0), 0);
        CHECK_INT(heard.n, i < 3 ? i : 2);
        CHECK_INT(syn_mailbox_outstanding(box), 0);
    }
    CHECK_INT(heard.sum, 1);
    CHECK_INT(heard.err, SYN_EEND);
    channel_drop(heard.channel);
    end_box(box);
}

/* A task of the generator's own loop asks first; a stranger's mailbox goes on. */
static void M1_a_channel_that_was_a_loops_own_can_be_registered(void)
{
    struct heard_items heard = {.n = 0};
    struct syn_mailbox *box = begin_box(NULL);
    struct count_channel ch = count(4);
    int first = -1;

    CHECK_INT(takes_one(ch, &first), 0);
    CHECK_INT(first, 0);
    CHECK_INT(channel_then(ch, box, hear_item, &heard), 0);
    while (!heard.ended) {
        CHECK_INT(naps(1.0), 0);
        syn_mailbox_drain(box, 1);
    }
    CHECK_INT(heard.n, 3);
    CHECK_INT(heard.sum, 1 + 2 + 3);
    channel_drop(ch);
    end_box(box);
}

static void M1_a_task_registers_the_channel_of_its_own_loop(void)
{
    struct heard_items heard = {.n = 0};
    struct syn_mailbox *box = begin_box(NULL);

    CHECK_INT(registers_count(box, &heard), 0);
    while (!heard.ended) {
        CHECK_INT(naps(1.0), 0);
        syn_mailbox_drain(box, 1);
    }
    CHECK_INT(heard.n, 5);
    channel_drop(heard.channel);
    end_box(box);
}

static void M1_the_outcome_of_a_scope_comes_when_its_last_child_ended(void)
{
    struct heard heard = {.calls = 0};
    struct syn_mailbox *box = begin_box(NULL);
    struct syn_scope scope = SYN_SCOPE;
    int values[2] = {0, 0};

    CHECK_INT(scope_spawn(&scope, square_future(1.0, 2), &values[0]), 0);
    CHECK_INT(scope_spawn(&scope, square_future(2.0, 3), &values[1]), 0);
    CHECK_INT(scope_then(&scope, box, hear_end, &heard), 0);
    CHECK_INT(scope_join(&scope), SYN_EDEADLK);
    CHECK_SAYS("mailbox");
    CHECK_INT(scope_then(&scope, box, hear_end, &heard), SYN_EBUSY);
    CHECK_INT(naps(1.5), 0);
    CHECK_INT(syn_mailbox_drain(box, 0), 0);
    CHECK_INT(heard.calls, 0);
    CHECK_INT(naps(1.0), 0);
    CHECK_INT(syn_mailbox_drain(box, 0), 0);
    CHECK_INT(heard.calls, 1);
    CHECK_INT(heard.err, 0);
    CHECK_INT(values[0] + values[1], 13);
    CHECK_INT(scope_spawn(&scope, square_future(1.0, -1), NULL), 0); /* it is ready for use again */
    CHECK_INT(scope_then(&scope, box, hear_end, &heard), 0);
    CHECK_INT(naps(2.0), 0);
    CHECK_INT(syn_mailbox_drain(box, 0), 0);
    CHECK_INT(heard.err, SYN_EIO);
    CHECK(strstr(heard.text, "there is no such square") != NULL);
    CHECK_INT(scope_then(&scope, box, hear_end, &heard), 0); /* an empty one */
    CHECK_INT(syn_mailbox_drain(box, 0), 0);
    CHECK_INT(heard.calls, 3);
    CHECK_INT(heard.err, 0);
    end_box(box);
}

/* --- deadlines and cancels --- */

static void M1_a_deadline_ends_the_task_and_is_told(void)
{
    struct heard heard = {.calls = 0};
    struct syn_mailbox *box = begin_box(NULL);

    CHECK_INT(call_by(syn_after(1.0), future_then(square_future(60.0, 3), box, hear, &heard)), 0);
    CHECK_INT(naps(2.0), 0);
    CHECK_INT(syn_mailbox_drain(box, 0), 0);
    CHECK_INT(heard.calls, 1);
    CHECK_INT(heard.err, SYN_ETIMEDOUT);
    CHECK_INT(heard.origin, SYN_BY_DEADLINE);
    CHECK_INT(call_by(syn_after(9.0), future_then(square_future(1.0, 3), box, hear, &heard)), 0);
    CHECK_INT(naps(2.0), 0);
    CHECK_INT(syn_mailbox_drain(box, 0), 0);
    CHECK_INT(heard.err, 0);
    CHECK_INT(heard.value, 9);
    end_box(box);
}

static void M1_a_deadline_reaches_a_promise_that_nobody_completes(void)
{
    struct heard heard = {.calls = 0};
    struct syn_mailbox *box = begin_box(NULL);
    struct number_promise p;
    struct number_future f;

    syn_test_callers_drive(0); /* of the default one, which keeps that deadline */
    CHECK_INT(promise_new(number, &p, &f), 0);
    CHECK_INT(call_by(syn_after(1.0), future_then(f, box, hear, &heard)), 0);
    CHECK_INT(naps(2.0), 0);
    CHECK_INT(syn_mailbox_drain(box, 0), 0);
    CHECK_INT(heard.err, SYN_ETIMEDOUT);
    CHECK_INT(promise_complete(p, &(int){3}), SYN_EUNWANTED);
    CHECK_INT(synchronizer_stop(syn_default_synchronizer(), syn_never()), 0);
    CHECK_INT(synchronizer_free(syn_default_synchronizer()), 0);
    end_box(box);
}

static void M2_what_is_registered_can_be_cancelled_by_its_future(void)
{
    struct heard heard = {.calls = 0};
    struct syn_mailbox *box = begin_box(NULL);
    struct square_future f = square_future(60.0, 3);

    CHECK_INT(future_then(f, box, hear, &heard), 0);
    CHECK_INT(future_request_cancel(f), 0);
    CHECK_INT(naps(1.0), 0);
    CHECK_INT(syn_mailbox_drain(box, 0), 0);
    CHECK_INT(heard.calls, 1);
    CHECK_INT(heard.err, SYN_ECANCELED);
    CHECK_INT(heard.origin, SYN_BY_REQUEST);
    end_box(box);
}

static void M2_stopping_the_synchronizer_is_told_like_any_outcome(void)
{
    struct heard heard = {.calls = 0};
    struct heard_items items = {.n = 0};
    struct syn_mailbox *box = begin_box(NULL);

    CHECK_INT(future_then(square_future(60.0, 3), box, hear, &heard), 0);
    items.channel = count(3);
    CHECK_INT(channel_then(items.channel, box, hear_item, &items), 0);
    CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
    while (syn_mailbox_drain(box, 0) == SYN_EAGAIN || items.ended == 0)
        ;
    CHECK_INT(heard.calls, 1);
    CHECK_INT(heard.err, SYN_ECANCELED);
    CHECK(items.err != 0 && items.err != SYN_EEND);
    channel_drop(items.channel);
    end_box(box);
}

/* --- how the host is told --- */

static void M1_the_descriptor_is_a_level(void)
{
    struct heard heard = {.calls = 0};
    struct syn_mailbox *box = begin_box(NULL);

    CHECK(!is_readable(box));
    for (int i = 0; i < 2; i++)
        CHECK_INT(future_then(square_future(0.0, 3), box, hear, &heard), 0);
    CHECK_INT(naps(1.0), 0);
    CHECK(is_readable(box));
    CHECK(is_readable(box));
    CHECK_INT(syn_mailbox_drain(box, 1), SYN_EAGAIN);
    CHECK(is_readable(box)); /* one of two is left */
    CHECK_INT(syn_mailbox_drain(box, 1), 0);
    CHECK(!is_readable(box));
    CHECK_INT(heard.calls, 2);
    CHECK_INT(syn_mailbox_drain(box, 1), 0); /* one too many */
    end_box(box);
}

static void M1_a_descriptor_that_is_made_late_is_right(void)
{
    struct heard heard = {.calls = 0};
    struct syn_mailbox *box = begin_box(NULL);

    CHECK_INT(future_then(square_future(0.0, 3), box, hear, &heard), 0);
    CHECK_INT(naps(1.0), 0);
    CHECK(is_readable(box)); /* which makes it */
    CHECK_INT(syn_mailbox_drain(box, 0), 0);
    CHECK(!is_readable(box));
    end_box(box);
}

static void count_told(void *user)
{
    atomic_int *n_told = user;

    (*n_told)++;
}

static void M1_the_function_is_called_at_each_change_from_empty_to_not_empty(void)
{
    atomic_int n_told = 0;
    struct syn_mailbox_options options = {.on_mail = count_told, .user = &n_told};
    struct heard heard = {.calls = 0};
    struct syn_mailbox *box = begin_box(&options);

    CHECK_INT(n_told, 0);
    for (int i = 0; i < 5; i++)
        CHECK_INT(future_then(square_future(0.0, 3), box, hear, &heard), 0);
    CHECK_INT(naps(1.0), 0);
    CHECK_INT(n_told, 1);
    CHECK_INT(syn_mailbox_drain(box, 1), SYN_EAGAIN);
    CHECK_INT(n_told, 2); /* the drain stopped short */
    CHECK_INT(syn_mailbox_drain(box, 0), 0);
    CHECK_INT(n_told, 3); /* a loop inside a callback would have to know */
    for (int i = 0; i < 3; i++) {
        CHECK_INT(future_then(square_future(0.0, 3), box, hear, &heard), 0);
        CHECK_INT(naps(1.0), 0);
        CHECK_INT(syn_mailbox_drain(box, 0), 0);
    }
    CHECK_INT(n_told, 6 - 1); /* the first of the three: the host knew it from the last drain */
    CHECK_INT(heard.calls, 8);
    end_box(box);
}

static syn_err inside;

static void try_inside(void *user)
{
    struct syn_mailbox **box = user;

    inside = syn_mailbox_drain(*box, 0);
    if (inside == SYN_EDEADLK)
        inside = syn_mailbox_close(*box);
}

static void M1_the_function_must_not_drain(void)
{
    struct syn_mailbox *box;
    struct syn_mailbox_options options = {.on_mail = try_inside, .user = &box};
    struct heard heard = {.calls = 0};

    box = begin_box(&options);
    CHECK_INT(future_then(square_future(0.0, 3), box, hear, &heard), 0);
    CHECK_INT(naps(1.0), 0);
    CHECK_INT(inside, SYN_EDEADLK);
    CHECK_INT(heard.calls, 0);
    CHECK_INT(syn_mailbox_drain(box, 0), 0);
    end_box(box);
}

/* --- the bound --- */

static void M2_a_full_mailbox_refuses_and_leaves_the_future(void)
{
    struct syn_mailbox_options options = {.name = "small", .capacity = 2};
    struct heard heard = {.calls = 0};
    struct syn_mailbox *box = begin_box(&options);
    struct square_future f = square_future(0.0, 4);

    for (int i = 0; i < 2; i++)
        CHECK_INT(future_then(square_future(0.0, 3), box, hear, &heard), 0);
    CHECK_INT(future_then(f, box, hear, &heard), SYN_EAGAIN);
    CHECK_SAYS("the mailbox 'small' has no room: 2");
    CHECK_INT(naps(1.0), 0);
    CHECK_INT(syn_mailbox_drain(box, 1), SYN_EAGAIN);
    CHECK_INT(future_then(f, box, hear, &heard), 0);
    CHECK_INT(naps(1.0), 0);
    CHECK_INT(syn_mailbox_drain(box, 0), 0);
    CHECK_INT(heard.calls, 3);
    CHECK_INT(heard.value, 16);
    end_box(box);
}

static void M2_a_refused_registration_gives_its_place_back(void)
{
    struct syn_mailbox_options options = {.capacity = 1};
    struct heard heard = {.calls = 0};
    struct heard_items items = {.n = 0};
    struct syn_mailbox *box = begin_box(&options);
    struct square_future used = square_future(0.0, 4);
    struct square_future none = {.u = {.handle = {NULL, 0}}};
    struct count_channel no_channel = {.u = {.handle = {NULL, 0, 0}}};

    CHECK_INT(future_get(used, NULL), 0);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(future_then(used, box, hear, &heard), SYN_ECONSUMED);
        CHECK_INT(future_then(none, box, hear, &heard), SYN_EINVAL);
        CHECK_INT(channel_then(no_channel, box, hear_item, &items), SYN_EINVAL);
    }
    CHECK_INT(future_then(square_future(0.0, 4), box, hear, &heard), 0);
    CHECK_INT(naps(1.0), 0);
    CHECK_INT(syn_mailbox_drain(box, 0), 0);
    CHECK_INT(heard.calls, 1);
    end_box(box);
}

static void M2_a_full_mailbox_makes_the_producers_task_wait(void)
{
    struct syn_mailbox_options options = {.capacity = 3};
    struct heard heard = {.calls = 0};
    struct syn_mailbox *box = begin_box(&options);
    struct produces_future f = produces_future(box, 10, &heard);

    CHECK_INT(naps(5.0), 0); /* the loop goes on */
    CHECK_INT(syn_mailbox_outstanding(box), 3);
    CHECK_INT(future_poll(f), SYN_EAGAIN);
    while (future_poll(f) == SYN_EAGAIN || syn_mailbox_outstanding(box) > 0) {
        syn_mailbox_drain(box, 2);
        CHECK(syn_mailbox_outstanding(box) <= 3);
        CHECK_INT(naps(1.0), 0);
    }
    CHECK_INT(heard.calls, 10);
    CHECK_INT(future_get(f), 0);
    end_box(box);
}

static void M2_a_producers_task_that_waits_for_room_can_be_cancelled(void)
{
    struct syn_mailbox_options options = {.capacity = 1};
    struct heard heard = {.calls = 0};
    struct syn_mailbox *box = begin_box(&options);
    struct produces_future f = produces_future(box, 10, &heard);

    CHECK_INT(naps(5.0), 0);
    CHECK_INT(future_cancel(f), SYN_ECANCELED);
    CHECK_INT(syn_mailbox_drain(box, 0), 0);
    CHECK_INT(heard.calls, 1);
    CHECK_INT(syn_mailbox_outstanding(box), 0);
    end_box(box);
}

static const struct test_case cases[] = {
    TEST(M1_the_result_of_a_future_comes_out_of_a_drain),
    TEST(M1_one_that_is_there_already_is_not_called_inside_the_registration),
    TEST(M1_an_error_comes_with_its_message_and_trace),
    TEST(M1_a_promise_and_a_job_come_without_a_loop),
    TEST(M1_items_and_the_end_of_a_generator_come_one_by_one),
    TEST(M1_a_channel_of_many_is_bounded_by_its_own_capacity),
    TEST(M1_one_item_can_be_asked_for),
    TEST(M1_a_channel_that_was_a_loops_own_can_be_registered),
    TEST(M1_a_task_registers_the_channel_of_its_own_loop),
    TEST(M1_the_outcome_of_a_scope_comes_when_its_last_child_ended),
    TEST(M1_a_deadline_ends_the_task_and_is_told),
    TEST(M1_a_deadline_reaches_a_promise_that_nobody_completes),
    TEST(M2_what_is_registered_can_be_cancelled_by_its_future),
    TEST(M2_stopping_the_synchronizer_is_told_like_any_outcome),
    TEST(M1_the_descriptor_is_a_level),
    TEST(M1_a_descriptor_that_is_made_late_is_right),
    TEST(M1_the_function_is_called_at_each_change_from_empty_to_not_empty),
    TEST(M1_the_function_must_not_drain),
    TEST(M2_a_full_mailbox_refuses_and_leaves_the_future),
    TEST(M2_a_refused_registration_gives_its_place_back),
    TEST(M2_a_full_mailbox_makes_the_producers_task_wait),
    TEST(M2_a_producers_task_that_waits_for_room_can_be_cancelled),
};

TEST_MAIN_BOTH_MODES("mailbox", cases);

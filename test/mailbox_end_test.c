/* SPDX-License-Identifier: Apache-2.0
 *
 * Mailboxes: closing, forks and exits. Virtual time, both modes.
 */
#define _DEFAULT_SOURCE
#include <sys/wait.h>

#include "support/fork_begin.h"
#include "support/mailbox_rig.h"
#include "support/points.h"

/* --- closing --- */

static void M2_closing_tells_what_is_outstanding_once(void)
{
    struct heard there = {.calls = 0}, not_there = {.calls = 0}, of_scope = {.calls = 0};
    struct heard with_deadline = {.calls = 0}, late = {.calls = 0};
    struct heard_items items = {.n = 0};
    struct syn_scope scope = SYN_SCOPE;
    struct syn_mailbox *box = begin_box(NULL);
    struct square_future f = square_future(0.0, 2);
    struct ints_channel ch;

    CHECK_INT(channel_new(ints, 2, &ch), 0);
    CHECK_INT(channel_then(ch, box, hear_item, &items), 0);
    CHECK_INT(channel_send(ch, &(int){7}), 0);
    CHECK_INT(future_then(square_future(0.0, 2), box, hear, &there), 0);
    CHECK_INT(future_then(square_future(60.0, 2), box, hear, &not_there), 0);
    CHECK_INT(call_by(syn_after(30.0), future_then(square_future(60.0, 2), box, hear, &with_deadline)),
              0);
    CHECK_INT(scope_spawn(&scope, square_future(60.0, 2), NULL), 0);
    CHECK_INT(scope_then(&scope, box, hear_end, &of_scope), 0);
    CHECK_INT(naps(1.0), 0);
    CHECK_INT(syn_mailbox_close(box), 0);
    CHECK_INT(there.calls, 1);
    CHECK_INT(there.value, 4);
    CHECK_INT(not_there.calls, 1);
    CHECK_INT(not_there.err, SYN_ECANCELED);
    CHECK_INT(not_there.origin, SYN_BY_STOP);
    CHECK(strstr(not_there.text, "the mailbox of the callback was closed") != NULL);
    CHECK_INT(with_deadline.calls, 1);
    CHECK_INT(with_deadline.err, SYN_ECANCELED);
    CHECK_INT(items.n, 1);
    CHECK_INT(items.sum, 7);
    CHECK_INT(items.ended, 1);
    CHECK_INT(items.err, SYN_ECANCELED);
    CHECK_INT(of_scope.calls, 1);
    CHECK_INT(of_scope.err, SYN_ECANCELED);
    CHECK_INT(scope_join(&scope), SYN_ECANCELED); /* it is ours again, and its child was cancelled */
    CHECK_INT(now(), SECOND);
    CHECK_INT(syn_mailbox_close(box), 0);
    CHECK_INT(syn_mailbox_drain(box, 0), SYN_ECLOSED);
    CHECK_INT(future_then(f, box, hear, &late), SYN_ECLOSED);
    CHECK_SAYS("the mailbox 'mailbox' is closed");
    CHECK_INT(future_get(f, NULL), 0); /* it is as it was */
    CHECK_INT(late.calls, 0);
    CHECK_INT(naps(60.0), 0);
    CHECK_INT(there.calls + not_there.calls + with_deadline.calls + of_scope.calls, 4);
    channel_drop(ch);
    end_box(box);
}

static void M2_closing_wakes_the_tasks_that_wait_for_room(void)
{
    struct syn_mailbox_options options = {.capacity = 1};
    struct heard heard = {.calls = 0};
    struct syn_mailbox *box = begin_box(&options);
    struct produces_future f = produces_future(box, 10, &heard);

    CHECK_INT(naps(5.0), 0);
    CHECK_INT(syn_mailbox_close(box), 0);
    CHECK_INT(heard.calls, 1);
    CHECK_INT(future_get(f), SYN_ECLOSED);
    end_box(box);
}

static void M2_the_last_release_closes(void)
{
    struct heard heard = {.calls = 0};
    struct syn_mailbox *box = begin_box(NULL);

    CHECK_INT(future_then(square_future(60.0, 2), box, hear, &heard), 0);
    syn_mailbox_retain(box);
    syn_mailbox_release(box);
    CHECK_INT(heard.calls, 0);
    syn_mailbox_release(box);
    CHECK_INT(heard.calls, 1);
    CHECK_INT(heard.err, SYN_ECANCELED);
    CHECK_INT(naps(1.0), 0);
    syn_mailbox_release(NULL);
    finish(&demo);
    done();
}

static void completes(int number, void *argument)
{
    struct number_promise *p = argument;

    (void)number;
    promise_complete(*p, &(int){7});
}

static void closes(int number, void *argument)
{
    (void)number;
    CHECK_INT(syn_mailbox_close(argument), 0);
}

static void M2_what_is_closed_while_it_is_told_is_told_once(void)
{
    struct heard heard = {.calls = 0};
    struct syn_mailbox *box = begin_box(NULL);
    struct number_promise p;
    struct number_future f;
    struct crew_at_work *crew, *closer;

    CHECK_INT(promise_new(number, &p, &f), 0);
    CHECK_INT(future_then(f, box, hear, &heard), 0);
    if (syn_test_hold("core_done", 1) == SYN_ENOTSUP)
        TEST_SKIP("only checked builds have named points");
    crew = crew_start(1, completes, &p);
    CHECK_INT(syn_test_await_held("core_done", 10), 0);
    CHECK_INT(syn_test_hold("mailbox_awaits", 1), 0);
    closer = crew_start(1, closes, box);
    CHECK_INT(syn_test_await_held("mailbox_awaits", 10), 0);
    CHECK_INT(heard.calls, 0);
    syn_test_release("core_done");
    syn_test_release("mailbox_awaits");
    crew_join(crew);
    crew_join(closer);
    CHECK_INT(heard.calls, 1);
    CHECK_INT(heard.value, 7);
    end_box(box);
}

/* It was told, and is not where a drain finds it. */
static void M2_a_close_waits_for_what_is_about_to_come(void)
{
    struct heard heard = {.calls = 0};
    struct syn_mailbox *box = begin_box(NULL);
    struct number_promise p;
    struct number_future f;
    struct crew_at_work *crew, *closer;

    points_needed();
    CHECK_INT(promise_new(number, &p, &f), 0);
    CHECK_INT(future_then(f, box, hear, &heard), 0);
    CHECK_INT(syn_test_hold("mail_comes", 1), 0);
    CHECK_INT(syn_test_hold("mailbox_holds", 1), 0);
    crew = crew_start(1, completes, &p);
    AWAIT_HELD("mail_comes");
    CHECK_INT(syn_mailbox_drain(box, 0), 0);
    CHECK_INT(heard.calls, 0);
    closer = crew_start(1, closes, box);
    AWAIT_HELD("mailbox_holds");
    syn_test_release("mailbox_holds");
    syn_test_release("mail_comes");
    crew_join(crew);
    crew_join(closer);
    CHECK_INT(heard.calls, 1);
    CHECK_INT(heard.value, 7);
    end_box(box);
}

static atomic_bool may_be_told, was_told;

static void note_told(void *user)
{
    (void)user;
    CHECK(may_be_told);
    was_told = true;
}

static void closes_and_is_told_no_more(int number, void *argument)
{
    closes(number, argument);
    may_be_told = false;
}

static void M2_when_a_close_returns_nobody_tells_the_host_any_more(void)
{
    struct heard heard = {.calls = 0};
    struct syn_mailbox *box = begin_box(&(struct syn_mailbox_options){.on_mail = note_told});
    struct number_promise p;
    struct number_future f;
    struct crew_at_work *crew, *closer;

    points_needed();
    may_be_told = true;
    was_told = false;
    CHECK_INT(promise_new(number, &p, &f), 0);
    CHECK_INT(future_then(f, box, hear, &heard), 0);
    CHECK_INT(syn_test_hold("mail_told", 1), 0);
    crew = crew_start(1, completes, &p);
    AWAIT_HELD("mail_told");
    CHECK_INT(syn_mailbox_drain(box, 0), 0);
    CHECK_INT(heard.calls, 1); /* it is there, and the thread that brought it has yet to say so */
    CHECK(!was_told);
    CHECK_INT(syn_test_hold("mailbox_closed", 1), 0);
    closer = crew_start(1, closes_and_is_told_no_more, box);
    AWAIT_HELD("mailbox_closed");
    syn_test_release("mail_told");
    syn_test_release("mailbox_closed");
    crew_join(crew);
    CHECK(was_told);
    crew_join(closer);
    CHECK(!may_be_told);
    end_box(box);
}

static void M2_a_forked_child_has_none_of_them(void)
{
    struct heard heard = {.calls = 0};
    struct syn_mailbox *box;
    pid_t child;
    int status;

    begin_to_fork();
    box = begin_box(NULL);
    CHECK(syn_mailbox_fd(box) >= 0);
    CHECK_INT(future_then(square_future(0.0, 2), box, hear, &heard), 0);
    CHECK_INT(naps(1.0), 0);
    child = fork();
    if (child == 0) {
        CHECK_INT(syn_mailbox_drain(box, 0), SYN_EFORKED);
        CHECK_INT(syn_mailbox_close(box), SYN_EFORKED);
        CHECK_INT(syn_mailbox_fd(box), -1);
        CHECK_INT(future_then(square_future(0.0, 2), box, hear, &heard), SYN_EFORKED);
        CHECK_SAYS("parent process");
        syn_mailbox_release(box);
        CHECK_INT(heard.calls, 0);
        CHECK_INT(syn_mailbox_new(NULL, &box), 0);
        CHECK_INT(future_then(square_future(0.0, 3), box, hear, &heard), 0);
        CHECK_INT(naps(1.0), 0);
        CHECK_INT(syn_mailbox_drain(box, 0), 0);
        CHECK_INT(heard.value, 9);
        _exit(0);
    }
    CHECK_INT(waitpid(child, &status, 0), child);
    CHECK_INT(status, 0);
    CHECK(is_readable(box));
    CHECK_INT(syn_mailbox_drain(box, 0), 0);
    CHECK_INT(heard.calls, 1);
    end_box(box);
}

static void forks(void *user, syn_err err, int *value)
{
    (void)err;
    (void)value;
    *(pid_t *)user = fork();
}

static void M2_a_callback_may_fork(void)
{
    struct syn_mailbox *box;
    pid_t child = -1;
    int status;
    syn_err err;

    begin_to_fork();
    box = begin_box(NULL);
    for (int i = 0; i < 2; i++)
        CHECK_INT(future_then(square_future(0.0, 2), box, forks, &child), 0);
    CHECK_INT(naps(1.0), 0);
    err = syn_mailbox_drain(box, 1);
    if (child == 0)
        _exit(err == SYN_EFORKED ? 0 : 1);
    CHECK_INT(err, SYN_EAGAIN);
    CHECK_INT(waitpid(child, &status, 0), child);
    CHECK_INT(status, 0);
    err = syn_mailbox_close(box);
    if (child == 0)
        _exit(err == SYN_EFORKED ? 0 : 1);
    CHECK_INT(err, 0);
    CHECK_INT(waitpid(child, &status, 0), child);
    CHECK_INT(status, 0);
    end_box(box);
}

struct forks_at {
    int at, calls; /* the item at which it forks */
    pid_t child;
};

static void forks_at(void *user, syn_err err, int *item)
{
    struct forks_at *forks_at = user;

    forks_at->calls++;
    if (!err && *item == forks_at->at)
        forks_at->child = fork();
}

/* Of a row of N items, the callback of one forks. */
static void forks_in_a_row(struct syn_mailbox *box, int n, int at)
{
    struct forks_at forks = {.at = at, .child = -1};
    struct ints_channel ch;
    int status;
    syn_err err;

    CHECK_INT(channel_new(ints, 64, &ch), 0);
    CHECK_INT(channel_then(ch, box, forks_at, &forks), 0);
    for (int item = 0; item < n; item++)
        CHECK_INT(channel_send(ch, &item), 0);
    err = syn_mailbox_drain(box, 0);
    if (forks.child == 0)
        _exit(err == SYN_EFORKED && forks.calls == at + 1 ? 0 : 1);
    CHECK_INT(err, 0);
    CHECK_INT(forks.calls, n);
    CHECK_INT(waitpid(forks.child, &status, 0), forks.child);
    CHECK_INT(status, 0);
    CHECK_INT(channel_end(ch), 0);
    CHECK_INT(syn_mailbox_drain(box, 0), 0);
    CHECK_INT(forks.calls, n + 1);
    channel_drop(ch);
}

/* The child calls for none of its parent's items, wherever in a row it was forked. */
static void M2_a_child_that_a_callback_of_a_channel_forks_has_no_item(void)
{
    struct syn_mailbox *box;

    begin_to_fork();
    box = begin_box(NULL);
    forks_in_a_row(box, 40, 0);
    forks_in_a_row(box, 40, 3);
    forks_in_a_row(box, 40, 15);
    end_box(box);
}

/* What a process leaves that exits while all is outstanding. */
static void M2_a_program_may_exit_with_mail_outstanding(void)
{
    static struct heard heard;
    struct syn_mailbox *box;
    pid_t child;
    int status;

    begin_to_fork();
    child = fork();
    if (child == 0) {
        begin_in_real_time();
        CHECK_INT(syn_mailbox_new(NULL, &box), 0);
        CHECK(syn_mailbox_fd(box) >= 0);
        CHECK_INT(future_then(square_future(60.0, 2), box, hear, &heard), 0);
        CHECK_INT(future_then(square_future(0.0, 2), box, hear, &heard), 0);
        exit(heard.calls);
    }
    CHECK_INT(waitpid(child, &status, 0), child);
    CHECK_INT(status, 0);
}

static const struct test_case cases[] = {
    TEST(M2_closing_tells_what_is_outstanding_once),
    TEST(M2_a_close_waits_for_what_is_about_to_come),
    TEST(M2_when_a_close_returns_nobody_tells_the_host_any_more),
    TEST(M2_closing_wakes_the_tasks_that_wait_for_room),
    TEST(M2_the_last_release_closes),
    TEST(M2_what_is_closed_while_it_is_told_is_told_once),
    TEST(M2_a_forked_child_has_none_of_them),
    TEST(M2_a_callback_may_fork),
    TEST(M2_a_child_that_a_callback_of_a_channel_forks_has_no_item),
    TEST(M2_a_program_may_exit_with_mail_outstanding),
};

TEST_MAIN_BOTH_MODES("mailbox_end", cases);

/* SPDX-License-Identifier: Apache-2.0
 *
 * Programs that end, fork or are interrupted while mail is outstanding, tasks wait for room in the mailbox, and a loop
 * is hosted (M2, M3, L4). In real time: each case forks a child, which begins afresh.
 */
#define _GNU_SOURCE
#include "support/exit_rig.h"
#include "support/signal_process.h"

enum { ROOM = 6 };

SYNCHRONIZER(hosted);
static struct syn_mailbox *box;
static struct number_promise kept;
static struct ints_channel items;
static const struct syn_scope new_scope = SYN_SCOPE;
static struct syn_scope scope;
static atomic_int n_called;

static void is_called(void *user, syn_err err, int *result)
{
    (void)user, (void)err, (void)result;
    n_called++;
}

static void scope_is_over(void *user, syn_err err)
{
    is_called(user, err, NULL);
}

static void item_comes(void *user, syn_err err, int *item)
{
    if (err)
        is_called(user, err, item);
}

static void note_mail(void *user)
{
    ++*(atomic_int *)user;
}

/* Makes more mail than there is room for. */
ASYNC(demo, void, overfills, (struct syn_mailbox *, box), SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < 2 * ROOM; self->i++)
        co_then(twice_future(0.0, 1), self->box, is_called, NULL);
    co_finally;
    fprintf(stderr, "a producer ended\n");
    co_end;
}

/* Finds none. SIGNALS: as if somebody pressed Ctrl-C then. */
ASYNC(hosted, void, fills_from_the_host, (struct syn_mailbox *, box), (bool, signals))
{
    co_begin;
    if (self->signals)
        signal_process(SIGINT);
    co_then(twice_future(0.0, 1), self->box, is_called, NULL);
    co_finally;
    fprintf(stderr, "the host had a producer\n");
    co_end;
}

/* One of each kind is outstanding, one has come, there is no room, and a task waits for some. */
static void begin_mail(void)
{
    static atomic_int n_tells;
    struct syn_mailbox_options options = {.capacity = ROOM, .on_mail = note_mail, .user = &n_tells};
    struct number_future number;

    syn_exit_limit(60); /* on whatever machine */
    CHECK_INT(syn_mailbox_new(&options, &box), 0);
    CHECK(syn_mailbox_fd(box) >= 0);
    CHECK_INT(promise_new(number, &kept, &number), 0);
    CHECK_INT(future_then(number, box, is_called, NULL), 0);
    CHECK_INT(future_then(twice_future(3600, 1), box, is_called, NULL), 0);
    CHECK_INT(future_then(twice_future(0.0, 1), box, is_called, NULL), 0);
    CHECK_INT(channel_new(ints, 2, &items), 0);
    CHECK_INT(channel_then(items, box, item_comes, NULL), 0);
    CHECK_INT(channel_send(items, &(int){7}), 0);
    scope = new_scope;
    CHECK_INT(scope_spawn(&scope, sleeps_and_cleans_up_future()), 0);
    CHECK_INT(scope_then(&scope, box, scope_is_over, NULL), 0);
    future_detach(overfills_future(box));
    while (syn_mailbox_outstanding(box) < ROOM)
        sched_yield();
    begin_things();
}

static bool all_cleaned_up(void)
{
    return says("a producer ended") && says("cleaned up") && says("asked") && !says("left behind");
}

/* --- exits --- */

static void return_from_main(void)
{
    begin_mail();
}

/* Registered before the first call, so after the library was stopped. */
static void drain_late(void)
{
    while (syn_mailbox_drain(box, 1) == SYN_EAGAIN)
        ;
    fprintf(stderr, "%d were called, %d are outstanding\n", n_called, (int)syn_mailbox_outstanding(box));
    promise_complete(kept, &(int){1});
    CHECK_INT(syn_mailbox_drain(box, 0), 0);
    CHECK_INT(syn_mailbox_close(box), 0);
    fprintf(stderr, "%d in all\n", n_called);
    syn_mailbox_release(box);
}

static void drain_in_a_later_handler(void)
{
    atexit(drain_late);
    begin_mail();
}

static void release_early(void)
{
    syn_mailbox_release(box);
    fprintf(stderr, "%d were told\n", n_called);
}

static void release_in_an_earlier_handler(void)
{
    begin_mail();
    atexit(release_early);
}

static void callback_exits(void *user, syn_err err, int *result)
{
    (void)user, (void)err, (void)result;
    exit(3);
}

static void exit_in_a_callback(void)
{
    CHECK_INT(syn_mailbox_new(NULL, &box), 0);
    CHECK_INT(future_then(twice_future(0.0, 1), box, callback_exits, NULL), 0);
    for (;;)
        syn_mailbox_drain(box, 0);
}

/* FN is called with what F comes to, when there is room for that. */
static void register_last(struct twice_future f, void (*fn)(void *user, syn_err err, int *result))
{
    while (future_then(f, box, fn, NULL) == SYN_EAGAIN)
        syn_mailbox_drain(box, 1);
}

static void exit_in_a_close(void)
{
    begin_mail();
    register_last(twice_future(3600, 1), callback_exits);
    syn_mailbox_release(box);
}

/* As a loop of the program's that nothing ends before the process does. */
static void *drains_for_ever(void *unused)
{
    for (;;) {
        struct pollfd fds[1] = {{.fd = syn_mailbox_fd(box), .events = POLLIN}};

        poll(fds, 1, -1);
        syn_mailbox_drain(box, 1);
    }
    return unused;
}

static void exit_beside_a_drain(void)
{
    pthread_t thread;

    begin_mail();
    CHECK_INT(pthread_create(&thread, NULL, drains_for_ever, NULL), 0);
    CHECK_INT(twice(0.0, 1, NULL), 0);
}

static void M2_a_program_may_exit_while_tasks_wait_for_room(void)
{
    begin_in_real_time();
    ends_with(0, return_from_main);
    SAYS(all_cleaned_up());
    ends_with(0, drain_in_a_later_handler);
    SAYS(all_cleaned_up() && says("are outstanding") && says(" in all"));
    ends_with(0, release_in_an_earlier_handler);
    SAYS(all_cleaned_up() && says("6 were told"));
    ends_with(3, exit_in_a_callback);
    ends_with(3, exit_in_a_close);
    ends_with(0, exit_beside_a_drain);
    SAYS(says("cleaned up") && says("asked") && !says("left behind"));
}

/* --- hosts, and Ctrl-C --- */

static void host_and_wait_for_room(void)
{
    CHECK_INT(syn_host_begin(&hosted), 0);
    begin_mail();
    CHECK_INT(future_detach(fills_from_the_host_future(box, false)), 0);
    CHECK_INT(syn_host_turn(&hosted), 0);
    CHECK_INT(syn_host_turn(&hosted), 0);
}

static void exit_in_a_callback_of_the_host(void)
{
    host_and_wait_for_room();
    register_last(twice_future(0.0, 1), callback_exits);
    for (;;)
        syn_mailbox_drain(box, 0);
}

/* A blocking call of the host, or of a thread beside, waits for room, and is interrupted. */
static void is_interrupted(void)
{
    CHECK_INT(syn_catch_interrupt(SIGINT), 0);
    CHECK_INT(fills_from_the_host(box, true), SYN_EINTR);
    CHECK_INT(syn_mailbox_outstanding(box), ROOM);
}

static void interrupt_the_host(void)
{
    host_and_wait_for_room();
    is_interrupted();
}

static void interrupt_a_thread(void)
{
    begin_mail();
    is_interrupted();
}

ASYNC(hosted, void, is_pressed)
{
    co_begin;
    signal_process(SIGINT);
    co_sleep(3600);
    co_end;
}

/* As a program does that waits in a callback: it learns of the signal there, and leaves. */
static void callback_is_interrupted(void *user, syn_err err, int *result)
{
    (void)user, (void)err, (void)result;
    CHECK_INT(is_pressed(), SYN_EINTR);
    exit(3);
}

static void interrupt_a_callback(void)
{
    CHECK_INT(syn_catch_interrupt(SIGINT), 0);
    begin_mail();
    register_last(twice_future(0.0, 1), callback_is_interrupted);
    for (;;)
        syn_mailbox_drain(box, 0);
}

static void M3_a_host_may_exit_while_its_tasks_wait_for_room(void)
{
    begin_in_real_time();
    ends_with(0, host_and_wait_for_room);
    SAYS(all_cleaned_up() && says("the host had a producer"));
    ends_with(3, exit_in_a_callback_of_the_host);
    SAYS(says("cleaned up") && says("asked") && !says("left behind"));
}

static void M2_a_program_may_exit_when_a_wait_for_room_is_interrupted(void)
{
    begin_in_real_time();
    ends_with(0, interrupt_the_host);
    SAYS(all_cleaned_up() && says("the host had a producer"));
    ends_with(0, interrupt_a_thread);
    SAYS(all_cleaned_up() && says("the host had a producer"));
    ends_with(3, interrupt_a_callback);
    SAYS(says("cleaned up") && says("asked") && !says("left behind"));
}

/* --- forks --- */

static void has_mail_of_its_own(void)
{
    CHECK_INT(syn_mailbox_drain(box, 0), SYN_EFORKED);
    CHECK_INT(syn_mailbox_close(box), SYN_EFORKED);
    CHECK_INT(overfills(box), SYN_EFORKED);
    CHECK_INT(promise_complete(kept, &(int){1}), SYN_EFORKED);
    syn_mailbox_release(box);
    host_and_wait_for_room();
    for (n_called = 0; n_called < ROOM;)
        syn_mailbox_drain(box, 1);
}

static atomic_bool is_over;

static void *drains_till_the_end(void *unused)
{
    while (!is_over) {
        syn_mailbox_drain(box, 1);
        sched_yield();
    }
    return unused;
}

static void M2_a_child_of_a_program_with_mail_has_its_own_and_exits(void)
{
    pthread_t thread;

    begin_to_fork();
    begin_mail();
    CHECK_INT(pthread_create(&thread, NULL, drains_till_the_end, NULL), 0);
    for (int i = 0; i < 5; i++) {
        ends_with(0, has_mail_of_its_own);
        SAYS(all_cleaned_up() && says("the host had a producer"));
    }
    is_over = true;
    CHECK_INT(pthread_join(thread, NULL), 0);
    syn_mailbox_release(box);
    promise_drop(kept);
    channel_drop(items);
    CHECK_INT(scope_join(&scope), SYN_ECANCELED);
    stop_all();
    free_all();
}

static const struct test_case cases[] = {
    TEST(M2_a_program_may_exit_while_tasks_wait_for_room),
    TEST(M3_a_host_may_exit_while_its_tasks_wait_for_room),
    TEST(M2_a_program_may_exit_when_a_wait_for_room_is_interrupted),
    TEST(M2_a_child_of_a_program_with_mail_has_its_own_and_exits),
};
TEST_MAIN("mailbox_exit", cases);

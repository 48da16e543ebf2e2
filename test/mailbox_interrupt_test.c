/* SPDX-License-Identifier: Apache-2.0
 *
 * Mailboxes and a signal that ends blocking calls (M2, X6), and a callback that ends its thread. A drain does not
 * wait, so an interrupt has nothing to end there but what a callback blocks on; registrations are nobody's
 * wait. Both modes, in real time.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/mailbox_rig.h"
#include "support/signal_process.h"

static atomic_int cleaned_up;

/* Begins, sends the signal, waits for longer than the test lives; cleans up. SWALLOWS: its clean-up
 * sends the second, and does not end. */
ASYNC(demo, int, is_interrupted, (bool, swallows))
{
    co_begin;
    signal_process(SIGINT);
    co_sleep(1000);
    co_finally;
    cleaned_up++;
    if (self->swallows) {
        signal_process(SIGINT);
        co_sleep(1000);
    }
    co_end;
}

ASYNC(demo, int, passes_on, (int, x))
{
    co_begin;
    co_pass;
    co_return(self->x);
    co_end;
}

static struct syn_mailbox *begin_interrupts(const struct syn_mailbox_options *options)
{
    struct syn_mailbox *box = NULL;

    begin_in_real_time();
    CHECK_INT(syn_catch_interrupt(SIGINT), 0);
    CHECK_INT(syn_mailbox_new(options, &box), 0);
    return box;
}

static void end_interrupts(struct syn_mailbox *box)
{
    int fd = syn_mailbox_fd(box);

    CHECK_INT(syn_mailbox_outstanding(box), 0);
    syn_mailbox_release(box);
    CHECK_INT(fcntl(fd, F_GETFD), -1); /* it was freed */
    syn_release_interrupt();
    CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
    finish(&demo);
}

/* Until N callbacks in all were called. */
static void drain_until(struct syn_mailbox *box, atomic_int *calls, int n)
{
    while (*calls < n) {
        struct pollfd fds[1] = {{.fd = syn_mailbox_fd(box), .events = POLLIN}};

        poll(fds, 1, 1000); /* it may be interrupted; the level stays */
        CHECK_INT(syn_mailbox_drain(box, 1) & ~SYN_EAGAIN, 0);
    }
}

struct blocker {
    struct heard *others;
    syn_err expected;
    bool swallows;
    atomic_int calls;
};

static void blocks_in_the_drain(void *user, syn_err err, int *value)
{
    struct blocker *blocker = user;
    int y = 7;

    CHECK_INT(err, 0);
    CHECK_INT(*value, 5);
    CHECK_INT(is_interrupted(blocker->swallows, &y), blocker->expected);
    CHECK_INT(syn_last_report()->origin, SYN_BY_INTERRUPT);
    CHECK_INT(y, 7);
    CHECK_INT(passes_on(6, &y), 0); /* what begins afterwards is not touched */
    CHECK_INT(y, 6);
    blocker->calls++;
}

static void is_blocked_and_goes_on(bool swallows, syn_err expected)
{
    struct heard others = {0};
    struct blocker blocker = {.expected = expected, .swallows = swallows};
    struct syn_mailbox *box = begin_interrupts(NULL);

    for (int i = 1; i <= (swallows ? 1 : 20); i++) {
        CHECK_INT(future_then(passes_on_future(5), box, blocks_in_the_drain, &blocker), 0);
        CHECK_INT(future_then(passes_on_future(4), box, hear, &others), 0);
        drain_until(box, &blocker.calls, i);
        drain_until(box, &others.calls, i);
        CHECK_INT(others.err, 0);
        CHECK_INT(others.value, 4);
        CHECK_INT(cleaned_up, i);
    }
    end_interrupts(box);
}

static void M2_what_a_callback_blocks_on_is_interrupted_and_the_drain_goes_on(void)
{
    is_blocked_and_goes_on(false, SYN_EINTR);
}

static void M2_the_second_signal_abandons_what_a_callback_blocks_on(void)
{
    is_blocked_and_goes_on(true, SYN_EABANDONED);
}

/* What is registered is no thread's wait: the signal is kept for the next that begins. */
static void M2_a_signal_leaves_what_is_registered_alone(void)
{
    struct heard heard = {0};
    struct number_promise promise;
    struct number_future future;
    struct syn_mailbox *box = begin_interrupts(NULL);
    int y = 3;

    CHECK_INT(promise_new(number, &promise, &future), 0);
    CHECK_INT(future_then(future, box, hear, &heard), 0);
    raise(SIGINT);
    CHECK_INT(syn_mailbox_drain(box, 0), 0);
    CHECK_INT(heard.calls, 0);
    CHECK_INT(naps(1000), SYN_EINTR);
    CHECK_INT(promise_is_wanted(promise), 1);
    CHECK_INT(promise_complete(promise, &y), 0);
    drain_until(box, &heard.calls, 1);
    CHECK_INT(heard.err, 0);
    CHECK_INT(heard.value, 3);
    end_interrupts(box);
}

/* Fills the mailbox, and sends the signal when the next would wait for room. */
ASYNC(demo, int, overfills, (struct syn_mailbox *, box), (int, room), (struct heard *, heard), SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < self->room; self->i++)
        co_then(passes_on_future(1), self->box, hear, self->heard);
    signal_process(SIGINT);
    co_then(passes_on_future(1), self->box, hear, self->heard);
    co_finally;
    cleaned_up++;
    co_end;
}

static void M2_a_call_whose_task_waits_for_room_is_interrupted_and_loses_no_place(void)
{
    enum { ROOM = 3 };
    struct syn_mailbox_options options = {.capacity = ROOM};
    struct heard heard = {0};
    struct syn_mailbox *box = begin_interrupts(&options);
    int y = 0;

    for (int i = 1; i <= 10; i++) {
        CHECK_INT(overfills(box, ROOM, &heard, &y), SYN_EINTR);
        CHECK_INT(syn_last_report()->origin, SYN_BY_INTERRUPT);
        CHECK_INT(cleaned_up, i);
        CHECK_INT(syn_mailbox_outstanding(box), ROOM);
        drain_until(box, &heard.calls, i * ROOM);
    }
    end_interrupts(box);
}

/* --- a callback that ends its thread --- */

static pthread_key_t last_word;

static void overwrite_stack(void)
{
    volatile char dirt[8192];

    for (size_t i = 0; i < sizeof dirt; i++)
        dirt[i] = 0x5a;
}

/* A destructor of the program, after the stack of the drain has gone. */
static void calls_at_the_end(void *value)
{
    int y = 0;

    overwrite_stack();
    CHECK_INT(future_get(passes_on_future(8), &y), 0);
    CHECK_INT(y, 8);
    ++*(int *)value;
}

static void ends_the_thread(void *user, syn_err err, int *value)
{
    (void)err, (void)value;
    CHECK_INT(pthread_setspecific(last_word, user), 0);
    pthread_exit(NULL);
}

static void ends_the_closer(void *user, syn_err err)
{
    CHECK_INT(err, SYN_ECANCELED);
    CHECK_INT(pthread_setspecific(last_word, user), 0);
    pthread_exit(NULL);
}

static void *drains_its_last(void *box)
{
    while (!syn_mailbox_drain(box, 1))
        naps(0.001);
    return NULL;
}

/* The mail in hand is never freed: a leak checker would tell. */
static void thread_ends_in_a_callback(void)
{
    struct syn_mailbox *box = begin_interrupts(NULL);
    struct heard heard = {0};
    pthread_t thread;
    int words = 0;

    CHECK_INT(pthread_key_create(&last_word, calls_at_the_end), 0);
    CHECK_INT(future_then(passes_on_future(5), box, ends_the_thread, &words), 0);
    CHECK_INT(pthread_create(&thread, NULL, drains_its_last, box), 0);
    CHECK_INT(pthread_join(thread, NULL), 0);
    CHECK_INT(words, 1);
    CHECK_INT(future_then(passes_on_future(4), box, hear, &heard), 0);
    while (!heard.calls)
        CHECK_INT(syn_mailbox_drain(box, 1) | naps(0.001), 0);
    end_interrupts(box);
}

static void in_a_child(void (*fn)(void))
{
    int status = 1;
    pid_t pid = fork();

    if (pid == 0) {
        fn();
        _exit(0);
    }
    CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
    CHECK_INT(status, 0);
}

static void M2_a_thread_may_end_in_a_callback_and_call_in_its_destructors(void)
{
    in_a_child(thread_ends_in_a_callback);
}

static void count_a_tell(void *user)
{
    ++*(atomic_int *)user;
}

enum { ITEMS = 10, ENDS_AT = 3 };

static void ends_the_thread_at_an_item(void *user, syn_err err, int *item)
{
    hear_item(user, err, item);
    if (item && *item == ENDS_AT)
        pthread_exit(NULL);
}

static void *drains_once(void *box)
{
    syn_mailbox_drain(box, 0);
    return NULL;
}

/* A channel's registration goes on: the items that are left come out of the next drain, and so does the end. */
static void M2_a_thread_may_end_in_a_callback_of_a_channel_which_goes_on(void)
{
    atomic_int tells = 0;
    struct syn_mailbox_options options = {.on_mail = count_a_tell, .user = &tells};
    struct syn_mailbox *box = begin_interrupts(&options);
    struct heard_items heard = {.n = 0};
    struct ints_channel ch;
    pthread_t thread;

    CHECK_INT(channel_new(ints, 64, &ch), 0);
    CHECK_INT(channel_then(ch, box, ends_the_thread_at_an_item, &heard), 0);
    for (int i = 0; i < ITEMS; i++)
        CHECK_INT(channel_send(ch, &i), 0);
    CHECK_INT(pthread_create(&thread, NULL, drains_once, box), 0);
    CHECK_INT(pthread_join(thread, NULL), 0);
    CHECK_INT(heard.n, ENDS_AT + 1);
    CHECK_INT(tells, 2);
    CHECK(is_readable(box));
    CHECK_INT(syn_mailbox_drain(box, 0), 0);
    CHECK_INT(heard.n, ITEMS);
    CHECK_INT(heard.sum, ITEMS * (ITEMS - 1) / 2);
    CHECK_INT(syn_mailbox_close(box), 0);
    CHECK_INT(heard.ended, 1);
    channel_drop(ch);
    end_interrupts(box);
}

static void *closes_it(void *box)
{
    syn_mailbox_close(box);
    return NULL;
}

static void *releases_it(void *box)
{
    syn_mailbox_release(box);
    return NULL;
}

/* The first of three ends the thread that closes; the others are for a drain, of which the host is told. */
static void thread_ends_in(void *(*close)(void *box))
{
    atomic_int tells = 0;
    struct syn_mailbox_options options = {.on_mail = count_a_tell, .user = &tells};
    struct syn_mailbox *box = begin_interrupts(&options);
    struct heard heard = {0};
    pthread_t thread;
    int words = 0;

    CHECK_INT(pthread_key_create(&last_word, calls_at_the_end), 0);
    CHECK_INT(future_then(naps_future(1000), box, ends_the_closer, &words), 0);
    CHECK_INT(future_then(naps_future(1000), box, hear_end, &heard), 0);
    CHECK_INT(future_then(naps_future(1000), box, hear_end, &heard), 0);
    CHECK(!is_readable(box));
    CHECK_INT(pthread_create(&thread, NULL, close, box), 0);
    CHECK_INT(pthread_join(thread, NULL), 0);
    CHECK_INT(words, 1);
    CHECK_INT(tells, 1);
    CHECK(is_readable(box));
    CHECK_INT(heard.calls, 0);
    CHECK_INT(syn_mailbox_drain(box, 0), SYN_ECLOSED);
    CHECK_INT(heard.calls, 2);
    CHECK_INT(heard.err, SYN_ECANCELED);
    CHECK(!is_readable(box));
    end_interrupts(box);
}

static void thread_ends_in_a_close(void)
{
    thread_ends_in(closes_it);
}

static void thread_ends_in_a_release(void)
{
    thread_ends_in(releases_it);
}

static void M2_what_a_close_leaves_when_a_callback_ends_its_thread_is_told(void)
{
    in_a_child(thread_ends_in_a_close);
    in_a_child(thread_ends_in_a_release);
}

static const struct test_case cases[] = {
    TEST(M2_what_a_callback_blocks_on_is_interrupted_and_the_drain_goes_on),
    TEST(M2_the_second_signal_abandons_what_a_callback_blocks_on),
    TEST(M2_a_signal_leaves_what_is_registered_alone),
    TEST(M2_a_call_whose_task_waits_for_room_is_interrupted_and_loses_no_place),
    TEST(M2_a_thread_may_end_in_a_callback_and_call_in_its_destructors),
    TEST(M2_a_thread_may_end_in_a_callback_of_a_channel_which_goes_on),
    TEST(M2_what_a_close_leaves_when_a_callback_ends_its_thread_is_told),
};

TEST_MAIN_BOTH_MODES("mailbox_interrupt", cases);

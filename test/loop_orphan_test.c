/* SPDX-License-Identifier: Apache-2.0
 *
 * A watched descriptor that other code closes while its file lives on under another number
 * (src/loop/watch.c), over each backend: the loop sleeps all the same, says it once, and loses
 * nothing else that it waits for.
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <synchronicity/testing.h>

#include "loop/loop_turn.h"
#include "loop/watch.h"
#include "support/loop_rig.h"

/* Standard error goes into FILE until heard(). */
static int speaker;

static void listen_to_it(FILE *file)
{
    speaker = dup(2);
    CHECK_INT(dup2(fileno(file), 2), 2);
}

/* How often WORD was said. */
static int heard(FILE *file, const char *word)
{
    static char text[4000];
    int n = 0;

    CHECK_INT(dup2(speaker, 2), 2);
    close(speaker);
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    for (const char *p = text; (p = strstr(p, word)) != NULL; p++)
        n++;
    return n;
}

static void let_alarm_ring(struct syni_timer *timer)
{
    (void)timer;
}

/* How many turns it takes until there is nothing to do but to let time pass. */
static int turns_until_asleep(struct rig *rig)
{
    int64_t deadline = syni_loop_now(&rig->loop) + MS;
    struct syni_timer alarm = {0};
    int n = 0;

    syni_timer_start(&rig->loop, &alarm, deadline, let_alarm_ring);
    for (; syni_loop_now(&rig->loop) < deadline && n < 1000; n++)
        syni_loop_turn(&rig->loop, SYNI_NEVER);
    syni_timer_stop(&rig->loop, &alarm);
    return n;
}

/* Something that is waited for and does not come: so each turn looks at the kernel. */
static struct wait idle;
static int idle_ends[2];

static void begin_idling(struct rig *rig)
{
    make_pipe(idle_ends);
    CHECK_INT(rig_wait(rig, &idle, idle_ends[0], SYNI_READ), SYN_OK);
}

static void end_idling(struct rig *rig)
{
    CHECK_INT(idle.woken, 0);
    syni_watch_stop(&rig->loop, &idle.wait);
    close_both(idle_ends);
}

/* A kept pipe that was waited for in vain, closed but for a copy, and then readable. */
static int make_orphan(struct rig *rig, int *out_number)
{
    struct wait wait;
    int ends[2], copy;

    make_pipe(ends);
    CHECK_INT(syni_watch_keep(&rig->loop, ends[0]), SYN_OK);
    CHECK_INT(rig_wait(rig, &wait, ends[0], SYNI_READ), SYN_OK);
    rig_turns(rig, 1);
    syni_watch_stop(&rig->loop, &wait.wait);
    copy = fcntl(ends[0], F_DUPFD_CLOEXEC, 100);
    CHECK(copy >= 0);
    put(ends[1]);
    close_both(ends);
    *out_number = ends[0];
    return copy;
}

static void is_watched_no_more_and_said_once(struct rig *rig)
{
    FILE *file = tmpfile();
    char words[80];
    int copy, number, said;

    listen_to_it(file);
    begin_idling(rig);
    copy = make_orphan(rig, &number);
    CHECK(turns_until_asleep(rig) < 30);
    for (int i = 0; i < 5; i++)
        CHECK(turns_until_asleep(rig) < 5);
    end_idling(rig);
    snprintf(words, sizeof words, "descriptor %d was closed while it was watched", number);
    said = heard(file, words);
    CHECK_INT(said, rig->loop.backend->renew ? 1 : 0);
    close(copy);
}

/* Kept and others, waited for in the other direction, ready and not: all as before. */
static void takes_nothing_along(struct rig *rig)
{
    struct wait kept, other, writer;
    int a[2], b[2], copy, number;
    FILE *file = tmpfile();

    make_pipe(a);
    make_sockets(b);
    fill(b[0]);
    CHECK_INT(syni_watch_keep(&rig->loop, a[0]), SYN_OK);
    CHECK_INT(rig_wait(rig, &kept, a[0], SYNI_READ), SYN_OK);
    CHECK_INT(rig_wait(rig, &other, b[0], SYNI_READ), SYN_OK);
    CHECK_INT(rig_wait(rig, &writer, b[0], SYNI_WRITE), SYN_OK);
    listen_to_it(file);
    begin_idling(rig);
    copy = make_orphan(rig, &number);
    CHECK(turns_until_asleep(rig) < 30);
    end_idling(rig);
    heard(file, "closed");
    CHECK_INT(kept.woken + other.woken + writer.woken, 0);
    put(a[1]);
    put(b[1]);
    rig_turns(rig, 3);
    CHECK_INT(kept.woken * 10 + other.woken, 11);
    CHECK_INT(writer.woken, 0);
    syni_watch_stop(&rig->loop, &writer.wait);
    syni_watch_forget(&rig->loop, a[0]);
    close_both(a);
    close_both(b);
    close(copy);
}

/* The number is somebody else's by now, and waited for. */
static void leaves_the_new_owner_of_the_number_alone(struct rig *rig)
{
    FILE *file = tmpfile();
    struct wait wait;
    int ends[2], copy, number;

    listen_to_it(file);
    begin_idling(rig);
    copy = make_orphan(rig, &number);
    make_pipe(ends);
    if (ends[0] != number) {
        CHECK_INT(dup2(ends[0], number), number);
        close(ends[0]);
        ends[0] = number;
    }
    CHECK_INT(syni_watch_keep(&rig->loop, number), SYN_OK);
    CHECK_INT(rig_wait(rig, &wait, number, SYNI_READ), SYN_OK);
    CHECK(turns_until_asleep(rig) < 30);
    end_idling(rig);
    heard(file, "closed");
    CHECK_INT(wait.woken, 0);
    put(ends[1]);
    rig_turns(rig, 3);
    CHECK_INT(wait.woken, 1);
    syni_watch_forget(&rig->loop, number);
    close_both(ends);
    close(copy);
}

/* A wake that went to the old epoll makes the next wait return all the same. */
static void keeps_a_wake(struct rig *rig)
{
    const struct syni_backend *backend = rig->loop.backend;
    struct syni_poller *poller;
    struct syni_event events[4];
    unsigned n = 9;

    if (!backend->renew)
        TEST_SKIP("here a registration ends with its number");
    CHECK_INT(backend->open(&poller), SYN_OK);
    backend->wake(poller);
    CHECK_INT(backend->renew(poller), SYN_OK);
    CHECK_INT(backend->wait(poller, events, 4, -1, &n), SYN_OK); /* or it hangs */
    CHECK_INT(n, 0);
    backend->wake(poller); /* and the waker is as before */
    CHECK_INT(backend->wait(poller, events, 4, -1, &n), SYN_OK);
    CHECK_INT(n, 0);
    backend->close(poller);
}

/* No descriptor for it at first; later there is one. */
static void is_dealt_with_when_descriptors_are_back(struct rig *rig)
{
    FILE *file = tmpfile();
    int copy, number;

    if (!rig->loop.backend->renew)
        TEST_SKIP("here a registration ends with its number");
    listen_to_it(file);
    begin_idling(rig);
    for (int i = 0; i < 3; i++) {
        static const char *const calls[] = {"epoll_create1", "epoll_ctl", "dup3"};
        int open = open_descriptors();

        copy = make_orphan(rig, &number);
        syn_fault_set(calls[i], 1, i == 1 ? 100000 : 5, EMFILE);
        rig_turns(rig, 12);
        syn_fault_clear();
        CHECK(turns_until_asleep(rig) < 30);
        close(copy);
        CHECK_INT(open_descriptors(), open);
    }
    end_idling(rig);
    CHECK_INT(heard(file, "closed while it was watched"), 3);
}

#define CASES(X)                                                                                   \
    X(is_watched_no_more_and_said_once)                                                            \
    X(takes_nothing_along)                                                                         \
    X(leaves_the_new_owner_of_the_number_alone)                                                    \
    X(keeps_a_wake)                                                                                \
    X(is_dealt_with_when_descriptors_are_back)

CASES(CASE_FUNCTIONS)

static const struct test_case cases[] = {
    CASES(CASE_ROWS)
};
TEST_MAIN("loop_orphan", cases);

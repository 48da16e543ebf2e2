/* SPDX-License-Identifier: Apache-2.0
 *
 * Futures that are dropped: counted by the stats of where they ran, and named when the process
 * exits, in a checked build, if that was stopped. Both modes.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"

#include <sys/wait.h>

SYNCHRONIZER(demo);
SYNCHRONIZER(other);
POOL(disk);

ASYNC(demo, char *, make, DESTROY(free))
{
    co_begin;
    co_sleep(1.0);
    co_return(strdup("x"));
    co_end;
}

ASYNC(demo, int, fail)
{
    co_begin;
    co_fail(SYN_EIO, "no");
    co_end;
}

ASYNC(other, int, count_to, (int, n))
{
    co_begin;
    co_sleep(1.0);
    co_return(self->n);
    co_end;
}

BLOCKING(disk, int, answer)
{
    (void)job;
    return 42;
}

GENERATOR(demo, int, numbers, SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < 2; self->i++)
        co_yield(self->i);
    co_end;
}

static void V6_results_that_nobody_used_up_are_counted(void)
{
    struct make_future f[5];
    struct numbers_channel ch;
    char *text;
    int v;

    begin();
    for (int i = 0; i < 5; i++)
        f[i] = make_future();
    CHECK_INT(synchronizer_stats(&demo).unclaimed, 0); /* they run */
    CHECK_INT(make(&text), 0);
    free(text);
    for (int i = 0; i < 5; i++) /* which do not use them up */
        CHECK_INT(future_wait(f[i]), 0);
    CHECK_INT(synchronizer_stats(&demo).unclaimed, 5);
    CHECK_INT(synchronizer_stats(&other).unclaimed, 0);
    CHECK_INT(future_detach(f[0]), 0);
    CHECK_INT(future_get(f[1], &text), 0);
    free(text);
    CHECK_INT(future_cancel(f[2]), 0);
    CHECK_INT(synchronizer_stats(&demo).unclaimed, 2);
    CHECK_INT(future_detach(f[3]), 0);
    CHECK_INT(future_detach(f[4]), 0);
    ch = numbers();
    while (channel_next(ch, &v) == 0)
        ;
    CHECK_INT(channel_close(ch), 0);
    /* The closer goes on a moment before the last reference is given up. */
    while (synchronizer_stats(&demo).unclaimed > 0)
        usleep(100);
    finish(&demo);
    done();
}

static void V6_results_of_a_pool_are_counted(void)
{
    struct answer_future f, g;
    int v;

    begin_in_real_time();
    f = answer_future();
    g = answer_future();
    CHECK_INT(future_wait(f), 0);
    CHECK_INT(future_wait(g), 0);
    CHECK_INT(pool_stats(&disk).unclaimed, 2);
    CHECK_INT(future_get(f, &v), 0);
    CHECK_INT(pool_stats(&disk).unclaimed, 1);
    CHECK_INT(future_get(g, &v), 0);
    CHECK_INT(pool_stats(&disk).unclaimed, 0);
    CHECK_INT(pool_stop(&disk, syn_never()), 0);
    CHECK_INT(pool_free(&disk), 0);
}

/* What a process prints to standard error that does FN and exits. Nothing of the library was used
 * before. */
static const char *said_by_process(void (*fn)(void))
{
    static char text[8000];
    size_t n = 0;
    ssize_t more;
    int ends[2], status;
    pid_t pid;

    CHECK(pipe(ends) == 0);
    pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        CHECK(dup2(ends[1], 2) == 2);
        close(ends[0]);
        close(ends[1]);
        fn();
        CHECK(write(2, "END\n", 4) == 4);
        exit(0);
    }
    close(ends[1]);
    while ((more = read(ends[0], text + n, sizeof text - 1 - n)) > 0)
        n += (size_t)more;
    close(ends[0]);
    text[n] = '\0';
    CHECK(waitpid(pid, &status, 0) == pid);
    if (status != 0)
        test_fail(__FILE__, __LINE__, "it ended with %d, and said \"%s\"", status, text);
    return text;
}

static void stop_all(void)
{
    CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
    CHECK_INT(synchronizer_stop(&demo, syn_never()), 0);
    CHECK_INT(synchronizer_stop(&other, syn_never()), 0);
    CHECK_INT(pool_stop(&disk, syn_never()), 0);
}

static int times(const char *text, const char *part)
{
    int n = 0;

    for (; (text = strstr(text, part)); text += strlen(part))
        n++;
    return n;
}

enum { MANY = 50 };
static struct make_future made[MANY];
static struct fail_future failed;
static struct count_to_future counted;
static struct answer_future answered;

static void leave_results(void)
{
    begin_in_real_time();
    for (int i = 0; i < MANY; i++)
        made[i] = make_future();
    failed = fail_future();
    counted = count_to_future(3);
    answered = answer_future();
    CHECK_INT(future_wait(answered), 0);
    CHECK_INT(future_wait(failed), 0);
    stop_all();
    CHECK_INT(synchronizer_start(&demo), 0);
    stop_all(); /* and are noted once */
    CHECK_INT(pool_free(&disk), 0);
}

static void V6_results_that_nobody_used_up_after_a_stop_are_named_at_the_exit(void)
{
    const char *text = said_by_process(leave_results), *end = strstr(text, "END\n");

    CHECK(end);
#if defined(SYN_CHECKED) && SYN_CHECKED
    CHECK_INT(times(end, "'demo' was stopped, and 50 results of make ("), 1);
    CHECK_INT(times(end, "unclaimed_test.c:") + times(end, ", made at unclaimed_test+0x"), 3 + 4);
    CHECK_INT(times(end, ", made at unclaimed_test"), 4);
    CHECK_INT(times(end, "1 result of fail ("), 1);
    CHECK_INT(times(end, "'other' was stopped, and 1 result of count_to ("), 1);
    CHECK_INT(times(end, "'disk' was stopped, and 1 result of answer"), 1);
    CHECK_INT(times(end, "synchronicity: "), 4);
#endif
    CHECK_INT(times(text, "result"), times(end, "result")); /* not before */
}

/* Nobody uses up what is left then: it is told at once, and once. */
static void leave_results_and_stop_everything(void)
{
    leave_results();
    CHECK_INT(syn_stop_everything(syn_after(10)), 0);
}

static void V6_results_that_nobody_used_up_are_named_when_everything_is_stopped(void)
{
    const char *text = said_by_process(leave_results_and_stop_everything);

#if defined(SYN_CHECKED) && SYN_CHECKED
    CHECK_INT(times(text, "'demo' was stopped, and 50 results of make ("), 1);
    CHECK_INT(times(text, "synchronicity: "), 4);
#endif
    CHECK_INT(times(strstr(text, "END\n"), "result"), 0);
}

/* As a thread may that comes a moment after a stop. */
static void use_results(void)
{
    int y;

    leave_results();
    for (int i = 0; i < MANY; i++)
        CHECK_INT(future_drop(made[i]), 0);
    CHECK_INT(future_get(failed, &y), SYN_EIO);
    CHECK_INT(future_cancel(counted), SYN_ECANCELED);
    CHECK_INT(future_get(answered, &y), 0);
}

static void V6_who_uses_a_result_after_a_stop_is_not_told_of(void)
{
    CHECK_INT(times(said_by_process(use_results), "result"), 0);
}

static void leave_very_many(void)
{
    begin_in_real_time();
    for (int i = 0; i < 1000; i++) {
        failed = fail_future();
        CHECK_INT(future_wait(failed), 0);
    }
    stop_all();
}

static void V6_of_very_many_the_first_are_named_and_the_others_counted(void)
{
    const char *text = said_by_process(leave_very_many);

#if defined(SYN_CHECKED) && SYN_CHECKED
    CHECK_INT(times(text, "256 results of fail ("), 1);
    CHECK_INT(times(text, "and 744 more of these kinds"), 1);
#else
    CHECK_INT(times(text, "result"), 0);
#endif
}

/* --- channels, promises, objects --- */

CHANNEL(int, ints);
PROMISE(int, number);

#define THING_METHODS(M, C) M(C, constructor, make)
CLASS(thing, THING_METHODS);

struct thing_impl {
    int x;
};

CONSTRUCTOR(thing, make)
{
    co_begin;
    me->x = 1;
    co_end;
}

CLASS_TABLE(demo, thing, THING_METHODS, NULL);

static struct ints_channel open_one, closed_one;
static struct numbers_channel begun;
static struct number_promise kept, broken, unread;
static struct number_future of_kept, of_broken, of_unread;
static struct thing *held, *released;

static void leave_things(void)
{
    int v;

    begin_in_real_time();
    CHECK_INT(channel_new(ints, 1, &open_one), 0);
    CHECK_INT(channel_new(ints, 1, &closed_one), 0);
    begun = numbers();
    CHECK_INT(channel_next(begun, &v), 0);
    CHECK_INT(promise_new(number, &kept, &of_kept), 0);
    CHECK_INT(promise_new(number, &broken, &of_broken), 0);
    CHECK_INT(promise_new(number, &unread, &of_unread), 0);
    CHECK_INT(promise_complete(unread, &(int){1}), 0);
    CHECK_INT(future_detach(of_broken), 0); /* which does not complete it */
    CHECK_INT(thing_make(&held), 0);
    CHECK_INT(thing_make(&released), 0);
    stop_all();
    CHECK_INT(channel_close(closed_one), 0); /* a moment later, as one may */
    CHECK_INT(promise_complete(kept, &(int){1}), 0);
    CHECK_INT(future_get(of_kept, &v), 0);
    thing_release(released);
    CHECK_INT(pool_free(&disk), 0);
}

static void check_things(const char *text)
{
#if defined(SYN_CHECKED) && SYN_CHECKED
    CHECK_INT(times(text, "1 channel of "), 2);
    CHECK_INT(times(text, "'demo' was stopped, and 1 channel of numbers ("), 1);
    CHECK_INT(times(text, "1 promise of "), 1);
    CHECK_INT(times(text, "1 result of "), 1);
    CHECK_INT(times(text, "'demo' was stopped, and an object of thing_make ("), 1);
    CHECK_INT(times(text, "with 1 reference:"), 1);
    CHECK_INT(times(text, "unclaimed_test.c:") + times(text, ", made at unclaimed_test+0x"), 5 + 2);
    CHECK_INT(times(text, ", made at unclaimed_test"), 2); /* the generator, the object */
    CHECK_INT(times(text, "synchronicity: "), 5);
#else
    CHECK_INT(times(text, "nobody"), 0);
#endif
}

static void V6_channels_promises_and_objects_are_named_at_the_exit(void)
{
    const char *text = said_by_process(leave_things), *end = strstr(text, "END\n");

    CHECK(end);
    check_things(end);
    CHECK_INT(times(text, "nobody"), times(end, "nobody")); /* not before */
}

static void leave_things_and_stop_everything(void)
{
    leave_things();
    CHECK_INT(syn_stop_everything(syn_after(10)), 0);
}

static void V6_channels_promises_and_objects_are_named_when_everything_is_stopped(void)
{
    const char *text = said_by_process(leave_things_and_stop_everything);

    check_things(text);
    CHECK_INT(times(strstr(text, "END\n"), "nobody"), 0);
}

static void end_all_things(void)
{
    int v;

    leave_things();
    CHECK_INT(channel_close(open_one), 0);
    CHECK_INT(channel_close(begun), 0);
    CHECK(promise_complete(broken, &(int){1}) != 0); /* nobody wants it, and it is over */
    CHECK_INT(future_get(of_unread, &v), 0);
    thing_release(held);
}

static void V6_who_ends_things_after_a_stop_is_not_told_of(void)
{
    CHECK_INT(times(said_by_process(end_all_things), "nobody"), 0);
}

static const struct test_case cases[] = {
    TEST(V6_results_that_nobody_used_up_are_counted),
    TEST(V6_results_of_a_pool_are_counted),
    TEST(V6_results_that_nobody_used_up_after_a_stop_are_named_at_the_exit),
    TEST(V6_results_that_nobody_used_up_are_named_when_everything_is_stopped),
    TEST(V6_who_uses_a_result_after_a_stop_is_not_told_of),
    TEST(V6_of_very_many_the_first_are_named_and_the_others_counted),
    TEST(V6_channels_promises_and_objects_are_named_at_the_exit),
    TEST(V6_channels_promises_and_objects_are_named_when_everything_is_stopped),
    TEST(V6_who_ends_things_after_a_stop_is_not_told_of),
};
TEST_MAIN_BOTH_MODES("unclaimed", cases);

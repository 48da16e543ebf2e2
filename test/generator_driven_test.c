/* SPDX-License-Identifier: Apache-2.0
 *
 * A generator's channel that is its loop's own since a thread asks it that drives.
 */
#define _DEFAULT_SOURCE
#include "support/call_rig.h"
#include "support/points.h"
#include "task/home.h"
#include "task/slot.h"

SYNCHRONIZER(demo, .caller_may_drive = 1);

static _Atomic(int) cleaned;

GENERATOR(demo, int, count, (int, n), (double, seconds), SYN_LOCAL(int, i))
{
    co_begin;
    for (self->i = 0; self->i < self->n; self->i++) {
        if (self->seconds > 0)
            co_sleep(self->seconds);
        co_yield(self->i);
    }
    co_finally;
    cleaned++;
    co_end;
}

/* Whether the channel is its loop's own. */
ASYNC(demo, int, owns, (struct count_channel, ch))
{
    struct syn_channel handle = self->ch.u.handle;

    co_begin;
    co_return(syni_slot_own_thing(handle.slot, handle.generation, &syni_home_now()->loop) != NULL);
    co_end;
}

static int is_own(struct count_channel ch)
{
    int own = -1;

    CHECK_INT(owns(ch, &own), 0);
    return own;
}

ASYNC(demo, int, takes_here, (struct count_channel, ch), SYN_LOCAL(int, v))
{
    co_begin;
    co_next(self->ch, &self->v);
    co_check;
    co_return(self->v);
    co_end;
}

ASYNC(demo, void, passes, (double, seconds))
{
    co_begin;
    co_sleep(self->seconds);
    co_end;
}

static void over(void)
{
    finish(&demo);
    done();
}

static void G2_a_thread_that_drives_and_asks_first_makes_a_channel_its_loops_own(void)
{
    struct count_channel ch;
    int v = -1, n = 0;
    syn_err err;

    begin();
    for (int room = 0; room < 3; room++) {
        ch = count(6, 0.0);
        CHECK_INT(channel_prefetch(ch, (size_t)room), 0);
        CHECK_INT(is_own(ch), 0);
        CHECK_INT(channel_next(ch, &v), 0);
        CHECK_INT(v, 0);
        CHECK_INT(is_own(ch), room < 2); /* with more it flows */
        CHECK_INT(takes_here(ch, &v), 0);
        CHECK_INT(v, 1);
        CHECK_INT(channel_next(ch, &v), 0);
        CHECK_INT(v, 2);
        CHECK_INT(is_own(ch), room < 2);
        n = 3;
        channel_each (int, item, ch, &err)
            CHECK_INT(item, n++);
        CHECK_INT(err, 0);
        CHECK_INT(n, 6);
    }
    over();
    CHECK_INT(cleaned, 3);
}

static void X3_a_thread_that_drives_and_gives_up_takes_nothing(void)
{
    struct count_channel ch;
    int v = -1;

    begin();
    ch = count(9, 1.0);
    CHECK_INT(channel_next_by(ch, &v, syn_after(0.5)), SYN_ETIMEDOUT);
    CHECK_INT(v, -1);
    CHECK_INT(is_own(ch), 1);
    CHECK_INT(passes(2.0), 0); /* it is made meanwhile, and nobody waits for it */
    CHECK_INT(is_own(ch), 1);
    CHECK_INT(channel_next(ch, &v), 0);
    CHECK_INT(v, 0);
    CHECK_INT(channel_next(ch, &v), 0);
    CHECK_INT(v, 1);
    CHECK_INT(channel_close(ch), 0);
    CHECK_INT(cleaned, 1);
    CHECK_INT(channel_next(ch, &v), SYN_ECLOSED);
    over();
}

static void G5_a_channel_that_a_thread_drove_is_closed_and_dropped_by_threads(void)
{
    struct count_channel ch;
    syn_err err;
    int v = -1;

    begin();
    channel_each (int, item, count(9, 0.0), &err)
        if (item == 3)
            break;
    CHECK_INT(err, 0);
    CHECK_INT(cleaned, 1);
    ch = count(9, 0.0);
    CHECK_INT(channel_next(ch, &v), 0);
    channel_drop(ch);
    ch = count(1, 0.0);
    CHECK_INT(channel_next(ch, &v), 0);
    CHECK_INT(channel_next(ch, &v), SYN_EEND);
    CHECK_INT(channel_next(ch, &v), SYN_EEND);
    CHECK_INT(channel_close(ch), 0);
    over();
    CHECK_INT(cleaned, 3);
}

/* --- several threads --- */

enum { ITEMS = 300, THREADS = 3 };
static struct count_channel shared;
static _Atomic(int) fetched[ITEMS];

/* Each other time it hardly waits. */
static void fetches(int number, void *argument)
{
    syn_err err = SYN_OK;

    (void)argument;
    for (int i = number; err == SYN_OK || err == SYN_ETIMEDOUT; i++) {
        int v = -1;

        err = channel_next_by(shared, &v, i % 2 ? syn_never() : syn_after(0.0001));
        CHECK((v >= 0) == (err == SYN_OK));
        if (!err)
            fetched[v]++;
    }
    CHECK_INT(err, SYN_EEND);
}

static void G2_threads_that_drive_in_turn_fetch_each_item_once(void)
{
    struct crew_at_work *crew;

    begin_in_real_time();
    for (int round = 0; round < 2; round++) {
        shared = count(ITEMS, round ? 0.0002 : 0.0);
        crew = crew_start(THREADS, fetches, NULL);
        crew_join(crew);
        CHECK_INT(channel_close(shared), 0);
        for (int i = 0; i < ITEMS; i++)
            CHECK_INT(fetched[i], round + 1);
    }
    over();
}

/* --- a loop that dies --- */

SYNCHRONIZER(dying, .caller_may_drive = 1, .backend = "poll");

GENERATOR(dying, int, sleeps)
{
    co_begin;
    co_sleep(1000.0);
    co_yield(0);
    co_end;
}

static struct sleeps_channel dreams;

static void waits_in_vain(int number, void *argument)
{
    int v = -1;

    (void)number;
    (void)argument;
    CHECK_INT(channel_next_by(dreams, &v, syn_after(0.3)), SYN_ETIMEDOUT);
    CHECK_INT(v, -1);
}

static void kernel_fails(void)
{
#if defined(__APPLE__) || defined(SYNI_BACKEND_FALLBACKS)
    syn_fault_set("poll", 1, 1, EBADF);
#else
    syn_fault_set("ppoll", 1, 1, EBADF);
#endif
}

static void E3_a_thread_that_drives_a_loop_which_dies_is_told(void)
{
    int v = -1;

    begin_in_real_time();
    dreams = sleeps();
    kernel_fails();
    CHECK_INT(channel_next(dreams, &v), SYN_ELOOPDEAD);
    syn_fault_clear();
    CHECK_INT(v, -1);
    channel_close(dreams);
    finish(&dying);
    done();
}

/* The thread has left the role, and the next driver has not begun to end what lives there. */
static void E3_a_thread_that_drove_a_loop_which_died_gives_up_in_time(void)
{
    struct crew_at_work *crew;
    int v = -1;

    points_needed();
    begin_in_real_time();
    dreams = sleeps();
    CHECK_INT(syn_test_hold("home_looks", 1), 0);
    kernel_fails();
    crew = crew_start(1, waits_in_vain, NULL);
    AWAIT_HELD("home_looks");
    crew_join(crew);
    syn_test_release("home_looks");
    syn_fault_clear();
    CHECK(channel_next(dreams, &v) != 0);
    CHECK_INT(channel_close(dreams), 0);
    finish(&dying);
    done();
}

static void G2_a_thread_that_tries_once_lets_the_generator_go_on(void)
{
    struct count_channel ch;
    int v = -1;

    begin_in_real_time();
    cleaned = 0;
    ch = count(1, 0);
    CHECK_INT(channel_next(ch, &v), 0);
    CHECK_INT(is_own(ch), 1);
    CHECK_INT(channel_try_next(ch, &v), SYN_EAGAIN);
    while (!cleaned)
        usleep(100);
    CHECK_INT(channel_next(ch, &v), SYN_EEND);
    CHECK_INT(channel_close(ch), 0);
    over();
}

static const struct test_case cases[] = {
    TEST(G2_a_thread_that_drives_and_asks_first_makes_a_channel_its_loops_own),
    TEST(X3_a_thread_that_drives_and_gives_up_takes_nothing),
    TEST(G5_a_channel_that_a_thread_drove_is_closed_and_dropped_by_threads),
    TEST(G2_threads_that_drive_in_turn_fetch_each_item_once),
    TEST(G2_a_thread_that_tries_once_lets_the_generator_go_on),
    TEST(E3_a_thread_that_drives_a_loop_which_dies_is_told),
    TEST(E3_a_thread_that_drove_a_loop_which_died_gives_up_in_time),
};
TEST_MAIN("generator_driven", cases);

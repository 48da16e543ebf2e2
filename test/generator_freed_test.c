/* SPDX-License-Identifier: Apache-2.0
 *
 * Generators, and results, that are asked for after their synchronizer was freed, or while it is: by a holder of
 * a handle, which need not know that.
 */
#define _DEFAULT_SOURCE
#include "support/generator_rig.h"
#include "support/points.h"

#include <synchronicity/host.h>
#include <synchronicity/mailbox.h>
#include <synchronicity/step.h>

SYNCHRONIZER(app);

/* Frees what the generators live on; then `other`. */
static void free_first(void)
{
    CHECK_INT(synchronizer_free(&demo), SYN_OK);
}

static void free_rest(void)
{
    finish(&other);
    CHECK_INT(synchronizer_free(&app), SYN_OK);
    done();
}

static struct count_channel not_begun(void)
{
    begun = 0;
    CHECK_INT(synchronizer_start(&demo), SYN_OK);
    return count(9, 0.0);
}

static void L2_a_generator_that_never_began_is_refused_when_its_synchronizer_was_freed(void)
{
    struct count_channel ch;
    int v = -1;

    begin();
    ch = not_begun();
    free_first();
    CHECK_INT(channel_next(ch, &v), SYN_ECLOSED);
    CHECK(strstr(last_message(), "its generator was called when its synchronizer was stopped") != NULL);
    CHECK_INT(channel_next(ch, &v), SYN_ECLOSED);
    CHECK_INT(channel_close(ch), SYN_OK);
    ch = not_begun();
    free_first();
    CHECK_INT(channel_close(ch), SYN_OK); /* nobody asked */
    CHECK_INT(begun, 0);
    CHECK_INT(v, -1);
    free_rest();
}

ASYNC(other, void, asks, (struct count_channel, ch), SYN_LOCAL(int, v))
{
    co_begin;
    co_next(self->ch, &self->v);
    co_check;
    co_end;
}

static void L2_so_is_one_that_a_task_asks(void)
{
    struct count_channel ch;

    begin();
    ch = not_begun();
    free_first();
    CHECK_INT(asks(ch), SYN_ECLOSED);
    CHECK_INT(channel_close(ch), SYN_OK);
    CHECK_INT(begun, 0);
    free_rest();
}

static void L2_it_does_not_begin_on_the_one_that_is_made_anew(void)
{
    struct count_channel old, ch;
    int v = -1;

    begin();
    old = not_begun();
    free_first();
    ch = not_begun();
    CHECK_INT(channel_next(old, &v), SYN_ECLOSED);
    CHECK_INT(begun, 0);
    CHECK_INT(channel_next(ch, &v), SYN_OK);
    CHECK_INT(begun, 1);
    CHECK_INT(v, 0);
    CHECK_INT(channel_close(ch), SYN_OK);
    CHECK_INT(channel_close(old), SYN_OK);
    free_first();
    free_rest();
}

/* The thread hosts another synchronizer, which it would turn if it had to wait. */
static void L2_what_a_generator_left_is_there_when_its_synchronizer_was_freed(void)
{
    struct count_channel ch;
    int v = -1;

    begin();
    CHECK_INT(syn_host_begin(&app), SYN_OK);
    ch = count(2, 0.0);
    CHECK_INT(channel_prefetch(ch, 4), SYN_OK);
    CHECK_INT(channel_next(ch, &v), SYN_OK);
    CHECK_INT(v, 0);
    while (synchronizer_stats(&demo).ended < 1)
        usleep(100); /* it runs ahead to its end */
    free_first();
    CHECK_INT(channel_next(ch, &v), SYN_OK);
    CHECK_INT(v, 1);
    CHECK_INT(channel_next(ch, &v), SYN_EEND);
    CHECK_INT(channel_close(ch), SYN_OK);
    free_rest();
}

/* --- while a consumer is about to look whether it may drive --- */

static void asks_and_is_refused(int unused, void *of)
{
    struct count_channel *ch = of;
    int v = -1;

    (void)unused;
    CHECK(channel_next(*ch, &v) != SYN_OK);
    CHECK_INT(v, -1);
}

static void closes(int unused, void *of)
{
    struct count_channel *ch = of;

    (void)unused;
    channel_close(*ch); /* its clean-up may be done by the stop, or by this */
}

static void free_in_the_window(struct count_channel ch, void (*consume)(int unused, void *of))
{
    struct crew_at_work *consumer;

    CHECK_INT(syn_test_hold("wait_drives", 1), 0);
    consumer = crew_start(1, consume, &ch);
    AWAIT_HELD("wait_drives");
    free_first();
    syn_test_release("wait_drives");
    crew_join(consumer);
}

static void L2_a_synchronizer_is_freed_while_a_consumer_is_about_to_drive_it(void)
{
    struct count_channel ch;
    int v = -1;

    points_needed();
    begin();
    ch = not_begun();
    free_in_the_window(ch, asks_and_is_refused);
    CHECK_INT(channel_close(ch), SYN_OK);
    CHECK_INT(begun, 0);
    ch = not_begun();
    CHECK_INT(channel_next(ch, &v), SYN_OK); /* it waits to be asked again */
    free_in_the_window(ch, asks_and_is_refused);
    channel_close(ch);
    ch = not_begun();
    CHECK_INT(channel_next(ch, &v), SYN_OK);
    free_in_the_window(ch, closes);
    free_rest();
}

/* --- results --- */

ASYNC(demo, int, seven)
{
    return step_return(self, 7);
}

static int n_told;

static void is_seven(void *user, syn_err err, int *result)
{
    (void)user;
    CHECK_INT(err, SYN_OK);
    CHECK_INT(*result, 7);
    n_told++;
}

static void M1_a_result_is_told_under_a_deadline_when_its_synchronizer_was_freed(void)
{
    struct syn_mailbox *box;
    struct seven_future f;

    begin();
    n_told = 0;
    CHECK_INT(syn_mailbox_new(NULL, &box), SYN_OK);
    f = seven_future();
    CHECK_INT(future_wait(f), SYN_OK);
    free_first();
    CHECK_INT(call_by(syn_after(5.0), future_then(f, box, is_seven, NULL)), SYN_OK);
    CHECK_INT(syn_mailbox_drain(box, 0), SYN_OK);
    CHECK_INT(n_told, 1);
    syn_mailbox_release(box);
    free_rest();
}

static const struct test_case cases[] = {
    TEST(L2_a_generator_that_never_began_is_refused_when_its_synchronizer_was_freed),
    TEST(L2_so_is_one_that_a_task_asks),
    TEST(L2_it_does_not_begin_on_the_one_that_is_made_anew),
    TEST(L2_what_a_generator_left_is_there_when_its_synchronizer_was_freed),
    TEST(L2_a_synchronizer_is_freed_while_a_consumer_is_about_to_drive_it),
    TEST(M1_a_result_is_told_under_a_deadline_when_its_synchronizer_was_freed),
};
TEST_MAIN_BOTH_MODES("generator_freed", cases);

/* SPDX-License-Identifier: Apache-2.0
 *
 * How a loop dies of its poller or of a step (src/loop/loop_drive.c), and the thread that
 * it lives on. How it ends by request: loop_drive_test.c.
 */
#if defined(__linux__)
#define _GNU_SOURCE /* pthread_getname_np */
#endif
#include <signal.h>

#include "loop/live.h"
#include "loop/loop_drive.h"
#include "loop/loop_inbox.h"
#include "loop/loop_turn.h"
#include "support/loop_rig.h"

static struct rig rig;

static void nothing(void *unused)
{
    (void)unused;
}

static void start_for_callers(void)
{
    test_driving = true;
    rig_start(&rig, NULL);
}

static struct syni_live live;

static void add_live(void *unused)
{
    (void)unused;
    syni_live_add(&rig.loop, &live);
}

static void remove_live(void *unused)
{
    (void)unused;
    syni_live_remove(&rig.loop, &live);
}

/* From now on whatever the loop asks the kernel fails. */
static void break_the_poller(void)
{
    syn_fault_set(NULL, 1, (unsigned long)-1, EIO);
}

static void check_that_it_died(syn_err reason)
{
    struct count_job job;

    syni_loop_join(&rig.loop);
    syn_fault_clear();
    CHECK_INT(rig.closings, 1);
    CHECK_INT(rig.loop.died, reason);
    count_job_init(&job);
    CHECK(!syni_loop_post(&rig.loop, &job.job));
    syni_loop_fini(&rig.loop);
    CHECK_INT(job.runs, 0);
}

static void E3_loop_whose_poller_fails_ends_and_says_so_once(void)
{
    rig_start(&rig, NULL);
    rig_call(&rig, add_live, NULL);
    break_the_poller();
    rig_call(&rig, nothing, NULL);
    check_that_it_died(SYN_EIO);
}

static void E3_poller_that_fails_a_caller_once_ends_the_loop(void)
{
    start_for_callers();
    CHECK(rig_take(&rig));
    add_live(NULL);
    syn_fault_set(NULL, 1, 1, EIO);
    rig_turns(&rig, 1);
    rig_give(&rig);
    check_that_it_died(SYN_EIO);
}

static void end_this_thread(struct syni_job *unused)
{
    (void)unused;
    pthread_exit(NULL);
}

static void E3_step_that_ends_the_thread_ends_the_loop(void)
{
    struct syni_job job = {.run = end_this_thread};

    rig_start(&rig, NULL);
    CHECK(syni_loop_post(&rig.loop, &job));
    check_that_it_died(SYN_ELOOPDEAD);
}

static void look_at_the_thread(void *unused)
{
    sigset_t mask;

    (void)unused;
    CHECK_INT(pthread_sigmask(SIG_BLOCK, NULL, &mask), 0);
    CHECK(sigismember(&mask, SIGALRM) && sigismember(&mask, SIGPIPE));
    CHECK(!sigismember(&mask, SIGTERM));
#if defined(__linux__)
    char name[32];

    CHECK_INT(pthread_getname_np(pthread_self(), name, sizeof name), 0);
    CHECK_STR(name, "rig");
#endif
}

static void H1_thread_of_a_loop_blocks_what_is_handled_and_has_its_name(void)
{
    rig_start(&rig, NULL);
    rig_call(&rig, look_at_the_thread, NULL);
    rig_end(&rig);
}

static void fire(struct syni_timer *unused)
{
    (void)unused;
    rig.loop.hurry = true;
}

static void *drive_a_little(void *unused)
{
    struct syni_timer timer = {0};
    struct wait wait;
    int ends[2];

    (void)unused;
    CHECK(rig_take(&rig));
    add_live(NULL);
    make_pipe(ends);
    put(ends[1]);
    syni_timer_start(&rig.loop, &timer, 0, fire);
    CHECK_INT(rig_wait(&rig, &wait, ends[0], SYNI_READ), SYN_OK);
    rig_turns(&rig, 3);
    CHECK_INT(wait.woken, 1);
    close_both(ends);
    remove_live(NULL);
    rig_give(&rig);
    rig_call(&rig, nothing, NULL);
    return NULL;
}

static void H4_thread_with_a_small_stack_can_drive(void)
{
    pthread_attr_t attributes;
    pthread_t thread;

    start_for_callers();
    CHECK_INT(pthread_attr_init(&attributes), 0);
    CHECK_INT(pthread_attr_setstacksize(&attributes, (size_t)32 * 1024 * TEST_SLOWNESS), 0);
    CHECK_INT(pthread_create(&thread, &attributes, drive_a_little, NULL), 0);
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attributes);
    rig_end(&rig);
}

static const struct test_case cases[] = {
    TEST_MODES(E3_loop_whose_poller_fails_ends_and_says_so_once),
    TEST(E3_poller_that_fails_a_caller_once_ends_the_loop),
    TEST_MODES(E3_step_that_ends_the_thread_ends_the_loop),
    TEST_MODES(H1_thread_of_a_loop_blocks_what_is_handled_and_has_its_name),
    TEST(H4_thread_with_a_small_stack_can_drive),
};
TEST_MAIN("loop_death", cases);

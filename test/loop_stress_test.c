/* SPDX-License-Identifier: Apache-2.0
 *
 * The role and the inbox under load (src/loop/loop_drive.c, loop_inbox.c): threads that
 * drive when they can and post when they cannot, for two seconds of real time. A
 * wake-up that is lost shows as a case that hangs, a race to the thread sanitizer.
 */
#include <stdlib.h>

#include "loop/live.h"
#include "loop/loop_drive.h"
#include "loop/loop_inbox.h"
#include "loop/loop_turn.h"
#include "loop/role.h"
#include "support/loop_rig.h"
#include "support/random.h"

enum { THREADS = 4, AT_LEAST = 30 };
static const int64_t DURATION = 2000 * (int64_t)MS;

static struct rig rig;
static struct syn_clock *virtual;
static int64_t ends_at;
static int n_run; /* by the driver: its increments race if two threads drive */
static atomic_int n_asked;

/* One piece of work of one thread. */
struct work {
    struct syni_job job;
    struct syni_timer timer;
    struct syni_live live;
    struct syni_parker *waiter; /* NULL: it drives */
    _Atomic(bool) done;
    bool through_a_timer;
};

static void finish(struct work *work)
{
    n_run++;
    syni_live_remove(&rig.loop, &work->live);
    if (work->waiter) {
        syni_parker_wake(work->waiter, &work->done);
        return;
    }
    work->done = true;
    rig.loop.hurry = true;
}

static void time_is_up(struct syni_timer *timer)
{
    finish(SYNI_CONTAINER(timer, struct work, timer));
}

static void arrive(struct syni_job *job)
{
    struct work *work = SYNI_CONTAINER(job, struct work, job);

    CHECK(syni_drives(&rig.loop));
    syni_live_add(&rig.loop, &work->live);
    if (!work->through_a_timer)
        finish(work);
    else
        syni_timer_start(&rig.loop, &work->timer, syni_loop_now(&rig.loop) + 20000, time_is_up);
}

static void drive_until_done(struct work *work)
{
    struct syni_driving here;

    work->waiter = NULL;
    syni_role_enter(syni_self(), &here, &rig.loop);
    syni_clock_step_aside(syni_self());
    syni_loop_ready(&rig.loop, &work->job);
    while (!work->done)
        syni_loop_turn(&rig.loop, SYNI_NEVER);
    syni_clock_step_back(syni_self());
    syni_role_leave(syni_self(), &here);
    syni_loop_stop_driving(&rig.loop);
}

static void do_work(bool through_a_timer, bool may_drive)
{
    struct work work = {
        .job = {.run = arrive}, .waiter = syni_parker_mine(), .through_a_timer = through_a_timer};

    n_asked++;
    if (may_drive && syni_loop_try_drive(&rig.loop)) {
        drive_until_done(&work);
        return;
    }
    CHECK(syni_loop_post(&rig.loop, &work.job));
    /* An hour of virtual time must not pass while work is under way. */
    CHECK(syni_clock_sleep(&work.done,
                           virtual ? syn_clock_now(virtual) + INT64_C(3600000) * MS : SYNI_NEVER));
}

static void work_until_the_end(void *argument)
{
    uint32_t seed = (uint32_t) * (int *)argument + 1;

    syn_clock_join(virtual);
    for (int n = 0; n < AT_LEAST || syni_now() < ends_at; n++)
        do_work(next_random(&seed) % 8 == 0, next_random(&seed) % 2 == 0);
    syn_clock_join(NULL);
}

static void run_threads(void)
{
    struct syni_thread threads[THREADS];
    int numbers[THREADS];

    rig_start(&rig, virtual);
    ends_at = syni_now() + DURATION;
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        CHECK_INT(syni_thread_start(&threads[i], "worker", 0, work_until_the_end, &numbers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        syni_thread_join(&threads[i]);
    rig_end(&rig);
    CHECK_INT(n_run, n_asked);
    CHECK(n_run >= THREADS * AT_LEAST);
}

static void C13_threads_that_drive_and_post_lose_nothing(void)
{
    run_threads();
}

static void T1_threads_that_drive_and_post_hold_virtual_time(void)
{
    CHECK_INT(syn_clock_new(&virtual), SYN_OK);
    run_threads();
    CHECK_INT(syn_clock_free(virtual), SYN_OK);
}

/* Posts race with the end: each is either refused or runs. */
static atomic_int n_taken, n_arrived;

struct late {
    struct syni_job job;
};

static void note_arrival(struct syni_job *job)
{
    n_arrived++;
    free(SYNI_CONTAINER(job, struct late, job));
}

static void post_until_refused(void *unused)
{
    (void)unused;
    for (;;) {
        struct late *late = malloc(sizeof *late);

        CHECK(late != NULL);
        late->job.run = note_arrival;
        if (!syni_loop_post(&rig.loop, &late->job)) {
            free(late);
            return;
        }
        n_taken++;
        syni_thread_yield();
    }
}

static void L3_post_that_races_with_the_end_runs_or_is_refused(void)
{
    int64_t end = syni_now() + DURATION;

    while (syni_now() < end) {
        struct syni_thread threads[2];

        /* Not rig_end(): the storage must outlive its posters. */
        rig_start(&rig, NULL);
        for (int i = 0; i < 2; i++)
            CHECK_INT(syni_thread_start(&threads[i], "poster", 0, post_until_refused, NULL), 0);
        CHECK(syni_loop_post(&rig.loop, &rig.stop));
        CHECK_INT(syni_loop_keep_thread(&rig.loop), 0); /* a poster may be about to start it */
        syni_loop_join(&rig.loop);
        syni_loop_fini(&rig.loop);
        for (int i = 0; i < 2; i++)
            syni_thread_join(&threads[i]);
        CHECK_INT(n_arrived, n_taken);
    }
}

static const struct test_case cases[] = {
    TEST_MODES(C13_threads_that_drive_and_post_lose_nothing),
    TEST_MODES(T1_threads_that_drive_and_post_hold_virtual_time),
    TEST_MODES(L3_post_that_races_with_the_end_runs_or_is_refused),
};
TEST_MAIN("loop_stress", cases);

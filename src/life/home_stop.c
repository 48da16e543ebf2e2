/* SPDX-License-Identifier: Apache-2.0
 *
 * Stopping and freeing a synchronizer, as the threads that do it see that. life.c moves the states.
 *
 * A stop is a wait as any other: for what runs on the home that it stops. So a circle is refused, a
 * job's room is given to others meanwhile, and a virtual clock goes on. Any thread.
 */
#include "life/home_stop.h"

#include "base/report.h"
#include "inspect/unclaimed.h"
#include "life/home_start.h"
#include "life/life.h"
#include "life/resident.h"
#include "loop/hosted.h"
#include "loop/role.h"
#include "task/deadline.h"
#include "task/home.h"
#include "thread/thread_waits.h"

/* After a deadline has passed: how long a step that runs may take to return. */
enum { STEP_NS = 100 * 1000000, STOP_HOME_LOOK_NS = 2 * 1000000 };

/* NS of real time; ten seconds for a thread on a virtual clock, where what a stop says must not depend on how busy
 * the machine is. */
static int64_t patience_ns(int64_t ns)
{
    return syni_clock_mine() ? INT64_C(10000000000) : ns;
}

static const char stop_home_what[] = "syn_synchronizer_stop()";

static syn_err refuse_own(struct syni_home *home)
{
    return syni_refuse(SYN_EDEADLK,
                       "%s: stopped on its own thread, which would wait for itself; stop it from "
                       "another one",
                       home->loop.name);
}

/* Why a stop returned before its end. */
enum late { IN_TIME, A_STEP_RUNS, NO_TURN, STILL_ENDING };

static syn_err refuse_late(const struct syni_home *home, enum late late)
{
    const char *step = atomic_load_explicit(&home->running, memory_order_relaxed);

    if (late == NO_TURN)
        return syni_refuse(SYN_ETIMEDOUT, "its host has made no turn; what lives there ends in its "
                                          "next one");
    if (late == STILL_ENDING)
        return syni_refuse(SYN_ETIMEDOUT, "what lives there was abandoned, and is still being ended; "
                                          "that goes on by itself");
    return syni_refuse(SYN_ETIMEDOUT, "a step of %s still runs; its thread stays behind",
                       step ? step : "a task that was just ended");
}

/* A thread that waits until a home is over. */
struct stop_home_stop {
    struct syni_thread_wait wait;
    struct syni_home *home;
    struct syni_stopper here;
    uint64_t id; /* of the wait, if it is a step's: its mark; 0 */
    int64_t *latest; /* see syni_home_stop() */
    enum late late;
};

static struct stop_home_stop *stop_home_stop_of(struct syni_thread_wait *wait)
{
    return SYNI_CONTAINER(wait, struct stop_home_stop, wait);
}

/* In a step: the wait depends on all that lives on the home, which is told when no more can come. */
static syn_err depend_on_home(struct syni_thread_wait *wait, uint64_t id,
                              struct syn_report **out_report)
{
    stop_home_stop_of(wait)->id = id;
    return syni_circle_look(id, stop_home_stop_of(wait)->home, stop_home_what, out_report);
}

static bool stop_home_enter(struct syni_thread_wait *wait)
{
    struct stop_home_stop *stop = stop_home_stop_of(wait);
    bool waits = syni_life_stop_enter(stop->home, &stop->here);

    if (waits && stop->id)
        syni_circle_depend_on_all(stop->id, stop->home);
    return waits;
}

/* What keeps the driver of HOME, as it looks from here. */
static enum late what_keeps(const struct syni_home *home)
{
    /* relaxed: a stop that is wrong about it waits a little more, or less */
    if (atomic_load_explicit(&home->running, memory_order_relaxed))
        return A_STEP_RUNS;
    return atomic_load_explicit(&home->loop.host, memory_order_relaxed) ? NO_TURN : STILL_ENDING;
}

/* Waits, in real time, while the driver gets on with it. */
static enum late wait_a_moment(const struct stop_home_stop *stop)
{
    const struct syni_home *home = stop->home;
    unsigned long before = 0;
    int64_t since = syni_now(), now = since, step_ns = patience_ns(STEP_NS);

    while (!stop->here.told) {
        /* relaxed: what moves says that it is not this step that keeps it */
        unsigned long done = atomic_load_explicit(&home->ended, memory_order_relaxed) +
                             atomic_load_explicit(&home->loop.counts.turns, memory_order_relaxed);
        enum late late = what_keeps(home);

        if (done != before)
            since = now;
        before = done;
        if (now >= *stop->latest || (late != STILL_ENDING && now - since > step_ns))
            return late;
        SYNI_DELAY(stop_looks);
        syni_parker_sleep(stop->here.parker, now + STOP_HOME_LOOK_NS);
        now = syni_now();
    }
    SYNI_INVARIANT(212, *stop->latest != 0);
    syni_parker_settle(stop->here.parker);
    return IN_TIME;
}

/* A stop that is late is not harmed by that: unless a step runs, what is ended goes on, and a stop that comes
 * later finds it stopped. */
static bool stop_home_withdraw(struct syni_thread_wait *wait, enum syn_origin origin)
{
    struct stop_home_stop *stop = stop_home_stop_of(wait);

    (void)origin;
    if (syni_deadline_now(wait->self) < wait->deadline) /* it was interrupted: the stop goes on */
        return !stop->here.told;
    if (*stop->latest == 0)
        *stop->latest = syni_deadline_in(syni_now(), patience_ns(SYNI_STOP_LATE_NS));
    syni_life_stop_force(stop->home, &stop->here);
    if (syni_drives(&stop->home->loop)) /* as its host, which turns it until it is over */
        return false;
    stop->late = wait_a_moment(stop);
    if (stop->late != IN_TIME &&
        !syni_life_stop_is_late(stop->home, &stop->here, stop->late != STILL_ENDING))
        stop->late = IN_TIME;
    return stop->late != IN_TIME;
}

/* A program that made only blocking calls had no thread of ours, and gets none for the end. */
static bool stop_home_adopt(struct syni_home *home, struct syni_self *self)
{
    return !self->driving && !self->worker && !syni_residents_are_there(home) &&
           syni_hosted_adopt(&home->loop, self);
}

static bool home_leads(struct syni_thread_wait *wait, struct syni_walk *walk)
{
    return syni_chain_home_leads(wait->source.home, walk);
}

/* LATEST: as below; NULL: it is not left before all has ended. */
static syn_err stop_home(struct syni_home *home, struct syn_deadline deadline, int64_t *latest)
{
    static const struct syni_thread_wait_ops ops = {stop_home_enter, stop_home_withdraw, NULL,
                                                    NULL};
    struct stop_home_stop stop = {.wait = {.ops = &ops,
                                           .source = {.home = home, .name = stop_home_what},
                                           .depend = depend_on_home,
                                           .leads = home_leads,
                                           .deadline = deadline.ns,
                                           .reason = SYN_BY_DEADLINE,
                                           .acts = true,
                                           .stays = !latest,
                                           .done = &stop.here.told},
                                  .home = home,
                                  .latest = latest};
    struct syni_self *self = syni_self();
    int cancel_state;
    bool adopted;
    syn_err err;

    if (syni_drives(&home->loop))
        return refuse_own(home);
    cancel_state = syni_thread_hold_cancel();
    adopted = stop_home_adopt(home, self);
    err = syni_thread_wait(self, &stop.wait);
    if (adopted && syni_hosts(self, &home->loop)) /* it did not end by then */
        syni_hosted_move_out(&home->loop);
    if (stop.late)
        err = refuse_late(home, stop.late);
    if (stop.here.reaps)  /* once for each end, and while HOME stays */
        syni_unclaimed_note(home, home->loop.name);
    if (err != SYN_EDEADLK || stop.wait.refused) /* it was listed */
        syni_life_stop_leave(home, &stop.here);
    syni_thread_let_cancel(cancel_state);
    if (!err && stop.here.abandoned.n > 0)
        return syni_refuse(SYN_ETIMEDOUT, "did not end in time: %s", stop.here.abandoned.text);
    return err;
}

syn_err syni_home_stop(struct syni_home *home, struct syn_deadline deadline, int64_t *latest)
{
    return stop_home(home, deadline, latest);
}

syn_err syni_home_start(struct syn_synchronizer *synchronizer)
{
    struct syni_home *home = syni_home_peek(synchronizer);

    if (home)
        syni_life_reap(home);
    return syni_life_start(synchronizer, true, NULL);
}

syn_err syni_home_free(struct syni_home *home)
{
    int cancel_state;
    bool freed;
    syn_err err;

    if (!syni_drives(&home->loop) && home->life == SYNI_LIFE_STUCK)
        return syni_refuse(SYN_ELOOPDEAD, "'%s' was stopped, and its thread is still inside a step; "
                                          "it can be freed when that has returned",
                           home->loop.name);
    do {
        err = stop_home(home, syn_never(), NULL);
        if (err && err != SYN_ETIMEDOUT) /* another stop gave up on some, and it stopped */
            return err;
        cancel_state = syni_thread_hold_cancel();
        syni_census_remove(&syni_homes, &home->counted);
        freed = syni_life_free(home, syni_thread_await_on);
        if (!freed)
            syni_census_add(&syni_homes, &home->counted);
        syni_thread_let_cancel(cancel_state);
    } while (!freed);
    return SYN_OK;
}

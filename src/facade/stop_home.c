/* SPDX-License-Identifier: Apache-2.0
 *
 * Stopping and freeing a synchronizer, as the threads that do it see that. life.c moves the states.
 *
 * A stop is a wait as any other: for what runs on the home that it stops. So a circle is refused, a
 * job's room is given to others meanwhile, and a virtual clock goes on. Any thread.
 */
#include "facade/life.h"

#include "base/report.h"
#include "facade/blocked.h"

static const char what[] = "syn_synchronizer_stop()";

static syn_err refuse_own(struct syni_home *home)
{
    return syni_refuse(SYN_EDEADLK,
                       "%s: stopped on its own thread, which would wait for itself; stop it from "
                       "another one",
                       home->loop.name);
}

static syn_err refuse_stuck(const struct syni_home *home)
{
    const char *step = atomic_load_explicit(&home->running, memory_order_relaxed);

    return syni_refuse(SYN_ETIMEDOUT, "a step of %s still runs; its thread stays behind",
                       step ? step : "a task that was just ended");
}

/* Waits until HOME is over. */
static syn_err wait_for_the_end(struct syni_home *home, struct syni_stopper *here,
                                struct syn_deadline deadline)
{
    struct syni_blocking blocking = syni_block(what);
    bool done = syni_clock_sleep(&here->told, deadline.ns) || syni_stop_give_up(home, here);

    syni_unblock(&blocking);
    return done ? SYN_OK : refuse_stuck(home);
}

syn_err syni_home_stop(struct syni_home *home, struct syn_deadline deadline)
{
    struct syni_blocked blocked;
    struct syni_stopper here;
    syn_err err;

    if (syni_drives(&home->loop))
        return refuse_own(home);
    err = syni_blocked_enter(&blocked, home, what);
    if (err)
        return err;
    if (syni_stop_enter(home, &here))
        err = wait_for_the_end(home, &here, deadline);
    syni_stop_leave(home, &here);
    syni_blocked_leave(&blocked);
    if (!err && here.abandoned.n > 0)
        return syni_refuse(SYN_ETIMEDOUT, "would not end in time: %s", here.abandoned.text);
    return err;
}

syn_err syni_home_start(struct syn_synchronizer *synchronizer)
{
    struct syni_home *home = syni_home_peek(synchronizer);

    if (home)
        syni_life_reap(home);
    return syni_life_start(synchronizer, true);
}

syn_err syni_home_free(struct syni_home *home)
{
    syn_err err;

    if (!syni_drives(&home->loop) && home->life == SYNI_LIFE_STUCK)
        return syni_refuse(SYN_ELOOPDEAD, "'%s' was stopped, and its thread is still inside a step; "
                                          "it can be freed when that has returned",
                           home->loop.name);
    do {
        err = syni_home_stop(home, syn_never());
        if (err && err != SYN_ETIMEDOUT) /* another stop gave up on some, and it stopped */
            return err;
    } while (!syni_life_free(home));
    return SYN_OK;
}

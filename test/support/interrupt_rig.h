/* SPDX-License-Identifier: Apache-2.0
 *
 * What the suites of interrupts share: a call that sends the signal and sleeps, and one that is short.
 */
#ifndef INTERRUPT_RIG_H
#define INTERRUPT_RIG_H

#include <signal.h>

#include "support/call_rig.h"
#include "support/points.h"
#include "support/signal_process.h"

SYNCHRONIZER(demo);
POOL(pool, .max_threads = 2);

static atomic_int cleaned_up, begun;
static atomic_int handled;

static inline void on_interrupt(int number)
{
    (void)number;
    handled++;
}

static inline void start_case(void)
{
    begin_in_real_time();
    CHECK_INT(syn_catch_interrupt(SIGINT), 0);
}

static inline void end_case(void)
{
    struct sigaction action;

    syn_release_interrupt();
    syn_release_interrupt();
    CHECK_INT(sigaction(SIGINT, NULL, &action), 0);
    CHECK(action.sa_handler == SIG_DFL);
    finish(&demo);
}

/* Begins; the last of EXPECTED sends the signal; sleeps. */
ASYNC(demo, int, sleeps, (int, expected))
{
    co_begin;
    if (++begun == self->expected)
        signal_process(SIGINT);
    co_sleep(1000);
    co_finally;
    cleaned_up++;
    co_end;
}

ASYNC(demo, int, adds, (int, x))
{
    co_begin;
    co_pass;
    co_return(self->x + 1);
    co_end;
}

#endif
